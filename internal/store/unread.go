package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
)

// A list of unread items would walk past all that was read before it finds them: after somebody marked everything as read and
// kept three old articles, that is the whole archive. So such a list asks the counters first. A feed that has nothing unread is
// not looked at, a few feeds are read one by one, each by its own index, and the walk over all articles ends when as many are
// found as there are.

// mergedFeeds is how many feeds are read one by one.
const mergedFeeds = 32

// isUnread reports whether a list is of unread items of feeds, and returns Before of what is left out as read.
func isUnread(l news.ItemList) (before time.Time, ok bool) {
	if len(l.Out) != 1 || l.Out[0].Kind != news.StreamRead || !l.Since.IsZero() {
		return before, false
	}
	for _, s := range l.In {
		switch s.Kind {
		case news.StreamAll, news.StreamFolder, news.StreamFeed:
			ok = true
		case news.StreamOnce:
		default:
			return before, false
		}
	}
	return l.Out[0].Before, ok
}

const unreadFeedsSQL = `SELECT f.id, f.title, f.url, f.folder, f.articles - coalesce(r.articles, 0), f.leads - coalesce(r.leads, 0)
	FROM feeds AS f LEFT JOIN read_counts AS r ON r.user_id = ? AND r.feed_id = f.id
	WHERE f.removed = 0 AND f.articles > coalesce(r.articles, 0) ORDER BY f.id`

func scanFeedItems(row scanner) (f news.FeedItems, err error) {
	err = row.Scan(&f.ID, &f.Title, &f.URL, &f.Folder, &f.Articles, &f.Stories)
	return f, err
}

// UnreadFeeds returns the subscribed feeds that have articles which a user has not read, in the order in which they were added.
func (db *DB) UnreadFeeds(ctx context.Context, user int64) ([]news.FeedItems, error) {
	return rowsOf(ctx, db, "unread feeds", scanFeedItems, unreadFeedsSQL, user)
}

const (
	readFeedsSQL = `SELECT f.id, f.title, f.url, f.folder, r.articles, r.leads
		FROM read_counts AS r CROSS JOIN feeds AS f WHERE r.user_id = ? AND r.articles > 0 AND f.id = r.feed_id AND f.removed = 0 ORDER BY f.id`
	labelledFeedsSQL = `SELECT f.id, f.title, f.url, f.folder, found.articles, found.articles
		FROM (SELECT a.feed_id, count(*) AS articles FROM labelled AS l CROSS JOIN articles AS a WHERE l.user_id = ? AND l.label = ? AND a.id = l.article_id GROUP BY a.feed_id) AS found
		CROSS JOIN feeds AS f WHERE f.id = found.feed_id AND f.removed = 0 ORDER BY f.id`
)

// ReadFeeds returns the subscribed feeds that have articles which a user has read, in the order in which they were added.
func (db *DB) ReadFeeds(ctx context.Context, user int64) ([]news.FeedItems, error) {
	return rowsOf(ctx, db, "read feeds", scanFeedItems, readFeedsSQL, user)
}

// LabelledFeeds returns the subscribed feeds that have articles with a label of a user, in the order in which they were added. The label
// "" is the star. Stories are counted as articles: labels are given to single articles.
func (db *DB) LabelledFeeds(ctx context.Context, user int64, label string) ([]news.FeedItems, error) {
	return rowsOf(ctx, db, "labelled feeds", scanFeedItems, labelledFeedsSQL, user, text(label))
}

// unreadCountsQuery is the query of how much is unread of the feeds of a list, at most of some feeds.
func unreadCountsQuery(user int64, in []news.Stream, most int64) (string, []any) {
	var f filter
	f.and("f.removed = 0 AND f.articles > coalesce(r.articles, 0)")
	for _, s := range in {
		switch s.Kind {
		case news.StreamFolder:
			f.and("f.folder = ?", text(s.Label))
		case news.StreamFeed:
			f.and("f.id = ?", s.Feed)
		}
	}
	return `SELECT f.id, f.articles - coalesce(r.articles, 0), f.leads - coalesce(r.leads, 0) FROM feeds AS f
		LEFT JOIN read_counts AS r ON r.user_id = ? AND r.feed_id = f.id` + f.where() + ` ORDER BY f.id LIMIT ?`, slices.Concat([]any{user}, f.args, []any{most})
}

func scanUnreadCounts(row scanner) (f news.FeedItems, err error) {
	err = row.Scan(&f.ID, &f.Articles, &f.Stories)
	return f, err
}

// unreadOf returns the feeds of a list that have something unread, and how many items that is. It stops when these are more feeds than
// are read one by one, and as many items as are wanted.
func unreadOf(ctx context.Context, t *sql.Tx, user int64, in []news.Stream, wanted int) (feeds []int64, total int64, err error) {
	once := slices.ContainsFunc(in, func(s news.Stream) bool { return s.Kind == news.StreamOnce })
	for _, most := range []int64{mergedFeeds + 1, math.MaxInt64} {
		query, args := unreadCountsQuery(user, in, most)
		all, err := collect(ctx, t.QueryContext, scanUnreadCounts, query, args...)
		if err != nil {
			return nil, 0, err
		}
		feeds, total = nil, 0
		for _, f := range all {
			count := f.Articles
			if once {
				count = min(count, f.Stories)
			}
			if count > 0 {
				feeds, total = append(feeds, f.ID), total+count
			}
		}
		if int64(len(all)) < most || len(feeds) > mergedFeeds && total >= int64(wanted) {
			break
		}
	}
	return feeds, total, nil
}

// unreadItems is Items for a list of what isUnread takes. With before, items that were read then or later are in it, too.
func (db *DB) unreadItems(ctx context.Context, user int64, l news.ItemList, before time.Time) (items []news.Item, err error) {
	l.Out = []news.Stream{{Kind: news.StreamRead}}
	if l.Limit <= 0 {
		l.Limit = math.MaxInt
	}
	err = db.read(ctx, "unread items", func(t *sql.Tx) error {
		items = nil
		add := func(l news.ItemList, from string, more filter) error {
			query, args, err := itemQuery(user, l, from, more)
			if err != nil {
				return err
			}
			found, err := collect(ctx, t.QueryContext, scanItem, query, args...)
			items = append(items, found...)
			return err
		}
		feeds, total, err := unreadOf(ctx, t, user, l.In, l.Limit)
		if err != nil {
			return err
		}
		part := l
		part.Limit = int(min(int64(l.Limit), total))
		if len(feeds) > mergedFeeds {
			err = add(part, itemsSQL, filter{})
		} else {
			for _, feed := range feeds {
				part.In = append(slices.Clone(l.In), news.Stream{Kind: news.StreamFeed, Feed: feed})
				if err = add(part, itemsSQL, filter{}); err != nil {
					break
				}
			}
		}
		if err == nil && !before.IsZero() {
			var since filter
			since.and("m.user_id = ? AND m.at >= ? AND a.id = m.article_id", user, millis(before))
			l.Out = nil
			if err = add(l, readItemsSQL, since); err != nil {
				return err
			}
			together := readTogether(user)
			together.and("g.at >= ?", millis(before))
			err = add(l, coveredItemsSQL, together)
		}
		return err
	})
	slices.SortFunc(items, func(a, b news.Item) int {
		if l.Oldest {
			a, b = b, a
		}
		return b.Place().Compare(a.Place())
	})
	return items[:min(len(items), l.Limit)], err
}

const (
	readItemsSQL    = `SELECT a.id, a.feed_id, a.time, a.seen FROM read_marks AS m CROSS JOIN articles AS a`
	coveredItemsSQL = `SELECT a.id, a.feed_id, a.time, a.seen FROM read_ranges AS g CROSS JOIN articles AS a`
)

// readTogether are the conditions of a user's ranges g and the articles a that are read because of them alone.
func readTogether(user int64) (f filter) {
	f.and(strings.TrimPrefix(coveredSQL, coveredFromSQL))
	f.and("g.user_id = ?", user)
	return f
}

// historyQueries are the queries of History: for what was marked by itself, and for what was marked in ranges.
func historyQueries(user int64, l news.ItemList) (queries [2]string, args [2][]any, err error) {
	var single filter
	single.and("m.user_id = ? AND a.id = m.article_id", user)
	limit := l.Limit
	if limit <= 0 {
		limit = math.MaxInt
	}
	after := l.After
	l.After = news.Place{}
	rest, err := itemFilter(user, l)
	if err != nil {
		return queries, args, err
	}
	for i, part := range []struct {
		from, at, id string
		f            filter
	}{
		{"read_marks AS m", "m.at", "m.article_id", single},
		{"read_ranges AS g", "g.at", "a.id", readTogether(user)},
	} {
		place, direction, than := part.at+", "+part.id, " DESC", "<"
		if l.Oldest {
			direction, than = "", ">"
		}
		f := part.f
		if after != (news.Place{}) { // the first of the two conditions is what an index can answer
			f.and(part.at+" "+than+"= ? AND ("+place+") "+than+" (?, ?)", millis(after.Time), millis(after.Time), after.ID)
		}
		f.join(rest)
		queries[i] = "SELECT a.id, a.feed_id, a.time, a.seen, " + part.at + " FROM " + part.from + " CROSS JOIN articles AS a" + f.where() +
			" ORDER BY " + strings.ReplaceAll(place, ",", direction+",") + direction + " LIMIT ?"
		args[i] = append(slices.Clip(f.args), limit)
	}
	return queries, args, nil
}

// History lists what a user has read, as far as it is in a list, in the order in which it was read: the latest first, or with
// Oldest the earliest. A place in this order is Item.Read with the article's id.
func (db *DB) History(ctx context.Context, user int64, l news.ItemList) (items []news.Item, err error) {
	queries, args, err := historyQueries(user, l)
	if err != nil {
		return nil, err
	}
	err = db.read(ctx, "history", func(t *sql.Tx) error {
		items = nil
		for i, query := range queries {
			found, err := collect(ctx, t.QueryContext, func(row scanner) (it news.Item, err error) {
				var at, seen, read int64
				err = row.Scan(&it.ID, &it.Feed, &at, &seen, &read)
				it.Time, it.Seen, it.Read = fromMillis(at), fromMillis(seen), fromMillis(read)
				return it, err
			}, query, args[i]...)
			if err != nil {
				return err
			}
			items = append(items, found...)
		}
		return nil
	})
	slices.SortFunc(items, func(a, b news.Item) int {
		if l.Oldest {
			a, b = b, a
		}
		return b.ReadPlace().Compare(a.ReadPlace())
	})
	if l.Limit > 0 {
		items = items[:min(len(items), l.Limit)]
	}
	return items, err
}

// The counters of feeds and those of what a user has read are summed apart. Joined, each feed would cost a look for the user's.
const (
	subscribedSQL = `FROM feeds WHERE removed = 0`
	readOfSQL     = `FROM read_counts AS r CROSS JOIN feeds AS f WHERE r.user_id = ?1 AND f.id = r.feed_id AND f.removed = 0`
	leftSQL       = `coalesce((SELECT sum(leads) ` + subscribedSQL + `), 0) - coalesce((SELECT sum(r.leads) ` + readOfSQL + `), 0)`

	unreadTotalSQL = `SELECT coalesce((SELECT sum(articles) ` + subscribedSQL + `), 0) - coalesce((SELECT sum(r.articles) ` + readOfSQL + `), 0), ` + leftSQL
)

// UnreadTotal counts the articles of the subscribed feeds that a user has not read, and those among them that stand for a story.
func (db *DB) UnreadTotal(ctx context.Context, user int64) (n news.UnreadTotal, err error) {
	return rowOf(ctx, db, "count unread items", func(row scanner) (n news.UnreadTotal, err error) {
		err = row.Scan(&n.Articles, &n.Stories)
		return n, err
	}, unreadTotalSQL, user)
}

const (
	visitsSQL = `SELECT visit, visit_before FROM users WHERE id = ?`
	visitSQL  = `UPDATE users SET visit = ?, visit_before = ? WHERE id = ?`
)

// Visit notes that a user is here, and returns when the visit before this one ended; the zero time where there was none. A visit
// ends when the user was not here for some time. It is noted once a minute: a page in between does not wait for whoever writes.
func (db *DB) Visit(ctx context.Context, user int64, now time.Time, ends time.Duration) (time.Time, error) {
	what := fmt.Sprint("visit of user ", user)
	type visits struct{ last, before int64 }
	v, err := rowOf(ctx, db, what, func(row scanner) (v visits, err error) {
		err = row.Scan(&v.last, &v.before)
		return v, err
	}, visitsSQL, user)
	if errors.Is(err, news.ErrNotFound) { // the user was removed
		return time.Time{}, nil
	}
	if since := millis(now) - v.last; err != nil || since >= 0 && since <= time.Minute.Milliseconds() {
		return fromMillis(v.before), err
	}
	if v.last+ends.Milliseconds() < millis(now) {
		v.before = v.last
	}
	return fromMillis(v.before), db.exec(ctx, what, visitSQL, millis(now), v.before, user)
}

const lastArticleSQL = `SELECT coalesce(max(id), 0) FROM articles`

// LastArticle returns the highest id of an article. Articles that are stored later have higher ones.
func (db *DB) LastArticle(ctx context.Context) (int64, error) {
	return db.number(ctx, "last article", lastArticleSQL)
}
