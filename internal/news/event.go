package news

import "time"

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
	Independent int // as of the function Independent
}

// Coverage is the stories of an event.
type Coverage struct {
	Stories []Story // the first ones by coverage and freshness
	Total   int
	Reach
}

// Independent returns how many outlets tell an event independently: the different outlets that its stories go back to. An
// outlet's further stories of the event do not count again.
func Independent(stories []Story) int {
	origins := map[string]bool{}
	for _, s := range stories {
		if key := s.Origin.Key(); key != "" {
			origins[key] = true
		}
	}
	return len(origins)
}
