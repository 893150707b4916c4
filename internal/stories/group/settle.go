package group

import (
	"cmp"
	"maps"
	"slices"
)

// Weaker comparisons than these are forgotten.
const (
	keepStory = .3
	keepEvent = .06

	keepNearest = 15 // comparisons of an article that are kept for its event alone
)

// Settle compares the articles added since the last call with the window and decides anew about every component of
// articles that they touch.
func (g *Grouper) Settle() Result {
	r := Result{Moved: map[int64]int64{}}
	g.desk.clear() // what terms weigh is no more what it was
	g.elect()
	grown := g.settleTwins()
	dirty := g.dirty()
	r.Edges = append(g.scoreTemplated(), g.connect(dirty)...)
	g.decide(g.reach(append(dirty, g.bereft...)), &r)
	g.noteGrown(grown, &r)
	r.Templated = g.turned()
	g.fresh, g.bereft = nil, nil
	g.desk.clear()
	g.desk = desk{}
	return r
}

// dirty gives the nodes to decide about, one for each set of twins, by content key.
func (g *Grouper) dirty() []*node {
	var out []*node
	for _, n := range g.fresh {
		if n.twinOf != nil {
			n = n.twinOf
		}
		out = append(out, n)
	}
	slices.SortFunc(out, byKey)
	return slices.Compact(out)
}

// binds says whether an edge can bring two nodes into one story: the linkage of clusters is a mean, which some pair of
// theirs must reach.
func (g *Grouper) binds(n *node, e edge) bool {
	return float64(e.story) >= g.model.StoryAt || g.identical(n, e)
}

// reach gives every node that may come into one story with the given ones, by way of edges that bind, the story it was in
// or corrections, by content key.
func (g *Grouper) reach(from []*node) []*node {
	seen, stories, bound := make(map[*node]bool, len(from)*2), map[int64]bool{}, map[int64]bool{}
	var walk []*node
	visit := func(n *node) {
		if n.twinOf != nil {
			n = n.twinOf
		}
		if !seen[n] {
			seen[n] = true
			walk = append(walk, n)
		}
	}
	mates := func(n *node) {
		if n.Story != 0 && !stories[n.Story] {
			stories[n.Story] = true
			for _, m := range g.stories[n.Story] {
				visit(m)
			}
		}
		if same := g.constraints.matesOf(n.Article.ID); len(same) > 0 && !bound[same[0]] {
			bound[same[0]] = true
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
	for i := 0; i < len(walk); i++ {
		for e := range g.edges(walk[i]) {
			if g.binds(walk[i], e) {
				visit(e.to)
			}
		}
		mates(walk[i])
		for _, t := range walk[i].twins {
			mates(t)
		}
	}
	slices.SortFunc(walk, byKey)
	return walk
}

// decide clusters the nodes into stories, and these and the stories of the events that they touch into events, and notes
// what changed.
func (g *Grouper) decide(nodes []*node, r *Result) {
	if len(nodes) == 0 {
		return
	}
	storyOf := map[*node]*node{} // the first node of each node's story
	for i, first := range g.clusterStories(nodes, numbers(nodes)) {
		storyOf[nodes[i]] = nodes[first]
	}
	all := append(slices.Clone(nodes), g.surroundings(nodes, storyOf)...)
	slices.SortFunc(all, byKey)
	number := numbers(all)
	stories := make([]int, len(all))
	for i, n := range all {
		stories[i] = number[storyOf[n]]
	}
	events := g.eventGraph(all, number, stories)
	events.said = newSaid(all, stories, g.contexts(all), g.model)
	g.assign(all, stories, events.cluster(g.model.EventAt), r)
}

func numbers(nodes []*node) map[*node]int {
	number := make(map[*node]int, len(nodes))
	for i, n := range nodes {
		number[n] = i
	}
	return number
}

// surroundings gives the nodes of the other stories in the events that the given nodes were in or may come into. These
// stories stay as they are; storyOf is told their first nodes. What is further away is not decided about, so that the work
// does not grow with the window: events, unlike stories, may depend a little on what came first.
func (g *Grouper) surroundings(nodes []*node, storyOf map[*node]*node) []*node {
	events := map[int64]bool{}
	for _, n := range nodes {
		events[n.Event] = true
		for _, t := range n.twins {
			events[t.Event] = true
		}
		for e := range g.edges(n) {
			if float64(e.event) >= g.model.EventAt {
				events[e.to.Event] = true
			}
		}
	}
	delete(events, 0)
	var out []*node
	for event := range events {
		for _, id := range g.storiesOf(event) {
			out = append(out, g.frozen(id, storyOf)...)
		}
	}
	return out
}

// frozen gives the nodes of a story that is not decided about.
func (g *Grouper) frozen(story int64, storyOf map[*node]*node) []*node {
	var out []*node
	for _, n := range g.stories[story] {
		if n.twinOf == nil {
			out = append(out, n)
		}
	}
	if len(out) == 0 || storyOf[out[0]] != nil {
		return nil
	}
	first := slices.MinFunc(out, byKey)
	for _, n := range out {
		storyOf[n] = first
	}
	return out
}

// storiesOf gives the living stories of an event.
func (g *Grouper) storiesOf(event int64) []int64 {
	ids := g.events[event]
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id int64) bool {
		return len(g.stories[id]) == 0 || g.stories[id][0].Event != event
	})
	if len(ids) == 0 {
		delete(g.events, event)
		return nil
	}
	g.events[event] = ids
	return ids
}

// clusterStories gives each node's story as the lowest number in it. Nodes that are one article, listed twice, count as
// one: how often an aggregator lists it says nothing about what it resembles. What corrections say holds.
func (g *Grouper) clusterStories(nodes []*node, number map[*node]int) []int {
	gr := newGraph(len(nodes), bestLinkage{})
	gr.division = g.constraints.divide(nodes)
	gr.publishers = make([]publishers, len(nodes))
	one := g.identities(nodes, number, gr.division)
	best, own := map[[2]int]float64{}, map[[2]int]float64{}
	for i, n := range nodes {
		at := one.root(i)
		if at != i {
			gr.size[i] = 0
		}
		gr.publishers[at].add(n)
		for e := range g.edges(n) {
			j, here := number[e.to]
			if !here {
				continue
			}
			if p := [2]int{at, one.root(j)}; p[0] < p[1] {
				best[p] = max(best[p], float64(e.story))
				if sameOutlet(n, e.to) {
					own[p] = max(own[p], float64(e.story))
				}
			}
		}
	}
	for p, x := range best {
		if !mayTranslate(nodes[p[0]], nodes[p[1]]) {
			gr.add(p[0], p[1], x)
		}
	}
	for p, x := range own {
		gr.publishers[p[0]].near(p[1], x)
		gr.publishers[p[1]].near(p[0], x)
	}
	return g.joinLanguages(nodes, best, gr.cluster(g.model.StoryAt), gr.division)
}

// identities gives the nodes that are one article, and joins them in the division into stories where that allows it.
func (g *Grouper) identities(nodes []*node, number map[*node]int, stories *division) *division {
	var same [][2]int
	for i, n := range nodes {
		for e := range g.edges(n) {
			if j, here := number[e.to]; here && i < j && (g.identical(n, e) || g.listed(n, e)) {
				same = append(same, [2]int{i, j})
			}
		}
	}
	for _, crowd := range crowds(nodes) {
		for _, i := range crowd[1:] {
			same = append(same, [2]int{min(crowd[0], i), max(crowd[0], i)})
		}
	}
	slices.SortFunc(same, func(p, q [2]int) int { return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])) })
	one := newDivision(len(nodes))
	for _, p := range same {
		if stories.join(p[0], p[1]) {
			one.join(p[0], p[1])
		}
	}
	return one
}

// crowd is how many articles with one text under different headlines are one item to cluster. As items of their own they
// come to the same end, in a time that grows with the square of their number.
const crowd = 256

// crowds gives the numbers of the nodes of each text that so many carry.
func crowds(nodes []*node) [][]int {
	if len(nodes) < crowd {
		return nil
	}
	byBody := map[uint64][]int{}
	for i, n := range nodes {
		if n.body != 0 && n.words >= minTwinWords && !n.Article.Hub {
			byBody[n.body] = append(byBody[n.body], i)
		}
	}
	maps.DeleteFunc(byBody, func(_ uint64, same []int) bool { return len(same) < crowd })
	return slices.Collect(maps.Values(byBody))
}

// identical says that an edge joins one outlet's one article: both have its address, or its headline and no text to differ in. One
// that says nothing may be any of those at its address, and must not bring them together.
func (g *Grouper) identical(n *node, e edge) bool {
	m := e.to
	if n.outlet != m.outlet || n.outlet == 0 {
		return false
	}
	if n.address != 0 && n.address == m.address && float64(e.story) >= g.model.StoryAt {
		return n.titled+n.words > 0 && m.titled+m.words > 0
	}
	return n.titled >= minTwinTitle && n.headline == m.headline && min(n.words, m.words) < minTwinText
}

// listed says that an edge leads from an article to its listing, or back: the same headline, too long to be hit upon twice, and
// on one side no text to differ in. What else the article resembles has other headlines, and says nothing of the listing.
func (g *Grouper) listed(n *node, e edge) bool {
	return float64(e.story) >= g.model.StoryAt && n.headline == e.to.headline && n.titled >= sureTitle && min(n.words, e.to.words) < minTwinText
}

// eventGraph has the stories as items, under the lowest number of their nodes.
func (g *Grouper) eventGraph(nodes []*node, number map[*node]int, storyOf []int) *graph {
	gr := newGraph(len(nodes), averageLinkage{})
	gr.days = daysOf(nodes, storyOf)
	for i, n := range nodes {
		if s := storyOf[i]; s != i {
			gr.size[s]++
		}
		for e := range g.edges(n) {
			if j, here := number[e.to]; here && i < j && storyOf[i] != storyOf[j] {
				gr.add(storyOf[i], storyOf[j], float64(e.event))
			}
		}
	}
	return gr
}

// daysOf gives the day of each story that is a recurring report, under the lowest number of its nodes, and 0 for others. It is the
// first that its members have: who lists a report may come a day later.
func daysOf(nodes []*node, storyOf []int) []int32 {
	days := make([]int32, len(nodes))
	for i, n := range nodes {
		if at := storyOf[i]; n.edition.series != 0 && (days[at] == 0 || n.edition.day < days[at]) {
			days[at] = n.edition.day
		}
	}
	return days
}

// cluster is a story as decided, before it has its ids.
type cluster struct {
	members  []*node // twins included, by content key
	eventOf  int     // number of the event's cluster
	id       int64
	eventID  int64
	nodesWas map[int64]int // members by the story they were in
}

func (g *Grouper) assign(nodes []*node, storyOf, eventOf []int, r *Result) {
	byNumber := map[int]*cluster{}
	var order []*cluster
	for i, n := range nodes {
		c := byNumber[storyOf[i]]
		if c == nil {
			c = &cluster{eventOf: eventOf[storyOf[i]], nodesWas: map[int64]int{}}
			byNumber[storyOf[i]] = c
			order = append(order, c)
		}
		c.members = append(append(c.members, n), n.twins...)
	}
	for _, c := range order {
		slices.SortFunc(c.members, byKey)
		for _, n := range c.members {
			if n.Story != 0 {
				c.nodesWas[n.Story]++
			}
		}
	}
	g.nameStories(order, r)
	g.nameEvents(order)
	g.apply(order, r)
}

// nameStories gives each cluster the oldest id of which it holds the most members, or a new one, in the order of the
// articles' ids. Ids that no cluster keeps have moved to the cluster that took most of their members.
func (g *Grouper) nameStories(order []*cluster, r *Result) {
	heirs := map[int64]*cluster{}
	for _, c := range order {
		for id, n := range c.nodesWas {
			if h := heirs[id]; h == nil || n > h.nodesWas[id] {
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
	unnamed := slices.DeleteFunc(slices.Clone(order), func(c *cluster) bool { return c.id != 0 })
	slices.SortFunc(unnamed, func(x, y *cluster) int { return cmp.Compare(x.oldest(), y.oldest()) })
	for _, c := range unnamed {
		c.id = g.nextStory
		g.nextStory++
	}
}

// oldest is the lowest id among the members' articles.
func (c *cluster) oldest() int64 {
	least := c.members[0].Article.ID
	for _, n := range c.members {
		least = min(least, n.Article.ID)
	}
	return least
}

// nameEvents does the same for events: the oldest id among the stories of an event, unless an event with more of that
// id's stories has taken it.
func (g *Grouper) nameEvents(order []*cluster) {
	votes := map[int]map[int64]int{}
	for _, c := range order {
		if votes[c.eventOf] == nil {
			votes[c.eventOf] = map[int64]int{}
		}
		for _, n := range c.members {
			if n.Event != 0 {
				votes[c.eventOf][n.Event]++
			}
		}
	}
	heirs := map[int64]int{}
	for _, ev := range slices.Sorted(maps.Keys(votes)) {
		for id, n := range votes[ev] {
			if h, ok := heirs[id]; !ok || n > votes[h][id] {
				heirs[id] = ev
			}
		}
	}
	names := map[int]int64{}
	for _, id := range slices.Sorted(maps.Keys(heirs)) {
		if _, named := names[heirs[id]]; !named {
			names[heirs[id]] = id
		}
	}
	for _, c := range order {
		if names[c.eventOf] == 0 {
			names[c.eventOf] = g.nextEvent
			g.nextEvent++
		}
		c.eventID = names[c.eventOf]
	}
}

// apply moves the members to their stories and notes the stories that are not what they were.
func (g *Grouper) apply(order []*cluster, r *Result) {
	added := make(map[int64]bool, len(g.fresh))
	for _, n := range g.fresh {
		added[n.Article.ID] = true
	}
	for _, c := range order {
		same := len(g.stories[c.id]) == len(c.members)
		for _, n := range c.members {
			same = same && n.Story == c.id && n.Event == c.eventID && !added[n.Article.ID]
		}
		if !same {
			r.Changed = append(r.Changed, change(c))
		}
	}
	g.leaveAll(order)
	for _, c := range order {
		for _, n := range c.members {
			n.Story, n.Event = c.id, c.eventID
		}
		g.stories[c.id] = append(g.stories[c.id], c.members...)
		g.events[c.eventID] = append(g.events[c.eventID], c.id)
	}
}

// leaveAll takes the members out of the stories they were in.
func (g *Grouper) leaveAll(order []*cluster) {
	moving, was := map[*node]bool{}, map[int64]bool{}
	for _, c := range order {
		for _, n := range c.members {
			moving[n], was[n.Story] = true, true
		}
	}
	for id := range was {
		rest := slices.DeleteFunc(g.stories[id], func(n *node) bool { return moving[n] })
		if len(rest) == 0 {
			delete(g.stories, id)
		} else {
			g.stories[id] = rest
		}
	}
}

func change(c *cluster) Change {
	ch := Change{Story: c.id, Event: c.eventID}
	for _, n := range c.members {
		ch.Members = append(ch.Members, n.Article.ID)
	}
	return ch
}
