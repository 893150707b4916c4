package store

import (
	"context"
	"database/sql"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// claim is a news.Claim with the fields that the API does not show.
type claim struct {
	Kind     news.ClaimKind `json:"kind"`
	Outlet   string         `json:"outlet,omitempty"`
	Domain   string         `json:"domain,omitempty"`
	URL      string         `json:"url,omitempty"`
	Text     string         `json:"text,omitempty"`
	Start    int            `json:"start,omitempty"`
	End      int            `json:"end,omitempty"`
	Strength float64        `json:"strength,omitempty"`

	Part     float64            `json:"part,omitempty"`
	Position news.ClaimPosition `json:"position,omitempty"`
}

func fromClaims(claims []news.Claim) []claim {
	all := make([]claim, len(claims))
	for i, c := range claims {
		all[i] = claim(c)
	}
	return all
}

func toClaims(s string) ([]news.Claim, error) {
	all, err := unlist[claim](s)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	claims := make([]news.Claim, len(all))
	for i, c := range all {
		claims[i] = news.Claim(c)
	}
	return claims, nil
}

const claimsSQL = `SELECT article_id, claims FROM claims WHERE article_id IN (SELECT value FROM json_each(?))`

// Claims gives the claims of articles, by article id. Articles without any are not in the map.
func (db *DB) Claims(ctx context.Context, articleIDs []int64) (map[int64][]news.Claim, error) {
	return byID(ctx, db, "claims", claimsSQL, articleIDs, func(rows *sql.Rows) (id int64, claims []news.Claim, err error) {
		var s string
		if err := rows.Scan(&id, &s); err != nil {
			return 0, nil, err
		}
		claims, err = toClaims(s)
		return id, claims, err
	})
}

const printsSQL = `SELECT article_id, print FROM prints WHERE article_id IN (SELECT value FROM json_each(?))`

// Prints gives the prints of settled articles, by article id.
func (db *DB) Prints(ctx context.Context, articleIDs []int64) (map[int64]prints.Print, error) {
	return byID(ctx, db, "prints", printsSQL, articleIDs, func(rows *sql.Rows) (id int64, p prints.Print, err error) {
		var b sql.RawBytes
		if err := rows.Scan(&id, &b); err != nil {
			return 0, p, err
		}
		p, err = db.opts.DecodePrint(b)
		return id, p, err
	})
}

const storiesOfSQL = `SELECT article_id, story_id FROM members WHERE article_id IN (SELECT value FROM json_each(?))`

// StoriesOf gives the story of each settled article, by article id.
func (db *DB) StoriesOf(ctx context.Context, articleIDs []int64) (map[int64]int64, error) {
	return byID(ctx, db, "stories of articles", storiesOfSQL, articleIDs, func(rows *sql.Rows) (article, story int64, err error) {
		err = rows.Scan(&article, &story)
		return article, story, err
	})
}

// byID runs a query whose one parameter is a list of ids, and gathers its rows by id.
func byID[T any](ctx context.Context, db *DB, what, query string, ids []int64, scan func(*sql.Rows) (int64, T, error)) (map[int64]T, error) {
	all := make(map[int64]T, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	wanted, err := idList(ids)
	if err != nil {
		return nil, err
	}
	err = db.read(ctx, what, func(t *sql.Tx) error {
		return eachRow(ctx, t, query, []any{wanted}, func(rows *sql.Rows) error {
			id, v, err := scan(rows)
			all[id] = v
			return err
		})
	})
	return all, err
}

// eachRow calls fn for every row of a query.
func eachRow(ctx context.Context, t *sql.Tx, query string, args []any, fn func(*sql.Rows) error) error {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // an error while reading shows in rows.Err
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
