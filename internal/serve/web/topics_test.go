package web_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/web"
)

// handlerOf serves pages to one user.
func handlerOf(f *fake, u news.User) http.Handler {
	return web.New(web.Options{
		Backend: f.backend(), Access: openTo(func(context.Context) (news.User, error) { return u, nil }), PublicURL: "http://news.example",
		Now: func() time.Time { return now }, CheckQuery: search.Validate, CheckOwnQuery: search.ValidateForUser, CheckTopic: search.CheckTopic,
	})
}

// TestWhoseTopics shows a reader the own topics and those of everybody, and lets the reader change the own ones alone.
func TestWhoseTopics(t *testing.T) {
	f := edition()
	f.topics = []news.Topic{
		{ID: 1, Name: "Mining", Query: "mine"},
		{ID: 2, Name: "Ferries", Query: "ferry"},
		{ID: 3, User: 7, Name: "Mine alone", Query: "lighthouse", Secret: "s3cret"},
		{ID: 4, User: 7, Name: "Ferries", Query: "boat"},
		{ID: 5, User: 8, Name: "Of Ben", Query: "gull"},
	}
	reader := handlerOf(f, news.User{ID: 7, Name: "anna", Role: news.ReaderRole})
	body := words(t, get(t, reader, "/topics").Body.String())
	for _, want := range []string{"Mining", "Mine alone only for you", "Ferries only for you boat", "topics of everybody with the names of yours; rename yours to see them: Ferries"} {
		if !strings.Contains(body, want) {
			t.Errorf("the topics lack %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "Of Ben") || strings.Contains(body, "Who sees it") {
		t.Errorf("a reader sees or chooses too much:\n%s", body)
	}
	mining, own := get(t, reader, "/topic/Mining").Body.String(), get(t, reader, "/topic/Mine%20alone").Body.String()
	if strings.Contains(mining, "Change this topic") || strings.Contains(mining, "/remove") || !strings.Contains(own, "Change this topic") || !strings.Contains(own, "/feeds/t/s3cret.atom") {
		t.Error("buttons are shown to others than those who may use them")
	}
	get(t, reader, "/suggest?q=min")
	has := func(name string) bool {
		return slices.ContainsFunc(f.offered, func(topic news.Topic) bool { return topic.Name == name })
	}
	if !has("Mine alone") || !has("Mining") || has("Of Ben") {
		t.Errorf("a search may go on with the topics %+v", f.offered)
	}
	for _, tt := range []struct {
		path, form string
		status     int
	}{
		{"/topic/Of%20Ben", "name=x&query=x", 404},
		{"/topic/Of%20Ben/remove", "", 404},
		{"/topic/Mining", "name=x&query=x", 403},
		{"/topic/Mining", "id=5&name=x&query=x", 404},
		{"/topic/Mining", "id=1&name=x&query=x", 403},
		{"/topic/Mining/seen", "", 303}, // seen by this reader alone
		{"/topic/Mining/secret", "", 403},
		{"/topic/Mining/remove", "", 403},
		{"/topics", "query=comet&owner=everybody", 403},
		{"/topics", "query=comet", 303},
		{"/topics", "query=comet&owner=me", 303}, // leads to the one before
		{"/topic/Mine%20alone/remove", "", 303},
	} {
		form, err := url.ParseQuery(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		if w := post(t, reader, tt.path, form); w.Code != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.path, tt.form, w.Code, tt.status)
		}
	}
	if last := f.topics[len(f.topics)-1]; len(f.topics) != 5 || last.Query != "comet" || last.User != 7 {
		t.Errorf("%+v", f.topics)
	}
	// Alerts of everybody's topic: each reader has own ones.
	f.alerts = map[int64][]news.Alert{1: {{ID: 1, Topic: 1, Kind: news.AlertEmail, Target: "desk@example.org"}}}
	if w := post(t, reader, "/topic/Mining/alerts", alertForm("email", "anna@example.org", "when", "once")); w.Code != 303 || f.alerts[1][1].User != 7 {
		t.Errorf("%d %+v", w.Code, f.alerts)
	}
	if text := get(t, reader, "/topic/Mining/alerts").Body.String(); strings.Contains(text, "desk@") || !strings.Contains(text, "anna@") {
		t.Errorf("the alerts of a reader:\n%s", text)
	}
	if w := post(t, reader, "/topic/Mining/alerts/1/remove", nil); w.Code != 404 {
		t.Errorf("the alert of another: %d", w.Code)
	}
	editor := handlerOf(f, news.User{ID: 9, Name: "ed", Role: news.EditorRole})
	if w := post(t, editor, "/topics", url.Values{"query": {"whale"}}); w.Code != 303 || f.topics[len(f.topics)-1].User != 0 {
		t.Errorf("an editor's topic is everybody's: %d, %+v", w.Code, f.topics)
	}
}

// TestFollowedTwice leads to the topic that there is, and refuses with each error beside its field.
func TestFollowedTwice(t *testing.T) {
	f := edition()
	f.topics = []news.Topic{{ID: 1, Name: "Rates", Query: "interest rates", Options: news.TopicOptions{Langs: []string{"en", "de"}}}}
	h := handlerOf(f, news.User{ID: 1, Role: news.AdminRole})
	w := post(t, h, "/topics", url.Values{"name": {"Other"}, "query": {" interest  rates "}, "langs": {"de, en"}})
	if at := w.Header().Get("Location"); w.Code != 303 || at != "/topic/Rates?followed" {
		t.Fatalf("%d %s", w.Code, at)
	}
	if text := words(t, get(t, h, "/topic/Rates?followed").Body.String()); !strings.Contains(text, "You follow this already") {
		t.Errorf("%s", text)
	}
	for _, tt := range []struct {
		form   url.Values
		status int
		says   []string
	}{
		{url.Values{"name": {"Rates"}, "query": {"prices"}}, 409, []string{`There is a topic &#34;Rates&#34; already, and it asks for something else.`, `href="/topic/Rates"`, `value="prices"`}},
		{url.Values{"name": {"x"}, "query": {"prices"}, "langs": {"tlhingan, en"}, "muted": {" "}}, 400, []string{"tlhingan", "en (English)", `value="tlhingan, en" placeholder="English, Spanish" aria-invalid="true"`}},
		{url.Values{"name": {"a/b"}, "query": {`"open`}, "outlets": {"-1"}}, 400, []string{"leave out slashes", "never closed", `value="a/b"`}},
		{url.Values{"name": {"x"}, "query": {"prices"}, "outlets": {"many"}}, 400, []string{"is no number of outlets", `value="many"`}},
		{url.Values{"name": {strings.Repeat("🐋", 81)}, "query": {"prices"}}, 400, []string{"longer than 80 characters"}},
		{url.Values{"name": {"<script>alert(1)</script>"}, "query": {"prices"}}, 400, []string{"leave out slashes", "&lt;script&gt;"}},
	} {
		w := post(t, h, "/topics", tt.form)
		for _, want := range tt.says {
			if w.Code != tt.status || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%v: %d, want %d and %q:\n%s", tt.form, w.Code, tt.status, want, w.Body)
			}
		}
	}
	if len(f.topics) != 1 {
		t.Errorf("%+v", f.topics)
	}
}

// TestRenamedInTwoTabs finds a topic that another tab renamed, and keeps its new name.
func TestRenamedInTwoTabs(t *testing.T) {
	f := edition()
	f.topics = []news.Topic{{ID: 1, Name: "New", Query: "mine"}}
	h := handlerOf(f, news.User{ID: 1, Role: news.AdminRole})
	w := post(t, h, "/topic/Old", url.Values{"id": {"1"}, "was": {"Old"}, "name": {"Old"}, "query": {"mines"}})
	if f.topics[0].Name != "New" || f.topics[0].Query != "mines" || w.Header().Get("Location") != "/topic/New" {
		t.Errorf("%d %s %+v", w.Code, w.Header().Get("Location"), f.topics)
	}
	if post(t, h, "/topic/Old", url.Values{"id": {"1"}, "was": {"Old"}, "name": {"Newer"}, "query": {"mines"}}); f.topics[0].Name != "Newer" {
		t.Errorf("%+v", f.topics)
	}
	f.topics = nil
	if w := post(t, h, "/topic/Newer", url.Values{"id": {"1"}, "was": {"Newer"}, "name": {"Newer"}, "query": {"mines"}}); w.Code != 404 || !strings.Contains(w.Body.String(), "removed meanwhile") {
		t.Errorf("%d", w.Code)
	}
}
