package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

const saveTargetColumns = `t.id, t.user_id, t.kind, t.name, t.address, t.secret, t.added, t.failures, t.failing, t.problem, t.next,
	(SELECT count(*) FROM savings AS s WHERE s.target_id = t.id AND s.state = 'waiting'), (SELECT count(*) FROM savings AS s WHERE s.target_id = t.id AND s.state = 'failed')`

// scanSaveTarget returns no fields where what is stored of them is damaged.
func (db *DB) scanSaveTarget(row scanner) (t news.SaveTarget, err error) {
	var added, failing, next int64
	var secret string
	if err := row.Scan(&t.ID, &t.User, &t.Kind, &t.Name, &t.Address, &secret, &added, &t.Failures, &failing, &t.Problem, &next, &t.Waiting, &t.Failed); err != nil {
		return t, err
	}
	t.Added, t.Failing, t.Next = fromMillis(added), fromMillis(failing), fromMillis(next)
	if secret, err = db.unsealed(saveSecret, t.ID, secret); err != nil {
		return t, err
	}
	t.Fields, err = decodeSecret(secret)
	return t, err
}

// encodeSecret and decodeSecret make the text of save_targets.secret, which may be stored encrypted, and read it.
func encodeSecret(fields map[string]string) (string, error) {
	b, err := json.Marshal(fields)
	return text(string(b)), err
}

func decodeSecret(secret string) (fields map[string]string, err error) {
	if err := json.Unmarshal([]byte(secret), &fields); err != nil {
		return nil, errors.New("what a service asks for can't be read; remove the target and add it anew")
	}
	return fields, nil
}

const (
	saveTargetsSQL    = `SELECT ` + saveTargetColumns + ` FROM save_targets AS t WHERE t.user_id = ? ORDER BY t.id`
	saveTargetSQL     = `SELECT ` + saveTargetColumns + ` FROM save_targets AS t WHERE t.id = ? AND t.user_id = ?`
	dueSaveTargetsSQL = `SELECT ` + saveTargetColumns + ` FROM save_targets AS t WHERE t.next <= ?1
		AND t.id IN (SELECT s.target_id FROM savings AS s WHERE s.state = 'waiting' AND s.due <= ?1) ORDER BY t.id`
	addSaveTargetSQL = `INSERT INTO save_targets (user_id, kind, name, address, secret, added) SELECT ?1, ?2, ?3, ?4, '', ?5
		WHERE NOT EXISTS (SELECT 1 FROM save_targets WHERE user_id = ?1 AND name = ?3) RETURNING id`
	saveNameTakenSQL    = `SELECT count(*) FROM save_targets WHERE user_id = ?1 AND name = ?2 AND id <> ?3`
	changeSaveTargetSQL = `UPDATE save_targets SET name = ?3, address = ?4, secret = ?5 WHERE id = ?1 AND user_id = ?2`
	removeSaveTargetSQL = `DELETE FROM save_targets WHERE id = ? AND user_id = ?`
)

// SaveTargets returns the targets of a user, in the order in which they were added.
func (db *DB) SaveTargets(ctx context.Context, user int64) ([]news.SaveTarget, error) {
	return rowsOf(ctx, db, "targets of savings", db.scanSaveTarget, saveTargetsSQL, user)
}

// SaveTarget returns a target of a user, or news.ErrNotFound.
func (db *DB) SaveTarget(ctx context.Context, user, id int64) (news.SaveTarget, error) {
	return rowOf(ctx, db, fmt.Sprint("target of savings ", id), db.scanSaveTarget, saveTargetSQL, id, user)
}

// DueSaveTargets returns the targets of all users with articles to save at now.
func (db *DB) DueSaveTargets(ctx context.Context, now time.Time) ([]news.SaveTarget, error) {
	return rowsOf(ctx, db, "targets of savings", db.scanSaveTarget, dueSaveTargetsSQL, millis(now))
}

// AddSaveTarget stores a target and returns its id. It returns news.ErrExists where the user has one of that name.
func (db *DB) AddSaveTarget(ctx context.Context, t news.SaveTarget) (id int64, err error) {
	secret, err := checkSaveTarget(t)
	if err != nil {
		return 0, err
	}
	err = db.write(ctx, "add a target of savings", func(ctx context.Context, x tx) error {
		err := x.QueryRowContext(ctx, addSaveTargetSQL, t.User, text(t.Kind), text(t.Name), text(t.Address), millis(t.Added)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return news.ErrExists
		}
		if err != nil {
			return err
		}
		return x.setSecret(ctx, saveSecret, id, secret)
	})
	return id, err
}

func checkSaveTarget(t news.SaveTarget) (secret string, err error) {
	if err := weburl.CheckLength(text(t.Address)); err != nil {
		return "", &news.SaveError{Field: "address", Text: err.Error()}
	}
	return encodeSecret(t.Fields)
}

// ChangeSaveTarget changes the name, the address and the fields of the target with that ID and user. It returns news.ErrExists where
// the user has another of that name, and news.ErrNotFound for an unknown target.
func (db *DB) ChangeSaveTarget(ctx context.Context, t news.SaveTarget) error {
	secret, err := checkSaveTarget(t)
	if err != nil {
		return err
	}
	return db.write(ctx, fmt.Sprint("change target of savings ", t.ID), func(ctx context.Context, x tx) error {
		var taken bool
		if err := x.scan(ctx, []any{&taken}, saveNameTakenSQL, t.User, text(t.Name), t.ID); err != nil {
			return err
		}
		if taken {
			return news.ErrExists
		}
		sealed, err := x.sealed(ctx, saveSecret, t.ID, secret)
		if err != nil {
			return err
		}
		return x.execFound(ctx, changeSaveTargetSQL, t.ID, t.User, text(t.Name), text(t.Address), sealed)
	})
}

// RemoveSaveTarget removes a target of a user with what was saved to it and what waits, or returns news.ErrNotFound.
func (db *DB) RemoveSaveTarget(ctx context.Context, user, id int64) error {
	return db.execFound(ctx, fmt.Sprint("remove target of savings ", id), removeSaveTargetSQL, id, user)
}

const (
	savingColumns = `s.id, s.target_id, s.article_id, s.url, s.title, s.state, s.since, s.due, s.tries, s.problem`
	savingOfSQL   = `SELECT ` + savingColumns + ` FROM savings AS s WHERE s.target_id = ? AND s.article_id = ?`
	savingsOfSQL  = `SELECT ` + savingColumns + ` FROM savings AS s CROSS JOIN save_targets AS t WHERE s.article_id = ?2 AND t.id = s.target_id AND t.user_id = ?1 ORDER BY t.id`
	failedSQL     = `SELECT ` + savingColumns + ` FROM savings AS s WHERE s.target_id = ? AND s.state = 'failed' ORDER BY s.since LIMIT ?`
	dueSavingSQL  = `SELECT ` + savingColumns + ` FROM savings AS s WHERE s.target_id = ? AND s.state = 'waiting' AND s.due <= ? ORDER BY s.due LIMIT 1`
	putSavingSQL  = `INSERT INTO savings (id, target_id, article_id, url, title, state, since, due) VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?6)
		ON CONFLICT (target_id, article_id) DO UPDATE SET id = excluded.id, url = excluded.url, title = excluded.title, state = 'waiting',
			since = excluded.since, due = excluded.due, tries = CASE savings.state WHEN 'failed' THEN 1 ELSE 0 END, problem = ''`
	beginSavingSQL = `UPDATE savings SET tries = tries + 1 WHERE id = ? AND state = 'waiting'`
)

func scanSaving(row scanner) (s news.Saving, err error) {
	var since, due int64
	err = row.Scan(&s.ID, &s.Target, &s.Article, &s.URL, &s.Title, &s.State, &since, &due, &s.Tries, &s.Problem)
	s.Since, s.Due = fromMillis(since), fromMillis(due)
	return s, err
}

// QueueSaving queues the saving of an article to a target, which is due at s.Since. Where the article waits or was saved before, it is
// not queued, and the saving of before is returned. It is queued again where it was given up, or where again is true and it was saved.
// The tries of what was given up count, since one of them may have saved it.
func (db *DB) QueueSaving(ctx context.Context, s news.Saving, again bool) (before *news.Saving, err error) {
	err = db.write(ctx, "queue a saving", func(ctx context.Context, t tx) error {
		before = nil
		found, err := collect(ctx, t.query, scanSaving, savingOfSQL, s.Target, s.Article)
		if err != nil {
			return err
		}
		if len(found) > 0 && (found[0].State == news.SavingWaiting || found[0].State == news.SavingDone && !again) {
			before = &found[0]
			return nil
		}
		return t.exec(ctx, putSavingSQL, text(s.ID), s.Target, s.Article, text(s.URL), text(s.Title), millis(s.Since))
	})
	return before, err
}

// SavingsOf returns how an article was saved to the targets of a user.
func (db *DB) SavingsOf(ctx context.Context, user, article int64) ([]news.Saving, error) {
	return rowsOf(ctx, db, "savings", scanSaving, savingsOfSQL, user, article)
}

// FailedSavings returns what was given up of a target, the longest ago first, at most limit of them.
func (db *DB) FailedSavings(ctx context.Context, target int64, limit int) ([]news.Saving, error) {
	return rowsOf(ctx, db, "savings", scanSaving, failedSQL, target, limit)
}

// DueSaving returns the article that is to be saved next to a target, or news.ErrNotFound for none.
func (db *DB) DueSaving(ctx context.Context, target int64, now time.Time) (news.Saving, error) {
	return rowOf(ctx, db, "due saving", scanSaving, dueSavingSQL, target, millis(now))
}

// BeginSaving notes that a try begins, so that a try after a crash knows that there was one. It returns news.ErrNotFound for what does
// not wait any more.
func (db *DB) BeginSaving(ctx context.Context, id string) error {
	return db.execFound(ctx, "begin a saving", beginSavingSQL, id)
}

// SaveAttempt is the result of a try to save an article.
type SaveAttempt struct {
	Saving  string
	Target  int64
	At      time.Time
	Problem string // what went wrong and what to do; "" for success
	GiveUp  bool   // after a failure: it is not tried again

	Due  time.Time // after a failure: when the article is tried again
	Next time.Time // after a failure: when the target is tried again; zero if the failure is the article's alone
}

const (
	endSavingSQL       = `UPDATE savings SET state = ?2, since = ?3, problem = ?4 WHERE id = ?1`
	putOffSavingSQL    = `UPDATE savings SET due = ?2, problem = ?3 WHERE id = ?1`
	failSaveTargetSQL  = `UPDATE save_targets SET failures = failures + 1, failing = CASE failing WHEN 0 THEN ?2 ELSE failing END, problem = ?3, next = ?4 WHERE id = ?1`
	resumeTargetSQL    = `UPDATE save_targets SET failures = 0, failing = 0, problem = '', next = 0 WHERE id = ?`
	hurrySavingsSQL    = `UPDATE savings SET due = min(due, ?2) WHERE target_id = ?1 AND state = 'waiting'`
	retrySavingsSQL    = `UPDATE savings SET state = 'waiting', since = ?2, due = ?2, tries = 1, problem = '' WHERE target_id = ?1 AND state = 'failed'`
	clampTargetsSQL    = `UPDATE save_targets SET added = min(added, ?1), failing = min(failing, ?1), next = CASE WHEN next > ?3 THEN ?1 ELSE next END WHERE added > ?2 OR failing > ?2 OR next > ?3`
	clampSavingsSQL    = `UPDATE savings SET since = min(since, ?1), due = ?1 WHERE state = 'waiting' AND (since > ?2 OR due > ?3)`
	forgetSavingsOfSQL = `DELETE FROM savings WHERE article_id IN (SELECT value FROM json_each(?)) AND state = 'saved'`
)

// RecordSaving stores the result of a try.
func (db *DB) RecordSaving(ctx context.Context, a SaveAttempt) error {
	return db.write(ctx, "note how a saving went", func(ctx context.Context, t tx) error {
		var err error
		switch {
		case a.Problem == "":
			err = t.exec(ctx, endSavingSQL, a.Saving, string(news.SavingDone), millis(a.At), "")
		case a.GiveUp:
			err = t.exec(ctx, endSavingSQL, a.Saving, string(news.SavingFailed), millis(a.At), text(a.Problem))
		default:
			err = t.exec(ctx, putOffSavingSQL, a.Saving, millis(a.Due), text(a.Problem))
		}
		switch {
		case err != nil:
			return err
		case a.Problem == "":
			return t.exec(ctx, resumeTargetSQL, a.Target)
		case a.Next.IsZero():
			return nil
		}
		return t.exec(ctx, failSaveTargetSQL, a.Target, millis(a.At), text(a.Problem), millis(a.Next))
	})
}

// CheckedSaveTarget stores what came of checking a target: what is wrong with it, or "" where it answers. What waits is due then.
func (db *DB) CheckedSaveTarget(ctx context.Context, target int64, problem string, now, next time.Time) error {
	return db.write(ctx, "note how a target of savings answers", func(ctx context.Context, t tx) error {
		if problem != "" {
			return t.exec(ctx, failSaveTargetSQL, target, millis(now), text(problem), millis(next))
		}
		if err := t.exec(ctx, resumeTargetSQL, target); err != nil {
			return err
		}
		return t.exec(ctx, hurrySavingsSQL, target, millis(now))
	})
}

// RetrySavings queues again what was given up of a target of a user, or returns news.ErrNotFound for an unknown target.
func (db *DB) RetrySavings(ctx context.Context, user, target int64, now time.Time) error {
	if _, err := db.SaveTarget(ctx, user, target); err != nil {
		return err
	}
	return db.write(ctx, "save again what was given up", func(ctx context.Context, t tx) error {
		return t.exec(ctx, retrySavingsSQL, target, millis(now))
	})
}
