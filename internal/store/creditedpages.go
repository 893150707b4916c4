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
	"headwater/internal/weburl"
)

// CreditedPage is a page that articles credit by a link, with the result of fetching it.
type CreditedPage struct {
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
	putCreditedPageSQL = `INSERT INTO sources (address, link, host, credited) SELECT ?, ?, ?, seen FROM articles WHERE id = ?
		ON CONFLICT (address) DO UPDATE SET credited = max(sources.credited, excluded.credited),
			state = iif(sources.state = '` + expired + `', '', sources.state)
		WHERE sources.state IN ('', 'timeout', 'unreachable', '` + expired + `')`
	putCitingSQL = `INSERT INTO citing (article_id, source_id, weighed) SELECT a.id, s.id, iif(s.state = 'ok', 2, 0) FROM articles AS a CROSS JOIN sources AS s
		WHERE a.id = ? AND s.address = ? ON CONFLICT (source_id, article_id) DO NOTHING`
)

// queueCreditedPages queues pages that articles credit, unless they are known or their address is too long.
func (t tx) queueCreditedPages(ctx context.Context, cited []Cited) error {
	for _, c := range cited {
		if weburl.CheckLength(text(c.Address)) != nil || len(text(c.Host)) > maxHost {
			continue // no article is there
		}
		if err := t.exec(ctx, putCreditedPageSQL, text(c.Address), text(c.Link), text(c.Host), c.Article); err != nil {
			return err
		}
		if err := t.exec(ctx, queueHostSQL, queueCredited, text(c.Host)); err != nil {
			return err
		}
		if err := t.exec(ctx, putCitingSQL, c.Article, text(c.Address)); err != nil {
			return err
		}
	}
	return nil
}

// creditedPagePending holds for a page that is still to be fetched. A page that did not answer is tried once more, a day
// later.
const creditedPagePending = `state IN ('', 'timeout', 'unreachable') AND tries < 2`

const (
	claimCreditedPagesSQL = `UPDATE sources SET due = ?1 WHERE id IN (SELECT id FROM sources INDEXED BY sources_wanted
		WHERE ` + creditedPagePending + ` AND host = ?2 AND due <= ?3 ORDER BY credited DESC, id DESC LIMIT ?4)
		RETURNING address, link, host, credited`
	leasedCreditedPagesSQL = `SELECT coalesce(min(due), 0) FROM sources INDEXED BY sources_wanted WHERE ` + creditedPagePending + ` AND host = ?`
	expireCreditedPagesSQL = `UPDATE sources SET state = '` + expired + `' WHERE id IN (SELECT id FROM sources INDEXED BY sources_waiting
		WHERE ` + creditedPagePending + ` AND credited < ?1 ORDER BY credited LIMIT ?2)`
)

// ClaimCreditedPages claims pages to fetch, and hosts to ask for them, as ClaimPages does. Of each host, the pages that were
// credited last come first.
func (db *DB) ClaimCreditedPages(ctx context.Context, q PageQuota) (claimed []CreditedPage, hosts []string, err error) {
	type credited struct {
		CreditedPage
		at int64
	}
	return claimPages(ctx, db, queueCredited, q, func(ctx context.Context, t tx, host string, n int64) (taken []CreditedPage, err error) {
		pages, err := collect(ctx, t.QueryContext, func(row scanner) (s credited, err error) {
			err = row.Scan(&s.Address, &s.Link, &s.Host, &s.at)
			return s, err
		}, claimCreditedPagesSQL, millis(q.Now.Add(q.Lease)), host, millis(q.Now), n)
		slices.SortFunc(pages, func(a, b credited) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.Address, b.Address)) })
		for _, s := range pages {
			taken = append(taken, s.CreditedPage)
		}
		return taken, err
	}, leasedCreditedPagesSQL)
}

// ExpireCreditedPages removes queued pages that no article has credited since a time, at most limit. It returns how many it
// removed. They are queued again when an article credits them.
func (db *DB) ExpireCreditedPages(ctx context.Context, before time.Time, limit int) (gone int, err error) {
	err = db.write(ctx, "expire credited pages", func(ctx context.Context, t tx) error {
		gone, err = t.affected(ctx, expireCreditedPagesSQL, millis(before), limit)
		return err
	})
	return gone, err
}

const saveCreditedPageSQL = `UPDATE sources SET asked = ?, tries = tries + 1, state = ?, problem = ?, url = ?, canonical = ?, title = ?,
	outlet_name = ?, outlet_domain = ?, outlet_agency = ?, lang = ?, published = ?, print = ?, claims = ?, due = ? WHERE address = ?`

const creditedPageReadSQL = `UPDATE citing SET weighed = 2 WHERE source_id = (SELECT id FROM sources WHERE address = ?) AND weighed = 0`

// creditedPageRetry is how long a page that did not answer waits before its second try.
const creditedPageRetry = 24 * time.Hour

// SaveCreditedPage stores the result of fetching a page.
func (db *DB) SaveCreditedPage(ctx context.Context, s CreditedPage) error {
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
		text(a.Outlet.Domain), a.Outlet.Agency, text(a.Lang), millis(a.Published), print, claims, millis(s.Asked.Add(creditedPageRetry)), text(s.Address),
	}
	return db.write(ctx, "keep credited page", func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, saveCreditedPageSQL, row...); err != nil || s.State != news.FeedOK {
			return err
		}
		t.ring(AreaCreditedPages)
		return t.exec(ctx, creditedPageReadSQL, text(s.Address))
	})
}

const creditedPagesSQL = `SELECT DISTINCT s.address, s.link, s.host, s.asked, s.url, s.canonical, s.title, s.outlet_name, s.outlet_domain,
	s.outlet_agency, s.lang, s.published, s.print, s.claims
	FROM json_each(?) AS wanted CROSS JOIN citing AS c CROSS JOIN sources AS s
	WHERE c.article_id = wanted.value AND s.id = c.source_id AND s.state = 'ok' ORDER BY s.address`

// CreditedPages returns, by address, the successfully fetched pages that the articles credit.
func (db *DB) CreditedPages(ctx context.Context, articles []int64) (map[string]CreditedPage, error) {
	out := map[string]CreditedPage{}
	if len(articles) == 0 {
		return out, nil
	}
	err := db.eachRow(ctx, "credited pages", func(row scanner) error {
		s, err := db.scanCreditedPage(row)
		out[s.Address] = s
		return err
	}, creditedPagesSQL, idList(articles))
	return out, err
}

func (db *DB) scanCreditedPage(row scanner) (s CreditedPage, err error) {
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
	db.asPresent(&a.Outlet)
	db.claimsAsPresent(s.Claims)
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
