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

// A page that was opened from the front page, a search, a topic or the list of all stories leads to the next and previous of it. Its
// links carry the page of the list (?in=), which is made again for that; links of the list itself are plain, and the browser says where it
// came from. What is no such address is ignored; of a page that the list does not have any more, only the way back is left.

// pageList lists what page n of a list leads to, and reports whether there are pages after it.
type pageList func(ctx context.Context, n int) (pages []string, more bool, err error)

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
	name, isTopic := strings.CutPrefix(u.Path, "/topic/")
	switch {
	case u.Path == "/":
		return s.frontList(r, q)
	case u.Path == "/latest":
		return func(ctx context.Context, n int) ([]string, bool, error) {
			stories, err := s.backend.Stories(ctx, news.StoryList{Limit: perPage + 1, Offset: (n - 1) * perPage, Newest: true})
			return pagesOfStories(stories[:min(len(stories), perPage)]), len(stories) > perPage, err
		}
	case u.Path == "/search":
		return s.searchList(q)
	case isTopic:
		return s.topicList(r, name)
	}
	return nil
}

func (s *server) frontList(r *http.Request, q url.Values) pageList {
	day, err := frontDay(q.Get("day"), s.locale(r))
	if err != nil {
		return nil
	}
	return func(ctx context.Context, n int) (pages []string, more bool, err error) {
		if n > frontPages {
			return nil, false, nil
		}
		front, err := s.readFront(r.WithContext(ctx), news.FrontQuery{Limit: perFront, Offset: (n - 1) * perFront, Folder: q.Get("folder"), Langs: q["lang"], At: day})
		for _, c := range front.Cards {
			if len(c.Articles) > 0 {
				pages = append(pages, storyPath(c.Story))
			}
		}
		return pages, front.Total > n*perFront && n < frontPages, err
	}
}

func (s *server) searchList(q url.Values) pageList {
	query := strings.TrimSpace(strings.ToValidUTF8(q.Get("q"), ""))
	if query == "" || s.validate(query) != nil {
		return nil
	}
	order := q.Get("sort")
	return func(ctx context.Context, n int) (pages []string, more bool, err error) {
		found, err := s.backend.Search(ctx, search.Request{
			Query: query, Limit: perPage, Offset: (n - 1) * perPage, Newest: order == "newest", Coverage: order == "coverage", Stories: q.Get("show") != "articles",
		})
		var building *search.BuildingError
		if errors.Is(err, search.ErrSlow) || errors.As(err, &building) { // the page itself is not searched for
			return nil, false, nil
		}
		for _, f := range found.Articles {
			pages = append(pages, articlePath(f.Article.ID))
		}
		return pages, n*perPage < found.Total, err
	}
}

func (s *server) topicList(r *http.Request, name string) pageList {
	return func(ctx context.Context, n int) (pages []string, more bool, err error) {
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
	}
}

// pagesOfStories are the pages that cards of stories lead to.
func pagesOfStories(stories []news.Story) (pages []string) {
	for _, st := range oneOfEachEvent(stories) {
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
	n, err := strconv.Atoi(u.Query().Get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	n = min(n, maxPage)
	address := func(n int) string {
		to := *u
		q := to.Query()
		q.Del("page")
		if n > 1 {
			q.Set("page", strconv.Itoa(n))
		}
		to.RawQuery = q.Encode()
		return to.String()
	}
	ar := around{List: address(n), Up: address(n)}
	pages, more, err := list(r.Context(), n)
	if err != nil {
		return ar, fmt.Errorf("the list %s: %w", ar.List, err)
	}
	at := slices.Index(pages, page)
	if at < 0 {
		return ar, nil
	}
	switch {
	case at > 0:
		ar.Prev = inList(pages[at-1], ar.List)
	case n > 1:
		before, _, err := list(r.Context(), n-1)
		if err != nil {
			return ar, fmt.Errorf("the list %s: %w", address(n-1), err)
		}
		if len(before) > 0 {
			ar.Prev = inList(before[len(before)-1], address(n-1))
		}
	}
	switch {
	case at+1 < len(pages):
		ar.Next = inList(pages[at+1], ar.List)
	case more && n < maxPage:
		after, _, err := list(r.Context(), n+1)
		if err != nil {
			return ar, fmt.Errorf("the list %s: %w", address(n+1), err)
		}
		if len(after) > 0 {
			ar.Next = inList(after[0], address(n+1))
		}
	}
	return ar, nil
}
