package group

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"headwater/internal/news"
)

// Affected returns the ids of the articles for which these corrections differ from those in force. The corrections are in the
// order in which they were made. Affected articles that are not in the window must be restored before SetCorrections, each with
// its whole story.
func (g *Grouper) Affected(all []news.Correction) []int64 {
	return g.constraints.diff(newConstraints(all))
}

// SetCorrections replaces the corrections in force. all is in the order in which they were made. The next Settle decides again
// about the articles for which they differ.
func (g *Grouper) SetCorrections(all []news.Correction) {
	next := newConstraints(all)
	affected := g.constraints.diff(next)
	var moving []*node
	for _, id := range affected {
		if n := g.byID[id]; n != nil {
			moving = append(moving, n)
		}
	}
	var edges []news.Edge
	for _, n := range moving { // under other constraints it has other duplicates
		for e := range g.index.edges(n) {
			edges = append(edges, e.toNews(n))
		}
		g.remove(n)
	}
	g.constraints = next
	for _, n := range moving {
		g.added = append(g.added, g.insert(n.fullItem()))
	}
	for _, e := range edges {
		g.RestoreEdge(e)
	}
}

// Origin returns the last correction of the origin of a story with these articles, or false for none.
func (g *Grouper) Origin(members []int64) (article int64, outlet news.Outlet, made time.Time, ok bool) {
	last := -1
	if len(g.constraints.origins) == 0 {
		return 0, news.Outlet{}, time.Time{}, false
	}
	for _, id := range members {
		if r, named := g.constraints.origins[id]; named && r.order > last {
			last, article, outlet, made = r.order, id, r.outlet, time.UnixMilli(r.made)
		}
	}
	return article, outlet, made, last >= 0
}

// MustLinked returns the ids of the articles that must be in one story with any of the given ones, including these.
func (g *Grouper) MustLinked(ids []int64) []int64 {
	var out []int64
	for _, id := range ids {
		out = append(out, g.constraints.mustLink(id)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Detach takes articles out of their story. The story's id then stays with the rest of its articles, even if the rest is the
// smaller part. The next Settle gives the detached articles a story.
func (g *Grouper) Detach(ids []int64) {
	for _, id := range ids {
		if n := g.byID[id]; n != nil {
			g.leaveStory(n)
			n.story = 0
			g.added = append(g.added, n)
		}
	}
}

// Reassign puts articles back into stories that were merged into the articles' current story, and into the events of those
// stories. The next Settle decides again about the articles. If the stories are separate again, they keep their old ids.
func (g *Grouper) Reassign(to map[int64]news.Grouping) {
	for _, id := range slices.Sorted(maps.Keys(to)) {
		if n := g.byID[id]; n != nil {
			g.leaveStory(n)
			n.story, n.event = to[id].Story, to[id].Event
			g.joinStory(n)
			g.added = append(g.added, n)
		}
	}
}

// StoryState is a story of the window after Settle.
type StoryState struct {
	Story, Event int64
	Members      []int64   // article ids, in no order
	Newest       time.Time // when the last of its members was seen; zero if no member has a time
	Last         int64     // the greatest member id
	Weight       int       // memory in units of articles: one for each, and one more for each thousand words
}

// Stories returns the stories of the window for which wanted is true, ordered by id. The Members of the argument are valid
// until wanted returns, so a pass over the whole window needs no memory.
func (g *Grouper) Stories(wanted func(StoryState) bool) []StoryState {
	var out []StoryState
	var buffer []int64
	for id, members := range g.stories {
		s := stateOf(id, members, buffer[:0])
		if buffer = s.Members; wanted(s) {
			s.Members = slices.Clone(s.Members)
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b StoryState) int { return cmp.Compare(a.Story, b.Story) })
	return out
}

// Story returns a story of the window.
func (g *Grouper) Story(id int64) StoryState { return stateOf(id, g.stories[id], nil) }

func stateOf(id int64, members []*node, buffer []int64) StoryState {
	s := StoryState{Story: id, Event: members[0].event, Newest: newest(members), Members: buffer}
	for _, n := range members {
		s.Members = append(s.Members, n.id)
		s.Last = max(s.Last, n.id)
		words := len(n.record) / 4
		if n.representative == nil { // duplicates share the print of their representative
			words += int(n.prose)
		}
		s.Weight += 1 + words/1000
	}
	return s
}

// newest returns the time when the last of some articles was seen.
func newest(nodes []*node) time.Time {
	var t time.Time
	for _, n := range nodes {
		if at := n.seenAt(); at.After(t) {
			t = at
		}
	}
	return t
}

// Forget drops whole stories from the window, which must be settled. Their ids are not reused. Other stories of the same event
// do not change.
func (g *Grouper) Forget(stories []int64) {
	dropped, events := make(map[int64]bool, len(stories)), map[int64]bool{}
	for _, id := range stories {
		dropped[id] = true
		for _, n := range g.stories[id] {
			events[n.event] = true
			g.forget(n)
			if n.representative != nil { // its representative is in the same story and is dropped too
				continue
			}
			for e := range g.index.edges(n) {
				if e.to != nil && !dropped[e.to.story] { // the index has no nodes that are already dropped
					e.to.disconnect(n.number)
				}
			}
			if key, ok := g.duplicateKey(n); ok {
				delete(g.representatives, key)
			}
		}
		delete(g.stories, id)
	}
	for event := range events {
		g.storiesOf(event) // removes the event with its last story
	}
	g.index.flush()
}

// Stale reports whether so much of the window has closed at now that the Grouper should be replaced by Reopen's result. Stories
// are examined only if enough articles are older than the window, and at most once per hundredth of the window.
func (g *Grouper) Stale(now time.Time) bool {
	enough := func(closed int) bool { return closed > 1000 && closed*4 > len(g.byID) }
	since := now.Add(-g.window)
	if !enough(g.seenBefore(since)) || now.Sub(g.staleScan).Abs() < g.window/100 {
		return false
	}
	g.staleScan = now
	closed := 0
	for _, members := range g.stories {
		if newest(members).Before(since) {
			closed += len(members)
		}
	}
	return enough(closed)
}

// seenBefore counts the articles that were seen in the hours that begin before t.
func (g *Grouper) seenBefore(t time.Time) int {
	count := 0
	for hour, n := range g.hours {
		if hour*3600 < t.Unix() {
			count += n
		}
	}
	return count
}

// Reopen returns a Grouper with only the stories that are still open at now.
func (g *Grouper) Reopen(now time.Time) *Grouper {
	h := New(Options{
		Window: g.window, NextStory: g.nextStory, NextEvent: g.nextEvent, Model: g.model, Second: g.second, Threshold: g.threshold,
		Templates: g.index.marks != nil,
	})
	h.constraints = g.constraints
	ids := slices.Sorted(maps.Keys(g.byID))
	for _, id := range ids {
		n := g.byID[id]
		if n.story == 0 || !newest(g.stories[n.story]).Before(now.Add(-g.window)) {
			h.Restore(n.fullItem())
			h.byID[id].templated = n.templated
		}
	}
	for _, id := range ids {
		if h.byID[id] == nil {
			continue
		}
		n := g.byID[id]
		for e := range g.index.edges(n) {
			if id < e.to.id && h.byID[e.to.id] != nil {
				h.RestoreEdge(e.toNews(n))
			}
		}
	}
	open := func(nodes []*node) (out []*node) {
		for _, n := range nodes {
			if m := h.byID[n.id]; m != nil {
				out = append(out, m)
			}
		}
		return out
	}
	h.added, h.toDecide = open(g.added), open(g.toDecide)
	h.index.newTemplates = g.index.newTemplates
	return h
}
