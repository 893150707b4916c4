package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"headwater/internal/news"
)

// Page is a page that is read for the text of an article.
type Page struct {
	Article int64
	Hash    string // of the item that it is wanted for
	URL     string
	Host    string

	Asked   time.Time
	State   news.FeedState // news.FeedOK, or why its text is not used
	Problem string
	// Again is when it, and all that is wanted of the host, may be asked for; zero where it is not asked for again.
	Again time.Time
}

const pagesMark = "full text mark"

// PagesMark gives the sequence number up to which articles were looked at for pages to read.
func (db *DB) PagesMark(ctx context.Context) (int64, error) {
	value, err := db.Setting(ctx, pagesMark)
	if err != nil || value == "" {
		return 0, err
	}
	seq, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("setting %s: %w", pagesMark, err)
	}
	return seq, nil
}

// A page is wanted once for an item, and once more where the publisher revised that.
const queuePageSQL = `INSERT INTO pages (article_id, hash, url, host) SELECT id, ?2, ?3, ?4 FROM articles WHERE id = ?1
	ON CONFLICT (article_id) DO UPDATE SET hash = excluded.hash, url = excluded.url, host = excluded.host, state = '', problem = '', due = 0
	WHERE hash <> excluded.hash AND tries < 2`

// QueuePages notes which pages are wanted of the articles up to a mark. Articles that were aged out meanwhile want none.
func (db *DB) QueuePages(ctx context.Context, mark int64, pages []Page) error {
	rows, hosts := make([][]any, len(pages)), make([][]any, len(pages))
	for i, p := range pages {
		rows[i] = []any{p.Article, text(p.Hash), text(p.URL), text(p.Host)}
		hosts[i] = []any{queuePages, text(p.Host)}
	}
	return db.write(ctx, "queue pages", func(ctx context.Context, t tx) error {
		if err := t.each(ctx, queuePageSQL, rows); err != nil {
			return err
		}
		if err := t.each(ctx, hostWaitsSQL, hosts); err != nil {
			return err
		}
		return t.exec(ctx, setSettingSQL, pagesMark, strconv.FormatInt(mark, 10))
	})
}

const pagesHadSQL = `SELECT p.article_id, p.hash FROM json_each(?) AS wanted CROSS JOIN pages AS p
	WHERE p.article_id = wanted.value AND p.state = 'ok'`

// PagesHad gives, of the articles whose text is that of a page, the hash of the item that it stands for.
func (db *DB) PagesHad(ctx context.Context, articles []news.Article) (map[int64]string, error) {
	ids := make([]int64, len(articles))
	for i, a := range articles {
		ids[i] = a.ID
	}
	wanted, err := idList(ids)
	had := map[int64]string{}
	if err != nil {
		return had, err
	}
	err = db.read(ctx, "pages had", func(t *sql.Tx) error {
		return eachRow(ctx, t, pagesHadSQL, []any{wanted}, func(rows *sql.Rows) error {
			var id int64
			var hash string
			err := rows.Scan(&id, &hash)
			had[id] = hash
			return err
		})
	})
	return had, err
}

const (
	wholeTextsSQL     = `SELECT id FROM feeds WHERE whole_texts = 1`
	noteWholeTextsSQL = `UPDATE feeds SET whole_texts = 1 WHERE id IN (SELECT value FROM json_each(?))`
)

// WholeTexts gives the feeds that have shown an item with its whole text, by id.
func (db *DB) WholeTexts(ctx context.Context) (map[int64]bool, error) {
	ids, err := rowsOf(ctx, db, "feeds with whole texts", scanID, wholeTextsSQL)
	whole := make(map[int64]bool, len(ids))
	for _, id := range ids {
		whole[id] = true
	}
	return whole, err
}

// NoteWholeTexts notes that feeds have shown an item with its whole text.
func (db *DB) NoteWholeTexts(ctx context.Context, feeds []int64) error {
	if len(feeds) == 0 {
		return nil
	}
	ids, err := idList(feeds)
	if err != nil {
		return err
	}
	return db.write(ctx, "note whole texts", func(ctx context.Context, t tx) error {
		return t.exec(ctx, noteWholeTextsSQL, ids)
	})
}

const (
	claimPagesSQL = `UPDATE pages SET due = ?1 WHERE article_id IN
		(SELECT p.article_id FROM pages AS p INDEXED BY pages_wanted WHERE p.state = '' AND p.host = ?2 AND p.due <= ?3 ORDER BY p.article_id DESC LIMIT ?4)
		RETURNING article_id, hash, url, host`
	leasedPagesSQL = `SELECT coalesce(min(due), 0) FROM pages INDEXED BY pages_wanted WHERE state = '' AND host = ?`
)

// ClaimPages gives pages to ask for and keeps them from being given again until they are kept, or until the lease ends. Hosts that
// were not asked for longest come first, and of each host the pages of its newest articles.
func (db *DB) ClaimPages(ctx context.Context, q PageQuota) (claimed []Page, err error) {
	err = db.claim(ctx, queuePages, q, func(ctx context.Context, t tx, host string, n int64) (int, error) {
		rows, err := t.QueryContext(ctx, claimPagesSQL, millis(q.Now.Add(q.Lease)), host, millis(q.Now), n)
		if err != nil {
			return 0, err
		}
		pages, err := collect(rows, func(row scanner) (p Page, err error) {
			err = row.Scan(&p.Article, &p.Hash, &p.URL, &p.Host)
			return p, err
		})
		slices.SortFunc(pages, func(a, b Page) int { return cmp.Compare(b.Article, a.Article) })
		claimed = append(claimed, pages...)
		return len(pages), err
	}, leasedPagesSQL)
	return claimed, err
}

// expired is the state of a page that was not asked for in time.
const expired = "expired"

const expirePagesSQL = `UPDATE pages SET state = '` + expired + `' WHERE article_id IN (
	SELECT article_id FROM (SELECT p.article_id, a.seen FROM pages AS p INDEXED BY pages_waiting CROSS JOIN articles AS a
		WHERE p.state = '' AND a.id = p.article_id ORDER BY p.article_id LIMIT ?1) WHERE seen < ?2)`

// ExpirePages takes pages out of the queue whose articles were seen before a time: they would change no story any more. It looks at the
// oldest of the queue, limit of them at most, and gives how many went.
func (db *DB) ExpirePages(ctx context.Context, before time.Time, limit int) (gone int, err error) {
	err = db.write(ctx, "expire pages", func(ctx context.Context, t tx) error {
		gone, err = t.affected(ctx, expirePagesSQL, limit, millis(before))
		return err
	})
	return gone, err
}

const (
	keepPageSQL = `UPDATE pages SET asked = ?, tries = tries + 1, state = ?, problem = ? WHERE article_id = ? AND hash = ?`
	againSQL    = `UPDATE pages SET state = '', due = 0 WHERE article_id = ? AND tries < 2`
	itemSQL     = `SELECT guid, hash, id, published, seen FROM articles WHERE id = ?`
)

// KeepPage stores what became of asking for a page. Where a is given, it is the article with the page's text, and revises
// the one in the log unless the publisher did meanwhile. It keeps the hash of the feed's item, so that a later poll
// which brings that again revises nothing.
func (db *DB) KeepPage(ctx context.Context, p Page, a *news.Article) error {
	return db.write(ctx, "keep page", func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, keepPageSQL, millis(p.Asked), p.State, text(p.Problem), p.Article, text(p.Hash)); err != nil {
			return err
		}
		if !p.Again.IsZero() {
			if err := t.exec(ctx, againSQL, p.Article); err != nil {
				return err
			}
			return t.exec(ctx, hostRestsSQL, queuePages, text(p.Host), millis(p.Again))
		}
		if a == nil {
			return nil
		}
		return t.reviseFromPage(ctx, p, *a)
	})
}

func (t tx) reviseFromPage(ctx context.Context, p Page, a news.Article) error {
	var old stored
	err := t.QueryRowContext(ctx, itemSQL, p.Article).Scan(&old.guid, &old.hash, &old.id, &old.published, &old.seen)
	if err != nil {
		return found(err)
	}
	if old.hash != text(p.Hash) {
		return nil
	}
	a.Hash = p.Hash
	c := collector{tx: t}
	if err := c.begin(ctx); err != nil {
		return err
	}
	if err := c.revise(ctx, a, old); err != nil {
		return err
	}
	return c.appendLog(ctx)
}

const setFullTextSQL = `UPDATE feeds SET full_text = ? WHERE id = ? AND removed = 0`

// SetFullText says whether the pages of a feed's items are read: auto, always, never, or "" for what the settings say.
func (db *DB) SetFullText(ctx context.Context, feed int64, mode string) error {
	return db.write(ctx, fmt.Sprintf("full text of feed %d", feed), func(ctx context.Context, t tx) error {
		return t.execFound(ctx, setFullTextSQL, text(mode), feed)
	})
}
