package query_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

func TestEdition(t *testing.T) {
	l := openLibrary(t)
	since := day.Add(time.Duration(comet) * time.Hour)
	every := news.Topic{Query: "comet OR bakers OR gymnasium OR goat"}
	for _, tt := range []struct {
		name  string
		query news.EditionQuery
		want  []int64
		more  bool
	}{
		{"all", news.EditionQuery{}, []int64{strike, comet, flood}, false},
		{"the first", news.EditionQuery{Limit: 2}, []int64{strike, comet}, true},
		{"since", news.EditionQuery{Since: since}, []int64{strike, comet}, false},
		{"a folder", news.EditionQuery{Folder: "Papers"}, []int64{flood}, false},
		{"a folder without feeds", news.EditionQuery{Folder: "None"}, nil, false},
		{"a query", news.EditionQuery{Topic: every}, []int64{strike, comet, flood}, false},
		{"the first of a query", news.EditionQuery{Topic: every, Limit: 2}, []int64{strike, comet}, true},
		{"a query since", news.EditionQuery{Topic: every, Since: since}, []int64{strike, comet}, false},
		{"a query with options", news.EditionQuery{Topic: news.Topic{Query: every.Query, Options: news.TopicOptions{MinOutlets: 2}}}, []int64{flood}, false},
		{"what is not settled", news.EditionQuery{Topic: news.Topic{Query: "goat"}}, nil, false},
	} {
		e, err := l.Edition(t.Context(), tt.query)
		if got := storyIDs(e.Stories); err != nil || !slices.Equal(got, tt.want) || (e.Next != "") != tt.more {
			t.Errorf("%s: %v and then %q, %v; want %v", tt.name, got, e.Next, err, tt.want)
		}
	}
}

// TestEditionParts walks a feed by its cursors while its last story changes. In the feed of all stories that one moves to the
// front: this walk does not list it, and a new one lists it first. A search finds it where it was, by the article that
// matches.
func TestEditionParts(t *testing.T) {
	for _, tt := range []struct {
		query       string
		walk, again []int64
	}{
		{"", []int64{strike, comet}, []int64{flood, strike, comet}},
		{"comet OR bakers OR gymnasium", []int64{strike, comet, flood}, []int64{flood, strike, comet}},
	} {
		l := openLibrary(t)
		var got []int64
		q := news.EditionQuery{Topic: news.Topic{Query: tt.query}, Limit: 1}
		for range 4 {
			e, err := l.Edition(t.Context(), q)
			must(t, err)
			got = append(got, storyIDs(e.Stories)...)
			if len(got) == 1 {
				grown := story(flood, 1, heraldFlood, gazetteFlood, tribuneFlood, gazetteFair)
				grown.Changed = l.clock.Now()
				l.settle(t, store.Settlement{Through: gazetteFair, Stories: []news.Story{grown}})
			}
			if q.Cursor = e.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, tt.walk) || q.Cursor != "" {
			t.Errorf("query %q: the parts are %v, want %v; the cursor then is %q", tt.query, got, tt.walk, q.Cursor)
		}
		e, err := l.Edition(t.Context(), news.EditionQuery{Topic: q.Topic})
		if got := storyIDs(e.Stories); err != nil || !slices.Equal(got, tt.again) {
			t.Errorf("query %q: a new walk lists %v, %v; want %v", tt.query, got, err, tt.again)
		}
		e, err = l.Edition(t.Context(), news.EditionQuery{Topic: q.Topic, Since: l.clock.Now()})
		if got := storyIDs(e.Stories); err != nil || !slices.Equal(got, []int64{flood}) {
			t.Errorf("query %q: since the change %v, %v", tt.query, got, err)
		}
	}
}

func TestEditionCursors(t *testing.T) {
	l := openLibrary(t)
	first, err := l.Edition(t.Context(), news.EditionQuery{Limit: 1})
	must(t, err)
	of, err := l.Edition(t.Context(), news.EditionQuery{Topic: news.Topic{Query: "comet OR bakers"}, Limit: 1})
	must(t, err)
	for _, tt := range []struct{ query, cursor string }{
		{"", "elsewhere"}, {"", "1."}, {"", ".1"}, {"", "1.0"}, {"", "1.-1"}, {"", of.Next}, {"comet OR bakers", first.Next}, {"comet", of.Next},
	} {
		_, err := l.Edition(t.Context(), news.EditionQuery{Topic: news.Topic{Query: tt.query}, Cursor: tt.cursor})
		if !errors.Is(err, news.ErrCursor) {
			t.Errorf("query %q with the cursor %q: %v", tt.query, tt.cursor, err)
		}
	}
}

// TestReadEdition reads the stories of a list as they are by then, with the HTML of their leads where the list says so.
func TestReadEdition(t *testing.T) {
	l := openLibrary(t)
	for _, full := range []bool{false, true} {
		list, err := l.ListEdition(t.Context(), news.EditionQuery{Full: full})
		must(t, err)
		if len(list.Stories) != 3 || list.Stories[2].ID != flood || list.Stories[2].Articles != 3 {
			t.Errorf("the list is %+v", list)
		}
		e, err := l.ReadEdition(t.Context(), list)
		must(t, err)
		for _, s := range e.Stories {
			for _, m := range s.Members {
				if lead := m.Article.ID == s.Lead().Article.ID; (m.Article.HTML != "") != (full && lead) {
					t.Errorf("full is %v: article %d of story %d has the HTML %q", full, m.Article.ID, s.ID, m.Article.HTML)
				}
			}
		}
	}
	list, err := l.ListEdition(t.Context(), news.EditionQuery{Full: true})
	must(t, err)
	l.ageOut(t, comet, heraldComet)
	grown := story(strike, 3, tribuneStrike, gazetteFair)
	l.settle(t, store.Settlement{Through: gazetteFair, Stories: []news.Story{grown}})
	e, err := l.ReadEdition(t.Context(), list)
	if got := storyIDs(e.Stories); err != nil || !slices.Equal(got, []int64{strike, flood}) || len(e.Stories[0].Members) != 2 {
		t.Errorf("read later: %v, %v", got, err)
	}
	if e, err := l.ReadEdition(t.Context(), news.EditionList{Next: "1.1"}); err != nil || len(e.Stories) != 0 || e.Next != "1.1" {
		t.Errorf("an empty list: %+v, %v", e, err)
	}
}
