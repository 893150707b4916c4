package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// Source is a page that articles credit by a link, with the result of fetching it.
type Source struct {
	Address string // canonical address of the link; the key
	Link    string // as the first article wrote it
	Host    string

	Asked   time.Time
	State   news.FeedState // news.FeedOK, or why the page can't be read
	Problem string         // in words; "" for success

	// Article is what the page contains, with the fields that origins are weighed by. URL is the address after redirects
	// and Canonical the address that the page declares. GUID, Text and HTML are not stored.
	Article news.Article
	Print   prints.Print // empty where the stored one can't be decoded any more
	Claims  []news.Claim
}

const (
	putSourceSQL = `INSERT INTO sources (address, link, host, credited) SELECT ?, ?, ?, seen FROM articles WHERE id = ?
		ON CONFLICT (address) DO UPDATE SET credited = max(credited, excluded.credited), state = iif(state = '` + expired + `', '', state)
		WHERE state IN ('', 'timeout', 'unreachable', '` + expired + `')`
	putCitingSQL = `INSERT INTO citing (article_id, source_id, weighed) SELECT a.id, s.id, iif(s.state = 'ok', 2, 0) FROM articles AS a CROSS JOIN sources AS s
		WHERE a.id = ? AND s.address = ? ON CONFLICT (source_id, article_id) DO NOTHING`
)

// queueSources queues pages that articles credit, unless they are known.
func (t tx) queueSources(ctx context.Context, cited []Cited) error {
	for _, c := range cited {
		if err := t.exec(ctx, putSourceSQL, text(c.Address), text(c.Link), text(c.Host), c.Article); err != nil {
			return err
		}
		if err := t.exec(ctx, queueHostSQL, queueSources, text(c.Host)); err != nil {
			return err
		}
		if err := t.exec(ctx, putCitingSQL, c.Article, text(c.Address)); err != nil {
			return err
		}
	}
	return nil
}

// sourcePending holds for a source that is still to be fetched. A source that did not answer is tried once more, a day
// later.
const sourcePending = `state IN ('', 'timeout', 'unreachable') AND tries < 2`

const (
	claimSourcesSQL = `UPDATE sources SET due = ?1 WHERE id IN (SELECT id FROM sources INDEXED BY sources_wanted
		WHERE ` + sourcePending + ` AND host = ?2 AND due <= ?3 ORDER BY credited DESC, id DESC LIMIT ?4)
		RETURNING address, link, host, credited`
	leasedSourcesSQL = `SELECT coalesce(min(due), 0) FROM sources INDEXED BY sources_wanted WHERE ` + sourcePending + ` AND host = ?`
	expireSourcesSQL = `UPDATE sources SET state = '` + expired + `' WHERE id IN (SELECT id FROM sources INDEXED BY sources_waiting
		WHERE ` + sourcePending + ` AND credited < ?1 ORDER BY credited LIMIT ?2)`
)

// ClaimSources claims pages to fetch. A claimed page is not returned again until it is saved or its lease ends. Hosts
// whose last fetch is longest ago come first. Of each host, the pages that were credited last come first.
func (db *DB) ClaimSources(ctx context.Context, q PageQuota) (claimed []Source, err error) {
	type credited struct {
		Source
		at int64
	}
	err = db.claim(ctx, queueSources, q, func(ctx context.Context, t tx, host string, n int64) (int, error) {
		sources, err := collect(ctx, t.QueryContext, func(row scanner) (s credited, err error) {
			err = row.Scan(&s.Address, &s.Link, &s.Host, &s.at)
			return s, err
		}, claimSourcesSQL, millis(q.Now.Add(q.Lease)), host, millis(q.Now), n)
		slices.SortFunc(sources, func(a, b credited) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.Address, b.Address)) })
		for _, s := range sources {
			claimed = append(claimed, s.Source)
		}
		return len(sources), err
	}, leasedSourcesSQL)
	return claimed, err
}

// ExpireSources removes queued pages that no article has credited since a time, at most limit. It returns how many it
// removed. They are queued again when an article credits them.
func (db *DB) ExpireSources(ctx context.Context, before time.Time, limit int) (gone int, err error) {
	err = db.write(ctx, "expire sources", func(ctx context.Context, t tx) error {
		gone, err = t.affected(ctx, expireSourcesSQL, millis(before), limit)
		return err
	})
	return gone, err
}

const saveSourceSQL = `UPDATE sources SET asked = ?, tries = tries + 1, state = ?, problem = ?, url = ?, canonical = ?, title = ?,
	outlet_name = ?, outlet_domain = ?, outlet_agency = ?, lang = ?, published = ?, print = ?, claims = ?, due = ? WHERE address = ?`

const sourceHadSQL = `UPDATE citing SET weighed = 2 WHERE source_id = (SELECT id FROM sources WHERE address = ?) AND weighed = 0`

// sourceAgain is how long a source that did not answer waits before its second try.
const sourceAgain = 24 * time.Hour

// SaveSource stores the result of fetching a page.
func (db *DB) SaveSource(ctx context.Context, s Source) error {
	claims, err := encodeList(encodeClaims(s.Claims))
	if err != nil {
		return err
	}
	var print []byte
	if s.State == news.FeedOK {
		print = compact.StorePrint(s.Print)
	}
	a := s.Article
	row := []any{
		millis(s.Asked), s.State, text(s.Problem), text(a.URL), text(a.Canonical), text(a.Title), text(a.Outlet.Name),
		text(a.Outlet.Domain), a.Outlet.Agency, text(a.Lang), millis(a.Published), print, claims, millis(s.Asked.Add(sourceAgain)), text(s.Address),
	}
	return db.write(ctx, "keep source", func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, saveSourceSQL, row...); err != nil || s.State != news.FeedOK {
			return err
		}
		return t.exec(ctx, sourceHadSQL, text(s.Address))
	})
}

const sourcesOfSQL = `SELECT DISTINCT s.address, s.link, s.host, s.asked, s.url, s.canonical, s.title, s.outlet_name, s.outlet_domain,
	s.outlet_agency, s.lang, s.published, s.print, s.claims
	FROM json_each(?) AS wanted CROSS JOIN citing AS c CROSS JOIN sources AS s
	WHERE c.article_id = wanted.value AND s.id = c.source_id AND s.state = 'ok' ORDER BY s.address`

// SourcesOf returns, by address, the successfully fetched pages that the articles credit.
func (db *DB) SourcesOf(ctx context.Context, articles []int64) (map[string]Source, error) {
	out := map[string]Source{}
	if len(articles) == 0 {
		return out, nil
	}
	err := db.eachRow(ctx, "sources", func(row scanner) error {
		s, err := db.scanSource(row)
		out[s.Address] = s
		return err
	}, sourcesOfSQL, idList(articles))
	return out, err
}

func (db *DB) scanSource(row scanner) (s Source, err error) {
	var asked, published int64
	var print sql.RawBytes
	var claims string
	a := &s.Article
	err = row.Scan(&s.Address, &s.Link, &s.Host, &asked, &a.URL, &a.Canonical, &a.Title, &a.Outlet.Name, &a.Outlet.Domain,
		&a.Outlet.Agency, &a.Lang, &published, &print, &claims)
	if err != nil {
		return s, err
	}
	s.State, s.Asked, a.Seen, a.Published = news.FeedOK, fromMillis(asked), fromMillis(asked), fromMillis(published)
	if p, err := compact.ReadPrint(print); err == nil { // a print of another version is left out, since the text to make it from is not stored
		s.Print = p
	}
	s.Claims, err = decodeClaims(claims)
	return s, err
}

const unweighedSQL = `SELECT DISTINCT article_id FROM citing INDEXED BY citing_due WHERE weighed = 2 ORDER BY article_id`

// Unweighed returns the articles that credit a fetched page whose content the story's origin does not yet take into
// account.
func (db *DB) Unweighed(ctx context.Context) ([]int64, error) {
	return rowsOf(ctx, db, "articles to weigh again", scanID, unweighedSQL)
}

// Cited is a page that an article credits by a link, where the link leads to no member of the article's story.
type Cited struct {
	Article int64
	Address string // canonical address; a key
	Link    string // as the article writes it
	Host    string
}
