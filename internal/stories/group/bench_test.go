package group

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// newswire makes n articles, three of ten of which derive from another, of about 150 words.
func newswire(n int) []Item {
	p := newProse(12)
	items := make([]Item, 0, n)
	var text []string
	for i := range n {
		if i%10 < 7 || text == nil {
			text = p.words(150)
		} else {
			text = append(append([]string(nil), text[:100]...), p.words(40)...)
		}
		it := articleAt(int64(i+1), fmt.Sprintf("outlet%d.example", i%97), strings.Join(p.words(7), " "), strings.Join(text, " "))
		it.Article.Published = noon.Add(time.Duration(i) * time.Second)
		it.Article.Seen = it.Article.Published
		items = append(items, it)
	}
	return items
}

// Settling a hundred articles against a window. Report ns/article; it should hardly grow with the window.
func BenchmarkSettle(b *testing.B) {
	const batch = 100
	for _, window := range []int{2000, 20000} {
		items := newswire(window + batch)
		b.Run(fmt.Sprint(window), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				g := New(Options{})
				for _, it := range items[:window] {
					g.Restore(it)
				}
				b.StartTimer()
				for _, it := range items[window:] {
					g.Add(it)
				}
				g.Settle()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/article")
		})
	}
}
