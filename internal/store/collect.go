package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"headwater/internal/news"
)

// Poll is the result of one poll of one feed: the feed's new state and its items. The store commits both in one
// transaction, so validators are never stored without the items that they stand for.
type Poll struct {
	Feed      news.Feed
	NewURL    string    // the feed's new address, unless another feed has or had it; "" for no change
	Rest      news.Rest // the pause that the host asked for; zero for none
	Pushed    bool      // a hub sent this: the stored validators, due time and schedule stay, since they belong to the feed's own server
	Articles  []news.Article
	Furniture news.Furniture // what the document adds: its furniture blocks, and its items that are not remembered yet
}

// Tally counts what storing a Poll changed.
type Tally struct {
	New, Revised, Same int
	First              int64 // the id of the first new article; those of the others follow it; 0 where none is new
}

// Collect stores the results of polls in one transaction: feeds, articles and furniture. match (identity.go) decides
// which stored article an item is:
//
//   - A new item is appended to the log.
//   - A known item with another hash revises its article. The article gets a new log entry and keeps its id, Seen and
//     first Published.
//   - A known item with the same hash only updates the names by which the article is known.
//   - An item whose article was aged out changes nothing (known.go).
//
// Of new articles with the same time, the first in the document gets the highest id, so that lists keep the document's
// order. The store itself sets Feed.Changed and Feed.Articles. It skips feeds that were removed meanwhile.
func (db *DB) Collect(ctx context.Context, polls []Poll) ([]Tally, error) {
	tallies := make([]Tally, len(polls))
	err := db.write(ctx, "store polls", func(ctx context.Context, t tx) error {
		c := logWriter{tx: t}
		if err := c.begin(ctx); err != nil {
			return err
		}
		for i, p := range polls {
			tally, err := c.storePoll(ctx, p)
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

func (c *logWriter) storePoll(ctx context.Context, p Poll) (Tally, error) {
	known, err := c.knownItems(ctx, p)
	if err != nil {
		return Tally{}, err
	}
	hasAged, aged, err := c.agedItems(ctx, p)
	if err != nil {
		return Tally{}, err
	}
	known = append(aged, known...) // the older ones first
	of, err := match(p.Articles, known, func(s storedItem) (string, error) { return c.storedText(ctx, s) })
	if err != nil {
		return Tally{}, err
	}
	var tally Tally
	var listed []storedItem // items whose articles were aged out
	for i, k := range of {
		switch {
		case k == newItem:
			tally.New++
		case k == sameItem:
		case known[k].aged:
			listed = append(listed, known[k])
			tally.Same++
		case known[k].hash != text(p.Articles[i].Hash):
			tally.Revised++
		default:
			tally.Same++
		}
	}
	if ok, err := c.feedPolled(ctx, p, tally); err != nil || !ok {
		return Tally{}, err
	}
	if err := c.notePoll(ctx, p.Feed, tally.New); err != nil {
		return Tally{}, err
	}
	if tally.New > 0 {
		tally.First = c.id + 1
	}
	days := map[int64]int{} // new articles by day
	taken := map[string]bool{"": true}
	for _, k := range known {
		if !k.aged {
			taken[k.guid] = true
		}
	}
	for _, i := range storeOrder(p, of) {
		var err error
		switch a, k := p.Articles[i], of[i]; {
		case k == newItem:
			a.Seen = cmp.Or(a.Seen, p.Feed.Checked)
			days[dayOf(a.Time())]++
			err = c.insert(ctx, a, p.Feed, taken)
		case k == sameItem, known[k].aged:
		case known[k].hash != text(a.Hash):
			err = c.revise(ctx, a, known[k], keyColumns(a, known[k].guid))
		case !known[k].hasKeysOf(a):
			err = c.rename(ctx, a, known[k])
		}
		if err != nil {
			a := p.Articles[i]
			return Tally{}, fmt.Errorf("article %s: %w", cmp.Or(a.GUID, a.URL, a.Title), err)
		}
	}
	if err := c.countDays(ctx, p.Feed, days); err != nil {
		return Tally{}, err
	}
	if hasAged {
		if err := c.listAged(ctx, p, listed); err != nil {
			return Tally{}, err
		}
	}
	if err := c.storeMove(ctx, p); err != nil {
		return Tally{}, err
	}
	return tally, c.putFurniture(ctx, p)
}

// storeOrder returns the order in which items are stored. It is the document's order, but new items with the same time
// are stored from the last to the first.
func storeOrder(p Poll, of []int) []int {
	at := func(a news.Article) int64 {
		a.Seen = cmp.Or(a.Seen, p.Feed.Checked)
		return millis(a.Time())
	}
	byTime := map[int64][]int{}
	for i, a := range p.Articles {
		if of[i] == newItem {
			byTime[at(a)] = append(byTime[at(a)], i)
		}
	}
	order := make([]int, len(p.Articles))
	for i, a := range p.Articles {
		order[i] = i
		if of[i] == newItem {
			same := byTime[at(a)]
			order[i], byTime[at(a)] = same[len(same)-1], same[:len(same)-1]
		}
	}
	return order
}

const (
	feedPolledSQL = `UPDATE feeds SET title = coalesce(nullif(title, ''), ?), site = coalesce(nullif(site, ''), ?), etag = ?,
	last_modified = ?, checked = ?, changed = ?, due = ?, state = ?, problem = ?, cause = ?, failures = ?, failing = ?, articles = articles + ?,
	` + scheduled + ` WHERE id = ? AND removed = 0`
	feedPushedSQL = `UPDATE feeds SET title = coalesce(nullif(title, ''), ?), site = coalesce(nullif(site, ''), ?), checked = max(checked, ?),
	changed = max(changed, ?), state = ?, problem = ?, cause = ?, failures = ?, failing = ?, articles = articles + ?
	WHERE id = ? AND removed = 0 AND state <> 'gone' AND paused = 0`
	wasRemovedSQL = `SELECT removed FROM feeds WHERE id = ?`
)

// feedPolled stores the feed's state after a poll. It returns false for a feed that was removed meanwhile, or that has
// ended or is paused although a hub still pushes it. It returns an error for a feed that never existed.
func (c *logWriter) feedPolled(ctx context.Context, p Poll, tally Tally) (bool, error) {
	f := p.Feed
	changed := f.Changed
	if tally.New+tally.Revised > 0 {
		changed = f.Checked
	}
	if p.Pushed {
		n, err := c.affected(ctx, feedPushedSQL, text(f.Title), text(f.Site), millis(f.Checked), millis(changed), f.State,
			text(f.Problem), text(string(f.Cause)), f.Failures, millis(f.Failing), tally.New, f.ID)
		return n > 0, err
	}
	args := append([]any{ // validators are stored exactly as they came, even if they are not valid UTF-8
		text(f.Title), text(f.Site), bytesText(f.ETag), bytesText(f.LastModified), millis(f.Checked), millis(changed), millisUp(f.Due), f.State,
		text(f.Problem), text(string(f.Cause)), f.Failures, millis(f.Failing), tally.New,
	}, schedule(f)...)
	n, err := c.affected(ctx, feedPolledSQL, append(args, f.ID)...)
	if err != nil || n > 0 {
		return n > 0, err
	}
	var removed int
	return false, asNotFound(c.scan(ctx, []any{&removed}, wasRemovedSQL, f.ID))
}

const (
	insertArticleSQL = `INSERT INTO articles (id, seq, feed_id, guid, hash, time, seen, published, item_id, id_key, address_key, title_key, text_key,
	undated, updated, url, canonical, title, authors, outlet_name, outlet_domain, outlet_agency, lang, hub, summary, categories, enclosures)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertBodySQL = `INSERT INTO bodies (article_id, body) VALUES (?, ?)`
)

// insert adds an article. Its key within the feed is the id, the address or the hash of the item, shortened by boundKey.
// Where another article of the feed has that key (taken), the article's own id is appended.
func (c *logWriter) insert(ctx context.Context, a news.Article, f news.Feed, taken map[string]bool) error {
	if a.Seen.IsZero() {
		a.Seen = cmp.Or(f.Checked, time.Now())
	}
	c.id++
	c.seq++
	guid := boundKey(text(cmp.Or(a.GUID, a.URL, a.Hash)), maxKey)
	if taken[guid] {
		guid = fmt.Sprintf("%s\n%d", guid, c.id)
	}
	taken[guid] = true
	words, err := wordColumns(a)
	if err != nil {
		return err
	}
	body, err := c.db.bodies.pack(a)
	if err != nil {
		return err
	}
	row := []any{c.id, c.seq, f.ID, guid, text(a.Hash), millis(a.Time()), millis(a.Seen), millis(a.Published)}
	row = append(append(append(row, keyColumns(a, guid)...), a.Undated), words...)
	if err := c.exec(ctx, insertArticleSQL, row...); err != nil {
		return err
	}
	return c.exec(ctx, insertBodySQL, c.id, body)
}

const (
	reviseArticleSQL = `UPDATE articles SET seq = ?, hash = ?, time = ?, published = ?, item_id = ?, id_key = ?, address_key = ?, title_key = ?, text_key = ?,
	undated = ?, item_date = ?, updated = ?, url = ?, canonical = ?, title = ?, authors = ?, outlet_name = ?, outlet_domain = ?, outlet_agency = ?, lang = ?,
	hub = ?, summary = ?, categories = ?, enclosures = ? WHERE id = ?`
	reviseBodySQL = `UPDATE bodies SET body = ? WHERE article_id = ?`
)

// revise stores an item with a new hash over its article. The article keeps its id, Seen and first Published. keys are the
// values of keyColumns.
func (c *logWriter) revise(ctx context.Context, a news.Article, old storedItem, keys []any) error {
	a.Seen = fromMillis(old.seen)
	date := millis(a.Published)
	if old.published != 0 {
		a.Published = fromMillis(old.published)
	}
	a.Undated = old.undated && a.Published.IsZero()
	c.seq++
	words, err := wordColumns(a)
	if err != nil {
		return err
	}
	body, err := c.db.bodies.pack(a)
	if err != nil {
		return err
	}
	row := []any{c.seq, text(a.Hash), millis(a.Time()), millis(a.Published)}
	row = append(append(append(row, keys...), a.Undated, date), words...)
	if err := c.exec(ctx, reviseArticleSQL, append(row, old.id)...); err != nil {
		return err
	}
	return c.exec(ctx, reviseBodySQL, body, old.id)
}

const renameArticleSQL = `UPDATE articles SET item_id = ?, id_key = ?, address_key = ?, title_key = ?, text_key = ?, item_date = ?, url = ?, canonical = ? WHERE id = ?`

// rename updates the names of an article whose item has another id, address or date. This is no revision.
func (c *logWriter) rename(ctx context.Context, a news.Article, old storedItem) error {
	err := c.exec(ctx, renameArticleSQL, append(keyColumns(a, old.guid), millis(a.Published), text(a.URL), text(a.Canonical), old.id)...)
	if err != nil {
		return err
	}
	return c.exec(ctx, countSQL, renames)
}

// keyColumns are the values of the columns from item_id to text_key.
func keyColumns(a news.Article, guid string) []any {
	var itemID any // NULL where guid holds the same
	if id := text(a.GUID); id != guid {
		itemID = id
	}
	return []any{itemID, idKey(a), keyOf(a.Keys.Address), titleKey(a), keyOf(a.Keys.Text)}
}

// wordColumns are the values of the columns from updated to enclosures, which a revision replaces.
func wordColumns(a news.Article) ([]any, error) {
	authors, err := encodeList(a.Authors)
	if err != nil {
		return nil, err
	}
	categories, err := encodeList(a.Categories)
	if err != nil {
		return nil, err
	}
	enclosures, err := encodeList(a.Enclosures)
	if err != nil {
		return nil, err
	}
	return []any{
		millis(a.Updated), text(a.URL), text(a.Canonical), text(a.Title), authors, cut(text(a.Outlet.Name), maxOutlet), cut(text(a.Outlet.Domain), maxHost),
		a.Outlet.Agency, text(a.Lang), a.Roundup, text(a.Summary), categories, enclosures,
	}, nil
}
