package news

import (
	"cmp"
	"slices"
	"time"
)

// Event is the stories about one happening, in the form for lists.
type Event struct {
	ID      int64
	Title   string // title of the story with the most coverage
	Stories int
	Latest  time.Time // time of the newest article of its stories
	Reach
}

// Reach is how many outlets tell an event. An outlet whose text others carry may be in no feed of ours, so more outlets may
// tell an event independently than carry it.
type Reach struct {
	Outlets     int // different outlets of its stories' members
	Independent int // different outlets that its stories go back to; an outlet's further stories do not count again
}

// Coverage is the stories of an event.
type Coverage struct {
	Stories []Story // the first ones by coverage and freshness
	Total   int
}

// FullCoverage is an event with its stories.
type FullCoverage struct {
	Event
	All []Story // by coverage and freshness, with their members. Fewer than Event.Stories if there are too many to read
}

// ByIndependence returns the stories by the outlets that they go back to: those of one outlet stand together, since only one
// of them is an independent report. The outlet whose stories most others carry comes first, of several the earlier one. Of
// one outlet's stories the one that most carry is the first; the others follow by Story.Told, the newest first. A story whose
// origin is not known stands alone.
func (c FullCoverage) ByIndependence() [][]Story {
	var groups [][]Story
	at := map[string]int{} // groups by the origin's key
	for _, s := range c.All {
		key := s.Origin.Key()
		i, known := at[key]
		if !known || key == "" {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	carriers := make(map[int64]int, len(groups)) // different outlets, by the first story of a group
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b Story) int {
			return cmp.Or(cmp.Compare(b.Outlets, a.Outlets), a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
		})
		outlets := map[string]bool{}
		for _, s := range g {
			for _, m := range s.Members {
				outlets[m.Article.Outlet.Key()] = true
			}
		}
		carriers[g[0].ID] = len(outlets)
		copy(g[1:], byTold(g[1:]))
	}
	slices.SortStableFunc(groups, func(a, b []Story) int {
		return cmp.Or(cmp.Compare(carriers[b[0].ID], carriers[a[0].ID]), firstOf(a).Compare(firstOf(b)), cmp.Compare(a[0].ID, b[0].ID))
	})
	return groups
}

func firstOf(stories []Story) time.Time {
	first := stories[0].First
	for _, s := range stories[1:] {
		if s.First.Before(first) {
			first = s.First
		}
	}
	return first
}

// ByTime returns the stories by Story.Told, the newest first. Stories without a date come last.
func (c FullCoverage) ByTime() []Story { return byTold(c.All) }

func byTold(stories []Story) []Story {
	type one struct {
		told time.Time
		at   int // in stories, which are large to move
	}
	order := make([]one, len(stories))
	for i, s := range stories {
		order[i] = one{s.Told(), i}
	}
	slices.SortStableFunc(order, func(a, b one) int {
		return cmp.Or(b.told.Compare(a.told), cmp.Compare(stories[b.at].ID, stories[a.at].ID))
	})
	sorted := make([]Story, len(stories))
	for i, o := range order {
		sorted[i] = stories[o.at]
	}
	return sorted
}

// Broke returns the first report of the event that is known, and its story. It returns false if no article has a date.
func (c FullCoverage) Broke() (story Story, first Member, found bool) {
	for _, s := range c.All {
		m, ok := earliest(s.Members)
		if ok && (!found || m.Article.Time().Before(first.Article.Time())) {
			story, first, found = s, m, true
		}
	}
	return story, first, found
}

// Newest returns the latest development: the story with the newest Story.Told that is made by no template. It returns false if
// there is none with a date.
func (c FullCoverage) Newest() (newest Story, found bool) {
	var told time.Time
	for _, s := range c.All {
		if t := s.Told(); !s.Template && t.After(told) {
			newest, told, found = s, t, true
		}
	}
	return newest, found
}
