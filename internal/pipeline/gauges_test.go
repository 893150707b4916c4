package pipeline

import (
	"testing"
	"time"

	"headwater/internal/store"
)

// TestLag follows a stage that falls behind its log, catches up in part, and catches up.
func TestLag(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var l lag
	for _, step := range []struct {
		second, mark, end int64
		want              time.Duration
	}{
		{0, 0, 0, 0},
		{10, 0, 5, 0}, // it has just been seen
		{20, 0, 5, 10 * time.Second},
		{30, 0, 9, 20 * time.Second},
		{40, 3, 9, 30 * time.Second},
		{50, 5, 12, 20 * time.Second}, // what came at 30 s waits
		{60, 12, 12, 0},
		{70, 12, 13, 0},
		{80, 12, 13, 10 * time.Second},
	} {
		got := l.of(store.Backlog{Mark: step.mark, End: step.end, Entries: int(step.end - step.mark)}, began.Add(time.Duration(step.second)*time.Second))
		if got != step.want {
			t.Errorf("after %d s: %v, want %v", step.second, got, step.want)
		}
	}
	if got := l.of(store.Backlog{Mark: 12, End: 14, Entries: 0}, began.Add(time.Hour)); got != 0 {
		t.Errorf("behind by numbers without entries: %v", got)
	}
}

// TestLagOfLongOutage bounds what is remembered, and still measures from the first entry.
func TestLagOfLongOutage(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var l lag
	for i := range int64(5 * keptEnds) {
		b := store.Backlog{End: i + 1, Entries: int(i + 1)}
		if got, want := l.of(b, began.Add(time.Duration(i)*time.Second)), time.Duration(i)*time.Second; got != want {
			t.Fatalf("after %d s: %v, want %v", i, got, want)
		}
	}
	if len(l.ends) > keptEnds {
		t.Errorf("%d ends are remembered", len(l.ends))
	}
	got := l.of(store.Backlog{Mark: 2500, End: 5 * keptEnds, Entries: 2500}, began.Add(5*keptEnds*time.Second))
	if got < 2400*time.Second || got > 2500*time.Second {
		t.Errorf("a lag of 2500 s is measured as %v", got)
	}
}
