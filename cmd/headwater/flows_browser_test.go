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
				visitor.logIn, visitor.readFirstArticle, visitor.followTopic, visitor.logOut,
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
