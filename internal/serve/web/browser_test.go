package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/browsertest"
)

// The first page is made in the zone of the instance, and its times are written anew in that of the browser; those after it are made
// in the browser's zone.
func TestZoneOfTheBrowser(t *testing.T) {
	tab := openTab(t, handler(edition()))
	tab.Zone("Asia/Tokyo")
	tab.Open("/story/1")
	const origin = ".verdict time"
	if got := tab.Text(origin); !strings.Contains(got, "17:50") && !strings.Contains(got, "5:50") {
		t.Errorf("08:50 UTC is %q in Tokyo", got)
	}
	title := func() string { return browsertest.Eval[string](tab, `document.querySelector("`+origin+`").title`) }
	if got := title(); strings.Contains(got, "JST") {
		t.Errorf("the first page is made in the browser's zone: %q", got)
	}
	tab.Open("/story/1")
	if got := title(); !strings.Contains(got, "JST") {
		t.Errorf("the second page is not made in the browser's zone: %q", got)
	}
	tab.NoFaults()
}

// openTab starts a browser with a tab for the pages of a handler.
func openTab(t *testing.T, h http.Handler) *browsertest.Tab {
	t.Helper()
	browser := browsertest.Start(t, 10*time.Minute)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return browsertest.NewTab(browser, t, server.URL)
}

func TestInBrowser(t *testing.T) {
	f := edition()
	f.facets = manyFacets()
	f.topics[1].New = 3
	tab := openTab(t, handler(f))
	for name, path := range map[string]string{
		"front": "/", "story": "/story/1", "named": "/story/4", "compare": "/story/1/compare?a=1&b=6", "correct": "/story/1/correct", "article": "/article/1", "credits": "/article/20",
		"search": "/search?q=ferry", "search-none": "/search?q=zeppelin", "search-facets": "/search?q=ferry+lang%3Aen", "error": "/search?q=%22",
		"topics": "/topics", "topic": "/topic/Mining", "feeds": "/feeds", "rules": "/rules", "rule": "/rules/1",
		"event": "/event/1", "event-by-time": "/event/1?order=time",
		"outlets": "/outlets", "outlet": "/outlet/harbourpost.example", "outlet-named": "/outlet/northernledger.example", "outlets-none": "/outlets?q=nobody",
		"outlet-names": "/outlet/forty.example", "outlet-domainless": "/outlet/" + url.PathEscape(longOutlet().Key()),
	} {
		for _, screen := range []struct {
			name, scheme string
			width        int64
			lang         string
		}{{"wide", "light", 1280, ""}, {"phone-dark", "dark", 375, ""}, {"narrow", "light", 360, ""}, {"wide-dark", "dark", 1280, ""}, {"narrow-german", "light", 360, "de"}} {
			t.Run(name+" "+screen.name, func(t *testing.T) {
				f.settings = news.Settings{Language: screen.lang}
				tab.Scheme(screen.scheme)
				tab.Width(screen.width)
				status := tab.Open(path)
				look(t, tab, name+"-"+screen.name)
				faults := tab.Faults()
				if name == "error" && status == http.StatusBadRequest { // the malformed search
					return
				}
				for _, fault := range faults {
					t.Error(fault)
				}
			})
		}
	}
}

// look checks the page in the browser, and keeps a picture of it in the folder HEADWATER_SCREENSHOTS where that is set.
func look(t *testing.T, tab *browsertest.Tab, name string) {
	t.Helper()
	for _, fault := range tab.Judge() {
		t.Error(fault)
	}
	for js, fault := range map[string]string{
		`document.cookie.includes("headwater_zone=")`:                                  "our script did not run",
		`getComputedStyle(document.querySelector(".masthead")).marginBottom !== "0px"`: "our style was not applied",
	} {
		if !browsertest.Eval[bool](tab, js) {
			t.Error(fault)
		}
	}
	if dir := os.Getenv("HEADWATER_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), tab.Picture(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFormsInBrowser searches with the keyboard, follows the search as a topic and removes it again. Then it plays a recording.
func TestFormsInBrowser(t *testing.T) {
	b := &booth{give: news.Recording{Status: 200, Type: "audio/wav", Length: int64(len(silence))}, body: strings.NewReader(silence)}
	tab := openTab(t, playing(players(b)))
	tab.Open("/")
	tab.Press("/radar\r")
	tab.Wait(`document.querySelector("h1").innerText.includes("radar") && location.pathname === "/search"`)
	tab.Click(".follow button")
	tab.Wait(`document.querySelector("h1").innerText === "radar" && location.pathname === "/topic/radar"`)
	tab.Click("main > .remove summary")
	tab.Click("main > .remove button")
	tab.Wait(`location.pathname === "/topics" && document.readyState === "complete" && document.querySelector(".topics") !== null`)
	if got := tab.Text(".topics"); strings.Contains(got, "radar") || !strings.Contains(got, "Mining") {
		t.Errorf("the topics after removing one: %s", got)
	}
	tab.Open("/article/1")
	for _, fault := range tab.Judge() {
		t.Error(fault)
	}
	if b.asked != "" {
		t.Errorf("%s was fetched before anybody wanted to hear it", b.asked)
	}
	browsertest.Eval[bool](tab, `addEventListener("click", () => document.querySelector("audio").play(), { once: true }) ?? true`) // only after a gesture
	tab.Click("h1")
	tab.Wait(`document.querySelector("audio").currentTime > 0`)
	tab.NoFaults()
}

// silence is 10 s of it as WAV: 8-bit samples, 8,000 a second.
var silence = "RIFF\xa4\x38\x01\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x80\x38\x01\x00" +
	strings.Repeat("\x80", 80_000)

// manyFacets are facets with long names and large counts.
func manyFacets() []search.Facet {
	var days, outlets []search.FacetValue
	for i := range 31 {
		day := now.AddDate(0, 0, -i).Format(time.DateOnly)
		days = append(days, search.FacetValue{Name: day, Query: "date:" + day, Count: 1 + i*i*i})
	}
	for i := range 10 {
		outlets = append(outlets, search.FacetValue{Name: strings.Repeat("The Evening Lantern of Skarholm ", 1+i%3) + string(rune('A'+i)), Query: "outlet:lantern.example", Count: 60_000 / (i + 1)})
	}
	return []search.Facet{
		{Field: "outlet", Values: outlets},
		{Field: "origin", Values: outlets[:3]},
		{Field: "day", Values: days},
		{Field: "lang", Values: []search.FacetValue{{Name: "en", Query: "lang:en", Count: 9}, {Name: "ar", Query: "lang:ar", Count: 2}}},
	}
}

// TestSuggestionsInBrowser types into the search box and chooses with the keyboard.
func TestSuggestionsInBrowser(t *testing.T) {
	f := edition()
	f.completions = map[string][]search.Completion{
		"fer": {
			{Kind: search.CompleteTopic, Name: "Ferries & boats", Value: "ferry"},
			{Kind: search.CompleteWord, Name: "ferry", Value: "ferry", Articles: 7},
			{Kind: search.CompleteWord, Name: "<b>fern</b>", Value: "<b>fern</b>", Articles: 1},
		},
	}
	tab := openTab(t, handler(f))
	const state = `(() => { const q = document.getElementById("q"), active = document.getElementById(q.getAttribute("aria-activedescendant"));
		return [q.getAttribute("role"), q.getAttribute("aria-expanded"), q.value, active?.textContent ?? "-", document.querySelectorAll("#suggestions [role=option]").length].join("|") })()`
	wait := func(want string) {
		t.Helper()
		tab.Wait(state + " === " + strconv.Quote(want))
	}
	tab.Open("/")
	tab.Click("#q")
	wait("combobox|false||-|0")
	tab.Press("fer")
	wait("combobox|true|fer|-|3")
	look(t, tab, "suggestions")
	if status := browsertest.Eval[string](tab, `document.querySelector(".find [role=status]").textContent`); status != "Suggestions: 3" {
		t.Errorf("said is %q", status)
	}
	tab.Press(kb.ArrowDown)
	tab.Press(kb.ArrowDown)
	wait("combobox|true|ferry|ferry7 headlines|3")
	tab.Press(kb.ArrowDown)
	wait("combobox|true|<b>fern</b>|<b>fern</b>1 headline|3") // as text
	tab.Press(kb.ArrowDown)
	wait("combobox|true|fer|-|3") // what was typed
	tab.Press(kb.Escape)
	wait("combobox|false|fer|-|3")
	tab.Press("x") // nothing goes on like this
	wait("combobox|false|ferx|-|0")
	tab.Press(kb.Backspace)
	wait("combobox|true|fer|-|3")
	tab.Press(kb.ArrowDown)
	tab.Press(kb.Enter)
	tab.Wait(`location.pathname === "/topic/Ferries%20&%20boats"`)
	tab.NoFaults()
}
