package origin

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// Outlets knows publishers by name, address and by the way they sign their text.
type Outlets interface {
	ByName(name string) (news.Outlet, bool)
	ByURL(url string) (news.Outlet, bool)
	Mentions(text string) []outlets.Mention
	Dateline(text string) (outlets.Mention, bool)
	Credits(text string) []outlets.Mention
	Namesakes(o news.Outlet) []news.Outlet
	Local(given news.Outlet, sign, host, lang string) news.Outlet
	AtHome(text, host, lang string) []outlets.Mention
	Aggregates(o news.Outlet) bool
	Redirects(url string) bool
	Unwrap(url string) string
}

// Reader finds claims.
type Reader struct {
	outlets Outlets
}

// NewReader makes a Reader that knows the given outlets.
func NewReader(o Outlets) *Reader { return &Reader{outlets: o} }

// byURL finds the outlet of an address that an article links to. A redirector's, a local and a private address tell none.
func (r *Reader) byURL(address string) (news.Outlet, bool) {
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

// inArticle are the outlets as an article means them: what names several tell is resolved by what else the article says.
type inArticle struct {
	Outlets
	article *news.Article
}

// in gives the reader that reads an article.
func (r *Reader) in(a *news.Article) *Reader { return &Reader{outlets: inArticle{r.outlets, a}} }

func (x inArticle) ByName(name string) (news.Outlet, bool) {
	o, ok := x.Outlets.ByName(name)
	return x.meant(o), ok
}

func (x inArticle) Mentions(text string) []outlets.Mention {
	return x.allMeant(x.Outlets.Mentions(text))
}

func (x inArticle) Credits(text string) []outlets.Mention { return x.allMeant(x.Outlets.Credits(text)) }

func (x inArticle) AtHome(text, host, lang string) []outlets.Mention {
	return x.allMeant(x.Outlets.AtHome(text, host, lang))
}

func (x inArticle) Dateline(text string) (outlets.Mention, bool) {
	m, ok := x.Outlets.Dateline(text)
	m.Outlet = x.meant(m.Outlet)
	return m, ok
}

// Local leaves names alone that several outlets have: whom those mean is found out already.
func (x inArticle) Local(given news.Outlet, sign, host, lang string) news.Outlet {
	if len(x.Namesakes(news.Outlet{Name: sign})) > 0 {
		return given
	}
	return x.Outlets.Local(given, sign, host, lang)
}

func (x inArticle) allMeant(mentions []outlets.Mention) []outlets.Mention {
	for i := range mentions {
		mentions[i].Outlet = x.meant(mentions[i].Outlet)
	}
	return mentions
}

// meant gives the outlet that the article means by a name which several have: the only other one that it links to, else its own, else
// the only one at home in its country or language. Where none of these tells, it stays somebody of that name.
func (x inArticle) meant(o news.Outlet) news.Outlet {
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
		if !same(other, own) && slices.ContainsFunc(x.article.Marks, func(m news.Mark) bool { return x.leadsTo(m, other) }) {
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
	return x.Outlets.Local(o, o.Name, own.Domain, x.article.Lang)
}

func (x inArticle) leadsTo(m news.Mark, o news.Outlet) bool {
	to, ok := x.ByURL(m.URL)
	return ok && m.URL != "" && same(to, o)
}

// linkAt gives the address of a link on the mention, or right next to it where it does not lead to another outlet.
func (r *Reader) linkAt(a news.Article, text string, m outlets.Mention) string {
	if text != a.Text {
		return ""
	}
	for _, l := range a.Marks {
		if l.Kind != news.MarkLink || l.End <= l.Start || l.Start > m.End+40 || l.End < m.Start-40 {
			continue
		}
		if on := l.Start < m.End && l.End > m.Start; on || !r.toAnother(l.URL, m.Outlet) {
			return l.URL
		}
	}
	return ""
}

// toAnother says that an address is known to be of another outlet than the one that is credited.
func (r *Reader) toAnother(url string, credited news.Outlet) bool {
	o, ok := r.byURL(url)
	return ok && credited.Domain != "" && !same(o, credited)
}
