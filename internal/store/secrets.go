package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"headwater/internal/news"
	"headwater/internal/seal"
)

// Secrets that the program itself has to send or show are stored as they are, or sealed where Options.KeyFile names a key. The database
// keeps the id of the key. So a missing or wrong key is an error when the database is opened, before anything is read or sent; and a
// process that works on with another key than the database has meanwhile can store no secret, since each transaction that stores one
// compares the ids.

// secretColumn is a column with secrets.
type secretColumn struct {
	table, column, id string
	find              bool   // rows are found by the secret
	only              string // a condition for the rows with secrets; "" is all rows
	lost              string // stands for a secret that nobody can read
	forget            string // removes the rows of those that are sealed, between two bounds; "" has lost stored in their place
}

var (
	alertSecret        = secretColumn{table: "alerts", column: "secret", id: "id", lost: news.DamagedSecret}
	subscriptionSecret = secretColumn{table: "subscriptions", column: "secret", id: "id", forget: forgetSubscriptionsSQL}
	topicSecret        = secretColumn{table: "topics", column: "secret", id: "id", find: true}
	userSecret         = secretColumn{table: "users", column: "feed_secret", id: "id", find: true}
	saveSecret         = secretColumn{table: "save_targets", column: "secret", id: "id", lost: "{}"} // no fields
	settingSecret      = secretColumn{table: "settings", column: "value", id: "key", only: " AND key = '" + pictureKey + "'", forget: forgetSecretSettingsSQL}
)

// secretColumns are all of them. A new one belongs here, and what reads and writes it calls unsealed and tx.sealed.
var secretColumns = []secretColumn{alertSecret, subscriptionSecret, topicSecret, userSecret, saveSecret, settingSecret}

// pictureKey is the name of the one setting that is a secret.
const pictureKey = "picture key"

// keyOfSecrets is the name of the setting that has the id of the key. There is none while secrets are stored as they are.
const keyOfSecrets = "key of the secrets"

const (
	// A hub that is asked anew gets a new secret: the next poll of the feed subscribes.
	forgetSubscriptionsSQL  = `DELETE FROM subscriptions WHERE secret > ? AND secret < ?`
	forgetSecretSettingsSQL = `DELETE FROM settings WHERE key = '` + pictureKey + `' AND value > ? AND value < ?`
	dropSettingSQL          = `DELETE FROM settings WHERE key = ?`
	dropDamagedSettingSQL   = `DELETE FROM settings WHERE key = ? AND value = ?`
)

func (c secretColumn) listSQL() string {
	return `SELECT ` + c.id + `, ` + c.column + ` FROM ` + c.table + ` WHERE ` + c.column + ` <> ''` + c.only
}

func (c secretColumn) setSQL() string {
	return `UPDATE ` + c.table + ` SET ` + c.column + ` = ? WHERE ` + c.id + ` = ?`
}

func (c secretColumn) forgetSQL() string {
	if c.forget != "" {
		return c.forget
	}
	return `UPDATE ` + c.table + ` SET ` + c.column + ` = '` + c.lost + `' WHERE ` + c.column + ` > ? AND ` + c.column + ` < ?`
}

// place names a row's secret. A sealed text is bound to it.
func (c secretColumn) place(id any) string { return fmt.Sprint(c.table, ".", c.column, ":", id) }

// seal seals a secret of a row; without a key it stays as it is.
func (c secretColumn) seal(key *seal.Key, id any, secret string) string {
	switch {
	case key == nil || secret == "":
		return secret
	case c.find:
		return key.SealToFind(secret, c.place(id))
	}
	return key.Seal(secret, c.place(id))
}

// bounds are those between which the stored secret is, and nothing else. A text that is stored encrypted is no secret by which a row is
// found: whoever has a stolen backup knows it.
func (c secretColumn) bounds(key *seal.Key, secret string) (from, to string) {
	switch {
	case key != nil:
		return key.Range(secret)
	case seal.Sealed(secret):
		return "", ""
	}
	return secret, secret
}

// open returns the secret that is stored in a row. The error is seal.ErrDamaged, or says which key is missing.
func (c secretColumn) open(key *seal.Key, id any, stored string) (string, error) {
	if !seal.Sealed(stored) {
		return stored, nil
	}
	if key == nil || key.ID() != seal.KeyOf(stored) {
		return "", fmt.Errorf("it is encrypted with the key %s, and this process has %s; set secrets.key_file to the file with that key, and start it again",
			seal.KeyOf(stored), keyName(key))
	}
	return key.Open(stored, c.place(id))
}

func keyName(key *seal.Key) string {
	if key == nil {
		return "none"
	}
	return "the key " + key.ID()
}

// unsealed returns the secret that is stored in a row, and c.lost where it is damaged.
func (db *DB) unsealed(c secretColumn, id any, stored string) (string, error) {
	secret, err := c.open(db.key, id, stored)
	switch {
	case errors.Is(err, seal.ErrDamaged):
		return c.lost, nil // doctor names the row
	case err != nil && db.noKey != nil:
		err = db.noKey
	case err != nil:
		err = fmt.Errorf("%s: %w", c.place(id), err)
	}
	return secret, err
}

// sealed returns a secret as the row of that id stores it.
func (t tx) sealed(ctx context.Context, c secretColumn, id any, secret string) (string, error) {
	if secret == "" {
		return "", nil
	}
	if seal.Sealed(secret) {
		return "", fmt.Errorf("%s: it begins as an encrypted secret does", c.place(id))
	}
	stored, err := storedKeyID(ctx, t.query)
	if err != nil {
		return "", err
	}
	if have := idOfKey(t.db.key); have != stored {
		return "", fmt.Errorf("%s: %w", c.place(id), errKeyChanged)
	}
	return c.seal(t.db.key, id, secret), nil
}

// setSecret stores the secret of a row that is there.
func (t tx) setSecret(ctx context.Context, c secretColumn, id any, secret string) error {
	stored, err := t.sealed(ctx, c, id, secret)
	if err != nil {
		return err
	}
	return t.execFound(ctx, c.setSQL(), text(stored), id)
}

// storedKeyID returns the id of the key that the secrets of a database are encrypted with, "" where they are not.
func storedKeyID(ctx context.Context, run runQuery) (string, error) {
	ids, err := collect(ctx, run, scanText, settingSQL, keyOfSecrets)
	return strings.Join(ids, ""), err // at most one
}

// idOfKey is "" for no key.
func idOfKey(key *seal.Key) string {
	if key == nil {
		return ""
	}
	return key.ID()
}

// errKeyChanged is returned where the database has another key than this process.
var errKeyChanged = errors.New("the key of the secrets was changed while this process ran; start it again with the secrets.key_file of the other nodes")

// errOtherKey is returned for a file with another key than the one that is needed.
var errOtherKey = errors.New("it is another key")

// isLost reports whether an error of readKey says that nobody has the key. A key that this user may not read is not lost.
func isLost(err error, file string) bool {
	return err != nil && (file == "" || errors.Is(err, fs.ErrNotExist) || errors.Is(err, seal.ErrNoKey) || errors.Is(err, errOtherKey))
}

// readKey reads the key that opens the secrets of a database or backup, which names the id of the key; both may be "".
func readKey(place, id, file string) (*seal.Key, error) {
	if file == "" && id == "" {
		return nil, nil
	}
	const lost = "Nothing is lost meanwhile. Where no copy of the key is left, `headwater secrets forget` removes what is encrypted and keeps the rest"
	if file == "" {
		return nil, fmt.Errorf("the secrets in %s are encrypted with the key %s; name the file with that key in secrets.key_file. %s", place, id, lost)
	}
	key, err := seal.Read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && id == "":
		return nil, fmt.Errorf("secrets.key_file: %w; `headwater secrets key %s` makes one", err, file)
	case err != nil && id == "":
		return nil, fmt.Errorf("secrets.key_file: %w", err)
	case isLost(err, file):
		return nil, fmt.Errorf("the secrets in %s are encrypted with the key %s, and it can't be read from secrets.key_file: %w. Put the file back from its copy. %s", place, id, err, lost)
	case err != nil:
		return nil, fmt.Errorf("the secrets in %s are encrypted with the key %s, and it can't be read from secrets.key_file: %w. Let the user that runs headwater own the file, with the mode 600", place, id, err)
	case id != "" && id != key.ID():
		return nil, fmt.Errorf("the secrets in %s are encrypted with the key %s, and secrets.key_file (%s) has the key %s: %w; name the file with the first one. %s", place, id, file, key.ID(), errOtherKey, lost)
	}
	return key, nil
}

// openSecrets reads the key, and seals what is stored as it is where there is a key for the first time.
func (db *DB) openSecrets(ctx context.Context, o Options) error {
	id, err := storedKeyID(ctx, db.writer.QueryContext)
	if err != nil {
		return err
	}
	key, err := readKey(db.engine.String(), id, o.KeyFile)
	if o.ForgetSecrets && id != "" && isLost(err, o.KeyFile) {
		return db.forgetSecrets(ctx)
	}
	if err != nil || key == nil || id == key.ID() {
		db.key = key
		return err
	}
	n, err := db.resealAll(ctx, key)
	if err == nil {
		db.log.Info("the secrets in the database are encrypted from now on", "key", key.ID(), "secrets", n)
	}
	return err
}

// SecretsKey returns the id of the key that the secrets are encrypted with, "" where they are not.
func (db *DB) SecretsKey(ctx context.Context) (string, error) { return db.Setting(ctx, keyOfSecrets) }

// ResealSecrets encrypts all secrets with the key of another file, or decrypts them where file is "". It returns how many there are.
// Other processes on the database can't store or read a secret until they are started with that key.
func (db *DB) ResealSecrets(ctx context.Context, file string) (n int, err error) {
	var key *seal.Key
	if file != "" {
		if key, err = seal.Read(file); err != nil {
			return 0, err
		}
	}
	return db.resealAll(ctx, key)
}

// resealAll opens all secrets with the key in use and seals them with another, in one transaction. Either key may be nil.
func (db *DB) resealAll(ctx context.Context, key *seal.Key) (n int, err error) {
	const what = "encrypt or decrypt the secrets"
	reseal := func(ctx context.Context, t tx) error {
		n = 0
		if stored, err := storedKeyID(ctx, t.query); err != nil || (stored != idOfKey(db.key) && stored != idOfKey(key)) {
			return cmp.Or(err, fmt.Errorf("another node has encrypted the secrets with the key %s meanwhile; all nodes need the same one", stored))
		}
		for _, c := range secretColumns {
			rows, err := c.rows(ctx, t.query)
			if err != nil {
				return err
			}
			for _, r := range rows {
				secret, err := c.open(db.key, r.id, r.stored)
				if err != nil && (key == nil || seal.KeyOf(r.stored) != key.ID()) {
					return fmt.Errorf("%s: %w; remove it or set it again first", c.place(r.id), err)
				}
				if err != nil {
					continue // the new key has sealed it already
				}
				if err := t.exec(ctx, c.setSQL(), c.seal(key, r.id, secret), r.id); err != nil {
					return err
				}
				n++
			}
		}
		if key == nil {
			return t.exec(ctx, dropSettingSQL, keyOfSecrets)
		}
		return t.exec(ctx, setSettingSQL, keyOfSecrets, key.ID())
	}
	if err = db.engine.erasing(ctx, db.writer, func() error { return db.write(ctx, what, reseal) }); err == nil {
		db.key = key
	}
	return n, err
}

// forgetSecrets removes what is encrypted. Users and topics have no secret address any more, hubs are asked anew, and alerts and services
// to save to that had a secret are sent nothing until they are given another.
func (db *DB) forgetSecrets(ctx context.Context) error {
	removed := 0
	err := db.write(ctx, "forget the encrypted secrets", func(ctx context.Context, t tx) error {
		removed = 0
		from, to := seal.All()
		for _, c := range secretColumns {
			n, err := t.affected(ctx, c.forgetSQL(), from, to)
			if err != nil {
				return err
			}
			removed += n
		}
		return t.exec(ctx, dropSettingSQL, keyOfSecrets)
	})
	if err == nil {
		db.log.Warn("the encrypted secrets were removed", "secrets", removed)
	}
	return err
}

type secretRow struct {
	id     any
	stored string
}

func (c secretColumn) rows(ctx context.Context, run runQuery) ([]secretRow, error) {
	return collect(ctx, run, func(row scanner) (r secretRow, err error) {
		return r, row.Scan(&r.id, &r.stored)
	}, c.listSQL())
}

// Secrets says how the secrets are stored.
type Secrets struct {
	Key   string // the id of the key; "" where they are stored as they are
	All   int
	Plain int      // stored as they are
	Lost  []string // those that the key doesn't open, or that were removed and not set again, as table.column:id
}

// CheckSecrets opens each secret.
func (db *DB) CheckSecrets(ctx context.Context) (s Secrets, err error) {
	if s.Key, err = db.SecretsKey(ctx); err != nil {
		return s, err
	}
	if s.Key != idOfKey(db.key) {
		return s, cmp.Or(db.noKey, errKeyChanged)
	}
	for _, c := range secretColumns {
		err := db.eachRow(ctx, "check the secrets", func(row scanner) error {
			var r secretRow
			if err := row.Scan(&r.id, &r.stored); err != nil {
				return err
			}
			s.All++
			if !seal.Sealed(r.stored) {
				s.Plain++
			}
			if secret, err := c.open(db.key, r.id, r.stored); err != nil || secret == c.lost {
				s.Lost = append(s.Lost, c.place(r.id))
			}
			return nil
		}, c.listSQL())
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// EnsurePictureKey is EnsureSetting for the key that signs the addresses of pictures. One that is damaged is replaced.
func (db *DB) EnsurePictureKey(ctx context.Context, make func() string) (string, error) {
	stored, err := db.Setting(ctx, pictureKey)
	if err != nil {
		return "", err
	}
	secret, err := db.unsealed(settingSecret, pictureKey, stored)
	if err != nil || secret != "" {
		return secret, err
	}
	if stored != "" {
		db.log.Warn("a damaged secret is replaced", "secret", settingSecret.place(pictureKey))
	}
	var kept string
	err = db.write(ctx, "setting "+pictureKey, func(ctx context.Context, t tx) error {
		made, err := t.sealed(ctx, settingSecret, pictureKey, make())
		if err != nil {
			return err
		}
		if err := t.exec(ctx, dropDamagedSettingSQL, pictureKey, stored); err != nil { // unless another process has replaced it
			return err
		}
		return t.scan(ctx, []any{&kept}, ensureSettingSQL, pictureKey, made)
	})
	if err != nil {
		return "", err
	}
	return db.unsealed(settingSecret, pictureKey, kept)
}
