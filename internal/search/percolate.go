package search

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
)

// Percolator holds articles against topics: a search turned around. It says of an article what Search would say of each
// topic's query with its options, without an index, and looks only at those topics that ask for something the article has.
// It is for one goroutine.
type Percolator struct {
	x      *Index
	topics []standingQuery
	broken map[int64]error
	at     map[int64]int32 // places in topics, by id

	anchored map[string][]int32 // topics by what an article must have one of to match; places in topics
	rest     []int32            // topics that any article may match
	seen     []int              // by topic: the article that it was last held against
	count    int
}

type standingQuery struct {
	id    int64
	query node
	facts bool // it asks for what changes with the article's story
}

// Percolator makes one for topics. Those whose query cannot be read, or asks for what a topic cannot tell, match nothing and
// are given by Invalid.
func (x *Index) Percolator(topics []news.Topic) *Percolator {
	p := &Percolator{x: x, broken: map[int64]error{}, at: map[int64]int32{}, anchored: map[string][]int32{}}
	for _, t := range topics {
		if err := CheckTopic(t); err != nil {
			p.broken[t.ID] = err
			continue
		}
		n, err := parseOnly(t.Query, t.Options)
		if err != nil {
			p.broken[t.ID] = err
			continue
		}
		p.add(standingQuery{t.ID, n, asksStory(n)})
	}
	p.seen = make([]int, len(p.topics))
	return p
}

// Invalid gives what is wrong with topics, by their ids.
func (p *Percolator) Invalid() map[int64]error { return p.broken }

// Empty says that there is nothing to match.
func (p *Percolator) Empty() bool { return len(p.topics) == 0 }

// DependsOnStory says whether a topic asks for what changes with an article's story.
func (p *Percolator) DependsOnStory(topic int64) bool {
	at, ok := p.at[topic]
	return ok && p.topics[at].facts
}

func (p *Percolator) add(q standingQuery) {
	at := int32(len(p.topics))
	p.topics = append(p.topics, q)
	p.at[q.id] = at
	anchors, ok := anchorsOf(q.query)
	if !ok {
		p.rest = append(p.rest, at)
		return
	}
	for _, a := range anchors.list {
		p.anchored[a] = append(p.anchored[a], at)
	}
}

func asksStory(n node) (asks bool) {
	each(n, func(part node) {
		switch part.(type) {
		case origin, role, number:
			asks = true
		}
	})
	return asks
}

// Match says which topics an article matches, by id and in order, given where it stands in its story. Maybe are those that
// it would match in another place: while the article stays the same, only they need be asked again.
func (p *Percolator) Match(a news.Article, places *StoryTable, now time.Time) (sure, maybe []int64) {
	doc := p.sheet(a, places, now)
	p.count++
	for anchor := range doc.anchors() {
		p.hold(doc, p.anchored[anchor], &sure, &maybe)
	}
	p.hold(doc, p.rest, &sure, &maybe)
	slices.Sort(sure)
	slices.Sort(maybe)
	return sure, maybe
}

// Rematch says which of some topics an article matches.
func (p *Percolator) Rematch(a news.Article, places *StoryTable, now time.Time, topics []int64) (sure []int64) {
	doc := p.sheet(a, places, now)
	for _, id := range topics {
		if at, ok := p.at[id]; ok && doc.holds(p.topics[at].query) == always {
			sure = append(sure, id)
		}
	}
	slices.Sort(sure)
	return sure
}

func (p *Percolator) hold(doc *sheet, topics []int32, sure, maybe *[]int64) {
	for _, at := range topics {
		if p.seen[at] == p.count {
			continue
		}
		p.seen[at] = p.count
		t := p.topics[at]
		if doc.holds(t.query) == always {
			*sure = append(*sure, t.id)
		}
		if t.facts && doc.might(t.query) {
			*maybe = append(*maybe, t.id)
		}
	}
}

// anchors are what an article must have at least one of, and how often an article has one, roughly.
type anchors struct {
	list  []string
	often float64
}

// The kinds of anchors; exact terms have those of the index.
const (
	anchorWord  = "w:" // a word of any field
	anchorStem  = "st:"
	anchorStart = "p:" // the first three letters of a word
)

// anchorsOf gives those of a query, and no where it can match an article that has none.
func anchorsOf(n node) (anchors, bool) {
	switch n := n.(type) {
	case allOf:
		return rarest(n)
	case anyOf:
		var all anchors
		for _, child := range n {
			a, ok := anchorsOf(child)
			if !ok {
				return all, false
			}
			all.list, all.often = append(all.list, a.list...), all.often+a.often
		}
		return all, len(n) > 0
	case text:
		return n.anchors()
	case source:
		name, ok := n.name.anchors()
		if !ok || n.name.prefix {
			return name, false
		}
		name.list = append(name.list, keySite+n.site)
		if !n.own {
			name.list = append(name.list, keyCredit+n.site)
		}
		return anchors{name.list, name.often + .02}, true
	case key:
		often := .01
		if strings.HasPrefix(n.term, keyLang) {
			often = .5
		}
		return anchors{[]string{n.term}, often}, true
	}
	return anchors{}, false
}

// rarest gives the anchors of the part that the fewest articles have. A stop word may be missing.
func rarest(all allOf) (best anchors, found bool) {
	for _, child := range all {
		if t, ok := child.(text); ok && t.field == "" && t.plain() && isStop(t.terms()[0]) {
			continue
		}
		if a, ok := anchorsOf(child); ok && (!found || a.often < best.often) {
			best, found = a, true
		}
	}
	return best, found
}

func isStop(word string) bool {
	for _, t := range tongues {
		if t.stops[word] {
			return true
		}
	}
	return false
}

func (t text) anchors() (anchors, bool) {
	if t.fuzzy > 0 {
		return anchors{}, false
	}
	row := t.wordsInRow()
	longest := slices.MaxFunc(row, func(a, b string) int { return len(a) - len(b) })
	often := 2 / float64(len(longest)*len(longest))
	switch {
	case len(row) > 1 && !t.prefix:
		return anchors{[]string{anchorWord + longest}, often}, true
	case len(row) > 1:
		return anchors{[]string{anchorWord + row[0]}, 2 / float64(len(row[0])*len(row[0]))}, true
	case t.begins():
		start, ok := threeLetters(row[0])
		return anchors{[]string{anchorStart + start, anchorWord + wholeWord(row[0])}, .05}, ok
	}
	a := anchors{[]string{anchorWord + row[0]}, often}
	if !t.plain() || !stemmed(row[0]) {
		return a, true
	}
	for _, tongue := range tongues {
		if s := anchorStem + tongue.stemOf(row[0]); !slices.Contains(a.list, s) {
			a.list = append(a.list, s)
		}
	}
	return a, true
}

// begins says whether the last word stands for all that begin so.
func (t text) begins() bool { return t.prefix || len(t.words.list) == 1 && t.words.list[0].single }

// threeLetters gives three characters of a word, and no where it has fewer.
func threeLetters(word string) (string, bool) {
	n := 0
	for i := range word {
		if n == 3 {
			return word[:i], true
		}
		n++
	}
	return word, n == 3 && utf8.ValidString(word)
}
