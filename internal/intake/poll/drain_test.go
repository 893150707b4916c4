package poll

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

// drain is Drain for one batch.
func drain(ctx context.Context, feeds []news.Feed, workers, perHost int, collect func(context.Context, news.Feed) error) error {
	return Drain(ctx, func(context.Context) ([]news.Feed, error) {
		batch := feeds
		feeds = nil
		return batch, nil
	}, workers, perHost, collect)
}

// feedsOf makes n feeds of each host.
func feedsOf(n int, hosts ...string) []news.Feed {
	var out []news.Feed
	for i := range n {
		for _, h := range hosts {
			out = append(out, news.Feed{ID: int64(len(out) + 1), URL: fmt.Sprintf("https://%s/%d.xml", h, i)})
		}
	}
	return out
}

// meter counts the polls that are under way.
type meter struct {
	mu             sync.Mutex
	now, most      int
	here, mostHere map[string]int // by host
	asked          []int64
}

func newMeter() *meter { return &meter{here: map[string]int{}, mostHere: map[string]int{}} }

func (m *meter) begin(f news.Feed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := host(f.URL)
	m.now++
	m.here[h]++
	m.most, m.mostHere[h] = max(m.most, m.now), max(m.mostHere[h], m.here[h])
	m.asked = append(m.asked, f.ID)
}

func (m *meter) end(f news.Feed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now--
	m.here[host(f.URL)]--
}

// collect takes a second for each feed.
func (m *meter) collect(_ context.Context, f news.Feed) error {
	m.begin(f)
	defer m.end(f)
	time.Sleep(time.Second)
	return nil
}

func TestDrainBounds(t *testing.T) {
	tests := []struct {
		name             string
		feeds            []news.Feed
		workers, perHost int
		most, mostHere   int
		took             time.Duration
	}{
		{"workers bound", feedsOf(3, "a.example", "b.example", "c.example", "d.example"), 2, 1, 2, 1, 6 * time.Second},
		{"one host, one at a time", feedsOf(6, "a.example"), 8, 1, 1, 1, 6 * time.Second},
		{"one host, two at a time", feedsOf(6, "a.example"), 8, 2, 2, 2, 3 * time.Second},
		{"no limit a host", feedsOf(6, "a.example"), 8, 0, 6, 6, time.Second},
		{"no workers is one", feedsOf(2, "a.example", "b.example"), 0, 1, 1, 1, 4 * time.Second},
		{"nothing due", nil, 4, 1, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, began := newMeter(), time.Now()
				if err := drain(t.Context(), tt.feeds, tt.workers, tt.perHost, m.collect); err != nil {
					t.Fatal(err)
				}
				mostHere := 0
				for n := range maps.Values(m.mostHere) {
					mostHere = max(mostHere, n)
				}
				if m.most != tt.most || mostHere != tt.mostHere || time.Since(began) != tt.took {
					t.Errorf("%d at once, %d of one host, in %s; want %d, %d, %s", m.most, mostHere, time.Since(began), tt.most, tt.mostHere, tt.took)
				}
				wantAll(t, tt.feeds, m.asked)
			})
		})
	}
}

func wantAll(t interface{ Fatalf(string, ...any) }, feeds []news.Feed, asked []int64) {
	slices.Sort(asked)
	var want []int64
	for _, f := range feeds {
		want = append(want, f.ID)
	}
	slices.Sort(want)
	if !slices.Equal(want, asked) {
		t.Fatalf("asked %v, want each of %v once", asked, want)
	}
}

// TestDrainBusyHost shows that a host with many feeds begins at once, so that it does not make the others wait.
func TestDrainBusyHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feeds := append(feedsOf(1, "a.example", "b.example", "c.example", "d.example", "e.example", "f.example"), feedsOf(6, "busy.example")...)
		for i := range feeds {
			feeds[i].ID = int64(i + 1)
		}
		began := time.Now()
		if err := drain(t.Context(), feeds, 2, 1, newMeter().collect); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 6*time.Second {
			t.Errorf("took %s; the busy host's six seconds leave time for all others", took)
		}
	})
}

func TestDrainStopsAtError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("disk full")
		m := newMeter()
		err := drain(t.Context(), feedsOf(50, "a.example", "b.example"), 2, 1, func(ctx context.Context, f news.Feed) error {
			m.begin(f)
			defer m.end(f)
			if f.ID == 5 {
				return broken
			}
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if !errors.Is(err, broken) {
			t.Errorf("error is %v, want the one of feed 5", err)
		}
		if len(m.asked) > 7 {
			t.Errorf("%d feeds were asked after all", len(m.asked))
		}
	})
}

func TestDrainCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := newMeter()
		time.AfterFunc(2500*time.Millisecond, cancel)
		// This collect does not look at its context: what is under way ends, and nothing more begins.
		err := drain(ctx, feedsOf(20, "a.example", "b.example"), 2, 1, m.collect)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v, want context.Canceled", err)
		}
		if len(m.asked) != 6 || m.now != 0 {
			t.Errorf("%d feeds were asked and %d are under way; want 6 and none", len(m.asked), m.now)
		}
	})
}

// TestDrainCancelledBetween holds that feeds which nobody asked are not passed off as done.
func TestDrainCancelledBetween(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	err := drain(ctx, feedsOf(1, "a.example", "b.example", "c.example"), 1, 1, func(context.Context, news.Feed) error {
		asked++
		cancel()
		return nil
	})
	if asked != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d asked with error %v; want 1 and context.Canceled", asked, err)
	}
	err = drain(ctx, feedsOf(1, "a.example"), 1, 1, func(context.Context, news.Feed) error {
		t.Error("asked after the end")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
}

// TestTurn has a host with more feeds than a pass has time for: those that are due longest go first, and no other waits.
func TestTurn(t *testing.T) {
	feeds := append(feedsOf(100, "busy.example"), feedsOf(3, "a.example", "b.example")...)
	for _, tt := range []struct {
		pause   time.Duration
		perHost int
		want    int
	}{
		{time.Second, 1, 30 + 6}, {time.Second, 2, 60 + 6}, {time.Hour, 1, 1 + 2}, {0, 1, 106}, {time.Second, 0, 106},
	} {
		got := SelectForPass(feeds, 30*time.Second, func(string) time.Duration { return tt.pause }, tt.perHost)
		if len(got) != tt.want || got[0].URL != feeds[0].URL {
			t.Errorf("pause %s, %d a host: %d feeds, want %d", tt.pause, tt.perHost, len(got), tt.want)
		}
	}
}

func TestLanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.SliceOfN(rapid.SampledFrom([]string{"a.example", "b.example", "B.example", "c.example:8080", ""}), 0, 60).Draw(t, "hosts")
		perHost := rapid.IntRange(-1, 5).Draw(t, "perHost")
		var feeds []news.Feed
		for i, h := range hosts {
			feeds = append(feeds, news.Feed{ID: int64(i + 1), URL: fmt.Sprintf("https://%s/%d", h, i)})
		}
		var asked []int64
		lanesOf := map[string]int{}
		last := len(feeds) + 1
		for _, lane := range lanes(feeds, perHost) {
			if len(lane) == 0 || len(lane) > last {
				t.Fatalf("a lane of %d after one of %d", len(lane), last)
			}
			last = len(lane)
			for _, f := range lane {
				asked = append(asked, f.ID)
				if host(f.URL) != host(lane[0].URL) {
					t.Fatalf("%s and %s share a lane", f.URL, lane[0].URL)
				}
			}
			lanesOf[host(lane[0].URL)]++
		}
		wantAll(t, feeds, asked)
		for h, n := range lanesOf {
			if perHost > 0 && n > perHost {
				t.Fatalf("host %q has %d lanes, more than %d", h, n, perHost)
			}
		}
	})
}

// TestLanesAreEven holds that the lanes of one host differ by a feed at most.
func TestLanesAreEven(t *testing.T) {
	for n := 1; n < 20; n++ {
		got := lanes(feedsOf(n, "a.example"), 3)
		if short := got[len(got)-1]; len(got) != min(n, 3) || len(got[0])-len(short) > 1 {
			t.Errorf("%d feeds: %d lanes, of %d to %d", n, len(got), len(got[0]), len(short))
		}
	}
}

func TestHost(t *testing.T) {
	for address, want := range map[string]string{
		"https://News.Example/feed": "news.example",
		"http://news.example:8080/": "news.example:8080",
		"https://a:b@news.example/": "news.example",
		"https://[::1]:80/x":        "[::1]:80",
		"://":                       "://",
	} {
		if got := host(address); got != want {
			t.Errorf("%s: host %q, want %q", address, got, want)
		}
	}
	if strings.Contains(host("https://u:secret@news.example/"), "secret") {
		t.Error("the host holds a password")
	}
}
