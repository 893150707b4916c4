package store

import (
	"context"
	"errors"
	"fmt"

	"headwater/internal/news"
)

const logSQL = `SELECT ` + headerColumns + wholeFromSQL + ` WHERE a.seq > ? ORDER BY a.seq LIMIT ?`

// Log returns whole articles whose newest log entry is after the given number, in log order.
func (db *DB) Log(ctx context.Context, after int64, limit int) ([]news.Article, error) {
	return db.whole(ctx, logSQL, after, limit)
}

// Names of the highest number of the article log, and of the highest id of an article.
const (
	watermarkLog   = "log"
	highestArticle = "article"
)

const lastSeqSQL = `SELECT coalesce((SELECT value FROM marks WHERE name = '` + watermarkLog + `'), 0)`

// LastSeq returns the highest number that the log ever assigned, 0 for none. The entry itself may be gone, since articles
// are aged out.
func (db *DB) LastSeq(ctx context.Context) (seq int64, err error) {
	return db.number(ctx, "end of the log", lastSeqSQL)
}

const watermarkSQL = `SELECT value FROM marks WHERE name = ?`

// Watermark returns how far a stage has read the log, 0 if it has not begun.
func (db *DB) Watermark(ctx context.Context, name string) (int64, error) {
	return db.number(ctx, "mark "+name, watermarkSQL, name)
}

const countAfterSQL = `SELECT count(*) FROM articles WHERE seq > ?`

// CountAfter counts the articles whose newest log entry is after seq.
func (db *DB) CountAfter(ctx context.Context, seq int64) (int, error) {
	n, err := db.number(ctx, "count the log", countAfterSQL, seq)
	return int(n), err
}

const setWatermarkSQL = `INSERT INTO marks (name, value) VALUES (?, ?)
	ON CONFLICT (name) DO UPDATE SET value = max(marks.value, excluded.value)`

// setWatermark raises a watermark. It never lowers one.
func (t tx) setWatermark(ctx context.Context, name string, value int64) error {
	return t.exec(ctx, setWatermarkSQL, name, value)
}

const beginEpochSQL = `INSERT INTO epochs (first, id) SELECT ?1, ?2
	WHERE ?2 <> coalesce((SELECT id FROM epochs ORDER BY first DESC LIMIT 1), '') AND NOT EXISTS (SELECT 1 FROM epochs WHERE id = ?2)`

// keptEpochs is how many epochs are remembered. Anything derived from an older epoch is built again.
const (
	keptEpochs      = 1000
	forgetEpochsSQL = `DELETE FROM epochs WHERE first <= (SELECT first FROM epochs ORDER BY first DESC LIMIT 1 OFFSET ?)`
)

// beginEpoch records that log entries from first on were written after this process began. Later calls in the same process
// change nothing: where several processes write in turns, they write in the epoch of the one that began last. A copy of the
// database has another epoch from its first entry on all the same, since another process writes it.
func (t tx) beginEpoch(ctx context.Context, first int64) error {
	if err := t.exec(ctx, beginEpochSQL, first, t.db.epoch); err != nil {
		return err
	}
	return t.exec(ctx, forgetEpochsSQL, keptEpochs)
}

const epochSQL = `SELECT id FROM epochs WHERE first <= ?1 AND ?1 <= (` + lastSeqSQL + `) ORDER BY first DESC LIMIT 1`

// Epoch returns the id of the epoch of a log entry, "" where the log does not reach the entry. Data derived from the log
// up to an entry still belongs to this database where the entry has the same epoch as at that time. Another database, or
// a copy that was written to separately, has another epoch there.
func (db *DB) Epoch(ctx context.Context, seq int64) (id string, err error) {
	id, err = rowOf(ctx, db, fmt.Sprint("epoch of log entry ", seq), scanText, epochSQL, seq)
	if errors.Is(err, news.ErrNotFound) {
		return "", nil
	}
	return id, err
}

// watermarkStories names the highest number of the story log, watermarkRemovals that of the log of removals.
const (
	watermarkStories  = "changes"
	watermarkRemovals = "removals"
)

// lastChangeSQL is a part of statements: the highest number of the story log.
const lastChangeSQL = `coalesce((SELECT value FROM marks WHERE name = '` + watermarkStories + `'), 0)`

const storyLogSQL = `SELECT l.seq, l.story_id, l.first, coalesce(r.new, 0), s.id IS NULL AND r.new IS NULL FROM story_log AS l
	LEFT JOIN stories AS s ON s.id = l.story_id LEFT JOIN redirects AS r ON r.old = l.story_id
	WHERE l.seq > ? ORDER BY l.seq LIMIT ?`

// StoryLog returns the entries of the story log after a number, in order.
func (db *DB) StoryLog(ctx context.Context, after int64, limit int) ([]news.StoryChange, error) {
	return rowsOf(ctx, db, "story log", func(row scanner) (c news.StoryChange, err error) {
		err = row.Scan(&c.Seq, &c.Story, &c.First, &c.Into, &c.Gone)
		return c, err
	}, storyLogSQL, after, limit)
}

// LastChange returns the highest number of the story log, 0 for an empty one.
func (db *DB) LastChange(ctx context.Context) (int64, error) {
	return db.Watermark(ctx, watermarkStories)
}

// logWriter assigns article ids and log numbers in a transaction. Only one writes at a time, so it counts in memory.
type logWriter struct {
	tx
	start, seq, id int64
}

// The highest numbers ever used, including those of aged-out articles.
const (
	highestArticleSQL = `SELECT coalesce((SELECT value FROM marks WHERE name = '` + highestArticle + `'), 0)`
	lastSQL           = `SELECT (` + lastSeqSQL + `), (` + highestArticleSQL + `)`
)

func (c *logWriter) begin(ctx context.Context) error {
	err := c.scan(ctx, []any{&c.seq, &c.id}, lastSQL)
	c.start = c.seq
	return err
}

// appendLog ends a transaction that assigned new log numbers: it begins the epoch and moves the watermark of the log.
func (c *logWriter) appendLog(ctx context.Context) error {
	if c.seq == c.start {
		return nil
	}
	if err := c.beginEpoch(ctx, c.start+1); err != nil {
		return err
	}
	if err := c.setWatermark(ctx, highestArticle, c.id); err != nil {
		return err
	}
	c.ring(AreaArticles)
	return c.setWatermark(ctx, watermarkLog, c.seq)
}

// watermarkTopics names the watermark up to which the story log was matched with the topics.
const watermarkTopics = "topics"
