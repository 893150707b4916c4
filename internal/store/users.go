package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
)

const addUserSQL = `INSERT INTO users (name, password, role, added) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`

// AddUser stores a user with the hash of a password. It returns news.ErrExists for a name that is taken. A zero Added
// means now, and no role a reader.
func (db *DB) AddUser(ctx context.Context, u news.User, hash string) error {
	if u.Added.IsZero() {
		u.Added = time.Now()
	}
	u.Role = cmp.Or(u.Role, news.ReaderRole)
	return db.write(ctx, "add user "+u.Name, func(ctx context.Context, t tx) error {
		err := t.execFound(ctx, addUserSQL, text(u.Name), hash, string(u.Role), millis(u.Added))
		if errors.Is(err, news.ErrNotFound) {
			return news.ErrExists
		}
		return err
	})
}

const usersSQL = `SELECT id, name, role, added, epoch FROM users ORDER BY name`

// Users returns all users by name.
func (db *DB) Users(ctx context.Context) ([]news.User, error) {
	return rowsOf(ctx, db, "users", scanUser, usersSQL)
}

const (
	firstAdminSQL = `SELECT id, name, role, added, epoch FROM users WHERE role = 'admin' ORDER BY id LIMIT 1`
	addAdminSQL   = `INSERT INTO users (name, password, role, added) SELECT ?, ?, 'admin', ?
		WHERE NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin') ON CONFLICT (name) DO NOTHING`
)

// FirstAdmin returns the oldest admin, or news.ErrNotFound.
func (db *DB) FirstAdmin(ctx context.Context) (news.User, error) {
	return rowOf(ctx, db, "first admin", scanUser, firstAdminSQL)
}

// AddFirstAdmin stores an admin where there is none. It returns news.ErrExists where there is one, or the name is taken.
func (db *DB) AddFirstAdmin(ctx context.Context, u news.User, hash string) error {
	return db.write(ctx, "add admin "+u.Name, func(ctx context.Context, t tx) error {
		err := t.execFound(ctx, addAdminSQL, text(u.Name), hash, millis(u.Added))
		if errors.Is(err, news.ErrNotFound) {
			return news.ErrExists
		}
		return err
	})
}

func scanUser(row scanner) (u news.User, err error) {
	var added int64
	err = row.Scan(&u.ID, &u.Name, &u.Role, &added, &u.Epoch)
	u.Added = fromMillis(added)
	return u, asNotFound(err)
}

const userSQL = `SELECT id, role, added, epoch, password FROM users WHERE name = ?`

// User returns a user and the hash of the user's password by name, or news.ErrNotFound.
func (db *DB) User(ctx context.Context, name string) (u news.User, hash string, err error) {
	u, err = rowOf(ctx, db, "user "+name, func(row scanner) (u news.User, err error) {
		var added int64
		err = row.Scan(&u.ID, &u.Role, &added, &u.Epoch, &hash)
		u.Name, u.Added = text(name), fromMillis(added)
		return u, err
	}, userSQL, text(name))
	return u, hash, err
}

const (
	setPasswordSQL = `UPDATE users SET password = ? WHERE name = ?`
	dropTokensSQL  = `DELETE FROM user_tokens WHERE user_id = (SELECT id FROM users WHERE name = ?)`
)

// SetPassword changes a user's password and ends all logins. It returns news.ErrNotFound for an unknown user.
func (db *DB) SetPassword(ctx context.Context, name, hash string) error {
	return db.write(ctx, "password of user "+name, func(ctx context.Context, t tx) error {
		if err := t.execFound(ctx, setPasswordSQL, hash, text(name)); err != nil {
			return err
		}
		return t.exec(ctx, dropTokensSQL, text(name))
	})
}

const removeUserSQL = `DELETE FROM users WHERE name = ?`

// RemoveUser removes a user with logins, topics, marks and labels. It returns news.ErrNotFound for an unknown user.
func (db *DB) RemoveUser(ctx context.Context, name string) error {
	return db.changeFound(ctx, AreaTopics, "remove user "+name, removeUserSQL, text(name))
}

// userTokens is how many logins a user may have. Beyond it, the oldest login ends.
const userTokens = 100

const (
	// addTokenSQL adds no token where the password was changed since it was checked.
	addTokenSQL = `INSERT INTO user_tokens (hash, user_id, made)
		SELECT ?, id, ? FROM users WHERE id = ? AND password = ?`
	boundTokensSQL = `DELETE FROM user_tokens WHERE hash IN
		(SELECT hash FROM user_tokens WHERE user_id = ? ORDER BY made DESC, hash LIMIT 9223372036854775807 OFFSET ?)`
)

// AddToken stores a login; token is the hash of its token. It returns news.ErrNotFound where the hash of the user's
// password is no longer password.
func (db *DB) AddToken(ctx context.Context, u news.User, password string, token []byte, made time.Time) error {
	return db.write(ctx, "log in user "+u.Name, func(ctx context.Context, t tx) error {
		if err := t.execFound(ctx, addTokenSQL, token, millis(made), u.ID, password); err != nil {
			return err
		}
		return t.exec(ctx, boundTokensSQL, u.ID, userTokens)
	})
}

const tokenSQL = `SELECT u.id, u.name, u.role, u.added, u.epoch FROM user_tokens AS t JOIN users AS u ON u.id = t.user_id WHERE t.hash = ?`

// TokenUser returns the user of a login by the hash of its token, or news.ErrNotFound.
func (db *DB) TokenUser(ctx context.Context, token []byte) (news.User, error) {
	return db.userBy(ctx, "login", tokenSQL, token)
}

func (db *DB) userBy(ctx context.Context, what, query string, token []byte) (news.User, error) {
	return rowOf(ctx, db, what, scanUser, query, token)
}

const addAPITokenSQL = `INSERT INTO api_tokens (hash, user_id, label, made) SELECT ?, id, ?, ? FROM users WHERE id = ?`

// AddAPIToken stores an API token of a user, valid until it is dropped; token is its hash.
func (db *DB) AddAPIToken(ctx context.Context, user int64, token []byte, label string, made time.Time) error {
	return db.execFound(ctx, "add an API token", addAPITokenSQL, token, text(label), millis(made), user)
}

const apiTokenUserSQL = `SELECT u.id, u.name, u.role, u.added, u.epoch FROM api_tokens AS t JOIN users AS u ON u.id = t.user_id WHERE t.hash = ?`

// APITokenUser returns the user of an API token by the token's hash, or news.ErrNotFound.
func (db *DB) APITokenUser(ctx context.Context, token []byte) (news.User, error) {
	return db.userBy(ctx, "API token", apiTokenUserSQL, token)
}

const apiTokensSQL = `SELECT id, label, made FROM api_tokens WHERE user_id = ? ORDER BY id`

// APITokens returns a user's API tokens, the oldest first.
func (db *DB) APITokens(ctx context.Context, user int64) ([]news.APIToken, error) {
	return rowsOf(ctx, db, "API tokens", func(row scanner) (k news.APIToken, err error) {
		var made int64
		err = row.Scan(&k.ID, &k.Label, &made)
		k.Made = fromMillis(made)
		return k, err
	}, apiTokensSQL, user)
}

const dropAPITokenSQL = `DELETE FROM api_tokens WHERE user_id = ? AND id = ?`

// DropAPIToken removes one of a user's API tokens, or returns news.ErrNotFound.
func (db *DB) DropAPIToken(ctx context.Context, user, id int64) error {
	return db.execFound(ctx, fmt.Sprint("drop API token ", id), dropAPITokenSQL, user, id)
}
