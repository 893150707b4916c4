package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"headwater/internal/news"
)

const (
	outletEditsSQL   = `SELECT outlet, name, agency, aliases, domains, changed FROM outlet_edits ORDER BY changed, outlet`
	putOutletEditSQL = `INSERT INTO outlet_edits (outlet, name, agency, aliases, domains, changed) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (outlet) DO UPDATE SET name = excluded.name, agency = excluded.agency, aliases = excluded.aliases,
			domains = excluded.domains, changed = excluded.changed`
	dropOutletEditSQL = `DELETE FROM outlet_edits WHERE outlet = ?`

	// openArticlesOfOutletsSQL selects the articles of open stories that outlets have a part in.
	openArticlesOfOutletsSQL = `SELECT DISTINCT m.article_id FROM outlet_stories AS o CROSS JOIN stories AS s CROSS JOIN members AS m
		WHERE o.outlet IN (SELECT value FROM json_each(?1, '$')) AND o.time >= ?2 AND s.id = o.story_id AND s.phase = 0 AND m.story_id = s.id
		ORDER BY 1 LIMIT ?3`
	// openOfArticlesSQL selects those of the given articles that are in open stories.
	openOfArticlesSQL = `SELECT m.article_id FROM json_each(?) AS wanted CROSS JOIN members AS m CROSS JOIN stories AS s
		WHERE m.article_id = wanted.value AND s.id = m.story_id AND s.phase = 0 ORDER BY 1 LIMIT ?`
	relogArticleSQL = `UPDATE articles SET seq = ? WHERE id = ?`
)

const (
	maxRelogged = 20_000              // articles that one change of an outlet settles again
	reloggedFor = 14 * 24 * time.Hour // how old the outlet's part in their story may be
)

// OutletEdits returns what people changed of outlets, in the order in which they did.
func (db *DB) OutletEdits(ctx context.Context) ([]news.OutletEdit, error) {
	return rowsOf(ctx, db, "changes of outlets", func(row scanner) (e news.OutletEdit, err error) {
		var aliases, domains string
		var changed int64
		if err := row.Scan(&e.Outlet, &e.Name, &e.Agency, &aliases, &domains, &changed); err != nil {
			return e, err
		}
		e.Changed = fromMillis(changed)
		if e.Aliases, err = decodeList[string](aliases); err == nil {
			e.Domains, err = decodeList[string](domains)
		}
		return e, err
	}, outletEditsSQL)
}

// EditedOutlets is what a change of an outlet concerns of what is stored. Of open stories, all articles of stories in which
// the outlets have a part, and the given articles, are put at the end of the log, so that they are settled and indexed again.
type EditedOutlets struct {
	Keys     []string // of outlets
	Articles []int64  // that may credit one of them
}

// SetOutletEdit stores what somebody says of an outlet, in place of what was said before.
func (db *DB) SetOutletEdit(ctx context.Context, e news.OutletEdit, affected EditedOutlets) error {
	aliases, err := encodeList(e.Aliases)
	if err != nil {
		return err
	}
	domains, err := encodeList(e.Domains)
	if err != nil {
		return err
	}
	return db.editOutlet(ctx, e.Outlet, affected, e.Changed, func(ctx context.Context, t tx) error {
		return t.exec(ctx, putOutletEditSQL, text(e.Outlet), text(e.Name), e.Agency, text(aliases), text(domains), millis(e.Changed))
	})
}

// RemoveOutletEdit removes what people said of an outlet, or returns news.ErrNotFound.
func (db *DB) RemoveOutletEdit(ctx context.Context, outlet string, affected EditedOutlets, now time.Time) error {
	return db.editOutlet(ctx, outlet, affected, now, func(ctx context.Context, t tx) error {
		return t.execFound(ctx, dropOutletEditSQL, text(outlet))
	})
}

func (db *DB) editOutlet(ctx context.Context, outlet string, affected EditedOutlets, now time.Time, edit func(context.Context, tx) error) error {
	return db.write(ctx, "change outlet "+outlet, func(ctx context.Context, t tx) error {
		if err := edit(ctx, t); err != nil {
			return err
		}
		t.ring(AreaOutlets)
		return t.relog(ctx, affected, now.Add(-reloggedFor))
	})
}

// relog puts the articles of open stories that a change concerns at the end of the log, at most maxRelogged of each kind.
func (t tx) relog(ctx context.Context, affected EditedOutlets, since time.Time) error {
	keys := slices.Compact(slices.Sorted(slices.Values(affected.Keys)))
	articles, err := t.ids(ctx, openArticlesOfOutletsSQL, textList(keys), millis(since), maxRelogged)
	if err != nil {
		return err
	}
	crediting, err := t.ids(ctx, openOfArticlesSQL, idList(affected.Articles), maxRelogged)
	if err != nil {
		return err
	}
	articles = slices.Compact(slices.Sorted(slices.Values(append(articles, crediting...))))
	c := logWriter{tx: t}
	if err := c.begin(ctx); err != nil {
		return err
	}
	rows := make([][]any, 0, len(articles))
	for _, id := range articles {
		c.seq++
		rows = append(rows, []any{c.seq, id})
	}
	if err := t.each(ctx, relogArticleSQL, rows); err != nil {
		return err
	}
	if err := c.appendLog(ctx); err != nil {
		return fmt.Errorf("settle articles again: %w", err)
	}
	return nil
}

// SetPresent sets the function that says how an outlet of a stored article or story is called now. Outlets are stored as
// they were when the article came, so that what people change of them can be taken back. Nil means that they are shown as
// they are stored.
func (db *DB) SetPresent(present func(news.Outlet) news.Outlet) { db.present.Store(&present) }

// asPresent replaces outlets by how they are called now.
func (db *DB) asPresent(outlets ...*news.Outlet) {
	present := db.present.Load()
	if present == nil || *present == nil {
		return
	}
	for _, o := range outlets {
		*o = (*present)(*o)
	}
}

// claimsAsPresent is asPresent for the outlets that claims credit.
func (db *DB) claimsAsPresent(claims []news.Claim) {
	for i := range claims {
		o := claims[i].Credited()
		had := o
		if db.asPresent(&o); o != had {
			claims[i].Outlet, claims[i].Domain = o.Name, o.Domain
		}
	}
}

// storiesAsPresent is asPresent for the outlets of stories.
func (db *DB) storiesAsPresent(stories []news.Story) {
	for i := range stories {
		db.asPresent(&stories[i].Origin.Outlet)
		db.asPresent(&stories[i].Origin.Scoop.Outlet)
		for j := range stories[i].Members {
			m := &stories[i].Members[j]
			db.asPresent(&m.Article.Outlet)
			db.claimsAsPresent(m.Claims)
		}
	}
}
