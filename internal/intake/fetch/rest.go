package fetch

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
)

// ErrResting says that no request was made, as the host had asked to be left alone. It is in an *Error whose Rest says
// until when.
var ErrResting = errors.New("its host asked to be left alone for some time (Retry-After), so it was not asked")

// LongestRest is how long a host is believed that asks to be left alone. A slip must not lose a feed for good.
const LongestRest = 7 * 24 * time.Hour

// longestPostRest is how long a service is believed that somebody chose: a day's messages would be lost by then.
const longestPostRest = 24 * time.Hour

// Rest keeps all requests from a host until the time given. It is called with what was stored when a process begins; what
// hosts ask for later is noted by itself.
func (c *Client) Rest(r news.Rest) {
	c.resting.Lock()
	defer c.resting.Unlock()
	if r.Until.After(c.rests[r.Host]) {
		c.rests[r.Host] = r.Until
	}
}

// mayAsk fails while a host rests.
func (c *Client) mayAsk(address *url.URL) error {
	host, now := hostOf(address), c.opt.Now()
	c.resting.Lock()
	defer c.resting.Unlock()
	until, ok := c.rests[host]
	if !ok {
		return nil
	}
	if !now.Before(until) || until.Sub(now) > LongestRest { // the clock was ahead when it was noted
		delete(c.rests, host)
		return nil
	}
	e := fail(news.FeedHTTPError, address, 0, ErrResting)
	e.RetryAfter, e.Rest = until.Sub(now), news.Rest{Host: host, Until: until}
	return e
}

// refused turns a status that is no answer into an error. What an overloaded server asks for holds for its whole host.
func (c *Client) refused(address *url.URL, resp *http.Response) *Error {
	e := statusError(address, resp, c.opt.Now())
	e.Rest = c.noteRest(address, resp, LongestRest)
	return e
}

// noteRest leaves the host alone where it answers that it is overloaded and says for how long, and gives what was noted.
func (c *Client) noteRest(address *url.URL, resp *http.Response, most time.Duration) (r news.Rest) {
	now := c.opt.Now()
	wait := min(retryAfter(resp.Header.Get("Retry-After"), now), most)
	if s := resp.StatusCode; wait > 0 && (s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable) {
		r = news.Rest{Host: hostOf(address), Until: now.Add(wait)}
		c.Rest(r)
	}
	return r
}

// retryAfter reads seconds or a date, up to a week.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(LongestRest/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return min(max(t.Sub(now), 0), LongestRest)
	}
	return 0
}
