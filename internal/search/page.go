package search

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"headwater/internal/news"
)

// defaultLimit is the number of hits of a search without a limit.
const defaultLimit = 50

// page returns the requested page of matches, as a result and as matches.
func (f *finder) page() (Result, []match) {
	list := f.fold()
	if f.resumed && f.byRelevance() {
		// Each new article makes its words slightly more frequent, and so changes the scores of all articles with these words.
		slot := f.stories.of(f.after.id).slot
		if i := slices.IndexFunc(list.first, func(m match) bool {
			return m.id == f.after.id || f.search.Stories && slot != 0 && m.slot == slot
		}); i >= 0 {
			f.after = list.first[i].position
		}
	}
	limit, offset := f.bounds(list.total)
	page, more := selectPage(list.first, f.resumed, f.after, offset, limit)
	return f.result(list, page, more)
}

// fold counts the matches and folds those of a story if stories are requested. The results are in no order.
func (f *finder) fold() keptResult {
	all := keptResult{matches: len(f.matches), newest: f.newest, hidden: f.search.Hidden}
	if f.search.Facets {
		all.facets = f.facets()
	}
	all.first = f.matches
	if f.search.Stories {
		all.first = f.foldByStory(all.first)
	}
	all.total = len(all.first)
	for _, m := range all.first {
		all.prominent += int(m.key >> 63)
	}
	return all
}

// keepable returns what page needs of this search and of others that differ only in Limit and Offset.
func (f *finder) keepable() *keptResult {
	until := f.x.outlets.heldUntil()
	all := f.fold()
	limit, offset := f.bounds(all.total)
	first, _ := selectPage(all.first, false, position{}, 0, min(depthFor(offset+limit), all.total))
	all.first, all.until = slices.Clone(first), until
	return &all
}

// keptPage is page for a kept result.
func (f *finder) keptPage(all *keptResult) (Result, []match) {
	f.newest = all.newest
	limit, offset := f.bounds(all.total)
	end := min(offset+limit, all.total)
	list := *all
	list.facets = copyFacets(all.facets)
	return f.result(list, all.first[offset:end], end < all.total)
}

// bounds returns the limit and the offset of a page of some results.
func (f *finder) bounds(total int) (limit, offset int) {
	limit = f.search.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	return min(limit, total), min(max(f.search.Offset, 0), total)
}

// result makes the result of a page. more says whether others follow.
func (f *finder) result(all keptResult, page []match, more bool) (Result, []match) {
	hits := Result{Matches: all.matches, Total: all.total, Prominent: all.prominent, Facets: all.facets, Hits: make([]Hit, len(page))}
	for i, m := range page {
		hits.Hits[i] = Hit{ID: m.id, Others: int(m.others), Passing: f.ranksProminence() && m.key&prominentBit == 0}
		if f.byRelevance() {
			hits.Hits[i].Score = scoreOf(m.key)
		}
	}
	if more && len(page) > 0 {
		hits.Next = f.cursor(page[len(page)-1].position)
	}
	return hits, page
}

// slotLists are reused between searches. They have a number for each story, all 0.
var slotLists pool[int32]

var keyLists pool[uint64]

func takeSlots(n int) []int32 {
	if list := slotLists.take(); len(list) >= n {
		return list
	}
	return make([]int32, n+n/4)
}

// foldByStory keeps one match of each story, with the key of the story: the highest of its matches, and that of an original if
// one of them is the story's original. Kept is the original if it is as prominent as any other match, else the match with the
// highest key. In order of time it is always the newest. It changes list in place.
func (f *finder) foldByStory(list []match) []match {
	original := f.originalBit()
	better := func(a, b match) bool {
		if !f.search.Newest {
			const prominent = prominentBit
			if x, y := a.key&(prominent|original), b.key&(prominent|original); x != y {
				return cmp.Or(cmp.Compare(x&prominent, y&prominent), cmp.Compare(x&original, y&original)) > 0
			}
		}
		return a.compare(b.position) < 0
	}
	at := takeSlots(f.stories.slots)
	out, keys := list[:0], keyLists.take() // keys of the stories in out
	for _, m := range list {
		if i := at[m.slot]; i != 0 {
			kept := &out[i-1]
			keys[i-1] = max(keys[i-1]&^original, m.key&^original) | (keys[i-1]|m.key)&original
			others := kept.others + 1
			if better(m, *kept) {
				*kept = m
			}
			kept.others = others
			continue
		}
		out, keys = append(out, m), append(keys, m.key)
		if m.slot != 0 {
			at[m.slot] = int32(len(out))
		}
	}
	for i, m := range out {
		at[m.slot] = 0
		out[i].key = keys[i]
	}
	slotLists.put(at)
	keyLists.put(keys[:0])
	return out
}

// selectPage returns limit matches in order after skipping offset. If resumed is set, it only considers matches after after.
// more reports whether others follow.
func selectPage(list []match, resumed bool, after position, offset, limit int) (page []match, more bool) {
	if resumed {
		list = slices.DeleteFunc(list, func(m match) bool { return m.compare(after) <= 0 })
	}
	most := offset + limit
	if len(list) > 4*most { // keep the first ones in a heap with the last of them at its root
		kept := list[:most]
		for i := most/2 - 1; i >= 0; i-- {
			siftDown(kept, i)
		}
		for _, m := range slices.Backward(list[most:]) { // matches are about in the order of time, so that the newest come first and most others stay out
			if m.compare(kept[0].position) < 0 {
				kept[0] = m
				siftDown(kept, 0)
			}
		}
		list, more = kept, true
	}
	slices.SortFunc(list, func(a, b match) int { return a.compare(b.position) })
	more = more || len(list) > most
	return list[min(offset, len(list)):min(most, len(list))], more
}

func siftDown(heap []match, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child+1].compare(heap[child].position) > 0 {
			child++
		}
		if heap[child].compare(heap[i].position) <= 0 {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// Limits of the number of values of a facet.
const (
	mostValues = 10
	mostDays   = 31
)

// tally counts articles or stories by a number, such as that of an outlet.
type tally struct {
	counts []int
	last   []int32 // the last story counted under each number
}

func newTally(size int) tally { return tally{make([]int, size), make([]int32, size)} }

// add counts an article, unless its story was the last one counted under this number. Story 0 means no story.
func (t tally) add(number, story int32) {
	if story == 0 || t.last[number] != story {
		t.counts[number]++
		t.last[number] = story
	}
}

// facets counts the matches by outlet, origin, language and day. If stories are requested it counts stories, with the same
// result as a search within the facet. It is called before the matches are folded.
func (f *finder) facets() []Facet {
	outlets := newOutletTally("outlet:", f.view.outlets, f.x.outlets.known(f.x.options.Outlet))
	origins := newOutletTally("origin:", f.stories.origins, f.x.outlets.known(f.x.options.Outlet))
	firstDay, lastDay := f.days()
	langs, days := newTally(len(f.view.langs)), newTally(int(lastDay-firstDay)+1)
	count := func(m *match, story int32) {
		outlets.add(m.row.outlet, story)
		langs.add(m.row.lang, story)
		if m.row.time > 0 {
			days.add(int32(m.row.time/daySeconds-firstDay), story)
		}
	}
	countOrigin := func(slot int32) {
		if slot != 0 {
			origins.add(f.stories.story(slot).origin, 0)
		}
	}
	if f.search.Stories {
		newest := takeSlots(f.stories.slots)      // the last match of each story
		previous := make([]int32, len(f.matches)) // the previous match of the same story; both hold indexes counted from 1
		for i, m := range f.matches {
			previous[i], newest[m.slot] = newest[m.slot], int32(i+1)
		}
		for i := range f.matches {
			m := &f.matches[i]
			if m.slot == 0 {
				count(m, 0)
				continue
			}
			if newest[m.slot] != 0 {
				countOrigin(m.slot)
			}
			for at := newest[m.slot]; at != 0; at = previous[at-1] { // all matches of a story in a row, so that a tally counts the story once
				count(&f.matches[at-1], m.slot)
			}
			newest[m.slot] = 0
		}
		newest[0] = 0
		slotLists.put(newest)
	} else {
		for i := range f.matches {
			count(&f.matches[i], 0)
			countOrigin(f.matches[i].slot)
		}
	}
	byDay := []FacetValue{}
	for day := len(days.counts) - 1; day >= 0 && len(byDay) < mostDays; day-- {
		if days.counts[day] > 0 {
			name := time.Unix((int64(firstDay)+int64(day))*daySeconds, 0).UTC().Format(time.DateOnly)
			byDay = append(byDay, FacetValue{Name: name, Query: "date:" + name, Count: days.counts[day]})
		}
	}
	return []Facet{
		{Field: "outlet", Values: outlets.values()},
		{Field: "origin", Values: origins.values()},
		{Field: "lang", Values: topValues(langs.counts, f.view.langs, func(i int) (string, string) { return f.view.langs[i], "lang:" + f.view.langs[i] })},
		{Field: "day", Values: byDay},
	}
}

// days returns the first and the last day of the matches whose time is known, as days since 1970.
func (f *finder) days() (first, last uint32) {
	for i := range f.matches {
		if t := f.matches[i].row.time; t > 0 {
			day := t / daySeconds
			if last == 0 {
				first = day
			}
			first, last = min(first, day), max(last, day)
		}
	}
	return first, last
}

// topValues returns the most frequent values. Number 0 means no name, and show gives the name and the query of a number.
func topValues(counts []int, names []string, show func(i int) (name, query string)) []FacetValue {
	var some []int // numbers of the names with a count
	for i, n := range counts {
		if n > 0 && names[i] != "" {
			some = append(some, i)
		}
	}
	slices.SortFunc(some, func(a, b int) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(names[a], names[b])) })
	values := []FacetValue{}
	for _, i := range some[:min(len(some), mostValues)] {
		name, query := show(i)
		values = append(values, FacetValue{Name: name, Query: query, Count: counts[i]})
	}
	return values
}

// outletTally counts by outlet. An outlet counts once, however many names and domains articles have for it.
type outletTally struct {
	tally
	field  string // outlet: or origin:
	terms  []string
	known  func(news.Outlet) (news.Outlet, bool)
	same   []int32           // by number: the number under which its outlet counts, plus 1; 0 until it is known
	first  map[string]int32  // that number, by the outlet's key
	names  map[int32]string  // of the outlets, by that number
	others map[int32][]int32 // further numbers of the outlet
}

func newOutletTally(field string, terms []string, known func(news.Outlet) (news.Outlet, bool)) *outletTally {
	t := &outletTally{tally: newTally(len(terms)), field: field, terms: terms, known: known, same: make([]int32, len(terms))}
	t.first, t.names, t.others = map[string]int32{}, map[int32]string{}, map[int32][]int32{}
	return t
}

func (t *outletTally) add(number, story int32) { t.tally.add(t.outlet(number), story) }

// addMany counts n articles.
func (t *outletTally) addMany(number int32, n int) { t.counts[t.outlet(number)] += n }

// outlet returns the number under which the outlet of a number counts.
func (t *outletTally) outlet(number int32) int32 {
	if t.same[number] == 0 {
		t.same[number] = t.resolve(number) + 1
	}
	return t.same[number] - 1
}

// outletCache keeps what Options.Outlet said of outlets for a minute, since each search with facets asks for all that it finds.
type outletCache struct {
	mu    sync.Mutex
	until time.Time
	said  map[news.Outlet]knownOutlet
}

type knownOutlet struct {
	outlet news.Outlet
	known  bool
}

// outletsFor is how long an outlet keeps its old name after the outlets have been changed.
const outletsFor = time.Minute

// heldUntil returns until when what the cache says holds at most.
func (c *outletCache) heldUntil() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.renew()
	return c.until
}

// renew forgets what is too old. mu is held.
func (c *outletCache) renew() {
	if now := time.Now(); c.said == nil || now.After(c.until) {
		c.said, c.until = map[news.Outlet]knownOutlet{}, now.Add(outletsFor)
	}
}

// known returns ask with the cache before it.
func (c *outletCache) known(ask func(news.Outlet) (news.Outlet, bool)) func(news.Outlet) (news.Outlet, bool) {
	if ask == nil {
		return nil
	}
	return func(o news.Outlet) (news.Outlet, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.renew()
		k, ok := c.said[o]
		if !ok {
			k.outlet, k.known = ask(o)
			c.said[o] = k
		}
		return k.outlet, k.known
	}
}

// resolve returns the number under which the outlet of a term counts. Outlets that Options.Outlet does not know are the same
// if they have the same name.
func (t *outletTally) resolve(number int32) int32 {
	if t.terms[number] == "" {
		return number
	}
	o := outletOf(t.terms[number])
	key, name := "name "+strings.ToLower(o.Name), o.Name
	if t.known != nil {
		if known, ok := t.known(o); ok {
			key, name = "key "+known.Key(), known.Name
		}
	}
	if o.Name == "" && name == "" {
		key, name = "key "+o.Domain, o.Domain
	}
	first, ok := t.first[key]
	if !ok {
		t.first[key], t.names[number] = number, name
		return number
	}
	t.others[first], t.names[first] = append(t.others[first], number), min(t.names[first], name) // capitals sort first
	return first
}

// values returns the outlets with the most articles. Of several with one name each has its domain behind it.
func (t *outletTally) values() []FacetValue {
	domains := map[string]string{} // by query
	values := topValues(t.counts, t.terms, func(i int) (name, query string) {
		name, query = t.names[int32(i)], t.query(int32(i))
		domains[query] = outletOf(t.terms[i]).Domain
		return name, query
	})
	times := map[string]int{}
	for _, v := range values {
		times[v.Name]++
	}
	for i, v := range values {
		if domain := domains[v.Query]; times[v.Name] > 1 && domain != "" {
			values[i].Name += " (" + domain + ")"
		}
	}
	return values
}

// maxOutletQuery is the length from which on a query leaves out further domains of an outlet.
const maxOutletQuery = 400

// query returns the query for an outlet under all its names and domains.
func (t *outletTally) query(number int32) string {
	var parts []string
	length := 0
	for _, n := range append([]int32{number}, t.others[number]...) {
		o := outletOf(t.terms[n])
		part := t.field + o.Domain
		if o.Domain == "" || strings.ContainsAny(o.Domain, " \"()*~") {
			part = t.field + `"` + strings.ReplaceAll(o.Name, `"`, " ") + `"`
		}
		if length += len(part); !slices.Contains(parts, part) && (len(parts) == 0 || length <= maxOutletQuery) {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// outletOf reads an outletTerm.
func outletOf(term string) news.Outlet {
	name, domain, _ := strings.Cut(term, "\n")
	return news.Outlet{Name: name, Domain: domain}
}

// A cursor has the identity of its search, the time of the first page, the newest article at that time, and the position of the
// last match.
const cursorSize = 4 + 4*8

// keyVersion changes whenever the keys of matches change, which cursors hold.
const keyVersion = "2"

// identity is a hash of everything on which the order of matches depends.
func identity(s Request) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %s %t %t %t %t %d %s", mappingVersion, keyVersion, s.Newest, s.Coverage, s.Prominent, s.Stories, s.User, s.Query) // a hash never fails
	return h.Sum32()
}

func (f *finder) cursor(at position) string {
	maxID := f.maxID
	if !f.resumed {
		maxID = f.newest
	}
	b := binary.BigEndian.AppendUint32(nil, identity(f.search))
	for _, n := range []uint64{uint64(f.now.Unix()), uint64(maxID), at.key, uint64(at.id)} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// resume makes the search continue after a cursor.
func (f *finder) resume(cursor string) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != cursorSize || binary.BigEndian.Uint32(b) != identity(f.search) {
		return fmt.Errorf("search: %w", news.ErrCursor)
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[4+8*i:]) }
	f.now, f.maxID, f.after, f.resumed = time.Unix(int64(n(0)), 0), int64(n(1)), position{n(2), int64(n(3))}, true
	return nil
}
