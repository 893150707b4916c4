package saveto

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/outbox"
)

var day = time.Date(2026, 8, 18, 6, 0, 0, 0, time.UTC)

// client reaches loopback too, or only public addresses.
func client(t *testing.T, loopback bool) *fetch.Client {
	t.Helper()
	o := fetch.Options{UserAgent: "Headwater/test"}
	if loopback {
		o.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	c, err := fetch.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// server is an HTTP server on loopback that writes down requests.
type server struct {
	url string

	mu     sync.Mutex
	got    []string // each request on one line: method, path with query, login, type and body
	answer http.HandlerFunc
}

func serve(t *testing.T, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{answer: answer}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var all []string
		for _, part := range []string{r.Method, r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("Notion-Version"), r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type"), string(body)} {
			if part != "" {
				all = append(all, part)
			}
		}
		s.mu.Lock()
		s.got = append(s.got, strings.Join(all, " | "))
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(h.Close)
	s.url = h.URL
	return s
}

// requests returns the requests since the last call.
func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

// answers gives the status and body of each request, by method and path.
func answers(all map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, ok := all[r.Method+" "+r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		status, body, _ := strings.Cut(text, " ")
		w.Header().Set("Content-Type", "application/json")
		code := map[string]int{"200": 200, "201": 201, "202": 202}[status]
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// tried is a service that is spoken to.
type tried struct {
	fields  map[string]string
	answers map[string]string // of the service that takes the login and the article
	checks  []string          // requests of a check
	saves   []string          // requests that save an article
	again   []string          // requests that save it once more after a failure
	has     map[string]string // answers of a service that has the article already; nil for one that needs not be asked
	asks    []string          // requests to that
}

const (
	saveJSON  = `{"title":"Whales & \"ships\"","url":"https://news.example/a?b=1\u0026c=2"}`
	loginForm = "application/x-www-form-urlencoded"
)

var article = Article{ID: "KEY", URL: "https://news.example/a?b=1&c=2", Title: "Whales & \"ships\""}

func triedServices() map[string]tried {
	wallabagLogin := "POST | /oauth/v2/token | " + loginForm + " | client_id=1_ab&client_secret=cs&grant_type=password&password=p%26w&username=anna"
	wallabagSave := "POST | /api/entries.json | Bearer at | application/json | " + saveJSON
	readeckSave := "POST | /api/bookmarks | Bearer s3cret | application/json | " + saveJSON
	linkdingSave := `POST | /api/bookmarks/ | Token s3cret | application/json | {"title":"Whales \u0026 \"ships\"","unread":true,"url":"https://news.example/a?b=1\u0026c=2"}`
	karakeepSave := `POST | /api/v1/bookmarks | Bearer s3cret | application/json | {"title":"Whales \u0026 \"ships\"","type":"link","url":"https://news.example/a?b=1\u0026c=2"}`
	shioriLogin := `POST | /api/v1/auth/login | application/json | {"password":"pw","username":"anna"}`
	shioriFind := "GET | /api/bookmarks?keyword=https%3A%2F%2Fnews.example%2Fa%3Fb%3D1%26c%3D2 | Bearer st"
	shioriSave := `POST | /api/bookmarks | Bearer st | application/json | {"create_archive":true,"public":0,"tags":[],"title":"Whales \u0026 \"ships\"","url":"https://news.example/a?b=1\u0026c=2"}`
	instapaperSave := "POST | /api/add | Basic YW5uYTpwdw== | " + loginForm + " | title=Whales+%26+%22ships%22&url=https%3A%2F%2Fnews.example%2Fa%3Fb%3D1%26c%3D2"
	pinboardSave := "GET | /v1/posts/add?auth_token=anna%3AABC&description=Whales+%26+%22ships%22&format=json&replace=no&toread=yes&url=https%3A%2F%2Fnews.example%2Fa%3Fb%3D1%26c%3D2"
	raindropSave := `POST | /rest/v1/raindrop | Bearer s3cret | application/json | {"collection":{"$id":"7"},"link":"https://news.example/a?b=1\u0026c=2","pleaseParse":{},"title":"Whales \u0026 \"ships\""}`
	raindropFind := `POST | /rest/v1/import/url/exists | Bearer s3cret | application/json | {"urls":["https://news.example/a?b=1\u0026c=2"]}`
	notionSave := `PATCH | /v1/blocks/0123456789abcdef0123456789abcdef/children | Bearer s3cret | 2022-06-28 | application/json | ` +
		`{"children":[{"bookmark":{"caption":[{"text":{"content":"Whales \u0026 \"ships\""},"type":"text"}],"url":"https://news.example/a?b=1\u0026c=2"},"object":"block","type":"bookmark"}]}`
	notionFind := "GET | /v1/blocks/0123456789abcdef0123456789abcdef/children?page_size=100 | Bearer s3cret | 2022-06-28"
	mastodonSave := "POST | /api/v1/statuses | Bearer s3cret | KEY | " + loginForm + " | status=Whales+%26+%22ships%22%0A%0Ahttps%3A%2F%2Fnews.example%2Fa%3Fb%3D1%26c%3D2&visibility=unlisted"
	mastodonCheck := "GET | /api/v1/accounts/verify_credentials | Bearer s3cret"
	mastodonFind := "GET | /api/v1/accounts/9/statuses?limit=40&exclude_reblogs=true | Bearer s3cret"
	return map[string]tried{
		"wallabag": {
			fields:  map[string]string{"client_id": "1_ab", "client_secret": "cs", "username": "anna", "password": "p&w"},
			answers: map[string]string{"POST /oauth/v2/token": `200 {"access_token":"at"}`, "POST /api/entries.json": `200 {"id":5}`},
			checks:  []string{wallabagLogin}, saves: []string{wallabagLogin, strings.ReplaceAll(wallabagSave, "&", `\u0026`)},
		},
		"readeck": {
			fields:  map[string]string{"token": "s3cret"},
			answers: map[string]string{"GET /api/profile": `200 {"user":{"username":"anna"}}`, "GET /api/bookmarks": `200 [{"url":"https://other.example/"}]`, "POST /api/bookmarks": `202 {"status":202,"message":"Link submited"}`},
			checks:  []string{"GET | /api/profile | Bearer s3cret"}, saves: []string{strings.ReplaceAll(readeckSave, "&", `\u0026`)},
			again: []string{"GET | /api/bookmarks?sort=-created&limit=100 | Bearer s3cret", strings.ReplaceAll(readeckSave, "&", `\u0026`)},
			has:   map[string]string{"GET /api/bookmarks": `200 [{"url":"https://news.example/a?b=1&c=2"}]`},
			asks:  []string{"GET | /api/bookmarks?sort=-created&limit=100 | Bearer s3cret"},
		},
		"linkding": {
			fields:  map[string]string{"token": "s3cret"},
			answers: map[string]string{"GET /api/user/profile/": `200 {"theme":"auto"}`, "POST /api/bookmarks/": `201 {"id":3}`},
			checks:  []string{"GET | /api/user/profile/ | Token s3cret"}, saves: []string{linkdingSave},
		},
		"karakeep": {
			fields:  map[string]string{"token": "s3cret"},
			answers: map[string]string{"GET /api/v1/users/me": `200 {"id":"u"}`, "POST /api/v1/bookmarks": `201 {"id":"b"}`},
			checks:  []string{"GET | /api/v1/users/me | Bearer s3cret"}, saves: []string{karakeepSave},
		},
		"shiori": {
			fields:  map[string]string{"username": "anna", "password": "pw"},
			answers: map[string]string{"POST /api/v1/auth/login": `200 {"ok":true,"message":{"token":"st"}}`, "GET /api/bookmarks": `200 {"bookmarks":[]}`, "POST /api/bookmarks": `200 {"id":4}`},
			checks:  []string{shioriLogin}, saves: []string{shioriLogin, shioriFind, shioriSave},
			has:  map[string]string{"POST /api/v1/auth/login": `200 {"token":"st"}`, "GET /api/bookmarks": `200 {"bookmarks":[{"url":"https://news.example/a?b=1&c=2"}]}`},
			asks: []string{shioriLogin, shioriFind},
		},
		"instapaper": {
			fields:  map[string]string{"username": "anna", "password": "pw"},
			answers: map[string]string{"POST /api/authenticate": "200 200", "POST /api/add": "201 201"},
			checks:  []string{"POST | /api/authenticate | Basic YW5uYTpwdw== | " + loginForm}, saves: []string{instapaperSave},
		},
		"pinboard": {
			fields:  map[string]string{"token": "anna:ABC"},
			answers: map[string]string{"GET /v1/user/api_token": `200 {"result":"ABC"}`, "GET /v1/posts/add": `200 {"result_code":"done"}`},
			checks:  []string{"GET | /v1/user/api_token?auth_token=anna%3AABC&format=json"}, saves: []string{pinboardSave},
			has:  map[string]string{"GET /v1/posts/add": `200 {"result_code":"item already exists"}`},
			asks: []string{pinboardSave},
		},
		"raindrop": {
			fields:  map[string]string{"token": "s3cret", "collection": "7"},
			answers: map[string]string{"GET /rest/v1/user": `200 {"result":true}`, "POST /rest/v1/import/url/exists": `200 {"result":false,"ids":[]}`, "POST /rest/v1/raindrop": `200 {"result":true,"item":{}}`},
			checks:  []string{"GET | /rest/v1/user | Bearer s3cret"}, saves: []string{raindropSave}, again: []string{raindropFind, raindropSave},
			has:  map[string]string{"POST /rest/v1/import/url/exists": `200 {"result":true,"ids":[3322]}`},
			asks: []string{raindropFind},
		},
		"notion": {
			fields: map[string]string{"token": "s3cret", "page": "https://www.notion.so/News-01234567-89ab-cdef-0123-456789abcdef?v=1"},
			answers: map[string]string{
				"GET /v1/blocks/0123456789abcdef0123456789abcdef":            `200 {"object":"block"}`,
				"GET /v1/blocks/0123456789abcdef0123456789abcdef/children":   `200 {"object":"list","results":[{"type":"paragraph"}],"has_more":false}`,
				"PATCH /v1/blocks/0123456789abcdef0123456789abcdef/children": `200 {"object":"list","results":[{"id":"x"}]}`,
			},
			checks: []string{"GET | /v1/blocks/0123456789abcdef0123456789abcdef | Bearer s3cret | 2022-06-28"}, saves: []string{notionSave}, again: []string{notionFind, notionSave},
			has:  map[string]string{"GET /v1/blocks/0123456789abcdef0123456789abcdef/children": `200 {"object":"list","results":[{"bookmark":{"url":"https://news.example/a?b=1&c=2"}}]}`},
			asks: []string{notionFind},
		},
		"mastodon": {
			fields: map[string]string{"token": "s3cret", "visibility": "unlisted"},
			answers: map[string]string{
				"GET /api/v1/accounts/verify_credentials": `200 {"id":"9"}`, "GET /api/v1/accounts/9/statuses": `200 [{"content":"<p>hello</p>"}]`, "POST /api/v1/statuses": `200 {"id":"1"}`,
			},
			checks: []string{mastodonCheck}, saves: []string{mastodonSave}, again: []string{mastodonCheck, mastodonFind, mastodonSave},
			has: map[string]string{
				"GET /api/v1/accounts/verify_credentials": `200 {"id":"9"}`,
				"GET /api/v1/accounts/9/statuses":         `200 [{"content":"<p>Whales <a href=\"https://news.example/a?b=1&amp;c=2\">…</a></p>"}]`,
			},
			asks: []string{mastodonCheck, mastodonFind},
		},
	}
}

// saverAt is a service at an address, with the login of its test.
func saverAt(t *testing.T, kind, address string, loopback bool) saver {
	t.Helper()
	target, err := checked(news.SaveTarget{Kind: kind, Address: address, Fields: triedServices()[kind].fields})
	if err != nil {
		t.Fatal(err)
	}
	s, err := saverOf(caller{client(t, loopback).Send, func() time.Time { return day }}, target)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestServices holds what each service is asked, and that what it answers is a success.
func TestServices(t *testing.T) {
	all := triedServices()
	if len(all) != len(services) {
		t.Errorf("%d services are tried of %d", len(all), len(services))
	}
	again := article
	again.Again = true
	for kind, tt := range all {
		t.Run(kind, func(t *testing.T) {
			server := serve(t, answers(tt.answers))
			s := saverAt(t, kind, server.url, true)
			if tt.again == nil {
				tt.again = tt.saves
			}
			for _, step := range []struct {
				name string
				do   func(context.Context) error
				want []string
			}{
				{"check", s.Check, tt.checks},
				{"save", func(ctx context.Context) error { return s.Save(ctx, article) }, tt.saves},
				{"save again", func(ctx context.Context) error { return s.Save(ctx, again) }, tt.again},
			} {
				if err := step.do(t.Context()); err != nil {
					t.Errorf("%s: %v", step.name, err)
				}
				if diff := cmp.Diff(step.want, server.requests()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", step.name, diff)
				}
			}
			if tt.has == nil {
				return
			}
			server = serve(t, answers(tt.has))
			if err := saverAt(t, kind, server.url, true).Save(t.Context(), again); err != nil {
				t.Errorf("a service that has it: %v", err)
			}
			if diff := cmp.Diff(tt.asks, server.requests()); diff != "" {
				t.Errorf("a service that has it (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFailures holds that no service takes a wrong answer for a success, and that each error says what to do without saying secrets.
func TestFailures(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(code)
		}
	}
	page := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "<html><title>Log in</title>")
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		says   string
		wait   time.Duration
	}{
		{"wrong login", status(401), "it refuses the login", 0},
		{"forbidden", status(403), "it refuses the login", 0},
		{"nothing there", status(404), "not at this address", 0},
		{"busy", status(503, "Retry-After", "120"), "a problem of its own", 2 * time.Minute},
		{"too many", status(429, "Retry-After", "60"), "asked too often", time.Minute},
		{"elsewhere", status(307, "Location", "http://169.254.169.254/latest"), `redirects to "http://169.254.169.254/latest", which is not followed`, 0},
		{"a page", page(200), "what answers there is not the service", 0},
		{"a page that was made", page(201), "what answers there is not the service", 0},
		{"a page that was accepted", page(202), "what answers there is not the service", 0},
		{"nothing", status(204), "what answers there is not the service", 0},
		{"empty JSON", answers(nil), "not at this address", 0},
		{"other JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"hello":"world"}`) }, "what answers there is not the service", 0},
	}
	for kind, service := range triedServices() {
		for _, tt := range tests {
			server := serve(t, tt.answer)
			s := saverAt(t, kind, server.url, true)
			errs := map[string]error{"check": s.Check(t.Context())}
			if tt.wait == 0 { // else the host rests
				errs["save"] = s.Save(t.Context(), article)
			} else if err := s.Save(t.Context(), article); !errors.Is(err, fetch.ErrResting) || strings.Contains(err.Error(), "ABC") {
				t.Errorf("%s, %s: %v", kind, tt.name, err)
			}
			for name, err := range errs {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%s, %s, %s: %v; want %q", kind, tt.name, name, err, tt.says)
					continue
				}
				for _, f := range services[slices.IndexFunc(services, func(s Service) bool { return s.Kind == kind })].Fields {
					if value := service.fields[f.Name]; f.Secret && len(value) > 2 && strings.Contains(err.Error(), value) {
						t.Errorf("%s, %s, %s: %v holds the %s", kind, tt.name, name, err, f.Name)
					}
				}
				var refused *outbox.Refusal
				if errors.As(err, &refused) && (refused.Final || refused.RetryAfter != tt.wait) {
					t.Errorf("%s, %s, %s: %v is final, or waits %s", kind, tt.name, name, err, refused.RetryAfter)
				}
			}
			if n := len(server.requests()); n != len(errs) {
				t.Errorf("%s, %s: %d requests", kind, tt.name, n)
			}
		}
	}
}

// TestPrivateAddress holds that no service is asked at an address that the settings do not allow.
func TestPrivateAddress(t *testing.T) {
	for kind, tt := range triedServices() {
		server := serve(t, answers(tt.answers))
		err := saverAt(t, kind, server.url, false).Save(t.Context(), article)
		if err == nil || !strings.Contains(err.Error(), "fetch.allow_private") || len(server.requests()) > 0 {
			t.Errorf("%s: %v", kind, err)
		}
		if err != nil && strings.Contains(err.Error(), "ABC") {
			t.Errorf("%s: %v holds the token", kind, err)
		}
	}
}

// TestRefusedArticle holds that an article that a service refuses is not sent for a week.
func TestRefusedArticle(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"url":["Enter a valid URL."]}`)
	})
	err := saverAt(t, "linkding", server.url, true).Save(t.Context(), article)
	var refused *outbox.Refusal
	if !errors.As(err, &refused) || !refused.Final || !strings.Contains(err.Error(), "Enter a valid URL.") {
		t.Error(err)
	}
}

func TestChecked(t *testing.T) {
	token := map[string]string{"token": " s3cret "}
	tests := []struct {
		target news.SaveTarget
		field  string // "" means valid
	}{
		{news.SaveTarget{Kind: "linkding", Address: " https://links.example/ ", Fields: token}, ""},
		{news.SaveTarget{Kind: "linkding", Address: "http://links.example:9090/sub", Name: "Home", Fields: token}, ""},
		{news.SaveTarget{Kind: "pinboard", Fields: token}, ""},
		{news.SaveTarget{Kind: "pocket", Fields: token}, "kind"},
		{news.SaveTarget{Kind: "linkding", Fields: token}, "address"},
		{news.SaveTarget{Kind: "linkding", Address: "links.example", Fields: token}, "address"},
		{news.SaveTarget{Kind: "linkding", Address: "https://anna:word@links.example", Fields: token}, "address"},
		{news.SaveTarget{Kind: "linkding", Address: "https://links.example/?key=1", Fields: token}, "address"},
		{news.SaveTarget{Kind: "linkding", Address: "https://links.example", Name: strings.Repeat("x", 300), Fields: token}, "name"},
		{news.SaveTarget{Kind: "linkding", Address: "https://links.example"}, "token"},
		{news.SaveTarget{Kind: "linkding", Address: "https://links.example", Fields: map[string]string{"token": "a\r\nX-Evil: 1"}}, "token"},
		{news.SaveTarget{Kind: "linkding", Address: "https://links.example", Fields: map[string]string{"token": "a", "pin": "1"}}, "pin"},
	}
	for _, tt := range tests {
		got, err := checked(tt.target)
		var wrong *news.SaveError
		switch {
		case tt.field == "" && (err != nil || got.Name == "" || got.Fields["token"] != "s3cret" || strings.HasSuffix(got.Address, "/")):
			t.Errorf("%+v: %+v, %v", tt.target, got, err)
		case tt.field != "" && (!errors.As(err, &wrong) || wrong.Field != tt.field):
			t.Errorf("%+v: %v, want what is wrong with its %s", tt.target, err, tt.field)
		}
	}
}
