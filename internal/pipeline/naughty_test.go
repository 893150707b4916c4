package pipeline_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/search"
)

// TestNaughtyNames uses strings that often break programs as names and queries of topics. Each is either stored unchanged
// or refused with a reason.
func TestNaughtyNames(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of topics, one after the other")
	}
	data, err := os.ReadFile(shared(t, "hostile/naughty_strings.json"))
	must(t, err)
	var all []string
	if err := json.Unmarshal(data, &all); err != nil || len(all) < 100 {
		t.Fatal(len(all), err)
	}
	room, _, _, _ := library(t)
	ctx := t.Context()
	taken, refused := 0, 0
	names := map[string]bool{}
	for _, s := range all {
		_, err := room.Stories.Search(ctx, search.Request{Query: s})
		var qe *search.QueryError
		if err != nil && !errors.As(err, &qe) {
			t.Errorf("search %q: %v", s, err)
		}
		topic, err := room.Topics.AddTopic(ctx, news.Topic{Name: s, Query: "comet"})
		switch {
		case errors.Is(err, news.ErrExists) && names[s]: // it is in the list twice
		case err != nil && (news.CheckName(s) != nil || !utf8.ValidString(s)):
			refused++
		case err != nil:
			t.Errorf("topic %q: %v", s, err)
		default:
			taken++
			names[s] = true
			if got, err := room.Store.Topic(ctx, 0, s); err != nil || got.Name != s || got.ID != topic.ID {
				t.Errorf("topic %q came back as %q, %v", s, got.Name, err)
			}
		}
		query, err := room.Topics.AddTopic(ctx, news.Topic{Name: "query", Query: s})
		if err != nil {
			continue // no valid query, as Search has shown
		}
		if got, err := room.Store.Topic(ctx, 0, "query"); err != nil || got.Query != s || got.ID != query.ID {
			t.Errorf("the query %q came back as %q, %v", s, got.Query, err)
		}
		must(t, room.Pipeline.Matcher.Match(ctx))
		must(t, room.Store.RemoveTopic(ctx, 0, "query"))
	}
	if taken < 100 || refused == 0 {
		t.Errorf("%d names were taken and %d refused", taken, refused)
	}
}
