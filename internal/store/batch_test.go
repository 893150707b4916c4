package store

import (
	"context"
	"fmt"
	"testing"
)

// TestBatchedStatements runs more statements than a batch has: the next query sees what all of them stored, and the error of
// one ends the transaction, whichever later statement returns it.
func TestBatchedStatements(t *testing.T) {
	db := open(t, t.TempDir())
	put := func(ctx context.Context, t tx, n int) error {
		for i := range n {
			if err := t.exec(ctx, setSettingSQL, fmt.Sprint("key ", i), "value"); err != nil {
				return err
			}
		}
		return nil
	}
	count := func() int64 {
		n, err := db.number(t.Context(), "count", `SELECT count(*) FROM settings WHERE key LIKE 'key %'`)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, n := range []int{1, batchSize, 2*batchSize + 1} {
		err := db.write(t.Context(), "put", func(ctx context.Context, tx tx) error {
			if err := put(ctx, tx, n); err != nil {
				return err
			}
			var seen int
			if err := tx.scan(ctx, []any{&seen}, `SELECT count(*) FROM settings WHERE key LIKE 'key %'`); err != nil || seen != n {
				t.Errorf("a query sees %d of %d (%v)", seen, n, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := count(); got != int64(n) {
			t.Errorf("%d are stored of %d", got, n)
		}
	}
	for _, after := range []int{0, batchSize} {
		err := db.write(t.Context(), "put", func(ctx context.Context, t tx) error {
			if err := t.exec(ctx, `DELETE FROM settings`); err != nil {
				return err
			}
			if err := t.exec(ctx, `INSERT INTO settings (key, value) VALUES (?, NULL)`, "key"); err != nil {
				return err
			}
			return put(ctx, t, after)
		})
		if err == nil {
			t.Error("a value that can't be NULL is stored")
		}
		if got := count(); got != 2*batchSize+1 {
			t.Errorf("%d are left after a failed transaction", got)
		}
	}
}

func TestTogether(t *testing.T) {
	for query, want := range map[string]string{
		`INSERT INTO a (b, c) VALUES (?, ?)`:                               `INSERT INTO a (b, c) VALUES (?, ?), (?, ?), (?, ?)`,
		`INSERT INTO a (b) VALUES (?) ON CONFLICT (b) DO NOTHING`:          `INSERT INTO a (b) VALUES (?), (?), (?) ON CONFLICT (b) DO NOTHING`,
		`INSERT INTO a (b) VALUES (?1)`:                                    "",
		`INSERT INTO a (b, c) VALUES (?, coalesce(?, 1))`:                  "",
		`INSERT INTO a (b) VALUES (?) ON CONFLICT (b) DO UPDATE SET b = ?`: "",
		`UPDATE a SET b = ? WHERE c = ?`:                                   "",
	} {
		if got, ok := (&postgresEngine{}).together(query, 3); got != want || ok != (want != "") {
			t.Errorf("%s\nbecomes %s", query, got)
		}
	}
}
