package store

import (
	"context"
	"maps"
	"slices"

	"headwater/internal/news"
)

// markChanges is the newest number of the story log.
const markChanges = "changes"

const (
	// lastChangeSQL is the newest number of the story log, as a part of statements.
	lastChangeSQL = `coalesce((SELECT value FROM marks WHERE name = '` + markChanges + `'), 0)`
	logStoriesSQL = `INSERT INTO story_log (story_id, seq, first) SELECT value, ?1 + key + 1, ?1 + key + 1 FROM json_each(?2) WHERE true
		ON CONFLICT (story_id) DO UPDATE SET seq = excluded.seq,
			first = iif(story_id IN (SELECT value FROM json_each(?3)), excluded.first, first)`
	otherThanSQL = `SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(?) ORDER BY value`
)

// The lists of each feed's stories.
const (
	unlistSQL = `DELETE FROM story_feeds WHERE story_id IN (SELECT value FROM json_each(?))`
	listSQL   = `INSERT INTO story_feeds (feed_id, changed, latest, story_id) SELECT DISTINCT a.feed_id, s.changed, s.latest, s.id
		FROM json_each(?) AS wanted CROSS JOIN stories AS s CROSS JOIN members AS m CROSS JOIN articles AS a
		WHERE s.id = wanted.value AND m.story_id = s.id AND a.id = m.article_id`
)

// note moves the stories touched to the end of the story log, but for those that are shown as before. Those that had gone
// into others, and are stories again, begin there: whoever read the log was told that they went. Their feeds list them anew.
func (r *replacement) note(ctx context.Context, _ Settlement) error {
	var last int64
	if err := r.QueryRowContext(ctx, `SELECT `+lastChangeSQL).Scan(&last); err != nil {
		return err
	}
	same, err := idList(slices.Sorted(maps.Keys(r.same)))
	if err != nil {
		return err
	}
	changed, err := r.ids(ctx, otherThanSQL, r.touched, same)
	if err != nil {
		return err
	}
	entries, err := idList(changed)
	if err != nil {
		return err
	}
	if err := r.exec(ctx, logStoriesSQL, last, entries, r.revived); err != nil {
		return err
	}
	for _, q := range []string{unlistSQL, listSQL} {
		if err := r.exec(ctx, q, entries); err != nil {
			return err
		}
	}
	return r.setMark(ctx, markChanges, last+int64(len(changed)))
}

const storyLogSQL = `SELECT l.seq, l.story_id, l.first, coalesce(r.new, 0), s.id IS NULL AND r.new IS NULL FROM story_log AS l
	LEFT JOIN stories AS s ON s.id = l.story_id LEFT JOIN redirects AS r ON r.old = l.story_id
	WHERE l.seq > ? ORDER BY l.seq LIMIT ?`

// StoryLog gives the entries of the story log after a number, in order.
func (db *DB) StoryLog(ctx context.Context, after int64, limit int) ([]news.StoryChange, error) {
	return rowsOf(ctx, db, "story log", func(row scanner) (c news.StoryChange, err error) {
		err = row.Scan(&c.Seq, &c.Story, &c.First, &c.Into, &c.Gone)
		return c, err
	}, storyLogSQL, after, limit)
}

// LastChange is the newest number of the story log, 0 for an empty one.
func (db *DB) LastChange(ctx context.Context) (int64, error) { return db.Mark(ctx, markChanges) }
