package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
)

const alertColumns = `a.id, a.topic_id, a.kind, a.target, a.secret, a.schedule, a.again_outlets, a.again_original, a.added, a.ended, a.failures,
	a.failing, a.problem, a.next, (SELECT count(*) FROM alert_outbox AS o WHERE o.alert_id = a.id)`

// alertRow is an alert as it stands in the store.
type alertRow struct {
	news.Alert
	added, failing, next int64
}

func (r *alertRow) dest() []any {
	a := &r.Alert
	return []any{
		&a.ID, &a.Topic, &a.Kind, &a.Target, &a.Secret, &a.Schedule, &a.AgainOutlets, &a.AgainOriginal, &r.added, &a.Ended, &a.Failures,
		&r.failing, &a.Problem, &r.next, &a.Waiting,
	}
}

func (r *alertRow) alert() news.Alert {
	r.Added, r.Failing, r.Next = fromMillis(r.added), fromMillis(r.failing), fromMillis(r.next)
	return r.Alert
}

func scanAlert(row scanner) (news.Alert, error) {
	var r alertRow
	if err := row.Scan(r.dest()...); err != nil {
		return news.Alert{}, found(err)
	}
	return r.alert(), nil
}

const addAlertSQL = `INSERT INTO alerts (topic_id, kind, target, secret, schedule, again_outlets, again_original, added, after)
	SELECT t.id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ` + lastChangeSQL + ` FROM topics AS t WHERE t.id = ?1 ON CONFLICT DO NOTHING RETURNING id`

// AddAlert adds an alert and gives its number. It tells of what begins to match its topic from now on. A target that the
// topic has already gives news.ErrExists. A zero Added means now.
func (db *DB) AddAlert(ctx context.Context, a news.Alert) (id int64, err error) {
	if a.Added.IsZero() {
		a.Added = time.Now()
	}
	err = db.write(ctx, "add an alert", func(ctx context.Context, t tx) error {
		err := t.QueryRowContext(ctx, addAlertSQL, a.Topic, string(a.Kind), text(a.Target), text(a.Secret), text(a.Schedule), a.AgainOutlets,
			a.AgainOriginal, millis(a.Added)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return news.ErrExists
		}
		return err
	})
	return id, err
}

const alertSQL = `SELECT ` + alertColumns + ` FROM alerts AS a WHERE a.id = ?`

// Alert gives an alert, or news.ErrNotFound.
func (db *DB) Alert(ctx context.Context, id int64) (news.Alert, error) {
	a, err := scanAlert(db.reader.QueryRowContext(ctx, alertSQL, id))
	if err != nil {
		return a, fmt.Errorf("alert %d: %w", id, db.explain(err))
	}
	return a, nil
}

const (
	alertsSQL    = `SELECT ` + alertColumns + ` FROM alerts AS a WHERE a.topic_id = ? ORDER BY a.id`
	allAlertsSQL = `SELECT ` + alertColumns + ` FROM alerts AS a ORDER BY a.id`
	dueAlertsSQL = `SELECT ` + alertColumns + ` FROM alerts AS a WHERE a.ended = 0 AND a.next <= ?1
		AND EXISTS (SELECT 1 FROM alert_outbox AS o WHERE o.alert_id = a.id AND o.due <= ?1) ORDER BY a.id`
)

// Alerts gives the alerts of a topic, in the order in which they were added.
func (db *DB) Alerts(ctx context.Context, topic int64) ([]news.Alert, error) {
	return db.alerts(ctx, alertsSQL, topic)
}

// AllAlerts gives the alerts of all topics.
func (db *DB) AllAlerts(ctx context.Context) ([]news.Alert, error) {
	return db.alerts(ctx, allAlertsSQL)
}

// DueAlerts gives the alerts that have something to tell at now.
func (db *DB) DueAlerts(ctx context.Context, now time.Time) ([]news.Alert, error) {
	return db.alerts(ctx, dueAlertsSQL, millis(now))
}

func (db *DB) alerts(ctx context.Context, query string, args ...any) ([]news.Alert, error) {
	return rowsOf(ctx, db, "alerts", scanAlert, query, args...)
}

// quietAlertsSQL keeps alerts from telling of what their topic finds of stories from before it was filled.
const quietAlertsSQL = `UPDATE alerts SET after = max(after, (SELECT seen FROM topics WHERE id = ?1)) WHERE topic_id = ?1`

const removeAlertSQL = `DELETE FROM alerts WHERE id = ?`

// RemoveAlert removes an alert with what it still had to tell, or gives news.ErrNotFound.
func (db *DB) RemoveAlert(ctx context.Context, id int64) error {
	return db.write(ctx, fmt.Sprint("remove alert ", id), func(ctx context.Context, t tx) error {
		return t.execFound(ctx, removeAlertSQL, id)
	})
}
