package web_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/browsertest"
	"headwater/internal/serve/web"
)

// keptPages lists the pages that the browser keeps, without the files that they show.
const keptPages = `(async () => {
	const all = [];
	for (const name of await caches.keys()) if (name.startsWith("pages-")) {
		for (const r of await (await caches.open(name)).keys()) all.push(new URL(r.url).pathname + new URL(r.url).search);
	}
	return all.filter((p) => !/^\/(static|media)\//.test(p)).sort();
})()`

// TestOffline reads pages while the server is stopped, after another user and nobody looked at them in the same browser.
func TestOffline(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser")
	}
	browser := browsertest.Start(t, 4*time.Minute)
	f := edition()
	var user atomic.Int64
	user.Store(1)
	guard := openTo(func(context.Context) (news.User, error) {
		return news.User{ID: user.Load(), Role: news.ReaderRole}, nil
	})
	server := httptest.NewServer(web.New(web.Options{Backend: f.backend(), Access: guard, InstanceID: "test", Now: func() time.Time { return now }}))
	defer server.Close()
	tab := browsertest.NewTab(browser, t, server.URL)
	has := func(paths ...string) {
		t.Helper()
		tab.Wait(`(async () => JSON.stringify(await ` + keptPages + `) === ` + quoted(paths) + `)()`)
	}

	tab.Open("/settings")
	has("/", "/offline") // of what is kept of a first visit
	for _, path := range []string{"/story/1", "/search?q=ferry", "/topics", "/?page=2", "/feeds", "/"} {
		tab.Open(path)
	}
	has("/", "/offline")
	star := func(starred bool) {
		defer f.lock()()
		f.state(1, func(st *news.ItemState) { st.Starred = starred })
	}
	star(true)
	tab.Open("/article/1")
	has("/", "/article/1", "/offline")
	star(false)
	tab.Open("/article/1")
	has("/", "/offline")
	star(true)
	tab.Open("/article/1")
	has("/", "/article/1", "/offline")
	browsertest.Eval[bool](tab, `document.dispatchEvent(new CustomEvent("marked", { detail: { unstarred: [1, 2] } }))`)
	has("/", "/offline")
	browsertest.Eval[bool](tab, `document.dispatchEvent(new CustomEvent("marked", { detail: { starred: [1, 2] } }))`)
	has("/", "/article/1", "/offline")
	names := `(async () => (await caches.keys()).filter((n) => n.startsWith("pages-")).join())()`
	first := browsertest.Eval[string](tab, names)
	user.Store(2)
	tab.Open("/topics")
	tab.Wait(`(async () => !(await caches.keys()).includes("` + first + `"))()`)
	tab.Open("/")
	has("/", "/offline")
	user.Store(0)
	tab.Open("/offline")
	has()
	user.Store(1)
	f.settings.Theme = news.ThemeDark
	tab.Open("/")
	tab.Open("/article/1")
	has("/", "/article/1", "/offline")
	if faults := tab.Faults(); len(faults) > 0 {
		t.Errorf("with the server: %s", strings.Join(faults, "\n"))
	}

	server.Close()
	tab.Open("/")
	if !browsertest.Eval[bool](tab, `!document.getElementById("offline").hidden && document.querySelectorAll("h2").length > 2 && document.styleSheets[0].cssRules.length > 100`) {
		t.Error("the front page is not as it was, or does not say that it is kept")
	}
	if note := tab.Text("#offline"); !strings.Contains(note, "cannot be reached") || !strings.Contains(note, "as of") {
		t.Errorf("the note says %q", note)
	}
	tab.Open("/article/1")
	if !browsertest.Eval[bool](tab, `document.querySelector(".text").innerText.length > 20 && !document.getElementById("offline").hidden`) {
		t.Error("the starred article cannot be read")
	}
	tab.Open("/topics")
	if h := tab.Text("h1"); h != "The server cannot be reached" {
		t.Errorf("in place of the topics: %q", h)
	}
	tab.Wait(`document.querySelector('#kept a[href$="/"]') !== null && document.getElementById("kept-none").hidden`)
	if !browsertest.Eval[bool](tab, `document.documentElement.dataset.theme === "dark" && document.getElementById("kept-none").hidden`) {
		t.Error("the page of what is kept does not look as the user's pages, or says that there is nothing")
	}
	if kept := tab.Text("#kept"); strings.Count(kept, "\n") != 1 {
		t.Errorf("kept is %q, want the front page and an article", kept)
	}
	tab.Click(`#kept a`)
	tab.Wait(`location.pathname === "/" && document.querySelectorAll("h2").length > 2`)
	for _, fault := range tab.Faults() {
		if strings.Contains(fault, "script") {
			t.Errorf("without the server: %s", fault)
		}
	}
}

// quoted writes paths as JSON.stringify does.
func quoted(paths []string) string {
	slices.Sort(paths)
	if len(paths) == 0 {
		return `'[]'`
	}
	return `'["` + strings.Join(paths, `","`) + `"]'`
}
