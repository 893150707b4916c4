package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
	"headwater/internal/seal"
	"headwater/internal/weburl"
)

const alertColumns = `a.id, a.topic_id, a.kind, a.target, coalesce(a.user_id, 0), a.secret, a.schedule, a.zone, a.again_outlets, a.again_original, a.added, a.ended, a.failures,
	a.failing, a.problem, a.next, (SELECT count(*) FROM alert_outbox AS o WHERE o.alert_id = a.id)`

func (db *DB) scanAlert(row scanner) (news.Alert, error) { return db.scanAlertAfter(row) }

// scanAlertAfter scans the columns before, and then alertColumns into an alert.
func (db *DB) scanAlertAfter(row scanner, before ...any) (a news.Alert, err error) {
	var added, failing, next int64
	err = row.Scan(append(before,
		&a.ID, &a.Topic, &a.Kind, &a.Target, &a.User, &a.Secret, &a.Schedule, &a.Zone, &a.AgainOutlets, &a.AgainOriginal, &added, &a.Ended, &a.Failures,
		&failing, &a.Problem, &next, &a.Waiting)...)
	if err != nil {
		return a, err
	}
	a.Added, a.Failing, a.Next = fromMillis(added), fromMillis(failing), fromMillis(next)
	a.Secret, err = db.unsealed(alertSecret, a.ID, a.Secret)
	return a, err
}

// addAlertSQL is no ON CONFLICT, since PostgreSQL would use up an id that people see.
const addAlertSQL = `INSERT INTO alerts (topic_id, kind, target, secret, schedule, zone, again_outlets, again_original, added, user_id, after)
	SELECT t.id, ?2, ?3, '', ?4, ?5, ?6, ?7, ?8, nullif(?9, 0), ` + lastChangeSQL + ` FROM topics AS t
	WHERE t.id = ?1 AND NOT EXISTS (SELECT 1 FROM alerts AS a WHERE a.topic_id = ?1 AND a.kind = ?2 AND a.target = ?3
		AND coalesce(a.user_id, 0) = ?9) RETURNING id`

// AddAlert stores an alert and returns its id. The alert tells of stories that begin to match its topic from now on. It
// returns news.ErrExists where the topic has an alert of the same user with the same target already. A zero Added means now.
func (db *DB) AddAlert(ctx context.Context, a news.Alert) (id int64, err error) {
	if a.Added.IsZero() {
		a.Added = time.Now()
	}
	if err := weburl.CheckLength(text(a.Target)); err != nil {
		return 0, &news.AlertError{Field: "target", Text: err.Error()}
	}
	if err := checkSecret(a.Secret); err != nil {
		return 0, err
	}
	err = db.write(ctx, "add an alert", func(ctx context.Context, t tx) error {
		err := t.QueryRowContext(ctx, addAlertSQL, a.Topic, string(a.Kind), text(a.Target), text(a.Schedule), text(a.Zone),
			a.AgainOutlets, a.AgainOriginal, millis(a.Added), a.User).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return news.ErrExists
		}
		if err != nil || a.Secret == "" {
			return err
		}
		return t.setSecret(ctx, alertSecret, id, a.Secret)
	})
	return id, err
}

// checkSecret refuses a secret that looks like what the column holds of an encrypted one.
func checkSecret(secret string) error {
	if seal.Sealed(secret) {
		return &news.AlertError{Field: "secret", Text: "it begins as an encrypted secret does; have another one made"}
	}
	return nil
}

const (
	alertTargetTakenSQL = `SELECT count(*) FROM alerts AS a CROSS JOIN alerts AS x
		WHERE a.id = ?1 AND x.topic_id = a.topic_id AND x.kind = a.kind AND x.target = ?2
			AND coalesce(x.user_id, 0) = coalesce(a.user_id, 0) AND x.id <> a.id`
	changeAlertSQL = `UPDATE alerts SET target = ?2, secret = ?3, schedule = ?4, zone = ?5, again_outlets = ?6, again_original = ?7 WHERE id = ?1`
	rescheduleSQL  = `UPDATE alert_outbox SET due = ?2 WHERE alert_id = ?1`
	postponeSQL    = `UPDATE alert_outbox SET due = ?2 WHERE alert_id = ?1 AND due < ?2`
)

// ChangeAlert changes the target, secret, schedule and options of the alert with that ID. What waits is due at the given time. It
// returns news.ErrExists where its user has another alert of the topic with the same target, and news.ErrNotFound for an unknown alert.
func (db *DB) ChangeAlert(ctx context.Context, a news.Alert, due time.Time) error {
	if err := weburl.CheckLength(text(a.Target)); err != nil {
		return &news.AlertError{Field: "target", Text: err.Error()}
	}
	if err := checkSecret(a.Secret); err != nil {
		return err
	}
	return db.write(ctx, fmt.Sprint("change alert ", a.ID), func(ctx context.Context, t tx) error {
		var taken bool
		if err := t.scan(ctx, []any{&taken}, alertTargetTakenSQL, a.ID, text(a.Target)); err != nil {
			return err
		}
		if taken {
			return news.ErrExists
		}
		secret, err := t.sealed(ctx, alertSecret, a.ID, a.Secret)
		if err != nil {
			return err
		}
		err = t.execFound(ctx, changeAlertSQL, a.ID, text(a.Target), text(secret), text(a.Schedule), text(a.Zone), a.AgainOutlets, a.AgainOriginal)
		if err != nil {
			return err
		}
		return t.exec(ctx, rescheduleSQL, a.ID, millis(due))
	})
}

// PostponeDeliveries makes the deliveries of an alert due at a time at the earliest.
func (db *DB) PostponeDeliveries(ctx context.Context, alert int64, due time.Time) error {
	return db.exec(ctx, "postpone deliveries", postponeSQL, alert, millis(due))
}

const alertSQL = `SELECT ` + alertColumns + ` FROM alerts AS a WHERE a.id = ?`

// Alert returns an alert, or news.ErrNotFound.
func (db *DB) Alert(ctx context.Context, id int64) (news.Alert, error) {
	return rowOf(ctx, db, fmt.Sprint("alert ", id), db.scanAlert, alertSQL, id)
}

const (
	alertsSQL    = `SELECT ` + alertColumns + ` FROM alerts AS a WHERE a.topic_id = ? ORDER BY a.id`
	allAlertsSQL = `SELECT ` + alertColumns + ` FROM alerts AS a ORDER BY a.id`
	dueAlertsSQL = `SELECT ` + alertColumns + ` FROM alerts AS a WHERE a.ended = 0 AND a.next <= ?1
		AND EXISTS (SELECT 1 FROM alert_outbox AS o WHERE o.alert_id = a.id AND o.due <= ?1 AND ` + unmergedSQL + `) ORDER BY a.id`
	// unmergedSQL leaves out deliveries of a story that has gone into another. QueueAlerts moves them there, or drops them where
	// the other story was told of.
	unmergedSQL = `NOT EXISTS (SELECT 1 FROM redirects AS r WHERE r.old = o.story_id)`
)

// Alerts returns the alerts of a topic, in the order in which they were added.
func (db *DB) Alerts(ctx context.Context, topic int64) ([]news.Alert, error) {
	return rowsOf(ctx, db, "alerts", db.scanAlert, alertsSQL, topic)
}

// AllAlerts returns the alerts of all topics.
func (db *DB) AllAlerts(ctx context.Context) ([]news.Alert, error) {
	return rowsOf(ctx, db, "alerts", db.scanAlert, allAlertsSQL)
}

// DueAlerts returns the alerts with deliveries that are due at now.
func (db *DB) DueAlerts(ctx context.Context, now time.Time) ([]news.Alert, error) {
	return rowsOf(ctx, db, "alerts", db.scanAlert, dueAlertsSQL, millis(now))
}

// skipKnownStoriesSQL moves an alert past the stories that its topic matched when the topic was filled.
const skipKnownStoriesSQL = `UPDATE alerts SET after = max(after, (SELECT seen FROM topics WHERE id = ?1)) WHERE topic_id = ?1`

const removeAlertSQL = `DELETE FROM alerts WHERE id = ?`

// RemoveAlert removes an alert with its queued deliveries. It returns news.ErrNotFound for an unknown alert.
func (db *DB) RemoveAlert(ctx context.Context, id int64) error {
	return db.execFound(ctx, fmt.Sprint("remove alert ", id), removeAlertSQL, id)
}

// watermarkAlerts names the watermark of alerts in the story log. It never passes watermarkTopics.
const watermarkAlerts = "alerts"

// archiveAge is in milliseconds: one day. Alerts tell of articles that were published at most this long before the alert
// and the feed were added. So a feed that is added today brings this morning's news, but not its archive.
const archiveAge = "86400000"

// AlertCandidate is a story of an alert's topic that is new or changed.
type AlertCandidate struct {
	Alert  news.Alert
	Story  int64
	Before *news.Notified // the state of the story when the alert last told of it; nil where it never did
	Now    news.Notified
}

const (
	alertWatermarksSQL = `SELECT coalesce((SELECT value FROM marks WHERE name = '` + watermarkAlerts + `'), 0),
		coalesce((SELECT value FROM marks WHERE name = '` + watermarkTopics + `'), 0)`
	changedSQL = `SELECT l.seq, l.story_id, coalesce(r.new, l.story_id) FROM story_log AS l LEFT JOIN redirects AS r ON r.old = l.story_id
		WHERE l.seq > ? AND l.seq <= ? ORDER BY l.seq LIMIT ?`
	// repeatsSQL finds the deliveries of merged stories, and of those that they went into, where another of these stories was
	// told of. They would tell of what is one story now once more.
	repeatsSQL = `FROM merged CROSS JOIN alert_outbox AS o CROSS JOIN alerts AS a WHERE o.story_id = merged.id AND a.id = o.alert_id
			AND EXISTS (SELECT 1 FROM merged AS y CROSS JOIN alert_told AS t WHERE y.target = merged.target AND t.alert_id = o.alert_id AND t.story_id = y.id
				AND t.story_id <> o.story_id
				AND CASE o.reason WHEN '` + string(news.ReasonGrown) + `' THEN t.outlets >= a.again_outlets
					WHEN '` + string(news.ReasonOriginal) + `' THEN t.original = 1 ELSE TRUE END
				AND NOT EXISTS (SELECT 1 FROM alert_outbox AS w WHERE w.alert_id = t.alert_id AND w.story_id = t.story_id AND w.reason = o.reason))`
	// mergedSQL has the merged stories, each with the story that it went into, and these stories themselves.
	mergedSQL = `WITH merged (id, target) AS (SELECT old, new FROM redirects WHERE new IN (SELECT value FROM json_each(?1))
		UNION SELECT new, new FROM redirects WHERE new IN (SELECT value FROM json_each(?1))) `
	// dropUntoldSQL has to come before dropRepeatsSQL. A story that nobody was told of is new if a later settlement takes the
	// merge back.
	dropUntoldSQL = mergedSQL + `DELETE FROM alert_told WHERE (alert_id, story_id) IN (SELECT o.alert_id, o.story_id ` + repeatsSQL + `
		AND o.reason = '` + string(news.ReasonNew) + `')`
	dropRepeatsSQL = mergedSQL + `DELETE FROM alert_outbox WHERE id IN (SELECT o.id ` + repeatsSQL + `)`
	// moveNotifiedSQL copies the rows of merged stories to the story that they went into, so that this one counts as told
	// too.
	moveNotifiedSQL = `INSERT INTO alert_told (alert_id, story_id, outlets, original)
		SELECT t.alert_id, r.new, max(t.outlets), max(t.original) FROM redirects AS r CROSS JOIN alert_told AS t
		WHERE r.new IN (SELECT value FROM json_each(?1)) AND t.story_id = r.old GROUP BY t.alert_id, r.new
		ON CONFLICT (alert_id, story_id) DO UPDATE SET outlets = max(alert_told.outlets, excluded.outlets),
			original = max(alert_told.original, excluded.original)`
	// dropWaitingSQL is dropUntoldSQL for the stories whose deliveries move to the story that they went into.
	dropWaitingSQL = `DELETE FROM alert_told WHERE story_id IN (SELECT old FROM redirects WHERE new IN (SELECT value FROM json_each(?1)))
		AND EXISTS (SELECT 1 FROM alert_outbox AS o WHERE o.alert_id = alert_told.alert_id AND o.story_id = alert_told.story_id
			AND o.reason = '` + string(news.ReasonNew) + `')`
	// moveOutboxSQL moves the deliveries of a merged story to the story that it went into. A delivery that this one has
	// already is not doubled.
	moveOutboxSQL = `UPDATE alert_outbox SET story_id = (SELECT new FROM redirects WHERE old = story_id)
		WHERE id IN (SELECT min(o.id) FROM redirects AS r CROSS JOIN alert_outbox AS o
			WHERE r.new IN (SELECT value FROM json_each(?1)) AND o.story_id = r.old
				AND NOT EXISTS (SELECT 1 FROM alert_outbox AS x WHERE x.alert_id = o.alert_id AND x.story_id = r.new AND x.reason = o.reason)
			GROUP BY o.alert_id, r.new, o.reason)`
	dropOutboxSQL      = `DELETE FROM alert_outbox WHERE story_id IN (SELECT old FROM redirects WHERE new IN (SELECT value FROM json_each(?1)))`
	alertCandidatesSQL = `SELECT s.id, s.outlets, s.origin_article, s.level, t.outlets, t.original, ` + alertColumns + `
		FROM json_each(?1) AS wanted CROSS JOIN stories AS s CROSS JOIN topic_stories AS m CROSS JOIN alerts AS a
		LEFT JOIN alert_told AS t ON t.alert_id = a.id AND t.story_id = s.id
		WHERE s.id = wanted.value AND m.story_id = s.id AND a.topic_id = m.topic_id AND a.ended = 0 AND m.seq > a.after
			AND (t.alert_id IS NOT NULL OR EXISTS (` + recentMemberSQL + `)) ORDER BY m.seq, a.id`
	// recentMemberSQL finds an article of the story that was published after the alert and its feed were added, or within
	// archiveAge before. Articles of an archive are older, or have no known date.
	recentMemberSQL = `SELECT 1 FROM members AS y CROSS JOIN articles AS x CROSS JOIN feeds AS f
		WHERE y.story_id = s.id AND x.id = y.article_id AND f.id = x.feed_id AND x.undated = 0 AND x.time >= max(a.added, f.added) - ` + archiveAge
	putNotifiedSQL = `INSERT INTO alert_told (alert_id, story_id, outlets, original) VALUES (?, ?, ?, ?)
		ON CONFLICT (alert_id, story_id) DO UPDATE SET outlets = excluded.outlets, original = excluded.original`
	enqueueSQL = `INSERT INTO alert_outbox (id, alert_id, story_id, reason, since, due) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (alert_id, story_id, reason) DO NOTHING`
)

// QueueAlerts reads the next entries of the story log that topics have processed and alerts have not, at most limit of
// them. It queues the deliveries that decide returns true for. It returns how many entries it read; 0 means that there
// are no more. The watermark, the stories told of and the queue change in one transaction, so a story is queued exactly
// once, whatever happens. After the last entry the watermark is that of topics, also where the stories of the last entries have
// changed again: their entries have moved behind it.
func (db *DB) QueueAlerts(ctx context.Context, limit int, decide func(AlertCandidate) (news.Delivery, bool)) (read int, err error) {
	err = db.write(ctx, "queue alerts", func(ctx context.Context, t tx) error {
		read = 0
		var from, to, last int64
		if err := t.scan(ctx, []any{&from, &to}, alertWatermarksSQL); err != nil {
			return err
		}
		seen := map[int64]bool{}
		var ids []int64 // the stories of the entries, each once; a merged story is replaced by the one it went into
		err := eachRow(ctx, t.query, func(row scanner) error {
			var was, is int64
			err := row.Scan(&last, &was, &is)
			if read++; !seen[is] {
				seen[is] = true
				ids = append(ids, is)
			}
			return err
		}, changedSQL, from, to, limit)
		if err != nil || from >= to {
			return err
		}
		if read < limit {
			last = to
		}
		living := idList(ids)
		if err := t.all(ctx, []string{dropUntoldSQL, dropRepeatsSQL, moveNotifiedSQL, dropWaitingSQL, moveOutboxSQL, dropOutboxSQL}, living); err != nil {
			return err
		}
		tells, err := collect(ctx, t.query, db.scanAlertCandidate, alertCandidatesSQL, living)
		if err != nil {
			return err
		}
		for _, tell := range tells {
			d, wanted := decide(tell)
			if !wanted {
				continue
			}
			if err := t.exec(ctx, putNotifiedSQL, tell.Alert.ID, tell.Story, tell.Now.Outlets, tell.Now.Original); err != nil {
				return err
			}
			if err := t.exec(ctx, enqueueSQL, d.ID, tell.Alert.ID, tell.Story, string(d.Reason), millis(d.Since), millis(d.Due)); err != nil {
				return err
			}
		}
		return t.setWatermark(ctx, watermarkAlerts, last)
	})
	if err != nil {
		return 0, err
	}
	return read, nil
}

// AlertsBehind reports whether the story log has entries that topics have processed and alerts have not.
func (db *DB) AlertsBehind(ctx context.Context) (bool, error) {
	return rowOf(ctx, db, "alerts behind", func(row scanner) (behind bool, err error) {
		var alerts, topics int64
		err = row.Scan(&alerts, &topics)
		return alerts < topics, err
	}, alertWatermarksSQL)
}

func (db *DB) scanAlertCandidate(row scanner) (t AlertCandidate, err error) {
	var outlets, original sql.NullInt64
	var s news.Story
	t.Alert, err = db.scanAlertAfter(row, &t.Story, &s.Outlets, &s.Origin.Article, &s.Origin.Level, &outlets, &original)
	if outlets.Valid {
		t.Before = &news.Notified{Outlets: int(outlets.Int64), Original: original.Int64 != 0}
	}
	t.Now = news.Notified{Outlets: s.Outlets, Original: s.HasOriginal()}
	return t, err
}

const dueDeliveriesSQL = `SELECT o.id, o.alert_id, o.story_id, o.reason, o.since, o.due, o.tries FROM alert_outbox AS o
	WHERE o.alert_id = ? AND o.due <= ? AND ` + unmergedSQL + ` ORDER BY o.due, o.rowid LIMIT ?`

// DueDeliveries returns the deliveries of an alert that are due at now, those that have waited longest first. Those of a
// story that has just gone into another are not due until QueueAlerts has moved them.
func (db *DB) DueDeliveries(ctx context.Context, alert int64, now time.Time, limit int) ([]news.Delivery, error) {
	return rowsOf(ctx, db, "due deliveries", func(row scanner) (d news.Delivery, err error) {
		var since, due int64
		err = row.Scan(&d.ID, &d.Alert, &d.Story, &d.Reason, &since, &due, &d.Tries)
		d.Since, d.Due = fromMillis(since), fromMillis(due)
		return d, err
	}, dueDeliveriesSQL, alert, millis(now), limit)
}

// Attempt is the result of trying to send some deliveries of an alert.
type Attempt struct {
	Alert   int64
	IDs     []string // of the deliveries that were sent together
	At      time.Time
	Problem string // what went wrong and what to do; "" for success
	Ended   bool   // the receiver wants no further deliveries

	Due      time.Time // after a failure: when these deliveries are tried again
	Next     time.Time // after a failure: when the alert is tried again
	MaxTries int       // after a failure: deliveries with this many tries are given up
	Stale    time.Time // after a failure: deliveries of the alert that were queued before this time are given up too
}

const (
	dropDeliveriesSQL = `DELETE FROM alert_outbox WHERE id IN (SELECT value FROM json_each(?, '$'))`
	succeedSQL        = `UPDATE alerts SET ended = 0, failures = 0, failing = 0, problem = '', next = 0 WHERE id = ?`
	endAlertSQL       = `UPDATE alerts SET ended = 1, failures = failures + 1, failing = CASE failing WHEN 0 THEN ?2 ELSE failing END, problem = ?3 WHERE id = ?1`
	emptyOutboxSQL    = `DELETE FROM alert_outbox WHERE alert_id = ?`
	failSQL           = `UPDATE alerts SET failures = failures + 1, failing = CASE failing WHEN 0 THEN ?2 ELSE failing END, problem = ?3, next = ?4 WHERE id = ?1`
	putOffSQL         = `UPDATE alert_outbox SET tries = tries + 1, due = ?2 WHERE id IN (SELECT value FROM json_each(?1, '$'))`
	giveUpSQL         = `DELETE FROM alert_outbox WHERE alert_id = ?1 AND (tries >= ?2 OR since < ?3) RETURNING 1`
)

// RecordAttempt stores the result of an attempt. It returns how many deliveries were given up.
func (db *DB) RecordAttempt(ctx context.Context, a Attempt) (lost int, err error) {
	ids := textList(a.IDs)
	err = db.write(ctx, "note how an alert went", func(ctx context.Context, t tx) error {
		switch {
		case a.Ended:
			if err := t.exec(ctx, endAlertSQL, a.Alert, millis(a.At), text(a.Problem)); err != nil {
				return err
			}
			return t.exec(ctx, emptyOutboxSQL, a.Alert)
		case a.Problem == "":
			if err := t.exec(ctx, dropDeliveriesSQL, ids); err != nil {
				return err
			}
			return t.exec(ctx, succeedSQL, a.Alert)
		}
		if err := t.exec(ctx, failSQL, a.Alert, millis(a.At), text(a.Problem), millis(a.Next)); err != nil {
			return err
		}
		if err := t.exec(ctx, putOffSQL, ids, millis(a.Due)); err != nil {
			return err
		}
		gone, err := t.ids(ctx, giveUpSQL, a.Alert, a.MaxTries, millis(a.Stale))
		lost = len(gone)
		return err
	})
	return lost, err
}

// ForgetDeliveries removes deliveries whose stories have nothing left to tell of.
func (db *DB) ForgetDeliveries(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return db.exec(ctx, "forget deliveries", dropDeliveriesSQL, textList(ids))
}
