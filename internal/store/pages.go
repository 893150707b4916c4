package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"headwater/internal/news"
)

// Page is a web page that is fetched for the text of an article.
type Page struct {
	Article int64
	Hash    string // of the item that the page is fetched for
	URL     string
	Host    string

	Asked   time.Time
	State   news.FeedState // news.FeedOK, or why the page's text is not used
	Problem string
	// Again is when this page, and every other page of its host, may be fetched again; zero means that it is not fetched
	// again.
	Again time.Time
}

const watermarkPages = "full text mark"

// PagesWatermark returns the log number up to which articles were checked for pages to fetch.
func (db *DB) PagesWatermark(ctx context.Context) (int64, error) {
	value, err := db.Setting(ctx, watermarkPages)
	if err != nil || value == "" {
		return 0, err
	}
	seq, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("setting %s: %w", watermarkPages, err)
	}
	return seq, nil
}

// A page is fetched once for an item, and once more for each revision by the publisher.
const queuePageSQL = `INSERT INTO pages (article_id, hash, url, host) SELECT id, ?2, ?3, ?4 FROM articles WHERE id = ?1
	ON CONFLICT (article_id) DO UPDATE SET hash = excluded.hash, url = excluded.url, host = excluded.host, state = '', problem = '', due = 0
	WHERE pages.hash <> excluded.hash AND pages.tries < 2`

// QueuePages queues the pages to fetch for articles up to a watermark. Articles that were aged out meanwhile are skipped.
func (db *DB) QueuePages(ctx context.Context, mark int64, pages []Page) error {
	var rows, hosts [][]any
	for _, p := range pages {
		if len(text(p.Host)) > maxHost {
			continue // no such host
		}
		rows = append(rows, []any{p.Article, text(p.Hash), text(p.URL), text(p.Host)})
		hosts = append(hosts, []any{queuePages, text(p.Host)})
	}
	return db.write(ctx, "queue pages", func(ctx context.Context, t tx) error {
		if err := t.each(ctx, queuePageSQL, rows); err != nil {
			return err
		}
		if err := t.each(ctx, queueHostSQL, hosts); err != nil {
			return err
		}
		return t.exec(ctx, setSettingSQL, watermarkPages, strconv.FormatInt(mark, 10))
	})
}

const pageHashesSQL = `SELECT p.article_id, p.hash FROM json_each(?) AS wanted CROSS JOIN pages AS p
	WHERE p.article_id = wanted.value AND p.state = 'ok'`

// PageHashes returns the hash of the feed's item for those of the articles whose text comes from a page.
func (db *DB) PageHashes(ctx context.Context, articles []news.Article) (map[int64]string, error) {
	ids := make([]int64, len(articles))
	for i, a := range articles {
		ids[i] = a.ID
	}
	return byID(ctx, db, "pages had", pageHashesSQL, ids, func(row scanner) (id int64, hash string, err error) {
		err = row.Scan(&id, &hash)
		return id, hash, err
	})
}

const (
	claimPagesSQL = `UPDATE pages SET due = ?1 WHERE article_id IN
		(SELECT p.article_id FROM pages AS p INDEXED BY pages_wanted WHERE p.state = '' AND p.host = ?2 AND p.due <= ?3 ORDER BY p.article_id DESC LIMIT ?4)
		RETURNING article_id, hash, url, host`
	leasedPagesSQL = `SELECT coalesce(min(due), 0) FROM pages INDEXED BY pages_wanted WHERE state = '' AND host = ?`
)

// ClaimPages claims pages to fetch, and hosts to ask for them. A claimed page is not returned again until it is saved or its
// lease ends. Hosts whose last fetch is longest ago come first. Of each host, the pages of the newest articles come first.
// Where no other process may use the database, it returns no hosts.
func (db *DB) ClaimPages(ctx context.Context, q PageQuota) (claimed []Page, hosts []string, err error) {
	return claimPages(ctx, db, queuePages, q, func(ctx context.Context, t tx, host string, n int64) ([]Page, error) {
		pages, err := collect(ctx, t.QueryContext, func(row scanner) (p Page, err error) {
			err = row.Scan(&p.Article, &p.Hash, &p.URL, &p.Host)
			return p, err
		}, claimPagesSQL, millis(q.Now.Add(q.Lease)), host, millis(q.Now), n)
		slices.SortFunc(pages, func(a, b Page) int { return cmp.Compare(b.Article, a.Article) })
		return pages, err
	}, leasedPagesSQL)
}

// expired is the state of a page that was not fetched in time.
const expired = "expired"

const expirePagesSQL = `UPDATE pages SET state = '` + expired + `' WHERE article_id IN (
	SELECT article_id FROM (SELECT p.article_id, a.seen FROM pages AS p INDEXED BY pages_waiting CROSS JOIN articles AS a
		WHERE p.state = '' AND a.id = p.article_id ORDER BY p.article_id LIMIT ?1) AS found WHERE seen < ?2)`

// ExpirePages removes queued pages whose articles were first seen before a time, since they would no longer change a
// story. It takes the oldest of the queue, at most limit, and returns how many it removed.
func (db *DB) ExpirePages(ctx context.Context, before time.Time, limit int) (gone int, err error) {
	err = db.write(ctx, "expire pages", func(ctx context.Context, t tx) error {
		gone, err = t.affected(ctx, expirePagesSQL, limit, millis(before))
		return err
	})
	return gone, err
}

const (
	savePageSQL  = `UPDATE pages SET asked = ?, tries = tries + 1, state = ?, problem = ? WHERE article_id = ? AND hash = ?`
	retryPageSQL = `UPDATE pages SET state = '', due = 0 WHERE article_id = ? AND tries < 2`
	itemSQL      = `SELECT guid, hash, id, published, seen, item_id, id_key, address_key, title_key, text_key FROM articles WHERE id = ?`
)

// SavePage stores the result of fetching a page. A non-nil a is the article with the page's text. It revises the stored
// article, unless the publisher has revised that meanwhile. The article keeps the hash of the feed's item, so a later
// poll with the same item revises nothing.
func (db *DB) SavePage(ctx context.Context, p Page, a *news.Article) error {
	return db.write(ctx, "keep page", func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, savePageSQL, millis(p.Asked), p.State, text(p.Problem), p.Article, text(p.Hash)); err != nil {
			return err
		}
		if !p.Again.IsZero() {
			if err := t.exec(ctx, retryPageSQL, p.Article); err != nil {
				return err
			}
			return t.exec(ctx, pauseHostSQL, queuePages, text(p.Host), millis(p.Again))
		}
		if a == nil {
			return nil
		}
		var old storedItem
		keys := make([]any, 5) // the page has none of its own
		err := t.scan(ctx, []any{&old.guid, &old.hash, &old.id, &old.published, &old.seen, &keys[0], &keys[1], &keys[2], &keys[3], &keys[4]}, itemSQL, p.Article)
		if err != nil || old.hash != text(p.Hash) {
			return asNotFound(err)
		}
		revised := *a
		revised.Hash = p.Hash
		c := logWriter{tx: t}
		if err := c.begin(ctx); err != nil {
			return err
		}
		if err := c.revise(ctx, revised, old, keys); err != nil {
			return err
		}
		return c.appendLog(ctx)
	})
}

// There are two queues of pages to fetch: pages of articles, and pages that articles credit. The queues are keyed by
// host. A claim takes a few hosts that are free, and of each host the pages that its quota allows. So its cost does not
// depend on how many pages wait for hosts that are not free.
const (
	queuePages    = "pages"
	queueCredited = "sources"
)

// PageQuota limits which pages may be claimed.
type PageQuota struct {
	Now     time.Time
	Period  time.Duration // of PerHost, counted from the first fetch
	PerHost int           // pages of one host in a Period
	Lease   time.Duration // how long a claimed page stays out of the queue if it is not saved
	Limit   int           // pages of all hosts
}

const (
	// queueHostSQL records that pages of a host wait.
	queueHostSQL = `INSERT INTO page_hosts (queue, host) VALUES (?, ?) ON CONFLICT (queue, host) DO UPDATE SET waiting = 1, free = page_hosts.rests`
	// pauseHostSQL postpones all pages of a host.
	pauseHostSQL = `INSERT INTO page_hosts (queue, host, free, rests) VALUES (?1, ?2, ?3, ?3)
		ON CONFLICT (queue, host) DO UPDATE SET free = max(page_hosts.free, excluded.free), rests = max(page_hosts.rests, excluded.rests), waiting = 1`
	freeHostsSQL = `SELECT host, rests, began, asked FROM page_hosts WHERE queue = ?1 AND waiting = 1 AND free <= ?2 ORDER BY free, host LIMIT ?3`
	// ourFreeHostsSQL is freeHostsSQL without the hosts that other nodes ask.
	ourFreeHostsSQL = `SELECT h.host, h.rests, h.began, h.asked FROM page_hosts AS h WHERE h.queue = ?1 AND h.waiting = 1 AND h.free <= ?2
		AND NOT EXISTS (SELECT 1 FROM poll_hosts AS p WHERE p.host = h.host AND p.holder <> ?4 AND p.until > ?5) ORDER BY h.free, h.host LIMIT ?3`
	dropHostSQL = `DELETE FROM page_hosts WHERE queue = ? AND host = ?`
	putHostSQL  = `UPDATE page_hosts SET free = ?3, rests = ?4, began = ?5, asked = ?6, waiting = ?7 WHERE queue = ?1 AND host = ?2`
)

// claimPages calls take for each free host, to claim up to n of its pages, in one transaction. The query leased runs for a
// host with no page to claim. It returns when the first of its waiting pages may be fetched, 0 if none waits.
//
// A claimed page has a lease. When the lease ends the page waits again, in case the process has stopped. Where other processes
// may use the database, hosts that they ask are left out, and claimPages also returns the hosts that it has claimed.
func claimPages[T any](ctx context.Context, db *DB, queue string, q PageQuota, take func(ctx context.Context, t tx, host string, n int64) ([]T, error), leased string) (claimed []T, ours []string, err error) {
	type pageHost struct {
		host                string
		rests, began, asked int64
	}
	scan := func(row scanner) (h pageHost, err error) {
		err = row.Scan(&h.host, &h.rests, &h.began, &h.asked)
		return h, err
	}
	now, period, perHost := millis(q.Now), q.Period.Milliseconds(), int64(q.PerHost)
	if hosts, err := rowsOf(ctx, db, "hosts that are free", scan, freeHostsSQL, queue, now, 1); err != nil || len(hosts) == 0 {
		return nil, nil, err // usually there is nothing to do, and no transaction is needed
	}
	err = db.write(ctx, "claim "+queue, func(ctx context.Context, t tx) error {
		claimed, ours = nil, nil
		query, args := freeHostsSQL, []any{queue, now, q.Limit}
		at, err := t.clock(ctx, q.Now)
		if err != nil {
			return err
		}
		if db.Shared() {
			query, args = ourFreeHostsSQL, append(args, db.Node(), at)
		}
		hosts, err := collect(ctx, t.QueryContext, scan, query, args...)
		if err != nil {
			return err
		}
		if db.Shared() && len(hosts) > 0 {
			names := make([]string, len(hosts))
			for i, h := range hosts {
				names[i] = h.host
			}
			if ours, err = t.takeHosts(ctx, names, names, at, "", unlimited); err != nil {
				return err
			}
			hosts = slices.DeleteFunc(hosts, func(h pageHost) bool { return !slices.Contains(ours, h.host) })
		}
		each := int64(max(1, q.Limit/max(len(hosts), 1)))
		for _, h := range hosts {
			if now-h.began >= period || now < h.began { // the second condition: the clock may have been set back
				h.began, h.asked = now, 0
			}
			taken, err := take(ctx, t, h.host, max(0, min(each, perHost-h.asked))) // the quota may be smaller than it was at the earlier fetches
			if err != nil {
				return err
			}
			claimed = append(claimed, taken...)
			h.asked += int64(len(taken))
			free, waiting := now+1, true // behind the hosts that were not asked in this claim
			switch {
			case h.asked >= perHost:
				h.rests = h.began + period
				free = h.rests
			case len(taken) == 0:
				if err := t.QueryRowContext(ctx, leased, h.host).Scan(&free); err != nil {
					return err
				}
				waiting = free != 0
				free = max(free, h.rests)
			}
			if !waiting && h.asked == 0 && h.rests <= now { // nothing of this host needs to be remembered
				if err := t.exec(ctx, dropHostSQL, queue, h.host); err != nil {
					return err
				}
				continue
			}
			if err := t.exec(ctx, putHostSQL, queue, h.host, free, h.rests, h.began, h.asked, waiting); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, ours, err
}
