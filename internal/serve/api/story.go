package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

type story struct {
	view.Story
	Changed time.Time `json:"changed" doc:"when its members or its origin last changed"`
}

func storyOf(s news.Story) story { return story{view.StoryOf(s), s.Changed} }

type storyQuery struct {
	Page
	Since
	Cursor string `query:"cursor" maxLength:"100" doc:"with order=newest, next of the page before: what changes meanwhile moves to the front and does not come again"`
	Event  int64  `query:"event" minimum:"0" doc:"only stories of this event; 0 is all"`
	Order  string `query:"order" enum:"coverage,newest" default:"coverage" doc:"coverage and freshness, or the newest change first"`
}

type storyList struct {
	Total   int     `json:"total" doc:"how many there are in all"`
	Stories []story `json:"stories" nullable:"false" doc:"the stories in the order asked for"`
	Next    string  `json:"next,omitempty" doc:"the cursor of the next page with order=newest; left out on the last"`
}

func (s *server) stories(ctx context.Context, q *storyQuery) (*body[storyList], error) {
	since, err := q.time()
	if err != nil {
		return nil, err
	}
	want := news.StoryList{Limit: q.Limit + 1, Offset: q.Offset, Event: q.Event, Since: since, Newest: q.Order == "newest"}
	total, err := s.backend.CountStories(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of stories", "/stories")
	}
	part := Part{q.Limit, q.Cursor}
	if q.Cursor != "" && !want.Newest {
		return nil, part.badCursor()
	}
	if want.Before, err = part.before(storyCursor); err != nil {
		return nil, err
	}
	list, err := s.backend.Stories(ctx, want)
	if err != nil {
		return nil, s.fail(err, "list of stories", "/stories")
	}
	list, next := cutPage(list, q.Limit, func(st news.Story) string { return storyCursor + news.Place{Time: st.Changed, ID: st.ID}.String() })
	if !want.Newest {
		next = ""
	}
	return &body[storyList]{storyList{total, view.All(list, storyOf), next}}, nil
}

// oneStory answers with a story, or with the way to the one that it was merged into.
type oneStory struct {
	Status   int
	Location string `header:"Location" doc:"the path of the story that it was merged into"`
	Body     story
}

func (s *server) story(ctx context.Context, q *byID) (*oneStory, error) {
	st, err := s.backend.Story(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID), "/stories")
	}
	compared, err := s.backend.Comparisons(ctx, st)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID), "/stories")
	}
	reports, err := s.backend.Reports(ctx, st)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("story %d", q.ID), "/stories")
	}
	out := &oneStory{Status: http.StatusOK, Body: storyOf(st)}
	out.Body.AddVersions(reports)
	for i, m := range out.Body.Members {
		if k, ok := compared[m.Article]; ok {
			out.Body.Members[i].Comparison = view.ComparisonOf(k)
		}
	}
	if st.ID != q.ID {
		out.Status, out.Location = http.StatusMovedPermanently, fmt.Sprintf("%s/stories/%d", root, st.ID)
	}
	return out, nil
}

type event struct {
	ID      int64     `json:"id" doc:"its number"`
	Title   string    `json:"title" doc:"of the story with the most coverage"`
	Stories int       `json:"stories" doc:"how many stories tell of it, independently"`
	Latest  time.Time `json:"latest" doc:"the newest article of its stories"`
	EventReach
}

// EventReach is how many outlets tell of an event.
type EventReach struct {
	Outlets     int `json:"outlets" doc:"how many different outlets carry its stories"`
	Independent int `json:"independent" doc:"how many different outlets its stories go back to; what one of them publishes again does not count again"`
}

func eventRow(e news.Event) event {
	return event{e.ID, e.Title, e.Stories, e.Latest, EventReach(e.Reach)}
}

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
	ID     int64     `json:"id" doc:"its number"`
	Title  string    `json:"title" doc:"of the story with the most coverage"`
	Latest time.Time `json:"latest" doc:"the newest article of its stories"`
	EventReach
	Stories []story `json:"stories" nullable:"false" doc:"the stories that tell of it, by coverage and freshness"`
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
	return &body[wholeEvent]{wholeEvent{e.ID, e.Title, e.Latest, EventReach(e.Reach), view.All(list, storyOf)}}, nil
}
