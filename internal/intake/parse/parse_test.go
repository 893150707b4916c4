package parse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

var update = flag.Bool("update", false, "write the .want files anew; read them before you commit")

func testNow() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func testOptions() Options {
	return Options{URL: "https://harbour.example/feeds/news", Now: testNow(), Timeout: time.Minute}
}

// TestParse reads every document in testdata. A new case is a new file, and its .want file made with -update.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/*.[xj][ms]*")
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := show(t, data)
			wantFile := strings.TrimSuffix(file, filepath.Ext(file)) + ".want"
			if *update {
				if err := os.WriteFile(wantFile, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// show is what a document was read as, in the form of the .want files: JSON without what is empty.
func show(t *testing.T, data []byte) []byte {
	t.Helper()
	doc, err := Parse(context.Background(), data, testOptions())
	var out any = doc
	if err != nil {
		e := &Error{}
		if !errors.As(err, &e) {
			t.Fatalf("error %v is a %T, want *Error", err, err)
		}
		out = map[string]string{"error": err.Error(), "state": string(e.State)}
	}
	flat, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(flat, &v); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(withoutEmpty(v)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			inner = withoutEmpty(inner)
			if inner == nil || inner == "" || inner == false || inner == 0.0 || inner == "0001-01-01T00:00:00Z" {
				delete(v, k)
			} else {
				v[k] = inner
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
	}
	return v
}

func TestMaxItems(t *testing.T) {
	o := testOptions()
	o.MaxItems = 3
	for name, data := range map[string]string{
		"rss":  string(newsFeed(10)),
		"atom": "<feed xmlns='http://www.w3.org/2005/Atom'>" + strings.Repeat("<entry><id>1</id></entry>", 10) + "</feed>",
		"json": `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat(`{"id":"1"},`, 9) + `{"id":"1"}]}`,
	} {
		doc, err := Parse(context.Background(), []byte(data), o)
		if err != nil || len(doc.Entries) != 3 || !doc.Incomplete || len(doc.Repaired) != 0 {
			t.Errorf("%s: %d entries, incomplete %v, repaired %v, %v; want 3, true, none, nil", name, len(doc.Entries), doc.Incomplete, doc.Repaired, err)
		}
	}
	doc, err := Parse(context.Background(), newsFeed(3), o)
	if err != nil || len(doc.Entries) != 3 || doc.Incomplete {
		t.Errorf("a feed of just the limit: %d entries, incomplete %v, %v", len(doc.Entries), doc.Incomplete, err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, data := range []string{string(newsFeed(10)), `{"version":"https://jsonfeed.org/version/1","items":[]}`} {
		_, err := Parse(ctx, []byte(data), testOptions())
		e := &Error{}
		if !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.State != news.FeedTimeout {
			t.Errorf("got %v", err)
		}
	}
}

// TestLinksWithoutBase keeps addresses as they are where nothing says what they are relative to.
func TestLinksWithoutBase(t *testing.T) {
	doc, err := Parse(context.Background(), []byte(`<rss><channel><item><link>/x</link><description>&lt;a href="y"&gt;</description></item></channel></rss>`), Options{})
	if err != nil || doc.Entries[0].URL != "/x" || doc.Entries[0].Summary != `<a href="y">` {
		t.Errorf("got %+v, %v", doc.Entries, err)
	}
}

// TestLongFields: what is over a limit is cut at a whole character, and the document says so.
func TestLongFields(t *testing.T) {
	long := strings.Repeat("é", maxItemText)
	for name, inside := range map[string]string{
		"description": "<guid>1</guid><description>" + long + "</description>",
		"title":       "<guid>1</guid><title>" + long + "</title>",
	} {
		doc, err := Parse(context.Background(), []byte("<rss><channel><item>"+inside+"</item></channel></rss>"), testOptions())
		if err != nil || len(doc.Entries) != 1 || len(doc.Repaired) != 1 || !strings.Contains(doc.Repaired[0], "1 MB") {
			t.Fatalf("%s: %d entries, repaired %v, %v", name, len(doc.Entries), doc.Repaired, err)
		}
		e := doc.Entries[0]
		if len(e.Summary) > maxItemText || len(e.Title) > maxField || !utf8.ValidString(e.Summary+e.Title) || len(e.Summary)+len(e.Title) < maxField-2 {
			t.Errorf("%s: a summary of %d bytes, a title of %d", name, len(e.Summary), len(e.Title))
		}
	}
	crowded := "<guid>1</guid>" + strings.Repeat("<enclosure url='https://a.example/1'/>", 3) + categories(2*maxList) + "<link>https://a.example/" + strings.Repeat("x", maxField) + "</link>"
	doc, err := Parse(context.Background(), []byte("<rss><channel><item>"+crowded+"</item></channel></rss>"), testOptions())
	if err != nil || len(doc.Entries) != 1 {
		t.Fatal(len(doc.Entries), err)
	}
	if e := doc.Entries[0]; len(e.Categories) != maxList || len(e.Enclosures) != 1 || e.URL != "" {
		t.Errorf("%d categories, %d enclosures, an address of %d bytes", len(e.Categories), len(e.Enclosures), len(e.URL))
	}
}

func categories(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<category>c" + strings.Repeat("x", i) + "</category>")
	}
	return b.String()
}
