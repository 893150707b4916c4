package outlets

import (
	"cmp"
	"slices"
	"strings"

	"headwater/internal/news"
)

// homes tells apart the outlets that share a name or a sign, and knows where the short names of agencies are common that mean
// other things elsewhere. An outlet is at home in the countries of its domains (aps.sn: sn) and in its languages.
type homes struct {
	sharers map[string][]int // entries by folded name or sign, where there are several
	quiet   map[string][]int // entries with a quiet short name by country ("au") or language ("lang sv")
}

func homesOf(entries []Entry) homes {
	h := homes{sharers: map[string][]int{}, quiet: map[string][]int{}}
	for i, e := range entries {
		for _, s := range slices.Concat(e.names(), e.Signs) {
			if k := fold(s); !slices.Contains(h.sharers[k], i) {
				h.sharers[k] = append(h.sharers[k], i)
			}
		}
		if e.Agency && e.Quiet && e.Name == strings.ToUpper(e.Name) {
			for _, home := range e.homes() {
				h.quiet[home] = append(h.quiet[home], i)
			}
		}
	}
	for k, sharers := range h.sharers {
		if len(sharers) < 2 {
			delete(h.sharers, k)
		}
	}
	return h
}

// homes are the countries and languages that an entry is at home in.
func (e Entry) homes() []string {
	var all []string
	for _, d := range e.Domains {
		if c := countryOf(d); c != "" && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, l := range e.Langs {
		all = append(all, language(l))
	}
	return all
}

// countryOf gives the country of a host by its top-level domain, "" where it has none.
func countryOf(host string) string {
	if top := host[strings.LastIndexByte(host, '.')+1:]; len(top) == 2 {
		return top
	}
	return ""
}

func language(code string) string { return "lang " + code }

// Local gives the outlet that a sign means in an article of a host and a language, where several outlets sign so: the only
// one that is at home in the host's country, else the only one in the language, else the one given.
func (r *Registry) Local(given news.Outlet, sign, host, lang string) news.Outlet {
	sharers := r.homes.sharers[fold(sign)]
	if len(sharers) == 0 {
		return given
	}
	for _, home := range []string{countryOf(host), language(lang)} {
		var found []int
		for _, i := range sharers {
			if slices.Contains(r.entries[i].homes(), home) {
				found = append(found, i)
			}
		}
		if len(found) == 1 {
			return r.entries[found[0]].Outlet()
		}
	}
	return given
}

// AtHome finds, in an article of a host and a language, the agencies' short names that mean other things elsewhere: "APA" in an
// Austrian paper. The mentions are in order.
func (r *Registry) AtHome(text, host, lang string) []Mention {
	var found []Mention
	for _, home := range []string{countryOf(host), language(lang)} {
		for _, i := range r.homes.quiet[home] {
			name := r.entries[i].Name
			for at := 0; ; {
				next := strings.Index(text[at:], name)
				if next < 0 {
					break
				}
				m := Mention{Start: at + next, End: at + next + len(name), Outlet: r.entries[i].Outlet()}
				if len(r.namesakes[fold(name)]) > 0 {
					m.Outlet = r.Local(r.namesakes.outlet(r.entries[i], name), name, host, lang)
				}
				if at = m.End; wordEnd(text[m.Start:]) == len(name) && wordStart(text[:m.End]) == m.Start {
					found = append(found, m)
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b Mention) int { return cmp.Compare(a.Start, b.Start) })
	return slices.CompactFunc(found, func(a, b Mention) bool { return a.Start == b.Start })
}
