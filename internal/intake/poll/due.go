package poll

import (
	"math/rand/v2"
	"slices"
	"time"

	"headwater/internal/news"
)

// Pace says how often a feed is asked.
type Pace struct {
	Interval time.Duration // where nothing is known of a feed
	Min, Max time.Duration // bounds of what is learnt, and of what a feed or its server may ask for
}

// jitter spreads the due times of feeds that were asked together, as a share of the wait.
const jitter = .1

// newest is how many items a rhythm is learnt from: what a feed did years ago says little.
const newest = 20

// Learn returns the wait that a feed's items suggest: half the median time between the newest ones, but no less than a
// sixteenth of the silence since the last, so that a night changes little and a dead feed is left alone. 0 is unknown: fewer than three have a time.
func (p Pace) Learn(published []time.Time, now time.Time) time.Duration {
	times := slices.DeleteFunc(slices.Clone(published), time.Time.IsZero)
	if len(times) < 3 {
		return 0
	}
	slices.SortFunc(times, time.Time.Compare)
	times = times[max(len(times)-newest, 0):]
	gap := medianGap(times)
	if gap <= 0 {
		return 0
	}
	return min(max(gap/2, now.Sub(times[len(times)-1])/16), p.Max)
}

// medianGap is the median time between neighbouring times.
func medianGap(times []time.Time) time.Duration {
	gaps := make([]time.Duration, 0, len(times)-1)
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

// Quieter is the rhythm of a feed that had nothing new: a quarter longer.
func (p Pace) Quieter(rhythm time.Duration) time.Duration {
	if rhythm <= 0 {
		rhythm = p.Interval
	}
	rhythm = min(max(rhythm, p.Min), p.Max)
	return min(rhythm+rhythm/4, p.Max)
}

// AfterAnswer returns the time of the next poll of a feed that was read, and which rule set it: the latest of its own
// rhythm and of what the feed or its server asks for, within Min and Max, and outside the hours and days that it skips.
// Jitter never makes it earlier than what was asked for.
func (p Pace) AfterAnswer(now time.Time, s news.Schedule) (time.Time, news.Rule) {
	wait, rule := p.own(s.Rhythm)
	asked, by := p.asked(s)
	if asked > wait {
		wait, rule = min(spread(asked, 0), p.Max), by
	}
	return Skip(now.Add(wait), rule, s.Skips)
}

// own is a feed's own wait.
func (p Pace) own(rhythm time.Duration) (time.Duration, news.Rule) {
	switch {
	case rhythm <= 0:
		return p.within(p.Interval), ruleInterval
	case rhythm < p.Min:
		return p.within(p.Min), ruleMin
	case rhythm >= p.Max:
		return p.within(p.Max), ruleMax
	}
	return p.within(rhythm), ruleRhythm
}

// asked is the longest wait that was asked for, but no more than Max.
func (p Pace) asked(s news.Schedule) (longest time.Duration, by news.Rule) {
	for _, a := range []struct {
		wait time.Duration
		rule news.Rule
	}{{s.Fresh, ruleCache}, {s.TTL, ruleTTL}, {s.Period, rulePeriod}} {
		if a.wait > longest {
			longest, by = a.wait, a.rule
		}
	}
	if longest > p.Max {
		return p.Max, ruleMax
	}
	return longest, by
}

// AfterFailure returns the time at which a feed that failed so many times in a row is tried again: the wait doubles from
// Min, or from Interval where slow, up to Max, and is no shorter than what the server asked for, which is kept to the
// second.
func (p Pace) AfterFailure(now time.Time, s news.Schedule, failures int, slow bool, retryAfter time.Duration) (time.Time, news.Rule) {
	wait := p.Min
	if slow {
		wait = p.Interval
	}
	for range min(failures-1, 20) {
		if wait *= 2; wait >= p.Max {
			break
		}
	}
	if wait = p.within(wait); retryAfter >= wait {
		return now.Add(retryAfter), ruleRetryAfter
	}
	return Skip(now.Add(wait), ruleBackOff, s.Skips)
}

// within spreads a wait without leaving the bounds.
func (p Pace) within(d time.Duration) time.Duration {
	d = spread(min(max(d, p.Min), p.Max), -jitter)
	if d > p.Max { // as much sooner, lest all that are asked most seldom are asked together
		d = 2*p.Max - d
	}
	return min(max(d, p.Min), p.Max)
}

// spread adds a random share between least and jitter.
func spread(d time.Duration, least float64) time.Duration {
	return d + time.Duration((least+rand.Float64()*(jitter-least))*float64(d))
}

// Skip moves a time out of the hours and days that a feed skips, to the first minutes after them, and gives the rule that
// did so, or else the one given. Each of them leaves some hour of a week free, or is not in use.
func Skip(t time.Time, rule news.Rule, s news.Skips) (time.Time, news.Rule) {
	for range 8 * 24 {
		switch {
		case s.Day(t):
			rule = ruleSkipDays
		case s.Hour(t):
			rule = ruleSkipHours
		default:
			return t, rule
		}
		t = t.UTC().Truncate(time.Hour).Add(time.Hour + rand.N(10*time.Minute))
	}
	return t, rule
}
