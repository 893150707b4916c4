// Package fetch makes one safe, polite, conditional GET. Every connection goes through one dialer that refuses
// addresses which are not public, for each hop of a redirect and whatever a name resolves to.
package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"headwater/internal/news"
)

// Options configure a Client. The zero value works.
type Options struct {
	// UserAgent is sent with every request. "" means "Headwater".
	UserAgent string
	// Timeout bounds one fetch: connecting, redirects, headers and body, but not the wait for a host's turn. Zero
	// means 20 s.
	Timeout time.Duration
	// MaxBytes bounds the body, before and after decompression. Zero means 10 MB.
	MaxBytes int64
	// AllowPrivate are networks that may be reached though they are not public.
	AllowPrivate []netip.Prefix
	// PerHost is how many requests may run at once to one host. Zero means no limit.
	PerHost int
	// Pause is how long after a request the next one to the same host waits, but for hosts in AllowPrivate. Zero means
	// none.
	Pause time.Duration
	// Proxy is asked to make every request: http, https, socks5 or socks5h. Nil is none; the environment's are ignored.
	Proxy *url.URL
	// Now is the clock that Retry-After is read by. Nil means time.Now.
	Now func() time.Time

	resolver *net.Resolver                                          // of tests
	dialled  func(network, address string, _ syscall.RawConn) error // of tests: sees what the guardian lets through
}

const (
	maxRedirects    = 5
	maxHeaderBytes  = 1 << 18
	defaultTimeout  = 20 * time.Second
	defaultMaxBytes = 10 << 20
	connectTimeout  = 10 * time.Second
	feedTypes       = "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, " +
		"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)

// Client fetches. It is safe for concurrent use.
type Client struct {
	opt       Options
	transport *http.Transport
	guardian  *ssrf.Guardian
	gate      *gate
	pictures  *gate         // lets readers' browsers have several at once
	showing   chan struct{} // an element for each picture that is asked for or passed on
	robots    *robots
	large     chan struct{} // an element for each large body that is being read

	resting sync.Mutex           // guards what follows
	rests   map[string]time.Time // hosts that want to be left alone, until when
	late    map[string]time.Time // hosts that gave no picture in time, until when they are asked for none
}

// Request is what to fetch. ETag and LastModified are sent as they are, so they must be as the server gave them.
type Request struct {
	URL          string
	ETag         string
	LastModified string
	ValidFor     string // the address that gave both, which alone is sent them; "" means any
	Accept       string // media types; "" means those of feeds
	MaxBytes     int64  // bounds the body; 0 means Options.MaxBytes

	allow func(context.Context, *url.URL) error // asked before each hop; nil allows all
}

// Response is the server's answer: 200 and the like with a body, or 304.
type Response struct {
	Status      int
	URL         string // after redirects
	Header      http.Header
	Body        []byte        // decompressed
	NotModified bool          // 304: what the validators stand for is still current
	Fresh       time.Duration // how long it stays current by Cache-Control or Expires; 0 where the server does not say
	Permanent   string        // where redirects that are all permanent (301, 308) lead; "" without or with any other
}

// New makes a client with its own connections.
func New(o Options) (*Client, error) {
	if o.UserAgent == "" {
		o.UserAgent = "Headwater"
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.PerHost < 0 || o.Pause < 0 {
		return nil, errors.New("fetch: per_host and pause may not be negative; 0 means no limit")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	guardian, err := newGuardian(o.AllowPrivate)
	if err != nil {
		return nil, err
	}
	places := newGate(o.PerHost, o.Pause)
	places.own = o.own
	return &Client{
		opt: o, transport: newTransport(o, guardian), guardian: guardian, gate: places,
		pictures: newGate(picturesAHost, 0), showing: make(chan struct{}, picturesAtOnce),
		robots: newRobots(o.UserAgent), large: make(chan struct{}, largeBodies), rests: map[string]time.Time{}, late: map[string]time.Time{},
	}, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Get fetches an address, following redirects. Errors that are the feed's are of type *Error; when ctx ends, its own
// error is returned.
func (c *Client) Get(ctx context.Context, r Request) (Response, error) {
	address, err := parseURL(r.URL)
	if err != nil {
		return Response{}, err
	}
	left := c.opt.Timeout
	permanent := true
	for hop := 0; ; hop++ {
		if r.allow != nil {
			if err := r.allow(ctx, address); err != nil {
				return Response{}, err
			}
		}
		started := time.Now()
		answer, wait, err := c.hop(ctx, address, r.to(address), left)
		if err != nil {
			return Response{}, c.explain(ctx, address, err)
		}
		left -= time.Since(started) - wait
		if answer.next == nil {
			answer.URL = address.String()
			if hop > 0 && permanent {
				answer.Permanent = answer.URL
			}
			return answer.Response, nil
		}
		if hop == maxRedirects {
			return Response{}, fail(news.FeedHTTPError, address, answer.Status, fmt.Errorf("more than %d redirects; open the address in a browser and subscribe to where it ends", maxRedirects))
		}
		permanent = permanent && (answer.Status == http.StatusMovedPermanently || answer.Status == http.StatusPermanentRedirect)
		address = answer.next
	}
}

// to is the request that is made of an address: validators are for the document that they were given with.
func (r Request) to(address *url.URL) Request {
	if r.ValidFor != "" && r.ValidFor != address.String() {
		r.ETag, r.LastModified = "", ""
	}
	return r
}

// answer is a response, or where it redirects to.
type answer struct {
	Response
	next *url.URL
}

// hop makes one request when it is the host's turn. It returns how long it waited for that.
func (c *Client) hop(ctx context.Context, address *url.URL, r Request, left time.Duration) (answer, time.Duration, error) {
	asked := time.Now()
	if err := c.mayAsk(address); err != nil {
		return answer{}, 0, err
	}
	release, err := c.gate.enter(ctx, strings.ToLower(address.Hostname()))
	if err != nil {
		return answer{}, 0, err
	}
	defer release()
	wait := time.Since(asked)
	if err := c.mayAsk(address); err != nil { // another feed of the host may have been told meanwhile
		return answer{}, wait, err
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	req, err := c.request(ctx, address, r)
	if err != nil {
		return answer{}, wait, err
	}
	resp, err := c.roundTrip(req)
	if err != nil {
		return answer{}, wait, err
	}
	defer func() { _ = resp.Body.Close() }() // all that is wanted of it has been read
	a, err := c.read(resp, address, r)
	return a, wait, err
}

func (c *Client) request(ctx context.Context, address *url.URL, r Request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("User-Agent", c.opt.UserAgent)
	h.Set("Accept-Encoding", acceptEncoding)
	h.Set("Accept", feedTypes)
	if r.Accept != "" {
		h.Set("Accept", r.Accept)
	}
	if r.ETag != "" {
		h.Set("If-None-Match", r.ETag)
	}
	if r.LastModified != "" {
		h.Set("If-Modified-Since", r.LastModified)
	}
	if u := address.User; u != nil {
		password, _ := u.Password()
		req.SetBasicAuth(u.Username(), password)
	}
	return req, nil
}

// read takes the answer apart by its status.
func (c *Client) read(resp *http.Response, address *url.URL, r Request) (answer, error) {
	a := answer{Response: Response{Status: resp.StatusCode, Header: resp.Header, Fresh: fresh(resp.Header, c.opt.Now())}}
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		a.NotModified = true
		return a, nil
	case isRedirect(s):
		var err error
		a.next, err = follow(address, resp.Header.Get("Location"))
		drain(resp.Body)
		return a, err
	case s < 200 || s > 299 || s >= http.StatusNoContent && s <= http.StatusPartialContent:
		drain(resp.Body)
		return a, c.refused(address, resp)
	}
	body, err := readBody(resp, cmp.Or(r.MaxBytes, c.opt.MaxBytes), c.large)
	a.Body = body
	return a, err
}

// drain reads what is left of a short body, so that the connection can be used again.
func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, 1<<16)
}
