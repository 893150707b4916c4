package poll

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pace is the one of the default configuration.
var pace = Pace{Interval: time.Hour, Min: 10 * time.Minute, Max: 24 * time.Hour}

// near says whether got is want, give or take the jitter.
func near(got, want time.Duration) bool {
	slack := time.Duration(float64(want) * jitter)
	return got >= want-slack && got <= want+slack
}

// always calls wait so often that a jitter beyond its bounds would show.
func always(t *testing.T, want time.Duration, wait func() time.Duration) {
	t.Helper()
	for range 200 {
		if got := wait(); !near(got, want) {
			t.Fatalf("waits %s, want %s give or take a tenth", got, want)
		}
	}
}

// steady gives n times, each a gap after the one before.
func steady(n int, gap time.Duration) []time.Time {
	start := time.Date(2026, 8, 18, 9, 0, 0, 0, time.UTC)
	out := make([]time.Time, n)
	for i := range out {
		out[i] = start.Add(time.Duration(i) * gap)
	}
	return out
}

func TestAfterItems(t *testing.T) {
	undated := make([]time.Time, 5)
	tests := []struct {
		name      string
		published []time.Time
		ttl       time.Duration
		want      time.Duration
	}{
		{"nothing known", nil, 0, time.Hour},
		{"undated items", undated, 0, time.Hour},
		{"two items make no pace", steady(2, time.Minute), 0, time.Hour},
		{"three do", steady(3, 2*time.Hour), 0, time.Hour},
		{"half the gap", steady(20, 4*time.Hour), 0, 2 * time.Hour},
		{"undated among dated", append(steady(20, 4*time.Hour), undated...), 0, 2 * time.Hour},
		{"one outlier", append(steady(9, 4*time.Hour), time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)), 0, 2 * time.Hour},
		{"a busy feed is asked at Min", steady(50, time.Minute), 0, 10 * time.Minute},
		{"a quiet one at Max", steady(5, 30*24*time.Hour), 0, 24 * time.Hour},
		{"all at one time", slices.Repeat(steady(1, 0), 9), 0, time.Hour},
		{"no sooner than the feed asks", steady(50, time.Minute), 3 * time.Hour, 3 * time.Hour},
		{"a shorter ttl changes nothing", steady(20, 4*time.Hour), time.Minute, 2 * time.Hour},
		{"a ttl of a year is Max", nil, 365 * 24 * time.Hour, 24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			always(t, tt.want, func() time.Duration { return pace.AfterItems(tt.published, tt.ttl) })
		})
	}
}

func TestAfterItemsOrder(t *testing.T) {
	times := steady(20, 4*time.Hour)
	slices.Reverse(times)
	before := slices.Clone(times)
	always(t, 2*time.Hour, func() time.Duration { return pace.AfterItems(times, 0) })
	if !slices.Equal(before, times) {
		t.Error("the caller's times were reordered")
	}
}

func TestAfterUnchanged(t *testing.T) {
	tests := []struct {
		last, want time.Duration
	}{
		{0, 75 * time.Minute},
		{-time.Hour, 75 * time.Minute},
		{time.Minute, 10 * time.Minute},
		{40 * time.Minute, 50 * time.Minute},
		{20 * time.Hour, 24 * time.Hour},
		{100 * 365 * 24 * time.Hour, 24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.last), func(t *testing.T) {
			always(t, tt.want, func() time.Duration { return pace.AfterUnchanged(tt.last) })
		})
	}
}

func TestAfterFailure(t *testing.T) {
	tests := []struct {
		failures   int
		retryAfter time.Duration
		want       time.Duration
	}{
		{0, 0, 10 * time.Minute},
		{1, 0, 10 * time.Minute},
		{2, 0, 20 * time.Minute},
		{3, 0, 40 * time.Minute},
		{8, 0, 1280 * time.Minute},
		{9, 0, 24 * time.Hour},
		{1000000, 0, 24 * time.Hour},
		{1, time.Second, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d failures", tt.failures), func(t *testing.T) {
			always(t, tt.want, func() time.Duration { return pace.AfterFailure(tt.failures, tt.retryAfter) })
		})
	}
}

// TestRetryAfter takes a server at its word, to the second and beyond Max, but for no more than a week.
func TestRetryAfter(t *testing.T) {
	const day = 24 * time.Hour
	for asked, want := range map[time.Duration]time.Duration{
		3 * time.Hour: 3 * time.Hour, 2 * day: 2 * day, 7 * day: 7 * day, 8 * day: 7 * day, 365 * day: 7 * day,
	} {
		if got := pace.AfterFailure(1, asked); got != want {
			t.Errorf("asked for %s: waits %s, want %s", asked, got, want)
		}
	}
}

// TestPaceBounds holds that nothing a feed says takes its interval beyond the bounds by more than the jitter.
func TestPaceBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.Int64Range(int64(time.Second), int64(time.Hour)).Draw(t, "min")
		most := rapid.Int64Range(least, int64(48*time.Hour)).Draw(t, "max")
		p := Pace{Interval: time.Duration(rapid.Int64Range(least, most).Draw(t, "interval")), Min: time.Duration(least), Max: time.Duration(most)}
		var published []time.Time
		for _, s := range rapid.SliceOf(rapid.Int64Range(-1<<35, 1<<35)).Draw(t, "published") {
			published = append(published, time.Unix(s, 0))
		}
		any64 := time.Duration(rapid.Int64().Draw(t, "duration"))
		for name, got := range map[string]time.Duration{
			"items":     p.AfterItems(published, any64),
			"unchanged": p.AfterUnchanged(any64),
			"failure":   p.AfterFailure(rapid.Int().Draw(t, "failures"), 0),
		} {
			if slack := 1 + jitter; float64(got) < float64(p.Min)*(1-jitter)-1 || float64(got) > float64(p.Max)*slack+1 {
				t.Fatalf("after %s it waits %s, outside %s to %s", name, got, p.Min, p.Max)
			}
		}
	})
}

// TestJitterSpreads shows that feeds asked together do not stay together.
func TestJitterSpreads(t *testing.T) {
	var early, late int
	for range 1000 {
		switch d := spread(time.Hour); {
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
