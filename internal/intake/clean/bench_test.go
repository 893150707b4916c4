package clean

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"headwater/internal/news"
)

// generated is a document of articles of 640 words each in the shape of a WordPress feed.
func generated(n int) news.Document {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields(`the council of a town voted on Tuesday to close its bridge and said that repairs would cost more than it can
		pay minister report harbour according officials winter million people government week against between station market`)
	sentence := func() string {
		out := make([]string, 16)
		for i := range out {
			out[i] = words[r.IntN(len(words))]
		}
		s := strings.Join(out, " ")
		if r.IntN(5) == 0 {
			s = "&#8220;" + s + ",&#8221; she said"
		}
		return strings.ToUpper(s[:1]) + s[1:] + ". "
	}
	var doc news.Document
	for i := range n {
		var b strings.Builder
		b.WriteString(`<figure><img src="https://paper.example/i.jpg"><figcaption>A bridge. (AP Photo/Jane Doe)</figcaption></figure>`)
		for range 20 {
			b.WriteString("<p>" + sentence() + `<a href="https://wire.example/x">` + words[r.IntN(len(words))] + "</a> " + sentence() + "</p>\n")
		}
		b.WriteString(`<div class="sharedaddy"><ul><li>Share</li></ul></div><p>Get our best stories in your inbox.</p>`)
		doc.Entries = append(doc.Entries, news.Entry{
			GUID: fmt.Sprint(i), Title: sentence(), URL: fmt.Sprintf("https://paper.example/%d?utm_source=rss", i),
			Summary: sentence() + "[&#8230;]", Content: b.String(), Authors: []string{"Jane Doe"},
		})
	}
	return doc
}

func BenchmarkArticles(b *testing.B) {
	doc := generated(200)
	for name, opt := range map[string]Options{"with html": {}, "text only": {TextOnly: true}} {
		b.Run(name, func(b *testing.B) {
			c := New(opt)
			b.ReportAllocs()
			for b.Loop() {
				c.Articles(doc, paper, now)
			}
			b.ReportMetric(float64(len(doc.Entries)*b.N)/b.Elapsed().Seconds(), "articles/s")
		})
	}
}

func BenchmarkText(b *testing.B) {
	doc := generated(1)
	b.SetBytes(int64(len(doc.Entries[0].Content)))
	b.ReportAllocs()
	for b.Loop() {
		textOf(doc.Entries[0].Content)
	}
}

func BenchmarkSanitize(b *testing.B) {
	doc := generated(1)
	b.SetBytes(int64(len(doc.Entries[0].Content)))
	for b.Loop() {
		Sanitize(doc.Entries[0].Content)
	}
}
