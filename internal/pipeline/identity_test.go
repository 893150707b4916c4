package pipeline_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	htmlpkg "html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"headwater/internal/intake/clean"
	"headwater/internal/intake/parse"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
)

// feedItem is an item in a feed. Fields may be empty.
type feedItem struct{ id, url, title, text, date string }

// identityCase is a sequence of polls of one feed, with the number of articles that each must add.
type identityCase struct {
	name  string
	polls [][]feedItem
	fresh []int
}

func readIdentityCases(t *testing.T) (cases []identityCase) {
	t.Helper()
	data, err := os.ReadFile("testdata/identity.txt")
	must(t, err)
	for n, line := range strings.Split(string(data), "\n") {
		switch fields := strings.Split(line, " | "); {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "== "):
			cases = append(cases, identityCase{name: line[3:]})
		case strings.HasPrefix(line, "poll "):
			c := &cases[len(cases)-1]
			var fresh int
			if _, err := fmt.Sscanf(line, "poll new %d", &fresh); err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
			c.polls, c.fresh = append(c.polls, nil), append(c.fresh, fresh)
		case len(fields) == 5:
			for i, f := range fields {
				if f == "." {
					fields[i] = ""
				}
			}
			c := &cases[len(cases)-1]
			last := &c.polls[len(c.polls)-1]
			*last = append(*last, feedItem{fields[0], absolute(fields[1]), fields[2], madeUpText(fields[3]), madeUpDate(t, fields[4])})
		default:
			t.Fatalf("line %d is no item: %q", n+1, line)
		}
	}
	return cases
}

func absolute(address string) string {
	if strings.HasPrefix(address, "/") {
		return "https://town.example" + address
	}
	return address
}

// madeUpText returns a different text for each number; a + after it makes an edited one.
func madeUpText(number string) string {
	number, edited := strings.CutSuffix(number, "+")
	if number == "" {
		return ""
	}
	words := strings.Fields(`bridge council harbour orchard lantern violet granite meadow compass thistle saddle anchor barley copper
		willow marble falcon candle timber garnet`)
	var n int
	for _, r := range number {
		n = n*10 + int(r-'0')
	}
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "%s%d ", words[(n*7+i*i*(n+2))%len(words)], (n*31+i*17)%89)
	}
	if edited {
		b.WriteString("and one more sentence was added to it later on")
	}
	return strings.TrimSpace(b.String()) + "."
}

func madeUpDate(t *testing.T, hour string) string {
	if hour == "" {
		return ""
	}
	n := 0
	if _, err := fmt.Sscan(hour, &n); err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, time.May, 4, n, 10, 20, 0, time.UTC).Format(time.RFC3339)
}

// formats write a list of items as feeds of each format.
var formats = map[string]func([]feedItem) string{
	"rss": func(items []feedItem) string {
		var b strings.Builder
		b.WriteString(`<rss version="2.0"><channel><title>Town</title><link>https://town.example/</link>`)
		for _, it := range items {
			b.WriteString("<item>" + element("title", it.title) + element("link", it.url) + element(`guid isPermaLink="false"`, it.id) + element("description", it.text))
			if at, err := time.Parse(time.RFC3339, it.date); err == nil {
				b.WriteString(element("pubDate", at.Format(time.RFC1123Z)))
			}
			b.WriteString("</item>")
		}
		return b.String() + "</channel></rss>"
	},
	"rdf": func(items []feedItem) string {
		var b strings.Builder
		b.WriteString(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
			<channel rdf:about="https://town.example/"><title>Town</title><link>https://town.example/</link></channel>`)
		for _, it := range items {
			fmt.Fprintf(&b, `<item rdf:about="%s">`, htmlpkg.EscapeString(it.url))
			b.WriteString(element("title", it.title) + element("link", it.url) + element("dc:identifier", it.id) + element("description", it.text) + element("dc:date", it.date) + "</item>")
		}
		return b.String() + "</rdf:RDF>"
	},
	"atom": func(items []feedItem) string {
		var b strings.Builder
		b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"><title>Town</title><id>urn:town</id>`)
		for _, it := range items {
			b.WriteString("<entry>" + element("title", it.title) + element("id", it.id) + element("published", it.date) + element("summary", it.text))
			if it.url != "" {
				fmt.Fprintf(&b, `<link href="%s"/>`, htmlpkg.EscapeString(it.url))
			}
			b.WriteString("</entry>")
		}
		return b.String() + "</feed>"
	},
	"json": func(items []feedItem) string {
		type item struct {
			ID        string `json:"id,omitempty"`
			URL       string `json:"url,omitempty"`
			Title     string `json:"title,omitempty"`
			Text      string `json:"content_text,omitempty"`
			Published string `json:"date_published,omitempty"`
		}
		feed := struct {
			Version string `json:"version"`
			Title   string `json:"title"`
			Items   []item `json:"items"`
		}{Version: "https://jsonfeed.org/version/1.1", Title: "Town", Items: []item{}}
		for _, it := range items {
			feed.Items = append(feed.Items, item{it.id, it.url, it.title, it.text, it.date})
		}
		b, err := json.Marshal(feed)
		if err != nil {
			panic(err)
		}
		return string(b)
	},
}

func element(tag, text string) string {
	if text == "" {
		return ""
	}
	name, _, _ := strings.Cut(tag, " ")
	return "<" + tag + ">" + htmlpkg.EscapeString(text) + "</" + name + ">"
}

// polledFeed is a feed in a store.
type polledFeed struct {
	db     *store.DB
	feed   news.Feed
	format func([]feedItem) string
}

func newPolledFeed(t *testing.T, db *store.DB, address, format string) *polledFeed {
	t.Helper()
	added, err := db.AddFeeds(t.Context(), []news.Feed{{URL: address}})
	must(t, err)
	return &polledFeed{db: db, feed: added[0], format: formats[format]}
}

func openStore(t *testing.T) *store.DB {
	t.Helper()
	db := storetest.Open(t, t.TempDir())
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// poll sets the feed's items and polls it.
func (f *polledFeed) poll(t *testing.T, items []feedItem) store.Tally {
	t.Helper()
	return f.read(t, []byte(f.format(items)), items)
}

func (f *polledFeed) read(t *testing.T, document []byte, items []feedItem) store.Tally {
	t.Helper()
	doc, err := parse.Parse(t.Context(), document, parse.Options{URL: f.feed.URL})
	must(t, err)
	if len(doc.Entries) != len(items) {
		t.Fatalf("%d items read of %d", len(doc.Entries), len(items))
	}
	f.feed.Checked = time.Date(2026, time.May, 8, 0, 0, 0, 0, time.UTC)
	articles := clean.New(clean.Options{}).Articles(doc, f.feed, f.feed.Checked)
	tallies, err := f.db.Collect(t.Context(), []store.Poll{{Feed: f.feed, Articles: articles}})
	must(t, err)
	return tallies[0]
}

// TestWhatAnItemIs polls the feeds of testdata/identity.txt in every format.
func TestWhatAnItemIs(t *testing.T) {
	db := openStore(t)
	for i, c := range readIdentityCases(t) {
		for format := range formats {
			if format == "rdf" && (strings.Contains(c.name, "without addresses") || c.name == "all mended but the title") {
				continue // the id of an item in RDF is its address
			}
			t.Run(c.name+"/"+format, func(t *testing.T) {
				f := newPolledFeed(t, db, fmt.Sprintf("https://town.example/%d.%s", i, format), format)
				for i, items := range c.polls {
					if got := f.poll(t, items); got.New != c.fresh[i] {
						t.Errorf("poll %d brought %d new articles (%d revised, %d the same), want %d", i+1, got.New, got.Revised, got.Same, c.fresh[i])
					}
					if again := f.poll(t, items); again.New+again.Revised > 0 {
						t.Errorf("poll %d again brought %d new and %d revised articles", i+1, again.New, again.Revised)
					}
				}
			})
		}
	}
}

// published is a list of items that a publisher changes from poll to poll. An item's text contains its number.
type published struct {
	items []feedItem
	of    []int // their numbers
	next  int
}

func (p *published) add() {
	n := fmt.Sprint(p.next)
	p.items = append(p.items, feedItem{
		id: "https://town.example/Item-" + n, url: "https://www.town.example/Item-" + n, title: strings.Join(strings.Fields(madeUpText("9" + n))[:6], " "),
		text: madeUpText("1"+n) + " number" + n + "x.", date: time.Date(2026, time.May, 1, p.next, 0, 0, 0, time.UTC).Format(time.RFC3339),
	})
	p.of = append(p.of, p.next)
	p.next++
}

// each changes every item.
func (p *published) each(change func(i int, it *feedItem)) {
	for i := range p.items {
		change(i, &p.items[i])
	}
}

// renamings change all ids or addresses at once, as publishers do.
var renamings = map[string]func(*published){
	"nothing": func(*published) {},
	"http":    func(p *published) { p.replace("https://", "http://") },
	"https":   func(p *published) { p.replace("http://", "https://") },
	"no www":  func(p *published) { p.replace("//www.", "//") },
	"slash": func(p *published) {
		p.each(func(_ int, it *feedItem) { it.url = strings.TrimSuffix(it.url, "/") + "/" })
	},
	"campaign": func(p *published) {
		p.each(func(_ int, it *feedItem) { it.url = before(it.url, "?") + "?utm_source=rss&utm_medium=feed" })
	},
	"session": func(p *published) {
		p.each(func(i int, it *feedItem) { it.url = before(it.url, "?") + fmt.Sprint("?PHPSESSID=", i*7919) })
	},
	"counter": func(p *published) { // after a unique part: alone it would be a position
		own := map[string]int{"": 2}
		p.each(func(_ int, it *feedItem) { own[before(it.id, "#")]++ })
		p.each(func(i int, it *feedItem) {
			if id := before(it.id, "#"); own[id] == 1 {
				it.id = id + fmt.Sprint("#", i)
			}
		})
	},
	"lower case":    func(p *published) { p.each(func(_ int, it *feedItem) { it.id = strings.ToLower(it.id) }) },
	"one id":        func(p *published) { p.each(func(_ int, it *feedItem) { it.id = "feed" }) },
	"positions":     func(p *published) { p.each(func(i int, it *feedItem) { it.id = fmt.Sprint(i + 1) }) },
	"ids are gone":  func(p *published) { p.each(func(_ int, it *feedItem) { it.id = "" }) },
	"ids are there": func(p *published) { p.each(func(i int, it *feedItem) { it.id = fmt.Sprint("town-", p.of[i]) }) },
	"one page":      func(p *published) { p.each(func(_ int, it *feedItem) { it.url = "https://town.example/news" }) },
	"pages": func(p *published) {
		p.each(func(i int, it *feedItem) { it.url = fmt.Sprint("https://town.example/p/", p.of[i]) })
	},
}

// outright are renamings that leave nothing of the ids, or of the addresses if there are no ids. An item that is edited
// in the same poll may count as another article.
var outright = map[string]bool{"one id": true, "positions": true, "ids are there": true, "pages": true}

func (p *published) replace(old, with string) {
	p.each(func(_ int, it *feedItem) {
		it.id, it.url = strings.Replace(it.id, old, with, 1), strings.Replace(it.url, old, with, 1)
	})
}

func before(s, sep string) string {
	s, _, _ = strings.Cut(s, sep)
	return s
}

// edits change one part of an item, as editors do; the other parts stay.
var edits = map[string]func(*feedItem){
	"title": func(it *feedItem) { it.title += " - corrected" },
	"text":  func(it *feedItem) { it.text += " This sentence was added." },
	"date": func(it *feedItem) {
		it.date = time.Date(2026, time.May, 3, len(it.text)%24, 1, 2, 0, time.UTC).Format(time.RFC3339)
	},
	"no date": func(it *feedItem) { it.date = "" },
}

// TestShuffledFeedsLoseNothing lists items, and then the same items with ids, addresses, order, dates and encoding
// changed as publishers do. Each item stays the same article, none is lost, and none is doubled.
func TestShuffledFeedsLoseNothing(t *testing.T) {
	db, run := openStore(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		format := rapid.SampledFrom([]string{"rss", "atom", "json"}).Draw(rt, "format")
		f := newPolledFeed(t, db, fmt.Sprint("https://town.example/", run), format)
		var p published
		articles := map[int]int64{}
		for range rapid.IntRange(2, 6).Draw(rt, "polls") {
			for range rapid.IntRange(0, 3).Draw(rt, "new items") {
				p.add()
			}
			if len(p.items) > 8 {
				p.items, p.of = p.items[2:], p.of[2:]
			}
			for i, at := range rapid.Permutation(indices(len(p.items))).Draw(rt, "order") {
				p.items[i], p.items[at], p.of[i], p.of[at] = p.items[at], p.items[i], p.of[at], p.of[i]
			}
			renaming := rapid.SampledFrom(slices.Sorted(maps.Keys(renamings))).Draw(rt, "renaming")
			renamings[renaming](&p)
			if len(p.items) > 0 && !outright[renaming] && rapid.Bool().Draw(rt, "edited") {
				edits[rapid.SampledFrom(slices.Sorted(maps.Keys(edits))).Draw(rt, "edit")](&p.items[0])
			}
			document := []byte(f.format(p.items))
			if format != "json" && rapid.Bool().Draw(rt, "UTF-16") {
				document = utf16Document(string(document))
			}
			f.read(t, document, p.items)
			if again := f.read(t, document, p.items); again.New+again.Revised > 0 {
				rt.Fatalf("the same document brought %+v", again)
			}
			checkShuffled(rt, t, f, p, articles)
		}
	})
}

// checkShuffled compares the stored articles with everything that was ever listed.
func checkShuffled(rt *rapid.T, t *testing.T, f *polledFeed, p published, articles map[int]int64) {
	stored, err := f.db.Articles(t.Context(), news.ArticleList{FeedID: f.feed.ID, Limit: 1000})
	must(t, err)
	if len(stored) != p.next {
		rt.Fatalf("%d articles stored of %d items", len(stored), p.next)
	}
	for _, a := range stored {
		var n int
		_, rest, _ := strings.Cut(a.Body(), "number")
		if _, err := fmt.Sscanf(rest, "%dx", &n); err != nil {
			rt.Fatalf("article %d has no item's text: %q", a.ID, a.Body())
		}
		if was, ok := articles[n]; ok && was != a.ID {
			rt.Fatalf("item %d was article %d and is article %d", n, was, a.ID)
		}
		articles[n] = a.ID
	}
}

func utf16Document(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestDoubtsAreSaid: a feed whose items can't be identified by their names reports it, for the feed and for each item.
// Items that are reported as kept are stored.
func TestDoubtsAreSaid(t *testing.T) {
	tests := []struct {
		name   string
		items  []feedItem
		state  string // what the feed's problem says
		doubts string // of the last item
		kept   int
	}{
		{"all is well", []feedItem{{id: "a", url: "https://town.example/a", title: "A", date: "2026-05-01T00:00:00Z"}}, "", "", 1},
		{
			"two of one id",
			[]feedItem{{id: "a", title: "One", date: "2026-05-01T00:00:00Z"}, {id: "a", title: "Two", date: "2026-05-02T00:00:00Z"}},
			"two items share an id; both are kept", `shares its id "a" with another item; both are kept, and it is known by title, text and date`, 2,
		},
		{
			"one listed twice",
			[]feedItem{{id: "a", url: "https://town.example/a", title: "One", text: "Tides.", date: "2026-05-01T00:00:00Z"}, {id: "a", url: "https://town.example/a", title: "One", text: "Tides.", date: "2026-05-02T00:00:00Z"}},
			"", "is an item before it, listed twice; one of them is kept", 1,
		},
		{
			"one listed twice, and another of its id",
			[]feedItem{{id: "a", title: "One", text: "Tides."}, {id: "a", title: "One", text: "Tides."}, {id: "a", title: "Two", date: "2026-05-01T00:00:00Z"}},
			"two items share an id; both are kept", `shares its id "a" with another item; both are kept, and it is known by title, text and date`, 2,
		},
		{
			"three of one id",
			[]feedItem{{id: "a", title: "One"}, {id: "a", title: "Two"}, {id: "a", url: "https://town.example/a", title: "Three"}},
			"3 items share an id; all are kept", `shares its id "a" with 2 other items; all are kept, and it is known by its address; has no date`, 3,
		},
		{"no names", []feedItem{{title: "One"}}, "", "has no id; it is known by title, text and date; has no date", 1},
		{
			"one page",
			[]feedItem{{id: "a", url: "https://town.example/p", title: "One"}, {id: "b", url: "https://town.example/p", title: "Two"}},
			"", "links to the same page as another item, which does not make them one story; has no date", 2,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, formats["rss"](tt.items)) // a client that is gone reads nothing
			}))
			defer srv.Close()
			room := open(t, t.TempDir(), settings{allow: loopback})
			report, err := room.Pipeline.Check(t.Context(), srv.URL)
			must(t, err)
			if report.Problem != tt.state {
				t.Errorf("the feed says %q, want %q", report.Problem, tt.state)
			}
			if got := strings.Join(report.Items[len(report.Items)-1].Doubts, "; "); got != tt.doubts {
				t.Errorf("the last item says %q, want %q", got, tt.doubts)
			}
			add(t, room, srv.URL, "")
			if sum := pass(t, room); sum.New != tt.kept {
				t.Errorf("%d items are kept, want %d", sum.New, tt.kept)
			}
			kept, err := room.Store.Feeds(t.Context())
			must(t, err)
			if kept[0].Problem != tt.state {
				t.Errorf("polled, the feed says %q, want %q", kept[0].Problem, tt.state)
			}
		})
	}
}
