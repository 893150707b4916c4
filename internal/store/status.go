package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"headwater/internal/news"
)

const statusSQL = `SELECT (SELECT count(*) FROM feeds WHERE removed = 0), (SELECT coalesce(sum(articles), 0) FROM feeds),
	(SELECT value FROM counters WHERE name = 'stories'), (SELECT value FROM counters WHERE name = 'events'),
	(SELECT count(*) FROM articles WHERE seq > coalesce((SELECT value FROM marks WHERE name = '` + watermarkSettle + `'), 0))`

// Status counts what is stored. Unindexed stays 0, since the index has its own watermark.
func (db *DB) Status(ctx context.Context) (s news.Status, err error) {
	return rowOf(ctx, db, "status", func(row scanner) (s news.Status, err error) {
		err = row.Scan(&s.Feeds, &s.Articles, &s.Stories, &s.Events, &s.Unsettled)
		return s, err
	}, statusSQL)
}

// invariants returns what must hold after every transaction beside outletInvariants, each with a query that counts violations.
func invariants() map[string]string {
	return map[string]string{
		"feeds whose article counter is wrong": `SELECT count(*) FROM feeds AS f
			WHERE f.articles <> (SELECT count(*) FROM articles AS a WHERE a.feed_id = f.id)`,
		"articles beyond the end of the log": `SELECT count(*) FROM articles WHERE seq > (` + lastSeqSQL + `)`,
		"articles without a body": `SELECT count(*) FROM articles AS a
			LEFT JOIN bodies AS b ON b.article_id = a.id WHERE b.article_id IS NULL`,
		"stories without members": `SELECT count(*) FROM stories AS s
			WHERE NOT EXISTS (SELECT 1 FROM members AS m WHERE m.story_id = s.id)`,
		"events whose story counter is wrong": `SELECT count(*) FROM events AS e
			WHERE e.stories <> (SELECT count(*) FROM stories AS s WHERE s.event_id = e.id)`,
		"closed stories with prints": `SELECT count(*) FROM stories AS s WHERE s.phase >= 2
			AND EXISTS (SELECT 1 FROM members AS m CROSS JOIN prints AS p WHERE m.story_id = s.id AND p.article_id = m.article_id)`,
		"aged-out articles that still exist": `SELECT count(*) FROM aged_items AS i JOIN articles AS a ON a.id = i.id`,
		"aged-out stories that still exist":  `SELECT count(*) FROM aged_stories AS g JOIN stories AS s ON s.id = g.id`,
		"counters of stories or events that are wrong": `SELECT count(*) FROM counters
			WHERE value <> CASE name WHEN 'stories' THEN (SELECT count(*) FROM stories) ELSE (SELECT count(*) FROM events) END`,
		"stories without one article that stands for them": `SELECT count(*) FROM stories AS s
			WHERE (SELECT count(*) FROM members AS m WHERE m.story_id = s.id AND m.leads = 1) <> 1`,
		"feeds whose counter of stories is wrong": `SELECT count(*) FROM feeds AS f LEFT JOIN
			(` + leadsOfFeedsSQL + `) AS l ON l.feed_id = f.id
			WHERE f.leads <> coalesce(l.n, 0)`,
		"counters of what users have read that are wrong": `SELECT count(*) FROM read_counts AS c LEFT JOIN
			(` + readCountsSQL + `) AS l
			ON l.user_id = c.user_id AND l.feed_id = c.feed_id
			WHERE c.articles <> coalesce(l.articles, 0) OR c.leads <> coalesce(l.leads, 0)`,
		"read articles that no counter has": `SELECT coalesce(sum(l.articles), 0) FROM (` + readCountsSQL + `) AS l
			WHERE NOT EXISTS (SELECT 1 FROM read_counts AS c WHERE c.user_id = l.user_id AND c.feed_id = l.feed_id)`,
		"ranges of read articles that overlap":                              `SELECT count(*) FROM read_ranges WHERE after < ` + nextLowerSQL,
		"ranges of read articles beyond the last article":                   `SELECT count(*) FROM read_ranges WHERE through > (` + highestArticleSQL + `)`,
		"ranges of read articles with unread ones below that are not noted": `SELECT count(*) FROM read_ranges WHERE joined = 1 AND ` + unreadBelowSQL,
		"stories in lists of feeds that are wrong": `SELECT count(*) FROM (
			SELECT feed_id, changed, latest, story_id FROM story_feeds EXCEPT ` + feedListsSQL + `) AS found`,
		"stories that lists of feeds miss": `SELECT count(*) FROM (
			` + feedListsSQL + ` EXCEPT
			SELECT feed_id, changed, latest, story_id FROM story_feeds) AS found`,
		"articles whose id may be given again": `SELECT count(*) FROM articles WHERE id > (` + highestArticleSQL + `)`,
		"stories whose id may be given again": `SELECT count(*) FROM stories
			WHERE id > coalesce((SELECT value FROM marks WHERE name = '` + highestStory + `'), 0)`,
		"events whose id may be given again": `SELECT count(*) FROM events
			WHERE id > coalesce((SELECT value FROM marks WHERE name = '` + highestEvent + `'), 0)`,
		"moved stories that still exist": `SELECT count(*) FROM redirects AS r JOIN stories AS s ON s.id = r.old`,
		"moved events that still exist, or that moved to none": `SELECT count(*) FROM event_redirects AS r
			WHERE EXISTS (SELECT 1 FROM events AS e WHERE e.id = r.old) OR NOT EXISTS (SELECT 1 FROM events AS e WHERE e.id = r.new)`,
	}
}

// outletInvariants are those of the invariants that CountOlderOutlets restores.
func outletInvariants() map[string]string {
	return map[string]string{
		"counters of outlets that are wrong": `SELECT count(*) FROM (
			SELECT outlet, name, stories, articles, carried, wrote, named, rerun FROM outlet_counts EXCEPT ` + countedOutletStoriesSQL + `) AS found`,
		"outlets of stories that no counter has": `SELECT count(*) FROM (` + countedOutletStoriesSQL + ` EXCEPT
			SELECT outlet, name, stories, articles, carried, wrote, named, rerun FROM outlet_counts) AS found`,
		"counters of reruns that are wrong": `SELECT count(*) FROM (SELECT outlet, origin, lag, stories FROM outlet_pairs EXCEPT ` + countedRerunsSQL + `) AS found`,
		"reruns that no counter has":        `SELECT count(*) FROM (` + countedRerunsSQL + ` EXCEPT SELECT outlet, origin, lag, stories FROM outlet_pairs) AS found`,
		"stories whose outlets are not counted": `SELECT count(*) FROM stories AS s
			WHERE s.id > coalesce((SELECT value FROM marks WHERE name = '` + markOutletsToCount + `'), 0)
			AND NOT EXISTS (SELECT 1 FROM outlet_stories AS o WHERE o.story_id = s.id)`,
		"counted outlets of stories that do not exist": `SELECT count(*) FROM outlet_stories AS o
			WHERE NOT EXISTS (SELECT 1 FROM stories AS s WHERE s.id = o.story_id)`,
	}
}

// Check reads the whole database. It returns an error for damaged pages, broken invariants and texts that can't be
// decoded.
func (db *DB) Check(ctx context.Context) error {
	return db.read(ctx, "check "+db.engine.String(), func(t *sql.Tx) error {
		if err := db.engine.quickCheck(ctx, t); err != nil {
			return err
		}
		return checkContents(ctx, t, db.engine, db.bodies)
	})
}

// checkContents returns an error for broken invariants and texts that can't be decoded.
func checkContents(ctx context.Context, t *sql.Tx, e engine, bodies *bodyCodec) error {
	kept := invariants()
	maps.Copy(kept, outletInvariants())
	maps.Copy(kept, watermarksAhead())
	maps.Copy(kept, e.invariants())
	errs := []error{checkBodies(ctx, t, bodies)}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		var n int
		if err := t.QueryRowContext(ctx, kept[name]).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			errs = append(errs, fmt.Errorf("%d %s", n, name))
		}
	}
	return errors.Join(errs...)
}

// watermarksAhead returns, by watermark, a query that counts whether it is beyond the end of its log. The reader of such
// a watermark would skip the next entries.
func watermarksAhead() map[string]string {
	return map[string]string{
		"mark of settling ahead of the log": `SELECT count(*) FROM marks WHERE name = '` + watermarkSettle + `'
			AND value > (` + lastSeqSQL + `)`,
		"mark of rules ahead of the log": `SELECT count(*) FROM marks WHERE name = '` + watermarkRules + `'
			AND value > (` + lastSeqSQL + `)`,
		"mark of reading pages ahead of the log": `SELECT count(*) FROM settings WHERE key = '` + watermarkPages + `'
			AND cast(value AS BIGINT) > (` + lastSeqSQL + `)`,
		"marks of topics or alerts ahead of the log of stories": `SELECT count(*) FROM marks WHERE name IN ('` + watermarkTopics + `', '` + watermarkAlerts + `')
			AND value > ` + lastChangeSQL,
		"entries of the log of stories beyond its mark": `SELECT count(*) FROM story_log WHERE seq > ` + lastChangeSQL,
	}
}

const bodiesSQL = `SELECT article_id, body FROM bodies`

// checkBodies decodes every stored text.
func checkBodies(ctx context.Context, t *sql.Tx, bodies *bodyCodec) error {
	bad, why, err := unreadableBodies(ctx, t.QueryContext, bodies)
	if err == nil && len(bad) > 0 {
		err = fmt.Errorf("%d articles whose text cannot be read, the first of them %d (%w); restore a backup, or let `headwater doctor --repair` empty them",
			len(bad), bad[0], why)
	}
	return err
}

// unreadableBodies returns the articles whose text can't be decoded, and why the first of them can't.
func unreadableBodies(ctx context.Context, run runQuery, bodies *bodyCodec) (bad []int64, why, err error) {
	err = eachRow(ctx, run, func(row scanner) error {
		var id int64
		var body sql.RawBytes
		if err := row.Scan(&id, &body); err != nil {
			return err
		}
		var a news.Article
		if err := bodies.unpack(body, &a); err != nil {
			if bad = append(bad, id); len(bad) == 1 {
				why = err
			}
		}
		return nil
	}, bodiesSQL)
	return bad, why, err
}

const articlesOfFeedsSQL = `SELECT coalesce(sum(articles), 0) FROM feeds`

// CountArticles returns the number of stored articles, from the feeds' counters.
func (db *DB) CountArticles(ctx context.Context) (int, error) {
	n, err := db.number(ctx, "count articles", articlesOfFeedsSQL)
	return int(n), err
}

const (
	firstSeenSQL = `SELECT coalesce(min(seen), 0) FROM articles`
	seenSinceSQL = `SELECT count(*) FROM articles WHERE seen >= ? AND seen < ?`
)

// CountSeen counts the articles first seen at since or later and before until. It also returns when the oldest of all
// articles was first seen.
func (db *DB) CountSeen(ctx context.Context, since, until time.Time) (count int, first time.Time, err error) {
	n, err := db.number(ctx, "new articles", seenSinceSQL, millis(since), millis(until))
	if err != nil {
		return 0, first, err
	}
	ms, err := db.number(ctx, "the oldest article", firstSeenSQL)
	return int(n), fromMillis(ms), err
}

// Due counts what AgeOut would delete.
type Due struct {
	Stories  int // that lose articles
	Articles int
}

const (
	dueStoriesSQL  = `SELECT (SELECT count(*) FROM stories WHERE phase = 0 AND changed < ?1) + (SELECT count(*) FROM stories WHERE phase = 2 AND changed < ?1)`
	dueOpenSQL     = `SELECT count(*) FROM stories AS s CROSS JOIN members AS m WHERE s.phase = 0 AND s.changed < ? AND m.story_id = s.id AND NOT ` + userKeepsSQL
	dueClosedSQL   = `SELECT count(*) FROM stories AS s CROSS JOIN members AS m WHERE s.phase = 2 AND s.changed < ? AND m.story_id = s.id AND NOT ` + userKeepsSQL
	dueArticlesSQL = `SELECT (` + dueOpenSQL + `) + (` + dueClosedSQL + `)`
)

// Due counts what AgeOut would delete for stories that have not changed since a time. It reads each of these stories, so
// it is meant for commands that a person runs.
func (db *DB) Due(ctx context.Context, since time.Time) (d Due, err error) {
	err = db.read(ctx, "what keep would take away", func(t *sql.Tx) error {
		if err := t.QueryRowContext(ctx, dueStoriesSQL, millis(since)).Scan(&d.Stories); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, dueArticlesSQL, millis(since), millis(since)).Scan(&d.Articles)
	})
	return d, err
}

const (
	dueOpenFewSQL   = `SELECT count(*) FROM (SELECT 1 FROM stories WHERE phase = 0 AND changed >= ? AND changed < ? LIMIT ?) AS found`
	dueClosedFewSQL = `SELECT count(*) FROM (SELECT 1 FROM stories WHERE phase = 2 AND changed >= ? AND changed < ? LIMIT ?) AS found`
)

// DueBetween counts stories that last changed at from or later and before until, and that keep all their articles. It
// counts open and closed stories up to a limit each.
func (db *DB) DueBetween(ctx context.Context, from, until time.Time, limit int) (int, error) {
	open, err := db.number(ctx, "open stories that are due", dueOpenFewSQL, millis(from), millis(until), limit)
	if err != nil {
		return 0, err
	}
	closed, err := db.number(ctx, "closed stories that are due", dueClosedFewSQL, millis(from), millis(until), limit)
	return int(open + closed), err
}
