package store

import (
	"context"
	"time"

	"headwater/internal/news"
)

// frontMembersSQL is driven by the times of articles, so it reads what is on the page and no more.
const frontMembersSQL = `SELECT m.story_id, s.event_id, s.origin_name, s.origin_domain, s.first, a.id, a.feed_id, a.outlet_name, a.outlet_domain, a.lang, a.time
	FROM articles AS a CROSS JOIN members AS m CROSS JOIN stories AS s
	WHERE a.time > ? AND a.time <= ? AND m.article_id = a.id AND s.id = m.story_id AND s.first > ? AND s.template = 0 AND a.undated <= ?
	ORDER BY a.time DESC, a.id DESC LIMIT ?`

// FrontMembers returns the articles of a time, from since until, whose stories were first told in it and are made by no
// template: the newest first, limit at most. Undated ones are left out unless they are asked for.
func (db *DB) FrontMembers(ctx context.Context, since, until time.Time, undated bool, limit int) ([]news.FrontMember, error) {
	return rowsOf(ctx, db, "articles of a front page", func(row scanner) (m news.FrontMember, err error) {
		var first, at int64
		err = row.Scan(&m.Story, &m.Event, &m.Origin.Name, &m.Origin.Domain, &first, &m.Article, &m.Feed, &m.Outlet.Name, &m.Outlet.Domain, &m.Lang, &at)
		m.First, m.Time = fromMillis(first), fromMillis(at)
		return m, err
	}, frontMembersSQL, millis(since), millis(until), millis(since), undated, limit)
}

const headersSQL = `SELECT ` + headerColumns + ` FROM json_each(?) AS wanted CROSS JOIN articles AS a WHERE a.id = wanted.value`

// Headers returns articles without their bodies, in no order. Unknown ids are skipped.
func (db *DB) Headers(ctx context.Context, ids []int64) ([]news.Article, error) {
	return rowsOf(ctx, db, "headers of articles", func(row scanner) (news.Article, error) {
		var r headerRow
		if err := row.Scan(r.dest()...); err != nil {
			return news.Article{}, err
		}
		return r.header()
	}, headersSQL, idList(ids))
}
