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
	"time"

	"headwater/internal/news"
)

// The kinds of lists of a user's articles.
const (
	listUnread  = "unread"
	listStarred = "starred"
	listHistory = "history"
	listLabel   = "label"
	listHidden  = "hidden" // by rules
)

// What an address says of how its list is.
const (
	byArticle   = "article"
	byStory     = "story"
	oldestFirst = "oldest"
	newestFirst = "newest"
)

// readList is a list of a user's articles: that of a page, and one in which articles lead to the next. Its address is all that
// makes it, so an article's page can take it along (?in=).
type readList struct {
	kind      string
	label     string // of listLabel
	folder    string // only of this folder; "" is all
	feed      int64
	topic     int64
	byArticle bool // each article, and not only the one that stands for its story
	oldest    bool // the oldest first
	// asOf is when an unread list was made. What was read since then stays in it, so that the one before an article that was
	// just opened is the one that was opened before it. Zero leaves out what is read.
	asOf time.Time
}

var errNoList = errors.New("no list of articles is at this address")

// parseList reads the address of a list. What it does not say is as the settings have it.
func parseList(address string, set news.Settings) (l readList, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return l, errNoList
	}
	switch label, ok := strings.CutPrefix(u.Path, "/label/"); {
	case ok && label != "":
		l.kind, l.label = listLabel, label
	case slices.Contains([]string{"/" + listUnread, "/" + listStarred, "/" + listHistory, "/" + listHidden}, u.Path):
		l.kind = u.Path[1:]
	default:
		return l, errNoList
	}
	q := u.Query()
	l.folder = q.Get("folder")
	for name, id := range map[string]*int64{"feed": &l.feed, "topic": &l.topic} {
		if s := q.Get(name); s != "" {
			if *id, err = strconv.ParseInt(s, 10, 64); err != nil || *id < 1 {
				return l, errNoList
			}
		}
	}
	l.byArticle, l.oldest = set.Lists == news.ListByArticle, set.Order == news.OldestFirst
	if by := q.Get("by"); by != "" {
		l.byArticle = by == byArticle
	}
	if order := q.Get("order"); order != "" {
		l.oldest = order == oldestFirst
	}
	if ms, err := strconv.ParseInt(q.Get("as"), 10, 64); err == nil && l.kind == listUnread {
		l.asOf = time.UnixMilli(ms)
	}
	return l, nil
}

// folds says whether the list can be by story. Stars and labels are given to single articles, and all of them are shown.
func (l readList) folds() bool { return l.kind == listUnread || l.kind == listHistory }

// address is that of the list, with all that makes it. Two forms are told apart: for links, and with the time as of which it is.
func (l readList) address() string {
	q := url.Values{}
	set := func(name, value string, when bool) {
		if when {
			q.Set(name, value)
		}
	}
	set("folder", l.folder, l.folder != "")
	set("feed", strconv.FormatInt(l.feed, 10), l.feed != 0)
	set("topic", strconv.FormatInt(l.topic, 10), l.topic != 0)
	set("by", map[bool]string{true: byArticle, false: byStory}[l.byArticle], l.folds())
	set("order", map[bool]string{true: oldestFirst, false: newestFirst}[l.oldest], true)
	set("as", strconv.FormatInt(l.asOf.UnixMilli(), 10), !l.asOf.IsZero())
	u := url.URL{Path: "/" + l.kind, RawQuery: q.Encode()}
	if l.kind == listLabel {
		u.Path += "/" + l.label
	}
	return u.String()
}

// items is the list as the store reads it.
func (l readList) items() news.ItemList {
	out := news.ItemList{Oldest: l.oldest}
	add := func(s news.Stream) { out.In = append(out.In, s) }
	switch l.kind {
	case listUnread:
		add(news.Stream{Kind: news.StreamAll})
		out.Out = []news.Stream{{Kind: news.StreamRead, Before: l.asOf}}
	case listStarred:
		add(news.Stream{Kind: news.StreamStarred})
	case listHidden:
		add(news.Stream{Kind: news.StreamHidden})
	case listLabel:
		add(news.Stream{Kind: news.StreamOwn, Label: l.label})
	}
	if l.folder != "" {
		add(news.Stream{Kind: news.StreamFolder, Label: l.folder})
	}
	if l.feed != 0 {
		add(news.Stream{Kind: news.StreamFeed, Feed: l.feed})
	}
	if l.topic != 0 {
		add(news.Stream{Kind: news.StreamTopic, Topic: l.topic})
	}
	if l.folds() && !l.byArticle {
		add(news.Stream{Kind: news.StreamOnce})
	}
	return out
}

// readItems reads a part of a list: at most limit items after a place in its order, or with back, before it.
func (s *server) readItems(ctx context.Context, user int64, l readList, after news.Place, back bool, limit int) ([]news.Item, error) {
	q := l.items()
	q.After, q.Limit = after, limit
	q.Oldest = q.Oldest != back
	if l.kind == listHistory {
		return s.backend.History(ctx, user, q)
	}
	return s.backend.Items(ctx, user, q)
}

// place is where an item stands in the list.
func (l readList) place(it news.Item) news.Place {
	if l.kind == listHistory {
		return it.ReadPlace()
	}
	return it.Place()
}

// around is what stands before and after an article in the list from which it was opened.
type around struct {
	List       string // the address of the list, for links to other pages of the same article; "" is none
	Up         string // the page of the list
	Prev, Next string
}

// aroundOf reads what is before and after a page, which is that of an article or of the story that it leads, in the list that the
// request names.
func (s *server) aroundOf(r *http.Request, page string, a news.Article, state news.ItemState) (around, error) {
	v := s.viewer(r)
	in := r.URL.Query().Get("in")
	if in == "" {
		in = s.listBefore(r)
	}
	if in == "" || !v.Known() {
		return around{}, nil
	}
	l, err := parseList(in, v.Settings)
	if err == nil {
		_, err = s.listTopic(r, l)
	}
	switch {
	case errors.Is(err, errNoList):
		return s.aroundInPages(r, in, page)
	case errors.Is(err, news.ErrNotFound):
		return around{}, nil // the article is what was asked for
	case err != nil:
		return around{}, err
	}
	at := l.place(news.Item{ID: a.ID, Time: a.Time(), Read: state.ReadAt})
	ar := around{List: l.address()}
	up := l
	up.asOf = time.Time{}
	ar.Up = up.address()
	for _, to := range []struct {
		page *string
		back bool
	}{{&ar.Prev, true}, {&ar.Next, false}} {
		items, err := s.readItems(r.Context(), v.User.ID, l, at, to.back, 1)
		if err != nil {
			return ar, fmt.Errorf("what is beside article %d: %w", a.ID, err)
		}
		if len(items) > 0 {
			*to.page = inList(articlePath(items[0].ID), ar.List)
		}
	}
	return ar, nil
}

// inList is the address of a page, opened from a list.
func inList(page, list string) string {
	if list == "" {
		return page
	}
	return page + "?" + url.Values{"in": {list}}.Encode()
}

// listTopic gives the topic of a list that is of one, which has to be the viewer's or everybody's.
func (s *server) listTopic(r *http.Request, l readList) (news.Topic, error) {
	if l.topic == 0 {
		return news.Topic{}, nil
	}
	visible, shadowed, err := s.visibleTopics(r)
	if err != nil {
		return news.Topic{}, err
	}
	for _, t := range slices.Concat(visible, shadowed) {
		if t.ID == l.topic {
			return t, nil
		}
	}
	return news.Topic{}, news.ErrNotFound
}
