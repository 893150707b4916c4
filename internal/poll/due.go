package poll

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Pace says how often a feed is asked.
type Pace struct {
	Interval time.Duration // where nothing is known of a feed
	Min, Max time.Duration // bounds of what is learnt
}

// jitter spreads the due times of feeds that were asked together, as a share of the interval.
const jitter = .1

// longestRetryAfter is how long a server is believed that asks to be left alone. A slip must not lose a feed for good.
const longestRetryAfter = 7 * 24 * time.Hour

// AfterItems gives the time until the next poll of a feed that was read: half the median time between its items, but
// no sooner than the feed itself asks.
func (p Pace) AfterItems(published []time.Time, ttl time.Duration) time.Duration {
	every := p.Interval
	if gap := medianGap(published); gap > 0 {
		every = gap / 2
	}
	return spread(p.within(max(every, ttl)))
}

// AfterUnchanged gives the time until the next poll of a feed that had nothing new: a quarter more than the last time.
func (p Pace) AfterUnchanged(last time.Duration) time.Duration {
	if last <= 0 {
		last = p.Interval
	}
	return spread(p.within(last + last/4))
}

// AfterFailure gives the time until a feed that failed so many times in a row is tried again: doubling from Min up to
// Max, and no sooner than the server asked for, up to a week.
func (p Pace) AfterFailure(failures int, retryAfter time.Duration) time.Duration {
	wait := p.Min
	for range min(failures-1, 20) {
		if wait *= 2; wait >= p.Max {
			break
		}
	}
	return max(spread(p.within(wait)), min(retryAfter, longestRetryAfter))
}

func (p Pace) within(d time.Duration) time.Duration { return min(max(d, p.Min), p.Max) }

func spread(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()*2-1)*jitter*float64(d))
}

// medianGap is the median time between neighbouring items; 0 where fewer than three have a time.
func medianGap(published []time.Time) time.Duration {
	times := slices.DeleteFunc(slices.Clone(published), time.Time.IsZero)
	if len(times) < 3 {
		return 0
	}
	slices.SortFunc(times, time.Time.Compare)
	gaps := make([]time.Duration, 0, len(times)-1)
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}
