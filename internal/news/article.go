package news

import (
	"io"
	"strings"
	"time"
)

// Article is one cleaned item of one feed. A revision keeps the ID and gets a new Seq.
type Article struct {
	ID     int64
	Seq    int64 // number in the article log; set by the store
	FeedID int64
	GUID   string // as in the feed, "" for none; of a stored article its key within the feed
	Keys   ItemKeys
	// Undated says that the item had no date in the first document of its feed, so Seen does not tell when it was
	// published. Such an article is not treated as new: its story ranks as a week old, and alerts do not tell of it. An
	// item without a date in a later document is dated by the poll. So is an item with a date some hours ahead, which
	// comes from a wrong clock or zone.
	Undated bool

	URL       string
	Canonical string // URL without tracking parameters, or rel=canonical; a key, not for display
	Title     string // plain text
	Authors   []string
	Outlet    Outlet    // the publisher: the item's <source> for aggregators, else the feed's site
	Lang      string    // ISO 639-1, or ""
	Published time.Time // as claimed; zero if unknown
	Updated   time.Time
	Seen      time.Time // when we first received it

	Summary    string // plain text
	HTML       string // sanitised, for display
	Text       string // plain text, NFC; paragraphs separated by a blank line ("\n\n"); no captions, bylines or furniture
	Marks      []Mark
	Categories []string
	Enclosures []Enclosure
	Roundup    bool   // a live page, round-up or index: never connects stories
	Hash       string // of title, text and summary; another hash is a revision
}

// ItemKeys identify an item when it is polled again. clean computes them, and the store uses them to decide which stored
// article an item is (store/identity.go). The store does not return them.
type ItemKeys struct {
	ID      string // the GUID without parts that change while the article stays: case, scheme, fragment, campaign and session parameters
	Address string // the URL in the same form, with its fragment; "" if there is none, and for a front page, which identifies nothing
	Text    string // a hash of text and summary, without title and before furniture is removed; "" if both are empty
}

// Time is the best estimate of when the article was published: the earlier of Published and Seen, never in the future.
func (a Article) Time() time.Time {
	if a.Published.IsZero() || a.Published.After(a.Seen) && !a.Seen.IsZero() {
		return a.Seen
	}
	return a.Published
}

// Body is the text to read and compare: Text, or Summary if the feed has no text.
func (a Article) Body() string {
	if a.Text != "" {
		return a.Text
	}
	return a.Summary
}

// Outlet is a publisher of articles. Domain is its key; it is "" for a name without a known domain.
type Outlet struct {
	Name   string `json:"name"`             // as readers know it: "The New York Times"
	Domain string `json:"domain"`           // registrable domain: "nytimes.com"
	Agency bool   `json:"agency,omitempty"` // an outlet whose texts others carry
}

// Key identifies an outlet: the domain, or the lower-case name if no domain is known.
func (o Outlet) Key() string {
	if o.Domain != "" {
		return o.Domain
	}
	return lower(o.Name)
}

// Document is a parsed feed before cleaning, as printed by `headwater parse`.
type Document struct {
	Format     string // "rss 2.0", "atom 1.0", "rdf", "json feed 1.1" ...
	Repaired   []string
	Title      string
	Link       string
	Language   string
	Generator  string
	TTL        time.Duration // least wait after a poll that the feed asks for (<ttl>); zero for none
	Period     time.Duration // the same by sy:updatePeriod and sy:updateFrequency
	Skips      Skips         // hours and days at which the feed asks not to be polled
	Entries    []Entry
	Incomplete bool // items beyond the limit were left out
	Newest     bool // Entries are the newest items by date, not the first of the document
}

// Kept says in a word which items of an incomplete document are its entries.
func (d Document) Kept() string {
	if d.Newest {
		return "newest"
	}
	return "first"
}

// Entry is one item of a feed as written by its publisher: HTML is not sanitised, links are absolute.
type Entry struct {
	GUID       string
	Title      string // plain text
	URL        string
	Published  time.Time // or of the last change if the feed has no other date; zero for none that can be parsed
	Updated    time.Time
	Authors    []string
	Summary    string // HTML
	Content    string // HTML
	Categories []string
	Enclosures []Enclosure
	Source     Reference // RSS <source>, atom:source, dc:source
	Links      []Link    // rel other than alternate: via, related, canonical ...
	Rights     string
	Language   string // as in the entry, in any form of BCP 47 or ISO 639; "" means that of the document
}

// Enclosure is a media file of an entry.
type Enclosure struct {
	URL    string `json:"url"`
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"` // bytes; 0 means unknown

	Duration int64  `json:"duration,omitempty"` // seconds; 0 means unknown
	Title    string `json:"title,omitempty"`    // plain text; "" if the feed has none
}

// Plays reports whether an enclosure is audio or video.
func (e Enclosure) Plays() bool {
	return strings.HasPrefix(e.Type, "audio/") || strings.HasPrefix(e.Type, "video/")
}

// IsPicture reports whether an enclosure is a picture.
func (e Enclosure) IsPicture() bool { return strings.HasPrefix(e.Type, "image/") }

// Lasts returns how long an enclosure plays; 0 means unknown.
func (e Enclosure) Lasts() time.Duration { return time.Duration(e.Duration) * time.Second }

// Reference is the name and address of another publication; either may be empty.
type Reference struct {
	Title string `json:"title,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Link is an atom:link or a similar element.
type Link struct {
	Rel, URL, Title string
}

// MarkKind is what a Mark was in the article's HTML or feed item.
type MarkKind string

// The kinds of marks.
const (
	MarkLink      MarkKind = "link"      // <a href> in the text; Text is the anchor
	MarkCaption   MarkKind = "caption"   // caption or photo credit, removed from the text
	MarkByline    MarkKind = "byline"    // a line that only names writers, removed from the text
	MarkSource    MarkKind = "source"    // the item's <source>, atom:source or dc:source
	MarkCanonical MarkKind = "canonical" // rel=canonical
	MarkVia       MarkKind = "via"       // rel=via
	MarkRelated   MarkKind = "related"   // rel=related
	MarkRights    MarkKind = "rights"    // copyright line, removed from the text
	MarkQuote     MarkKind = "quote"     // a quoted span of the text
	MarkAuthor    MarkKind = "author"    // dc:creator, author
)

// Mark is a part of an article that a claim may rest on. Start and End are byte offsets into Article.Text, both 0 if the
// mark is not in the text.
type Mark struct {
	Kind  MarkKind `json:"kind"`
	Text  string   `json:"text,omitempty"`
	URL   string   `json:"url,omitempty"`
	Start int      `json:"start,omitempty"`
	End   int      `json:"end,omitempty"`
}

// Picture is a picture that is being fetched for a reader of our pages.
type Picture struct {
	Type         string // image/png, image/jpeg, image/gif, image/webp or image/avif, detected from its bytes
	ETag         string // validators from the server; may be ""
	LastModified string
	Length       int64         // bytes; -1 if unknown
	NotModified  bool          // the validators of the request still hold; Body is empty
	Body         io.ReadCloser // reading fails beyond the limit; the caller closes it
}
