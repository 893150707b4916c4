package news

import "time"

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
