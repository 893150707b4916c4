package group

import (
	"cmp"
	"maps"
	"slices"
)

// Settle compares the articles added since the last call with the window, and decides again about every component that contains
// one of them.
func (g *Grouper) Settle() Result {
	r := Result{Moved: map[int64]int64{}}
	g.cache.clear()
	g.promoteRivals()
	grown := g.settleDuplicates()
	dirty := g.dirty()
	r.Edges = append(g.scoreNewTemplates(), g.connectDirty(dirty)...)
	g.decide(g.component(append(dirty, g.toDecide...)), &r)
	changed := make(map[int64]bool, len(r.Changed))
	for _, c := range r.Changed {
		changed[c.Story] = true
	}
	for _, id := range grown { // unless they were decided about since, and then changed or moved
		if members := g.stories[id]; len(members) > 0 && !changed[id] {
			c := cluster{id: id, eventID: members[0].event, members: slices.SortedFunc(slices.Values(members), byContent)}
			r.Changed = append(r.Changed, c.change())
		}
	}
	r.Templated = g.index.marks.newlyMarked()
	g.added, g.toDecide = nil, nil
	g.cache.clear()
	g.cache = printCache{}
	return r
}

// settleDuplicates adds new duplicates of settled articles to the stories of these articles, if nothing else must be decided.
// It returns the ids of these stories, and removes the settled duplicates from the added articles.
func (g *Grouper) settleDuplicates() []int64 {
	added := make(map[*node]bool, len(g.added))
	for _, n := range g.added {
		added[n] = true
	}
	grown := map[int64]bool{}
	g.added = slices.DeleteFunc(g.added, func(n *node) bool {
		rep := n.representative
		if rep == nil || added[rep] || rep.story == 0 || n.story != 0 || g.constraints.names(n.id) {
			return false
		}
		g.stories[rep.story] = append(g.stories[rep.story], n)
		n.story, n.event = rep.story, rep.event
		grown[rep.story] = true
		return true
	})
	return slices.Sorted(maps.Keys(grown))
}

// component returns every node that may come into one story with the given nodes, ordered by content: by edges, by the current
// story, or by corrections. Only edges that can bring two nodes into one story count. The linkage of clusters is a mean, so at
// least one pair must reach the threshold.
func (g *Grouper) component(from []*node) []*node {
	seen, stories, linked := make(map[*node]bool, len(from)*2), map[int64]bool{}, map[int64]bool{}
	var out []*node
	visit := func(n *node) {
		if n.representative != nil {
			n = n.representative
		}
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	visitRelated := func(n *node) {
		if n.story != 0 && !stories[n.story] {
			stories[n.story] = true
			for _, m := range g.stories[n.story] {
				visit(m)
			}
		}
		if same := g.constraints.mustLink(n.id); len(same) > 0 && !linked[same[0]] {
			linked[same[0]] = true
			for _, id := range same {
				if m := g.byID[id]; m != nil {
					visit(m)
				}
			}
		}
	}
	for _, n := range from {
		visit(n)
	}
	for i := 0; i < len(out); i++ {
		n := out[i]
		for e := range g.index.edges(n) {
			if float64(e.story) >= g.model.StoryAt || n.sameArticle(e, g.model.StoryAt) {
				visit(e.to)
			}
		}
		visitRelated(n)
		for _, d := range n.duplicates {
			visitRelated(d)
		}
	}
	slices.SortFunc(out, byContent)
	return out
}

// cluster is a story as decided, before it has an id.
type cluster struct {
	members     []*node       // including duplicates, ordered by content
	eventNumber int           // number of the event's cluster
	id          int64         // 0 until assignStories
	eventID     int64         // 0 until assignEvents
	before      map[int64]int // number of members by previous story
}

func (c *cluster) change() Change {
	ch := Change{Story: c.id, Event: c.eventID}
	for _, n := range c.members {
		ch.Members = append(ch.Members, n.id)
	}
	return ch
}

// decide clusters the nodes into stories. It then clusters these stories, and those in the events that they touch, into events.
// It records the changes in r.
func (g *Grouper) decide(nodes []*node, r *Result) {
	if len(nodes) == 0 {
		return
	}
	firstOf := map[*node]*node{} // the first node of each node's story
	for i, first := range g.clusterStories(nodes) {
		firstOf[nodes[i]] = nodes[first]
	}
	all := append(slices.Clone(nodes), g.eventStories(nodes, firstOf)...)
	slices.SortFunc(all, byContent)
	number := numbers(all)
	storyOf := make([]int, len(all))
	for i, n := range all {
		storyOf[i] = number[firstOf[n]]
	}
	eventOf := g.clusterEvents(all, storyOf)

	byNumber := map[int]*cluster{}
	var clusters []*cluster
	for i, n := range all {
		c := byNumber[storyOf[i]]
		if c == nil {
			c = &cluster{eventNumber: eventOf[storyOf[i]], before: map[int64]int{}}
			byNumber[storyOf[i]] = c
			clusters = append(clusters, c)
		}
		c.members = append(append(c.members, n), n.duplicates...)
	}
	for _, c := range clusters {
		slices.SortFunc(c.members, byContent)
		for _, n := range c.members {
			if n.story != 0 {
				c.before[n.story]++
			}
		}
	}
	g.assignStories(clusters, r)
	g.assignEvents(clusters)
	g.apply(clusters, r)
}

// assignStories gives each cluster the oldest id of which it has the most members, or a new id, in the order of the articles'
// ids. An id that no cluster keeps is redirected to the cluster that has most of its members.
func (g *Grouper) assignStories(clusters []*cluster, r *Result) {
	heirs := map[int64]*cluster{}
	for _, c := range clusters {
		for id, n := range c.before {
			if h := heirs[id]; h == nil || n > h.before[id] {
				heirs[id] = c
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(heirs)) {
		if c := heirs[id]; c.id == 0 {
			c.id = id
		} else {
			r.Moved[id] = c.id
		}
	}
	unnamed := slices.DeleteFunc(slices.Clone(clusters), func(c *cluster) bool { return c.id != 0 })
	oldest := func(c *cluster) int64 {
		return slices.MinFunc(c.members, func(m, n *node) int { return cmp.Compare(m.id, n.id) }).id
	}
	slices.SortFunc(unnamed, func(x, y *cluster) int { return cmp.Compare(oldest(x), oldest(y)) })
	for _, c := range unnamed {
		c.id = g.nextStory
		g.nextStory++
	}
}

// assignEvents does the same for events. Each event gets the oldest id among its articles, unless an event with more articles
// of that id has taken it.
func (g *Grouper) assignEvents(clusters []*cluster) {
	votes := map[int]map[int64]int{}
	for _, c := range clusters {
		if votes[c.eventNumber] == nil {
			votes[c.eventNumber] = map[int64]int{}
		}
		for _, n := range c.members {
			if n.event != 0 {
				votes[c.eventNumber][n.event]++
			}
		}
	}
	heirs := map[int64]int{}
	for _, number := range slices.Sorted(maps.Keys(votes)) {
		for id, n := range votes[number] {
			if h, ok := heirs[id]; !ok || n > votes[h][id] {
				heirs[id] = number
			}
		}
	}
	ids := map[int]int64{}
	for _, id := range slices.Sorted(maps.Keys(heirs)) {
		if _, ok := ids[heirs[id]]; !ok {
			ids[heirs[id]] = id
		}
	}
	for _, c := range clusters {
		if ids[c.eventNumber] == 0 {
			ids[c.eventNumber] = g.nextEvent
			g.nextEvent++
		}
		c.eventID = ids[c.eventNumber]
	}
}

// apply moves the members to their stories, and records in r the stories that changed.
func (g *Grouper) apply(clusters []*cluster, r *Result) {
	added := make(map[int64]bool, len(g.added))
	for _, n := range g.added {
		added[n.id] = true
	}
	moving, before := map[*node]bool{}, map[int64]bool{}
	for _, c := range clusters {
		same := len(g.stories[c.id]) == len(c.members)
		for _, n := range c.members {
			same = same && n.story == c.id && n.event == c.eventID && !added[n.id]
			moving[n], before[n.story] = true, true
		}
		if !same {
			r.Changed = append(r.Changed, c.change())
		}
	}
	for id := range before {
		rest := slices.DeleteFunc(g.stories[id], func(n *node) bool { return moving[n] })
		if len(rest) == 0 {
			delete(g.stories, id)
		} else {
			g.stories[id] = rest
		}
	}
	for _, c := range clusters {
		for _, n := range c.members {
			n.story, n.event = c.id, c.eventID
		}
		g.stories[c.id] = append(g.stories[c.id], c.members...)
		g.events[c.eventID] = append(g.events[c.eventID], c.id)
	}
}
