package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

func TestWindowAndEdges(t *testing.T) {
	db := newsroom(t, 4)
	claims := map[int64][]news.Claim{2: {{Kind: news.ClaimScoop, Outlet: "Wire", Strength: 0.5, Start: 2, End: 4}}}
	fingerprints := map[int64]prints.Print{1: {Words: 1}, 2: {Words: 2, Shingles: []uint32{4, 9}, Places: []uint16{0, 3}, Body: 1 << 63}, 3: {Words: 3}}
	edges := []news.Edge{{A: 1, B: 2, Story: 0.25, Event: 0.5}, {A: 2, B: 3, Story: 0.75, Event: 1, Reasons: []news.Evidence{{Kind: "shared", Detail: "d", Weight: -1}}}}
	settle(t, db, Settlement{Through: 3, Prints: fingerprints, Claims: claims, Edges: edges, Stories: []news.Story{story(5, 6, 2)}})

	var rows []WindowRow
	since := day.Add(time.Hour)
	err := db.Window(t.Context(), since, func(w WindowRow) error {
		rows = append(rows, w)
		return nil
	})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v; want 2", len(rows), err)
	}
	a, err := db.Article(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	a.HTML, a.Text = "", ""
	if diff := cmp.Diff(WindowRow{Article: a, Print: fingerprints[2], Claims: claims[2], Story: 5, Event: 6}, rows[0]); diff != "" {
		t.Error(diff)
	}
	if rows[1].Story != 0 || rows[1].Event != 0 || rows[1].Claims != nil {
		t.Errorf("row without story: %+v", rows[1])
	}
	got, err := db.Edges(t.Context(), since)
	if diff := cmp.Diff(edges[1:], got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, tt := range []struct {
		ids  []int64
		want []news.Edge
	}{{[]int64{1, 2, 3, 4}, edges}, {[]int64{3, 2}, edges[1:]}, {[]int64{1, 3}, nil}, {[]int64{2}, nil}, {nil, nil}} {
		links, err := db.EdgesBetween(t.Context(), tt.ids)
		if diff := cmp.Diff(tt.want, links); diff != "" || err != nil {
			t.Errorf("links of %v: %v\n%s", tt.ids, err, diff)
		}
	}
	stop := errors.New("stop")
	if err := db.Window(t.Context(), day, func(WindowRow) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Window gave %v, want the callback's error", err)
	}
}

func TestSettlingARevisionReplacesItsEdgesAndClaims(t *testing.T) {
	db := newsroom(t, 3)
	print := prints.Print{Words: 1}
	settle(t, db, Settlement{
		Prints: map[int64]prints.Print{1: print, 2: print, 3: print},
		Claims: map[int64][]news.Claim{1: {{Text: "one"}}, 2: {{Text: "two"}}},
		Edges:  []news.Edge{{A: 1, B: 2}, {A: 2, B: 3}, {A: 1, B: 3, Story: 0.1}},
	})
	settle(t, db, Settlement{Prints: map[int64]prints.Print{2: print}, Edges: []news.Edge{{A: 2, B: 3, Story: 0.5}, {A: 1, B: 3, Story: 0.2}}})
	edges, err := db.Edges(t.Context(), time.Time{})
	if diff := cmp.Diff([]news.Edge{{A: 1, B: 3, Story: 0.2}, {A: 2, B: 3, Story: 0.5}}, edges); diff != "" || err != nil {
		t.Error(diff, err)
	}
	claims, err := db.Claims(t.Context(), []int64{1, 2, 3})
	if diff := cmp.Diff(map[int64][]news.Claim{1: {{Text: "one"}}}, claims); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestWindowGivesPrintsThatCannotBeRead(t *testing.T) {
	db := newsroom(t, 2)
	settle(t, db, Settlement{Through: 2, Prints: map[int64]prints.Print{1: {Words: 1}, 2: {Words: 2}}, Stories: []news.Story{story(5, 6, 2)}})
	if _, err := db.writer.ExecContext(t.Context(), `UPDATE prints SET print = ? WHERE article_id = 2`, make([]byte, 20)); err != nil {
		t.Fatal(err)
	}
	var rows []WindowRow
	err := db.Window(t.Context(), day, func(w WindowRow) error {
		rows = append(rows, w)
		return nil
	})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v; want both", len(rows), err)
	}
	if rows[0].PrintErr != nil || rows[0].Print.Words != 1 {
		t.Errorf("a print that can be read: %+v", rows[0])
	}
	if w := rows[1]; !errors.Is(w.PrintErr, prints.ErrVersion) || w.Print.Words != 0 || w.Story != 5 || w.Article.ID != 2 {
		t.Errorf("a print that cannot be read: %+v", w)
	}
}
