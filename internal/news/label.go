package news

import (
	"slices"
	"strings"
	"unicode"

	"headwater/feeds/words"
)

// versionLabels holds the words of titles.txt by which agencies say that a text is a version of another one.
var versionLabels = func() (labels struct{ spaced, unspaced []string }) {
	lists := words.Lists("titles.txt")
	labels.spaced, labels.unspaced = lists["version"], lists["version unspaced"]
	return labels
}()

// withoutVersion returns a title without the labels of its version that agencies write before it: "UPDATE 2-", "WRAPUP 1 -",
// "CORRECTED-REFILE-", "訂正-". A label is in capitals or has a number, so that "Repeat-offender law passes" stays whole. A title
// of labels alone stays too.
func withoutVersion(title string) string {
	rest := title
	for {
		next, ok := dropLabel(rest)
		if !ok {
			return rest
		}
		if next == "" {
			return title
		}
		rest = next
	}
}

func dropLabel(title string) (string, bool) {
	for _, label := range versionLabels.unspaced {
		if rest, ok := strings.CutPrefix(title, label); ok {
			return trimSeparator(rest), true
		}
	}
	at := strings.IndexAny(title, "-–—:")
	if at < 0 {
		return title, false
	}
	head := strings.TrimSpace(title[:at])
	label := strings.TrimRight(head, " 0123456789")
	numbered := len(label) < len(head)
	if !numbered && label != strings.ToUpper(label) || !slices.Contains(versionLabels.spaced, strings.ToLower(label)) {
		return title, false
	}
	return trimSeparator(title[at:]), true
}

func trimSeparator(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-–—:：－", r) })
}

// Headline is the event's title in lists.
func (e Event) Headline() string { return withoutVersion(oneLine(e.Title)) }

// TitleLabel returns how many bytes of an article's title are labels of its version, which its headline leaves out.
func (a Article) TitleLabel() int { return len(a.Title) - len(withoutVersion(a.Title)) }
