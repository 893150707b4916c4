package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/access"
	"headwater/internal/serve/api"
)

// TestTokens asks with a good token, a bad one, none, and another scheme, by what needs one.
func TestTokens(t *testing.T) {
	d := filled(t)
	must(t, d.room.Accounts.AddUserAs(t.Context(), "anna", "correct horse", news.EditorRole))
	anna, _, err := d.room.Store.User(t.Context(), "anna")
	must(t, err)
	good, err := d.room.Accounts.AddAPIToken(t.Context(), anna, "a test")
	must(t, err)
	_, err = d.room.Topics.AddTopic(t.Context(), news.Topic{User: anna.ID, Name: "hers", Query: "river"})
	must(t, err)
	_, _, err = d.room.Accounts.EnsureAdmin(t.Context(), "")
	must(t, err)
	guard := access.New(access.Options{Store: d.room.Store, Accounts: d.room.Accounts, Open: true})
	serveWith := func(tokens string) http.Handler {
		return serve(t, api.Options{Access: guard, Backend: backendOf(d.room), CheckQuery: search.Validate, CheckOwnQuery: search.ValidateForUser, Tokens: tokens})
	}
	for _, tt := range []struct {
		tokens, auth, method, path, body string
		status                           int
	}{
		{"off", "", "GET", "/api/v1/stories", "", 200},
		{"off", "Bearer wrong", "GET", "/api/v1/stories", "", 401},
		{"off", "Basic YTpi", "GET", "/api/v1/stories", "", 200}, // a proxy's
		{"off", "", "GET", "/api/v1/search?q=is:unread", "", 200},
		{"off", "Bearer " + good, "GET", "/api/v1/search?q=is:unread", "", 200},
		{"off", "", "GET", "/api/v1/topics?mine=true", "", 200},
		{"off", "Bearer " + good, "GET", "/api/v1/topics?mine=true", "", 200},
		{"off", "Bearer " + good, "GET", "/api/v1/topics/hers?mine=true", "", 200},
		{"off", "Bearer " + good, "GET", "/api/v1/topics/hers", "", 404},
		{"off", "bearer " + good, "PATCH", "/api/v1/topics/hers?mine=true", `{"query":"comet"}`, 200},
		{"off", "Bearer " + good, "POST", "/api/v1/topics?mine=true", `{"name":"own","query":"tail"}`, 201},
		{"off", "Bearer " + good, "DELETE", "/api/v1/topics/own?mine=true", "", 204},
		{"write", "", "GET", "/api/v1/stories", "", 200},
		{"write", "Basic YTpi", "GET", "/api/v1/stories", "", 200},
		{"write", "Basic YTpi", "POST", "/api/v1/topics", `{"name":"a","query":"b"}`, 401},
		{"write", "Basic YTpi", "DELETE", "/api/v1/topics/hers", "", 401},
		{"write", "x", "POST", "/api/v1/topics", `{"name":"a","query":"b"}`, 401},
		{"write", "Bearer", "POST", "/api/v1/topics", `{"name":"a","query":"b"}`, 401},
		{"write", "", "POST", "/api/v1/topics", `{"name":"a","query":"b"}`, 401},
		{"write", "Bearer " + good, "POST", "/api/v1/topics", `{"name":"a","query":"b"}`, 201},
		{"all", "", "GET", "/api/v1/stories", "", 401},
		{"all", "Basic YTpi", "GET", "/api/v1/stories", "", 401},
		{"all", "x", "GET", "/api/v1/opml", "", 401},
		{"all", "", "GET", "/api/v1/stream", "", 401},
		{"all", "Basic YTpi", "GET", "/api/v1/stream", "", 401},
		{"all", "", "GET", "/api/v1/opml", "", 401},
		{"all", "", "GET", "/api/v1/openapi.json", "", 200},
		{"all", "", "GET", "/healthz", "", 200},
		{"all", "Bearer " + good, "GET", "/api/v1/stories", "", 200},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
		if tt.auth != "" {
			r.Header.Set("Authorization", tt.auth)
		}
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		serveWith(tt.tokens).ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%+v: %d %s", tt, w.Code, w.Body)
		}
		if w.Code == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%+v: no WWW-Authenticate", tt)
		}
	}
	made := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/topics?mine=true", strings.NewReader(`{"name":"where","query":"tails"}`))
	made.Header.Set("Authorization", "Bearer "+good)
	made.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	serveWith("off").ServeHTTP(answer, made)
	there := httptest.NewRequestWithContext(t.Context(), "GET", answer.Header().Get("Location"), nil)
	there.Header.Set("Authorization", "Bearer "+good)
	answer = httptest.NewRecorder()
	if serveWith("off").ServeHTTP(answer, there); answer.Code != 200 {
		t.Errorf("the Location of a user's own topic: %d", answer.Code)
	}
	tokens, err := d.room.Store.APITokens(t.Context(), anna.ID)
	must(t, err)
	must(t, d.room.Store.DropAPIToken(t.Context(), anna, tokens[0].ID))
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/stories", nil)
	r.Header.Set("Authorization", "Bearer "+good)
	w := httptest.NewRecorder()
	serveWith("off").ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("a token that was ended: %d", w.Code)
	}
}

// TestCursors walks lists page by page while others are asked: each entry comes once, in the order of the whole list.
func TestCursors(t *testing.T) {
	d := filled(t)
	for _, tt := range []struct{ path, key string }{
		{"stories?order=newest", "stories"}, {"articles?since=2026-01-01T00:00:00Z", "articles"}, {"events?stories=1", "events"}, {"outlets?", "outlets"},
	} {
		var whole map[string]any
		d.get(t, "/api/v1/"+tt.path, &whole)
		want, _ := whole[tt.key].([]any)
		var got []any
		cursor := ""
		for range want {
			var page map[string]any
			d.get(t, "/api/v1/"+strings.TrimSuffix(tt.path, "?")+sep(tt.path)+"limit=1"+cursor, &page)
			list, _ := page[tt.key].([]any)
			got = append(got, list...)
			next, _ := page["next"].(string)
			if (next == "") != (len(got) == len(want)) {
				t.Fatalf("%s: next %q after %d of %d", tt.path, next, len(got), len(want))
			}
			cursor = "&cursor=" + strings.ReplaceAll(next, "\t", "%09")
			cursor = strings.ReplaceAll(cursor, " ", "%20")
		}
		if len(want) < 2 || len(got) != len(want) {
			t.Fatalf("%s: %d of %d", tt.path, len(got), len(want))
		}
		for i := range want {
			a, _ := want[i].(map[string]any)
			b, _ := got[i].(map[string]any)
			if a["id"] != b["id"] || a["domain"] != b["domain"] || a["name"] != b["name"] {
				t.Errorf("%s: %v in the place of %v", tt.path, b, a)
			}
		}
	}
}

func sep(path string) string {
	if strings.HasSuffix(path, "?") {
		return "?"
	}
	return "&"
}
