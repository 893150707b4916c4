package store

import (
	"context"
	"database/sql"

	"headwater/internal/news"
)

const placementsSQL = `SELECT s.id, s.event_id, s.origin_name, s.origin_domain, s.outlets, m.article_id, m.role
	FROM stories AS s JOIN members AS m ON m.story_id = s.id ORDER BY s.id`

// Placements calls take with every story as searches know it, by id.
func (db *DB) Placements(ctx context.Context, take func(news.Placement)) error {
	return db.read(ctx, "places of articles", func(t *sql.Tx) error {
		var story news.Placement // whose members are being read
		err := eachRow(ctx, t, placementsSQL, nil, func(rows *sql.Rows) error {
			var p news.Placement
			var article int64
			var role news.Role
			if err := rows.Scan(&p.Story, &p.Event, &p.Origin.Name, &p.Origin.Domain, &p.Outlets, &article, &role); err != nil {
				return err
			}
			if p.Story != story.Story {
				if story.Story != 0 {
					take(story)
				}
				story = p
				story.Members = map[int64]news.Role{}
			}
			story.Members[article] = role
			return nil
		})
		if err == nil && story.Story != 0 {
			take(story)
		}
		return err
	})
}
