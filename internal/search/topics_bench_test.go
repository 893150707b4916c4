package search

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"headwater/internal/news"
)

// topics makes up what people follow: names of two words, alternatives, several words, beginnings, and some with what
// depends on the story. The words are those of articles, the commonest hundred aside, which nobody follows.
func (w *writer) topics(n int) []news.Topic {
	word := func() string {
		for {
			if i := w.zipf.Uint64(); i >= 100 {
				return w.words[i]
			}
		}
	}
	list := make([]news.Topic, n)
	for i := range list {
		t := &list[i]
		t.ID = int64(i + 1)
		switch i % 6 {
		case 0:
			t.Query = fmt.Sprintf("%q", word()+" "+word())
		case 1:
			t.Query = word() + " OR " + word()
		case 2:
			t.Query = word() + " " + word() + " -" + word()
		case 3:
			t.Query = fmt.Sprintf("(%s OR %q) %s", word(), word()+" "+word(), word())
		case 4:
			t.Query = fmt.Sprintf("%s source:outlet%d.com", word(), i%300)
		case 5:
			t.Query, t.Options = "title:"+word()+" OR "+word()+"*", news.TopicOptions{MinOutlets: 2 + i%3}
			if _, err := parse(t.Query); err != nil { // a beginning of two letters
				t.Query = "title:" + word()
			}
		}
	}
	return list
}

// BenchmarkPercolator holds new articles against 10,000 topics, one at a time, and as the baseline asks an index of 20,000
// articles for each topic's query, as one would have to after each settlement without it.
func BenchmarkPercolator(b *testing.B) {
	const followed, stored = 10_000, 20_000
	w := newWriter()
	topics := w.topics(followed)
	x, err := Open(b.Context(), b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := x.Close(); err != nil {
			b.Error(err)
		}
	})
	articles := w.articles(1, stored)
	if err := x.Put(b.Context(), articles, stored); err != nil {
		b.Fatal(err)
	}
	places := &StoryTable{}
	for _, a := range articles {
		places.Set([]news.Placement{{Story: a.ID, Event: a.ID, Origin: a.Outlet, Outlets: int(a.ID%3) + 1, Members: map[int64]news.Role{a.ID: news.RoleOriginal}}})
		if a.ID == 2000 {
			break
		}
	}
	x.SetStories(places)
	b.Run("an article", func(b *testing.B) {
		p := x.Percolator(topics)
		if len(p.Invalid()) > 0 {
			b.Fatalf("broken topics: %v", p.Invalid())
		}
		matches, began := 0, cpuSeconds()
		for i := 0; b.Loop(); i++ {
			sure, _ := p.Match(articles[i%2000], places, now)
			matches += len(sure)
		}
		b.ReportMetric(1e3*(cpuSeconds()-began)/float64(b.N), "cpu-ms/article")
		b.ReportMetric(float64(matches)/float64(b.N), "matches/article")
	})
	b.Run("making it", func(b *testing.B) {
		for b.Loop() {
			x.Percolator(topics)
		}
	})
	b.Run("a search for each topic", func(b *testing.B) {
		r := rand.New(rand.NewPCG(3, 4))
		for b.Loop() {
			t := topics[r.IntN(len(topics))]
			if _, err := x.Search(b.Context(), Request{Query: t.Query, Only: t.Options, Newest: true, Stories: true}, now); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)*followed, "ms/10000topics")
	})
}
