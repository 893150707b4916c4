package store

import (
	"context"
	"slices"
	"strings"

	"headwater/internal/news"
)

// Marking all of a feed as read stores one row, a range of ids, whatever the number of articles. A mark of one article is a row of
// read_marks. An article is read if read_marks has it, or else if a range has it that unread_marks takes it out of:
//
//	read_marks  range  unread_marks   the article is
//	----------  -----  ------------   -----------------------------------------------------
//	yes         any    any            read, since read_marks.at
//	no          yes    no             read, since read_ranges.at
//	no          yes    yes            unread: it was marked so after the range was
//	no          no     any            unread
//
// Numbers of articles are given in the order of commits, so an article that is stored later is in no range. The ranges of a feed have
// no article in common: a later marking stores what lies between and above the earlier ones. So deleting the ranges of a marking takes
// back what it changed, and nothing else.

// readAt is when a user read article a, NULL where it is unread. The parameter of the user, "?" or "?1", stands in it three times.
func readAt(user string) string {
	return strings.ReplaceAll(`coalesce((SELECT r.at FROM read_marks AS r WHERE r.user_id = $user AND r.article_id = a.id),
		(SELECT CASE WHEN g.after < a.id AND NOT EXISTS (SELECT 1 FROM unread_marks AS x WHERE x.user_id = $user AND x.feed_id = a.feed_id AND x.article_id = a.id) THEN g.at END
			FROM read_ranges AS g WHERE g.user_id = $user AND g.feed_id = a.feed_id AND g.through >= a.id ORDER BY g.through LIMIT 1))`, "$user", user)
}

var (
	readAtSQL = readAt("?1")

	coveredFromSQL = ` FROM read_ranges AS g CROSS JOIN articles AS a WHERE `
	// coveredSQL selects from ranges g the articles a that are read because of them alone.
	coveredSQL = coveredFromSQL + `a.feed_id = g.feed_id AND a.id > g.after AND a.id <= g.through
		AND NOT EXISTS (SELECT 1 FROM unread_marks AS x WHERE x.user_id = g.user_id AND x.feed_id = a.feed_id AND x.article_id = a.id)
		AND NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = g.user_id AND r.article_id = a.id)`

	// readIDsSQL selects those of some articles that are read.
	readIDsSQL = `SELECT a.id FROM articles AS a WHERE a.id IN (SELECT value FROM json_each(?2)) AND ` + readAtSQL + ` IS NOT NULL`
	// takeOutSQL takes articles out of the ranges of a user.
	takeOutSQL = `INSERT INTO unread_marks (user_id, feed_id, article_id)
		SELECT c.user_id, c.feed_id, c.article_id FROM json_each(?2) AS wanted CROSS JOIN covered AS c
		WHERE c.article_id = wanted.value AND c.user_id = ?1 ON CONFLICT (user_id, feed_id, article_id) DO NOTHING`

	// wholeFeedsSQL begins the query of what markFeeds marks.
	wholeFeedsSQL = `SELECT f.id, f.articles - coalesce(r.articles, 0),
		coalesce((SELECT max(g.through) FROM read_ranges AS g WHERE g.user_id = ? AND g.feed_id = f.id), 0)
		FROM feeds AS f LEFT JOIN read_counts AS r ON r.user_id = ? AND r.feed_id = f.id`
	openRangesSQL = `SELECT g.feed_id, g.after,
		coalesce((SELECT max(h.through) FROM read_ranges AS h WHERE h.user_id = g.user_id AND h.feed_id = g.feed_id AND h.through < g.through), 0)
		FROM read_ranges AS g INDEXED BY read_ranges_open WHERE g.user_id = ? AND g.joined = 0 ORDER BY g.feed_id, g.after`
	addRangeSQL = `INSERT INTO read_ranges (user_id, feed_id, through, after, at, joined) VALUES (?, ?, ?, ?, ?, 1)`
	// addTopsSQL adds what lies above the ranges of feeds (?2) and up to an id, in one statement, since it may be of all feeds.
	addTopsSQL = `INSERT INTO read_ranges (user_id, feed_id, through, after, at, joined) SELECT ?1, f.value, ?3,
		coalesce((SELECT max(g.through) FROM read_ranges AS g WHERE g.user_id = ?1 AND g.feed_id = f.value), 0), ?4, 1 FROM json_each(?2) AS f`
	joinRangeSQL = `UPDATE read_ranges INDEXED BY read_ranges_open SET joined = 1 WHERE user_id = ? AND feed_id = ? AND joined = 0 AND after = ?`

	takenOutSQL = `SELECT x.article_id FROM unread_marks AS x WHERE x.user_id = ?1 AND x.feed_id IN (SELECT value FROM json_each(?2)) AND x.article_id <= ?3
		AND NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = ?1 AND r.article_id = x.article_id)`

	afterFewSQL = `SELECT count(*) FROM (SELECT 1 FROM articles WHERE id > ? LIMIT ?) AS found`
	seenFromSQL = `SELECT count(*), coalesce(min(id), 0) FROM (SELECT id FROM articles WHERE seen >= ? LIMIT ?) AS found`
	beyondSQL   = `SELECT a.id FROM articles AS a WHERE a.id > ?2 AND a.id <= ?3 AND +a.seen < ?4 AND +a.feed_id IN (SELECT value FROM json_each(?5)) AND ` + readAtSQL + ` IS NULL`
	unlistedSQL = `SELECT f.id, f.articles FROM feeds AS f LEFT JOIN read_counts AS r ON r.user_id = ?1 AND r.feed_id = f.id
		WHERE f.articles > coalesce(r.articles, 0) AND f.id NOT IN (SELECT value FROM json_each(?2))`
	readTotalSQL = `SELECT coalesce(sum(articles), 0) FROM read_counts WHERE user_id = ?`

	// setReadCountsSQL counts what the user has read of feeds of which nothing up to an id is unread.
	setReadCountsSQL = `INSERT INTO read_counts (user_id, feed_id, articles, leads)
		SELECT ?1, f.id, f.articles - coalesce(found.articles, 0), f.leads - coalesce(found.leads, 0) FROM feeds AS f LEFT JOIN
			(SELECT +a.feed_id AS feed_id, count(*) AS articles, sum(coalesce(m.leads, 0)) AS leads FROM articles AS a LEFT JOIN members AS m ON m.article_id = a.id
			WHERE a.id > ?3 AND ` + readAtSQL + ` IS NULL GROUP BY 1) AS found ON found.feed_id = f.id
		WHERE f.id IN (SELECT value FROM json_each(?2))
		ON CONFLICT (user_id, feed_id) DO UPDATE SET articles = excluded.articles, leads = excluded.leads`

	// A copy of a story counts as read once the article that stands for the story is marked. These add the copies outside of the ranges of
	// a marking (?2): found from the articles of the ranges, from those of other feeds, and from those above an id.
	copiesOfRangesSQL = `INSERT INTO read_marks (user_id, article_id, at) SELECT DISTINCT b.user_id, b.id, b.at FROM (
			SELECT g.user_id, y.article_id AS id, g.at FROM read_ranges AS g CROSS JOIN articles AS a CROSS JOIN members AS m CROSS JOIN members AS y
			WHERE g.user_id = ?1 AND g.at = ?2 AND a.feed_id = g.feed_id AND a.id > g.after AND a.id <= g.through
				AND NOT EXISTS (SELECT 1 FROM unread_marks AS x WHERE x.user_id = ?1 AND x.feed_id = a.feed_id AND x.article_id = a.id)
				AND NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = ?1 AND r.article_id = a.id AND r.at <> ?2)
				AND m.article_id = a.id AND m.leads = 1 AND y.story_id = m.story_id AND y.article_id <> a.id) AS b CROSS JOIN articles AS a
		WHERE a.id = b.id AND ` + readAtSQL + ` IS NULL RETURNING article_id`
	copiesFromSQL = ` CROSS JOIN members AS y CROSS JOIN members AS m CROSS JOIN articles AS b CROSS JOIN read_ranges AS g
		WHERE y.article_id = a.id AND m.story_id = y.story_id AND m.leads = 1 AND b.id = m.article_id
			AND g.user_id = ?1 AND g.feed_id = b.feed_id AND g.through >= b.id AND g.after < b.id AND g.at = ?2
			AND NOT EXISTS (SELECT 1 FROM unread_marks AS x WHERE x.user_id = ?1 AND x.feed_id = b.feed_id AND x.article_id = b.id)
			AND NOT EXISTS (SELECT 1 FROM read_marks AS r WHERE r.user_id = ?1 AND r.article_id = b.id AND r.at <> ?2)
			AND `
	copiesOfFeedsSQL = `INSERT INTO read_marks (user_id, article_id, at) SELECT ?1, a.id, ?2 FROM articles AS a` + copiesFromSQL +
		`a.feed_id IN (SELECT value FROM json_each(?3)) AND ` + readAtSQL + ` IS NULL RETURNING article_id`
	copiesAboveSQL = `INSERT INTO read_marks (user_id, article_id, at) SELECT ?1, a.id, ?2 FROM articles AS a` + copiesFromSQL +
		`a.id > ?3 AND ` + readAtSQL + ` IS NULL RETURNING article_id`

	openAboveSQL = `UPDATE read_ranges SET joined = 0 WHERE user_id = ?1 AND (feed_id, after) IN (SELECT g.feed_id, g.through FROM read_ranges AS g WHERE g.user_id = ?1 AND g.at = ?2)
		AND through = (SELECT min(h.through) FROM read_ranges AS h WHERE h.user_id = ?1 AND h.feed_id = read_ranges.feed_id AND h.through > read_ranges.after)`
	dropRangesSQL  = `DELETE FROM read_ranges INDEXED BY read_ranges_at WHERE user_id = ? AND at = ?`
	uncountReadSQL = `UPDATE read_counts SET articles = read_counts.articles - gone.n, leads = read_counts.leads - gone.leads FROM
		(SELECT a.feed_id, count(*) AS n, sum(coalesce(m.leads, 0)) AS leads FROM json_each(?2) AS wanted CROSS JOIN articles AS a LEFT JOIN members AS m ON m.article_id = a.id
		WHERE a.id = wanted.value GROUP BY a.feed_id) AS gone
		WHERE read_counts.user_id = ?1 AND read_counts.feed_id = gone.feed_id`
)

var undoneRangesSQL = `SELECT a.id` + strings.Replace(coveredSQL, ` AS g `, ` AS g INDEXED BY read_ranges_at `, 1) + ` AND g.user_id = ? AND g.at = ?`

// fewArticles is how many articles may be newer than what is marked. Where they are more, a row is stored for each article.
const fewArticles = 10_000

// wholeFeeds returns the condition that selects the feeds f of a list, and whether the list is of whole feeds, up to an article or a
// time at which it was first seen.
func wholeFeeds(l news.ItemList) (f filter, ok bool) {
	if !l.Since.IsZero() || l.After != (news.Place{}) || len(l.In) == 0 {
		return f, false
	}
	for _, s := range l.Out {
		if s.Kind != news.StreamRead {
			return f, false
		}
	}
	for _, s := range l.In {
		switch s.Kind {
		case news.StreamAll:
			f.and("f.removed = 0")
		case news.StreamFolder:
			f.and("f.removed = 0 AND f.folder = ?", text(s.Label))
		case news.StreamFeed:
			f.and("f.id = ?", s.Feed)
		default:
			return f, false
		}
	}
	return f, true
}

// wholeFeed is a feed with something unread.
type wholeFeed struct{ id, unread, through int64 }

// markFeeds marks the articles of whole feeds. It returns false, and has changed nothing, where so many articles are newer than the end
// of the list that looking for them costs more than a row for each article of the list.
func (t tx) markFeeds(ctx context.Context, user int64, l news.ItemList, in filter) (changed news.Marked, ok bool, err error) {
	through, last, ok, err := t.rangeEnd(ctx, l)
	if err != nil || !ok {
		return changed, ok, err
	}
	in.and("f.articles > coalesce(r.articles, 0)")
	feeds, err := collect(ctx, t.query, func(row scanner) (f wholeFeed, err error) {
		err = row.Scan(&f.id, &f.unread, &f.through)
		return f, err
	}, wholeFeedsSQL+in.where()+` ORDER BY f.id`, append([]any{user, user}, in.args...)...)
	if err != nil || len(feeds) == 0 {
		return changed, true, err
	}
	var ids []int64
	var unread int64
	for _, f := range feeds {
		ids, unread = append(ids, f.id), unread+f.unread
	}
	listed := idList(ids)
	var at, before, after int64
	if err := t.scan(ctx, []any{&at}, markingSQL, millis(t.db.Now()), user); err != nil {
		return changed, true, err
	}
	if err := t.scan(ctx, []any{&before}, readTotalSQL, user); err != nil {
		return changed, true, err
	}
	// Articles that were taken out of ranges, and those above the ranges that are to come, get rows.
	single, err := t.ids(ctx, takenOutSQL, user, listed, through)
	if err != nil {
		return changed, true, err
	}
	if last > through {
		beyond, err := t.ids(ctx, beyondSQL, user, through, last, millis(l.Until), listed)
		if err != nil {
			return changed, true, err
		}
		single = append(single, beyond...)
	}
	if changed.Read, err = t.readRows(ctx, user, idList(single), at); err != nil {
		return changed, true, err
	}
	if err := t.addRanges(ctx, user, feeds, through, at); err != nil {
		return changed, true, err
	}
	copies, err := t.readCopiesOfRanges(ctx, user, at, listed, unread, through)
	if err != nil {
		return changed, true, err
	}
	changed.Read = append(changed.Read, copies...)
	if err := t.exec(ctx, setReadCountsSQL, user, listed, through); err != nil {
		return changed, true, err
	}
	if err := t.scan(ctx, []any{&after}, readTotalSQL, user); err != nil {
		return changed, true, err
	}
	if changed.More = after - before - int64(len(changed.Read)); changed.More > 0 || len(changed.Read) > 0 {
		changed.Marking = at
	}
	return changed, true, nil
}

// rangeEnd returns the highest id up to which each article of the feeds is in a list, and the highest id that can be in it.
func (t tx) rangeEnd(ctx context.Context, l news.ItemList) (through, last int64, ok bool, err error) {
	if err := t.scan(ctx, []any{&last}, lastArticleSQL); err != nil {
		return 0, 0, false, err
	}
	if l.Through != 0 {
		last = min(last, l.Through)
	}
	through = last
	var few, first int64
	if !l.Until.IsZero() {
		if err := t.scan(ctx, []any{&few, &first}, seenFromSQL, millis(l.Until), fewArticles+1); err != nil {
			return 0, 0, false, err
		}
		if few > 0 {
			through = min(through, first-1)
		}
	}
	if few <= fewArticles {
		err = t.scan(ctx, []any{&few}, afterFewSQL, through, fewArticles+1)
	}
	return through, last, few <= fewArticles, err
}

// addRanges adds what lies below through between and above a user's ranges of feeds.
func (t tx) addRanges(ctx context.Context, user int64, feeds []wholeFeed, through, at int64) error {
	type gap struct{ feed, after, below int64 }
	open, err := collect(ctx, t.query, func(row scanner) (g gap, err error) {
		err = row.Scan(&g.feed, &g.after, &g.below)
		return g, err
	}, openRangesSQL, user)
	if err != nil {
		return err
	}
	gaps := map[int64][]gap{}
	for _, g := range open {
		gaps[g.feed] = append(gaps[g.feed], g)
	}
	var tops []int64
	var rows [][]any
	for _, f := range feeds {
		if f.through < through {
			tops = append(tops, f.id)
		}
		for _, g := range gaps[f.id] {
			if end := min(g.after, through); g.below < end {
				rows = append(rows, []any{user, f.id, end, g.below, at})
			}
			if g.after <= through {
				if err := t.exec(ctx, joinRangeSQL, user, f.id, g.after); err != nil {
					return err
				}
			}
		}
	}
	if err := t.exec(ctx, addTopsSQL, user, idList(tops), through, at); err != nil {
		return err
	}
	return t.each(ctx, addRangeSQL, rows)
}

// readCopiesOfRanges marks the copies of the stories for which articles of a marking's ranges stand, and returns those that are in no
// range. It begins with what is less: the articles of the ranges, or those outside of them.
func (t tx) readCopiesOfRanges(ctx context.Context, user, at int64, listed string, unread, through int64) ([]int64, error) {
	type outside struct{ id, articles int64 }
	others, err := collect(ctx, t.query, func(row scanner) (o outside, err error) {
		err = row.Scan(&o.id, &o.articles)
		return o, err
	}, unlistedSQL, user, listed)
	if err != nil {
		return nil, err
	}
	var ids []int64
	var articles int64
	for _, o := range others {
		ids, articles = append(ids, o.id), articles+o.articles
	}
	if articles > unread {
		return t.ids(ctx, copiesOfRangesSQL, user, at)
	}
	copies, err := t.ids(ctx, copiesAboveSQL, user, at, through)
	if err != nil || len(ids) == 0 {
		return copies, err
	}
	more, err := t.ids(ctx, copiesOfFeedsSQL, user, at, idList(ids))
	return slices.Concat(copies, more), err
}

// undoRanges deletes the ranges of a marking and returns the articles that are unread because of that.
func (t tx) undoRanges(ctx context.Context, user, marking int64) (unread []int64, err error) {
	if unread, err = t.ids(ctx, undoneRangesSQL, user, marking); err != nil {
		return nil, err
	}
	if err := t.exec(ctx, openAboveSQL, user, marking); err != nil {
		return nil, err
	}
	if err := t.exec(ctx, dropRangesSQL, user, marking); err != nil {
		return nil, err
	}
	return unread, t.exec(ctx, uncountReadSQL, user, idList(unread))
}
