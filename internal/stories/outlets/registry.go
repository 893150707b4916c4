// Package outlets knows who publishes: the names and domains of outlets and agencies, and how agencies sign their texts.
//
// In go agencies.yaml and the users' own entries (Load); Registry then finds outlets by name, address, in running text (Mentions),
// and by the lines with which agencies sign (Dateline, Credits).
//
// From the top down: load.go builds a Registry; mention.go finds names in texts, dateline.go signatures, with literals.go to skip
// regular expressions that cannot match; registry.go has the type and the look-ups; namesakes.go resolves names that several
// outlets have; entry.go has the form of agencies.yaml; fold.go compares names and finds the ends of words.
package outlets

import (
	"net/netip"
	"net/url"
	"regexp"
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
	datelines []pattern
	credits   []pattern

	redirectors map[string][]string // by host: the beginnings of paths, "" for all
	platforms   []string
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
	if i, ok := r.host(host); ok {
		own := r.hostedName(host)
		known := own == "" || slices.ContainsFunc(r.entries[i].Domains, func(d string) bool {
			return d == own || strings.HasSuffix(own, "."+d) && !slices.Contains(r.platforms, d)
		})
		if known { // else it is one of many on a platform, of which no more is known than the platform itself
			return r.entries[i].Outlet(), true
		}
	}
	return r.unlisted(host), true
}

// hostedName gives the name under a platform that a host is or lies under, "" where it is on none.
func (r *Registry) hostedName(host string) string {
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

// unlisted is the outlet of a host that no entry has. An address that no name can be registered under stands for itself.
func (r *Registry) unlisted(host string) news.Outlet {
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

// pattern is a shape that an agency's signature stands in.
type pattern struct {
	like   string         // an example
	langs  []string       // where it is usual, for datelines
	kind   news.ClaimKind // what it claims
	outlet string         // who it credits, where no sign says so

	expr  *regexp.Regexp
	needs literals
	reach reach
}

// reach is where in a captured text a sign may stand.
type reach int

const (
	exactly reach = iota // all of it, or the first of several parts
	front                // or the beginning of the first part
	back                 // or the end of the last part
	anySide              // or either end of any part
)

// needle is one spelling of one name to look for.
type needle struct {
	text         string
	outlet       news.Outlet
	exact        bool // no other case will do
	common       bool
	article      bool // a "The" before it belongs to it
	needsArticle bool // it does not count without one
	first, last  rune
}

// finder holds the needles by their first two bytes. Those of a long character would hardly tell one from
// another, so its second and third byte count instead.
type finder struct {
	at      [1 << 16]uint16 // index into needles; 0 is none
	needles [][]needle      // longest first
}

// Mention is an outlet's name found in a text, as byte offsets.
type Mention struct {
	Start, End int
	Outlet     news.Outlet
	Kind       news.ClaimKind // what the words around it claim; "" where nobody looked
}

// namesakes are the entries that share a name or an alias, by the folded name. Such a name alone tells none of them.
type namesakes map[string][]Entry

// homes tells apart the outlets that share a name or a sign, and knows where the short names of agencies are common that mean
// other things elsewhere. An outlet is at home in the countries of its domains (aps.sn: sn) and in its languages.
type homes struct {
	sharers map[string][]int // entries by folded name or sign, where there are several
	quiet   map[string][]int // entries with a quiet short name by country ("au") or language ("lang sv")
}

// redirectors reads the list of agencies.yaml.
func redirectors(list []string) map[string][]string {
	out := make(map[string][]string, len(list))
	for _, entry := range list {
		host, path, _ := strings.Cut(strings.ToLower(entry), "/")
		out[host] = append(out[host], path)
	}
	return out
}

// Redirects says whether an address is a shortener's, a tracker's or another's whose pages are all redirects to pages of others.
func (r *Registry) Redirects(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && r.redirects(u)
}

func (r *Registry) redirects(u *url.URL) bool {
	host := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
	path := strings.TrimPrefix(strings.ToLower(u.Path), "/")
	return slices.ContainsFunc(r.redirectors[host], func(begin string) bool { return strings.HasPrefix(path, begin) }) ||
		strings.HasPrefix(host, "news.google.")
}

// parameters in which redirectors name the address that they lead to.
var parameters = []string{"url", "u", "q", "to", "target", "dest", "destination", "redirect", "link", "murl"}

// longestChain is how many redirectors are unwrapped one out of another.
const longestChain = 3

// Unwrap gives the address that a redirector's names as the one that it leads to; other addresses come back as they are.
func (r *Registry) Unwrap(address string) string {
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
