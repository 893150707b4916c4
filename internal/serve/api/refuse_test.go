package api_test

import (
	"fmt"
	"strings"
	"testing"

	"headwater/internal/news"
)

// problem is an error as RFC 9457 has it.
type problem struct {
	Title  string
	Status int
	Detail string
	Errors []struct {
		Message, Location string
		Value             any
	}
}

// refused reads an answer that must be a problem.
func (a answer) refused(status int) problem {
	a.t.Helper()
	var p problem
	a.read(status, &p)
	if kind := a.Header().Get("Content-Type"); kind != "application/problem+json" {
		a.t.Errorf("%s: a problem comes as %s", a.what, kind)
	}
	if p.Status != status || p.Title == "" || p.Detail == "" {
		a.t.Errorf("%s: the problem is %+v", a.what, p)
	}
	return p
}

// TestRefused sends what is not taken. The detail must name the fault, location the place where errors say.
func TestRefused(t *testing.T) {
	d := filled(t)
	long := strings.Repeat("x", 3000)
	for _, tt := range []struct {
		method, path, body string
		status             int
		location, detail   string
	}{
		// ids
		{"GET", "stories/0", "", 422, "path.id", "0: expected number >= 1"},
		{"GET", "stories/-1", "", 422, "path.id", "-1"},
		{"GET", "stories/one", "", 422, "path.id", `"one": invalid integer`},
		{"GET", "stories/1.5", "", 422, "path.id", `"1.5"`},
		{"GET", "articles/99999999999999999999", "", 422, "path.id", "99999999999999999999"},
		{"GET", "feeds/" + long, "", 422, "path.id", "…"},
		{"DELETE", "feeds/all", "", 422, "path.id", `"all"`},
		// query parameters
		{"GET", "stories?page=2", "", 422, "query.page", "unknown query parameter"},
		{"GET", "stories/1?limit=5", "", 422, "query.limit", "unknown query parameter"},
		{"GET", "stories?limit=0", "", 422, "query.limit", "0: expected number >= 1"},
		{"GET", "stories?limit=201", "", 422, "query.limit", "201: expected number <= 200"},
		{"GET", "articles?limit=many", "", 422, "query.limit", `"many": invalid integer`},
		{"GET", "articles?offset=-1", "", 422, "query.offset", "-1"},
		{"GET", "topics/any?offset=1000001", "", 422, "query.offset", "1000001"},
		{"GET", "search?q=river&offset=10001", "", 422, "query.offset", "10001: expected number <= 10000"},
		{"GET", "stories?event=-1", "", 422, "query.event", "-1"},
		{"GET", "stories?order=best", "", 422, "query.order", `"best": expected value to be one of "coverage, newest"`},
		{"GET", "stories?since=yesterday", "", 422, "query.since", `"yesterday"`},
		{"GET", "articles?since=2026-08-18", "", 422, "query.since", "RFC 3339"},
		{"GET", "articles?limit=0&offset=-1", "", 422, "query.limit", "(and 1 more)"},
		{"GET", "search", "", 422, "query.q", "required"},
		{"GET", "search?q=", "", 422, "query.q", "required"},
		{"GET", "search?q=" + long, "", 422, "query.q", "2000"},
		{"GET", "search?q=river&order=fame", "", 422, "query.order", "relevance, newest, coverage"},
		{"GET", "search?q=river&cursor=elsewhere", "", 422, "query.cursor", "another search"},
		{"GET", "search?q=river&results=events", "", 422, "query.results", "stories, articles"},
		{"GET", "search?q=is:unread", "", 400, "query.q", "needs an account"},
		{"GET", "search?q=%22river", "", 400, "query.q", "never closed"},
		{"GET", "search?q=+", "", 400, "query.q", "no word"},
		{"GET", "search?q=colour:red", "", 400, "query.q", "colour"},
		{"GET", "search?q=100%", "", 400, "", `write % as %25`},
		{"GET", "articles?limit=1;offset=2", "", 400, "", `; as %3B`},
		{"GET", "stories?limit=1&limit=2", "", 400, "", "query.limit stands 2 times"},
		// bodies
		{"POST", "topics", "", 415, "", `Content-Type: "" is not taken`},
		{"POST", "topics", `{"name":`, 400, "body", "unexpected end"},
		{"POST", "topics", `[]`, 422, "body", "expected object"},
		{"POST", "topics", `{}`, 422, "body", "name"},
		{"POST", "topics", `{"name":"a","query":"b","more":1}`, 422, "body.more", "unexpected property"},
		{"POST", "topics", `{"name":5,"query":"b"}`, 422, "body.name", "expected string"},
		{"POST", "topics", `{"name":"","query":"b"}`, 422, "body.name", "length >= 1"},
		{"POST", "topics", `{"name":" ","query":"b"}`, 422, "body.name", "not blank"},
		{"POST", "topics", `{"name":"a/b","query":"b"}`, 422, "body.name", "no slashes"},
		{"POST", "topics", `{"name":"a\\b","query":"b"}`, 422, "body.name", "no slashes"},
		{"POST", "topics", `{"name":"..","query":"b"}`, 422, "body.name", `".."`},
		{"POST", "topics", `{"name":"a\u0007","query":"b"}`, 422, "body.name", "control characters"},
		{"POST", "topics", `{"name":"` + long + `","query":"b"}`, 422, "body.name", "length <= 80"},
		{"POST", "topics", `{"name":"a","query":"(river"}`, 400, "body.query", "character"},
		{"POST", "topics", `{"name":"a","query":" "}`, 400, "body.query", "no word"},
		{"POST", "topics", `{"name":"a","query":"` + strings.Repeat(long, 30) + `"}`, 413, "", "limit=65536 bytes"},
		{"POST", "feeds", `{"title":"a"}`, 422, "body", "url"},
		{"POST", "feeds", `{"url":"feed.xml"}`, 422, "body.url", "https://example.org/feed.xml"},
		{"POST", "feeds", `{"url":"https://"}`, 422, "body.url", "https://"},
		{"POST", "feeds", `{"url":"http://:80/feed"}`, 422, "body.url", "http://:80/feed"},
		{"POST", "feeds", `{"url":"ftp://new.example/feed"}`, 422, "body.url", "ftp://"},
		{"POST", "feeds", `{"url":"file:///etc/hosts"}`, 422, "body.url", "file://"},
		{"POST", "feeds", `{"url":"https://new.example/` + long + `"}`, 422, "body.url", "length <= 2000"},
		// nothing there
		{"GET", "stories/4711", "", 404, "", "there is no story 4711; /api/v1/stories lists"},
		{"GET", "articles/4711", "", 404, "", "there is no article 4711; /api/v1/articles lists"},
		{"GET", "feeds/4711", "", 404, "", "there is no feed 4711; /api/v1/feeds lists"},
		{"DELETE", "feeds/4711", "", 404, "", "there is no feed 4711"},
		{"GET", "topics/sea%20&%2Fshore", "", 404, "", `there is no topic "sea &/shore"; /api/v1/topics lists`},
		{"DELETE", "topics/sport", "", 404, "", `there is no topic "sport"`},
		{"GET", "", "", 404, "", "there is nothing at /api/v1/; /api/v1/openapi.json lists the paths"},
		{"GET", "story/1", "", 404, "", "there is nothing at /api/v1/story/1"},
		{"POST", "stories/1/members", "{}", 404, "", "there is nothing at"},
		// methods
		{"POST", "stories", "{}", 405, "", "does not take POST; use GET, HEAD"},
		{"PUT", "feeds/1", "{}", 405, "", "does not take PUT; use DELETE, GET, HEAD, PATCH"},
		{"PATCH", "topics", "{}", 405, "", "does not take PATCH; use GET, HEAD, POST"},
		{"OPTIONS", "topics", "", 405, "", "does not take OPTIONS"},
	} {
		p := d.ask(t, tt.method, "/api/v1/"+tt.path, tt.body).refused(tt.status)
		what := fmt.Sprintf("%s %.40s %.60s", tt.method, tt.path, tt.body)
		if !strings.Contains(p.Detail, tt.detail) || len(p.Detail) > 500 {
			t.Errorf("%s: %q does not say %q", what, p.Detail, tt.detail)
		}
		if located := len(p.Errors) > 0; located != (tt.location != "") || located && p.Errors[0].Location != tt.location {
			t.Errorf("%s: errors are %+v, want %q", what, p.Errors, tt.location)
		}
	}
	list, err := d.room.Store.Topics(t.Context(), 0)
	must(t, err)
	feeds, err := d.room.Store.Feeds(t.Context())
	must(t, err)
	if len(list) != 0 || len(feeds) != 3 {
		t.Errorf("what was refused left %v and %d feeds", list, len(feeds))
	}
}

// TestManyFaults bounds what an answer repeats of a bad request.
func TestManyFaults(t *testing.T) {
	d := open(t)
	var query []string
	for i := range 200 {
		query = append(query, fmt.Sprintf("p%d=%s", i, strings.Repeat("x", 200)))
	}
	p := d.ask(t, "GET", "/api/v1/stories?"+strings.Join(query, "&"), "").refused(422)
	if len(p.Errors) != 10 || !strings.Contains(p.Detail, "(and 199 more)") {
		t.Errorf("%d errors; %s", len(p.Errors), p.Detail)
	}
	p = d.ask(t, "GET", "/api/v1/stories/"+strings.Repeat("ü", 500), "").refused(422)
	if v, _ := p.Errors[0].Value.(string); len(v) > 110 || !strings.HasSuffix(v, "…") || strings.ContainsRune(v, '\uFFFD') {
		t.Errorf("the value comes back as %q", v)
	}
}

func TestMethods(t *testing.T) {
	d := open(t)
	for path, want := range map[string]string{
		"/api/v1/stories": "GET, HEAD", "/api/v1/topics": "GET, HEAD, POST", "/api/v1/feeds/1": "DELETE, GET, HEAD, PATCH",
		"/api/v1/topics/a": "DELETE, GET, HEAD, PATCH", "/api/v1/corrections/1": "DELETE", "/healthz": "GET, HEAD", "/metrics": "GET, HEAD",
	} {
		a := d.ask(t, "PUT", path, "")
		a.refused(405)
		if got := a.Header().Get("Allow"); got != want {
			t.Errorf("%s allows %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"/api/v1/stories", "/api/v1/openapi.json", "/healthz"} {
		d.ask(t, "HEAD", path, "").is(200)
	}
}

// TestContentTypes refuses what another site's page could send without asking first.
func TestContentTypes(t *testing.T) {
	d := open(t)
	const body = `{"name":"weather","query":"river"}`
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ";"} {
		p := d.ask(t, "POST", "/api/v1/topics", body, "Content-Type", kind).refused(415)
		if !strings.Contains(p.Detail, "send application/json") {
			t.Errorf("%s: %s", kind, p.Detail)
		}
	}
	d.ask(t, "POST", "/api/v1/topics", body, "Content-Type", "application/json; charset=utf-8").is(201)
}

// TestOtherSites sends changes as a browser would from another site's page.
func TestOtherSites(t *testing.T) {
	d := filled(t)
	_, err := d.room.Topics.AddTopic(t.Context(), news.Topic{Name: "weather", Query: "river"})
	must(t, err)
	changes := []struct{ method, path, body string }{
		{"POST", "/api/v1/topics", `{"name":"evil","query":"q"}`},
		{"DELETE", "/api/v1/topics/weather", ""},
		{"POST", "/api/v1/feeds", `{"url":"https://evil.example/feed","as_is":true}`},
		{"DELETE", "/api/v1/feeds/1", ""},
	}
	for _, c := range changes {
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			p := d.ask(t, c.method, c.path, c.body, headers...).refused(403)
			if !strings.Contains(p.Detail, "another site's page") {
				t.Errorf("%s %s: %s", c.method, c.path, p.Detail)
			}
		}
	}
	d.ask(t, "GET", "/api/v1/stories", "", "Sec-Fetch-Site", "cross-site").is(200)
	for i, want := range []int{201, 204, 201, 204} {
		d.ask(t, changes[i].method, changes[i].path, changes[i].body, "Sec-Fetch-Site", "same-origin", "Origin", "http://example.com").is(want)
	}
}

func TestHeaders(t *testing.T) {
	d := filled(t)
	for _, path := range []string{"/api/v1/stories", "/api/v1/stories/x", "/api/v1/openapi.json", "/healthz", "/metrics", "/nothing"} {
		h := d.ask(t, "GET", path, "").Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %v", path, h)
		}
	}
}
