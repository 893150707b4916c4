package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/pipeline/pipelinetest"
)

// TestRestartWithinADay polls a day of feeds every two hours, once without a restart and once with restarts between any
// two passes and between collecting and settling. Stories, events, roles and origins are the same.
func TestRestartWithinADay(t *testing.T) {
	const feeds, passes = 9, 12
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	var names []string
	for f := range feeds {
		names = append(names, fmt.Sprint("paper", f))
	}
	c := pipelinetest.NewClockAt(time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC))
	undisturbed := open(t, t.TempDir(), settings{allow: loopback, now: c.Now})
	add(t, undisturbed, srv.URL, names...)
	dir := t.TempDir()
	t.Run("begin", func(t *testing.T) { add(t, open(t, dir, settings{allow: loopback, now: c.Now}), srv.URL, names...) })
	for n := range passes {
		for f, name := range names {
			p.set(name, dayOf(c.Now(), f, n)...)
		}
		pass(t, undisturbed)
		t.Run(fmt.Sprint("pass ", n), func(t *testing.T) { // a room is closed with its test
			if n%3 == 2 {
				t.Run("collect", func(t *testing.T) {
					sum, err := open(t, dir, settings{allow: loopback, now: c.Now}).Pipeline.Collect(t.Context())
					must(t, err)
					if sum.New == 0 {
						t.Error("nothing was collected before the restart")
					}
				})
			}
			pass(t, open(t, dir, settings{allow: loopback, now: c.Now}))
		})
		c.Advance(2 * time.Hour)
	}
	want, got := shape(t, undisturbed), shape(t, open(t, dir, settings{allow: loopback, now: c.Now}))
	if len(want) != feeds*passes {
		t.Fatalf("%d articles are settled, want %d", len(want), feeds*passes)
	}
	shared := map[string]int{}
	for _, s := range want {
		shared[s.Story]++
	}
	if len(shared) > len(want)/2 {
		t.Fatalf("%d articles are %d stories: too few are copies for this to say anything", len(want), len(shared))
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("after restarts (-without +with):\n%.4000s", diff)
	}
}

// dayOf returns the items of a feed in a pass: one item for each pass so far. Of three feeds with one story, the first
// has the text, the second has it under another headline, and the third has an additional paragraph, two hours later.
func dayOf(now time.Time, feed, pass int) []item {
	var items []item
	for n := range pass + 1 {
		told := n
		if feed%3 == 2 {
			told = max(n-1, 0)
		}
		w := writer{rand.New(rand.NewPCG(uint64(told), uint64(feed/3)))}
		title, text := w.words(9), w.words(120)
		own := writer{rand.New(rand.NewPCG(uint64(n), uint64(100+feed)))}
		switch feed % 3 {
		case 1:
			title = own.words(8)
		case 2:
			text += ". " + own.words(25)
		}
		at := now.Add(time.Duration(n-pass)*2*time.Hour - time.Duration(30-feed)*time.Minute)
		items = append(items, item{guid: fmt.Sprintf("%d-%d", feed, n), title: title, text: text + ".", at: at})
	}
	return items
}
