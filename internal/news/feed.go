package news

import (
	"time"
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

// Schedule is what is known of when a feed wants to be polled, kept from poll to poll, since an answer 304 says little.
// Zero times are unknown.
type Schedule struct {
	Rhythm time.Duration // the wait that its items suggest
	Fresh  time.Duration // how long its last answer stays current by Cache-Control or Expires
	TTL    time.Duration // <ttl>
	Period time.Duration // sy:updatePeriod by sy:updateFrequency
	Skips  Skips
}

// Skips are the hours and days, in UTC, at which a feed asks not to be polled (<skipHours>, <skipDays>).
type Skips struct {
	Hours uint32 // bit n is hour n, 0 to 23
	Days  uint8  // bit n is time.Weekday n, 0 is Sunday
}

// Hour says whether t lies in a skipped hour.
func (s Skips) Hour(t time.Time) bool { return s.Hours>>t.UTC().Hour()&1 == 1 }

// Day says whether t lies on a skipped day.
func (s Skips) Day(t time.Time) bool { return s.Days>>t.UTC().Weekday()&1 == 1 }

// Rule is what set the time of a feed's next poll, in one word that scripts can tell apart. Package poll has the rules.
type Rule string

// Move is a feed's new address, as permanent redirects (301, 308) tell it. The zero value is none.
type Move struct {
	To    string
	First time.Time // when it was first told
	Times int       // polls in a row that told it
}

// Rest is a host that asked to be left alone: 429 or 503 with Retry-After. The zero value is none.
type Rest struct {
	Host  string // lower case, with a port where it is not the scheme's own
	Until time.Time
}

// Subscription is what was agreed with a hub that pushes a feed (WebSub, W3C 2018). A feed has one at most that is not
// ending.
type Subscription struct {
	ID     string // the last part of the callback's path; nobody can guess it
	Feed   int64
	Hub    string // the address that subscribing is asked of
	Topic  string // what the hub calls the feed
	Secret string // signs what the hub sends

	Ending   bool      // the hub is to be told that we want no more
	Asked    time.Time // when the hub was last asked; zero before the first time
	Next     time.Time // when to ask next
	Until    time.Time // the end of the lease; zero while the hub has verified none
	Failures int       // what went wrong in a row since the subscription last worked; see Live
	Problem  string    // what went wrong last; "" where nothing did
}

// Live says whether the hub can be relied on, so that the feed need hardly be polled.
func (s Subscription) Live(now time.Time) bool {
	return !s.Ending && s.Failures == 0 && s.Until.After(now)
}

// Imported is what came of a list of feeds and topics.
type Imported struct {
	Feeds, KnownFeeds   int
	Topics, KnownTopics int
	Problems            []string // what was left out or mended, and why
}

// FoundFeed is a feed that an address leads to.
type FoundFeed struct {
	URL   string   // to subscribe to
	Title string   // as the feed or a link to it says; may be ""
	Also  []string // other addresses of the same document: after redirects, and as it names itself
	Known int64    // the feed that it is among ours; 0 where it is not
}

// Finding is what is found at an address that somebody wants to follow.
type Finding struct {
	Address string      // what was looked at, as a web address: what to subscribe to where nothing is found and somebody insists
	Feeds   []FoundFeed // the likeliest first
	// Problem says why there are none, or why the one that there should be is none or could not be read; "" when all is
	// well. What has a problem is subscribed to only where somebody insists.
	Problem string
	Dead    bool // there is no feed, and none to be expected there later
	// Note says what was looked at instead of what was typed; "" where that is the same.
	Note string
}

// Insisted gives the address to subscribe to whatever the problem.
func (f Finding) Insisted() string {
	if len(f.Feeds) == 1 {
		return f.Feeds[0].URL
	}
	return f.Address
}

const (
	// FurnitureBlocks is how many blocks are remembered as a feed's furniture: those that stood in its documents last.
	FurnitureBlocks = 2000
	// FurnitureItems is of how many of a feed's items the blocks are remembered: the newest.
	FurnitureItems = 32
)

// Furniture is what a feed's documents taught of its page furniture, the newest first. The zero value knows nothing.
type Furniture struct {
	Blocks []uint64     // hashes of the blocks that are furniture
	Items  []ItemBlocks // of recent items, to find what later ones repeat
}

// ItemBlocks is what is remembered of an item: hashes only.
type ItemBlocks struct {
	Key     uint64   // of its guid
	Title   uint64   // 0 is none
	Content uint64   // of its whole text; 0 is none
	Words   []uint64 // the long words of its title
	Blocks  []Block  // each once
}

// Block is a paragraph or line of an item.
type Block struct {
	Hash  uint64
	Words int
}

// Then is what is remembered of a feed after a document showed more, within the bounds. It changes neither.
func (f Furniture) Then(seen Furniture) Furniture {
	return Furniture{
		Blocks: newest(seen.Blocks, f.Blocks, FurnitureBlocks, func(b uint64) uint64 { return b }),
		Items:  newest(seen.Items, f.Items, FurnitureItems, func(it ItemBlocks) uint64 { return it.Key }),
	}
}

// newest puts fresh before old, the first of each key, and no more than limit.
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
