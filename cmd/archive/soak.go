package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	growEvery  = time.Minute
	pageEvery  = 300 * time.Millisecond // of each client
	soakReader = "admin"
)

// soak is a server that polls, while clients read beside.
type soak struct {
	client
	pid  int
	kind map[string]*latencies

	failed   atomic.Int64 // requests
	wrong    atomic.Int64 // lines of the log above info
	restMu   sync.Mutex   // guards failure
	failures []string     // the first few
}

// latencies are how long the requests of one kind took since the last report.
type latencies struct {
	mu   sync.Mutex
	took []time.Duration
}

func (l *latencies) add(took time.Duration) {
	l.mu.Lock()
	l.took = append(l.took, took)
	l.mu.Unlock()
}

// take returns the median and the 99th percentile since the last call.
func (l *latencies) take() string {
	l.mu.Lock()
	took := l.took
	l.took = nil
	l.mu.Unlock()
	if len(took) == 0 {
		return "-"
	}
	slices.Sort(took)
	return fmt.Sprintf("%.0f, %.0f", took[len(took)/2].Seconds()*1000, took[len(took)*99/100].Seconds()*1000)
}

// soakKinds are the kinds of requests that clients send, in the order in which they are reported. The index counts the requests of a client.
var soakKinds = []struct {
	name string
	path func(s *soak, i int) string
}{
	{"healthz", func(*soak, int) string { return "/healthz" }},
	{"front page", func(_ *soak, i int) string { return fmt.Sprint("/?page=", i%3+1) }},
	{"unread", func(*soak, int) string { return "/unread" }},
	{"story", func(_ *soak, i int) string { return fmt.Sprint("/story/", i%500+1) }},
	{"search", func(_ *soak, i int) string {
		return "/search?q=" + []string{"government", "police", "market", "said+week", "%22prime+minister%22", "is:original+bank"}[i%6]
	}},
	{"feed", func(*soak, int) string { return "/feeds/all.atom" }},
	{"reader", func(*soak, int) string {
		return "/reader/api/0/stream/contents/user/-/state/com.google/reading-list?output=json&n=50&xt=user/-/state/com.google/read"
	}},
	{"counts", func(*soak, int) string { return "/reader/api/0/unread-count?output=json" }},
}

// soakServer runs `BINARY serve` on the folder for some time, with the feeds of a list (OPML, by its address). Every minute it sends a POST to an
// address that lets feeds grow. Clients read and search meanwhile, one of each kind, one follows the stream of events, and one marks articles as read. A line is printed
// each interval. It returns an error if a request failed or the log had warnings.
func soakServer(ctx context.Context, dir, database, binary, feeds, grow string, lasts, every time.Duration) (err error) {
	s := &soak{kind: map[string]*latencies{}}
	for _, k := range soakKinds {
		s.kind[k.name] = &latencies{}
	}
	base, pid, stop, err := serveLogged(ctx, dir, binary, func(line string) {
		if regexp.MustCompile(`level=(WARN|ERROR)`).MatchString(line) {
			s.wrong.Add(1)
		}
	}, "HEADWATER_DATABASE="+database, "HEADWATER_ADMIN_PASSWORD="+password, "HEADWATER_LISTS=", "HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8", "HEADWATER_FETCH_PER_HOST=0",
		"HEADWATER_FETCH_PAUSE=0s", "HEADWATER_POLL_MIN_INTERVAL=1m", "HEADWATER_POLL_INTERVAL=2m", "HEADWATER_POLL_MAX_INTERVAL=5m", "HEADWATER_POLL_SCHEDULE=@every 10s")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	s.client, s.pid = client{base: base, user: soakReader}, pid
	if err := s.login(ctx); err != nil {
		return err
	}
	if err := s.subscribe(ctx, feeds); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	var clients sync.WaitGroup
	for _, k := range soakKinds {
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				a, err := s.get(ctx, k.path(s, i), "")
				if err == nil && a.status != http.StatusOK && (k.name != "story" || a.status != http.StatusNotFound && a.status != http.StatusGone) {
					err = fmt.Errorf("status %d", a.status)
				}
				if ctx.Err() == nil {
					s.note(k.name, err)
					s.kind[k.name].add(a.took)
				}
				pause(ctx, pageEvery)
			}
		})
	}
	clients.Go(func() { s.follow(ctx) })
	clients.Go(func() {
		for ctx.Err() == nil {
			pause(ctx, growEvery)
			if ctx.Err() == nil {
				s.note("grow", post(ctx, grow, "", nil))
				s.note("mark", s.markSome(ctx))
			}
		}
	})
	fmt.Println("minute  articles  unsettled  RSS MB  heap MB  goroutines  CPU %  p50, p99 in ms: " + strings.Join(kindNames(), "; "))
	err = s.report(ctx, every)
	clients.Wait()
	if failed, wrong := s.failed.Load(), s.wrong.Load(); err == nil && failed+wrong > 0 {
		err = fmt.Errorf("%d requests failed, and the log has %d warnings and errors: %s", failed, wrong, strings.Join(s.failures, "; "))
	}
	return err
}

func kindNames() (names []string) {
	for _, k := range soakKinds {
		names = append(names, k.name)
	}
	return names
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// note counts a request that failed.
func (s *soak) note(what string, err error) {
	if err == nil {
		return
	}
	s.failed.Add(1)
	s.restMu.Lock()
	if len(s.failures) < 10 {
		s.failures = append(s.failures, fmt.Sprintf("%s: %v", what, err))
	}
	s.restMu.Unlock()
}

// post sends a document that has to be taken.
func post(ctx context.Context, address, kind string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %s: %.200s", address, resp.Status, said)
	}
	return errors.Join(err, resp.Body.Close())
}

// subscribe adds the feeds of a list.
func (s *soak) subscribe(ctx context.Context, feeds string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, feeds, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	list, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	return post(ctx, s.base+"/api/v1/opml", "text/x-opml", list)
}

// follow reads the stream of events, and begins again where it ends.
func (s *soak) follow(ctx context.Context) {
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/api/v1/stream?after=0", nil)
		if err != nil {
			s.note("stream", err)
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			err = errors.Join(err, resp.Body.Close())
		}
		if ctx.Err() == nil {
			s.note("stream", err)
			pause(ctx, time.Second)
		}
	}
}

// markSome marks the newest unread articles as read.
func (s *soak) markSome(ctx context.Context) error {
	found, err := s.get(ctx, "/reader/api/0/stream/items/ids?output=json&n=50&s=user/-/state/com.google/reading-list&xt=user/-/state/com.google/read", "")
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
	token, err := s.get(ctx, "/reader/api/0/token", "")
	if err != nil {
		return err
	}
	form.Set("T", strings.TrimSpace(token.body))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/reader/api/0/edit-tag", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "GoogleLogin auth="+s.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("edit-tag: %s", resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

// report prints a line each interval.
func (s *soak) report(ctx context.Context, every time.Duration) error {
	began := time.Now()
	used, err := cpu(s.pid)
	if err != nil {
		return err
	}
	for {
		pause(ctx, every)
		now, err := cpu(s.pid)
		if err != nil {
			return fmt.Errorf("the server ended: %w", err)
		}
		metrics, err := s.get(context.WithoutCancel(ctx), "/metrics", "")
		if err != nil {
			return err
		}
		rss, err := resident(s.pid)
		if err != nil {
			return err
		}
		value := func(name string) float64 {
			found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(metrics.body)
			if found == nil {
				return -1
			}
			v, _ := strconv.ParseFloat(found[1], 64) // Prometheus' text format has numbers here
			return v
		}
		var took []string
		for _, k := range soakKinds {
			took = append(took, s.kind[k.name].take())
		}
		fmt.Printf("%6.1f  %8.0f  %9.0f  %6d  %7.0f  %10.0f  %5.0f  %s  (failed %d, warnings %d)\n", time.Since(began).Minutes(), value("headwater_articles"), value(`headwater_stage_lag_entries{stage="settle"}`),
			rss/1024, value("go_memstats_heap_inuse_bytes")/1e6, value("go_goroutines"), (now-used).Seconds()/every.Seconds()*100, strings.Join(took, "; "), s.failed.Load(), s.wrong.Load())
		used = now
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the time of the soak is over
		}
	}
}

// resident is the memory of a process that is in RAM, in KiB.
func resident(pid int) (int, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(firstOf(regexp.MustCompile(`VmRSS:\s+(\d+) kB`), string(status)))
}
