package group

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

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
	// Templates says to look for articles that are made by a template, for Templated and Result.Templated. A front page can leave
	// their stories out; `headwater group` has no use for the mark and does not look for it. Decisions do not depend on it.
	Templates bool
}

// SecondOpinion says how alike articles are by another measure than the words they share.
type SecondOpinion interface {
	// Similar gives a cosine, -1 to 1, for each of the pairs of article ids, and NaN for one that it knows nothing of.
	Similar(pairs [][2]int64) []float64
}

// Grouper holds the window of articles that new ones are compared with. It is not safe for concurrent use.
type Grouper struct {
	window               time.Duration
	model                *Model
	nextStory, nextEvent int64
	second               SecondOpinion
	threshold            float64
	constraints          *constraints

	byID            map[int64]*node
	representatives map[uint64]*node  // of duplicates, by duplicateKey
	stories         map[int64][]*node // members by story
	events          map[int64][]int64 // stories by event, and some that were; see storiesOf
	hours           map[int64]int     // articles by the hour of Unix time in which they were seen
	index           *index
	cache           printCache
	accumulators    []accumulator // by worker
	lastPrint       struct {      // that Item gave
		encoded string
		decoded prints.Print
	}

	added     []*node   // since the last Settle
	toDecide  []*node   // since the last Settle: to decide about, and not to compare anew
	rivals    []*node   // duplicates that come before their representative by content
	staleScan time.Time // when Stale last looked at all stories
}

// Change is a story as it is after Settle, where its members or its event are not what they were.
type Change struct {
	Story, Event int64
	Members      []int64 // article ids, by content
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
	if o.Model == nil {
		o.Model = DefaultModel()
	}
	return &Grouper{
		window: cmp.Or(o.Window, 72*time.Hour), model: o.Model,
		nextStory: max(o.NextStory, 1), nextEvent: max(o.NextEvent, 1),
		second: o.Second, threshold: cmp.Or(o.Threshold, .8), constraints: newConstraints(o.Corrections),
		byID: map[int64]*node{}, representatives: map[uint64]*node{}, stories: map[int64][]*node{}, events: map[int64][]int64{},
		hours: map[int64]int{}, index: newIndex(o.Templates), accumulators: make([]accumulator, workers),
	}
}

// Len is the number of articles in the window.
func (g *Grouper) Len() int { return len(g.byID) }

// Item gives an article of the window.
func (g *Grouper) Item(id int64) (Item, bool) {
	n, ok := g.byID[id]
	if !ok {
		return Item{}, false
	}
	if n.encodedPrint != g.lastPrint.encoded { // copies are asked for one after the other, and have the same print
		g.lastPrint.encoded, g.lastPrint.decoded = n.encodedPrint, n.decodePrint()
	}
	it := n.item()
	it.Print = g.lastPrint.decoded
	return it, true
}

// Templated says whether an article of the window is made by a template, as far as Options.Templates looked for that. It may turn
// out later.
func (g *Grouper) Templated(id int64) bool {
	n := g.byID[id]
	return n != nil && g.index.marks.marked(n)
}

// Freeze drops what only adding and settling need.
func (g *Grouper) Freeze() {
	g.index, g.representatives, g.events = &index{}, nil, nil
	for _, n := range g.byID {
		n.edges = nil
	}
}

// Add puts a new or revised article into the window. It belongs to no story until Settle.
func (g *Grouper) Add(it Item) {
	if old, ok := g.byID[it.Article.ID]; ok {
		it.Story, it.Event = old.story, old.event
		g.remove(old)
	}
	n := g.insert(it)
	g.index.noteTemplates(n, it.Print.Frames)
	g.added = append(g.added, n)
}

// Restore puts an article back that was settled before. Its edges follow with RestoreEdge once all articles are there.
func (g *Grouper) Restore(it Item) { g.insert(it) }

// RestoreEdge puts a kept comparison back. Edges of articles that are not in the window are passed over.
func (g *Grouper) RestoreEdge(e news.Edge) {
	g.promoteRivals()
	a, b := g.byID[e.A], g.byID[e.B]
	if a == nil || b == nil || a.representative != nil || b.representative != nil {
		return
	}
	connect(a, b, e.Story, e.Event)
}

func (g *Grouper) insert(it Item) *node {
	n := newNode(it)
	n.print = &it.Print
	defer func() { n.print = nil }()
	g.byID[n.id] = n
	g.hours[n.hour()]++
	if it.Story != 0 {
		g.joinStory(n)
		g.nextStory = max(g.nextStory, it.Story+1)
		g.nextEvent = max(g.nextEvent, it.Event+1)
	}
	g.index.count(n, 1)
	if key, ok := g.duplicateKey(n); ok {
		if first := g.representatives[key]; first != nil {
			n.representative = first
			first.duplicates = append(first.duplicates, n)
			if n.encodedPrint == first.encodedPrint { // a million copies take the memory of one print
				n.encodedPrint = first.encodedPrint
			}
			if byContent(n, first) < 0 {
				g.rivals = append(g.rivals, n)
			}
			return n
		}
		g.representatives[key] = n
	}
	g.index.add(n)
	return n
}

func (g *Grouper) duplicateKey(n *node) (uint64, bool) {
	return n.duplicateKey(g.constraints.cannotLink(n.id))
}

// hour is the hour of Unix time in which an article was seen.
func (n *node) hour() int64 { return n.seenAt().Unix() / 3600 }

// forget takes a node out of everything but its story, and the representatives and edges of other nodes.
func (g *Grouper) forget(n *node) {
	delete(g.byID, n.id)
	if g.hours[n.hour()]--; g.hours[n.hour()] == 0 {
		delete(g.hours, n.hour())
	}
	g.cache.load(g.index, n)
	g.index.count(n, -1)
	if n.representative == nil {
		g.index.remove(n)
	}
}

// remove takes a node out of the window. One of its duplicates takes its place.
func (g *Grouper) remove(n *node) {
	for _, list := range [...]*[]*node{&g.added, &g.rivals, &g.toDecide} {
		*list = slices.DeleteFunc(*list, func(m *node) bool { return m == n })
	}
	g.leaveStory(n)
	g.forget(n)
	if rep := n.representative; rep != nil {
		rep.duplicates = slices.DeleteFunc(rep.duplicates, func(m *node) bool { return m == n })
		return
	}
	neighbours := g.removeEdges(n)
	key, ok := g.duplicateKey(n)
	if ok {
		delete(g.representatives, key)
	}
	if len(n.duplicates) == 0 {
		g.toDecide = append(g.toDecide, neighbours...)
		return
	}
	g.added = append(g.added, neighbours...) // they have to be compared with the new representative
	heir := slices.MinFunc(n.duplicates, byContent)
	g.makeRepresentative(key, heir, n.duplicates)
	g.added = append(g.added, heir)
}

// makeRepresentative makes a node the representative of duplicates, itself among them.
func (g *Grouper) makeRepresentative(key uint64, n *node, duplicates []*node) {
	n.representative, n.duplicates = nil, slices.DeleteFunc(duplicates, func(m *node) bool { return m == n })
	for _, d := range n.duplicates {
		d.representative = n
	}
	g.representatives[key] = n
	g.cache.load(g.index, n)
	g.index.add(n)
}

// promoteRivals lets the rivals take the place of their representatives.
func (g *Grouper) promoteRivals() {
	best := map[*node]*node{}
	for _, n := range g.rivals {
		if rep := n.representative; rep != nil && byContent(n, rep) < 0 && (best[rep] == nil || byContent(n, best[rep]) < 0) {
			best[rep] = n
		}
	}
	g.rivals = nil
	for _, rep := range slices.SortedFunc(maps.Keys(best), byContent) { // in an order that does not depend on the map
		heir, duplicates := best[rep], slices.Concat(rep.duplicates, []*node{rep})
		g.index.remove(rep)
		g.added = append(g.added, g.removeEdges(rep)...)
		rep.duplicates = nil
		if key, ok := g.duplicateKey(heir); ok {
			g.makeRepresentative(key, heir, duplicates)
		}
	}
}

// removeEdges removes the edges of a node and gives their other ends.
func (g *Grouper) removeEdges(n *node) []*node {
	neighbours := make([]*node, 0, len(n.edges))
	for e := range g.index.edges(n) {
		e.to.disconnect(n.number)
		neighbours = append(neighbours, e.to)
	}
	n.edges = nil
	return neighbours
}

// joinStory adds a node to the members of its story.
func (g *Grouper) joinStory(n *node) {
	g.stories[n.story] = append(g.stories[n.story], n)
	if len(g.stories[n.story]) == 1 {
		g.events[n.event] = append(g.events[n.event], n.story)
	}
}

// leaveStory takes a node out of the members of its story.
func (g *Grouper) leaveStory(n *node) {
	if n.story == 0 {
		return
	}
	rest := slices.DeleteFunc(g.stories[n.story], func(m *node) bool { return m == n })
	if len(rest) == 0 {
		delete(g.stories, n.story)
		return
	}
	g.stories[n.story] = rest
}

// storiesOf gives the stories of an event.
func (g *Grouper) storiesOf(event int64) []int64 {
	ids := g.events[event]
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id int64) bool {
		return len(g.stories[id]) == 0 || g.stories[id][0].event != event
	})
	if len(ids) == 0 {
		delete(g.events, event)
		return nil
	}
	g.events[event] = ids
	return ids
}
