package news

import (
	"math"
	"time"
)

// OutletEdit is what people say of an outlet. It outranks the built-in list and the settings.
type OutletEdit struct {
	Outlet  string // its key
	Name    string
	Agency  bool
	Aliases []string // other names of it
	Domains []string // its domains; the first one becomes its key
	Changed time.Time
}

// OutletCount counts the stories of an outlet that were settled and are stored, under one of the names that its articles
// give.
type OutletCount struct {
	Outlet   string // its key
	Name     string
	Articles int
	Stories  int // with an article of it
	Wrote    int // of these, those that go back to it
	Named    int // stories without an article of it that go back to it
	Rerun    int // stories that go back to it and that other outlets carry

	First, Last time.Time // when its oldest and its newest article were first seen; zero if it has none
}

// OutletPair counts stories that go back to one outlet and that another carries.
type OutletPair struct {
	Outlet, Origin string // keys
	Lag            int    // a class of LagClass
	Stories        int
}

// Times between an original and a rerun are counted in classes, each lagStep times as long as the one before. So a median
// is right to some 7%.
const (
	lagStep    = 1.15
	LagUnknown = -1
	maxLag     = 90 * 24 * time.Hour
)

// LagClass returns the class of a time between an original and a rerun. Class 0 is less than a minute. A rerun that is
// dated before the original has no known lag.
func LagClass(d time.Duration) int {
	switch {
	case d < 0 || d > maxLag:
		return LagUnknown
	case d < time.Minute:
		return 0
	}
	return 1 + int(math.Log(d.Minutes())/math.Log(lagStep))
}

// LagOf returns the middle of a class, in whole minutes.
func LagOf(class int) time.Duration {
	if class <= 0 {
		return 0
	}
	return (time.Duration(math.Pow(lagStep, float64(class)-.5)*60) * time.Second).Round(time.Minute)
}

// OutletClock is an outlet's clock in a feed that is known to be wrong.
type OutletClock struct {
	Feed   int64
	Outlet string        // key
	Ahead  time.Duration // how far its dates are ahead of time; negative if they are behind
}

// OutletHabits are what was learnt of outlets from their items of the last 90 days.
type OutletHabits struct {
	Learnt time.Time
	Clocks []OutletClock // the wrong ones
	Lists  []string      // keys of the outlets that list or rerun what others publish and have hardly anything of their own
}

// OutletSummary is an outlet with what it writes and reruns, under all of its names.
type OutletSummary struct {
	Outlet
	Names    []string // other names that its articles give, the commonest first
	Articles int
	Stories  int     // with an article of it
	Wrote    int     // of these, those that go back to it
	Named    int     // stories without an article of it that go back to it
	Rerun    int     // stories that go back to it and that other outlets carry
	Share    float64 // Wrote of Stories, from 0 to 1

	Most Rerun         // the outlet whose stories it carries most; zero if it carries none
	Lag  time.Duration // median time from an original to its rerun
	Lags int           // how many reruns Lag is from; 0 means that it is not known

	First, Last time.Time
}

// Rerun counts the stories that one outlet has from another.
type Rerun struct {
	Outlet  Outlet // the other one
	Stories int
	Lag     time.Duration // median
	Lags    int           // how many Lag is from
}

// OutletDetails is what is known of an outlet.
type OutletDetails struct {
	OutletSummary
	Reruns   []Rerun // whose stories it carries, the most first
	RerunBy  []Rerun // who carries its stories
	Clocks   []OutletClock
	Lists    bool      // it lists or reruns what others publish
	Learnt   time.Time // when Clocks and Lists were found; zero if they were not yet
	Feeds    []Feed    // that are its own
	Counting bool      // older stories are still to be counted

	// Aliases and Domains are the names and domains that mean this outlet, from the built-in list, the settings or an edit.
	Aliases, Domains []string
	Edited           time.Time // when people changed it last; zero if they did not
}

// OutletSort is an order of outlets.
type OutletSort string

// The orders. Names are in alphabetical order, the others with the greatest first.
const (
	OutletsByName      OutletSort = "name"
	OutletsByArticles  OutletSort = "articles"
	OutletsByOriginals OutletSort = "originals"
	OutletsByShare     OutletSort = "share"
	OutletsByReruns    OutletSort = "reruns" // by the number of Most
	OutletsByLag       OutletSort = "lag"    // the fastest first, and those without a lag last
	OutletsByFirst     OutletSort = "first"
	OutletsByLast      OutletSort = "last"
)

// OutletSorts are all orders.
var OutletSorts = []OutletSort{
	OutletsByName, OutletsByArticles, OutletsByOriginals, OutletsByShare, OutletsByReruns, OutletsByLag, OutletsByFirst, OutletsByLast,
}

// OutletList asks for outlets.
type OutletList struct {
	Query  string     // part of a name or domain; "" means all
	Sort   OutletSort // "" means OutletsByArticles
	After  string     // key of an outlet; only those after it in this order
	Offset int
	Limit  int // 0 means 50
}

// OutletPage is a part of a list of outlets.
type OutletPage struct {
	Outlets []OutletSummary
	Total   int // of outlets that match the query
	All     int // of outlets
	Unnamed int // articles that give no outlet

	Counted  time.Time // when they were counted
	Counting bool      // older stories are still to be counted
}
