package news

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"headwater/feeds/words"
)

// headlineWidth is the width of the opening words that replace a missing title. Wide characters count twice.
const headlineWidth = 90

// Headline is the article's title in lists, without the labels of its version. For an article without a title it is the opening
// words of its summary or text, the name of its recording, its address, or its outlet and date. Title stays "", since titles are
// compared.
func (a Article) Headline() string {
	if t := withoutVersion(oneLine(a.Title)); t != "" {
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
		return cutLine(strings.TrimSuffix(strings.TrimPrefix(u.Host, "www.")+u.Path, "/"), headlineWidth)
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
	return cutLine(oneLine(text), headlineWidth)
}

func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// cutLine cuts a line to a width: after a word, or anywhere if the script or the line has no spaces.
func cutLine(line string, limit int) string {
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
			if used+width > limit {
				whole = false
				end = i
				break
			}
			if r == ' ' && used > limit/2 {
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

// isWide reports whether a character counts twice.
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
	return cutLine(oneLine(name), headlineWidth)
}

// Headline is the story's title in lists: its own, or else that of its current version.
func (s Story) Headline() string {
	if t := withoutVersion(oneLine(s.Title)); t != "" || len(s.Members) == 0 {
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

// promotional holds the words of promotional.txt, which explains them.
var promotional = func() promotionalWords {
	sets := words.Sets("promotional.txt")
	return promotionalWords{labels: sets["label"], bracketed: sets["bracketed"], sections: sets["section"]}
}()

type promotionalWords struct{ labels, bracketed, sections map[string]bool }

// Promotional reports whether an article declares itself an advertisement: by a category, by a label at either end of its
// title, or by a section in its address. Such an article is no news. Grouping sees it without words, so it resembles
// nothing (stories.Preparer.Item), and it can't be an origin. Articles in lists have the fields that this needs.
func (a Article) Promotional() bool {
	if slices.ContainsFunc(a.Categories, func(c string) bool { return promotional.labels[lower(c)] }) {
		return true
	}
	return promotional.title(a.Title) || promotional.address(a.URL)
}

// Promotional reports whether all of a story's articles are advertisements.
func (s Story) Promotional() bool {
	return len(s.Members) > 0 && !slices.ContainsFunc(s.Members, func(m Member) bool { return !m.Article.Promotional() })
}

const labelBytes = 80 // longest label in a title, in bytes

// Brackets around labels. Round ones also enclose other things in most scripts, so fewer words count as labels in them:
// (PR) is the state of Paraná.
var (
	roundBrackets = [...][2]string{{"(", ")"}, {"<", ">"}}
	labelBrackets = [...][2]string{{"[", "]"}, {"【", "】"}, {"［", "］"}, {"（", "）"}, {"〈", "〉"}, {"《", "》"}}
)

// title looks for a label at the beginning or the end of a title: "[PR] ...", "Sponsored: ...", "... | Anzeige".
func (p promotionalWords) title(title string) bool {
	t := strings.TrimSpace(title)
	label := func(s string) bool { return len(s) <= labelBytes && p.labels[lower(s)] }
	bracketed := func(s string) bool { return label(s) || len(s) <= labelBytes && p.bracketed[lower(s)] }
	for _, b := range roundBrackets {
		if inBrackets(t, b, label) {
			return true
		}
	}
	for _, b := range labelBrackets {
		if inBrackets(t, b, bracketed) {
			return true
		}
	}
	for _, sep := range [...]string{":", "：", " | ", "｜", " – ", " — ", " - "} {
		if head, _, ok := strings.Cut(t, sep); ok && label(head) {
			return true
		}
	}
	for _, sep := range [...]string{" | ", "｜", " – ", " — ", " - "} {
		if i := strings.LastIndex(t, sep); i >= 0 && label(t[i+len(sep):]) {
			return true
		}
	}
	return false
}

// inBrackets reports whether a text in brackets at either end of a title is a label.
func inBrackets(title string, b [2]string, label func(string) bool) bool {
	if rest, ok := strings.CutPrefix(title, b[0]); ok {
		if inside, _, ok := strings.Cut(rest, b[1]); ok && label(inside) {
			return true
		}
	}
	rest, ok := strings.CutSuffix(title, b[1])
	i := strings.LastIndex(rest, b[0])
	return ok && i >= 0 && label(rest[i+len(b[0]):])
}

// address looks for a section of advertisements in an address. It ignores the last segment, which is the article's own
// name.
func (p promotionalWords) address(address string) bool {
	_, rest, _ := strings.Cut(address, "://")
	path, _, _ := strings.Cut(rest, "?")
	parts := strings.Split(strings.ToLower(path), "/")
	if len(parts) < 2 {
		return false
	}
	return slices.ContainsFunc(parts[1:len(parts)-1], func(part string) bool {
		if strings.Contains(part, "%") {
			if s, err := url.PathUnescape(part); err == nil {
				part = s
			}
		}
		return p.sections[part]
	})
}
