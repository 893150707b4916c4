package store

import (
	"context"
	"time"
)

// An item whose article was aged out may stand in its feed for months yet, and is not news again. So what it is known by
// stays in aged_items, and match tells such items like any other, but for their texts, which are gone. A poll that meets one
// notes the day; those that no whole document has listed for agedGrace are forgotten. Validators are trusted for a week, so
// a feed that is read at all shows its whole document more often than that.

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

// hasAged says whether items of a feed were aged out that it may list.
func (c *collector) hasAged(ctx context.Context, feed int64) (has bool, err error) {
	err = c.stmt(ctx, hasAgedSQL).QueryRowContext(ctx, feed).Scan(&has)
	return has, err
}

// aged gives the aged-out items that those of a poll may be.
func (c *collector) aged(ctx context.Context, p Poll) ([]stored, error) {
	keys, err := keyLists(p)
	if err != nil {
		return nil, err
	}
	args := append([]any{p.Feed.ID}, keys...)
	rows, err := c.stmt(ctx, agedSQL).QueryContext(ctx, append(args, maxKnown)...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(row scanner) (s stored, err error) {
		s.keyed, s.aged = true, true
		err = row.Scan(&s.id, &s.guid, &s.itemID, &s.hash, &s.url, &s.title, &s.published, &s.date, &s.seen,
			&s.idKey, &s.addressKey, &s.titleKey, &s.textKey, &s.undated, &s.listed)
		return s, err
	})
}

// listAged notes which aged-out items a poll listed, and forgets those of its feed that no document lists any more.
func (c *collector) listAged(ctx context.Context, p Poll, listed []stored) error {
	var rows [][]any
	for _, s := range listed {
		if s.listed < millis(p.Feed.Checked.Add(-agedNoted)) {
			rows = append(rows, []any{millis(p.Feed.Checked), s.id})
		}
	}
	if err := c.each(ctx, listAgedSQL, rows); err != nil || p.Pushed {
		return err // what a hub pushes is not the whole document
	}
	return c.each(ctx, forgetAgedSQL, [][]any{{p.Feed.ID, millis(p.Feed.Checked.Add(-agedGrace))}})
}
