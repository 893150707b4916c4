package clean

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"headwater/feeds/words"
)

// isRoundup reports whether an article is a live page, a round-up or an index. Such a page shares text with many stories and
// belongs to none of them. It never connects two stories, and two such pages are not the same event. A live page joins an event
// by the articles about that event.
func isRoundup(title, address string, p *page) bool {
	t := strings.ToLower(title)
	switch {
	case p.shape.isRoundup(),
		slices.ContainsFunc(roundups["title holds"], func(w string) bool { return strings.Contains(t, w) }),
		slices.ContainsFunc(roundups["title start"], func(w string) bool { return strings.HasPrefix(t, w) }),
		slices.ContainsFunc(roundups["title end"], func(w string) bool { return strings.HasSuffix(t, w) }):
		return true
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	for part := range strings.SplitSeq(strings.ToLower(u.Path), "/") {
		if slices.Contains(roundups["address"], part) ||
			slices.ContainsFunc(roundups["address holds"], func(w string) bool { return strings.Contains(part, w) }) {
			return true
		}
	}
	return false
}

// roundups are the words in the titles and addresses of round-ups.
var roundups = words.Lists("roundups.txt")

// isRoundup decides by the shape of the page: many entries with a time or number of their own, many headings with little prose,
// or more link text than prose.
func (s shape) isRoundup() bool {
	switch {
	case s.stamped >= 6 && s.stamped*5 >= s.blocks:
		return true
	case s.numbered >= 6 && s.words/s.numbered < 80:
		return true
	case s.headings >= 6 && s.words/s.headings < 60:
		return true
	}
	return s.links >= 12 && s.linked > 3*s.words
}

// startsWithTime reports whether a block begins with a time: "14:05 The minister says", "2.30pm BST".
func startsWithTime(t string) bool {
	i := 0
	for i < len(t) && i < 2 && t[i] >= '0' && t[i] <= '9' {
		i++
	}
	if i == 0 || len(t) < i+3 || t[i] != ':' && t[i] != '.' {
		return false
	}
	d := t[i+1:]
	if d[0] < '0' || d[0] > '5' || d[1] < '0' || d[1] > '9' {
		return false
	}
	rest := strings.ToLower(strings.TrimLeft(d[2:min(len(d), 12)], " "))
	clock := t[i] == ':' && (len(d) == 2 || d[2] == ' ')
	return clock || strings.HasPrefix(rest, "am") || strings.HasPrefix(rest, "pm") || strings.HasPrefix(rest, "a.m") || strings.HasPrefix(rest, "p.m")
}

// startsWithNumber reports whether a block is the entry n of a numbered round-up: "3. ..." or "3) ...".
func startsWithNumber(t string, n int) bool {
	rest, ok := strings.CutPrefix(t, strconv.Itoa(n))
	return ok && (strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") "))
}

func (p *page) measure() {
	s := &p.shape
	s.blocks, s.links = len(p.blocks), len(p.anchors)
	for _, a := range p.anchors {
		s.linked += a.end - a.start
	}
	for i := range p.blocks {
		b := &p.blocks[i]
		t := p.text(*b)
		if b.kind == heading {
			s.headings++
		}
		if startsWithTime(t) {
			s.stamped++
		}
		if b.role != prose {
			continue
		}
		b.words = countWords(t)
		if b.kind != heading {
			s.words += b.words
			if n := len(t); n > 3 && t[0] >= '1' && t[0] <= '9' && startsWithNumber(t, s.numbered+1) {
				s.numbered++
			}
		}
	}
}
