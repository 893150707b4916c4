package store

import (
	"context"
	"database/sql"
	"time"

	"headwater/internal/news"
)

// Source is a page that articles credit by a link, and what became of asking for it.
type Source struct {
	Address string // canonical, of the link: its key
	Link    string // as it was written first
	Host    string

	Asked   time.Time
	State   news.FeedState // news.FeedOK, or why it can't be had
	Problem string         // in words; "" where it was had

	// What the page is, with the fields that origins are weighed by: URL is after redirects, Canonical what the page
	// says, GUID, Text and HTML are not kept.
	Article news.Article
	Print   news.Print // empty where it can't be read any more
	Claims  []news.Claim
}

const (
	putSourceSQL = `INSERT INTO sources (address, link, host, credited) SELECT ?, ?, ?, seen FROM articles WHERE id = ?
		ON CONFLICT (address) DO UPDATE SET credited = max(credited, excluded.credited) WHERE state IN ('', 'timeout', 'unreachable')`
	putCitingSQL = `INSERT INTO citing (article_id, source_id) SELECT a.id, s.id FROM articles AS a CROSS JOIN sources AS s
		WHERE a.id = ? AND s.address = ? ON CONFLICT (source_id, article_id) DO NOTHING`
)

// putCited queues the pages that a settlement wants, as far as they are not known.
func (t tx) putCited(ctx context.Context, s news.Settlement) error {
	var sources, citing [][]any
	for _, c := range s.Cited {
		sources = append(sources, []any{text(c.Address), text(c.Link), text(c.Host), c.Article})
		citing = append(citing, []any{c.Article, text(c.Address)})
	}
	if err := t.each(ctx, putSourceSQL, sources); err != nil {
		return err
	}
	return t.each(ctx, putCitingSQL, citing)
}

// SourceQuota says which sources may be asked for.
type SourceQuota struct {
	Since   time.Time // an article that credits it was seen since then
	Day     time.Time // a day ago: one that did not answer is tried once more when it was asked before that
	PerHost int       // of one host since Day
	Limit   int
}

const wantedSourcesSQL = `SELECT s.address, s.link, s.host, (SELECT count(*) FROM sources AS o WHERE o.host = s.host AND o.asked >= ?1) AS done
	FROM sources AS s WHERE s.state IN ('', 'timeout', 'unreachable') AND s.credited >= ?2 AND s.tries < 2 AND (s.tries = 0 OR s.asked < ?1)
	AND done < ?3 ORDER BY s.credited DESC, s.id DESC LIMIT ?4`

// WantedSources gives the pages to ask for, those that were credited last first.
func (db *DB) WantedSources(ctx context.Context, q SourceQuota) (wanted []Source, err error) {
	asked := map[string]int{}
	err = db.read(ctx, "wanted sources", func(t *sql.Tx) error {
		args := []any{millis(q.Day), millis(q.Since), q.PerHost, q.Limit}
		return eachRow(ctx, t, wantedSourcesSQL, args, func(rows *sql.Rows) error {
			var s Source
			var done int
			if err := rows.Scan(&s.Address, &s.Link, &s.Host, &done); err != nil {
				return err
			}
			if asked[s.Host]++; done+asked[s.Host] <= q.PerHost {
				wanted = append(wanted, s)
			}
			return nil
		})
	})
	return wanted, err
}

const keepSourceSQL = `UPDATE sources SET asked = ?, tries = tries + 1, state = ?, problem = ?, url = ?, canonical = ?, title = ?,
	outlet_name = ?, outlet_domain = ?, outlet_agency = ?, lang = ?, published = ?, print = ?, claims = ? WHERE address = ?`

// KeepSource stores what became of asking for a page.
func (db *DB) KeepSource(ctx context.Context, s Source) error {
	claims, err := list(fromClaims(s.Claims))
	if err != nil {
		return err
	}
	var print []byte
	if s.State == news.FeedOK {
		print = db.opts.EncodePrint(s.Print)
	}
	a := s.Article
	row := []any{
		millis(s.Asked), s.State, text(s.Problem), text(a.URL), text(a.Canonical), text(a.Title), text(a.Outlet.Name),
		text(a.Outlet.Domain), a.Outlet.Agency, text(a.Lang), millis(a.Published), print, claims, text(s.Address),
	}
	return db.write(ctx, "keep source", func(ctx context.Context, t tx) error { return t.exec(ctx, keepSourceSQL, row...) })
}

const sourcesOfSQL = `SELECT DISTINCT s.address, s.link, s.host, s.asked, s.url, s.canonical, s.title, s.outlet_name, s.outlet_domain,
	s.outlet_agency, s.lang, s.published, s.print, s.claims
	FROM json_each(?) AS wanted CROSS JOIN citing AS c CROSS JOIN sources AS s
	WHERE c.article_id = wanted.value AND s.id = c.source_id AND s.state = 'ok' ORDER BY s.address`

// SourcesOf gives the pages that were had of those that articles credit, by address.
func (db *DB) SourcesOf(ctx context.Context, articles []int64) (map[string]Source, error) {
	out := map[string]Source{}
	wanted, err := idList(articles)
	if err != nil || len(articles) == 0 {
		return out, err
	}
	err = db.read(ctx, "sources", func(t *sql.Tx) error {
		return eachRow(ctx, t, sourcesOfSQL, []any{wanted}, func(rows *sql.Rows) error {
			s, err := db.scanSource(rows)
			out[s.Address] = s
			return err
		})
	})
	return out, err
}

func (db *DB) scanSource(rows *sql.Rows) (s Source, err error) {
	var asked, published int64
	var print sql.RawBytes
	var claims string
	a := &s.Article
	err = rows.Scan(&s.Address, &s.Link, &s.Host, &asked, &a.URL, &a.Canonical, &a.Title, &a.Outlet.Name, &a.Outlet.Domain,
		&a.Outlet.Agency, &a.Lang, &published, &print, &claims)
	if err != nil {
		return s, err
	}
	s.State, s.Asked, a.Seen, a.Published = news.FeedOK, fromMillis(asked), fromMillis(asked), fromMillis(published)
	if p, err := db.opts.DecodePrint(print); err == nil { // of another version it is done without: the text is not kept
		s.Print = p
	}
	s.Claims, err = toClaims(claims)
	return s, err
}

const unweighedSQL = `SELECT DISTINCT c.article_id FROM citing AS c CROSS JOIN sources AS s
	WHERE c.weighed = 0 AND s.id = c.source_id AND s.state = 'ok' ORDER BY +c.article_id`

// Unweighed gives the articles whose stories were not weighed yet with a page that they credit and that was had.
func (db *DB) Unweighed(ctx context.Context) ([]int64, error) {
	return rowsOf(ctx, db, "articles to weigh again", scanID, unweighedSQL)
}

const weighedSQL = `UPDATE citing SET weighed = 1 WHERE weighed = 0 AND article_id IN (SELECT value FROM json_each(?))
	AND source_id IN (SELECT id FROM sources WHERE state = 'ok')`

// Weighed stores a settlement that counts what the pages give which articles credit.
func (db *DB) Weighed(ctx context.Context, articles []int64, s news.Settlement) error {
	ids, err := idList(articles)
	if err != nil {
		return err
	}
	return db.write(ctx, "weigh again", func(ctx context.Context, t tx) error {
		if err := t.settle(ctx, s); err != nil {
			return err
		}
		return t.exec(ctx, weighedSQL, ids)
	})
}
