package store

import (
	"context"
	"fmt"

	"headwater/internal/news"
)

const (
	addCorrectionSQL = `INSERT INTO corrections (made, outlet, domain) VALUES (?, ?, ?) RETURNING id`
	addCorrectedSQL  = `INSERT INTO corrected (correction_id, article_id, apart, story, event)
		SELECT ?, j.value, ?, coalesce(m.story_id, 0), coalesce(s.event_id, 0) FROM json_each(?) AS j
		LEFT JOIN members AS m ON m.article_id = j.value LEFT JOIN stories AS s ON s.id = m.story_id`
)

// What corrected.apart says of an article.
const (
	together  = 0 // it is in one story with the others of 0
	apart     = 1 // it is in no story with those
	hasOrigin = 2 // its story goes back to it, or to the outlet of the correction
)

// AddCorrection stores a correction together with the settlement that it led to, and returns the correction's id. It
// ignores c.ID and takes Former from the store. An article that is not stored, or is listed twice, is an error. It answers
// s.Request, and returns ErrWithdrawn where that was withdrawn.
func (db *DB) AddCorrection(ctx context.Context, c news.Correction, s Settlement) (id int64, err error) {
	err = db.write(ctx, "keep a correction", func(ctx context.Context, t tx) error {
		t.ring(AreaCorrections)
		if err := t.QueryRowContext(ctx, addCorrectionSQL, millis(c.Made), text(c.Origin.Name), text(c.Origin.Domain)).Scan(&id); err != nil {
			return err
		}
		origin := []int64{}
		if c.OriginOf != 0 {
			origin = append(origin, c.OriginOf)
		}
		for place, articles := range [][]int64{together: c.Same, apart: c.Apart, hasOrigin: origin} {
			ids := idList(articles)
			if err := t.exec(ctx, addCorrectedSQL, id, place, ids); err != nil {
				return err
			}
		}
		if err := t.settle(ctx, s); err != nil {
			return err
		}
		return t.answer(ctx, s.Request, CorrectionAnswer{Correction: id})
	})
	return id, err
}

const (
	// inheritSQL keeps later corrections right when an earlier one is forgotten: they get the stories and events that its
	// articles were in before it. A later merge knows the articles of an earlier merge by the resulting story, which has
	// the smallest id.
	inheritSQL = `UPDATE corrected AS later SET (story, event) = (SELECT f.story, f.event FROM corrected AS f
			WHERE f.correction_id = ?1 AND f.article_id = later.article_id)
		WHERE later.correction_id > ?1 AND later.apart = 0
		AND later.story = (SELECT min(story) FROM corrected WHERE correction_id = ?1 AND apart = 0)
		AND EXISTS (SELECT 1 FROM corrected AS f WHERE f.correction_id = ?1 AND f.article_id = later.article_id AND f.apart = 0 AND f.story <> 0)`
	forgetArticlesSQL = `DELETE FROM corrected WHERE correction_id = ?`
	forgetSQL         = `DELETE FROM corrections WHERE id = ?`
)

// RemoveCorrection removes a correction together with the settlement without it. It returns news.ErrNotFound for an
// unknown one. It answers s.Request as AddCorrection does.
func (db *DB) RemoveCorrection(ctx context.Context, id int64, s Settlement) error {
	return db.write(ctx, fmt.Sprint("forget correction ", id), func(ctx context.Context, t tx) error {
		t.ring(AreaCorrections)
		if err := t.all(ctx, []string{inheritSQL, forgetArticlesSQL}, id); err != nil {
			return err
		}
		if err := t.execFound(ctx, forgetSQL, id); err != nil {
			return err
		}
		if err := t.settle(ctx, s); err != nil {
			return err
		}
		return t.answer(ctx, s.Request, CorrectionAnswer{Correction: id})
	})
}

const correctionsSQL = `SELECT c.id, c.made, c.outlet, c.domain, d.article_id, d.apart, d.story, d.event FROM corrections AS c
	JOIN corrected AS d ON d.correction_id = c.id ORDER BY c.id, d.article_id`

// Corrections returns all corrections in the order in which they were made. The articles of each are sorted by id.
func (db *DB) Corrections(ctx context.Context) (all []news.Correction, err error) {
	err = db.eachRow(ctx, "corrections", func(row scanner) error {
		var id, made, article int64
		var place int
		var origin news.Outlet
		var was news.Grouping
		if err := row.Scan(&id, &made, &origin.Name, &origin.Domain, &article, &place, &was.Story, &was.Event); err != nil {
			return err
		}
		if len(all) == 0 || all[len(all)-1].ID != id {
			all = append(all, news.Correction{ID: id, Made: fromMillis(made), Origin: origin})
		}
		c := &all[len(all)-1]
		if was.Story != 0 {
			if c.Former == nil {
				c.Former = map[int64]news.Grouping{}
			}
			c.Former[article] = was
		}
		switch place {
		case apart:
			c.Apart = append(c.Apart, article)
		case hasOrigin:
			c.OriginOf = article
		default:
			c.Same = append(c.Same, article)
		}
		return nil
	}, correctionsSQL)
	return all, err
}
