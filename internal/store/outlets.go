package store

import (
	"context"
	"database/sql"
	"time"

	"headwater/internal/news"
)

const outletDomainsSQL = `SELECT wanted.value FROM json_each(?1, '$') AS wanted
	WHERE EXISTS (SELECT 1 FROM articles INDEXED BY articles_outlet WHERE outlet_domain = wanted.value)`

const outletNamesSQL = `SELECT wanted.value FROM json_each(?1, '$') AS wanted
	WHERE EXISTS (SELECT 1 FROM articles INDEXED BY articles_outlet WHERE outlet_domain = '' AND outlet_name = wanted.value)`

// HaveArticles reports, by the outlets' keys, which of the given outlets have an article in the store.
func (db *DB) HaveArticles(ctx context.Context, outlets []news.Outlet) (map[string]bool, error) {
	var domains, names []string
	for _, o := range outlets {
		if o.Domain != "" {
			domains = append(domains, cut(text(o.Domain), maxHost))
		} else {
			names = append(names, cut(text(o.Name), maxOutlet))
		}
	}
	out := map[string]bool{}
	for query, wanted := range map[string][]string{outletDomainsSQL: domains, outletNamesSQL: names} {
		if len(wanted) == 0 {
			continue
		}
		param, err := encodeList(wanted)
		if err != nil {
			return nil, err
		}
		found, err := rowsOf(ctx, db, "outlets with articles", func(row scanner) (s string, err error) { return s, row.Scan(&s) }, query, param)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			o := news.Outlet{Domain: s}
			if query == outletNamesSQL {
				o = news.Outlet{Name: s}
			}
			out[o.Key()] = true
		}
	}
	return out, nil
}

// Habit counts how often others carried an outlet's texts in some stories, and how often the outlet carried theirs.
type Habit struct {
	Outlet           news.Outlet
	Carried, Carries int
}

const carriedSQL = `SELECT origin_name, origin_domain, count(*), 0 FROM stories
	WHERE changed >= ? AND latest < ? AND level = ? AND (outlets > 1 OR origin_article = 0) GROUP BY 2, 1`

const carriesSQL = `SELECT a.outlet_name, a.outlet_domain, 0, count(DISTINCT s.id) FROM stories AS s
	CROSS JOIN members AS m CROSS JOIN articles AS a
	WHERE m.story_id = s.id AND a.id = m.article_id AND s.changed >= ? AND s.latest < ? AND s.level = ? AND m.role <> 'original'
		AND (a.outlet_domain <> s.origin_domain OR a.outlet_domain = '' AND a.outlet_name <> s.origin_name) GROUP BY 2, 1`

// Habits counts who carried whose texts. It takes stories that changed after since, whose newest article is older than
// closed, and whose origin is certain. An outlet may appear more than once.
func (db *DB) Habits(ctx context.Context, since, closed time.Time) (all []Habit, err error) {
	err = db.read(ctx, "habits", func(t *sql.Tx) error {
		for _, query := range []string{carriedSQL, carriesSQL} {
			err := eachRow(ctx, t.QueryContext, func(row scanner) error {
				var h Habit
				err := row.Scan(&h.Outlet.Name, &h.Outlet.Domain, &h.Carried, &h.Carries)
				db.asPresent(&h.Outlet)
				all = append(all, h)
				return err
			}, query, millis(since), millis(closed), news.LevelOriginal)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// ItemRow is an article with what origin.Log reads: outlet, id, address, title, times and claims.
type ItemRow struct {
	Article news.Article
	Claims  []news.Claim
}

const itemsSeenSQL = `SELECT a.feed_id, a.guid, a.url, a.canonical, a.title, a.outlet_name, a.outlet_domain, a.outlet_agency, a.published, a.seen,
	coalesce(c.claims, '') FROM articles AS a INDEXED BY articles_seen LEFT JOIN claims AS c ON c.article_id = a.id
	WHERE a.seen >= ?1 AND a.seen < ?2 ORDER BY a.seen DESC, a.time DESC LIMIT ?3`

// ItemsSeen calls each for the articles first seen at from or later and before until, the newest first, at most limit of
// them. An error of each ends the reading and is returned.
func (db *DB) ItemsSeen(ctx context.Context, from, until time.Time, limit int, each func(ItemRow) error) error {
	return db.eachRow(ctx, "items seen", func(row scanner) error {
		var r ItemRow
		var published, seen int64
		var claims string
		a := &r.Article
		err := row.Scan(&a.FeedID, &a.GUID, &a.URL, &a.Canonical, &a.Title, &a.Outlet.Name, &a.Outlet.Domain, &a.Outlet.Agency,
			&published, &seen, &claims)
		if err != nil {
			return err
		}
		a.Published, a.Seen = fromMillis(published), fromMillis(seen)
		if r.Claims, err = decodeClaims(claims); err != nil {
			return err
		}
		db.asPresent(&a.Outlet)
		db.claimsAsPresent(r.Claims)
		return each(r)
	}, itemsSeenSQL, millis(from), millis(until), limit)
}
