package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

const (
	maxHeadline = 240 // characters of a headline on the page of an event
	maxFurther  = 20  // further stories of one outlet that are listed
	maxCarriers = 20  // reports that a story's line of carriers lists
	byTime      = "time"
)

// eventView is an event: how widely it is told, who broke it, what is new, and its stories.
type eventView struct {
	Title, Lang   string
	Reach         string // "14 outlets, 5 independent"
	Stories       string // "in 9 stories"
	First, Latest timestamp
	Broke         *brokeView // nil where no article has a date
	Newest        *headline  // nil where that is the first report, too
	Orders        []link
	Timeline      *timelineView
	Marks         []kindView // those of the timeline, with what they mean
	Entries       []entryView
	Pager         pager
	Unread        string     // which of its stories are not here; empty where all are
	Affair        []headline // other events of its affair
}

// brokeView is the first report of an event, and what that goes back to.
type brokeView struct {
	headline
	Origin *originView // nil where the report is the original
	Scoop  *scoopView  // nil where its story's origin had the news first itself
}

// entryView is a story of an event, with its copies in one line.
type entryView struct {
	Title, Lang string
	Page        string
	By          originView
	Outlet      string // the page of the outlet that it goes back to; may be empty
	Dek         string
	Time        timestamp // when it last said something new
	Again       bool      // another story goes back to the same outlet, so that this one does not count as independent
	Carried     string    // "6 others carry it: 4 copies, 2 rewrites"; empty where none does
	Carriers    []carrierView
	More        int        // carriers that are not listed
	Further     []headline // further stories that go back to the same outlet
	FurtherMore int
	Marks       markView
}

// carrierView is one report of another outlet's story.
type carrierView struct {
	Outlet, Label, Kind, Page string
	Time                      timestamp
}

func (s *server) event(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	c, err := s.backend.FullCoverage(r.Context(), id)
	if errors.Is(err, news.ErrNotFound) {
		return notFound("There is no event of this number now. Its stories were aged out, or a correction moved them to other events; a search finds what is kept.")
	}
	if err != nil {
		return fmt.Errorf("event %d: %w", id, err)
	}
	if c.ID != id {
		http.Redirect(w, r, eventPath(c.ID), http.StatusMovedPermanently)
		return nil
	}
	others, err := s.backend.Affair(r.Context(), c.ID, c.Event.Latest)
	if err != nil {
		return fmt.Errorf("affair of event %d: %w", c.ID, err)
	}
	l := s.locale(r)
	view := s.eventOf(c, r.URL.Query().Get("order") == byTime, r, l)
	for _, e := range others {
		view.Affair = append(view.Affair, headline{
			Title: cmp.Or(publish.Cut(publish.Line(e.Headline()), maxHeadline), l.Text("Untitled")), Page: eventPath(e.ID), Outlet: reachText(e.Reach, l), Time: timestampOf(e.Latest, l),
		})
	}
	var marks []*markView
	for i := range view.Entries {
		if view.Entries[i].Marks.ID != 0 {
			marks = append(marks, &view.Entries[i].Marks)
		}
	}
	if err := s.marks(r, marks...); err != nil {
		return err
	}
	return s.write(w, r, http.StatusOK, "event", page{Title: l.Text("Full coverage: %s", view.Title), Body: view})
}

func (s *server) eventOf(c news.FullCoverage, timed bool, r *http.Request, l *locale.Locale) eventView {
	n := pageNumber(r.URL.Query())
	v := eventView{
		Title: cmp.Or(publish.Cut(publish.Line(c.Headline()), maxHeadline), l.Text("Untitled")), Reach: reachText(c.Reach, l),
		Stories: l.Text("in %d stories", c.Event.Stories),
		Orders: []link{
			{Name: l.Text("Independence"), URL: eventPath(c.ID), Current: !timed},
			{Name: l.Text("Time|sort by"), URL: eventPath(c.ID) + "?" + url.Values{"order": {byTime}}.Encode(), Current: timed},
		},
	}
	if left := c.Event.Stories - len(c.All); left > 0 {
		v.Unread = l.Text("The %d stories with the most coverage are here; %d more are not.", len(c.All), left)
	}
	if len(c.All) > 0 {
		v.Lang = langOf(c.All[0])
	}
	groups := c.ByIndependence()
	again := map[int64]bool{}
	for _, g := range groups {
		for _, st := range g[1:] {
			again[st.ID] = true
		}
	}
	v.addNews(c, l)
	var more bool
	if timed {
		var part []news.Story
		part, more = pageOf(c.ByTime(), n)
		for _, st := range part {
			e := s.entryOf(st, l)
			e.Again = again[st.ID]
			v.Entries = append(v.Entries, e)
		}
	} else {
		var part [][]news.Story
		part, more = pageOf(groups, n)
		for _, g := range part {
			e := s.entryOf(g[0], l)
			further := g[1:]
			for _, st := range further[:min(len(further), maxFurther)] {
				e.Further = append(e.Further, newsOf(st, l))
			}
			e.FurtherMore = len(further) - len(e.Further)
			v.Entries = append(v.Entries, e)
		}
	}
	v.Pager = pagerOf(r, n, more)
	if n == 1 {
		v.Timeline, v.Marks = timelineOfEvent(groups, l)
	}
	return v
}

// pageOf gives the entries of page n, which counts from 1, and whether there are more.
func pageOf[T any](all []T, n int) ([]T, bool) {
	from := min((n-1)*perPage, len(all))
	to := min(from+perPage, len(all))
	return all[from:to], to < len(all)
}

// addNews fills in when the event was told, who broke it, and what is new.
func (v *eventView) addNews(c news.FullCoverage, l *locale.Locale) {
	st, first, ok := c.Broke()
	if !ok {
		return
	}
	v.First, v.Latest = timestampOf(first.Article.Time(), l), timestampOf(c.Latest, l)
	v.Broke = &brokeView{headline: headline{
		Title: publish.Cut(articleTitle(first.Article, l), maxHeadline), Lang: first.Article.Lang, Page: articlePath(first.Article.ID),
		Outlet: publish.Name(first.Article.Outlet), Time: articleTime(first.Article, l),
	}}
	if st.Origin.Key() != "" && st.Origin.Key() != first.Article.Outlet.Key() {
		by := originOf(st, l)
		v.Broke.Origin = &by
	}
	v.Broke.Scoop = scoopOf(st)
	if newest, ok := c.Newest(); ok && (newest.ID != st.ID || newest.Told().After(first.Article.Time())) {
		h := newsOf(newest, l)
		v.Newest = &h
	}
}

// newsOf is a story in one line, with when it last said something new.
func newsOf(st news.Story, l *locale.Locale) headline {
	h := headlineOf(st, timestampOf(st.Told(), l), l)
	h.Title = publish.Cut(h.Title, maxHeadline)
	return h
}

func (s *server) entryOf(st news.Story, l *locale.Locale) entryView {
	h := newsOf(st, l)
	e := entryView{Title: h.Title, Lang: h.Lang, Page: h.Page, Time: h.Time, By: originOf(st, l), Outlet: outletPath(publish.Author(st))}
	if len(st.Members) == 0 {
		return e
	}
	e.Marks = markView{ID: st.Lead().Article.ID}
	e.Dek = s.dekOf(st.Current().Article, h.Title, maxDek)
	var others []news.Report
	for _, r := range st.Reports() {
		if r.Role() == news.RoleOriginal || st.Origin.Key() != "" && r.Newest().Article.Outlet.Key() == st.Origin.Key() {
			continue
		}
		others = append(others, r)
		if m := r.Newest(); len(e.Carriers) < maxCarriers {
			e.Carriers = append(e.Carriers, carrierView{
				Outlet: publish.Name(m.Article.Outlet), Label: labelOf(st, m, l), Kind: kindOf(m), Page: articlePath(m.Article.ID), Time: articleTime(m.Article, l),
			})
		}
	}
	e.More = len(others) - len(e.Carriers)
	var labels []string
	for _, g := range groupReports(others, l, func(r news.Report) string { return kindOf(r.Newest()) }) {
		labels = append(labels, g.Label)
	}
	if len(others) > 0 {
		e.Carried = l.Text("%d others carry it: %s", len(others), strings.Join(labels, ", "))
	}
	return e
}

// reachText says how many outlets tell an event.
func reachText(r news.Reach, l *locale.Locale) string {
	text := l.Text("%d outlets", r.Outlets)
	if r.Outlets > 1 || r.Independent > 1 {
		text = l.Text("%s, %d independent", text, r.Independent)
	}
	return text
}
