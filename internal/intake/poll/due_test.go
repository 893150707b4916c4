package poll

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

// pace is the one of the default configuration.
var pace = Pace{Interval: time.Hour, Min: 10 * time.Minute, Max: 24 * time.Hour}

// noon is a Tuesday's.
var noon = time.Date(2026, 8, 18, 12, 0, 0, 0, time.UTC)

// always calls wait so often that a jitter beyond the bounds would show, and one that is none.
func always(t *testing.T, least, most time.Duration, rule news.Rule, next func() (time.Time, news.Rule)) {
	t.Helper()
	seen := map[time.Time]bool{}
	for range 200 {
		due, by := next()
		seen[due] = true
		if wait := due.Sub(noon); wait < least || wait > most || by != rule {
			t.Fatalf("waits %s by %q, want %s to %s by %q", wait, by, least, most, rule)
		}
	}
	if len(seen) == 1 && most > least {
		t.Errorf("always the same moment %s", slices.Collect(maps.Keys(seen))[0])
	}
}

// steady returns n times, each a gap after the one before, the last of them now.
func steady(n int, gap time.Duration, now time.Time) []time.Time {
	out := make([]time.Time, n)
	for i := range out {
		out[i] = now.Add(-time.Duration(n-1-i) * gap)
	}
	return out
}

func TestLearn(t *testing.T) {
	undated := make([]time.Time, 5)
	for _, tt := range []struct {
		name      string
		published []time.Time
		want      time.Duration
	}{
		{"nothing known", nil, 0},
		{"undated items", undated, 0},
		{"two items make no rhythm", steady(2, time.Minute, noon), 0},
		{"three do", steady(3, 2*time.Hour, noon), time.Hour},
		{"half the gap", steady(20, 4*time.Hour, noon), 2 * time.Hour},
		{"undated among dated", append(steady(20, 4*time.Hour, noon), undated...), 2 * time.Hour},
		{"one outlier", append(steady(9, 4*time.Hour, noon), time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)), 2 * time.Hour},
		{"the newest twenty count", append(steady(100, 30*24*time.Hour, noon.AddDate(0, -1, 0)), steady(20, time.Hour, noon)...), 30 * time.Minute},
		{"all at one time", slices.Repeat(steady(1, 0, noon), 9), 0},
		{"silent for four days", steady(20, time.Hour, noon.AddDate(0, 0, -4)), 6 * time.Hour},
		{"silent for years", steady(20, time.Hour, noon.AddDate(-3, 0, 0)), 24 * time.Hour},
	} {
		if got := pace.Learn(tt.published, noon); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestLearnOrder(t *testing.T) {
	times := steady(20, 4*time.Hour, noon)
	slices.Reverse(times)
	before := slices.Clone(times)
	if got := pace.Learn(times, noon); got != 2*time.Hour {
		t.Errorf("newest first: %s", got)
	}
	if !slices.Equal(before, times) {
		t.Error("the caller's times were reordered")
	}
}

func TestQuieter(t *testing.T) {
	for last, want := range map[time.Duration]time.Duration{
		0: 75 * time.Minute, -time.Hour: 75 * time.Minute, time.Minute: 750 * time.Second, 40 * time.Minute: 50 * time.Minute,
		20 * time.Hour: 24 * time.Hour, 100 * 365 * 24 * time.Hour: 24 * time.Hour,
	} {
		if got := pace.Quieter(last); got != want {
			t.Errorf("after %s: %s, want %s", last, got, want)
		}
	}
}

// TestAfterAnswer has each rule decide once. Waits that were asked for are never cut by jitter.
func TestAfterAnswer(t *testing.T) {
	const hour = time.Hour
	tenth := func(d time.Duration) (least, most time.Duration) { return d - d/10, d + d/10 }
	from := func(d time.Duration) (least, most time.Duration) { return d, d + d/10 }
	for _, tt := range []struct {
		name   string
		s      news.Schedule
		bounds func(time.Duration) (least, most time.Duration)
		want   time.Duration
		rule   news.Rule
	}{
		{"nothing known", news.Schedule{}, tenth, hour, ruleInterval},
		{"its rhythm", news.Schedule{Rhythm: 2 * hour}, tenth, 2 * hour, ruleRhythm},
		{"a busy feed is asked at Min", news.Schedule{Rhythm: time.Minute}, from, 10 * time.Minute, ruleMin},
		{"a quiet one at Max", news.Schedule{Rhythm: 24 * hour}, func(d time.Duration) (a, b time.Duration) { return d - d/10, d }, 24 * hour, ruleMax},
		{"no sooner than the server says", news.Schedule{Rhythm: hour, Fresh: 3 * hour}, from, 3 * hour, ruleCache},
		{"nor than the feed", news.Schedule{TTL: 3 * hour}, from, 3 * hour, ruleTTL},
		{"nor than its period", news.Schedule{Period: 12 * hour}, from, 12 * hour, rulePeriod},
		{"the latest counts", news.Schedule{Rhythm: 5 * hour, Fresh: 6 * hour, TTL: 7 * hour, Period: 8 * hour}, from, 8 * hour, rulePeriod},
		{"a shorter ttl changes nothing", news.Schedule{Rhythm: 2 * hour, TTL: time.Minute}, tenth, 2 * hour, ruleRhythm},
		{"a ttl of a year is Max", news.Schedule{TTL: 365 * 24 * hour}, func(d time.Duration) (a, b time.Duration) { return d, d }, 24 * hour, ruleMax},
	} {
		t.Run(tt.name, func(t *testing.T) {
			least, most := tt.bounds(tt.want)
			always(t, least, most, tt.rule, func() (time.Time, news.Rule) { return pace.AfterAnswer(noon, tt.s) })
		})
	}
}

func TestSkips(t *testing.T) {
	const hour = time.Hour
	hours := func(all ...int) (s news.Skips) {
		for _, h := range all {
			s.Hours |= 1 << h
		}
		return s
	}
	weekdays := news.Skips{Days: 0b0111110}
	for _, tt := range []struct {
		name   string
		s      news.Schedule
		after  time.Duration // the first moment that is free
		within time.Duration
		rule   news.Rule
	}{
		{"another hour", news.Schedule{Period: hour, Skips: hours(3)}, hour, 6 * time.Minute, rulePeriod},
		{"the next hour", news.Schedule{Period: hour, Skips: hours(13)}, 2 * hour, 10 * time.Minute, ruleSkipHours},
		{"a night", news.Schedule{Period: hour, Skips: hours(13, 14, 15, 16)}, 5 * hour, 10 * time.Minute, ruleSkipHours},
		{"till the weekend", news.Schedule{Period: hour, Skips: weekdays}, 12*hour + 3*24*hour, 10 * time.Minute, ruleSkipDays},
		{"till the weekend's morning", news.Schedule{Period: hour, Skips: news.Skips{Days: weekdays.Days, Hours: 0xff}}, 20*hour + 3*24*hour, 10 * time.Minute, ruleSkipHours},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.s.Rhythm = time.Minute
			always(t, tt.after, tt.after+tt.within, tt.rule, func() (time.Time, news.Rule) { return pace.AfterAnswer(noon, tt.s) })
			tt.s.Period = 0
			failed := func() (time.Time, news.Rule) { return pace.AfterFailure(noon, tt.s, 1, true, 0) }
			if due, rule := failed(); rule != ruleBackOff && due.Before(noon.Add(tt.after)) {
				t.Errorf("a failed feed is asked at %s, in an hour that it skips", due)
			}
		})
	}
}

func TestAfterFailure(t *testing.T) {
	for _, tt := range []struct {
		failures int
		slow     bool
		asked    time.Duration
		want     time.Duration
	}{
		{0, false, 0, 10 * time.Minute},
		{1, false, 0, 10 * time.Minute},
		{2, false, 0, 20 * time.Minute},
		{3, false, 0, 40 * time.Minute},
		{8, false, 0, 1280 * time.Minute},
		{9, false, 0, 24 * time.Hour},
		{1000000, false, 0, 24 * time.Hour},
		{1, false, time.Second, 10 * time.Minute},
		{1, true, 0, time.Hour},
		{3, true, 0, 4 * time.Hour},
		{9, true, time.Minute, 24 * time.Hour},
	} {
		t.Run(fmt.Sprintf("%d failures, slow %v", tt.failures, tt.slow), func(t *testing.T) {
			least, most := max(tt.want-tt.want/10, pace.Min), min(tt.want+tt.want/10, pace.Max)
			always(t, least, most, ruleBackOff, func() (time.Time, news.Rule) {
				return pace.AfterFailure(noon, news.Schedule{}, tt.failures, tt.slow, tt.asked)
			})
		})
	}
}

// TestRetryAfter takes a server at its word, to the second and beyond Max, and also in hours that the feed skips.
func TestRetryAfter(t *testing.T) {
	for _, asked := range []time.Duration{3*time.Hour + time.Second, 48 * time.Hour, 7 * 24 * time.Hour} {
		due, rule := pace.AfterFailure(noon, news.Schedule{Skips: news.Skips{Hours: 1<<24 - 2}}, 1, false, asked)
		if !due.Equal(noon.Add(asked)) || rule != ruleRetryAfter {
			t.Errorf("asked for %s: due %s by %q", asked, due, rule)
		}
	}
}

// TestPaceBounds holds that nothing a feed says takes its waits beyond the bounds, and that what was asked for is kept.
func TestPaceBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.Int64Range(int64(time.Second), int64(time.Hour)).Draw(t, "min")
		most := rapid.Int64Range(least, int64(48*time.Hour)).Draw(t, "max")
		p := Pace{Interval: time.Duration(rapid.Int64Range(least, most).Draw(t, "interval")), Min: time.Duration(least), Max: time.Duration(most)}
		var published []time.Time
		for _, s := range rapid.SliceOf(rapid.Int64Range(-1<<35, 1<<35)).Draw(t, "published") {
			published = append(published, time.Unix(s, 0))
		}
		any64 := func(name string) time.Duration { return time.Duration(rapid.Int64().Draw(t, name)) }
		s := news.Schedule{Rhythm: p.Learn(published, noon), Fresh: any64("fresh"), TTL: any64("ttl"), Period: any64("period")}
		answer, _ := p.AfterAnswer(noon, s)
		for _, asked := range []time.Duration{s.Fresh, s.TTL, s.Period} {
			if answer.Sub(noon) < min(asked, p.Max) {
				t.Fatalf("asked to wait %s, it waits %s", asked, answer.Sub(noon))
			}
		}
		failure, _ := p.AfterFailure(noon, s, rapid.Int().Draw(t, "failures"), rapid.Bool().Draw(t, "slow"), 0)
		quiet, _ := p.AfterAnswer(noon, news.Schedule{Rhythm: p.Quieter(any64("rhythm"))})
		for name, got := range map[string]time.Time{"answer": answer, "failure": failure, "quiet": quiet} {
			if wait := got.Sub(noon); wait < p.Min || wait > p.Max {
				t.Fatalf("after %s it waits %s, outside %s to %s", name, wait, p.Min, p.Max)
			}
		}
		free, _ := Skip(noon, "", news.Skips{Hours: uint32(rapid.IntRange(0, 1<<24-2).Draw(t, "hours")), Days: uint8(rapid.IntRange(0, 1<<7-2).Draw(t, "days"))})
		if free.Before(noon) || free.Sub(noon) > 8*24*time.Hour {
			t.Fatalf("skipping leads to %s", free)
		}
	})
}

// TestJitterSpreads shows that feeds asked together do not stay together.
func TestJitterSpreads(t *testing.T) {
	var early, late int
	for range 1000 {
		switch d := pace.jittered(time.Hour); {
		case d < 57*time.Minute:
			early++
		case d > 63*time.Minute:
			late++
		}
	}
	if early < 100 || late < 100 { // a quarter each is expected
		t.Errorf("of 1000 intervals %d are early and %d late", early, late)
	}
}
