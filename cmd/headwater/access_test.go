package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/serve/access"
)

// guarded is a server that asks for logins, with a user of each role.
type guarded struct {
	*httptest.Server
	app     *app
	routes  access.Routes
	cookies map[string]string // of sessions, by the user's name
	tokens  map[string]string // API tokens
}

// serveGuarded serves an empty data folder with the users reader, other, editor and admin, each with a session and a token.
func serveGuarded(t *testing.T) guarded {
	t.Helper()
	g := guarded{cookies: map[string]string{}, tokens: map[string]string{}}
	cfg := config.Default()
	cfg.Data, cfg.Access.Login, cfg.AdminPassword, cfg.PublicURL = t.TempDir(), "required", guardedPassword, "http://127.0.0.1"
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g.app = a
	if g.routes, err = a.handler(t.Context(), cfg.PublicURL); err != nil {
		t.Fatal(errors.Join(err, a.close()))
	}
	g.Server = httptest.NewServer(g.routes)
	t.Cleanup(func() {
		g.Close()
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	for name, role := range map[string]news.UserRole{"reader": news.ReaderRole, "other": news.ReaderRole, "editor": news.EditorRole} {
		if err := a.accounts.AddUserAs(t.Context(), name, guardedPassword, role); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"reader", "other", "editor", "admin"} {
		u, _, err := a.store.User(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if g.tokens[name], err = a.accounts.AddAPIToken(t.Context(), u, "test"); err != nil {
			t.Fatal(err)
		}
		g.cookies[name] = g.logIn(t, name)
	}
	return g
}

const guardedPassword = "correct horse"

// logIn gives the cookie of a new session.
func (g guarded) logIn(t *testing.T, name string) string {
	t.Helper()
	got := g.send(t, "POST", "/login", url.Values{"name": {name}, "password": {guardedPassword}, "next": {"/topics"}})
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	if got.status != http.StatusSeeOther || got.header.Get("Location") != "/topics" || cookie == "" {
		t.Fatalf("login of %s: %d %v", name, got.status, got.header)
	}
	return cookie
}

// send sends a form, with headers: name, value.
func (g guarded) send(t *testing.T, method, path string, form url.Values, headers ...string) answered {
	t.Helper()
	return send(t, method, g.URL+path, form, headers...)
}

// call sends JSON to the REST API with the token of a user.
func (g guarded) call(t *testing.T, user, method, path, body string) answered {
	t.Helper()
	return sendBody(t, method, g.URL+"/api/v1"+path, "application/json", body, "Authorization", "Bearer "+g.tokens[user])
}

// lets reports whether an answer is that of the route itself, not of the guard before it.
func (a answered) lets() bool {
	// Two routes refuse by what is asked for: a picture's address that was not made here, and a topic of everybody.
	own := strings.Contains(a.body, "was not made here") || strings.Contains(a.body, "mine=true has your own")
	toLogin := a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/login")
	return own || !toLogin && a.status != http.StatusUnauthorized && a.status != http.StatusForbidden && a.status != http.StatusMisdirectedRequest
}

// enough says which roles meet a need, as the settings of the instance are at first.
func enough(need access.Need) []string {
	switch need {
	case access.Anyone, access.Visitor:
		return []string{"", "reader", "editor", "admin"}
	case access.Reader, access.Emitted:
		return []string{"reader", "editor", "admin"}
	case access.Feeds, access.Editor:
		return []string{"editor", "admin"}
	case access.Admin, access.Metrics:
		return []string{"admin"}
	}
	return nil
}

// TestNeedsOnEveryRoute asks every route that the routers know as nobody, as each role, with a session that has ended, as a page of another
// site and under a foreign host. Nothing exists that a path could name, so a route that is let through changes nothing.
func TestNeedsOnEveryRoute(t *testing.T) {
	g := serveGuarded(t)
	stale := g.logIn(t, "admin")
	if got := g.send(t, "POST", "/logout", url.Values{}, "Cookie", stale); got.status != http.StatusSeeOther {
		t.Fatalf("logout: %d", got.status)
	}
	asked := 0
	for _, pattern := range g.routes.Patterns {
		method, path, named := strings.Cut(pattern, " ")
		if !named {
			continue
		}
		need, declared := g.routes.Needs[pattern]
		if !declared || enough(need) == nil {
			t.Errorf("%s declares no need", pattern)
			continue
		}
		path = parameter.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "987654321")
		ownTokens := strings.Contains(path, "/reader/") || strings.Contains(path, "ClientLogin") // of the Google Reader API, see below
		if ownTokens || path == "/login" || path == "/logout" || strings.HasPrefix(path, callbackPath) {
			continue
		}
		asked++
		for _, name := range []string{"", "stale", "reader", "editor", "admin"} {
			headers := []string{"Cookie", map[string]string{"": "", "stale": stale}[name] + g.cookies[name]}
			got := g.send(t, method, path, nil, headers...)
			who := strings.TrimPrefix(name, "stale")
			if want := slices.Contains(enough(need), who); got.lets() != want {
				t.Errorf("%s %s, which needs %v, as %q: %d %s", method, path, need, name, got.status, got.header.Get("Location"))
			}
			if want := slices.Contains(enough(need), who) || need == access.Metrics; name != "" && name != "stale" {
				if got := g.send(t, method, path, nil, "Authorization", "Bearer "+g.tokens[name]); got.lets() != want {
					t.Errorf("%s %s, which needs %v, with a token of %q: %d", method, path, need, name, got.status)
				}
			}
		}
		if path == "/account/sessions/end" { // the one route that changes something: it logs its user out everywhere else
			for name := range g.cookies {
				g.cookies[name] = g.logIn(t, name)
			}
		}
		for _, headers := range [][]string{{"Host", "evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
			if method == http.MethodGet && headers[0] != "Host" {
				continue
			}
			if got := g.send(t, method, path, nil, append(headers, "Cookie", g.cookies["admin"])...); got.lets() {
				t.Errorf("%s %s with %v: %d", method, path, headers, got.status)
			}
		}
	}
	if asked < 80 {
		t.Errorf("only %d routes were asked", asked)
	}
	for _, pattern := range slices.Sorted(maps.Keys(g.routes.Needs)) {
		method, path, _ := strings.Cut(pattern, " ")
		if strings.Contains(path, "/reader/") {
			if got := g.send(t, method, parameter.ReplaceAllString(path, "x"), nil, "Cookie", g.cookies["admin"], "Authorization", "GoogleLogin auth=wrong"); got.lets() {
				t.Errorf("%s with a session: %d", pattern, got.status)
			}
		}
	}
}

// TestOthersIDs asks as one user for what is another's, by its id: nothing of it can be read or changed.
func TestOthersIDs(t *testing.T) {
	g := serveGuarded(t)
	ctx := t.Context()
	other, _, err := g.app.store.User(ctx, "other")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.app.topics.AddTopic(ctx, news.Topic{User: other.ID, Name: "private", Query: "gull"}); err != nil {
		t.Fatal(err)
	}
	sessions, err := g.app.store.Sessions(ctx, other)
	if err != nil || len(sessions) != 1 {
		t.Fatal(len(sessions), err)
	}
	tokens, err := g.app.store.APITokens(ctx, other.ID)
	if err != nil || len(tokens) != 1 {
		t.Fatal(len(tokens), err)
	}
	for _, name := range []string{"reader", "editor", "admin"} {
		for _, request := range []string{
			fmt.Sprint("POST /account/sessions/", sessions[0].ID, "/end"), fmt.Sprint("POST /account/tokens/", tokens[0].ID, "/end"),
			"GET /topic/private", "POST /topic/private/remove", "POST /topic/private/secret", "GET /topic/private/alerts",
			"GET /feeds/topic/private.atom", "GET /api/v1/topics/private?mine=true", "DELETE /api/v1/topics/private?mine=true",
		} {
			method, path, _ := strings.Cut(request, " ")
			if got := g.send(t, method, path, nil, "Cookie", g.cookies[name]); got.status != http.StatusNotFound {
				t.Errorf("%s as %s: %d", request, name, got.status)
			}
		}
	}
	if got := g.send(t, "GET", "/topic/private", nil, "Cookie", g.cookies["other"]); got.status != http.StatusOK {
		t.Errorf("the own topic: %d", got.status)
	}
	shared, err := g.app.topics.AddTopic(ctx, news.Topic{Name: "shared", Query: "gull"})
	if err != nil {
		t.Fatal(err)
	}
	alert, err := g.app.alerts.AddAlert(ctx, news.Alert{Topic: shared.ID, User: other.ID, Kind: news.AlertWebhook, Target: "https://hooks.example.org/of-other"})
	if err != nil {
		t.Fatal(err)
	}
	if got := g.send(t, "GET", "/api/v1/topics/shared/alerts", nil, "Cookie", g.cookies["other"]); got.status != http.StatusOK || !strings.Contains(got.body, alert.Target) {
		t.Errorf("the own alert of everybody's topic: %d %.300s", got.status, got.body)
	}
	for _, request := range []string{"GET /api/v1/topics/shared/alerts", "GET /api/v1/topics/private/alerts?mine=true"} {
		method, path, _ := strings.Cut(request, " ")
		if got := g.send(t, method, path, nil, "Cookie", g.cookies["reader"]); strings.Contains(got.body, alert.Target) {
			t.Errorf("%s as reader: %d %.300s", request, got.status, got.body)
		}
	}
	for _, name := range []string{"editor", "admin"} {
		for _, path := range []string{"/topic/shared/alerts", "/api/v1/topics/shared/alerts"} {
			if got := g.send(t, "GET", path, nil, "Cookie", g.cookies[name]); got.status != http.StatusOK || strings.Contains(got.body, alert.Target) {
				t.Errorf("%s as %s: %d %.300s", path, name, got.status, got.body)
			}
		}
		for _, request := range []string{"POST /topic/shared/alerts/%d/remove", "POST /api/v1/topics/shared/alerts/%d/test", "DELETE /api/v1/topics/shared/alerts/%d"} {
			method, path, _ := strings.Cut(fmt.Sprintf(request, alert.ID), " ")
			if got := g.send(t, method, path, nil, "Cookie", g.cookies[name]); got.status != http.StatusNotFound {
				t.Errorf("%s %s as %s: %d %.300s", method, path, name, got.status, got.body)
			}
		}
	}
}

// TestRefusalKeepsTheNavigation refuses a page to a user who is logged in: what it says stands on a page from which the user goes on.
func TestRefusalKeepsTheNavigation(t *testing.T) {
	g := serveGuarded(t)
	got := g.send(t, "GET", "/users", nil, "Cookie", g.cookies["reader"])
	if got.status != http.StatusForbidden || !strings.Contains(got.body, "This is for admins.") || !strings.Contains(got.body, `href="/unread"`) {
		t.Errorf("the users as reader: %d %.2000s", got.status, got.body)
	}
}

// TestOwnAlertsOfOneTarget: two users, by the pages and the REST API, have own alerts of everybody's topic for one target, each once.
func TestOwnAlertsOfOneTarget(t *testing.T) {
	g := serveGuarded(t)
	if _, err := g.app.topics.AddTopic(t.Context(), news.Topic{Name: "shared", Query: "gull"}); err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	form := url.Values{"kind": {"webhook"}, "target": {receiver.URL + "/hook"}}
	body := fmt.Sprintf(`{"kind":"webhook","target":%q}`, form.Get("target"))
	for _, name := range []string{"reader", "other", "editor"} {
		if got := g.send(t, "POST", "/topic/shared/alerts", form, "Cookie", g.cookies[name]); got.status != http.StatusCreated {
			t.Errorf("by the page as %s: %d %.300s", name, got.status, got.body)
		}
		if got := g.send(t, "POST", "/topic/shared/alerts", form, "Cookie", g.cookies[name]); got.status != http.StatusConflict {
			t.Errorf("by the page as %s again: %d %.300s", name, got.status, got.body)
		}
		if got := g.call(t, name, "POST", "/topics/shared/alerts", strings.Replace(body, "{", `{"own":true,`, 1)); got.status != http.StatusConflict {
			t.Errorf("by the REST API as %s again: %d %.300s", name, got.status, got.body)
		}
	}
	for step, want := range []int{http.StatusCreated, http.StatusConflict} {
		if got := g.call(t, "admin", "POST", "/topics/shared/alerts", body); got.status != want { // of no user
			t.Errorf("step %d by the REST API: %d %.300s", step, got.status, got.body)
		}
	}
}

// TestSecretsOfFeeds shows the secrets in a feed's address to those who may change feeds, wherever the feed is shown.
func TestSecretsOfFeeds(t *testing.T) {
	g := serveGuarded(t)
	f, err := g.app.feeds.AddFeed(t.Context(), news.Feed{URL: "https://anna:hunter2@gulls.example/feed?page=1&feed_token=hunter2", Site: "https://gulls.example/?api_key=hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(f.ID)
	token, err := g.app.accounts.Login(t.Context(), "reader", guardedPassword)
	if err != nil {
		t.Fatal(err)
	}
	list := g.send(t, "GET", "/reader/api/0/subscription/list?output=json", nil, "Authorization", "GoogleLogin auth="+token)
	if !strings.Contains(list.body, "gulls.example") || !strings.Contains(list.body, "api_key=") || strings.Contains(list.body, "hunter2") {
		t.Errorf("a feed reader is told %d %s", list.status, list.body)
	}
	for _, path := range []string{"/api/v1/feeds", "/api/v1/feeds/" + id, "/api/v1/feeds/" + id + "/polls", "/api/v1/opml", "/feeds", "/feeds/opml", "/feed/" + id, "/unread"} {
		got := g.send(t, "GET", path, nil, "Cookie", g.cookies["reader"])
		if got.status != http.StatusOK || strings.Contains(got.body, "hunter2") {
			t.Errorf("%s as reader: %d %s", path, got.status, got.body)
		}
		if whole := g.send(t, "GET", path, nil, "Cookie", g.cookies["editor"]); strings.Contains(path, "/api/v1/feeds/"+id) && !strings.HasSuffix(path, "polls") || strings.HasSuffix(path, "opml") {
			if !strings.Contains(whole.body, "hunter2@") {
				t.Errorf("%s as editor: %d %s", path, whole.status, whole.body)
			}
		}
	}
}

// TestManyUsers: the page and the REST API show users by parts, each once, and keep to the part when something is changed.
func TestManyUsers(t *testing.T) {
	g := serveGuarded(t)
	for i := range 150 {
		if err := g.app.store.AddUser(t.Context(), news.User{Name: fmt.Sprintf("user & %03d", i)}, ""); err != nil {
			t.Fatal(err)
		}
	}
	all, err := g.app.store.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	admin := []string{"Cookie", g.cookies["admin"]}
	seen := map[string]int{}
	page := "/users"
	for n := 0; page != "" && n < 5; n++ {
		got := g.send(t, "GET", page, nil, admin...)
		for _, id := range regexp.MustCompile(`/users/(\d+)/remove`).FindAllStringSubmatch(got.body, -1) {
			seen[id[1]]++
		}
		before := page
		if next := regexp.MustCompile(`href="(/users\?after=[^"]+)" rel="next"`).FindStringSubmatch(got.body); next == nil {
			page = ""
		} else {
			page = html.UnescapeString(next[1])
		}
		if page == "" && before == "/users" {
			t.Fatal("the first page leads to no other")
		}
	}
	for cursor, n := "", 0; n < 5; n++ {
		var part struct {
			Total int
			Next  string
			Users []struct{ ID int64 }
		}
		got := g.send(t, "GET", "/api/v1/users?limit=60&cursor="+url.QueryEscape(cursor), nil, admin...)
		if err := json.Unmarshal([]byte(got.body), &part); err != nil || part.Total != len(all) {
			t.Fatalf("%v: %s", err, got.body)
		}
		for _, u := range part.Users {
			seen[fmt.Sprint(u.ID)] += 10
		}
		if cursor = part.Next; cursor == "" {
			break
		}
	}
	for _, u := range all {
		if n := seen[fmt.Sprint(u.ID)]; n != 11 {
			t.Errorf("%s is shown %d times", u.Name, n)
		}
	}
	last := all[len(all)-1]
	got := g.send(t, "POST", fmt.Sprintf("/users/%d/role", last.ID), url.Values{"role": {"editor"}, "after": {"user & 090"}}, admin...)
	if to := got.header.Get("Location"); to != "/users?after=user+%26+090&done=role" {
		t.Errorf("a change leads to %q", to)
	}
}

// TestFormAfterItsSession sends forms after the session has ended: nothing changes, what was written comes back but for passwords, and can
// be sent again after a login.
func TestFormAfterItsSession(t *testing.T) {
	g := serveGuarded(t)
	written := url.Values{"name": {`Seas & "rivers"`}, "query": {"river OR\nsea <b>"}}
	topics := func() int {
		all, err := g.app.store.AllTopics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	before := topics()
	kept := g.send(t, "POST", "/topics", written, "Cookie", "session=ended")
	if kept.status != http.StatusUnauthorized || topics() != before {
		t.Fatalf("%d, %d topics", kept.status, topics()-before)
	}
	field := regexp.MustCompile(`(?s)name="(name|query)"(?: rows="3">| value=")(.*?)["<]`)
	again := url.Values{}
	for _, m := range field.FindAllStringSubmatch(kept.body, -1) {
		again.Set(m[1], html.UnescapeString(m[2]))
	}
	if again.Encode() != written.Encode() {
		t.Errorf("%q is kept of %q:\n%s", again, written, kept.body)
	}
	if sent := g.send(t, "POST", "/topics", again, "Cookie", g.cookies["reader"]); sent.status != http.StatusSeeOther || topics() != before+1 {
		t.Errorf("sent again: %d %s", sent.status, sent.body)
	}
	secret := g.send(t, "POST", "/account/password", url.Values{"current": {"hunter one"}, "password": {"hunter two"}, "again": {"hunter two"}})
	if secret.status != http.StatusUnauthorized || strings.Contains(secret.body, "hunter") {
		t.Errorf("%d: %s", secret.status, secret.body)
	}
}

// TestSessionsEnd has sessions end with a change of password, another's end, and the removal of the user; and the token change at a login.
func TestSessionsEnd(t *testing.T) {
	g := serveGuarded(t)
	reads := func(cookie string) bool {
		return g.send(t, "GET", "/account", nil, "Cookie", cookie).status == http.StatusOK
	}
	again := g.send(t, "POST", "/login", url.Values{"name": {"reader"}, "password": {guardedPassword}}, "Cookie", g.cookies["reader"])
	renewed, _, _ := strings.Cut(again.header.Get("Set-Cookie"), ";")
	if renewed == g.cookies["reader"] || !reads(renewed) || reads(g.cookies["reader"]) {
		t.Errorf("a login goes on with the token that was there: %q", renewed)
	}
	second := g.logIn(t, "reader")
	changed := g.send(t, "POST", "/account/password", url.Values{"current": {guardedPassword}, "password": {"battery staple"}, "again": {"battery staple"}}, "Cookie", second)
	own, _, _ := strings.Cut(changed.header.Get("Set-Cookie"), ";")
	if changed.status != http.StatusSeeOther || !reads(own) || reads(renewed) || reads(second) {
		t.Errorf("after another password: %d, own %t, others %t and %t", changed.status, reads(own), reads(renewed), reads(second))
	}
	elsewhere := g.logIn(t, "other")
	token, err := g.app.accounts.Login(t.Context(), "other", guardedPassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []struct {
		by, path string
		stays    bool
	}{{"other", "/account/sessions/end", true}, {"admin", "", false}} {
		if end.path == "" {
			u, _, err := g.app.store.User(t.Context(), "other")
			if err != nil {
				t.Fatal(err)
			}
			end.path = fmt.Sprintf("/users/%d/logins", u.ID)
		}
		got := g.send(t, "POST", end.path, url.Values{}, "Cookie", g.cookies[end.by])
		_, errToken := g.app.accounts.UserOf(t.Context(), token)
		if got.status != http.StatusSeeOther || reads(g.cookies["other"]) != end.stays || reads(elsewhere) || !errors.Is(errToken, news.ErrNotFound) || !reads(g.cookies["admin"]) {
			t.Errorf("%s by %s: %d; it reads on here %t, elsewhere %t, in a feed reader %v", end.path, end.by, got.status, reads(g.cookies["other"]), reads(elsewhere), errToken)
		}
		if got := g.send(t, "GET", "/api/v1/settings", nil, "Authorization", "Bearer "+g.tokens["other"]); got.status != http.StatusOK {
			t.Errorf("the API token has ended: %d", got.status)
		}
	}
	events, err := g.app.store.AuditEvents(t.Context(), 0, 2)
	if err != nil || len(events) != 2 || events[0].Action != news.AuditSessionsEnded || events[0].Actor.Name != "admin" || events[1].Actor.Name != "other" || events[1].Subject != "other" {
		t.Errorf("audit: %+v (%v)", events, err)
	}
	if err := g.app.store.RemoveUser(t.Context(), "reader"); err != nil {
		t.Fatal(err)
	}
	if reads(own) {
		t.Error("a user who was removed reads on")
	}
	kept := g.send(t, "POST", "/topics", url.Values{"name": {"gulls"}, "query": {"gull AND pier"}}, "Cookie", own)
	if kept.status != http.StatusUnauthorized || !strings.Contains(kept.body, "gull AND pier") {
		t.Errorf("what was written is not kept: %d", kept.status)
	}
	for _, change := range []error{g.app.store.RemoveUser(t.Context(), "admin"), g.app.store.SetRole(t.Context(), "admin", news.ReaderRole)} {
		if !errors.Is(change, news.ErrLastAdmin) {
			t.Errorf("the last admin: %v", change)
		}
	}
}

// TestNextOfLogin has a login lead to addresses of this server only.
func TestNextOfLogin(t *testing.T) {
	g := serveGuarded(t)
	for next, want := range map[string]string{
		"/search?q=a%20b&page=2": "/search?q=a%20b&page=2", "": "/", "/": "/", "topics": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/",
		`\\evil.example`: "/", "http://evil.example/": "/", "http:evil.example": "/", "javascript:alert(1)": "/", "/\t/evil.example": "/", "/\n/evil.example": "/",
		"\x00//evil.example": "/", " //evil.example": "/", "/login?next=/login": "/", "/logout": "/", "/" + strings.Repeat("x", 3000): "/", "/%": "/",
	} {
		got := g.send(t, "POST", "/login", url.Values{"name": {"reader"}, "password": {guardedPassword}, "next": {next}})
		if got.status != http.StatusSeeOther || got.header.Get("Location") != want {
			t.Errorf("%q: %d %q, want %q", next, got.status, got.header.Get("Location"), want)
		}
		if got := g.send(t, "GET", "/login?next="+url.QueryEscape(next), nil, "Cookie", g.cookies["reader"]); got.header.Get("Location") != want {
			t.Errorf("%q, logged in: %d %q, want %q", next, got.status, got.header.Get("Location"), want)
		}
	}
}

// TestAudit holds that changes of access are written with who made them, and that no password or token is among them.
func TestAudit(t *testing.T) {
	g := serveGuarded(t)
	admin := []string{"Cookie", g.cookies["admin"]}
	g.send(t, "POST", "/login", url.Values{"name": {"editor"}, "password": {"not the password"}})
	for path, form := range map[string]url.Values{
		"/users":          {"name": {"new"}, "password": {"a secret of new"}, "role": {"editor"}},
		"/users/settings": {"public_feeds": {"on"}},
	} {
		if got := g.send(t, "POST", path, form, admin...); got.status != http.StatusSeeOther {
			t.Errorf("%s: %d %.300s", path, got.status, got.body)
		}
	}
	events, err := g.app.store.AuditEvents(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, e := range events {
		have[fmt.Sprintf("%s %s by %q", e.Action, e.Subject, e.Actor.Name)] = true
		if e.Actor.Name == "admin" && e.Actor.Address != "127.0.0.1" || strings.Contains(e.Detail+e.Subject, "secret of") {
			t.Errorf("%+v", e)
		}
	}
	for _, want := range []string{
		`login refused editor by ""`, `user added new by "admin"`, `setting changed combined feeds are public by "admin"`, `login editor by "editor"`, `user added admin by ""`,
	} {
		if !have[want] {
			t.Errorf("there is no %s in %v", want, slices.Sorted(maps.Keys(have)))
		}
	}
	if got := g.send(t, "GET", "/feeds/all.atom", nil); got.status != http.StatusOK {
		t.Errorf("the public feed: %d", got.status)
	}
}

// TestSecretFeeds reads the combined feed at the secret address of a user, until it is taken away. A page that shows secrets is not
// compressed, so that its length tells nothing of them.
func TestSecretFeeds(t *testing.T) {
	g := serveGuarded(t)
	reader := []string{"Cookie", g.cookies["reader"]}
	encoding := func(path string) string {
		return g.send(t, "GET", path, nil, append(reader, "Accept-Encoding", "gzip")...).header.Get("Content-Encoding")
	}
	if got := encoding("/account"); got != "gzip" {
		t.Errorf("a page without secrets is sent with the encoding %q", got)
	}
	if got := g.send(t, "POST", "/account/feeds", url.Values{}, reader...); got.status != http.StatusSeeOther {
		t.Fatal(got.status)
	}
	page := g.send(t, "GET", "/account", nil, reader...)
	path := regexp.MustCompile(`/feeds/t/[A-Z0-9]+\.atom`).FindString(page.body)
	g.send(t, "POST", "/topics", url.Values{"name": {"Gulls"}, "query": {"gull"}}, reader...)
	g.send(t, "POST", "/topic/Gulls/secret", url.Values{}, reader...)
	for _, path := range []string{"/account", "/topic/Gulls"} {
		if got := encoding(path); got != "" || !strings.Contains(g.send(t, "GET", path, nil, reader...).body, "/feeds/t/") {
			t.Errorf("%s with a secret is sent with the encoding %q", path, got)
		}
	}
	if got := g.send(t, "GET", path, nil); got.status != http.StatusOK || got.header.Get("X-Robots-Tag") == "" {
		t.Errorf("%s: %d", path, got.status)
	}
	if got := g.send(t, "POST", "/account/feeds", url.Values{"end": {"1"}}, reader...); got.status != http.StatusSeeOther {
		t.Fatal(got.status)
	}
	if got := g.send(t, "GET", path, nil); got.status != http.StatusNotFound {
		t.Errorf("an address that was taken away: %d", got.status)
	}
}

// TestTopicsOfImportedLists has a reader who may change feeds, and then an editor, import lists by pages, REST API and a feed reader. Only
// the editor's topics are added: they are everybody's.
func TestTopicsOfImportedLists(t *testing.T) {
	g := serveGuarded(t)
	if err := g.app.store.SetAccessSettings(t.Context(), news.AccessSettings{ReadersEditFeeds: true}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		user   string
		topics int
	}{{"reader", 0}, {"editor", 3}} {
		list := func(way string) string {
			name := tt.user + " " + way
			return `<opml version="2.0"><body><outline type="rss" xmlUrl="https://` + strings.ReplaceAll(name, " ", "-") + `.example/feed"/>` +
				`<outline text="` + name + `" headwaterQuery="gulls ` + way + `"/></body></opml>`
		}
		token, err := g.app.accounts.Login(t.Context(), tt.user, guardedPassword)
		if err != nil {
			t.Fatal(err)
		}
		page := g.send(t, "POST", "/feeds/opml", url.Values{"text": {list("page")}}, "Cookie", g.cookies[tt.user])
		if left := strings.Contains(page.body, "for editors and admins to change"); page.status != http.StatusOK || left != (tt.topics == 0) {
			t.Errorf("%s: %d, says that a topic was left out: %t", tt.user, page.status, left)
		}
		for path, authorization := range map[string]string{
			"/api/v1/opml": "Bearer " + g.tokens[tt.user], "/reader/api/0/subscription/import": "GoogleLogin auth=" + token,
		} {
			way, _, _ := strings.Cut(path[1:], "/")
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.URL+path, strings.NewReader(list(way)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", authorization)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := drained(resp); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %s: %d, %v", tt.user, path, resp.StatusCode, err)
			}
		}
		topics, err := g.app.store.Topics(t.Context(), 0)
		if err != nil || len(topics) != tt.topics {
			t.Errorf("%s: topics %v, %v", tt.user, topics, err)
		}
	}
	if feeds, err := g.app.store.Feeds(t.Context()); err != nil || len(feeds) != 6 {
		t.Errorf("%d feeds, %v", len(feeds), err)
	}
}

// TestOpenMode tells when nobody has to log in.
func TestOpenMode(t *testing.T) {
	for _, tt := range []struct {
		login, listen, public string
		open, fails           bool
	}{
		{"auto", "127.0.0.1:8080", "", true, false},
		{"auto", "[::1]:8080", "http://localhost:8080", true, false},
		{"auto", "127.0.0.1:8080", "https://news.example.org", false, false},
		{"auto", ":8080", "", false, false},
		{"auto", "192.0.2.7:8080", "", false, false},
		{"required", "127.0.0.1:8080", "", false, false},
		{"off", "127.0.0.1:8080", "https://news.example.org", true, false},
		{"off", "0.0.0.0:8080", "", false, true},
		{"off", "news.example.org:8080", "", false, true},
	} {
		cfg := config.Default()
		cfg.Access.Login, cfg.Listen, cfg.PublicURL = tt.login, tt.listen, tt.public
		if open, err := openMode(cfg); open != tt.open || (err != nil) != tt.fails {
			t.Errorf("%+v: %t, %v", tt, open, err)
		}
	}
}

// TestForwardedInOpenMode sends what a proxy passes on to a server that asks nobody to log in.
func TestForwardedInOpenMode(t *testing.T) {
	srv, routes := everyRoute(t, func(c *config.Config) { c.PublicURL = "" })
	for _, rt := range routes {
		if strings.Contains(rt.path, "/api/v1/stories") || rt.path == "/" || rt.path == "/topics" {
			for _, header := range []string{"X-Forwarded-For", "Forwarded"} {
				if got := rt.ask(t, srv.URL, header, "for=203.0.113.7"); got.status != http.StatusForbidden || !strings.Contains(got.body, "access.login: required") {
					t.Errorf("%s %s: %d %.200s", rt.method, rt.path, got.status, got.body)
				}
			}
		}
	}
}

// TestProviderInOpenMode asks for the pages of logins at a provider where nobody logs in.
func TestProviderInOpenMode(t *testing.T) {
	srv, routes := everyRoute(t, func(c *config.Config) {
		c.Access.Login, c.Access.OIDC.Issuer, c.Access.OIDC.ClientID = "off", "https://login.example.org", "headwater"
	})
	asked := 0
	for _, rt := range routes {
		if strings.HasPrefix(rt.path, "/login/oidc") || strings.HasPrefix(rt.path, "/account/logins") {
			asked++
			if got := rt.ask(t, srv.URL); got.status != http.StatusNotFound {
				t.Errorf("%s %s: %d %.200s", rt.method, rt.path, got.status, got.body)
			}
		}
	}
	if asked != 5 {
		t.Errorf("%d routes", asked)
	}
}
