package stream_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/feeds"
	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
)

var dawn = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// prose gives made-up words, always the same for one seed.
func prose(seed uint64, words int) string {
	syllables := strings.Fields("ba ko ri ten mo sul har vex lin dor pa que zi gron fel tas um wie jor neth")
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]string, words)
	for i := range out {
		for range 3 {
			out[i] += syllables[r.IntN(len(syllables))]
		}
	}
	return strings.Join(out, " ")
}

// told is an article that tells what the seed stands for.
func told(seed uint64) news.Entry {
	return news.Entry{Title: prose(seed, 6), Content: prose(seed, 40)}
}

// printout is what a grouper printed.
type printout struct {
	batches [][]stream.Placed
	story   map[int64]int64 // by article
	added   int
	most    int // articles in the grouper at once
}

func (y *printout) print(placed iter.Seq[stream.Placed]) error {
	batch := slices.Collect(placed)
	y.batches = append(y.batches, batch)
	for _, p := range batch {
		if y.story[p.Article] != 0 {
			return fmt.Errorf("article %d is printed twice", p.Article)
		}
		y.story[p.Article] = p.Story.ID
	}
	return nil
}

// newGrouper makes a grouper that prints into a printout.
func newGrouper(t testing.TB, o stream.Options) (*stream.Grouper, *printout) {
	t.Helper()
	registry, err := outlets.Load(feeds.Agencies())
	if err != nil {
		t.Fatal(err)
	}
	y := &printout{story: map[int64]int64{}}
	o.Outlets, o.Print = registry, y.print
	return stream.New(o), y
}

// add puts an article in the grouper and gives its number.
func (y *printout) add(t testing.TB, b *stream.Grouper, e news.Entry, feed string, seen time.Time) int64 {
	t.Helper()
	y.added++
	e.GUID, e.URL, e.Published = fmt.Sprint("g", y.added), fmt.Sprintf("https://%s.example/%d", feed, y.added), seen
	if err := b.Add(e, feed, seen); err != nil {
		t.Fatal(err)
	}
	y.most = max(y.most, y.added-len(y.story))
	return int64(y.added)
}

// end closes the grouper and checks what holds for every stream: each article came once, in the order of the input within
// what was printed together, and no id of a story or event was used again for what came later.
func (y *printout) end(t testing.TB, b *stream.Grouper) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if len(y.story) != y.added {
		t.Errorf("%d articles came out of %d", len(y.story), y.added)
	}
	printed := map[int64]int{}
	for n, batch := range y.batches {
		for i, p := range batch {
			if i > 0 && batch[i-1].Article >= p.Article {
				t.Fatalf("article %d is printed before %d", batch[i-1].Article, p.Article)
			}
			if at, ok := printed[p.Story.ID]; ok && at != n {
				t.Fatalf("story %d is printed in parts", p.Story.ID)
			}
			printed[p.Story.ID] = n
		}
	}
}

// fill adds strangers.
func (y *printout) fill(t testing.TB, b *stream.Grouper, n int, seen func(i int) time.Time) {
	t.Helper()
	for i := range n {
		y.add(t, b, told(uint64(1_000_000+y.added)), "filler", seen(i))
	}
}

func at(t time.Time) func(int) time.Time { return func(int) time.Time { return t } }

func minutely(from time.Time) func(int) time.Time {
	return func(i int) time.Time { return from.Add(time.Duration(i) * time.Minute) }
}

// Up to a round of articles is settled and printed together, whatever their times.
func TestGrouperOfOneRound(t *testing.T) {
	for _, n := range []int{0, 1, 50} {
		b, y := newGrouper(t, stream.Options{Window: time.Hour, Round: 50, Hold: 5})
		y.fill(t, b, n, func(i int) time.Time { return dawn.AddDate(0, i, 0) })
		if len(y.batches) > 0 {
			t.Errorf("of %d articles some were printed before the end", n)
		}
		y.end(t, b)
		if want := min(n, 1); len(y.batches) != want {
			t.Errorf("%d articles were printed in %d parts", n, len(y.batches))
		}
	}
}

// A long stream is printed as its stories close, and only the window is held. Copies find each other across rounds.
func TestGrouperOfAStream(t *testing.T) {
	const n, lag = 1500, 20
	b, y := newGrouper(t, stream.Options{Window: time.Hour, Round: 50})
	for i := range n {
		e := told(uint64(i))
		if i%2 == 1 && i > lag {
			e = told(uint64(i - lag - 1)) // what an even one told before
		}
		y.add(t, b, e, fmt.Sprint("paper", i%9), dawn.Add(time.Duration(i)*time.Minute))
	}
	y.end(t, b)
	for i := lag + 1; i < n; i += 2 {
		if i%2 == 1 && y.story[int64(i+1)] != y.story[int64(i-lag)] {
			t.Fatalf("article %d is not in the story of %d, which it copies", i+1, i-lag)
		}
	}
	if y.most > 60+lag+2*50+10 {
		t.Errorf("%d articles were held, of a window of 60", y.most)
	}
	stories := map[int64]int{}
	for at, batch := range y.batches {
		for _, p := range batch {
			if was, ok := stories[p.Story.ID]; ok && was != at {
				t.Fatalf("story %d is used again", p.Story.ID)
			}
			stories[p.Story.ID] = at
		}
	}
}

// A copy that comes when the story is closed begins another, under an id that was not used.
func TestCopyOfAClosedStory(t *testing.T) {
	b, y := newGrouper(t, stream.Options{Window: time.Hour, Round: 20})
	first := y.add(t, b, told(1), "a", dawn)
	y.fill(t, b, 200, minutely(dawn))
	second := y.add(t, b, told(1), "b", dawn.Add(201*time.Minute))
	y.end(t, b)
	if y.story[first] == y.story[second] {
		t.Error("a story is still open hours after its window")
	}
}

// Articles from long ago come out like all others, with the copies that come with them.
func TestOutOfOrder(t *testing.T) {
	b, y := newGrouper(t, stream.Options{Window: time.Hour, Round: 20})
	var old [][2]int64
	for i := range 30 {
		y.fill(t, b, 18, minutely(dawn.Add(time.Duration(20*i)*time.Minute)))
		when := dawn.AddDate(-1-i%7, 0, 0)
		old = append(old, [2]int64{y.add(t, b, told(uint64(i)), "a", when), y.add(t, b, told(uint64(i)), "b", when)})
	}
	y.end(t, b)
	for _, pair := range old {
		if y.story[pair[0]] != y.story[pair[1]] {
			t.Errorf("articles %d and %d, copies of long ago, are in two stories", pair[0], pair[1])
		}
	}
	if y.most > 120 {
		t.Errorf("%d articles were held", y.most)
	}
}

// Single dates of the next century, and articles without any, close nothing and are not held for ever.
func TestWildDates(t *testing.T) {
	for name, seen := range map[string]time.Time{"future": dawn.AddDate(100, 0, 0), "none": {}} {
		t.Run(name, func(t *testing.T) {
			b, y := newGrouper(t, stream.Options{Window: 10 * time.Hour, Round: 200, Hold: 1000})
			var pairs [][2]int64
			for i := range 15 {
				start := dawn.Add(time.Duration(200*i) * time.Minute)
				y.add(t, b, told(uint64(5000+i)), "wild", seen)
				first := y.add(t, b, told(uint64(i)), "a", start)
				y.fill(t, b, 250, minutely(start))
				pairs = append(pairs, [2]int64{first, y.add(t, b, told(uint64(i)), "b", start.Add(250*time.Minute))})
			}
			if name == "none" && y.story[1] == 0 {
				t.Error("an article without a date is held to the end")
			}
			y.end(t, b)
			for _, p := range pairs {
				if y.story[p[0]] != y.story[p[1]] {
					t.Errorf("articles %d and %d are copies within the window, and in two stories", p[0], p[1])
				}
			}
			if y.most > 1250 {
				t.Errorf("%d articles were held", y.most)
			}
		})
	}
}

// Beyond what is held, the stories go that gained nothing for longest.
func TestHolds(t *testing.T) {
	b, y := newGrouper(t, stream.Options{Round: 20, Hold: 100})
	var copies []int64
	for i := range 40 {
		copies = append(copies, y.add(t, b, told(1), fmt.Sprint("paper", i), dawn))
		y.fill(t, b, 24, at(dawn))
	}
	y.end(t, b)
	for _, c := range copies {
		if y.story[c] != y.story[copies[0]] {
			t.Fatalf("article %d is not in the story that grew all the time", c)
		}
	}
	if y.most > 100+2*20 {
		t.Errorf("%d articles were held, of 100", y.most)
	}
	if first := y.batches[0][0].Article; first != 2 {
		t.Errorf("article %d is the first to go, want 2", first)
	}
}

// Long articles count as many.
func TestHoldsFewLongArticles(t *testing.T) {
	b, y := newGrouper(t, stream.Options{Round: 5, Hold: 100})
	for i := range 40 {
		y.add(t, b, news.Entry{Title: prose(uint64(i), 5), Content: prose(uint64(i), 9500)}, "long", dawn)
	}
	y.end(t, b)
	if y.most > 10+2*5 {
		t.Errorf("%d articles of 9,500 words were held in the room of 100", y.most)
	}
}

func TestPrintFails(t *testing.T) {
	full := errors.New("no space")
	for _, n := range []int{1, 100} {
		registry, err := outlets.Load(feeds.Agencies())
		must(t, err)
		calls := 0
		b := stream.New(stream.Options{Outlets: registry, Window: time.Minute, Round: 10, Print: func(iter.Seq[stream.Placed]) error {
			calls++
			return full
		}})
		for i := 0; i < n && err == nil; i++ {
			err = b.Add(told(uint64(i)), "a", dawn.Add(time.Duration(i)*time.Hour))
		}
		if err == nil {
			err = b.Close()
		}
		if !errors.Is(err, full) || calls != 1 {
			t.Errorf("of %d articles printing failed %d times: %v", n, calls, err)
		}
	}
}

// What a grouper holds depends on the window and not on how long the stream is. The bound is that of some 100 bytes an article.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	b, y := newGrouper(t, stream.Options{Window: 15 * time.Minute, Round: 125})
	var sizes []int
	for range 5 {
		for i := range 3000 {
			e := told(uint64(y.added - y.added%2))
			e.Content += " " + prose(uint64(y.added), 20)
			y.add(t, b, e, fmt.Sprint("outlet", y.added%5000), dawn.Add(time.Duration(y.added)*2*time.Second))
			if i%250 == 0 { // the printout grows with the stream
				y.batches = nil
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		sizes = append(sizes, int(m.HeapAlloc>>10))
	}
	if first, last := sizes[1], sizes[4]; last > first*9/8 {
		t.Errorf("kilobytes held after each 3,000 articles: %v", sizes)
	}
	y.batches = nil
	must(t, b.Close())
	if len(y.story) != y.added {
		t.Errorf("%d articles came out of %d", len(y.story), y.added)
	}
}

// How many are settled together makes no difference to copies.
func TestRoundsAgree(t *testing.T) {
	parts := func(round int) map[int64]int64 {
		b, y := newGrouper(t, stream.Options{Round: round})
		first := map[int64]int64{} // the first article of each one's story
		for i := range 300 {
			y.add(t, b, told(uint64(i*i%97)), fmt.Sprint("paper", i%11), dawn.Add(time.Duration(i)*time.Minute))
		}
		y.end(t, b)
		lowest := map[int64]int64{}
		for a := int64(1); a <= 300; a++ {
			if lowest[y.story[a]] == 0 {
				lowest[y.story[a]] = a
			}
			first[a] = lowest[y.story[a]]
		}
		return first
	}
	together := parts(1000)
	for _, round := range []int{1, 7, 100} {
		if diff := gocmp.Diff(together, parts(round)); diff != "" {
			t.Errorf("rounds of %d (-together +in rounds):\n%s", round, diff)
		}
	}
}

// The notices of a house, each a paragraph of its own in all of its papers.
var notices = []string{
	"Our reporters walk the valley from end to end so that nobody has to read of it in the papers of the city.",
	"Members of the valley club receive the almanac, two tickets for the summer fair and the thanks of the whole house.",
	"Letters to the house are read aloud on the first Monday of the month in the hall behind the old mill.",
	"Whoever finds a mistake in these columns is given a jar of honey from the hives on the roof of the house.",
}

// TestRemembersFurniture has two papers of one house, which print one article each a day: what the grouper remembers of
// them must outlive the window.
func TestRemembersFurniture(t *testing.T) {
	bridged := func(paper func(i int) string) (n int) {
		b, y := newGrouper(t, stream.Options{Window: time.Hour, Round: 2})
		for i := range 24 {
			var html strings.Builder
			fmt.Fprintf(&html, "<p>%s.</p><p>%s.</p>", prose(uint64(i), 12), prose(uint64(1000+i), 12))
			html.WriteString("<p>" + strings.Join(notices, "</p><p>") + "</p>")
			seen := dawn.AddDate(0, 0, i/2).Add(time.Duration(i%2) * time.Minute)
			y.add(t, b, news.Entry{Title: prose(uint64(500+i), 5), Content: html.String()}, paper(i), seen)
		}
		y.end(t, b)
		for a := int64(7); a < 24; a += 2 { // nothing was learnt before
			if y.story[a] == y.story[a+1] {
				n++
			}
		}
		return n
	}
	if n := bridged(func(i int) string { return [2]string{"north", "south"}[i%2] }); n != 0 {
		t.Errorf("%d pairs of strangers stand in one story", n)
	}
	if n := bridged(func(i int) string { return fmt.Sprint("paper", i) }); n == 0 {
		t.Error("nothing bridges these articles where nothing is learnt, so that the test shows nothing")
	}
}

// TestLearnsListingSites has a stream in which a site passes on others' items, and then one of which it does not say so.
func TestLearnsListingSites(t *testing.T) {
	for _, listed := range []int{0, 30} {
		b, y := newGrouper(t, stream.Options{})
		for i := range listed {
			e := told(uint64(100 + i))
			e.Title += " - Reuters"
			y.add(t, b, e, "list", dawn.Add(time.Duration(i)*time.Minute))
		}
		e := told(1)
		e.Content = e.Content + " " + prose(2, 60)
		copied := y.add(t, b, e, "list", dawn)
		own := y.add(t, b, told(1), "paper", dawn.Add(5*time.Hour))
		must(t, b.Close())
		want := own
		if listed == 0 {
			want = copied
		}
		for _, p := range slices.Concat(y.batches...) {
			if (p.Article == copied || p.Article == own) && p.Origin.Article != want {
				t.Errorf("%d listed items: article %d goes back to %d (%s), want %d: %v", listed, p.Article, p.Origin.Article, p.Origin.Name, want, p.Origin.Evidence)
			}
		}
	}
}

var must = pipelinetest.Must

// shared gives a file of ../shared, or skips the test where it is not there.
func shared(t *testing.T, path string) string {
	t.Helper()
	p, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "shared", path))
	must(t, err)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("needs the recorded feeds: %v", err)
	}
	return p
}

// TestLanguages groups headlines and summaries in eleven languages. Of each there is a report that others carry under
// another headline and cut short, one that is copied, one of something else, and one that resembles another's wording and
// tells of something else; each language alone, so that hardly anything is known of how rare its words are, and all together.
func TestLanguages(t *testing.T) {
	all := reportsOf(t, "testdata/languages.jsonl")
	byLanguage := map[string][]report{"all": all}
	for _, r := range all {
		lang, _, _ := strings.Cut(r.ID, " ")
		byLanguage[lang] = append(byLanguage[lang], r)
	}
	if len(byLanguage) != 12 {
		t.Fatalf("%d languages, want 11", len(byLanguage)-1)
	}
	for lang, reports := range byLanguage {
		t.Run(lang, func(t *testing.T) {
			placed := grouped(t, reports)
			for i, p := range placed {
				for j, q := range placed[:i] {
					one := reports[i].Cluster == reports[j].Cluster
					if got := p.Story.ID == q.Story.ID; got != one {
						t.Errorf("%s and %s: one story %v, want %v", reports[i].ID, reports[j].ID, got, one)
					}
					finals := strings.HasSuffix(reports[i].Cluster, "final") && strings.HasSuffix(reports[j].Cluster, "final")
					if got := p.Story.Event == q.Story.Event; !finals && got != one {
						t.Errorf("%s and %s: one event %v, want %v", reports[i].ID, reports[j].ID, got, one)
					}
				}
			}
		})
	}
}

// The languages are told by script and stop words: feeds seldom say, and these do not.
func TestLanguagesAreTold(t *testing.T) {
	for _, r := range reportsOf(t, "testdata/languages.jsonl") {
		want, _, _ := strings.Cut(r.ID, " ")
		a := clean.New(clean.Options{}).Article(news.Entry{Title: r.Title, Summary: r.Summary}, news.Feed{}, r.Published)
		if a.Lang != want {
			t.Errorf("%s is taken for %q", r.ID, a.Lang)
		}
	}
}
