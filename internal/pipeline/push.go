package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/websub"
	"headwater/internal/news"
	"headwater/internal/store"
)

// awayFor is the longest time without a server after which hubs are trusted to repeat their pushes.
const awayFor = 15 * time.Minute

// pusher subscribes to the hubs that feeds announce, and receives what they push. A nil pusher accepts no pushes.
//
// A pushed document is processed like a polled one: guard, cleaner, furniture, one transaction. While a hub can be relied
// on, its feed is still polled once in poll.max_interval, as a check.
type pusher struct {
	*websub.Subscriber
	*Collector
}

func newPusher(o Options, c *Collector) *pusher {
	if o.Callback == "" {
		return nil
	}
	p := &pusher{Collector: c}
	p.Subscriber = websub.New(websub.Options{
		Callback: o.Callback, Store: o.Store, Post: o.Fetch.Post, Take: p.receive, Lost: p.pollSoon, MaxBytes: o.MaxPush, Now: o.Now, Logger: o.Logger,
	})
	return p
}

// run asks hubs to push until the context ends.
func (p *pusher) run(ctx context.Context) error {
	if p == nil {
		return nil
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	return p.Run(ctx)
}

// receiveAll stores what hubs push to this process until the context ends.
func (p *pusher) receiveAll(ctx context.Context) {
	if p != nil {
		p.RunDeliveries(ctx)
	}
}

// begin makes up for the time without a server. Where our callback address has changed, it renews every subscription.
//
// If nothing was polled for awayFor, no server ran. Hubs may have pushed meanwhile and given up. So the feeds that they
// push are polled once, spread over poll.interval.
func (p *pusher) begin(ctx context.Context) error {
	const key = "callback"
	now := p.now()
	if err := p.store.PollPushedFeeds(ctx, now.Add(-awayFor), now, p.pace.Interval); err != nil {
		return err
	}
	before, err := p.store.Setting(ctx, key)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return err
	}
	if before == p.Callback {
		return nil
	}
	if err := p.store.RenewSubscriptions(ctx); err != nil {
		return err
	}
	return p.store.SetSetting(ctx, key, p.Callback)
}

// noteHubs records which hubs the answer to a poll announces. If a hub can be relied on, it postpones the feed's next
// poll.
func (p *pusher) noteHubs(ctx context.Context, r *pollResult) error {
	if p == nil {
		return nil
	}
	f := &r.poll.Feed
	before, err := p.Live(ctx, f.ID) // a subscription that begins with this poll has pushed nothing of its items
	if err != nil {
		return err
	}
	if !r.unchanged {
		hubs, topic := discover.WebSub(r.response.Header.Values("Link"), r.response.Body, r.response.URL)
		if err := p.Announce(ctx, f.ID, hubs, topic); err != nil {
			return err
		}
	}
	after, err := p.Live(ctx, f.ID)
	r.pushed = before && after
	if due, rule := p.pace.AfterPush(f.Checked, f.Schedule.Skips); r.pushed && due.After(f.Due) {
		f.Due, f.Rule = due, rule
	}
	return err
}

// checkHub lowers the trust in a hub that had not pushed what a poll brought. A hub that was given up during the poll
// does not postpone the next one.
func (p *pusher) checkHub(ctx context.Context, r pollResult, t store.Tally) error {
	switch {
	case p == nil || !r.pushed:
		return nil
	case t.New > 0:
		return p.Doubt(ctx, r.poll.Feed.ID)
	}
	live, err := p.Live(ctx, r.poll.Feed.ID)
	if err != nil || live {
		return err
	}
	return p.pollSoon(ctx, r.poll.Feed.ID)
}

// pollSoon makes a feed due as early as a successful poll now would.
func (p *pusher) pollSoon(ctx context.Context, feed int64) error {
	f, err := p.store.Feed(ctx, feed)
	if err != nil {
		return news.IgnoreNotFound(err)
	}
	due, rule := p.pace.AfterAnswer(p.now(), f.Schedule)
	return p.store.PollFeedBy(ctx, feed, due, rule)
}

// receive reads and stores a pushed document as if a poll had brought it. What belongs to polls stays: the validators of
// the publisher's server, the time of the next poll, and its rule. A document that can't be read changes nothing.
func (p *pusher) receive(ctx context.Context, d websub.Delivery) (err error) {
	f, err := p.store.Feed(ctx, d.Subscription.Feed)
	if err != nil || f.State == news.FeedGone {
		return news.IgnoreNotFound(err) // the feed was removed, or its publisher ended it
	}
	ctx, span := p.beginSpan(ctx, "push", f)
	defer func() { endSpan(span, f, err) }()
	before, err := p.store.Furniture(ctx, f.ID)
	if err != nil {
		return err
	}
	got := f
	got.Checked = p.now()
	header := http.Header{"Content-Type": {d.ContentType}}
	polled, _, err := p.read(ctx, &got, fetch.Response{Status: http.StatusOK, URL: d.Subscription.Topic, Header: header, Body: d.Body}, before)
	if err != nil {
		return fmt.Errorf("what the hub pushed cannot be read: %w", err)
	}
	f.Title, f.Site, f.State, f.Problem, f.Failures, f.Checked = got.Title, got.Site, got.State, got.Problem, got.Failures, got.Checked
	polled.Feed, polled.Pushed = f, true
	tallies, err := p.store.Collect(ctx, []store.Poll{polled})
	if err == nil {
		span.Stored(ctx, tallies[0].First, tallies[0].New, "headwater.feed", f.ID)
	}
	return err
}
