package query_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
)

// TestBuilding: until the index has what was stored before it was opened, searches fail and say how far it is. What needs
// no search is answered meanwhile.
func TestBuilding(t *testing.T) {
	l := openStored(t)
	ctx, cancel := context.WithCancel(t.Context())
	topic := news.Topic{Query: "gymnasium"}
	searches := map[string]func() error{
		"Search": func() error {
			_, err := l.Search(t.Context(), search.Request{Query: topic.Query})
			return err
		},
		"TopicStories": func() error {
			_, _, err := l.TopicStories(t.Context(), topic, 1, 0)
			return err
		},
		"TopicStoryIDs": func() error {
			_, err := l.TopicStoryIDs(t.Context(), topic)
			return err
		},
		"Edition": func() error {
			_, err := l.Edition(t.Context(), news.EditionQuery{Topic: topic})
			return err
		},
	}
	check := func(indexed, missing int) {
		t.Helper()
		for name, ask := range searches {
			var building *search.BuildingError
			switch err := ask(); {
			case missing == 0 && err != nil:
				t.Errorf("%s on a whole index: %v", name, err)
			case missing > 0 && (!errors.As(err, &building) || *building != search.BuildingError{Indexed: indexed, Missing: missing}):
				t.Errorf("%s: %v, want %d indexed and %d missing", name, err, indexed, missing)
			}
		}
		if l.index.Building() != (missing > 0) {
			t.Errorf("building is %v with %d missing", l.index.Building(), missing)
		}
		if e, err := l.Edition(t.Context(), news.EditionQuery{}); err != nil || len(e.Stories) != 3 {
			t.Errorf("the feed of all stories has %d, %v", len(e.Stories), err)
		}
	}
	check(0, 6)
	n, err := l.index.CatchUp(ctx, func(int, int) { cancel() })
	if n != 2 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d indexed, %v; want a batch of 2 and context.Canceled", n, err)
	}
	check(2, 4)
	done, total := 0, 0
	n, err = l.index.CatchUp(t.Context(), func(d, of int) { done, total = d, of })
	if n != 4 || err != nil || done != 4 || total != 4 {
		t.Errorf("%d indexed, %d of %d told, %v; want 4", n, done, total, err)
	}
	check(6, 0)
	mark, err := l.index.Mark()
	must(t, err)
	if last, err := l.store.LastSeq(t.Context()); err != nil || mark != last {
		t.Errorf("the watermark is %d, want %d (%v)", mark, last, err)
	}
	if n, err := l.index.CatchUp(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("%d indexed again, %v", n, err)
	}
}

// wantFound checks how many articles a query finds.
func (l *library) wantFound(t *testing.T, what, query string, want int) {
	t.Helper()
	found, err := l.Search(t.Context(), search.Request{Query: query})
	if err != nil || found.Total != want || len(found.Articles) != want {
		t.Errorf("%s: %s finds %d of %d, %v; want %d", what, query, len(found.Articles), found.Total, err, want)
	}
}

// TestRebuild replaces the index only by a whole one, and pauses matching while it does.
func TestRebuild(t *testing.T) {
	l := openLibrary(t)
	broken := errors.New("no room")
	for _, tt := range []struct {
		name string
		fail bool // the new index cannot be made
		stop bool // the context ends in the middle
		n    int
		err  error
	}{
		{"no new index", true, false, 0, broken},
		{"cancelled", false, true, 2, context.Canceled},
		{"whole", false, false, 6, nil},
		{"and again", false, false, 6, nil},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		open := func(ctx context.Context) (*search.Index, error) {
			if tt.fail {
				return nil, broken
			}
			return search.NewRebuild(ctx, l.dir, search.Options{Log: l.store})
		}
		paused, resumed := 0, 0
		pause := func() func() {
			paused++
			l.wantFound(t, tt.name+", while paused", "gymnasium", 3)
			return func() { resumed++ }
		}
		n, err := l.index.Rebuild(ctx, open, func(context.Context) (func(), error) { return pause(), nil }, func(int, int) {
			if tt.stop {
				cancel()
			}
		})
		cancel()
		if n != tt.n || !errors.Is(err, tt.err) {
			t.Errorf("%s: %d indexed, %v; want %d, %v", tt.name, n, err, tt.n, tt.err)
		}
		want := 0
		if tt.err == nil {
			want = 1
		}
		if paused != want || resumed != want {
			t.Errorf("%s: paused %d times and resumed %d times, want %d", tt.name, paused, resumed, want)
		}
		l.wantFound(t, tt.name, "gymnasium", 3)
		l.wantFound(t, tt.name, "is:copy gymnasium", 2)
		if n, err := l.index.Count(); n != 6 || err != nil {
			t.Errorf("%s: %d articles in the index, %v", tt.name, n, err)
		}
	}
}

// TestTableFollows: searches see the stories of every settlement that was stored.
func TestTableFollows(t *testing.T) {
	l := openLibrary(t)
	l.wantFound(t, "at first", "is:copy", 2)
	l.settle(t, store.Settlement{Through: gazetteFair, Stories: []news.Story{story(strike, 3, tribuneStrike, gazetteFair)}})
	l.wantFound(t, "after a settlement", "is:copy", 3)
	l.settle(t, store.Settlement{Stories: []news.Story{story(flood, 1, heraldFlood, gazetteFlood, tribuneFlood, tribuneStrike, gazetteFair)}, Moved: map[int64]int64{strike: flood}})
	l.wantFound(t, "after a merge", "is:copy", 4)
	l.wantFound(t, "after a merge", "outlets:>=5", 5)
}

// TestAgeOut: an article that was aged out is not found, also before it is deleted from the index.
func TestAgeOut(t *testing.T) {
	l := openLibrary(t)
	l.wantFound(t, "before", "comet", 1)
	l.ageOut(t, comet, heraldComet)
	if found, err := l.Search(t.Context(), search.Request{Query: "comet"}); err != nil || len(found.Articles) != 0 {
		t.Errorf("aged out, still in the index: %+v, %v", found, err)
	}
	if stories, _, err := l.TopicStories(t.Context(), news.Topic{Query: "comet"}, 10, 0); err != nil || len(stories) != 0 {
		t.Errorf("stories of a topic: %v, %v", storyIDs(stories), err)
	}
	for _, want := range []int{1, 0} {
		if done, err := l.index.DeleteAged(t.Context(), time.Minute); done != want || err != nil {
			t.Errorf("%d deleted from the index, %v; want %d", done, err, want)
		}
	}
	l.wantFound(t, "deleted", "comet", 0)
	if n, err := l.index.Count(); n != 5 || err != nil {
		t.Errorf("%d articles in the index, %v", n, err)
	}
}

// TestAgedOutMeanwhile: articles that are aged out while a process has closed its index are deleted from that index, whether
// the log of removals still has them or not.
func TestAgedOutMeanwhile(t *testing.T) {
	for name, forgotten := range map[string]bool{"by the log": false, "by comparing with the store": true} {
		l := openLibrary(t)
		must(t, l.index.Close())
		l.ageOut(t, comet, heraldComet)
		left := uint64(5)
		if forgotten {
			left = 4
			forget(t, l)
		}
		last, err := l.store.LastRemoval(t.Context())
		must(t, err)
		l.openIndex(t)
		if n, err := l.index.Count(); n != 6 || err != nil {
			t.Errorf("%s: %d articles in the index at first, %v", name, n, err)
		}
		if done, err := l.index.DeleteAged(t.Context(), time.Minute); err != nil || (done == 0) != forgotten {
			t.Errorf("%s: %d entries of the log were read, %v", name, done, err)
		}
		l.wantFound(t, name+": followed", "comet", 0)
		l.wantFound(t, name+": followed", "gymnasium", 3)
		if n, err := l.index.Count(); n != left || err != nil {
			t.Errorf("%s: %d articles in the index, %v", name, n, err)
		}
		l.ageOut(t, flood, heraldFlood, gazetteFlood, tribuneFlood)
		if done, err := l.index.DeleteAged(t.Context(), time.Minute); err != nil || done != 3 {
			t.Errorf("%s: then %d entries of the log were read, %v", name, done, err)
		}
		if now, err := l.store.LastRemoval(t.Context()); now != last+3 || err != nil {
			t.Errorf("%s: the log ends at %d, %v", name, now, err)
		}
		l.wantFound(t, name+": at last", "gymnasium", 0)
	}
}

// forget makes the store forget its log of removals, as it does after a week: something is aged out by a clock of then.
func forget(t *testing.T, l *library) {
	t.Helper()
	must(t, l.store.CloseStories(t.Context(), []store.Closing{{Story: strike, Articles: []int64{tribuneStrike}, Whole: true}}))
	later := l.clock.Now().Add(8 * 24 * time.Hour)
	out, err := l.store.AgeOut(t.Context(), l.clock.Now(), later, 100)
	if err != nil || len(out.Articles) != 1 {
		t.Fatalf("%+v was aged out, %v", out, err)
	}
}

// TestIndexOfAnotherProcess: what one process stores, settles and ages out, searches of another find without a word from
// it.
func TestIndexOfAnotherProcess(t *testing.T) {
	if !pgtest.OnPostgreSQL() {
		t.Skip("about PostgreSQL")
	}
	a := openLibrary(t)
	b := a.another(t)
	_, err := b.index.CatchUp(t.Context(), nil)
	must(t, err)
	eventually := func(what, query string, want int) {
		t.Helper()
		for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			found, err := b.Search(t.Context(), search.Request{Query: query})
			must(t, err)
			if found.Total == want {
				return
			}
			if time.Since(began) > 20*time.Second {
				t.Fatalf("%s: %q finds %d in another process, want %d", what, query, found.Total, want)
			}
		}
	}
	eventually("at first", "is:copy", 2)
	a.settle(t, store.Settlement{Through: gazetteFair, Stories: []news.Story{story(strike, 3, tribuneStrike, gazetteFair)}})
	eventually("settled", "is:copy", 3)
	a.settle(t, store.Settlement{Stories: []news.Story{story(flood, 1, heraldFlood, gazetteFlood, tribuneFlood, tribuneStrike, gazetteFair)}, Moved: map[int64]int64{strike: flood}})
	eventually("merged", "outlets:>=5", 5)
	a.ageOut(t, comet, heraldComet)
	eventually("aged out", "origin:Herald comet", 0)
	eventually("aged out", "comet", 1) // still in the index
	for _, l := range []*library{a, b} {
		if done, err := l.index.DeleteAged(t.Context(), time.Minute); done != 1 || err != nil {
			t.Errorf("%d left the index of a process, %v", done, err)
		}
		l.wantFound(t, "deleted", "comet", 0)
	}
	must(t, b.index.Close())
	a.ageOut(t, flood, heraldFlood, gazetteFlood, tribuneFlood, tribuneStrike, gazetteFair)
	if done, err := a.index.DeleteAged(t.Context(), time.Minute); done != 5 || err != nil {
		t.Errorf("%d left the index, %v", done, err)
	}
	b.openIndex(t)
	if done, err := b.index.DeleteAged(t.Context(), time.Minute); done != 5 || err != nil {
		t.Errorf("%d left the index of the process that was down, %v", done, err)
	}
	if n, err := b.index.Count(); n != 0 || err != nil {
		t.Errorf("%d articles are left in that index, %v", n, err)
	}
}
