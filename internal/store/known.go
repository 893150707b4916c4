package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
)

// knownSQL finds the stored articles that items may be. guid is looked up too, which articles have that were stored before
// the keys were.
const knownSQL = `SELECT id, guid, coalesce(item_id, iif(id_key IS NULL AND (guid = url OR guid = hash), '', guid)), hash, url, title, published,
		coalesce(item_date, published), seen,
		coalesce(id_key, 0), coalesce(address_key, 0), coalesce(title_key, 0), coalesce(text_key, 0), id_key IS NOT NULL, undated
	FROM articles WHERE id IN (
		SELECT a.id FROM json_each(?2) AS w CROSS JOIN articles AS a WHERE a.feed_id = ?1 AND a.guid = w.value
		UNION SELECT a.id FROM json_each(?3) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.id_key = w.value ORDER BY x.id DESC LIMIT ?7)
		UNION SELECT a.id FROM json_each(?4) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.address_key = w.value ORDER BY x.id DESC LIMIT ?7)
		UNION SELECT a.id FROM json_each(?5) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.title_key = w.value ORDER BY x.id DESC LIMIT ?7)
		UNION SELECT a.id FROM json_each(?6) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.text_key = w.value ORDER BY x.id DESC LIMIT ?7))
	ORDER BY id`

// knownItems looks up at once what all items of a poll may be.
func (c *logWriter) knownItems(ctx context.Context, p Poll) ([]storedItem, error) {
	if len(p.Articles) == 0 {
		return nil, nil
	}
	var guids []string
	for _, a := range p.Articles {
		guids = append(guids, text(cmp.Or(a.GUID, a.URL, a.Hash)))
	}
	args := append([]any{p.Feed.ID, textList(distinct(guids))}, keyLists(p)...)
	return collect(ctx, c.query, func(row scanner) (s storedItem, err error) {
		err = row.Scan(&s.id, &s.guid, &s.itemID, &s.hash, &s.url, &s.title, &s.published, &s.date, &s.seen, &s.idKey, &s.addressKey, &s.titleKey, &s.textKey,
			&s.keyed, &s.undated)
		return s, err
	}, knownSQL, append(args, maxKnown)...)
}

// keyLists gives the keys of a poll's items as JSON lists: by id, address, title and text.
func keyLists(p Poll) []any {
	var keys [4][]int64
	for _, a := range p.Articles {
		for i, k := range [...]int64{idKey(a), keyOf(a.Keys.Address), titleKey(a), keyOf(a.Keys.Text)} {
			keys[i] = append(keys[i], k)
		}
	}
	lists := make([]any, len(keys))
	for i, k := range keys {
		lists[i] = idList(distinct(k))
	}
	return lists
}

// distinct sorts keys and drops repeated ones and the zero, which is none.
func distinct[T cmp.Ordered](keys []T) []T {
	var none T
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(k T) bool { return k == none })
}

const storedTextSQL = `SELECT a.summary, b.body FROM articles AS a JOIN bodies AS b ON b.article_id = a.id WHERE a.id = ?`

// storedText gives an article's text, or its summary where it has no more.
func (c *logWriter) storedText(ctx context.Context, s storedItem) (string, error) {
	if s.aged {
		return "", nil
	}
	var a news.Article
	var body []byte
	if err := c.scan(ctx, []any{&a.Summary, &body}, storedTextSQL, s.id); err != nil {
		return "", err
	}
	if err := c.db.bodies.unpack(body, &a); err != nil {
		return "", fmt.Errorf("article %d: %w", s.id, err)
	}
	return a.Body(), nil
}

// Feeds list items for months. An item whose article was aged out may stand in its feed for as long, and is not news again.
// To keep the articles of all that the last document lists would keep archives for ever that list all they ever had. So
// what an item is known by, about 400 bytes, stays in aged_items, and match tells such items like any other, but for their
// texts, which are gone. The item is neither stored nor revised. A poll that meets one notes the day; those that no whole
// document has listed for agedGrace are forgotten. Validators are trusted for a week, so a feed that is read at all shows
// its whole document more often than that.

const (
	agedGrace = 10 * 24 * time.Hour
	agedNoted = 24 * time.Hour // how exactly it is known when an item was listed
)

const (
	hasAgedSQL = `SELECT EXISTS (SELECT 1 FROM aged_items WHERE feed_id = ?)`
	agedSQL    = `SELECT id, guid, coalesce(item_id, guid), hash, url, title, published, coalesce(item_date, published), seen,
			id_key, address_key, title_key, text_key, undated, listed
		FROM aged_items WHERE id IN (
			SELECT a.id FROM json_each(?2) AS w CROSS JOIN aged_items AS a WHERE a.id IN
				(SELECT x.id FROM aged_items AS x WHERE x.feed_id = ?1 AND x.id_key = w.value ORDER BY x.id DESC LIMIT ?6)
			UNION SELECT a.id FROM json_each(?3) AS w CROSS JOIN aged_items AS a WHERE a.id IN
				(SELECT x.id FROM aged_items AS x WHERE x.feed_id = ?1 AND x.address_key = w.value ORDER BY x.id DESC LIMIT ?6)
			UNION SELECT a.id FROM json_each(?4) AS w CROSS JOIN aged_items AS a WHERE a.id IN
				(SELECT x.id FROM aged_items AS x WHERE x.feed_id = ?1 AND x.title_key = w.value ORDER BY x.id DESC LIMIT ?6)
			UNION SELECT a.id FROM json_each(?5) AS w CROSS JOIN aged_items AS a WHERE a.id IN
				(SELECT x.id FROM aged_items AS x WHERE x.feed_id = ?1 AND x.text_key = w.value ORDER BY x.id DESC LIMIT ?6))
		ORDER BY id`
	listAgedSQL   = `UPDATE aged_items SET listed = ? WHERE id = ?`
	forgetAgedSQL = `DELETE FROM aged_items WHERE feed_id = ? AND listed < ?`
	dropAgedSQL   = `DELETE FROM aged_items WHERE feed_id = ?`
)

// agedItems gives the aged-out items that those of a poll may be, and whether its feed has any at all.
func (c *logWriter) agedItems(ctx context.Context, p Poll) (has bool, items []storedItem, err error) {
	if len(p.Articles) == 0 {
		return false, nil, nil
	}
	if err := c.scan(ctx, []any{&has}, hasAgedSQL, p.Feed.ID); err != nil || !has {
		return false, nil, err
	}
	args := append([]any{p.Feed.ID}, keyLists(p)...)
	items, err = collect(ctx, c.query, func(row scanner) (s storedItem, err error) {
		s.keyed, s.aged = true, true
		err = row.Scan(&s.id, &s.guid, &s.itemID, &s.hash, &s.url, &s.title, &s.published, &s.date, &s.seen,
			&s.idKey, &s.addressKey, &s.titleKey, &s.textKey, &s.undated, &s.listed)
		return s, err
	}, agedSQL, append(args, maxKnown)...)
	return true, items, err
}

// listAged notes which aged-out items a poll listed, and forgets those of its feed that no document lists any more.
func (c *logWriter) listAged(ctx context.Context, p Poll, listed []storedItem) error {
	for _, s := range listed {
		if s.listed < millis(p.Feed.Checked.Add(-agedNoted)) {
			if err := c.exec(ctx, listAgedSQL, millis(p.Feed.Checked), s.id); err != nil {
				return err
			}
		}
	}
	if p.Pushed { // what a hub pushes is not the whole document
		return nil
	}
	return c.exec(ctx, forgetAgedSQL, p.Feed.ID, millis(p.Feed.Checked.Add(-agedGrace)))
}
