package feeds

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"testing"
)

type outline struct {
	Text     string    `xml:"text,attr"`
	Type     string    `xml:"type,attr"`
	XMLURL   string    `xml:"xmlUrl,attr"`
	HTMLURL  string    `xml:"htmlUrl,attr"`
	Outlines []outline `xml:"outline"`
}

type document struct {
	Title    string    `xml:"head>title"`
	Outlines []outline `xml:"body>outline"`
}

// read parses a list and returns its feeds, whatever folders they are in.
func read(t *testing.T, name string) []outline {
	t.Helper()
	data, err := List(name)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := xml.Unmarshal(data, &d); err != nil {
		t.Fatalf("%s.opml: %v", name, err)
	}
	if d.Title == "" {
		t.Errorf("%s.opml has no title", name)
	}
	return flat(d.Outlines)
}

func flat(in []outline) (out []outline) {
	for _, o := range in {
		if o.XMLURL != "" {
			out = append(out, o)
		}
		out = append(out, flat(o.Outlines)...)
	}
	return out
}

func TestListNames(t *testing.T) {
	for _, want := range []string{"world", "wires", "business", "technology", "science", "sport", "es", "ja"} {
		if !slices.Contains(Lists(), want) {
			t.Errorf("there is no list %q in %v", want, Lists())
		}
	}
}

func TestUnknownListSaysWhichThereAre(t *testing.T) {
	_, err := List("weather")
	if err == nil || !strings.Contains(err.Error(), `"weather"`) || !strings.Contains(err.Error(), "world") {
		t.Errorf("got %v", err)
	}
}

func TestFeedsAreComplete(t *testing.T) {
	for _, name := range Lists() {
		for _, o := range read(t, name) {
			if o.Text == "" || o.Type != "rss" {
				t.Errorf("%s.opml: %s: text %q, type %q", name, o.XMLURL, o.Text, o.Type)
			}
			checkAddress(t, name, o.XMLURL)
			checkAddress(t, name, o.HTMLURL)
		}
	}
}

func checkAddress(t *testing.T, list, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		t.Errorf("%s.opml: %q is no https address", list, address)
		return
	}
	if strings.Contains(u.Host, "feedburner") {
		t.Errorf("%s.opml: %s: not the publisher's own address", list, address)
	}
}

func TestNoFeedTwiceAndEnoughOfThem(t *testing.T) {
	seen := map[string]string{}
	for _, name := range Lists() {
		feeds := read(t, name)
		if len(feeds) < 15 {
			t.Errorf("%s.opml has only %d feeds", name, len(feeds))
		}
		for _, o := range feeds {
			if other, twice := seen[o.XMLURL]; twice {
				t.Errorf("%s is in %s.opml and in %s.opml", o.XMLURL, other, name)
			}
			seen[o.XMLURL] = name
		}
	}
	if len(seen) < 150 || len(seen) > 300 {
		t.Errorf("%d feeds in all lists; want 150 to 300", len(seen))
	}
}
