package news

import (
	"net/url"
	"path"
	"strings"
	"unicode"
)

// headlineColumns is the length of the opening words that replace a missing title, in columns. Wide characters take two.
const headlineColumns = 90

// Headline is the article's title in lists. For an article without a title it is the opening words of its summary or
// text, the name of its recording, its address, or its outlet and date. Title stays "", since titles are compared.
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

// Opening returns the opening words of a text as one line to replace a title, with an ellipsis if the text goes on.
func Opening(text string) string {
	if len(text) > 1<<10 {
		text = strings.ToValidUTF8(text[:1<<10], "")
	}
	return cutLine(oneLine(text), headlineColumns)
}

func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// cutLine cuts a line to this many columns: after a word, or anywhere if the script or the line has no spaces.
func cutLine(line string, columns int) string {
	end, space, used := 0, 0, 0 // end and space are byte offsets after the last character and the last word that fit
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

// isWide reports whether a character takes two columns.
func isWide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f ||
		r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd
}

// fileName returns the name of the file at an address in readable form, or "".
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

// Headline is the story's title in lists: its own, or else that of its current version.
func (s Story) Headline() string {
	if t := oneLine(s.Title); t != "" || len(s.Members) == 0 {
		return t
	}
	return s.Current().Article.Headline()
}

// Name returns an enclosure's title, or else the name of its file, or else its host.
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
