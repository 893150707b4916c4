package saveto

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/outbox"
)

// Send sends a request and returns the answer, whatever its status. It follows no redirects.
type Send func(ctx context.Context, method, address string, header http.Header, body []byte) (*http.Response, error)

// caller makes the requests of services.
type caller struct {
	send Send
	now  func() time.Time
}

// request is a request to a service.
type request struct {
	method  string
	address string
	header  http.Header
	json    any        // the body, or nil
	form    url.Values // the body where json is nil
	ok      []int      // statuses of success; none means 200
}

// maxAnswer limits how many bytes of an answer are read. Lists of a hundred bookmarks fit.
const maxAnswer = 2 << 20

// call makes a request and decodes the answer, which must be JSON, into answer; nil reads none. Errors say what to do.
func (c caller) call(ctx context.Context, r request, answer any) error {
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Accept", "application/json")
	var body []byte
	switch {
	case r.json != nil:
		var err error
		if body, err = json.Marshal(r.json); err != nil {
			return err
		}
		header.Set("Content-Type", "application/json")
	case r.form != nil:
		body = []byte(r.form.Encode())
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.send(ctx, r.method, r.address, header, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // everything needed has been read
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	ok := r.ok
	if len(ok) == 0 {
		ok = []int{http.StatusOK}
	}
	if !slices.Contains(ok, resp.StatusCode) {
		return c.refusal(resp, text)
	}
	if answer == nil {
		return nil
	}
	if err != nil {
		return errors.New("the answer broke off; it is tried again later")
	}
	if json.Unmarshal(text, answer) != nil {
		return garbage(text)
	}
	return nil
}

// garbage is the error of an answer that the service does not give.
func garbage(text []byte) error {
	return fmt.Errorf("what answers there is not the service (%q); check the address, and whether a login page or a proxy stands before it", outbox.Line(string(text), 80))
}

// refusal returns what a status means and what to do.
func (c caller) refusal(resp *http.Response, text []byte) error {
	r := &outbox.Refusal{RetryAfter: min(fetch.RetryAfter(resp.Header.Get("Retry-After"), c.now()), outbox.LongestWait)}
	status := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	said := ""
	if quoted := outbox.Line(string(text), 200); quoted != "" {
		said = fmt.Sprintf(" (%q)", quoted)
	}
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		r.Err = garbage(text)
	case s >= 300 && s < 400:
		to, _, _ := strings.Cut(resp.Header.Get("Location"), "?") // a query may repeat a token
		r.Err = fmt.Errorf("%s: it redirects to %q, which is not followed; change the address", status, outbox.Line(to, 200))
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		r.Err = fmt.Errorf("%s: it refuses the login; check the token or the password, and what it permits%s", status, said)
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed:
		r.Err = fmt.Errorf("%s: the service is not at this address, or what was named there is gone; check both%s", status, said)
	case s == http.StatusTooManyRequests:
		r.Err = fmt.Errorf("%s: it is asked too often; it is left alone for a while", status)
	case s >= 500:
		r.Err = fmt.Errorf("%s: it has a problem of its own; it is tried again later%s", status, said)
	default:
		r.Err = fmt.Errorf("%s: it does not take this article%s", status, said)
		r.Final = true
	}
	return r
}

// bearer is the header of a token (RFC 6750).
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// titleOf is the title of an article, or its address where it has none.
func titleOf(a Article) string { return cmp.Or(outbox.Line(a.Title, 250), a.URL) }

// saved returns what came of saving: err, or the error of garbage where the answer does not name what was saved.
func saved(err error, named bool) error {
	if err == nil && !named {
		return garbage(nil)
	}
	return err
}

// loginRefused is the error of a login. Some services refuse a wrong one with 400, which is not the article's fault.
func loginRefused(err error) error {
	if refused, ok := errors.AsType[*outbox.Refusal](err); ok && refused.Final {
		return &outbox.Refusal{Err: fmt.Errorf("it refuses the login; check the user name and the password: %s", refused.Error())}
	}
	return err
}
