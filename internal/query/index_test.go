package query_test

import (
	"context"
	"errors"
	"testing"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
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

// TestApply: searches see the stories of a settlement that was stored, and of no other.
func TestApply(t *testing.T) {
	l := openLibrary(t)
	l.wantFound(t, "at first", "is:copy", 2)
	grown := store.Settlement{Through: gazetteFair, Stories: []news.Story{story(strike, 3, tribuneStrike, gazetteFair)}}
	full := errors.New("disk full")
	if err := l.index.Apply(t.Context(), grown, func(store.Settlement) error { return full }); !errors.Is(err, full) {
		t.Errorf("a settlement that was not stored: %v", err)
	}
	l.wantFound(t, "after a failure", "is:copy", 2)
	err := l.index.Apply(t.Context(), grown, func(s store.Settlement) error {
		return errors.Join(l.store.Settle(t.Context(), s), full) // it was stored all the same
	})
	if !errors.Is(err, full) {
		t.Errorf("a settlement that may be stored: %v", err)
	}
	l.wantFound(t, "after a failure that stored it", "is:copy", 3)
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
	for _, want := range []bool{true, false} {
		if did, err := l.index.DeleteAged(t.Context(), 100); did != want || err != nil {
			t.Errorf("deleted from the index: %v, %v; want %v", did, err, want)
		}
	}
	l.wantFound(t, "deleted", "comet", 0)
	if n, err := l.index.Count(); n != 5 || err != nil {
		t.Errorf("%d articles in the index, %v", n, err)
	}
	failed := errors.New("disk full")
	if err := l.index.AgeOut(t.Context(), func() ([]int64, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("aging out that fails: %v", err)
	}
	l.wantFound(t, "after a failure", "is:copy", 2)
}
