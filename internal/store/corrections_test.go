package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

func wantCorrections(t *testing.T, db *DB, want ...news.Correction) {
	t.Helper()
	got, err := db.Corrections(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("corrections (-want +got): %v\n%s", err, diff)
	}
	check(t, db)
}

func TestCorrections(t *testing.T) {
	db := newsroom(t, 4)
	ctx := t.Context()
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3), story(3, 3, 4)}})
	wantCorrections(t, db)

	merge := news.Correction{ID: 1, Made: day, Same: []int64{1, 2, 3}, Former: map[int64]news.Grouping{1: {Story: 1, Event: 1}, 2: {Story: 1, Event: 1}, 3: {Story: 2, Event: 2}}}
	split := news.Correction{ID: 2, Made: day.Add(time.Hour), Same: []int64{2}, Apart: []int64{1, 3}, Former: map[int64]news.Grouping{1: {Story: 1, Event: 1}, 2: {Story: 1, Event: 1}, 3: {Story: 1, Event: 1}}}
	id, err := db.AddCorrection(ctx, news.Correction{Made: day, Same: []int64{3, 1, 2}}, Settlement{
		Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{2: 1},
	})
	if id != 1 || err != nil {
		t.Fatalf("correction %d, %v", id, err)
	}
	wantCorrections(t, db, merge)
	if id, err = db.AddCorrection(ctx, split, Settlement{Stories: []news.Story{story(1, 1, 1, 3), story(4, 1, 2)}}); id != 2 || err != nil {
		t.Fatalf("correction %d, %v", id, err)
	}
	wantCorrections(t, db, merge, split)
	if diff := cmp.Diff(map[string]string{"1/1": "[1 3]", "4/1": "[2]", "3/3": "[4]"}, outline(t, db)); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
	if mark, err := db.Watermark(ctx, "settle"); mark != 4 || err != nil {
		t.Errorf("mark %d, %v: a correction settles nothing of the log", mark, err)
	}

	// a number is never used again
	if err := db.RemoveCorrection(ctx, 2, Settlement{Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{4: 1}}); err != nil {
		t.Fatal(err)
	}
	wantCorrections(t, db, merge)
	if s, err := db.Story(ctx, 4); err != nil || s.ID != 1 || len(s.Members) != 3 {
		t.Errorf("story 4 leads to %d with %d members, %v", s.ID, len(s.Members), err)
	}
	if id, err = db.AddCorrection(ctx, split, Settlement{}); id != 3 || err != nil {
		t.Errorf("correction %d, %v, want 3", id, err)
	}
	origin := news.Correction{
		ID: 4, Made: day, OriginOf: 4, Origin: news.Outlet{Name: "Ledger", Domain: "ledger.example"},
		Former: map[int64]news.Grouping{4: {Story: 3, Event: 3}},
	}
	if id, err = db.AddCorrection(ctx, origin, Settlement{}); id != 4 || err != nil {
		t.Fatalf("correction %d, %v", id, err)
	}
	split.ID = 3
	split.Former[2] = news.Grouping{Story: 1, Event: 1}
	wantCorrections(t, db, merge, split, origin)
	if err := db.RemoveCorrection(ctx, 4, Settlement{}); err != nil {
		t.Fatal(err)
	}
	wantCorrections(t, db, merge, split)
}

// When an earlier merge is forgotten, a later merge of the merged story learns where its articles were before both.
func TestForgetTellsLaterMerges(t *testing.T) {
	db := newsroom(t, 3)
	ctx := t.Context()
	settle(t, db, Settlement{Through: 3, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2), story(3, 3, 3)}})
	for _, c := range []struct {
		same []int64
		s    Settlement
	}{
		{[]int64{2, 3}, Settlement{Stories: []news.Story{story(2, 2, 2, 3)}, Moved: map[int64]int64{3: 2}}},
		{[]int64{1, 2, 3}, Settlement{Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{2: 1}}},
	} {
		if _, err := db.AddCorrection(ctx, news.Correction{Made: day, Same: c.same}, c.s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.RemoveCorrection(ctx, 1, Settlement{}); err != nil {
		t.Fatal(err)
	}
	wantCorrections(t, db, news.Correction{ID: 2, Made: day, Same: []int64{1, 2, 3}, Former: map[int64]news.Grouping{1: {Story: 1, Event: 1}, 2: {Story: 2, Event: 2}, 3: {Story: 3, Event: 3}}})
}

// A correction that fails changes nothing.
func TestCorrectionsAreWholeOrNot(t *testing.T) {
	db := newsroom(t, 3)
	ctx := t.Context()
	settle(t, db, Settlement{Through: 3, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3)}})
	merged := Settlement{Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{2: 1}}
	for name, c := range map[string]news.Correction{
		"no such article": {Made: day, Same: []int64{1, 99}},
		"both sides":      {Made: day, Same: []int64{1}, Apart: []int64{1}},
	} {
		if _, err := db.AddCorrection(ctx, c, merged); err == nil {
			t.Errorf("%s: kept", name)
		}
	}
	if err := db.RemoveCorrection(ctx, 7, merged); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("forget what is not there: %v", err)
	}
	wantCorrections(t, db)
	if diff := cmp.Diff(map[string]string{"1/1": "[1 2]", "2/2": "[3]"}, outline(t, db)); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
}

func TestCorrectionsOutliveBackupAndRevision(t *testing.T) {
	db := newsroom(t, 2)
	c := news.Correction{ID: 1, Made: day, Same: []int64{1}, Apart: []int64{2}}
	if _, err := db.AddCorrection(t.Context(), c, Settlement{}); err != nil {
		t.Fatal(err)
	}
	store(t, db, poll(news.Feed{ID: 1, URL: feedURL(0)}, article("g1", "another title")))
	wantCorrections(t, db, c)
	wantCorrections(t, restored(t, backedUp(t, db), ownEngine(t)), c)
}

func TestWindowOf(t *testing.T) {
	db := newsroom(t, 6)
	prints := map[int64]prints.Print{1: {Words: 1}, 2: {Words: 2}, 3: {Words: 3}, 4: {Words: 4}, 5: {Words: 5}}
	edges := []news.Edge{{A: 1, B: 2}, {A: 1, B: 5}, {A: 2, B: 3, Story: .5}, {A: 3, B: 4}, {A: 4, B: 5}}
	settle(t, db, Settlement{
		Through: 5, Prints: prints, Edges: edges, Stories: []news.Story{story(1, 1, 1, 4), story(2, 1, 2), story(3, 2, 3), story(4, 2, 5)},
	})
	tests := map[string]struct {
		articles []int64
		want     []string // article and event
		edges    []news.Edge
	}{
		"none":                {nil, nil, nil},
		"one of two":          {[]int64{4}, []string{"1 1", "4 1"}, []news.Edge{edges[0], edges[1], edges[3], edges[4]}},
		"both of them":        {[]int64{4, 1}, []string{"1 1", "4 1"}, []news.Edge{edges[0], edges[1], edges[3], edges[4]}},
		"one of each":         {[]int64{2, 3}, []string{"2 1", "3 2"}, []news.Edge{edges[0], edges[2], edges[3]}},
		"not settled, absent": {[]int64{6, 99}, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			err := db.WindowOf(t.Context(), tt.articles, func(w WindowRow) error {
				if !cmp.Equal(w.Print, prints[w.Article.ID]) {
					t.Errorf("article %d has the print %v", w.Article.ID, w.Print)
				}
				got = append(got, fmt.Sprint(w.Article.ID, " ", w.Event))
				return nil
			})
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
			edges, err := db.EdgesOf(t.Context(), tt.articles)
			if diff := cmp.Diff(tt.edges, edges); diff != "" || err != nil {
				t.Errorf("edges (-want +got): %v\n%s", err, diff)
			}
		})
	}
}
