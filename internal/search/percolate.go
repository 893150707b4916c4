package search

import (
	"slices"
	"time"

	"headwater/internal/news"
)

// Percolator matches articles against topics: a search turned around. It says of an article what Search would say of each
// topic's query with its options, without an index. It looks only at topics that need a word or key that the article has
// (see anchors), and at those that need none. It is for one goroutine.
//
// An article is cut into words and keys as for the index (docview.go). Of each query the anchors, words or keys of which
// any match has one, stand in one table: the rarest choice that the query leaves. The queries that this finds are then
// matched whole. A query without anchors (NOT, fuzzy words, facts of the story alone) is always matched.
// TestPercolatorIsASearch compares the answers with searches.
type Percolator struct {
	x       *Index
	topics  []topicQuery
	invalid map[int64]error
	at      map[int64]int32 // indexes of topics, by id

	anchored   map[string][]int32 // indexes of topics, by each of their anchors
	unanchored []int32            // indexes of topics that any article may match
	tried      []int              // by topic: the article that it was last matched against, in the count of articles
	articles   int
}

type topicQuery struct {
	id      int64
	query   node
	onStory bool // it asks for what changes with the article's story
}

// Percolator makes one for topics. Those that CheckTopic rejects match nothing, and Invalid gives them.
func (x *Index) Percolator(topics []news.Topic) *Percolator {
	p := &Percolator{x: x, invalid: map[int64]error{}, at: map[int64]int32{}, anchored: map[string][]int32{}}
	for _, t := range topics {
		if err := CheckTopic(t); err != nil {
			p.invalid[t.ID] = err
			continue
		}
		n, err := parseWithOptions(t.Query, t.Options)
		if err != nil {
			p.invalid[t.ID] = err
			continue
		}
		at := int32(len(p.topics))
		p.topics = append(p.topics, topicQuery{t.ID, n, dependsOnStory(n)})
		p.at[t.ID] = at
		anchors, ok := anchorsOf(n)
		if !ok {
			p.unanchored = append(p.unanchored, at)
			continue
		}
		for _, a := range anchors.list {
			p.anchored[a] = append(p.anchored[a], at)
		}
	}
	p.tried = make([]int, len(p.topics))
	return p
}

// Invalid gives what is wrong with topics, by their ids.
func (p *Percolator) Invalid() map[int64]error { return p.invalid }

// Empty says that there is nothing to match.
func (p *Percolator) Empty() bool { return len(p.topics) == 0 }

// DependsOnStory says whether a topic asks for what changes with an article's story.
func (p *Percolator) DependsOnStory(topic int64) bool {
	at, ok := p.at[topic]
	return ok && p.topics[at].onStory
}

func dependsOnStory(n node) (depends bool) {
	walk(n, func(part node) {
		f, ok := part.(filterNode)
		depends = depends || ok && f.dependsOnStory()
	})
	return depends
}

// Match gives the topics that an article matches as a member of its story, by id and in order. Maybe are those that it would
// match in some other story: while the article stays the same, only they need Rematch.
func (p *Percolator) Match(a news.Article, stories *StoryTable, now time.Time) (sure, maybe []int64) {
	v := newDocView(p.x, a, queryContext{now: now, stories: stories.snapshot()})
	p.articles++
	try := func(topics []int32) {
		for _, at := range topics {
			if p.tried[at] == p.articles {
				continue
			}
			p.tried[at] = p.articles
			t := p.topics[at]
			if v.match(t.query) == always {
				sure = append(sure, t.id)
			}
			if t.onStory {
				v.anyStory = true
				if v.match(t.query) != never {
					maybe = append(maybe, t.id)
				}
				v.anyStory = false
			}
		}
	}
	for anchor := range v.anchors() {
		try(p.anchored[anchor])
	}
	try(p.unanchored)
	slices.Sort(sure)
	slices.Sort(maybe)
	return sure, maybe
}

// Rematch says which of some topics an article matches.
func (p *Percolator) Rematch(a news.Article, stories *StoryTable, now time.Time, topics []int64) (sure []int64) {
	v := newDocView(p.x, a, queryContext{now: now, stories: stories.snapshot()})
	for _, id := range topics {
		if at, ok := p.at[id]; ok && v.match(p.topics[at].query) == always {
			sure = append(sure, id)
		}
	}
	slices.Sort(sure)
	return sure
}
