package pipeline_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/store/storetest"
)

// answer returns the content of a page at now. Feeds change once in one to eight days.
func (s *scorer) answer(w http.ResponseWriter, r *http.Request, p *page, now time.Time) {
	_, kind, number := cutPath(r.URL.Path)
	every := time.Duration(24+number%8*24) * time.Hour
	edition := int(now.Sub(s.began)/every) + 1
	h := w.Header()
	etag, modified := fmt.Sprintf(`"%d-%d"`, number, edition), s.began.Add(time.Duration(edition-1)*every).UTC().Format(http.TimeFormat)
	extra := ""
	switch kind {
	case "weak":
		etag, modified = `W/"`+fmt.Sprint(edition)+`, x"`, ""
	case "modified":
		etag = ""
	case "etag-moves": // the ETag changes with each edition, the date does not
		modified = s.began.UTC().Format(http.TimeFormat)
	case "modified-moves": // the date changes with each answer, the ETag does not: 304s must be read too
		etag, modified = `"one"`, now.UTC().Format(time.RFC850)
	case "bare":
		etag, modified = "", ""
	case "odd":
		etag, modified = fmt.Sprintf("un\"quoted\xe9 %d", edition), fmt.Sprintf("yesterday, %d", edition)
	case "max-age":
		h.Set("Cache-Control", "public, max-age=50000")
		h.Set("Age", "2000")
		p.free = now.Add(48000 * time.Second)
	case "expires":
		h.Set("Expires", now.Add(20*time.Hour).UTC().Format(http.TimeFormat))
		p.free = now.Add(20 * time.Hour).Truncate(time.Second)
		h.Set("Date", now.UTC().Format(http.TimeFormat))
	case "ttl":
		extra, p.free = "<ttl>1100</ttl>", now.Add(1100*time.Minute)
	case "period":
		extra, p.free = "<x:updatePeriod xmlns:x=\"http://purl.org/rss/1.0/modules/syndication/\">daily</x:updatePeriod>", now.Add(24*time.Hour)
	case "hours":
		extra = "<skipHours><hour>0</hour><hour>1</hour><hour>2</hour><hour>3</hour><hour>4</hour><hour>5</hour></skipHours>"
	case "cookies":
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "me"})
	case "found":
		http.Redirect(w, r, fmt.Sprintf("/both/%d?key=%d", number, number), http.StatusFound)
		return
	case "moved":
		http.Redirect(w, r, fmt.Sprintf("/weak/%d?key=%d", number, number), []int{301, 308}[number%2])
		return
	case "ending":
		if edition > 1 {
			p.free = now.AddDate(1, 0, 0)
			w.WriteHeader(http.StatusGone)
			return
		}
	case "failing", "missing":
		if edition%2 == 0 {
			w.WriteHeader(map[string]int{"failing": 500, "missing": 404}[kind])
			return
		}
	}
	p.etag, p.modified = etag, modified
	setIf(h, "ETag", etag)
	setIf(h, "Last-Modified", modified)
	same := p.etag != "" && r.Header.Get("If-None-Match") == etag || p.etag == "" && p.modified != "" && r.Header.Get("If-Modified-Since") == modified
	if same {
		s.counts["304"]++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.counts["200"]++
	p.whole = now
	_, _ = w.Write(weekly(number, edition, extra, s.began.Add(time.Duration(edition)*every)))
}

func setIf(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}

func cutPath(path string) (root, kind string, number int) {
	parts := strings.Split(path, "/")
	number, _ = strconv.Atoi(parts[len(parts)-1]) // the scorer made it
	return parts[0], parts[1], number
}

// weekly writes a feed of three items, one or two days apart.
func weekly(number, edition int, extra string, newest time.Time) []byte {
	var items []item
	for i := range 3 {
		items = append(items, item{guid: fmt.Sprintf("%d-%d", number, edition-i), title: "Tides", at: newest.Add(time.Duration(-24*(i+2)*(1+number%2)) * time.Hour)})
	}
	return rss("feed", extra, items)
}

// reader is a program without an index that is started and stopped.
type reader struct {
	*pipelinetest.Room
	stop func()
}

func startReader(t *testing.T, dir string, c *pipelinetest.Clock) reader {
	t.Helper()
	registry, err := agencies()
	must(t, err)
	db := storetest.Open(t, dir)
	client, err := fetch.New(fetch.Options{
		UserAgent: "Headwater/test (1 subscribers)", PerHost: 1, Now: c.Now, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	must(t, err)
	room := pipelinetest.New(pipelinetest.Options{Options: pipeline.Options{
		Store: db, Fetch: client, Outlets: registry, Logger: slog.New(slog.DiscardHandler), Now: c.Now, Workers: 16, PerHost: 1,
		Pace: poll.Pace{Interval: time.Hour, Min: 10 * time.Minute, Max: 24 * time.Hour},
	}})
	return reader{room, func() {
		client.Close()
		must(t, db.Close())
	}}
}

// fullWeek, if set, makes TestWeek take 10,000 feeds on 100 hosts, as docs/quality.md says.
const fullWeek = "NEWSROOM_TEST_WEEK"

// TestWeek: a server checks the reader through seven and a half days of 1,000 feeds on 10 hosts, with a restart every 17
// hours and a night without it. The store and HTTP on loopback are real, the clock is not.
func TestWeek(t *testing.T) {
	const tick = 20 * time.Minute
	hosts, perHost := 10, 100
	switch {
	case testing.Short():
		hosts, perHost = 5, 36
	case os.Getenv(fullWeek) != "":
		hosts = 100
	}
	c := pipelinetest.NewClockAt(time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC))
	s := newScorer(t, c, hosts)
	dir := t.TempDir()
	r := startReader(t, dir, c)
	var all []news.Feed
	for i := range hosts * perHost {
		all = append(all, news.Feed{URL: s.url(i)})
	}
	_, err := r.Feeds.AddFeeds(t.Context(), all)
	must(t, err)
	began := time.Now()
	for at := time.Duration(0); at < 180*time.Hour; at += tick {
		if at%(17*time.Hour) == 0 && at > 0 {
			r.stop()
			if at == 5*17*time.Hour {
				c.Advance(8 * time.Hour) // a night without the program
			}
			r = startReader(t, dir, c)
			s.restart = c.Now()
		}
		_, err := r.Pipeline.Collect(t.Context())
		must(t, err)
		c.Advance(tick)
	}
	defer r.stop()
	t.Logf("%d feeds in %s: %v; faults: %v", len(all), time.Since(began).Round(time.Millisecond), s.counts, s.faults)
	for _, kind := range slices.Sorted(maps.Keys(s.faults)) {
		t.Errorf("%d of %s, the first: %s", s.faults[kind], kind, s.examples[kind])
	}
	s.wantAllSeen(t)
	wantMoved(t, r, s)
}

// wantAllSeen checks that the week contained everything that it was to test.
func (s *scorer) wantAllSeen(t *testing.T) {
	t.Helper()
	for _, kind := range []string{"conditional", "unconditional", "weekly", "304", "200", "Retry-After"} {
		if s.counts[kind] == 0 {
			t.Errorf("no %s in a week", kind)
		}
	}
}

// wantMoved checks addresses: feeds that moved permanently have the new one, other feeds their own, and feeds that ended
// are not due.
func wantMoved(t *testing.T, r reader, s *scorer) {
	t.Helper()
	all, err := r.Store.Feeds(t.Context())
	must(t, err)
	for i, f := range all {
		want := strings.Replace(s.url(i), "/moved/", "/weak/", 1)
		if f.URL != want || f.Due.IsZero() || f.Rule == "" {
			t.Errorf("feed %d is at %s, due %s by %q; want it at %s", f.ID, f.URL, f.Due, f.Rule, want)
		}
	}
}
