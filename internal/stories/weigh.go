package stories

import (
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
)

// Candidates returns the members of a group with the data for weighing their origin. known holds the start of polling of each
// feed, by feed id.
func Candidates(w *group.Grouper, c group.Change, known map[int64]time.Time) []origin.Candidate {
	members := make([]origin.Candidate, 0, len(c.Members))
	for _, id := range c.Members {
		it, _ := w.Item(id)
		members = append(members, origin.Candidate{Article: it.Article, Print: it.Print, Claims: it.Claims, Known: known[it.Article.FeedID]})
	}
	return members
}

// Weigh turns a group into a story: with its origin, roles, title, times and counts. pages are the pages that its members
// credit.
func Weigh(w *group.Grouper, weigher origin.Weigher, c group.Change, members []origin.Candidate, pages []origin.Page, now time.Time) news.Story {
	if article, outlet, made, ok := w.Origin(c.Members); ok {
		weigher.Correction = &origin.Correction{Article: article, Outlet: outlet, Made: made}
	}
	d := weigher.Decide(members, pages...)
	s := news.Story{ID: c.Story, Event: c.Event, Origin: d.Origin, Members: d.Members, Changed: now, Template: Templated(w, members)}
	carriers, undated := map[string]bool{}, s.Undated()
	for _, m := range d.Members {
		carriers[m.Article.Outlet.Key()] = true
		if m.Article.Undated && !undated {
			continue
		}
		t := m.Article.Time()
		if s.First.IsZero() || t.Before(s.First) {
			s.First = t
		}
		if t.After(s.Latest) {
			s.Latest = t
		}
	}
	s.Outlets, s.Title = len(carriers), s.Current().Article.Title
	return s
}

// Templated reports whether each member is made from a template or is an advertisement, and at least one is made from a
// template.
func Templated(w *group.Grouper, members []origin.Candidate) bool {
	made := false
	for _, m := range members {
		if w.Templated(m.Article.ID) {
			made = true
		} else if !m.Article.Promotional() {
			return false
		}
	}
	return made
}

// listedBefore is the number of listed items that is added to an outlet's count if the registry says that it is a listing site.
const listedBefore = 500

// Habits returns the habits that the items of each outlet show, by outlet key.
func Habits(log *origin.Log, registry *outlets.Registry) map[string]origin.Habit {
	habits := log.Habits()
	for _, e := range registry.All() {
		if e.Aggregator && !e.Agency {
			h := habits[e.Outlet().Key()]
			h.Items, h.Passed = h.Items+listedBefore, h.Passed+listedBefore
			habits[e.Outlet().Key()] = h
		}
	}
	return habits
}
