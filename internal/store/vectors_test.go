package store

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func put(t *testing.T, db *DB, model string, vectors ...Vector) {
	t.Helper()
	if err := db.PutVectors(t.Context(), model, vectors); err != nil {
		t.Fatal(err)
	}
	check(t, db)
}

func wantVectors(t *testing.T, db *DB, model string, want map[int64][]float32) {
	t.Helper()
	got, err := db.Vectors(t.Context(), model, []int64{1, 2, 3, 99})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vectors of %s (-want +got):\n%s", model, diff)
	}
}

// An article's hash is "title" and its number: see newsroom and article.
func TestVectors(t *testing.T) {
	db := newsroom(t, 3)
	one, two := []float32{.6, -.8}, []float32{math.SmallestNonzeroFloat32, 1, 0}
	wantVectors(t, db, "m", map[int64][]float32{})
	put(t, db, "m", Vector{1, "title 1", one}, Vector{2, "title 2", two}, Vector{99, "of nothing stored", one})
	wantVectors(t, db, "m", map[int64][]float32{1: one, 2: two})
	wantVectors(t, db, "another", map[int64][]float32{})
	put(t, db, "another", Vector{2, "title 2", one})
	wantVectors(t, db, "m", map[int64][]float32{1: one})
	wantVectors(t, db, "another", map[int64][]float32{2: one})
}

func TestVectorsOfARevisedArticle(t *testing.T) {
	db := newsroom(t, 2)
	put(t, db, "m", Vector{1, "title 1", []float32{1}}, Vector{2, "title 2", []float32{1}})
	f, err := db.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	store(t, db, poll(f, article("g1", "title anew")))
	wantVectors(t, db, "m", map[int64][]float32{2: {1}})
	put(t, db, "m", Vector{1, "title 1", []float32{.5}}) // from the older text, stored late
	wantVectors(t, db, "m", map[int64][]float32{2: {1}})
	put(t, db, "m", Vector{1, "title anew", []float32{.5}})
	wantVectors(t, db, "m", map[int64][]float32{1: {.5}, 2: {1}})
}

func TestVectorsOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	store(t, db, poll(addFeeds(t, db, 1)[0], article("g1", "title 1")))
	put(t, db, "m", Vector{1, "title 1", []float32{.25, -.75}})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wantVectors(t, open(t, dir), "m", map[int64][]float32{1: {.25, -.75}})
}

func TestVectorsGoWithTheirArticles(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	f := addFeeds(t, db, 1)[0]
	store(t, db, poll(f, article("g1", "title 1"), article("g2", "title 2")))
	put(t, db, "m", Vector{1, "title 1", []float32{1}}, Vector{2, "title 2", []float32{1}})
	for _, statement := range []string{
		`DELETE FROM bodies WHERE article_id = 1`, `DELETE FROM articles WHERE id = 1`,
		`UPDATE feeds SET articles = 1`,
	} {
		execute(t, dir, statement)
	}
	check(t, db)
	n, err := db.number(t.Context(), "vectors", `SELECT count(*) FROM vectors`)
	if err != nil || n != 1 {
		t.Errorf("%d vectors, %v; want that of the other article", n, err)
	}
}

// A damaged vector counts as missing.
func TestDamagedVectors(t *testing.T) {
	for _, blob := range []string{`x''`, `x'0000803f00'`, `x'0000c07f'`, `x'0000807f'`} {
		dir := t.TempDir()
		db := open(t, dir)
		store(t, db, poll(addFeeds(t, db, 1)[0], article("g1", "title 1")))
		put(t, db, "m", Vector{1, "title 1", []float32{1}})
		execute(t, dir, `UPDATE vectors SET vector = `+blob)
		wantVectors(t, db, "m", map[int64][]float32{})
		put(t, db, "m", Vector{1, "title 1", []float32{1}})
		wantVectors(t, db, "m", map[int64][]float32{1: {1}})
	}
}

func TestVectorsAreBackedUp(t *testing.T) {
	db := newsroom(t, 1)
	put(t, db, "m", Vector{1, "title 1", []float32{1}})
	wantVectors(t, restored(t, backedUp(t, db), ownEngine(t)), "m", map[int64][]float32{1: {1}})
}
