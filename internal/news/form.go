package news

import (
	_ "embed"
	"net/url"
	"strings"
)

//go:embed forms.txt
var formLines string

// forms are the parts of addresses below which films, recordings, pictures, letters and press releases stand, each with its name.
var forms = readForms(formLines)

func readForms(lines string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(lines) {
		name, parts, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for _, part := range strings.Fields(parts) {
			out[part] = strings.TrimSpace(name)
		}
	}
	return out
}

// FormRelease is the form of a press release.
const FormRelease = "press release"

// Form names what an item is that is no written article, by its address: "video". It is "" for an article.
func (a Article) Form() string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.ToLower(strings.Trim(u.Path, "/")), "/")
	for _, part := range parts[:len(parts)-1] {
		if name := forms[part]; name != "" {
			return name
		}
	}
	return ""
}
