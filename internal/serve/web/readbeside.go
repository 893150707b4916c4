package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
	"headwater/internal/search"
)

// A page that was opened from the front page, a search, a topic, an event, a feed, a folder or the list of all stories leads to the next
// and previous of it. Its links carry the page of the list (?in=), which is made again for that; links of the list itself are plain, and
// the browser says where it came from. What is no such address is ignored; of a page that the list does not have any more, only the way
// back is left.

// pageList reads the page of a list that a query asks for.
type pageList func(ctx context.Context, q url.Values) (listPage, error)

// listPage is what a page of a list leads to. Before and after are the queries of the pages beside it, or nil.
type listPage struct {
	pages         []string
	before, after url.Values
}

// numbered is a list whose pages have numbers. list reads page n, and reports whether there are pages after it.
func numbered(list func(ctx context.Context, n int) (pages []string, more bool, err error)) pageList {
	return func(ctx context.Context, q url.Values) (p listPage, err error) {
		n := pageNumber(q)
		var more bool
		if p.pages, more, err = list(ctx, n); err != nil {
			return p, err
		}
		if n > 1 {
			p.before = withPage(q, n-1)
		}
		if more && n < maxPage {
			p.after = withPage(q, n+1)
		}
		return p, nil
	}
}

// listBefore is the address of the page of a list from which a request came, as links from it carry it; "" where it came from none.
func (s *server) listBefore(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host || s.pageListAt(r, from) == nil {
		return ""
	}
	in := backWith(&url.URL{Path: from.Path, RawPath: from.RawPath, RawQuery: from.RawQuery}, func(q url.Values) {
		q.Del("cursor")
		q.Del("view")
		q.Del("followed")
	}).String()
	if len(in) > maxLocal {
		return ""
	}
	return in
}

// pageListAt returns the list that an address names, or nil.
func (s *server) pageListAt(r *http.Request, u *url.URL) pageList {
	q := u.Query()
	switch u.Path {
	case "/":
		return s.frontList(r, q)
	case "/latest":
		return numbered(func(ctx context.Context, n int) ([]string, bool, error) {
			stories, err := s.backend.Stories(ctx, news.StoryList{Limit: perPage + 1, Offset: (n - 1) * perPage, Newest: true, Viewer: s.viewer(r).User.ID})
			return pagesOfStories(stories[:min(len(stories), perPage)]), len(stories) > perPage, err
		})
	case "/search":
		return s.searchList(r, q)
	}
	if name, ok := strings.CutPrefix(u.Path, "/topic/"); ok {
		return s.topicList(r, name)
	}
	if name, ok := strings.CutPrefix(u.Path, "/folder/"); ok && name != "" {
		return s.feedList(r, 0, name)
	}
	if id, ok := idAfter("/feed/", u.Path); ok {
		return s.feedList(r, id, "")
	}
	if id, ok := idAfter("/event/", u.Path); ok {
		return s.eventList(id, q.Get("order") == byTime)
	}
	return nil
}

// idAfter is the id in a path after a prefix.
func idAfter(prefix, path string) (id int64, ok bool) {
	number, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	return id, err == nil && id > 0
}

// feedList is the list of a feed, or of a folder where feed is 0.
func (s *server) feedList(r *http.Request, feed int64, folder string) pageList {
	return func(ctx context.Context, q url.Values) (p listPage, err error) {
		before, err := news.ParsePlace(q.Get("before"))
		if err != nil {
			return p, nil //nolint:nilerr // the page itself says that its address leads nowhere
		}
		part, err := s.readPart(ctx, s.viewer(r).User.ID, feed, folder, q.Get("by") == byArticle, before)
		if err != nil {
			return p, err
		}
		p.pages = pagesOfStories(part.stories)
		for _, a := range part.articles {
			p.pages = append(p.pages, articlePath(a.ID))
		}
		if prior := q.Get("prior"); prior != "" {
			p.before = withParameter(withParameter(q, "prior", ""), "before", strings.TrimPrefix(prior, priorFirst))
		}
		if part.next.ID != 0 {
			p.after = pageAfter(q, part.next)
		}
		return p, nil
	}
}

func (s *server) eventList(id int64, timed bool) pageList {
	return numbered(func(ctx context.Context, n int) (pages []string, more bool, err error) {
		c, err := s.backend.FullCoverage(ctx, id)
		if err != nil && !errors.Is(err, news.ErrNotFound) {
			return nil, false, err
		}
		if timed {
			stories, more := pageOf(c.ByTime(), n)
			return storyPaths(stories), more, nil
		}
		groups, more := pageOf(c.ByIndependence(), n)
		for _, g := range groups {
			pages = append(pages, storyPaths(g[:min(len(g), 1+maxFurther)])...)
		}
		return pages, more, nil
	})
}

func (s *server) frontList(r *http.Request, q url.Values) pageList {
	day, err := frontDay(q.Get("day"), s.locale(r))
	if err != nil {
		return nil
	}
	return numbered(func(ctx context.Context, n int) (pages []string, more bool, err error) {
		if n > frontPages {
			return nil, false, nil
		}
		front, err := s.readFront(r.WithContext(ctx), news.FrontQuery{Limit: perFront, Offset: (n - 1) * perFront, Folder: q.Get("folder"), Langs: q["lang"], At: day, Viewer: s.viewer(r).User.ID})
		for _, c := range front.Cards {
			if len(c.Articles) > 0 {
				pages = append(pages, storyPath(c.Story))
			}
		}
		return pages, front.Total > n*perFront && n < frontPages, err
	})
}

func (s *server) searchList(r *http.Request, q url.Values) pageList {
	query := strings.TrimSpace(strings.ToValidUTF8(q.Get("q"), ""))
	if query == "" || s.validateOwn(r, query) != nil {
		return nil
	}
	order := q.Get("sort")
	return numbered(func(ctx context.Context, n int) (pages []string, more bool, err error) {
		found, err := s.backend.Search(ctx, search.Request{
			User: s.viewer(r).User.ID, Query: query, Limit: perPage, Offset: (n - 1) * perPage, Newest: order == "newest", Coverage: order == "coverage", Stories: q.Get("show") != "articles",
		})
		var building *search.BuildingError
		if errors.Is(err, search.ErrSlow) || errors.As(err, &building) { // the page itself is not searched for
			return nil, false, nil
		}
		for _, f := range found.Articles {
			pages = append(pages, articlePath(f.Article.ID))
		}
		return pages, n*perPage < found.Total, err
	})
}

func (s *server) topicList(r *http.Request, name string) pageList {
	return numbered(func(ctx context.Context, n int) (pages []string, more bool, err error) {
		visible, _, err := s.visibleTopics(r.WithContext(ctx))
		at := slices.IndexFunc(visible, func(t news.Topic) bool { return t.Name == name })
		if err != nil || at < 0 || errors.Join(s.validate(visible[at].Query), s.checkOptions(visible[at])) != nil {
			return nil, false, err
		}
		found, err := s.backend.TopicPage(ctx, visible[at], perPage, (n-1)*perPage)
		var building *search.BuildingError
		if errors.As(err, &building) {
			return nil, false, nil
		}
		parting := min(max(found.Prominent-(n-1)*perPage, 0), len(found.Stories))
		pages = append(pagesOfStories(found.Stories[:parting]), pagesOfStories(found.Stories[parting:])...)
		return pages, n*perPage < found.Total, err
	})
}

// pagesOfStories are the pages that cards of stories lead to.
func pagesOfStories(stories []news.Story) (pages []string) {
	return storyPaths(oneOfEachEvent(stories))
}

func storyPaths(stories []news.Story) (pages []string) {
	for _, st := range stories {
		pages = append(pages, storyPath(st.ID))
	}
	return pages
}

// aroundInPages reads what is before and after a page in the list that an address names.
func (s *server) aroundInPages(r *http.Request, in, page string) (around, error) {
	u, ok := localAddress(in)
	if !ok {
		return around{}, nil
	}
	u.Fragment, u.RawFragment = "", ""
	list := s.pageListAt(r, u)
	if list == nil {
		return around{}, nil
	}
	address := func(q url.Values) string { return addressWith(u, q) }
	q := u.Query()
	ar := around{List: address(q), Up: address(q)}
	p, err := list(r.Context(), q)
	if err != nil {
		return ar, fmt.Errorf("the list %s: %w", ar.List, err)
	}
	at := slices.Index(p.pages, page)
	if at < 0 {
		return ar, nil
	}
	beside := func(ctx context.Context, q url.Values, of func(pages []string) string) (string, error) {
		if q == nil {
			return "", nil
		}
		p, err := list(ctx, q)
		if err != nil || len(p.pages) == 0 {
			return "", err
		}
		return inList(of(p.pages), address(q)), nil
	}
	if at > 0 {
		ar.Prev = inList(p.pages[at-1], ar.List)
	} else if ar.Prev, err = beside(r.Context(), p.before, func(pages []string) string { return pages[len(pages)-1] }); err != nil {
		return ar, fmt.Errorf("the list before %s: %w", ar.List, err)
	}
	if at+1 < len(p.pages) {
		ar.Next = inList(p.pages[at+1], ar.List)
	} else if ar.Next, err = beside(r.Context(), p.after, func(pages []string) string { return pages[0] }); err != nil {
		return ar, fmt.Errorf("the list after %s: %w", ar.List, err)
	}
	return ar, nil
}
