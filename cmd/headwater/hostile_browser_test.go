package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/serve/access"
	"headwater/internal/serve/browsertest"
)

// TestHostileInBrowser puts vectors into everything that feeds, users and strangers write, opens the pages and sends their forms: nothing
// runs, with the policy of our pages and without one. HEADWATER_TEST_VECTORS=all tries every vector, otherwise every five-hundredth
// of ../shared and all of ours.
func TestHostileInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser over hundreds of pages")
	}
	browser := browsertest.Start(t, 4*time.Hour)
	all := os.Getenv("HEADWATER_TEST_VECTORS") == "all"
	var vectors []string
	for i, v := range sharedVectors(t) {
		if all || i%500 == 0 {
			vectors = append(vectors, v)
		}
	}
	vectors = append(vectors, ourVectors...)
	const perSite = 400 // vectors; lists of some thousand users, labels and topics are slow
	for part := range slices.Chunk(vectors, perSite) {
		t.Run(fmt.Sprint(len(part), " vectors"), func(t *testing.T) {
			v := hostileVisit{browser: browser, site: serveHostile(t, part), vectors: part, large: all}
			first := &part[0] == &vectors[0]
			v.open(t, v.site.pages)
			pages := slices.Concat(slices.Collect(maps.Values(crawl(t, v.base, 2)))...)
			for _, policy := range []bool{true, false} {
				name, handler := "with the policy", http.Handler(v.site.pages)
				if !policy {
					name, handler = "without a policy", withoutPolicy(v.site.pages)
				}
				t.Run(name, func(t *testing.T) {
					v.open(t, handler)
					topic := "/topic/" + url.PathEscape(suggested)
					v.read(append(pages, topic, topic+"/alerts?kind=webhook", topic+"/alerts?kind=ntfy", topic+"/alerts?kind=email", "/settings/saving?kind=mastodon", fmt.Sprint(topic, "/alerts?change=", v.site.alert)))
					v.readTopics()
					if !policy && first { // what does not run without a policy does not run with one
						v.sendForms()
						v.importList()
						v.complete()
						v.visitAsStranger(handler)
					}
					if all || !policy {
						v.readVectors()
					}
					t.Logf("%d vectors on %d pages and in %d forms", len(part), v.opened, v.sent)
				})
			}
		})
	}
	t.Run("vectors run where nothing stops them", func(t *testing.T) {
		for _, v := range []string{`<script>alert(1)</script>`, `<img src=/x onerror=alert(1)>`, `<a href="javascript:alert(1)">x</a>`, `<iframe src="https://a.example/">`} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!doctype html><body>"+v) }))
			tab := browsertest.NewTab(browser, t, server.URL)
			tab.WatchScripts()
			tab.Open("/")
			if faults := append(tab.Harm(), tab.Faults()...); len(faults) == 0 {
				t.Errorf("nothing is found in a page with %s", v)
			}
			server.Close()
		}
	})
}

// withoutPolicy answers as a handler does, without its Content-Security-Policy.
func withoutPolicy(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(unpoliced{w}, r) })
}

type unpoliced struct{ http.ResponseWriter }

func (w unpoliced) WriteHeader(status int) {
	w.Header().Del("Content-Security-Policy")
	w.ResponseWriter.WriteHeader(status)
}

// hostileVisit is an admin in a browser at a hostile site.
type hostileVisit struct {
	t       *testing.T
	browser browsertest.Browser
	site    hostileSite
	vectors []string
	large   bool // every vector is tried
	base    string
	cookie  string // of the session that is used; it changes between two pages
	tab     *browsertest.Tab
	posts   *http.ServeMux // the routes that forms are for
	forms   []*hostileForm

	opened, sent int
}

// hostileForm is a form that posts to a route.
type hostileForm struct {
	pattern string   // of the route
	pages   []string // that had it
	sent    int
}

// open begins a visit at the site with a handler of its pages, with and without a policy.
func (v *hostileVisit) open(t *testing.T, handler http.Handler) {
	t.Helper()
	v.t, v.cookie = t, v.site.cookie
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", v.cookie) // the crawler and the browser have the same session
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	v.base, v.tab = server.URL, browsertest.NewTab(v.browser, t, server.URL)
	v.tab.WatchScripts()
	v.posts, v.forms, v.opened, v.sent = http.NewServeMux(), nil, 0, 0
	for _, pattern := range v.site.pages.Patterns {
		if strings.HasPrefix(pattern, "POST ") {
			v.posts.Handle(pattern, http.NotFoundHandler())
		}
	}
}

// refused are the faults of pages that say what is wrong with a request, of pictures and of the provider of logins, which cannot be had, and of
// fields for numbers that show the text which was refused.
var refused = regexp.MustCompile(`^4\d\d for |^502 for http://[^/]+/(media/|account/logins$)|^the browser logs: The specified value .* (cannot be parsed|does not conform)`)

// judge says what harm a page does. A page that answers a form may refuse it.
func (v *hostileVisit) judge(tab *browsertest.Tab, where string) {
	v.t.Helper()
	for _, fault := range append(tab.Harm(), tab.Faults()...) {
		if !refused.MatchString(fault) {
			v.t.Errorf("%s: %s", where, fault)
		}
	}
}

// read opens pages.
func (v *hostileVisit) read(pages []string) {
	for _, page := range pages {
		v.tab.Open(page)
		v.opened++
		v.judge(v.tab, page)
		v.findForms(page)
	}
}

// readTopics opens pages of somebody who follows a topic of each vector.
func (v *hostileVisit) readTopics() {
	v.cookie = v.site.following
	topic := "/topic/" + url.PathEscape(nameOfHostile(v.vectors[0]))
	v.read([]string{"/", "/topics", "/search?q=alert", topic, topic + "/alerts"})
	v.cookie = v.site.cookie
}

// readVectors opens the article of each vector, and what quotes the address that was asked for.
func (v *hostileVisit) readVectors() {
	var pages []string
	for id := 1; id <= v.site.articles; id++ {
		pages = append(pages, fmt.Sprintf("/article/%d", id))
	}
	v.cookie = v.site.reading
	const every = 20
	for i, vector := range v.vectors {
		if q := url.QueryEscape(vector); i%every == 0 {
			pages = append(pages, "/search?q="+q, "/topics?q="+q, "/outlets?q="+q, "/nothing/"+q)
			if !strings.Contains(vector, "//") { // an address would be asked for
				pages = append(pages, "/feeds/add?url="+q)
			}
		}
	}
	v.read(pages)
}

// findForms notes the forms of the page that is open. There may be others like them on other pages, which earlier forms change or remove.
func (v *hostileVisit) findForms(page string) {
	const enough = 10 // pages
	for _, pattern := range v.formsHere() {
		i := slices.IndexFunc(v.forms, func(f *hostileForm) bool { return f.pattern == pattern })
		switch {
		case pattern == "":
		case i < 0:
			v.forms = append(v.forms, &hostileForm{pattern: pattern, pages: []string{page}})
		case len(v.forms[i].pages) < enough && !slices.Contains(v.forms[i].pages, page):
			v.forms[i].pages = append(v.forms[i].pages, page)
		}
	}
}

// formsHere gives the route of each form of the page that is open, "" for one that does not post.
func (v *hostileVisit) formsHere() []string {
	actions := browsertest.Eval[[]string](v.tab, `[...document.forms].map((f) => f.method === "post" ? new URL(f.getAttribute("action") ?? "", location).pathname : "")`)
	for i, action := range actions {
		if action == "" || action == "/logout" {
			actions[i] = ""
			continue
		}
		request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.base+action, nil)
		if err != nil {
			v.t.Fatal(err)
		}
		_, actions[i] = v.posts.Handler(request)
	}
	return actions
}

// sendForms sends the form of each route with vectors in its fields. Those that remove something are sent as they stand, so that the answer quotes
// what was stored.
func (v *hostileVisit) sendForms() {
	var typed []string
	for _, vector := range v.vectors {
		if strings.ContainsAny(vector, `<"`) && !strings.Contains(vector, "//") { // an address would be asked for
			typed = append(typed, vector)
		}
	}
	removes := regexp.MustCompile(`/(remove|end|forget|change|folders)$`) // what other forms are about; these come last
	for _, last := range []bool{false, true} {
		for i := 0; i < len(v.forms); i++ { // an answer may have other forms
			form := v.forms[i]
			if removes.MatchString(form.pattern) != last {
				continue
			}
			if v.large || !last {
				v.send(form, typed[i%len(typed)], i%2 == 0)
			}
			for n := range len(typed) {
				if v.large && n%100 == i%100 {
					v.send(form, typed[n], false)
				}
			}
			if v.large || last || form.sent == 0 {
				v.send(form, "", false)
			}
		}
	}
	for _, pattern := range v.site.pages.Patterns {
		_, path, _ := strings.Cut(pattern, " ")
		sent := slices.ContainsFunc(v.forms, func(f *hostileForm) bool { return f.pattern == pattern && f.sent > 0 })
		if strings.HasPrefix(pattern, "POST ") && isPage(path) && path != "/logout" && path != "/login" && !sent {
			v.t.Errorf("no form was sent to %s", pattern)
		}
	}
}

// send sends a form, with a text in each field where the text is not empty: in those that people fill in, or in all.
func (v *hostileVisit) send(form *hostileForm, text string, hidden bool) {
	index := -1
	for index < 0 {
		if len(form.pages) == 0 {
			return
		}
		v.tab.Open(form.pages[0])
		v.judge(v.tab, form.pages[0])
		if index = slices.Index(v.formsHere(), form.pattern); index < 0 {
			form.pages = form.pages[1:]
		}
	}
	arguments, err := json.Marshal([]any{index, text, hidden})
	if err != nil {
		v.t.Fatal(err)
	}
	browsertest.Eval[bool](v.tab, `((index, text, hidden) => {
		const form = document.forms[index];
		for (const field of text ? form.querySelectorAll("input, textarea, select, button[name]") : []) {
			if (field.type === "hidden" && !hidden || ["checkbox", "radio", "file"].includes(field.type)) continue;
			if (field.localName === "select") field.append(new Option(text, text, true, true));
			if (field.localName === "input" && field.type !== "hidden") field.type = "text";
			field.value = text;
		}
		const button = form.querySelector("button[name]");
		if (button) {
			const field = document.createElement("input");
			field.name = button.name;
			field.value = button.value;
			form.append(field);
		}
		window.sending = true;
		HTMLFormElement.prototype.submit.call(form);
		return true;
	})(...`+string(arguments)+`)`)
	v.tab.Wait(`!window.sending && document.readyState === "complete"`)
	v.sent++
	form.sent++
	where := fmt.Sprintf("form %s of %s with %q", form.pattern, form.pages[0], text)
	v.judge(v.tab, where)
	if strings.HasPrefix(v.tab.Path(), "/login") {
		v.t.Fatalf("%s ended the session", where)
	}
	if browsertest.Eval[bool](v.tab, `performance.getEntriesByType("navigation")[0].redirectCount > 0`) { // to a page that can be opened again
		v.findForms(v.tab.Path())
	}
}

// importList imports a list of vectors, whose report quotes them.
func (v *hostileVisit) importList() {
	v.tab.Open("/feeds/import")
	text, err := json.Marshal(hostileList(v.vectors))
	if err != nil {
		v.t.Fatal(err)
	}
	browsertest.Eval[bool](v.tab, `(window.sending = true, document.querySelector("main textarea").value = `+string(text)+`, document.querySelector("main form:has(textarea)").submit(), true)`)
	v.tab.Wait(`!window.sending && document.querySelector("main .report") !== null`)
	v.judge(v.tab, "the report of an import")
}

// complete types the begin of a topic's name, and has the name suggested.
func (v *hostileVisit) complete() {
	v.tab.Open("/")
	v.tab.Click("#q")
	v.tab.Press(suggested[:5])
	v.tab.Wait(`[...document.querySelectorAll("#suggestions [role=option]")].some((o) => o.textContent.includes("onerror"))`)
	v.judge(v.tab, "suggestions")
}

// visitAsStranger logs in under vectors, and asks for what is not there.
func (v *hostileVisit) visitAsStranger(handler http.Handler) {
	server := httptest.NewServer(handler)
	defer server.Close()
	tab := browsertest.NewTab(v.browser, v.t, server.URL)
	tab.WatchScripts()
	for i, vector := range v.vectors {
		if i%20 != 0 {
			continue
		}
		name, err := json.Marshal(vector)
		if err != nil {
			v.t.Fatal(err)
		}
		tab.Open("/login?next=" + url.QueryEscape("/search?q="+vector))
		v.judge(tab, "the form to log in")
		browsertest.Eval[bool](tab, `(window.sending = true, document.forms[0].name.value = `+string(name)+`, document.forms[0].password.value = "x", document.forms[0].submit(), true)`)
		tab.Wait(`!window.sending && document.readyState === "complete" && document.querySelector("main [role=alert]") !== null`)
		v.judge(tab, "a refused login")
		for _, path := range []string{"/feeds/t/%s.atom", "/nothing/%s", access.OIDCCallback + "?state=%[1]s&code=%[1]s&error=%[1]s&error_description=%[1]s"} {
			tab.Open(fmt.Sprintf(path, url.QueryEscape(vector)))
			v.judge(tab, path)
		}
	}
}
