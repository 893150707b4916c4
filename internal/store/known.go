package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
)

// knownSQL finds the stored articles that items may be. It also looks up guid, since articles that were stored before the
// keys existed have only that.
const knownSQL = `SELECT id, guid, coalesce(item_id, iif(id_key IS NULL AND (guid = url OR guid = hash), '', guid)), hash, url, title, published,
		coalesce(item_date, published), seen,
		coalesce(id_key, 0), coalesce(address_key, 0), coalesce(title_key, 0), coalesce(text_key, 0), id_key IS NOT NULL, undated
	FROM articles WHERE id IN (
		SELECT a.id FROM json_each(?2, '$') AS w CROSS JOIN articles AS a WHERE a.feed_id = ?1 AND a.guid = w.value
		UNION SELECT a.id FROM json_each(?3) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.id_key = w.value ORDER BY x.id DESC LIMIT ?7)
		UNION SELECT a.id FROM json_each(?4) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.address_key = w.value ORDER BY x.id DESC LIMIT ?7)
		UNION SELECT a.id FROM json_each(?5) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.title_key = w.value ORDER BY x.id DESC LIMIT ?7)
		UNION SELECT a.id FROM json_each(?6) AS w CROSS JOIN articles AS a WHERE a.id IN
			(SELECT x.id FROM articles AS x WHERE x.feed_id = ?1 AND x.text_key = w.value ORDER BY x.id DESC LIMIT ?7))
	ORDER BY id`

// knownItems finds, in one query, the stored articles that the items of a poll may be.
func (c *logWriter) knownItems(ctx context.Context, p Poll) ([]storedItem, error) {
	if len(p.Articles) == 0 {
		return nil, nil
	}
	var guids []string
	for _, a := range p.Articles {
		guid := text(cmp.Or(a.GUID, a.URL, a.Hash))
		guids = append(guids, guid, boundKey(guid, maxKey)) // older versions stored long ones whole
	}
	args := append([]any{p.Feed.ID, textList(distinct(guids))}, keyLists(p)...)
	return collect(ctx, c.query, func(row scanner) (s storedItem, err error) {
		err = row.Scan(&s.id, &s.guid, &s.itemID, &s.hash, &s.url, &s.title, &s.published, &s.date, &s.seen, &s.idKey, &s.addressKey, &s.titleKey, &s.textKey,
			&s.keyed, &s.undated)
		return s, err
	}, knownSQL, append(args, maxKnown)...)
}

// keyLists returns the keys of a poll's items as JSON lists: by id, address, title and text.
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

// distinct sorts keys and removes duplicates and the zero value, which means none.
func distinct[T cmp.Ordered](keys []T) []T {
	var none T
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(k T) bool { return k == none })
}

const storedTextSQL = `SELECT a.summary, b.body FROM articles AS a JOIN bodies AS b ON b.article_id = a.id WHERE a.id = ?`

// storedText returns an article's text, or its summary if it has no text.
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

// Feeds list items for months. So an item whose article was aged out may still be in its feed, and must not come back as
// news. Keeping the articles of all listed items is no solution, since some feeds list everything they ever had. Instead
// the item's facts, about 400 bytes, stay in aged_items. match recognises such items like any other, but without their
// texts, which are gone. It neither stores nor revises them. A poll that finds one records the day. An item that no whole
// document has listed for agedGrace is forgotten. Validators are trusted for a week, so a feed that is polled at all is
// read whole more often than that.

const (
	agedGrace = 10 * 24 * time.Hour
	agedNoted = 24 * time.Hour // precision of the time at which an item was last listed
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

// agedItems returns the aged-out items that those of a poll may be, and whether the feed has any at all.
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

// listAged records which aged-out items a poll listed, and forgets those of its feed that documents no longer list.
func (c *logWriter) listAged(ctx context.Context, p Poll, listed []storedItem) error {
	for _, s := range listed {
		if s.listed < millis(p.Feed.Checked.Add(-agedNoted)) {
			if err := c.exec(ctx, listAgedSQL, millis(p.Feed.Checked), s.id); err != nil {
				return err
			}
		}
	}
	if p.Pushed { // a hub does not push the whole document
		return nil
	}
	return c.exec(ctx, forgetAgedSQL, p.Feed.ID, millis(p.Feed.Checked.Add(-agedGrace)))
}
