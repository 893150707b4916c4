package store

import (
	"errors"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// wantWindowChanges reads the log of the window and returns the mark up to which it was read.
func wantWindowChanges(t *testing.T, db *DB, after WindowMark, want WindowChanges) WindowMark {
	t.Helper()
	got, through, err := db.WindowChanges(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("changes after entry %d (-want +got):\n%s", after.Seq, diff)
	}
	return through
}

func wantForgotten(t *testing.T, db *DB, after WindowMark) {
	t.Helper()
	if c, _, err := db.WindowChanges(t.Context(), after); !errors.Is(err, ErrForgotten) {
		t.Errorf("changes after entry %d, which is gone: %+v, %v", after.Seq, c, err)
	}
}

func TestWindowLog(t *testing.T) {
	postgresOnly(t)
	db := newsroom(t, 4)
	none, err := db.WindowMark(t.Context())
	if err != nil || none != (WindowMark{}) {
		t.Fatalf("the end of an empty log: %+v, %v", none, err)
	}
	settled := func(db *DB, s Settlement) WindowMark {
		t.Helper()
		settle(t, db, s)
		at, err := db.WindowMark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	print := prints.Print{Words: 3}
	first := settled(db, Settlement{
		Through: 4, Prints: map[int64]prints.Print{1: print, 2: print, 3: print, 4: print},
		Stories: []news.Story{story(1, 1, 1), story(2, 1, 2), story(3, 1, 3, 4)}, Edges: []news.Edge{{A: 3, B: 4, Story: 1}},
	})
	wantWindowChanges(t, db, first, WindowChanges{})
	second := settled(db, Settlement{
		Prints: map[int64]prints.Print{4: print}, Stories: []news.Story{story(1, 1, 1, 2)}, Moved: map[int64]int64{2: 1},
		Edges: []news.Edge{{A: 3, B: 4, Story: 1}, {A: 1, B: 2, Story: 1}},
	})
	want := WindowChanges{Printed: []int64{4}, Compared: []int64{1, 2}, Stories: []int64{1, 2}}
	if at := wantWindowChanges(t, db, first, want); at != second {
		t.Errorf("read up to %+v, want %+v", at, second)
	}
	if err := db.CloseStories(t.Context(), []Closing{{Story: 3, Articles: []int64{3}}}); err != nil {
		t.Fatal(err)
	}
	want.Stories = append(want.Stories, 3)
	third := wantWindowChanges(t, db, first, want)
	places, err := db.WindowPlaces(t.Context(), []int64{3, 77}, []int64{2, 78})
	if err != nil {
		t.Fatal(err)
	}
	group := func(story int64) news.Grouping { return news.Grouping{Story: story, Event: 1} }
	if diff := gocmp.Diff([]WindowPlace{{1, group(1), true}, {2, group(1), true}, {3, group(3), false}, {4, group(3), false}}, places); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}

	// A leader passes its own entries, and no entry of another one.
	l := lead(t, db, takeover)
	led := db.As(l)
	settled(led, Settlement{Stories: []news.Story{story(1, 1, 1, 2)}})
	own := settled(led, Settlement{Stories: []news.Story{story(1, 1, 1, 2)}})
	passes := func(after, want WindowMark) {
		t.Helper()
		if at, err := led.OwnWindowMark(t.Context(), after); err != nil || at != want {
			t.Errorf("after entry %d a leader passes up to %+v, %v; want %+v", after.Seq, at, err, want)
		}
	}
	passes(third, own)
	passes(second, second) // another one closed stories
	settled(db, Settlement{Stories: []news.Story{story(1, 1, 1, 2)}})
	passes(third, own)
	l.Close()

	// An entry of another database, or one that is gone, is none to go on from.
	wantForgotten(t, db, WindowMark{Seq: second.Seq, tag: second.tag + 1})
	wantForgotten(t, db, WindowMark{Seq: second.Seq + 1000, tag: second.tag})
	if err := db.exec(t.Context(), "name more ids", `UPDATE window_log SET total = total + ? WHERE seq >= ?`, windowLogKept, own.Seq); err != nil {
		t.Fatal(err)
	}
	last := settled(db, Settlement{Stories: []news.Story{story(1, 1, 1, 2)}})
	wantForgotten(t, db, first)
	wantForgotten(t, db, third)
	wantWindowChanges(t, db, own, WindowChanges{Stories: []int64{1}})
	wantWindowChanges(t, db, last, WindowChanges{})
}
