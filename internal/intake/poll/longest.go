package poll

import (
	"time"

	"headwater/internal/news"
)

// Longest returns the time of the next poll of a feed that a hub pushes, which is asked only to make sure.
func (p Pace) Longest(now time.Time, s news.Skips) (time.Time, news.Rule) {
	return Skip(now.Add(p.within(p.Max)), ruleHub, s)
}
