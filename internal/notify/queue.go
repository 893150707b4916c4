// Package notify sends what changed to people and servers outside.
//
//	story log -> topics (their watermark) -> alerts (their watermark): told + outbox -> a goroutine an alert -> webhook, ntfy, mail, chat
//
// Alerts (alerts.go) adds and tests alerts: who gets the stories of a topic, and how. Queue (queue.go) reads the story log
// behind the topics, stores deliveries, and delivers them. A Sender sends one message: by a signed webhook or to an ntfy
// server (webhook.go), by mail (mail.go), or to a chat or push service (chat.go); alerts.go chooses. Publisher (hub.go) notifies a WebSub hub of changes in our
// own feeds.
//
// Another chat or push service needs: its name in news/topic.go, its requests in chat.go, and its labels in serve/web/alerts.go.
//
// # What is told
//
// An alert tells one receiver of each story of one topic once, when the story begins to match (news.Alert.Reason). On
// request it tells once more when a given number of outlets carry the story, and once more when the original joins it:
// when the origin is an article of ours and more than "Earliest seen". It does not tell of a story that matched before
// the alert was added, or that a changed topic finds among old stories. Neither does it tell of a story if all articles
// were published more than a day before the alert and their feed were added. So stories of an archive are shown but not
// told. The same holds for undated articles, until something new joins their story.
//
// # Delivery
//
//   - The stories told of and the queue change in one transaction with the watermark (store/alerts.go), so a story is
//     queued exactly once, whatever happens. When a story is merged into another, the other counts as told of if either
//     was. What waits for one of them is dropped if the other was told of, and what waits for both waits once. A merge that
//     is taken back makes no story new.
//   - Delivery is at least once: a row is deleted from the outbox in the transaction that records its acceptance. If the
//     process is killed between acceptance and that transaction, the message is sent again with the same id. Receivers
//     recognise a repeat by webhook-id, ntfy from 2.16 on by X-Sequence-ID, mail programs by Message-ID.
//     A mail that more stories have joined meanwhile is another mail.
//   - Where several nodes work on one database, one of them at a time sends the messages of an alert, by a lease. If it dies,
//     another sends them when the lease has ended, with the same ids.
//   - Each alert sends its messages one after the other, and alerts send at the same time. So a receiver that never
//     answers costs its own alert 15 s, and other alerts nothing. A server checks for deliveries every 2 s; `headwater
//     poll` delivers for 10 s at its end.
//   - After a failure the message and its alert wait 30 s, then twice as long each time up to 4 h, plus or minus a tenth;
//     or for Retry-After, at most a day. A delivery is given up after 21 tries. Once an alert has failed for two days, its
//     deliveries that have waited for two days are given up too, and the log says so. A 410 ends the alert; a successful
//     test starts it again. The last problem is shown with the alert. A message that is interrupted by the end of the
//     program is no failure.
//
// # Ways
//
//   - Webhooks follow Standard Webhooks 1.0.0: webhook-id, webhook-timestamp of the try, and webhook-signature "v1," with
//     HMAC-SHA256 over id.timestamp.body. Each alert has its own secret (whsec_, 256 random bits), which is shown once.
//     The body has type (story.new, story.grown, story.original, story.test), timestamp and data: reason, topic, link,
//     and the story in the form of the REST API, in its state at the time of sending.
//   - ntfy gets a POST to the topic's address, with Title, Click and Tags. Headers are encoded words, so that no title
//     can add a header.
//   - A mail contains all waiting stories. It is sent as its schedule says (package schedule; by default every day at
//     seven o'clock) or at once, and not if nothing waits. Servers without STARTTLS are refused unless smtp.tls is none.
//   - Chat and push services get one message a story, as text without markup, with the address of its page. Of Telegram, Matrix,
//     Slack, Discord, Gotify and Pushover only the answer that the service gives to a message that it took is a success, so that
//     nothing is lost at what answers garbage in its place. Matrix recognises a repeat by its transaction id; the others do not.
//   - Connections are made by fetch.Client.Send and Dial: private addresses must be listed in fetch.allow_private,
//     redirects are not followed, and 16 KB of an answer are read. An address that contains a password is refused, since
//     lists would show it.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/outbox"
	"headwater/internal/schedule"
	"headwater/internal/store"
)

const (
	queueBatch    = 500            // entries of the story log read in one transaction
	mailStories   = 200            // stories in one mail; more are sent in a second one
	alertMessages = 50             // messages that one alert sends before it is loaded again
	maxTries      = 21             // of one delivery; they take about two days
	giveUpAfter   = 48 * time.Hour // after an alert has failed this long, deliveries that have waited as long are given up
)

// Queue delivers messages of alerts. Its methods are safe for concurrent use.
type Queue struct {
	Metrics *observe.Metrics // counts messages; nil counts nothing

	store   *store.DB
	sender  *Sender
	stories storyReader
	now     func() time.Time
	log     *slog.Logger

	fill    *semaphore.Weighted // one Fill at a time
	sending sync.Map            // a *semaphore.Weighted for each alert, by id: one message of an alert at a time
}

// NewQueue returns a queue for the deliveries of a store.
func NewQueue(a *Alerts, log *slog.Logger) *Queue {
	return &Queue{store: a.Store, sender: a.Sender, stories: a.Stories, now: a.Now, log: log, fill: semaphore.NewWeighted(1)}
}

// Fill reads the new entries of the story log that were matched with topics, and queues deliveries in db, the database of
// the process that leads.
func (q *Queue) Fill(ctx context.Context, db *store.DB) error {
	if err := q.fill.Acquire(ctx, 1); err != nil {
		return err
	}
	defer q.fill.Release(1)
	for {
		behind, err := db.AlertsBehind(ctx)
		if err != nil || !behind {
			return err
		}
		if _, err := db.QueueAlerts(ctx, queueBatch, q.delivery); err != nil {
			return err
		}
	}
}

// delivery decides whether an alert tells of a change, and when.
func (q *Queue) delivery(t store.AlertCandidate) (news.Delivery, bool) {
	reason := t.Alert.Reason(t.Before, t.Now)
	if reason == "" {
		return news.Delivery{}, false
	}
	now := q.now()
	d := news.Delivery{ID: deliveryID(), Reason: reason, Since: now, Due: now}
	// The schedule was checked when it was stored. If it can't be read any more, or never fires again, the message is sent at
	// once rather than never.
	if when, err := schedule.Parse(t.Alert.Schedule); err == nil {
		if next := when.Next(now, schedule.ZoneOf(t.Alert.Zone)); !next.IsZero() {
			d.Due = next
		}
	}
	return d, true
}

// Run delivers until the context ends. It holds turn while it looks for what is due. Each alert with
// deliveries has its own goroutine, so a receiver that does not answer delays no other alert.
func (q *Queue) Run(ctx context.Context, turn *semaphore.Weighted) {
	due := func(ctx context.Context) []news.Alert {
		due, err := q.store.DueAlerts(ctx, q.now())
		if news.IsFault(ctx, err) {
			q.log.Error("alerts could not be read; the next tick tries again", "error", err)
		}
		return due
	}
	outbox.Run(ctx, turn, due, func(a news.Alert) int64 { return a.ID }, func(ctx context.Context, a news.Alert) {
		if _, _, err := q.sendDue(ctx, a, time.Time{}); news.IsFault(ctx, err) {
			q.log.Error("how an alert went could not be kept; the next tick tries again", "alert", a.ID, "error", err)
		}
	})
}

// Deliver sends all due deliveries, the alerts at the same time, until budget is used up. A message that has begun may
// take as long as it needs. Failed deliveries wait for a later call. Deliver returns how many messages were accepted; the
// error is that of the store.
func (q *Queue) Deliver(ctx context.Context, budget time.Duration) (int, error) {
	ends, total := q.now().Add(budget), 0
	for q.now().Before(ends) {
		due, err := q.store.DueAlerts(ctx, q.now())
		if err != nil || len(due) == 0 {
			return total, err
		}
		sent, ours := make([]int, len(due)), make([]bool, len(due))
		g, gctx := errgroup.WithContext(ctx)
		for i, a := range due {
			g.Go(func() (err error) {
				sent[i], ours[i], err = q.sendDue(gctx, a, ends)
				return err
			})
		}
		err = g.Wait()
		for _, s := range sent {
			total += s
		}
		if err != nil || !slices.Contains(ours, true) { // other nodes send them all
			return total, err
		}
	}
	return total, nil
}

// sendDue sends the due deliveries of one alert, unless another node does. It returns how many messages were accepted, and
// false for the work of another node. See sendClaimed.
func (q *Queue) sendDue(ctx context.Context, a news.Alert, ends time.Time) (sent int, ours bool, err error) {
	one, _ := q.sending.LoadOrStore(a.ID, semaphore.NewWeighted(1))
	if lock, ok := one.(*semaphore.Weighted); ok {
		if err := lock.Acquire(ctx, 1); err != nil {
			return 0, false, err
		}
		defer lock.Release(1)
	}
	ours, err = q.store.WithLease(ctx, fmt.Sprint("alert ", a.ID), func(ctx context.Context) (err error) {
		sent, err = q.sendClaimed(ctx, a, ends)
		return err
	})
	if errors.Is(err, store.ErrLeaseLost) {
		q.log.Warn("the messages of an alert were left to another node", "alert", a.ID, "error", err)
		err = nil
	}
	return sent, ours, err
}

// sendClaimed sends the due deliveries of one alert, one message after the other, until one fails or the time ends is
// reached. A zero ends sets no limit. It returns how many messages were accepted.
func (q *Queue) sendClaimed(ctx context.Context, a news.Alert, ends time.Time) (sent int, err error) {
	if a, err = q.store.Alert(ctx, a.ID); err != nil || a.Ended || a.Next.After(q.now()) {
		return 0, news.IgnoreNotFound(err) // the alert was removed, or another goroutine has sent its deliveries
	}
	if until := quietUntil(a, q.now()); until.After(q.now()) { // what was due before was not sent, as nobody was there to do it
		return 0, q.store.PostponeDeliveries(ctx, a.ID, until)
	}
	topic, err := q.store.TopicByID(ctx, a.Topic)
	if err != nil {
		return 0, news.IgnoreNotFound(err)
	}
	for range alertMessages {
		if !ends.IsZero() && !q.now().Before(ends) {
			return sent, nil
		}
		m, err := q.message(ctx, a, topic)
		if err != nil || len(m.Items) == 0 {
			return sent, err
		}
		ok, err := q.send(ctx, m)
		if err != nil || !ok {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

// message returns the next message of an alert. A mail has all due stories, other kinds have one. It drops deliveries
// whose stories have no articles any more.
func (q *Queue) message(ctx context.Context, a news.Alert, topic news.Topic) (message, error) {
	m := message{Alert: a, Topic: topic}
	limit := 1
	if a.Kind == news.AlertEmail {
		limit = mailStories
	}
	for len(m.Items) == 0 {
		due, err := q.store.DueDeliveries(ctx, a.ID, q.now(), limit)
		if err != nil || len(due) == 0 {
			return m, err
		}
		var gone []string
		for _, d := range due {
			story, err := q.stories.Story(ctx, d.Story)
			switch {
			case errors.Is(err, news.ErrNotFound):
				gone = append(gone, d.ID)
			case err != nil:
				return m, err
			case story.ID != d.Story: // it has just gone into another story, which may have been told of
			case len(story.Members) == 0: // the story was aged out
				gone = append(gone, d.ID)
			default:
				m.Items = append(m.Items, messageItem{Delivery: d, Story: story})
			}
		}
		if err := q.store.ForgetDeliveries(ctx, gone); err != nil {
			return m, err
		}
	}
	return m, nil
}

// send sends a message once and stores the result. If ctx ended first, nothing is stored as a failure: the delivery is
// still due.
func (q *Queue) send(ctx context.Context, m message) (ok bool, err error) {
	problem := q.sender.send(ctx, m)
	if problem != nil && ctx.Err() != nil {
		return false, ctx.Err()
	}
	ctx = context.WithoutCancel(ctx)         // a result has to be stored even when the program ends, or an accepted message would be sent again
	a, err := q.store.Alert(ctx, m.Alert.ID) // its failures may have changed meanwhile
	if err != nil {
		return false, news.IgnoreNotFound(err)
	}
	at := attempt(a, m.Items, problem, q.now())
	lost, err := q.store.RecordAttempt(ctx, at)
	if err != nil {
		return false, err
	}
	if q.Metrics != nil {
		outcome := observe.Accepted
		if problem != nil {
			outcome = observe.Failed
		}
		q.Metrics.Messages.WithLabelValues(string(a.Kind), outcome).Inc()
		q.Metrics.GivenUp.Add(float64(lost))
	}
	switch { // a failure is logged once, and the recovery once
	case at.Problem == "" && a.Failures > 0:
		q.log.Info("an alert goes out again", "alert", a.ID, "kind", a.Kind)
	case at.Ended:
		q.log.Warn("an alert has ended: its receiver wants no more", "alert", a.ID, "kind", a.Kind)
	case at.Problem != "" && a.Failures == 0:
		q.log.Warn("an alert does not go out; it is tried again for about two days", "alert", a.ID, "kind", a.Kind, "problem", at.Problem)
	}
	if lost > 0 {
		q.log.Warn("stories that an alert could not tell of for two days were given up", "alert", a.ID, "kind", a.Kind, "stories", lost)
	}
	return problem == nil, nil
}

// attempt returns what follows from the result of sending some deliveries of an alert: after a failure, when to try again.
func attempt(a news.Alert, sent []messageItem, problem error, now time.Time) store.Attempt {
	at := store.Attempt{Alert: a.ID, At: now, MaxTries: maxTries}
	tries := 0
	for _, item := range sent {
		at.IDs = append(at.IDs, item.ID)
		tries = max(tries, item.Tries)
	}
	if problem == nil {
		return at
	}
	at.Problem = outbox.Problem(problem, a.Secret)
	if refused, ok := errors.AsType[*outbox.Refusal](problem); ok {
		at.Ended = refused.Final
	}
	at.Due = quietUntil(a, now.Add(outbox.Wait(problem, tries+1)))
	at.Next = now.Add(outbox.Wait(problem, a.Failures+1))
	if !a.Failing.IsZero() && now.Sub(a.Failing) >= giveUpAfter {
		at.Stale = now.Add(-giveUpAfter)
	}
	return at
}

// quietUntil returns t, or the end of the alert's quiet hours in which t is.
func quietUntil(a news.Alert, t time.Time) time.Time {
	when, err := schedule.Parse(a.Schedule)
	if err != nil || !when.Quiet.Any() {
		return t
	}
	return schedule.Schedule{Quiet: when.Quiet}.Next(t, schedule.ZoneOf(a.Zone))
}
