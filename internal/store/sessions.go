package store

import (
	"context"
	"fmt"

	"headwater/internal/news"
)

// sessionsPerUser is how many sessions a user may have. Beyond it the ones that were not used for longest end.
const sessionsPerUser = 100

const sessionSQL = `SELECT s.id, s.data, s.made, s.seen, s.expires, s.address, s.agent,
		coalesce(u.id, 0), coalesce(u.name, ''), coalesce(u.role, ''), coalesce(u.added, 0), coalesce(u.epoch, 0)
	FROM sessions AS s LEFT JOIN users AS u ON u.id = s.user_id WHERE s.hash = ? AND s.expires > ?`

// Session returns a session that has not expired, with what it carries, by the hash of its token, or news.ErrNotFound.
func (db *DB) Session(ctx context.Context, token []byte) (s news.Session, data []byte, err error) {
	s, err = rowOf(ctx, db, "session", func(row scanner) (s news.Session, err error) {
		var made, seen, expires, added int64
		err = row.Scan(&s.ID, &data, &made, &seen, &expires, &s.Address, &s.Agent, &s.User.ID, &s.User.Name, &s.User.Role, &added, &s.User.Epoch)
		s.Made, s.Seen, s.Expires, s.User.Added = fromMillis(made), fromMillis(seen), fromMillis(expires), fromMillis(added)
		return s, asNotFound(err)
	}, sessionSQL, token, millis(db.Now()))
	return s, data, err
}

const (
	// addSessionSQL stores nothing for a user who is gone, or whose password was changed since.
	addSessionSQL = `INSERT INTO sessions (hash, user_id, data, made, seen, expires, address, agent)
		SELECT ?1, nullif(?2, 0), ?3, ?4, ?5, ?6, ?7, ?8
		WHERE ?2 = 0 OR EXISTS (SELECT 1 FROM users WHERE id = ?2 AND epoch = ?9)`
	changeSessionSQL  = `UPDATE sessions SET data = ?, seen = ?, expires = ?, address = ?, agent = ? WHERE hash = ?`
	expireSessionsSQL = `DELETE FROM sessions WHERE expires <= ?`
	boundSessionsSQL  = `DELETE FROM sessions WHERE id IN
		(SELECT id FROM sessions WHERE user_id = ? ORDER BY seen DESC, id LIMIT 100 OFFSET ?)`
)

// AddSession stores a session with what it carries by the hash of its token, and removes those that have expired. A session
// of a user who is gone, or whose password was changed since s.User was read, is not stored.
func (db *DB) AddSession(ctx context.Context, s news.Session, token, data []byte) error {
	return db.write(ctx, "session", func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, addSessionSQL, token, s.User.ID, data, millis(s.Made), millis(s.Seen), millis(s.Expires), text(s.Address), text(s.Agent), s.User.Epoch); err != nil {
			return err
		}
		if err := t.exec(ctx, expireSessionsSQL, millis(db.Now())); err != nil || s.User.ID == 0 {
			return err
		}
		return t.exec(ctx, boundSessionsSQL, s.User.ID, sessionsPerUser)
	})
}

// ChangeSession stores what a session carries, and when and where it was used. One that has ended stays ended.
func (db *DB) ChangeSession(ctx context.Context, s news.Session, token, data []byte) error {
	return db.exec(ctx, "session", changeSessionSQL, data, millis(s.Seen), millis(s.Expires), text(s.Address), text(s.Agent), token)
}

const dropSessionSQL = `DELETE FROM sessions WHERE hash = ?`

// DropSession removes a session by the hash of its token. One that does not exist is none.
func (db *DB) DropSession(ctx context.Context, token []byte) error {
	return db.exec(ctx, "end a session", dropSessionSQL, token)
}

const sessionsSQL = `SELECT id, made, seen, expires, address, agent FROM sessions WHERE user_id = ? AND expires > ? ORDER BY seen DESC, id`

// Sessions returns the sessions of a user, the last used first.
func (db *DB) Sessions(ctx context.Context, u news.User) ([]news.Session, error) {
	return rowsOf(ctx, db, "sessions of "+u.Name, func(row scanner) (s news.Session, err error) {
		var made, seen, expires int64
		err = row.Scan(&s.ID, &made, &seen, &expires, &s.Address, &s.Agent)
		s.User, s.Made, s.Seen, s.Expires = u, fromMillis(made), fromMillis(seen), fromMillis(expires)
		return s, err
	}, sessionsSQL, u.ID, millis(db.Now()))
}

const endSessionSQL = `DELETE FROM sessions WHERE user_id = ? AND id = ?`

// EndSession removes one of a user's sessions, or returns news.ErrNotFound.
func (db *DB) EndSession(ctx context.Context, u news.User, id int64) error {
	return db.write(ctx, fmt.Sprint("end session ", id), func(ctx context.Context, t tx) error {
		if err := t.execFound(ctx, endSessionSQL, u.ID, id); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditSessionEnded, u.Name, "")
	})
}

const endSessionsSQL = `DELETE FROM sessions WHERE user_id = ? AND id <> ?`

// EndSessions ends all logins of a user but one session: those of browsers and of feed readers. Except 0 ends all. API tokens stay. It
// returns news.ErrNotFound for an unknown user.
func (db *DB) EndSessions(ctx context.Context, u news.User, except int64) error {
	return db.write(ctx, "end sessions of "+u.Name, func(ctx context.Context, t tx) error {
		var role string
		if err := t.scan(ctx, []any{&role}, roleOfSQL, text(u.Name)); err != nil {
			return asNotFound(err)
		}
		if err := t.exec(ctx, endSessionsSQL, u.ID, except); err != nil {
			return err
		}
		if err := t.exec(ctx, dropTokensSQL, text(u.Name)); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditSessionsEnded, u.Name, "")
	})
}
