// Package front orders what is told at an hour as a front page does: events with many independent reports first, each once.
//
// The input is the stories whose first report is younger than a window (Window), with their articles up to that hour. Templates,
// advertisements and undated items are left out by the caller; so are stories of earlier days, however often they are rerun.
// The steps are:
//
//  1. Score (score.go). The worth of a story is
//
//     language · (1 + 0.4·log2(outlets)) · 2^(−age/24 h)
//
//     where age is that of its first report, and outlets is the number of those that carry it. So a rerun widens a story and
//     does not renew it. The worths of the stories that go back to one outlet are added with the weights 1, 1/2, 1/3 and so
//     on, the best first: what an outlet adds to its own report counts less and less. The score of an event is the sum over
//     these outlets. An event that moves has new stories, so its growth counts by their age.
//
//  2. Join (join.go). Advertisements, programmes and live pages are taken out. Grouping makes events small, since only reports
//     of one happening belong together. A front page gives one place to an affair: the announcement, the reactions and what
//     followed. The best events are joined by average link over the likeness of their words, and scored as one event times
//
//     (1 + 0.4·log2(reports)) · (1 + 0.2·log2(languages))
//
//     where each outlet of each story makes a report: what an agency follows up and translates matters to it. Then affairs join
//     the better one that they are like as wholes. Reports on markets join what moved them.
//
//  3. Headline (headline.go). The headline is that of a report in the reader's language. It belongs to the affair's best event,
//     is near to what the whole affair tells, is carried by many and is recent. A comment leads only where nothing else can.
//
// Since all scores decay alike, the order changes only with what is told, not with the clock, while nothing leaves the window.
package front

import (
	"cmp"
	"slices"
	"time"
)

// Window is how old the first report of a story may be. A day and a half: what was told yesterday evening still leads in the
// morning.
const Window = 36 * time.Hour

// Story is a story as of an hour.
type Story struct {
	ID, Event int64     // Event 0: the story stands alone
	Origin    string    // key of the outlet that it goes back to; "" where nobody is known
	First     time.Time // its first report
	Members   []Member  // those until the hour

	reach int     // different outlets that carry it, set by Events
	worth float64 // what it adds to the score of its event, set by Events
	share float64 // the score of its event, by that of the best event of the affair
}

// Member is an article of a story.
type Member struct {
	Article int64
	Outlet  string // key
	Lang    string
	Time    time.Time
}

// Event is what one happening, or one affair, is told by.
type Event struct {
	IDs     []int64 // of the events that were joined, the best first; 0 stands for a story without an event
	Stories []Story // the best first
	Score   float64

	Outlets     int // different outlets that carry any of its stories
	Independent int // different outlets that its stories go back to

	words []term // what it tells, set by Join
}

// Reader is for whom a page is made. The zero value prefers no language.
type Reader struct {
	Langs map[string]bool // languages that count in full; nil means all
}

// Events scores stories by event, the best first.
func Events(stories []Story, at time.Time, r Reader) []Event {
	byEvent := map[int64]int{}
	var out []Event
	for _, s := range stories {
		if len(s.Members) == 0 {
			continue
		}
		s.reach, s.share = reachOf(s), 1
		s.worth = worthOf(s, at, r)
		i, known := byEvent[s.Event]
		if s.Event == 0 || !known {
			i = len(out)
			out = append(out, Event{IDs: []int64{s.Event}})
			byEvent[s.Event] = i
		}
		out[i].Stories = append(out[i].Stories, s)
	}
	for i := range out {
		out[i].weigh()
	}
	order(out)
	return out
}

// best returns the stories of an event whose words are read.
func (e Event) best() []Story { return e.Stories[:min(len(e.Stories), perEvent)] }

// sameTeller reports whether one outlet alone tells of two events.
func (e Event) sameTeller(other Event) bool {
	return e.Outlets == 1 && other.Outlets == 1 && e.Stories[0].Members[0].Outlet == other.Stories[0].Members[0].Outlet
}

// firstReport returns the article of a story's first report.
func (s Story) firstReport() int64 { return s.Members[0].Article }

// order sorts events by score. Of equal ones the one with the oldest story comes first, so that the order does not depend on
// how ids were given.
func order(events []Event) {
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Stories[0].First.Compare(b.Stories[0].First), cmp.Compare(a.Stories[0].ID, b.Stories[0].ID))
	})
}
