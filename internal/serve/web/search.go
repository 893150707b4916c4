package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

// maxQuery bounds a search, in characters.
const maxQuery = 2000

type searchView struct {
	Query      string
	Order      string // as ?sort= says
	Articles   bool   // each by itself, not folded into stories
	Sorts      []sortLink
	Shows      []sortLink
	Error      string
	Building   string // that the index is, so that nothing is searched
	Total      int    // stories, or articles
	Matches    int    // articles
	Facets     []facet
	Results    []result
	Pager      pager
	Suggestion sortLink
}

// facet narrows a search: each value leads to the same search of that alone.
type facet struct {
	Name   string
	Values []facetLink
}

type facetLink struct {
	Name, URL string
	Count     int
}

// sortLink leads to the same search in another order.
type sortLink struct {
	Name, URL string
	Current   bool
}

// result is a found article with its place in its story.
type result struct {
	Title    []view.Piece
	Lang     string
	Snippet  []view.Piece
	Outlet   string
	Page     string
	Out      outLink
	Time     when
	Story    string // path; empty while unsettled
	By       credit
	Label    string // its role in the story
	Class    string
	Versions int
	Others   int // members of its story that match too
}

func (s *server) search(w http.ResponseWriter, r *http.Request) error {
	view := searchView{Query: queryOf(r), Order: r.URL.Query().Get("sort"), Articles: r.URL.Query().Get("show") == "articles"}
	view.Sorts, view.Shows = sortLinks(view), showLinks(view)
	status := http.StatusOK
	var building *news.BuildingError
	if err := s.validate(view.Query); err != nil {
		view.Error, status = err.Error(), http.StatusBadRequest
	} else if err := s.find(r, &view); errors.Is(err, news.ErrSlow) {
		view.Error, status = news.ErrSlow.Error(), http.StatusServiceUnavailable
	} else if errors.As(err, &building) {
		w.Header().Set("Retry-After", retryBuilding)
		view.Building, status = sentence(building), http.StatusServiceUnavailable
	} else if err != nil {
		return err
	}
	p, err := s.page(r.Context(), cmp.Or(view.Query, "Search"), "search")
	if err != nil {
		return err
	}
	p.Query, p.Body = view.Query, view
	if view.Query != "" && view.Error == "" {
		p.Feeds = feedLinks("Search: "+view.Query, "/feeds/search", "?q="+url.QueryEscape(view.Query))
	}
	return s.pages.write(w, status, "search", p)
}

func queryOf(r *http.Request) string {
	return strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get("q"), ""))
}

// validate says what is wrong with a query, in words for the reader. The empty query is sound and finds nothing.
func (s *server) validate(query string) error {
	if query == "" {
		return nil
	}
	if n := utf8.RuneCountInString(query); n > maxQuery {
		return fmt.Errorf("the search has %d characters; at most %d are read", n, maxQuery)
	}
	return s.check(query)
}

func (s *server) find(r *http.Request, view *searchView) error {
	if view.Query == "" {
		return nil
	}
	n, cursor := pageNumber(r), r.URL.Query().Get("cursor")
	want := news.Search{
		Query: view.Query, Limit: perPage, Newest: view.Order == "newest", Coverage: view.Order == "coverage",
		Stories: !view.Articles, Facets: true, Cursor: cursor,
	}
	if cursor == "" {
		want.Offset = (n - 1) * perPage
	}
	found, err := s.backend.Search(r.Context(), want)
	if errors.Is(err, news.ErrCursor) {
		want.Cursor, want.Offset = "", (n-1)*perPage
		found, err = s.backend.Search(r.Context(), want)
	}
	if err != nil {
		return fmt.Errorf("search %q: %w", view.Query, err)
	}
	view.Total, view.Matches, view.Facets = found.Total, found.Matches, facetsOf(*view, found.Facets)
	view.Pager = pagerOf(r, n, n*perPage < found.Total)
	if view.Pager.Next != "" && found.Next != "" {
		view.Pager.Next += "&cursor=" + url.QueryEscape(found.Next)
	}
	if found.Suggestion != "" {
		view.Suggestion = sortLink{Name: found.Suggestion, URL: view.link(found.Suggestion, view.Order, view.Articles)}
	}
	view.Results, err = s.results(r.Context(), found.Articles)
	return err
}

func (s *server) results(ctx context.Context, found []news.FoundArticle) ([]result, error) {
	stories, err := s.storiesOf(ctx, found)
	if err != nil {
		return nil, err
	}
	var all []result
	for _, f := range found {
		a := f.Article
		res := result{
			Title: view.Pieces(cmp.Or(a.Title, a.Headline(), "Untitled"), f.Title), Lang: a.Lang, Snippet: view.Snippet(f.Text(), f.Body),
			Outlet: publish.Name(a.Outlet), Page: articlePath(a.ID), Out: outTo(a.URL), Time: timeOf(a, s.now()), Others: f.Others,
		}
		if st, ok := stories[f.Story]; ok {
			res.place(a.ID, st)
		}
		all = append(all, res)
	}
	return all, nil
}

// place says what the article is to its story.
func (r *result) place(article int64, st news.Story) {
	r.Story, r.By, r.Versions = storyPath(st.ID), creditOf(st), len(st.Reports())
	for _, m := range st.Members {
		if m.Article.ID == article {
			v := memberOf(st, m, time.Time{})
			r.Label, r.Class = v.Label, v.Class
		}
	}
}

// storiesOf gives the stories of found articles by id, in one query.
func (s *server) storiesOf(ctx context.Context, found []news.FoundArticle) (map[int64]news.Story, error) {
	var ids []int64
	byID := map[int64]news.Story{}
	for _, f := range found {
		if _, ok := byID[f.Story]; !ok && f.Story != 0 {
			ids, byID[f.Story] = append(ids, f.Story), news.Story{}
		}
	}
	clear(byID)
	if len(ids) == 0 {
		return byID, nil
	}
	stories, err := s.backend.Stories(ctx, news.StoryList{IDs: news.Choose(ids...), Limit: len(ids)})
	if err != nil {
		return nil, fmt.Errorf("stories of a search: %w", err)
	}
	for _, st := range stories {
		if len(st.Members) > 0 {
			byID[st.ID] = st
		}
	}
	return byID, nil
}

// link leads to a search that is shown in some way.
func (v searchView) link(query, order string, articles bool) string {
	link := "/search?q=" + url.QueryEscape(query)
	if order != "" {
		link += "&sort=" + url.QueryEscape(order)
	}
	if articles {
		link += "&show=articles"
	}
	return link
}

func sortLinks(v searchView) (links []sortLink) {
	orders := []struct{ name, order string }{{"Best match", ""}, {"Newest", "newest"}, {"Most outlets", "coverage"}}
	known := v.Order == "newest" || v.Order == "coverage"
	for _, o := range orders {
		links = append(links, sortLink{o.name, v.link(v.Query, o.order, v.Articles), v.Order == o.order || o.order == "" && !known})
	}
	return links
}

func showLinks(v searchView) []sortLink {
	return []sortLink{
		{"Stories", v.link(v.Query, v.Order, false), !v.Articles},
		{"Every article", v.link(v.Query, v.Order, true), v.Articles},
	}
}

// facetsOf shows the facets that have something to choose from.
func facetsOf(v searchView, list []news.Facet) (shown []facet) {
	names := map[string]string{"outlet": "Outlets", "origin": "First by", "lang": "Languages", "day": "Days"}
	for _, f := range list {
		if len(f.Values) < 2 {
			continue
		}
		one := facet{Name: names[f.Field]}
		for _, value := range f.Values {
			link := v.link("("+v.Query+") "+value.Query, v.Order, v.Articles)
			one.Values = append(one.Values, facetLink{value.Name, link, value.Count})
		}
		shown = append(shown, one)
	}
	return shown
}
