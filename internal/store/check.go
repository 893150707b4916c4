package store

import (
	"context"
	"database/sql"
	"fmt"

	"headwater/internal/news"
)

// marksAhead are marks beyond the end of what they are of, each as a query that counts breaches: whoever has read up to
// such a mark passes over what comes next.
func marksAhead() map[string]string {
	return map[string]string{
		"mark of settling ahead of the log": `SELECT count(*) FROM marks WHERE name = '` + markSettle + `'
			AND value > (` + lastSeqSQL + `)`,
		"mark of reading pages ahead of the log": `SELECT count(*) FROM settings WHERE key = '` + pagesMark + `'
			AND cast(value AS INTEGER) > (` + lastSeqSQL + `)`,
		"marks of topics or alerts ahead of the log of stories": `SELECT count(*) FROM marks WHERE name IN ('` + markTopics + `', '` + markAlerts + `')
			AND value > ` + lastChangeSQL,
		"entries of the log of stories beyond its mark": `SELECT count(*) FROM story_log WHERE seq > ` + lastChangeSQL,
	}
}

const bodiesSQL = `SELECT article_id, body FROM bodies`

// checkBodies unpacks every stored text.
func (db *DB) checkBodies(ctx context.Context, t *sql.Tx) error {
	bad, first := 0, int64(0)
	var why error
	err := eachRow(ctx, t, bodiesSQL, nil, func(rows *sql.Rows) error {
		var id int64
		var body sql.RawBytes
		if err := rows.Scan(&id, &body); err != nil {
			return err
		}
		var a news.Article
		if err := db.bodies.unpack(body, &a); err != nil {
			if bad++; bad == 1 {
				first, why = id, err
			}
		}
		return nil
	})
	if err == nil && bad > 0 {
		err = fmt.Errorf("%d articles whose text cannot be read, the first of them %d (%w); restore a backup into an empty folder", bad, first, why)
	}
	return err
}

// QuickCheck reads through the database and says whether its pages are damaged. It looks at no content.
func (db *DB) QuickCheck(ctx context.Context) error {
	return db.read(ctx, "check "+db.path(), func(t *sql.Tx) error { return quickCheck(ctx, t) })
}
