package group

import (
	"cmp"
	"slices"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
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
	docs      int
	logDocs   float64           // of docs and some
	df        counts            // articles a term stands in
	articles  map[uint64]int32  // articles of an outlet
	frames    counts            // titles of an outlet that have a frame; see frameKey
	bearers   *compact.Postings // the articles with these titles
	templates []uint32          // frames that were found to be a template's since the last Settle, by frameKey
	credited  map[uint64]int32  // articles that name an outlet as their source
	moulds    *moulds           // nil where nobody asks for templates
	nodes     []*node           // by number; nil for one that is gone
	gone      int               // of the numbers
	prints    *compact.Postings
	terms     *compact.Postings
	keys      *compact.Postings
	namesakes namesakes // of agencies' articles
	tallies   [workers]tally
}

func (c *candidates) init() {
	c.articles, c.credited = map[uint64]int32{}, map[uint64]int32{}
	c.countArticle(0)
	c.prints, c.terms, c.keys = compact.NewPostings(maxPosting), compact.NewPostings(maxTermDocs), compact.NewPostings(maxPosting)
	c.bearers = compact.NewPostings(maxPosting)
	c.namesakes.byName, c.namesakes.byPicture = compact.NewPostings(maxNamed), compact.NewPostings(maxNamed)
}

// learn counts the article's terms.
func (c *candidates) learn(n *node) {
	c.countArticle(1)
	c.countOutlet(n, 1)
	c.countFrames(n, 1)
	c.moulds.learn(n)
	c.countCredits(n, 1)
	c.namesakes.count(n, 1)
	for _, t := range n.Print.Terms {
		c.df.add(t, 1)
	}
}

func (c *candidates) forget(n *node) {
	c.countArticle(-1)
	c.countOutlet(n, -1)
	c.countFrames(n, -1)
	c.moulds.forget(n)
	c.countCredits(n, -1)
	c.namesakes.count(n, -1)
	for _, t := range n.Print.Terms {
		c.df.add(t, -1)
	}
}

func (c *candidates) add(n *node) {
	n.number = uint32(len(c.nodes))
	c.nodes = append(c.nodes, n)
	for _, h := range n.Print.Picked {
		c.prints.Add(h, n.number)
	}
	for i, t := range n.Print.Terms {
		if n.Print.Uses[i]&inOpening != 0 {
			c.terms.Add(t, n.number)
		}
	}
	for _, k := range keysOf(n) {
		c.keys.Add(keyHash(k), n.number)
	}
	c.addBearer(n)
	c.namesakes.add(n)
}

// keyHash is what a key is found by. Where two have the same, there is one article more to compare with.
func keyHash(key uint64) uint32 { return uint32(key * 0x9e3779b97f4a7c15 >> 32) }

// remove leaves the node's postings, which lead to no node now, to the next gather that finds many of them.
func (c *candidates) remove(n *node) {
	c.nodes[n.number] = nil
	c.gone++
}

// gather makes what was added known to of.
func (c *candidates) gather() {
	if c.gone*4 > len(c.nodes) {
		c.renumber()
		return
	}
	c.prints.Flush()
	c.terms.Flush()
	c.keys.Flush()
	c.bearers.Flush()
	c.namesakes.byName.Flush()
	c.namesakes.byPicture.Flush()
}

// renumber closes the gaps in the numbers of the nodes, so that a tally is as long as the window and not as the stream.
func (c *candidates) renumber() {
	to := make([]int32, len(c.nodes))
	left := make([]*node, 0, len(c.nodes)-c.gone)
	for i, n := range c.nodes {
		if to[i] = -1; n != nil {
			n.number, to[i] = uint32(len(left)), int32(len(left))
			left = append(left, n)
		}
	}
	c.nodes, c.gone, c.tallies = left, 0, [workers]tally{}
	for _, n := range left {
		for i := range n.edges {
			n.edges[i].to = uint32(to[n.edges[i].to])
		}
	}
	c.prints.Renumber(to)
	c.terms.Renumber(to)
	c.keys.Renumber(to)
	c.bearers.Renumber(to)
	c.namesakes.byName.Renumber(to)
	c.namesakes.byPicture.Renumber(to)
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
		if t.list = c.prints.Find(h, t.list[:0]); len(t.list) <= maxPosting { // else it means nothing
			t.count(t.list)
		}
	}
	c.weighTerms(n, t)
	found := t.best(func(m uint32) float32 { return float32(t.prints[m]) }, n.minPrints(), maxByPrints)
	found = append(found, t.best(func(m uint32) float32 { return t.terms[m] }, 1e-6, maxByTerms)...)
	for _, k := range keysOf(n) {
		t.list = c.keys.Find(keyHash(k), t.list[:0])
		switch {
		case k == n.body: // where many carry a text its prints are too common to be looked up
			slices.Sort(t.list)
			found = append(found, t.list[:min(len(t.list), maxByPrints)]...)
		case len(t.list) <= maxPosting:
			found = append(found, t.list...)
		}
	}
	found = c.translations(n, found, t)
	out := make([]candidate, 0, len(found))
	for _, m := range found {
		if other := c.nodes[m]; other != nil && other != n && t.take(m) {
			out = append(out, candidate{other, int(t.prints[m])})
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
		if df := c.df.of(term); df >= 2 && df <= maxTermDocs && n.Print.Uses[i]&inOpening != 0 {
			terms = append(terms, rareTerm{df, term})
		}
	}
	slices.SortFunc(terms, func(a, b rareTerm) int { return cmp.Or(cmp.Compare(a.df, b.df), cmp.Compare(a.term, b.term)) })
	for _, rare := range terms[:min(len(terms), queryTerms)] {
		t.list = c.terms.Find(rare.term, t.list[:0])
		t.weigh(t.list, float32(c.idf(rare.term)))
	}
}

type rareTerm struct {
	df   int32
	term uint32
}

// keysOf gives the exact keys under which an article is found: its text, its address, its headline, and the addresses it
// cites.
func keysOf(n *node) []uint64 {
	keys := make([]uint64, 0, 3+len(n.credits.cites))
	if n.body != 0 && n.words >= minTwinWords {
		keys = append(keys, n.body)
	}
	if n.address != 0 {
		keys = append(keys, n.address)
	}
	keys = append(keys, n.credits.cites...)
	if n.titled >= minKeyedTitle {
		keys = append(keys, n.headline)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// creditStrength is how far a claim must speak for the whole article to count in comparing.
const creditStrength = .5

// credits is whom an article names, by the hash of the outlet's key, and what it cites.
type credits struct {
	prose []uint64 // whose text it says it is, itself included where it is an agency
	news  []uint64 // whose report it retells
	any   []uint64 // whom it names as the source of anything, strongly or weakly
	cites []uint64 // hashes of Item.Cites
	whole uint64   // whose report it gives as a whole, as wholeCredit has it
}

var noCredits = &credits{} // of most articles

func creditsOf(it Item, own uint64) *credits {
	var c credits
	for _, cl := range it.Claims {
		c.note(cl, own)
	}
	if it.Article.Outlet.Agency {
		c.prose = append(c.prose, own)
	}
	for _, u := range it.Cites {
		if address := addressHash(u); address != 0 {
			c.cites = append(c.cites, address)
		}
	}
	c.whole = wholeCredit(it.Claims, own)
	if len(c.any)+len(c.prose)+len(c.news)+len(c.cites) == 0 {
		return noCredits
	}
	for _, list := range []*[]uint64{&c.prose, &c.news, &c.any, &c.cites} {
		slices.Sort(*list)
		*list = slices.Clone(slices.Compact(*list))
	}
	return &c
}

func (c *credits) note(cl news.Claim, own uint64) {
	key := nameHash(cl.Credited().Key())
	switch cl.Kind {
	case news.ClaimScoop, news.ClaimReport, news.ClaimTold, news.ClaimSource, news.ClaimLink:
		if key != own {
			c.any = append(c.any, key)
		}
	}
	if cl.Strength < creditStrength {
		return
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
