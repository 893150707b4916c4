package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestFolderLists walks the list of a folder in parts. It compares the list with all stories, filtered by their members.
func TestFolderLists(t *testing.T) {
	db := open(t, t.TempDir())
	folders := []string{"Wires", "Papers", "Wires", ""}
	feeds := addFeeds(t, db, len(folders))
	for i, f := range feeds {
		if err := db.EditFeed(t.Context(), f.ID, f.Title, folders[i]); err != nil {
			t.Fatal(err)
		}
		var articles []news.Article
		for k := range 30 {
			articles = append(articles, article(fmt.Sprint("g", k), fmt.Sprint("title ", i, " ", k)))
		}
		store(t, db, poll(f, articles...))
	}
	folderOf := map[int64]string{}
	for i, f := range feeds {
		folderOf[f.ID] = folders[i]
	}
	r := rand.New(rand.NewPCG(7, 8))
	left := r.Perm(30 * len(feeds))
	for id := int64(1); len(left) > 3; id++ { // some change together, some later again
		n := 1 + r.IntN(3)
		var members []int64
		for _, a := range left[:n] {
			members = append(members, int64(a+1))
		}
		left = left[n:]
		s := story(id, 0, members...)
		s.Changed, s.Latest = day.Add(time.Duration(r.IntN(8))*time.Hour), day.Add(time.Duration(r.IntN(3))*time.Minute)
		settle(t, db, Settlement{Stories: []news.Story{s}})
	}
	all, err := db.Stories(t.Context(), news.StoryList{Newest: true, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, since := range []time.Time{{}, day.Add(3 * time.Hour)} {
		for _, folder := range []string{"Wires", "Papers", "None"} {
			var want, got []int64
			for _, s := range all {
				if !s.Changed.Before(since) && slices.ContainsFunc(s.Members, func(m news.Member) bool { return folderOf[m.Article.FeedID] == folder }) {
					want = append(want, s.ID)
				}
			}
			var before news.Place
			for {
				marks, err := db.StoryMarks(t.Context(), news.StoryList{Newest: true, Folder: folder, Since: since, Limit: 4, Before: before})
				if err != nil {
					t.Fatal(err)
				}
				if len(marks) == 0 {
					break
				}
				for _, m := range marks {
					got = append(got, m.ID)
				}
				last := marks[len(marks)-1]
				before = news.Place{Time: last.Changed, ID: last.ID}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q since %s: %v\nwant %v", folder, since, got, want)
			}
		}
	}
}

func TestMarksOfStoriesChangeWithThem(t *testing.T) {
	db := newsroom(t, 3)
	settle(t, db, Settlement{Stories: []news.Story{story(1, 0, 1, 2)}})
	mark := func() news.StoryVersion {
		t.Helper()
		all, err := db.StoryMarks(t.Context(), news.StoryList{IDs: news.Choose(1)})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	first := mark()
	settle(t, db, Settlement{Stories: []news.Story{story(1, 0, 1, 2)}})
	if mark() != first {
		t.Errorf("%+v of a story that is as before, which had %+v", mark(), first)
	}
	settle(t, db, Settlement{Stories: []news.Story{story(1, 0, 1, 2, 3)}})
	grown := mark()
	if grown.Seq == first.Seq || grown.Articles == first.Articles {
		t.Errorf("%+v of a story that grew, which had %+v", grown, first)
	}
	f, err := db.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	revised := article("g2", "title 2")
	revised.Text, revised.Hash = "another text", "another"
	store(t, db, poll(f, revised))
	if got := mark(); got.Articles == grown.Articles {
		t.Errorf("%+v after an article was revised, before it %+v", got, grown)
	}
}

// TestMarksAreKept changes cached marks and compares them with the stored ones.
func TestMarksAreKept(t *testing.T) {
	db := newsroom(t, 6)
	settle(t, db, Settlement{Stories: []news.Story{story(1, 0, 1, 2), story(2, 0, 3)}})
	if err := db.AddUser(t.Context(), news.User{Name: "anna"}, "x"); err != nil {
		t.Fatal(err)
	}
	same := func() {
		t.Helper()
		kept, err := db.Marks(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		db.marks = &markCache{}
		stored, err := db.Marks(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		for id := range int64(8) {
			if kept.Read.Has(id) != stored.Read.Has(id) || kept.Starred.Has(id) != stored.Starred.Has(id) {
				t.Errorf("article %d: kept %v and %v, stored %v and %v", id, kept.Read.Has(id), kept.Starred.Has(id), stored.Read.Has(id), stored.Starred.Has(id))
			}
		}
	}
	same()
	for _, m := range []news.Marking{
		{Articles: []int64{1, 99}, Read: true, AddLabels: []string{"", "later"}},
		{Articles: []int64{2, 3}, Unread: true},
		{Articles: []int64{4}, Read: true, DropOff: []string{""}},
		{Articles: []int64{1}, DropOff: []string{"", "later"}},
	} {
		if _, err := db.MarkItems(t.Context(), 1, m); err != nil {
			t.Fatal(err)
		}
		same()
	}
	if _, err := db.MarkAllRead(t.Context(), 1, news.ItemList{Until: day.Add(3 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	same()
	check(t, db)
}

// TestFolderListsOfOneSettlement lists stories with the same time of change. More feeds share the newest story than the
// list is long.
func TestFolderListsOfOneSettlement(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 4)
	for i, f := range feeds {
		if err := db.EditFeed(t.Context(), f.ID, f.Title, "Wires"); err != nil {
			t.Fatal(err)
		}
		store(t, db, poll(f, article(fmt.Sprint("a", i), fmt.Sprint("shared ", i)), article(fmt.Sprint("b", i), fmt.Sprint("own ", i))))
	}
	shared, settled := story(9, 0), Settlement{}
	for i := range feeds {
		both := logged(t, db, int64(2*i))[:2]
		own := story(int64(i+1), 0, both[1].ID)
		own.Latest = day.Add(time.Duration(i) * time.Minute) // the last feed has the newest story
		settled.Stories = append(settled.Stories, own)
		shared.Members = append(shared.Members, story(9, 0, both[0].ID).Members...)
	}
	shared.Latest = day.Add(time.Hour)
	for _, first := range []bool{false, true} { // without and with the story that all feeds share
		want := []int64{4, 3}
		if first {
			settled.Stories = append(settled.Stories, shared)
			want = []int64{9, 4}
		}
		settle(t, db, settled)
		marks, err := db.StoryMarks(t.Context(), news.StoryList{Newest: true, Folder: "Wires", Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, m := range marks {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("the first two of the folder are %v, want %v", got, want)
		}
	}
}
