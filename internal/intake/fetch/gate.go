package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"headwater/internal/news"
)

// gate limits the number of concurrent requests per host, with a pause between them. It has an entry only for hosts that are in
// use or whose pause has not ended.
type gate struct {
	limit    int
	pause    time.Duration
	isExempt func(host string) bool // hosts without a pause; may be nil

	mu    sync.Mutex
	hosts map[string]*hostLane
}

// hostLane is the state of one host.
type hostLane struct {
	users     int           // requests that run or wait
	slots     chan struct{} // one element per running request; nil without a limit
	pause     time.Duration
	nextStart time.Time // when the next request may start
}

func newGate(limit int, pause time.Duration) *gate {
	return &gate{limit: limit, pause: pause, hosts: map[string]*hostLane{}}
}

// enter waits until a request to the host may start. The caller must call release after the request.
func (g *gate) enter(ctx context.Context, host string) (release func(), err error) {
	if g.limit == 0 && g.pause == 0 {
		return func() {}, ctx.Err()
	}
	g.mu.Lock()
	l := g.hosts[host]
	if l == nil {
		l = &hostLane{pause: g.pauseOf(host)}
		if g.limit > 0 {
			l.slots = make(chan struct{}, g.limit)
		}
		g.hosts[host] = l
	}
	l.users++
	g.mu.Unlock()
	if l.slots != nil {
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			g.leave(host, l)
			return nil, ctx.Err()
		}
	}
	release = func() {
		g.startPause(l)
		if l.slots != nil {
			<-l.slots
		}
		g.leave(host, l)
	}
	if wait := g.reserve(l); wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-ctx.Done():
		case <-t.C:
			return release, nil
		}
	}
	if err := ctx.Err(); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func (g *gate) pauseOf(host string) time.Duration {
	if g.isExempt != nil && g.isExempt(host) {
		return 0
	}
	return g.pause
}

// reserve reserves the next start time of a request and returns how far in the future it is.
func (g *gate) reserve(l *hostLane) time.Duration {
	if l.pause == 0 {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	start := l.nextStart
	if start.Before(now) {
		start = now
	}
	l.nextStart = start.Add(l.pause)
	return start.Sub(now)
}

// startPause begins the pause after a request.
func (g *gate) startPause(l *hostLane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if free := time.Now().Add(l.pause); l.pause > 0 && free.After(l.nextStart) {
		l.nextStart = free
	}
}

// leave removes the host's entry if nobody uses it and its pause is over.
func (g *gate) leave(host string, l *hostLane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	if wait := time.Until(l.nextStart); wait > 0 {
		l.users++
		time.AfterFunc(wait, func() { g.leave(host, l) })
		return
	}
	delete(g.hosts, host)
}

// HostLeases lets one process at a time ask a host, where several work together.
type HostLeases interface {
	// Hold waits until this process may ask the host, a name in lower case. The request is made with held, which ends when
	// another process may ask the host. release is called after the request. Hold returns ErrHeld if another process keeps the
	// host for long.
	Hold(ctx context.Context, host string) (held context.Context, release func(), err error)
}

// ErrHeld is the cause of an *Error for a request that was not made, or not to its end, because another process asks the host.
var ErrHeld = errors.New("another node asks its host at present; it is tried again soon")

// UseLeases lets the client hold a lease of each host that it asks for feeds and pages. It is called before the first request.
func (c *Client) UseLeases(l HostLeases) { c.leases = l }

// hold holds the lease of a host until release is called.
func (c *Client) hold(ctx context.Context, address *url.URL, host string) (held context.Context, release func(), err error) {
	if c.leases == nil {
		return ctx, func() {}, nil
	}
	held, release, err = c.leases.Hold(ctx, host)
	if errors.Is(err, ErrHeld) {
		err = fail(news.FeedTimeout, address, 0, ErrHeld)
	}
	return held, release, err
}

// ErrResting is the cause of an *Error for a request that was not made, because the host had asked for a rest. Error.Rest says
// how long.
var ErrResting = errors.New("its host asked to be left alone for some time (Retry-After), so it was not asked")

// maxPostRest is the maximum Retry-After of a service that the reader chose. After that a day's messages would be lost.
const maxPostRest = 24 * time.Hour

// restingHosts holds the hosts that asked for a rest.
type restingHosts struct {
	now func() time.Time

	mu    sync.Mutex           // guards until
	until map[string]time.Time // by host
}

// add blocks all requests to a host until the given time, or until the recorded time if that is later.
func (h *restingHosts) add(r news.Rest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Until.After(h.until[r.Host]) {
		h.until[r.Host] = r.Until
	}
}

// check returns an error while a host rests.
func (h *restingHosts) check(address *url.URL) error {
	host, now := hostOf(address), h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	until, ok := h.until[host]
	if !ok {
		return nil
	}
	if !now.Before(until) || until.Sub(now) > LongestRest { // the clock was ahead when the rest was recorded
		delete(h.until, host)
		return nil
	}
	e := fail(news.FeedHTTPError, address, 0, ErrResting)
	e.RetryAfter, e.Rest = until.Sub(now), news.Rest{Host: host, Until: until}
	return e
}

// refused returns the error for a status without a document. The Retry-After of an overloaded server applies to its whole host.
func (h *restingHosts) refused(address *url.URL, resp *http.Response) *Error {
	e := statusError(address, resp, h.now())
	e.Rest = h.noteRest(address, resp, LongestRest)
	return e
}

// noteRest records the host if its answer says that it is overloaded and for how long. It returns the record.
func (h *restingHosts) noteRest(address *url.URL, resp *http.Response, longest time.Duration) (r news.Rest) {
	now := h.now()
	wait := min(RetryAfter(resp.Header.Get("Retry-After"), now), longest)
	if s := resp.StatusCode; wait > 0 && (s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable) {
		r = news.Rest{Host: hostOf(address), Until: now.Add(wait)}
		h.add(r)
	}
	return r
}

// restedTime limits how long Options.Rested may take.
const restedTime = 5 * time.Second

// rested passes on the pause that a host asked for; a zero one is none.
func (c *Client) rested(ctx context.Context, r news.Rest) {
	if c.opt.Rested == nil || r.Host == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restedTime)
	defer cancel()
	c.opt.Rested(ctx, r)
}

// maxFresh is the maximum freshness that is accepted. A year is the limit of HTTP/1.1's Expires.
const maxFresh = 365 * 24 * time.Hour

// fresh returns how long an answer stays current from now on (RFC 9111, 4.2): max-age, or else Expires minus Date, less its Age
// on arrival. no-cache, no-store and unreadable values give 0.
func fresh(h http.Header, now time.Time) time.Duration {
	age, known := maxAge(h.Values("Cache-Control"))
	if !known {
		expires, err := http.ParseTime(h.Get("Expires"))
		if err != nil {
			return 0
		}
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date // the server's clock, which Expires uses too
		}
		age = expires.Sub(now)
	}
	spent, err := strconv.ParseInt(strings.TrimSpace(h.Get("Age")), 10, 64)
	if err == nil && spent > 0 {
		age -= time.Duration(min(spent, int64(maxFresh/time.Second))) * time.Second
	}
	return min(max(age, 0), maxFresh)
}

// maxAge reads Cache-Control, and reports whether it limits the age.
func maxAge(values []string) (age time.Duration, known bool) {
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		switch strings.TrimSpace(name) {
		case "no-cache", "no-store":
			if value == "" { // with field names it applies only to those fields
				return 0, true
			}
		case "max-age":
			seconds, err := strconv.ParseInt(strings.Trim(value, ` "`), 10, 64)
			if err == nil && !known {
				known = true
				age = time.Duration(min(max(seconds, 0), int64(maxFresh/time.Second))) * time.Second
			}
		}
	}
	return age, known
}
