package parse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestHostile has the documents that broke or slowed gofeed. Each must be read, or end with an error of its own, in
// time that grows with its size; the deadline is only there for what grows faster.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, minutes under the race detector")
	}
	repeat := strings.Repeat
	item := func(inside string) string { return "<rss><channel><item>" + inside + "</item></channel></rss>" }
	atom := func(inside string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry>` + inside + "</entry></feed>"
	}
	for _, tc := range []struct {
		name    string
		doc     string
		state   news.FeedState // of the error; "" where it is read
		entries int
	}{
		{name: "2,000,000 nested elements", doc: item(`<q xmlns="u:x">` + repeat("<b>", 2_000_000)), state: news.FeedTooDeep},
		{name: "nested in a description", doc: item("<description>" + repeat("<b>", 1_000_000)), state: news.FeedTooDeep},
		{name: "nested in an extension", doc: item(repeat(`<media:group xmlns:media="http://search.yahoo.com/mrss/">`, 10_000)), state: news.FeedTooDeep},
		{name: "nested in Atom's content", doc: atom(`<content type="xhtml">` + repeat("<div>", 1_000_000)), state: news.FeedTooDeep},
		{name: "nested roots", doc: repeat("<rss>", 1_000_000), state: news.FeedTooDeep},
		{name: "nested JSON", doc: `{"items":` + repeat("[", 1_000_000), state: news.FeedTooDeep},
		{name: "5,000 namespaces", doc: "<rss><channel " + namespaces(5000) + ">" + repeat("<item><guid>1</guid></item>", 4000) + "</channel></rss>", entries: 4000},
		{name: "a namespace on each element", doc: "<rss><channel>" + repeat(`<item xmlns:a="u:a"><guid xmlns:b="u:b">1</guid></item>`, 4000) + "</channel></rss>", entries: 4000},
		{name: "100,000 attributes", doc: item("<guid " + repeat(`a="b" `, 100_000) + ">1</guid>"), entries: 1},
		{name: "mixed text in an unknown extension", doc: item("<guid>1</guid><x:y xmlns:x='u:x'>" + repeat("t<z/>", 200_000) + "</x:y>"), entries: 1},
		{name: "mixed text in a known extension", doc: item("<dc:creator>" + repeat("t<z/>", 200_000) + "</dc:creator>"), entries: 1},
		{name: "CDATA in a known extension", doc: item("<dc:creator>" + repeat("<![CDATA[t]]>", 80_000) + "</dc:creator>"), entries: 1},
		{name: "mixed media", doc: item("<media:group>" + repeat("t<media:content/>", 60_000) + "</media:group>"), entries: 1},
		{name: "an atom namespace nobody knows", doc: `<feed xmlns="u:atom"><entry><id>1</id></entry></feed>`, entries: 1},
		{name: "1,000,000 items", doc: "<rss><channel>" + repeat("<item><guid>1</guid></item>", 1_000_000), entries: 5000},
		{name: "1,000,000 JSON items", doc: `{"version":"https://jsonfeed.org/version/1","items":[` + repeat(`{"id":"1"},`, 1_000_000), entries: 5000},
		{name: "a mismatched tag", doc: "<rss><channel><item><title>1</titel></item><item><title>2</title></item></channel></rss>", entries: 2},
		{name: "a byte that is not UTF-8", doc: "<rss><channel><item><title>caf\xe9 ü</title></item><item><guid>2</guid></item></channel></rss>", entries: 2},
		{name: "a missing end tag", doc: "<rss><channel><item><title>1</title></item><item><title>2</title>", entries: 2},
		{name: "entities that would unfold", doc: "<!DOCTYPE rss [" + bomb() + "]>" + item("<title>&z;</title><guid>1</guid>"), entries: 1},
		{name: "a million comments without end", doc: item("<guid>1</guid>" + repeat("<!--", 500_000)), entries: 1},
		{name: "a million declarations without end", doc: item("<guid>1</guid>" + repeat("<![", 500_000)), entries: 1},
		{name: "a million instructions without end", doc: item("<guid>1</guid>" + repeat("<?", 500_000)), entries: 1},
		{name: "CDATA without end", doc: item("<guid>1</guid><description>" + repeat("<![CDATA[", 200_000)), entries: 1},
		{name: "quotes without end", doc: item("<guid>1</guid><description>" + repeat(`<br b="<br b='`, 100_000)), entries: 1},
		{name: "end tags that end nothing", doc: item("<guid>1</guid>" + repeat("</x>", 500_000)), entries: 1},
		{name: "ampersands", doc: item("<guid>1</guid><description>" + repeat("&", 1_000_000) + "</description>"), entries: 1},
		{name: "brackets in a title", doc: item("<title>" + repeat("&lt;a ", 200_000) + "</title>"), entries: 1},
		{name: "a name of a million letters", doc: "<rss><channel><item><" + repeat("a", 1_000_000) + "/><guid>1</guid></item></channel></rss>", entries: 1},
		{name: "a megabyte of text before the root", doc: repeat("junk ", 200_000) + item("<guid>1</guid>"), state: news.FeedNotAFeed},
		{name: "only less-than signs", doc: repeat("<", 1_000_000), state: news.FeedNotAFeed},
		{name: "NUL bytes", doc: repeat("\x00", 1_000_000), state: news.FeedEmpty},
		{name: "dates", doc: "<rss><channel>" + repeat("<item><guid>1</guid><pubDate>"+repeat("1 ", 40)+"</pubDate></item>", 4000) + "</channel></rss>", entries: 4000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := testOptions()
			o.Timeout = 10 * time.Second // far above what any of them takes, far below what gofeed alone takes
			doc, err := Parse(context.Background(), []byte(tc.doc), o)
			if tc.state != "" {
				e := &Error{}
				if !errors.As(err, &e) || e.State != tc.state {
					t.Fatalf("got %v with %d entries, want state %q", err, len(doc.Entries), tc.state)
				}
				return
			}
			if err != nil || len(doc.Entries) != tc.entries {
				t.Fatalf("got %d entries, %v; want %d", len(doc.Entries), err, tc.entries)
			}
		})
	}
}

func namespaces(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` xmlns:n%d="u:%d"`, i, i)
	}
	return b.String()
}

func bomb() string {
	var b strings.Builder
	b.WriteString(`<!ENTITY a "ha">`)
	for c := 'b'; c <= 'z'; c++ {
		fmt.Fprintf(&b, `<!ENTITY %c "%s">`, c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
	}
	return b.String()
}

// TestDeadline returns gofeed and JSON no time at all: both must notice.
func TestDeadline(t *testing.T) {
	for name, doc := range map[string]string{
		"rss":  string(newsFeed(100)),
		"atom": `<feed xmlns="http://www.w3.org/2005/Atom"><entry/></feed>`,
		"json": `{"version":"https://jsonfeed.org/version/1","items":[]}`,
	} {
		o := testOptions()
		o.Timeout = time.Nanosecond
		_, err := Parse(context.Background(), []byte(doc), o)
		e := &Error{}
		if !errors.As(err, &e) || e.State != news.FeedTimeout || !strings.Contains(err.Error(), "parse.timeout") {
			t.Errorf("%s: got %v, want state %q", name, err, news.FeedTimeout)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g := newGuard(newsFeed(1), testOptions().withDefaults(), &itemSelection{max: 1})
	if err := g.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := readRSS(ctx, g); !errors.Is(err, context.Canceled) {
		t.Errorf("gofeed read on after the end of its time: %v", err)
	}
}

// sharedDir finds a folder that stands beside the repository, or skips the test.
func sharedDir(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above this package")
		}
		dir = filepath.Dir(dir)
	}
	shared := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(shared); err != nil {
		t.Skipf("../shared is not here: %v", err)
	}
	return shared
}

// TestSharedRecorded reads recorded feeds of real sites: every one has items, with title, address and date.
func TestSharedRecorded(t *testing.T) {
	dir := sharedDir(t, "recorded/raw")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		t.Run(f.Name(), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			o := testOptions()
			o.URL = "https://recorded.example/" + f.Name()
			doc, err := Parse(context.Background(), data, o)
			if err != nil || doc.Title == "" || doc.Link == "" || len(doc.Entries) < 10 || doc.Incomplete {
				t.Fatalf("title %q, link %q, %d entries, %v", doc.Title, doc.Link, len(doc.Entries), err)
			}
			dated := 0
			for i, e := range doc.Entries {
				if e.Title == "" || !isWebAddress(e.URL) || strings.ContainsAny(e.Title, "\n\t") {
					t.Errorf("entry %d: title %q, url %q", i, e.Title, e.URL)
				}
				if !e.Published.IsZero() || !e.Updated.IsZero() {
					dated++
				}
			}
			if strings.Contains(string(data), "<pubDate>") && dated == 0 {
				t.Errorf("none of %d entries has a date", len(doc.Entries))
			}
		})
	}
}
