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

// pusher has hubs push the feeds that announce any. A nil pusher takes no pushes.
type pusher struct {
	*websub.Subscriber
	room *Newsroom
}

func (n *Newsroom) newPusher() *pusher {
	if n.Callback == "" || n.Store == nil {
		return nil
	}
	p := &pusher{room: n}
	p.Subscriber = websub.New(websub.Options{
		Callback: n.Callback, Store: n.Store, Post: n.Fetch.Post, Take: p.take, Lost: p.lost, MaxBytes: n.MaxPush, Now: n.Now, Logger: n.Logger,
	})
	return p
}

// Callbacks answers hubs at Options.Callback and the {id} of its pattern. It is nil where no pushes are taken.
func (n *Newsroom) Callbacks() http.Handler {
	if n.push == nil {
		return nil
	}
	return n.push.Subscriber
}

// servePushes speaks with hubs until the context ends.
func (n *Newsroom) servePushes(ctx context.Context) error {
	if n.push == nil {
		return nil
	}
	if err := n.push.begin(ctx); err != nil {
		return err
	}
	return n.push.Run(ctx)
}

// away is how long hubs are trusted to have tried again while nobody was there.
const away = 15 * time.Minute

// begin makes up for the time in which no server ran.
func (p *pusher) begin(ctx context.Context) error {
	now := p.room.Now()
	if err := p.room.Store.HurryPushed(ctx, now.Add(-away), now, p.room.Pace.Interval); err != nil {
		return err
	}
	return p.moved(ctx)
}

// moved has every hub asked anew where it knows us at another address than before.
func (p *pusher) moved(ctx context.Context) error {
	const key = "callback"
	before, err := p.room.Store.Setting(ctx, key)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return err
	}
	if before == p.Callback {
		return nil
	}
	if err := p.room.Store.AskHubsAnew(ctx); err != nil {
		return err
	}
	return p.room.Store.SetSetting(ctx, key, p.Callback)
}

// wake has hubs asked soon.
func (p *pusher) wake() {
	if p != nil {
		p.Wake()
	}
}

// heard notes which hubs a poll's answer announces. A feed that a hub pushes is polled no more than to make sure.
func (p *pusher) heard(ctx context.Context, f *news.Feed, r *result) error {
	if p == nil || f.ID == 0 || !r.read() {
		return nil
	}
	before, err := p.Live(ctx, f.ID) // one that begins with this poll has pushed nothing of what came since
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
	if due, rule := p.room.Pace.AfterPush(f.Checked, f.Schedule.Skips); r.pushed && due.After(f.Due) {
		f.Due, f.Rule = due, rule
	}
	return err
}

// read says that a poll brought what could be read, or that nothing has changed.
func (r *result) read() bool { return r.err == nil }

// missed doubts a hub that had not pushed what a poll brought. A hub that was given up while the poll was under way is not
// relied on for the next one.
func (p *pusher) missed(ctx context.Context, r result, t store.Tally) error {
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
	return p.lost(ctx, r.poll.Feed.ID)
}

// lost has a feed polled as it would be had it just been read, if not sooner.
func (p *pusher) lost(ctx context.Context, feed int64) error {
	f, err := p.room.Store.Feed(ctx, feed)
	if err != nil {
		return ignoreMissing(err)
	}
	due, rule := p.room.Pace.AfterAnswer(p.room.Now(), f.Schedule)
	return p.room.Store.HurryFeed(ctx, feed, due, rule)
}

// take reads and stores what a hub pushed as a poll's answer is. What belongs to polls alone stays: the validators, which
// stand for what the publisher's server gave, and when the feed is asked next, and why. A document that cannot be read changes
// nothing.
func (p *pusher) take(ctx context.Context, d websub.Delivery) error {
	n := p.room
	f, err := n.Store.Feed(ctx, d.Subscription.Feed)
	if err != nil || f.State == news.FeedGone {
		return ignoreMissing(err) // it was removed, or ended by its publisher
	}
	before, err := n.furniture(ctx, f)
	if err != nil {
		return err
	}
	got := f
	got.Checked = n.Now()
	header := http.Header{"Content-Type": {d.ContentType}}
	polled, _, err := n.read(ctx, &got, fetch.Response{Status: http.StatusOK, URL: d.Subscription.Topic, Header: header, Body: d.Body}, before)
	if err != nil {
		return fmt.Errorf("what the hub pushed cannot be read: %w", err)
	}
	f.Title, f.Site, f.State, f.Problem, f.Failures, f.Checked = got.Title, got.Site, got.State, got.Problem, got.Failures, got.Checked
	polled.Feed, polled.Pushed = f, true
	if _, err := n.Store.Collect(ctx, []store.Poll{polled}); err != nil {
		return err
	}
	n.arrived()
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, news.ErrNotFound) {
		return nil
	}
	return err
}
