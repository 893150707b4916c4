package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"headwater/internal/news"
)

const addUserTopicSQL = `INSERT INTO user_topics (user_id, name, query, added) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`

// AddUserTopic follows a topic for one user. A name that the user has gives news.ErrExists. A zero Added means now.
func (db *DB) AddUserTopic(ctx context.Context, user int64, topic news.Topic) error {
	if topic.Added.IsZero() {
		topic.Added = time.Now()
	}
	return db.write(ctx, "add topic "+topic.Name, func(ctx context.Context, t tx) error {
		err := t.execFound(ctx, addUserTopicSQL, user, text(topic.Name), text(topic.Query), millis(topic.Added))
		if errors.Is(err, news.ErrNotFound) {
			return news.ErrExists
		}
		return err
	})
}

const userTopicsSQL = `SELECT name, query, added FROM user_topics WHERE user_id = ? ORDER BY name`

// UserTopics gives a user's own topics by name.
func (db *DB) UserTopics(ctx context.Context, user int64) (topics []news.Topic, err error) {
	err = db.read(ctx, "topics of a user", func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, userTopicsSQL, user)
		if err != nil {
			return err
		}
		topics, err = collect(rows, scanTopic)
		return err
	})
	return topics, err
}

const removeUserTopicSQL = `DELETE FROM user_topics WHERE user_id = ? AND name = ?`

// RemoveUserTopic ends following a topic for one user, or gives news.ErrNotFound.
func (db *DB) RemoveUserTopic(ctx context.Context, user int64, name string) error {
	return db.write(ctx, "remove topic "+name, func(ctx context.Context, t tx) error {
		return t.execFound(ctx, removeUserTopicSQL, user, text(name))
	})
}

const renameUserTopicSQL = `UPDATE OR IGNORE user_topics SET name = ? WHERE user_id = ? AND name = ?`

// RenameUserTopic calls a user's topic otherwise. It gives news.ErrNotFound where there is none, or one of the new name.
func (db *DB) RenameUserTopic(ctx context.Context, user int64, name, to string) error {
	return db.write(ctx, "rename topic "+name, func(ctx context.Context, t tx) error {
		return t.execFound(ctx, renameUserTopicSQL, text(to), user, text(name))
	})
}
