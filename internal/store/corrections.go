package store

import (
	"context"
	"database/sql"
	"fmt"

	"headwater/internal/news"
)

const (
	addCorrectionSQL = `INSERT INTO corrections (made) VALUES (?) RETURNING id`
	addCorrectedSQL  = `INSERT INTO corrected (correction_id, article_id, apart) SELECT ?, value, ? FROM json_each(?)`
)

// Correct keeps a correction, together with what settling made of it, and gives the correction's number. Its ID is not
// looked at. An article that is not stored, or is named twice, is an error.
func (db *DB) Correct(ctx context.Context, c news.Correction, s news.Settlement) (id int64, err error) {
	err = db.write(ctx, "keep a correction", func(ctx context.Context, t tx) error {
		if err := t.QueryRowContext(ctx, addCorrectionSQL, millis(c.Made)).Scan(&id); err != nil {
			return err
		}
		for apart, articles := range [][]int64{c.Same, c.Apart} {
			ids, err := idList(articles)
			if err != nil {
				return err
			}
			if err := t.exec(ctx, addCorrectedSQL, id, apart, ids); err != nil {
				return err
			}
		}
		return t.settle(ctx, s)
	})
	return id, err
}

const (
	forgetArticlesSQL = `DELETE FROM corrected WHERE correction_id = ?`
	forgetSQL         = `DELETE FROM corrections WHERE id = ?`
)

// Forget takes a correction back, together with what settling without it made, or gives news.ErrNotFound.
func (db *DB) Forget(ctx context.Context, id int64, s news.Settlement) error {
	return db.write(ctx, fmt.Sprint("forget correction ", id), func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, forgetArticlesSQL, id); err != nil {
			return err
		}
		if err := t.execFound(ctx, forgetSQL, id); err != nil {
			return err
		}
		return t.settle(ctx, s)
	})
}

const correctionsSQL = `SELECT c.id, c.made, d.article_id, d.apart FROM corrections AS c
	JOIN corrected AS d ON d.correction_id = c.id ORDER BY c.id, d.article_id`

// Corrections gives all corrections in the order in which they were made, the articles of each by id.
func (db *DB) Corrections(ctx context.Context) (all []news.Correction, err error) {
	err = db.read(ctx, "corrections", func(t *sql.Tx) error {
		return eachRow(ctx, t, correctionsSQL, nil, func(rows *sql.Rows) error {
			var id, made, article int64
			var apart bool
			if err := rows.Scan(&id, &made, &article, &apart); err != nil {
				return err
			}
			if len(all) == 0 || all[len(all)-1].ID != id {
				all = append(all, news.Correction{ID: id, Made: fromMillis(made)})
			}
			c := &all[len(all)-1]
			if apart {
				c.Apart = append(c.Apart, article)
			} else {
				c.Same = append(c.Same, article)
			}
			return nil
		})
	})
	return all, err
}
