package news

import (
	"io"
	"strings"
	"time"
)

// Article is one item of one feed, cleaned. Revisions keep the ID and get a new Seq.
type Article struct {
	ID     int64
	Seq    int64 // place in the log; set by the store
	FeedID int64
	GUID   string // as the feed writes it, "" where it gives none; of a stored article its key within the feed
	Keys   ItemKeys
	// Undated says that the item came without a date in the first document of its feed, so that Seen says nothing of when it
	// came out. It is no news of this minute: its story ranks as a week old, and alerts do not tell of it. Later items without
	// a date are as old as their poll, and so are items with a date some hours ahead, which is a wrong clock or zone.
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
	Roundup    bool   // a live page, round-up or index: never bridges stories
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

// Lasts is how long an enclosure plays; 0 is unknown.
func (e Enclosure) Lasts() time.Duration { return time.Duration(e.Duration) * time.Second }

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

// Picture is a picture that is being fetched for a reader.
type Picture struct {
	Type         string // image/png, image/jpeg, image/gif, image/webp or image/avif, by its bytes
	ETag         string // as the server gave them; may be ""
	LastModified string
	Length       int64         // bytes; -1 where unknown
	NotModified  bool          // the validators that were sent still hold; Body is empty
	Body         io.ReadCloser // fails beyond the limit; to be closed
}
