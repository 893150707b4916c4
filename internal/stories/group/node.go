package group

import (
	"cmp"
	"hash/fnv"
	"iter"
	"math"
	"slices"
	"time"
	"unique"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
	"headwater/internal/weburl"
)

// Item is an article with all data that grouping uses. Article needs no HTML, and no Text or Marks other than links.
type Item struct {
	Article news.Article
	Print   prints.Print
	Claims  []news.Claim
	Cites   []string // canonical URLs to which its opening or its source line links
	Story   int64    // its story from an earlier Settle; 0 for a new article
	Event   int64
}

// node is an article in the window, and a node of the graph of comparisons. The window takes most of the memory of grouping, so
// a node holds only the data that decisions use. The rest of its Item is encoded by package compact.
type node struct {
	id           int64
	story        int64
	event        int64
	lang         unique.Handle[string]
	print        *prints.Print // nil unless printCache has it decoded
	norms        *norms        // of print
	encodedPrint string        // shared by duplicates with the same print
	record       string

	at       int64  // Article.Time in seconds since 1970
	seen     int64  // Article.Seen in seconds since 1970
	body     uint64 // hash of the text
	headline uint64 // hash of the title
	outlet   uint64 // hash of the outlet's key; 0 for none
	address  uint64 // hash of Article.Canonical; 0 for none, or if it is not the address of one article
	content  uint64 // hash of the publisher's data: orders nodes independently of their ids
	credits  *credits

	duplicates     []*node // duplicates that this node represents
	representative *node   // nil if the node is not a duplicate
	edges          []packedEdge
	seenNano       int32  // nanoseconds of Article.Seen
	words          int32  // Print.Words
	prose          int32  // Print.Prose
	titleTerms     int32  // length of Print.Title
	number         uint32 // in index.nodes, unless it is a duplicate

	edition   edition
	roundup   bool
	templated bool // made from a template; see templateMarks
	media     bool // a film, a recording, pictures or a letter, by its address
}

// norms are the sums by which the terms of a print are normalised.
type norms struct {
	all, opening, names float32 // squared lengths of vectors
	rarity, titleRarity float32 // summed idf of the terms of title and opening, and of the title's alone
	nameTerms           int32
	titleFigure         bool // the title has a figure
}

func newNode(it Item) *node {
	a, p := it.Article, &it.Print
	n := &node{
		id: a.ID, story: it.Story, event: it.Event, lang: unique.Make(a.Lang), roundup: a.Roundup,
		encodedPrint: compact.EncodePrint(p), body: p.Body, headline: p.Headline,
		words: int32(p.Words), prose: int32(p.Prose()), titleTerms: int32(len(p.Title)),
		record: compact.EncodeRecord(compact.Record{Article: a, Claims: it.Claims, Cites: it.Cites}),
		seen:   a.Seen.Unix(), seenNano: int32(a.Seen.Nanosecond()), at: a.Time().Unix(),
		outlet: nameHash(a.Outlet.Key()), address: addressHash(a.Canonical), edition: recurring.editionOf(a.Title, a.Time()),
	}
	n.content = stringHash(a.Time().UTC().Format("20060102T150405") + "|" + a.Outlet.Key() + "|" + cmp.Or(a.Canonical, a.GUID) + "|" + a.Hash + "|" + a.GUID)
	form := weburl.Form(a.URL)
	n.media = form != "" && form != weburl.FormRelease
	n.credits = newCredits(it, n.outlet)
	return n
}

// item returns the Item without its print. Times are in UTC.
func (n *node) item() Item {
	r := compact.DecodeRecord(n.record)
	it := Item{Article: r.Article, Claims: r.Claims, Cites: r.Cites, Story: n.story, Event: n.event}
	a := &it.Article
	a.ID, a.Lang, a.Roundup, a.Seen = n.id, n.lang.Value(), n.roundup, n.seenAt()
	return it
}

// fullItem returns the Item.
func (n *node) fullItem() Item {
	it := n.item()
	it.Print = n.decodePrint()
	return it
}

func (n *node) decodePrint() prints.Print {
	var d compact.PrintDecoder
	d.Decode(n.encodedPrint)
	return d.Print
}

func (n *node) seenAt() time.Time { return time.Unix(n.seen, int64(n.seenNano)).UTC() }

// byContent orders nodes by their publishers' data, so ties do not depend on the order of arrival.
func byContent(a, b *node) int {
	if a.at != b.at { // the common case
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Or(cmp.Compare(a.content, b.content), cmp.Compare(a.id, b.id))
}

func sameOutlet(a, b *node) bool { return a.outlet == b.outlet && a.outlet != 0 }

// sameLanguage reports whether two articles have one language, or the language of one is unknown.
func sameLanguage(a, b *node) bool {
	return a.lang == b.lang || a.lang.Value() == "" || b.lang.Value() == ""
}

// linksTo reports whether a cites the address of b.
func linksTo(a, b *node) bool { return b.address != 0 && slices.Contains(a.credits.cites, b.address) }

func stringHash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// nameHash returns the hash of a name or an address, 0 for none.
func nameHash(s string) uint64 {
	if s == "" {
		return 0
	}
	return stringHash(s)
}

// addressHash returns the hash of a canonical URL. It is 0 for none, and for addresses at which many articles may be.
func addressHash(canonical string) uint64 {
	if canonical == "" || !weburl.NamesArticle(canonical) {
		return 0
	}
	return stringHash(canonical)
}

// mixHash combines a hash with another number.
func mixHash(h, x uint64) uint64 {
	h = (h ^ x) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

const (
	creditStrength = .5  // minimum strength of a claim that speaks for the whole article when two are compared
	wholeStrength  = .85 // minimum strength of a claim by which an article gives another outlet's report as a whole
)

// credits holds the outlets that an article credits, as hashes of their keys, and the addresses it cites.
type credits struct {
	writers   []uint64 // outlets it names as the writer of its text, including itself if it is an agency
	reporters []uint64 // outlets whose report it retells
	named     []uint64 // outlets it names as the source of anything, strongly or weakly
	cites     []uint64 // address hashes of Item.Cites
	retold    uint64   // the outlet whose report it gives, named in its opening ("according to reporting by ..."); 0 for none
}

var noCredits = &credits{} // shared by most articles

func newCredits(it Item, own uint64) *credits {
	var c credits
	var whole news.Claim
	for _, claim := range it.Claims {
		key := nameHash(claim.Credited().Key())
		switch claim.Kind {
		case news.ClaimScoop, news.ClaimReport, news.ClaimTold, news.ClaimSource, news.ClaimLink:
			if key != own {
				c.named = append(c.named, key)
			}
		}
		if claim.Strength < creditStrength {
			continue
		}
		switch claim.Kind {
		case news.ClaimDateline, news.ClaimByline, news.ClaimSource, news.ClaimCanonical, news.ClaimRights:
			c.writers = append(c.writers, key)
		case news.ClaimScoop, news.ClaimReport:
			if key != own {
				c.reporters = append(c.reporters, key)
			}
		}
		if (claim.Kind == news.ClaimReport || claim.Kind == news.ClaimSource) && claim.Strength >= wholeStrength && claim.Strength > whole.Strength {
			whole = claim
		}
	}
	if it.Article.Outlet.Agency {
		c.writers = append(c.writers, own)
	}
	for _, u := range it.Cites {
		if address := addressHash(u); address != 0 {
			c.cites = append(c.cites, address)
		}
	}
	if key := nameHash(whole.Credited().Key()); key != own {
		c.retold = key
	}
	if len(c.named)+len(c.writers)+len(c.reporters)+len(c.cites) == 0 {
		return noCredits
	}
	for _, list := range []*[]uint64{&c.writers, &c.reporters, &c.named, &c.cites} {
		slices.Sort(*list)
		*list = slices.Clone(slices.Compact(*list))
	}
	return &c
}

// edge is a stored comparison with another node. Both nodes have it.
type edge struct {
	to           *node
	story, event float32 // probabilities
}

// toNews returns the edge from a node as a comparison to store.
func (e edge) toNews(from *node) news.Edge {
	return news.Edge{A: min(from.id, e.to.id), B: max(from.id, e.to.id), Story: float64(e.story), Event: float64(e.event)}
}

// packedEdge is an edge in memory, of which an article has about twenty. It has the number of the other node, and the
// probabilities in units of 1/probabilityUnits.
type packedEdge struct {
	to           uint32
	story, event uint16
}

const probabilityUnits = math.MaxUint16

func (e packedEdge) unpack(nodes []*node) edge {
	return edge{nodes[e.to], float32(e.story) / probabilityUnits, float32(e.event) / probabilityUnits}
}

// connect adds an edge between two nodes.
func connect(a, b *node, story, event float64) {
	for _, ends := range [...][2]*node{{a, b}, {b, a}} {
		n, e := ends[0], packedEdge{ends[1].number, uint16(math.Round(story * probabilityUnits)), uint16(math.Round(event * probabilityUnits))}
		if k := len(n.edges); k == cap(n.edges) { // append alone would double the capacity
			n.edges = append(make([]packedEdge, 0, k+2+k/8), n.edges...)
		}
		n.edges = append(n.edges, e)
	}
}

// disconnect removes the edge to the node with a number.
func (n *node) disconnect(number uint32) {
	n.edges = slices.DeleteFunc(n.edges, func(e packedEdge) bool { return e.to == number })
}

// Rules for two items of feeds to be one article: they have the same words, or one address and nothing contradicts it. Several
// kinds of sites have many items at one address: link lists, changelogs, live pages, and sites whose article parameters look
// like tracking parameters. The addresses of front pages, sections, daily archives and status pages are ignored (addressHash),
// and items at these are compared by their words. At any other address, titles or texts must share a little. Versions of a
// running report do. Four posts at the address of one page of links do not.
const (
	minDuplicateWords = 30 // words of a text that makes two articles duplicates
	minDuplicateTitle = 4  // terms of a title that makes two articles of one outlet duplicates if neither has a text
	labelWords        = 8  // words below which a text is only a name or a label
	minTitleTerms     = 3  // terms below which equal titles say nothing
	distinctiveTitle  = 6  // terms of a title from which two writers do not choose it by chance

	// addressTerms is the minimum share of common terms, in title and first 200 words and relative to the item with fewer, for
	// two items at one address to be one article. Of the pairs of one outlet's articles 1 in 50 reaches it. Of the versions of
	// its running reports all do.
	addressTerms    = .2
	minAddressTerms = 3 // minimum number of terms in common, since short items share one or two by chance
	// addressTitle is the minimum share of a title's terms that occur in the other item. If one item has no text, listingTitle
	// applies instead.
	addressTitle, minAddressTitle = .5, minTitleTerms
	listingTitle, minListingTitle = .3, 2

	sameArticleStory = .95 // story probability of one article that its outlet lists twice
	unrelatedStory   = .1  // story probability of articles that are not one story whatever they have in common
)

// duplicateKey is equal for articles with the same words. Articles without a text must also have the same outlet. The key
// differs for articles that corrections keep apart, since their cannotLink differs. If ok is false, the article has no
// duplicates.
func (n *node) duplicateKey(cannotLink string) (key uint64, ok bool) {
	var body, outlet uint64
	switch {
	case n.body != 0 && n.words >= minDuplicateWords:
		body = n.body
	case n.words < labelWords && n.titleTerms >= minDuplicateTitle:
		outlet = n.outlet
	default:
		return 0, false
	}
	return mixHash(mixHash(mixHash(mixHash(0, body), n.headline), outlet), stringHash(cannotLink)), true
}

// sameAddress reports whether two nodes have one address, and titles or texts that allow them to be one article.
func sameAddress(a, b *node) bool {
	if a.address == 0 || a.address != b.address {
		return false
	}
	p, q := a.print, b.print
	if len(p.Terms) == 0 || len(q.Terms) == 0 || p.Body != 0 && p.Body == q.Body {
		return true
	}
	share, least := addressTitle, minAddressTitle
	if min(p.Words, q.Words) < labelWords {
		share, least = listingTitle, min(minListingTitle, max(len(p.Title), 1), max(len(q.Title), 1))
	}
	agree := func(terms, others []uint32, share float64, least int) bool {
		return containment(terms, others) >= share && prints.Shared(terms, others) >= least
	}
	return agree(p.Title, q.Terms, share, least) || agree(q.Title, p.Terms, share, least) ||
		agree(p.Terms, q.Terms, addressTerms, minAddressTerms) || agree(q.Terms, p.Terms, addressTerms, minAddressTerms)
}

// sameArticle reports whether an edge connects two items of one article of an outlet. Either both have its address and are one
// story by themselves, or both have its title and no text that could differ. An item without words may be any article at its
// address, so it connects nothing.
func (n *node) sameArticle(e edge, storyAt float64) bool {
	m := e.to
	if n.outlet != m.outlet || n.outlet == 0 {
		return false
	}
	if n.address != 0 && n.address == m.address && float64(e.story) >= storyAt {
		return n.titleTerms+n.words > 0 && m.titleTerms+m.words > 0
	}
	return n.titleTerms >= minDuplicateTitle && n.headline == m.headline && min(n.words, m.words) < labelWords
}

// isListing reports whether an edge connects an article and a listing of it: the same distinctive title, and on one side no
// text that could differ. Articles with other titles that are similar to the article say nothing about the listing.
func (n *node) isListing(e edge, storyAt float64) bool {
	return float64(e.story) >= storyAt && n.headline == e.to.headline && n.titleTerms >= distinctiveTitle && min(n.words, e.to.words) < labelWords
}

// Measures of overlap. Shares are 0 to 1, and 0 if the whole is empty.

// indicator returns 1 for true and 0 for false.
func indicator(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// ratio returns the share x of a whole, at most 1.
func ratio[T int | float64](x, whole T) float64 {
	if whole <= 0 {
		return 0
	}
	return min(1, float64(x)/float64(whole))
}

// containment is the share of one sorted list that is in another (Broder 1997).
func containment(part, whole []uint32) float64 { return ratio(prints.Shared(part, whole), len(part)) }

// overlap is the share of the shorter of two sorted lists that is in the other.
func overlap(a, b []uint32) float64 { return ratio(prints.Shared(a, b), min(len(a), len(b))) }

// jaccard is the share of all numbers of two sorted lists that is in both.
func jaccard(a, b []uint32) float64 {
	n := prints.Shared(a, b)
	return ratio(n, len(a)+len(b)-n)
}

// intersection returns the numbers that are in both of two sorted lists.
func intersection(a, b []uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, j := 0, 0; i < len(a) && j < len(b); {
			switch {
			case a[i] < b[j]:
				i++
			case a[i] > b[j]:
				j++
			default:
				if !yield(a[i]) {
					return
				}
				i, j = i+1, j+1
			}
		}
	}
}

// intersects reports whether two lists have a number in common. The lists are short and need not be sorted.
func intersects(a, b []uint64) bool {
	return slices.ContainsFunc(a, func(x uint64) bool { return slices.Contains(b, x) })
}

// union returns the numbers of both lists, sorted and each once.
func union(a, b []uint64) []uint64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
