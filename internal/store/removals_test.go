package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestRemovals reads the log of removals in parts, from several positions. Its entries go after a week.
func TestRemovals(t *testing.T) {
	db := newsroom(t, 6)
	for i := range int64(6) {
		closed(t, db, story(i+1, 0, i+1))
	}
	age := func(now time.Time) {
		t.Helper()
		rung := db.Changed(AreaRemovals)
		out, err := db.AgeOut(t.Context(), day.Add(time.Hour), now, 2)
		if err != nil || len(out.Articles) != 2 {
			t.Fatalf("%+v was aged out, %v", out, err)
		}
		rings(t, "aging out", rung)
	}
	age(day)
	age(day.Add(removalsKept - time.Hour))
	for _, tt := range []struct {
		after   int64
		limit   int
		want    []int64
		through int64
		err     error
	}{
		{0, 10, []int64{1, 2, 3, 4}, 4, nil},
		{0, 3, []int64{1, 2, 3}, 3, nil},
		{3, 3, []int64{4}, 4, nil},
		{4, 3, nil, 4, nil},
		{5, 3, nil, 5, ErrForgotten}, // the database was another by then
	} {
		got, through, err := db.Removals(t.Context(), tt.after, tt.limit)
		if !slices.Equal(got, tt.want) || through != tt.through || !errors.Is(err, tt.err) {
			t.Errorf("after %d: %v up to %d, %v; want %+v", tt.after, got, through, err, tt)
		}
	}
	age(day.Add(removalsKept + time.Hour)) // a week after the first step
	if _, _, err := db.Removals(t.Context(), 1, 10); !errors.Is(err, ErrForgotten) {
		t.Errorf("entries after the first, which are gone: %v", err)
	}
	if got, through, err := db.Removals(t.Context(), 2, 10); !slices.Equal(got, []int64{3, 4, 5, 6}) || through != 6 || err != nil {
		t.Errorf("entries after the second: %v up to %d, %v", got, through, err)
	}
	if err := db.RemovalsRead(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	want := error(nil)
	if !db.Shared() {
		want = ErrForgotten // the one index there is has read them
	}
	if _, _, err := db.Removals(t.Context(), 4, 10); !errors.Is(err, want) {
		t.Errorf("what the index of this process has read: %v, want %v", err, want)
	}
	if last, err := db.LastRemoval(t.Context()); last != 6 || err != nil {
		t.Errorf("the end is %d, %v", last, err)
	}
	check(t, db)
}

// TestMarksOfAnotherProcess: cached marks are those of the database, whichever process changed them.
func TestMarksOfAnotherProcess(t *testing.T) {
	postgresOnly(t)
	dir := t.TempDir()
	a, b := open(t, dir), another(t, dir)
	f, err := a.AddFeed(t.Context(), news.Feed{URL: feedURL(1)})
	if err != nil {
		t.Fatal(err)
	}
	store(t, a, poll(f, article("1", "one"), article("2", "two"), article("3", "three")))
	if err := a.AddUser(t.Context(), news.User{Name: "anna"}, "x"); err != nil {
		t.Fatal(err)
	}
	marked := map[int64]bool{}
	for i := range 30 {
		writer, id := []*DB{a, b}[i/2%2], int64(i%3)+1
		if marked[id] = !marked[id]; marked[id] {
			_, err = writer.MarkItems(t.Context(), 1, news.Marking{Articles: []int64{id}, Read: true})
		} else {
			_, err = writer.MarkItems(t.Context(), 1, news.Marking{Articles: []int64{id}, Unread: true})
		}
		if err != nil {
			t.Fatal(err)
		}
		for name, db := range map[string]*DB{"a": a, "b": b} {
			m, err := db.Marks(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			for article := int64(1); article <= 3; article++ {
				if m.Read.Has(article) != marked[article] {
					t.Fatalf("step %d: process %s knows article %d as read: %v", i, name, article, m.Read.Has(article))
				}
			}
		}
	}
}
