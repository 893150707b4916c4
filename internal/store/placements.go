package store

import (
	"context"
	"database/sql"

	"headwater/internal/news"
)

const placementsSQL = `SELECT s.id, s.event_id, s.origin_name, s.origin_domain, s.outlets, m.article_id, m.role
	FROM stories AS s JOIN members AS m ON m.story_id = s.id ORDER BY s.id`

// Placements gives every story as searches know it, by id.
func (db *DB) Placements(ctx context.Context) (all []news.Placement, err error) {
	err = db.read(ctx, "places of articles", func(t *sql.Tx) error {
		return eachRow(ctx, t, placementsSQL, nil, func(rows *sql.Rows) error {
			var p news.Placement
			var article int64
			var role news.Role
			if err := rows.Scan(&p.Story, &p.Event, &p.Origin.Name, &p.Origin.Domain, &p.Outlets, &article, &role); err != nil {
				return err
			}
			if n := len(all); n == 0 || all[n-1].Story != p.Story {
				p.Members = map[int64]news.Role{}
				all = append(all, p)
			}
			all[len(all)-1].Members[article] = role
			return nil
		})
	})
	return all, err
}
