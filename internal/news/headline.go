package news

import (
	"net/url"
	"path"
	"strings"
	"unicode"
)

// headlineColumns is how long the opening words are that stand for a title, in columns: wide characters take two.
const headlineColumns = 90

// Headline is the article's title as lists show it: that of its publisher, or where there is none the opening words of its
// summary or text, the name of its recording, its address, or its outlet and date. Title stays "" for comparing.
func (a Article) Headline() string {
	if t := oneLine(a.Title); t != "" {
		return t
	}
	for _, text := range []string{a.Summary, a.Text} {
		if t := Opening(text); t != "" {
			return t
		}
	}
	for _, e := range a.Enclosures {
		if t := Opening(e.Title); t != "" {
			return t
		}
	}
	for _, e := range a.Enclosures {
		if t := fileName(e.URL); t != "" {
			return t
		}
	}
	if u, err := url.Parse(a.URL); err == nil && u.Host != "" {
		return cutLine(strings.TrimSuffix(strings.TrimPrefix(u.Host, "www.")+u.Path, "/"), headlineColumns)
	}
	var parts []string
	for _, p := range []string{oneLine(a.Outlet.Name), a.Outlet.Domain} {
		if p != "" {
			parts = append(parts, p)
			break
		}
	}
	if t := a.Time(); !t.IsZero() {
		parts = append(parts, t.UTC().Format("2 January 2006, 15:04"))
	}
	return strings.Join(parts, ", ")
}

// Opening gives the opening words of a text as one line that can stand for a title, with an ellipsis where it goes on.
func Opening(text string) string {
	if len(text) > 1<<10 {
		text = strings.ToValidUTF8(text[:1<<10], "")
	}
	return cutLine(oneLine(text), headlineColumns)
}

func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// cutLine cuts a line to so many columns: behind a word, or where the script or the line has no spaces between characters.
func cutLine(line string, columns int) string {
	end, space, used := 0, 0, 0 // in bytes: where the last character that fits ends, and the last word
	whole := true
	for i, r := range line {
		width := 1
		switch {
		case unicode.In(r, unicode.M, unicode.Variation_Selector) || r == '\u200d' || r == '\u200c':
			width = 0
		case isWide(r):
			width = 2
		}
		if width > 0 {
			if used+width > columns {
				whole = false
				end = i
				break
			}
			if r == ' ' && used > columns/2 {
				space = i
			}
		}
		used += width
	}
	if whole {
		return line
	}
	if line[end] == ' ' {
		space = end
	}
	if space > 0 {
		end = space
	}
	return strings.TrimRightFunc(line[:end], func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",;:.-–—…、。，", r)
	}) + "…"
}

// isWide holds for characters that take two columns.
func isWide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f ||
		r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd
}

// fileName is the name of the file at an address, as readers would say it, or "".
func fileName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	name := path.Base(u.Path)
	if strings.TrimRight(name, "./") == "" {
		return ""
	}
	return cutLine(oneLine(name), headlineColumns)
}

// Headline is the title as lists show it: the story's own, or where it has none that of its current version.
func (s Story) Headline() string {
	if t := oneLine(s.Title); t != "" || len(s.Members) == 0 {
		return t
	}
	return s.Current().Article.Headline()
}

// Name says what an enclosure is called: its title, or the name of its file, or its host.
func (e Enclosure) Name() string {
	if t := oneLine(e.Title); t != "" {
		return t
	}
	if t := fileName(e.URL); t != "" {
		return t
	}
	if u, err := url.Parse(e.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return e.URL
}
