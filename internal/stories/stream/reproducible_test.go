package stream_test

import (
	"encoding/json"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
)

// printed runs articles through a grouper and gives all that it prints, word for word. Around is given each call of Add and
// Close, and has to make it.
func printed(t *testing.T, o stream.Options, reports []report, around func(call func())) string {
	t.Helper()
	registry, err := outlets.Load(feeds.Agencies())
	must(t, err)
	var out strings.Builder
	enc := json.NewEncoder(&out)
	o.Outlets, o.Print = registry, func(placed iter.Seq[stream.Placed]) error {
		for p := range placed {
			if err := enc.Encode(p); err != nil {
				return err
			}
		}
		return nil
	}
	b := stream.New(o)
	for _, r := range reports {
		e := news.Entry{
			GUID: r.ID, Title: r.Title, Content: r.Text, Summary: r.Summary, URL: r.URL, Published: r.Published, Language: r.Lang,
			Source: news.Reference{Title: r.Feed},
		}
		around(func() { err = b.Add(e, r.Feed, r.Published) })
		must(t, err)
	}
	around(func() { err = b.Close() })
	must(t, err)
	if n := strings.Count(out.String(), "\n"); n != len(reports) {
		t.Fatalf("%d articles came out of %d", n, len(reports))
	}
	return out.String()
}

func plainly(call func()) { call() }

// manyReports are all our made-up articles, and every third once more without a time.
func manyReports(t *testing.T) []report {
	t.Helper()
	all := append(reportsOf(t, "testdata/independent.jsonl"), reportsOf(t, "testdata/languages.jsonl")...)
	for i := 0; i < len(all); i += 4 {
		again := all[i]
		again.ID, again.Feed, again.URL, again.Published = again.ID+"-again", "Undated Post", "", time.Time{}
		all = append(all[:i+1], append([]report{again}, all[i+1:]...)...)
	}
	return all
}

// TestClockJumps has a clock that stands elsewhere in each call of the grouper, hours before or behind where it stood
// in the one before, and decades from where the articles are. In a round of few articles stories close again and again.
func TestClockJumps(t *testing.T) {
	reports := manyReports(t)
	for _, round := range []int{0, 40} {
		o := stream.Options{Round: round, Window: 24 * time.Hour}
		want := printed(t, o, reports, plainly)
		random := rand.New(rand.NewPCG(1, 1))
		jumps := 0
		var last time.Time
		got := printed(t, o, reports, func(call func()) {
			synctest.Test(t, func(*testing.T) { // each begins at one midnight
				time.Sleep(time.Duration(random.IntN(5000)) * time.Hour)
				if now := time.Now(); now.Before(last) {
					jumps++
				}
				last = time.Now()
				call()
			})
		})
		if jumps < len(reports)/4 {
			t.Errorf("the clock went back %d times only in %d calls", jumps, len(reports))
		}
		wantSameText(t, "with a clock that jumps", want, got)
	}
}

// TestUnderLoad groups one input with one, two and four processors, alone and beside goroutines that take all of them.
func TestUnderLoad(t *testing.T) {
	reports := manyReports(t)
	if wire := "../../../shared/eval/wire16/docs.jsonl.gz"; !testing.Short() {
		if _, err := os.Stat(wire); err != nil {
			t.Log("without ../shared/eval/wire16, which is not there")
		} else {
			reports = append(reports, labelled(t, wire)[:200]...)
		}
	}
	o := stream.Options{Round: 300}
	want := printed(t, o, reports, plainly)
	t.Cleanup(func(was int) func() { return func() { runtime.GOMAXPROCS(was) } }(runtime.GOMAXPROCS(0)))
	for _, processors := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(processors)
		wantSameText(t, "on other processors", want, printed(t, o, reports, plainly))
	}
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for garbage := []byte(nil); ; garbage = make([]byte, 1<<10) {
				select {
				case <-stop:
					return
				default:
					clear(garbage)
					runtime.Gosched()
				}
			}
		})
	}
	got := printed(t, o, reports, func(call func()) {
		runtime.Gosched()
		call()
	})
	close(stop)
	load.Wait()
	wantSameText(t, "under load", want, got)
}

func wantSameText(t *testing.T, how, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Errorf("%s line %d is\n%.400s\nand was\n%.400s", how, i+1, b[i], a[i])
			return
		}
	}
	t.Errorf("%s %d lines are printed, and were %d", how, len(b), len(a))
}

// TestUndated wants an article without a time to count as one of those around it, wherever it stands in the stream.
func TestUndated(t *testing.T) {
	wild := dawn.AddDate(100, 0, 0)
	for name, seen := range map[string][]time.Time{
		"behind":                 {dawn, dawn.Add(time.Minute), {}},
		"at the beginning":       {{}, dawn, dawn.Add(time.Minute)},
		"behind a wild date":     {dawn, dawn.Add(time.Minute), wild, {}},
		"at a wild date's start": {{}, wild, dawn, dawn.Add(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			b, y := newGrouper(t, stream.Options{})
			var undated int64
			for i, at := range seen {
				if id := y.add(t, b, told(uint64(i)), "paper", at); at.IsZero() {
					undated = id
				}
			}
			y.end(t, b)
			for _, p := range y.batches[0] {
				if p.Article == undated {
					if at := p.Story.First; at.Before(dawn) || at.After(dawn.Add(time.Minute)) {
						t.Errorf("it counts as seen at %s, want %s or a minute later", at, dawn)
					}
				}
			}
		})
	}
}
