package search

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"headwater/internal/news"
)

// writer makes up articles whose words are as unevenly frequent as those of news are.
type writer struct {
	random *rand.Rand
	zipf   *rand.Zipf
	words  []string
}

func newWriter() *writer {
	random := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("ba ce di for gen hi in jor ka lo min ne or pre qua re st tion un ver wa xi ya zo ed ing s es")
	w := &writer{random: random, zipf: rand.NewZipf(random, 1.1, 4, 59_999)}
	for i := range 60_000 {
		word := ""
		for range 2 + min(i/200, 1) + random.IntN(2) {
			word += syllables[random.IntN(len(syllables))]
		}
		w.words = append(w.words, word)
	}
	return w
}

func (w *writer) text(n int) string {
	var b strings.Builder
	for i := range n {
		word := w.words[w.zipf.Uint64()]
		if i%12 == 0 {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
		b.WriteString([]string{" ", ". ", ".\n\n"}[min((i%12)/11+(i%60)/59, 2)])
	}
	return b.String()
}

func (w *writer) article(id int64) news.Article {
	site := id % 300
	title := w.text(9)
	return news.Article{
		URL:        fmt.Sprintf("https://www.outlet%d.com/2026/08/18/%s", site, strings.ReplaceAll(strings.ToLower(title), " ", "-")),
		Categories: []string{w.text(1), w.text(1)},
		ID:         id, FeedID: id % 1000, Title: title, Text: w.text(300), Lang: "en", Authors: []string{w.text(2)},
		Outlet:    news.Outlet{Name: fmt.Sprintf("The Outlet %d", site), Domain: fmt.Sprintf("outlet%d.com", site)},
		Published: time.Unix(1_780_000_000+id*30, 0), Seen: time.Unix(1_780_000_300+id*30, 0),
	}
}

func (w *writer) articles(from int64, n int) []news.Article {
	list := make([]news.Article, n)
	for i := range list {
		list[i] = w.article(from + int64(i))
	}
	return list
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func folderSize(b *testing.B, dir string) (size int64) {
	b.Helper()
	err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// BenchmarkPut indexes 25,000 articles of 300 words, 500 at a time.
func BenchmarkPut(b *testing.B) {
	const n, batch = 25_000, 500
	w := newWriter()
	for b.Loop() {
		dir := b.TempDir()
		x, err := Open(b.Context(), dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		cpu := 0.0
		for from := int64(1); from <= n; from += batch {
			list := w.articles(from, batch)
			before := cpuSeconds()
			if err := x.Put(b.Context(), list, from+batch-1); err != nil {
				b.Fatal(err)
			}
			cpu += cpuSeconds() - before
		}
		before := cpuSeconds()
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
		cpu += cpuSeconds() - before
		b.ReportMetric(n/cpu, "articles/cpu-s")
		b.ReportMetric(float64(folderSize(b, dir))/1024/n, "KB/article")
		b.ReportMetric(peakMB(b), "peak-MB")
		runtime.GC()
	}
}

// peakMB is the most memory that the process has held, the index's mapped files among it.
func peakMB(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Maxrss) / 1024
}

func BenchmarkSearch(b *testing.B) {
	const n, batch = 25_000, 500
	w := newWriter()
	x, err := Open(b.Context(), b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for from := int64(1); from <= n; from += batch {
		if err := x.Put(b.Context(), w.articles(from, batch), from+batch-1); err != nil {
			b.Fatal(err)
		}
	}
	common, middling := w.words[0], w.words[300]
	queries := map[string]string{
		"common":   common,
		"middling": middling,
		"both":     common + " " + middling,
		"phrase":   `"` + w.words[0] + " " + w.words[1] + `"`,
		"prefix":   w.words[40][:3] + "*",
		"source":   "source:outlet7",
		"days":     "date:2026-06-01..2026-06-03 " + common,
		"not":      common + " -" + middling,
	}
	now := time.Unix(1_780_000_000+30*n, 0)
	for name, q := range queries {
		for _, newest := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/newest=%v", name, newest), func(b *testing.B) {
				total := 0
				for b.Loop() {
					hits, err := x.Search(b.Context(), Request{Query: q, Newest: newest}, now)
					if err != nil {
						b.Fatal(err)
					}
					total = hits.Total
				}
				b.ReportMetric(float64(total), "matches")
			})
		}
	}
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
}
