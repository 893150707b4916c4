package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// ErrNoPrint means that an article has no print any more, since its story is closed.
var ErrNoPrint = errors.New("no print is stored")

// WindowRow is a settled article with the fields that grouping needs. It has no authors, summary, HTML, text and marks.
// It has categories only if it is an advertisement.
type WindowRow struct {
	Article      news.Article
	Print        prints.Print
	Claims       []news.Claim
	Story, Event int64 // 0 means none
	PrintErr     error // why a stored Print can't be used: the error of compact.ReadPrint; or ErrNoPrint
}

// openArticlesSQL selects the articles of Window: all articles of stories that are still open.
const openArticlesSQL = `WITH open(id) AS MATERIALIZED (SELECT id FROM articles WHERE seen >= ?1
	UNION ALL SELECT m.article_id FROM stories AS s CROSS JOIN members AS m CROSS JOIN articles AS a
	WHERE s.changed >= ?1 AND m.story_id = s.id AND a.id = m.article_id AND a.seen < ?1)
	`

// storyArticlesSQL selects the articles of WindowOf.
const storyArticlesSQL = `WITH open(id) AS MATERIALIZED (SELECT DISTINCT m.article_id
	FROM json_each(?1) AS wanted CROSS JOIN members AS named CROSS JOIN members AS m
	WHERE named.article_id = wanted.value AND m.story_id = named.story_id)
	`

const (
	windowSQL = openArticlesSQL + windowRowsSQL + `FROM open CROSS JOIN articles AS a CROSS JOIN prints AS p` + windowJoinsSQL +
		`WHERE a.id = open.id AND p.article_id = a.id AND coalesce(s.phase, 0) = 0` + windowOrderSQL
	windowOfSQL = storyArticlesSQL + windowRowsSQL + `FROM open CROSS JOIN articles AS a LEFT JOIN prints AS p ON p.article_id = a.id` + windowJoinsSQL +
		`WHERE a.id = open.id` + windowOrderSQL
)

const windowRowsSQL = `SELECT a.id, a.seq, a.feed_id, a.guid, a.hash, a.seen, a.published, a.updated, a.url, a.canonical, a.title,
	a.outlet_name, a.outlet_domain, a.outlet_agency, a.lang, a.hub, a.undated, a.categories,
	p.print, coalesce(c.claims, ''), coalesce(s.id, 0), coalesce(s.event_id, 0)
	`

const (
	windowJoinsSQL = `
	LEFT JOIN claims AS c ON c.article_id = a.id LEFT JOIN members AS m ON m.article_id = a.id
	LEFT JOIN stories AS s ON s.id = m.story_id
	`
	windowOrderSQL = ` ORDER BY a.seen, a.id`
)

// Window calls each for every settled article that was first seen since a time, or is in a story that changed since then,
// in the order of ids. So open stories are complete, and closed ones are left out. A revised article that waits to be
// settled has the print of its earlier text. A print that can't be decoded is empty, with the reason in PrintErr. An
// error of each ends the reading and is returned.
func (db *DB) Window(ctx context.Context, since time.Time, each func(WindowRow) error) error {
	return db.window(ctx, windowSQL, millis(since), each)
}

// WindowOf is Window for all articles of the stories that the given articles are in. Articles of a closed story have no
// print, and ErrNoPrint as PrintErr.
func (db *DB) WindowOf(ctx context.Context, articles []int64, each func(WindowRow) error) error {
	ids := idList(articles)
	return db.window(ctx, windowOfSQL, ids, each)
}

func (db *DB) window(ctx context.Context, query string, arg any, each func(WindowRow) error) error {
	return db.eachRow(ctx, "window", func(row scanner) error {
		w, err := db.scanWindow(row)
		if err != nil {
			return err
		}
		return each(w)
	}, query, arg)
}

func (db *DB) scanWindow(row scanner) (w WindowRow, err error) {
	a := &w.Article
	var seen, published, updated int64
	var print sql.RawBytes
	var claims, categories string
	err = row.Scan(&a.ID, &a.Seq, &a.FeedID, &a.GUID, &a.Hash, &seen, &published, &updated, &a.URL, &a.Canonical, &a.Title,
		&a.Outlet.Name, &a.Outlet.Domain, &a.Outlet.Agency, &a.Lang, &a.Roundup, &a.Undated, &categories, &print, &claims, &w.Story, &w.Event)
	if err != nil {
		return w, err
	}
	a.Seen, a.Published, a.Updated = fromMillis(seen), fromMillis(published), fromMillis(updated)
	if print == nil {
		w.PrintErr = ErrNoPrint
	} else if w.Print, err = compact.ReadPrint(print); err != nil {
		w.Print, w.PrintErr = prints.Print{}, fmt.Errorf("print of article %d: %w", a.ID, err)
	}
	if a.Categories, err = decodeList[string](categories); err != nil {
		return w, err
	}
	if !a.Promotional() {
		a.Categories = nil
	}
	w.Claims, err = decodeClaims(claims)
	db.asPresent(&a.Outlet)
	db.claimsAsPresent(w.Claims)
	return w, err
}

const (
	edgesSQL   = openArticlesSQL + edgeRowsSQL + `a = open.id`
	edgesOfSQL = storyArticlesSQL + edgeRowsSQL + `a = open.id UNION ` + edgeRowsSQL + `b = open.id`

	edgeRowsSQL = `SELECT e.a, e.b, e.story, e.event, e.reasons FROM open CROSS JOIN edges AS e WHERE e.`
)

// Edges returns the edges whose lower article Window returns for the same time. The other article may belong to a closed
// story; the caller has to skip these edges.
func (db *DB) Edges(ctx context.Context, since time.Time) ([]news.Edge, error) {
	return db.edges(ctx, edgesSQL, millis(since))
}

// EdgesOf returns the edges with at least one article among those that WindowOf returns for the same articles.
func (db *DB) EdgesOf(ctx context.Context, articles []int64) ([]news.Edge, error) {
	ids := idList(articles)
	return db.edges(ctx, edgesOfSQL, ids)
}

func (db *DB) edges(ctx context.Context, query string, arg any) (edges []news.Edge, err error) {
	err = db.read(ctx, "edges", func(t *sql.Tx) error {
		edges, err = collect(ctx, t.QueryContext, scanEdge, query, arg)
		return err
	})
	slices.SortFunc(edges, func(x, y news.Edge) int { return cmp.Or(cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B)) })
	return edges, err
}

const edgesBetweenSQL = `SELECT e.a, e.b, e.story, e.event, e.reasons FROM json_each(?1) AS wanted CROSS JOIN edges AS e
	WHERE e.a = wanted.value AND e.b IN (SELECT value FROM json_each(?1)) ORDER BY e.a, e.b`

// EdgesBetween returns the edges between the given articles.
func (db *DB) EdgesBetween(ctx context.Context, articleIDs []int64) (edges []news.Edge, err error) {
	wanted := idList(articleIDs)
	return rowsOf(ctx, db, "links", scanEdge, edgesBetweenSQL, wanted)
}

func scanEdge(row scanner) (e news.Edge, err error) {
	var reasons string
	if err := row.Scan(&e.A, &e.B, &e.Story, &e.Event, &reasons); err != nil {
		return e, err
	}
	e.Reasons, err = decodeList[news.Evidence](reasons)
	return e, err
}
