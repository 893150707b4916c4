package search

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
)

// defaultLimit is how many hits a search gives that does not say.
const defaultLimit = 50

// page gives what is asked for of the matches, and the matches that it shows.
func (f *finder) page() (Result, []match) {
	hits := Result{Matches: len(f.matches)}
	if f.search.Facets {
		hits.Facets = f.facets()
	}
	list := f.matches
	if f.search.Stories {
		list = oneEach(list, f.stories.slots)
	}
	hits.Total = len(list)
	limit := f.search.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	if f.resumed && f.byRelevance() {
		f.anchor(list)
	}
	limit, offset := min(limit, len(list)), min(max(f.search.Offset, 0), len(list))
	list, more := first(list, f.resumed, f.after, offset, limit)
	hits.Hits = make([]Hit, len(list))
	for i, m := range list {
		hits.Hits[i] = Hit{ID: m.id, Others: int(m.others)}
		if f.byRelevance() {
			hits.Hits[i].Score = math.Float64frombits(m.key)
		}
	}
	if more && len(list) > 0 {
		hits.Next = f.cursor(list[len(list)-1].position)
	}
	return hits, list
}

func (f *finder) byRelevance() bool { return !f.search.Newest && !f.search.Coverage }

// anchor finds where the match that ended the page before stands today: each article that is added makes its words a
// little more frequent, which moves the scores of all that have them.
func (f *finder) anchor(list []match) {
	slot := f.stories.of(f.after.id).slot
	for _, m := range list {
		if m.id == f.after.id || f.search.Stories && slot != 0 && m.slot == slot {
			f.after = m.position
			return
		}
	}
}

// slotLists are kept between searches: a number for each story, all 0.
var slotLists pool[int32]

func takeSlots(n int) []int32 {
	if list := slotLists.take(); len(list) >= n {
		return list
	}
	return make([]int32, n+n/4)
}

// oneEach leaves the first match of each story, in place.
func oneEach(list []match, slots int) []match {
	at := takeSlots(slots)
	out := list[:0]
	for _, m := range list {
		if m.slot == 0 {
			out = append(out, m)
			continue
		}
		i := at[m.slot]
		if i == 0 {
			out = append(out, m)
			at[m.slot] = int32(len(out))
			continue
		}
		best := &out[i-1]
		others := best.others + 1
		if m.compare(best.position) < 0 {
			*best = m
		}
		best.others = others
	}
	for _, m := range out {
		at[m.slot] = 0
	}
	slotLists.put(at)
	return out
}

// first gives limit matches in order, those after a place where resumed, without the first offset of them. more says
// whether others follow.
func first(list []match, resumed bool, after position, offset, limit int) (page []match, more bool) {
	if resumed {
		list = slices.DeleteFunc(list, func(m match) bool { return m.compare(after) <= 0 })
	}
	most := offset + limit
	if len(list) > 4*most {
		list, more = top(list, most), true
	}
	slices.SortFunc(list, func(a, b match) int { return a.compare(b.position) })
	more = more || len(list) > most
	return list[min(offset, len(list)):min(most, len(list))], more
}

// top gives the first n of the list, in no order: the worst of those kept is at the root of a heap.
func top(list []match, n int) []match {
	kept := list[:n]
	for i := n/2 - 1; i >= 0; i-- {
		sink(kept, i)
	}
	for _, m := range list[n:] {
		if m.compare(kept[0].position) < 0 {
			kept[0] = m
			sink(kept, 0)
		}
	}
	return kept
}

func sink(heap []match, i int) {
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

// How many values of a facet are given.
const (
	mostValues = 10
	mostDays   = 31
)

// tally counts articles, or stories, by the number of a name.
type tally struct {
	counts []int
	last   []int32 // the story that was counted last under each name
}

func newTally(names int) tally { return tally{make([]int, names), make([]int32, names)} }

// add counts an article, and nothing where its story was the last under this name. Story 0 is none.
func (t tally) add(name, story int32) {
	if story == 0 || t.last[name] != story {
		t.counts[name]++
		t.last[name] = story
	}
}

// facets counts the matches by what they have in common: stories where those are asked for, as often as a search within the
// facet would find them. It is called before the matches are folded.
func (f *finder) facets() []Facet {
	outlets, langs, origins := newTally(len(f.view.outlets)), newTally(len(f.view.langs)), newTally(len(f.stories.origins))
	days := newTally(math.MaxUint32/daySeconds + 1)
	count := func(m *match, story int32) {
		outlets.add(m.row.outlet, story)
		langs.add(m.row.lang, story)
		days.add(int32(m.row.time/daySeconds), story)
		if m.slot != 0 {
			origins.add(f.stories.story(m.slot).origin, story)
		}
	}
	if f.search.Stories {
		eachStory(f.matches, f.stories.slots, count)
	} else {
		for i := range f.matches {
			count(&f.matches[i], 0)
		}
	}
	return []Facet{
		{Field: "outlet", Values: topValues(outlets.counts, f.view.outlets, outletValue("outlet:"))},
		{Field: "origin", Values: topValues(origins.counts, f.stories.origins, outletValue("origin:"))},
		{Field: "lang", Values: topValues(langs.counts, f.view.langs, func(s string) (string, string) { return s, "lang:" + s })},
		{Field: "day", Values: latest(days.counts)},
	}
}

// eachStory calls take with the matches, those of one story in a row.
func eachStory(list []match, slots int, take func(m *match, story int32)) {
	newest := takeSlots(slots)
	before := make([]int32, len(list)) // of the same story; both count places from 1
	for i := range list {
		slot := list[i].slot
		before[i], newest[slot] = newest[slot], int32(i+1)
	}
	for i := range list {
		m := &list[i]
		if m.slot == 0 {
			take(m, 0)
			continue
		}
		for at := newest[m.slot]; at != 0; at = before[at-1] {
			take(&list[at-1], m.slot)
		}
		newest[m.slot] = 0
	}
	newest[0] = 0
	slotLists.put(newest)
}

// topValues gives the most frequent names; number 0 is none.
func topValues(counts []int, names []string, show func(string) (name, query string)) []FacetValue {
	var some []int // the names that are counted
	for i, n := range counts {
		if n > 0 && names[i] != "" {
			some = append(some, i)
		}
	}
	slices.SortFunc(some, func(a, b int) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(names[a], names[b])) })
	values := []FacetValue{}
	for _, i := range some[:min(len(some), mostValues)] {
		name, query := show(names[i])
		values = append(values, FacetValue{Name: name, Query: query, Count: counts[i]})
	}
	return values
}

// outletValue reads what outletTerm writes.
func outletValue(field string) func(string) (string, string) {
	return func(term string) (string, string) {
		name, domain, _ := strings.Cut(term, "\n")
		if domain != "" && !strings.ContainsAny(domain, " \"()*~") {
			return cmp.Or(name, domain), field + domain
		}
		return name, field + `"` + strings.ReplaceAll(name, `"`, " ") + `"`
	}
}

func latest(days []int) []FacetValue {
	values := []FacetValue{}
	for day := len(days) - 1; day > 0 && len(values) < mostDays; day-- {
		if days[day] > 0 {
			name := time.Unix(int64(day)*daySeconds, 0).UTC().Format(time.DateOnly)
			values = append(values, FacetValue{Name: name, Query: "date:" + name, Count: days[day]})
		}
	}
	return values
}

// A cursor is where a page ended: which search it belongs to, when that began, the newest article there was then, and the
// place of the last match.
const cursorSize = 4 + 4*8

// identity tells searches apart, by all that the order of matches depends on.
func identity(s Request) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %t %t %t %d %s", mappingVersion, s.Newest, s.Coverage, s.Stories, s.User, s.Query) // a hash takes all
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

// resume goes on where a cursor says.
func (f *finder) resume(cursor string) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != cursorSize || binary.BigEndian.Uint32(b) != identity(f.search) {
		return fmt.Errorf("search: %w", news.ErrCursor)
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[4+8*i:]) }
	f.now, f.maxID, f.after, f.resumed = time.Unix(int64(n(0)), 0), int64(n(1)), position{n(2), int64(n(3))}, true
	return nil
}
