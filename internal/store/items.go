package store

import (
	"context"
	"fmt"
	"math"
	"slices"

	"headwater/internal/news"
)

// Conditions that put article a into a stream. A user labels few articles, so SQLite starts from the labels. Nearly all
// feeds are subscribed, so the unary + keeps SQLite from starting with the feeds and from sorting all articles for one
// page.
var (
	inSubscribed = `+a.feed_id IN (SELECT id FROM feeds WHERE removed = 0)`
	inRead       = readAt("?") + ` IS NOT NULL`
	inReadBefore = `coalesce(` + readAt("?") + ` < ?, 1 = 0)`
	inLabelled   = `a.id IN (SELECT article_id FROM labelled WHERE user_id = ? AND label = ?)`
	inHidden     = `a.id IN (SELECT article_id FROM hidden WHERE user_id = ?)`
	inFeed       = `a.feed_id = ?`
	inLabel      = `(a.feed_id IN (SELECT id FROM feeds WHERE folder = ? AND removed = 0)
		OR a.id IN (SELECT article_id FROM labelled WHERE user_id = ? AND label = ?))`
	inFolderOf = `+a.feed_id IN (SELECT id FROM feeds WHERE folder = ? AND removed = 0)`
	inTopic    = `a.id IN (SELECT m.article_id FROM (SELECT story_id FROM topic_stories WHERE topic_id = ? ORDER BY seq DESC LIMIT 2000) AS page
		CROSS JOIN members AS m WHERE m.story_id = page.story_id)`
	inOnce    = `EXISTS (SELECT 1 FROM members AS m WHERE m.article_id = a.id AND m.leads = 1)`
	inStories = `a.id IN (SELECT m.article_id FROM json_each(?) AS wanted CROSS JOIN members AS m WHERE m.story_id = wanted.value AND m.leads = 1)`
	inIDs     = `a.id IN (SELECT value FROM json_each(?))`

	// notHidden leaves out what the user's rules have hidden (rules.go).
	notHidden = `NOT EXISTS (SELECT 1 FROM hidden AS h WHERE h.user_id = ? AND h.article_id = a.id)`
)

// mayHaveHidden reports whether hidden articles may be in a list that is not to show them. In a list of unread ones are none.
func mayHaveHidden(l news.ItemList) bool {
	return !slices.ContainsFunc(l.Out, func(s news.Stream) bool { return s.Kind == news.StreamRead && s.Before.IsZero() }) &&
		!slices.ContainsFunc(l.In, func(s news.Stream) bool {
			return slices.Contains([]news.StreamKind{news.StreamHidden, news.StreamStarred, news.StreamOwn, news.StreamIDs}, s.Kind)
		})
}

// streamCondition returns the condition that puts an article into a stream.
func streamCondition(user int64, s news.Stream) (string, []any, error) {
	switch s.Kind {
	case news.StreamAll:
		return inSubscribed, nil, nil
	case news.StreamRead:
		if !s.Before.IsZero() {
			return inReadBefore, []any{user, user, user, millis(s.Before)}, nil
		}
		return inRead, []any{user, user, user}, nil
	case news.StreamOwn:
		return inLabelled, []any{user, text(s.Label)}, nil
	case news.StreamFolder:
		return inFolderOf, []any{text(s.Label)}, nil
	case news.StreamTopic:
		return inTopic, []any{s.Topic}, nil
	case news.StreamHidden:
		return inHidden, []any{user}, nil
	case news.StreamStarred:
		return inLabelled, []any{user, ""}, nil
	case news.StreamFeed:
		return inFeed, []any{s.Feed}, nil
	case news.StreamLabel:
		return inLabel, []any{text(s.Label), user, text(s.Label)}, nil
	case news.StreamOnce:
		return inOnce, nil, nil
	case news.StreamStories:
		return inStories, []any{idList(s.IDs)}, nil
	case news.StreamIDs:
		return inIDs, []any{idList(s.IDs)}, nil
	case news.StreamNone:
		return "1 = 0", nil, nil
	}
	return "", nil, fmt.Errorf("stream %q is of no known kind", s.Kind)
}

// itemFilter returns the conditions of a list of items, without its order.
func itemFilter(user int64, l news.ItemList) (f filter, err error) {
	for i, s := range append(append([]news.Stream(nil), l.In...), l.Out...) {
		condition, args, err := streamCondition(user, s)
		if err != nil {
			return f, err
		}
		if i >= len(l.In) {
			condition = "NOT (" + condition + ")"
		}
		f.and(condition, args...)
	}
	if mayHaveHidden(l) {
		f.and(notHidden, user)
	}
	if !l.Since.IsZero() {
		f.and("a.seen >= ?", millis(l.Since))
	}
	if !l.Until.IsZero() {
		f.and("a.seen < ?", millis(l.Until))
	}
	if l.Through != 0 {
		f.and("a.id <= ?", l.Through)
	}
	if l.After != (news.Place{}) {
		after := `(a.time, a.id) < (?, ?)`
		if l.Oldest {
			after = `(a.time, a.id) > (?, ?)`
		}
		f.and(after, millis(l.After.Time), l.After.ID)
	}
	return f, nil
}

const itemsSQL = `SELECT a.id, a.feed_id, a.time, a.seen FROM articles AS a`

// itemQuery returns the query of a list: what is selected from which tables, and conditions beside those of the list.
func itemQuery(user int64, l news.ItemList, from string, f filter) (string, []any, error) {
	rest, err := itemFilter(user, l)
	if err != nil {
		return "", nil, err
	}
	f.join(rest)
	order := ` ORDER BY a.time DESC, a.id DESC`
	if l.Oldest {
		order = ` ORDER BY a.time, a.id`
	}
	limit := l.Limit
	if limit <= 0 {
		limit = math.MaxInt
	}
	return from + f.where() + order + ` LIMIT ?`, append(f.args, limit), nil
}

// Items lists a user's items. Each item has a position of its own in the order. So a list that continues after an item
// neither repeats nor misses one, whatever is stored meanwhile.
func (db *DB) Items(ctx context.Context, user int64, l news.ItemList) (items []news.Item, err error) {
	if before, ok := isUnread(l); ok {
		return db.unreadItems(ctx, user, l, before)
	}
	query, args, err := itemQuery(user, l, itemsSQL, filter{})
	if err != nil {
		return nil, err
	}
	return rowsOf(ctx, db, "items", scanItem, query, args...)
}

func scanItem(row scanner) (it news.Item, err error) {
	var at, seen int64
	err = row.Scan(&it.ID, &it.Feed, &at, &seen)
	it.Time, it.Seen = fromMillis(at), fromMillis(seen)
	return it, err
}

// CountItems counts the items that Items returns without Limit and After, and returns when the newest of them was first
// seen. The number of all unread stories, each counted by the article that stands for it, comes from counters. In that
// case the time is that of the newest article of all.
func (db *DB) CountItems(ctx context.Context, user int64, l news.ItemList) (u news.Unread, err error) {
	query, args := unreadStoriesSQL, []any{user}
	l.After = news.Place{}
	if !isUnreadStories(l) {
		f, err := itemFilter(user, l)
		if err != nil {
			return u, err
		}
		query, args = `SELECT count(*), coalesce(max(a.seen), 0) FROM articles AS a`+f.where(), f.args
	}
	return rowOf(ctx, db, "count items", scanUnread, query, args...)
}

// scanUnread scans a count and the time at which the newest item was first seen.
func scanUnread(row scanner) (u news.Unread, err error) {
	var newest int64
	err = row.Scan(&u.Count, &newest)
	u.Newest = fromMillis(newest)
	return u, err
}

// isUnreadStories reports whether a list asks for all stories of the subscribed feeds that are not read.
func isUnreadStories(l news.ItemList) bool {
	before, ok := isUnread(l)
	kinds := map[news.StreamKind]bool{}
	for _, s := range l.In {
		kinds[s.Kind] = true
	}
	return ok && before.IsZero() && l.Until.IsZero() && l.Through == 0 && len(kinds) == 2 && kinds[news.StreamAll] && kinds[news.StreamOnce]
}

const (
	unreadStoriesSQL = `SELECT ` + leftSQL + `, coalesce((SELECT max(seen) FROM articles), 0)`
	unreadSQL        = `SELECT f.id, f.articles - coalesce(r.articles, 0), f.changed
		FROM feeds AS f LEFT JOIN read_counts AS r ON r.user_id = ? AND r.feed_id = f.id
		WHERE f.removed = 0 AND f.articles > coalesce(r.articles, 0) ORDER BY f.id`
)

// Unread counts by feed the articles that a user has not read, and returns when each feed's newest article was first
// seen. Feeds without unread articles are left out.
func (db *DB) Unread(ctx context.Context, user int64) ([]news.Unread, error) {
	return rowsOf(ctx, db, "unread", func(row scanner) (u news.Unread, err error) {
		var newest int64
		err = row.Scan(&u.Feed, &u.Count, &newest)
		u.Newest = fromMillis(newest)
		return u, err
	}, unreadSQL, user)
}
