package origin

import (
	"slices"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

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
