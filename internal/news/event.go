package news

import "time"

// Event is the stories about one happening, in lists.
type Event struct {
	ID      int64
	Title   string // of the story with the most coverage
	Stories int
	Latest  time.Time // newest article of its stories
}

// EventList asks for events, the newest first.
type EventList struct {
	Limit   int   // 0 means 50
	Stories int   // only events of at least so many stories
	Before  Place // only those after this place in the list; zero is the beginning
}

// OutletCount is what an outlet has published.
type OutletCount struct {
	Outlet
	Articles  int
	Originals int // articles that are the original of their story
	Copies    int // and that copy, rewrite or excerpt another's
}

// OutletList asks for outlets by domain and name.
type OutletList struct {
	Limit  int    // 0 means 50
	Domain string // only of this domain
	After  Outlet // only those after this one, by domain and name
}

// APIToken is what a program proves with whose it is. The token itself is not kept.
type APIToken struct {
	ID    int64
	Label string // what it is for
	Made  time.Time
}
