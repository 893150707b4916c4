package store

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

// readModel holds as sets what the store holds as rows and ranges.
type readModel struct {
	feed, seen, story map[int64]int64 // by article; seen is the minute after day
	leads             map[int64]int64 // the article that stands for a story
	removed           map[int64]bool  // feeds
	folder            map[int64]string
	read              [3]map[int64]int64 // by user: the marking that read an article
}

// unread returns the unread articles of a list.
func (m *readModel) unread(user int64, l news.ItemList) (ids []int64) {
	for id, feed := range m.feed {
		in := l.Through == 0 || id <= l.Through
		in = in && (l.Until.IsZero() || day.Add(time.Duration(m.seen[id])*time.Minute).Before(l.Until))
		for _, s := range l.In {
			switch s.Kind {
			case news.StreamAll:
				in = in && !m.removed[feed]
			case news.StreamFolder:
				in = in && !m.removed[feed] && m.folder[feed] == s.Label
			case news.StreamFeed:
				in = in && feed == s.Feed
			case news.StreamOnce:
				in = in && m.leads[m.story[id]] == id
			}
		}
		if _, read := m.read[user][id]; in && !read {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// mark reads articles, and the stories for which those of them stand that are unread. It returns how many.
func (m *readModel) mark(user int64, ids []int64, marking int64) (n int) {
	var all []int64
	for _, id := range ids {
		if _, stored := m.feed[id]; !stored {
			continue
		}
		all = append(all, id)
		if _, read := m.read[user][id]; !read && m.story[id] != 0 && m.leads[m.story[id]] == id {
			for other, story := range m.story {
				if story == m.story[id] {
					all = append(all, other)
				}
			}
		}
	}
	for _, id := range all {
		if _, read := m.read[user][id]; !read {
			m.read[user][id] = marking
			n++
		}
	}
	return n
}

// agrees compares all that tells what users have read with the model.
func (m *readModel) agrees(rt *rapid.T, t *testing.T, db *DB) {
	ctx := t.Context()
	ids := slices.Sorted(maps.Keys(m.feed))
	all, once := news.Stream{Kind: news.StreamAll}, news.Stream{Kind: news.StreamOnce}
	for user := int64(1); user <= 2; user++ {
		states, err := db.States(ctx, user, ids)
		marks, errMarks := db.Marks(ctx, user)
		if err != nil || errMarks != nil {
			rt.Fatal(err, errMarks)
		}
		for _, id := range ids {
			at, read := m.read[user][id]
			if s := states[id]; s.Read != read || read && s.ReadAt.UnixMilli() != at || marks.Read.Has(id) != read {
				rt.Fatalf("user %d, article %d: %+v, in the set %v; want %v, %d", user, id, s, marks.Read.Has(id), read, at)
			}
		}
		in := [][]news.Stream{{all}, {all, once}, {{Kind: news.StreamFolder, Label: "A"}}}
		for feed := range m.folder {
			in = append(in, []news.Stream{{Kind: news.StreamFeed, Feed: feed}, all})
		}
		for _, in := range in {
			l := news.ItemList{In: in, Out: []news.Stream{{Kind: news.StreamRead}}}
			items, err := db.Items(ctx, user, l)
			counted, errCount := db.CountItems(ctx, user, l)
			got := itemIDs(items)
			slices.Sort(got)
			if want := m.unread(user, l); err != nil || errCount != nil || !slices.Equal(got, want) || counted.Count != int64(len(want)) {
				rt.Fatalf("user %d: unread of %+v are %v, counted %d, want %v; %v, %v", user, in, got, counted.Count, want, err, errCount)
			}
		}
		m.agreesHistory(rt, t, db, user)
		total, err := db.UnreadTotal(ctx, user)
		articles, stories := m.unread(user, news.ItemList{In: in[0]}), m.unread(user, news.ItemList{In: in[1]})
		if err != nil || total.Articles != int64(len(articles)) || total.Stories != int64(len(stories)) {
			rt.Fatalf("user %d: %+v unread, want %d and %d; %v", user, total, len(articles), len(stories), err)
		}
	}
	if err := db.Check(ctx); err != nil {
		rt.Fatal(err)
	}
}

// agreesHistory compares the history, page by page, and lists of what was read from a time on.
func (m *readModel) agreesHistory(rt *rapid.T, t *testing.T, db *DB, user int64) {
	want := slices.SortedFunc(maps.Keys(m.read[user]), func(a, b int64) int {
		return news.Place{Time: time.UnixMilli(m.read[user][b]), ID: b}.Compare(news.Place{Time: time.UnixMilli(m.read[user][a]), ID: a})
	})
	for _, oldest := range []bool{false, true} {
		var got []int64
		for l := (news.ItemList{Limit: 3, Oldest: oldest}); ; {
			page, err := db.History(t.Context(), user, l)
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, itemIDs(page)...)
			if len(page) < l.Limit {
				break
			}
			l.After = page[len(page)-1].ReadPlace()
		}
		if oldest {
			slices.Reverse(got)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("user %d has read %v, want %v; the oldest first: %v", user, got, want, oldest)
		}
	}
	if len(want) == 0 {
		return
	}
	since := m.read[user][want[len(want)/2]]
	items, err := db.Items(t.Context(), user, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}, Out: []news.Stream{{Kind: news.StreamRead, Before: time.UnixMilli(since)}}})
	got := itemIDs(items)
	slices.Sort(got)
	var listed []int64
	for id, feed := range m.feed {
		if at, read := m.read[user][id]; !m.removed[feed] && (!read || at >= since) {
			listed = append(listed, id)
		}
	}
	if slices.Sort(listed); err != nil || !slices.Equal(got, listed) {
		rt.Fatalf("user %d: unread or read since %d are %v, want %v; %v", user, since, got, listed, err)
	}
}

// TestReadMarksAreSets compares random sequences of what changes marks, on rows and ranges, with sets.
func TestReadMarksAreSets(t *testing.T) {
	checkStores(t, func(rt *rapid.T, db *DB) { newReadMachine(rt, t, db).run(rt) })
}

// readMachine draws operations, and does each on the store and on the model.
type readMachine struct {
	*readModel
	t        *testing.T
	db       *DB
	feeds    []news.Feed
	markings [3][]int64
	minute   int64 // since day
	stories  int64
}

func newReadMachine(rt *rapid.T, t *testing.T, db *DB) *readMachine {
	m := &readMachine{t: t, db: db, readModel: &readModel{
		feed: map[int64]int64{}, seen: map[int64]int64{}, story: map[int64]int64{}, leads: map[int64]int64{}, removed: map[int64]bool{}, folder: map[int64]string{},
		read: [3]map[int64]int64{{}, {}, {}},
	}}
	m.feeds = addFeeds(t, db, 4)
	for i, f := range m.feeds {
		m.folder[f.ID] = []string{"A", "B"}[i%2]
		if err := db.EditFeed(t.Context(), f.ID, f.Title, m.folder[f.ID]); err != nil {
			rt.Fatal(err)
		}
	}
	for _, name := range []string{"anna", "boris"} {
		if err := db.AddUser(t.Context(), news.User{Name: name}, "x"); err != nil {
			rt.Fatal(err)
		}
	}
	return m
}

func (m *readMachine) run(rt *rapid.T) {
	m.poll(rt)
	done := 0
	rt.Repeat(map[string]func(*rapid.T){
		"": func(rt *rapid.T) {
			// A comparison costs as much as ten operations.
			if done++; done%4 == 0 {
				m.agrees(rt, m.t, m.db)
			}
		},
		"poll":    m.poll,
		"settle":  m.settle,
		"mark":    m.markOne,
		"all":     m.markAll,
		"undo":    m.undo,
		"age out": m.ageOut,
		"feed":    m.removeOrRestore,
	})
	m.agrees(rt, m.t, m.db)
}

func (m *readMachine) poll(rt *rapid.T) {
	f := rapid.SampledFrom(m.feeds).Draw(rt, "feed")
	if m.removed[f.ID] {
		return
	}
	var articles []news.Article
	for range rapid.IntRange(1, 3).Draw(rt, "articles") {
		m.minute++
		a := article(fmt.Sprint("g", m.minute), fmt.Sprint("title ", m.minute))
		// Some are seen earlier than their number says: two pollers read their clocks before they write.
		a.Seen = day.Add(time.Duration(m.minute-rapid.Int64Range(0, 2).Draw(rt, "earlier")) * time.Minute)
		a.Published = a.Seen
		articles = append(articles, a)
	}
	before, err := m.db.LastArticle(m.t.Context())
	if err != nil {
		rt.Fatal(err)
	}
	if _, err := m.db.Collect(m.t.Context(), []Poll{poll(f, articles...)}); err != nil {
		rt.Fatal(err)
	}
	items, err := m.db.Items(m.t.Context(), 1, news.ItemList{In: []news.Stream{{Kind: news.StreamFeed, Feed: f.ID}}})
	if err != nil {
		rt.Fatal(err)
	}
	for _, it := range items {
		if it.ID > before {
			m.feed[it.ID], m.seen[it.ID] = f.ID, int64(it.Seen.Sub(day)/time.Minute)
		}
	}
}

// settle makes a story of some articles, which leave the stories that they were in.
func (m *readMachine) settle(rt *rapid.T) {
	ids := slices.Sorted(maps.Keys(m.feed))
	if len(ids) == 0 {
		return
	}
	members := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, min(4, len(ids)), rapid.ID).Draw(rt, "members")
	touched := map[int64]bool{}
	for _, id := range members {
		if m.story[id] != 0 {
			touched[m.story[id]] = true
		}
	}
	m.stories++
	story1 := m.stories
	for _, id := range members {
		m.story[id] = story1
	}
	m.leads[story1] = members[0]
	all := []news.Story{story(story1, story1, members...)}
	for s := range touched {
		var left []int64
		for _, id := range ids {
			if m.story[id] == s {
				left = append(left, id)
			}
		}
		if len(left) > 0 {
			slices.Reverse(left)
			m.leads[s] = left[0]
			all = append(all, story(s, s, left...))
			delete(touched, s)
		}
	}
	var moved map[int64]int64
	for s := range touched {
		if moved == nil {
			moved = map[int64]int64{}
		}
		moved[s] = story1
		delete(m.leads, s)
	}
	if err := m.db.Settle(m.t.Context(), Settlement{Stories: all, Moved: moved}); err != nil {
		rt.Fatal(err)
	}
}

func (m *readMachine) user(rt *rapid.T) int64 { return rapid.Int64Range(1, 2).Draw(rt, "user") }

func (m *readMachine) markOne(rt *rapid.T) {
	user := m.user(rt)
	ids := slices.Sorted(maps.Keys(m.feed))
	if len(ids) == 0 {
		return
	}
	ids = rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, min(3, len(ids)), rapid.ID).Draw(rt, "ids")
	read := rapid.Bool().Draw(rt, "read")
	done, err := m.db.MarkItems(m.t.Context(), user, news.Marking{Articles: ids, Read: read, Unread: !read})
	if err != nil {
		rt.Fatal(err)
	}
	if read {
		m.took(rt, user, ids, done)
		return
	}
	n := len(m.read[user])
	for _, id := range ids {
		delete(m.read[user], id)
	}
	if n -= len(m.read[user]); n != len(done.Unread) {
		rt.Fatalf("%v were marked as unread, want %d", done.Unread, n)
	}
}

// took applies a marking to the model.
func (m *readMachine) took(rt *rapid.T, user int64, ids []int64, done news.Marked) {
	if n := m.mark(user, ids, done.Marking); int64(n) != done.CountRead() || (n == 0) != (done.Marking == 0) {
		rt.Fatalf("%+v were marked, want %d", done, n)
	}
	if done.Marking != 0 {
		m.markings[user] = append(m.markings[user], done.Marking)
	}
}

func (m *readMachine) markAll(rt *rapid.T) {
	user := m.user(rt)
	f := rapid.SampledFrom(m.feeds).Draw(rt, "feed")
	l := news.ItemList{In: rapid.SampledFrom([][]news.Stream{
		{{Kind: news.StreamAll}},
		{{Kind: news.StreamAll}, {Kind: news.StreamOnce}},
		{{Kind: news.StreamFeed, Feed: f.ID}},
		{{Kind: news.StreamFolder, Label: "A"}},
		{{Kind: news.StreamAll}, {Kind: news.StreamFolder, Label: "B"}},
	}).Draw(rt, "list")}
	last, err := m.db.LastArticle(m.t.Context())
	if err != nil {
		rt.Fatal(err)
	}
	switch rapid.IntRange(0, 3).Draw(rt, "bounds") {
	case 0:
		l.Through = rapid.Int64Range(1, max(1, last)).Draw(rt, "through")
	case 1:
		l.Until = day.Add(time.Duration(rapid.Int64Range(max(0, m.minute-5), m.minute+1).Draw(rt, "until")) * time.Minute)
	}
	want := m.unread(user, l)
	done, err := m.db.MarkAllRead(m.t.Context(), user, l)
	if err != nil {
		rt.Fatal(err)
	}
	m.took(rt, user, want, done)
}

func (m *readMachine) undo(rt *rapid.T) {
	user := m.user(rt)
	if len(m.markings[user]) == 0 {
		return
	}
	marking := rapid.SampledFrom(m.markings[user]).Draw(rt, "marking")
	var want []int64
	for id, at := range m.read[user] {
		if at == marking {
			want = append(want, id)
			delete(m.read[user], id)
		}
	}
	undone, err := m.db.UndoRead(m.t.Context(), user, marking)
	slices.Sort(undone.Unread)
	if slices.Sort(want); err != nil || !slices.Equal(undone.Unread, want) {
		rt.Fatalf("the undo of %d gave back %v, want %v; %v", marking, undone.Unread, want, err)
	}
}

// ageOut ages out the stories that are oldest.
func (m *readMachine) ageOut(rt *rapid.T) {
	ctx := m.t.Context()
	if err := m.db.exec(ctx, "close stories", `DELETE FROM prints`); err != nil {
		rt.Fatal(err)
	}
	if err := m.db.exec(ctx, "close stories", `UPDATE stories SET phase = 2 WHERE phase = 0`); err != nil {
		rt.Fatal(err)
	}
	out, err := m.db.AgeOut(ctx, day.Add(time.Hour*1000), day.Add(time.Hour*2000), rapid.IntRange(1, 3).Draw(rt, "articles"))
	if err != nil {
		rt.Fatal(err)
	}
	for _, id := range out.Articles {
		for user := range m.read {
			delete(m.read[user], id)
		}
		delete(m.feed, id)
		delete(m.story, id)
	}
	for s, lead := range m.leads { // of what is left of a story another article stands for it
		if _, stored := m.feed[lead]; stored {
			continue
		}
		delete(m.leads, s)
		for _, id := range slices.Sorted(maps.Keys(m.story)) {
			if old, ok := m.leads[s]; m.story[id] == s && (!ok || m.seen[id] < m.seen[old]) {
				m.leads[s] = id
			}
		}
	}
}

func (m *readMachine) removeOrRestore(rt *rapid.T) {
	f := rapid.SampledFrom(m.feeds).Draw(rt, "feed")
	var err error
	if m.removed[f.ID] {
		_, err = m.db.RestoreFeeds(m.t.Context(), []int64{f.ID})
	} else {
		_, err = m.db.RemoveFeeds(m.t.Context(), []int64{f.ID})
	}
	if err != nil {
		rt.Fatal(err)
	}
	m.removed[f.ID] = !m.removed[f.ID]
}
