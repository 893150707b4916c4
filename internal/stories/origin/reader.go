package origin

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// Reader finds the credits that articles make.
type Reader struct{ outlets *outlets.Registry }

// NewReader makes a Reader that knows the given outlets.
func NewReader(o *outlets.Registry) *Reader { return &Reader{outlets: o} }

// reading is the reading of one article.
type reading struct {
	outlets articleOutlets
	article news.Article // its marks have the addresses that redirectors name
	claims  claims
}

// byURL finds the outlet of an address that an article links to. Addresses of redirectors and local ones have none.
func (r *reading) byURL(address string) (news.Outlet, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return news.Outlet{}, false
	}
	host := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
	if _, err := netip.ParseAddr(host); err == nil || r.outlets.Redirects(address) || !strings.Contains(host, ".") {
		return news.Outlet{}, false
	}
	return r.outlets.ByURL(address)
}

// unwrapped gives the marks of an article with the addresses that redirectors' addresses name.
func (r *Reader) unwrapped(marks []news.Mark) []news.Mark {
	out := marks
	for i, m := range marks {
		if m.URL == "" {
			continue
		}
		if u := r.outlets.Unwrap(m.URL); u != m.URL {
			if &out[0] == &marks[0] {
				out = slices.Clone(marks)
			}
			out[i].URL = u
		}
	}
	return out
}

// articleOutlets are the outlets as an article means them: names that several outlets have are resolved by the rest of the article.
type articleOutlets struct {
	*outlets.Registry
	article *news.Article
}

func (x articleOutlets) ByName(name string) (news.Outlet, bool) {
	o, ok := x.Registry.ByName(name)
	return x.disambiguate(o), ok
}

func (x articleOutlets) Mentions(text string) []outlets.Mention {
	return x.disambiguateAll(x.Registry.Mentions(text))
}

func (x articleOutlets) Credits(text string) []outlets.Mention {
	return x.disambiguateAll(x.Registry.Credits(text))
}

func (x articleOutlets) AtHome(text string) []outlets.Mention {
	return x.disambiguateAll(x.Registry.AtHome(text, x.article.Outlet.Domain, x.article.Lang))
}

func (x articleOutlets) Dateline(text string) (outlets.Mention, bool) {
	m, ok := x.Registry.Dateline(text)
	m.Outlet = x.disambiguate(m.Outlet)
	return m, ok
}

// Local resolves a sign by the article's country and language. Names that several outlets have are resolved already.
func (x articleOutlets) Local(given news.Outlet, sign string) news.Outlet {
	if len(x.Namesakes(news.Outlet{Name: sign})) > 0 {
		return given
	}
	return x.Registry.Local(given, sign, x.article.Outlet.Domain, x.article.Lang)
}

func (x articleOutlets) disambiguateAll(mentions []outlets.Mention) []outlets.Mention {
	for i := range mentions {
		mentions[i].Outlet = x.disambiguate(mentions[i].Outlet)
	}
	return mentions
}

// disambiguate gives the outlet that the article means by a name which several have: the only other one that it links to, else its own, else
// the only one at home in its country or language. Where none of these tells, it stays somebody of that name.
func (x articleOutlets) disambiguate(o news.Outlet) news.Outlet {
	if o.Domain != "" {
		return o
	}
	all := x.Namesakes(o)
	if len(all) == 0 {
		return o
	}
	own, linked := x.article.Outlet, news.Outlet{}
	links := 0
	for _, other := range all {
		if !same(other, own) && slices.ContainsFunc(x.article.Marks, func(m news.Mark) bool { return x.linksTo(m, other) }) {
			linked = other
			links++
		}
	}
	switch {
	case links == 1:
		return linked
	case slices.ContainsFunc(all, func(other news.Outlet) bool { return same(other, own) }):
		return own
	}
	return x.Registry.Local(o, o.Name, own.Domain, x.article.Lang)
}

func (x articleOutlets) linksTo(m news.Mark, o news.Outlet) bool {
	to, ok := x.ByURL(m.URL)
	return ok && m.URL != "" && same(to, o)
}

// linkAt gives the address of a link on the mention, or right next to it where it does not lead to another outlet.
func (r *reading) linkAt(text string, m outlets.Mention) string {
	if text != r.article.Text {
		return ""
	}
	for _, l := range r.article.Marks {
		if l.Kind != news.MarkLink || l.End <= l.Start || l.Start > m.End+40 || l.End < m.Start-40 {
			continue
		}
		if on := l.Start < m.End && l.End > m.Start; on || !r.leadsElsewhere(l.URL, m.Outlet) {
			return l.URL
		}
	}
	return ""
}

// leadsElsewhere says that an address is known to be of another outlet than the one that is credited.
func (r *reading) leadsElsewhere(url string, credited news.Outlet) bool {
	o, ok := r.byURL(url)
	return ok && credited.Domain != "" && !same(o, credited)
}
