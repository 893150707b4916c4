// Package fetch makes HTTP requests that are safe and polite: conditional GETs of feeds, pages and pictures, and POSTs to
// services that the reader chose. Every connection goes through one dialer that refuses addresses which are not public. It
// checks each hop of a redirect and each address to which a name resolves (address.go). Requests to one host are queued, and a
// host that sent Retry-After is not asked (gate.go). Bodies are limited before and after decompression (body.go). Pages are
// read only if robots.txt allows it (robots.go).
//
// # Manners
//
//   - A host gets one request at a time, with Options.Pause between two. Hosts in Options.AllowPrivate do not belong to
//     publishers and have no pause. Connections stay open in between.
//   - Requests have no cookies and no referrer, and add no query. The User-Agent (Options.UserAgent, made by
//     cmd/headwater/app.go) names program, version, contact or public address, and "N subscribers", because publishers
//     count readers by it. N is the number of accounts at the start, or 1.
//   - Validators are sent unchanged, and only to the address that gave them, after redirects (Request.ValidFor).
//   - At most five redirects are followed, never from https to http. A name and password in an address are only sent to their
//     own scheme, host and port.
//   - 204, 205 and 206, and a 304 without validators, are errors, since they bring no whole document.
//   - Retry-After is respected for up to LongestRest after any status. After 429 and 503 it applies to the whole host, by name
//     and port: no request is made to it for feeds, redirects, pages or pictures. The store keeps it for the next process
//     (Client.Rest).
//   - If the first bytes of a compression layer identify its coding, they decide. Otherwise Content-Encoding decides, and names
//     in it that are no compression are ignored. Garbage after the end of gzip is ignored.
//
// # The dialer
//
// The address is checked when a connection is made, so redirects and names that change between two look-ups are safe. The
// environment's proxies are ignored. With Options.Proxy the dialer only sees the proxy's address, and the proxy must guard
// names. Hosts that are written as an address or a number are still refused here. Nothing else in the program opens
// connections: mail and hubs use Client.Dial and Client.Post.
package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
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
	"headwater/internal/weburl"
)

// Options configure a Client. The zero value works.
type Options struct {
	// UserAgent is sent with every request. "" means "Headwater".
	UserAgent string
	// Timeout limits one fetch: connecting, redirects, headers and body, but not the wait at the gate. Zero means 20 s.
	Timeout time.Duration
	// MaxBytes limits the body, before and after decompression. Zero means 10 MB.
	MaxBytes int64
	// AllowPrivate are networks that may be reached although they are not public.
	AllowPrivate []netip.Prefix
	// PerHost is the maximum number of concurrent requests to one host. Zero means no limit.
	PerHost int
	// Pause is the time between a request and the next one to the same host, except for hosts in AllowPrivate. Zero means none.
	Pause time.Duration
	// Proxy makes all requests: http, https, socks5 or socks5h. Nil means none. The environment's proxies are ignored.
	Proxy *url.URL
	// Now is the clock for Retry-After. Nil means time.Now.
	Now func() time.Time
	// Rested is called with the pause that a host asks for when it is asked for a page or picture or posted to, to store it.
	// That of a feed is returned only (Error.Rest), and is stored with its poll. Nil stores nothing.
	Rested func(context.Context, news.Rest)

	resolver *net.Resolver                                          // of tests
	dialled  func(network, address string, _ syscall.RawConn) error // of tests: sees the connections that the guardian allows
}

const (
	maxRedirects    = 5
	picturesPerHost = 4   // at once, as a browser would
	maxPictures     = 256 // at once, of all hosts
	maxHeaderBytes  = 1 << 18
	defaultTimeout  = 20 * time.Second
	defaultMaxBytes = 10 << 20
	connectTimeout  = 10 * time.Second
	feedTypes       = "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, " +
		"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)

// Client fetches documents. It is safe for concurrent use.
type Client struct {
	opt        Options
	transport  *http.Transport
	guardian   *ssrf.Guardian
	gate       *gate
	pictures   mediaSlots
	recordings mediaSlots
	limits     recordingLimits
	robots     *robots
	large      chan struct{} // an element for each large body that is being read

	resting *restingHosts
	leases  HostLeases // nil where this process is alone

	lateMu sync.Mutex           // guards late
	late   map[string]time.Time // hosts whose last picture was late, and the time until which they are not asked
}

// Request describes a fetch. ETag and LastModified are sent unchanged, so they must be exactly as the server gave them.
type Request struct {
	URL          string
	ETag         string
	LastModified string
	ValidFor     string // the only address to which the two are sent; "" means any
	Accept       string // media types; "" means those of feeds
	MaxBytes     int64  // limit of the body; 0 means Options.MaxBytes
	Range        string // the part to ask for, as RFC 9110 writes it; only Recording asks for one
	IfRange      string // the validator with which the part is asked for

	allow func(context.Context, *url.URL) error // asked before each hop; nil allows all
}

// Response is the server's answer: 200 or similar with a body, or 304.
type Response struct {
	Status      int
	URL         string // after redirects
	Header      http.Header
	Body        []byte        // decompressed
	NotModified bool          // 304: the document of the validators is still current
	Fresh       time.Duration // how long it stays current by Cache-Control or Expires; 0 if the server does not say
	Permanent   string        // target of the redirects if all are permanent (301, 308); "" otherwise
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
	c := &Client{
		opt: o, transport: newTransport(o, guardian), guardian: guardian, gate: newGate(o.PerHost, o.Pause),
		pictures: newMediaSlots(picturesPerHost, maxPictures), recordings: newMediaSlots(recordingsPerHost, maxRecordings), limits: defaultRecordingLimits, large: make(chan struct{}, largeBodies),
		resting: &restingHosts{now: o.Now, until: map[string]time.Time{}}, late: map[string]time.Time{},
	}
	c.gate.isExempt = func(host string) bool { return isAllowedAddress(host, o.AllowPrivate) }
	c.robots = newRobots(o.UserAgent)
	c.robots.get = func(ctx context.Context, address string) ([]byte, error) {
		resp, err := c.Get(ctx, Request{URL: address, Accept: "text/plain, */*;q=0.1", MaxBytes: robotsReceived})
		return resp.Body, err
	}
	return c, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Get fetches an address and follows redirects. Errors of the feed are of type *Error. If ctx ends, its own error is returned.
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
		asked := r
		if r.ValidFor != "" && r.ValidFor != address.String() { // validators are only for the document from which they came
			asked.ETag, asked.LastModified = "", ""
		}
		answer, wait, err := c.hop(ctx, address, asked, left)
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
			return Response{}, failFor(news.CauseRedirects, news.FeedHTTPError, address, answer.Status, fmt.Errorf("more than %d redirects; open the address in a browser and subscribe to where it ends", maxRedirects))
		}
		permanent = permanent && (answer.Status == http.StatusMovedPermanently || answer.Status == http.StatusPermanentRedirect)
		address = answer.next
	}
}

// answer is a response or the target of a redirect.
type answer struct {
	Response
	next *url.URL
}

// hop makes one request when the gate allows it. It returns the time it waited for the gate.
func (c *Client) hop(ctx context.Context, address *url.URL, r Request, left time.Duration) (a answer, wait time.Duration, err error) {
	asked := time.Now()
	if err := c.resting.check(address); err != nil {
		return answer{}, 0, err
	}
	host := strings.ToLower(address.Hostname())
	leave, err := c.gate.enter(ctx, host)
	if err != nil {
		return answer{}, 0, err
	}
	defer leave()
	held, release, err := c.hold(ctx, address, host)
	if err != nil {
		return answer{}, 0, err
	}
	defer release()
	defer func() {
		if err != nil && held.Err() != nil && ctx.Err() == nil { // another process may ask the host
			err = fail(news.FeedTimeout, address, 0, ErrHeld)
		}
	}()
	wait = time.Since(asked)
	if err := c.resting.check(address); err != nil { // another request may have been answered with Retry-After meanwhile
		return answer{}, wait, err
	}
	bounded, cancel := context.WithTimeout(held, left)
	defer cancel()
	req, err := c.request(bounded, address, r)
	if err != nil {
		return answer{}, wait, err
	}
	resp, err := c.roundTrip(req)
	if err != nil {
		return answer{}, wait, err
	}
	defer func() { _ = resp.Body.Close() }() // the body has been read
	a = answer{Response: Response{Status: resp.StatusCode, Header: resp.Header, Fresh: fresh(resp.Header, c.opt.Now())}}
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		a.NotModified = true
		return a, wait, nil
	case isRedirect(s):
		a.next, err = redirectTarget(address, resp.Header.Get("Location"))
		drain(resp.Body)
		return a, wait, err
	case s < 200 || s > 299 || s >= http.StatusNoContent && s <= http.StatusPartialContent:
		drain(resp.Body)
		return a, wait, c.resting.refused(address, resp)
	}
	a.Body, err = readBody(resp, cmp.Or(r.MaxBytes, c.opt.MaxBytes), c.large)
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
	if r.Range != "" {
		h.Set("Range", r.Range)
		if r.IfRange != "" {
			h.Set("If-Range", r.IfRange)
		}
	}
	if u := address.User; u != nil {
		password, _ := u.Password()
		req.SetBasicAuth(u.Username(), password)
	}
	return req, nil
}

// drain reads the rest of a short body, so that the connection can be reused.
func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, 1<<16)
}

// roundTrip makes a request. With a proxy the guardian sees only the proxy's address, so host names and written addresses are
// checked here as far as possible. The proxy resolves names and must guard them.
func (c *Client) roundTrip(req *http.Request) (*http.Response, error) {
	if c.opt.Proxy != nil {
		if err := checkHost(c.guardian, req.URL.Hostname()); err != nil {
			return nil, err
		}
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil && c.opt.Proxy != nil && isRefused(err) {
		return nil, fmt.Errorf("%w (%s): %w", errProxy, c.opt.Proxy.Hostname(), err)
	}
	return resp, err
}

// explain turns any failure of a request into an Error, except for the end of the caller's context.
func (c *Client) explain(ctx context.Context, address *url.URL, err error) error {
	var known *Error
	var timeout net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return fmt.Errorf("fetching %s: %w", address.Redacted(), ctx.Err())
	case errors.Is(err, errProxy):
		return failFor(news.CauseProxy, news.FeedPrivate, address, 0, err)
	case errors.Is(err, errTooLarge):
		return fail(news.FeedTooLarge, address, 0, fmt.Errorf("larger than %d bytes after decompression; raise fetch.max_bytes if the feed is worth it", c.opt.MaxBytes))
	case isRefused(err):
		return fail(news.FeedPrivate, address, 0, privateError(address, err))
	case errors.Is(err, errEncoding):
		return failFor(news.CauseBadCompression, news.FeedHTTPError, address, 0, err)
	case errors.As(err, &dns): // before timeouts, since the server was not asked
		return unreachable(address, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fail(news.FeedTimeout, address, 0, fmt.Errorf("no whole answer within %s; it is tried again later: %w", c.opt.Timeout, err))
	}
	return unreachable(address, err)
}

// Rest blocks all requests to a host until the given time. It is called with the stored rests when a process begins. Rests that
// later answers ask for are recorded without it.
func (c *Client) Rest(r news.Rest) { c.resting.add(r) }

// PauseOf returns the pause between two requests to the host of an address.
func (c *Client) PauseOf(address string) time.Duration {
	return c.PauseOfHost(weburl.Hostname(address))
}

// PauseOfHost returns the pause between two requests to a host, a name in lower case.
func (c *Client) PauseOfHost(host string) time.Duration { return c.gate.pauseOf(host) }

// newTransport makes the only transport: every connection is dialled here, and checked once its address is known.
func newTransport(o Options, guardian *ssrf.Guardian) *http.Transport {
	control := guardian.Safe
	if o.dialled != nil {
		control = func(network, address string, raw syscall.RawConn) error {
			if err := guardian.Safe(network, address, raw); err != nil {
				return err
			}
			return o.dialled(network, address, raw)
		}
	}
	dialer := &net.Dialer{Timeout: min(connectTimeout, o.Timeout), KeepAlive: 30 * time.Second, Control: control, Resolver: o.resolver}
	t := &http.Transport{
		Proxy:                  nil, // the environment's proxies would bypass the guardian
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // decompressed by readBody, within the limit
		MaxIdleConns:           1000,
		MaxIdleConnsPerHost:    max(o.PerHost, 64),
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    min(connectTimeout, o.Timeout),
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	if o.Proxy != nil {
		t.Proxy = http.ProxyURL(o.Proxy)
	}
	return t
}

// Page fetches a web page if the robots.txt of its site, and of every site to which it redirects, allows it. A page has at most
// 4 MiB of HTML; anything else is an error.
func (c *Client) Page(ctx context.Context, address string) (Response, error) {
	resp, err := c.Get(ctx, Request{URL: address, Accept: "text/html, application/xhtml+xml;q=0.9", MaxBytes: 4 << 20, allow: c.robots.allow})
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && !errors.Is(err, ErrResting) {
			c.rested(ctx, e.Rest)
		}
		return Response{}, err
	}
	kind := resp.Header.Get("Content-Type")
	switch base, _, _ := mime.ParseMediaType(kind); base { // a broken parameter does not invalidate the type
	case "text/html", "application/xhtml+xml":
		return resp, nil
	}
	return Response{}, &Error{State: news.FeedHTTPError, URL: resp.URL, Err: fmt.Errorf("it is no page of HTML (Content-Type %.80q)", kind)}
}
