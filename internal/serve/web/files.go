package web

import (
	"fmt"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// fileView is a file that comes with an article, as a link: pages load nothing from other hosts by themselves.
type fileView struct {
	Name  string
	About string // type, size and duration, as far as they are known
	Out   outLink
}

// filesOf are an article's enclosures, but for pictures, which its page shows. pictures asks for those too.
func filesOf(a news.Article, pictures bool) []fileView {
	var all []fileView
	for _, e := range publish.Files(a.Enclosures) {
		if e.IsPicture() && !pictures {
			continue
		}
		var about []string
		if e.Type != "" {
			about = append(about, strings.TrimSuffix(e.Type, "/*"))
		}
		if e.Length > 0 {
			about = append(about, bytesOf(e.Length))
		}
		if e.Duration > 0 {
			about = append(about, lengthOf(e.Lasts()))
		}
		all = append(all, fileView{Name: publish.Line(e.Name()), About: strings.Join(about, ", "), Out: outTo(e.URL)})
	}
	return all
}

// bytesOf is a size as people say it.
func bytesOf(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// lengthOf is a duration as players show it: 62:03 is 1:02:03.
func lengthOf(d time.Duration) string {
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%d:%02d", m, s)
}
