package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"headwater/internal/serve/browsertest"
)

// visitor is somebody at the pages of a demo of their own, with one kind of hand.
type visitor struct {
	t    *testing.T
	tab  *browsertest.Tab
	hand browsertest.Hand
}

// hands are the ways in which everything can be done.
var hands = map[string]func(*browsertest.Tab) browsertest.Hand{
	"keyboard": browsertest.Keyboard,
	"touch":    browsertest.Touch,
	"without JavaScript": func(tab *browsertest.Tab) browsertest.Hand {
		tab.JavaScript(false)
		return browsertest.Mouse(tab)
	},
}

// TestFlowsInBrowser does what people come for, from first to last: by the keyboard alone, by touch alone, and without JavaScript.
func TestFlowsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser through many pages, three times")
	}
	browser := browsertest.Start(t, 30*time.Minute)
	for name, begin := range hands {
		t.Run(name, func(t *testing.T) {
			v := visitor{t: t, tab: browsertest.NewTab(browser, t, startDemo(t, "HEADWATER_ACCESS_LOGIN=required"))}
			v.hand = begin(v.tab)
			for _, flow := range []func(visitor){
				visitor.logIn, visitor.readFirstArticle, visitor.readOn, visitor.star, visitor.markAllAndUndo, visitor.followTopic, visitor.importList, visitor.moveFeed, visitor.logOut,
			} {
				flow(v)
				v.tab.NoFaults()
			}
		})
	}
}

// TestKeysInBrowser goes through a list by single keys, and turns them off.
func TestKeysInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser")
	}
	browser, server := browsertest.Start(t, 10*time.Minute), startDemo(t)
	tab := browsertest.NewTab(browser, t, server)
	tab.Open("/unread")
	focus := func(n int) {
		t.Helper()
		tab.Wait(fmt.Sprintf(`document.activeElement === document.querySelectorAll("main .item h2 a")[%d]`, n))
	}
	const first, second = `document.querySelectorAll("main .item")[0].hasAttribute("data-read")`, `document.querySelectorAll("main .item")[1].hasAttribute("data-starred")`
	tab.Press("j")
	focus(0)
	tab.Press("m")
	tab.Wait(first)
	said := func(text string) {
		t.Helper()
		tab.Wait(fmt.Sprintf(`document.querySelector("#done [role=status]").textContent.includes(%q)`, text))
	}
	said("Marked as read: ")
	tab.Press("z") // without leaving the page
	tab.Wait("!" + first)
	said("unread again.")
	tab.Wait(`document.activeElement.matches("#done .close")`)
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Wait(`document.querySelector("#done [role=status]").textContent === "" && document.activeElement.id === "main"`)
	tab.Press("j")
	focus(0)
	tab.Press("m")
	tab.Wait(first)
	tab.Press("j")
	focus(1)
	tab.Press("s")
	tab.Wait(second)
	tab.Press("k")
	focus(0)
	tab.Press("n") // the next that is unread
	focus(1)
	tab.Press("?")
	tab.Wait(`document.querySelector("dialog[open] #keys") !== null`)
	tab.Do(chromedp.KeyEvent(kb.Escape))
	tab.Wait(`document.querySelector("dialog[open]") === null`)
	tab.Press("gs")
	tab.Wait(`document.readyState === "complete" && location.pathname === "/starred"`)
	tab.Press("gu")
	tab.Wait(`document.readyState === "complete" && location.pathname === "/unread"`)
	left := browsertest.Eval[string](tab, `document.getElementById("unread").textContent`)
	tab.Press("jo")
	tab.Wait(`document.readyState === "complete" && /^[/](article|story)[/]/.test(location.pathname)`)
	tab.Press("u") // back to the list
	tab.Wait(`document.readyState === "complete" && location.pathname === "/unread"`)
	if now := browsertest.Eval[string](tab, `document.getElementById("unread").textContent`); now == left {
		t.Errorf("%s are unread after one was opened, as before", now)
	}
	tab.Press("/")
	tab.Wait(`document.activeElement.id === "q"`)
	tab.Press("jm") // letters, in a field
	tab.Wait(`document.getElementById("q").value === "jm"`)
	tab.NoFaults()
	markInTwoTabs(t, tab, browsertest.NewTab(browser, t, server))
	markByScrolling(t, tab, server)
	markBySwiping(tab)
	tab.NoFaults()
	shareLink(t, browsertest.NewTab(browser, t, server))
}

// markInTwoTabs stars an article in one tab and then in another that was opened before, and reads it in the other: neither page is left.
func markInTwoTabs(t *testing.T, one, other *browsertest.Tab) {
	t.Helper()
	const list, item = "/unread?by=article", `document.querySelectorAll("main .item")[2]`
	for _, tab := range []*browsertest.Tab{one, other} {
		tab.Open(list)
		browsertest.Eval[bool](tab, `(window.stays = true)`)
		browsertest.Eval[bool](tab, item+`.hasAttribute("data-starred") && (`+item+`.querySelector(".mark-star").click(), true)`)
	}
	for _, tab := range []*browsertest.Tab{one, other} { // the second finds it starred already
		browsertest.Eval[bool](tab, `(`+item+`.querySelector(".mark-star").click(), true)`)
		tab.Wait(item + `.hasAttribute("data-starred") && document.querySelector("#done p").textContent.startsWith("Starred: ")`)
	}
	if !browsertest.Eval[bool](other, `document.querySelector("#done .undo").hidden`) {
		t.Error("the second tab would take back what the first one did")
	}
	browsertest.Eval[bool](other, `(`+item+`.querySelector(".mark-read").click(), true)`)
	other.Wait(item + `.hasAttribute("data-read") && window.stays`)
	other.NoFaults()
	one.Wait(`window.stays`)
	one.Open("/starred")
	one.Wait(`document.querySelector("main .item[data-read][data-starred]") !== null`)
}

// shareLink shares an article where the browser can, and copies its address. Who thinks better of sharing is told of no error.
func shareLink(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	for name, share := range map[string]string{
		"can":     `async (data) => { window.shared = data; }`,
		"refused": `async (data) => { window.shared = data; throw new DOMException("Share canceled", "AbortError"); }`,
		"cannot":  `undefined`,
	} {
		tab.BeforeScripts(`Object.defineProperty(Navigator.prototype, "share", { configurable: true, value: ` + share + ` });
			Object.defineProperty(Clipboard.prototype, "writeText", { configurable: true, value: async (text) => { window.copied = text; } });`)
		tab.Open("/article/1")
		const offered = `!document.querySelector(".share").hidden`
		tab.Wait(`!document.querySelector(".copy").hidden`)
		if got := browsertest.Eval[bool](tab, offered); got != (name != "cannot") {
			t.Errorf("%s: sharing is offered: %t", name, got)
		}
		if name != "cannot" {
			tab.Click(".share")
			tab.Wait(`window.shared !== undefined`)
			const want = `JSON.stringify({ title: document.querySelector("h1").textContent, url: document.querySelector("a.out").href })`
			if !browsertest.Eval[bool](tab, `JSON.stringify(window.shared) === `+want) {
				t.Errorf("%s: the browser shares %s", name, browsertest.Eval[string](tab, `JSON.stringify(window.shared)`))
			}
		}
		tab.Click(".copy")
		tab.Wait(`document.querySelector(".copy").textContent === "Copied" && window.copied === document.querySelector("a.out").href`)
		tab.NoFaults()
	}
}

// scrollVia defines a function that scrolls to one place after the other. At each it waits until the browser has told which articles are on
// the screen.
const scrollVia = `const scrollVia = async (...places) => {
	for (const top of places) {
		scrollTo({ top, behavior: "instant" });
		await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
	}
};`

// markByScrolling scrolls through unread articles: those that were seen and left behind are read, those below and those that were
// jumped over are not.
func markByScrolling(t *testing.T, tab *browsertest.Tab, server string) {
	t.Helper()
	setSetting(t, server, url.Values{"scrolling": {"", "on"}})
	tab.Open("/unread?by=article")
	const item = `document.querySelectorAll("main .item")`
	tab.Wait(item + `.length === 30`)
	browsertest.Eval[bool](tab, `(async () => {
		`+scrollVia+`
		await scrollVia(0, 300, 600, 900, document.body.scrollHeight);
		return true;
	})()`)
	tab.Wait(item + `[0].hasAttribute("data-read") && ` + item + `[1].hasAttribute("data-read")`)
	if browsertest.Eval[bool](tab, item+`[20].hasAttribute("data-read")`) {
		t.Error("an article that was jumped over is read")
	}
	if browsertest.Eval[bool](tab, item+`[29].hasAttribute("data-read")`) {
		t.Error("the last article, which is on the screen, is read")
	}
	undoScrolling(t, tab)
	setSetting(t, server, url.Values{"scrolling": {""}})
}

// undoScrolling scrolls on through the list, which one notice counts with what was scrolled past before, and takes all of it back.
func undoScrolling(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	const marked = `[...document.querySelectorAll("main .item[data-read]")].map((item) => item.dataset.article)`
	const notice, undo = `document.querySelector("#done [role=status]").textContent`, `document.querySelectorAll("#done input[name=undo]")`
	tab.Wait(notice + `.includes("marked as read")`)
	before := browsertest.Eval[[]string](tab, marked)
	browsertest.Eval[bool](tab, `(async () => {
		`+scrollVia+`
		const item = document.querySelectorAll("main .item")[20], top = item.getBoundingClientRect().top + scrollY;
		await scrollVia(top - 300, top, top + 300);
		return true;
	})()`)
	tab.Wait(undo + `.length > 1`)
	tab.Wait(fmt.Sprintf(`%s === String(%s.length) + " articles marked as read."`, notice, marked))
	all := browsertest.Eval[[]string](tab, marked)
	if len(all) <= len(before) || !slices.Contains(all, before[0]) {
		t.Errorf("%d articles are read after more was scrolled past, %d before", len(all), len(before))
	}
	for _, fault := range tab.Judge() {
		t.Error(fault)
	}
	// What was scrolled past within the last second was not sent yet, and stays unread too.
	unsent := browsertest.Eval[[]string](tab, `(async () => {
		`+scrollVia+`
		const item = document.querySelectorAll("main .item")[10], top = item.getBoundingClientRect().top + scrollY; // it was jumped over before
		await scrollVia(top - 300, top, top + 300);
		const unsent = item.getBoundingClientRect().bottom <= 0 && !item.hasAttribute("data-read") ? [item.dataset.article] : [];
		document.querySelector("#done .undo").click();
		await new Promise((done) => setTimeout(done, 1500));
		return unsent;
	})()`)
	if len(unsent) == 0 {
		t.Error("nothing was scrolled past before the undo")
	}
	tab.Wait(notice + `.endsWith("articles are unread again.") && document.querySelector("main .item[data-read]") === null`)
	tab.Open("/unread?by=article")
	for _, id := range slices.Concat(all, unsent) {
		if !browsertest.Eval[bool](tab, fmt.Sprintf(`document.querySelector('main .item[data-article="%s"]') !== null`, id)) {
			t.Errorf("article %s is not unread after the undo", id)
		}
	}
}

// markBySwiping marks an article by a finger: to the right as read and unread, to the left with a star. A short way does nothing.
func markBySwiping(tab *browsertest.Tab) {
	browsertest.Touch(tab)
	tab.Open("/unread?by=article")
	const item = `document.querySelector("main .item")`
	for _, tt := range []struct {
		pixels float64
		want   string
	}{
		{150, `.hasAttribute("data-read")`},
		{-150, `.hasAttribute("data-starred")`},
		{-40, `.hasAttribute("data-starred")`},
		{150, `.matches(":not([data-read])[data-starred]")`},
		{-150, `.matches(":not([data-read]):not([data-starred])")`},
	} {
		tab.Swipe("main .item h2", tt.pixels)
		tab.Wait(item + tt.want)
	}
}

// setSetting changes a setting of the server's user.
func setSetting(t *testing.T, server string, form url.Values) {
	t.Helper()
	response, err := http.PostForm(server+"/settings", form)
	if err == nil {
		err = response.Body.Close()
	}
	if err != nil || response.StatusCode != http.StatusOK || !response.Request.URL.Query().Has("saved") {
		t.Fatalf("the settings %v are not saved: %v", form, err)
	}
}

// waitHeading waits for a page with a main heading.
func (v visitor) waitHeading(text string) {
	v.t.Helper()
	v.tab.Wait(fmt.Sprintf(`document.readyState === "complete" && document.querySelector("h1")?.innerText.trim() === %q`, text))
}

// waitPath waits for a page whose path and query begin with a prefix.
func (v visitor) waitPath(prefix string) {
	v.t.Helper()
	v.tab.Wait(fmt.Sprintf(`document.readyState === "complete" && (location.pathname + location.search).startsWith(%q)`, prefix))
}

// follow follows a link to a page whose main heading is the name of the link.
func (v visitor) follow(selector, name string) {
	v.t.Helper()
	v.hand.Use(selector, name)
	v.waitHeading(name)
}

// logIn is led to the form, mistypes the password, and is led to the page that was asked for.
func (v visitor) logIn() {
	v.tab.Open("/topics")
	v.waitPath("/login")
	v.hand.Write("input[name=name]", "Name", demoUser)
	v.hand.Write("input[name=password]", "Password", "wrong")
	v.hand.Use("main button", "Log in")
	v.tab.Wait(`document.querySelector("main [role=alert]") !== null`)
	v.tab.Faults() // the answer to a wrong password is one to the browser
	v.hand.Write("input[name=password]", "Password", demoPassword)
	v.hand.Use("main button", "Log in")
	v.waitHeading("Topics")
}

// logOut leaves, and cannot read on.
func (v visitor) logOut() {
	v.hand.Use("button", "Log out")
	v.waitPath("/login")
	v.tab.Open("/topics")
	v.waitPath("/login")
}

// readFirstArticle goes from the front page through the first story to the text of an article.
func (v visitor) readFirstArticle() {
	v.tab.Open("/")
	v.hand.Use("main h2 a", "")
	v.waitPath("/story/")
	v.hand.Use(`main h3 a[href^="/article/"]`, "")
	v.waitPath("/article/")
	if text := v.tab.Text("main"); len(text) < 200 {
		v.t.Errorf("the article says: %s", text)
	}
}

// star keeps the first unread article, and finds it among the starred ones.
func (v visitor) star() {
	v.follow("nav a", "Unread")
	title := v.tab.Text("main .item:has(.mark-star[aria-pressed=false]) h2")
	v.hand.Use("main .mark-star[aria-pressed=false]", "")
	v.tab.Wait(fmt.Sprintf(`document.readyState === "complete" && [...document.querySelectorAll("main .item:has(.mark-star[aria-pressed=true]) h2")].some((h) => h.innerText === %q)`, title))
	v.follow("main a", "Starred")
	v.tab.Wait(fmt.Sprintf(`[...document.querySelectorAll("main .item h2")].some((h) => h.innerText === %q)`, title))
}

// markAllAndUndo marks all as read, and takes that back.
func (v visitor) markAllAndUndo() {
	v.follow("nav a", "Unread")
	const left = `document.getElementById("unread")?.textContent ?? "0"`
	before := browsertest.Eval[string](v.tab, left)
	v.hand.Use("main button", "Mark all as read")
	v.tab.Wait(`document.readyState === "complete" && document.querySelector("#done .undo:not([hidden])") !== null && document.querySelector("main .item") === null`)
	v.hand.Use("main button", "Undo")
	v.tab.Wait(fmt.Sprintf(`document.readyState === "complete" && document.querySelector("#done .undo:not([hidden])") === null && (%s) === %q`, left, before))
}

// followTopic searches, follows the search, and finds the topic among the others.
func (v visitor) followTopic() {
	v.tab.Open("/")
	v.hand.Write("#q", "", "harbour")
	v.hand.Use(".find button", "Search")
	v.waitPath("/search")
	v.hand.Write(".follow input[name=name]", "", "The harbour")
	v.hand.Use("button", "Follow")
	v.waitHeading("The harbour")
	v.follow("nav a", "Topics")
	v.follow("main a", "The harbour")
}

// importList pastes the list of another reader, and finds its feed in its folder.
func (v visitor) importList() {
	v.follow("nav a", "Feeds")
	v.follow("main a", "Import and export")
	v.hand.Write("main textarea", "", `<opml version="2.0"><body><outline text="Islands"><outline text="The Island Post" xmlUrl="http://127.0.0.1:9/island.xml"/></outline></body></opml>`)
	v.hand.Use("button", "Import")
	v.tab.Wait(`document.querySelector("main .report") !== null`)
	v.follow("main .report a", "Islands")
}

// moveFeed puts the first feed of the list into another folder, by the options on its page.
func (v visitor) moveFeed() {
	v.follow("nav a", "Feeds")
	v.hand.Use("main .feed-name", "")
	v.waitPath("/feed/")
	v.hand.Write("#options input[name=folder]", "", "Moved here")
	v.hand.Use("#options button", "Save")
	v.tab.Wait(`document.readyState === "complete" && document.querySelector("h1 + .meta .folder")?.innerText.trim() === "Moved here"`)
	v.follow("main .folder", "Moved here")
}

// readOn reads stories of the front page one after the other, and comes back after each: twenty where HEADWATER_TEST_PAGES asks for the
// larger run, otherwise four.
func (v visitor) readOn() {
	count := 4
	if perPattern(v.t) > 1 {
		count = 20
	}
	v.tab.Open("/")
	links := browsertest.Eval[[]string](v.tab, `[...document.querySelectorAll("main h2 a")].map((a) => a.getAttribute("href"))`)
	if len(links) < count {
		v.t.Fatalf("the front page has %d headlines", len(links))
	}
	for _, to := range links[:count] {
		v.hand.Use(fmt.Sprintf("main h2 a[href=%q]", to), "")
		v.waitPath(to)
		v.hand.Use(".masthead .name a", "")
		v.tab.Wait(`document.readyState === "complete" && location.pathname === "/"`)
	}
}
