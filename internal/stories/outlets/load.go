package outlets

import (
	"fmt"
	"slices"
	"strings"
)

// merge adds a user's entry to the list.
func merge(entries []Entry, extra Entry) []Entry {
	at := slices.IndexFunc(entries, func(e Entry) bool { return !extra.Namesake && intersect(e.names(), extra.names(), fold) })
	if at < 0 {
		same := func(s string) string { return s }
		at = slices.IndexFunc(entries, func(e Entry) bool { return intersect(e.Domains, extra.Domains, same) })
	}
	out := make([]Entry, 0, len(entries)+1)
	for i, e := range entries {
		if i == at {
			e.Aliases = without(slices.Concat(e.Aliases, []string{e.Name}, extra.Aliases), []string{extra.Name})
			e.Name = extra.Name
			e.Domains = slices.Concat(e.Domains, without(extra.Domains, e.Domains))
			e.Signs = slices.Concat(e.Signs, without(extra.Signs, e.Signs))
			e.Langs = slices.Concat(e.Langs, without(extra.Langs, e.Langs))
			e.Agency = e.Agency || extra.Agency
			e.Release = e.Release || extra.Release
			e.Aggregator = e.Aggregator || extra.Aggregator
			e.Common = e.Common || extra.Common
			e.Quiet = e.Quiet || extra.Quiet
		} else {
			e.Domains = without(e.Domains, extra.Domains)
		}
		out = append(out, e)
	}
	if at < 0 {
		out = append(out, extra)
	}
	return out
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

// Load reads agencies.yaml and then the users' own entries. An extra entry is merged into a known entry with the same name or
// alias, or else with one of its domains. Its name is shown, its domains and aliases are added, and flags that it sets become
// true. A domain that it names belongs to this outlet from then on. Of two extra entries with one name, each with domains of
// its own, the second is a namesake (see Entry).
func Load(data []byte, extra ...Entry) (*Registry, error) {
	doc, err := parse(data)
	if err != nil {
		return nil, err
	}
	entries := doc.Outlets
	for i, e := range extra {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("outlets: %w", err)
		}
		e.Namesake = e.Namesake || slices.ContainsFunc(extra[:i], e.isNamesakeOf)
		entries = merge(entries, e)
	}
	t := &table{redirectors: redirectors(doc.Redirectors), platforms: doc.Platforms}
	if t.datelines, err = compile(doc.Datelines, true); err != nil {
		return nil, err
	}
	if t.credits, err = compile(doc.Credits, false); err != nil {
		return nil, err
	}
	r := &Registry{builtIn: t.with(entries)}
	r.current.Store(r.builtIn)
	return r, nil
}

// with returns a table of these entries with the same shapes, redirectors and platforms.
func (r *table) with(entries []Entry) *table {
	shared := namesakesOf(entries)
	t := &table{
		entries: entries, names: map[string]int{}, namesakes: shared, domains: map[string]int{}, signs: map[string]int{},
		finder: newFinder(entries, shared), homes: homesOf(entries),
		datelines: r.datelines, credits: r.credits, redirectors: r.redirectors, platforms: r.platforms,
	}
	t.index()
	return t
}

func (r *table) index() {
	for i, e := range r.entries {
		for _, d := range e.Domains {
			r.domains[d] = i
		}
		for _, n := range e.names() {
			setOnce(r.names, fold(n), i)
		}
	}
	for i, e := range r.entries {
		for _, s := range e.Signs {
			setOnce(r.names, fold(s), i)
		}
	}
	r.indexSigns(Entry.signs)
	r.indexSigns(func(e Entry) bool { return !e.signs() && !e.Common && !e.Quiet })
}

func (r *table) indexSigns(of func(Entry) bool) {
	for i, e := range r.entries {
		if !of(e) {
			continue
		}
		for _, s := range slices.Concat(e.names(), e.Signs) {
			setOnce(r.signs, signKey(s), i)
			if len(s) > 4 { // matches REUTERS, but does not take the word "map" for MAP
				setOnce(r.signs, strings.ToUpper(signKey(s)), i)
			}
		}
	}
}

// setOnce sets a key that is not set yet.
func setOnce(m map[string]int, key string, value int) {
	if _, taken := m[key]; !taken {
		m[key] = value
	}
}
