package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
)

const addTopicSQL = `INSERT INTO topics (user_id, name, query, originals, min_outlets, langs, muted, added, seen)
	VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ` + lastChangeSQL + `) ON CONFLICT DO NOTHING RETURNING id`

// AddTopic follows a topic and gives its number. A name that the user has gives news.ErrExists. A zero Added means now.
// What the story log holds so far is not new to the topic.
func (db *DB) AddTopic(ctx context.Context, topic news.Topic) (id int64, err error) {
	if topic.Added.IsZero() {
		topic.Added = time.Now()
	}
	err = db.write(ctx, "add topic "+topic.Name, func(ctx context.Context, t tx) error {
		o, err := topicOptions(topic.Options)
		if err != nil {
			return err
		}
		args := append([]any{topic.User, text(topic.Name), text(topic.Query)}, o...)
		err = t.QueryRowContext(ctx, addTopicSQL, append(args, millis(topic.Added))...).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return news.ErrExists
		}
		return err
	})
	return id, err
}

// topicOptions gives the columns originals, min_outlets, langs and muted.
func topicOptions(o news.TopicOptions) ([]any, error) {
	langs, err := list(o.Langs)
	if err != nil {
		return nil, err
	}
	muted, err := list(o.Muted)
	return []any{o.Originals, o.MinOutlets, langs, muted}, err
}

const (
	asksElseSQL   = `SELECT count(*) FROM topics WHERE id = ? AND (query, originals, min_outlets, langs, muted) <> (?, ?, ?, ?, ?)`
	anewSQL       = `UPDATE topics SET filled = 0, version = version + 1, seen = ` + lastChangeSQL + ` WHERE id = ?`
	endMatchesSQL = `DELETE FROM topic_stories WHERE topic_id = ?`
)

const changeTopicSQL = `UPDATE OR IGNORE topics SET name = ?, query = ?, originals = ?, min_outlets = ?, langs = ?, muted = ? WHERE id = ?`

// ChangeTopic gives the topic of that ID another name, query and options; where the query or the options are others, its
// matches begin anew. It gives news.ErrNotFound where there is none,
// or another of the name.
func (db *DB) ChangeTopic(ctx context.Context, topic news.Topic) error {
	return db.write(ctx, "change topic "+topic.Name, func(ctx context.Context, t tx) error {
		o, err := topicOptions(topic.Options)
		if err != nil {
			return err
		}
		if err := t.beginAnew(ctx, topic, o); err != nil {
			return err
		}
		args := append([]any{text(topic.Name), text(topic.Query)}, o...)
		return t.execFound(ctx, changeTopicSQL, append(args, topic.ID)...)
	})
}

// beginAnew forgets the matches of a topic that is about to ask for something else.
func (t tx) beginAnew(ctx context.Context, topic news.Topic, options []any) error {
	var differs bool
	args := append([]any{topic.ID, text(topic.Query)}, options...)
	if err := t.QueryRowContext(ctx, asksElseSQL, args...).Scan(&differs); err != nil || !differs {
		return err
	}
	for _, q := range []string{anewSQL, endMatchesSQL, quietAlertsSQL} {
		if err := t.exec(ctx, q, topic.ID); err != nil {
			return err
		}
	}
	return nil
}

const topicColumns = `SELECT id, coalesce(user_id, 0), name, query, originals, min_outlets, langs, muted, secret, added, seen, filled,
	version, (SELECT count(*) FROM topic_stories WHERE topic_id = id AND seq > seen) FROM topics`

func scanTopic(row scanner) (topic news.Topic, err error) {
	var added int64
	var langs, muted string
	o := &topic.Options
	err = row.Scan(&topic.ID, &topic.User, &topic.Name, &topic.Query, &o.Originals, &o.MinOutlets, &langs, &muted, &topic.Secret, &added,
		&topic.Seen, &topic.Filled, &topic.Version, &topic.New)
	if err != nil {
		return news.Topic{}, found(err)
	}
	topic.Added = fromMillis(added)
	var errMuted error
	o.Langs, err = unlist[string](langs)
	o.Muted, errMuted = unlist[string](muted)
	return topic, errors.Join(err, errMuted)
}

const (
	topicSQL         = topicColumns + ` WHERE coalesce(user_id, 0) = ? AND name = ?`
	topicByIDSQL     = topicColumns + ` WHERE id = ?`
	topicBySecretSQL = topicColumns + ` WHERE secret = ? AND secret <> ''`
)

// Topic gives a user's topic by its name, user 0 being everybody, or news.ErrNotFound.
func (db *DB) Topic(ctx context.Context, user int64, name string) (news.Topic, error) {
	return db.topic(ctx, "topic "+name, topicSQL, user, text(name))
}

// TopicByID gives a topic, or news.ErrNotFound.
func (db *DB) TopicByID(ctx context.Context, id int64) (news.Topic, error) {
	return db.topic(ctx, fmt.Sprint("topic ", id), topicByIDSQL, id)
}

// TopicBySecret gives the topic whose feed a secret lets in to, or news.ErrNotFound.
func (db *DB) TopicBySecret(ctx context.Context, secret string) (news.Topic, error) {
	return db.topic(ctx, "topic by its secret", topicBySecretSQL, secret)
}

func (db *DB) topic(ctx context.Context, what, query string, args ...any) (news.Topic, error) {
	topic, err := scanTopic(db.reader.QueryRowContext(ctx, query, args...))
	if err != nil {
		return news.Topic{}, fmt.Errorf("%s: %w", what, db.explain(err))
	}
	return topic, nil
}

const setTopicSecretSQL = `UPDATE topics SET secret = ? WHERE id = ?`

// SetTopicSecret gives a topic's feed another secret, or with "" none, so that the one before lets nobody in.
func (db *DB) SetTopicSecret(ctx context.Context, id int64, secret string) error {
	return db.write(ctx, fmt.Sprint("secret of topic ", id), func(ctx context.Context, t tx) error {
		return t.execFound(ctx, setTopicSecretSQL, secret, id)
	})
}

const (
	topicsSQL    = topicColumns + ` WHERE coalesce(user_id, 0) = ? ORDER BY name`
	allTopicsSQL = topicColumns + ` ORDER BY id`
)

// Topics gives a user's topics by name, user 0 being everybody.
func (db *DB) Topics(ctx context.Context, user int64) ([]news.Topic, error) {
	return db.topics(ctx, topicsSQL, user)
}

// AllTopics gives the topics of all users and of everybody, in the order in which they came.
func (db *DB) AllTopics(ctx context.Context) ([]news.Topic, error) {
	return db.topics(ctx, allTopicsSQL)
}

func (db *DB) topics(ctx context.Context, query string, args ...any) ([]news.Topic, error) {
	return rowsOf(ctx, db, "topics", scanTopic, query, args...)
}

const removeTopicSQL = `DELETE FROM topics WHERE coalesce(user_id, 0) = ? AND name = ?`

// RemoveTopic ends following a user's topic, user 0 being everybody, or gives news.ErrNotFound.
func (db *DB) RemoveTopic(ctx context.Context, user int64, name string) error {
	return db.write(ctx, "remove topic "+name, func(ctx context.Context, t tx) error {
		return t.execFound(ctx, removeTopicSQL, user, text(name))
	})
}
