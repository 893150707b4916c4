package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
)

func foundIDs(f search.Found) []int64 {
	var ids []int64
	for _, a := range f.Articles {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestSearch(t *testing.T) {
	l := openLibrary(t)
	ctx := t.Context()
	must(t, l.store.AddUser(ctx, news.User{Name: "anna"}, "hash"))
	user, _, err := l.store.User(ctx, "anna")
	must(t, err)
	_, err = l.store.MarkItems(ctx, user.ID, news.Marking{Articles: []int64{gazetteFlood}, Read: true})
	must(t, err)
	_, err = l.store.MarkItems(ctx, user.ID, news.Marking{Articles: []int64{heraldFlood}, AddLabels: []string{""}})
	must(t, err)
	all := []int64{heraldFlood, gazetteFlood, tribuneFlood}
	for _, tt := range []struct {
		request search.Request
		want    []int64
	}{
		{search.Request{Query: "gymnasium"}, all},
		{search.Request{Query: `"beds had been put up"`}, all},
		{search.Request{Query: `"put beds up"`}, nil},
		{search.Request{Query: "comet OR bakers"}, []int64{heraldComet, tribuneStrike}},
		{search.Request{Query: "zeppelin"}, nil},
		{search.Request{Query: "goat"}, []int64{gazetteFair}},
		{search.Request{Query: "goat", Settled: true}, nil},
		{search.Request{Query: "is:original river"}, []int64{heraldFlood}},
		{search.Request{Query: "outlets:>2"}, all},
		{search.Request{Query: "feed:gazette"}, []int64{gazetteFlood, gazetteFair}},
		{search.Request{Query: "feed:gazette gymnasium"}, []int64{gazetteFlood}},
		{search.Request{Query: "is:unread gymnasium", User: user.ID}, []int64{heraldFlood, tribuneFlood}},
		{search.Request{Query: "is:starred", User: user.ID}, []int64{heraldFlood}},
		{search.Request{Query: "comet OR bakers", Only: news.TopicOptions{Langs: []string{"de"}}}, []int64{tribuneStrike}},
	} {
		found, err := l.Search(ctx, tt.request)
		if got := foundIDs(found); err != nil || found.Total != len(tt.want) || !slices.Equal(got, tt.want) {
			t.Errorf("%+v finds %v of %d, %v; want %v", tt.request, got, found.Total, err, tt.want)
		}
		for _, a := range found.Articles {
			want, err := l.store.StoriesOf(ctx, []int64{a.ID})
			must(t, err)
			if a.Article.ID != a.ID || a.Article.Title == "" || a.Story != want[a.ID] {
				t.Errorf("%+v: found %+v, which is in story %d", tt.request, a, want[a.ID])
			}
		}
	}
	if found, err := l.Search(ctx, search.Request{Query: "gymnasium", Stories: true}); err != nil || found.Total != 1 || found.Matches != 3 || len(found.Articles) != 1 {
		t.Errorf("by stories: %+v, %v", found, err)
	}
	for _, r := range []search.Request{{Query: `"no end`}, {Query: "is:unread gymnasium"}, {Query: "is:starred"}, {Query: "since:soon"}} {
		if _, err := l.Search(ctx, r); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
}

// TestSearchPages follows the cursors of a search, and counts from an offset.
func TestSearchPages(t *testing.T) {
	l := openLibrary(t)
	r := search.Request{Query: "gymnasium OR comet", Limit: 3, Newest: true}
	var got []int64
	for range 3 {
		found, err := l.Search(t.Context(), r)
		must(t, err)
		if found.Total != 4 {
			t.Errorf("%d found in all", found.Total)
		}
		for _, a := range found.Articles {
			got = append(got, a.ID)
		}
		if r.Cursor = found.Next; r.Cursor == "" {
			break
		}
	}
	slices.Sort(got)
	if want := []int64{heraldFlood, gazetteFlood, tribuneFlood, heraldComet}; r.Cursor != "" || !slices.Equal(got, want) {
		t.Errorf("all pages have %v, want %v; the cursor then is %q", got, want, r.Cursor)
	}
	found, err := l.Search(t.Context(), search.Request{Query: "gymnasium", Limit: 2, Offset: 2})
	if err != nil || found.Total != 3 || len(found.Articles) != 1 {
		t.Errorf("from an offset: %+v, %v", found, err)
	}
}

// TestSearchMarks gives the spans to highlight. Where one is beyond the body, the whole text comes with the article.
func TestSearchMarks(t *testing.T) {
	l := openLibrary(t)
	for query, whole := range map[string]bool{"gymnasium": false, "quintero": true} {
		found, err := l.Search(t.Context(), search.Request{Query: query, Limit: 1})
		must(t, err)
		if len(found.Articles) != 1 || len(found.Articles[0].Body) != 1 {
			t.Fatalf("%s: %+v", query, found)
		}
		f := found.Articles[0]
		if span := f.Body[0]; !strings.EqualFold(f.Text()[span.Start:span.End], query) || (f.Whole != "") != whole {
			t.Errorf("%s: %v of %q is marked; the whole text is %q", query, span, f.Text(), f.Whole)
		}
	}
}

func TestTopicStories(t *testing.T) {
	l := openLibrary(t)
	for _, tt := range []struct {
		query         string
		only          news.TopicOptions
		limit, offset int
		want          []int64
		total         int
	}{
		{"gymnasium", news.TopicOptions{}, 10, 0, []int64{flood}, 1}, // three articles, one story
		{"comet OR bakers OR gymnasium", news.TopicOptions{}, 10, 0, []int64{strike, comet, flood}, 3},
		{"comet OR bakers OR gymnasium", news.TopicOptions{}, 1, 1, []int64{comet}, 3},
		{"comet OR bakers OR gymnasium", news.TopicOptions{}, 2, 3, nil, 3},
		{"comet OR bakers", news.TopicOptions{}, 0, 0, nil, 2}, // only counts
		{"comet OR bakers OR gymnasium", news.TopicOptions{MinOutlets: 2}, 10, 0, []int64{flood}, 1},
		{"comet OR bakers", news.TopicOptions{Muted: []string{"Tribune"}}, 10, 0, []int64{comet}, 1},
		{"goat", news.TopicOptions{}, 10, 0, nil, 0}, // not settled
		{"zeppelin", news.TopicOptions{}, 10, 0, nil, 0},
	} {
		stories, total, err := l.TopicStories(t.Context(), news.Topic{Query: tt.query, Options: tt.only}, tt.limit, tt.offset)
		if got := storyIDs(stories); err != nil || total != tt.total || !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %v of %d, %v", tt, got, total, err)
		}
	}
	ids, err := l.TopicStoryIDs(t.Context(), news.Topic{Query: "comet OR bakers OR gymnasium OR goat"})
	if want := []int64{flood, comet, strike}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("ids %v, %v; want %v", ids, err, want)
	}
}

// TestTopicPage has what a topic's page says of its stories, and those that are new.
func TestTopicPage(t *testing.T) {
	l := openLibrary(t)
	ctx := t.Context()
	id, err := l.store.AddTopic(ctx, news.Topic{Name: "news", Query: "river OR comet OR bakers"})
	must(t, err)
	last, err := l.store.LastChange(ctx)
	must(t, err)
	must(t, l.store.PutMatches(ctx, store.MatchBatch{Through: last, Matches: []store.Match{
		{Topic: id, Story: flood, Seq: last + 2}, {Topic: id, Story: comet, Seq: last + 1}, {Topic: id, Story: strike},
	}}))
	topic, err := l.store.Topic(ctx, 0, "news")
	must(t, err)
	ids := func(stories []news.Story) (ids []int64) {
		for _, s := range stories {
			ids = append(ids, s.ID)
		}
		return ids
	}
	for _, tt := range []struct {
		limit, offset int
		want, fresh   []int64
	}{
		{10, 0, []int64{strike, comet, flood}, []int64{flood, comet}},
		{1, 1, []int64{comet}, nil},
		{10, 9, nil, nil},
		{0, 0, nil, nil},
	} {
		page, err := l.TopicPage(ctx, topic, tt.limit, tt.offset)
		must(t, err)
		if !slices.Equal(ids(page.Stories), tt.want) || !slices.Equal(ids(page.New), tt.fresh) || page.Total != 3 || page.Prominent != 3 {
			t.Errorf("%d from %d: %v of %d, new %v; want %v, new %v", tt.limit, tt.offset, ids(page.Stories), page.Total, ids(page.New), tt.want, tt.fresh)
		}
		counts := map[string]int{}
		for _, f := range page.Facets {
			for _, v := range f.Values {
				counts[f.Field+" "+v.Name] = v.Count
			}
		}
		if counts["outlet Herald"] != 2 || counts["origin Harbour Wire"] != 1 || counts["day 2026-08-18"] != 3 {
			t.Errorf("facets: %v", counts)
		}
	}
	topic.Query = "zeppelin"
	if page, err := l.TopicPage(ctx, topic, 10, 0); err != nil || page.Total != 0 || len(page.Stories) != 0 {
		t.Errorf("a topic of nothing: %+v, %v", page, err)
	}
	topic.Query = "("
	if _, err := l.TopicPage(ctx, topic, 10, 0); err == nil {
		t.Error("a malformed topic has a page")
	}
}

// TestComplete gives topics, outlets and words as their headlines have them.
func TestComplete(t *testing.T) {
	l := openLibrary(t)
	ctx := t.Context()
	var topics []news.Topic
	for _, name := range []string{"A river", "Driver", "Ferries", "Rivers"} {
		topics = append(topics, news.Topic{Name: name, Query: "river"})
	}
	for typed, want := range map[string]string{
		"riv":        "topic A river 0, topic Rivers 0, word river 3",
		"floo":       "word floods 3", // the index has flood
		"goat flo":   "word floods 3",
		"her":        "outlet Herald 2",
		"outlet:gaz": "outlet Gazette 2",
		"":           "", "zzz": "",
	} {
		found, err := l.Complete(ctx, typed, topics)
		must(t, err)
		var got []string
		for _, c := range found {
			got = append(got, fmt.Sprintf("%s %s %d", c.Kind, c.Name, c.Articles))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %s, want %s", typed, strings.Join(got, ", "), want)
		}
	}
}
