package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
)

const addTopicSQL = `INSERT INTO topics (name, query, added) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`

// AddTopic follows a topic. A name that is taken gives news.ErrExists. A zero Added means now.
func (db *DB) AddTopic(ctx context.Context, topic news.Topic) error {
	if topic.Added.IsZero() {
		topic.Added = time.Now()
	}
	return db.write(ctx, "add topic "+topic.Name, func(ctx context.Context, t tx) error {
		err := t.execFound(ctx, addTopicSQL, text(topic.Name), text(topic.Query), millis(topic.Added))
		if errors.Is(err, news.ErrNotFound) {
			return news.ErrExists
		}
		return err
	})
}

const topicSQL = `SELECT name, query, added FROM topics WHERE name = ?`

// Topic gives a topic by its name, or news.ErrNotFound.
func (db *DB) Topic(ctx context.Context, name string) (news.Topic, error) {
	topic, err := scanTopic(db.reader.QueryRowContext(ctx, topicSQL, text(name)))
	if err != nil {
		return news.Topic{}, fmt.Errorf("topic %s: %w", name, db.explain(err))
	}
	return topic, nil
}

func scanTopic(row scanner) (topic news.Topic, err error) {
	var added int64
	err = row.Scan(&topic.Name, &topic.Query, &added)
	topic.Added = fromMillis(added)
	return topic, found(err)
}

const topicsSQL = `SELECT name, query, added FROM topics ORDER BY name`

// Topics gives all topics by name.
func (db *DB) Topics(ctx context.Context) (topics []news.Topic, err error) {
	err = db.read(ctx, "topics", func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, topicsSQL)
		if err != nil {
			return err
		}
		topics, err = collect(rows, scanTopic)
		return err
	})
	return topics, err
}

const removeTopicSQL = `DELETE FROM topics WHERE name = ?`

// RemoveTopic ends following a topic, or gives news.ErrNotFound.
func (db *DB) RemoveTopic(ctx context.Context, name string) error {
	return db.write(ctx, "remove topic "+name, func(ctx context.Context, t tx) error {
		return t.execFound(ctx, removeTopicSQL, text(name))
	})
}

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
