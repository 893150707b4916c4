package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"headwater/internal/news"
)

// ErrRobots says that a site's robots.txt keeps a page from us.
var ErrRobots = errors.New("the site's robots.txt does not let us read this page; it is not read")

// How long a robots.txt holds (RFC 9309, section 2.4), and how long it is believed that there is none to be had.
const (
	robotsLife    = 24 * time.Hour
	robotsRetry   = time.Hour
	maxRobots     = 1000 // hosts remembered
	robotsBytes   = 500 << 10
	robotsOver    = 4 << 20 // beyond robotsBytes that are still received, and not read
	robotsTypes   = "text/plain, */*;q=0.1"
	robotsAddress = "/robots.txt"
)

// robots remembers what hosts let us read. It is for pages: a feed is published to be polled.
type robots struct {
	agent string // the product token of our user agent, lower case

	mu    sync.Mutex
	hosts map[string]*robotsEntry // by scheme and host
}

// robotsEntry is the robots.txt of one host.
type robotsEntry struct {
	// one holds an element for who reads or changes the rest. It is held while the file is fetched, so that that is asked for once.
	one   chan struct{}
	until time.Time // zero before the first fetch
	rules robotsRules
	err   error // why nothing may be read
}

func newRobots(userAgent string) *robots {
	return &robots{agent: productToken(userAgent), hosts: map[string]*robotsEntry{}}
}

// allow reports whether a page may be read; it asks the host for its robots.txt where that is not known. A host that has
// none lets us read everything; one that can't be reached or has trouble of its own, nothing.
func (c *Client) allow(ctx context.Context, page *url.URL) error {
	e := c.robots.entry(page.Scheme+"://"+page.Host, time.Now())
	select {
	case e.one <- struct{}{}:
		defer func() { <-e.one }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if time.Now().After(e.until) {
		if err := c.learn(ctx, page, e); err != nil {
			return err
		}
	}
	switch {
	case e.err != nil:
		return e.err
	case !e.rules.allow(page):
		return fail(news.FeedHTTPError, page, 0, ErrRobots)
	}
	return nil
}

// learn fetches a host's robots.txt. The error is that of ctx.
func (c *Client) learn(ctx context.Context, page *url.URL, e *robotsEntry) error {
	at := url.URL{Scheme: page.Scheme, Host: page.Host, Path: robotsAddress}
	resp, err := c.Get(ctx, Request{URL: at.String(), Accept: robotsTypes, MaxBytes: robotsOver})
	if ctx.Err() != nil {
		return err
	}
	now := time.Now()
	e.rules, e.err, e.until = nil, nil, now.Add(robotsLife)
	var failed *Error
	switch {
	case err == nil:
		e.rules = parseRobots(resp.Body[:min(len(resp.Body), robotsBytes)], c.robots.agent)
	case errors.As(err, &failed) && unavailable(failed.Status):
	default:
		e.err = fmt.Errorf("reading robots.txt: %w", err)
		e.until = now.Add(robotsRetry)
	}
	return nil
}

// unavailable says that there is no robots.txt (RFC 9309, section 2.3.1.3). Who is asked too often is left alone.
func unavailable(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusTooManyRequests
}

// entry returns the entry of a host, and makes room for it.
func (r *robots) entry(host string, now time.Time) *robotsEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.hosts[host]; e != nil {
		return e
	}
	if len(r.hosts) >= maxRobots {
		r.forget(now)
	}
	e := &robotsEntry{one: make(chan struct{}, 1)}
	r.hosts[host] = e
	return e
}

// forget drops the hosts whose robots.txt is out of date, and where there are none, half of all.
func (r *robots) forget(now time.Time) {
	for host, e := range r.hosts {
		select {
		case e.one <- struct{}{}:
			if now.After(e.until) {
				delete(r.hosts, host)
			}
			<-e.one
		default:
		}
	}
	for host := range r.hosts {
		if len(r.hosts) <= maxRobots/2 {
			return
		}
		delete(r.hosts, host)
	}
}

// productToken is the part of a user agent that robots.txt knows a program by: "Headwater/1.0 (+...)" is headwater.
func productToken(userAgent string) string {
	end := strings.IndexFunc(userAgent, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
	})
	if end >= 0 {
		userAgent = userAgent[:end]
	}
	return strings.ToLower(userAgent)
}
