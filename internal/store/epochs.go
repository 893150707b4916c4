package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const beginEpochSQL = `INSERT INTO epochs (first, id) SELECT ?1, ?2
	WHERE ?2 <> coalesce((SELECT id FROM epochs ORDER BY first DESC LIMIT 1), '')`

// keptEpochs is how many epochs are remembered. What was derived from an older one is made anew.
const (
	keptEpochs      = 1000
	forgetEpochsSQL = `DELETE FROM epochs WHERE first <= (SELECT first FROM epochs ORDER BY first DESC LIMIT 1 OFFSET ?)`
)

// beginEpoch notes that the entries of the log from first on are this process's. Later calls of the process change nothing.
func (t tx) beginEpoch(ctx context.Context, first int64) error {
	if err := t.each(ctx, beginEpochSQL, [][]any{{first, t.db.epoch}}); err != nil {
		return err
	}
	return t.each(ctx, forgetEpochsSQL, [][]any{{keptEpochs}})
}

const epochSQL = `SELECT id FROM epochs WHERE first <= ?1 AND ?1 <= (` + lastSeqSQL + `) ORDER BY first DESC LIMIT 1`

// Epoch names the epoch that an entry of the log belongs to, "" where the log does not reach the entry. What was derived
// from the log up to an entry still belongs to the database where the entry has the same epoch as then: another database,
// or a copy that went on apart, has none of that name there.
func (db *DB) Epoch(ctx context.Context, seq int64) (id string, err error) {
	err = db.reader.QueryRowContext(ctx, epochSQL, seq).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("epoch of log entry %d: %w", seq, db.explain(err))
	}
	return id, nil
}
