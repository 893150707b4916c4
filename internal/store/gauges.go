package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"headwater/internal/news"
)

// Gauges are what waits and what is failing at one moment, for whoever watches over an installation. Any process may read
// them, whichever does the work.
type Gauges struct {
	Feeds       map[news.FeedState]int // by the result of their last poll; paused feeds are not among them
	PausedFeeds int
	DueFeeds    int
	DueSince    time.Time // when the feed became due that has waited longest, of those that were polled before; zero for none

	AskedHosts        int // that a node asks for feeds or pages now, or that have the pause after it
	RestingHosts      int // that asked to be left alone
	WholePageHosts    int // of which pages of items that are cut short wait to be fetched
	CreditedPageHosts int // of which pages that articles credit wait to be fetched

	Topics, Alerts Backlog // behind the log of stories
	Settle         Backlog // behind the log of articles

	Deliveries    int       // of alerts, that wait to be sent
	DeliveryDue   time.Time // when the first of them is due; zero for none
	FailingAlerts int       // whose last message was not accepted
	Corrections   int       // that wait for the process that settles
	Nodes         int       // processes that work on the database
}

// Backlog says how far a stage is behind a log.
type Backlog struct {
	Mark    int64 // the stage has read the log up to it
	End     int64 // the highest number of the log
	Entries int   // that the stage has to read
}

const (
	feedStatesSQL   = `SELECT state, paused, count(*) FROM feeds WHERE removed = 0 GROUP BY state, paused`
	dueFeedsSQL     = `SELECT count(*), coalesce(min(iif(due > 0, due, NULL)), 0) FROM feeds WHERE removed = 0 AND state <> 'gone' AND paused = 0 AND due <= ?`
	askedHostsSQL   = `SELECT count(*) FROM poll_hosts WHERE until > ?`
	restingHostsSQL = `SELECT count(*) FROM resting WHERE until > ?`
	pageHostsSQL    = `SELECT count(*) FROM page_hosts WHERE queue = ? AND waiting = 1`
	outboxSQL       = `SELECT coalesce(sum((SELECT count(*) FROM alert_outbox AS o WHERE o.alert_id = alerts.id)), 0),
		coalesce(min((SELECT min(o.due) FROM alert_outbox AS o WHERE o.alert_id = alerts.id)), 0), coalesce(sum(iif(failures > 0, 1, 0)), 0) FROM alerts`
	correctionsAskedSQL = `SELECT count(*) FROM correction_requests WHERE done = 0`
	changesAfterSQL     = `SELECT count(*) FROM story_log WHERE seq > ?`
)

// Gauges reads the gauges. Each statement reads an index that has what waits, or the feeds or alerts.
func (db *DB) Gauges(ctx context.Context, now time.Time) (Gauges, error) {
	var g Gauges
	nodes, err := db.Nodes(ctx)
	if err != nil {
		return g, err
	}
	for _, n := range nodes {
		if n.Works() {
			g.Nodes++
		}
	}
	clock, err := db.Clock(ctx, now) // leases of hosts go by it
	if err != nil {
		return g, err
	}
	err = db.read(ctx, "gauges", func(t *sql.Tx) error {
		g.Feeds, g.PausedFeeds = map[news.FeedState]int{}, 0
		if err := eachRow(ctx, t.QueryContext, func(row scanner) error {
			var state news.FeedState
			var paused bool
			var n int
			if err := row.Scan(&state, &paused, &n); err != nil {
				return err
			}
			if paused {
				g.PausedFeeds += n
			} else {
				g.Feeds[state] += n
			}
			return nil
		}, feedStatesSQL); err != nil {
			return err
		}
		var due, delivery int64
		for _, q := range []struct {
			query string
			args  []any
			into  []any
		}{
			{dueFeedsSQL, []any{millis(now)}, []any{&g.DueFeeds, &due}},
			{askedHostsSQL, []any{millis(clock)}, []any{&g.AskedHosts}},
			{restingHostsSQL, []any{millis(now)}, []any{&g.RestingHosts}},
			{pageHostsSQL, []any{queuePages}, []any{&g.WholePageHosts}},
			{pageHostsSQL, []any{queueCredited}, []any{&g.CreditedPageHosts}},
			{outboxSQL, nil, []any{&g.Deliveries, &delivery, &g.FailingAlerts}},
			{correctionsAskedSQL, nil, []any{&g.Corrections}},
			{watermarkSQL, []any{watermarkSettle}, []any{&g.Settle.Mark}},
			{watermarkSQL, []any{watermarkLog}, []any{&g.Settle.End}},
			{watermarkSQL, []any{watermarkTopics}, []any{&g.Topics.Mark}},
			{watermarkSQL, []any{watermarkAlerts}, []any{&g.Alerts.Mark}},
			{watermarkSQL, []any{watermarkStories}, []any{&g.Topics.End}},
		} {
			if err := t.QueryRowContext(ctx, q.query, q.args...).Scan(q.into...); err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		g.DueSince, g.DeliveryDue, g.Alerts.End = fromMillis(due), fromMillis(delivery), g.Topics.End
		for _, b := range []struct {
			query string
			of    *Backlog
		}{{countAfterSQL, &g.Settle}, {changesAfterSQL, &g.Topics}, {changesAfterSQL, &g.Alerts}} {
			if err := t.QueryRowContext(ctx, b.query, b.of.Mark).Scan(&b.of.Entries); err != nil {
				return err
			}
		}
		return nil
	})
	return g, err
}
