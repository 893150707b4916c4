package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"headwater/internal/news"
)

const identityUserSQL = `SELECT u.id, u.name, u.role, u.added, u.epoch FROM identities AS i CROSS JOIN users AS u
	WHERE i.issuer = ? AND i.subject = ? AND u.id = i.user_id`

// IdentityUser returns the user who has an identity, or news.ErrNotFound.
func (db *DB) IdentityUser(ctx context.Context, issuer, subject string) (news.User, error) {
	return rowOf(ctx, db, "user of an identity", scanUser, identityUserSQL, text(issuer), text(subject))
}

const userIDSQL = `SELECT id FROM users WHERE name = ?`

const addIdentitySQL = `INSERT INTO identities (user_id, issuer, subject, name, added) SELECT id, ?2, ?3, ?4, ?5 FROM users
	WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM identities AS i WHERE i.issuer = ?2 AND i.subject = ?3) RETURNING id`

// AddIdentity lets a user log in by an identity. It returns news.ErrExists where the identity is a user's already, and
// news.ErrNotFound for an unknown user.
func (db *DB) AddIdentity(ctx context.Context, user string, i news.Identity) error {
	return db.write(ctx, "identity of user "+user, func(ctx context.Context, t tx) error { return t.addIdentity(ctx, db, user, i) })
}

func (t tx) addIdentity(ctx context.Context, db *DB, user string, i news.Identity) error {
	var id int64
	if err := t.scan(ctx, []any{&id}, userIDSQL, text(user)); err != nil {
		return asNotFound(err)
	}
	err := t.scan(ctx, []any{&id}, addIdentitySQL, text(user), text(i.Issuer), text(i.Subject), short(i.Name), millis(db.Now()))
	if errors.Is(err, sql.ErrNoRows) {
		return news.ErrExists
	}
	if err != nil {
		return err
	}
	return t.audit(ctx, db.Now(), news.AuditIdentityAdded, user, i.Issuer+": "+cmp.Or(i.Name, i.Subject))
}

// AddUserWith stores a user with the hash of a password and an identity. It returns news.ErrExists where the name or the identity is taken.
func (db *DB) AddUserWith(ctx context.Context, u news.User, hash string, i news.Identity) error {
	return db.write(ctx, "add user "+u.Name, func(ctx context.Context, t tx) error {
		if err := t.addUser(ctx, db.Now(), u, string(u.Role)+", by "+i.Issuer, addUserSQL, text(u.Name), hash, string(u.Role), millis(u.Added)); err != nil {
			return err
		}
		return t.addIdentity(ctx, db, u.Name, i)
	})
}

const identitiesSQL = `SELECT id, issuer, subject, name, added FROM identities WHERE user_id = ? ORDER BY id`

// Identities returns the identities of a user, in the order in which they were added.
func (db *DB) Identities(ctx context.Context, user int64) ([]news.Identity, error) {
	return rowsOf(ctx, db, "identities", func(row scanner) (i news.Identity, err error) {
		var added int64
		err = row.Scan(&i.ID, &i.Issuer, &i.Subject, &i.Name, &added)
		i.Added = fromMillis(added)
		return i, err
	}, identitiesSQL, user)
}

const removeIdentitySQL = `DELETE FROM identities WHERE user_id = ? AND id = ? RETURNING issuer || ': ' || subject`

// RemoveIdentity ends logins of a user by one of the user's identities. It returns news.ErrNotFound for an unknown one.
func (db *DB) RemoveIdentity(ctx context.Context, u news.User, id int64) error {
	return db.write(ctx, "remove an identity", func(ctx context.Context, t tx) error {
		var what string
		if err := t.scan(ctx, []any{&what}, removeIdentitySQL, u.ID, id); err != nil {
			return asNotFound(err)
		}
		return t.audit(ctx, db.Now(), news.AuditIdentityRemoved, u.Name, what)
	})
}
