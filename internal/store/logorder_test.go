package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestNoEntryIsSkipped: whoever reads the article log or the story log "after N", and goes on from the last entry that it
// got, gets every entry. Ten writers in three processes pause within their transactions, and roll back a third of them.
// Readers in each process stop between their reads.
//
// What it guards is the writer's lock. With the lock taken out by hand, writers take the same numbers and fail. With numbers of
// a sequence none fails, and a reader misses entries: TestSequencesSkip.
func TestNoEntryIsSkipped(t *testing.T) {
	dir := t.TempDir()
	dbs := []*DB{open(t, dir)}
	if dbs[0].Shared() {
		dbs = append(dbs, another(t, dir), another(t, dir))
	}
	feeds := addFeeds(t, dbs[0], 10)

	rolledBack := errors.New("rolled back")
	var stories, rollbacks atomic.Int64
	pause := func() { time.Sleep(rand.N(3 * time.Millisecond)) }
	writeOnce := func(db *DB, f news.Feed, n int) error {
		return db.write(t.Context(), "write and pause", func(ctx context.Context, t tx) error {
			c := logWriter{tx: t}
			if err := c.begin(ctx); err != nil {
				return err
			}
			pause()
			p := Poll{Feed: f}
			for i := range 1 + rand.IntN(3) { // some are new, some are revised
				p.Articles = append(p.Articles, article(fmt.Sprint(f.ID, " ", max(n-i, 0)), fmt.Sprint("item ", f.ID, n, i)))
			}
			if _, err := c.storePoll(ctx, p); err != nil {
				return err
			}
			pause()
			if err := c.appendLog(ctx); err != nil {
				return err
			}
			if c.id > 0 {
				s := Settlement{Stories: []news.Story{story(stories.Add(1), 0, 1+rand.Int64N(c.id))}} // may take the last member of another
				if err := t.settle(ctx, s); err != nil {
					return err
				}
			}
			pause()
			if rand.IntN(3) == 0 {
				rollbacks.Add(1)
				return rolledBack
			}
			return nil
		})
	}
	var writers, readers sync.WaitGroup
	written := make(chan struct{})
	for w := range 10 {
		writers.Go(func() {
			for n := range 12 {
				if err := writeOnce(dbs[w%len(dbs)], feeds[w], n); err != nil && !errors.Is(err, rolledBack) {
					t.Error(err)
				}
				pause()
			}
		})
	}

	// follow reads a log until the writers have ended and nothing is left.
	follow := func(read func(after int64) (seqs []int64, err error), seen map[int64]bool) {
		for after := int64(0); ; {
			var ended bool
			select {
			case <-written:
				ended = true
			default:
			}
			seqs, err := read(after)
			if err != nil {
				t.Error(err)
				return
			}
			for _, seq := range seqs {
				if seq <= after {
					t.Errorf("entry %d comes after entry %d", seq, after)
				}
				after, seen[seq] = seq, true
			}
			if ended && len(seqs) == 0 {
				return
			}
			time.Sleep(rand.N(5 * time.Millisecond))
		}
	}
	articles, changes := make([]map[int64]bool, len(dbs)), make([]map[int64]bool, len(dbs))
	for i, db := range dbs {
		articles[i], changes[i] = map[int64]bool{}, map[int64]bool{}
		readers.Go(func() {
			follow(func(after int64) (seqs []int64, err error) {
				all, err := db.Log(t.Context(), after, 1+rand.IntN(7))
				for _, a := range all {
					seqs = append(seqs, a.Seq)
				}
				return seqs, err
			}, articles[i])
		})
		readers.Go(func() {
			follow(func(after int64) (seqs []int64, err error) {
				all, err := db.StoryLog(t.Context(), after, 1+rand.IntN(7))
				for _, c := range all {
					seqs = append(seqs, c.Seq)
				}
				return seqs, err
			}, changes[i])
		})
	}
	writers.Wait()
	close(written)
	readers.Wait()

	for query, seen := range map[string][]map[int64]bool{`SELECT seq FROM articles`: articles, `SELECT seq FROM story_log`: changes} {
		seqs, err := rowsOf(t.Context(), dbs[0], "entries", scanID, query)
		if err != nil {
			t.Fatal(err)
		}
		if len(seqs) < 30 || rollbacks.Load() < 10 {
			t.Errorf("%s: only %d entries, and %d transactions were rolled back", query, len(seqs), rollbacks.Load())
		}
		for _, seq := range seqs {
			for i := range seen {
				if !seen[i][seq] {
					t.Errorf("%s: reader %d has missed entry %d", query, i, seq)
				}
			}
		}
	}
	check(t, dbs[0])
}

// TestSequencesSkip shows the fault that the writer's lock prevents: a transaction takes a number of a sequence, another one
// takes the next and commits first, and whoever reads in between never gets the first.
func TestSequencesSkip(t *testing.T) {
	postgresOnly(t)
	db := open(t, t.TempDir())
	ctx := t.Context()
	if _, err := db.writer.ExecContext(ctx, `CREATE TABLE sequenced (seq BIGINT GENERATED ALWAYS AS IDENTITY, entry BIGINT)`); err != nil {
		t.Fatal(err)
	}
	after := int64(0)
	read := func() (entries []int64) {
		err := db.eachRow(ctx, "entries", func(row scanner) error {
			var entry int64
			err := row.Scan(&after, &entry)
			entries = append(entries, entry)
			return err
		}, `SELECT seq, entry FROM sequenced WHERE seq > ? ORDER BY seq`, after)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	const addSQL = `INSERT INTO sequenced (entry) VALUES (?)`
	slow, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.ExecContext(ctx, addSQL, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := db.writer.ExecContext(ctx, addSQL, 2); err != nil {
		t.Fatal(err)
	}
	first := read()
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	if second := read(); fmt.Sprint(first, second) != "[2] []" {
		t.Errorf("the reader got %v and then %v; a sequence would do if it got both entries", first, second)
	}
}
