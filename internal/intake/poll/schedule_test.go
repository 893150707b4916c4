package poll

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var silent = slog.New(slog.DiscardHandler)

// schedule runs Schedule for a time of a synctest bubble.
func schedule(t *testing.T, spec string, log *slog.Logger, runs time.Duration, tick func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runs)
	defer cancel()
	if err := Schedule(ctx, spec, log, tick); err != nil {
		t.Fatal(err)
	}
}

func TestScheduleTicks(t *testing.T) {
	tests := []struct {
		name, spec string
		runs       time.Duration
		want       []time.Duration // since the start, which is midnight UTC
	}{
		{"the first at once", "@every 1h", time.Minute, []time.Duration{0}},
		{"every minute", "@every 1m", 150 * time.Second, []time.Duration{0, time.Minute, 2 * time.Minute}},
		{"by the clock", "30 * * * *", 2 * time.Hour, []time.Duration{0, 30 * time.Minute, 90 * time.Minute}},
		{"by UTC's clock", "0 6 * * *", 8 * time.Hour, []time.Duration{0, 6 * time.Hour}},
		{"a day that never comes", "0 0 31 2 *", 1000 * time.Hour, []time.Duration{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var got []time.Duration
				began := time.Now()
				schedule(t, tt.spec, silent, tt.runs, func(context.Context) {
					mu.Lock()
					defer mu.Unlock()
					got = append(got, time.Since(began))
				})
				if len(got) != len(tt.want) {
					t.Fatalf("ticks at %v, want %v", got, tt.want)
				}
				for i, at := range got {
					if off := at - tt.want[i]; off < 0 || off > time.Second {
						t.Errorf("tick %d at %s, want %s", i, at, tt.want[i])
					}
				}
			})
		})
	}
}

// TestScheduleSkips has a tick that takes longer than the schedule allows.
func TestScheduleSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, ticks atomic.Int32
		schedule(t, "@every 1m", silent, 10*time.Minute+time.Second, func(context.Context) {
			most.Store(max(most.Load(), now.Add(1)))
			ticks.Add(1)
			time.Sleep(150 * time.Second)
			now.Add(-1)
		})
		if most.Load() != 1 || ticks.Load() != 4 { // at 0, 3, 6 and 9 minutes
			t.Errorf("%d ticks, %d at once; want 4, one at a time", ticks.Load(), most.Load())
		}
	})
}

func TestScheduleSurvivesPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ticks := 0
		schedule(t, "@every 1m", slog.New(slog.NewTextHandler(&log, nil)), 150*time.Second, func(context.Context) {
			ticks++
			if ticks < 3 {
				panic("a parser's fault")
			}
		})
		if ticks != 3 {
			t.Errorf("%d ticks, want 3: the first two panicked", ticks)
		}
		if n := strings.Count(log.String(), "a parser's fault"); n != 2 {
			t.Errorf("the log tells of %d panics, want 2:\n%s", n, log.String())
		}
	})
}

// TestScheduleIsQuiet holds that cron's own chatter stays out of a log at level info.
func TestScheduleIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		schedule(t, "@every 1m", slog.New(slog.NewTextHandler(&log, nil)), time.Hour, func(context.Context) { time.Sleep(90 * time.Second) })
		if log.Len() > 0 {
			t.Errorf("logged:\n%s", log.String())
		}
	})
}

// TestScheduleEnds holds that the tick under way is told to end, and waited for.
func TestScheduleEnds(t *testing.T) {
	for _, spec := range []string{"@every 1h", "@every 1m"} { // the tick at the start, and a later one
		synctest.Test(t, func(t *testing.T) {
			began, ended, ticks := time.Now(), false, 0
			schedule(t, spec, silent, 90*time.Second, func(ctx context.Context) {
				if ticks++; ticks == 1 && spec == "@every 1m" {
					return
				}
				<-ctx.Done()
				time.Sleep(5 * time.Second) // finishing the work in hand
				ended = true
			})
			if !ended || time.Since(began) != 95*time.Second {
				t.Errorf("%s: returned after %s, tick ended: %v", spec, time.Since(began), ended)
			}
		})
	}
}

func TestScheduleRefuses(t *testing.T) {
	for _, spec := range []string{"", "every 5m", "@every", "@every 5", "* * * *", "61 * * * *", "TZ=UTC", "CRON_TZ=Europe/Berlin 0 6 * * *", "tz="} {
		ctx, cancel := context.WithCancel(t.Context())
		err := Schedule(ctx, spec, silent, func(context.Context) { t.Errorf("%q ticked", spec) })
		cancel()
		if err == nil || !strings.Contains(err.Error(), "poll.schedule") || errors.Is(err, context.Canceled) {
			t.Errorf("%q: error %v, want one that names poll.schedule", spec, err)
		}
	}
	goleak.VerifyNone(t)
}
