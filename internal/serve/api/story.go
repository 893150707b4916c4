package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
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
	return event{e.ID, e.Headline(), e.Stories, e.Latest, EventReach(e.Reach)}
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
	ID     int64     `json:"id" doc:"its number; where its stories went to another event, that one's"`
	Title  string    `json:"title" doc:"of the story with the most coverage"`
	Latest time.Time `json:"latest" doc:"the newest article of its stories"`
	EventReach
	Total   int          `json:"total" doc:"how many stories tell of it"`
	First   *firstReport `json:"first" doc:"who broke it: the earliest article of its stories; null where none has a date"`
	Newest  int64        `json:"newest" doc:"the story with the latest development; 0 where none has a date"`
	Stories []eventStory `json:"stories" nullable:"false" doc:"the stories in the order asked for"`
}

// firstReport is the first report of an event.
type firstReport struct {
	Article int64       `json:"article" doc:"its number"`
	Story   int64       `json:"story" doc:"the story that it is in"`
	Title   string      `json:"title" doc:"its headline"`
	URL     string      `json:"url" doc:"its address"`
	Outlet  view.Outlet `json:"outlet" doc:"who published it"`
	Time    time.Time   `json:"time" doc:"the best guess at when it came out"`
}

type eventStory struct {
	view.Story
	Changed time.Time  `json:"changed" doc:"when its members or its origin last changed"`
	Told    *time.Time `json:"told" doc:"when it last said something new: its newest version, or its earliest member where that has no date; null where none has"`
	Again   bool       `json:"again,omitempty" doc:"it goes back to an outlet that another story of the event goes back to, and is no further independent report"`
}

type wholeEventQuery struct {
	ID int64 `path:"id" minimum:"1" doc:"its number"`
	Page
	Order string `query:"order" enum:"independence,time" default:"independence" doc:"the stories of each outlet together, those that most outlets carry first, or the latest development first"`
}

// oneEvent answers with an event, or with the way to the one that took its stories in.
type oneEvent struct {
	Status   int
	Location string `header:"Location" doc:"the path of the event that its stories went to"`
	Body     wholeEvent
}

func (s *server) event(ctx context.Context, q *wholeEventQuery) (*oneEvent, error) {
	c, err := s.backend.FullCoverage(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("event %d", q.ID), "/events")
	}
	out := &oneEvent{Status: http.StatusOK, Body: wholeEvent{
		ID: c.ID, Title: c.Headline(), Latest: c.Latest, EventReach: EventReach(c.Reach), Total: c.Event.Stories, Stories: []eventStory{},
	}}
	if st, m, ok := c.Broke(); ok {
		a := m.Article
		out.Body.First = &firstReport{Article: a.ID, Story: st.ID, Title: a.Headline(), URL: a.URL, Outlet: view.Outlet(a.Outlet), Time: a.Time()}
	}
	if st, ok := c.Newest(); ok {
		out.Body.Newest = st.ID
	}
	again := map[int64]bool{}
	groups := c.ByIndependence()
	for _, g := range groups {
		for _, st := range g[1:] {
			again[st.ID] = true
		}
	}
	list := slices.Concat(groups...)
	if q.Order == "time" {
		list = c.ByTime()
	}
	for _, st := range list[min(q.Offset, len(list)):min(q.Offset+q.Limit, len(list))] {
		out.Body.Stories = append(out.Body.Stories, eventStory{view.StoryOf(st), st.Changed, view.Time(st.Told()), again[st.ID]})
	}
	if c.ID != q.ID {
		out.Status, out.Location = http.StatusMovedPermanently, fmt.Sprintf("%s/events/%d", root, c.ID)
	}
	return out, nil
}
