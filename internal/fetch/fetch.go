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
	// Pause is how long after a request the next one to the same host waits. Zero means none.
	Pause time.Duration
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
	gate      *gate
	pictures  *gate // lets readers' browsers have several at once
	robots    *robots
	large     chan struct{} // an element for each large body that is being read
}

// Request is what to fetch. ETag and LastModified are sent as they are, so they must be as the server gave them.
type Request struct {
	URL          string
	ETag         string
	LastModified string
	Accept       string // media types; "" means those of feeds
	MaxBytes     int64  // bounds the body; 0 means Options.MaxBytes

	allow func(context.Context, *url.URL) error // asked before each hop; nil allows all
}

// Response is the server's answer: 200 and the like with a body, or 304.
type Response struct {
	Status      int
	URL         string // after redirects
	Header      http.Header
	Body        []byte // decompressed
	NotModified bool   // 304: what the validators stand for is still current
	Permanent   string // where redirects that are all permanent (301, 308) lead; "" without or with any other
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
	guardian, err := newGuardian(o.AllowPrivate)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: min(connectTimeout, o.Timeout), KeepAlive: 30 * time.Second, Control: guardian.Safe}
	transport := &http.Transport{
		Proxy:                  nil, // the environment's proxies would dial for us, past the guardian
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // decompressed here, within the limit
		MaxIdleConns:           1000,
		MaxIdleConnsPerHost:    max(o.PerHost, 64),
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    min(connectTimeout, o.Timeout),
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	return &Client{
		opt: o, transport: transport, gate: newGate(o.PerHost, o.Pause), pictures: newGate(pictureAHost, 0), robots: newRobots(o.UserAgent), large: make(chan struct{}, largeBodies),
	}, nil
}

// newGuardian makes the check that each connection passes. Ports are free: feeds are served on all of them.
func newGuardian(allow []netip.Prefix) (*ssrf.Guardian, error) {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		switch {
		case !p.IsValid():
			return nil, errors.New("fetch: allow_private holds a network that is none; write it as 127.0.0.0/8 or ::1/128")
		case p.Addr().Is4():
			v4 = append(v4, p)
		default:
			v6 = append(v6, p)
		}
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)), nil
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
		answer, wait, err := c.hop(ctx, address, r, left)
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

// answer is a response, or where it redirects to.
type answer struct {
	Response
	next *url.URL
}

// hop makes one request when it is the host's turn. It returns how long it waited for that.
func (c *Client) hop(ctx context.Context, address *url.URL, r Request, left time.Duration) (answer, time.Duration, error) {
	asked := time.Now()
	release, err := c.gate.enter(ctx, strings.ToLower(address.Hostname()))
	if err != nil {
		return answer{}, 0, err
	}
	defer release()
	wait := time.Since(asked)
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	req, err := c.request(ctx, address, r)
	if err != nil {
		return answer{}, wait, err
	}
	resp, err := c.transport.RoundTrip(req)
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
	a := answer{Response: Response{Status: resp.StatusCode, Header: resp.Header}}
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		a.NotModified = true
		return a, nil
	case isRedirect(s):
		var err error
		a.next, err = follow(address, resp.Header.Get("Location"))
		drain(resp.Body)
		return a, err
	case s < 200 || s > 299:
		drain(resp.Body)
		return a, statusError(address, resp, time.Now())
	}
	body, err := readBody(resp, cmp.Or(r.MaxBytes, c.opt.MaxBytes), c.large)
	a.Body = body
	return a, err
}

// drain reads what is left of a short body, so that the connection can be used again.
func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, 1<<16)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow reads where a redirect leads.
func follow(from *url.URL, location string) (*url.URL, error) {
	ref, err := url.Parse(strings.TrimSpace(location))
	if err != nil || location == "" {
		return nil, fail(news.FeedHTTPError, from, 0, fmt.Errorf("a redirect to %q, which is no address; the server is at fault", location))
	}
	to := from.ResolveReference(ref)
	to.Fragment = ""
	switch {
	case to.Scheme != "http" && to.Scheme != "https", to.Host == "":
		return nil, fail(news.FeedHTTPError, from, 0, fmt.Errorf("a redirect to %s, which is no web address; it is not followed", to.Redacted()))
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, fail(news.FeedHTTPError, from, 0, fmt.Errorf("a redirect from https to http (%s) is not followed; subscribe to that address if you trust it", to.Redacted()))
	}
	return to, nil
}

// parseURL reads an address; "feed:" in front of one, as some sites write, is taken off.
func parseURL(address string) (*url.URL, error) {
	text := strings.TrimSpace(address)
	if rest, ok := strings.CutPrefix(text, "feed:"); ok {
		text = rest
		if strings.HasPrefix(rest, "//") {
			text = "http:" + rest
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{State: news.FeedUnreachable, URL: address, Err: errors.New("not a web address; it must begin with http:// or https:// and name a host")}
	}
	u.Fragment = ""
	return u, nil
}
