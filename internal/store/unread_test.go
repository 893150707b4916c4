package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
)

// reading is a store with a user, 1: some feeds in two folders with articles of the same and other times, of which two each are a story.
func reading(tb testing.TB, feeds, each int) *DB {
	tb.Helper()
	db := open(tb, tb.TempDir())
	n := 0
	var stories []news.Story
	for i, f := range addFeeds(tb, db, feeds) {
		if err := db.EditFeed(tb.Context(), f.ID, f.Title, []string{"Wires", "Papers"}[i%2]); err != nil {
			tb.Fatal(err)
		}
		var articles []news.Article
		for j := range each {
			a := article(fmt.Sprint("g", i, "-", j), fmt.Sprint("title ", i, " ", j))
			a.Seen = day.Add(time.Duration(j) * time.Hour)
			a.Published = a.Seen
			articles = append(articles, a)
			if n++; n%2 == 0 {
				stories = append(stories, story(int64(n), int64(n-1), int64(n-1), int64(n)))
			}
		}
		store(tb, db, poll(f, articles...))
	}
	settle(tb, db, Settlement{Stories: stories})
	if err := db.AddUser(tb.Context(), news.User{Name: "anna"}, "x"); err != nil {
		tb.Fatal(err)
	}
	return db
}

func itemIDs(items []news.Item) (ids []int64) {
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	return ids
}

// TestUnreadLists compares lists of unread items with the same lists found by walking all articles, with few and with many feeds,
// page by page.
func TestUnreadLists(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, feeds := range []int{3, mergedFeeds + 2} {
		db := reading(t, feeds, 6)
		ctx := t.Context()
		var since time.Time
		for round := range 4 {
			var ids []int64
			for id := range int64(feeds * 6) {
				if random.IntN(3) == 0 || round == 3 && id > 5 { // at last only few feeds have anything unread
					ids = append(ids, id+1)
				}
			}
			m := news.Marking{Articles: ids, Read: round != 1, Unread: round == 1}
			if round == 2 { // what a removed feed has brought counts no more
				if _, err := db.RemoveFeeds(ctx, []int64{1}); err != nil {
					t.Fatal(err)
				}
				since = time.UnixMilli(lastMarking(t, db) + 1)
			}
			if _, err := db.MarkItems(ctx, 1, m); err != nil {
				t.Fatal(err)
			}
			for _, in := range [][]news.Stream{
				{{Kind: news.StreamAll}},
				{{Kind: news.StreamAll}, {Kind: news.StreamOnce}},
				{{Kind: news.StreamFolder, Label: "Papers"}, {Kind: news.StreamOnce}},
				{{Kind: news.StreamFeed, Feed: 2}},
			} {
				for _, oldest := range []bool{false, true} {
					for _, before := range []time.Time{{}, since} {
						l := news.ItemList{In: in, Out: []news.Stream{{Kind: news.StreamRead, Before: before}}, Oldest: oldest}
						query, args, err := itemQuery(1, l, itemsSQL, filter{})
						if err != nil {
							t.Fatal(err)
						}
						want, err := rowsOf(ctx, db, "items", scanItem, query, args...)
						if err != nil {
							t.Fatal(err)
						}
						var got []news.Item
						for l.Limit = 7; ; {
							page, err := db.Items(ctx, 1, l)
							if err != nil {
								t.Fatal(err)
							}
							got = append(got, page...)
							if len(page) < l.Limit {
								break
							}
							l.After = page[len(page)-1].Place()
						}
						if !slices.Equal(itemIDs(got), itemIDs(want)) {
							t.Fatalf("%d feeds, round %d, %+v, oldest first %v, read since %v: %v, want %v", feeds, round, in, oldest, before, itemIDs(got), itemIDs(want))
						}
					}
				}
			}
			total, err := db.UnreadTotal(ctx, 1)
			all, errAll := db.Items(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}, Out: []news.Stream{{Kind: news.StreamRead}}})
			once, errOnce := db.Items(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}, {Kind: news.StreamOnce}}, Out: []news.Stream{{Kind: news.StreamRead}}})
			if err != nil || errAll != nil || errOnce != nil || total.Articles != int64(len(all)) || total.Stories != int64(len(once)) {
				t.Errorf("%+v unread, listed are %d and %d; %v, %v, %v", total, len(all), len(once), err, errAll, errOnce)
			}
			counted, err := db.CountItems(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamOnce}, {Kind: news.StreamAll}}, Out: []news.Stream{{Kind: news.StreamRead}}})
			if err != nil || counted.Count != total.Stories {
				t.Errorf("%d unread stories are counted, %d in the total; %v", counted.Count, total.Stories, err)
			}
		}
		check(t, db)
	}
}

func lastMarking(t *testing.T, db *DB) int64 {
	t.Helper()
	last, err := db.number(t.Context(), "marking", `SELECT max(max(at), coalesce((SELECT max(at) FROM read_ranges), 0)) FROM read_marks`)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// TestUndo takes markings back that other programs of the user have changed since then.
func TestUndo(t *testing.T) {
	db := reading(t, 2, 4) // stories of the articles 1 and 2, 3 and 4, 5 and 6, 7 and 8; the first of each stands for it
	ctx := t.Context()
	read := func() []int64 {
		t.Helper()
		items, err := db.History(ctx, 1, news.ItemList{})
		if err != nil {
			t.Fatal(err)
		}
		ids := itemIDs(items)
		slices.Sort(ids)
		return ids
	}
	mark := func(m news.Marking) news.Marked {
		t.Helper()
		done, err := db.MarkItems(ctx, 1, m)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	one := mark(news.Marking{Articles: []int64{1}, Read: true})
	if again := mark(news.Marking{Articles: []int64{1}, Read: true}); again.Marking != 0 || !again.None() {
		t.Errorf("marked twice: %+v", again)
	}
	all, err := db.MarkAllRead(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}})
	if err != nil || all.CountRead() != 6 || len(one.Read) != 2 || all.Marking <= one.Marking {
		t.Fatalf("marked %+v and then %+v, %v", one, all, err)
	}
	mark(news.Marking{Articles: []int64{5}, Unread: true})
	later := mark(news.Marking{Articles: []int64{5}, Read: true}) // by another program
	undone, err := db.UndoRead(ctx, 1, all.Marking)
	if err != nil || len(undone.Unread) != 5 || !slices.Equal(read(), []int64{1, 2, 5}) {
		t.Errorf("took back %+v, %v; read are %v", undone, err, read())
	}
	marks, err := db.Marks(ctx, 1)
	if err != nil || !marks.Read.Has(1) || marks.Read.Has(7) || !marks.Read.Has(5) {
		t.Errorf("the marks that are cached are not those that are stored, %v", err)
	}
	for _, marking := range []int64{all.Marking, 0, -1, later.Marking + 1000} {
		if undone, err := db.UndoRead(ctx, 1, marking); err != nil || !undone.None() {
			t.Errorf("undo of %d took back %+v, %v", marking, undone, err)
		}
	}
	if undone, err := db.UndoRead(ctx, 2, one.Marking); err != nil || !undone.None() {
		t.Errorf("another user took back %+v, %v", undone, err)
	}
	// A part of a list: what stands above and below an item.
	items, err := db.Items(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}, Oldest: true})
	if err != nil {
		t.Fatal(err)
	}
	fifth := items[4].Place()
	below, err := db.MarkAllRead(ctx, 1, news.ItemList{In: []news.Stream{{Kind: news.StreamFeed, Feed: 2}}, After: fifth, Until: day.Add(2 * time.Hour)})
	if err != nil || !slices.Equal(below.Read, []int64{6}) {
		t.Errorf("marked %v before %v, %v", below.Read, fifth, err)
	}
	check(t, db)
}

// TestHistory lists what was read in the order in which it was read, page by page, with marks that have no time.
func TestHistory(t *testing.T) {
	db := reading(t, 2, 4)
	ctx := t.Context()
	for _, id := range []int64{4, 8, 1} { // 1 with its copy 2
		if _, err := db.MarkItems(ctx, 1, news.Marking{Articles: []int64{id}, Read: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.exec(ctx, "marks of before", `INSERT INTO read_marks (user_id, article_id) SELECT 1, id FROM articles WHERE id IN (6, 7)`); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		list news.ItemList
		want []int64
	}{
		{news.ItemList{}, []int64{2, 1, 8, 4, 7, 6}},
		{news.ItemList{Oldest: true}, []int64{6, 7, 4, 8, 1, 2}},
		{news.ItemList{In: []news.Stream{{Kind: news.StreamOnce}}}, []int64{1, 7}},
		{news.ItemList{In: []news.Stream{{Kind: news.StreamFolder, Label: "Papers"}}}, []int64{8, 7, 6}},
	} {
		tt.list.Limit = 1
		var got []int64
		for {
			page, err := db.History(ctx, 1, tt.list)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, itemIDs(page)...); len(page) == 0 {
				break
			}
			if tt.list.After, err = news.ParsePlace(page[0].ReadPlace().String()); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.list, got, tt.want)
		}
	}
}

func TestMoveLabel(t *testing.T) {
	db := reading(t, 2, 4)
	ctx := t.Context()
	for _, m := range []news.Marking{{Articles: []int64{1, 2}, AddLabels: []string{"", "Later"}}, {Articles: []int64{2, 3}, AddLabels: []string{"Wires", "Zoë"}}} {
		if _, err := db.MarkItems(ctx, 1, m); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ name, to, want string }{
		{"", "x", "[{ 2} {Later 2} {Wires 2} {Zoë 2}]"},
		{"Later", "Wires", "[{ 2} {Wires 3} {Zoë 2}]"},
		{"Zoë", "", "[{ 2} {Wires 3} {Zoë 2}]"},
		{"Zoë", "Wires", "[{ 2} {Wires 3}]"},
		{"Wires", "Wires", "[{ 2} {Wires 3}]"},
	} {
		if err := db.MoveLabel(ctx, 1, tt.name, tt.to); err != nil {
			t.Errorf("%q to %q: %v", tt.name, tt.to, err)
		}
		counts, err := db.LabelCounts(ctx, 1)
		if got := fmt.Sprint(counts); err != nil || got != tt.want {
			t.Errorf("%q to %q: %s, %v; want %s", tt.name, tt.to, got, err, tt.want)
		}
	}
	if err := db.MoveLabel(ctx, 1, "Zoë", "x"); err == nil {
		t.Error("a label that nothing has was renamed")
	}
	names, err := db.Labels(ctx, 1)
	if f, errFeed := db.Feed(ctx, 1); err != nil || errFeed != nil || f.Folder != "Wires" || !slices.Equal(names, []string{"Wires"}) {
		t.Errorf("labels %v, folder %q; %v, %v", names, f.Folder, err, errFeed)
	}
}

// TestRemoveLabel removes a label, and takes that back: once, by its user, and with what was labelled anew meanwhile.
func TestRemoveLabel(t *testing.T) {
	db := reading(t, 1, 4)
	ctx := t.Context()
	if err := db.AddUser(ctx, news.User{Name: "boris"}, "x"); err != nil {
		t.Fatal(err)
	}
	label := func(user int64, name string, articles ...int64) {
		t.Helper()
		if _, err := db.MarkItems(ctx, user, news.Marking{Articles: articles, AddLabels: []string{name}}); err != nil {
			t.Fatal(err)
		}
	}
	has := func(user int64, want string) {
		t.Helper()
		if counts, err := db.LabelCounts(ctx, user); err != nil || fmt.Sprint(counts) != want {
			t.Errorf("user %d has %v, %v; want %s", user, counts, err, want)
		}
	}
	remove := func(name string) int64 {
		t.Helper()
		removal, err := db.RemoveLabel(ctx, 1, name)
		if err != nil {
			t.Fatalf("remove %q: %v", name, err)
		}
		return removal
	}
	label(1, "Later", 1, 2)
	label(1, "Zoë", 2, 3)
	label(2, "Later", 1, 4)
	later, zoe := remove("Later"), remove("Zoë")
	has(1, "[]")
	has(2, "[{Later 2}]")
	label(1, "Later", 2, 4)
	for _, wrong := range []struct{ user, removal int64 }{{2, later}, {1, later - 1}, {1, 0}} {
		if err := db.RestoreLabel(ctx, wrong.user, wrong.removal); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("user %d restores %d of user 1 at %d: %v", wrong.user, wrong.removal, later, err)
		}
	}
	if err := db.RestoreLabel(ctx, 1, later); err != nil {
		t.Error(err)
	}
	has(1, "[{Later 3}]")
	if err := db.RestoreLabel(ctx, 1, later); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("restored twice: %v", err)
	}
	if err := db.RestoreLabel(ctx, 1, zoe); err != nil {
		t.Error(err)
	}
	has(1, "[{Later 3} {Zoë 2}]")
	for _, none := range []string{"", "Nothing"} {
		if _, err := db.RemoveLabel(ctx, 1, none); !errors.Is(err, news.ErrNotFound) {
			t.Errorf("the label %q, which nothing has, was removed: %v", none, err)
		}
	}
}

func TestVisit(t *testing.T) {
	db := reading(t, 1, 1)
	for _, tt := range []struct{ at, want time.Duration }{
		{0, -1},
		{20 * time.Minute, -1},
		{45 * time.Minute, -1},
		{2 * time.Hour, 45 * time.Minute},
		{2*time.Hour + 30*time.Second, 45 * time.Minute},
		{time.Hour, 45 * time.Minute},
		{26 * time.Hour, time.Hour},
	} {
		want := time.Time{}
		if tt.want >= 0 {
			want = day.Add(tt.want)
		}
		if got, err := db.Visit(t.Context(), 1, day.Add(tt.at), 30*time.Minute); err != nil || !got.Equal(want) {
			t.Errorf("at %v the visit before ended at %v, %v; want %v", tt.at, got, err, want)
		}
	}
}
