package poll

import (
	"math/rand/v2"
	"slices"
	"time"

	"headwater/internal/news"
)

// Pace sets how often feeds are polled.
type Pace struct {
	Interval time.Duration // if nothing is known of a feed
	Min, Max time.Duration // limits of a rhythm, and of the waits that a feed or its server asks for

	// Random returns a number of at least 0 and below 1, from which jitter is drawn. nil is math/rand/v2; a simulation gives its own.
	Random func() float64
}

func (p Pace) random() float64 {
	if p.Random != nil {
		return p.Random()
	}
	return rand.Float64()
}

// jitter spreads the due times of feeds that were polled together, as a share of the wait.
const jitter = .1

// maxSamples is the number of newest items from which a rhythm is estimated.
const maxSamples = 20

// Learn returns the wait that a feed's items suggest: half the median time between the newest ones, but at least a sixteenth of
// the time since the last. So a night changes little, and a dead feed is polled rarely. It returns 0 (unknown) if fewer than
// three items have a time.
func (p Pace) Learn(published []time.Time, now time.Time) time.Duration {
	times := slices.DeleteFunc(slices.Clone(published), time.Time.IsZero)
	if len(times) < 3 {
		return 0
	}
	slices.SortFunc(times, time.Time.Compare)
	times = times[max(len(times)-maxSamples, 0):]
	gaps := make([]time.Duration, 0, len(times)-1)
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, times[i].Sub(times[i-1]))
	}
	slices.Sort(gaps)
	gap := gaps[len(gaps)/2] // the median
	if gap <= 0 {
		return 0
	}
	return min(max(gap/2, now.Sub(times[len(times)-1])/16), p.Max)
}

// Quieter returns the new rhythm of a feed that had nothing new: a quarter longer.
func (p Pace) Quieter(rhythm time.Duration) time.Duration {
	if rhythm <= 0 {
		rhythm = p.Interval
	}
	rhythm = min(max(rhythm, p.Min), p.Max)
	return min(rhythm+rhythm/4, p.Max)
}

// AfterAnswer returns the time of the next poll of a feed that was read, and the rule that set it. It is the latest of the
// feed's own rhythm and the waits that the feed or its server asks for, within Min and Max, and outside the hours and days that
// the feed skips. Jitter never makes it earlier than a requested wait.
func (p Pace) AfterAnswer(now time.Time, s news.Schedule) (time.Time, news.Rule) {
	wait, rule := p.ownWait(s.Rhythm)
	asked, by := p.requestedWait(s)
	if asked > wait {
		wait, rule = min(p.spread(asked, 0), p.Max), by
	}
	return Skip(now.Add(wait), rule, s.Skips)
}

// ownWait returns a feed's wait by its own rhythm.
func (p Pace) ownWait(rhythm time.Duration) (time.Duration, news.Rule) {
	switch {
	case rhythm <= 0:
		return p.jittered(p.Interval), ruleInterval
	case rhythm < p.Min:
		return p.jittered(p.Min), ruleMin
	case rhythm >= p.Max:
		return p.jittered(p.Max), ruleMax
	}
	return p.jittered(rhythm), ruleRhythm
}

// requestedWait returns the longest wait that was asked for, at most Max.
func (p Pace) requestedWait(s news.Schedule) (longest time.Duration, by news.Rule) {
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

// AfterFailure returns the time of the next attempt for a feed after a number of failures in a row. The wait doubles from Min,
// or from Interval if slow is set, up to Max. It is at least as long as the server's Retry-After, which is respected to the
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
	if wait = p.jittered(wait); retryAfter >= wait {
		return now.Add(retryAfter), ruleRetryAfter
	}
	return Skip(now.Add(wait), ruleBackOff, s.Skips)
}

// jittered adds jitter to a wait and stays within the limits.
func (p Pace) jittered(d time.Duration) time.Duration {
	d = p.spread(min(max(d, p.Min), p.Max), -jitter)
	if d > p.Max { // earlier by the same amount, so that feeds at the maximum do not fall due together
		d = 2*p.Max - d
	}
	return min(max(d, p.Min), p.Max)
}

// spread adds a random share between least and jitter.
func (p Pace) spread(d time.Duration, least float64) time.Duration {
	return d + time.Duration((least+p.random()*(jitter-least))*float64(d))
}

// Skip moves a time out of the hours and days that a feed skips, to the first minutes after them. It returns the rule that did
// so, or else the given rule. Skips that would leave no free hour in a week are not used.
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

// The rules and their meanings.
const (
	ruleInterval   news.Rule = "interval"    // nothing is known of the feed: poll.interval
	ruleRhythm     news.Rule = "rhythm"      // the feed's own rhythm
	ruleMin        news.Rule = "min"         // poll.min_interval: the feed's rhythm is faster
	ruleMax        news.Rule = "max"         // poll.max_interval: the other waits are longer
	ruleCache      news.Rule = "cache"       // Cache-Control max-age, or Expires
	ruleTTL        news.Rule = "ttl"         // <ttl>
	rulePeriod     news.Rule = "period"      // sy:updatePeriod
	ruleSkipHours  news.Rule = "skip hours"  // <skipHours>
	ruleSkipDays   news.Rule = "skip days"   // <skipDays>
	ruleRetryAfter news.Rule = "retry after" // the server's Retry-After
	RuleHost       news.Rule = "host"        // Retry-After of another feed on the same host
	ruleBackOff    news.Rule = "back-off"    // failures: the more in a row, the longer
	ruleHub        news.Rule = "hub"         // a hub pushes it
	ruleMail       news.Rule = "mail"        // mails bring it
	RuleGone       news.Rule = "gone"        // 410: never again
	RuleAsked      news.Rule = "asked"       // somebody wants it to be polled now
)

// AskedToWait reports whether a rule says that the feed's server wants to be left alone until then.
func AskedToWait(r news.Rule) bool { return r == ruleRetryAfter || r == RuleHost }

// Reason describes why a rule sets the time of a feed's next poll. It returns "" for an unknown rule.
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
	ruleMail:       "mails bring it, so it is polled only to see whether the server receives any",
	RuleAsked:      "somebody asked for it",
	RuleGone:       "410: the publisher has ended it",
}

// AfterMail returns the time of the next poll of a feed that mails bring.
func (p Pace) AfterMail(now time.Time) (time.Time, news.Rule) {
	return now.Add(p.jittered(p.Max)), ruleMail
}

// AfterPush returns the time of the next poll of a feed that a hub pushes. It is polled only as a check.
func (p Pace) AfterPush(now time.Time, s news.Skips) (time.Time, news.Rule) {
	return Skip(now.Add(p.jittered(p.Max)), ruleHub, s)
}
