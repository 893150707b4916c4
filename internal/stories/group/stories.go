package group

import (
	"cmp"
	"slices"
	"unique"
)

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
