package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

type searchView struct {
	Query      string
	Order      string // as ?sort= says
	Articles   bool   // each by itself, not folded into stories
	Sorts      []link
	Shows      []link
	Rule       string // what stands first
	Error      *queryFault
	Building   string // that the index is, so that nothing is searched
	Total      string // "1,204 stories"
	Facets     []facet
	Narrowed   []facetLink // what of the facets is in the query; each links to the search without it
	Results    []result
	Passing    []result // those that have the words further down in their texts alone
	Pager      pager
	Suggestion link
	Own        bool // it asks for marks of the viewer, so no topic, rule or feed can be made of it
	Help       []helpLine
}

// queryFault says what is wrong with a query, and where.
type queryFault struct {
	Problem, Advice string
	Where           []view.Piece // the query with the place marked; nil where it has none
}

// facet counts the results by one property. Each value links to the same search narrowed to it.
type facet struct {
	Name   string
	Values []facetLink
}

// facetLink links to the search narrowed to one value, or no longer narrowed to it.
type facetLink struct {
	Name, URL string
	Count     string
	Chosen    bool
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
	Marks    markView
}

// searchOrders are the orders of a search by their names in ?sort=, with what they put first: keys of the catalogues.
var searchOrders = []struct{ sort, name, rule string }{
	{"", locale.Key("Best match"), locale.Key("What has the words in its headline or first lines comes first; of equal matches, stories whose original is among what is found.")},
	{"newest", locale.Key("Newest"), locale.Key("The newest article comes first.")},
	{"coverage", locale.Key("Most outlets"), locale.Key("What the most outlets carry comes first; of equals, stories whose original is among what is found.")},
}

func (s *server) search(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	v := searchView{Query: queryOf(r), Order: r.URL.Query().Get("sort"), Articles: r.URL.Query().Get("show") == "articles"}
	if !slices.ContainsFunc(searchOrders[1:], func(o struct{ sort, name, rule string }) bool { return o.sort == v.Order }) {
		v.Order = ""
	}
	for _, o := range searchOrders {
		v.Sorts = append(v.Sorts, link{Name: l.Text(o.name), URL: v.link(v.Query, o.sort, v.Articles), Current: v.Order == o.sort})
		if v.Order == o.sort {
			v.Rule = l.Text(o.rule)
		}
	}
	v.Shows = []link{
		{Name: l.Text("Stories"), URL: v.link(v.Query, v.Order, false), Current: !v.Articles},
		{Name: l.Text("Every article"), URL: v.link(v.Query, v.Order, true), Current: v.Articles},
	}
	status := http.StatusOK
	var building *search.BuildingError
	var sample news.Article
	if err := s.validateOwn(r, v.Query); err != nil {
		v.Error, status = faultOf(v.Query, err, l), http.StatusBadRequest
	} else if sample, err = s.find(r, &v); errors.Is(err, search.ErrSlow) {
		v.Error, status = &queryFault{Problem: sentence(l, search.ErrSlow)}, http.StatusServiceUnavailable
	} else if errors.As(err, &building) {
		w.Header().Set("Retry-After", retryBuilding)
		v.Building, status = sentence(l, building), http.StatusServiceUnavailable
	} else if err != nil {
		return err
	}
	var err error
	if v.Help, err = s.help(r.Context(), sample, l); err != nil {
		return err
	}
	v.Own = s.validate(v.Query) != nil
	p := page{Title: cmp.Or(v.Query, l.Text("Search")), Nav: "search", Query: v.Query, Body: v}
	if v.Query != "" && v.Error == nil && !v.Own {
		p.Feeds = feedLinks(l.Text("Search: %s", v.Query), "/feeds/search", "?q="+url.QueryEscape(v.Query))
	}
	return s.write(w, r, status, "search", p)
}

// faultOf shows what is wrong with a query. Only the package of the query language knows the place.
func faultOf(query string, err error, l *locale.Locale) *queryFault {
	var q *search.QueryError
	if !errors.As(err, &q) {
		return &queryFault{Problem: l.Text("This search cannot be read: %s.", l.Known(err.Error()))}
	}
	f := &queryFault{Problem: l.Text("This search cannot be read: %s.", l.Known(q.Problem)), Advice: fullSentence(l.Known(q.Advice))}
	runes := []rune(query)
	if len(runes) > maxQuery { // where it is too long says nothing
		return f
	}
	at := min(max(q.At-1, 0), len(runes))
	end := at
	for end < len(runes) && (end == at || !unicode.IsSpace(runes[end])) {
		end++
	}
	start := len(string(runes[:at]))
	f.Where = view.Pieces(query, []news.Span{{Start: start, End: start + len(string(runes[at:end]))}})
	return f
}

// find searches and fills in the results. It returns one of the articles found.
func (s *server) find(r *http.Request, v *searchView) (sample news.Article, err error) {
	if v.Query == "" {
		return sample, nil
	}
	n, cursor := pageNumber(r.URL.Query()), r.URL.Query().Get("cursor")
	want := search.Request{
		User: s.viewer(r).User.ID, Query: v.Query, Limit: perPage, Newest: v.Order == "newest", Coverage: v.Order == "coverage",
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
		return sample, fmt.Errorf("search %q: %w", v.Query, err)
	}
	l := s.locale(r)
	v.Total = l.Text("%d stories", found.Total)
	if v.Articles {
		v.Total = l.Text("%d articles", found.Total)
	}
	v.Facets, v.Narrowed = v.facets(l, found.Facets)
	v.Pager = pagerOf(r, n, n*perPage < found.Total)
	if v.Pager.Next != "" && found.Next != "" {
		v.Pager.Next += "&cursor=" + url.QueryEscape(found.Next)
	}
	if found.Suggestion != "" {
		v.Suggestion = link{Name: found.Suggestion, URL: v.link(found.Suggestion, v.Order, v.Articles)}
	}
	stories, err := s.storiesOf(r.Context(), found.Articles)
	if err != nil {
		return sample, err
	}
	for i, f := range found.Articles {
		res := resultOf(l, f, stories)
		if f.Passing {
			v.Passing = append(v.Passing, res)
		} else {
			v.Results = append(v.Results, res)
		}
		if i == 0 {
			sample = f.Article
		}
	}
	var marks []*markView
	for _, results := range [][]result{v.Results, v.Passing} {
		for i := range results {
			marks = append(marks, &results[i].Marks)
		}
	}
	return sample, s.marks(r, marks...)
}

func resultOf(l *locale.Locale, f search.FoundArticle, stories map[int64]news.Story) result {
	a := f.Article
	label := a.TitleLabel()
	title := slices.Clone(f.Title)
	for i := range title {
		title[i].Start, title[i].End = title[i].Start-label, title[i].End-label
	}
	res := result{
		Title: view.Pieces(cmp.Or(a.Title[label:], a.Headline(), l.Text("Untitled")), title), Lang: a.Lang, Snippet: view.Snippet(f.Text(), f.Body),
		Outlet: publish.Name(a.Outlet), Page: articlePath(a.ID), Out: outTo(a.URL), Time: articleTime(a, l), Others: f.Others,
		Marks: markView{ID: a.ID},
	}
	if st, ok := stories[f.Story]; ok {
		res.Story, res.By, res.Versions = storyPath(st.ID), originOf(st, l), len(st.Reports())
		for _, m := range st.Members {
			if m.Article.ID == a.ID {
				res.Label, res.Class = labelOf(st, m, l), classOf(st, m, l)
			}
		}
	}
	return res
}

// storiesOf gives the stories of found articles by id, in one query.
func (s *server) storiesOf(ctx context.Context, found []search.FoundArticle) (map[int64]news.Story, error) {
	var ids []int64
	for _, f := range found {
		if f.Story != 0 && !slices.Contains(ids, f.Story) {
			ids = append(ids, f.Story)
		}
	}
	byID := map[int64]news.Story{}
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

// facetNames are the headings of facets, in their order.
var facetNames = []struct{ field, name string }{
	{"outlet", locale.Key("Outlets")}, {"origin", locale.Key("Told first by")}, {"lang", locale.Key("Languages")}, {"day", locale.Key("Days (UTC)")},
}

// Limits of what a page shows of a facet.
const (
	maxValues    = 10
	maxValueName = 60 // characters
)

// facets shows the facets that have something to choose from. What the query has of them already is chosen, and is given apart too.
func (v searchView) facets(l *locale.Locale, list []search.Facet) (shown []facet, narrowed []facetLink) {
	for _, of := range facetNames {
		for _, f := range list {
			if f.Field != of.field {
				continue
			}
			one := facet{Name: l.Text(of.name)}
			chosen := false
			for _, value := range f.Values[:min(len(f.Values), maxValues)] {
				link := facetLink{Name: valueName(l, f.Field, value.Name), Count: l.Number(value.Count)}
				if rest, ok := without(v.Query, value.Query); ok {
					link.URL, link.Chosen, chosen = v.link(rest, v.Order, v.Articles), true, true
					narrowed = append(narrowed, link)
				} else {
					link.URL = v.link(strings.TrimSpace(v.Query+" "+value.Query), v.Order, v.Articles)
				}
				one.Values = append(one.Values, link)
			}
			if len(f.Values) > 1 || chosen {
				shown = append(shown, one)
			}
		}
	}
	return shown, narrowed
}

// without takes a part out of a query in which it stands by itself, between spaces.
func without(query, part string) (rest string, ok bool) {
	before, after, ok := strings.Cut(" "+query+" ", " "+part+" ")
	if !ok || part == "" {
		return query, false
	}
	return strings.TrimSpace(before + " " + after), true
}

// valueName is a value of a facet as readers know it.
func valueName(l *locale.Locale, field, name string) string {
	switch field {
	case "lang":
		return l.LanguageName(name)
	case "day":
		if t, err := time.Parse(time.DateOnly, name); err == nil {
			return l.WithZone(time.UTC).WeekdayYear(t)
		}
	}
	return publish.Cut(publish.Line(name), maxValueName)
}
