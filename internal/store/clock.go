package store

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// clockSlack is how far ahead of now a stored time may be while the clock still counts as right. The value of now is read
// some time before it is used.
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
	// A mail with a schedule may be due up to a year ahead. It can't have been queued in the future. 'each' was "at once" once.
	clampDeliveriesSQL = `UPDATE alert_outbox SET since = min(since, ?1), due = ?1
		WHERE since > ?2 OR due > ?3 AND EXISTS (SELECT 1 FROM alerts AS a WHERE a.id = alert_id AND (schedule IN ('', 'each') OR schedule LIKE 'at once%'))`
	// A period of a host's quota that began in the future would also end too late, so it ends now.
	clampQueuesSQL = `UPDATE page_hosts SET free = ?1, rests = min(rests, ?1) WHERE queue = ?4 AND waiting = 1 AND free > ?2
		AND (free > ?3 OR began > ?2)`
	// A run of polls that ended in the future would take no poll until then. This too runs only where the ones above changed something.
	clampRunsSQL    = `UPDATE feed_polls SET last = max(first, ?1) WHERE last > ?2`
	dropRunAheadSQL = `DELETE FROM feed_polls WHERE first > ?`
	// Single pages have no index by time. So these statements run only where the ones above changed something.
	clampPagesSQL         = `UPDATE pages SET due = ?1 WHERE state = '' AND due > ?2`
	clampCreditedPagesSQL = `UPDATE sources SET due = ?1 WHERE ` + creditedPagePending + ` AND due > ?2`
)

// ClampWaits corrects waiting times that were stored while the clock was ahead, and returns how many. A wait of a feed,
// of a subscription, or of its lease keeps its length and starts now. Waits of feeds, hosts, pages, alerts and deliveries
// that exceed the longest possible wait end now. Each table it reads is either as small as the lists of feeds and alerts,
// or indexed by that time.
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
			wait{clampTargetsSQL, []any{now, slack, most}},
			wait{clampSavingsSQL, []any{now, slack, most}},
			wait{clampQueuesSQL, []any{now, slack, most, queuePages}},
			wait{clampQueuesSQL, []any{now, slack, most, queueCredited}},
		)
		if err != nil || n == 0 {
			return err
		}
		single := millis(at.Add(creditedPageRetry + clockSlack)) // no page waits longer than this; leases are shorter
		_, err := pull(
			wait{clampPagesSQL, []any{now, single}}, wait{clampCreditedPagesSQL, []any{now, single}},
			wait{clampRunsSQL, []any{now, slack}}, wait{dropRunAheadSQL, []any{slack}},
		)
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

// Redate changes future times of articles and stories to now, and returns the number of articles. It does so only after
// future times have been there for the duration after, measured by the clock of now. A clock that is behind, as when a
// machine starts, is usually corrected before that, and nothing changes. The articles get new log entries, so that they
// are settled and indexed again.
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
