package greader_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/serve/greader"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
)

var day = time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)

const (
	anna     = "anna"
	password = "correct horse"
)

var must = pipelinetest.Must

// room is a newsroom and a server of the API over it. Feed 1 is a wire in the folder Wires, feed 2 a paper in none.
// Articles 1 to 3 are the wire's, 4 and 5 the paper's; 1 and 4 are one story, that of the wire, and 5 is another.
type room struct {
	*pipelinetest.Room
	store  *store.DB
	server *httptest.Server
	now    time.Time
	auth   string
}

func open(t *testing.T) *room {
	t.Helper()
	dir := t.TempDir()
	db := storetest.Open(t, dir)
	x, err := search.Open(t.Context(), dir, search.Options{Log: db, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	r := &room{store: db, now: day.Add(24 * time.Hour)}
	now := func() time.Time { return r.now }
	r.Room = pipelinetest.New(pipelinetest.Options{
		Options: pipeline.Options{Store: db, Fetch: web(t), Logger: slog.New(slog.DiscardHandler), Now: now}, Search: x, Batch: 100,
	})
	r.server = httptest.NewServer(greader.New(greader.Options{Backend: backendOf(r.Room), Title: "Test", Now: now}))
	t.Cleanup(func() {
		r.server.Close()
		must(t, errors.Join(x.Close(), db.Close()))
	})
	return r
}

// backendOf is what the program gives the API.
func backendOf(n *pipelinetest.Room) greader.Backend {
	return greader.Backend{
		Accounts: n.Accounts, AuditLog: n.Store, ItemStore: n.Store, StateStore: n.Store, ArticleStore: n.Store, StoryReader: n.Stories,
		TopicStore: n.Store, TopicSearcher: n.Stories, TopicEditor: n.Topics, FeedStore: n.Store, FeedEditor: n.Feeds, OPML: n.Lists,
	}
}

// web is all that the newsroom can reach: a page at http://pages.example/ with a link to its feed.
func web(t *testing.T) *fetch.Client {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.String() {
		case "http://pages.example/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<html><head><link rel="alternate" type="application/rss+xml" href="/news.xml" title="Pages"></head></html>`)
		case "http://pages.example/news.xml":
			w.Header().Set("Content-Type", "application/rss+xml")
			_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>Pages of the day</title><item><title>One</title><link>http://pages.example/1</link></item></channel></rss>`)
		default:
			http.Error(w, "no such host", http.StatusBadGateway)
		}
	}))
	t.Cleanup(proxy.Close)
	at, err := url.Parse(proxy.URL)
	must(t, err)
	client, err := fetch.New(fetch.Options{Proxy: at, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: time.Minute})
	must(t, err)
	return client
}

func filled(t *testing.T) *room {
	t.Helper()
	r := open(t)
	for _, f := range []news.Feed{
		{URL: "https://wire.example/feed.xml", Title: "The Wire", Folder: "Wires", Site: "https://wire.example/"},
		{URL: "https://paper.example/feed.xml?a=1&b=2", Title: "The Paper"},
	} {
		_, err := r.Feeds.AddFeed(t.Context(), f)
		must(t, err)
	}
	r.collect(t, 1, article("whale", "Whale swims free", 1), article("quake", "Earthquake felt", 2), article("vote", "Council votes", 3))
	r.collect(t, 2, article("whale2", "A whale swims free", 4), article("bread", "Bakers strike", 5))
	r.settle(t, story(1, 1, 1, 4), story(2, 2, 2), story(3, 3, 3), story(4, 5, 5))
	must(t, r.Accounts.AddUserAs(t.Context(), anna, password, news.EditorRole))
	r.auth = r.login(t, anna, password)
	return r
}

// article is one that is published and seen at an hour of the day.
func article(guid, title string, hour int) news.Article {
	at := day.Add(time.Duration(hour) * time.Hour)
	return news.Article{
		GUID: guid, Title: title, Hash: title, URL: "https://site.example/" + guid, Outlet: news.Outlet{Name: "Outlet of " + guid, Domain: guid + ".example"},
		Lang: "en", Seen: at, Published: at.Add(-time.Minute), Text: title + ".", HTML: "<p>" + title + ".</p>",
		Enclosures: []news.Enclosure{{URL: "https://site.example/" + guid + ".mp3", Type: "audio/mpeg", Length: 7}},
	}
}

func (r *room) collect(t *testing.T, feed int64, articles ...news.Article) {
	t.Helper()
	f, err := r.Store.Feed(t.Context(), feed)
	must(t, err)
	for _, a := range articles {
		f.Checked = a.Seen
	}
	_, err = r.store.Collect(t.Context(), []store.Poll{{Feed: f, Articles: articles}})
	must(t, err)
	_, err = r.Index.CatchUp(t.Context(), nil)
	must(t, err)
}

func story(id, origin int64, members ...int64) news.Story {
	s := news.Story{ID: id, Title: fmt.Sprint("Story ", id), Outlets: len(members), First: day, Latest: day, Changed: day}
	s.Origin = news.Origin{Outlet: news.Outlet{Name: "The Wire Agency", Domain: "wire.example"}, Article: origin, Level: news.LevelOriginal}
	for _, m := range members {
		s.Members = append(s.Members, news.Member{Article: news.Article{ID: m}, Role: news.RoleCopy})
	}
	return s
}

func (r *room) settle(t *testing.T, stories ...news.Story) {
	t.Helper()
	must(t, r.store.Settle(t.Context(), store.Settlement{Stories: stories}))
}

func (r *room) login(t *testing.T, name, password string) string {
	t.Helper()
	status, body := r.ask(t, "", "POST /accounts/ClientLogin", url.Values{"Email": {name}, "Passwd": {password}, "service": {"reader"}}.Encode())
	_, auth, ok := strings.Cut(body, "\nAuth=")
	if status != http.StatusOK || !ok || !strings.HasPrefix(body, "SID=") || !strings.Contains(body, "\nLSID=") {
		t.Fatalf("login: %d %q", status, body)
	}
	return strings.TrimSpace(auth)
}

// ask sends "METHOD PATH" with a form and gives the answer.
func (r *room) ask(t *testing.T, auth, line, form string) (status int, body string) {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, r.server.URL+path, strings.NewReader(form))
	must(t, err)
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if auth != "" {
		req.Header.Set("Authorization", "GoogleLogin auth="+auth)
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	b, err := io.ReadAll(resp.Body)
	must(t, errors.Join(err, resp.Body.Close()))
	return resp.StatusCode, string(b)
}

// want asks as anna and fails where the answer is another than 200 and, where body is given, that body.
func (r *room) want(t *testing.T, line, form, body string) string {
	t.Helper()
	status, got := r.ask(t, r.auth, line, form)
	if status != http.StatusOK || body != "" && strings.TrimSpace(got) != body {
		t.Fatalf("%s %s: %d %s, want %s", line, form, status, got, body)
	}
	return got
}

func decode[T any](t *testing.T, body string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

const api = "/reader/api/0/"

type refs struct {
	ItemRefs     []struct{ ID string }
	Continuation string
}

// ids lists a stream's items by number, in one word.
func (r *room) ids(t *testing.T, stream, more string) string {
	t.Helper()
	page := decode[refs](t, r.want(t, "GET "+api+"stream/items/ids?output=json&s="+url.QueryEscape(stream)+more, "", ""))
	var ids []string
	for _, ref := range page.ItemRefs {
		ids = append(ids, ref.ID)
	}
	return strings.Join(ids, " ")
}

const (
	all     = "user/-/state/com.google/reading-list"
	read    = "user/-/state/com.google/read"
	starred = "user/-/state/com.google/starred"
	unread  = "&xt=" + read
	once    = "user/-/label/Everything, once"
)

// follow adds a topic.
func (r *room) follow(t *testing.T, topic news.Topic) {
	t.Helper()
	_, err := r.Topics.AddTopic(t.Context(), topic)
	must(t, err)
}
