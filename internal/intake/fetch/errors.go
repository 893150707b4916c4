package fetch

import (
	"cmp"
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

// Error is the reason why a fetch returned no document, and the resulting state of the feed.
type Error struct {
	State      news.FeedState
	URL        string        // the URL that failed, after redirects; without a password
	Status     int           // HTTP status; 0 if there is none
	RetryAfter time.Duration // the wait that the server asks for, a week at most; 0 if it asks for none
	Rest       news.Rest     // the resulting rest of its host; zero if none was asked for
	Cause      news.Cause    // the kind of failure within State; "" if State says all
	Err        error
}

// Error implements error: what happened, to what, and what to do.
func (e *Error) Error() string { return e.URL + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func fail(state news.FeedState, address *url.URL, status int, err error) *Error {
	e := &Error{State: state, URL: address.Redacted(), Status: status, Err: err}
	if status != 0 {
		e.Cause = news.Cause(strconv.Itoa(status))
	}
	return e
}

// failFor is fail with a cause.
func failFor(cause news.Cause, state news.FeedState, address *url.URL, status int, err error) *Error {
	e := fail(state, address, status, err)
	e.Cause = cause
	return e
}

// unreachable returns the error of a connection that brought no answer.
func unreachable(address *url.URL, err error) *Error {
	cause, why := whyUnreachable(address, err)
	return failFor(cause, news.FeedUnreachable, address, 0, fmt.Errorf("%s: %w", why, err))
}

// statusError turns a status without a document into an error.
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
	e := fail(state, address, status, fmt.Errorf("%s: %s", strings.TrimSpace(strconv.Itoa(status)+" "+http.StatusText(status)), what))
	e.RetryAfter = RetryAfter(resp.Header.Get("Retry-After"), now)
	return e
}

func privateError(address *url.URL, err error) error {
	return fmt.Errorf("%s is not on the public internet, so it is not fetched; if you trust it, name its network in fetch.allow_private: %w", address.Hostname(), err)
}

func isRefused(err error) bool {
	return errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) || errors.Is(err, ssrf.ErrProhibitedPort)
}

// whyUnreachable returns the reason why a connection brought no answer, and describes it.
func whyUnreachable(address *url.URL, err error) (news.Cause, string) {
	var dns *net.DNSError
	var verify *tls.CertificateVerificationError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns) && !dns.IsNotFound: // also where the time of the request ran out
		return news.CauseNoNameServer, fmt.Sprintf("no name server answered for %s; check this machine's DNS; it is tried again later", cmp.Or(dns.Name, address.Hostname()))
	case errors.As(err, &dns):
		return news.CauseNameUnknown, fmt.Sprintf("the name %s is not known; check its spelling, or this machine's DNS", cmp.Or(dns.Name, address.Hostname()))
	case errors.As(err, &verify), errors.As(err, &host):
		return news.CauseCertificate, "the server's certificate is not valid for this address"
	case errors.As(err, &record):
		return news.CauseNoHTTPS, "the server does not speak https at this address; try http"
	case errors.Is(err, syscall.ECONNREFUSED):
		return news.CauseRefused, "nothing answers there (connection refused); check the address and port"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return news.CauseBrokeOff, "the connection broke off before the answer was whole; it is tried again later"
	}
	return "", "no usable answer; it is tried again later"
}

// explainUnreachable adds the reason why a connection brought no answer to its error.
func explainUnreachable(place string, address *url.URL, err error) error {
	_, why := whyUnreachable(address, err)
	return fmt.Errorf("%s: %s: %w", place, why, err)
}

// RetryAfter reads the header Retry-After, in seconds or as a date, up to LongestRest.
func RetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(LongestRest/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return min(max(t.Sub(now), 0), LongestRest)
	}
	return 0
}

// errProxy means that the proxy itself may not be reached.
var errProxy = errors.New("fetch.proxy is not on the public internet; name its network in fetch.allow_private")

// LongestRest is the maximum Retry-After that is respected. A server's mistake must not lose a feed for good.
const LongestRest = 7 * 24 * time.Hour
