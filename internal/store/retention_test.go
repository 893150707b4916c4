package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// closed settles stories that last changed on the test's day, and closes them.
func closed(tb testing.TB, db *DB, stories ...news.Story) {
	tb.Helper()
	s := Settlement{Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
	for _, st := range stories {
		st.Changed = day
		s.Stories = append(s.Stories, st)
		for i, m := range st.Members {
			s.Prints[m.Article.ID] = prints.Print{Words: 7}
			s.Claims[m.Article.ID] = []news.Claim{{Kind: news.ClaimByline, Outlet: "The Paper"}}
			if i > 0 {
				s.Edges = append(s.Edges, news.Edge{
					A: min(st.Members[0].Article.ID, m.Article.ID), B: max(st.Members[0].Article.ID, m.Article.ID), Story: 1,
					Reasons: []news.Evidence{{Kind: "overlap", Detail: "one text", Weight: 1}},
				})
			}
		}
	}
	settle(tb, db, s)
	closeAll(tb, db, day.Add(time.Hour))
}

func closeAll(tb testing.TB, db *DB, since time.Time) (steps int) {
	tb.Helper()
	for {
		closing, err := db.Closable(tb.Context(), since, 2)
		if err != nil {
			tb.Fatal(err)
		}
		if len(closing) == 0 {
			return steps
		}
		if err := db.CloseStories(tb.Context(), closing); err != nil {
			tb.Fatal(err)
		}
		check(tb, db)
		steps++
	}
}

// ageOut ages out what is due, in steps of this many articles, and checks the database between them.
func ageOut(tb testing.TB, db *DB, since time.Time, limit int) (out AgedOut) {
	tb.Helper()
	for {
		step, err := db.AgeOut(tb.Context(), since, since, limit)
		if err != nil {
			tb.Fatal(err)
		}
		check(tb, db)
		if step.Passed == 0 {
			return out
		}
		if len(step.Articles) > limit {
			tb.Errorf("a step of %d articles took %d", limit, len(step.Articles))
		}
		out.Articles, out.Stories, out.Passed = append(out.Articles, step.Articles...), append(out.Stories, step.Stories...), out.Passed+1
	}
}

// rows counts the rows of tables.
func rows(tb testing.TB, db *DB, tables ...string) string {
	tb.Helper()
	var out []string
	for _, name := range tables {
		var n int
		if err := db.reader.QueryRowContext(tb.Context(), `SELECT count(*) FROM `+name).Scan(&n); err != nil {
			tb.Fatal(err)
		}
		out = append(out, fmt.Sprint(name, " ", n))
	}
	return strings.Join(out, ", ")
}

// hanging are the tables with references to articles.
var hanging = []string{"articles", "bodies", "prints", "claims", "edges", "members", "read_marks", "unread_marks", "topic_articles", "pages", "citing", "sources", "vectors", "story_log", "topic_stories", "redirects"}

func TestAgeOut(t *testing.T) {
	ctx := t.Context()
	db := newsroom(t, 8)
	if err := db.AddUser(ctx, news.User{Name: "anna"}, "hash"); err != nil {
		t.Fatal(err)
	}
	user, _, err := db.User(ctx, "anna")
	if err != nil {
		t.Fatal(err)
	}
	topic, err := db.AddTopic(ctx, news.Topic{Name: "all", Query: "title"})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, db, story(1, 1, 1, 2), story(2, 1, 3), story(3, 2, 4, 5, 6))
	settle(t, db, Settlement{Through: 8, Stories: []news.Story{story(1, 1, 1, 2)}, Moved: map[int64]int64{2: 1}})
	closed(t, db, story(1, 1, 1, 2, 3), story(4, 2, 7))
	settle(t, db, Settlement{Through: 8, Stories: []news.Story{story(5, 1, 8)}, Cited: []Cited{
		{Article: 1, Address: "a.example/1", Link: "https://a.example/1", Host: "a.example"},
		{Article: 1, Address: "a.example/2", Link: "https://a.example/2", Host: "a.example"},
		{Article: 8, Address: "a.example/2", Link: "https://a.example/2", Host: "a.example"},
	}})
	changes, err := db.StoryLog(ctx, 0, 100)
	errMatch := db.PutMatches(ctx, MatchBatch{
		Through: changes[len(changes)-1].Seq, Matches: []Match{{Topic: topic, Story: 1, Seq: 1, At: day}},
		Checks: []TopicCheck{{Article: 1, Story: 1, Seq: 1}, {Article: 8, Story: 5, Seq: 8}},
	})
	errs := []error{
		err, errMatch,
		errorOf(db.MarkItems(ctx, user.ID, news.Marking{Articles: []int64{1, 2, 5, 8}, Read: true})),
		errorOf(db.MarkItems(ctx, user.ID, news.Marking{Articles: []int64{5}, AddLabels: []string{""}})),
		db.PutVectors(ctx, "m", []Vector{{Article: 2, Hash: "title 2", Values: []float32{1}}}),
		db.QueuePages(ctx, 8, []Page{{Article: 3, Hash: "title 3", URL: "https://paper.example/g3", Host: "paper.example"}}),
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	check(t, db)
	due, err := db.Due(ctx, day.Add(time.Hour))
	if want := (Due{Stories: 4, Articles: 7}); err != nil || due != want {
		t.Errorf("due are %+v, want %+v (%v)", due, want, err)
	}
	if out := ageOut(t, db, day, 2); out.Passed != 0 {
		t.Errorf("stories that changed at that time went: %+v", out)
	}

	out := ageOut(t, db, day.Add(time.Hour), 2)
	slices.Sort(out.Articles)
	if diff := cmp.Diff([]int64{1, 2, 3, 4, 6, 7}, out.Articles); diff != "" {
		t.Errorf("articles (-want +got):\n%s", diff)
	}
	slices.Sort(out.Stories)
	if diff := cmp.Diff([]int64{1, 4}, out.Stories); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
	want := "articles 2, bodies 2, prints 0, claims 1, edges 0, members 2, read_marks 2, unread_marks 0, topic_articles 1, pages 0, citing 1, sources 1, vectors 0, story_log 2, topic_stories 0, redirects 0"
	if got := rows(t, db, hanging...); got != want {
		t.Errorf("left are\n%s, want\n%s", got, want)
	}
	for _, id := range []int64{1, 2} { // 2 had been merged into 1
		s, err := db.Story(ctx, id)
		if err != nil || s.ID != 1 || len(s.Members) != 0 || s.Aged != 3 || s.Title != "story 1" || !s.Origin.Aged || s.Origin.Domain == "" {
			t.Errorf("story %d is %+v (%v)", id, s, err)
		}
	}
	kept, err := db.Story(ctx, 3)
	if err != nil || len(kept.Members) != 1 || kept.Members[0].Article.ID != 5 || kept.Aged != 2 || !kept.Origin.Named() || !kept.Origin.Aged || kept.Origin.URL == "" {
		t.Errorf("the story with a star is %+v (%v)", kept, err)
	}
	if _, err := db.Story(ctx, 9); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a story that never was gave %v", err)
	}
	if all := outline(t, db); len(all) != 2 || all["3/2"] != "[5]" || all["5/1"] != "[8]" {
		t.Errorf("lists have %v", all)
	}
	marks, err := db.StoryMarks(ctx, news.StoryList{IDs: news.Choose(3)})
	if err != nil || len(marks) != 1 || marks[0].Aged != 2 {
		t.Errorf("marks of the story with a star are %+v (%v)", marks, err)
	}
	late := []Page{{Article: 6, Hash: "title 6", URL: "https://paper.example/g6", Host: "paper.example"}, {Article: 8, Hash: "title 8", URL: "https://paper.example/g8", Host: "paper.example"}}
	if err := db.QueuePages(ctx, 8, late); err != nil { // as a stage does that read the articles before
		t.Fatal(err)
	}
	if got := rows(t, db, "pages"); got != "pages 1" {
		t.Errorf("%s wait, want that of the article that is left", got)
	}
	gone, through, err := db.Removals(ctx, 0, 10)
	if err != nil || len(gone) != 6 || through != 6 {
		t.Errorf("to be taken out of indexes are %v, up to entry %d (%v)", gone, through, err)
	}
	if left, through, err := db.Removals(ctx, 5, 10); err != nil || !slices.Equal(left, gone[5:]) || through != 6 {
		t.Errorf("after the fifth are %v, up to entry %d (%v)", left, through, err)
	}

	// Without the star it is deleted too.
	if _, err := db.MarkItems(ctx, user.ID, news.Marking{Articles: []int64{5}, DropOff: []string{""}}); err != nil {
		t.Fatal(err)
	}
	if out := ageOut(t, db, day.Add(time.Hour), 2); !slices.Equal(out.Articles, []int64{5}) || !slices.Equal(out.Stories, []int64{3}) {
		t.Errorf("without the star %+v went", out)
	}
	if s, err := db.Story(ctx, 3); err != nil || s.Aged != 3 {
		t.Errorf("the story is %+v (%v)", s, err)
	}
}

// TestNumbersAreNotUsedAgain, even if no row with them is left.
func TestNumbersAreNotUsedAgain(t *testing.T) {
	ctx := t.Context()
	db := newsroom(t, 2)
	settle(t, db, Settlement{Through: 2})
	closed(t, db, story(1, 1, 1), story(2, 1, 2))
	ageOut(t, db, day.Add(time.Hour), 8)
	if last, err := db.LastSeq(ctx); err != nil || last != 2 {
		t.Errorf("the log ends at %d (%v)", last, err)
	}
	f, err := db.Feed(ctx, 1)
	if err != nil || f.Articles != 0 {
		t.Fatalf("the feed is %+v (%v)", f, err)
	}
	store(t, db, poll(f, article("later", "title of later")))
	mark, errMark := db.Watermark(ctx, "settle")
	if waiting := logged(t, db, mark); errMark != nil || len(waiting) != 1 || waiting[0].ID != 3 || waiting[0].Seq != 3 {
		t.Errorf("to be settled are %+v (%v)", waiting, errMark)
	}
	if id, err := db.NextStoryID(ctx); err != nil || id != 3 {
		t.Errorf("the next story is %d (%v)", id, err)
	}
}

// TestAgedOutItemsAreNotNews as long as their feed lists them.
func TestAgedOutItemsAreNotNews(t *testing.T) {
	at := func(days int) time.Time { return day.AddDate(0, 0, days) }
	listing := func(days int, items ...news.Article) Poll {
		p := poll(news.Feed{ID: 1, URL: feedURL(1)}, items...)
		p.Feed.Checked = at(days)
		for i := range p.Articles {
			p.Articles[i].Seen = time.Time{}
		}
		return p
	}
	edited := article("g1", "title 1, edited")
	edited.Published = article("g1", "title 1").Published
	tests := []struct {
		name  string
		polls []Poll
		want  []int // new articles in each poll
	}{
		{"listed on", []Poll{listing(30, article("g1", "title 1")), listing(39, article("g1", "title 1")), listing(48, article("g1", "title 1"))}, []int{0, 0, 0}},
		{"edited", []Poll{listing(30, edited)}, []int{0}},
		{"beside another", []Poll{listing(30, article("g1", "title 1"), article("g9", "another title"))}, []int{1}},
		{"listed long after", []Poll{listing(90, article("g1", "title 1"))}, []int{0}},
		{"not listed any more, and then again", []Poll{listing(41, article("g9", "another title")), listing(42, article("g1", "title 1"))}, []int{1, 1}},
		{"left out once", []Poll{listing(32, article("g9", "another title")), listing(33, article("g1", "title 1"))}, []int{1, 0}},
		{"pushed without it", []Poll{pushed(listing(41, article("g9", "another title"))), listing(42, article("g1", "title 1"))}, []int{1, 0}},
		{"the id used again", []Poll{listing(30, func() news.Article {
			a := article("g1", "something else altogether")
			a.URL, a.Canonical, a.Published = "https://paper.example/other", "paper.example/other", at(29)
			return a
		}())}, []int{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := newsroom(t, 0)
			store(t, db, listing(0, article("g1", "title 1")))
			closed(t, db, story(1, 1, 1))
			if out, err := db.AgeOut(t.Context(), at(1), at(30), 8); err != nil || len(out.Articles) != 1 {
				t.Fatalf("%+v (%v)", out, err)
			}
			for i, p := range tt.polls {
				if got := store(t, db, p)[0]; got.New != tt.want[i] || got.Revised != 0 {
					t.Errorf("poll %d brought %+v, want %d new", i, got, tt.want[i])
				}
				check(t, db)
			}
		})
	}
}

func pushed(p Poll) Poll {
	p.Pushed = true
	return p
}

func TestClosedStories(t *testing.T) {
	ctx := t.Context()
	db := newsroom(t, 6)
	reasons := []news.Evidence{{Kind: "overlap", Detail: "one text", Weight: 1}}
	s := Settlement{Through: 6, Prints: map[int64]prints.Print{}, Edges: []news.Edge{
		{A: 1, B: 2, Story: 1, Reasons: reasons}, {A: 1, B: 3, Story: .4}, {A: 2, B: 5, Event: .9}, {A: 4, B: 5, Story: 1, Reasons: reasons},
	}}
	for id := range int64(6) {
		s.Prints[id+1] = prints.Print{Words: 7}
	}
	late := story(2, 1, 4, 5)
	late.Changed = day.Add(2 * time.Hour)
	early := story(1, 1, 1, 2, 3)
	early.Changed = day
	s.Stories = []news.Story{early, late}
	settle(t, db, s)
	closing, err := db.Closable(ctx, day.Add(time.Hour), 10)
	if err != nil || len(closing) != 1 || closing[0].Story != 1 || len(closing[0].Articles) != 3 || !closing[0].Whole {
		t.Fatalf("to close are %+v (%v)", closing, err)
	}
	closing[0].Edges = []news.Edge{{A: 1, B: 2, Story: 1, Reasons: reasons}}
	if err := db.CloseStories(ctx, closing); err != nil {
		t.Fatal(err)
	}
	check(t, db)
	if got := rows(t, db, "prints", "edges", "articles"); got != "prints 3, edges 2, articles 6" {
		t.Errorf("left are %s", got)
	}
	open := map[int64]bool{}
	err = db.Window(ctx, time.Time{}, func(r WindowRow) error {
		open[r.Article.ID] = true
		return nil
	})
	if err != nil || len(open) != 3 || open[1] {
		t.Errorf("the window has %v (%v)", open, err)
	}
	unread := 0
	err = db.WindowOf(ctx, []int64{1, 4}, func(r WindowRow) error {
		if errors.Is(r.PrintErr, ErrNoPrint) && r.Story == 1 {
			unread++
		}
		return nil
	})
	if err != nil || unread != 3 {
		t.Errorf("%d articles come back without a print (%v)", unread, err)
	}

	// A new print of one of its articles opens the story again. Closing it again removes the print.
	settle(t, db, Settlement{Prints: map[int64]prints.Print{1: {Words: 8}, 2: {Words: 7}, 3: {Words: 7}}, Edges: []news.Edge{{A: 1, B: 3, Story: .4}}})
	check(t, db)
	if steps := closeAll(t, db, day.Add(time.Hour)); steps != 2 {
		t.Errorf("three articles closed in %d steps of 2", steps)
	}
	if got := rows(t, db, "prints", "edges"); got != "prints 3, edges 1" {
		t.Errorf("left are %s", got)
	}
}

// TestDatabaseShrinks: databases shrink in small steps, including one of an older version.
func TestDatabaseShrinks(t *testing.T) {
	sqliteOnly(t)
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprint("of an older version: ", old), func(t *testing.T) {
			dir := t.TempDir()
			db, err := Open(t.Context(), dir, options(t, dir))
			if err != nil {
				t.Fatal(err)
			}
			f := addFeeds(t, db, 1)[0]
			var articles []news.Article
			var stories []news.Story
			for i := range 300 {
				a := article(fmt.Sprint("g", i), fmt.Sprint("title ", i))
				a.Summary = strings.Repeat(fmt.Sprintf("Summary %d. ", i), 300)
				articles, stories = append(articles, a), append(stories, story(int64(i+1), 1, int64(i+1)))
			}
			store(t, db, poll(f, articles...))
			closed(t, db, stories...)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if old {
				execute(t, dir, `PRAGMA journal_mode = delete; PRAGMA auto_vacuum = 0; VACUUM`)
			}
			db = open(t, dir)
			before, err := db.Usage(t.Context())
			if err != nil || !before.Shrinks || before.File < 1_000_000 {
				t.Fatalf("%+v (%v)", before, err)
			}
			ageOut(t, db, day.Add(time.Hour), 100)
			for {
				n, err := db.Shrink(t.Context(), time.Nanosecond)
				if err != nil || n > shrinkPages {
					t.Fatal(n, err)
				}
				if n == 0 {
					break
				}
			}
			if err := db.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
			after, err := db.Usage(t.Context())
			if err != nil || after.File > before.File/2 || after.Free > after.File/10 {
				t.Errorf("before %+v, after %+v (%v)", before, after, err)
			}
			check(t, db)
		})
	}
}

// ageUntilKilled is writeUntilKilled for a writer that closes and ages out what was stored before.
const ageUntilKilled = "HEADWATER_TEST_AGE"

// ageForever prints a line after each of its transactions.
func ageForever(ctx context.Context, dir string) error {
	db, err := Open(ctx, dir, Options{Database: os.Getenv(killedDatabase)})
	if err != nil {
		return err
	}
	f, err := db.AddFeed(ctx, news.Feed{URL: feedURL(0)})
	if err != nil && !errors.Is(err, news.ErrExists) {
		return err
	}
	removed, err := db.number(ctx, "entries that are gone", `SELECT coalesce((SELECT value FROM marks WHERE name = ?), 0)`, watermarkForgotten)
	if err != nil {
		return err
	}
	for {
		last, err := db.LastSeq(ctx)
		if err != nil {
			return err
		}
		p := Poll{Feed: f}
		p.Feed.State, p.Feed.Checked = news.FeedOK, day
		s := Settlement{Through: last + 8, Prints: map[int64]prints.Print{}}
		for n := last + 1; n <= last+8; n++ {
			p.Articles = append(p.Articles, article(fmt.Sprint(n), fmt.Sprint(n)))
			s.Prints[n] = prints.Print{Words: int(n)}
		}
		s.Stories = []news.Story{story(last+1, 1, last+1, last+2, last+3, last+4, last+5), story(last+6, 1, last+6), story(last+7, 2, last+7, last+8)}
		steps := []func() (bool, error){
			func() (bool, error) { _, err := db.Collect(ctx, []Poll{p}); return false, err },
			func() (bool, error) { return false, db.Settle(ctx, s) },
			func() (bool, error) {
				closing, err := db.Closable(ctx, day.Add(time.Hour), 3)
				if err != nil || len(closing) == 0 {
					return false, err
				}
				return true, db.CloseStories(ctx, closing)
			},
			func() (bool, error) {
				out, err := db.AgeOut(ctx, day.Add(time.Hour), day, 3)
				return out.Passed > 0, err
			},
			func() (bool, error) {
				ids, through, err := db.Removals(ctx, removed, 5)
				if err != nil || len(ids) == 0 {
					return false, err
				}
				removed = through
				return true, db.RemovalsRead(ctx, through)
			},
			func() (bool, error) { n, err := db.Shrink(ctx, time.Nanosecond); return n > 0, err },
		}
		for _, step := range steps {
			for more := true; more; {
				if more, err = step(); err != nil {
					return err
				}
				fmt.Println("done")
			}
		}
	}
}

// TestKilledWhileAgeing: nothing is half removed. Every article is stored, or aged out and known.
func TestKilledWhileAgeing(t *testing.T) {
	dir := t.TempDir()
	for kill := range 12 {
		killAfterLines(t, 3*kill+1, ageUntilKilled+"="+dir, killedDatabase+"="+options(t, dir).Database)
		db := open(t, dir)
		check(t, db)
		last, errLast := db.LastSeq(t.Context())
		stored, errStored := db.CountArticles(t.Context())
		if err := errors.Join(errLast, errStored); err != nil {
			t.Fatal(err)
		}
		if got, want := rows(t, db, "aged_items"), fmt.Sprint("aged_items ", int(last)-stored); got != want {
			t.Errorf("kill %d: of %d articles %d are stored, and there are %s", kill, last, stored, got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUnsyncedEnds checks that the writer waits for the disk again after a step of retention, however it ended.
func TestUnsyncedEnds(t *testing.T) {
	sqliteOnly(t)
	db := open(t, t.TempDir())
	canceled, cancel := context.WithCancel(t.Context())
	failed := errors.New("failed")
	for name, step := range map[string]func() error{
		"done": func() error {
			return db.writeUnsynced(t.Context(), "test", func(context.Context, tx) error { return nil })
		},
		"failed": func() error {
			return db.writeUnsynced(t.Context(), "test", func(context.Context, tx) error { return failed })
		},
		"interrupted": func() error {
			return db.writeUnsynced(canceled, "test", func(context.Context, tx) error {
				cancel()
				return nil
			})
		},
		"not begun": func() error {
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			return db.writeUnsynced(ended, "test", func(context.Context, tx) error { return nil })
		},
	} {
		err := step()
		var mode, pages int
		if err := errors.Join(db.writer.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&mode),
			db.writer.QueryRowContext(t.Context(), `PRAGMA wal_autocheckpoint`).Scan(&pages)); err != nil {
			t.Fatal(err)
		}
		if (err == nil) != (name == "done") || mode != 2 || pages != 4000 {
			t.Errorf("%s: synchronous is %d and wal_autocheckpoint %d, want 2 and 4000, after %v", name, mode, pages, err)
		}
	}
}

// TestLongTextsAgeOutInSmallSteps, since deleting a text costs by its length.
func TestLongTextsAgeOutInSmallSteps(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	var articles []news.Article
	var stories []news.Story
	for i := range 6 {
		a := article(fmt.Sprint("g", i), fmt.Sprint("title ", i))
		var long strings.Builder
		for range 10_000 { // of 26 letters, which compress to about 160 KB
			long.WriteString(rand.Text())
		}
		a.HTML = long.String()
		articles, stories = append(articles, a), append(stories, story(int64(i+1), 1, int64(i+1)))
	}
	store(t, db, poll(f, articles...))
	closed(t, db, stories...)
	if out, err := db.AgeOut(t.Context(), day.Add(time.Hour), day, 6); err != nil || len(out.Articles) < 1 || len(out.Articles) > 3 {
		t.Errorf("a step of 6 articles took %d long ones (%v)", len(out.Articles), err)
	}
	if out := ageOut(t, db, day.Add(time.Hour), 6); len(out.Articles) == 0 {
		t.Error("the rest did not age out")
	}
}
