package websub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// Tend asks the hubs that are to be asked now: to subscribe, to renew, to unsubscribe. Its error is the store's.
func (s *Subscriber) Tend(ctx context.Context) error {
	due, err := s.Store.DueSubscriptions(ctx, s.Now())
	if err != nil {
		return err
	}
	byHub := map[string][]news.Subscription{}
	for _, sub := range due {
		byHub[sub.Hub] = append(byHub[sub.Hub], sub)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(hubsAtOnce)
	for _, subs := range byHub {
		g.Go(func() error { return s.askHub(gctx, subs) })
	}
	return g.Wait()
}

// askHub asks one hub about some subscriptions, one after the other. One that does not answer is left alone until next
// time.
func (s *Subscriber) askHub(ctx context.Context, subs []news.Subscription) error {
	for _, sub := range subs {
		answered, err := s.ask(ctx, sub)
		if err != nil || !answered {
			return err
		}
	}
	return nil
}

// maxGoodbyes is how often a hub is told that we want no more.
const maxGoodbyes = 3

// ask makes the request that is due for a subscription. That it counts as a failure until the hub verifies it has the
// feed polled as usual meanwhile, and spaces out requests that nobody verifies.
func (s *Subscriber) ask(ctx context.Context, sub news.Subscription) (answered bool, err error) {
	now := s.Now()
	over := !sub.Until.After(now)
	if sub.Ending && (over || sub.Failures >= maxGoodbyes) {
		return true, s.Store.ForgetSubscription(ctx, sub.ID)
	}
	if lost := sub.Failures > 0 || over && !sub.Until.IsZero(); lost && !sub.Ending {
		if err := s.Lost(ctx, sub.Feed); err != nil {
			return true, err
		}
	}
	err = s.Store.ChangeSubscription(ctx, sub.ID, func(c *news.Subscription) error {
		if c.Ending = sub.Ending; over {
			c.Until = time.Time{}
		}
		c.Failures++
		c.Asked, c.Next = now, now.Add(backoff(c.Failures))
		return nil
	})
	if err != nil {
		return true, ignoreMissing(err)
	}
	if problem := s.request(ctx, sub); problem != nil && ctx.Err() == nil {
		return !errors.Is(problem, errNoAnswer), s.refused(ctx, sub, problem)
	}
	return true, nil
}

// refused notes why a hub did not take a request, unless it has verified it all the same.
func (s *Subscriber) refused(ctx context.Context, sub news.Subscription, problem error) error {
	s.Logger.Debug("a hub does not take a subscription", "feed", sub.Feed, "hub", sub.Hub, "problem", problem)
	err := s.Store.ChangeSubscription(ctx, sub.ID, func(c *news.Subscription) error {
		if c.Failures == 0 {
			return news.ErrNotFound
		}
		c.Problem = problem.Error()
		return nil
	})
	if err != nil || sub.Ending {
		return ignoreMissing(err)
	}
	return s.Lost(ctx, sub.Feed)
}

func ignoreMissing(err error) error {
	if errors.Is(err, news.ErrNotFound) {
		return nil
	}
	return err
}

// backoff doubles from an hour to a day, a tenth more or less.
func backoff(failures int) time.Duration {
	d := min(time.Hour<<min(max(failures-1, 0), 5), 24*time.Hour)
	return d + time.Duration((rand.Float64()*2-1)*float64(d)/10)
}

// errNoAnswer says that a hub could not be reached.
var errNoAnswer = errors.New("no answer")

const (
	maxRedirects = 5
	maxAnswer    = 1 << 10 // bytes of a hub's answer that are read
)

// request asks a hub (section 5.1). The secret goes with every request: over plain http it is no worse than none.
func (s *Subscriber) request(ctx context.Context, sub news.Subscription) error {
	form := url.Values{"hub.callback": {s.Callback + sub.ID}, "hub.topic": {sub.Topic}, "hub.mode": {"unsubscribe"}}
	if !sub.Ending {
		form.Set("hub.mode", "subscribe")
		form.Set("hub.lease_seconds", strconv.Itoa(int(lease/time.Second)))
		form.Set("hub.secret", sub.Secret)
	}
	address := sub.Hub
	for range maxRedirects + 1 {
		next, err := s.post(ctx, address, form.Encode())
		if err != nil || next == "" {
			return err
		}
		address = next
	}
	return fmt.Errorf("%s: the hub redirects more than %d times", sub.Hub, maxRedirects)
}

// post makes one request and gives where the hub redirects it to: 307 and 308 keep method and body.
func (s *Subscriber) post(ctx context.Context, address, form string) (next string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	resp, err := s.Post(ctx, address, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect:
		return follow(address, resp.Header.Get("Location"))
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("%w: %s: %w", errNoAnswer, address, err)
	}
	return "", fmt.Errorf("%s: %s: %.200q", address, resp.Status, strings.TrimSpace(string(text)))
}

// follow reads where a hub redirects to. A secret does not go from https to http.
func follow(from, location string) (string, error) {
	base, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	to, err := weburl.Parse(weburl.Join(base, location))
	if err != nil || location == "" || to.Scheme != "https" && to.Scheme != base.Scheme {
		return "", fmt.Errorf("%s: the hub redirects to %q, which is not followed", from, location)
	}
	return to.String(), nil
}
