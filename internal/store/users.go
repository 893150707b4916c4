package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
		return t.addUser(ctx, db.Now(), u, string(u.Role), addUserSQL, text(u.Name), hash, string(u.Role), millis(u.Added))
	})
}

// addUser stores a user by a statement that stores none where it must not, which is news.ErrExists; detail is for the audit line.
func (t tx) addUser(ctx context.Context, now time.Time, u news.User, detail, query string, args ...any) error {
	err := t.execFound(ctx, query, args...)
	if errors.Is(err, news.ErrNotFound) {
		return news.ErrExists
	}
	if err != nil {
		return err
	}
	return t.audit(ctx, now, news.AuditUserAdded, u.Name, detail)
}

const usersSQL = `SELECT id, name, role, added, epoch FROM users ORDER BY name`

// Users returns all users by name.
func (db *DB) Users(ctx context.Context) ([]news.User, error) {
	return rowsOf(ctx, db, "users", scanUser, usersSQL)
}

const (
	userPageSQL  = `SELECT id, name, role, added, epoch FROM users WHERE name > ? ORDER BY name LIMIT ?`
	userCountSQL = `SELECT count(*) FROM users`
	userByIDSQL  = `SELECT id, name, role, added, epoch FROM users WHERE id = ?`
)

// UserPage returns users by name, those with names after one, at most limit.
func (db *DB) UserPage(ctx context.Context, after string, limit int) ([]news.User, error) {
	return rowsOf(ctx, db, "users", scanUser, userPageSQL, text(after), limit)
}

// CountUsers returns how many users there are.
func (db *DB) CountUsers(ctx context.Context) (int, error) {
	n, err := db.number(ctx, "number of users", userCountSQL)
	return int(n), err
}

// UserByID returns a user, or news.ErrNotFound.
func (db *DB) UserByID(ctx context.Context, id int64) (news.User, error) {
	return rowOf(ctx, db, fmt.Sprint("user ", id), scanUser, userByIDSQL, id)
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
		return t.addUser(ctx, db.Now(), u, "admin, at the first start", addAdminSQL, text(u.Name), hash, millis(u.Added))
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
	setPasswordSQL  = `UPDATE users SET password = ?, epoch = epoch + 1 WHERE name = ?`
	dropTokensSQL   = `DELETE FROM user_tokens WHERE user_id = (SELECT id FROM users WHERE name = ?)`
	dropSessionsSQL = `DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = ?)`
)

// SetPassword changes a user's password and ends all logins: of feed readers and of browsers. It returns news.ErrNotFound
// for an unknown user.
func (db *DB) SetPassword(ctx context.Context, name, hash string) error {
	return db.write(ctx, "password of user "+name, func(ctx context.Context, t tx) error {
		if err := t.execFound(ctx, setPasswordSQL, hash, text(name)); err != nil {
			return err
		}
		if err := t.all(ctx, []string{dropTokensSQL, dropSessionsSQL}, text(name)); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditPassword, name, "")
	})
}

const (
	roleOfSQL      = `SELECT role FROM users WHERE name = ?`
	setRoleSQL     = `UPDATE users SET role = ? WHERE name = ?`
	otherAdminsSQL = `SELECT count(*) FROM users WHERE role = 'admin' AND name <> ?`
)

// SetRole changes what a user may do. It returns news.ErrNotFound for an unknown user, and news.ErrLastAdmin for the last
// admin. Nothing changes where the user has the role.
func (db *DB) SetRole(ctx context.Context, name string, role news.UserRole) error {
	return db.write(ctx, "role of user "+name, func(ctx context.Context, t tx) error {
		was, err := t.leaving(ctx, name, role)
		if err != nil || was == role {
			return err
		}
		if err := t.exec(ctx, setRoleSQL, string(role), text(name)); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditRole, name, string(was)+" to "+string(role))
	})
}

// leaving returns the role of a user who is to get another, or news.ErrLastAdmin where no admin would remain.
func (t tx) leaving(ctx context.Context, name string, role news.UserRole) (was news.UserRole, err error) {
	if err := t.scan(ctx, []any{&was}, roleOfSQL, text(name)); err != nil {
		return "", asNotFound(err)
	}
	if was != news.AdminRole || role == news.AdminRole {
		return was, nil
	}
	var others int
	if err := t.scan(ctx, []any{&others}, otherAdminsSQL, text(name)); err != nil {
		return "", err
	}
	if others == 0 {
		return "", news.ErrLastAdmin
	}
	return was, nil
}

const removeUserSQL = `DELETE FROM users WHERE name = ?`

// RemoveUser removes a user with logins, topics, marks and labels. It returns news.ErrNotFound for an unknown user, and
// news.ErrLastAdmin for the last admin.
func (db *DB) RemoveUser(ctx context.Context, name string) error {
	return db.write(ctx, "remove user "+name, func(ctx context.Context, t tx) error {
		if _, err := t.leaving(ctx, name, ""); err != nil {
			return err
		}
		t.ring(AreaTopics)
		if err := t.exec(ctx, removeUserSQL, text(name)); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditUserRemoved, name, "")
	})
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
func (db *DB) AddAPIToken(ctx context.Context, user news.User, token []byte, label string, made time.Time) error {
	return db.write(ctx, "add an API token", func(ctx context.Context, t tx) error {
		if err := t.execFound(ctx, addAPITokenSQL, token, text(label), millis(made), user.ID); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditTokenAdded, user.Name, label)
	})
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
func (db *DB) DropAPIToken(ctx context.Context, user news.User, id int64) error {
	return db.write(ctx, fmt.Sprint("drop API token ", id), func(ctx context.Context, t tx) error {
		if err := t.execFound(ctx, dropAPITokenSQL, user.ID, id); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditTokenEnded, user.Name, "")
	})
}

const (
	feedSecretSQL = `SELECT feed_secret FROM users WHERE id = ?`
	secretUserSQL = `SELECT id, name, role, added, epoch FROM users WHERE feed_secret BETWEEN ? AND ? AND feed_secret <> ''`
)

// SetFeedSecret replaces the secret in the addresses at which a user's feed readers find the combined feeds; "" takes it away.
func (db *DB) SetFeedSecret(ctx context.Context, user news.User, secret string) error {
	return db.write(ctx, "feed address of "+user.Name, func(ctx context.Context, t tx) error {
		if err := t.setSecret(ctx, userSecret, user.ID, secret); err != nil {
			return err
		}
		return t.audit(ctx, db.Now(), news.AuditFeedAddress, user.Name, "")
	})
}

// FeedSecret returns the secret of SetFeedSecret, "" where a user has none.
func (db *DB) FeedSecret(ctx context.Context, user news.User) (string, error) {
	return rowOf(ctx, db, "feed address of "+user.Name, func(row scanner) (string, error) {
		stored, err := scanText(row)
		if err != nil {
			return "", err
		}
		return db.unsealed(userSecret, user.ID, stored)
	}, feedSecretSQL, user.ID)
}

// UserByFeedSecret returns the user of a secret of SetFeedSecret, or news.ErrNotFound.
func (db *DB) UserByFeedSecret(ctx context.Context, secret string) (news.User, error) {
	from, to := userSecret.bounds(db.key, text(secret))
	return rowOf(ctx, db, "feed address", scanUser, secretUserSQL, from, to)
}

// The keys of news.AccessSettings in the table of settings. A value of "yes" is true.
const (
	keyReadersEditFeeds = "access: readers edit feeds"
	keyPublicFeeds      = "access: public feeds"
)

const isSetSQL = `SELECT count(*) FROM settings WHERE key = ? AND value = 'yes'`

const accessSettingsSQL = `SELECT key FROM settings WHERE key IN (?, ?) AND value = 'yes'`

// accessMemory holds the settings of access on SQLite, where no other process changes them. They are asked for with each request of
// a reader. The zero value has to be read first.
type accessMemory struct {
	mu       sync.Mutex // guards the fields below
	settings news.AccessSettings
	read     bool
	changes  int // how often they were changed
}

// AccessSettings returns what an admin decided about access. Where other processes share the database it is read each time, since a
// permission that was taken away ends at once; likewise by who only reads the database.
func (db *DB) AccessSettings(ctx context.Context) (s news.AccessSettings, err error) {
	m := db.access
	m.mu.Lock()
	known, read, changes := m.settings, m.read, m.changes
	m.mu.Unlock()
	if read {
		return known, nil
	}
	keys, err := rowsOf(ctx, db, "access settings", scanText, accessSettingsSQL, keyReadersEditFeeds, keyPublicFeeds)
	s.ReadersEditFeeds, s.PublicFeeds = slices.Contains(keys, keyReadersEditFeeds), slices.Contains(keys, keyPublicFeeds)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && !db.Shared() && db.lock != nil && changes == m.changes {
		m.settings, m.read = s, true
	}
	return s, err
}

// SetAccessSettings stores what an admin decided about access.
func (db *DB) SetAccessSettings(ctx context.Context, s news.AccessSettings) error {
	defer func() { // also after an error, which may be of a commit in doubt
		db.access.mu.Lock()
		defer db.access.mu.Unlock()
		db.access.read = false
		db.access.changes++
	}()
	return db.write(ctx, "access settings", func(ctx context.Context, t tx) error {
		for _, value := range []struct {
			key, name string
			on        bool
		}{
			{keyReadersEditFeeds, "readers change feeds", s.ReadersEditFeeds},
			{keyPublicFeeds, "combined feeds are public", s.PublicFeeds},
		} {
			var is int
			if err := t.scan(ctx, []any{&is}, isSetSQL, value.key); err != nil {
				return err
			}
			if is == 1 == value.on {
				continue
			}
			word := "no"
			if value.on {
				word = "yes"
			}
			if err := t.exec(ctx, setSettingSQL, value.key, word); err != nil {
				return err
			}
			if err := t.audit(ctx, db.Now(), news.AuditSetting, value.name, word); err != nil {
				return err
			}
		}
		return nil
	})
}
