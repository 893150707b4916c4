package clean

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

// shared finds a file of ../shared beside the repository, or skips the test.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if f := filepath.Join(dir, "..", "shared", name); fileExists(f) {
			return f
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("../shared/%s is not there", name)
		}
		dir = up
	}
}

func fileExists(f string) bool {
	_, err := os.Stat(f)
	return err == nil
}

// Every input is about a megabyte, a quarter with -short. A quadratic step would take hours, not seconds.
func TestHostileInputIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, minutes under the race detector")
	}
	mb := 1 << 20
	repeat := func(s string) string { return strings.Repeat(s, mb/len(s)) }
	for name, src := range map[string]string{
		"nested b":         strings.Repeat("<b>", mb) + "text",
		"nested div":       strings.Repeat("<div>", mb) + "text",
		"nested quotes":    repeat("<blockquote>") + "text",
		"nested figures":   repeat("<figure>") + "text",
		"end tags":         repeat("</p></b>"),
		"open angles":      repeat("<"),
		"open comments":    repeat("<!--"),
		"open quotes":      repeat("\"a "),
		"single quotes":    repeat("'a b"),
		"curly quotes":     repeat("“a"),
		"corner quotes":    repeat("「"),
		"brackets":         repeat("(") + repeat(")"),
		"one word":         repeat("word "),
		"one long word":    repeat("word"),
		"emoji":            repeat("🙂"),
		"combining":        repeat("\u0301"),
		"combined":         "<p>" + repeat("e\u0301\u0323 ") + "</p>",
		"combined links":   "<p>" + repeat("<a href='https://a.example'>e\u0301</a> ") + "</p>",
		"links":            repeat("<a href='https://a.example/x'>a</a> b "),
		"breaks":           repeat("a<br>"),
		"cells":            repeat("<td>a"),
		"paragraphs":       repeat("<p>a</p>"),
		"same paragraphs":  repeat("<p>The council met on Monday.</p>"),
		"crew":             "<p>It is." + repeat(" (Reporting by A)") + "</p>",
		"signatures":       "<p>It is." + repeat(" REUTERS.") + " REUTERS</p>",
		"rights":           "<p>It is." + repeat(" ©") + "</p>",
		"attributes":       "<p " + repeat("a=b ") + ">text",
		"classes":          "<p class='" + repeat("x ") + "'>text",
		"entities":         repeat("&amp;"),
		"editing marks":    "<p>" + repeat("[A:B TEXT:\"c\"] ") + "</p>",
		"editing openings": "<p>" + repeat("[A:B TEXT:\"") + "</p>",
		"right to left":    repeat("\u202e שלום "),
		"newlines":         repeat("\n"),
		"iframes":          repeat("<iframe>"),
		"scripts":          repeat("<script>"),
		"colons":           repeat("a: "),
		"nested math":      repeat("<math><mrow>") + "text",
		"nested rows":      strings.Repeat("<math>"+strings.Repeat("<mrow>", 59)+"a"+strings.Repeat("</mrow><mi>b</mi>", 59)+"</math>", 200),
		"formulas":         repeat("<math><mn>1</mn></math>"),
		"open players":     repeat("<video><source src=https://a.example/v.mp4>"),
		"players":          repeat("<video src=https://a.example/v.mp4></video>"),
		"objects":          repeat("<object>") + "text",
		"custom elements":  repeat("<x-y data-src=https://a.example/v.mp4>"),
		"noscript":         repeat("<noscript><img src=https://a.example/x.jpg></noscript>"),
		"late pictures":    repeat("<img data-src=https://a.example/x.jpg><noscript><img src=https://a.example/y.jpg></noscript>"),
		"open noscript":    repeat("<noscript>"),
		"open pictures":    repeat("<picture><source srcset=https://a.example/x.jpg>"),
		"candidates":       "<img srcset='" + repeat("https://a.example/x.jpg 1w, ") + "'>",
		"titles":           repeat("<img src=https://a.example/x.jpg title='Some words to be seen'>"),
		"backgrounds":      repeat("<div style='background:url(https://a.example/x.jpg)'>"),
		"long background":  "<div style='background:" + repeat("url(x") + "'></div>",
		"long address":     "<a href='https://a.example/" + repeat("a b") + "'>text</a>",
		"bad addresses":    repeat("<a href='https://a.example/a b'>a</a>"),
		"custom names":     customNames(mb),
		"JSON":             "<img data-attrs='" + repeat("[") + "'>",
	} {
		t.Run(name, func(t *testing.T) {
			text, marks := textOf(src)
			checkMarks(t, text, marks)
			if len(text) > maxText {
				t.Errorf("%d bytes of text", len(text))
			}
			if out := Sanitize(src); !utf8.ValidString(out) || depth(out) > maxDepth+2 {
				t.Errorf("%d bytes of HTML, %d deep", len(out), depth(out))
			}
			if a := New(Options{}).Article(entry(src[:min(len(src), 5000)], src), paper, now); a.Hash == "" {
				t.Error("no hash")
			}
		})
	}
}

// customNames is a document of so many bytes in which each element has another name.
func customNames(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "<x-%d src=https://a.example/%d></b>", i, i)
	}
	return b.String()
}

func depth(src string) int {
	z := html.NewTokenizer(strings.NewReader(src))
	n, most := 0, 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return most
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) != "br" && string(name) != "hr" && string(name) != "img" {
				n++
			}
			most = max(most, n)
		case html.EndTagToken:
			n--
		}
	}
}

func TestTextIsCutAtARune(t *testing.T) {
	text, _ := textOf("<p>a" + strings.Repeat("é", 1<<20) + "</p>")
	if !utf8.ValidString(text) || len(text) > maxText || len(text) < maxText-4 {
		t.Errorf("%d bytes, valid %v", len(text), utf8.ValidString(text))
	}
}

func TestSanitize(t *testing.T) {
	for in, want := range map[string]string{
		`<p onclick="x()">a<script>b</script></p>`:             `<p>a</p>`,
		`<a href="javascript:x">a</a>`:                         `a`,
		`<a href="/relative">a</a>`:                            `a`,
		`<style>p{}</style><p style="color:red" class="x">a`:   `<p>a</p>`,
		`<a href="https://a.example/">a</a>`:                   `<a href="https://a.example/" rel="nofollow noreferrer noopener" target="_blank">a</a>`,
		`</div></td></table><p>a</p></p></blockquote>`:         `<p>a</p>`,
		`<table><tr><td>a`:                                     `<table><tr><td>a</td></tr></table>`,
		`<div>a</div><div>b</div>`:                             `<p>a</p><p>b</p>`,
		`<div><p>a</p><div>b</div></div>`:                      `<p>a</p><p>b</p>`,
		`<b><i>a</b>c</i>`:                                     `<b><i>a</i></b>c`,
		"One & two\n\nThree < four":                            "<p>One &amp; two</p>\n<p>Three &lt; four</p>",
		`<form action="x"><input name="a"><p>in</p></form>out`: `out`,
		`<p>a<p>b`:            `<p>a</p><p>b</p>`,
		`<ul><li>a<li>b</ul>`: `<ul><li>a</li><li>b</li></ul>`,
		`<svg><script>x</script></svg><math>1</math>ok`: `1ok`,
		`<!-- c --><p>a<!--[if IE]><b>--></p>`:          `<p>a</p>`,
		`<p dir="rtl">a</p>`:                            `<p dir="rtl">a</p>`,
		"":                                              "",
	} {
		if got := Sanitize(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

// Whatever the vectors try, what is left holds no element and no attribute that could run or load anything.
func TestSanitizeVectors(t *testing.T) {
	f, err := os.Open(shared(t, "hostile/xss.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var vector struct{ V string }
		if err := json.Unmarshal(lines.Bytes(), &vector); err != nil {
			t.Fatal(err)
		}
		checkSafe(t, vector.V)
		n++
	}
	if err := lines.Err(); err != nil || n < 1000 {
		t.Fatalf("%d vectors, %v", n, err)
	}
}

var safeLink = regexp.MustCompile(`(?i)^https?://[^/?#]`)

func checkSafe(t *testing.T, src string) {
	t.Helper()
	allowed := map[string]bool{"href": true, "rel": true, "target": true, "dir": true, "colspan": true, "rowspan": true}
	z := html.NewTokenizer(strings.NewReader(Sanitize(src)))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			return
		}
		tok := z.Token()
		if tt != html.StartTagToken && tt != html.SelfClosingTagToken {
			continue
		}
		if tok.DataAtom == atom.Img {
			checkPicture(t, src, tok)
			continue
		}
		if !isKeptTag(tok.DataAtom) && !isVoid(tok.DataAtom) {
			t.Errorf("%q leaves <%s>", src, tok.Data)
		}
		for _, a := range tok.Attr {
			if !allowed[a.Key] || a.Key == "href" && !safeLink.MatchString(a.Val) {
				t.Errorf("%q leaves %s=%q", src, a.Key, a.Val)
			}
		}
	}
}

// checkPicture lets a picture have a web address, a text and a size.
func checkPicture(t *testing.T, src string, tok html.Token) {
	t.Helper()
	for _, a := range tok.Attr {
		switch a.Key {
		case "src":
			if !webLink(a.Val) {
				t.Errorf("%q leaves a picture at %q", src, a.Val)
			}
		case "alt", "title", "width", "height":
		default:
			t.Errorf("%q leaves %s=%q on a picture", src, a.Key, a.Val)
		}
	}
}

func TestNaughtyStrings(t *testing.T) {
	raw, err := os.ReadFile(shared(t, "hostile/naughty_strings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		text, marks := textOf(s)
		checkMarks(t, text, marks)
		a := New(Options{}).Article(news.Entry{
			Title: s, URL: s, Summary: s, Content: s, Authors: []string{s}, GUID: s, Rights: s,
			Source: news.Reference{Title: s, URL: s},
		}, news.Feed{URL: s, Site: s, Title: s}, now)
		if !utf8.ValidString(a.Title) || !utf8.ValidString(a.Text) || !utf8.ValidString(a.HTML) {
			t.Errorf("%q is not UTF-8 any more", s)
		}
	}
}

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
		once, _ := textOf(documents().Draw(t, "html"))
		twice, _ := textOf(html.EscapeString(once))
		if once != twice {
			t.Fatalf("once  %q\ntwice %q", once, twice)
		}
	})
}

func TestMarksAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, marks := textOf(documents().Draw(t, "html"))
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
		text, marks := textOf(src)
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
		text, marks := textOf(src)
		checkMarks(t, text, marks)
		checkSafe(t, src)
		if out := Sanitize(src); !balanced(out) || !utf8.ValidString(out) {
			t.Fatalf("%q becomes %q", src, out)
		}
	})
}

// balanced is true if every element that is open is closed, innermost first.
func balanced(src string) bool {
	var open []string
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		kind := z.Next()
		name, _ := z.TagName()
		switch {
		case kind == html.ErrorToken:
			return len(open) == 0
		case (kind == html.StartTagToken || kind == html.SelfClosingTagToken) && string(name) != "br" && string(name) != "hr" && string(name) != "img":
			open = append(open, string(name))
		case kind == html.EndTagToken:
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

// The text and the HTML for display do not depend on whether they are read in one walk.
func TestOneWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := documents().Draw(t, "html")
		shown, text, marks := Read(src)
		onlyText, onlyMarks := textOf(src)
		if onlyShown := Sanitize(src); shown != onlyShown || text != onlyText || !slices.Equal(marks, onlyMarks) {
			t.Fatalf("one walk %q %q %v\ntwo walks %q %q %v", shown, text, marks, onlyShown, onlyText, onlyMarks)
		}
	})
}

// A noscript element without an end tag hides the rest from the text, and not from the HTML for display.
func TestUnclosedNoscript(t *testing.T) {
	for _, rest := range []string{"<p>A short rest.</p>", "<p>" + strings.Repeat("A long rest. ", 60) + "</p>"} {
		src := "<p>The council met on Tuesday.</p><noscript>" + rest
		shown, text, _ := Read(src)
		if onlyText, _ := textOf(src); text != onlyText || !strings.Contains(shown, "rest.") {
			t.Errorf("text %q, not %q; shown %q", text, onlyText, shown)
		}
	}
}

// HTML longer than is kept for display is cut there, and its text is read on.
func TestLongHTML(t *testing.T) {
	end := "<p>The last paragraph has an own word: heliograph.</p>"
	for size := maxHTML - 8; size < maxHTML+8; size++ {
		shown, text, _ := Read("<p>" + strings.Repeat(" ", size-12) + "ééé<img src='https://a.example/1.jpg'></p>" + end)
		if !utf8.ValidString(shown) || strings.Contains(shown, "heliograph") || !strings.Contains(text, "heliograph") {
			t.Errorf("size %d: shown %q, text %q", size, shown, text)
		}
	}
}
