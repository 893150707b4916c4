package group

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"
)

// mixture makes a stream of articles: of ten, four have 35 words, three have 600, and three copy the last of the short
// ones, one of them under a headline of its own. Words are as rare as in prose (Zipf).
type mixture struct {
	words []string
	zipf  *rand.Zipf
	made  int64
	last  Item
}

func newMixture() *mixture {
	p := newProse(21)
	m := &mixture{zipf: rand.NewZipf(p.rng, 1.05, 2, 59_999)}
	for i := range 60_000 {
		m.words = append(m.words, fmt.Sprint(p.word(), i))
	}
	return m
}

func (m *mixture) text(words int) string {
	var b strings.Builder
	for range words {
		b.WriteString(m.words[m.zipf.Uint64()] + " ")
	}
	return b.String()
}

func (m *mixture) next() Item {
	m.made++
	id, outlet := m.made, fmt.Sprintf("outlet%d.example", m.made%3000)
	var it Item
	switch kind := m.made % 10; {
	case kind >= 8:
		it = articleAt(id, outlet, m.last.Article.Title, m.last.Article.Text)
	case kind == 0:
		it = articleAt(id, outlet, m.text(9), m.last.Article.Text)
	case kind%2 == 0:
		it = articleAt(id, outlet, m.text(9), m.text(600))
	default:
		it = articleAt(id, outlet, m.text(9), m.text(35))
		m.last = it
	}
	it.Article.Published = noon.Add(time.Duration(id) * time.Second / 10)
	it.Article.Seen = it.Article.Published
	it.Article.URL = fmt.Sprintf("https://%s/%d", outlet, id)
	it.Article.Canonical = it.Article.URL
	return it
}

// fill settles the next articles in one round.
func (m *mixture) fill(g *Grouper, articles int) {
	for range articles {
		it := m.next()
		it.Article.Text = ""
		g.Add(it)
	}
	g.Settle()
}

func heapInUse() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// What an article takes in a window, and what settling one more takes beside so many.
func BenchmarkWindow(b *testing.B) {
	const round = 1000
	for _, window := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(window), func(b *testing.B) {
			m, g := newMixture(), New(Options{})
			before := heapInUse()
			for range window / round {
				m.fill(g, round)
			}
			held := heapInUse() - before
			items := make([]Item, round)
			for b.Loop() {
				b.StopTimer()
				for i := range items {
					items[i] = m.next()
					items[i].Article.Text = ""
				}
				b.StartTimer()
				for _, it := range items {
					g.Add(it)
				}
				g.Settle()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/round, "ns/article")
			b.ReportMetric(float64(held)/float64(window), "heldB/article")
		})
	}
}
