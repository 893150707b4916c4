package poll

import "headwater/internal/news"

// The rules, and what each stands for.
const (
	ruleInterval   news.Rule = "interval"    // nothing is known of the feed: poll.interval
	ruleRhythm     news.Rule = "rhythm"      // its own rhythm
	ruleMin        news.Rule = "min"         // poll.min_interval: its rhythm is quicker
	ruleMax        news.Rule = "max"         // poll.max_interval: whatever else was asked is longer
	ruleCache      news.Rule = "cache"       // Cache-Control max-age, or Expires
	ruleTTL        news.Rule = "ttl"         // <ttl>
	rulePeriod     news.Rule = "period"      // sy:updatePeriod
	ruleSkipHours  news.Rule = "skip hours"  // <skipHours>
	ruleSkipDays   news.Rule = "skip days"   // <skipDays>
	ruleRetryAfter news.Rule = "retry after" // the server said until when it wants to be left alone
	RuleHost       news.Rule = "host"        // the same, said about another feed of its host
	ruleBackOff    news.Rule = "back-off"    // it failed: the more often, the longer
	ruleHub        news.Rule = "hub"         // a hub pushes it
	RuleGone       news.Rule = "gone"        // 410: never again
)

// Reason says in words why a rule sets the time of a feed's next poll; "" where it is not known.
func Reason(r news.Rule) string { return reasons[r] }

var reasons = map[news.Rule]string{
	ruleInterval:   "poll.interval: nothing is known of its rhythm",
	ruleRhythm:     "its own rhythm, by the times of its items and how often it had nothing new",
	ruleMin:        "poll.min_interval: its own rhythm is quicker",
	ruleMax:        "poll.max_interval: it would be asked even more seldom",
	ruleCache:      "Cache-Control or Expires: its last answer stays current until then",
	ruleTTL:        "<ttl>: it asks not to be polled sooner",
	rulePeriod:     "sy:updatePeriod: it says that it is not renewed sooner",
	ruleSkipHours:  "<skipHours>: it asks not to be polled before",
	ruleSkipDays:   "<skipDays>: it asks not to be polled before",
	ruleRetryAfter: "Retry-After: the server asks to be left alone until then",
	RuleHost:       "Retry-After: its host, asked for another feed, asks to be left alone until then",
	ruleBackOff:    "back-off: it failed, and the more often it does the longer it is left alone",
	ruleHub:        "a hub pushes it, so it is polled only to make sure",
	RuleGone:       "410: the publisher has ended it",
}
