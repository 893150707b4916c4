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

// This file decides which stored article an item is when its feed is polled again. Most items of a document were there at
// the last poll. An item has two names, id and address, and three contents: title, text and date. A value that several
// items of one document share does not help to tell them apart, and is ignored. The address of a front page is ignored
// too. The cases are:
//
//	case                                                   the item is
//	-----------------------------------------------------  ---------------------------------------------------
//	it has the name of a stored article: its id, or its    that article, even if the rest was edited
//	address where the ids do not differ
//	it has the id of a stored article, and title, text,    a new article: the id was reused
//	date and address all differ
//	it has the address of a stored article, no id that     a new article
//	says otherwise, and title, text and date all differ
//	several items of the document have one id, or link to  an article each, identified by the rest
//	one page
//	its id differs in case, scheme, slash, fragment,       identified by its address: with the same address
//	counter, session or campaign marks                     the same article
//	its id changes at every poll, is a position in the     the article with the same content, if address or
//	list, appears or disappears; its address has other     date support that
//	parameters
//	it has no usable name                                  the article with the same content, or a new one
//	it has the text and the id or address of an item       that item, listed twice; it is stored once
//	before it, whatever its date; or agrees in everything
//	title and text were edited together, or title and id   the same article
//	changed, while address and time of day stay
//	it is in doubt                                         a new article; grouping folds the two into one story
//
// comparison.strength decides. Each item is paired with at most one article and each article with at most one item, the
// surest pairs first. Polling the same document twice changes nothing, since each item is paired with the article that is
// identical with it.
//
// Package clean makes the keys (news.ItemKeys): the id and the address without the parts that change while the article
// stays, and a hash of the text before furniture is removed. The store finds candidates by these keys, at most maxKnown
// for each key, and compares them. articles.guid is a key within the feed and never changes.
//
// A revised article keeps its id, and so its read marks, stars, labels and story. An item with another id or address and
// the same content is no revision. The article is shown with the new address. Index and grouping keep the old address
// until the article is revised. The feed's state names what remains unclear ("two items share an id; both are kept"), and
// `feed check` names it for each item. Both count an item that is listed twice once (Whole).

// agreement is the result of comparing one fact of an item with that of a stored article.
type agreement int8

const (
	differs agreement = iota - 1 // both have the fact, and the values differ
	unknown                      // one of them lacks the fact, or several items share its value
	similar                      // the values differ only in parts that publishers change while the article stays
	equal
)

// storedItem is the part of a stored article that items are compared with.
type storedItem struct {
	id                    int64
	guid, itemID          string // the key within the feed; the id as the feed writes it, or ""
	hash, url, title      string
	published, date, seen int64 // date is the item's latest date, published its first one
	idKey, addressKey     int64
	titleKey, textKey     int64
	keyed                 bool // the article was stored with its keys
	undated               bool
	folded                string // title, folded for comparison
	aged                  bool   // the article was aged out: the item is known and must not be stored again
	listed                int64  // for an aged item: when the feed last listed it
}

// comparison compares an item with a stored article.
type comparison struct {
	id, address, title, date agreement
	text                     func() agreement // may read the stored text, so it is called last
	exactTime                bool             // the dates agree and have a time of day, which two items rarely share
	identical                bool
}

// How surely an item is a stored article. 0 means that it is not.
const (
	matchByDate           = iota + 1 // only the date is the same, and nothing differs
	matchByName                      // a name is the same, and nothing speaks against it
	matchByContent                   // the content is the same, and address, date or id support it
	matchByNameAndContent            // both
	matchIdentical
)

func (f comparison) strength() int {
	if f.identical {
		return matchIdentical
	}
	nameless := f.id == unknown && f.address == unknown
	hasName := f.id == equal || f.id != differs && f.address == equal
	switch {
	case f.sameContent() && hasName:
		return matchByNameAndContent
	case f.sameContent() && f.contentSupported(nameless):
		return matchByContent
	case f.exactTime && (nameless || f.id == differs && f.address == equal) && f.edited():
		return matchByContent
	case hasName && (f.id == equal && f.address == equal || f.title >= similar || f.date == equal || f.text() >= similar):
		return matchByName
	case hasName && f.title == unknown && f.text() == unknown:
		return matchByName
	case nameless && f.title == unknown && f.text() == unknown && f.date == equal:
		return matchByDate
	}
	return 0
}

// contentSupported holds where an address, a date, or an id that is no name by itself supports that an item with the same
// content is the same article. Without a text, the same title on the same day may well be another article.
func (f comparison) contentSupported(nameless bool) bool {
	switch {
	case f.address >= similar, f.id == similar:
		return true
	case nameless:
		return f.text() > unknown || f.date != differs
	}
	return f.text() == equal && (f.date == equal || f.date == unknown && (f.id != differs || f.address != differs))
}

// sameContent holds where title and text are the same, or where one is the same and the other is similar or missing.
func (f comparison) sameContent() bool {
	switch f.title {
	case equal:
		return f.text() != differs
	case similar, unknown:
		return f.text() == equal
	}
	return false
}

// edited holds where the text is the same, or where it was edited and either the title is similar or the address belongs
// to this item alone.
func (f comparison) edited() bool {
	return f.text() == equal || f.text() == similar && (f.title >= similar || f.address == equal)
}

// factKind names one of the values by which items are told apart.
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

// fact is a kind and the hash of its value.
type fact struct {
	kind factKind
	key  int64
}

// matcher pairs the items of one document with stored articles of its feed.
type matcher struct {
	items     []news.Article
	known     []storedItem
	itemCount map[fact]int // how many items of the document have a fact
	nameCount map[fact]int // how many stored articles have a name
	readText  func(storedItem) (string, error)
	textReads int // how many stored texts were read so far
	err       error
}

// maxTextReads limits how many stored texts one poll reads to compare them. Beyond the limit, texts with different hashes
// count as different.
const maxTextReads = 500

// Results of match for items that are no stored article.
const (
	newItem  = -1
	sameItem = -2 // the same as an earlier item of the document
)

// match returns for each item the index in known of the article that it is, or newItem or sameItem. body returns an
// article's stored text.
func match(items []news.Article, known []storedItem, body func(storedItem) (string, error)) ([]int, error) {
	m := matcher{items: items, known: known, itemCount: map[fact]int{}, nameCount: map[fact]int{}, readText: body}
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
			m.itemCount[f]++
		}
	}
	byFact := map[fact][]int{}
	for k := range slices.Backward(known) { // newest first
		s := &known[k]
		s.folded = foldTitle(s.title)
		m.nameCount[fact{factID, keyOf(s.itemID)}]++
		m.nameCount[fact{factAddress, s.addressKey}]++
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
			if m.itemCount[f] > 1 {
				continue // shared by several, so it tells nothing and would find them all
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

// factsOf returns the facts of an item that are ignored where several items of the document share them.
func factsOf(a news.Article) []fact {
	return []fact{
		{factID, keyOf(text(a.GUID))},
		{factAddress, keyOf(a.Keys.Address)},
		{factTitle, titleKey(a)},
		{factText, keyOf(a.Keys.Text)},
		{factDate, millis(a.Published)},
	}
}

// Whole returns a key of everything by which an item is known. Two items of a document with the same key are one item
// that is listed twice, and are stored once. Such items have the same text under the same id or address, whatever their
// dates, since some publishers make up a date at each request; or they agree in everything.
func Whole(a news.Article) string {
	says := []string{a.GUID, a.Keys.Address, a.Hash}
	if named := a.GUID != "" || a.Keys.Address != ""; !named || a.Keys.Text == "" && (a.GUID == "" || a.Keys.Address == "") {
		says = append(says, a.Published.UTC().String())
	}
	return strings.Join(says, "\x00")
}

// lookups returns the facts by which the stored articles that an item may be are found.
func lookups(a news.Article) []fact {
	return append(factsOf(a),
		fact{factIDKey, idKey(a)},
		fact{factWhole, wholeKey(text(a.GUID), text(a.Hash), millis(a.Published))},
		fact{factID, keyOf(text(a.URL))}, // the key of articles that were stored before the other keys existed
	)
}

func (s storedItem) lookups() []fact {
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

// wholeKey finds the article that is identical with an item, even where several items share other facts.
func wholeKey(id, hash string, date int64) int64 {
	return keyOf(fmt.Sprintf("%s\x00%s\x00%d", id, hash, date))
}

func titleKey(a news.Article) int64 { return keyOf(foldTitle(text(a.Title))) }

// idKey is the key of the folded id, or of the id itself if there is no folded one.
func idKey(a news.Article) int64 { return keyOf(text(cmp.Or(a.Keys.ID, a.GUID))) }

// hasKeysOf reports whether the item's names already find this article.
func (s storedItem) hasKeysOf(a news.Article) bool {
	return s.keyed && s.idKey == idKey(a) && s.addressKey == keyOf(a.Keys.Address) && s.titleKey == titleKey(a) && s.textKey == keyOf(a.Keys.Text) && s.date == millis(a.Published)
}

func (m *matcher) compare(a news.Article, s storedItem) comparison {
	title, stitle := foldTitle(text(a.Title)), s.folded
	f := comparison{
		id:      m.name(factID, keyOf(text(a.GUID)), keyOf(s.itemID)),
		address: m.name(factAddress, keyOf(a.Keys.Address), s.addressKey),
		title:   m.fact(fact{factTitle, keyOf(title)}, keyOf(stitle)),
		date:    m.fact(fact{factDate, millis(a.Published)}, s.date),
	}
	if !s.keyed && a.Keys.Address != "" && samePage(a.URL, s.url) {
		f.address = equal
	}
	if f.id == differs && idKey(a) == s.idKey {
		f.id = similar
	}
	if f.address == differs && samePage(a.URL, s.url) {
		f.address = similar
	}
	if f.title == differs && ngramOverlap(title, stitle, titleNgram) >= titleSimilar {
		f.title = similar
	}
	f.exactTime = f.date == equal && a.Published.UTC().Truncate(24*time.Hour) != a.Published.UTC()
	same := s.hash == text(a.Hash)
	f.identical = same && s.itemID == text(a.GUID) && s.date == millis(a.Published) && (s.addressKey == keyOf(a.Keys.Address) || !s.keyed)
	known := unknown
	var looked bool
	f.text = func() agreement {
		if !looked {
			known, looked = m.compareText(a, s, same), true
		}
		return known
	}
	return f
}

// fact compares a fact of the item with the article's. A fact that several items share is unknown.
func (m *matcher) fact(f fact, have int64) agreement {
	switch {
	case f.key == 0 || have == 0 || m.itemCount[f] > 1:
		return unknown
	case f.key == have:
		return equal
	}
	return differs
}

// name is fact for id and address. A name that several articles share is unknown too.
func (m *matcher) name(kind factKind, key, have int64) agreement {
	if m.nameCount[fact{kind, have}] > 1 {
		return unknown
	}
	return m.fact(fact{kind, key}, have)
}

// compareText compares the texts of item and article without their titles. Where one text is cut short, like a teaser of
// a page that was fetched, only its part is compared.
func (m *matcher) compareText(a news.Article, s storedItem, same bool) agreement {
	key := keyOf(a.Keys.Text)
	switch {
	case key == 0 || s.keyed && s.textKey == 0:
		return unknown
	case m.itemCount[fact{factText, key}] > 1:
		return unknown
	case same || s.textKey == key:
		return equal
	case m.textReads >= maxTextReads:
		return differs
	}
	m.textReads++
	body, err := m.readText(s)
	m.err = errors.Join(m.err, err)
	switch {
	case body == "":
		return unknown
	case ngramOverlap(foldTitle(a.Body()), foldTitle(body), textNgram) >= textSimilar:
		return similar
	}
	return differs
}

// Two texts are similar where the longer one contains a third of the shorter one's runs of 8 characters. For titles it is
// half of the runs of 3. This holds for any script, and for text added before or after. Texts about different things
// share a few runs in a hundred.
const (
	textNgram, textSimilar   = 8, 1. / 3
	titleNgram, titleSimilar = 3, 1. / 2
)

// ngramOverlap takes the text with fewer runs of n characters and returns the share of its runs that the other text
// contains. It returns 0 where one text has none.
func ngramOverlap(a, b string, n int) float64 {
	x, y := ngrams(a, n), ngrams(b, n)
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

// maxCompared limits how many bytes of a text are compared.
const maxCompared = 20_000

func ngrams(s string, n int) map[string]bool {
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

// foldTitle folds a text for comparison: letters and digits in lower case, with one space between words.
func foldTitle(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }), " ")
}

// samePage holds for two addresses with the same host and path, whatever their schemes, parameters and fragments.
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

// keyOf returns the stored hash of a fact: 64-bit FNV-1a, 0 for "".
func keyOf(s string) int64 {
	if s == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(s))
	return int64(h.Sum64()) //nolint:gosec // the bits are stored, not the number
}

// maxKnown limits how many stored articles are compared for one fact of an item. The newest are taken.
const maxKnown = 50
