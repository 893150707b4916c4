package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headwater/feeds"
	"headwater/internal/accounts"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/observe"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/saveto"
	"headwater/internal/search"
	"headwater/internal/serve/access"
	"headwater/internal/serve/api"
	"headwater/internal/serve/compare"
	"headwater/internal/store/storetest"
	"headwater/internal/stories/outlets"
)

var must = pipelinetest.Must

// now is when everything in these tests is polled.
var now = time.Date(2026, 8, 18, 12, 0, 0, 0, time.UTC)

// testServer is the API over a real newsroom.
type testServer struct {
	http.Handler
	room  *pipelinetest.Room
	feeds string // address of the feeds
}

// open makes an API over an empty newsroom.
func open(t *testing.T) *testServer {
	t.Helper()
	room := openRoom(t)
	must(t, room.Store.AddUser(t.Context(), news.User{Name: "admin", Role: news.AdminRole}, "")) // as adminStore has it
	return &testServer{Handler: serve(t, api.Options{Backend: backendOf(room), Version: "1.2.3", CheckQuery: search.Validate, CheckTopic: search.CheckTopic}), room: room}
}

// everybody lets each request in as an admin.
var everybody = access.New(access.Options{Store: adminStore{}, Open: true})

// adminStore knows the oldest admin and nothing else.
type adminStore struct{ access.Store }

func (adminStore) FirstAdmin(context.Context) (news.User, error) {
	return news.User{ID: 1, Name: "admin", Role: news.AdminRole}, nil
}

func serve(t *testing.T, o api.Options) http.Handler {
	t.Helper()
	if o.Access == nil {
		o.Access = everybody
	}
	if o.Metrics == nil {
		m := observe.NewMetrics(&observe.Health{})
		o.Metrics, o.Answered = m.Gatherer(), m.Answered
	}
	h, err := api.New(o)
	must(t, err)
	return h
}

// backendOf is what the program gives the API.
func backendOf(n *pipelinetest.Room) api.Backend {
	return api.Backend{
		FrontReader: n.Stories, StoryReader: n.Stories, StoryStore: n.Store, Comparer: compare.New(n.Store), ArticleStore: n.Store, EventStore: n.Store, EventReader: n.Stories, OutletReader: n.Stories, OutletEditor: n.Stories, Searcher: n.Stories,
		ChangeLog: n.Store, ChangeNotifier: n.Pipeline,
		TopicStore: n.Store, TopicSearcher: n.Stories, TopicEditor: n.Topics, AlertStore: n.Store, AlertEditor: n.Alerts, RuleStore: n.Store, RuleEditor: n.Rules,
		FeedStore: n.Store, FeedLister: n.Stories, FeedEditor: n.Feeds, OPML: n.Lists, CorrectionStore: n.Store, Corrector: n.Pipeline.Settler,
		StatusReader: n.Stories,
		UserStore:    n.Store, AccountEditor: accounts.New(n.Store, func() time.Time { return now }), SettingsStore: n.Store,
		SavingStore: n.Store, Saver: &saveto.Targets{Store: n.Store, Now: func() time.Time { return now }},
	}
}

func openRoom(t *testing.T) *pipelinetest.Room {
	t.Helper()
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	registry, err := outlets.Load(feeds.Agencies(), outlets.Entry{Name: "Harbour Wire", Domains: []string{"harbourwire.example"}, Agency: true})
	must(t, err)
	db := storetest.Open(t, dir)
	x, err := search.Open(t.Context(), dir, search.Options{Logger: log, Log: db})
	must(t, err)
	client, err := fetch.New(fetch.Options{
		UserAgent: "Headwater/test", Timeout: 5 * time.Second, MaxBytes: 1 << 20, PerHost: 4,
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	must(t, err)
	t.Cleanup(func() {
		client.Close()
		must(t, x.Close())
		must(t, db.Close())
	})
	return pipelinetest.New(pipelinetest.Options{Sender: notify.NewSender(notify.SenderOptions{Send: client.Send}), Search: x, Batch: 100, Options: pipeline.Options{
		Store: db, Fetch: client, Outlets: registry, Logger: log, Now: func() time.Time { return now },
		Parse:   parse.Options{Timeout: 5 * time.Second, MaxItems: 100, MaxDepth: 100},
		Pace:    poll.Pace{Interval: time.Hour, Min: 10 * time.Minute, Max: 24 * time.Hour},
		Workers: 1, PerHost: 1, // one feed after another, so that ids are known
	}})
}

// feedDocuments are what the feeds hold: a wire's report, its copy in a paper, a blog's rewrite of somebody whom no feed carries,
// and news that nobody else has. The last has no date.
func feedDocuments() map[string]string {
	const flood = "The river rose over its banks in the night and flooded forty houses in the lower town, the mayor of Aldermere said. " +
		"Boats brought two hundred people to the school on the hill, where beds had been put up in the gymnasium by volunteers."
	const comet = "According to reporting by The Vantage Post, an amateur with a telescope in her garden found a comet that nobody " +
		"had seen before. It will be visible to the naked eye in spring and come back in eleven thousand years."
	const strike = "Bakers in the north laid down work on Monday to demand longer breaks, and bread ran out by noon in most of the shops " +
		"along the coast. Their union wants twenty minutes more for every shift, which the owners refuse."
	return map[string]string{
		"wire": channel("Harbour Wire", "harbourwire.example",
			item("harbourwire.example", "flood", "River floods lower town of Aldermere", "Ann Reed", "ALDERMERE (Harbour Wire) - "+flood, now.Add(-5*time.Hour))),
		"paper": channel("Gull Point Paper", "gullpoint.example",
			item("gullpoint.example", "flood", "River floods lower town of Aldermere", "", "ALDERMERE (Harbour Wire) - "+flood, now.Add(-4*time.Hour)),
			item("gullpoint.example", "strike", "Bakers strike in the north", "", strike, now.Add(-2*time.Hour))),
		"blog": channel("Night Sky", "nightsky.example",
			item("nightsky.example", "comet", "Gardener finds a comet & names it <Aunt>", "", comet, time.Time{})),
	}
}

func channel(title, site string, items ...string) string {
	return fmt.Sprintf("<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>%s</title><link>https://%s/</link>%s</channel></rss>",
		title, site, strings.Join(items, ""))
}

func item(site, guid, title, author, text string, at time.Time) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace
	date := ""
	if !at.IsZero() {
		date = "<pubDate>" + at.Format(time.RFC1123Z) + "</pubDate>"
	}
	if author != "" {
		author = "<dc:creator>" + author + "</dc:creator>"
	}
	return fmt.Sprintf("<item><title>%s</title><link>https://%s/%s</link><guid isPermaLink=\"false\">%s</guid>%s%s<description>%s</description></item>",
		escape(title), site, guid, guid, author, date, escape(text))
}

// filled is an API over a newsroom that has read feedDocuments: four articles in three stories.
func filled(t *testing.T) *testServer {
	t.Helper()
	d := open(t)
	all := feedDocuments()
	const link = `<link rel="alternate" type="application/rss+xml" href="/%s">`
	all["site"] = "<!doctype html>" + fmt.Sprintf(link, "wire")
	all["sites"] = "<!doctype html>" + fmt.Sprintf(link, "early") + fmt.Sprintf(link, "late")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = io.WriteString(w, all[strings.Trim(r.URL.Path, "/")]) // a client that has gone is no matter
	}))
	t.Cleanup(srv.Close)
	d.feeds = srv.URL
	for _, name := range []string{"wire", "paper", "blog"} {
		_, err := d.room.Feeds.AddFeed(t.Context(), news.Feed{URL: srv.URL + "/" + name, Folder: "Papers"})
		must(t, err)
	}
	_, err := d.room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true})
	must(t, err)
	return d
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t    *testing.T
	what string
}

// ask sends a request; headers are names and values in turn. A body goes as JSON unless a header says otherwise.
func (d *testServer) ask(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	return ask(t, d, method, path, body, headers...)
}

func ask(t *testing.T, h http.Handler, method, path, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w, t, method + " " + path}
}

// get asks for JSON, which must come with 200, and reads it into v.
func (d *testServer) get(t *testing.T, path string, v any) {
	t.Helper()
	d.ask(t, "GET", path, "").read(http.StatusOK, v)
}

// read holds the answer against a status and reads its JSON into v.
func (a answer) read(status int, v any) {
	a.t.Helper()
	a.is(status)
	a.into(v)
}

// into reads the JSON of any answer into v.
func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), v); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.what, err, a.Body)
	}
}

func (a answer) is(status int) {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("%s: %d, want %d\n%s", a.what, a.Code, status, a.Body)
	}
}

// object is any JSON object.
type object = map[string]any

// storyAbout gives the id of the story with an article whose title begins so.
func (d *testServer) storyAbout(t *testing.T, title string) int64 {
	t.Helper()
	list, err := d.room.Stories.Stories(t.Context(), news.StoryList{})
	must(t, err)
	for _, s := range list {
		if strings.HasPrefix(s.Title, title) {
			return s.ID
		}
	}
	t.Fatalf("no story about %q among %d", title, len(list))
	return 0
}

// articleAbout gives the id of the oldest article whose title begins so.
func (d *testServer) articleAbout(t *testing.T, title string) int64 {
	t.Helper()
	s, err := d.room.Stories.Story(t.Context(), d.storyAbout(t, title))
	must(t, err)
	return s.Members[0].Article.ID
}
