package news

import (
	"net/url"
	"slices"
	"strings"

	"headwater/feeds/words"
)

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
