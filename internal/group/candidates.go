package group

import (
	"cmp"
	"math"
	"slices"

	"headwater/internal/news"
)

// Bounds that keep the work for one article constant, whatever the window holds.
const (
	maxPosting    = 400 // nodes a print or key may lead to; a more common one is furniture
	maxTermDocs   = 600 // articles a term may stand in to find candidates
	queryTerms    = 24  // rarest terms of an article's title and opening that are looked up
	maxByTerms    = 50  // best candidates by terms
	maxByPrints   = 60  // best candidates by prints
	manyPrints    = 12
	minTwinWords  = 30
	minTwinTitle  = 4
	minTwinText   = 8 // words below which a text is no more than a name or a label
	minKeyedTitle = 3 // title terms below which an equal headline says nothing
)

// candidates finds the articles that may belong together, by prints, by rare terms and by exact keys.
type candidates struct {
	docs   int
	nodes  int              // numbered so far
	epoch  int              // grows when weights have to be taken anew
	df     map[uint32]int32 // articles a term stands in
	habits habits
	prints postings
	terms  map[uint32][]*node
	keys   map[uint64][]*node
}

func (c *candidates) init() {
	c.habits.init()
	c.df, c.prints = map[uint32]int32{}, newPostings()
	c.terms, c.keys = map[uint32][]*node{}, map[uint64][]*node{}
}

// learn counts the article's terms.
func (c *candidates) learn(n *node) {
	c.docs++
	c.habits.learn(n, 1)
	for _, t := range n.Print.Terms {
		c.df[t]++
	}
}

func (c *candidates) forget(n *node) {
	c.docs--
	c.habits.learn(n, -1)
	for _, t := range n.Print.Terms {
		if c.df[t]--; c.df[t] <= 0 {
			delete(c.df, t)
		}
	}
}

func (c *candidates) add(n *node) {
	n.number = c.nodes
	c.nodes++
	for _, h := range n.Print.Picked {
		c.prints.add(h, n)
	}
	for i, t := range n.Print.Terms {
		if n.Print.Uses[i]&inOpening != 0 {
			post(c.terms, t, n)
		}
	}
	for _, k := range keysOf(n) {
		post(c.keys, k, n)
	}
}

// post adds a node to a posting list until the list is one longer than is ever used.
func post[K comparable](m map[K][]*node, k K, n *node) {
	if list := m[k]; len(list) <= maxTermDocs {
		m[k] = append(list, n)
	}
}

func (c *candidates) remove(n *node) {
	for _, h := range n.Print.Picked {
		c.prints.remove(h, n)
	}
	for _, t := range n.Print.Terms {
		unpost(c.terms, t, n)
	}
	for _, k := range keysOf(n) {
		unpost(c.keys, k, n)
	}
}

func unpost[K comparable](m map[K][]*node, k K, n *node) {
	if rest := slices.DeleteFunc(m[k], func(x *node) bool { return x == n }); len(rest) > 0 {
		m[k] = rest
	} else {
		delete(m, k)
	}
}

// idf is the inverse document frequency of a term over the window, in nats.
func (c *candidates) idf(term uint32) float64 {
	return math.Log((float64(c.docs) + 20) / (float64(c.df[term]) + .5))
}

// candidate is a node to compare with, and how many prints it shares.
type candidate struct {
	node   *node
	prints int
}

// of gives the candidates of a node, without repeats, in no particular order.
func (c *candidates) of(n *node, t *tally) []candidate {
	t.start(c.nodes)
	for _, h := range n.Print.Picked {
		c.prints.each(h, t.count)
	}
	c.weighTerms(n, t)
	found := t.best(func(m *node) float32 { return float32(t.prints[m.number]) }, n.minPrints(), maxByPrints)
	found = append(found, t.best(func(m *node) float32 { return t.terms[m.number] }, 1e-6, maxByTerms)...)
	for _, k := range keysOf(n) {
		switch list := c.keys[k]; {
		case k == n.Print.Body: // where many carry a text its prints are too common to be looked up
			found = append(found, list[:min(len(list), maxByPrints)]...)
		case len(list) <= maxPosting:
			found = append(found, list...)
		}
	}
	out := make([]candidate, 0, len(found))
	for _, m := range found {
		if m != n && t.take(m) {
			out = append(out, candidate{m, int(t.prints[m.number])})
		}
	}
	return out
}

// minPrints is how many prints another article must share to be compared: two, or one with a text too short to have many.
func (n *node) minPrints() float32 {
	if len(n.Print.Picked) < manyPrints {
		return 1
	}
	return 2
}

// weighTerms weighs the nodes that share the node's rarest terms.
func (c *candidates) weighTerms(n *node, t *tally) {
	terms := make([]rareTerm, 0, len(n.Print.Terms))
	for i, term := range n.Print.Terms {
		if df := c.df[term]; df >= 2 && df <= maxTermDocs && n.Print.Uses[i]&inOpening != 0 {
			terms = append(terms, rareTerm{df, term})
		}
	}
	slices.SortFunc(terms, func(a, b rareTerm) int { return cmp.Or(cmp.Compare(a.df, b.df), cmp.Compare(a.term, b.term)) })
	for _, rare := range terms[:min(len(terms), queryTerms)] {
		t.weigh(c.terms[rare.term], float32(c.idf(rare.term)))
	}
}

type rareTerm struct {
	df   int32
	term uint32
}

// keysOf gives the exact keys under which an article is found: its text, its address, its headline, and the addresses it
// cites.
func keysOf(n *node) []uint64 {
	keys := make([]uint64, 0, 3+len(n.Cites))
	if n.Print.Body != 0 && n.Print.Words >= minTwinWords {
		keys = append(keys, n.Print.Body)
	}
	if n.Article.Canonical != "" {
		keys = append(keys, stringHash(n.Article.Canonical))
	}
	for _, u := range n.Cites {
		keys = append(keys, stringHash(u))
	}
	if len(n.Print.Title) >= minKeyedTitle {
		keys = append(keys, n.Print.Headline)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// twinKey is shared by articles whose words are the same, which therefore need no comparison of their own.
type twinKey struct {
	body, headline uint64
	outlet         string
}

func twinKeyOf(n *node) (twinKey, bool) {
	p := n.Print
	switch {
	case p.Body != 0 && p.Words >= minTwinWords:
		return twinKey{p.Body, p.Headline, ""}, true
	case p.Words < minTwinText && len(p.Title) >= minTwinTitle:
		return twinKey{0, p.Headline, n.Article.Outlet.Key()}, true
	}
	return twinKey{}, false
}

// creditStrength is how far a claim must speak for the whole article to count in comparing.
const creditStrength = .5

// credits is whom an article names, by outlet key.
type credits struct {
	prose []string // whose text it says it is, itself included where it is an agency
	news  []string // whose report it retells
	any   []string // whom it names as the source of anything, strongly or weakly
}

func creditsOf(it Item) credits {
	var c credits
	own := it.Article.Outlet.Key()
	for _, cl := range it.Claims {
		key := cl.Credited().Key()
		switch cl.Kind {
		case news.ClaimScoop, news.ClaimReport, news.ClaimTold, news.ClaimSource, news.ClaimLink:
			if key != own {
				c.any = append(c.any, key)
			}
		}
		if cl.Strength < creditStrength {
			continue
		}
		switch cl.Kind {
		case news.ClaimDateline, news.ClaimByline, news.ClaimSource, news.ClaimCanonical, news.ClaimRights:
			c.prose = append(c.prose, key)
		case news.ClaimScoop, news.ClaimReport:
			if key != own {
				c.news = append(c.news, key)
			}
		}
	}
	if it.Article.Outlet.Agency {
		c.prose = append(c.prose, own)
	}
	slices.Sort(c.any)
	c.any = slices.Compact(c.any)
	slices.Sort(c.prose)
	slices.Sort(c.news)
	c.prose, c.news = slices.Compact(c.prose), slices.Compact(c.news)
	return c
}
