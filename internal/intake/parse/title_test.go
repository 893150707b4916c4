package parse

import (
	"bufio"
	"context"
	"encoding/json"
	"html"
	"os"
	"strings"
	"testing"
	"time"
)

// ways are the ways to write a title that is HTML, and below them one that is text.
var htmlTitles = map[string]func(title string) string{
	"RSS": func(t string) string {
		return "<rss><channel><item><title>" + html.EscapeString(t) + "</title></item></channel></rss>"
	},
	"RSS, CDATA": func(t string) string {
		return "<rss><channel><item><title><![CDATA[" + t + "]]></title></item></channel></rss>"
	},
	"RDF": func(t string) string {
		return `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><item><title>` + html.EscapeString(t) + "</title></item></rdf:RDF>"
	},
	"Atom, html": func(t string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">` + html.EscapeString(t) + "</title></entry></feed>"
	},
	"Atom, html in CDATA": func(t string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html"><![CDATA[` + t + "]]></title></entry></feed>"
	},
}

var textTitles = map[string]func(title string) string{
	"Atom": func(t string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>` + html.EscapeString(t) + "</title></entry></feed>"
	},
	"Atom, text": func(t string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="text">` + html.EscapeString(t) + "</title></entry></feed>"
	},
	"Atom, text in CDATA": func(t string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="text"><![CDATA[` + t + "]]></title></entry></feed>"
	},
	"Atom, xhtml": func(t string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">` + html.EscapeString(t) + "</div></title></entry></feed>"
	},
	"JSON Feed": func(t string) string {
		written, _ := json.Marshal(t) // a string can be written
		return `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":` + string(written) + `}]}`
	},
}

func titleOf(t *testing.T, doc string) string {
	t.Helper()
	d, err := Parse(context.Background(), []byte(doc), testOptions())
	if err != nil || len(d.Entries) != 1 {
		t.Fatalf("%s: %d entries, %v", doc, len(d.Entries), err)
	}
	return d.Entries[0].Title
}

// TestTitles reads testdata/titles.txt: what stands before the arrow is a title as HTML, and as text where it is marked
// so; what stands behind it is what people should see. A new case is a new line.
func TestTitles(t *testing.T) {
	f, err := os.Open("testdata/titles.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		in, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("%q has no arrow", line)
		}
		ways := htmlTitles
		if rest, isText := strings.CutPrefix(in, "text: "); isText {
			in, ways = rest, textTitles
		}
		if want == "=" {
			want = in
		}
		if want == "(none)" {
			want = ""
		}
		cases++
		for name, write := range ways {
			if got := titleOf(t, write(in)); got != want {
				t.Errorf("%s: %q is %q, want %q", name, in, got, want)
			}
		}
	}
	if cases < 50 {
		t.Errorf("%d cases", cases)
	}
}

// TestNakedTitles: tags in a title that nobody escaped.
func TestNakedTitles(t *testing.T) {
	for in, want := range map[string]string{
		"The <dialog> element":               "The <dialog> element",
		"<b>, <i> and <u>":                   "<b>, <i> and <u>",
		"Use <b>bold</b> sparingly":          "Use bold sparingly",
		"Harbour <b>reopens":                 "Harbour reopens",
		"one<br>two":                         "one two",
		"<i>Nature</i> on <video>":           "Nature on <video>",
		`<a href="/x">Harbour</a> <dl> news`: "Harbour <dl> news",
	} {
		for _, doc := range []string{
			"<rss><channel><item><title>" + in + "</title><guid>1</guid></item></channel></rss>",
			`<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>` + in + "</title><id>1</id></entry></feed>",
		} {
			if got := titleOf(t, doc); got != want {
				t.Errorf("%s is %q, want %q", doc, got, want)
			}
		}
	}
}

// TestTitlesEndSoon: what is made to be searched again and again takes no more than its length.
func TestTitlesEndSoon(t *testing.T) {
	for _, part := range []string{"<a ", "<b>", "<b> ", "</b>", "<?", "<?x ", "<script></script>", "<script>", "<style>x", "<!--", "<b", "&amp;", "<<b>b>", "<x>", "<x,<y>", `<a href="`, "<![CDATA["} {
		long, began := strings.Repeat(part, maxPlain/len(part)), time.Now()
		plain(long)
		plainText(long)
		plainXHTML(long)
		if took := time.Since(began); took > 10*time.Second { // some hundredths of a second on an idle machine
			t.Errorf("%d of %q: %s", maxPlain/len(part), part, took)
		}
	}
}

// FuzzTitle holds titles to what is harmless even where somebody shows them as HTML: no attributes, nothing hidden.
func FuzzTitle(f *testing.F) {
	for _, s := range []string{"<b>x</b>", "a <video> b", "x<script>alert(1)</script>", "<<b>script>", "&lt;img src=x onerror=y&gt;", "List<String>", "<?php", "<a href='", "<!--", "\x00<b\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, read := range map[string]func(string) string{"plain": plain, "text": plainText, "XHTML": plainXHTML} {
			title := read(s)
			for _, p := range cutTags(title) {
				if p.hasValue || p.hidesText {
					t.Errorf("%s: %q of %q has %q", name, title, s, p.raw)
				}
			}
			if strings.ContainsAny(title, "\n\t") {
				t.Errorf("%s: %q has lines", name, title)
			}
		}
		if once := plain(s); plainText(once) != once {
			t.Errorf("%q of %q is not plain: %q", once, s, plainText(once))
		}
	})
}
