package parse

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
)

// FuzzParse feeds anything to Parse. Whatever the guard lets through to gofeed must be well-formed and shallow.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.[xj][ms]*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "")
	}
	f.Add(newsFeed(2), "text/xml; charset=iso-8859-1")
	f.Add([]byte("\xfe\xff\x00<\x00r\x00s\x00s\x00>"), "application/xml")
	f.Fuzz(func(t *testing.T, data []byte, contentType string) {
		o := testOptions()
		o.ContentType, o.MaxItems = contentType, 50
		doc, err := Parse(context.Background(), data, o)
		if err != nil {
			e := &Error{}
			if !errors.As(err, &e) || e.State == news.FeedBroken {
				t.Fatalf("%v: the guard let something through that gofeed cannot read", err)
			}
			return
		}
		if len(doc.Entries) > o.MaxItems {
			t.Fatalf("%d entries", len(doc.Entries))
		}
		for _, e := range doc.Entries {
			checkEntry(t, e)
		}
		checkGuarded(t, data, o)
	})
}

func checkEntry(t *testing.T, e news.Entry) {
	t.Helper()
	for _, s := range []string{e.GUID, e.Title, e.URL, e.Summary, e.Content, e.Rights} {
		if !utf8.ValidString(s) {
			t.Fatalf("not UTF-8: %q", s)
		}
	}
	if bytes.ContainsAny([]byte(e.Title), "\n\r\t") || safeAddress(e.URL) != e.URL {
		t.Fatalf("title %q, url %q", e.Title, e.URL)
	}
	if !e.Published.IsZero() && e.Published.After(testNow().AddDate(0, 0, 1)) {
		t.Fatalf("published in the future: %s", e.Published)
	}
}

// checkGuarded reads what the guard wrote with the strictest reader there is.
func checkGuarded(t *testing.T, data []byte, o Options) {
	t.Helper()
	o = o.withDefaults()
	utf, _ := transcode(data, o.ContentType)
	start, isJSON, _, err := sniff(utf)
	if err != nil || isJSON {
		return
	}
	g := newGuard(utf[start:], o, &itemSelection{max: o.MaxItems})
	if err := g.run(context.Background()); err != nil {
		return
	}
	dec := xml.NewDecoder(bytes.NewReader(g.out))
	for depth := 0; ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in what the guard wrote:\n%s", err, g.out)
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Fatalf("a %T passed the guard:\n%s", token, g.out)
		}
		if depth > o.MaxDepth+2 {
			t.Fatalf("depth %d", depth)
		}
	}
}

// FuzzAddress makes addresses absolute and safe. What comes out names a scheme that is allowed or none, and is left as
// it is when it is read again.
func FuzzAddress(f *testing.F) {
	for _, address := range []string{
		"https://a.example/1?a=1&b=2", "/path", "../x y", "//host/p", "?q", "#f", "javascript:alert(1)", "\x01java\nscript:x", "feed:javascript:x",
		"mailto:a@b.example", "HTTP://A.example", "a:b", "1:2", "x/y:z", "https:x", "%zz", "http://[::1", " \" onclick=x", "é/ü", "data:text/html,x",
	} {
		f.Add("https://harbour.example/feeds/news", address)
		f.Add(address, address)
	}
	f.Fuzz(func(t *testing.T, base, address string) {
		if !utf8.ValidString(address) || !utf8.ValidString(base) {
			return // transcode lets nothing else through
		}
		got := safeAddress(join(parseBase(base), address))
		if again := safeAddress(got); again != got {
			t.Fatalf("%q on %q gave %q, and that %q", address, base, got, again)
		}
		if strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsAny(got, "<>\"`") || len(got) > 3*maxField {
			t.Fatalf("%q on %q gave %q", address, base, got)
		}
		scheme, _, found := strings.Cut(got, ":")
		if found && !strings.ContainsAny(scheme, "/?#") && !allowed[strings.ToLower(scheme)] {
			t.Fatalf("%q on %q gave %q", address, base, got)
		}
	})
}

var allowed = map[string]bool{
	"http": true, "https": true, "ftp": true, "feed": true, "mailto": true, "magnet": true, "gemini": true, "gopher": true, "news": true,
	"irc": true, "ircs": true, "xmpp": true, "tel": true, "rtsp": true, "ipfs": true, "at": true,
}
