package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"math"
)

// Vector is what an embedding model makes of an article whose hash is Hash.
type Vector struct {
	Article int64
	Hash    string
	Values  []float32
}

// The hash is compared here, so that a revised article has no vector until its new text has one.
const vectorsSQL = `SELECT v.article_id, v.vector FROM json_each(?) AS wanted CROSS JOIN vectors AS v CROSS JOIN articles AS a
	WHERE v.article_id = wanted.value AND a.id = v.article_id AND v.hash = a.hash AND v.model = ?`

// Vectors gives the stored vectors that a model made of articles as they are now, by article. Those that are missing, or
// are damaged, are to be made again.
func (db *DB) Vectors(ctx context.Context, model string, articles []int64) (map[int64][]float32, error) {
	wanted, err := idList(articles)
	if err != nil {
		return nil, err
	}
	vectors := make(map[int64][]float32, len(articles))
	err = db.read(ctx, "vectors", func(t *sql.Tx) error {
		return eachRow(ctx, t, vectorsSQL, []any{wanted, text(model)}, func(rows *sql.Rows) error {
			var id int64
			var blob sql.RawBytes
			if err := rows.Scan(&id, &blob); err != nil {
				return err
			}
			if v, ok := unpackVector(blob); ok {
				vectors[id] = v
			}
			return nil
		})
	})
	return vectors, err
}

const putVectorSQL = `INSERT INTO vectors (article_id, hash, model, vector) SELECT id, ?, ?, ? FROM articles WHERE id = ?
	ON CONFLICT (article_id) DO UPDATE SET hash = excluded.hash, model = excluded.model, vector = excluded.vector`

// PutVectors stores the vectors that a model made, each in the place of the article's former one. Articles that are not
// stored any more are passed over.
func (db *DB) PutVectors(ctx context.Context, model string, vectors []Vector) error {
	rows := make([][]any, 0, len(vectors))
	for _, v := range vectors {
		rows = append(rows, []any{text(v.Hash), text(model), packVector(v.Values), v.Article})
	}
	return db.write(ctx, "store vectors", func(ctx context.Context, t tx) error { return t.each(ctx, putVectorSQL, rows) })
}

func packVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// unpackVector is false for what packVector never made.
func unpackVector(b []byte) (v []float32, ok bool) {
	if len(b) == 0 || len(b)%4 != 0 {
		return nil, false
	}
	v = make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if math.IsNaN(float64(v[i])) || math.IsInf(float64(v[i]), 0) {
			return nil, false
		}
	}
	return v, true
}
