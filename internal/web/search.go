package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/publish"
)

// maxQuery bounds a search, in characters.
const maxQuery = 2000

type searchView struct {
	Query   string
	Newest  bool
	Sorts   [2]sortLink
	Error   string
	Total   int
	Results []result
	Pager   pager
}

// sortLink leads to the same search in another order.
type sortLink struct {
	Name, URL string
	Current   bool
}

// result is a found article with its place in its story.
type result struct {
	Title    []piece
	Lang     string
	Snippet  []piece
	Outlet   string
	Page     string
	Out      outLink
	Time     when
	Story    string // path; empty while unsettled
	By       credit
	Label    string // its role in the story
	Class    string
	Versions int
}

func (s *server) search(w http.ResponseWriter, r *http.Request) error {
	view := searchView{Query: queryOf(r), Newest: r.URL.Query().Get("sort") == "newest"}
	view.Sorts = sortLinks(view.Query, view.Newest)
	status := http.StatusOK
	if err := s.validate(view.Query); err != nil {
		view.Error, status = err.Error(), http.StatusBadRequest
	} else if err := s.find(r, &view); err != nil {
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
	n := pageNumber(r)
	found, err := s.news.Search(r.Context(), news.Search{
		Query: view.Query, Limit: perPage, Offset: (n - 1) * perPage, Newest: view.Newest,
	})
	if err != nil {
		return fmt.Errorf("search %q: %w", view.Query, err)
	}
	view.Total = found.Total
	view.Pager = pagerOf(r, n, n*perPage < found.Total)
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
			Title: pieces(cmp.Or(a.Title, "Untitled"), f.Title), Lang: a.Lang, Snippet: snippet(a.Body(), f.Body),
			Outlet: publish.Name(a.Outlet), Page: articlePath(a.ID), Out: outTo(a.URL), Time: at(a.Time(), s.now()),
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
	r.Story, r.By, r.Versions = storyPath(st.ID), creditOf(st), len(st.Members)
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
	stories, err := s.news.Stories(ctx, news.StoryList{IDs: ids, Limit: len(ids)})
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

func sortLinks(query string, newest bool) [2]sortLink {
	base := "/search?q=" + url.QueryEscape(query)
	return [2]sortLink{
		{Name: "Best match", URL: base, Current: !newest},
		{Name: "Newest", URL: base + "&sort=newest", Current: newest},
	}
}
