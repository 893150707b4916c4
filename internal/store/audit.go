package store

import (
	"context"
	"math"
	"time"

	"headwater/internal/news"
)

// The bounds of what is kept of changes of access. Refused logins, which strangers can cause, are bounded by themselves, so
// that they do not displace others.
const (
	auditAge     = 365 * 24 * time.Hour
	auditRefused = 10_000
	auditText    = 300 // characters of a name or a detail
)

const (
	addAuditSQL   = `INSERT INTO audit (time, actor, address, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)`
	boundAuditSQL = `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE time < ? ORDER BY time LIMIT 100)`
	// boundRefusedSQL keeps the newest refused logins.
	boundRefusedSQL = `DELETE FROM audit WHERE id IN
		(SELECT id FROM audit WHERE action = 'login refused' ORDER BY id DESC LIMIT 100 OFFSET ?)`
)

// audit writes a change of access of the actor of the context, and removes old ones.
func (t tx) audit(ctx context.Context, now time.Time, action news.AuditAction, subject, detail string) error {
	by := news.ActorOf(ctx)
	if err := t.exec(ctx, addAuditSQL, millis(now), short(by.Name), short(by.Address), string(action), short(subject), short(detail)); err != nil {
		return err
	}
	if err := t.exec(ctx, boundAuditSQL, millis(now.Add(-auditAge))); err != nil || action != news.AuditLoginRefused {
		return err
	}
	return t.exec(ctx, boundRefusedSQL, auditRefused)
}

// short is a text as it is stored, cut to auditText characters.
func short(s string) string {
	s = text(s)
	n := 0
	for i := range s {
		if n++; n > auditText {
			return s[:i]
		}
	}
	return s
}

// Audit writes a change of access that changes nothing in the store, such as a login, by the actor of the context.
func (db *DB) Audit(ctx context.Context, action news.AuditAction, subject, detail string) error {
	return db.write(ctx, "audit "+string(action), func(ctx context.Context, t tx) error {
		return t.audit(ctx, db.Now(), action, subject, detail)
	})
}

const auditSQL = `SELECT id, time, actor, address, action, subject, detail FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?`

// AuditEvents returns changes of access, the newest first: those with ids below before, or the newest where that is 0.
func (db *DB) AuditEvents(ctx context.Context, before int64, limit int) ([]news.AuditEvent, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return rowsOf(ctx, db, "changes of access", func(row scanner) (e news.AuditEvent, err error) {
		var at int64
		err = row.Scan(&e.ID, &at, &e.Actor.Name, &e.Actor.Address, &e.Action, &e.Subject, &e.Detail)
		e.Time = fromMillis(at)
		return e, err
	}, auditSQL, before, limit)
}
