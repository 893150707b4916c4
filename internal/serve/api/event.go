package api

import (
	"context"
	"fmt"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

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
	at, err := q.before(eventCursor)
	if err != nil {
		return nil, err
	}
	list, err := s.backend.Events(ctx, news.EventList{Limit: q.Limit + 1, Stories: q.Stories, Before: at})
	if err != nil {
		return nil, s.fail(err, "list of events", "/events")
	}
	list, next := cutPage(list, q.Limit, func(e news.Event) string { return eventCursor + news.Place{Time: e.Latest, ID: e.ID}.String() })
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
