package parse

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"
)

// newsFeed writes a feed as news sites have them: items of one to two KB with escaped HTML, media and categories.
func newsFeed(items int) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>The Harbour Post</title><link>https://harbour.example/</link><description>News of the coast</description>
<atom:link href="https://harbour.example/feed" rel="self" type="application/rss+xml"/><ttl>15</ttl>
`)
	for i := range items {
		fmt.Fprintf(&b, `<item><title>Ferry %d late &amp; harbour closed</title><link>https://harbour.example/2026/11/%d?utm_source=rss&amp;utm_medium=feed</link>
<guid isPermaLink="false">harbour-%d</guid><dc:creator><![CDATA[Ada Quill]]></dc:creator><pubDate>Mon, 23 Nov 2026 %02d:%02d:00 GMT</pubDate>
<category><![CDATA[Transport]]></category><category>Coast</category><slash:comments>%d</slash:comments>
<media:content url="https://img.harbour.example/%d.jpg" medium="image" width="640"><media:credit>J. Lens</media:credit></media:content>
<description>&lt;p&gt;The ferry was late &lt;a href="/ferry/%d"&gt;again&lt;/a&gt;, the harbour master&amp;#8217;s office said.&lt;/p&gt;</description>
<content:encoded><![CDATA[%s]]></content:encoded></item>
`, i, i, i, i%24, i%60, i, i, i, strings.Repeat(fmt.Sprintf(`<p>Paragraph %d of a story with <a href="https://harbour.example/x?a=1&b=2">a link</a> and some words about the sea.</p>`, i), 7))
	}
	b.WriteString("</channel></rss>\n")
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	data := newsFeed(25)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(context.Background(), data, Options{URL: "https://harbour.example/feed"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGofeed is what BenchmarkParse is measured against: at least .8 of its MB/s.
func BenchmarkGofeed(b *testing.B) {
	data := newsFeed(25)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTitleOfScripts takes markup out of titles that are nothing but scripts, which must cost in step with their length.
func BenchmarkTitleOfScripts(b *testing.B) {
	for _, n := range []int{250, 500, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			title := strings.Repeat("a <script> ", n)
			for b.Loop() {
				plain(title)
			}
		})
	}
}
