package group

import (
	"cmp"
	"hash/fnv"
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
