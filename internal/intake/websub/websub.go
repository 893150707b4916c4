// Package websub is a WebSub subscriber (W3C Recommendation, January 2018). It asks hubs to push feeds, answers their
// verifications, renews leases before they end, and accepts deliveries with a correct signature. The caller reports the hubs
// that a feed announces (Announce), and gets accepted documents through Options.Take. websub.go has the options and the state
// of a subscription. callback.go handles the requests from hubs, and requests.go those to hubs.
//
// A feed is pushed if its hub can reach us. This requires websub.enabled and a public_url that is not a private address.
//
//	poll finds hub and topic -> Announce -> POST to the hub -> GET {id} verified -> lease
//	hub POSTs a document -> signature -> queue -> Options.Take, as a poll's document
//
// The rules are:
//
//   - The callback's id has 130 random bits, and so has each half of the secret, which is sent with every request. A hub's
//     verification is answered with its challenge only if topic and mode are those of a request to it within the last day.
//     Otherwise the answer is 404. A delivery to an id that is not subscribed gets 410, so that the hub stops.
//   - A delivery with a signature (sha1, sha256, sha384 or sha512, compared in constant time) is answered 202 whether the
//     signature is right or not, so that nobody can test signatures. The Recommendation allows this. Only a delivery with a
//     right signature is read. A delivery without a signature gets 403.
//   - At most maxQueued bytes of deliveries are queued. Beyond that a hub gets 503 and tries again. The queue is lost if the
//     process is killed, although the hub has its answer. The next poll finds these items.
//   - A hub is reliable until its first failure, and again from its next success. Failures are: no answer, a refusal, no
//     verification, a lease that ran out, a wrong or missing signature, a document that cannot be read, or an item that a
//     poll found and the hub had not pushed (Doubt). After a failure Options.Lost lets the feed be polled as if it had just
//     been read.
//   - A lease is renewed after three quarters of its time. A hub that fails is asked again after an hour, and then after
//     twice as long each time up to a day. A hub that denies is asked again after a week. A hub that does not answer is asked
//     about one feed a minute, not about each of its feeds.
//   - If a feed is removed or announces another hub, the former hub is told so, at most three times, also after a restart.
//   - A hub's redirect by 307 or 308 is followed with the body, at most five times, and never from https to http.
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

	"headwater/internal/news"
)

// subscriptionReader finds subscriptions. An unknown one gives news.ErrNotFound.
type subscriptionReader interface {
	Subscription(ctx context.Context, id string) (news.Subscription, error)
	SubscriptionOf(ctx context.Context, feed int64) (news.Subscription, error)
	DueSubscriptions(ctx context.Context, now time.Time) ([]news.Subscription, error)
}

// subscriptionWriter changes subscriptions.
type subscriptionWriter interface {
	// Subscribe stores a new subscription and ends the feed's former one. Without an ID it only ends the former one.
	Subscribe(ctx context.Context, s news.Subscription) error
	// ChangeSubscription stores a subscription as changed by change. If change returns an error, nothing is stored and the
	// error is returned.
	ChangeSubscription(ctx context.Context, id string, change func(*news.Subscription) error) error
	ForgetSubscription(ctx context.Context, id string) error
}

// Store stores subscriptions.
type Store interface {
	subscriptionReader
	subscriptionWriter
}

// Delivery is a signed document that a hub pushed.
type Delivery struct {
	Subscription news.Subscription
	ContentType  string
	Body         []byte
}

// Options configure a Subscriber. Callback, Store, Post, Take and Lost are required.
type Options struct {
	// Callback is the address at which hubs reach the Subscriber. The id of a subscription is appended to it.
	Callback string
	Store    Store
	// Post sends a body and returns the answer, whatever its status. It follows no redirects.
	Post func(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error)
	// Take stores a delivery. After an error, or for an unreadable document, the feed is polled as usual again.
	Take func(context.Context, Delivery) error
	// Lost lets a feed be polled as usual again, since its hub is not reliable.
	Lost func(ctx context.Context, feed int64) error

	MaxBytes int64            // limit of a delivery; 0 means 10 MB
	Timeout  time.Duration    // limit of one request to a hub; 0 means 20 s
	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil discards messages
}

const (
	requestedLease = 10 * 24 * time.Hour // the lease that is requested
	maxLease       = 30 * 24 * time.Hour // the maximum lease that is accepted
	minRenewal     = 10 * time.Minute    // between two requests for one subscription
	verifyWindow   = 24 * time.Hour      // time after a request in which a hub may verify it
	deniedWait     = 7 * 24 * time.Hour  // until a hub that denied is asked again
	tendEvery      = time.Minute
	hubsAtOnce     = 4
	maxQueue       = 64       // deliveries
	maxQueued      = 32 << 20 // bytes of the queued deliveries; one more may exceed it
	maxReading     = 4        // deliveries that are read at once
)

// Subscriber communicates with hubs. It is the handler of the callbacks, whose pattern must have the wildcard {id}.
type Subscriber struct {
	Options
	queue   chan Delivery
	queued  atomic.Int64 // bytes
	reading chan struct{}
	woken   chan struct{}
}

// New makes a Subscriber. Run must be called for it to work.
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

// Announce stores the hubs and the topic that a feed announces. A new hub is asked soon. A subscription at a hub that the feed
// has left is ended.
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
		hub := hubs[0]
		if i := slices.IndexFunc(hubs, func(h string) bool { return strings.HasPrefix(strings.ToLower(h), "https:") }); i >= 0 {
			hub = hubs[i] // an https hub, so that nobody can intercept the secret
		}
		// rand.Text has at least 128 random bits. A secret must be shorter than 200 bytes.
		want = news.Subscription{ID: rand.Text(), Feed: feed, Hub: hub, Topic: topic, Secret: rand.Text() + rand.Text(), Next: s.Now()}
	}
	err = s.Store.Subscribe(ctx, want)
	s.Wake() // after it is stored
	return err
}

// Live reports whether a hub pushes a feed and is reliable.
func (s *Subscriber) Live(ctx context.Context, feed int64) (bool, error) {
	have, err := s.Store.SubscriptionOf(ctx, feed)
	if errors.Is(err, news.ErrNotFound) {
		return false, nil
	}
	return have.Live(s.Now()), err
}

// Doubt records that a poll found an item that the hub had not pushed. The feed is polled as usual until the hub delivers
// again.
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

// failed records an error of a subscription.
func (s *Subscriber) failed(ctx context.Context, sub news.Subscription, problem error) error {
	s.Logger.Debug("a hub cannot be relied on; the feed is polled as usual", "feed", sub.Feed, "hub", sub.Hub, "problem", problem)
	err := s.Store.ChangeSubscription(ctx, sub.ID, func(c *news.Subscription) error {
		c.Failures++
		c.Problem = problem.Error()
		return nil
	})
	if errors.Is(err, news.ErrNotFound) {
		return nil // the subscription has ended meanwhile
	}
	return errors.Join(err, s.Lost(ctx, sub.Feed))
}

// Wake makes Run check at once which requests are due.
func (s *Subscriber) Wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}
