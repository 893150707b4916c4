// Package outlets knows the names and domains of outlets and agencies, and how agencies sign their texts.
//
// The input is agencies.yaml and the users' own entries (Load), and what people change while the program runs
// (Registry.Amend). The Registry then finds outlets by name, by address, in running
// text (Mentions), and by the lines with which agencies sign (Dateline, Credits).
//
// From the top down: edits.go has the Registry, whose table is replaced when people change outlets. load.go builds a table.
// mention.go finds names in texts. dateline.go finds signatures, and
// literals.go skips regular expressions that cannot match. registry.go has the table, the look-ups, and how names of several
// outlets are resolved. entry.go has the format of agencies.yaml, normalises names and finds the ends of words.
package outlets

import (
	"cmp"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"headwater/internal/news"
)

// table is what a Registry looks up: entries with their indexes. It does not change.
type table struct {
	entries   []Entry
	edited    map[string]int // entries that people changed, by each key that means them
	names     map[string]int // folded names, aliases and signs
	namesakes namesakes
	domains   map[string]int
	signs     map[string]int // as written; agencies come first
	finder    finder
	homes     homes
	datelines []pattern
	credits   []pattern

	redirectors map[string][]string // by host: path prefixes, "" for all paths
	platforms   []string
}

// All returns every entry.
func (r *table) All() []Entry { return slices.Clone(r.entries) }

// Entry returns the entry of an outlet, by its domain or else its name. It returns false if there is none.
func (r *table) Entry(o news.Outlet) (Entry, bool) {
	if i, ok := r.domains[o.Domain]; ok {
		return r.entries[i], true
	}
	i, ok := r.names[fold(o.Name)]
	if !ok || len(r.namesakes[fold(o.Name)]) > 0 {
		return Entry{}, false
	}
	return r.entries[i], true
}

// Aggregates reports whether an outlet lists or reruns what others publish. A statement of such an outlet is news about a
// company.
func (r *table) Aggregates(o news.Outlet) bool {
	e, ok := r.Entry(o)
	return ok && e.Aggregator
}

// ByName finds an outlet by its name, an alias, a sign or a domain ("reuters.com"). Case, width, accents, punctuation, a
// leading "The" and a trailing ".com" are ignored. For a name of several outlets only the name is returned; see Namesakes.
func (r *table) ByName(name string) (news.Outlet, bool) {
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

// host finds the entry with the longest domain that is the host or a parent domain of it.
func (r *table) host(host string) (int, bool) {
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

// ByURL finds the outlet of an address. A host without an entry becomes an outlet named after its registrable domain. ByURL
// returns false only for an address without a host.
func (r *table) ByURL(address string) (news.Outlet, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" {
		return news.Outlet{}, false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if i, ok := r.host(host); ok {
		own := r.hostedName(host)
		known := own == "" || slices.ContainsFunc(r.entries[i].Domains, func(d string) bool {
			return d == own || strings.HasSuffix(own, "."+d) && !slices.Contains(r.platforms, d)
		})
		if known { // otherwise it is one of many outlets on a platform, of which only the platform is known
			return r.entries[i].Outlet(), true
		}
	}
	return r.unlisted(host), true
}

// hostedName returns the name under a platform to which a host belongs, or "" if the host is on none.
func (r *table) hostedName(host string) string {
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

// unlisted returns the outlet of a host without an entry. If no name can be registered under the host, the host is its own
// name.
func (r *table) unlisted(host string) news.Outlet {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if own := r.hostedName(host); own != "" {
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

// pattern is the form of a line with an agency's signature.
type pattern struct {
	like   string         // an example
	langs  []string       // languages in which it is usual, for datelines
	kind   news.ClaimKind // the kind of claim it makes
	outlet string         // the credited outlet, if no sign names it

	expr  *regexp.Regexp
	needs literals
	reach reach
}

// reach is the set of positions in a captured text at which a sign is accepted.
type reach int

const (
	exactly reach = iota // the whole text, or the first of several parts
	front                // also the beginning of the first part
	back                 // also the end of the last part
	anySide              // also either end of any part
)

// needle is one spelling of a name to search for.
type needle struct {
	text         string
	outlet       news.Outlet
	exact        bool // the case must be equal
	common       bool
	article      bool // a preceding "The" belongs to it
	needsArticle bool // it counts only with an article
	first, last  rune
}

// finder holds the needles by their first two bytes. For a multi-byte character the second and third byte are used instead,
// since the first bytes hardly differ.
type finder struct {
	at      [1 << 16]uint16 // index into needles; 0 means none
	needles [][]needle      // longest first
}

// Mention is an outlet's name found in a text, with byte offsets.
type Mention struct {
	Start, End int
	Outlet     news.Outlet
	Kind       news.ClaimKind // the claim that the surrounding words make; "" if they were not examined
}

// namesakes holds the entries that share a name or an alias, by the folded name. Such a name alone identifies none of them.
type namesakes map[string][]Entry

// homes distinguishes outlets that share a name or a sign. It also says where the short names of agencies are usual that have
// other meanings elsewhere. An outlet is at home in the countries of its domains (aps.sn: sn) and in its languages.
type homes struct {
	sharers map[string][]int // entries by folded name or sign, if there are several
	quiet   map[string][]int // entries with a quiet short name by country ("au") or language ("lang sv")
}

// redirectors parses the list of redirectors in agencies.yaml.
func redirectors(list []string) map[string][]string {
	out := make(map[string][]string, len(list))
	for _, entry := range list {
		host, path, _ := strings.Cut(strings.ToLower(entry), "/")
		out[host] = append(out[host], path)
	}
	return out
}

// Redirects reports whether an address is on a shortener, a tracker or another service that only redirects to pages of others.
func (r *table) Redirects(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && r.redirects(u)
}

func (r *table) redirects(u *url.URL) bool {
	host := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
	path := strings.TrimPrefix(strings.ToLower(u.Path), "/")
	return slices.ContainsFunc(r.redirectors[host], func(begin string) bool { return strings.HasPrefix(path, begin) }) ||
		strings.HasPrefix(host, "news.google.")
}

// parameters are the query parameters in which redirectors give the target address.
var parameters = []string{"url", "u", "q", "to", "target", "dest", "destination", "redirect", "link", "murl"}

// longestChain is the maximum number of nested redirectors that are unwrapped.
const longestChain = 3

// Unwrap returns the target address in a redirector's address. Other addresses are returned unchanged.
func (r *table) Unwrap(address string) string {
	for range longestChain {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || !r.redirects(u) {
			break
		}
		inner := targetOf(u.Query())
		if inner == "" {
			break
		}
		address = inner
	}
	return address
}

// targetOf finds the first parameter that is the address of a public page.
func targetOf(query url.Values) string {
	for _, p := range parameters {
		u, err := url.Parse(query.Get(p))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") {
			continue
		}
		if _, err := netip.ParseAddr(u.Hostname()); err != nil {
			return u.String()
		}
	}
	return ""
}

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
func (r *table) Namesakes(o news.Outlet) []news.Outlet {
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
func (r *table) SharedNames() []SharedName {
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
func (r *table) Local(given news.Outlet, sign, host, lang string) news.Outlet {
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
func (r *table) AtHome(text, host, lang string) []Mention {
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
