package pipeline_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"headwater/internal/intake/poll"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
)

// visibleFor makes TestVisible run for this long: HEADWATER_VISIBLE=90s.
const visibleFor = "HEADWATER_VISIBLE"

// In each second this many feeds have this many new articles each. All others answer 304.
const (
	visibleFeeds      = 200
	visibleFresh      = 20
	visibleAFeed      = 10
	visibleWords      = 300
	visibleCopies     = .3 // this share of the articles has a text of the second before
	visibleVocabulary = 60_000
)

// proseWriter writes articles with about the word frequencies of prose.
type proseWriter struct {
	random *rand.Rand
	zipf   *rand.Zipf
	before []string // texts of the last second
	now    []string
}

func (w *proseWriter) word(i uint64) string {
	const syllables = "bacedifogehijukalominepuqureseta"
	var b strings.Builder
	for i += 32; i > 0; i /= 16 {
		at := i % 16 * 2
		b.WriteString(syllables[at : at+2])
	}
	return b.String()
}

func (w *proseWriter) prose(n int) string {
	var b strings.Builder
	for i := range n {
		word := w.word(w.zipf.Uint64())
		if i%12 == 0 {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
		b.WriteString([]string{" ", ". "}[(i%12)/11])
	}
	return b.String()
}

func (w *proseWriter) text() string {
	if len(w.before) > 0 && w.random.Float64() < visibleCopies {
		return w.before[w.random.IntN(len(w.before))]
	}
	t := w.prose(visibleWords)
	w.now = append(w.now, t)
	return t
}

// batch is the new articles of one document, which contain a unique word.
type batch struct {
	word           string
	found, settled map[int64]bool
}

// TestVisible measures the time from storing an article until a search finds it and until it has a story, while 200
// articles a second arrive in polled feeds. The time of reading the document, slightly earlier, is used as the time of
// storing.
func TestVisible(t *testing.T) {
	length, err := time.ParseDuration(cmp.Or(os.Getenv(visibleFor), "0s"))
	must(t, err)
	if length == 0 {
		t.Skipf("a measurement; %s=90s runs it", visibleFor)
	}
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	room := open(t, t.TempDir(), settings{allow: loopback, now: time.Now})
	room.Options.Pace = poll.Pace{Interval: time.Second, Min: time.Second, Max: time.Second}
	room.Options.Workers, room.Options.PerHost = 64, 0
	room = restart(t, room)
	for i := range visibleFeeds {
		add(t, room, srv.URL, fmt.Sprintf("feed%d", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- room.Pipeline.Serve(ctx, "@every 1s") }()
	random := rand.New(rand.NewPCG(1, 2))
	w := &proseWriter{random: random, zipf: rand.NewZipf(random, 1.1, 4, visibleVocabulary)}
	v := &visibility{t: t, room: room}
	until := time.Now().Add(length)
	for second := 0; time.Now().Before(until); second++ {
		next := time.Now().Add(time.Second)
		w.before, w.now = w.now, nil
		for i := range visibleFresh {
			v.publish(p, w, second, i)
		}
		for time.Now().Before(next) {
			v.look()
			time.Sleep(20 * time.Millisecond)
		}
	}
	for late := time.Now().Add(time.Minute); len(v.waiting) > 0 && time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		v.look()
	}
	stop()
	must(t, <-ended)
	v.report(length)
}

// visibility records when articles are first seen.
type visibility struct {
	t              *testing.T
	room           *pipelinetest.Room
	published      int
	waiting        []*batch
	found, settled []time.Duration
}

func (v *visibility) publish(p *publisher, w *proseWriter, second, i int) {
	word := "zq" + strings.Map(func(r rune) rune { return r - '0' + 'g' }, strconv.Itoa(1000*second+i)) + "zq"
	var items []item
	for n := range visibleAFeed {
		guid := fmt.Sprintf("%d-%d-%d", second, i, n)
		items = append(items, item{guid: guid, title: w.prose(9), text: w.text() + " " + word, at: time.Now()})
	}
	p.set(fmt.Sprintf("feed%d", (second*visibleFresh+i)%visibleFeeds), items...)
	v.published += visibleAFeed
	v.waiting = append(v.waiting, &batch{word, map[int64]bool{}, map[int64]bool{}})
}

// look searches for all words that were not seen completely. They are quoted, so that no correction is suggested.
func (v *visibility) look() {
	v.t.Helper()
	v.waiting = slices.DeleteFunc(v.waiting, func(b *batch) bool {
		got, err := v.room.Stories.Search(v.t.Context(), search.Request{Query: `"` + b.word + `"`, Limit: 2 * visibleAFeed})
		must(v.t, err)
		now := time.Now()
		for _, a := range got.Articles {
			since := now.Sub(a.Article.Seen)
			if !b.found[a.ID] {
				b.found[a.ID] = true
				v.found = append(v.found, since)
			}
			if a.Story != 0 && !b.settled[a.ID] {
				b.settled[a.ID] = true
				v.settled = append(v.settled, since)
			}
		}
		return len(b.settled) == visibleAFeed
	})
}

func (v *visibility) report(length time.Duration) {
	if len(v.settled) != v.published {
		v.t.Errorf("%d articles were published, %d found and %d in stories", v.published, len(v.found), len(v.settled))
	}
	v.t.Logf("%d articles in %s; all of them found and in stories %d", v.published, length, len(v.settled))
	for _, kind := range []struct {
		name string
		took []time.Duration
	}{{"found", v.found}, {"in a story", v.settled}} {
		slices.Sort(kind.took)
		if n := len(kind.took); n > 0 {
			v.t.Logf("%s: p50 %.2f s, p99 %.2f s, last %.2f s", kind.name, kind.took[n/2].Seconds(), kind.took[n*99/100].Seconds(), kind.took[n-1].Seconds())
		}
	}
}
