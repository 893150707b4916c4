package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const settingSQL = `SELECT value FROM settings WHERE key = ?`

// Setting gives a value kept for the program itself, "" where there is none.
func (db *DB) Setting(ctx context.Context, key string) (value string, err error) {
	err = db.reader.QueryRowContext(ctx, settingSQL, key).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("setting %s: %w", key, db.explain(err))
	}
	return value, nil
}

const setSettingSQL = `INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`

// SetSetting keeps a value for the program itself.
func (db *DB) SetSetting(ctx context.Context, key, value string) error {
	return db.write(ctx, "setting "+key, func(ctx context.Context, t tx) error {
		return t.exec(ctx, setSettingSQL, key, value)
	})
}
