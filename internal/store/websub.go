package store

import (
	"context"
	"fmt"
	"time"

	"headwater/internal/news"
)

const subscriptionColumns = `id, feed_id, hub, topic, secret, ending, asked, next, until, failures, problem`

// scanSubscription returns a subscription whose secret is damaged as ending: what is pushed by it is refused, its hub is asked to
// unsubscribe, and the next poll of its feed subscribes anew.
func (db *DB) scanSubscription(row scanner) (s news.Subscription, err error) {
	var asked, next, until int64
	err = row.Scan(&s.ID, &s.Feed, &s.Hub, &s.Topic, &s.Secret, &s.Ending, &asked, &next, &until, &s.Failures, &s.Problem)
	if err != nil {
		return s, asNotFound(err)
	}
	s.Asked, s.Next, s.Until = fromMillis(asked), fromMillis(next), fromMillis(until)
	stored := s.Secret
	s.Secret, err = db.unsealed(subscriptionSecret, s.ID, stored)
	s.Ending = s.Ending || s.Secret == "" && stored != ""
	return s, err
}

const subscriptionSQL = `SELECT ` + subscriptionColumns + ` FROM subscriptions WHERE id = ?`

// Subscription returns the subscription with a callback's id, or news.ErrNotFound.
func (db *DB) Subscription(ctx context.Context, id string) (news.Subscription, error) {
	return rowOf(ctx, db, "subscription", db.scanSubscription, subscriptionSQL, text(id)) // the error does not name the id, which is a secret
}

const subscriptionOfSQL = `SELECT ` + subscriptionColumns + ` FROM subscriptions WHERE feed_id = ? AND ending = 0`

// SubscriptionOf returns a feed's subscription, or news.ErrNotFound. One that is ending does not count.
func (db *DB) SubscriptionOf(ctx context.Context, feed int64) (news.Subscription, error) {
	s, err := rowOf(ctx, db, fmt.Sprint("subscription of feed ", feed), db.scanSubscription, subscriptionOfSQL, feed)
	if err == nil && s.Ending {
		return news.Subscription{}, fmt.Errorf("subscription of feed %d: its secret is damaged: %w", feed, news.ErrNotFound)
	}
	return s, err
}

// Hubs of removed feeds are asked to unsubscribe, whenever they were to be asked next.
const dueSubscriptionsSQL = `SELECT ` + subscriptionColumns + ` FROM subscriptions WHERE next <= ?1
	UNION SELECT s.id, s.feed_id, s.hub, s.topic, s.secret, 1, s.asked, s.next, s.until, s.failures, s.problem
	FROM subscriptions AS s JOIN feeds AS f ON f.id = s.feed_id WHERE f.removed <> 0 AND s.ending = 0 ORDER BY id`

// DueSubscriptions returns the subscriptions whose hub is to be asked at now. Those of removed feeds are returned as
// ending.
func (db *DB) DueSubscriptions(ctx context.Context, now time.Time) ([]news.Subscription, error) {
	return rowsOf(ctx, db, "due subscriptions", db.scanSubscription, dueSubscriptionsSQL, millis(now))
}

const (
	endOthersSQL = `UPDATE subscriptions SET ending = 1, failures = 0, next = 0 WHERE feed_id = ? AND ending = 0`
	addSubSQL    = `INSERT INTO subscriptions (` + subscriptionColumns + `) SELECT ?1, id, ?3, ?4, ?5, 0, 0, ?6, 0, 0, '' FROM feeds WHERE id = ?2 AND removed = 0`
)

// Subscribe stores a new subscription. The feed's former subscription is ending from now on. A zero ID and Hub only end
// the former one. A feed that was removed meanwhile gets none.
func (db *DB) Subscribe(ctx context.Context, s news.Subscription) error {
	return db.write(ctx, fmt.Sprintf("subscribe to feed %d", s.Feed), func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, endOthersSQL, s.Feed); err != nil || s.ID == "" {
			return err
		}
		secret, err := t.sealed(ctx, subscriptionSecret, text(s.ID), s.Secret)
		if err != nil {
			return err
		}
		return t.exec(ctx, addSubSQL, text(s.ID), s.Feed, text(s.Hub), text(s.Topic), text(secret), millis(s.Next))
	})
}

const changeSubscriptionSQL = `UPDATE subscriptions SET ending = ?, asked = ?, next = ?, until = ?, failures = ?, problem = ? WHERE id = ?`

// ChangeSubscription reads, changes and stores a subscription in one transaction. Its addresses and secret can't be
// changed. It returns news.ErrNotFound for an unknown id. Change returns news.ErrNotFound to store nothing.
func (db *DB) ChangeSubscription(ctx context.Context, id string, change func(*news.Subscription) error) error {
	return db.write(ctx, "change a subscription", func(ctx context.Context, t tx) error {
		s, err := db.scanSubscription(t.QueryRowContext(ctx, subscriptionSQL, text(id)))
		if err != nil {
			return err
		}
		if err := change(&s); err != nil {
			return err
		}
		return t.exec(ctx, changeSubscriptionSQL, s.Ending, millis(s.Asked), millis(s.Next), millis(s.Until), s.Failures, text(s.Problem), s.ID)
	})
}

const forgetSubscriptionSQL = `DELETE FROM subscriptions WHERE id = ?`

// ForgetSubscription deletes a subscription that has ended.
func (db *DB) ForgetSubscription(ctx context.Context, id string) error {
	return db.exec(ctx, "forget a subscription", forgetSubscriptionSQL, text(id))
}

const renewSubscriptionsSQL = `UPDATE subscriptions SET next = 0, failures = failures + 1 WHERE ending = 0`

// RenewSubscriptions makes the renewal of every subscription due now. No hub is relied on until it has verified its
// subscription again.
func (db *DB) RenewSubscriptions(ctx context.Context) error {
	return db.exec(ctx, "ask the hubs anew", renewSubscriptionsSQL)
}

const countSubscriptionsSQL = `SELECT count(*), count(*) FILTER (WHERE until > ? AND failures = 0) FROM subscriptions WHERE ending = 0`

// CountSubscriptions counts the feeds that announce a hub, and those of them whose hub can be relied on at now.
func (db *DB) CountSubscriptions(ctx context.Context, now time.Time) (all, live int, err error) {
	_, err = rowOf(ctx, db, "count subscriptions", func(row scanner) (struct{}, error) {
		return struct{}{}, row.Scan(&all, &live)
	}, countSubscriptionsSQL, millis(now))
	return all, live, err
}

const pollPushedFeedsSQL = `UPDATE feeds SET due = min(due, ?1 + (id * 2654435761) % ?2) WHERE removed = 0
	AND (SELECT max(checked) FROM feeds) < ?3 AND id IN (SELECT feed_id FROM subscriptions WHERE ending = 0)`

// PollPushedFeeds schedules polls of the feeds that hubs push, if no feed at all was polled since a time: the program did
// not run then and may have missed pushes. The polls are spread over the duration within, from now on.
func (db *DB) PollPushedFeeds(ctx context.Context, since, now time.Time, within time.Duration) error {
	return db.exec(ctx, "poll what hubs may have pushed", pollPushedFeedsSQL, millis(now), max(within.Milliseconds(), 1), millis(since))
}
