package clean

import (
	"strings"

	"headwater/feeds/words"
)

// appeal is a kind of notice that publishing systems put among the paragraphs. Its first words address the reader, and further
// words name the offer or the warning. If no further words are listed, the first words are enough.
type appeal struct {
	starts *prefixSet
	holds  []string
}

// appeals are the kinds of appeals.txt.
var appeals = func() (all []appeal) {
	lists := words.Lists("appeals.txt")
	for _, kind := range []string{"newsletter", "own newsletter", "elsewhere", "cookies", "money", "notice"} {
		all = append(all, appeal{starts: newPrefixSet(lists[kind+" start"]...), holds: lists[kind+" holds"]})
	}
	return all
}()

// isAppeal reports whether a block is a notice: it begins as one, and it is no longer than notices are.
func isAppeal(t string) bool {
	if len(t) > 500 {
		return false
	}
	if strings.Contains(t, "-supported") && strings.Contains(t, " is a reader-supported publication") { // Substack's, after a name; hyphens are rare
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

// firstPublisher returns B of "The post A appeared first on B", or "" for other texts. WordPress ends the items of a feed with
// this line, in several languages.
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

// bioWords is the maximum length, in words, of the lines about an author after the last paragraph.
const bioWords = 120

// endAtAuthor drops the box about the author after the last paragraph: its heading and the few lines below.
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

// isAuthorHeading reports whether a line is the heading of the box about the author.
func isAuthorHeading(t string) bool {
	if len(t) > 60 {
		return false
	}
	return authorHeadings[strings.ToLower(strings.TrimRight(t, " :."))]
}
