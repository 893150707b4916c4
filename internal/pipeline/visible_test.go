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
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
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
	published      time.Time
	found, settled map[int64]bool
}

// TestVisible measures the time from publishing an article, and from storing it, until a search finds it and until it has a
// story, while 200 articles a second arrive in feeds that are polled each second. The time of reading the document, slightly
// earlier, is used as the time of storing.
func TestVisible(t *testing.T) {
	length := visibleLength(t)
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
	watch(t, p, length, room.Stories.Search)
	stop()
	must(t, <-ended)
}

// TestVisibleOnEveryNode is TestVisible with three processes that have all roles, over one PostgreSQL that syncs its commits.
// Each feed has a host of its own, which one of them asks.
func TestVisibleOnEveryNode(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("SQLite has one node")
	}
	length := visibleLength(t)
	p := newPublisher()
	srv := httptest.NewServer(p)
	defer srv.Close()
	database := pgtest.Start(t, pgtest.Options{Settings: []string{"fsync=on", "full_page_writes=on", "max_wal_size=1GB"}})
	o := pipelinetest.ClusterOptions{Database: database.Database(t), Press: srv.URL, Interval: time.Second, Steady: true, Workers: 64}
	db, err := store.Open(t.Context(), t.TempDir(), store.Options{Database: o.Database})
	must(t, err)
	var feeds []news.Feed
	for i := range visibleFeeds {
		feeds = append(feeds, news.Feed{URL: fmt.Sprintf("http://host%d.example/feed%d", i, i)})
	}
	_, err = db.AddFeeds(t.Context(), feeds)
	must(t, err)
	must(t, db.Close())
	c := pipelinetest.NewCluster(t, o)
	watch(t, p, length, c.Process().Search, c.Process().Search, c.Process().Search)
}

func visibleLength(t *testing.T) time.Duration {
	t.Helper()
	length, err := time.ParseDuration(cmp.Or(os.Getenv(visibleFor), "0s"))
	must(t, err)
	if length == 0 {
		t.Skipf("a measurement; %s=90s runs it", visibleFor)
	}
	return length
}

// searcher searches on a node.
type searcher func(context.Context, search.Request) (search.Found, error)

// watch publishes articles for a while and reports when they are seen on each node.
func watch(t *testing.T, p *publisher, length time.Duration, nodes ...searcher) {
	t.Helper()
	var all []*visibility
	for _, find := range nodes {
		v := &visibility{find: find}
		all = append(all, v)
		eventually(t, "the node answers searches", func() bool {
			_, err := find(t.Context(), search.Request{Query: "nothing", Limit: 1})
			return err == nil
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	var looking errgroup.Group
	for _, v := range all {
		looking.Go(func() error { return v.run(ctx) })
	}
	random := rand.New(rand.NewPCG(1, 2))
	w := &proseWriter{random: random, zipf: rand.NewZipf(random, 1.1, 4, visibleVocabulary)}
	published, began := 0, time.Now()
	for second := 0; time.Since(began) < length; second++ {
		w.before, w.now = w.now, nil
		for i := range visibleFresh {
			b := publishNext(p, w, second, i)
			for _, v := range all {
				v.add(b)
			}
			published += visibleAFeed
		}
		time.Sleep(time.Until(began.Add(time.Duration(second+1) * time.Second)))
	}
	for late := time.Now().Add(time.Minute); time.Now().Before(late) && slices.ContainsFunc(all, (*visibility).waits); {
		time.Sleep(lookEvery)
	}
	stop()
	must(t, looking.Wait())
	t.Logf("%d articles in %s", published, length)
	for i, v := range all {
		v.report(t, i, published)
	}
}

// publishNext replaces the articles of the next feed.
func publishNext(p *publisher, w *proseWriter, second, i int) batch {
	word := "zq" + strings.Map(func(r rune) rune { return r - '0' + 'g' }, strconv.Itoa(1000*second+i)) + "zq"
	at := time.Now()
	var items []item
	for n := range visibleAFeed {
		guid := fmt.Sprintf("%d-%d-%d", second, i, n)
		items = append(items, item{guid: guid, title: w.prose(9), text: w.text() + " " + word, at: at})
	}
	p.set(fmt.Sprintf("feed%d", (second*visibleFresh+i)%visibleFeeds), items...)
	return batch{word: word, published: at}
}

// lookEvery is the time between two searches for what was not seen yet.
const lookEvery = 50 * time.Millisecond

// visibility records when articles are first seen on a node.
type visibility struct {
	find searcher

	mu      sync.Mutex // guards waiting
	waiting []*batch

	found, foundPublished, settled, settledPublished []time.Duration // since an article was read or published
}

func (v *visibility) add(b batch) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b.found, b.settled = map[int64]bool{}, map[int64]bool{}
	v.waiting = append(v.waiting, &b)
}

func (v *visibility) waits() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.waiting) > 0
}

// run searches for all words that were not seen completely, until the context ends.
func (v *visibility) run(ctx context.Context) error {
	for ctx.Err() == nil {
		v.mu.Lock()
		waiting := slices.Clone(v.waiting)
		v.mu.Unlock()
		for _, b := range waiting {
			if err := v.look(ctx, b); err != nil && ctx.Err() == nil {
				return err
			}
		}
		v.mu.Lock()
		v.waiting = slices.DeleteFunc(v.waiting, func(b *batch) bool { return len(b.settled) == visibleAFeed })
		v.mu.Unlock()
		time.Sleep(lookEvery)
	}
	return nil
}

// look searches for a word. It is quoted, so that no correction is suggested.
func (v *visibility) look(ctx context.Context, b *batch) error {
	got, err := v.find(ctx, search.Request{Query: `"` + b.word + `"`, Limit: 2 * visibleAFeed})
	now := time.Now()
	for _, a := range got.Articles {
		if !b.found[a.ID] {
			b.found[a.ID] = true
			v.found, v.foundPublished = append(v.found, now.Sub(a.Article.Seen)), append(v.foundPublished, now.Sub(b.published))
		}
		if a.Story != 0 && !b.settled[a.ID] {
			b.settled[a.ID] = true
			v.settled, v.settledPublished = append(v.settled, now.Sub(a.Article.Seen)), append(v.settledPublished, now.Sub(b.published))
		}
	}
	return err
}

func (v *visibility) report(t *testing.T, node, published int) {
	t.Helper()
	if len(v.settled) != published {
		t.Errorf("node %d: %d articles were published, %d found and %d in stories", node, published, len(v.found), len(v.settled))
	}
	for _, kind := range []struct {
		name string
		took []time.Duration
	}{
		{"found after reading", v.found},
		{"in a story after reading", v.settled},
		{"found after publishing", v.foundPublished},
		{"in a story after publishing", v.settledPublished},
	} {
		slices.Sort(kind.took)
		if n := len(kind.took); n > 0 {
			t.Logf("node %d, %s: p50 %.2f s, p99 %.2f s, last %.2f s", node, kind.name, kind.took[n/2].Seconds(), kind.took[n*99/100].Seconds(), kind.took[n-1].Seconds())
		}
	}
}
