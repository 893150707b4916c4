package store

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode"

	"headwater/internal/news"
)

// Which stored article an item is, when its feed is polled again. An item has two names, id and address, and says three
// things: title, text and date. What several items of the document share says nothing of any of them, so four items with
// one id are told apart by the rest, and so are items that link to one page. Then:
//
//  1. An item with the name of a stored article is that article, unless the rest speaks against it: with the same id, where
//     title, text, date and address all differ (the id was used again); with the same address and no other id, where
//     title, text and date all differ.
//  2. An item without a name that counts is the article which says the same, where address, date or id support it: an id
//     that is new at every poll, an address with other parameters, ids that are positions in the list. Where the date, to
//     the second, and the text stay, title or id may be mended as well.
//  3. Anything else is a new article. In doubt both are kept, and grouping folds them into one story.
//
// Each item takes one article and each article one item, the surest pairs first. A document that is polled twice gives the
// same articles, since each item takes the one that it is identical with.

// agreement is what one fact of an item says of its being a stored article.
type agreement int8

const (
	against agreement = iota - 1 // both have it, and it differs
	silent                       // one of them has none, or several items have the same
	alike                        // it differs in what publishers change while the article stays
	agrees
)

// stored is what is known of an article when an item is compared with it.
type stored struct {
	id                    int64
	guid, itemID          string // the key within the feed; the id as the feed writes it, or ""
	hash, url, title      string
	published, date, seen int64 // date is what the item gave last, published what it gave first
	idKey, addressKey     int64
	titleKey, textKey     int64
	keyed                 bool // the keys are known
	undated               bool
	folded                string // title, as it is compared
	aged                  bool   // its article was aged out: the item is known, and nothing of it is stored anew
	listed                int64  // where it is aged: when it last stood in the feed
}

// facts compares an item with a stored article.
type facts struct {
	id, address, title, date agreement
	text                     func() agreement // reads the stored text where it has to, so it is asked last
	moment                   bool             // the date agrees and has a time of day, so that it is hardly another item's
	identical                bool
}

// How surely an item is a stored article. Zero is not.
const (
	sameByDate   = iota + 1 // nothing but the date is the same, and nothing differs
	sameByName              // the name is the same, and the rest is not against it
	sameBySaying            // it says the same, and address, date or id support it
	sameByBoth              // both
	identicalItem
)

func (f facts) strength() int {
	if f.identical {
		return identicalItem
	}
	nameless := f.id == silent && f.address == silent
	hasName := f.id == agrees || f.id != against && f.address == agrees
	switch {
	case f.saysTheSame() && hasName:
		return sameByBoth
	case f.saysTheSame() && f.supported(nameless):
		return sameBySaying
	case f.moment && (nameless || f.id == against && f.address == agrees) && f.mended():
		return sameBySaying
	case hasName && (f.id == agrees && f.address == agrees || f.title >= alike || f.date == agrees || f.text() >= alike):
		return sameByName
	case hasName && f.title == silent && f.text() == silent:
		return sameByName
	case nameless && f.title == silent && f.text() == silent && f.date == agrees:
		return sameByDate
	}
	return 0
}

// supported holds where what is no name by itself supports that an item which says the same is the same. Without any text
// the same title on the same day may well be another article's.
func (f facts) supported(nameless bool) bool {
	switch {
	case f.address >= alike, f.id == alike:
		return true
	case nameless:
		return f.text() > silent || f.date != against
	}
	return f.text() == agrees && (f.date == agrees || f.date == silent && (f.id != against || f.address != against))
}

// saysTheSame holds where title and text are the same, or one of them is and the other is nearly so or missing.
func (f facts) saysTheSame() bool {
	switch f.title {
	case agrees:
		return f.text() != against
	case alike, silent:
		return f.text() == agrees
	}
	return false
}

// mended holds where the text is the same or, under a title that is nearly so or an address of its own, was edited.
func (f facts) mended() bool {
	return f.text() == agrees || f.text() == alike && (f.title >= alike || f.address == agrees)
}

// factKind is one of the things by which items are told apart.
type factKind byte

const (
	factID      factKind = iota // as the feed writes it
	factIDKey                   // news.ItemKeys.ID
	factAddress                 // news.ItemKeys.Address
	factTitle
	factText
	factDate
	factWhole // id, title, text and date together
)

// fact is a hash of one of them.
type fact struct {
	kind factKind
	key  int64
}

// matcher pairs the items of one document with stored articles of its feed.
type matcher struct {
	items  []news.Article
	known  []stored
	shared map[fact]int // how many items have a fact
	held   map[fact]int // how many stored articles have a name
	body   func(stored) (string, error)
	bodies int // that were read
	err    error
}

// maxBodies is how many stored texts one poll may read to compare them. Beyond that, texts that differ count as different.
const maxBodies = 500

// What match gives for an item that is no stored article.
const (
	newItem  = -1
	sameItem = -2 // agrees in everything with an item before it
)

// match gives for each item the index in known of the article that it is, newItem or sameItem. Body gives an article's
// stored text.
func match(items []news.Article, known []stored, body func(stored) (string, error)) ([]int, error) {
	m := matcher{items: items, known: known, shared: map[fact]int{}, held: map[fact]int{}, body: body}
	of := make([]int, len(items))
	seen := make(map[string]bool, len(items))
	for i, a := range items {
		whole := Whole(a)
		if of[i] = newItem; seen[whole] {
			of[i] = sameItem
			continue
		}
		seen[whole] = true
		for _, f := range factsOf(a) {
			m.shared[f]++
		}
	}
	byFact := map[fact][]int{}
	for k := range slices.Backward(known) { // the newest first
		s := &known[k]
		s.folded = foldTitle(s.title)
		m.held[fact{factID, keyOf(s.itemID)}]++
		m.held[fact{factAddress, s.addressKey}]++
		for _, f := range s.lookups() {
			if f.key != 0 && len(byFact[f]) < maxKnown {
				byFact[f] = append(byFact[f], k)
			}
		}
	}

	type pair struct{ item, known, strength int }
	var pairs []pair
	for i, a := range items {
		if of[i] == sameItem {
			continue
		}
		compared := map[int]bool{}
		for _, f := range lookups(a) {
			if m.shared[f] > 1 {
				continue // it says nothing, and leads to all that share it
			}
			for _, k := range byFact[f] {
				if compared[k] {
					continue
				}
				compared[k] = true
				if s := m.compare(a, known[k]).strength(); s > 0 {
					pairs = append(pairs, pair{i, k, s})
				}
			}
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(y.strength, x.strength), cmp.Compare(x.item, y.item), cmp.Compare(known[y.known].id, known[x.known].id))
	})
	taken := make([]bool, len(known))
	for _, p := range pairs {
		if of[p.item] == newItem && !taken[p.known] {
			of[p.item], taken[p.known] = p.known, true
		}
	}
	return of, m.err
}

// factsOf are the facts of an item that say nothing where another item of the document has the same.
func factsOf(a news.Article) []fact {
	return []fact{
		{factID, keyOf(text(a.GUID))},
		{factAddress, keyOf(a.Keys.Address)},
		{factTitle, titleKey(a)},
		{factText, keyOf(a.Keys.Text)},
		{factDate, millis(a.Published)},
	}
}

// Whole is everything by which an item is known. Two items of a document that agree in it are one that is listed twice, and
// stored once: the same text under the same id or address, whatever their dates, which some publishers make up at each
// request; or the same in all.
func Whole(a news.Article) string {
	says := []string{a.GUID, a.Keys.Address, a.Hash}
	if named := a.GUID != "" || a.Keys.Address != ""; !named || a.Keys.Text == "" && (a.GUID == "" || a.Keys.Address == "") {
		says = append(says, a.Published.UTC().String())
	}
	return strings.Join(says, "\x00")
}

// lookups are the facts by which the stored articles are found that an item may be.
func lookups(a news.Article) []fact {
	return append(factsOf(a),
		fact{factIDKey, idKey(a)},
		fact{factWhole, wholeKey(text(a.GUID), text(a.Hash), millis(a.Published))},
		fact{factID, keyOf(text(a.URL))}, // the key of articles that were stored before the others were known
	)
}

func (s stored) lookups() []fact {
	all := []fact{
		{factID, keyOf(s.itemID)},
		{factIDKey, s.idKey},
		{factAddress, s.addressKey},
		{factTitle, keyOf(s.folded)},
		{factText, s.textKey},
		{factDate, s.date},
		{factWhole, wholeKey(s.itemID, s.hash, s.date)},
	}
	if s.guid != s.itemID {
		all = append(all, fact{factID, keyOf(s.guid)})
	}
	return all
}

// wholeKey finds the article that an item is identical with, whatever other items share.
func wholeKey(id, hash string, date int64) int64 {
	return keyOf(fmt.Sprintf("%s\x00%s\x00%d", id, hash, date))
}

func titleKey(a news.Article) int64 { return keyOf(foldTitle(text(a.Title))) }

// idKey is that of the id as it is folded, or as it is.
func idKey(a news.Article) int64 { return keyOf(text(cmp.Or(a.Keys.ID, a.GUID))) }

// hasKeysOf holds where an article is found by the item's names already.
func (s stored) hasKeysOf(a news.Article) bool {
	return s.keyed && s.idKey == idKey(a) && s.addressKey == keyOf(a.Keys.Address) && s.titleKey == titleKey(a) && s.textKey == keyOf(a.Keys.Text) && s.date == millis(a.Published)
}

func (m *matcher) compare(a news.Article, s stored) facts {
	title, stitle := foldTitle(text(a.Title)), s.folded
	f := facts{
		id:      m.name(factID, keyOf(text(a.GUID)), keyOf(s.itemID)),
		address: m.name(factAddress, keyOf(a.Keys.Address), s.addressKey),
		title:   m.fact(fact{factTitle, keyOf(title)}, keyOf(stitle)),
		date:    m.fact(fact{factDate, millis(a.Published)}, s.date),
	}
	if !s.keyed && a.Keys.Address != "" && samePage(a.URL, s.url) {
		f.address = agrees
	}
	if f.id == against && idKey(a) == s.idKey {
		f.id = alike
	}
	if f.address == against && samePage(a.URL, s.url) {
		f.address = alike
	}
	if f.title == against && overlap(title, stitle, titleRun) >= titleAlike {
		f.title = alike
	}
	f.moment = f.date == agrees && a.Published.UTC().Truncate(24*time.Hour) != a.Published.UTC()
	same := s.hash == text(a.Hash)
	f.identical = same && s.itemID == text(a.GUID) && s.date == millis(a.Published) && (s.addressKey == keyOf(a.Keys.Address) || !s.keyed)
	known := silent
	var looked bool
	f.text = func() agreement {
		if !looked {
			known, looked = m.compareText(a, s, same), true
		}
		return known
	}
	return f
}

// fact compares one that items may share with the stored article's.
func (m *matcher) fact(f fact, have int64) agreement {
	switch {
	case f.key == 0 || have == 0 || m.shared[f] > 1:
		return silent
	case f.key == have:
		return agrees
	}
	return against
}

// name compares one that stored articles may share as well.
func (m *matcher) name(kind factKind, key, have int64) agreement {
	if m.held[fact{kind, have}] > 1 {
		return silent
	}
	return m.fact(fact{kind, key}, have)
}

// compareText compares what item and article say besides their titles. Where the one is cut short, as a teaser of a page
// that was read, what it has counts.
func (m *matcher) compareText(a news.Article, s stored, same bool) agreement {
	key := keyOf(a.Keys.Text)
	switch {
	case key == 0 || s.keyed && s.textKey == 0:
		return silent
	case m.shared[fact{factText, key}] > 1:
		return silent
	case same || s.textKey == key:
		return agrees
	case m.bodies >= maxBodies:
		return against
	}
	m.bodies++
	body, err := m.body(s)
	m.err = errors.Join(m.err, err)
	switch {
	case body == "":
		return silent
	case overlap(foldTitle(a.Body()), foldTitle(body), textRun) >= textAlike:
		return alike
	}
	return against
}

// Texts are alike where a third of the shorter one's runs of 8 characters stand in the other, and titles where half of the
// runs of 3 do: in any script, and whatever was put before or behind. Two texts about different things share a few in a hundred.
const (
	textRun, textAlike   = 8, 1. / 3
	titleRun, titleAlike = 3, 1. / 2
)

// overlap is the share of the runs of n characters of the text with fewer of them that the other has, 0 where one has none.
func overlap(a, b string, n int) float64 {
	x, y := runs(a, n), runs(b, n)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 0 {
		return 0
	}
	both := 0
	for r := range x {
		if y[r] {
			both++
		}
	}
	return float64(both) / float64(len(x))
}

// maxCompared is how many bytes of a text are compared.
const maxCompared = 20_000

func runs(s string, n int) map[string]bool {
	s = s[:min(len(s), maxCompared)]
	var starts []int
	for i := range s {
		starts = append(starts, i)
	}
	starts = append(starts, len(s))
	all := map[string]bool{}
	for i := n; i < len(starts); i++ {
		all[s[starts[i-n]:starts[i]]] = true
	}
	return all
}

// foldTitle is a text as it is compared: letters and digits in lower case, with one space between words.
func foldTitle(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }), " ")
}

// samePage holds for addresses of the same host and path, whatever scheme, parameters and fragment they have.
func samePage(a, b string) bool {
	a, b = pageOf(a), pageOf(b)
	return a != "" && a == b
}

func pageOf(address string) string {
	_, page, ok := strings.Cut(strings.ToLower(address), "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(page, "?#"); end >= 0 {
		page = page[:end]
	}
	return strings.TrimSuffix(strings.TrimPrefix(page, "www."), "/")
}

// keyOf hashes a fact for the store: 64-bit FNV-1a, 0 for "".
func keyOf(s string) int64 {
	if s == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(s))
	return int64(h.Sum64()) //nolint:gosec // the bits, not the number
}

// maxKnown is how many stored articles are compared for one fact of an item: the newest.
const maxKnown = 50
