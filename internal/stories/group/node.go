package group

import (
	"cmp"
	"time"
	"unique"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
	"headwater/internal/weburl"
)

// node is an article in the window. It holds what deciding looks at, since the window is most of the memory that grouping
// takes; the rest of its Item is packed, and its print squeezed.
type node struct {
	Article paper
	Story   int64
	Event   int64
	Print   *prints.Print // where it is open (see desk), else nil
	norms   *norms        // the same
	print   string        // squeezed; shared by twins of the same print
	rest    string        // of the Item, as pack wrote it

	at       int64 // Article.Time in seconds since 1970
	seen     int64 // Article.Seen in seconds since 1970
	body     uint64
	headline uint64
	outlet   uint64 // hash of the outlet's key; 0 where there is none
	address  uint64 // hash of Article.Canonical; 0 where there is none, or where it names no article
	order    uint64 // hash of what the publisher gave: orders nodes in the same way whatever their ids are
	credits  *credits
	twins    []*node // articles with the same words, which follow this one
	twinOf   *node
	edges    []half
	seenNano int32  // of the second
	words    int32  // Print.Words
	prose    int32  // Print.Prose
	titled   int32  // length of Print.Title
	number   uint32 // in the index, where it is no twin

	edition   edition // of a recurring report
	templated bool    // made by a template; see moulds
	media     bool    // a film, a recording, pictures or a letter, by its address
}

// paper is the little of an Article that decisions need as it is.
type paper struct {
	ID   int64
	lang unique.Handle[string]
	Hub  bool
}

// Lang is the article's language.
func (p paper) Lang() string { return p.lang.Value() }

func newNode(it Item) *node {
	a, p := it.Article, &it.Print
	n := &node{
		Article: paper{a.ID, unique.Make(a.Lang), a.Hub}, Story: it.Story, Event: it.Event,
		print: compact.EncodePrint(p), body: p.Body, headline: p.Headline, words: int32(p.Words), prose: int32(p.Prose()), titled: int32(len(p.Title)),
		rest: compact.EncodeRecord(compact.Record{Article: it.Article, Claims: it.Claims, Cites: it.Cites}), seen: a.Seen.Unix(), seenNano: int32(a.Seen.Nanosecond()), at: a.Time().Unix(),
		outlet: nameHash(a.Outlet.Key()), address: addressHash(a.Canonical), order: orderOf(a),
		edition: recurring.editionOf(a.Title, a.Time()),
	}
	form := weburl.Form(a.URL)
	n.media = form != "" && form != weburl.FormRelease
	n.credits = creditsOf(it, n.outlet)
	return n
}

// whole gives back what newNode was given, in UTC.
func (n *node) whole() Item {
	it := n.item()
	it.Print = n.open()
	return it
}

// open gives the node's print.
func (n *node) open() prints.Print {
	var d compact.PrintDecoder
	d.Decode(n.print)
	return d.Print
}

// item is whole but for the print.
func (n *node) item() Item {
	r := compact.DecodeRecord(n.rest)
	it := Item{Article: r.Article, Claims: r.Claims, Cites: r.Cites}
	a := &it.Article
	a.ID, a.Lang, a.Hub, a.Seen = n.Article.ID, n.Article.Lang(), n.Article.Hub, n.seenAt()
	it.Story, it.Event = n.Story, n.Event
	return it
}

func (n *node) seenAt() time.Time { return time.Unix(n.seen, int64(n.seenNano)).UTC() }

// byKey orders nodes by what their publishers gave, so that ties are broken alike in every order of arrival.
func byKey(a, b *node) int {
	if a.at != b.at { // as with most
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Article.ID, b.Article.ID))
}

func orderOf(a news.Article) uint64 {
	return stringHash(a.Time().UTC().Format("20060102T150405") + "|" + a.Outlet.Key() + "|" + cmp.Or(a.Canonical, a.GUID) + "|" + a.Hash + "|" + a.GUID)
}

// nameHash is the hash of a name or an address, 0 for none.
func nameHash(s string) uint64 {
	if s == "" {
		return 0
	}
	return stringHash(s)
}
