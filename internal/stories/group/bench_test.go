package group

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
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

// mixture makes a stream of articles: of ten, four have 35 words, three have 600, and three copy the last of the short
// ones, one of them under a headline of its own. Words are as rare as in prose (Zipf). With agencies, each fifth article is one of
// an agency, in one of three languages, with names and a picture, so that it is kept for its translations.
type mixture struct {
	words    []string
	rng      *rand.Rand
	zipf     *rand.Zipf
	made     int64
	last     Item
	agencies bool
}

func newMixture(agencies bool) *mixture {
	p := newProse(21)
	m := &mixture{agencies: agencies, rng: p.rng, zipf: rand.NewZipf(p.rng, 1.05, 2, 59_999)}
	for i := range 60_000 {
		m.words = append(m.words, fmt.Sprint(p.word(), i))
	}
	return m
}

// report is an agency's, of short words, each sixth of them a name. Any name is as likely as any other: of the same few, an agency's
// reports have so many in common that by chance most are one chain of translations, which each round decides about as a whole.
func (m *mixture) report(id int64) Item {
	words := strings.Fields(m.text(60))
	for i := 3; i < len(words); i += 6 {
		name := m.words[m.rng.IntN(len(m.words))]
		words[i] = strings.ToUpper(name[:1]) + strings.Map(letter, name[1:])
	}
	it := articleAt(id, "agency.example", m.text(9), "")
	a := it.Article
	a.Outlet = news.Outlet{Name: "Agency", Domain: fmt.Sprintf("agency%d.example", id%40), Agency: true}
	a.Text, a.Lang = strings.Join(words, " ")+".", []string{"en", "es", "ru"}[id/5%3] // one without spaces has no such words: its reports would be one event
	a.Enclosures = []news.Enclosure{{URL: fmt.Sprintf("https://img.example/%09d.jpg", id), Type: "image/jpeg"}}
	return itemOf(a)
}

// letter gives a letter for a digit: names have none.
func letter(r rune) rune {
	if r >= '0' && r <= '9' {
		return r - '0' + 'a'
	}
	return r
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
	case m.agencies && kind%5 == 1:
		it = m.report(id)
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

// benchWindow is the variable that gives BenchmarkWindow one more size: a million takes a quarter of an hour and 2 GB.
const benchWindow = "GROUP_BENCH_WINDOW"

// What an article takes in a window, and what settling one more takes beside so many.
func BenchmarkWindow(b *testing.B) {
	const round = 1000
	type size struct {
		window   int
		agencies bool
	}
	sizes := []size{{10_000, false}, {100_000, false}, {100_000, true}}
	if more := os.Getenv(benchWindow); more != "" {
		n, err := strconv.Atoi(more)
		if err != nil || n < round {
			b.Fatalf("%s=%s is no number of articles from %d on", benchWindow, more, round)
		}
		sizes = append(sizes, size{n, true})
	}
	for _, s := range sizes {
		window, name := s.window, fmt.Sprint(s.window)
		if s.agencies {
			name += " with agencies"
		}
		b.Run(name, func(b *testing.B) {
			m, g := newMixture(s.agencies), New(Options{})
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
