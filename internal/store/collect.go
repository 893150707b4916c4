package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"headwater/internal/news"
)

// Collect stores what polls brought, in one transaction: the feeds as they stand, their articles and their furniture. An article with an
// unknown guid is added to the log; one with a known guid and another hash is revised, which keeps its id, Seen and
// first Published and adds a log entry; any other stays as it is. Where a poll holds a guid twice, the first wins. The
// store sets Feed.Changed and Feed.Articles itself, and passes over feeds that were removed meanwhile.
func (db *DB) Collect(ctx context.Context, polls []news.Poll) ([]news.Tally, error) {
	tallies := make([]news.Tally, len(polls))
	err := db.write(ctx, "store polls", func(ctx context.Context, t tx) error {
		c := collector{tx: t}
		if err := c.begin(ctx); err != nil {
			return err
		}
		for i, p := range polls {
			tally, err := c.poll(ctx, p)
			if err != nil {
				return fmt.Errorf("feed %s: %w", p.Feed.URL, err)
			}
			tallies[i] = tally
		}
		return c.appendLog(ctx)
	})
	if err != nil {
		return nil, err
	}
	return tallies, nil
}

// collector mints ids and sequence numbers. It may, as there is one writer.
type collector struct {
	tx
	start, seq, id int64
}

const lastSQL = `SELECT coalesce((SELECT max(seq) FROM log), 0), coalesce((SELECT max(id) FROM articles), 0)`

func (c *collector) begin(ctx context.Context) error {
	err := c.stmt(ctx, lastSQL).QueryRowContext(ctx).Scan(&c.seq, &c.id)
	c.start = c.seq
	return err
}

const appendLogSQL = `INSERT INTO log (seq, article_id) SELECT seq, id FROM articles WHERE seq > ? ORDER BY seq`

// appendLog writes the entries of all articles that got a new sequence number. An article that two polls of one call
// touched keeps the newer one only.
func (c *collector) appendLog(ctx context.Context) error {
	if c.seq == c.start {
		return nil
	}
	return c.each(ctx, appendLogSQL, [][]any{{c.start}})
}

func (c *collector) poll(ctx context.Context, p news.Poll) (news.Tally, error) {
	known, err := c.known(ctx, p)
	if err != nil {
		return news.Tally{}, err
	}
	fresh, revised, tally := sift(p.Articles, known)
	if ok, err := c.feedPolled(ctx, p, tally); err != nil || !ok {
		return news.Tally{}, err
	}
	for _, a := range fresh {
		if err := c.insert(ctx, a, p.Feed); err != nil {
			return news.Tally{}, fmt.Errorf("article %s: %w", a.GUID, err)
		}
	}
	for _, a := range revised {
		if err := c.revise(ctx, a, known[text(a.GUID)]); err != nil {
			return news.Tally{}, fmt.Errorf("article %s: %w", a.GUID, err)
		}
	}
	if err := c.follow(ctx, p); err != nil {
		return news.Tally{}, err
	}
	return tally, c.remember(ctx, p)
}

// stored is what deciding about a known guid takes.
type stored struct {
	guid, hash      string
	id              int64
	published, seen int64
}

const knownSQL = `SELECT a.guid, a.hash, a.id, a.published, a.seen
	FROM json_each(?) AS wanted CROSS JOIN articles AS a WHERE a.feed_id = ? AND a.guid = wanted.value`

// known looks up all guids of a poll at once.
func (c *collector) known(ctx context.Context, p news.Poll) (map[string]stored, error) {
	if len(p.Articles) == 0 {
		return nil, nil
	}
	guids := make([]string, len(p.Articles))
	for i, a := range p.Articles {
		guids[i] = text(a.GUID)
	}
	wanted, err := json.Marshal(guids)
	if err != nil {
		return nil, err
	}
	rows, err := c.stmt(ctx, knownSQL).QueryContext(ctx, string(wanted), p.Feed.ID)
	if err != nil {
		return nil, err
	}
	return byGUID(rows)
}

func byGUID(rows *sql.Rows) (map[string]stored, error) {
	all, err := collect(rows, func(row scanner) (s stored, err error) {
		err = row.Scan(&s.guid, &s.hash, &s.id, &s.published, &s.seen)
		return s, err
	})
	known := make(map[string]stored, len(all))
	for _, s := range all {
		known[s.guid] = s
	}
	return known, err
}

// sift tells new articles from revisions and drops the rest.
func sift(articles []news.Article, known map[string]stored) (fresh, revised []news.Article, tally news.Tally) {
	taken := make(map[string]bool, len(articles))
	for _, a := range articles {
		guid := text(a.GUID)
		if taken[guid] {
			continue
		}
		taken[guid] = true
		old, ok := known[guid]
		switch {
		case !ok:
			fresh = append(fresh, a)
		case old.hash != text(a.Hash):
			revised = append(revised, a)
		default:
			tally.Same++
		}
	}
	tally.New, tally.Revised = len(fresh), len(revised)
	return fresh, revised, tally
}

const feedPolledSQL = `UPDATE feeds SET title = coalesce(nullif(title, ''), ?), site = coalesce(nullif(?, ''), site), etag = ?,
	last_modified = ?, checked = ?, changed = ?, due = ?, state = ?, problem = ?, failures = ?, articles = articles + ?,
	` + scheduled + ` WHERE id = ? AND removed = 0`

// feedPolled stores the feed as it stands after the poll. It is false for a feed that was removed meanwhile.
func (c *collector) feedPolled(ctx context.Context, p news.Poll, tally news.Tally) (bool, error) {
	f := p.Feed
	changed := f.Changed
	if tally.New+tally.Revised > 0 {
		changed = f.Checked
	}
	if p.Pushed {
		return c.feedPushed(ctx, f, changed, tally)
	}
	args := append([]any{ // validators as they came, whatever bytes they have
		text(f.Title), text(f.Site), f.ETag, f.LastModified, millis(f.Checked), millis(changed), millisUp(f.Due), f.State,
		text(f.Problem), f.Failures, tally.New,
	}, schedule(f)...)
	res, err := c.stmt(ctx, feedPolledSQL).ExecContext(ctx, append(args, f.ID)...)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return n > 0, err
	}
	return false, c.wasRemoved(ctx, f.ID)
}

const feedPushedSQL = `UPDATE feeds SET title = coalesce(nullif(title, ''), ?), site = coalesce(nullif(?, ''), site), checked = max(checked, ?),
	changed = max(changed, ?), state = ?, problem = ?, failures = ?, articles = articles + ? WHERE id = ? AND removed = 0 AND state <> 'gone'`

// feedPushed stores what a document that a hub pushed says of the feed. It is false for a feed that has ended meanwhile.
func (c *collector) feedPushed(ctx context.Context, f news.Feed, changed time.Time, tally news.Tally) (bool, error) {
	res, err := c.stmt(ctx, feedPushedSQL).ExecContext(ctx, text(f.Title), text(f.Site), millis(f.Checked), millis(changed), f.State,
		text(f.Problem), f.Failures, tally.New, f.ID)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

const wasRemovedSQL = `SELECT removed FROM feeds WHERE id = ?`

// wasRemoved fails where the feed never was.
func (c *collector) wasRemoved(ctx context.Context, id int64) error {
	var removed int
	return found(c.QueryRowContext(ctx, wasRemovedSQL, id).Scan(&removed))
}

const insertArticleSQL = `INSERT INTO articles (id, seq, feed_id, guid, hash, time, seen, published, updated, url, canonical,
	title, authors, outlet_name, outlet_domain, outlet_agency, lang, hub, summary, categories, enclosures)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const insertBodySQL = `INSERT INTO bodies (article_id, body) VALUES (?, ?)`

func (c *collector) insert(ctx context.Context, a news.Article, f news.Feed) error {
	if a.Seen.IsZero() {
		a.Seen = cmp.Or(f.Checked, time.Now())
	}
	c.id++
	c.seq++
	words, err := wordColumns(a)
	if err != nil {
		return err
	}
	row := append([]any{c.id, c.seq, f.ID, text(a.GUID), text(a.Hash), millis(a.Time()), millis(a.Seen), millis(a.Published)}, words...)
	if err := c.each(ctx, insertArticleSQL, [][]any{row}); err != nil {
		return err
	}
	return c.putBody(ctx, insertBodySQL, a, func(body []byte) []any { return []any{c.id, body} })
}

const reviseArticleSQL = `UPDATE articles SET seq = ?, hash = ?, time = ?, published = ?, updated = ?, url = ?, canonical = ?,
	title = ?, authors = ?, outlet_name = ?, outlet_domain = ?, outlet_agency = ?, lang = ?, hub = ?, summary = ?, categories = ?,
	enclosures = ? WHERE id = ?`

const reviseBodySQL = `UPDATE bodies SET body = ? WHERE article_id = ?`

func (c *collector) revise(ctx context.Context, a news.Article, old stored) error {
	a.Seen = fromMillis(old.seen)
	if old.published != 0 {
		a.Published = fromMillis(old.published)
	}
	c.seq++
	words, err := wordColumns(a)
	if err != nil {
		return err
	}
	row := append([]any{c.seq, text(a.Hash), millis(a.Time()), millis(a.Published)}, words...)
	if err := c.each(ctx, reviseArticleSQL, [][]any{append(row, old.id)}); err != nil {
		return err
	}
	return c.putBody(ctx, reviseBodySQL, a, func(body []byte) []any { return []any{body, old.id} })
}

func (c *collector) putBody(ctx context.Context, query string, a news.Article, args func([]byte) []any) error {
	body, err := c.db.bodies.pack(a)
	if err != nil {
		return err
	}
	return c.each(ctx, query, [][]any{args(body)})
}

// wordColumns are the values of the columns from updated to enclosures, which a revision replaces.
func wordColumns(a news.Article) ([]any, error) {
	authors, err := list(a.Authors)
	if err != nil {
		return nil, err
	}
	categories, err := list(a.Categories)
	if err != nil {
		return nil, err
	}
	enclosures, err := list(a.Enclosures)
	if err != nil {
		return nil, err
	}
	return []any{
		millis(a.Updated), text(a.URL), text(a.Canonical), text(a.Title), authors, text(a.Outlet.Name), text(a.Outlet.Domain),
		a.Outlet.Agency, text(a.Lang), a.Hub, text(a.Summary), categories, enclosures,
	}, nil
}
