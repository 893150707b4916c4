package store

import (
	"testing"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

// TestAccessSettings changes the settings of access, which are remembered on SQLite. Each reading after a change has what was stored, in
// every process that shares the database.
func TestAccessSettings(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	readers := []*DB{db, db.As(nil)}
	if pgtest.OnPostgreSQL() {
		other := openWith(t, t.TempDir(), options(t, dir))
		readers = append(readers, other)
	}
	for _, s := range []news.AccessSettings{{}, {ReadersEditFeeds: true}, {PublicFeeds: true}, {ReadersEditFeeds: true, PublicFeeds: true}, {}} {
		if err := db.SetAccessSettings(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for i, r := range append(readers, readers...) {
			if got, err := r.AccessSettings(t.Context()); got != s || err != nil {
				t.Errorf("reader %d: %+v, %v; want %+v", i, got, err, s)
			}
		}
	}
}
