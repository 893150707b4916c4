package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// prose makes text of this many words, about as repetitive as English: some words are common, most are rare.
func prose(r *rand.Rand, words int) string {
	zipf := rand.NewZipf(r, 1.1, 4, 20000)
	var b strings.Builder
	for range words {
		n := zipf.Uint64()
		for range 2 + n%4 {
			b.WriteString([]string{"ba", "ne", "ti", "so", "lu", "ra", "mi", "ko", "de", "fa", "st", "ing"}[n%12])
			n = n*31/12 + 7
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func benchPolls(feeds, each, words int) []Poll {
	r := rand.New(rand.NewPCG(1, 2))
	polls := make([]Poll, feeds)
	for i := range polls {
		polls[i].Feed = news.Feed{ID: int64(i + 1), URL: feedURL(i), ETag: fmt.Sprint("etag", i), Checked: day, Due: day.Add(time.Hour), State: news.FeedOK}
		for j := range each {
			body := prose(r, words)
			a := article(fmt.Sprintf("guid-%d-%d", i, j), body[:60])
			a.Text, a.Summary = body, body[:200]
			a.HTML = "<p>" + strings.ReplaceAll(body, "st ", "st</p> <p>") + "</p>"
			a.Marks = []news.Mark{{Kind: news.MarkLink, Text: body[20:40], URL: "https://example.org/" + body[:9], Start: 20, End: 40}, {Kind: news.MarkQuote, Start: 300, End: 420}}
			a.Seen = day.Add(time.Duration(i*each+j) * time.Second)
			polls[i].Articles = append(polls[i].Articles, a)
		}
	}
	return polls
}

func benchDB(b testing.TB, feeds int) *DB {
	b.Helper()
	db := open(b, b.TempDir())
	all := make([]news.Feed, feeds)
	for i := range all {
		all[i].URL = feedURL(i)
	}
	if _, err := db.AddFeeds(b.Context(), all); err != nil {
		b.Fatal(err)
	}
	return db
}

func collectAll(b testing.TB, db *DB, polls []Poll) {
	b.Helper()
	for i := 0; i < len(polls); i += 20 {
		if _, err := db.Collect(b.Context(), polls[i:min(i+20, len(polls))]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCollect stores 25,000 articles of 300 words from 1,000 feeds, 20 polls at a time, on a fresh disk file.
func BenchmarkCollect(b *testing.B) {
	polls := benchPolls(1000, 25, 300)
	for b.Loop() {
		b.StopTimer()
		db := benchDB(b, 1000)
		b.StartTimer()
		collectAll(b, db, polls)
		b.StopTimer()
		usage, err := db.Usage(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(usage.File)/25000, "bytes/article")
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkCollectKnown polls the same 25,000 articles again.
func BenchmarkCollectKnown(b *testing.B) {
	polls := benchPolls(1000, 25, 300)
	db := benchDB(b, 1000)
	collectAll(b, db, polls)
	for b.Loop() {
		collectAll(b, db, polls)
	}
}

// BenchmarkCollectUnchanged stores 1,000 answers of 304 in one transaction.
func BenchmarkCollectUnchanged(b *testing.B) {
	polls := benchPolls(1000, 0, 0)
	db := benchDB(b, 1000)
	for b.Loop() {
		if _, err := db.Collect(b.Context(), polls); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCollectBatch stores polls with one new article each, as many in a transaction as its name says.
func BenchmarkCollectBatch(b *testing.B) {
	for _, size := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			polls := benchPolls(64, 1, 300)
			db := benchDB(b, 64)
			made := 0
			for b.Loop() {
				batch := polls[:size]
				for i := range batch {
					a := &batch[i].Articles[0]
					made++
					a.GUID = fmt.Sprint("made-", made)
					a.URL, a.Title, a.Hash = "https://paper.example/"+a.GUID, "What the council said on day "+a.GUID, a.GUID
					a.Keys = news.ItemKeys{ID: a.GUID, Address: a.GUID, Text: a.GUID}
				}
				tallies, err := db.Collect(b.Context(), batch)
				if err != nil || tallies[0].New != 1 {
					b.Fatal(tallies, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(made), "µs/poll")
		})
	}
}

// BenchmarkReading measures the reading methods over 1,000 feeds, 100,000 articles and 30,000 stories.
func BenchmarkReading(b *testing.B) {
	db := largeNewsroom(b)
	ctx := b.Context()
	middle := day.Add(50000 * time.Second)
	reads := []struct {
		name string
		read func() (int, error)
	}{
		{"Stories", func() (int, error) { return count(db.Stories(ctx, news.StoryList{})) }},
		{"StoriesNewest", func() (int, error) { return count(db.Stories(ctx, news.StoryList{Newest: true})) }},
		{"StoriesOffset10000", func() (int, error) { return count(db.Stories(ctx, news.StoryList{Offset: 10000})) }},
		{"CountStories", func() (int, error) { return db.CountStories(ctx, news.StoryList{}) }},
		{"Feeds", func() (int, error) { return count(db.Feeds(ctx)) }},
		{"Articles", func() (int, error) { return count(db.Articles(ctx, news.ArticleList{})) }},
		{"ArticlesOfFeed", func() (int, error) { return count(db.Articles(ctx, news.ArticleList{FeedID: 7})) }},
		{"ArticlesSince", func() (int, error) { return count(db.Articles(ctx, news.ArticleList{Since: middle})) }},
		{"Log500", func() (int, error) { return count(db.Log(ctx, 50000, 500)) }},
		{"CountAfter", func() (int, error) { return db.CountAfter(ctx, 0) }},
		{"Window50000", func() (n int, err error) {
			err = db.Window(ctx, middle, func(WindowRow) error { n++; return nil })
			return n, err
		}},
		{"Edges", func() (int, error) { return count(db.Edges(ctx, middle)) }},
		{"Status", func() (int, error) {
			s, err := db.Status(ctx)
			return s.Articles, err
		}},
	}
	for _, r := range reads {
		b.Run(r.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				var err error
				if n, err = r.read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n), "rows")
		})
	}
}

func count[T any](items []T, err error) (int, error) { return len(items), err }

// largeNewsroom settles 100,000 articles into stories of 1 to 9.
func largeNewsroom(b *testing.B) *DB {
	b.Helper()
	db := benchDB(b, 1000)
	collectAll(b, db, benchPolls(1000, 100, 100))
	for id := int64(1); id < 100_000; {
		var s Settlement
		s, id = benchSettlement(id, 5000)
		if err := db.Settle(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
	return db
}

// benchSettlement settles n articles with ids from id on.
func benchSettlement(id int64, n int) (Settlement, int64) {
	s := Settlement{Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
	p := prints.Print{Words: 300}
	for i := range uint32(60) {
		p.Picked = append(p.Picked, i*7919)
	}
	for end := id + int64(n); id < end; {
		var members []int64
		for range min(1+id%4*id%9, end-id) {
			s.Prints[id], s.Claims[id] = p, []news.Claim{{Kind: news.ClaimDateline, Outlet: "Wire", Text: "OSLO (Wire)"}}
			if len(members) > 0 {
				s.Edges = append(s.Edges, news.Edge{A: id - 1, B: id, Story: 0.9, Event: 0.9})
			}
			members = append(members, id)
			id++
		}
		st := story(members[0], 1+members[0]/10, members...)
		st.Latest = day.Add(time.Duration(id) * time.Second)
		st.Changed = st.Latest
		s.Stories = append(s.Stories, st)
	}
	s.Through = id - 1
	return s, id
}

// BenchmarkSettle settles 25,000 articles, 2,500 at a time.
func BenchmarkSettle(b *testing.B) {
	polls := benchPolls(1000, 25, 100)
	for b.Loop() {
		b.StopTimer()
		db := benchDB(b, 1000)
		collectAll(b, db, polls)
		b.StartTimer()
		for id := int64(1); id < 25_000; {
			var s Settlement
			s, id = benchSettlement(id, 2500)
			if err := db.Settle(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkCollectOnePage polls again a feed whose items all link to one page. The cost must be linear in their number.
func BenchmarkCollectOnePage(b *testing.B) {
	for _, n := range []int{500, 1000, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := open(b, b.TempDir())
			f := addFeeds(b, db, 1)[0]
			p := poll(f)
			for i := range n {
				a := article(fmt.Sprint("g", i), fmt.Sprintf("%d: what the council of the harbour town said about the bridge, the ferry and the market on day %d of the session", i, i))
				a.URL, a.Keys = "https://paper.example/changes", news.ItemKeys{ID: a.GUID, Address: "paper.example/changes", Text: a.Text}
				p.Articles = append(p.Articles, a)
			}
			store(b, db, p)
			for b.Loop() {
				store(b, db, p)
			}
		})
	}
}
