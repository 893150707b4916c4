package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"headwater/internal/news"
)

const userSettingsSQL = `SELECT settings FROM user_settings WHERE user_id = ?`

// UserSettings returns the settings of a user; the defaults where the user has changed none, or does not exist.
func (db *DB) UserSettings(ctx context.Context, user int64) (news.Settings, error) {
	s, err := rowOf(ctx, db, fmt.Sprint("settings of user ", user), func(row scanner) (s news.Settings, err error) {
		var stored string
		if err := row.Scan(&stored); err != nil {
			return s, err
		}
		return s, json.Unmarshal([]byte(stored), &s)
	}, userSettingsSQL, user)
	if errors.Is(err, news.ErrNotFound) {
		return news.Settings{}, nil
	}
	return s, err
}

const setUserSettingsSQL = `INSERT INTO user_settings (user_id, settings) SELECT id, ? FROM users WHERE id = ?
	ON CONFLICT (user_id) DO UPDATE SET settings = excluded.settings`

// SetUserSettings replaces the settings of a user. It returns what is wrong with them, and news.ErrNotFound for an unknown user.
func (db *DB) SetUserSettings(ctx context.Context, user int64, s news.Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	stored, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return db.execFound(ctx, fmt.Sprint("settings of user ", user), setUserSettingsSQL, text(string(stored)), user)
}
