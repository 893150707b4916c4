package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/serve/api"
)

// compared gives one story of two articles.
type compared struct {
	api.Backend
	err error
}

var story = news.Story{
	ID: 3, Origin: news.Origin{Article: 1},
	Members: []news.Member{{Article: news.Article{ID: 1}, Role: news.RoleOriginal}, {Article: news.Article{ID: 2}, Role: news.RoleCopy}},
}

var comparison = news.Comparison{
	With: 1, Note: "as it is", Words: 9, Reused: 8, Share: .5, Longest: 7, Added: 1, Adds: []string{"One more."},
	Passages: []news.Passage{{Start: 1, End: 2, OriginStart: 3, OriginEnd: 4, Words: 5, Quoted: true}},
	Credits:  []news.Credit{{Kind: news.ClaimReport, Outlet: "Wire", Text: "the Wire said"}},
	Like:     1, Reasons: []news.Evidence{{Kind: "likeness", Detail: "figures agree", Weight: 1}},
}

func (compared) Story(context.Context, int64) (news.Story, error) { return story, nil }

func (compared) Stories(context.Context, news.StoryList) ([]news.Story, error) {
	return []news.Story{story}, nil
}

func (compared) CountStories(context.Context, news.StoryList) (int, error) { return 1, nil }

func (c compared) Comparisons(_ context.Context, st news.Story) (map[int64]news.Comparison, error) {
	return map[int64]news.Comparison{st.Members[1].Article.ID: comparison}, c.err
}

func (c compared) Reports(_ context.Context, st news.Story) ([]news.Report, error) {
	return st.Reports(), c.err
}

func get(t *testing.T, c compared, path string) *httptest.ResponseRecorder {
	t.Helper()
	b := backendOf(openRoom(t))
	c.Backend = b
	b.StoryReader, b.StoryStore, b.Comparer = c, c, c
	h, err := api.New(api.Options{Backend: b, Access: everybody, CheckQuery: func(string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestComparison(t *testing.T) {
	w := get(t, compared{}, "/api/v1/stories/3")
	var got struct {
		Members []struct {
			Article    int64            `json:"article"`
			Comparison *news.Comparison `json:"comparison"`
		} `json:"members"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || len(got.Members) != 2 {
		t.Fatalf("%d, %v: %s", w.Code, err, w.Body)
	}
	if got.Members[0].Comparison != nil {
		t.Errorf("the original is compared: %+v", got.Members[0].Comparison)
	}
	if diff := cmp.Diff(&comparison, got.Members[1].Comparison); diff != "" {
		t.Errorf("comparison (-want +got):\n%s", diff)
	}
	if w := get(t, compared{}, "/api/v1/stories"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "comparison") {
		t.Errorf("a list compares: %d %s", w.Code, w.Body)
	}
	if w := get(t, compared{err: errors.New("no disk")}, "/api/v1/stories/3"); w.Code != http.StatusInternalServerError {
		t.Errorf("a failure answers %d", w.Code)
	}
}
