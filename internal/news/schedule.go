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

// Rule is what set the time of a feed's next poll, in one word that scripts can tell apart.
type Rule string

// The rules, and what each stands for.
const (
	RuleInterval   Rule = "interval"    // nothing is known of the feed: poll.interval
	RuleRhythm     Rule = "rhythm"      // its own rhythm
	RuleMin        Rule = "min"         // poll.min_interval: its rhythm is quicker
	RuleMax        Rule = "max"         // poll.max_interval: whatever else was asked is longer
	RuleCache      Rule = "cache"       // Cache-Control max-age, or Expires
	RuleTTL        Rule = "ttl"         // <ttl>
	RulePeriod     Rule = "period"      // sy:updatePeriod
	RuleSkipHours  Rule = "skip hours"  // <skipHours>
	RuleSkipDays   Rule = "skip days"   // <skipDays>
	RuleRetryAfter Rule = "retry after" // the server said until when it wants to be left alone
	RuleHost       Rule = "host"        // the same, said about another feed of its host
	RuleBackOff    Rule = "back-off"    // it failed: the more often, the longer
	RuleHub        Rule = "hub"         // a hub pushes it
	RuleGone       Rule = "gone"        // 410: never again
)

// Reason says in words why the next poll is when it is; "" where no rule is known.
func (r Rule) Reason() string { return reasons[r] }

var reasons = map[Rule]string{
	RuleInterval:   "poll.interval: nothing is known of its rhythm",
	RuleRhythm:     "its own rhythm, by the times of its items and how often it had nothing new",
	RuleMin:        "poll.min_interval: its own rhythm is quicker",
	RuleMax:        "poll.max_interval: it would be asked even more seldom",
	RuleCache:      "Cache-Control or Expires: its last answer stays current until then",
	RuleTTL:        "<ttl>: it asks not to be polled sooner",
	RulePeriod:     "sy:updatePeriod: it says that it is not renewed sooner",
	RuleSkipHours:  "<skipHours>: it asks not to be polled before",
	RuleSkipDays:   "<skipDays>: it asks not to be polled before",
	RuleRetryAfter: "Retry-After: the server asks to be left alone until then",
	RuleHost:       "Retry-After: its host, asked for another feed, asks to be left alone until then",
	RuleBackOff:    "back-off: it failed, and the more often it does the longer it is left alone",
	RuleHub:        "a hub pushes it, so it is polled only to make sure",
	RuleGone:       "410: the publisher has ended it",
}

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
