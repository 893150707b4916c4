package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	readings = 200 // requests of each kind
	markings = 25  // of all articles
)

// browser is a client with a session.
type browser struct {
	base    string
	cookies map[string]string
	form    url.Values // that each post sends
}

// send sends a request, without following where it leads. It returns the address that the answer leads to.
func (b *browser) send(ctx context.Context, method, path string, form url.Values) (a answer, location string, err error) {
	for name, values := range b.form {
		if form != nil {
			form[name] = values
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, "", err
	}
	if form != nil {
		req.Header.Set("Content-Type", formType)
	}
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // to the server that set it
	}
	began := time.Now()
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{}, "", err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return answer{}, "", err
	}
	for _, c := range resp.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return answer{resp.StatusCode, "", string(body), time.Since(began)}, resp.Header.Get("Location"), nil
}

// page loads a page that has to be there.
func (b *browser) page(ctx context.Context, path string) (answer, error) {
	a, to, err := b.send(ctx, http.MethodGet, path, nil)
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("%s%s: status %d %s", b.base, path, a.status, to)
	}
	return a, err
}

// post sends a form that has to be taken.
func (b *browser) post(ctx context.Context, path string, form url.Values) (took time.Duration, location string, err error) {
	a, to, err := b.send(ctx, http.MethodPost, path, form)
	if err == nil && a.status != http.StatusSeeOther && a.status != http.StatusFound && a.status != http.StatusOK {
		err = fmt.Errorf("%s%s: status %d", b.base, path, a.status)
	}
	return a.took, to, err
}

// links gives what a pattern finds on as many pages of a list as there are needed, each once. next gives the address of the page after a
// page, "" for none.
func (b *browser) links(ctx context.Context, path string, pattern *regexp.Regexp, next func(body string) string) (all []string, err error) {
	for len(all) < readings && path != "" {
		a, err := b.page(ctx, path)
		if err != nil {
			return nil, err
		}
		for _, found := range pattern.FindAllStringSubmatch(a.body, -1) {
			if to := html.UnescapeString(found[1]); !slices.Contains(all, to) {
				all = append(all, to)
			}
		}
		path = html.UnescapeString(next(a.body))
	}
	if len(all) < readings {
		return nil, fmt.Errorf("%s: %d articles are unread, want %d; make the folder anew, or fill Miniflux anew", b.base, len(all), readings)
	}
	return all[:readings], nil
}

// firstOf gives the first group of the first match, "" for none.
func firstOf(pattern *regexp.Regexp, body string) string {
	if found := pattern.FindStringSubmatch(body); found != nil {
		return found[1]
	}
	return ""
}

// reader is a program that one reads with, logged in.
type reader struct {
	browser
	name    string
	pages   map[string]func(i int) string // addresses by what they show; a kind without one is left out
	markAll func(context.Context) (time.Duration, error)
	undo    func(context.Context) error
	cpu     func() (time.Duration, error)
}

// The kinds of pages, in the order in which they are measured.
var readingKinds = []string{"unread by story", "unread by article", "unread of a folder", "folder", "starred", "feeds", "read article", "unread article"}

// measureReading runs `BINARY serve` on the folder and prints how long the pages take that one reads on, for one client that is logged
// in, once the server has nothing left to do. With the address of a Miniflux, the two are asked by turns.
func measureReading(ctx context.Context, dir, binary, miniflux, pids string) (err error) {
	base, server, stop, err := serve(ctx, dir, binary, "HEADWATER_ACCESS_LOGIN=required")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := awaitQuiet(server); err != nil {
		return err
	}
	own, err := headwaterReader(ctx, base)
	if err != nil {
		return err
	}
	own.cpu = func() (time.Duration, error) { return cpu(server) }
	all := []*reader{own}
	if miniflux != "" {
		other, err := minifluxReader(ctx, miniflux)
		if err != nil {
			return err
		}
		other.cpu = func() (time.Duration, error) { return cpuOfTrees(pids) }
		all = append(all, other)
	}
	for _, kind := range readingKinds {
		err := byTurns(all, kind, readings, func(r *reader, i int) (time.Duration, error) {
			if r.pages[kind] == nil {
				return 0, errLeftOut
			}
			a, err := r.page(ctx, r.pages[kind](i))
			return a.took, err
		})
		if err != nil {
			return err
		}
	}
	// The CPU of this kind is that of marking and of taking back.
	return byTurns(all, "mark all", markings, func(r *reader, _ int) (time.Duration, error) {
		took, err := r.markAll(ctx)
		return took, errors.Join(err, r.undo(ctx))
	})
}

var errLeftOut = errors.New("the program has no such page")

// byTurns measures some requests of one kind, each of all readers before the next.
func byTurns(all []*reader, kind string, count int, request func(r *reader, i int) (time.Duration, error)) error {
	took, used := make([][]time.Duration, len(all)), make([]time.Duration, len(all))
	for i := range count {
		for n, r := range all {
			before, err := r.cpu()
			if err != nil {
				return err
			}
			one, err := request(r, i)
			if errors.Is(err, errLeftOut) {
				continue
			}
			if err != nil {
				return fmt.Errorf("%s of %s: %w", kind, r.name, err)
			}
			after, err := r.cpu()
			if err != nil {
				return err
			}
			took[n], used[n] = append(took[n], one), used[n]+after-before
		}
	}
	for n, r := range all {
		if len(took[n]) > 0 {
			p50, p99 := percentiles(took[n])
			fmt.Printf("%-20s %-10s p50 %7.1f ms, p99 %7.1f ms, %7.1f ms of CPU each, %d requests\n", kind, r.name, p50, p99, used[n].Seconds()*1000/float64(len(took[n])), len(took[n]))
		}
	}
	return nil
}

// headwaterReader logs in at Headwater.
func headwaterReader(ctx context.Context, base string) (*reader, error) {
	r := &reader{browser: browser{base: base, cookies: map[string]string{}}, name: "headwater"}
	if _, to, err := r.post(ctx, "/login", url.Values{"name": {"reader"}, "password": {password}, "next": {"/unread"}}); err != nil || to != "/unread" {
		return nil, fmt.Errorf("no login as reader: %w", errors.Join(err, errors.New(to)))
	}
	nextPage := regexp.MustCompile(`rel="next" href="([^"]+)"`)
	articles := regexp.MustCompile(`href="(/article/\d+\?in=[^"]+)"`)
	unread, err := r.links(ctx, "/unread?by=article", articles, func(body string) string { return firstOf(nextPage, body) })
	if err != nil {
		return nil, err
	}
	r.pages = map[string]func(int) string{
		"unread by story":    func(int) string { return "/unread" },
		"unread by article":  func(i int) string { return "/unread?by=article&order=" + []string{"newest", "oldest"}[i%2] },
		"unread of a folder": func(i int) string { return fmt.Sprintf("/unread?by=article&folder=Folder+%d", i%folders) },
		"folder":             func(i int) string { return fmt.Sprintf("/folder/Folder%%20%d", i%folders) },
		"starred":            func(int) string { return "/starred" },
		"feeds":              func(i int) string { return fmt.Sprint("/feeds?page=", i%20+1) },
		"unread article":     func(i int) string { return unread[i] },
		"read article":       func(i int) string { return fmt.Sprint("/article/", 2*i+2) },
	}
	field := func(name string) *regexp.Regexp { return regexp.MustCompile(`name="` + name + `" value="([^"]+)"`) }
	list, through := field("list"), field("through")
	var marked string
	r.markAll = func(ctx context.Context) (time.Duration, error) {
		a, err := r.page(ctx, "/unread?by=article")
		if err != nil {
			return 0, err
		}
		took, to, err := r.post(ctx, "/marks/all", url.Values{
			"list": {html.UnescapeString(firstOf(list, a.body))}, "through": {firstOf(through, a.body)}, "back": {"/unread"},
		})
		marked = to
		return took, err
	}
	r.undo = func(ctx context.Context) error {
		u, err := url.Parse(marked)
		if err != nil {
			return err
		}
		if u.Query().Get("undo") == "" {
			return fmt.Errorf("marking all as read led to %s, which offers no undo", marked)
		}
		_, _, err = r.post(ctx, "/marks/undo", url.Values{"undo": {u.Query().Get("undo")}, "back": {"/unread"}})
		return err
	}
	return r, nil
}

// cpuOfTrees is the CPU time of processes, such as 123,456, of their children and of those of them that have ended.
func cpuOfTrees(pids string) (all time.Duration, err error) {
	parents := strings.Split(pids, ",")
	for _, pid := range parents {
		own, ended, _, err := usage(pid)
		if err != nil {
			return 0, fmt.Errorf("-pids %s: %w", pids, err)
		}
		all += own + ended
	}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, p := range processes {
		if name := p.Name(); name[0] < '0' || name[0] > '9' || slices.Contains(parents, name) {
			continue
		}
		if own, _, parent, err := usage(p.Name()); err == nil && slices.Contains(parents, parent) { // another may have ended
			all += own
		}
	}
	return all, nil
}
