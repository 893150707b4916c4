package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const formType = "application/x-www-form-urlencoded"

const (
	maxRequests = 300              // of each kind
	maxKindTime = 20 * time.Second // of all requests of one kind, about
	idleTime    = 30 * time.Second
	maxStart    = 10 * time.Minute
	maxBusy     = 15 * time.Minute // for what the server does after it has started, such as holding a new archive against topics
	quietFor    = 5 * time.Second
	quiet       = .1 // of a core, below which a server has nothing left to do
)

// serve runs `BINARY serve` on the folder, with more variables of the environment, and returns its address, its process and what ends it.
func serve(ctx context.Context, dir, binary string, variables ...string) (base string, pid int, stop func() error, err error) {
	return serveLogged(ctx, dir, binary, func(string) {}, variables...)
}

// serveLogged is serve that also calls a function with each line of the log.
func serveLogged(ctx context.Context, dir, binary string, logged func(line string), variables ...string) (base string, pid int, stop func() error, err error) {
	cmd := exec.CommandContext(ctx, binary, "serve", "--listen", "127.0.0.1:0", "--data", dir) //nolint:gosec // the caller names the program
	cmd.Env = append(os.Environ(), variables...)
	log, err := cmd.StderrPipe()
	if err != nil {
		return "", 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", 0, nil, err
	}
	stop = func() error { return errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()) }
	if base, err = address(log, logged); err != nil {
		return "", 0, nil, errors.Join(err, stop())
	}
	return base, cmd.Process.Pid, stop, nil
}

// measure runs `BINARY serve` on the folder, waits until it has nothing left to do, and prints how long pages, feeds and searches take
// for one client, and the CPU and memory of the idle server.
func measure(ctx context.Context, dir, binary string) (err error) {
	began := time.Now()
	base, server, stop, err := serve(ctx, dir, binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	c := client{base: base, user: "reader"}
	token, err := os.ReadFile(filepath.Join(dir, tokenFile))
	if err != nil {
		return err
	}
	c.api = strings.TrimSpace(string(token))
	if err := c.login(ctx); err != nil {
		return err
	}
	first := func(what, path string, there func(body string) bool) error {
		for time.Since(began) < maxStart {
			if a, err := c.get(ctx, path, ""); err == nil && a.status == http.StatusOK && there(a.body) {
				fmt.Printf("%-28s %8.2f s after the start\n", what, time.Since(began).Seconds())
				return nil
			}
			time.Sleep(20 * time.Millisecond)
		}
		return fmt.Errorf("%s: nothing for %s", what, maxStart)
	}
	if err := first("first page", "/", func(body string) bool { return strings.Contains(body, "/story/") }); err != nil {
		return err
	}
	if err := first("first search", "/api/v1/search?q=bane", func(body string) bool { return !strings.Contains(body, `"total":0`) }); err != nil {
		return err
	}
	if err := awaitQuiet(server); err != nil {
		return err
	}
	if err := c.timeRequests(ctx, server); err != nil {
		return err
	}
	before, err := cpu(server)
	if err != nil {
		return err
	}
	time.Sleep(idleTime)
	after, err := cpu(server)
	if err != nil {
		return err
	}
	fmt.Printf("%-28s %8.1f %% of a core\n", "idle", (after-before).Seconds()/idleTime.Seconds()*100)
	for _, name := range []string{inMemory, inMemoryAtMost} {
		mb, err := memory(server, name)
		if err != nil {
			return err
		}
		fmt.Printf("%-28s %8d MB\n", map[string]string{inMemory: "memory", inMemoryAtMost: "memory, at most"}[name], mb)
	}
	return nil
}

// awaitQuiet waits until the server has done what a start leaves to do, and prints how long that took.
func awaitQuiet(pid int) error {
	for began := time.Now(); time.Since(began) < maxBusy; {
		before, err := cpu(pid)
		if err != nil {
			return err
		}
		time.Sleep(quietFor)
		after, err := cpu(pid)
		if err != nil {
			return err
		}
		if (after - before).Seconds() < quiet*quietFor.Seconds() {
			fmt.Printf("%-28s %8.0f s later\n", "nothing left to do", time.Since(began).Seconds())
			return nil
		}
	}
	return fmt.Errorf("the server was still busy after %s", maxBusy)
}

// address reads the server's log until it has the address, and copies the log to stderr, also afterwards.
func address(log io.Reader, logged func(line string)) (string, error) {
	lines := bufio.NewScanner(log)
	next := func() bool {
		if !lines.Scan() {
			return false
		}
		logged(lines.Text())
		fmt.Fprintln(os.Stderr, lines.Text())
		return true
	}
	at := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	for next() {
		if u := at.FindString(lines.Text()); u != "" && strings.Contains(lines.Text(), "serving") {
			go func() {
				for next() {
				}
			}()
			return u, nil
		}
	}
	return "", fmt.Errorf("the server ended before it served: %w", cmp.Or(lines.Err(), io.ErrUnexpectedEOF))
}

type client struct {
	base  string
	user  string
	token string // of the reader API
	api   string // of the REST API
}

type answer struct {
	status     int
	etag, body string
	took       time.Duration
}

func (c *client) get(ctx context.Context, path, etag string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return answer{}, err
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	if c.token != "" && strings.HasPrefix(path, "/reader/") {
		req.Header.Set("Authorization", "GoogleLogin auth="+c.token)
	}
	if c.api != "" && strings.Contains(path, "is:") {
		req.Header.Set("Authorization", "Bearer "+c.api)
	}
	return do(req)
}

// post sends a form or a document to the API of feed readers or to the server's own.
func (c *client) post(ctx context.Context, path, kind, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", kind)
	if c.token != "" && strings.HasPrefix(path, "/reader/") {
		req.Header.Set("Authorization", "GoogleLogin auth="+c.token)
	}
	return do(req)
}

// do sends a request and reads the answer.
func do(req *http.Request) (answer, error) {
	began := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("ETag"), string(body), time.Since(began)}, errors.Join(err, resp.Body.Close())
}

func (c *client) login(ctx context.Context) error {
	form := url.Values{"Email": {c.user}, "Passwd": {password}}
	a, err := c.post(ctx, "/accounts/ClientLogin", formType, form.Encode())
	if err != nil {
		return err
	}
	_, rest, ok := strings.Cut(a.body, "Auth=")
	if !ok {
		return fmt.Errorf("no login as %s: %d: %s", c.user, a.status, a.body)
	}
	c.token = strings.TrimSpace(rest)
	return nil
}

// timeRequests measures requests of each kind: their duration, and the CPU time of the server's process.
func (c *client) timeRequests(ctx context.Context, pid int) error {
	stories, err := c.get(ctx, "/api/v1/stories?limit=50", "")
	if err != nil {
		return err
	}
	ids := regexp.MustCompile(`"id":(\d+),"event`).FindAllStringSubmatch(stories.body, -1)
	if len(ids) == 0 {
		ids = regexp.MustCompile(`"id": ?(\d+)`).FindAllStringSubmatch(stories.body, -1)
	}
	found, err := c.get(ctx, "/api/v1/events?limit=50", "")
	if err != nil {
		return err
	}
	events := regexp.MustCompile(`"id": ?(\d+)`).FindAllStringSubmatch(found.body, -1)
	if found, err = c.get(ctx, fmt.Sprintf("/api/v1/events?limit=1&stories=%d", largeEvent), ""); err != nil {
		return err
	}
	large := regexp.MustCompile(`"id": ?(\d+)`).FindStringSubmatch(found.body)
	if len(events) == 0 || large == nil {
		return fmt.Errorf("the archive has no events, or none of %d stories; make it anew", largeEvent)
	}
	many := map[int]string{} // pages of large stories by the number of their members
	for _, members := range largeStories {
		found, err := c.get(ctx, fmt.Sprintf("/api/v1/search?limit=1&q=copies:%d", members-1), "")
		if err != nil {
			return err
		}
		id := regexp.MustCompile(`"story": ?(\d+)`).FindStringSubmatch(found.body)
		if id == nil {
			return fmt.Errorf("the archive has no story of %d articles; make it anew", members)
		}
		many[members] = "/story/" + id[1]
	}
	feed, err := c.get(ctx, "/feeds/all.atom", "")
	if err != nil {
		return err
	}
	const api = "/reader/api/0/"
	for _, k := range []struct {
		name string
		path func(i int) string
		etag string
	}{
		{"front page", func(i int) string { return fmt.Sprint("/?page=", i%5+1) }, ""},
		{"story", func(i int) string { return "/story/" + ids[i%len(ids)][1] }, ""},
		{"story of 40 articles", func(int) string { return many[40] }, ""},
		{"story of 500, any page", func(i int) string { return fmt.Sprintf("%s?page=%d", many[500], i%5+1) }, ""},
		{"story of 500, first page", func(int) string { return many[500] }, ""},
		{"outlets", func(i int) string {
			return fmt.Sprintf("/outlets?page=%d&sort=%s", i%10+1, []string{"articles", "share", "lag", "name"}[i%4])
		}, ""},
		{"outlets searched", func(i int) string { return fmt.Sprintf("/outlets?q=outlet+%d", i%100) }, ""},
		{"outlet", func(i int) string { return fmt.Sprintf("/outlet/outlet%d.example", i) }, ""},
		{"outlet in the API", func(i int) string { return fmt.Sprintf("/api/v1/outlets/outlet%d.example", i) }, ""},
		{"coverage", func(i int) string { return "/event/" + events[i%len(events)][1] }, ""},
		{"coverage, 500 stories", func(i int) string {
			return "/event/" + large[1] + []string{"", "?order=time", "?page=2", "?order=time&page=9"}[i%4]
		}, ""},
		{"topics", func(int) string { return "/topics" }, ""},
		{"topic page", func(i int) string { return "/topic/" + []string{"Common", "Rare"}[i%2] }, ""},
		{"large topic, any page", func(i int) string { return fmt.Sprint("/topic/Common?page=", i%20+1) }, ""},
		{"is:unread", func(i int) string { return "/api/v1/search?q=is:unread+" + sampleWord(i) }, ""},
		{"is:unread alone", func(int) string { return "/api/v1/search?q=is:unread" }, ""},
		{"search page", func(i int) string { return "/search?q=" + sampleWord(i) }, ""},
		{"search narrowed", func(i int) string { return fmt.Sprintf("/search?q=%s+outlet:outlet%d.example", sampleWord(i), i) }, ""},
		{"suggestions", func(i int) string { return "/suggest?q=" + sampleWord(i)[:2+i%2] }, ""},
		{"feed of everything", func(int) string { return "/feeds/all.atom" }, ""},
		{"feed of a folder", func(i int) string { return fmt.Sprintf("/feeds/folder/Folder%%20%d.atom", i%folders) }, ""},
		{"feed of a topic", func(i int) string { return "/feeds/topic/" + []string{"Common", "Rare"}[i%2] + ".atom" }, ""},
		{"feed of a search", func(i int) string { return "/feeds/search.atom?q=" + sampleWord(i) }, ""},
		{"feed, 304", func(int) string { return "/feeds/all.atom" }, feed.etag},
		{"status", func(int) string { return "/api/v1/status" }, ""},
		{"unread-count", func(int) string { return api + "unread-count?output=json" }, ""},
		{"unread items", func(int) string {
			return api + "stream/items/ids?n=100&s=user/-/state/com.google/reading-list&xt=user/-/state/com.google/read"
		}, ""},
	} {
		took := make([]time.Duration, 0, maxRequests)
		kindBegan := time.Now()
		before, err := cpu(pid)
		if err != nil {
			return err
		}
		for i := range maxRequests {
			if time.Since(kindBegan) > maxKindTime {
				break
			}
			a, err := c.get(ctx, k.path(i), k.etag)
			if err != nil {
				return err
			}
			if want := map[bool]int{true: http.StatusNotModified, false: http.StatusOK}[k.etag != ""]; a.status != want {
				return fmt.Errorf("%s: %s: %d, want %d", k.name, k.path(i), a.status, want)
			}
			took = append(took, a.took)
		}
		first := took[0]
		after, err := cpu(pid)
		if err != nil {
			return err
		}
		p50, p99 := percentiles(took)
		fmt.Printf("%-28s p50 %7.1f ms, p99 %7.1f ms, the first %7.1f ms, %7.1f ms of CPU each, %d requests\n", k.name, p50, p99, first.Seconds()*1000, (after-before).Seconds()*1000/float64(len(took)), len(took))
	}
	return nil
}

func sampleWord(i int) string { return []string{"bane", "neti", "tiso", "solu", "lura", "rami"}[i%6] }

// percentiles returns the median and the 99th percentile of at least one duration, in ms, and sorts them.
func percentiles(took []time.Duration) (p50, p99 float64) {
	slices.Sort(took)
	return took[len(took)/2].Seconds() * 1000, took[len(took)*99/100].Seconds() * 1000
}

// What the system says of the memory of a process, by its names in /proc/PID/status.
const inMemory, inMemoryAtMost = "VmRSS", "VmHWM"

// memory is the memory of a process in MB.
func memory(pid int, name string) (int, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	kb, err := strconv.Atoi(firstOf(regexp.MustCompile(name+`:\s+(\d+) kB`), string(status)))
	return kb / 1024, err
}

// cpu is the CPU time of a process.
func cpu(pid int) (time.Duration, error) {
	own, _, _, err := usage(strconv.Itoa(pid))
	return own, err
}

// usage is the CPU time of a process and that of its children that have ended, and its parent. Linux counts time in hundredths of a second.
func usage(pid string) (own, ended time.Duration, parent string, err error) {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0, 0, "", err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	times := make([]time.Duration, 4)
	for i := range times {
		n, err := strconv.ParseInt(fields[11+i], 10, 64)
		if err != nil {
			return 0, 0, "", err
		}
		times[i] = time.Duration(n) * 10 * time.Millisecond
	}
	return times[0] + times[1], times[2] + times[3], fields[1], nil
}
