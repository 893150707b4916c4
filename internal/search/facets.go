package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

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
	outlets, langs, origins := newTally(len(f.view.outlets)), newTally(len(f.view.langs)), newTally(len(f.places.origins))
	days := newTally(math.MaxUint32/daySeconds + 1)
	count := func(m *match, story int32) {
		outlets.add(m.row.outlet, story)
		langs.add(m.row.lang, story)
		days.add(int32(m.row.time/daySeconds), story)
		if m.slot != 0 {
			origins.add(f.places.story(m.slot).origin, story)
		}
	}
	if f.search.Stories {
		eachStory(f.matches, f.places.slots, count)
	} else {
		for i := range f.matches {
			count(&f.matches[i], 0)
		}
	}
	return []Facet{
		{Field: "outlet", Values: common10(outlets.counts, f.view.outlets, outletValue("outlet:"))},
		{Field: "origin", Values: common10(origins.counts, f.places.origins, outletValue("origin:"))},
		{Field: "lang", Values: common10(langs.counts, f.view.langs, func(s string) (string, string) { return s, "lang:" + s })},
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

const daySeconds = 24 * 60 * 60

// common10 gives the most frequent names; number 0 is none.
func common10(counts []int, names []string, show func(string) (name, query string)) []FacetValue {
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
