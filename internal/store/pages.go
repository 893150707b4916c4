package store

import (
	"context"
	"database/sql"
	"fmt"
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
const queuePageSQL = `INSERT INTO pages (article_id, hash, url, host) VALUES (?, ?, ?, ?)
	ON CONFLICT (article_id) DO UPDATE SET hash = excluded.hash, url = excluded.url, host = excluded.host, state = '', problem = ''
	WHERE hash <> excluded.hash AND tries < 2`

// QueuePages notes which pages are wanted of the articles up to a mark.
func (db *DB) QueuePages(ctx context.Context, mark int64, pages []Page) error {
	rows := make([][]any, len(pages))
	for i, p := range pages {
		rows[i] = []any{p.Article, text(p.Hash), text(p.URL), text(p.Host)}
	}
	return db.write(ctx, "queue pages", func(ctx context.Context, t tx) error {
		if err := t.each(ctx, queuePageSQL, rows); err != nil {
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

// PageQuota says which pages may be asked for.
type PageQuota struct {
	Now     time.Time
	Hour    time.Time // an hour ago
	PerHost int       // of one host since Hour
	Limit   int
}

const wantedPagesSQL = `SELECT p.article_id, p.hash, p.url, p.host,
	(SELECT count(*) FROM pages AS o WHERE o.host = p.host AND o.asked >= ?1) AS done
	FROM pages AS p WHERE p.state = '' AND p.due <= ?2 AND done < ?3 ORDER BY +p.article_id DESC LIMIT ?4`

// WantedPages gives the pages to ask for, those of the newest articles first.
func (db *DB) WantedPages(ctx context.Context, q PageQuota) (wanted []Page, err error) {
	taken := map[string]int{}
	err = db.read(ctx, "wanted pages", func(t *sql.Tx) error {
		args := []any{millis(q.Hour), millis(q.Now), q.PerHost, q.Limit}
		return eachRow(ctx, t, wantedPagesSQL, args, func(rows *sql.Rows) error {
			var p Page
			var done int
			if err := rows.Scan(&p.Article, &p.Hash, &p.URL, &p.Host, &done); err != nil {
				return err
			}
			if taken[p.Host]++; done+taken[p.Host] <= q.PerHost {
				wanted = append(wanted, p)
			}
			return nil
		})
	})
	return wanted, err
}

const (
	keepPageSQL = `UPDATE pages SET asked = ?, tries = tries + 1, state = ?, problem = ? WHERE article_id = ? AND hash = ?`
	restHostSQL = `UPDATE pages SET due = max(due, ?) WHERE host = ? AND state = ''`
	againSQL    = `UPDATE pages SET state = '' WHERE article_id = ? AND tries < 2`
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
			return t.exec(ctx, restHostSQL, millis(p.Again), text(p.Host))
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
