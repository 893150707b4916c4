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
	now := c.opt.Now()
	e := statusError(address, resp, now)
	if s := resp.StatusCode; e.RetryAfter > 0 && (s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable) {
		e.Rest = news.Rest{Host: hostOf(address), Until: now.Add(e.RetryAfter)}
		c.Rest(e.Rest)
	}
	return e
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
