package outlets

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"headwater/internal/news"
)

func namesakesOf(entries []Entry) namesakes {
	all := namesakes{}
	for _, e := range entries {
		var own []string
		for _, name := range e.names() {
			if k := fold(name); !slices.Contains(own, k) {
				own = append(own, k)
				all[k] = append(all[k], e)
			}
		}
	}
	for k, sharers := range all {
		if len(sharers) < 2 {
			delete(all, k)
		}
	}
	return all
}

// outlet returns the outlet that a name of an entry means by itself. If several entries have the name, this is an outlet with
// the name and no domain, which is an agency only if all of them are. Package origin resolves it by the article that has the
// name.
func (all namesakes) outlet(e Entry, name string) news.Outlet {
	sharers := all[fold(name)]
	if len(sharers) == 0 {
		return e.Outlet()
	}
	return ambiguous(sharers, name)
}

// signer returns the outlet that a signature means. Of several it is the only agency or press release service, since these
// sign.
func (all namesakes) signer(e Entry, sign string) news.Outlet {
	sharers := all[fold(sign)]
	if signers := slices.DeleteFunc(slices.Clone(sharers), func(e Entry) bool { return !e.signs() }); len(signers) > 0 {
		sharers = signers
	}
	switch len(sharers) {
	case 0:
		return e.Outlet()
	case 1:
		return sharers[0].Outlet()
	}
	return ambiguous(sharers, sign)
}

// ambiguous returns an outlet with a name, spelled as in the entries, and no domain.
func ambiguous(sharers []Entry, name string) news.Outlet {
	o := news.Outlet{Name: name, Agency: true}
	names := sharers[0].names()
	if i := slices.IndexFunc(names, func(n string) bool { return fold(n) == fold(name) }); i >= 0 {
		o.Name = names[i]
	}
	for _, e := range sharers {
		o.Agency = o.Agency && e.Agency
	}
	return o
}

// Namesakes returns the outlets that share the name of an outlet without a domain. It returns none if only one has the name.
func (r *Registry) Namesakes(o news.Outlet) []news.Outlet {
	if o.Domain != "" || len(r.namesakes) == 0 {
		return nil
	}
	var all []news.Outlet
	for _, e := range r.namesakes[fold(o.Name)] {
		all = append(all, e.Outlet())
	}
	return all
}

// SharedName is a name of several outlets.
type SharedName struct {
	Name    string
	Outlets []news.Outlet
}

// SharedNames returns the names of several outlets, in order. `headwater doctor` lists them.
func (r *Registry) SharedNames() []SharedName {
	all := make([]SharedName, 0, len(r.namesakes))
	for _, k := range slices.Sorted(maps.Keys(r.namesakes)) {
		o := ambiguous(r.namesakes[k], k)
		all = append(all, SharedName{o.Name, r.Namesakes(o)})
	}
	return all
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

// homes returns the countries and languages in which an entry is at home.
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

// countryOf returns the country of a host by its top-level domain, or "" if it has none.
func countryOf(host string) string {
	if top := host[strings.LastIndexByte(host, '.')+1:]; len(top) == 2 {
		return top
	}
	return ""
}

func language(code string) string { return "lang " + code }

// Local returns the outlet that a sign means in an article of a host and a language, if several outlets use the sign. It is the
// only one that is at home in the host's country, or else the only one in the language (Entry.Langs), or else given.
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

// AtHome finds short names of agencies that have other meanings elsewhere, such as "APA", if the article's host or language is
// that of the agency (an Austrian newspaper). The mentions are in text order.
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
