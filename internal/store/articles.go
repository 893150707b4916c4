package store

import (
	"context"
	"database/sql"
	"fmt"

	"headwater/internal/news"
)

// lightColumns are an article without its body.
const lightColumns = `a.id, a.seq, a.feed_id, a.guid, a.hash, a.seen, a.published, a.updated, a.url, a.canonical, a.title, a.authors,
	a.outlet_name, a.outlet_domain, a.outlet_agency, a.lang, a.hub, a.summary, a.categories, a.enclosures, a.undated`

// lightRow receives lightColumns.
type lightRow struct {
	article                         news.Article
	seen, published, updated        int64
	authors, categories, enclosures string
}

func (r *lightRow) dest() []any {
	a := &r.article
	return []any{
		&a.ID, &a.Seq, &a.FeedID, &a.GUID, &a.Hash, &r.seen, &r.published, &r.updated, &a.URL, &a.Canonical, &a.Title, &r.authors,
		&a.Outlet.Name, &a.Outlet.Domain, &a.Outlet.Agency, &a.Lang, &a.Hub, &a.Summary, &r.categories, &r.enclosures, &a.Undated,
	}
}

func (r *lightRow) light() (a news.Article, err error) {
	a = r.article
	a.Seen, a.Published, a.Updated = fromMillis(r.seen), fromMillis(r.published), fromMillis(r.updated)
	if a.Authors, err = unlist[string](r.authors); err != nil {
		return a, err
	}
	if a.Categories, err = unlist[string](r.categories); err != nil {
		return a, err
	}
	a.Enclosures, err = unlist[news.Enclosure](r.enclosures)
	return a, err
}

// wholeFrom follows lightColumns in queries for whole articles.
const wholeFrom = `, b.body FROM articles AS a JOIN bodies AS b ON b.article_id = a.id`

func (db *DB) scanWhole(row scanner) (news.Article, error) {
	var r lightRow
	var body sql.RawBytes
	if err := row.Scan(append(r.dest(), &body)...); err != nil {
		return news.Article{}, err
	}
	a, err := r.light()
	if err != nil {
		return a, err
	}
	if err := db.bodies.unpack(body, &a); err != nil {
		return a, fmt.Errorf("article %d: %w", a.ID, err)
	}
	return a, nil
}

// whole runs a query of lightColumns and wholeFrom.
func (db *DB) whole(ctx context.Context, query string, args ...any) ([]news.Article, error) {
	return rowsOf(ctx, db, "articles", db.scanWhole, query, args...)
}

// Article gives a whole article, or news.ErrNotFound.
func (db *DB) Article(ctx context.Context, id int64) (news.Article, error) {
	all, err := db.ArticlesByID(ctx, []int64{id})
	if err != nil {
		return news.Article{}, err
	}
	if len(all) == 0 {
		return news.Article{}, fmt.Errorf("article %d: %w", id, news.ErrNotFound)
	}
	return all[0], nil
}

const articlesByIDSQL = `SELECT ` + lightColumns + `, b.body FROM json_each(?) AS wanted CROSS JOIN articles AS a CROSS JOIN bodies AS b
	WHERE a.id = wanted.value AND b.article_id = a.id ORDER BY wanted.key`

// ArticlesByID gives whole articles in the order asked, without those that are not stored.
func (db *DB) ArticlesByID(ctx context.Context, ids []int64) ([]news.Article, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, err := idList(ids)
	if err != nil {
		return nil, err
	}
	return db.whole(ctx, articlesByIDSQL, wanted)
}

// defaultLimit is the length of a list that names no limit.
const defaultLimit = 50

// Articles gives whole articles, the newest by news.Article.Time first. Since asks for those first seen then or later.
// Limit 0 means 50.
func (db *DB) Articles(ctx context.Context, l news.ArticleList) ([]news.Article, error) {
	query, args := articleQuery(l)
	return db.whole(ctx, query, args...)
}

// pageSQL reads whole articles whose ids a query for one page gives, so that bodies of other pages stay unread.
const (
	pageSQL  = `SELECT ` + lightColumns + `, b.body FROM (SELECT a.id, a.time FROM articles AS a`
	pageTail = ` LIMIT ? OFFSET ?) AS page CROSS JOIN articles AS a CROSS JOIN bodies AS b
		WHERE a.id = page.id AND b.article_id = page.id ORDER BY page.time DESC, page.id DESC`
	byTime = ` ORDER BY a.time DESC, a.id DESC`
	// bySeen keeps SQLite from walking all articles by time for the few that Since asks for.
	bySeen = ` ORDER BY +a.time DESC, a.id DESC`
)

func articleQuery(l news.ArticleList) (string, []any) {
	var f filter
	order := byTime
	if l.FeedID != 0 {
		f.and("a.feed_id = ?", l.FeedID)
	}
	if !l.Since.IsZero() {
		f.and("a.seen >= ?", millis(l.Since))
		order = bySeen
	}
	if l.Before.ID != 0 {
		f.and("(a.time, a.id) < (?, ?)", millis(l.Before.Time), l.Before.ID)
	}
	return pageSQL + f.where() + order + pageTail, append(f.args, limitOr(l.Limit), l.Offset)
}

func limitOr(limit int) int {
	if limit <= 0 {
		return defaultLimit
	}
	return limit
}

// filter gathers conditions.
type filter struct {
	conditions string
	args       []any
}

func (f *filter) and(condition string, args ...any) {
	if f.conditions == "" {
		f.conditions = " WHERE " + condition
	} else {
		f.conditions += " AND " + condition
	}
	f.args = append(f.args, args...)
}

func (f *filter) where() string { return f.conditions }
