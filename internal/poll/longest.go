package poll

import "time"

// Longest gives the time until the next poll of a feed that is asked only to make sure: the longest there is.
func (p Pace) Longest() time.Duration { return p.within(p.Max) }
