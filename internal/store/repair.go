package store

import (
	"context"
	"fmt"

	"headwater/internal/news"
)

// repair mends what breaks one invariant.
type repair struct {
	says string // what was mended, after a number
	// find selects the ids of what is broken, and each statement of mend takes them as a JSON list. Without find, the statements
	// take no argument and change only what is broken.
	find string
	mend []string
}

// repairs returns what can be mended, in order: counters come after what they count. What they mend, invariants and
// watermarksAhead name.
func repairs() []repair {
	raise := func(name, from, column string) string {
		return `INSERT INTO marks (name, value) SELECT '` + name + `', x.` + column + ` FROM ` + from + ` AS x
			WHERE x.` + column + ` > coalesce((SELECT value FROM marks WHERE name = '` + name + `'), 0) ORDER BY x.` + column + ` DESC LIMIT 1
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	}
	const inList = `(SELECT value FROM json_each(?))`
	return []repair{
		{says: "ends of logs and highest ids that were behind", mend: []string{
			raise(watermarkLog, "articles", "seq"), raise(highestArticle, "articles", "id"), raise(watermarkStories, "story_log", "seq"),
			raise(highestStory, "stories", "id"), raise(highestEvent, "events", "id"),
		}},
		{says: "marks that were ahead of their log, set to its end", mend: []string{
			`UPDATE marks SET value = (` + lastSeqSQL + `) WHERE name IN ('` + watermarkSettle + `', '` + watermarkRules + `') AND value > (` + lastSeqSQL + `)`,
			`UPDATE settings SET value = cast((` + lastSeqSQL + `) AS TEXT) WHERE key = '` + watermarkPages + `' AND cast(value AS BIGINT) > (` + lastSeqSQL + `)`,
			`UPDATE marks SET value = ` + lastChangeSQL + ` WHERE name IN ('` + watermarkTopics + `', '` + watermarkAlerts + `') AND value > ` + lastChangeSQL,
		}},
		{says: "forwardings of stories that still exist, removed", mend: []string{`DELETE FROM redirects WHERE old IN (SELECT id FROM stories)`}},
		{says: "forwardings of events that still exist, or to events that do not, removed", mend: []string{
			`DELETE FROM event_redirects WHERE old IN (SELECT id FROM events) OR new NOT IN (SELECT id FROM events)`,
		}},
		{says: "records of aged-out articles and stories that still exist, removed", mend: []string{
			`DELETE FROM aged_redirects WHERE new IN (SELECT id FROM stories)`,
			`DELETE FROM aged_stories WHERE id IN (SELECT id FROM stories)`,
			`DELETE FROM aged_items WHERE id IN (SELECT id FROM articles)`,
		}},
		{says: "prints of articles of closed stories, removed", mend: []string{
			`DELETE FROM prints WHERE article_id IN (SELECT m.article_id FROM members AS m JOIN stories AS s ON s.id = m.story_id WHERE s.phase >= 2)`,
		}},
		{says: "stories that no one article stood for", find: `SELECT s.id FROM stories AS s
			WHERE (SELECT count(*) FROM members AS m WHERE m.story_id = s.id AND m.leads = 1) <> 1 ORDER BY s.id`, mend: []string{clearLeadsSQL, setLeadsSQL}},
		{
			says: "stories in lists of feeds", find: `SELECT story_id FROM (
			SELECT feed_id, changed, latest, story_id FROM story_feeds EXCEPT ` + feedListsSQL + `) AS extra UNION SELECT story_id FROM (
			` + feedListsSQL + ` EXCEPT SELECT feed_id, changed, latest, story_id FROM story_feeds) AS missed ORDER BY 1`,
			mend: []string{removeFromFeedListsSQL, addToFeedListsSQL},
		},
		{says: "counters of articles of feeds", mend: []string{`UPDATE feeds SET articles = (SELECT count(*) FROM articles AS a WHERE a.feed_id = feeds.id)
			WHERE articles <> (SELECT count(*) FROM articles AS a WHERE a.feed_id = feeds.id)`}},
		{
			says: "counters of stories of feeds", find: `SELECT f.id FROM feeds AS f LEFT JOIN (` + leadsOfFeedsSQL + `) AS l ON l.feed_id = f.id
			WHERE f.leads <> coalesce(l.n, 0) ORDER BY f.id`,
			mend: []string{`UPDATE feeds SET leads = coalesce((SELECT l.n FROM (` + leadsOfFeedsSQL + `) AS l WHERE l.feed_id = feeds.id), 0) WHERE id IN ` + inList},
		},
		{says: "ranges of read articles that end above the last article, ended there", mend: []string{
			`UPDATE read_ranges SET through = (` + highestArticleSQL + `) WHERE through > (` + highestArticleSQL + `)`,
		}},
		{says: "ranges of read articles that overlapped, of which the upper began too low", mend: []string{
			`UPDATE read_ranges SET after = ` + nextLowerSQL + ` WHERE after < ` + nextLowerSQL,
		}},
		{says: "ranges of read articles with unread ones below that were not noted", mend: []string{`UPDATE read_ranges SET joined = 0 WHERE joined = 1 AND ` + unreadBelowSQL}},
		{
			says: "users whose counters of what they have read were wrong", find: `SELECT id FROM users WHERE id IN (
				SELECT user_id FROM (SELECT user_id, feed_id, articles, leads FROM read_counts WHERE articles <> 0 OR leads <> 0 EXCEPT ` + readCountsSQL + `) AS extra)
			OR id IN (SELECT user_id FROM (` + readCountsSQL + ` EXCEPT SELECT user_id, feed_id, articles, leads FROM read_counts) AS missed) ORDER BY id`,
			mend: []string{
				`DELETE FROM read_counts WHERE user_id IN ` + inList,
				`INSERT INTO read_counts (user_id, feed_id, articles, leads) SELECT user_id, feed_id, articles, leads FROM (` + readCountsSQL + `) AS c WHERE user_id IN ` + inList,
			},
		},
		{says: "counters of stories or events", mend: []string{
			`UPDATE counters SET value = (SELECT count(*) FROM stories) WHERE name = 'stories' AND value <> (SELECT count(*) FROM stories)`,
			`UPDATE counters SET value = (SELECT count(*) FROM events) WHERE name = 'events' AND value <> (SELECT count(*) FROM events)`,
		}},
	}
}

const (
	// feedListsSQL selects what story_feeds has to hold.
	feedListsSQL = `SELECT a.feed_id, s.changed, s.latest, s.id AS story_id FROM members AS m
		JOIN articles AS a ON a.id = m.article_id JOIN stories AS s ON s.id = m.story_id`
	// countedOutletStoriesSQL and countedRerunsSQL select what outlet_counts and outlet_pairs have to hold.
	countedOutletStoriesSQL = `SELECT outlet, name, count(*) AS stories, cast(sum(articles) AS BIGINT) AS articles, count(*) FILTER (WHERE articles > 0) AS carried,
		count(*) FILTER (WHERE wrote = 1 AND articles > 0) AS wrote, count(*) FILTER (WHERE wrote = 1 AND articles = 0) AS named,
		count(*) FILTER (WHERE wrote = 1 AND rerun = 1) AS rerun FROM outlet_stories GROUP BY 1, 2`
	countedRerunsSQL = `SELECT outlet, origin, lag, count(*) AS stories FROM outlet_stories WHERE origin <> '' GROUP BY 1, 2, 3`
	// leadsOfFeedsSQL counts, by feed, the articles that stand for a story.
	leadsOfFeedsSQL = `SELECT a.feed_id, count(*) AS n FROM members AS m JOIN articles AS a ON a.id = m.article_id WHERE m.leads = 1 GROUP BY 1`
	// readCountsSQL selects what read_counts has to hold.
	readCountsSQL = `SELECT r.user_id, a.feed_id, count(*) AS articles, cast(coalesce(sum(m.leads), 0) AS BIGINT) AS leads
		FROM (SELECT user_id, article_id FROM read_marks UNION SELECT user_id, article_id FROM covered) AS r
		JOIN articles AS a ON a.id = r.article_id LEFT JOIN members AS m ON m.article_id = a.id GROUP BY 1, 2`

	// unreadBelowSQL holds for a range with articles between it and the next lower one.
	unreadBelowSQL = `EXISTS (SELECT 1 FROM articles AS a WHERE a.feed_id = read_ranges.feed_id AND a.id <= read_ranges.after AND a.id > ` + nextLowerSQL + `)`
	// nextLowerSQL is where the next lower range ends.
	nextLowerSQL = `coalesce((SELECT max(h.through) FROM read_ranges AS h WHERE h.user_id = read_ranges.user_id AND h.feed_id = read_ranges.feed_id AND h.through < read_ranges.through), 0)`

	emptyStoriesSQL = `SELECT s.id FROM stories AS s WHERE NOT EXISTS (SELECT 1 FROM members AS m WHERE m.story_id = s.id) ORDER BY s.id`
	wrongEventsSQL  = `SELECT e.id FROM events AS e WHERE e.stories <> (SELECT count(*) FROM stories AS s WHERE s.event_id = e.id) ORDER BY e.id`

	bodilessSQL      = `SELECT a.id FROM articles AS a LEFT JOIN bodies AS b ON b.article_id = a.id WHERE b.article_id IS NULL ORDER BY a.id`
	putEmptyBodySQL  = `INSERT INTO bodies (article_id, body) VALUES (?, ?) ON CONFLICT (article_id) DO UPDATE SET body = excluded.body`
	forgetHashesSQL  = `UPDATE articles SET hash = '' WHERE id IN (SELECT value FROM json_each(?))`
	forgetHadPageSQL = `DELETE FROM pages WHERE article_id IN (SELECT value FROM json_each(?))`
)

// Repair mends, in one transaction, what Check finds and what follows from the rest of the database: counters, lists, marks and
// what should be gone. Articles whose text is lost or cannot be read get an empty text, and their feed's next poll revises them
// if it still lists them. Repair returns what it did, each as a line of words. Damaged pages and broken references stay.
func (db *DB) Repair(ctx context.Context) (done []string, err error) {
	err = db.write(ctx, "repair "+db.engine.String(), func(ctx context.Context, t tx) error {
		done = nil
		report := func(n int, says string) {
			if n > 0 {
				done = append(done, fmt.Sprintf("%d %s", n, says))
			}
		}
		n, err := t.emptyLostTexts(ctx)
		if err != nil {
			return err
		}
		report(n, "articles whose text was lost, to be read again from their feeds")
		if n, err = t.removeEmptyStories(ctx); err != nil {
			return err
		}
		report(n, "stories without an article, removed")
		wrong, err := t.ids(ctx, wrongEventsSQL)
		if err != nil {
			return err
		}
		if err := t.all(ctx, []string{dropEventsSQL, countEventsSQL}, idList(wrong), idList(nil)); err != nil {
			return err
		}
		report(len(wrong), "events whose counter of stories was wrong")
		if n, err = t.recountOutlets(ctx); err != nil {
			return err
		}
		report(n, "counters of outlets that were wrong; all are counted again while the server runs")
		for _, r := range repairs() {
			if n, err = t.mend(ctx, r); err != nil {
				return fmt.Errorf("%s: %w", r.says, err)
			}
			report(n, r.says)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// recountOutlets forgets all counters of outlets where some are wrong, so that CountOlderOutlets makes them again.
func (t tx) recountOutlets(ctx context.Context) (wrong int, err error) {
	for _, query := range outletInvariants() {
		var n int
		if err := t.scan(ctx, []any{&n}, query); err != nil {
			return 0, err
		}
		wrong += n
	}
	if wrong == 0 {
		return 0, nil
	}
	return wrong, t.all(ctx, []string{
		`DELETE FROM outlet_stories`, `DELETE FROM outlet_counts`, `DELETE FROM outlet_pairs`,
		`INSERT INTO marks (name, value) SELECT '` + markOutletsToCount + `', max(id) FROM stories HAVING count(*) > 0
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
	})
}

// mend carries out a repair and returns how much it has mended.
func (t tx) mend(ctx context.Context, r repair) (n int, err error) {
	if r.find != "" {
		ids, err := t.ids(ctx, r.find)
		if err != nil || len(ids) == 0 {
			return 0, err
		}
		return len(ids), t.all(ctx, r.mend, idList(ids))
	}
	for _, statement := range r.mend {
		changed, err := t.affected(ctx, statement)
		if err != nil {
			return 0, err
		}
		n += changed
	}
	return n, nil
}

// emptyLostTexts gives articles without a readable text an empty one, and forgets the hash of their item, so that the next
// poll revises them.
func (t tx) emptyLostTexts(ctx context.Context) (int, error) {
	lost, err := t.ids(ctx, bodilessSQL)
	if err != nil {
		return 0, err
	}
	unreadable, _, err := unreadableBodies(ctx, t.QueryContext, t.db.bodies)
	if err != nil {
		return 0, err
	}
	lost = append(lost, unreadable...)
	empty, err := t.db.bodies.pack(news.Article{})
	if err != nil {
		return 0, err
	}
	for _, id := range lost {
		if err := t.exec(ctx, putEmptyBodySQL, id, empty); err != nil {
			return 0, err
		}
	}
	return len(lost), t.all(ctx, []string{forgetHashesSQL, forgetHadPageSQL}, idList(lost))
}

// removeEmptyStories removes stories without members, as settling does.
func (t tx) removeEmptyStories(ctx context.Context) (int, error) {
	empty, err := t.ids(ctx, emptyStoriesSQL)
	if err != nil || len(empty) == 0 {
		return 0, err
	}
	ids := idList(empty)
	former, err := t.eventOf(ctx, ids)
	if err != nil {
		return 0, err
	}
	if err := t.all(ctx, []string{clearRedirectsSQL, clearStoriesSQL}, ids); err != nil {
		return 0, err
	}
	if err := t.countEvents(ctx, former, ids); err != nil {
		return 0, err
	}
	if err := t.countOutlets(ctx, ids); err != nil {
		return 0, err
	}
	return len(empty), t.logStories(ctx, ids, idList(nil), idList(nil))
}
