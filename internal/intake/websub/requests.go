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

// Tend makes the requests to hubs that are due: to subscribe, to renew, to unsubscribe. Its error is the store's.
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
		g.Go(func() error { // one subscription after the other; a hub that does not answer is not asked again until the next call
			for _, sub := range subs {
				if answered, err := s.ask(gctx, sub); err != nil || !answered {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// maxUnsubscribes is the maximum number of unsubscribe requests to one hub.
const maxUnsubscribes = 3

// ask makes the request that is due for a subscription. It counts as a failure until the hub verifies it. So the feed is polled
// as usual meanwhile, and requests that nobody verifies become rarer.
func (s *Subscriber) ask(ctx context.Context, sub news.Subscription) (answered bool, err error) {
	now := s.Now()
	over := !sub.Until.After(now)
	if sub.Ending && (over || sub.Failures >= maxUnsubscribes) {
		return true, s.Store.ForgetSubscription(ctx, sub.ID)
	}
	if lost := sub.Failures > 0 || over && !sub.Until.IsZero(); lost && !sub.Ending {
		if err := s.Lost(ctx, sub.Feed); err != nil {
			return true, err
		}
	}
	err = s.Store.ChangeSubscription(ctx, sub.ID, func(c *news.Subscription) error {
		if !c.Next.Equal(sub.Next) || !c.Asked.Equal(sub.Asked) { // another node makes the request, or the hub has answered
			return news.ErrNotFound
		}
		if c.Ending = sub.Ending; over {
			c.Until = time.Time{}
		}
		c.Failures++
		wait := min(time.Hour<<min(c.Failures-1, 5), 24*time.Hour) // doubles from an hour to a day, with jitter of about a tenth
		c.Asked, c.Next = now, now.Add(wait+time.Duration((rand.Float64()*2-1)*float64(wait)/10))
		return nil
	})
	if err != nil {
		return true, ignoreMissing(err)
	}
	if problem := s.request(ctx, sub); problem != nil && ctx.Err() == nil {
		return !errors.Is(problem, errNoAnswer), s.noteRefusal(ctx, sub, problem)
	}
	return true, nil
}

// noteRefusal records why a hub rejected a request, unless the hub has verified it all the same.
func (s *Subscriber) noteRefusal(ctx context.Context, sub news.Subscription, problem error) error {
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

// errNoAnswer means that a hub could not be reached.
var errNoAnswer = errors.New("no answer")

const (
	maxRedirects = 5
	maxAnswer    = 1 << 10 // bytes of a hub's answer that are read
)

// request asks a hub (section 5.1). Every request has the secret: over plain http this is no worse than none.
func (s *Subscriber) request(ctx context.Context, sub news.Subscription) error {
	form := url.Values{"hub.callback": {s.Callback + sub.ID}, "hub.topic": {sub.Topic}, "hub.mode": {"unsubscribe"}}
	if !sub.Ending {
		form.Set("hub.mode", "subscribe")
		form.Set("hub.lease_seconds", strconv.Itoa(int(requestedLease/time.Second)))
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

// post makes one request and returns the target if the hub redirects it: 307 and 308 keep method and body.
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
		return redirectTarget(address, resp.Header.Get("Location"))
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("%w: %s: %w", errNoAnswer, address, err)
	}
	return "", fmt.Errorf("%s: %s: %.200q", address, resp.Status, strings.TrimSpace(string(text)))
}

// redirectTarget returns the target of a hub's redirect. A secret is not sent from https to http.
func redirectTarget(from, location string) (string, error) {
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

// Run asks hubs when requests are due, until the context ends. Where several processes do so on one store, one of them makes
// each request.
func (s *Subscriber) Run(ctx context.Context) error {
	t := time.NewTicker(tendEvery)
	defer t.Stop()
	for {
		if err := s.Tend(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Error("hubs could not be asked; it is tried again in a minute", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-s.woken:
		}
	}
}

// RunDeliveries passes on what hubs push to this process. It returns when the context has ended and all accepted deliveries are
// stored.
func (s *Subscriber) RunDeliveries(ctx context.Context) {
	for ended := false; ; {
		select {
		case d := <-s.queue:
			s.take(ctx, d)
			continue
		default:
		}
		if ended { // and the queue is empty
			return
		}
		select {
		case d := <-s.queue:
			s.take(ctx, d)
		case <-ctx.Done():
			ended = true
		}
	}
}

func (s *Subscriber) take(ctx context.Context, d Delivery) {
	ctx = context.WithoutCancel(ctx)
	defer s.queued.Add(-int64(len(d.Body)))
	err := s.Take(ctx, d)
	if err != nil {
		err = s.failed(ctx, d.Subscription, err)
	} else if d.Subscription.Failures > 0 {
		err = s.Store.ChangeSubscription(ctx, d.Subscription.ID, func(c *news.Subscription) error {
			c.Failures, c.Problem = 0, ""
			return nil
		})
	}
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		s.Logger.Error("what a hub pushed could not be stored", "feed", d.Subscription.Feed, "error", err)
	}
}
