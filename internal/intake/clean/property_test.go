package clean

import (
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

// pieces are what generated documents are put together from.
var pieces = []string{
	"<p>", "</p>", "<br>", "<br/>", "<div class='share'>", "<div>", "</div>", "<b>", "</b>", "<a href='https://a.example/x'>",
	"</a>", "<blockquote>", "</blockquote>", "<figure>", "</figure>", "<ul><li>", "</li></ul>", "<h2>", "</h2>", "<table><tr><td>",
	"</td></tr></table>", "<pre>", "</pre>", "\n", "\n\n", " ", "&nbsp;", "&quot;", "&#8220;", "”", "'", "«", "»", "「", "」", "e\u0301", "\u0301",
	"The council voted on Tuesday.", "it will close", "Share", "Read more", "By Jane Doe", "(AP Photo/Jane Doe)", "Source: Wire",
	"REUTERS", "© 2026 Wire", "May 5", "12 comments", "[…]", "(Reporting by Jane Doe)", "A headline without an end to it", "Iran",
	"５６", "日本の市長は述べた。", "Leave a reply", "Photo: Jane", "\xff", "\x00", "\u200b", "🙂", "<script>x</script>", "&lt;b&gt;", "via Wire",
	"[USN:A TEXT:\"words\"]", "1 / 2", ":", ".", "--Field Level Media",
	"<img src='https://a.example/x.jpg'>", "<img data-src='https://a.example/x y.jpg' title='It is a view of it'>", "<noscript><img src='https://a.example/y.jpg'></noscript>",
	"<noscript>", "</noscript>", "<picture><source srcset='https://a.example/x.jpg 800w'>", "</picture>", "<iframe src='https://a.example/v'></iframe>", "<iframe src='https://a.example/w'>",
	"<video><source src='https://a.example/v.mp4'>", "</video>", "<object data='https://a.example/x.pdf'>", "</object>", "<x-player src='https://a.example/z'>", "</x-player>",
	"<div style='background-image:url(https://a.example/b.jpg)'>", "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "<math><mi>x</mi>", "https://a.example/lone",
}

func documents() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "sep"))
	})
}

func TestCleaningTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once, _ := Text(documents().Draw(t, "html"))
		twice, _ := Text(html.EscapeString(once))
		if once != twice {
			t.Fatalf("once  %q\ntwice %q", once, twice)
		}
	})
}

func TestMarksAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, marks := Text(documents().Draw(t, "html"))
		checkMarks(t, text, marks)
	})
}

func checkMarks(t interface{ Fatalf(string, ...any) }, text string, marks []news.Mark) {
	if !utf8.ValidString(text) || !norm.NFC.IsNormalString(text) || strings.TrimSpace(text) != text {
		t.Fatalf("text %q", text)
	}
	at, quoted := 0, 0
	for _, m := range marks {
		if m.End == 0 {
			if m.Start != 0 || m.Text == "" {
				t.Fatalf("mark outside the text %+v", m)
			}
			continue
		}
		if m.Start < at || m.End <= m.Start || m.End > len(text) {
			t.Fatalf("mark %+v after %d in %d bytes", m, at, len(text))
		}
		at = m.Start
		span := text[m.Start:m.End]
		if !utf8.ValidString(span) || strings.Contains(span, "\n\n") {
			t.Fatalf("span %q", span)
		}
		switch m.Kind {
		case news.MarkLink:
			if span != m.Text || m.URL == "" {
				t.Fatalf("link %+v is over %q", m, span)
			}
		case news.MarkQuote:
			if m.Start < quoted {
				t.Fatalf("quotation at %d within one that ends at %d", m.Start, quoted)
			}
			quoted = m.End
		default:
			t.Fatalf("%s within the text", m.Kind)
		}
	}
}

// Anchors with known words: the link's words are what stood between its tags, white space folded.
func TestLinkWords(t *testing.T) {
	word := rapid.StringMatching(`[a-zé日]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		before, inside, after := word.Draw(t, "before"), rapid.SliceOfN(word, 1, 4).Draw(t, "inside"), word.Draw(t, "after")
		src := "<p>" + before + " and <a href='https://a.example/1'> " + strings.Join(inside, " \n<b> ") + " </a>" + after + " then it ended there.</p>"
		text, marks := Text(src)
		want := norm.NFC.String(strings.Join(inside, " "))
		for _, m := range marks {
			if m.Kind == news.MarkLink && text[m.Start:m.End] == want {
				return
			}
		}
		t.Fatalf("no link %q in %q: %+v", want, text, marks)
	})
}

func TestSanitizeTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := Sanitize("<i></i>" + documents().Draw(t, "html"))
		if twice := Sanitize(once); once != twice {
			t.Fatalf("once  %q\ntwice %q", once, twice)
		}
	})
}

func TestCanonicalTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{
			"https://", "http://", "www.", "m.", "amp.", "a.example", ":80", ":8080", "/", "amp",
			"/x", "/é", "%20", "?", "&", "utm_a=1", "b=2", "ref=3", "#f", "#!/", "#xtor=1", ".amp", "harbour-fire-kills", ".html", "//", "=", "google.com/amp/s/",
		}), 1, 10).Draw(t, "parts")
		once := CanonicalURL("https://" + strings.Join(parts, ""))
		if twice := CanonicalURL(once); once != "" && once != twice {
			t.Fatalf("once %q twice %q", once, twice)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, p := range pieces {
		f.Add("<p>" + p + "</p>" + p)
	}
	f.Add("<figure><figcaption>x</figcaption><p>open")
	f.Add("<p class=\"sharedaddy\"><p>text<div id=comments>")
	f.Fuzz(func(t *testing.T, src string) {
		text, marks := Text(src)
		checkMarks(t, text, marks)
		checkSafe(t, src)
		if out := Sanitize(src); !balanced(out) || !utf8.ValidString(out) {
			t.Fatalf("%q becomes %q", src, out)
		}
	})
}

// balanced holds where every element that is open is closed, innermost first.
func balanced(src string) bool {
	var open []string
	z := xhtml.NewTokenizer(strings.NewReader(src))
	for {
		kind := z.Next()
		name, _ := z.TagName()
		switch {
		case kind == xhtml.ErrorToken:
			return len(open) == 0
		case (kind == xhtml.StartTagToken || kind == xhtml.SelfClosingTagToken) && string(name) != "br" && string(name) != "hr" && string(name) != "img":
			open = append(open, string(name))
		case kind == xhtml.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return false
			}
			open = open[:len(open)-1]
		}
	}
}

// FuzzCanonicalURL: a canonical address is a web address, and its own canonical one.
func FuzzCanonicalURL(f *testing.F) {
	for _, address := range []string{
		"https://www.a.example:443/x/?utm_source=b&b=2#f", "http://m.a.example/amp/x.html", "https://a.example/é?q=%C3%A9", "HTTPS://A.EXAMPLE/%7e",
		"https://google.com/amp/s/a.example/x", "https://a.example//x/../y", "https://user:pw@a.example/", "https://[::1]:80/x", "a.example/x", "?a", "https://a.example/?a=%zz", "https://a.example/#!/b?ref=c%zz", "https://a.example/big-fire-kills-two?ref=1#a?b=/",
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		once := CanonicalURL(address)
		if once == "" {
			return
		}
		if u, err := url.Parse(once); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			t.Fatalf("%q becomes %q (%v)", address, once, err)
		}
		if twice := CanonicalURL(once); once != twice {
			t.Fatalf("%q becomes %q, and that %q", address, once, twice)
		}
	})
}
