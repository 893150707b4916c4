package search

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the baseline

	"headwater/internal/news"
)

// mass is 100,000 articles in an index, and the same in SQLite's FTS5.
type mass struct {
	x     *Index
	fts   *sql.DB
	words []string
	now   time.Time
}

const massSize = 100_000

func newMass(b *testing.B) *mass {
	b.Helper()
	w := newWriter()
	x, err := Open(b.Context(), b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	fts, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "fts.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(off)")
	if err != nil {
		b.Fatal(err)
	}
	execute(b, fts, `CREATE VIRTUAL TABLE f USING fts5(title, body, content='', prefix='3')`)
	execute(b, fts, `CREATE TABLE a (id INTEGER PRIMARY KEY, time INTEGER, day TEXT, outlet TEXT, lang TEXT, story INTEGER)`)
	cpu := 0.0
	for from := int64(1); from <= massSize; from += 500 {
		list := w.articles(from, 500)
		before := cpuSeconds()
		if err := x.Put(b.Context(), list, from+499); err != nil {
			b.Fatal(err)
		}
		cpu += cpuSeconds() - before
		fill(b, fts, list)
	}
	b.Logf("indexed %.0f articles a CPU second, %.2f KB an article", massSize/cpu, float64(folderSize(b, x.path))/1024/massSize)
	x.SetStories(massPlaces())
	b.Cleanup(func() {
		if err := x.Close(); err != nil {
			b.Error(err)
		}
		if err := fts.Close(); err != nil {
			b.Error(err)
		}
	})
	return &mass{x: x, fts: fts, words: w.words, now: time.Unix(1_780_000_000+30*massSize, 0)}
}

func execute(b *testing.B, db *sql.DB, q string, args ...any) {
	b.Helper()
	if _, err := db.ExecContext(b.Context(), q, args...); err != nil {
		b.Fatal(err)
	}
}

func storyOf(article int64) int64 { return article / 4 }

func fill(b *testing.B, db *sql.DB, list []news.Article) {
	b.Helper()
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, a := range list {
		if _, err := tx.ExecContext(b.Context(), `INSERT INTO f (rowid, title, body) VALUES (?, ?, ?)`, a.ID, a.Title, a.Text); err != nil {
			b.Fatal(err)
		}
		if _, err := tx.ExecContext(b.Context(), `INSERT INTO a VALUES (?, ?, ?, ?, ?, ?)`, a.ID, a.Published.Unix(),
			a.Published.UTC().Format(time.DateOnly), a.Outlet.Domain, a.Lang, storyOf(a.ID)); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// massPlaces puts each four articles into a story.
func massPlaces() *StoryTable {
	p := &StoryTable{}
	for id := int64(0); id <= massSize; id += 4 {
		s := news.Placement{Story: storyOf(id) + 1, Event: storyOf(id)/2 + 1, Outlets: int(1 + id%4), Members: map[int64]news.Role{}}
		s.Origin = news.Outlet{Name: fmt.Sprintf("The Outlet %d", id%300), Domain: fmt.Sprintf("outlet%d.com", id%300)}
		for i := range int64(4) {
			s.Members[id+i] = roles[1+i]
		}
		p.Set([]news.Placement{s})
	}
	return p
}

// A question is asked of both, about words that a random number picks.
type question struct {
	name string
	ask  func(m *mass, r *rand.Rand) Request
	sql  string // with the FTS5 query as its argument
	fts  func(m *mass, r *rand.Rand) string
}

// word picks as readers do: seldom one of the 50 most frequent, which say nothing, and among the next 2,000 evenly.
func (m *mass) word(r *rand.Rand) string {
	if r.IntN(20) == 0 {
		return m.words[r.IntN(50)]
	}
	return m.words[50+r.IntN(2000)]
}

const (
	ranked = `SELECT rowid FROM f WHERE f MATCH ? ORDER BY rank LIMIT 30`
	newest = `SELECT a.id FROM f JOIN a ON a.id = f.rowid WHERE f MATCH ? ORDER BY a.time DESC LIMIT 30`
	folded = `WITH hit AS MATERIALIZED (SELECT f.rowid AS id, rank AS r, a.story, a.outlet, a.lang, a.day FROM f JOIN a ON a.id = f.rowid
			WHERE f MATCH ? AND a.day BETWEEN '2026-06-01' AND '2026-06-20'),
		best AS (SELECT id FROM hit GROUP BY story ORDER BY min(r) LIMIT 30)
		SELECT id FROM best UNION ALL SELECT count(*) FROM hit GROUP BY outlet UNION ALL SELECT count(*) FROM hit GROUP BY lang
		UNION ALL SELECT count(*) FROM hit GROUP BY day`
)

func questions() []question {
	word := func(m *mass, r *rand.Rand) string { return m.word(r) }
	phrase := func(m *mass, r *rand.Rand) string {
		return `"` + m.words[20+r.IntN(400)] + " " + m.words[20+r.IntN(400)] + `"`
	}
	prefix := func(m *mass, r *rand.Rand) string {
		w := m.word(r)
		return w[:min(4, len(w))] + "*"
	}
	either := func(and string) func(m *mass, r *rand.Rand) string {
		return func(m *mass, r *rand.Rand) string {
			return fmt.Sprintf("(%s OR %s) %s %s", m.word(r), m.word(r), and, m.word(r))
		}
	}
	plain := func(text func(*mass, *rand.Rand) string, s Request) func(*mass, *rand.Rand) Request {
		return func(m *mass, r *rand.Rand) Request {
			s.Query = text(m, r)
			s.Limit = 30
			return s
		}
	}
	return []question{
		{"term", plain(word, Request{}), ranked, word},
		{"phrase", plain(phrase, Request{}), ranked, phrase},
		{"newest", plain(word, Request{Newest: true}), newest, word},
		{"prefix", plain(prefix, Request{}), ranked, prefix},
		{"term, folded", plain(word, Request{Stories: true}), "", nil},
		{"boolean, dates, facets", func(m *mass, r *rand.Rand) Request {
			return Request{Query: either("")(m, r) + " date:2026-06-01..2026-06-20", Limit: 30, Facets: true}
		}, "", nil},
		{"boolean, dates, facets, folded", func(m *mass, r *rand.Rand) Request {
			return Request{Query: either("")(m, r) + " date:2026-06-01..2026-06-20", Limit: 30, Facets: true, Stories: true}
		}, folded, either("AND")},
		{"in stories: is:original outlets:>2, folded", func(m *mass, r *rand.Rand) Request {
			return Request{Query: m.word(r) + " is:original outlets:>2", Limit: 30, Stories: true}
		}, "", nil},
	}
}

// BenchmarkMass says how long searches over 100,000 articles of 300 words take: for one client and for 16 at once, and the
// same from SQLite's FTS5.
func BenchmarkMass(b *testing.B) {
	m := newMass(b)
	if _, err := m.x.Search(b.Context(), Request{Query: "warm"}, m.now); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	b.Logf("heap before searches %d MB", mem.HeapInuse>>20)
	for _, q := range questions() {
		for _, clients := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/clients=%d", q.name, clients), func(b *testing.B) {
				timed(b, clients, func(ctx context.Context, r *rand.Rand) error {
					_, err := m.x.Search(ctx, q.ask(m, r), m.now)
					return err
				})
			})
			if q.sql != "" {
				b.Run(fmt.Sprintf("%s/clients=%d/fts5", q.name, clients), func(b *testing.B) {
					timed(b, clients, func(ctx context.Context, r *rand.Rand) error { return m.fromFTS(ctx, q.sql, q.fts(m, r)) })
				})
			}
		}
	}
	runtime.ReadMemStats(&mem)
	b.Logf("heap after searches %d MB", mem.HeapInuse>>20)
}

func (m *mass) fromFTS(ctx context.Context, q, match string) error {
	rows, err := m.fts.QueryContext(ctx, q, match)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
	}
	return rows.Err()
}

// timed asks b.N times from so many clients and tells the median and the 99th percentile.
func timed(b *testing.B, clients int, ask func(context.Context, *rand.Rand) error) {
	b.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var wait sync.WaitGroup
	for c := range clients {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(c)))
			for i := c; i < b.N; i += clients {
				start := time.Now()
				if err := ask(b.Context(), r); err != nil {
					b.Error(err)
					return
				}
				d := time.Since(start)
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
}
