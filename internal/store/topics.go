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

// PutMatches stores what a run of the story log brought, in one transaction with the mark 'topics': its new matches and
// the end of others. The matches of a story that went into another are the other's, with the lower Seq where it has its
// own; those of a story that is no more go. Topics that have been removed meanwhile get nothing.
func (db *DB) PutMatches(ctx context.Context, m Matching) error {
	return db.write(ctx, "matches of topics", func(ctx context.Context, t tx) error {
		if err := t.moveMatches(ctx, m.Changes); err != nil {
			return err
		}
		for _, e := range m.Ended {
			if err := t.exec(ctx, endMatchSQL, e.Topic, e.Story); err != nil {
				return err
			}
		}
		if err := t.each(ctx, putMatchSQL, matchRows(m.Matches)); err != nil {
			return err
		}
		if err := t.putLooked(ctx, m); err != nil {
			return err
		}
		return t.setMark(ctx, markTopics, m.Through)
	})
}

const (
	endMatchSQL = `DELETE FROM topic_stories WHERE topic_id = ? AND story_id = ?`
	putMatchSQL = `INSERT INTO topic_stories (topic_id, story_id, seq, at) SELECT id, ?2, ?3, ?4 FROM topics WHERE id = ?1
		ON CONFLICT (topic_id, story_id) DO NOTHING`
)

func matchRows(matches []Match) (rows [][]any) {
	for _, m := range matches {
		rows = append(rows, []any{m.Topic, m.Story, m.Seq, millis(m.At)})
	}
	return rows
}

const (
	joinMatchesSQL = `INSERT INTO topic_stories (topic_id, story_id, seq, at) SELECT topic_id, ?1, seq, at FROM topic_stories
		WHERE story_id = ?2 ON CONFLICT (topic_id, story_id) DO UPDATE SET seq = min(seq, excluded.seq), at = min(at, excluded.at)`
	joinLookedSQL  = `UPDATE topic_articles SET story_id = ? WHERE story_id = ?`
	dropMatchesSQL = `DELETE FROM topic_stories WHERE story_id = ?`
)

// moveMatches follows the stories that went into others or are no more.
func (t tx) moveMatches(ctx context.Context, changes []news.StoryChange) error {
	for _, c := range changes {
		if c.Into != 0 {
			if err := t.exec(ctx, joinMatchesSQL, c.Into, c.Story); err != nil {
				return err
			}
			if err := t.exec(ctx, joinLookedSQL, c.Into, c.Story); err != nil {
				return err
			}
		}
		if c.Into != 0 || c.Gone {
			if err := t.exec(ctx, dropMatchesSQL, c.Story); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	leftSQL      = `DELETE FROM topic_articles WHERE article_id IN (SELECT value FROM json_each(?))`
	putLookedSQL = `INSERT INTO topic_articles (article_id, story_id, seq) SELECT id, ?2, ?3 FROM articles WHERE id = ?1
		ON CONFLICT (article_id) DO UPDATE SET story_id = excluded.story_id, seq = excluded.seq`
)

func (t tx) putLooked(ctx context.Context, m Matching) error {
	left, err := idList(m.Left)
	if err != nil {
		return err
	}
	if err := t.exec(ctx, leftSQL, left); err != nil {
		return err
	}
	var rows [][]any
	for _, l := range m.Looked {
		rows = append(rows, []any{l.Article, l.Story, l.Seq})
	}
	return t.each(ctx, putLookedSQL, rows)
}

const fillTopicSQL = `UPDATE topics SET filled = 1 WHERE id = ? AND version = ? RETURNING seen`

const oldStoriesSQL = `SELECT story_id FROM story_log WHERE first <= ? AND story_id IN (SELECT value FROM json_each(?)) ORDER BY 1`

// FillTopic stores those of the stories that a topic finds which there were before it was added, or last seen. None of them is
// new, and no alert tells of them: their Seq is 0. Where the topic is another by now, or none, it does nothing.
func (db *DB) FillTopic(ctx context.Context, topic news.Topic, stories []int64, at time.Time) error {
	return db.write(ctx, "fill topic "+topic.Name, func(ctx context.Context, t tx) error {
		var seen int64
		err := t.QueryRowContext(ctx, fillTopicSQL, topic.ID, topic.Version).Scan(&seen)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		ids, err := idList(stories)
		if err != nil {
			return err
		}
		old, err := t.ids(ctx, oldStoriesSQL, seen, ids)
		if err != nil {
			return err
		}
		var matches []Match
		for _, story := range old {
			matches = append(matches, Match{Topic: topic.ID, Story: story, At: at})
		}
		return t.each(ctx, putMatchSQL, matchRows(matches))
	})
}

const matchesOfSQL = `SELECT story_id, topic_id FROM topic_stories WHERE story_id IN (SELECT value FROM json_each(?)) ORDER BY 1, 2`

// MatchesOf gives the ids of the topics that each of the stories matches, in order.
func (db *DB) MatchesOf(ctx context.Context, stories []int64) (map[int64][]int64, error) {
	ids, err := idList(stories)
	if err != nil {
		return nil, err
	}
	of := map[int64][]int64{}
	err = db.read(ctx, "topics of stories", func(t *sql.Tx) error {
		return eachRow(ctx, t, matchesOfSQL, []any{ids}, func(rows *sql.Rows) error {
			var story, topic int64
			err := rows.Scan(&story, &topic)
			of[story] = append(of[story], topic)
			return err
		})
	})
	return of, err
}

const lookedSQL = `SELECT article_id, story_id, seq FROM topic_articles WHERE story_id IN (SELECT value FROM json_each(?1))
	UNION SELECT article_id, story_id, seq FROM topic_articles WHERE article_id IN
		(SELECT article_id FROM members WHERE story_id IN (SELECT value FROM json_each(?1)))`

// Looked gives what has been held against the topics: the articles that were in these stories then, and those that are in
// them now.
func (db *DB) Looked(ctx context.Context, stories []int64) (looked []Looked, err error) {
	ids, err := idList(stories)
	if err != nil {
		return nil, err
	}
	return rowsOf(ctx, db, "articles held against topics", func(row scanner) (l Looked, err error) {
		err = row.Scan(&l.Article, &l.Story, &l.Seq)
		return l, err
	}, lookedSQL, ids)
}

const seeTopicSQL = `UPDATE topics SET seen = max(seen, min(?, ` + lastChangeSQL + `)) WHERE id = ?`

// SeeTopic says that somebody has seen a topic as of a number of the story log. What matches later is new again.
func (db *DB) SeeTopic(ctx context.Context, id, through int64) error {
	return db.write(ctx, fmt.Sprint("see topic ", id), func(ctx context.Context, t tx) error {
		return t.execFound(ctx, seeTopicSQL, through, id)
	})
}

const topicsStateSQL = `SELECT count(*) || ' ' || coalesce(max(id), 0) || ' ' || coalesce(sum(version), 0) FROM topics`

// TopicsState is a text that is another after each change of the topics' queries and options, and of which there are.
func (db *DB) TopicsState(ctx context.Context) (state string, err error) {
	err = db.read(ctx, "state of the topics", func(t *sql.Tx) error {
		return t.QueryRowContext(ctx, topicsStateSQL).Scan(&state)
	})
	return state, err
}

const unreadTopicSQL = `SELECT count(*), coalesce(max(a.seen), 0)
	FROM (SELECT story_id FROM topic_stories WHERE topic_id = ?1 ORDER BY seq DESC LIMIT ?3) AS page CROSS JOIN members AS m CROSS JOIN articles AS a
	WHERE m.story_id = page.story_id AND m.leads = 1 AND a.id = m.article_id
		AND NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = ?2 AND r.article_id = m.article_id)`

// UnreadTopic counts what a user has not read of the stories that a topic found last, limit of them at most, each by the article that
// stands for it.
func (db *DB) UnreadTopic(ctx context.Context, user, topic int64, limit int) (u news.Unread, err error) {
	var newest int64
	if err := db.reader.QueryRowContext(ctx, unreadTopicSQL, topic, user, limit).Scan(&u.Count, &newest); err != nil {
		return u, fmt.Errorf("unread stories of topic %d: %w", topic, db.explain(err))
	}
	u.Newest = fromMillis(newest)
	return u, nil
}

// Match is a story that holds an article which a topic's query finds.
type Match struct {
	Topic int64
	Story int64
	Seq   int64 // of the story log when the story first matched
	At    time.Time
}

// Matching is what holding the changed stories against the topics found.
type Matching struct {
	Through int64              // the number of the story log that was reached
	Changes []news.StoryChange // what was read of the log; of stories that went into others or are no more, the matches do too
	Matches []Match            // those that hold already keep their Seq and At
	Ended   []Match            // hold no longer; only Topic and Story count
	Looked  []Looked
	Left    []int64 // articles that are in no story any more
}

// Looked says that an article was held against all topics.
type Looked struct {
	Article int64
	Story   int64
	Seq     int64 // of the article in the log of articles
}
