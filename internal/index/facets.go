package index

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
)

// How many values of a facet are given.
const (
	mostValues = 10
	mostDays   = 31
)

// facets counts the matches. It is called before they are folded: all articles count.
func (f *finder) facets() []news.Facet {
	outlets, langs, origins := make([]int, len(f.view.outlets)), make([]int, len(f.view.langs)), make([]int, len(f.places.origins))
	days := map[uint32]int{}
	for i := range f.matches {
		m := &f.matches[i]
		outlets[m.row.outlet]++
		langs[m.row.lang]++
		if m.slot != 0 {
			origins[f.places.story(m.slot).origin]++
		}
		if m.row.time > 0 {
			days[m.row.time/daySeconds]++
		}
	}
	return []news.Facet{
		{Field: "outlet", Values: common10(outlets, f.view.outlets, outletValue("outlet:"))},
		{Field: "origin", Values: common10(origins, f.places.origins, outletValue("origin:"))},
		{Field: "lang", Values: common10(langs, f.view.langs, func(s string) (string, string) { return s, "lang:" + s })},
		{Field: "day", Values: latest(days)},
	}
}

const daySeconds = 24 * 60 * 60

// common10 gives the most frequent names; number 0 is none.
func common10(counts []int, names []string, show func(string) (name, query string)) []news.FacetValue {
	values := []news.FacetValue{}
	for i, n := range counts {
		if n == 0 || names[i] == "" {
			continue
		}
		name, query := show(names[i])
		values = append(values, news.FacetValue{Name: name, Query: query, Count: n})
	}
	slices.SortFunc(values, func(a, b news.FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return values[:min(len(values), mostValues)]
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

func latest(days map[uint32]int) []news.FacetValue {
	values := []news.FacetValue{}
	for day, n := range days {
		name := time.Unix(int64(day)*daySeconds, 0).UTC().Format(time.DateOnly)
		values = append(values, news.FacetValue{Name: name, Query: "date:" + name, Count: n})
	}
	slices.SortFunc(values, func(a, b news.FacetValue) int { return cmp.Compare(b.Name, a.Name) })
	return values[:min(len(values), mostDays)]
}
