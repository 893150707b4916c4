package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"headwater/internal/news"
)

// epochsOf returns the epochs of the entries 0 to n.
func epochsOf(t *testing.T, db *DB, n int64) (all []string) {
	t.Helper()
	for seq := range n + 1 {
		id, err := db.Epoch(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, id)
	}
	return all
}

// TestEpochs: each process that writes begins its own epoch with the first entry that it adds.
func TestEpochs(t *testing.T) {
	sqliteOnly(t)
	dir, copied := t.TempDir(), t.TempDir()
	run := func(dir string, add int) {
		t.Helper()
		db := open(t, dir)
		f, err := db.AddFeed(t.Context(), news.Feed{URL: feedURL(1)})
		if errors.Is(err, news.ErrExists) {
			f, err = db.FeedByURL(t.Context(), feedURL(1))
		}
		if err != nil {
			t.Fatal(err)
		}
		for range add {
			seq, err := db.LastSeq(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Collect(t.Context(), []Poll{{Feed: f, Articles: []news.Article{article(fmt.Sprint(seq), fmt.Sprint("item ", seq))}}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	run(dir, 2)
	run(dir, 0) // adds nothing and begins no epoch
	run(dir, 1)
	db := open(t, dir)
	e := epochsOf(t, db, 4)
	if e[0] != "" || e[1] == "" || e[1] != e[2] || e[3] == "" || e[3] == e[1] || e[4] != "" {
		t.Errorf("epochs %q", e)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), backup, copied, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	run(dir, 1)
	run(copied, 1)
	a, b := epochsOf(t, open(t, dir), 4), epochsOf(t, open(t, copied), 4)
	if a[3] != b[3] || a[4] == "" || b[4] == "" || a[4] == b[4] {
		t.Errorf("a database has %q, its backup that was restored %q", a, b)
	}
}

// TestEpochsOfProcesses that write in turns: each begins one epoch, so that their number stays small. A process that writes
// later still begins its own.
func TestEpochsOfProcesses(t *testing.T) {
	postgresOnly(t)
	dir := t.TempDir()
	a, b := open(t, dir), another(t, dir)
	f, err := a.AddFeed(t.Context(), news.Feed{URL: feedURL(1)})
	if err != nil {
		t.Fatal(err)
	}
	for i, db := range []*DB{a, b, a, b, a, b, another(t, dir), a} {
		store(t, db, poll(f, article(fmt.Sprint(i), fmt.Sprint("item ", i))))
	}
	want := []string{"", a.epoch, b.epoch, b.epoch, b.epoch, b.epoch, b.epoch}
	got := epochsOf(t, a, 8)
	if !slices.Equal(got[:7], want) || slices.Contains(want, got[7]) || got[8] != got[7] {
		t.Errorf("epochs %q; the first two processes are %s and %s", got, a.epoch, b.epoch)
	}
}
