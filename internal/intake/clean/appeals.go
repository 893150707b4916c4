package clean

import (
	"strings"

	"headwater/feeds/words"
)

// appeal is a kind of notice that publishing systems put among the paragraphs: its first words address the reader, and
// it names what is offered or warned of. With nothing to hold, the first words say enough.
type appeal struct {
	starts *prefixSet
	holds  []string
}

// appeals are those of appeals.txt.
var appeals = func() (all []appeal) {
	lists := words.Lists("appeals.txt")
	for _, kind := range []string{"newsletter", "own newsletter", "elsewhere", "cookies", "money", "notice"} {
		all = append(all, appeal{starts: newPrefixSet(lists[kind+" start"]...), holds: lists[kind+" holds"]})
	}
	return all
}()

// isAppeal finds a notice that is a block of its own, and no longer than such notices are.
func isAppeal(t string) bool {
	if len(t) > 500 {
		return false
	}
	if strings.Contains(t, "-supported") && strings.Contains(t, " is a reader-supported publication") { // Substack's, behind a name; hyphens are rare
		return true
	}
	low := ""
	for _, a := range appeals {
		if !a.starts.matches(t) {
			continue
		}
		if len(a.holds) == 0 {
			return true
		}
		if low == "" {
			low = strings.ToLower(t)
		}
		for _, h := range a.holds {
			if strings.Contains(low, h) {
				return true
			}
		}
	}
	return false
}

var postStarts = newPrefixSet(boilerplate["post start"]...)

// firstPublisher returns B of "The post A appeared first on B", with which WordPress ends the items of a feed, in several
// languages; "" for other texts.
func firstPublisher(t string) (who string) {
	if len(t) > 400 || !postStarts.matches(t) {
		return ""
	}
	for _, by := range boilerplate["post by"] {
		if _, who, ok := cutLast(t, by); ok && countWords(who) <= 8 {
			return who
		}
	}
	return ""
}

// bioWords is how long the lines about an author are at most that stand behind the last paragraph.
const bioWords = 120

// endAtAuthor drops the box about the author behind the last paragraph: its heading, and the few lines beneath.
func (p *page) endAtAuthor() {
	for i, b := range p.blocks {
		if i == 0 || b.role != dropped || !isAuthorHeading(p.text(b)) {
			continue
		}
		n, rest := 0, p.blocks[i+1:]
		for _, r := range rest {
			if r.role == prose {
				n += countWords(p.text(r))
			}
		}
		if n > bioWords || n*2 > countWords(p.src[:b.start]) {
			continue
		}
		for k := range rest {
			if rest[k].role == prose || rest[k].role == bylineLine {
				rest[k].role = dropped
			}
		}
		return
	}
}

var authorHeadings = nameSet(boilerplate["author"]...)

// isAuthorHeading finds the heading of the box about the author.
func isAuthorHeading(t string) bool {
	if len(t) > 60 {
		return false
	}
	return authorHeadings[strings.ToLower(strings.TrimRight(t, " :."))]
}
