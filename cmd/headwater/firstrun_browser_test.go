package main

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"headwater/internal/demo"
	"headwater/internal/serve/browsertest"
)

// printedPassword finds what a first start prints.
var printedPassword = regexp.MustCompile(`The account admin was created with the password ([^ ]+)\. `)

// TestFirstRunInBrowser starts serve in an empty folder, logs in by the password that it prints, adds a feed, and reads its first article: by the
// keyboard alone, by touch alone, and without JavaScript.
func TestFirstRunInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser, three times")
	}
	newsroom, err := demo.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	feeds := httptest.NewServer(newsroom)
	defer feeds.Close()
	browser := browsertest.Start(t, 20*time.Minute)
	for name, begin := range hands {
		t.Run(name, func(t *testing.T) {
			c := startChild(t, t.TempDir(), "HEADWATER_ACCESS_LOGIN=required", "HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8", "HEADWATER_FULLTEXT_MODE=never")
			v := visitor{t: t, tab: browsertest.NewTab(browser, t, c.url(t))}
			v.hand = begin(v.tab)
			printed := printedPassword.FindStringSubmatch(c.said())
			if printed == nil {
				t.Fatalf("the server prints no password: %s", c.said())
			}
			v.tab.Open("/")
			v.waitPath("/login")
			v.hand.Write("input[name=name]", "Name", "admin")
			v.hand.Write("input[name=password]", "Password", printed[1])
			v.hand.Use("main button", "Log in")
			v.tab.Wait(`document.readyState === "complete" && document.querySelector("main h2")?.innerText === "No feeds yet"`)

			v.hand.Use("main a", "some of the lists that are here already")
			v.waitHeading("Feeds to begin with")
			v.hand.Use("main a", "add a feed by its address")
			v.waitHeading("Add a feed")
			v.hand.Write("#url", "", feeds.URL+newsroom.Outlets()[0].Feed)
			v.hand.Use("main button", "Look for feeds")
			v.hand.Use("main button", "Add this feed")
			v.waitPath("/feed/")
			v.hand.Use("nav a", "Front page")
			// The page looks again by itself until there is an edition.
			v.tab.Wait(`document.readyState === "complete" && document.querySelector("main h2 a") !== null`)
			title := v.tab.Text("main h2 a")
			v.hand.Use("main h2 a", "")
			v.waitPath("/story/")
			v.hand.Use(`main a[href^="/article/"]`, "")
			v.waitPath("/article/")
			if text := v.tab.Text("main"); !strings.Contains(text, title) || len(text) < 200 {
				t.Errorf("the article %q says: %s", title, text)
			}
			v.tab.NoFaults()
		})
	}
}
