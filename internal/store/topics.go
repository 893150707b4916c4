package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"headwater/internal/news"
)

// addTopicSQL is no ON CONFLICT, for the reason of addAlertSQL.
const addTopicSQL = `INSERT INTO topics (user_id, name, query, originals, min_outlets, langs, muted, added, seen)
	SELECT nullif(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ` + lastChangeSQL + `
	WHERE NOT EXISTS (SELECT 1 FROM topics AS x WHERE coalesce(x.user_id, 0) = ?1 AND x.name = ?2) RETURNING id`

// AddTopic stores a topic and returns its id. It returns news.ErrExists where the user has a topic of that name. A zero
// Added means now. Stories that are in the story log already are not new to the topic.
func (db *DB) AddTopic(ctx context.Context, topic news.Topic) (id int64, err error) {
	if topic.Added.IsZero() {
		topic.Added = time.Now()
	}
	err = db.write(ctx, "add topic "+topic.Name, func(ctx context.Context, t tx) error {
		t.ring(AreaTopics)
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

// topicOptions returns the values of the columns originals, min_outlets, langs and muted.
func topicOptions(o news.TopicOptions) ([]any, error) {
	langs, err := encodeList(o.Langs)
	if err != nil {
		return nil, err
	}
	muted, err := encodeList(o.Muted)
	return []any{o.Originals, o.MinOutlets, langs, muted}, err
}

const (
	topicDiffersSQL = `SELECT count(*) FROM topics WHERE id = ? AND (query, originals, min_outlets, langs, muted) <> (?, ?, ?, ?, ?)`
	resetTopicSQL   = `UPDATE topics SET filled = 0, version = version + 1, seen = ` + lastChangeSQL + ` WHERE id = ?`
	endMatchesSQL   = `DELETE FROM topic_stories WHERE topic_id = ?`
)

const changeTopicSQL = `UPDATE topics SET name = ?1, query = ?2, originals = ?3, min_outlets = ?4, langs = ?5, muted = ?6 WHERE id = ?7
	AND NOT EXISTS (SELECT 1 FROM topics AS x WHERE x.id <> ?7 AND x.name = ?1 AND coalesce(x.user_id, 0) = coalesce(topics.user_id, 0))`

// ChangeTopic changes the name, query and options of the topic with that ID. Where the query or the options change, its
// matches are computed again. It returns news.ErrNotFound for an unknown topic, or where another topic has the name.
func (db *DB) ChangeTopic(ctx context.Context, topic news.Topic) error {
	return db.write(ctx, "change topic "+topic.Name, func(ctx context.Context, t tx) error {
		t.ring(AreaTopics)
		o, err := topicOptions(topic.Options)
		if err != nil {
			return err
		}
		var differs bool
		if err := t.scan(ctx, []any{&differs}, topicDiffersSQL, append([]any{topic.ID, text(topic.Query)}, o...)...); err != nil {
			return err
		}
		if differs {
			if err := t.all(ctx, []string{resetTopicSQL, endMatchesSQL, skipKnownStoriesSQL}, topic.ID); err != nil {
				return err
			}
		}
		args := append([]any{text(topic.Name), text(topic.Query)}, o...)
		return t.execFound(ctx, changeTopicSQL, append(args, topic.ID)...)
	})
}

const topicColumns = `SELECT id, coalesce(user_id, 0), name, query, originals, min_outlets, langs, muted, secret, added, seen, filled,
	version, (SELECT count(*) FROM topic_stories WHERE topic_id = id AND seq > seen) FROM topics`

func (db *DB) scanTopic(row scanner) (topic news.Topic, err error) {
	var added int64
	var langs, muted string
	o := &topic.Options
	err = row.Scan(&topic.ID, &topic.User, &topic.Name, &topic.Query, &o.Originals, &o.MinOutlets, &langs, &muted, &topic.Secret, &added,
		&topic.Seen, &topic.Filled, &topic.Version, &topic.New)
	if err != nil {
		return news.Topic{}, asNotFound(err)
	}
	if topic.Secret, err = db.unsealed(topicSecret, topic.ID, topic.Secret); err != nil {
		return news.Topic{}, err
	}
	topic.Added = fromMillis(added)
	var errMuted error
	o.Langs, err = decodeList[string](langs)
	o.Muted, errMuted = decodeList[string](muted)
	return topic, errors.Join(err, errMuted)
}

// topicFor is scanTopic for a viewer.
func (db *DB) topicFor(viewer int64) func(scanner) (news.Topic, error) {
	return func(row scanner) (news.Topic, error) {
		t, err := db.scanTopic(row)
		t.Viewer = viewer
		return t, err
	}
}

// sharedTopics are the topics of everybody, seen as far as one user has seen them.
const sharedTopics = `SELECT id, 0, name, query, originals, min_outlets, langs, muted, secret, added, seen, filled,
	version, (SELECT count(*) FROM topic_stories AS m WHERE m.topic_id = t.id AND m.seq > t.seen)
	FROM (SELECT t.id, t.name, t.query, t.originals, t.min_outlets, t.langs, t.muted, t.secret, t.added, t.filled, t.version, max(t.seen, coalesce(s.seen, 0)) AS seen
		FROM topics AS t LEFT JOIN topic_seen AS s ON s.user_id = ? AND s.topic_id = t.id WHERE coalesce(t.user_id, 0) = 0) AS t`

const (
	topicSQL         = topicColumns + ` WHERE coalesce(user_id, 0) = ? AND name = ?`
	topicByIDSQL     = topicColumns + ` WHERE id = ?`
	topicBySecretSQL = topicColumns + ` WHERE secret BETWEEN ? AND ? AND secret <> ''`
)

// Topic returns a user's topic by name, or news.ErrNotFound. User 0 stands for everybody.
func (db *DB) Topic(ctx context.Context, user int64, name string) (news.Topic, error) {
	return rowOf(ctx, db, "topic "+name, db.topicFor(user), topicSQL, user, text(name))
}

// TopicByID returns a topic, or news.ErrNotFound.
func (db *DB) TopicByID(ctx context.Context, id int64) (news.Topic, error) {
	return rowOf(ctx, db, fmt.Sprint("topic ", id), db.scanTopic, topicByIDSQL, id)
}

// TopicBySecret returns the topic whose feed has this secret, or news.ErrNotFound.
func (db *DB) TopicBySecret(ctx context.Context, secret string) (news.Topic, error) {
	from, to := topicSecret.bounds(db.key, text(secret))
	return rowOf(ctx, db, "topic by its secret", db.scanTopic, topicBySecretSQL, from, to)
}

// SetTopicSecret replaces the secret of a topic's feed. The old secret stops working. "" removes the secret.
func (db *DB) SetTopicSecret(ctx context.Context, id int64, secret string) error {
	return db.write(ctx, fmt.Sprint("secret of topic ", id), func(ctx context.Context, t tx) error {
		return t.setSecret(ctx, topicSecret, id, secret)
	})
}

const (
	sharedTopicSQL  = sharedTopics + ` WHERE name = ?`
	sharedTopicsSQL = sharedTopics + ` ORDER BY name`
)

// SharedTopic returns a topic of everybody by name as a user has seen it, or news.ErrNotFound.
func (db *DB) SharedTopic(ctx context.Context, viewer int64, name string) (news.Topic, error) {
	return rowOf(ctx, db, "topic "+name, db.topicFor(viewer), sharedTopicSQL, viewer, text(name))
}

// SharedTopics returns the topics of everybody by name, each as a user has seen it.
func (db *DB) SharedTopics(ctx context.Context, viewer int64) ([]news.Topic, error) {
	return rowsOf(ctx, db, "topics", db.topicFor(viewer), sharedTopicsSQL, viewer)
}

const (
	topicsSQL    = topicColumns + ` WHERE coalesce(user_id, 0) = ? ORDER BY name`
	allTopicsSQL = topicColumns + ` ORDER BY id`
)

// Topics returns a user's topics by name. User 0 stands for everybody; what is new of these is new to users who have seen none of them.
func (db *DB) Topics(ctx context.Context, user int64) ([]news.Topic, error) {
	return rowsOf(ctx, db, "topics", db.topicFor(user), topicsSQL, user)
}

// AllTopics returns the topics of all users and of everybody, in the order in which they were added.
func (db *DB) AllTopics(ctx context.Context) ([]news.Topic, error) {
	return rowsOf(ctx, db, "topics", db.scanTopic, allTopicsSQL)
}

const removeTopicSQL = `DELETE FROM topics WHERE coalesce(user_id, 0) = ? AND name = ?`

// RemoveTopic removes a user's topic, or returns news.ErrNotFound. User 0 stands for everybody.
func (db *DB) RemoveTopic(ctx context.Context, user int64, name string) error {
	return db.changeFound(ctx, AreaTopics, "remove topic "+name, removeTopicSQL, user, text(name))
}

// Match is a story with an article that matches a topic's query.
type Match struct {
	Topic int64
	Story int64
	Seq   int64 // number of the story log at which the story first matched
	At    time.Time
}

// MatchBatch is the result of matching changed stories with the topics.
type MatchBatch struct {
	Through    int64              // the number of the story log up to which stories were matched
	Changes    []news.StoryChange // the log entries that were read; the matches of merged and deleted stories follow them
	Matches    []Match            // existing matches keep their Seq and At
	Ended      []Match            // matches that no longer hold; only Topic and Story are used
	Checks     []TopicCheck
	Unassigned []int64 // articles that are no longer in a story
}

// TopicCheck records that an article was matched with all topics.
type TopicCheck struct {
	Article int64
	Story   int64
	Seq     int64 // the article's number in the article log
}

const (
	endMatchSQL = `DELETE FROM topic_stories WHERE topic_id = ? AND story_id = ?`
	putMatchSQL = `INSERT INTO topic_stories (topic_id, story_id, seq, at) SELECT id, ?2, ?3, ?4 FROM topics WHERE id = ?1
		ON CONFLICT (topic_id, story_id) DO NOTHING`
	joinMatchesSQL = `INSERT INTO topic_stories (topic_id, story_id, seq, at) SELECT topic_id, ?1, seq, at FROM topic_stories
		WHERE story_id = ?2 ON CONFLICT (topic_id, story_id) DO UPDATE SET seq = min(topic_stories.seq, excluded.seq),
			at = min(topic_stories.at, excluded.at)`
	moveTopicChecksSQL = `UPDATE topic_articles SET story_id = ? WHERE story_id = ?`
	dropMatchesSQL     = `DELETE FROM topic_stories WHERE story_id = ?`
	dropUnassignedSQL  = `DELETE FROM topic_articles WHERE article_id IN (SELECT value FROM json_each(?))`
	putTopicCheckSQL   = `INSERT INTO topic_articles (article_id, story_id, seq) SELECT id, ?2, ?3 FROM articles WHERE id = ?1
		ON CONFLICT (article_id) DO UPDATE SET story_id = excluded.story_id, seq = excluded.seq`
)

// PutMatches stores the result of matching a run of the story log with the topics. New matches, ended matches and the
// watermark watermarkTopics change in one transaction. The matches of a merged story move to the story that it went into;
// where that one has a match too, the lower Seq stays. The matches of a deleted story are deleted. Topics that were
// removed meanwhile are skipped.
func (db *DB) PutMatches(ctx context.Context, m MatchBatch) error {
	return db.write(ctx, "matches of topics", func(ctx context.Context, t tx) error {
		for _, c := range m.Changes {
			if c.Into != 0 {
				if err := t.all(ctx, []string{joinMatchesSQL, moveTopicChecksSQL}, c.Into, c.Story); err != nil {
					return err
				}
			}
			if c.Into != 0 || c.Gone {
				if err := t.exec(ctx, dropMatchesSQL, c.Story); err != nil {
					return err
				}
			}
		}
		for _, e := range m.Ended {
			if err := t.exec(ctx, endMatchSQL, e.Topic, e.Story); err != nil {
				return err
			}
		}
		for _, match := range m.Matches {
			if err := t.exec(ctx, putMatchSQL, match.Topic, match.Story, match.Seq, millis(match.At)); err != nil {
				return err
			}
		}
		if err := t.exec(ctx, dropUnassignedSQL, idList(m.Unassigned)); err != nil {
			return err
		}
		for _, l := range m.Checks {
			if err := t.exec(ctx, putTopicCheckSQL, l.Article, l.Story, l.Seq); err != nil {
				return err
			}
		}
		return t.setWatermark(ctx, watermarkTopics, m.Through)
	})
}

const fillTopicSQL = `UPDATE topics SET filled = 1 WHERE id = ? AND version = ? AND filled = 0 RETURNING seen`

// WholeStoryLog is a number above all of the story log.
const WholeStoryLog = math.MaxInt64

const oldStoriesSQL = `SELECT story_id FROM story_log WHERE first <= ? AND seq <= ? AND story_id IN (SELECT value FROM json_each(?)) ORDER BY 1`

// FillTopic stores a topic's matches among the stories from before the topic was added, or last seen. Their Seq is 0, so
// none of them is new and no alert tells of them. Stories that changed after the entry through of the story log are left
// out. It does nothing where the topic was changed, removed or filled meanwhile.
func (db *DB) FillTopic(ctx context.Context, topic news.Topic, stories []int64, through int64, at time.Time) error {
	return db.write(ctx, "fill topic "+topic.Name, func(ctx context.Context, t tx) error {
		var seen int64
		err := t.scan(ctx, []any{&seen}, fillTopicSQL, topic.ID, topic.Version)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		old, err := t.ids(ctx, oldStoriesSQL, seen, through, idList(stories))
		if err != nil {
			return err
		}
		for _, story := range old {
			if err := t.exec(ctx, putMatchSQL, topic.ID, story, 0, millis(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

const matchesOfSQL = `SELECT story_id, topic_id FROM topic_stories WHERE story_id IN (SELECT value FROM json_each(?)) ORDER BY 1, 2`

// MatchesOf returns, by story, the sorted ids of the topics that it matches.
func (db *DB) MatchesOf(ctx context.Context, stories []int64) (map[int64][]int64, error) {
	of := map[int64][]int64{}
	err := db.eachRow(ctx, "topics of stories", func(row scanner) error {
		var story, topic int64
		err := row.Scan(&story, &topic)
		of[story] = append(of[story], topic)
		return err
	}, matchesOfSQL, idList(stories))
	return of, err
}

const topicChecksSQL = `SELECT article_id, story_id, seq FROM topic_articles WHERE story_id IN (SELECT value FROM json_each(?1))
	UNION SELECT article_id, story_id, seq FROM topic_articles WHERE article_id IN
		(SELECT article_id FROM members WHERE story_id IN (SELECT value FROM json_each(?1)))`

// TopicChecks returns which articles were matched with the topics. It covers articles that were in these stories at that
// time, and articles that are in them now.
func (db *DB) TopicChecks(ctx context.Context, stories []int64) ([]TopicCheck, error) {
	return rowsOf(ctx, db, "articles held against topics", func(row scanner) (l TopicCheck, err error) {
		err = row.Scan(&l.Article, &l.Story, &l.Seq)
		return l, err
	}, topicChecksSQL, idList(stories))
}

const (
	markTopicSeenSQL  = `UPDATE topics SET seen = max(seen, min(?, ` + lastChangeSQL + `)) WHERE id = ?`
	markSharedSeenSQL = `INSERT INTO topic_seen (user_id, topic_id, seen)
		SELECT u.id, t.id, min(?3, ` + lastChangeSQL + `) FROM users AS u CROSS JOIN topics AS t WHERE u.id = ?1 AND t.id = ?2
		ON CONFLICT (user_id, topic_id) DO UPDATE SET seen = max(topic_seen.seen, excluded.seen)`
)

// TopicsMark returns the number of the story log up to which stories were matched with topics.
func (db *DB) TopicsMark(ctx context.Context) (int64, error) {
	return db.Watermark(ctx, watermarkTopics)
}

// MarkTopicSeen records that a user has seen a topic as of a number of the story log. Later matches are new again. A topic of everybody is
// seen by each user for themselves; viewer 0 sees it for all of them.
func (db *DB) MarkTopicSeen(ctx context.Context, topic news.Topic, viewer, through int64) error {
	what := fmt.Sprint("see topic ", topic.ID)
	if topic.User == 0 && viewer != 0 {
		return db.execFound(ctx, what, markSharedSeenSQL, viewer, topic.ID, through)
	}
	return db.execFound(ctx, what, markTopicSeenSQL, through, topic.ID)
}

const newStoriesOfTopicSQL = `SELECT story_id FROM topic_stories WHERE topic_id = ? AND seq > ? ORDER BY seq DESC LIMIT ?`

// NewStoriesOfTopic returns the stories that first matched a topic after topic.Seen, the latest first.
func (db *DB) NewStoriesOfTopic(ctx context.Context, topic news.Topic, limit int) ([]int64, error) {
	return rowsOf(ctx, db, fmt.Sprint("new stories of topic ", topic.ID), func(row scanner) (id int64, err error) { return id, row.Scan(&id) }, newStoriesOfTopicSQL, topic.ID, topic.Seen, limit)
}

const topicsStateSQL = `SELECT count(*) || ' ' || coalesce(max(id), 0) || ' ' || coalesce(sum(version), 0) FROM topics`

// TopicsState returns a text that changes whenever a topic is added or removed, or its query or options change.
func (db *DB) TopicsState(ctx context.Context) (string, error) {
	return rowOf(ctx, db, "state of the topics", scanText, topicsStateSQL)
}

var unreadTopicSQL = `SELECT count(*), coalesce(max(a.seen), 0)
	FROM (SELECT story_id FROM topic_stories WHERE topic_id = ?2 ORDER BY seq DESC LIMIT ?3) AS page CROSS JOIN members AS m CROSS JOIN articles AS a
	WHERE m.story_id = page.story_id AND m.leads = 1 AND a.id = m.article_id
		AND ` + readAtSQL + ` IS NULL`

// UnreadTopic counts the unread stories among a topic's latest matches, at most limit of these. Each story is counted by
// the article that stands for it.
func (db *DB) UnreadTopic(ctx context.Context, user, topic int64, limit int) (news.Unread, error) {
	return rowOf(ctx, db, fmt.Sprint("unread stories of topic ", topic), scanUnread, unreadTopicSQL, user, topic, limit)
}
