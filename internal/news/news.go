// Package news holds the words of docs/design.md as types. Every other package speaks in these types, so it imports
// weburl and the standard library only. What one stage gives to the next stands with the stage that makes it.
//
// A file is a noun: news.go has feeds, documents and articles, story.go stories, origins and claims, version.go the
// versions of a report. headline.go and promotional.go hold what is told of an article by its own words.
package news

import (
	"errors"
	"strings"
	"time"
)

// Sentinel errors that callers tell apart.
var (
	// ErrNotFound says that nothing is stored under the id, name or address asked for.
	ErrNotFound = errors.New("not found")
	// ErrExists says that the thing to add is stored already.
	ErrExists = errors.New("exists already")
)

// FeedState says how the last poll of a feed ended, in one word that the feeds page and scripts can tell apart.
type FeedState string

// The states of a feed.
const (
	FeedWaiting     FeedState = "waiting"     // never polled
	FeedOK          FeedState = "ok"          // read as it stands, or unchanged (304)
	FeedRepaired    FeedState = "repaired"    // read after its document was mended
	FeedEmpty       FeedState = "empty"       // a well-formed feed without items
	FeedNotAFeed    FeedState = "not a feed"  // HTML or anything else that no parser knows
	FeedBroken      FeedState = "broken"      // a feed that could not be parsed
	FeedNotFound    FeedState = "not found"   // 404
	FeedGone        FeedState = "gone"        // 410: not polled again
	FeedHTTPError   FeedState = "http error"  // any other status that is no answer
	FeedUnreachable FeedState = "unreachable" // no connection, DNS, TLS, reset
	FeedTimeout     FeedState = "timeout"     // the server or the parser took too long
	FeedPrivate     FeedState = "private"     // an address that fetch.allow_private does not allow
	FeedTooLarge    FeedState = "too large"   // over 10 MB after decompression, or too many items
	FeedTooDeep     FeedState = "too deep"    // nested deeper than the guard allows
)

// Feed is a subscribed URL.
type Feed struct {
	ID     int64
	URL    string // as subscribed
	Title  string // as the list or the feed names it
	Site   string // the home page that the feed links to, or ""
	Folder string // the OPML folder, or ""
	Added  time.Time
	// FullText says whether the pages of its items are read for their text: auto, always, never, or "" for what the
	// settings say.
	FullText string

	ETag         string    // exactly as the server gave it
	LastModified string    // exactly as the server gave it
	Checked      time.Time // last request; zero before the first
	Changed      time.Time // last request that brought a new or revised article
	Due          time.Time // next request; zero is now
	Rule         Rule      // what set Due; "" before the first poll
	Schedule     Schedule
	Whole        time.Time // last time that a whole document came, not a 304; zero before the first
	Answered     string    // the address that gave ETag and LastModified, after redirects; "" where none did
	Moved        Move      // where permanent redirects say that it lives now
	State        FeedState
	Problem      string // what happened and what to do about it; "" when all is well
	Failures     int    // polls in a row that failed
	Articles     int    // articles stored from it; read only
}

// Outlet is who publishes articles. Domain is its key; a name without a known domain keeps Domain "".
type Outlet struct {
	Name   string `json:"name"`             // as readers know it: "The New York Times"
	Domain string `json:"domain"`           // registrable domain: "nytimes.com"
	Agency bool   `json:"agency,omitempty"` // an outlet that others rerun
}

// Key tells outlets apart: the domain, or the lower-case name where no domain is known.
func (o Outlet) Key() string {
	if o.Domain != "" {
		return o.Domain
	}
	return lower(o.Name)
}

// Document is a parsed feed: what `headwater parse` prints, before cleaning.
type Document struct {
	Format     string // "rss 2.0", "atom 1.0", "rdf", "json feed 1.1" ...
	Repaired   []string
	Title      string
	Link       string
	Language   string
	Generator  string
	TTL        time.Duration // how long the feed asks to be left alone after a poll (<ttl>); zero where it does not say
	Period     time.Duration // the same by sy:updatePeriod and sy:updateFrequency
	Skips      Skips         // when the feed asks not to be polled
	Entries    []Entry
	Incomplete bool // items over the limit were left out
	Newest     bool // those that were kept are the newest by their dates, and not the first
}

// Kept says which items of an incomplete document are its entries, in a word.
func (d Document) Kept() string {
	if d.Newest {
		return "newest"
	}
	return "first"
}

// Entry is one item of a feed as its publisher wrote it: HTML unsanitised, links absolute.
type Entry struct {
	GUID       string
	Title      string // plain text
	URL        string
	Published  time.Time // or of the last change where the feed gives no other; zero where it gives none that can be read
	Updated    time.Time
	Authors    []string
	Summary    string // HTML
	Content    string // HTML
	Categories []string
	Enclosures []Enclosure
	Source     Reference // RSS <source>, atom:source, dc:source
	Links      []Link    // rel other than alternate: via, related, canonical ...
	Rights     string
	Language   string // as the entry says, any form of BCP 47 or ISO 639; "" is the document's
}

// Enclosure is a media file of an entry.
type Enclosure struct {
	URL    string `json:"url"`
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"` // bytes; 0 is unknown

	Duration int64  `json:"duration,omitempty"` // seconds; 0 is unknown
	Title    string `json:"title,omitempty"`    // plain text; "" where the feed gives none
}

// Plays says that an enclosure is sound or film.
func (e Enclosure) Plays() bool {
	return strings.HasPrefix(e.Type, "audio/") || strings.HasPrefix(e.Type, "video/")
}

// IsPicture says that an enclosure is a picture.
func (e Enclosure) IsPicture() bool { return strings.HasPrefix(e.Type, "image/") }

// Reference names another publication and its address; either may be empty.
type Reference struct {
	Title string `json:"title,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Link is an atom:link and the like.
type Link struct {
	Rel, URL, Title string
}

// MarkKind says what a Mark was in the article's HTML or feed item.
type MarkKind string

// The kinds of marks.
const (
	MarkLink      MarkKind = "link"      // <a href> in the text; Text is the anchor
	MarkCaption   MarkKind = "caption"   // caption or photo credit, taken out of the text
	MarkByline    MarkKind = "byline"    // a line that only names writers, taken out of the text
	MarkSource    MarkKind = "source"    // the item's <source>, atom:source or dc:source
	MarkCanonical MarkKind = "canonical" // rel=canonical
	MarkVia       MarkKind = "via"       // rel=via
	MarkRelated   MarkKind = "related"   // rel=related
	MarkRights    MarkKind = "rights"    // copyright line, taken out of the text
	MarkQuote     MarkKind = "quote"     // a quoted span of the text
	MarkFurniture MarkKind = "furniture" // boilerplate, taken out of the text
	MarkAuthor    MarkKind = "author"    // dc:creator, author
)

// Mark is something in an article that a claim may rest on. Start and End are byte offsets into Article.Text, both 0
// where the mark stands outside the text.
type Mark struct {
	Kind  MarkKind `json:"kind"`
	Text  string   `json:"text,omitempty"`
	URL   string   `json:"url,omitempty"`
	Start int      `json:"start,omitempty"`
	End   int      `json:"end,omitempty"`
}

// Article is one item of one feed, cleaned. Revisions keep the ID and get a new Seq.
type Article struct {
	ID     int64
	Seq    int64 // place in the log; set by the store
	FeedID int64
	GUID   string // as the feed writes it, "" where it gives none; of a stored article its key within the feed
	Keys   ItemKeys
	// Undated says that the item came without a date in the first document of its feed, so that Seen says nothing of when it came out.
	Undated bool

	URL       string
	Canonical string // the URL without tracking parameters, or rel=canonical; a key, not for show
	Title     string // plain text
	Authors   []string
	Outlet    Outlet    // who published it: the item's <source> for aggregators, else the feed's site
	Lang      string    // ISO 639-1, or ""
	Published time.Time // as claimed; zero where unknown
	Updated   time.Time
	Seen      time.Time // when we first had it

	Summary    string // plain text
	HTML       string // sanitised, for show
	Text       string // plain text, NFC; paragraphs separated by a blank line ("\n\n"); no captions, bylines or furniture
	Marks      []Mark
	Categories []string
	Enclosures []Enclosure
	Hub        bool   // a live page, round-up or index: never bridges stories
	Hash       string // of title, text and summary: a changed hash is a revision
}

// ItemKeys are what an item of a feed is known by when it comes again, as clean makes them. The store decides by them
// which stored article an item is (store/identity.go). They are not read back from the store.
type ItemKeys struct {
	ID      string // the GUID without what changes while the article stays: case, scheme, fragment, marks of campaigns and sessions
	Address string // the URL likewise, with its fragment; "" where there is none, and for a front page, which says nothing
	Text    string // a hash of text and summary, without title and before furniture is taken out; "" where there is neither
}

// Time is the best guess at when the article came out: the earlier of Published and Seen, never in the future.
func (a Article) Time() time.Time {
	if a.Published.IsZero() || a.Published.After(a.Seen) && !a.Seen.IsZero() {
		return a.Seen
	}
	return a.Published
}

// Body is the text to read and compare: Text, or Summary where the feed gives no more.
func (a Article) Body() string {
	if a.Text != "" {
		return a.Text
	}
	return a.Summary
}

// Status counts what is stored and what is still to do.
type Status struct {
	Feeds     int `json:"feeds"`
	Articles  int `json:"articles"`
	Stories   int `json:"stories"`
	Events    int `json:"events"`
	Unsettled int `json:"unsettled"`
	Unindexed int `json:"unindexed"`
}
