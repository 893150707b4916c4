package group

import (
	"cmp"
	"maps"
	"slices"
	"unique"
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

// bulkCopies is the number of articles with one text under different titles from which they are clustered as one item. As
// separate items they would give the same result, in a time quadratic in their number.
const bulkCopies = 256

// numbers returns the index of each node.
func numbers(nodes []*node) map[*node]int {
	number := make(map[*node]int, len(nodes))
	for i, n := range nodes {
		number[n] = i
	}
	return number
}

// clusterStories returns each node's story as the lowest number in it. Nodes that are one article, listed twice, count as one,
// since the number of listings says nothing about similarity. Corrections are respected.
//
// Stories are clustered language by language first, and then joined across languages (joinLanguages).
func (g *Grouper) clusterStories(nodes []*node) []int {
	number, gr := numbers(nodes), newGraph(len(nodes), bestLinkage{})
	gr.partition = g.constraints.partition(nodes)
	gr.authors = make([]authorship, len(nodes))
	articles := g.sameArticles(nodes, number, gr.partition)
	// The greatest probabilities of pairs of articles: of any two outlets, and of one outlet.
	best, own := map[[2]int]float64{}, map[[2]int]float64{}
	for i, n := range nodes {
		at := articles.root(i)
		if at != i {
			gr.size[i] = 0
		}
		gr.authors[at].add(n)
		for e := range g.index.edges(n) {
			j, ok := number[e.to]
			if !ok {
				continue
			}
			if p := [2]int{at, articles.root(j)}; p[0] < p[1] {
				best[p] = max(best[p], float64(e.story))
				if sameOutlet(n, e.to) {
					own[p] = max(own[p], float64(e.story))
				}
			}
		}
	}
	translations := map[[2]int]float64{}
	for p, x := range best {
		if mayTranslate(nodes[p[0]], nodes[p[1]]) {
			translations[p] = x
		} else {
			gr.add(p[0], p[1], x)
		}
	}
	for p, x := range own {
		gr.authors[p[0]].addOwn(p[1], x)
		gr.authors[p[1]].addOwn(p[0], x)
	}
	return g.joinLanguages(nodes, translations, gr.cluster(g.model.StoryAt), gr.partition)
}

// sameArticles joins the nodes that are one article. It also joins them in the partition into stories, if that allows it.
func (g *Grouper) sameArticles(nodes []*node, number map[*node]int, stories *partition) *partition {
	var same [][2]int
	for i, n := range nodes {
		for e := range g.index.edges(n) {
			if j, ok := number[e.to]; ok && i < j && (n.sameArticle(e, g.model.StoryAt) || n.isListing(e, g.model.StoryAt)) {
				same = append(same, [2]int{i, j})
			}
		}
	}
	if len(nodes) >= bulkCopies {
		byBody := map[uint64][]int{}
		for i, n := range nodes {
			if n.body != 0 && n.words >= minDuplicateWords && !n.roundup {
				byBody[n.body] = append(byBody[n.body], i)
			}
		}
		for _, copies := range byBody {
			if len(copies) < bulkCopies {
				continue
			}
			for _, i := range copies[1:] {
				same = append(same, [2]int{copies[0], i})
			}
		}
	}
	slices.SortFunc(same, func(p, q [2]int) int { return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])) })
	articles := newPartition(len(nodes))
	for _, p := range same {
		if stories.join(p[0], p[1]) {
			articles.join(p[0], p[1])
		}
	}
	return articles
}

// joinLanguages joins stories that are one story in several languages, by their most probable pairs. Two stories with a common
// language stay apart, because a common translation does not make them one. A story in n languages needs n pairs whose mean
// reaches the threshold, so the number of copies does not matter. The items to cluster are stories, and their sizes are numbers
// of languages. Translations reach events through the stories.
func (g *Grouper) joinLanguages(nodes []*node, translations map[[2]int]float64, storyOf []int, stories *partition) []int {
	best := map[[2]int]float64{} // the most probable translation between two stories
	for pair, p := range translations {
		if i, j := storyOf[pair[0]], storyOf[pair[1]]; i != j {
			key := [2]int{min(i, j), max(i, j)}
			best[key] = max(best[key], p)
		}
	}
	if len(best) == 0 {
		return storyOf
	}
	gr := newGraph(len(nodes), translationLinkage{})
	gr.partition, gr.languages = stories, make([][]unique.Handle[string], len(nodes))
	for i, n := range nodes {
		if l := &gr.languages[storyOf[i]]; !slices.Contains(*l, n.lang) {
			*l = append(*l, n.lang)
		}
	}
	for i, l := range gr.languages {
		gr.size[i] = len(l) // 0 for nodes that are not the first of their story
	}
	for pair, p := range best {
		gr.add(pair[0], pair[1], p)
	}
	return gr.cluster(g.model.StoryAt)
}

// clusterEvents returns each node's event as the number of a story in it. The items to cluster are stories. A story has the
// lowest number of its nodes, as in storyOf.
func (g *Grouper) clusterEvents(nodes []*node, storyOf []int) []int {
	number, gr := numbers(nodes), newGraph(len(nodes), averageLinkage{})
	gr.days = make([]int32, len(nodes))
	for i, n := range nodes {
		s := storyOf[i]
		if s != i {
			gr.size[s]++
		}
		// The day of a story is the first of its members' days, since other outlets may list a report a day later.
		if n.edition.series != 0 && (gr.days[s] == 0 || n.edition.day < gr.days[s]) {
			gr.days[s] = n.edition.day
		}
		for e := range g.index.edges(n) {
			if j, ok := number[e.to]; ok && i < j && s != storyOf[j] {
				gr.add(s, storyOf[j], float64(e.event))
			}
		}
	}
	gr.contexts = newContextSums(nodes, storyOf, g.contexts(nodes), g.model)
	return gr.cluster(g.model.EventAt)
}

// eventStories returns the nodes of the other stories in the events that the given nodes were in or may come into, and adds the
// first nodes of these stories to firstOf. These stories do not change. Stories further away are not included, so the work does
// not grow with the window. Therefore events, unlike stories, may depend a little on the order of arrival.
func (g *Grouper) eventStories(nodes []*node, firstOf map[*node]*node) []*node {
	events := map[int64]bool{}
	for _, n := range nodes {
		events[n.event] = true
		for _, d := range n.duplicates {
			events[d.event] = true
		}
		for e := range g.index.edges(n) {
			if float64(e.event) >= g.model.EventAt {
				events[e.to.event] = true
			}
		}
	}
	delete(events, 0)
	var out []*node
	for event := range events {
		for _, id := range g.storiesOf(event) {
			members := slices.DeleteFunc(slices.Clone(g.stories[id]), func(n *node) bool { return n.representative != nil })
			if len(members) == 0 || firstOf[members[0]] != nil {
				continue
			}
			first := slices.MinFunc(members, byContent)
			for _, n := range members {
				firstOf[n] = first
			}
			out = append(out, members...)
		}
	}
	return out
}
