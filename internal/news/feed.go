package news

import (
	"fmt"
	"time"
)

// FeedState is the result of a feed's last poll, in one word for the feeds page and scripts.
type FeedState string

// The states of a feed.
const (
	FeedWaiting     FeedState = "waiting"     // never polled
	FeedOK          FeedState = "ok"          // read without repairs, or unchanged (304)
	FeedRepaired    FeedState = "repaired"    // read after repairs of its document
	FeedEmpty       FeedState = "empty"       // a well-formed feed without items
	FeedNotAFeed    FeedState = "not a feed"  // HTML or another format that is no feed
	FeedBroken      FeedState = "broken"      // a feed that can't be parsed
	FeedNotFound    FeedState = "not found"   // 404
	FeedGone        FeedState = "gone"        // 410: not polled again
	FeedHTTPError   FeedState = "http error"  // any other error status
	FeedUnreachable FeedState = "unreachable" // no connection: DNS, TLS, reset
	FeedTimeout     FeedState = "timeout"     // the server or the parser took too long
	FeedPrivate     FeedState = "private"     // an address that fetch.allow_private does not allow
	FeedTooLarge    FeedState = "too large"   // over 10 MB after decompression, or too many items
	FeedTooDeep     FeedState = "too deep"    // nested deeper than the guard allows
)

// FeedStates are all of them, in the order of the list above.
var FeedStates = []FeedState{
	FeedWaiting, FeedOK, FeedRepaired, FeedEmpty, FeedNotAFeed, FeedBroken, FeedNotFound, FeedGone, FeedHTTPError, FeedUnreachable,
	FeedTimeout, FeedPrivate, FeedTooLarge, FeedTooDeep,
}

// Cause is why a poll failed, in one word. State and Cause together determine what people are told. An error status of HTTP
// is its number: "404".
type Cause string

// The causes that are no status.
const (
	CauseNameUnknown    Cause = "name unknown"      // DNS has no such name
	CauseNoNameServer   Cause = "no name server"    // no name server answered
	CauseCertificate    Cause = "certificate"       // the certificate is not valid for the address
	CauseNoHTTPS        Cause = "no https"          // the port does not speak TLS
	CauseRefused        Cause = "refused"           // nothing listens there
	CauseBrokeOff       Cause = "broke off"         // the connection ended within the answer
	CauseRedirects      Cause = "redirects"         // too many, or in a circle
	CauseBadRedirect    Cause = "bad redirect"      // to what is no web address
	CauseToInsecure     Cause = "insecure redirect" // from https to http
	CauseBadCompression Cause = "compression"       // the document can't be decompressed
	CauseProxy          Cause = "proxy"             // fetch.proxy itself is not to be reached
	CauseNoMail         Cause = "no mail"           // it comes by mail, and this server receives none
)

// Feed is a subscribed URL.
type Feed struct {
	ID     int64
	URL    string // as subscribed
	Title  string // from the list or the feed
	Site   string // the home page that the feed links to, or ""
	Folder string // the OPML folder, or ""
	Added  time.Time
	// FullText says whether the pages of its items are fetched for their text: auto, always, never, or "" to follow the
	// settings.
	FullText string
	Pictures string    // how pictures of its articles are shown: proxy, direct, hide, or "" to follow the settings
	Lang     string    // the language of its articles, whatever they look like; "" where it is detected
	Paused   bool      // it is not polled until somebody resumes it
	Removed  time.Time // when it was removed, while that can be undone; zero for a subscribed feed

	ETag         string    // exactly as sent by the server
	LastModified string    // exactly as sent by the server
	Checked      time.Time // last request; zero before the first
	Changed      time.Time // last request with a new or revised article
	Due          time.Time // next request; zero means now
	Rule         Rule      // the rule that set Due; "" before the first poll
	Schedule     Schedule
	Whole        time.Time // last time that the server sent a document, not a 304; zero before the first
	Answered     string    // the address after redirects that sent ETag and LastModified; "" for none
	Moved        Move      // the new address according to permanent redirects
	State        FeedState
	Problem      string    // what happened and what to do; "" if there is no problem
	Cause        Cause     // why the last poll failed; "" if it did not, or if State says all
	Failures     int       // failed polls in a row
	Failing      time.Time // the first of these; zero where the last poll did not fail
	Articles     int       // articles stored from it; set by the store
}

// Schedule is what determines a feed's polling. It is stored between polls, since a 304 carries little of it. Zero values
// are unknown.
type Schedule struct {
	Rhythm time.Duration // the wait that follows from the times of its items
	Fresh  time.Duration // how long its last answer stays fresh by Cache-Control or Expires
	TTL    time.Duration // <ttl>
	Period time.Duration // sy:updatePeriod divided by sy:updateFrequency
	Skips  Skips
}

// Skips are the hours and days, in UTC, at which a feed asks not to be polled (<skipHours>, <skipDays>).
type Skips struct {
	Hours uint32 // bit n is hour n, 0 to 23
	Days  uint8  // bit n is time.Weekday n, 0 is Sunday
}

// Hour reports whether t is in a skipped hour.
func (s Skips) Hour(t time.Time) bool { return s.Hours>>t.UTC().Hour()&1 == 1 }

// Day reports whether t is on a skipped day.
func (s Skips) Day(t time.Time) bool { return s.Days>>t.UTC().Weekday()&1 == 1 }

// Rule is what determined the time of a feed's next poll, in one word for scripts. Package poll defines the rules.
type Rule string

// Move is a feed's new address according to permanent redirects (301, 308). The zero value means none.
type Move struct {
	To    string
	First time.Time // when a poll first found it
	Times int       // polls in a row that found it
}

// Rest is a pause that a host asked for: 429 or 503 with Retry-After. The zero value means none.
type Rest struct {
	Host  string // lower case, with a port unless it is the scheme's default
	Until time.Time
}

// Subscription is an agreement with a hub that pushes a feed (WebSub, W3C 2018). A feed has at most one subscription that
// is not ending.
type Subscription struct {
	ID     string // the last part of the callback's path; it can't be guessed
	Feed   int64
	Hub    string // the hub's address for subscription requests
	Topic  string // the hub's name for the feed
	Secret string // signs what the hub sends

	Ending   bool      // the hub is to be asked to unsubscribe
	Asked    time.Time // when the hub was last asked; zero before the first time
	Next     time.Time // when to ask next
	Until    time.Time // the end of the lease; zero while the hub has verified none
	Failures int       // failures in a row since the subscription last worked; see Live
	Problem  string    // the last failure; "" for none
}

// Live reports whether the hub can be relied on, so that the feed is polled only as a check.
func (s Subscription) Live(now time.Time) bool {
	return !s.Ending && s.Failures == 0 && s.Until.After(now)
}

// FeedEdit is a change of what people set of feeds. Fields that are nil stay as they are.
type FeedEdit struct {
	Title    *string // "" is what the feed calls itself
	Folder   *string
	Site     *string
	FullText *string
	Pictures *string
	Lang     *string
	Paused   *bool
}

// UndoRemoval is how long the removal of a feed, a folder or a label can be undone.
const UndoRemoval = 24 * time.Hour

// PollRun is some polls in a row of a feed that ended alike.
type PollRun struct {
	First, Last time.Time
	Polls       int
	State       FeedState
	Cause       Cause
	Problem     string
	Articles    int // new ones
}

// FeedDays limits the days for which the articles of a feed are counted.
const FeedDays = 30

// DayCount is how many articles a feed brought that are dated on a day.
type DayCount struct {
	Day      time.Time // its begin, in UTC
	Articles int
}

// Imported is the result of importing a list of feeds and topics.
type Imported struct {
	Feeds, KnownFeeds   int
	Topics, KnownTopics int
	Folders             []string     // that had no feed before
	Notes               []ImportNote // what was left out or repaired, and why
}

// ImportNote is a part of a list that was left out, or repaired.
type ImportNote struct {
	Line   int // in the file, from 1; 0 where it is of no line
	Text   string
	Mended bool // it was taken after a repair
}

// String returns the note as a line of text.
func (n ImportNote) String() string {
	if n.Line == 0 {
		return n.Text
	}
	return fmt.Sprintf("line %d: %s", n.Line, n.Text)
}

// FoundFeed is a feed that an address leads to.
type FoundFeed struct {
	URL   string      // to subscribe to
	Title string      // from the feed or from a link to it; may be ""
	Also  []string    // other addresses of the same document: after redirects, and as given in the feed
	Known int64       // id of the subscribed feed that it is; 0 for none
	Site  string      // the home page that it links to; "" where it was not read or has none
	Lang  string      // as the feed gives it; "" for none
	Items []FoundItem // what it holds, in its order; nil where it was not read
}

// FoundItem is an item of a feed that is not subscribed to.
type FoundItem struct {
	Title, URL string
	Published  time.Time // zero for none
}

// Finding is the result of looking for feeds at an address.
type Finding struct {
	Address string      // the normalised address; if no feed is found and the user insists, this is subscribed to
	Feeds   []FoundFeed // the most likely first
	// Problem says why there are no feeds, or why the expected feed is none or could not be read; "" if there is no
	// problem. An address with a problem is subscribed to only if the user insists.
	Problem string
	State   FeedState // of Problem where a poll would fail so; TroubleOf has words for it. "" where Problem says all
	Cause   Cause
	At      string // the address that State is about
	Dead    bool   // there is no feed, and none is to be expected later
	// Note names the address that was used instead of the entered one; "" if that is the same.
	Note string
}

// Insisted returns the address to subscribe to despite a problem.
func (f Finding) Insisted() string {
	if len(f.Feeds) == 1 {
		return f.Feeds[0].URL
	}
	return f.Address
}

const (
	// FurnitureBlocks limits the blocks that are remembered as a feed's furniture: those that its documents contained
	// last.
	FurnitureBlocks = 2000
	// FurnitureItems limits the items of a feed whose blocks are remembered: the newest.
	FurnitureItems = 32
)

// Furniture is what was learnt of the furniture in a feed's documents, the newest first. The zero value knows nothing.
type Furniture struct {
	Blocks []uint64     // hashes of the blocks that are furniture
	Items  []ItemBlocks // recent items, to find blocks that later ones repeat
}

// ItemBlocks are the remembered hashes of an item.
type ItemBlocks struct {
	Key     uint64   // hash of the guid
	Title   uint64   // 0 means none
	Content uint64   // hash of the whole text; 0 means none
	Words   []uint64 // hashes of the long words of its title
	Blocks  []Block  // each once
}

// Block is a paragraph or line of an item.
type Block struct {
	Hash  uint64
	Words int
}

// Then returns what is remembered of a feed after a document showed more, within the limits. It changes neither argument.
func (f Furniture) Then(seen Furniture) Furniture {
	return Furniture{
		Blocks: newest(seen.Blocks, f.Blocks, FurnitureBlocks, func(b uint64) uint64 { return b }),
		Items:  newest(seen.Items, f.Items, FurnitureItems, func(it ItemBlocks) uint64 { return it.Key }),
	}
}

// newest returns fresh and then old, without later duplicates of a key, and at most limit values.
func newest[T any](fresh, old []T, limit int, key func(T) uint64) []T {
	var out []T
	taken := map[uint64]bool{}
	for _, list := range [][]T{fresh, old} {
		for _, x := range list {
			if k := key(x); len(out) < limit && !taken[k] {
				taken[k] = true
				out = append(out, x)
			}
		}
	}
	return out
}
