package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"headwater/internal/news"
)

// clockSlack is how far ahead of now a stored time may be without a fault of the clock: now is read before it is used.
const clockSlack = time.Minute

const (
	clampFeedsSQL = `UPDATE feeds SET due = CASE WHEN checked > ?2 THEN ?1 + max(min(due - checked, ?3 - ?1), 0) WHEN due > ?3 THEN ?1 ELSE due END,
		added = min(added, ?1), checked = min(checked, ?1), changed = min(changed, ?1), whole = min(whole, ?1), moved_first = min(moved_first, ?1)
		WHERE removed = 0 AND state <> 'gone' AND (checked > ?2 OR added > ?2 OR due > ?3)`
	clampRestsSQL         = `DELETE FROM resting WHERE until > ?`
	clampSubscriptionsSQL = `UPDATE subscriptions SET next = ?1 + max(next - asked, 0), until = CASE until WHEN 0 THEN 0 ELSE ?1 + max(until - asked, 0) END,
		asked = ?1 WHERE asked > ?2`
	clampAlertsSQL = `UPDATE alerts SET added = min(added, ?1), failing = min(failing, ?1), next = CASE WHEN next > ?3 THEN ?1 ELSE next END
		WHERE added > ?2 OR failing > ?2 OR next > ?3`
	// A mail may be due in a year, by its schedule, but not before it was queued.
	clampDeliveriesSQL = `UPDATE alert_outbox SET since = min(since, ?1), due = ?1
		WHERE since > ?2 OR due > ?3 AND (SELECT schedule FROM alerts AS a WHERE a.id = alert_id) IN ('', '` + news.AtOnce + `')`
	// A quota that began ahead of the clock ends as far ahead.
	clampQueuesSQL = `UPDATE page_hosts SET free = ?1, rests = min(rests, ?1) WHERE queue = ?4 AND waiting = 1 AND free > ?2
		AND (free > ?3 OR began > ?2)`
	// There is no index by the time of single pages: these run only where the others found something.
	clampPagesSQL   = `UPDATE pages SET due = ?1 WHERE state = '' AND due > ?2`
	clampSourcesSQL = `UPDATE sources SET due = ?1 WHERE ` + sourcePending + ` AND due > ?2`
)

// ClampWaits corrects waits that were stored while the clock was ahead. A wait of a feed, or of a subscription and its
// lease, lasts as long as it did, counted from now. One that lasts longer than any does is over: of feeds, hosts, pages,
// alerts and their messages. It gives the number of waits. The tables are as small as the lists of feeds and alerts, or
// have an index by the time.
func (db *DB) ClampWaits(ctx context.Context, at time.Time, longest time.Duration) (n int64, err error) {
	now, slack, most := millis(at), millis(at.Add(clockSlack)), millis(at.Add(longest))
	type wait struct {
		query string
		args  []any
	}
	err = db.write(ctx, "pull waits back to now", func(ctx context.Context, t tx) error {
		pull := func(waits ...wait) (n int64, err error) {
			for _, w := range waits {
				changed, err := t.affected(ctx, w.query, w.args...)
				if err != nil {
					return n, err
				}
				n += int64(changed)
			}
			return n, nil
		}
		n, err = pull(
			wait{clampFeedsSQL, []any{now, slack, most}},
			wait{clampRestsSQL, []any{most}},
			wait{clampSubscriptionsSQL, []any{now, slack}},
			wait{clampAlertsSQL, []any{now, slack, most}},
			wait{clampDeliveriesSQL, []any{now, slack, most}},
			wait{clampQueuesSQL, []any{now, slack, most, queuePages}},
			wait{clampQueuesSQL, []any{now, slack, most, queueSources}},
		)
		if err != nil || n == 0 {
			return err
		}
		single := millis(at.Add(sourceAgain + clockSlack)) // no single page waits longer: a lease is shorter
		_, err := pull(wait{clampPagesSQL, []any{now, single}}, wait{clampSourcesSQL, []any{now, single}})
		return err
	})
	return n, err
}

const (
	anyArticleAheadSQL = `SELECT 1 FROM articles WHERE seen > ? LIMIT 1`
	anyStoryAheadSQL   = `SELECT 1 FROM stories WHERE changed > ? LIMIT 1`
	aheadSince         = "times ahead since"
	redateBatch        = 500 // articles, and stories, in one transaction
	aheadSeenSQL       = `SELECT id FROM articles WHERE seen > ? ORDER BY seen, id LIMIT ?`
	seenNowSQL         = `UPDATE articles SET seq = ?1, seen = ?2, time = min(time, ?2) WHERE id = ?3`
	aheadMovedSQL      = `SELECT id FROM stories WHERE changed > ? ORDER BY changed, id LIMIT ?`
	movedNowSQL        = `UPDATE stories SET changed = ? WHERE id IN (SELECT value FROM json_each(?))`
)

// Redate dates articles and stories of the future now, once there have been any for the time after, by the clock of now.
// Where the clock of now is behind, as when a machine starts, it is put right before that, and nothing is redated. The
// articles get a new entry in the log, so that their stories are weighed and indexed anew. It gives the number of articles.
func (db *DB) Redate(ctx context.Context, now time.Time, after time.Duration) (n int, err error) {
	limit := millis(now.Add(clockSlack))
	articles, errArticles := db.number(ctx, "articles ahead of the clock", anyArticleAheadSQL, limit)
	stories, errStories := db.number(ctx, "stories ahead of the clock", anyStoryAheadSQL, limit)
	value, err := db.Setting(ctx, aheadSince)
	ahead := articles+stories > 0
	if err := errors.Join(errArticles, errStories, err); err != nil || !ahead && value == "" {
		return 0, err
	}
	if !ahead {
		return 0, db.SetSetting(ctx, aheadSince, "")
	}
	since, err := strconv.ParseInt(value, 10, 64)
	if err != nil || since > limit {
		return 0, db.SetSetting(ctx, aheadSince, strconv.FormatInt(millis(now), 10))
	}
	if millis(now)-since < after.Milliseconds() {
		return 0, nil
	}
	for more := true; more && err == nil; {
		var some int
		some, more, err = db.redate(ctx, millis(now), limit)
		n += some
	}
	return n, err
}

func (db *DB) redate(ctx context.Context, now, limit int64) (n int, more bool, err error) {
	err = db.write(ctx, "put the clock of articles right", func(ctx context.Context, t tx) error {
		ids, err := t.ids(ctx, aheadSeenSQL, limit, redateBatch)
		if err != nil {
			return err
		}
		c := logWriter{tx: t}
		if err := c.begin(ctx); err != nil {
			return err
		}
		for _, id := range ids {
			c.seq++
			if err := t.exec(ctx, seenNowSQL, c.seq, now, id); err != nil {
				return err
			}
		}
		stories, err := t.ids(ctx, aheadMovedSQL, limit, redateBatch)
		if err != nil {
			return err
		}
		moved := idList(stories)
		if err := t.exec(ctx, movedNowSQL, now, moved); err != nil {
			return err
		}
		if err := t.all(ctx, []string{removeFromFeedListsSQL, addToFeedListsSQL}, moved); err != nil {
			return err
		}
		n, more = len(ids), max(len(ids), len(stories)) == redateBatch
		return c.appendLog(ctx)
	})
	return n, more, err
}
