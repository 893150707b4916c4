package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"headwater/internal/config"
)

// ourVectors are ways to have a script run that the borrowed lists lack: through what feeds do to text.
var ourVectors = []string{
	"&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;script&amp;gt;alert(1)", "&amp;amp;lt;img src=x onerror=alert(1)&amp;amp;gt;",
	"<![CDATA[<script>alert(1)</script>]]>", "]]><script>alert(1)</script><![CDATA[", "<scr]]><![CDATA[ipt>alert(1)</script>",
	"java\x01script:alert(1)", "\x01javascript:alert(1)", " \tjava\nscript:alert(1)", "JaVaScRiPt&colon;alert(1)", "javascript&#58;alert(1)",
	"//javascript:alert(1)", "feed:javascript:alert(1)", "view-source:javascript:alert(1)", "https:javascript:alert(1)", "\u00a0javascript:alert(1)",
	"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>", "<html:img xmlns:html='http://www.w3.org/1999/xhtml' src='x' onerror='alert(1)'/>",
	"<svg xmlns='http://www.w3.org/2000/svg'><a href='javascript:alert(1)'>x</a></svg>", "<x onclick=alert(1)>x", "<p xml:base='javascript:alert(1)//'><a href='#'>x</a>",
	"<a href='\x01javascript:alert(1)'>x</a>", "<a href='&#1;javascript:alert(1)'>x</a>", "<a href=https:javascript:alert(1)>x</a>", "<b/onclick=alert(1)>x", "<a><b href=javascript:x></a>",
	"<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=alert(1)>",
	"<table><td><form><button formaction=javascript:alert(1)>x", "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>", "<plaintext><script>alert(1)", "<a ping=javascript:x href=//a.example>x</a>",
	"<title><script>alert(1)</title>", "<isindex action=javascript:alert(1)>", "<![<script>alert(1)</script>]>", "<?php <script>alert(1)</script> ?>", "<%<script>alert(1)//", "<script<script>>alert(1)</script</script>>",
	"data:text/html;base64,PHNjcmlwdD4=", "vbscript:x", "blob:https://a.example/x", "filesystem:https://a.example/x", "file:///etc/passwd", "jar:https://a.example!/x", "\u2028javascript:alert(1)",
}

// ways are the documents that each vector is put into: one for each format and each way to write text in it.
var ways = map[string]func(v string) string{
	"rss escaped":  func(v string) string { return rssOf(stdhtml.EscapeString(v)) },
	"rss cdata":    func(v string) string { return rssOf("<![CDATA[" + v + "]]>") },
	"rss bare":     rssOf,
	"atom escaped": func(v string) string { return atomOf(stdhtml.EscapeString(v), "html") },
	"atom text":    func(v string) string { return atomOf(stdhtml.EscapeString(v), "text") },
	"atom xhtml":   func(v string) string { return atomOf(v, "xhtml") },
	"json":         jsonOf,
}

// rssOf has the vector in every field. In the second item nothing but the addresses is of it, so that none hides another.
func rssOf(v string) string {
	attr := strings.ReplaceAll(stdhtml.EscapeString(strings.NewReplacer("<![CDATA[", "", "]]>", "").Replace(stdhtml.UnescapeString(v))), "'", "&#39;")
	return `<rss version="2.0" xml:base="` + attr + `" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"><channel>` +
		`<item><link>` + v + `</link><guid>` + v + `</guid><enclosure url="` + attr + `" type="` + attr + `" length="1"/><source url="` + attr + `">s</source><media:content url="` + attr + `" medium="` + attr + `"/></item>` +
		`<item xml:base="` + attr + `"><guid>` + v + `</guid><link href="` + attr + `"/><description>&lt;a href="` + stdhtml.EscapeString(attr) + `"&gt;x&lt;/a&gt;</description></item>` +
		`<item><guid>1</guid><author>` + v + `</author><dc:creator>` + v + `</dc:creator><category>` + v + `</category><source>` + v + `</source><title>` + v + `</title></item>` +
		`<item><guid>2</guid><description>` + v + `</description></item><item><guid>3</guid><content:encoded>` + v + `</content:encoded></item>` +
		`<title>` + v + `</title><link>` + v + `</link></channel></rss>`
}

func atomOf(v, kind string) string {
	attr := stdhtml.EscapeString(stdhtml.UnescapeString(v))
	text := func(name string) string { return "<" + name + ` type="` + kind + `">` + v + "</" + name + ">" }
	return `<feed xmlns="http://www.w3.org/2005/Atom"><link href="` + attr + `"/>` +
		`<entry xml:base="` + attr + `"><id>` + attr + `</id><link href="` + attr + `"/><link rel="enclosure" href="` + attr + `" type="` + attr + `"/><source><link href="` + attr + `"/><title>` + attr + `</title></source><category term="` + attr + `" label="` + attr + `"/></entry>` +
		`<entry><id>` + attr + `</id><author><name>` + attr + `</name></author><content src="` + attr + `"/></entry>` +
		`<entry><id>1</id>` + text("title") + `</entry><entry><id>2</id>` + text("summary") + `</entry><entry><id>3</id>` + text("content") + `</entry>` + text("title") + `</feed>`
}

func jsonOf(v string) string {
	out, err := json.Marshal(map[string]any{
		"version": "https://jsonfeed.org/version/1.1", "title": v, "home_page_url": v,
		"items": []any{
			map[string]any{
				"id": v, "url": v, "external_url": v, "title": v, "summary": v, "content_html": v, "image": v, "tags": []string{v},
				"authors": []any{map[string]string{"name": v}}, "attachments": []any{map[string]string{"url": v, "mime_type": v}},
			},
			map[string]any{"id": "1", "content_text": v},
		},
	})
	if err != nil {
		panic(err)
	}
	return string(out)
}

// TestVectorsThroughParse puts each vector into each field of an item, in each format. Nothing that comes out may run.
func TestVectorsThroughParse(t *testing.T) {
	vectors := append(sharedVectors(t), ourVectors...)
	if testing.Short() && len(vectors) > 500 {
		vectors = append(vectors[:0:0], vectors[len(vectors)-500:]...)
	}
	cfg, err := config.Load(config.Options{Flags: map[string]string{"data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items := 0
			for _, v := range vectors {
				p := parseDocument(context.Background(), cfg, name, []byte(write(v)))
				items += len(p.Entries)
				for _, problem := range unsafeIn(p, name == "json" || name == "atom text" || name == "atom xhtml") {
					t.Errorf("%q: %s", v, problem)
				}
			}
			if items < len(vectors) {
				t.Errorf("%d items of %d documents: the vectors hide what they should show", items, len(vectors))
			}
		})
	}
}

// sharedVectors are those of ../shared, or none where it is absent: ours are tried all the same.
func sharedVectors(t *testing.T) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "hostile", "xss.jsonl"))
	if err != nil {
		t.Log("only our own vectors:", err)
		return nil
	}
	defer func() { _ = f.Close() }()
	var all []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var vector struct{ V string }
		if err := json.Unmarshal(lines.Bytes(), &vector); err != nil {
			t.Fatal(err)
		}
		all = append(all, vector.V)
	}
	if lines.Err() != nil || len(all) < 1000 {
		t.Fatal(len(all), lines.Err())
	}
	return all
}

// unsafeIn says what in a parsed document could run or load something where it is shown as what it is said to be.
// IsText says that its format calls titles text.
func unsafeIn(p parsedFile, isText bool) (problems []string) {
	add := func(field string, found ...string) {
		for _, f := range found {
			problems = append(problems, field+" has "+f)
		}
	}
	add("feed title", markupIn(p.Title, isText)...)
	add("feed link", addressIn(p.Link)...)
	for _, e := range p.Entries {
		add("title", markupIn(e.Title, isText)...)
		add("url", addressIn(e.URL)...)
		for _, s := range append(append([]string{}, e.Authors...), e.Categories...) {
			add("author or category", markupIn(s, isText)...)
		}
		for _, enclosure := range e.Enclosures {
			add("enclosure", append(addressIn(enclosure.URL), markupIn(enclosure.Type, isText)...)...)
		}
		if e.Source != nil {
			add("source", append(addressIn(e.Source.URL), markupIn(e.Source.Title, isText)...)...)
		}
		add("summary", unsafeHTML(e.Summary)...)
		add("content", unsafeHTML(e.Content)...)
	}
	return problems
}

// loadingTags are elements that run or load something, or ask for something.
var loadingTags = words(`iframe frame frameset object embed applet form input button textarea select meta link base svg math img
	image audio video source track noscript title xml isindex keygen portal bgsound layer`)

// markupIn finds in what is to be plain text what would do harm where somebody shows it as HTML: elements with attributes
// that have values, scripts and styles, and whatever else HTML knows in a text that encloses words in it. A tag alone may be
// a word: "The <form> element"; what its format calls text is left as it was written.
func markupIn(text string, isText bool) (found []string) {
	eachTag(text, func(tag html.Token) {
		switch {
		case slices.ContainsFunc(tag.Attr, func(a html.Attribute) bool { return a.Val != "" }), tag.Data == "script", tag.Data == "style":
			found = append(found, tag.String())
		case loadingTags[tag.Data] && !isText && strings.Contains(strings.ToLower(text), "</"+tag.Data):
			found = append(found, tag.String())
		}
	})
	return found
}

var otherSchemes = regexp.MustCompile(`(?i)^((ftp|feed)://|feed:https://|(mailto|magnet|gemini|gopher|news|ircs?|xmpp|tel|rtsp|ipfs|at):)`)

// addressIn finds schemes outside the allow-list, as a browser would: white space and controls around and line breaks
// within do not count.
func addressIn(address string) []string {
	read := strings.Trim(address, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	read = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(read)
	scheme, _, found := strings.Cut(read, ":")
	switch {
	case read != address:
		return []string{fmt.Sprintf("white space or controls in %q", address)}
	case !found, strings.ContainsAny(scheme, "/?#"), otherSchemes.MatchString(read):
		return nil
	case strings.EqualFold(scheme, "http"), strings.EqualFold(scheme, "https"):
		return nil
	}
	return []string{fmt.Sprintf("the scheme of %q", address)}
}

var (
	safeTags = words(`p br hr b strong i em u s del ins small sub sup mark q cite code kbd pre abbr blockquote ul ol li dl dt dd h1 h2 h3 h4 h5 h6
		table thead tbody tfoot tr td th caption figure figcaption time ruby rt rp a img`)
	safeAttrs = words("href rel target dir colspan rowspan src alt width height")
)

func words(list string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(list) {
		all[w] = true
	}
	return all
}

func unsafeHTML(text string) (found []string) {
	eachTag(text, func(tag html.Token) {
		if !safeTags[tag.Data] {
			found = append(found, tag.String())
		}
		for _, a := range tag.Attr {
			if a.Key == "src" && tag.Data != "img" {
				found = append(found, tag.String())
			}
			if u, err := url.Parse(a.Val); !safeAttrs[a.Key] || (a.Key == "href" || a.Key == "src") && (err != nil || u.Scheme != "http" && u.Scheme != "https") {
				found = append(found, fmt.Sprintf("%s=%q", a.Key, a.Val))
			}
		}
	})
	return found
}

func eachTag(text string, do func(html.Token)) {
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			do(z.Token())
		case html.CommentToken, html.DoctypeToken:
			do(html.Token{Data: "!"})
		}
	}
}
