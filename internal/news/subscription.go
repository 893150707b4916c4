package news

import "time"

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
