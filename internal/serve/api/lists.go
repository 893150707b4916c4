package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

// Part is which part of a list is asked for that goes on by a cursor.
type Part struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many, at most 200"`
	Cursor string `query:"cursor" maxLength:"600" doc:"next of the page before; what comes meanwhile is not repeated; an entry that changes may move to the front, where a new walk meets it"`
}

func (p Part) wrong() error {
	return invalid("query.cursor", p.Cursor, "expected next of another page of this list; leave it out to begin again")
}

// The names of lists in their cursors, so that one is not taken for another's.
const (
	ofArticles = "articles:"
	ofEvents   = "events:"
	ofOutlets  = "outlets:"
	ofStories  = "stories:"
)

// rest gives what a cursor of a list says, "" where there is none.
func (p Part) rest(list string) (string, error) {
	rest, ok := strings.CutPrefix(p.Cursor, list)
	if p.Cursor != "" && (!ok || rest == "") {
		return "", p.wrong()
	}
	return rest, nil
}

// after reads where the page before ended; the zero value is the beginning.
func (p Part) after(list string) (at news.Place, err error) {
	rest, err := p.rest(list)
	if err != nil {
		return at, err
	}
	if at, err = news.ParsePlace(rest); err != nil {
		return at, p.wrong()
	}
	return at, nil
}

// cut shortens a list that was asked for with one entry more than a page holds, and gives the cursor of the next page, "" at
// the end.
func cut[T any](list []T, limit int, cursor func(last T) string) ([]T, string) {
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], cursor(list[limit-1])
}

type event struct {
	ID      int64     `json:"id" doc:"its number"`
	Title   string    `json:"title" doc:"of the story with the most coverage"`
	Stories int       `json:"stories" doc:"how many stories tell of it, independently"`
	Latest  time.Time `json:"latest" doc:"the newest article of its stories"`
}

func eventRow(e news.Event) event { return event(e) }

type eventQuery struct {
	Part
	Stories int `query:"stories" minimum:"1" default:"1" doc:"only events that at least so many stories tell of"`
}

type eventList struct {
	Events []event `json:"events" nullable:"false" doc:"the events, the newest first"`
	Next   string  `json:"next,omitempty" doc:"the cursor of the next page; left out on the last"`
}

func (s *server) events(ctx context.Context, q *eventQuery) (*body[eventList], error) {
	at, err := q.after(ofEvents)
	if err != nil {
		return nil, err
	}
	list, err := s.backend.Events(ctx, news.EventList{Limit: q.Limit + 1, Stories: q.Stories, Before: at})
	if err != nil {
		return nil, s.fail(err, "list of events", "/events")
	}
	list, next := cut(list, q.Limit, func(e news.Event) string { return ofEvents + news.Place{Time: e.Latest, ID: e.ID}.String() })
	return &body[eventList]{eventList{view.All(list, eventRow), next}}, nil
}

type wholeEvent struct {
	ID      int64     `json:"id" doc:"its number"`
	Title   string    `json:"title" doc:"of the story with the most coverage"`
	Latest  time.Time `json:"latest" doc:"the newest article of its stories"`
	Stories []story   `json:"stories" nullable:"false" doc:"the stories that tell of it, by coverage and freshness"`
}

func (s *server) event(ctx context.Context, q *byID) (*body[wholeEvent], error) {
	what := fmt.Sprintf("event %d", q.ID)
	e, err := s.backend.Event(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, what, "/events")
	}
	list, err := s.backend.Stories(ctx, news.StoryList{Event: q.ID, Limit: max(e.Stories, 1)})
	if err != nil {
		return nil, s.fail(err, what, "/events")
	}
	return &body[wholeEvent]{wholeEvent{e.ID, e.Title, e.Latest, view.All(list, storyOf)}}, nil
}

type outletCount struct {
	Name      string `json:"name" doc:"as readers know it"`
	Domain    string `json:"domain" doc:"its registrable domain, or empty where it is not known"`
	Agency    bool   `json:"agency" doc:"others rerun it"`
	Articles  int    `json:"articles" doc:"articles that it published"`
	Originals int    `json:"originals" doc:"those that are the original of their story"`
	Copies    int    `json:"copies" doc:"those that copy, rewrite or excerpt another's"`
}

func outletRow(o news.OutletCount) outletCount {
	return outletCount{o.Name, o.Domain, o.Agency, o.Articles, o.Originals, o.Copies}
}

type outletList struct {
	Outlets []outletCount `json:"outlets" nullable:"false" doc:"the outlets, by domain and name"`
	Next    string        `json:"next,omitempty" doc:"the cursor of the next page; left out on the last"`
}

func (s *server) outlets(ctx context.Context, q *struct{ Part }) (*body[outletList], error) {
	want := news.OutletList{Limit: q.Limit + 1}
	after, err := q.rest(ofOutlets)
	if err != nil {
		return nil, err
	}
	if after != "" {
		domain, name, ok := strings.Cut(after, "\t")
		if !ok {
			return nil, q.wrong()
		}
		want.After = news.Outlet{Domain: domain, Name: name}
	}
	list, err := s.backend.Outlets(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of outlets", "/outlets")
	}
	list, next := cut(list, q.Limit, func(o news.OutletCount) string { return ofOutlets + o.Domain + "\t" + o.Name })
	return &body[outletList]{outletList{view.All(list, outletRow), next}}, nil
}

type byDomain struct {
	Domain string `path:"domain" maxLength:"300" doc:"the outlet's registrable domain, as nytimes.com"`
}

func (s *server) outlet(ctx context.Context, q *byDomain) (*body[outletList], error) {
	list, err := s.backend.Outlets(ctx, news.OutletList{Limit: 200, Domain: strings.ToLower(q.Domain)})
	if err == nil && len(list) == 0 {
		err = news.ErrNotFound
	}
	if err != nil {
		return nil, s.fail(err, "outlet "+q.Domain, "/outlets")
	}
	return &body[outletList]{outletList{Outlets: view.All(list, outletRow)}}, nil
}
