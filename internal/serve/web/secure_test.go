package web_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"headwater/internal/news"
)

func TestHeaders(t *testing.T) {
	h := handler(edition())
	for _, path := range append(everyPage, "/feeds/all.atom", "/static/none.css") {
		header := get(t, h, path).Header()
		for _, want := range []string{"default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' data:", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(header.Get("Content-Security-Policy"), want) {
				t.Errorf("%s: the policy lacks %s", path, want)
			}
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", path, header)
		}
	}
}

// TestOnlyOwnPagesPost sends the forms as a page of another site would.
func TestOnlyOwnPagesPost(t *testing.T) {
	f := edition()
	h := handler(f)
	for _, path := range []string{"/topics", "/topic/Mining/remove", "/feeds", "/feeds/1/remove"} {
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			w := post(t, h, path, url.Values{"name": {"n"}, "query": {"q"}, "url": {"https://evil.example/f"}}, headers...)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "another site") {
				t.Errorf("%s with %v: %d", path, headers, w.Code)
			}
		}
	}
	if len(f.topics) != 2 || len(f.feeds) != 6 {
		t.Error("a refused form changed something")
	}
	if w := post(t, h, "/topics", url.Values{"query": {"q"}}, "Sec-Fetch-Site", "same-origin"); w.Code != http.StatusSeeOther {
		t.Errorf("our own form: %d", w.Code)
	}
}

func TestLongForm(t *testing.T) {
	w := post(t, handler(edition()), "/topics", url.Values{"query": {strings.Repeat("x", 1<<20)}})
	if w.Code != http.StatusBadRequest {
		t.Errorf("a form of 1 MB: %d", w.Code)
	}
}

// TestStaticFiles takes the files that a page asks for.
func TestStaticFiles(t *testing.T) {
	h := handler(edition())
	types := map[string]string{".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript", ".png": "image/png"}
	seen := map[string]bool{}
	for _, address := range loaded(parse(t, get(t, h, "/").Body.String())) {
		if !strings.HasPrefix(address, "/static/") {
			continue
		}
		w := get(t, h, address)
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), types[filepath.Ext(address)]) {
			t.Errorf("%s: %d %s", address, w.Code, w.Header().Get("Content-Type"))
		}
		if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s may not be kept: %q", address, w.Header().Get("Cache-Control"))
		}
		if strings.Contains(w.Body.String(), "@import") || strings.Contains(w.Body.String(), "url(") {
			t.Errorf("%s loads something else", address)
		}
		seen[filepath.Ext(address)] = true
	}
	if len(seen) != len(types) {
		t.Errorf("files of the kinds %v, want style, script and icons", seen)
	}
	if w := get(t, h, "/static/style.css"); w.Code != 404 || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("a file without its hash: %d, kept %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

// loaded gives the addresses that a browser fetches by itself to show a page.
func loaded(root *html.Node) []string {
	var all []string
	for _, n := range find(root, "") {
		for _, key := range []string{"src", "srcset", "poster", "background", "data", "action", "formaction", "xlink:href"} {
			if v := attr(n, key); v != "" && n.Data != "form" {
				all = append(all, v)
			}
		}
		if rel := attr(n, "rel"); n.Data == "link" && rel != "alternate" && rel != "canonical" {
			all = append(all, attr(n, "href"))
		}
	}
	return all
}

// TestNothingLoadsFromElsewhere reads every page for what a browser would fetch from another host.
func TestNothingLoadsFromElsewhere(t *testing.T) {
	h := handler(edition())
	for _, path := range everyPage {
		for _, p := range harm(parse(t, get(t, h, path).Body.String())) {
			t.Errorf("%s: %s", path, p)
		}
	}
}

// ownScript is the address of a script of ours.
var ownScript = regexp.MustCompile(`^/static/[a-z]+\.[0-9a-f]{12}\.js$`)

// harm lists what a page must not hold: scripts of its own, handlers, inline styles, links that run, and anything that
// loads from another host.
func harm(root *html.Node) []string {
	var all []string
	for _, n := range find(root, "") {
		switch n.Data {
		case "script":
			if n.FirstChild != nil || !ownScript.MatchString(attr(n, "src")) {
				all = append(all, "a script of its own")
			}
		case "iframe", "object", "embed", "base", "frame", "style", "video", "audio", "foreignObject", "animate", "math", "use", "image":
			all = append(all, "element "+n.Data)
		case "img":
			if !strings.HasPrefix(attr(n, "src"), "/media/") {
				all = append(all, "a picture that is not passed on by us")
			}
		case "meta":
			if strings.EqualFold(attr(n, "http-equiv"), "refresh") && attr(n, "content") != "5" {
				all = append(all, "a refresh elsewhere")
			}
		}
		all = append(all, badAttributes(n)...)
	}
	for _, address := range loaded(root) {
		if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
			all = append(all, "loads "+address)
		}
	}
	return all
}

func badAttributes(n *html.Node) []string {
	var all []string
	for _, a := range n.Attr {
		key, value := strings.ToLower(a.Key), strings.ToLower(strings.TrimSpace(a.Val))
		switch {
		case strings.HasPrefix(key, "on"), key == "style", key == "srcdoc":
			all = append(all, "attribute "+key)
		case key == "href" || key == "action" || key == "formaction":
			if (!strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//")) && !strings.HasPrefix(value, "https://") && !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "#") {
				all = append(all, key+" to "+value)
			}
		}
	}
	return all
}

// TestHarmIsFound keeps the check honest.
func TestHarmIsFound(t *testing.T) {
	for _, page := range []string{
		`<script>x</script>`, `<script src="https://a.example/x.js"></script>`, `<p onclick="x">`, `<p style="color:red">`, `<img src="/x">`,
		`<a href="javascript:x">`, `<a href="//a.example/">`, `<link rel="stylesheet" href="https://a.example/x.css">`, `<form action="https&colon;//a.example" onsubmit=x>`,
		`<meta http-equiv="Refresh" content="0;url=/x">`, `<base href="/">`, `<svg><use xlink:href="https://a.example/#x"/></svg>`,
	} {
		if len(harm(parse(t, page))) == 0 {
			t.Errorf("%s passes", page)
		}
	}
}

// vectors are texts that try to become script.
var vectors = []string{
	`<script>alert(1)</script>`, `"><svg onload=alert(1)>`, `' autofocus onfocus=alert(1) x='`, `</title><script>alert(1)</script>`,
	`</textarea><img src=x onerror=alert(1)>`, `javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`, `{{.}}{{html "x"}}`,
	`--><iframe src=//evil.example>`, "java\tscript:alert(1)", `<a href="jav&#x09;ascript:alert(1)">x</a>`, "\x00<b>\xff", `//evil.example/x`,
	`https://evil.example/"onmouseover="alert(1)`, `<meta http-equiv=refresh content="0;url=//evil.example">`, `<base href=//evil.example>`,
}

// hostile is a newsroom in which every text and address is the vector.
func hostile(v string) *fake {
	f := edition()
	for i := range f.stories {
		st := &f.stories[i]
		st.Title, st.Origin.Name, st.Origin.Domain, st.Origin.URL, st.Origin.Level = v, v, v, v, v
		st.Origin.Evidence = []news.Evidence{{Kind: v, Detail: v, Weight: 1}}
		for j := range st.Members {
			m := &st.Members[j]
			a := &m.Article
			a.Title, a.Summary, a.Text, a.URL, a.Lang, a.Authors = v, v, v, v, v, []string{v}
			a.Outlet = news.Outlet{Name: v, Domain: v}
			m.Evidence = st.Origin.Evidence
			m.Claims = []news.Claim{{Kind: news.ClaimKind(v), Outlet: v, Domain: v, URL: v, Text: v, End: len(v)}}
		}
	}
	for i := range f.feeds {
		feed := &f.feeds[i]
		feed.Title, feed.URL, feed.Site, feed.Folder, feed.Problem = v, v, v, v, v
	}
	f.articles = nil
	f.topics = append(f.topics, news.Topic{Name: v, Query: v})
	return f
}

func checkVector(t *testing.T, v string) {
	t.Helper()
	h := handler(hostile(v))
	for _, path := range []string{"/", "/story/1", "/story/4", "/article/1", "/article/20", "/topics", "/feeds", "/topics?q=" + url.QueryEscape(v), "/search?q=" + url.QueryEscape(v), "/topic/" + url.PathEscape(v), "/feeds?state=" + url.QueryEscape(v), "/" + url.PathEscape(v)} {
		w := get(t, h, path)
		if w.Code >= 500 {
			t.Errorf("%q on %.80s: status %d", v, path, w.Code)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue // a redirect of the mux to the clean path
		}
		for _, p := range harm(parse(t, w.Body.String())) {
			t.Errorf("%q on %.80s: %s", v, path, p)
		}
	}
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		checkVector(t, v)
	}
}

// TestSharedVectors runs the large list, many vectors a page so that it stays quick.
func TestSharedVectors(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of vectors, one after the other")
	}
	all := sharedVectors(t)
	for start := 0; start < len(all); start += 40 {
		f := edition()
		f.stories = nil
		for i, v := range all[start:min(start+40, len(all))] {
			hit := hostile(v).stories[0]
			hit.ID, hit.Event = int64(i+1), int64(i+1)
			f.stories = append(f.stories, hit)
		}
		h := handler(f)
		for _, path := range []string{"/", "/?page=2", "/story/1"} {
			for _, p := range harm(parse(t, get(t, h, path).Body.String())) {
				t.Errorf("vectors %d to %d on %s: %s", start, start+40, path, p)
			}
		}
	}
}

func TestSharedVectorsInQueries(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of vectors, one after the other")
	}
	h := handler(edition())
	for i, v := range sharedVectors(t) {
		if i%10 != 0 {
			continue
		}
		for _, p := range harm(parse(t, get(t, h, "/search?q="+url.QueryEscape(v)).Body.String())) {
			t.Errorf("%q: %s", v, p)
		}
	}
}

// sharedVectors reads the list of attacks beside the repository.
func sharedVectors(t *testing.T) []string {
	t.Helper()
	file, err := os.Open(shared(t, "hostile", "xss.jsonl"))
	if err != nil {
		t.Skipf("the shared list of attacks is not there: %v", err)
	}
	defer func() { _ = file.Close() }()
	var all []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v struct{ V string }
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v.V)
	}
	if err := lines.Err(); err != nil || len(all) < 1000 {
		t.Fatalf("%d vectors: %v", len(all), err)
	}
	return all
}

// shared is the path of a file in the folder shared beside the repository.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(append([]string{filepath.Dir(dir), "shared"}, parts...)...)
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above this folder")
		}
		dir = filepath.Dir(dir)
	}
}
