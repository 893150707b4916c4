package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/access"
	"headwater/internal/store"
	"headwater/internal/stories/outlets"
	"headwater/internal/weburl"
)

const (
	itemsOfHostile = 25 // of a hostile feed, each with another vector
	copies         = 10 // of such items, in a feed of their own

	hostilePassword = "correct horse"
	hostileUser     = `~<img src=/x onerror=alert(1)>"'` // an admin; sorted behind the others
	suggested       = `zebra <img src=/x onerror=alert(1)>`
)

// hostileSite is a server with vectors in everything that feeds, users and strangers write.
type hostileSite struct {
	pages     access.Routes
	cookie    string // of the session of hostileUser, who has a label of each vector
	following string // of the session of a user who has a topic of each vector, which each page lists
	reading   string // of the session of a user who has neither, whose pages are small
	articles  int
	alert     int64 // of the topic suggested
}

// serveHostile polls feeds with a vector in each text of each item, has users write vectors, and returns the pages over the result. A feed
// of copies makes stories of several members, and broken feeds have errors that quote what they sent.
func serveHostile(t *testing.T, vectors []string) hostileSite {
	t.Helper()
	feeds := httptest.NewServer(hostileFeeds(vectors))
	t.Cleanup(feeds.Close)
	cfg := config.Default()
	cfg.Data, cfg.Title, cfg.PublicURL = t.TempDir(), `Headwater "'><img src=/x onerror=alert(1)>`, "http://127.0.0.1"
	cfg.Access.Login, cfg.AdminPassword = "required", hostilePassword
	cfg.Access.OIDC.Issuer, cfg.Access.OIDC.ClientID, cfg.Access.OIDC.Title = "http://127.0.0.1:1", "x", `<img src=/x onerror=alert(1)>`
	cfg.Fetch.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg.Fetch.PerHost = 0
	cfg.Origin.FetchSources, cfg.FullText.Mode = false, pipeline.FullTextNever
	ctx := t.Context()
	a := openApp(t, cfg)
	var list []news.Feed
	for n := 0; n*itemsOfHostile < len(vectors)+itemsOfHostile; n++ {
		v := vectors[min(n*itemsOfHostile, len(vectors)-1)]
		list = append(list, news.Feed{URL: fmt.Sprintf("%s/%d.xml", feeds.URL, n), Title: v, Folder: v})
	}
	for i, v := range vectors {
		list = append(list, news.Feed{URL: fmt.Sprintf("%s/broken/%d?%s", feeds.URL, i, url.QueryEscape(v[:min(len(v), 500)])), Title: v, Folder: v})
	}
	if _, err := a.feeds.AddFeeds(ctx, list); err != nil {
		t.Fatal(err)
	}
	if err := a.accounts.AddUserAs(ctx, hostileUser, hostilePassword, news.AdminRole); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reader", "follower"} {
		if err := a.accounts.AddUser(ctx, name, hostilePassword); err != nil {
			t.Fatal(err)
		}
	}
	user, hash, err := a.store.User(ctx, hostileUser)
	if err != nil {
		t.Fatal(err)
	}
	topic, err := a.topics.AddTopic(ctx, news.Topic{Name: suggested, Query: "alert"}) // the pass finds new stories of it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.pipeline.Pass(ctx, pipeline.PassOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	status, err := a.stories.Status(ctx)
	more := status.Articles - len(vectors) - copies // some of the broken feeds are repaired to feeds with an item
	if err != nil || more < 0 || more > len(vectors)/20 || status.Stories > len(vectors)+more {
		t.Fatalf("%d vectors and %d copies make %d articles in %d stories, %v", len(vectors), copies, status.Articles, status.Stories, err)
	}
	plantOfUsers(t, a, user, hash, vectors)
	plantOfEditors(t, a, user, vectors)
	site := hostileSite{articles: status.Articles}
	if site.alert, err = a.store.AddAlert(ctx, news.Alert{Topic: topic.ID, User: user.ID, Kind: news.AlertNtfy, Target: "https://ntfy.example/" + vectors[0]}); err != nil {
		t.Fatal(err)
	}
	if site.pages, err = a.handler(ctx, cfg.PublicURL); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site.pages)
	defer server.Close()
	logIn := func(name, browser string) string {
		got := send(t, "POST", server.URL+"/login", url.Values{"name": {name}, "password": {hostilePassword}}, "User-Agent", browser)
		cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
		if cookie == "" {
			t.Fatalf("login of %s: %d %.300s", name, got.status, got.body)
		}
		return cookie
	}
	for i := range min(copies, len(vectors)) { // sessions show the names of browsers
		site.cookie = logIn(hostileUser, nameOfHostile(vectors[i]))
	}
	site.reading, site.following = logIn("reader", "a browser"), logIn("follower", "a browser")
	return site
}

// plantSaving has a vector be what a user writes of a service to save to, what it answered, and the title of an article that was given up.
func plantSaving(t *testing.T, a *app, user news.User, v string, article int64) {
	t.Helper()
	ctx, now := t.Context(), a.store.Now()
	target, err := a.store.AddSaveTarget(ctx, news.SaveTarget{
		User: user.ID, Kind: "mastodon", Name: nameOfHostile(v), Address: "http://127.0.0.1:1/" + v[:min(len(v), weburl.MaxLength-20)], Fields: map[string]string{"token": v, "visibility": v}, Added: now,
	})
	if err == nil {
		_, err = a.store.QueueSaving(ctx, news.Saving{ID: fmt.Sprint("saving ", article), Target: target, Article: article, URL: "http://127.0.0.1/", Title: v, Since: now}, false)
	}
	if err == nil {
		err = a.store.RecordSaving(ctx, store.SaveAttempt{Saving: fmt.Sprint("saving ", article), Target: target, At: now, Problem: v, GiveUp: true, Next: now.Add(time.Hour)})
	}
	if err != nil && !errors.Is(err, news.ErrExists) {
		t.Fatal(err)
	}
}

// plantRule has a vector be the query, the folder and the label of a rule that was applied to an article.
func plantRule(t *testing.T, a *app, user news.User, v string, article int64) {
	t.Helper()
	id, err := a.store.AddRule(t.Context(), news.UserRule{User: user.ID, Query: v, Action: news.RuleLabel, Label: v})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.ApplyRule(t.Context(), store.RuleMatch{Rule: news.UserRule{ID: id, User: user.ID}, Articles: []int64{article}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.AddRule(t.Context(), news.UserRule{User: user.ID, Query: "alert", Folder: v, Action: news.RuleHide, Paused: true}); err != nil {
		t.Fatal(err)
	}
}

// plantOfUsers has vectors be what users and strangers write of themselves: names, labels, tokens, logins at a provider, topics, alerts, and
// the audit of all that.
func plantOfUsers(t *testing.T, a *app, user news.User, hash string, vectors []string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil && !errors.Is(err, news.ErrExists) { // vectors may differ in what a name leaves out
			t.Fatal(err)
		}
	}
	follower, _, err := a.store.User(ctx, "follower")
	must(err)
	labels := 0
	for i, v := range vectors {
		name := nameOfHostile(v)
		_, err := a.topics.AddTopic(ctx, news.Topic{User: follower.ID, Name: name, Query: "alert"})
		must(err)
		if i%10 == 0 && err == nil {
			topic, err := a.topics.AddTopic(ctx, news.Topic{User: user.ID, Name: name, Query: "alert"})
			must(err)
			alert, err := a.store.AddAlert(ctx, news.Alert{Topic: topic.ID, User: user.ID, Kind: news.AlertNtfy, Target: v[:min(len(v), weburl.MaxLength)], Secret: v})
			must(err)
			_, err = a.store.RecordAttempt(ctx, store.Attempt{Alert: alert, At: a.store.Now(), Problem: v, Next: a.store.Now().Add(time.Hour)})
			must(err)
		}
		if i%40 == 0 {
			plantSaving(t, a, user, v, int64(i+1))
			plantRule(t, a, user, v, int64(i+1))
		}
		must(a.store.AddAPIToken(ctx, user, []byte(fmt.Sprint("token ", i)), v, a.store.Now()))
		must(a.store.AddIdentity(ctx, user.Name, news.Identity{Issuer: v, Subject: fmt.Sprint(i), Name: v}))
		must(a.store.Audit(news.WithActor(ctx, news.Actor{Name: v, Address: v}), news.AuditLoginRefused, v, v))
		must(a.store.AddUser(ctx, news.User{Name: name, Role: news.ReaderRole}, hash))
		marked, err := a.store.MarkItems(ctx, user.ID, news.Marking{Articles: []int64{int64(i + 1)}, AddLabels: []string{name, ""}})
		must(err)
		labels += len(marked.Starred)
	}
	had, err := a.store.Users(ctx)
	must(err)
	if len(had) < len(vectors)*8/10 || labels != len(vectors) {
		t.Errorf("of %d vectors %d are names of users and %d are labels", len(vectors), len(had), labels)
	}
}

// nameOfHostile is a vector as users, topics and labels may be called.
func nameOfHostile(v string) string {
	v = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(v, "")))
	if v == "" {
		return "nothing"
	}
	return strings.TrimSpace(string([]rune(v)[:min(len([]rune(v)), 200)]))
}

// plantOfEditors has vectors be what editors write of outlets, and why polls failed.
func plantOfEditors(t *testing.T, a *app, user news.User, vectors []string) {
	t.Helper()
	ctx := news.WithActor(t.Context(), news.Actor{Name: user.Name})
	edited := 0
	for i, v := range vectors {
		name, key := nameOfHostile(v), outletOfHostile(i)
		edit := news.OutletEdit{Outlet: key, Name: name, Aliases: []string{name + " other"}, Domains: []string{key}, Changed: a.store.Now()}
		if outlets.CheckEdit(edit) != nil {
			continue
		}
		if err := a.store.SetOutletEdit(ctx, edit, store.EditedOutlets{}); err != nil {
			t.Fatal(err)
		}
		edited++
	}
	if edited < len(vectors)*8/10 {
		t.Errorf("of %d vectors %d are names of outlets", len(vectors), edited)
	}
	if _, err := a.stories.RefreshOutlets(ctx); err != nil {
		t.Fatal(err)
	}
	stories, err := a.stories.Stories(ctx, news.StoryList{Limit: 2})
	if err != nil || len(stories) != 2 {
		t.Fatal(len(stories), err)
	}
	if _, err := a.pipeline.Settler.Merge(ctx, []int64{stories[0].ID, stories[1].ID}); err != nil {
		t.Fatal(err)
	}
	feeds, err := a.store.Feeds(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var polls []store.Poll
	for i, v := range vectors {
		f := feeds[i%len(feeds)]
		if strings.Contains(f.URL, "/broken/") {
			f.State, f.Problem, f.Failures, f.Failing = news.FeedBroken, v, 1, time.Now()
			polls = append(polls, store.Poll{Feed: f})
		}
	}
	if _, err := a.store.Collect(ctx, polls); err != nil {
		t.Fatal(err)
	}
}

func outletOfHostile(i int) string { return fmt.Sprintf("outlet%d.example", i) }

// hostileFeeds serves feeds of vectors: /0.xml and so on, of which the last has copies, and /broken/0 and so on.
func hostileFeeds(vectors []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{file}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.PathValue("file"), "%d.xml", &n); err != nil {
			http.NotFound(w, r)
			return
		}
		first := n * itemsOfHostile
		w.Header().Set("Content-Type", "application/rss+xml")
		if first >= len(vectors) {
			_, _ = io.WriteString(w, hostileFeed(vectors[:copies], 0, "copies"))
			return
		}
		_, _ = io.WriteString(w, hostileFeed(vectors[first:min(first+itemsOfHostile, len(vectors))], first, "outlet"))
	})
	mux.HandleFunc("GET /broken/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.PathValue("n"), &n) // 0 will do
		v := vectors[n%len(vectors)]
		switch n % 4 {
		case 0:
			http.Redirect(w, r, "/"+url.PathEscape(v), http.StatusMovedPermanently)
		case 1:
			http.Error(w, v, http.StatusInternalServerError)
		case 2:
			w.Header().Set("Content-Type", "application/rss+xml")
			_, _ = io.WriteString(w, "<rss><channel><item>"+v)
		default:
			_, _ = io.WriteString(w, v)
		}
	})
	return mux
}

// escapedXML is a text in XML.
func escapedXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// hostileFeed has a vector in each field of an item. Each body has words of its own, so that no item is taken for another.
func hostileFeed(vectors []string, first int, outlet string) string {
	text := escapedXML
	var b strings.Builder
	fmt.Fprintf(&b, `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>%s</title><link>https://%s.example/</link>`, text(vectors[0]), outlet)
	for i, v := range vectors {
		n := first + i
		fmt.Fprintf(&b, `<item><title>%s</title><link>https://%s%d.example/%d</link><guid>%d</guid><dc:creator>%s</dc:creator><category>%s</category><source url="https://%s%d.example/">%s</source><description>%s</description></item>`,
			text(v), outlet, n, n, n, text(v), text(v), outlet, n, text(v), text("<p>"+madeUp(uint64(n), 60)+"</p>"+v))
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// hostileList is an OPML list with vectors for folders, titles and addresses of feeds, and for topics.
func hostileList(vectors []string) string {
	var b strings.Builder
	b.WriteString(`<opml version="2.0"><head><title>` + escapedXML(vectors[0]) + `</title></head><body>`)
	for i, v := range vectors {
		v = escapedXML(v)
		fmt.Fprintf(&b, `<outline text="%[1]s"><outline text="%[1]s" title="%[1]s" type="%[1]s" xmlUrl="https://feed%[2]d.example/?%[1]s" htmlUrl="%[1]s"/><outline text="%[1]s" xmlUrl="%[1]s"/></outline>`, v, i)
		fmt.Fprintf(&b, `<outline text="%[1]s" headwaterQuery="%[1]s"/>`, v)
	}
	b.WriteString(`</body></opml>`)
	return b.String()
}
