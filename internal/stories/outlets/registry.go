// Package outlets knows who publishes: names and domains of outlets and agencies, and how agencies sign their texts.
package outlets

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"headwater/internal/news"
)

// Registry finds outlets by name, address and in texts. It is safe for concurrent use.
type Registry struct {
	entries   []Entry
	names     map[string]int // folded names, aliases and signs
	namesakes namesakes
	domains   map[string]int
	signs     map[string]int // as written; agencies first
	finder    finder
	homes     homes
	datelines []Pattern
	credits   []Pattern

	redirectors map[string][]string // by host: the beginnings of paths, "" for all
	platforms   []string
}

// Load reads agencies.yaml and then the users' own entries. An extra entry whose name or alias is known, or else one of
// whose domains is, adds to that entry: its name is the one shown, its domains and aliases come on top, and what
// it says to be true becomes true. A domain that it names is its own from then on. Of two extra entries of one name, each with domains
// of its own, the second is a namesake (see Entry).
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
		entries = amend(entries, e)
	}
	r := &Registry{
		entries: entries, names: map[string]int{}, namesakes: namesakesOf(entries), domains: map[string]int{}, signs: map[string]int{},
		redirectors: redirectors(doc.Redirectors), platforms: doc.Platforms,
	}
	r.index()
	r.finder = newFinder(entries, r.namesakes)
	r.homes = homesOf(entries)
	if r.datelines, err = compile(doc.Datelines, true); err != nil {
		return nil, err
	}
	if r.credits, err = compile(doc.Credits, false); err != nil {
		return nil, err
	}
	return r, nil
}

// amend puts a user's entry into the list.
func amend(entries []Entry, extra Entry) []Entry {
	at := slices.IndexFunc(entries, func(e Entry) bool { return !extra.Namesake && shares(e.names(), extra.names(), fold) })
	if at < 0 {
		same := func(s string) string { return s }
		at = slices.IndexFunc(entries, func(e Entry) bool { return shares(e.Domains, extra.Domains, same) })
	}
	out := make([]Entry, 0, len(entries)+1)
	for i, e := range entries {
		if i == at {
			out = append(out, mend(e, extra))
			continue
		}
		e.Domains = without(e.Domains, extra.Domains)
		out = append(out, e)
	}
	if at < 0 {
		out = append(out, extra)
	}
	return out
}

func shares(a, b []string, key func(string) string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return key(x) == key(y) })
	})
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

func mend(e, extra Entry) Entry {
	e.Aliases = slices.Concat(e.Aliases, []string{e.Name}, extra.Aliases)
	e.Name = extra.Name
	e.Aliases = without(e.Aliases, []string{e.Name})
	e.Domains = slices.Concat(e.Domains, without(extra.Domains, e.Domains))
	e.Signs = slices.Concat(e.Signs, without(extra.Signs, e.Signs))
	e.Langs = slices.Concat(e.Langs, without(extra.Langs, e.Langs))
	e.Agency = e.Agency || extra.Agency
	e.Release = e.Release || extra.Release
	e.Aggregator = e.Aggregator || extra.Aggregator
	e.Common = e.Common || extra.Common
	e.Quiet = e.Quiet || extra.Quiet
	return e
}

func (r *Registry) index() {
	for i, e := range r.entries {
		for _, d := range e.Domains {
			r.domains[d] = i
		}
		for _, n := range e.names() {
			put(r.names, fold(n), i)
		}
	}
	for i, e := range r.entries {
		for _, s := range e.Signs {
			put(r.names, fold(s), i)
		}
	}
	r.indexSigns(Entry.signs)
	r.indexSigns(func(e Entry) bool { return !e.signs() && !e.Common && !e.Quiet })
}

func (r *Registry) indexSigns(of func(Entry) bool) {
	for i, e := range r.entries {
		if !of(e) {
			continue
		}
		for _, s := range slices.Concat(e.names(), e.Signs) {
			put(r.signs, signKey(s), i)
			if len(s) > 4 { // REUTERS, but not the map of "map"
				put(r.signs, strings.ToUpper(signKey(s)), i)
			}
		}
	}
}

// put sets a key that is not set yet.
func put(m map[string]int, key string, value int) {
	if _, taken := m[key]; !taken {
		m[key] = value
	}
}

// All returns every entry.
func (r *Registry) All() []Entry { return slices.Clone(r.entries) }

// Entry is what is known of an outlet, by its domain or else its name, if that is the name of one.
func (r *Registry) Entry(o news.Outlet) (Entry, bool) {
	if i, ok := r.domains[o.Domain]; ok {
		return r.entries[i], true
	}
	i, ok := r.names[fold(o.Name)]
	if !ok || len(r.namesakes[fold(o.Name)]) > 0 {
		return Entry{}, false
	}
	return r.entries[i], true
}

// Aggregates says that an outlet lists or reruns what others publish, so that what it says itself is news of a company.
func (r *Registry) Aggregates(o news.Outlet) bool {
	e, ok := r.Entry(o)
	return ok && e.Aggregator
}

// ByName finds an outlet by its name, an alias, a sign or a domain ("reuters.com"). Case, width, accents, punctuation, a leading
// "The" and a trailing ".com" do not matter. Of a name that several have no more is known than the name; see Namesakes.
func (r *Registry) ByName(name string) (news.Outlet, bool) {
	folded := fold(name)
	i, ok := r.names[folded]
	if !ok && strings.Contains(name, ".") {
		host := strings.ToLower(strings.TrimSpace(name))
		if i, ok = r.host(host); !ok {
			i, ok = r.names[fold(strings.TrimSuffix(host, ".com"))]
		}
	}
	if !ok {
		return news.Outlet{}, false
	}
	return r.namesakes.outlet(r.entries[i], name), true
}

// host finds the entry with the longest domain that host is or lies under.
func (r *Registry) host(host string) (int, bool) {
	for {
		if i, ok := r.domains[host]; ok {
			return i, true
		}
		_, parent, ok := strings.Cut(host, ".")
		if !ok {
			return 0, false
		}
		host = parent
	}
}

// ByURL finds the outlet that an address belongs to. A host that no entry has is an outlet named like its registrable
// domain. It is false only for an address without a host.
func (r *Registry) ByURL(address string) (news.Outlet, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" {
		return news.Outlet{}, false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if i, ok := r.host(host); ok && !r.onPlatform(host, r.entries[i].Domains) {
		return r.entries[i].Outlet(), true
	}
	return r.unknown(host), true
}

// onPlatform says that a host is one of many on a platform, of which no more is known than the platform itself.
func (r *Registry) onPlatform(host string, domains []string) bool {
	own := r.hosted(host)
	return own != "" && !slices.ContainsFunc(domains, func(d string) bool {
		return d == own || strings.HasSuffix(own, "."+d) && !slices.Contains(r.platforms, d)
	})
}

// hosted gives the name under a platform that a host is or lies under, "" where it is on none.
func (r *Registry) hosted(host string) string {
	for _, p := range r.platforms {
		if rest, ok := strings.CutSuffix(host, "."+p); ok {
			label := rest[strings.LastIndexByte(rest, '.')+1:]
			if label != "" && label != "www" {
				return label + "." + p
			}
		}
	}
	return ""
}

// unknown is the outlet of a host that no entry has. An address that no name can be registered under stands for itself.
func (r *Registry) unknown(host string) news.Outlet {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if own := r.hosted(host); own != "" {
		domain = own
	}
	if err != nil || strings.Trim(host, "0123456789.") == "" {
		domain = host
	}
	name, err := idna.Display.ToUnicode(domain)
	if err != nil {
		name = domain
	}
	return news.Outlet{Name: name, Domain: domain}
}
