package group

import (
	"cmp"
	"slices"
	"time"
	"unique"

	"headwater/internal/news"
)

// node is an article in the window. It holds what comparing and deciding look at, since the window is most of the memory
// that grouping takes; the rest of its Item is packed.
type node struct {
	Article paper
	Print   *news.Print // shared by twins of the same print
	Story   int64
	Event   int64

	rest    string    // of the Item, as pack wrote it
	seen    time.Time // Article.Seen
	at      int64     // Article.Time in seconds since 1970
	outlet  uint64    // hash of the outlet's key; 0 where there is none
	address uint64    // hash of Article.Canonical; 0 where there is none
	order   uint64    // hash of what the publisher gave: orders nodes in the same way whatever their ids are
	credits *credits
	twins   []*node // articles with the same words, which follow this one
	twinOf  *node
	edges   []edge
	norms   norms  // as taken in the epoch weighed
	number  uint32 // in the index, where it is no twin
	weighed uint32
}

// paper is the little of an Article that decisions need as it is.
type paper struct {
	ID   int64
	Lang string
	Hub  bool
}

// edge is the kept comparison with another node; both ends have it.
type edge struct {
	to           *node
	story, event float32
}

func newNode(it Item) *node {
	a := it.Article
	n := &node{
		Article: paper{a.ID, unique.Make(a.Lang).Value(), a.Hub}, Print: fitted(it.Print), Story: it.Story, Event: it.Event,
		rest: pack(it), seen: a.Seen, at: a.Time().Unix(), outlet: nameHash(a.Outlet.Key()), address: nameHash(a.Canonical),
		order: orderOf(a),
	}
	n.credits = creditsOf(it, n.outlet)
	return n
}

// fitted moves the hashes of a print into one array without slack.
func fitted(p news.Print) *news.Print {
	allLead := slices.Equal(p.Lead, p.Shingles)
	if allLead { // a short text
		p.Lead = nil
	}
	slots := []*[]uint32{&p.Shingles, &p.Quoted, &p.Lead, &p.Picked, &p.Title, &p.Terms, &p.Pairs, &p.Grams, &p.Figures}
	size := 0
	for _, s := range slots {
		size += len(*s)
	}
	room := make([]uint32, 0, size)
	for _, s := range slots {
		from := len(room)
		room = append(room, *s...)
		*s = room[from:len(room):len(room)]
	}
	if allLead {
		p.Lead = p.Shingles
	}
	marks := make([]uint8, 0, len(p.Uses)+len(p.First))
	marks = append(append(marks, p.Uses...), p.First...)
	p.Uses, p.First = marks[:len(p.Uses):len(p.Uses)], marks[len(p.Uses):]
	p.Places = slices.Clone(p.Places)
	return &p
}

// item gives back what newNode was given, in UTC.
func (n *node) item() Item {
	it := unpack(n.rest)
	a := &it.Article
	a.ID, a.Lang, a.Hub, a.Seen = n.Article.ID, n.Article.Lang, n.Article.Hub, n.seen
	it.Print, it.Story, it.Event = *n.Print, n.Story, n.Event
	return it
}

// byKey orders nodes by what their publishers gave, so that ties are broken alike in every order of arrival.
func byKey(a, b *node) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order), cmp.Compare(a.Article.ID, b.Article.ID))
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
