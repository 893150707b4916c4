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

// defaultLimit is the number of hits of a search without a limit.
const defaultLimit = 50

// page returns the requested page of matches, as a result and as matches.
func (f *finder) page() (Result, []match) {
	hits := Result{Matches: len(f.matches)}
	if f.search.Facets {
		hits.Facets = f.facets()
	}
	list := f.matches
	if f.search.Stories {
		list = foldByStory(list, f.stories.slots)
	}
	hits.Total = len(list)
	limit := f.search.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	if f.resumed && f.byRelevance() {
		// Each new article makes its words slightly more frequent, and so changes the scores of all articles with these words.
		slot := f.stories.of(f.after.id).slot
		if i := slices.IndexFunc(list, func(m match) bool {
			return m.id == f.after.id || f.search.Stories && slot != 0 && m.slot == slot
		}); i >= 0 {
			f.after = list[i].position
		}
	}
	limit, offset := min(limit, len(list)), min(max(f.search.Offset, 0), len(list))
	list, more := selectPage(list, f.resumed, f.after, offset, limit)
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

// slotLists are reused between searches. They have a number for each story, all 0.
var slotLists pool[int32]

func takeSlots(n int) []int32 {
	if list := slotLists.take(); len(list) >= n {
		return list
	}
	return make([]int32, n+n/4)
}

// foldByStory keeps the first match of each story in the order of the search. It changes list in place.
func foldByStory(list []match, slots int) []match {
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
		for _, m := range list[most:] {
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
		}
	}
	byDay := []FacetValue{}
	for day := len(days.counts) - 1; day > 0 && len(byDay) < mostDays; day-- {
		if days.counts[day] > 0 {
			name := time.Unix(int64(day)*daySeconds, 0).UTC().Format(time.DateOnly)
			byDay = append(byDay, FacetValue{Name: name, Query: "date:" + name, Count: days.counts[day]})
		}
	}
	return []Facet{
		{Field: "outlet", Values: topValues(outlets.counts, f.view.outlets, outletValue("outlet:"))},
		{Field: "origin", Values: topValues(origins.counts, f.stories.origins, outletValue("origin:"))},
		{Field: "lang", Values: topValues(langs.counts, f.view.langs, func(s string) (string, string) { return s, "lang:" + s })},
		{Field: "day", Values: byDay},
	}
}

// topValues returns the most frequent names. Number 0 means no name.
func topValues(counts []int, names []string, show func(string) (name, query string)) []FacetValue {
	var some []int // numbers of the names with a count
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

// outletValue turns an outletTerm into the name of the outlet and the query for it.
func outletValue(field string) func(string) (string, string) {
	return func(term string) (string, string) {
		name, domain, _ := strings.Cut(term, "\n")
		if domain != "" && !strings.ContainsAny(domain, " \"()*~") {
			return cmp.Or(name, domain), field + domain
		}
		return name, field + `"` + strings.ReplaceAll(name, `"`, " ") + `"`
	}
}

// A cursor has the identity of its search, the time of the first page, the newest article at that time, and the position of the
// last match.
const cursorSize = 4 + 4*8

// identity is a hash of everything on which the order of matches depends.
func identity(s Request) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %t %t %t %d %s", mappingVersion, s.Newest, s.Coverage, s.Stories, s.User, s.Query) // a hash never fails
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
