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

func (c compared) Sides(_ context.Context, a, b news.Member) (news.SideBySide, error) {
	only := news.Stretch{Text: "River", Only: true}
	return news.SideBySide{
		A: news.Side{Article: a.Article, Headline: []news.Stretch{only}, Words: 9, Share: .5, Only: 1}, B: news.Side{Article: b.Article, Cut: true}, Note: "as it is",
		Rows: []news.SideRow{{A: []news.SideParagraph{{only, {Text: " rose", Shared: true, Link: 1}}}}},
	}, c.err
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

func TestCompare(t *testing.T) {
	w := get(t, compared{}, "/api/v1/stories/3/compare")
	want := `{"story":3,"note":"as it is","a":{"article":1,"url":"","outlet":{"name":"","domain":""},"time":"0001-01-01T00:00:00Z",` +
		`"headline":[{"text":"River","only":true}],"words":9,"share":0.5,"only":1},` +
		`"b":{"article":2,"url":"","outlet":{"name":"","domain":""},"time":"0001-01-01T00:00:00Z","headline":[],"words":0,"share":0,"only":0,"cut":true},` +
		`"rows":[{"a":[[{"text":"River","only":true},{"text":" rose","shared":true,"link":1}]],"b":[]}]}`
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
		t.Errorf("%d\n got %s\nwant %s", w.Code, got, want)
	}
	for path, status := range map[string]int{
		"/api/v1/stories/3/compare?a=2&b=1": 200,
		"/api/v1/stories/3/compare?a=2":     200,
		"/api/v1/stories/3/compare?a=9":     404,
		"/api/v1/stories/3/compare?b=-1":    422,
		"/api/v1/stories/3/compare?b=x":     422,
		"/api/v1/stories/2/compare?a=2":     301, // merged into 3
	} {
		w := get(t, compared{}, path)
		if w.Code != status {
			t.Errorf("%s answers %d, want %d: %s", path, w.Code, status, w.Body)
		}
		if to := w.Header().Get("Location"); status == 301 && to != "/api/v1/stories/3/compare?a=2&b=1" {
			t.Errorf("%s leads to %q", path, to)
		}
	}
	if w := get(t, compared{err: errors.New("no disk")}, "/api/v1/stories/3/compare"); w.Code != http.StatusInternalServerError {
		t.Errorf("a failure answers %d", w.Code)
	}
}
