package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"

	"headwater/internal/news"
)

// headerColumns are the columns of an article without its body.
const headerColumns = `a.id, a.seq, a.feed_id, a.guid, a.hash, a.seen, a.published, a.updated, a.url, a.canonical, a.title, a.authors,
	a.outlet_name, a.outlet_domain, a.outlet_agency, a.lang, a.hub, a.summary, a.categories, a.enclosures, a.undated`

// headerRow receives headerColumns.
type headerRow struct {
	article                         news.Article
	seen, published, updated        int64
	authors, categories, enclosures string
}

func (r *headerRow) dest() []any {
	a := &r.article
	return []any{
		&a.ID, &a.Seq, &a.FeedID, &a.GUID, &a.Hash, &r.seen, &r.published, &r.updated, &a.URL, &a.Canonical, &a.Title, &r.authors,
		&a.Outlet.Name, &a.Outlet.Domain, &a.Outlet.Agency, &a.Lang, &a.Roundup, &a.Summary, &r.categories, &r.enclosures, &a.Undated,
	}
}

func (r *headerRow) header() (a news.Article, err error) {
	a = r.article
	a.Seen, a.Published, a.Updated = fromMillis(r.seen), fromMillis(r.published), fromMillis(r.updated)
	if a.Authors, err = decodeList[string](r.authors); err != nil {
		return a, err
	}
	if a.Categories, err = decodeList[string](r.categories); err != nil {
		return a, err
	}
	a.Enclosures, err = decodeList[news.Enclosure](r.enclosures)
	return a, err
}

// wholeFromSQL follows headerColumns in queries for whole articles.
const wholeFromSQL = `, b.body FROM articles AS a JOIN bodies AS b ON b.article_id = a.id`

func (db *DB) scanWhole(row scanner) (news.Article, error) {
	var r headerRow
	var body sql.RawBytes
	if err := row.Scan(append(r.dest(), &body)...); err != nil {
		return news.Article{}, err
	}
	a, err := r.header()
	if err != nil {
		return a, err
	}
	db.asPresent(&a.Outlet)
	if err := db.bodies.unpack(body, &a); err != nil {
		return a, fmt.Errorf("article %d: %w", a.ID, err)
	}
	return a, nil
}

// whole runs a query of headerColumns and wholeFromSQL.
func (db *DB) whole(ctx context.Context, query string, args ...any) ([]news.Article, error) {
	return rowsOf(ctx, db, "articles", db.scanWhole, query, args...)
}

// Article returns a whole article, or news.ErrNotFound.
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

const articlesByIDSQL = `SELECT ` + headerColumns + `, b.body FROM json_each(?) AS wanted CROSS JOIN articles AS a CROSS JOIN bodies AS b
	WHERE a.id = wanted.value AND b.article_id = a.id ORDER BY wanted.key`

// ArticlesByID returns whole articles in the order of ids. Ids that are not stored are left out.
func (db *DB) ArticlesByID(ctx context.Context, ids []int64) ([]news.Article, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted := idList(ids)
	return db.whole(ctx, articlesByIDSQL, wanted)
}

// Articles returns whole articles, the newest by news.Article.Time first. With Since, it returns only those first seen at
// that time or later. Limit 0 means 50.
func (db *DB) Articles(ctx context.Context, l news.ArticleList) ([]news.Article, error) {
	query, args := articleQuery(l)
	return db.whole(ctx, query, args...)
}

// pageSQL selects the ids of one page in a subquery, and reads bodies for these ids only.
const (
	pageSQL  = `SELECT ` + headerColumns + `, b.body FROM (SELECT a.id, a.time FROM articles AS a`
	pageTail = ` LIMIT ? OFFSET ?) AS page CROSS JOIN articles AS a CROSS JOIN bodies AS b
		WHERE a.id = page.id AND b.article_id = page.id ORDER BY page.time DESC, page.id DESC`
	byTime = ` ORDER BY a.time DESC, a.id DESC`
	// bySeen keeps SQLite from walking all articles by time when Since selects a few of them. The unary + turns that
	// index off.
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

const claimsSQL = `SELECT article_id, claims FROM claims WHERE article_id IN (SELECT value FROM json_each(?))`

// Claims returns the claims of articles by article id. Articles without claims are not in the map.
func (db *DB) Claims(ctx context.Context, articleIDs []int64) (map[int64][]news.Claim, error) {
	return byID(ctx, db, "claims", claimsSQL, articleIDs, func(row scanner) (id int64, claims []news.Claim, err error) {
		var s string
		if err := row.Scan(&id, &s); err != nil {
			return 0, nil, err
		}
		claims, err = decodeClaims(s)
		db.claimsAsPresent(claims)
		return id, claims, err
	})
}

// Vector is an article's embedding. Hash is the hash of the article's text that it was made from.
type Vector struct {
	Article int64
	Hash    string
	Values  []float32
}

// The query compares the hashes. So a revised article has no vector until one is made from its new text.
const vectorsSQL = `SELECT v.article_id, v.vector FROM json_each(?) AS wanted CROSS JOIN vectors AS v CROSS JOIN articles AS a
	WHERE v.article_id = wanted.value AND a.id = v.article_id AND v.hash = a.hash AND v.model = ?`

// Vectors returns, by article, the stored vectors of a model that match the articles' present texts. The caller has to
// make those that are missing; damaged ones count as missing.
func (db *DB) Vectors(ctx context.Context, model string, articles []int64) (map[int64][]float32, error) {
	vectors := make(map[int64][]float32, len(articles))
	err := db.eachRow(ctx, "vectors", func(row scanner) error {
		var id int64
		var blob sql.RawBytes
		if err := row.Scan(&id, &blob); err != nil {
			return err
		}
		if v, ok := unpackVector(blob); ok {
			vectors[id] = v
		}
		return nil
	}, vectorsSQL, idList(articles), text(model))
	return vectors, err
}

const putVectorSQL = `INSERT INTO vectors (article_id, hash, model, vector) SELECT id, ?, ?, ? FROM articles WHERE id = ?
	ON CONFLICT (article_id) DO UPDATE SET hash = excluded.hash, model = excluded.model, vector = excluded.vector`

// PutVectors stores vectors of a model, in place of earlier ones of the same articles. It skips articles that are no
// longer stored.
func (db *DB) PutVectors(ctx context.Context, model string, vectors []Vector) error {
	rows := make([][]any, 0, len(vectors))
	for _, v := range vectors {
		rows = append(rows, []any{text(v.Hash), text(model), packVector(v.Values), v.Article})
	}
	return db.write(ctx, "store vectors", func(ctx context.Context, t tx) error { return t.each(ctx, putVectorSQL, rows) })
}

func packVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// unpackVector decodes what packVector encoded. It returns false for anything else.
func unpackVector(b []byte) (v []float32, ok bool) {
	if len(b) == 0 || len(b)%4 != 0 {
		return nil, false
	}
	v = make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if math.IsNaN(float64(v[i])) || math.IsInf(float64(v[i]), 0) {
			return nil, false
		}
	}
	return v, true
}
