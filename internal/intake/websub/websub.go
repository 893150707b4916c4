// Package websub is a WebSub subscriber (W3C Recommendation, January 2018): it asks hubs to push feeds, confirms to them
// that it did, renews before leases end, and takes what they push where its signature is right. What hubs are asked for,
// and what becomes of what they push, others say.
package websub

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
)

// Reader finds subscriptions. What is not stored is news.ErrNotFound.
type Reader interface {
	Subscription(ctx context.Context, id string) (news.Subscription, error)
	SubscriptionOf(ctx context.Context, feed int64) (news.Subscription, error)
	DueSubscriptions(ctx context.Context, now time.Time) ([]news.Subscription, error)
}

// Writer changes subscriptions.
type Writer interface {
	// Subscribe stores a new subscription and has the feed's former one end; without an ID it does only that.
	Subscribe(ctx context.Context, s news.Subscription) error
	// ChangeSubscription stores what change makes of one, unless it gives an error, which is returned.
	ChangeSubscription(ctx context.Context, id string, change func(*news.Subscription) error) error
	ForgetSubscription(ctx context.Context, id string) error
}

// Store keeps subscriptions.
type Store interface {
	Reader
	Writer
}

// Delivery is a document that a hub pushed and signed.
type Delivery struct {
	Subscription news.Subscription
	ContentType  string
	Body         []byte
}

// Options of a Subscriber. Callback, Store, Post, Take and Lost are required.
type Options struct {
	// Callback is the address that hubs reach the Subscriber at when the id of a subscription is added to it.
	Callback string
	Store    Store
	// Post sends a body and gives the answer, whatever its status; it follows no redirect.
	Post func(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error)
	// Take stores a delivery. An error, or what cannot be read, has the feed polled as usual again.
	Take func(context.Context, Delivery) error
	// Lost has a feed polled as usual again, since its hub cannot be relied on.
	Lost func(ctx context.Context, feed int64) error

	MaxBytes int64            // bounds a delivery; 0 means 10 MB
	Timeout  time.Duration    // of one request to a hub; 0 means 20 s
	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil discards
}

const (
	lease      = 10 * 24 * time.Hour // what is asked for
	longest    = 30 * 24 * time.Hour // what is believed of a hub's lease
	shortest   = 10 * time.Minute    // between two requests of one subscription
	pending    = 24 * time.Hour      // how long after a request a hub may verify it
	afterNo    = 7 * 24 * time.Hour  // until a hub is asked again that denied
	tendEvery  = time.Minute
	hubsAtOnce = 4
	maxQueue   = 64       // deliveries
	maxQueued  = 32 << 20 // bytes of those, and one more
	maxReading = 4        // deliveries that come in at once
)

// Subscriber speaks with hubs. It is the handler of the callbacks, whose pattern must name the id {id}.
type Subscriber struct {
	Options
	queue   chan Delivery
	queued  atomic.Int64 // bytes
	reading chan struct{}
	woken   chan struct{}
}

// New makes a Subscriber. Run does its work.
func New(o Options) *Subscriber {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 10 << 20
	}
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Subscriber{
		Options: o, queue: make(chan Delivery, maxQueue), reading: make(chan struct{}, maxReading), woken: make(chan struct{}, 1),
	}
}

// Announce notes which hubs a feed announces and under which topic. A hub that is new is asked soon; where the feed has
// left its hub, that one is told.
func (s *Subscriber) Announce(ctx context.Context, feed int64, hubs []string, topic string) error {
	have, err := s.Store.SubscriptionOf(ctx, feed)
	none := errors.Is(err, news.ErrNotFound)
	switch {
	case err != nil && !none:
		return err
	case none && len(hubs) == 0, !none && have.Topic == topic && slices.Contains(hubs, have.Hub):
		return nil
	}
	want := news.Subscription{Feed: feed}
	if len(hubs) > 0 {
		// rand.Text has at least 128 random bits; a secret has to be shorter than 200 bytes.
		want = news.Subscription{ID: rand.Text(), Feed: feed, Hub: choose(hubs), Topic: topic, Secret: rand.Text() + rand.Text(), Next: s.Now()}
	}
	err = s.Store.Subscribe(ctx, want)
	s.Wake() // once it is stored
	return err
}

// choose prefers a hub that nobody on the way can read along with.
func choose(hubs []string) string {
	for _, h := range hubs {
		if strings.HasPrefix(strings.ToLower(h), "https:") {
			return h
		}
	}
	return hubs[0]
}

// Live reports whether a hub pushes a feed and can be relied on.
func (s *Subscriber) Live(ctx context.Context, feed int64) (bool, error) {
	have, err := s.Store.SubscriptionOf(ctx, feed)
	if errors.Is(err, news.ErrNotFound) {
		return false, nil
	}
	return have.Live(s.Now()), err
}

// Doubt notes that a feed had something that its hub had not pushed: it is polled as usual until the hub delivers again.
func (s *Subscriber) Doubt(ctx context.Context, feed int64) error {
	have, err := s.Store.SubscriptionOf(ctx, feed)
	if errors.Is(err, news.ErrNotFound) || err == nil && !have.Live(s.Now()) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.failed(ctx, have, errors.New("a poll brought what the hub had not pushed"))
}

// failed notes what went wrong with a subscription.
func (s *Subscriber) failed(ctx context.Context, sub news.Subscription, problem error) error {
	s.Logger.Debug("a hub cannot be relied on; the feed is polled as usual", "feed", sub.Feed, "hub", sub.Hub, "problem", problem)
	err := s.Store.ChangeSubscription(ctx, sub.ID, func(c *news.Subscription) error {
		c.Failures++
		c.Problem = problem.Error()
		return nil
	})
	if errors.Is(err, news.ErrNotFound) {
		return nil // it ended meanwhile
	}
	return errors.Join(err, s.Lost(ctx, sub.Feed))
}

// Wake has Run look at once what hubs are to be asked.
func (s *Subscriber) Wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// Run asks hubs when it is time and hands on what they push, until the context ends and what was accepted is stored.
func (s *Subscriber) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { s.tend(ctx); return nil })
	g.Go(func() error { s.work(ctx); return nil })
	return g.Wait()
}

func (s *Subscriber) tend(ctx context.Context) {
	t := time.NewTicker(tendEvery)
	defer t.Stop()
	for {
		if err := s.Tend(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Error("hubs could not be asked; it is tried again in a minute", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-s.woken:
		}
	}
}

// work hands deliveries on. Those that a hub was told are accepted are stored though the context has ended.
func (s *Subscriber) work(ctx context.Context) {
	for {
		select {
		case d := <-s.queue:
			s.take(ctx, d)
		case <-ctx.Done():
			for {
				select {
				case d := <-s.queue:
					s.take(ctx, d)
				default:
					return
				}
			}
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
