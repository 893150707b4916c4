package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"headwater/internal/news"
)

// Error says why a fetch brought nothing, and which state that puts the feed in.
type Error struct {
	State      news.FeedState
	URL        string        // the one that failed, after redirects; without a password
	Status     int           // HTTP status; 0 without one
	RetryAfter time.Duration // how long the server asks to be left alone, a week at most; 0 where it does not say
	Rest       news.Rest     // what that means for all of its host; zero where nothing was asked
	Err        error
}

// Error implements error: what happened, to what, and what to do.
func (e *Error) Error() string { return e.URL + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func fail(state news.FeedState, address *url.URL, status int, err error) *Error {
	return &Error{State: state, URL: address.Redacted(), Status: status, Err: err}
}

// statusError turns a status that is no answer into an error.
func statusError(address *url.URL, resp *http.Response, now time.Time) *Error {
	status := resp.StatusCode
	state := news.FeedHTTPError
	var what string
	switch {
	case status == http.StatusNotFound:
		state, what = news.FeedNotFound, "there is nothing at this address; if this lasts, look for the feed's new one on the site"
	case status == http.StatusGone:
		state, what = news.FeedGone, "the publisher has ended this feed; it is not polled again"
	case status == http.StatusTooManyRequests:
		what = "the server finds that it is asked too often; it is asked less"
	case status == http.StatusUnauthorized || status == http.StatusProxyAuthRequired:
		what = "the server asks for a login; put it into the address as https://name:password@host/ if you have one"
	case status == http.StatusForbidden || status == http.StatusUnavailableForLegalReasons:
		what = "the server refuses to give this feed to us; try the address in a browser"
	case status == http.StatusNotModified:
		what = "the server says that nothing changed, though nothing was asked about; it is at fault"
	case status >= 200 && status <= 299:
		what = "the server gives no document or only part of one, though the whole was asked for; it is tried again later"
	case status >= 500:
		what = "the server has a problem of its own; it is tried again later"
	default:
		what = "the server gives no feed; try the address in a browser"
	}
	e := fail(state, address, status, fmt.Errorf("%s: %s", statusLine(status), what))
	e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), now)
	return e
}

func statusLine(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// explain turns whatever ended a request into an Error, but for the end of the caller's context.
func (c *Client) explain(ctx context.Context, address *url.URL, err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return fmt.Errorf("fetching %s: %w", address.Redacted(), ctx.Err())
	case errors.Is(err, errProxy):
		return fail(news.FeedPrivate, address, 0, err)
	case errors.Is(err, errTooLarge):
		return fail(news.FeedTooLarge, address, 0, fmt.Errorf("larger than %d bytes after decompression; raise fetch.max_bytes if the feed is worth it", c.opt.MaxBytes))
	case isRefused(err):
		return fail(news.FeedPrivate, address, 0, refusal(address, err))
	case errors.Is(err, errEncoding):
		return fail(news.FeedHTTPError, address, 0, err)
	case isTimeout(err):
		return fail(news.FeedTimeout, address, 0, fmt.Errorf("no whole answer within %s; it is tried again later: %w", c.opt.Timeout, err))
	}
	return fail(news.FeedUnreachable, address, 0, fmt.Errorf("%s: %w", whyUnreachable(address, err), err))
}

func refusal(address *url.URL, err error) error {
	return fmt.Errorf("%s is not on the public internet, so it is not fetched; if you trust it, name its network in fetch.allow_private: %w", address.Hostname(), err)
}

func isRefused(err error) bool {
	return errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) || errors.Is(err, ssrf.ErrProhibitedPort)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// whyUnreachable says in words what kept a connection from bringing an answer.
func whyUnreachable(address *url.URL, err error) string {
	var dns *net.DNSError
	var verify *tls.CertificateVerificationError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s is not known; check its spelling, or this machine's DNS", address.Hostname())
	case errors.As(err, &verify), errors.As(err, &host):
		return "the server's certificate is not valid for this address"
	case errors.As(err, &record):
		return "the server does not speak https at this address; try http"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers there (connection refused); check the address and port"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection broke off before the answer was whole; it is tried again later"
	}
	return "no usable answer; it is tried again later"
}
