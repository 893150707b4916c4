package store

import (
	gocmp "cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// newsroom opens a store with n articles "g1", "g2" ... an hour apart, with ids from 1.
func newsroom(tb testing.TB, n int) *DB {
	tb.Helper()
	db := open(tb, tb.TempDir())
	f := addFeeds(tb, db, 1)[0]
	var articles []news.Article
	for i := range n {
		a := article(fmt.Sprint("g", i+1), fmt.Sprint("title ", i+1))
		a.Seen = day.Add(time.Duration(i) * time.Hour)
		a.Published = a.Seen
		articles = append(articles, a)
	}
	store(tb, db, poll(f, articles...))
	return db
}

// story returns a story whose origin is its first member.
func story(id, event int64, members ...int64) news.Story {
	s := news.Story{
		ID: id, Event: event, Title: fmt.Sprint("story ", id), Outlets: len(members),
		First: day, Latest: day, Changed: day,
		Origin: news.Origin{
			Outlet: news.Outlet{Name: "Wire", Domain: "wire.example", Agency: true}, URL: "https://wire.example/1", Level: news.LevelLikely,
			Confidence: 0.75, Evidence: []news.Evidence{{Kind: "dateline", Detail: "two copies begin with (Wire)", Weight: 1.5}},
		},
	}
	for i, id := range members {
		m := news.Member{Article: news.Article{ID: id}, Role: news.RoleCopy, Share: 0.5, Evidence: []news.Evidence{{Kind: "shared", Weight: 1}}}
		if i == 0 {
			m.Role, m.Share, s.Origin.Article = news.RoleOriginal, 1, id
		}
		s.Members = append(s.Members, m)
	}
	return s
}

func settle(tb testing.TB, db *DB, s Settlement) {
	tb.Helper()
	if err := db.Settle(tb.Context(), s); err != nil {
		tb.Fatal(err)
	}
	check(tb, db)
}

// outline prints stories as "id/event: members".
func outline(tb testing.TB, db *DB) map[string]string {
	tb.Helper()
	all, err := db.Stories(tb.Context(), news.StoryList{Limit: 1000})
	if err != nil {
		tb.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range all {
		var ids []int64
		for _, m := range s.Members {
			ids = append(ids, m.Article.ID)
		}
		got[fmt.Sprintf("%d/%d", s.ID, s.Event)] = fmt.Sprint(ids)
	}
	return got
}

func TestSettleStories(t *testing.T) {
	tests := []struct {
		name    string
		steps   []Settlement
		want    map[string]string
		leads   map[int64]int64 // where ids lead; 0 means nowhere
		events  int
		nextIDs [2]int64
	}{
		{
			"apart",
			[]Settlement{{Stories: []news.Story{story(1, 1, 1, 2), story(2, 1, 3)}}},
			map[string]string{"1/1": "[1 2]", "2/1": "[3]"},
			map[int64]int64{1: 1, 2: 2, 3: 0},
			1,
			[2]int64{3, 2},
		},
		{
			"grows and takes a member away",
			[]Settlement{{Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3)}}, {Stories: []news.Story{story(2, 2, 3, 2)}}, {Stories: []news.Story{story(1, 1, 1)}}},
			map[string]string{"1/1": "[1]", "2/2": "[3 2]"},
			nil, 2,
			[2]int64{3, 3},
		},
		{
			"merged",
			[]Settlement{{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}}, {Stories: []news.Story{story(1, 1, 1, 2)}, Moved: map[int64]int64{2: 1}}},
			map[string]string{"1/1": "[1 2]"},
			map[int64]int64{1: 1, 2: 1},
			1,
			[2]int64{3, 3},
		},
		{
			"merged later, one after the other",
			[]Settlement{
				{Stories: []news.Story{story(1, 1, 1), story(2, 1, 2), story(3, 1, 3)}},
				{Stories: []news.Story{story(2, 1, 2, 3)}, Moved: map[int64]int64{3: 2}},
				{Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{2: 1}},
			},
			map[string]string{"1/1": "[1 2 3]"},
			map[int64]int64{2: 1, 3: 1},
			1,
			[2]int64{4, 2},
		},
		{
			"chain in one settlement",
			[]Settlement{
				{Stories: []news.Story{story(1, 1, 1), story(2, 1, 2), story(3, 1, 3)}},
				{Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{3: 2, 2: 1}},
			},
			map[string]string{"1/1": "[1 2 3]"},
			map[int64]int64{2: 1, 3: 1},
			1,
			[2]int64{4, 2},
		},
		{
			"moved with members that nobody named",
			[]Settlement{{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}}, {Moved: map[int64]int64{2: 1}}},
			map[string]string{"1/1": "[1 2]"},
			map[int64]int64{2: 1},
			1,
			[2]int64{3, 3},
		},
		{
			"moved to a story that moved before",
			[]Settlement{
				{Stories: []news.Story{story(1, 1, 1), story(2, 1, 2), story(3, 1, 3)}},
				{Stories: []news.Story{story(1, 1, 1, 2)}, Moved: map[int64]int64{2: 1}},
				{Stories: []news.Story{story(1, 1, 1, 2, 3)}, Moved: map[int64]int64{3: 2}},
			},
			map[string]string{"1/1": "[1 2 3]"},
			map[int64]int64{2: 1, 3: 1},
			1,
			[2]int64{4, 2},
		},
		{
			"emptied without a word",
			[]Settlement{{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}}, {Stories: []news.Story{story(1, 1, 1, 2)}}},
			map[string]string{"1/1": "[1 2]"},
			map[int64]int64{2: 0},
			1,
			[2]int64{3, 3},
		},
		{
			"emptied after others had moved there",
			[]Settlement{
				{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2), story(3, 2, 3)}},
				{Stories: []news.Story{story(2, 2, 2, 3)}, Moved: map[int64]int64{3: 2}},
				{Stories: []news.Story{story(1, 1, 1, 2, 3)}},
			},
			map[string]string{"1/1": "[1 2 3]"},
			map[int64]int64{2: 0, 3: 0},
			1,
			[2]int64{4, 3},
		},
		{
			"a moved id lives again",
			[]Settlement{
				{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}},
				{Stories: []news.Story{story(1, 1, 1, 2)}, Moved: map[int64]int64{2: 1}},
				{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}},
			},
			map[string]string{"1/1": "[1]", "2/2": "[2]"},
			map[int64]int64{2: 2},
			2,
			[2]int64{3, 3},
		},
		{
			"circle and unknown target lead nowhere",
			[]Settlement{{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}}, {Moved: map[int64]int64{1: 2, 2: 1, 7: 8}}},
			map[string]string{"1/1": "[1]", "2/2": "[2]"},
			map[int64]int64{1: 1, 7: 0, 8: 0},
			2,
			[2]int64{8, 3},
		},
		{
			"event changes",
			[]Settlement{{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}}, {Stories: []news.Story{story(2, 1, 2)}}},
			map[string]string{"1/1": "[1]", "2/1": "[2]"},
			nil, 1,
			[2]int64{3, 3},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := newsroom(t, 3)
			for _, s := range tt.steps {
				settle(t, db, s)
			}
			if diff := cmp.Diff(tt.want, outline(t, db)); diff != "" {
				t.Error(diff)
			}
			for id, want := range tt.leads {
				got, err := db.Story(t.Context(), id)
				if got.ID != want || (want == 0) != errors.Is(err, news.ErrNotFound) {
					t.Errorf("story %d leads to %d (%v), want %d", id, got.ID, err, want)
				}
			}
			if s, err := db.Status(t.Context()); err != nil || s.Events != tt.events || s.Stories != len(tt.want) {
				t.Errorf("status %+v, %v; want %d events", s, err, tt.events)
			}
			st, errS := db.NextStoryID(t.Context())
			ev, errE := db.NextEventID(t.Context())
			if got := [2]int64{st, ev}; got != tt.nextIDs || errors.Join(errS, errE) != nil {
				t.Errorf("next ids %v, want %v", got, tt.nextIDs)
			}
		})
	}
}

func TestStoryKeepsEveryField(t *testing.T) {
	db := newsroom(t, 3)
	claims := []news.Claim{{Kind: news.ClaimDateline, Outlet: "Wire", Domain: "wire.example", URL: "https://wire.example", Text: "OSLO (Wire)", Start: 1, End: 12, Strength: 0.9}}
	want := story(4, 2, 2, 3, 1)
	want.First, want.Latest, want.Changed = day, day.Add(time.Hour), day.Add(2*time.Hour)
	settle(t, db, Settlement{Through: 3, Claims: map[int64][]news.Claim{3: claims}, Stories: []news.Story{want}})

	want.Members[1], want.Members[2] = want.Members[2], want.Members[1] // the origin first, then by time
	for i := range want.Members {
		a, err := db.Article(t.Context(), want.Members[i].Article.ID)
		if err != nil {
			t.Fatal(err)
		}
		a.HTML, a.Text, a.Marks = "", "", nil
		want.Members[i].Article = a
	}
	want.Members[2].Claims = claims
	got, err := db.Story(t.Context(), 4)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	of, err := db.StoriesOf(t.Context(), []int64{1, 2, 77})
	if diff := cmp.Diff(map[int64]int64{1: 4, 2: 4}, of); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// TestStoriesOfOneSettlement walks stories with the same time of change, one story at a time.
func TestStoriesOfOneSettlement(t *testing.T) {
	db := newsroom(t, 4)
	var stories []news.Story
	for i, hours := range []int{1, 3, 3, 2} {
		s := story(int64(i+1), 0, int64(i+1))
		s.Latest = day.Add(time.Duration(hours) * time.Hour)
		stories = append(stories, s)
	}
	settle(t, db, Settlement{Stories: stories})
	var got []int64
	var before news.Place
	for range stories {
		part, err := db.Stories(t.Context(), news.StoryList{Newest: true, Limit: 1, Before: before})
		if err != nil || len(part) != 1 {
			t.Fatal(part, err)
		}
		got, before = append(got, part[0].ID), news.Place{Time: part[0].Changed, ID: part[0].ID}
	}
	if diff := cmp.Diff([]int64{3, 2, 4, 1}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStoryLists(t *testing.T) {
	db := newsroom(t, 5)
	var stories []news.Story
	for i, s := range []struct {
		outlets int
		latest  time.Duration // before day
		changed time.Duration
	}{
		{1, 0, 0},               // fresh, alone
		{8, 35 * time.Hour, 1},  // just less than three half-lives old: above the first
		{8, 37 * time.Hour, 2},  // just more: below the first
		{2, 0, 3 * time.Hour},   // the top
		{9, 240 * time.Hour, 4}, // old
	} {
		st := story(int64(i+1), int64(1+i%2), int64(i+1))
		st.Outlets, st.Latest, st.Changed = s.outlets, day.Add(-s.latest), day.Add(-s.changed*time.Millisecond)
		if s.changed > 1000 {
			st.Changed = day.Add(-s.changed)
		}
		stories = append(stories, st)
	}
	settle(t, db, Settlement{Stories: stories})
	settle(t, db, Settlement{Stories: []news.Story{story(6, 0, 5)}, Moved: map[int64]int64{6: 1, 5: 2}})
	tests := []struct {
		name  string
		list  news.StoryList
		want  []int64
		count int
	}{
		{"front", news.StoryList{}, []int64{4, 2, 1, 3}, 4},
		{"page", news.StoryList{Limit: 2, Offset: 1}, []int64{2, 1}, 4},
		{"newest", news.StoryList{Newest: true}, []int64{1, 2, 3, 4}, 4},
		{"event", news.StoryList{Event: 2}, []int64{4, 2}, 2},
		{"since", news.StoryList{Since: day.Add(-time.Hour)}, []int64{2, 1, 3}, 3},
		{"ids in order, moved ones once", news.StoryList{IDs: news.Choose(3, 5, 99, 2, 6, 1)}, []int64{3, 2, 1}, 3},
		{"ids and limit", news.StoryList{IDs: news.Choose(3, 1, 2), Limit: 1, Offset: 1}, []int64{1}, 3},
		{"no ids", news.StoryList{IDs: news.Choose()}, nil, 0},
		{"no ids, of an empty list", news.StoryList{IDs: news.Choose([]int64{}...)}, nil, 0},
		{"ids and event", news.StoryList{IDs: news.Choose(1, 2, 4), Event: 2}, []int64{2, 4}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := db.Stories(t.Context(), tt.list)
			if err != nil {
				t.Fatal(err)
			}
			var ids []int64
			for _, s := range got {
				ids = append(ids, s.ID)
				if len(s.Members) == 0 {
					t.Errorf("story %d has no members", s.ID)
				}
			}
			if diff := cmp.Diff(tt.want, ids); diff != "" {
				t.Error(diff)
			}
			if n, err := db.CountStories(t.Context(), tt.list); n != tt.count || err != nil {
				t.Errorf("count %d, %v; want %d", n, err, tt.count)
			}
		})
	}
}

func TestSettleMovesTheMarkAndNeverBack(t *testing.T) {
	db := newsroom(t, 4)
	for _, step := range []struct{ through, mark int64 }{{0, 0}, {3, 3}, {0, 3}, {2, 3}, {4, 4}} {
		settle(t, db, Settlement{Through: step.through})
		mark, errM := db.Watermark(t.Context(), "settle")
		status, errS := db.Status(t.Context())
		if mark != step.mark || status.Unsettled != int(4-step.mark) || errors.Join(errM, errS) != nil {
			t.Errorf("through %d: mark %d, unsettled %d (%v, %v); want mark %d", step.through, mark, status.Unsettled, errM, errS, step.mark)
		}
	}
}

func TestSettleIsAllOrNothing(t *testing.T) {
	db := newsroom(t, 2)
	bad := Settlement{
		Through: 2, Prints: map[int64]prints.Print{1: {Words: 3}}, Stories: []news.Story{story(1, 1, 1)},
		Edges: []news.Edge{{A: 2, B: 1}},
	}
	if err := db.Settle(t.Context(), bad); err == nil {
		t.Error("an edge the wrong way round was taken")
	}
	bad.Edges, bad.Stories = nil, []news.Story{story(1, 1, 1, 99)}
	if err := db.Settle(t.Context(), bad); err == nil {
		t.Error("a member that is no article was taken")
	}
	prints, err := db.number(t.Context(), "prints", `SELECT count(*) FROM prints`)
	mark, errM := db.Watermark(t.Context(), "settle")
	if int(prints)+len(outline(t, db)) != 0 || mark != 0 || errors.Join(err, errM) != nil {
		t.Errorf("left behind: %d prints, mark %d (%v, %v)", prints, mark, err, errM)
	}
}

func TestRankFollowsOutletsTimesDecay(t *testing.T) {
	var stories []news.Story
	for _, outlets := range []int{1, 2, 3, 7, 40} {
		for _, hours := range []int{0, 1, 11, 13, 50, 300} {
			stories = append(stories, news.Story{Outlets: outlets, Latest: day.Add(-time.Duration(hours) * time.Hour)})
		}
	}
	slow := func(s news.Story) float64 { return float64(s.Outlets) * math.Exp2(-day.Sub(s.Latest).Hours()/12) }
	slices.SortFunc(stories, func(a, b news.Story) int { return gocmp.Compare(slow(b), slow(a)) })
	if !slices.IsSortedFunc(stories, func(a, b news.Story) int { return gocmp.Compare(rank(b), rank(a)) }) {
		t.Error("stored rank orders stories in another way than outlets*2^(-age/12h)")
	}
}

func TestHabits(t *testing.T) {
	db := newsroom(t, 6)
	wire, paper := news.Outlet{Name: "Wire", Domain: "wire.example"}, news.Outlet{Name: "The Paper", Domain: "paper.example"}
	closed, open, likely, alone := story(1, 1, 1, 2), story(2, 2, 3, 4), story(3, 3, 5), story(4, 4, 6)
	for _, s := range []*news.Story{&closed, &open, &alone} {
		s.Origin.Level = news.LevelOriginal
	}
	open.Latest = day.Add(time.Hour)
	closed.Members[0].Role, closed.Origin.Article = news.RoleCopy, 0 // the agency is only named, and two articles carry its text
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{closed, open, likely, alone}})
	all, err := db.Habits(t.Context(), day.Add(-time.Hour), day.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	want := []Habit{{Outlet: wire, Carried: 1}, {Outlet: paper, Carries: 1}}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all, err = db.Habits(t.Context(), day.Add(time.Minute), day.Add(time.Hour)); err != nil || len(all) > 0 {
		t.Errorf("nothing changed so late: %v, %v", all, err)
	}
	added, err := db.FeedsAdded(t.Context())
	if err != nil || len(added) != 1 || added[1].IsZero() {
		t.Errorf("feeds added: %v, %v", added, err)
	}
}
