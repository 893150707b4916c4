package group

import (
	"maps"
	"slices"
	"time"
)

// Standing is how a story of the window stands after Settle.
type Standing struct {
	Story, Event int64
	Members      []int64   // article ids, in no order
	Newest       time.Time // when the last of its members was seen; zero where no member has a time
	Last         int64     // the greatest id among its members
	Weight       int       // articles that it takes the room of: one each, and one more for each thousand words
}

// Standings gives every story of the window by id.
func (g *Grouper) Standings() []Standing {
	out := make([]Standing, 0, len(g.stories))
	for _, id := range slices.Sorted(maps.Keys(g.stories)) {
		out = append(out, standing(id, g.stories[id]))
	}
	return out
}

func standing(id int64, members []*node) Standing {
	s := Standing{Story: id, Event: members[0].Event, Newest: newest(members), Members: make([]int64, len(members))}
	for i, n := range members {
		s.Members[i] = n.Article.ID
		s.Last = max(s.Last, n.Article.ID)
		s.Weight += n.weight()
	}
	return s
}

// weight counts a twin once, since it has its representative's print.
func (n *node) weight() int {
	words := len(n.rest) / 4
	if n.twinOf == nil {
		words += int(n.prose)
	}
	return 1 + words/1000
}

// Forget drops whole stories from the window, which must be settled. Their ids are not used again, and stories of the
// same event stay as they are.
func (g *Grouper) Forget(stories []int64) {
	gone, events := make(map[int64]bool, len(stories)), map[int64]bool{}
	for _, id := range stories {
		gone[id] = true
		for _, n := range g.stories[id] {
			g.drop(n, gone)
			events[n.Event] = true
		}
		delete(g.stories, id)
	}
	for event := range events {
		g.storiesOf(event) // forgets the event with its last story
	}
	g.index.gather()
}

// drop takes a node out of everything but the lists of nodes and of its story.
func (g *Grouper) drop(n *node, gone map[int64]bool) {
	delete(g.byID, n.Article.ID)
	g.lay(n)
	g.index.forget(n)
	if n.twinOf != nil { // twins are in one story, and go together
		return
	}
	g.index.remove(n)
	for e := range g.edges(n) {
		if e.to != nil && !gone[e.to.Story] { // a node that is dropped already is known no more
			e.to.disjoin(n.number)
		}
	}
	if k, ok := g.seatOf(n); ok {
		delete(g.twins, k)
	}
}
