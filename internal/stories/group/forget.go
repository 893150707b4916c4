package group

import (
	"cmp"
	"slices"
	"time"
)

// StoryState is how a story of the window stands after Settle.
type StoryState struct {
	Story, Event int64
	Members      []int64   // article ids, in no order
	Newest       time.Time // when the last of its members was seen; zero where no member has a time
	Last         int64     // the greatest id among its members
	Weight       int       // articles that it takes the room of: one each, and one more for each thousand words
}

// Stories gives stories of the window by id, those that are wanted. Until wanted returns, the Members of what it is given
// are good, so that looking at a whole window takes no memory.
func (g *Grouper) Stories(wanted func(StoryState) bool) []StoryState {
	var out []StoryState
	var room []int64
	for id, members := range g.stories {
		s := standing(id, members, room[:0])
		if room = s.Members; wanted(s) {
			s.Members = slices.Clone(s.Members)
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b StoryState) int { return cmp.Compare(a.Story, b.Story) })
	return out
}

// Story gives a story of the window.
func (g *Grouper) Story(id int64) StoryState { return standing(id, g.stories[id], nil) }

func standing(id int64, members []*node, room []int64) StoryState {
	s := StoryState{Story: id, Event: members[0].Event, Newest: newest(members)}
	for _, n := range members {
		room = append(room, n.Article.ID)
		s.Last = max(s.Last, n.Article.ID)
		s.Weight += n.weight()
	}
	s.Members = room
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
	g.ages.add(n, -1)
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
