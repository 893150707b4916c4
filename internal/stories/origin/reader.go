package origin

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// Reader finds the credits in articles.
type Reader struct{ outlets *outlets.Registry }

// NewReader makes a Reader for the given outlets.
func NewReader(o *outlets.Registry) *Reader { return &Reader{outlets: o} }

// reading is the state while one article is read.
type reading struct {
	outlets articleOutlets
	article news.Article // in its marks, addresses of redirectors are replaced by their targets
	claims  claims
}

// byURL finds the outlet of an address that an article links to. Addresses of redirectors and local addresses have none.
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

// unwrapped returns the marks of an article. Addresses of redirectors are replaced by the target addresses that they contain.
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

// articleOutlets finds outlets in the context of an article. It resolves names of several outlets by the rest of the article.
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

// Local resolves an agency's sign by the article's country and language. Names of several outlets have been resolved already.
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

// disambiguate resolves a name of several outlets. It returns the only other outlet of that name that the article links to, or
// else the article's own outlet, or else the only one at home in its country or language. Otherwise the outlet keeps its name
// and has no domain.
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

// linkAt returns the address of a link on a mention, or of a link right next to it that does not lead to another outlet.
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

// leadsElsewhere reports whether an address is known to be of another outlet than the credited one.
func (r *reading) leadsElsewhere(url string, credited news.Outlet) bool {
	o, ok := r.byURL(url)
	return ok && credited.Domain != "" && !same(o, credited)
}
