package main

import (
	"fmt"
	"testing"
	"time"

	"headwater/internal/serve/browsertest"
)

// visitor is somebody at the pages of a demo of their own, with one kind of hand.
type visitor struct {
	t    *testing.T
	tab  *browsertest.Tab
	hand browsertest.Hand
}

// TestFlowsInBrowser does what people come for, from first to last: by the keyboard alone, by touch alone, and without JavaScript.
func TestFlowsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser through many pages, three times")
	}
	browser := browsertest.Start(t, 30*time.Minute)
	for name, begin := range map[string]func(*browsertest.Tab) browsertest.Hand{
		"keyboard": browsertest.Keyboard,
		"touch":    browsertest.Touch,
		"without JavaScript": func(tab *browsertest.Tab) browsertest.Hand {
			tab.JavaScript(false)
			return browsertest.Mouse(tab)
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := visitor{t: t, tab: browsertest.NewTab(browser, t, startDemo(t, "HEADWATER_ACCESS_LOGIN=required"))}
			v.hand = begin(v.tab)
			for _, flow := range []func(visitor){
				visitor.logIn, visitor.readFirstArticle, visitor.readOn, visitor.followTopic, visitor.importList, visitor.moveFeed, visitor.logOut,
			} {
				flow(v)
				for _, fault := range v.tab.Faults() {
					t.Error(fault)
				}
			}
		})
	}
}

// waitHeading waits for a page with a main heading.
func (v visitor) waitHeading(text string) {
	v.t.Helper()
	v.tab.Wait(fmt.Sprintf(`document.readyState === "complete" && document.querySelector("h1")?.innerText.trim() === %q`, text))
}

// waitPath waits for a page whose path begins with a prefix.
func (v visitor) waitPath(prefix string) {
	v.t.Helper()
	v.tab.Wait(fmt.Sprintf(`document.readyState === "complete" && location.pathname.startsWith(%q)`, prefix))
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

// followTopic searches, follows the search, and finds the topic among the others.
func (v visitor) followTopic() {
	v.tab.Open("/")
	v.hand.Write("#q", "", "harbour")
	v.hand.Use(".find button", "Search")
	v.waitPath("/search")
	v.hand.Write(".follow input[name=name]", "", "The harbour")
	v.hand.Use("button", "Follow")
	v.waitHeading("The harbour")
	v.hand.Use("nav a", "Topics")
	v.waitHeading("Topics")
	v.hand.Use("main a", "The harbour")
	v.waitHeading("The harbour")
}

// importList pastes the list of another reader, and finds its feed in its folder.
func (v visitor) importList() {
	v.hand.Use("nav a", "Feeds")
	v.waitHeading("Feeds")
	v.hand.Use("main a", "Import and export")
	v.waitHeading("Import and export")
	v.hand.Write("main textarea", "", `<opml version="2.0"><body><outline text="Islands"><outline text="The Island Post" xmlUrl="http://127.0.0.1:9/island.xml"/></outline></body></opml>`)
	v.hand.Use("button", "Import")
	v.tab.Wait(`document.querySelector("main .report") !== null`)
	v.hand.Use("main .report a", "Islands")
	v.waitHeading("Islands")
}

// moveFeed puts the first feed of the list into another folder, by the options on its page.
func (v visitor) moveFeed() {
	v.hand.Use("nav a", "Feeds")
	v.waitHeading("Feeds")
	v.hand.Use("main .feed-name", "")
	v.waitPath("/feed/")
	v.hand.Write("#options input[name=folder]", "", "Moved here")
	v.hand.Use("#options button", "Save")
	v.tab.Wait(`document.readyState === "complete" && document.querySelector("h1 + .meta .folder")?.innerText.trim() === "Moved here"`)
	v.hand.Use("main .folder", "Moved here")
	v.waitHeading("Moved here")
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
		v.waitPath("/")
		v.tab.Wait(`location.pathname === "/"`)
	}
}
