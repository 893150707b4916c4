package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// readerTokens are tokens of the Google Reader API for each user, and one that has ended for "stale".
func (g guarded) readerTokens(t *testing.T) map[string]string {
	t.Helper()
	tokens := map[string]string{}
	for _, name := range []string{"reader", "other", "editor", "admin"} {
		var err error
		if tokens[name], err = g.app.accounts.Login(t.Context(), name, guardedPassword); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.app.accounts.AddUser(t.Context(), "stale", guardedPassword); err != nil {
		t.Fatal(err)
	}
	var err error
	if tokens["stale"], err = g.app.accounts.Login(t.Context(), "stale", guardedPassword); err == nil {
		err = g.app.accounts.SetPassword(t.Context(), "stale", "battery staple")
	}
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// TestNeedsOnReaderRoutes asks every route of the Google Reader API as nobody, as each role, and with a token that has ended.
func TestNeedsOnReaderRoutes(t *testing.T) {
	g := serveGuarded(t)
	tokens := g.readerTokens(t)
	asked := 0
	for _, pattern := range g.routes.Patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if !strings.Contains(path, "/reader/") {
			continue
		}
		asked++
		need := g.routes.Needs[pattern]
		path = parameter.ReplaceAllString(path, "user/-/state/com.google/starred")
		for _, name := range []string{"", "stale", "reader", "editor", "admin"} {
			var headers []string
			if name != "" {
				headers = []string{"Authorization", "GoogleLogin auth=" + tokens[name]}
			}
			got := g.send(t, method, path, nil, headers...)
			if want := slices.Contains(enough(need), name); got.lets() != want || !want && name != "reader" && got.status != http.StatusUnauthorized {
				t.Errorf("%s %s, which needs %v, as %q: %d %.200s", method, path, need, name, got.status, got.body)
			}
			if got := g.send(t, method, path, nil, "Authorization", "Bearer "+g.tokens["admin"], "Cookie", g.cookies["admin"]); got.lets() {
				t.Errorf("%s %s with a session and a token of the REST API: %d", method, path, got.status)
			}
		}
	}
	if asked < 50 {
		t.Errorf("only %d routes were asked", asked)
	}
}

// TestOthersMarksByReaders asks the Google Reader API as one user for what is another's: nothing of it can be read or changed.
func TestOthersMarksByReaders(t *testing.T) {
	g := serveGuarded(t)
	ctx := t.Context()
	tokens := g.readerTokens(t)
	other, _, err := g.app.store.User(ctx, "other")
	if err != nil {
		t.Fatal(err)
	}
	f, err := g.app.store.AddFeed(ctx, news.Feed{URL: "https://feeds.example/1.xml"})
	if err != nil {
		t.Fatal(err)
	}
	f.State = news.FeedOK
	if _, err := g.app.store.Collect(ctx, []store.Poll{{Feed: f, Articles: []news.Article{{GUID: "1", Title: "gulls", Seen: time.Now()}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.app.topics.AddTopic(ctx, news.Topic{User: other.ID, Name: "private", Query: "gulls"}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.app.store.MarkItems(ctx, other.ID, news.Marking{Articles: []int64{1}, Read: true, AddLabels: []string{"", "secret"}}); err != nil {
		t.Fatal(err)
	}
	of := func(stream string) []string {
		return []string{fmt.Sprintf("user/%d/%s", other.ID, stream), "user/other/" + stream, "user/-/" + stream}
	}
	for _, name := range []string{"reader", "editor", "admin"} {
		ask := func(method, call string, form url.Values) answered {
			path := "/reader/api/0/" + call
			if method == http.MethodGet {
				path, form = path+"?"+form.Encode(), nil
			}
			return g.send(t, method, path, form, "Authorization", "GoogleLogin auth="+tokens[name])
		}
		for _, stream := range slices.Concat(of("state/com.google/starred"), of("state/com.google/read"), of("label/secret"), of("label/private")) {
			for _, call := range []string{"stream/items/ids", "stream/contents"} {
				if got := ask(http.MethodGet, call, url.Values{"s": {stream}, "n": {"10"}}); strings.Contains(got.body, "tems\":[{") || strings.Contains(got.body, "itemRefs\":[{") || strings.Contains(got.body, "gulls") || got.status >= http.StatusInternalServerError {
					t.Errorf("%s of %s as %s: %d %.300s", call, stream, name, got.status, got.body)
				}
			}
			for call, form := range map[string]url.Values{
				"edit-tag": {"i": {"1"}, "r": {stream}}, "rename-tag": {"s": {stream}, "dest": {"user/-/label/mine"}}, "disable-tag": {"s": {stream}}, "mark-all-as-read": {"s": {stream}},
			} {
				if got := ask(http.MethodPost, call, form); got.status >= http.StatusInternalServerError {
					t.Errorf("%s of %s as %s: %d %.300s", call, stream, name, got.status, got.body)
				}
			}
		}
		if got := ask(http.MethodGet, "tag/list", url.Values{"output": {"json"}}); got.status != http.StatusOK || strings.Contains(got.body, "private") || strings.Contains(got.body, "secret") {
			t.Errorf("tags of %s: %d %s", name, got.status, got.body)
		}
	}
	if got := g.send(t, "GET", "/reader/api/0/stream/contents/user/-/label/secret", nil, "Authorization", "GoogleLogin auth="+tokens["other"]); !strings.Contains(got.body, "gulls") {
		t.Errorf("the own label: %d %.300s", got.status, got.body)
	}
	states, err := g.app.store.States(ctx, other.ID, []int64{1})
	if err != nil || !states[1].Read || !states[1].Starred || !slices.Contains(states[1].Labels, "secret") {
		t.Errorf("the other's marks are %+v, %v", states[1], err)
	}
	topics, err := g.app.store.Topics(ctx, other.ID)
	if err != nil || !slices.ContainsFunc(topics, func(t news.Topic) bool { return t.Name == "private" }) {
		t.Errorf("the other's topics are %v, %v", topics, err)
	}
}
