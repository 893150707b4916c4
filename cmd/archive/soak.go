package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	growEvery = time.Minute
	pageEvery = 300 * time.Millisecond // of each client
)

// soak is a server that polls, while clients read beside.
type soak struct {
	client
	pid int

	kinds    []*soakKind
	failed   atomic.Int64 // requests
	wrong    atomic.Int64 // lines of the log above info
	mu       sync.Mutex   // guards failures
	failures []string     // the first few
}

// soakKind are the requests of one client.
type soakKind struct {
	name string
	path func(i int) string // of the i-th request

	mu   sync.Mutex // guards took
	took []time.Duration
}

func (k *soakKind) add(took time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.took = append(k.took, took)
}

// take returns the median and the 99th percentile since the last call.
func (k *soakKind) take() string {
	k.mu.Lock()
	took := k.took
	k.took = nil
	k.mu.Unlock()
	if len(took) == 0 {
		return "-"
	}
	p50, p99 := percentiles(took)
	return fmt.Sprintf("%.0f, %.0f", p50, p99)
}

const allUnread = "user/-/state/com.google/reading-list?output=json&n=50&xt=user/-/state/com.google/read"

// soakKinds are the kinds of requests that clients send, in the order in which they are reported.
func soakKinds() []*soakKind {
	return []*soakKind{
		{name: "healthz", path: func(int) string { return "/healthz" }},
		{name: "front page", path: func(i int) string { return fmt.Sprint("/?page=", i%3+1) }},
		{name: "unread", path: func(int) string { return "/unread" }},
		{name: "story", path: func(i int) string { return fmt.Sprint("/story/", i%500+1) }},
		{name: "search", path: func(i int) string {
			return "/search?q=" + []string{"government", "police", "market", "said+week", "%22prime+minister%22", "is:original+bank"}[i%6]
		}},
		{name: "feed", path: func(int) string { return "/feeds/all.atom" }},
		{name: "reader", path: func(int) string { return "/reader/api/0/stream/contents/" + allUnread }},
		{name: "counts", path: func(int) string { return "/reader/api/0/unread-count?output=json" }},
	}
}

// soakServer runs `BINARY serve` on the folder for some time, with the feeds of a list (OPML, by its address). Every minute it sends a
// POST to an address that lets feeds grow. Clients read and search meanwhile, one of each kind, one follows the stream of events, and one
// marks articles as read. A line is printed each interval. It returns an error if a request failed or the log had warnings.
func soakServer(ctx context.Context, dir, database, binary, feeds, grow string, lasts, every time.Duration) (err error) {
	s := &soak{kinds: soakKinds()}
	base, pid, stop, err := serveLogged(ctx, dir, binary, func(line string) {
		if strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") {
			s.wrong.Add(1)
		}
	}, "HEADWATER_DATABASE="+database, "HEADWATER_ADMIN_PASSWORD="+password, "HEADWATER_LISTS=", "HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8", "HEADWATER_FETCH_PER_HOST=0",
		"HEADWATER_FETCH_PAUSE=0s", "HEADWATER_POLL_MIN_INTERVAL=1m", "HEADWATER_POLL_INTERVAL=2m", "HEADWATER_POLL_MAX_INTERVAL=5m", "HEADWATER_POLL_SCHEDULE=@every 10s")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	s.client, s.pid = client{base: base, user: "admin"}, pid
	if err := s.login(ctx); err != nil {
		return err
	}
	if err := s.subscribe(ctx, feeds); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	var clients sync.WaitGroup
	for _, k := range s.kinds {
		clients.Go(func() { s.ask(ctx, k) })
	}
	clients.Go(func() { s.follow(ctx) })
	clients.Go(func() {
		for pause(ctx, growEvery) {
			s.note(ctx, "grow", want(http.StatusOK)((&client{base: grow}).post(ctx, "", "", "")))
			s.note(ctx, "mark", s.markSome(ctx))
		}
	})
	err = s.report(ctx, every)
	clients.Wait()
	if failed, wrong := s.failed.Load(), s.wrong.Load(); err == nil && failed+wrong > 0 {
		err = fmt.Errorf("%d requests failed, and the log has %d warnings and errors: %s", failed, wrong, strings.Join(s.failures, "; "))
	}
	return err
}

// pause waits, and returns false if the context ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// want takes an answer for an error unless it has one of some statuses.
func want(statuses ...int) func(answer, error) error {
	return func(a answer, err error) error {
		if err == nil && !slices.Contains(statuses, a.status) {
			err = fmt.Errorf("status %d: %.200s", a.status, a.body)
		}
		return err
	}
}

// note counts a request that failed before the soak was over.
func (s *soak) note(ctx context.Context, what string, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	s.failed.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) < 10 {
		s.failures = append(s.failures, fmt.Sprintf("%s: %v", what, err))
	}
}

// ask sends the requests of a kind. The first stories come while it asks for them.
func (s *soak) ask(ctx context.Context, k *soakKind) {
	statuses := []int{http.StatusOK}
	if k.name == "story" {
		statuses = append(statuses, http.StatusNotFound, http.StatusGone)
	}
	for i := 0; ctx.Err() == nil; i++ {
		a, err := s.get(ctx, k.path(i), "")
		s.note(ctx, k.name, want(statuses...)(a, err))
		if ctx.Err() == nil {
			k.add(a.took)
		}
		pause(ctx, pageEvery)
	}
}

// subscribe adds the feeds of a list.
func (s *soak) subscribe(ctx context.Context, feeds string) error {
	list, err := (&client{base: feeds}).get(ctx, "", "")
	if err := want(http.StatusOK)(list, err); err != nil {
		return fmt.Errorf("%s: %w", feeds, err)
	}
	return want(http.StatusOK)(s.post(ctx, "/api/v1/opml", "text/x-opml", list.body))
}

// follow reads the stream of events, and begins again where it ends.
func (s *soak) follow(ctx context.Context) {
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/api/v1/stream?after=0", nil)
		if err != nil {
			s.note(ctx, "stream", err)
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil { // what it says grows with the soak, and is not kept
			_, err = io.Copy(io.Discard, resp.Body)
			err = errors.Join(err, resp.Body.Close())
		}
		s.note(ctx, "stream", err)
		pause(ctx, time.Second)
	}
}

// markSome marks the newest unread articles as read.
func (s *soak) markSome(ctx context.Context) error {
	const api = "/reader/api/0/"
	found, err := s.get(ctx, api+"stream/items/ids?s="+strings.Replace(allUnread, "?", "&", 1), "")
	if err != nil {
		return err
	}
	form := url.Values{"a": {"user/-/state/com.google/read"}}
	for _, id := range regexp.MustCompile(`"id": ?"(\d+)"`).FindAllStringSubmatch(found.body, -1) {
		form.Add("i", id[1])
	}
	if len(form["i"]) == 0 {
		return nil
	}
	token, err := s.get(ctx, api+"token", "")
	if err != nil {
		return err
	}
	form.Set("T", strings.TrimSpace(token.body))
	return want(http.StatusOK)(s.post(ctx, api+"edit-tag", formType, form.Encode()))
}

// report prints a line each interval, and a last one when the context has ended.
func (s *soak) report(ctx context.Context, every time.Duration) error {
	began := time.Now()
	last := began
	used, err := cpu(s.pid)
	if err != nil {
		return err
	}
	var names []string
	for _, k := range s.kinds {
		names = append(names, k.name)
	}
	fmt.Println("minute  articles  unsettled  memory MB  heap MB  goroutines  CPU %  p50, p99 in ms: " + strings.Join(names, "; "))
	for going := true; going; {
		going = pause(ctx, every)
		now, err := cpu(s.pid)
		if err != nil {
			return fmt.Errorf("the server ended: %w", err)
		}
		metrics, err := s.get(context.WithoutCancel(ctx), "/metrics", "")
		if err != nil {
			return err
		}
		mb, err := memory(s.pid, inMemory)
		if err != nil {
			return err
		}
		var values []float64
		for _, name := range []string{"headwater_articles", `headwater_stage_lag_entries{stage="settle"}`, "go_memstats_heap_inuse_bytes", "go_goroutines"} {
			v, err := strconv.ParseFloat(firstOf(regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(name)+` (\S+)$`), metrics.body), 64)
			if err != nil {
				return fmt.Errorf("%s of /metrics: %w", name, err)
			}
			values = append(values, v)
		}
		var took []string
		for _, k := range s.kinds {
			took = append(took, k.take())
		}
		fmt.Printf("%6.1f  %8.0f  %9.0f  %9d  %7.0f  %10.0f  %5.0f  %s  (failed %d, warnings %d)\n", time.Since(began).Minutes(), values[0], values[1],
			mb, values[2]/1e6, values[3], (now-used).Seconds()/time.Since(last).Seconds()*100, strings.Join(took, "; "), s.failed.Load(), s.wrong.Load())
		used, last = now, time.Now()
	}
	return nil
}
