package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// Usage is the size of the database in bytes.
type Usage struct {
	File int64
	Free int64 // unused within the file
	// Shrinks reports whether free pages can be returned to the disk in small steps. A database of an older version can
	// do so once Compact has rewritten it.
	Shrinks bool
}

// Usage returns the size of the database.
func (db *DB) Usage(ctx context.Context) (u Usage, err error) {
	err = db.read(ctx, "room of the database", func(t *sql.Tx) error {
		u, err = db.engine.usage(ctx, t)
		return err
	})
	return u, err
}

// A database returns free pages in small steps where it was created with auto_vacuum=INCREMENTAL. A database of an older
// version has to be rewritten once. Open does that for databases up to smallDatabase.
const (
	incremental   = 2 // of PRAGMA auto_vacuum
	smallDatabase = 64 << 20
	// spareShare is the share of the file that may be free before it shrinks. New rows fill this room, so no page has to
	// move.
	spareShare = .05
)

const freePagesSQL = `SELECT (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_count FROM pragma_page_count),
	(SELECT auto_vacuum FROM pragma_auto_vacuum)`

// shrinkPages is the most pages that are returned to the disk by one statement. It takes a millisecond for each where the
// list of free pages has half a million.
const shrinkPages = 8

// Shrink returns free pages beyond spareShare of the file to the disk, for about the given time, in one transaction. It
// returns how many. A page costs between a hundredth of a millisecond and a whole one: a page in use is moved, a free one
// is looked for in the list of free pages. So the time is measured, not the number of pages. On PostgreSQL it returns 0,
// since autovacuum does this.
func (db *DB) Shrink(ctx context.Context, budget time.Duration) (freed int, err error) {
	if err := db.mayWrite("shrink the database"); err != nil {
		return 0, err
	}
	spare, err := db.engine.sparePages(ctx, db.reader)
	if err != nil {
		return 0, fmt.Errorf("free pages: %w", db.explain(err))
	}
	if spare <= 0 {
		return 0, nil
	}
	err = db.writeUnsynced(ctx, "shrink the database", func(ctx context.Context, t tx) error {
		freed = 0
		n := 1
		for began := time.Now(); freed < spare && (freed == 0 || time.Since(began) < budget); n = min(2*n, shrinkPages) {
			n = min(n, spare-freed)
			if err := t.exec(ctx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, n)); err != nil {
				return err
			}
			freed += n
		}
		return nil
	})
	return freed, err
}

func (sqliteEngine) sparePages(ctx context.Context, reader *sql.DB) (int, error) {
	var free, all, mode int
	err := reader.QueryRowContext(ctx, freePagesSQL).Scan(&free, &all, &mode)
	if err != nil || mode != incremental {
		return 0, err
	}
	return free - int(spareShare*float64(all)), nil
}

// writeUnsynced is write for a step of retention. Its commit neither waits for the disk nor copies the WAL into the
// database file, since both can take ten times as long as the step itself and hold the writer. A power failure may take
// such commits back, always the newest ones first. Then the steps are repeated. The next commit of write, or Sync, makes
// them durable. The caller has to call Checkpoint now and then.
func (db *DB) writeUnsynced(ctx context.Context, what string, fn func(context.Context, tx) error) error {
	if err := db.mayWrite(what); err != nil {
		return err
	}
	return db.retry(ctx, what, func() error {
		return db.inTurn(ctx, what, func() error { return db.transactUnsynced(ctx, what, fn) })
	})
}

func (db *DB) transactUnsynced(ctx context.Context, what string, fn func(context.Context, tx) error) (err error) {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, db.explain(err))
	}
	synced, unsynced := db.engine.syncSQL()
	set := func(ctx context.Context, statement string) error {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", what, db.explain(err))
		}
		return nil
	}
	defer func() { err = errors.Join(err, set(context.WithoutCancel(ctx), synced), conn.Close()) }()
	if err := set(ctx, unsynced); err != nil {
		return err
	}
	return db.transact(ctx, what, conn.BeginTx, db.engine.lock, fn)
}

// Sync makes all commits durable, also those of steps of retention.
func (db *DB) Sync(ctx context.Context) error {
	return db.SetSetting(ctx, "synced", time.Now().UTC().Format(time.RFC3339Nano)) // a commit without a change would not reach the disk
}

const checkpointSQL = `PRAGMA wal_checkpoint(PASSIVE)`

// Checkpoint copies committed changes from SQLite's WAL into the database file, while others read and write. So no commit
// has to do it. PostgreSQL does this by itself.
func (db *DB) Checkpoint(ctx context.Context) error {
	if err := db.engine.checkpoint(ctx, db.reader); err != nil {
		db.noteFault(err)
		return fmt.Errorf("checkpoint: %w", db.explain(err))
	}
	return nil
}

func (sqliteEngine) checkpoint(ctx context.Context, reader *sql.DB) error {
	_, err := reader.ExecContext(ctx, checkpointSQL)
	return err
}

// Compact rewrites an SQLite database without free pages. From then on it shrinks in small steps. This takes minutes for
// gigabytes and blocks writing meanwhile. It needs as much free disk space as the database is large, both in the data
// folder and where SQLite keeps temporary files. On PostgreSQL it runs VACUUM, which blocks nobody.
func (db *DB) Compact(ctx context.Context) error {
	if err := db.mayWrite("compact the database"); err != nil {
		return err
	}
	if err := db.engine.compact(ctx, db.writer); err != nil {
		return fmt.Errorf("compact the database: %w", db.explain(err))
	}
	return nil
}

func (sqliteEngine) compact(ctx context.Context, writer *sql.DB) error {
	for _, q := range []string{`PRAGMA auto_vacuum = 2`, `PRAGMA temp_store = file`, `VACUUM`, `PRAGMA temp_store = memory`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
		if _, err := writer.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// erasing has SQLite overwrite what is replaced, and empties the WAL, in which former pages are.
func (sqliteEngine) erasing(ctx context.Context, writer *sql.DB, work func() error) (err error) {
	run := func(ctx context.Context, statement string) error {
		_, err := writer.ExecContext(ctx, statement)
		return err
	}
	if err := run(ctx, `PRAGMA secure_delete = on`); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run(context.WithoutCancel(ctx), `PRAGMA secure_delete = off`)) }()
	if err := work(); err != nil {
		return err
	}
	return run(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
}

// letShrink compacts a small database that can't shrink in small steps.
func (e sqliteEngine) letShrink(ctx context.Context, writer *sql.DB) error {
	info, err := os.Stat(e.path())
	if err != nil {
		return err
	}
	var mode int
	if err := writer.QueryRowContext(ctx, `SELECT auto_vacuum FROM pragma_auto_vacuum`).Scan(&mode); err != nil {
		return fmt.Errorf("open %s: %w", e.path(), err)
	}
	if mode == incremental || info.Size() > smallDatabase {
		return nil
	}
	return e.compact(ctx, writer)
}

// QuickCheck reads the whole database and returns an error if pages are damaged. It does not check the contents.
func (db *DB) QuickCheck(ctx context.Context) error {
	return db.read(ctx, "check "+db.engine.String(), func(t *sql.Tx) error { return db.engine.quickCheck(ctx, t) })
}
