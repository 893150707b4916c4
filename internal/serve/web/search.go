package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

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

// facet counts the results by one property. Each value links to the same search narrowed to it.
type facet struct {
	Name   string
	Values []facetLink
}

// facetLink links to the search narrowed to one value.
type facetLink struct {
	Name, URL string
	Count     int
}

// sortLink links to the same search in another order or form.
type sortLink struct {
	Name, URL string
	Current   bool
}

// result is a found article and its role in its story.
type result struct {
	Title    []view.Piece
	Lang     string
	Snippet  []view.Piece
	Outlet   string
	Page     string
	Out      outLink
	Time     timestamp
	Story    string // path; empty while unsettled
	By       originView
	Label    string // its role in the story
	Class    string
	Versions int
	Others   int // members of its story that match too
}

func (s *server) search(w http.ResponseWriter, r *http.Request) error {
	v := searchView{Query: queryOf(r), Order: r.URL.Query().Get("sort"), Articles: r.URL.Query().Get("show") == "articles"}
	known := v.Order == "newest" || v.Order == "coverage"
	for _, o := range []struct{ name, order string }{{"Best match", ""}, {"Newest", "newest"}, {"Most outlets", "coverage"}} {
		v.Sorts = append(v.Sorts, sortLink{o.name, v.link(v.Query, o.order, v.Articles), v.Order == o.order || o.order == "" && !known})
	}
	v.Shows = []sortLink{
		{"Stories", v.link(v.Query, v.Order, false), !v.Articles},
		{"Every article", v.link(v.Query, v.Order, true), v.Articles},
	}
	status := http.StatusOK
	var building *search.BuildingError
	if err := s.validate(v.Query); err != nil {
		v.Error, status = err.Error(), http.StatusBadRequest
	} else if err := s.find(r, &v); errors.Is(err, search.ErrSlow) {
		v.Error, status = search.ErrSlow.Error(), http.StatusServiceUnavailable
	} else if errors.As(err, &building) {
		w.Header().Set("Retry-After", retryBuilding)
		v.Building, status = sentence(building), http.StatusServiceUnavailable
	} else if err != nil {
		return err
	}
	p := page{Title: cmp.Or(v.Query, "Search"), Nav: "search", Query: v.Query, Body: v}
	if v.Query != "" && v.Error == "" {
		p.Feeds = feedLinks("Search: "+v.Query, "/feeds/search", "?q="+url.QueryEscape(v.Query))
	}
	return s.write(w, r, status, "search", p)
}

// find searches and fills in the results.
func (s *server) find(r *http.Request, v *searchView) error {
	if v.Query == "" {
		return nil
	}
	n, cursor := pageNumber(r), r.URL.Query().Get("cursor")
	want := search.Request{
		Query: v.Query, Limit: perPage, Newest: v.Order == "newest", Coverage: v.Order == "coverage",
		Stories: !v.Articles, Facets: true, Cursor: cursor,
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
		return fmt.Errorf("search %q: %w", v.Query, err)
	}
	v.Total, v.Matches, v.Facets = found.Total, found.Matches, facetsOf(*v, found.Facets)
	v.Pager = pagerOf(r, n, n*perPage < found.Total)
	if v.Pager.Next != "" && found.Next != "" {
		v.Pager.Next += "&cursor=" + url.QueryEscape(found.Next)
	}
	if found.Suggestion != "" {
		v.Suggestion = sortLink{Name: found.Suggestion, URL: v.link(found.Suggestion, v.Order, v.Articles)}
	}
	stories, err := s.storiesOf(r.Context(), found.Articles)
	if err != nil {
		return err
	}
	for _, f := range found.Articles {
		a := f.Article
		res := result{
			Title: view.Pieces(cmp.Or(a.Title, a.Headline(), "Untitled"), f.Title), Lang: a.Lang, Snippet: view.Snippet(f.Text(), f.Body),
			Outlet: publish.Name(a.Outlet), Page: articlePath(a.ID), Out: outTo(a.URL), Time: articleTime(a, s.now()), Others: f.Others,
		}
		if st, ok := stories[f.Story]; ok {
			res.Story, res.By, res.Versions = storyPath(st.ID), originOf(st), len(st.Reports())
			for _, m := range st.Members {
				if m.Article.ID == a.ID {
					shown := memberOf(st, m, time.Time{})
					res.Label, res.Class = shown.Label, shown.Class
				}
			}
		}
		v.Results = append(v.Results, res)
	}
	return nil
}

// storiesOf gives the stories of found articles by id, in one query.
func (s *server) storiesOf(ctx context.Context, found []search.FoundArticle) (map[int64]news.Story, error) {
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

// link is the address of a search in an order and a form.
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

// facetsOf shows the facets that have something to choose from.
func facetsOf(v searchView, list []search.Facet) (shown []facet) {
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
