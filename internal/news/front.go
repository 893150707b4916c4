package news

import "time"

// FrontQuery asks for a front page. The zero value asks for the first 40 cards of now.
type FrontQuery struct {
	At            time.Time // the page as of this time: later articles are not there; zero means now
	Limit, Offset int       // in cards; Limit 0 means 40
	Langs         []string  // of the reader, ISO 639-1; empty means the languages in which much is told
	Folder        string    // only what feeds of this folder tell; "" means all
	Viewer        int64     // without the articles that are hidden from this user; 0 is nobody
}

// Front is a front page, or a part of one.
type Front struct {
	At    time.Time
	Since time.Time // what was first told before this does not stand on the page
	Cards []FrontCard
	Total int // how many cards there are in all

	Langs   []LangCount // the languages of what is told, the most frequent first
	Folders []string    // the folders whose feeds tell it, by name
}

// LangCount is how many stories have an article in a language.
type LangCount struct {
	Lang    string
	Stories int
}

// FrontCard is one place on a front page: what is told of one happening, or of several that belong to one affair.
type FrontCard struct {
	Event       int64     // the event with most weight; 0 for a story that stands alone
	Events      []int64   // all events, the one with most weight first; without stories that stand alone
	Stories     []int64   // the one with most weight first
	Story       int64     // of the headline
	Origin      Outlet    // that this story goes back to
	Dek         string    // what the summary of the headline's article says, or of another of its story; may be ""
	Picture     string    // address of a picture that came with one of the articles; may be ""
	Articles    []Article // until the time of the page: the one whose headline is shown, then by story and time. They have no body, and a summary only where there is no title
	Outlets     int       // different outlets
	Independent int       // different outlets that the stories go back to
	First       time.Time
	Latest      time.Time // the first report of the newest story
	Score       float64
}

// FrontMember is an article of a story that may stand on a front page.
type FrontMember struct {
	Story, Event int64
	Origin       Outlet
	First        time.Time // of the story
	Article      int64
	Feed         int64
	Outlet       Outlet
	Lang         string
	Time         time.Time
}
