package store

import (
	"context"
	"fmt"
	"time"

	"headwater/internal/news"
)

const addAPITokenSQL = `INSERT INTO api_tokens (hash, user_id, label, made) SELECT ?, id, ?, ? FROM users WHERE id = ?`

// AddAPIToken lets the bearer of a token act for a user, until it is dropped. It is given the token's hash.
func (db *DB) AddAPIToken(ctx context.Context, user int64, token []byte, label string, made time.Time) error {
	return db.write(ctx, "add an API token", func(ctx context.Context, t tx) error {
		return t.execFound(ctx, addAPITokenSQL, token, text(label), millis(made), user)
	})
}

const apiTokenUserSQL = `SELECT u.id, u.name, u.added FROM api_tokens AS t JOIN users AS u ON u.id = t.user_id WHERE t.hash = ?`

// APITokenUser gives the user whom a token's hash stands for, or news.ErrNotFound.
func (db *DB) APITokenUser(ctx context.Context, token []byte) (news.User, error) {
	return db.userBy(ctx, "API token", apiTokenUserSQL, token)
}

const apiTokensSQL = `SELECT id, label, made FROM api_tokens WHERE user_id = ? ORDER BY id`

// APITokens gives a user's tokens, the oldest first.
func (db *DB) APITokens(ctx context.Context, user int64) ([]news.APIToken, error) {
	return rowsOf(ctx, db, "API tokens", func(row scanner) (k news.APIToken, err error) {
		var made int64
		err = row.Scan(&k.ID, &k.Label, &made)
		k.Made = fromMillis(made)
		return k, err
	}, apiTokensSQL, user)
}

const dropAPITokenSQL = `DELETE FROM api_tokens WHERE user_id = ? AND id = ?`

// DropAPIToken ends one of a user's tokens, or gives news.ErrNotFound.
func (db *DB) DropAPIToken(ctx context.Context, user, id int64) error {
	return db.write(ctx, fmt.Sprint("drop API token ", id), func(ctx context.Context, t tx) error {
		return t.execFound(ctx, dropAPITokenSQL, user, id)
	})
}
