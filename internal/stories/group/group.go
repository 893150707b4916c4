// Package group decides which articles derive from one text (a story) and which stories tell of one happening (an
// event). Every decision is made over the whole component of articles that it touches and depends on what they say, not
// on the order in which they came.
package group

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// Item is an article with all that grouping looks at. Article needs no HTML, Text or Marks other than links.
type Item struct {
	Article news.Article
	Print   prints.Print
	Claims  []news.Claim
	Cites   []string // canonical URLs that its opening or its source line links to
	Story   int64    // as settled before; 0 for a new article
	Event   int64
}

// Options of a Grouper. The zero value works.
type Options struct {
	// Window is how long a story stays open to new articles, measured from its newest one. Zero means 72h.
	Window time.Duration
	// NextStory and NextEvent are the first ids to mint; ids below them were used before. Zero means 1.
	NextStory, NextEvent int64
	// Model is what pairs are scored with. Nil is DefaultModel.
	Model *Model
	// Corrections are people's, in the order in which they were made. They outrank every score.
	Corrections []news.Correction
	// Second gives a second opinion on pairs whose event probability lies in the band where the model abstains. May be nil.
	Second SecondOpinion
	// Threshold is the cosine, 0 to 1, from which Second brings a pair into one event. Zero means .8.
	Threshold float64
	// Templates says to look for articles that are made by a template, for Templated and Result.Templated.
	Templates bool
}

// Grouper holds the window of articles that new ones are compared with. It is not safe for concurrent use.
type Grouper struct {
	window               time.Duration
	model                *Model
	nextStory, nextEvent int64
	second               SecondOpinion
	similar              float64 // Options.Threshold

	byID    map[int64]*node
	twins   map[uint64]*node  // by seat
	stories map[int64][]*node // living stories by id
	events  map[int64][]int64 // stories by event, and some that were; see storiesOf
	index   candidates
	desk    desk
	lent    struct {
		print string
		open  prints.Print
	} // the last print that Item gave
	constraints *constraints
	fresh       []*node // added since the last Settle
	bereft      []*node // lost an edge since then: to decide about, and not to compare anew
	rivals      []*node // twins that come before their representative by content key
	ages        ages
	walked      time.Time // when Stale last walked the stories
}

// Change is a story as it stands after Settle, where its members or its event are not what they were.
type Change struct {
	Story, Event int64
	Members      []int64 // article ids in the order of their content keys
}

// Result is what a Settle changed.
type Result struct {
	Changed []Change
	Moved   map[int64]int64 // stories that are no more, and the ones that took their place
	Edges   []news.Edge     // new or changed comparisons worth keeping

	Templated []int64 // articles that turned out to be made by a template, by id
}

// New makes an empty window.
func New(o Options) *Grouper {
	g := &Grouper{
		window:    cmp.Or(o.Window, 72*time.Hour),
		nextStory: max(o.NextStory, 1), nextEvent: max(o.NextEvent, 1),
		second: o.Second, similar: cmp.Or(o.Threshold, .8),
		byID: map[int64]*node{}, twins: map[uint64]*node{}, stories: map[int64][]*node{}, events: map[int64][]int64{},
		constraints: newConstraints(o.Corrections),
		ages:        ages{},
	}
	if g.model = o.Model; g.model == nil {
		g.model = DefaultModel()
	}
	g.index.init()
	if o.Templates {
		g.index.moulds = newMoulds()
	}
	return g
}

// Len is the number of articles in the window.
func (g *Grouper) Len() int { return len(g.byID) }

// Item gives an article of the window.
func (g *Grouper) Item(id int64) (Item, bool) {
	n, ok := g.byID[id]
	if !ok {
		return Item{}, false
	}
	if n.print != g.lent.print { // copies come one after the other, and share a print
		g.lent.print, g.lent.open = n.print, n.open()
	}
	it := n.item()
	it.Print = g.lent.open
	return it, true
}

// Freeze drops what only adding and settling need.
func (g *Grouper) Freeze() {
	g.index, g.twins, g.events = candidates{}, nil, nil
	for _, n := range g.byID {
		n.edges = nil
	}
}

// Add puts a new or revised article into the window. It belongs to no story until Settle.
func (g *Grouper) Add(it Item) {
	if old, ok := g.byID[it.Article.ID]; ok {
		it.Story, it.Event = old.Story, old.Event
		g.remove(old)
	}
	n := g.insert(it)
	g.index.noteTemplates(n, it.Print.Frames)
	g.fresh = append(g.fresh, n)
}

// Restore puts an article back that was settled before. Its edges follow with RestoreEdge once all articles are there.
func (g *Grouper) Restore(it Item) { g.insert(it) }

// RestoreEdge puts a kept comparison back. Edges of articles that are not in the window are passed over.
func (g *Grouper) RestoreEdge(e news.Edge) {
	g.elect()
	a, b := g.byID[e.A], g.byID[e.B]
	if a == nil || b == nil || a.twinOf != nil || b.twinOf != nil {
		return
	}
	g.join(a, b, e.Story, e.Event)
}

func (g *Grouper) insert(it Item) *node {
	n := newNode(it)
	n.Print = &it.Print
	defer func() { n.Print = nil }()
	g.byID[it.Article.ID] = n
	g.ages.add(n, 1)
	if it.Story != 0 {
		g.stories[it.Story] = append(g.stories[it.Story], n)
		if len(g.stories[it.Story]) == 1 {
			g.events[it.Event] = append(g.events[it.Event], it.Story)
		}
		g.nextStory = max(g.nextStory, it.Story+1)
		g.nextEvent = max(g.nextEvent, it.Event+1)
	}
	g.index.learn(n)
	if k, ok := g.seatOf(n); ok {
		if first := g.twins[k]; first != nil {
			n.follow(first)
			if byKey(n, first) < 0 {
				g.rivals = append(g.rivals, n)
			}
			return n
		}
		g.twins[k] = n
	}
	g.index.add(n)
	return n
}

// remove takes a node out of the window: its edges, its postings and its twins, one of which takes its place.
func (g *Grouper) remove(n *node) {
	g.fresh = slices.DeleteFunc(g.fresh, func(m *node) bool { return m == n })
	g.rivals = slices.DeleteFunc(g.rivals, func(m *node) bool { return m == n })
	g.bereft = slices.DeleteFunc(g.bereft, func(m *node) bool { return m == n })
	delete(g.byID, n.Article.ID)
	g.ages.add(n, -1)
	g.leave(n)
	g.lay(n)
	g.index.forget(n)
	if n.twinOf != nil {
		n.twinOf.twins = slices.DeleteFunc(n.twinOf.twins, func(m *node) bool { return m == n })
		return
	}
	g.index.remove(n)
	if left := g.cut(n); len(n.twins) == 0 {
		g.bereft = append(g.bereft, left...)
	} else {
		g.fresh = append(g.fresh, left...) // to find the heir
	}
	if k, ok := g.seatOf(n); ok {
		delete(g.twins, k)
		g.promote(k, n.twins)
	}
}

// leave takes a node out of its story's list of members.
func (g *Grouper) leave(n *node) {
	if n.Story == 0 {
		return
	}
	rest := slices.DeleteFunc(g.stories[n.Story], func(m *node) bool { return m == n })
	if len(rest) == 0 {
		delete(g.stories, n.Story)
		return
	}
	g.stories[n.Story] = rest
}

// Stale says whether enough of the window has closed by now for the Grouper to be made anew from Open. The stories are
// only walked where so many articles are older than the window, and then not again for a hundredth of it.
func (g *Grouper) Stale(now time.Time) bool {
	enough := func(closed int) bool { return closed > 1000 && closed*4 > len(g.byID) }
	since := now.Add(-g.window)
	if !enough(g.ages.before(since)) || now.Sub(g.walked).Abs() < g.window/100 {
		return false
	}
	g.walked = now
	closed := 0
	for _, ns := range g.stories {
		if newest(ns).Before(since) {
			closed += len(ns)
		}
	}
	return enough(closed)
}

// ages counts the articles of a window by the hour of Unix time in which they were seen.
type ages map[int64]int

func (a ages) add(n *node, count int) {
	hour := n.seenAt().Unix() / 3600
	if a[hour] += count; a[hour] == 0 {
		delete(a, hour)
	}
}

// before counts the articles of the hours that begin before a time.
func (a ages) before(t time.Time) int {
	count := 0
	for hour, n := range a {
		if hour*3600 < t.Unix() {
			count += n
		}
	}
	return count
}

// Reopen gives a Grouper that holds only the stories that are still open at now.
func (g *Grouper) Reopen(now time.Time) *Grouper {
	h := New(Options{
		Window: g.window, NextStory: g.nextStory, NextEvent: g.nextEvent, Model: g.model, Second: g.second, Threshold: g.similar,
		Templates: g.index.moulds != nil,
	})
	h.constraints = g.constraints
	open := map[int64]bool{}
	ids := slices.Sorted(maps.Keys(g.byID))
	for _, id := range ids {
		n := g.byID[id]
		if n.Story == 0 || !newest(g.stories[n.Story]).Before(now.Add(-g.window)) {
			h.Restore(n.whole())
			h.byID[id].templated = n.templated
			open[id] = true
		}
	}
	for _, id := range ids {
		if !open[id] {
			continue
		}
		n := g.byID[id]
		for e := range g.edges(n) {
			if open[e.to.Article.ID] && id < e.to.Article.ID {
				h.RestoreEdge(news.Edge{A: n.Article.ID, B: e.to.Article.ID, Story: float64(e.story), Event: float64(e.event)})
			}
		}
	}
	h.fresh, h.bereft = h.own(g.fresh), h.own(g.bereft)
	h.index.templates = g.index.templates
	return h
}

// own gives the Grouper's nodes of another's articles, of those that it has.
func (g *Grouper) own(others []*node) []*node {
	var out []*node
	for _, n := range others {
		if m := g.byID[n.Article.ID]; m != nil {
			out = append(out, m)
		}
	}
	return out
}

func newest(ns []*node) time.Time {
	var t time.Time
	for _, n := range ns {
		if at := n.seenAt(); at.After(t) {
			t = at
		}
	}
	return t
}
