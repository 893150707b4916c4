package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"

	"headwater/internal/news"
)

const (
	beforeInFeedSQL = `x.feed_id = f.id AND (x.time, x.id) < (?2, ?3)`
	// visibleArticleSQL holds for an article x that is not hidden from a user. What is hidden is read past.
	visibleArticleSQL = ` AND NOT EXISTS (SELECT 1 FROM hidden AS h WHERE h.user_id = ?5 AND h.article_id = x.id)`
	headersByIDSQL    = `SELECT ` + headerColumns + ` FROM json_each(?) AS wanted CROSS JOIN articles AS a WHERE a.id = wanted.value ORDER BY wanted.key`
)

var (
	newestArticleFeedsSQL, visibleNewestArticleFeedsSQL = newestArticleFeeds(""), newestArticleFeeds(visibleArticleSQL)
	articlesOfFeedSQL, visibleArticlesOfFeedSQL         = articlesOfFeed(""), articlesOfFeed(visibleArticleSQL)
)

// newestArticleFeeds selects the feeds of a folder whose newest article before a place is among the n newest of these, of the articles that
// meet a condition. No other feed has such an article among the first n of the folder.
func newestArticleFeeds(only string) string {
	return `SELECT f.id FROM (SELECT f.id, (SELECT x.id FROM articles AS x WHERE ` + beforeInFeedSQL + only + ` ORDER BY x.time DESC, x.id DESC LIMIT 1) AS newest
		FROM feeds AS f WHERE f.folder = ?1 AND f.removed = 0) AS f CROSS JOIN articles AS a WHERE a.id = f.newest ORDER BY a.time DESC, a.id DESC LIMIT ?4`
}

func articlesOfFeed(only string) string {
	return `SELECT x.time, x.id FROM articles AS x WHERE x.feed_id = ?1 AND (x.time, x.id) < (?2, ?3)` + only + ` ORDER BY x.time DESC, x.id DESC LIMIT ?4`
}

// FeedArticles returns articles of a feed, or of the feeds of a folder, the newest by news.Article.Time first, from after a place on.
// They have no HTML, text and marks. What is hidden from the viewer is left out; viewer 0 is nobody. It reads about limit articles of limit
// feeds, however large the folder is, and what is hidden between them.
func (db *DB) FeedArticles(ctx context.Context, viewer, feed int64, folder string, before news.Place, limit int) (articles []news.Article, err error) {
	if viewer, err = db.ifHidden(ctx, viewer); err != nil {
		return nil, err
	}
	at, id := int64(math.MaxInt64), int64(math.MaxInt64)
	if before.ID != 0 {
		at, id = millis(before.Time), before.ID
	}
	newestOf, of, args := newestArticleFeedsSQL, articlesOfFeedSQL, []any{at, id, limit}
	if viewer != 0 {
		newestOf, of, args = visibleNewestArticleFeedsSQL, visibleArticlesOfFeedSQL, append(args, viewer)
	}
	type line struct{ time, id int64 }
	err = db.read(ctx, "articles of feeds", func(t *sql.Tx) error {
		feeds := []int64{feed}
		if feed == 0 {
			if feeds, err = collect(ctx, t.QueryContext, scanID, newestOf, append([]any{text(folder)}, args...)...); err != nil {
				return err
			}
		}
		var all []line
		for _, f := range feeds {
			found, err := collect(ctx, t.QueryContext, func(row scanner) (l line, err error) {
				err = row.Scan(&l.time, &l.id)
				return l, err
			}, of, append([]any{f}, args...)...)
			if err != nil {
				return err
			}
			all = append(all, found...)
		}
		slices.SortFunc(all, func(a, b line) int { return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(b.id, a.id)) })
		ids := make([]int64, min(len(all), limit))
		for i := range ids {
			ids[i] = all[i].id
		}
		articles, err = collect(ctx, t.QueryContext, func(row scanner) (news.Article, error) {
			var r headerRow
			if err := row.Scan(r.dest()...); err != nil {
				return news.Article{}, err
			}
			a, err := r.header()
			db.asPresent(&a.Outlet)
			return a, err
		}, headersByIDSQL, idList(ids))
		return err
	})
	return articles, err
}
