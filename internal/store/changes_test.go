package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

// another opens a second store on the database of a folder, as another process would. PostgreSQL only.
func another(tb testing.TB, dir string) *DB {
	tb.Helper()
	return openWith(tb, tb.TempDir(), options(tb, dir))
}

// postgresOnly skips a test of several processes on one database.
func postgresOnly(tb testing.TB) {
	tb.Helper()
	if !pgtest.OnPostgreSQL() {
		tb.Skip("about PostgreSQL")
	}
}

func listen(tb testing.TB, db *DB) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	connected, done := db.Changed(AllAreas), make(chan struct{})
	go func() {
		defer close(done)
		db.Listen(ctx)
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
	})
	if db.engine.shared() {
		rings(tb, "the first connection", connected)
	}
}

// soon is how long a test waits for what must happen.
const soon = 20 * time.Second

func rings(tb testing.TB, what string, c <-chan struct{}) {
	tb.Helper()
	select {
	case <-c:
	case <-time.After(soon):
		tb.Errorf("%s does not ring", what)
	}
}

// TestChanged makes each kind of change and says which areas ring, in the process that made it and in another.
func TestChanged(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	readers := map[string]*DB{"the same process": db}
	if pgtest.OnPostgreSQL() {
		readers["another process"] = another(t, dir)
		listen(t, readers["another process"])
	}
	ctx := t.Context()
	var window Area // what rings with each settlement
	if pgtest.OnPostgreSQL() {
		window = AreaWindow
	}
	var f news.Feed
	topic := news.Topic{Name: "Floods", Query: "flood"}
	var user news.User
	for _, step := range []struct {
		name string
		do   func() error
		want Area
	}{
		{"a feed is added", func() (err error) { f, err = db.AddFeed(ctx, news.Feed{URL: feedURL(1)}); return err }, AreaFeeds},
		{"a feed is there already", func() error { _, err := db.AddFeeds(ctx, []news.Feed{{URL: feedURL(1)}}); return err }, 0},
		{"a feed is edited", func() error { return db.EditFeed(ctx, f.ID, "The Paper", "Papers") }, AreaFeeds},
		{"articles are stored", func() error {
			_, err := db.Collect(ctx, []Poll{{Feed: f, Articles: []news.Article{article("1", "one"), article("2", "two")}}})
			return err
		}, AreaArticles},
		{"a poll brings nothing", func() error { _, err := db.Collect(ctx, []Poll{{Feed: f}}); return err }, 0},
		{"stories are stored", func() error {
			return db.Settle(ctx, Settlement{Through: 2, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}})
		}, AreaStories | window},
		{"stories are stored unchanged", func() error {
			return db.Settle(ctx, Settlement{Through: 2, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}})
		}, window},
		{"a correction", func() error {
			_, err := db.AddCorrection(ctx, news.Correction{Same: []int64{1, 2}}, Settlement{Stories: []news.Story{story(1, 1, 1, 2)}})
			return err
		}, AreaCorrections | AreaStories | window},
		{"a topic is added", func() (err error) { topic.ID, err = db.AddTopic(ctx, topic); return err }, AreaTopics},
		{"a topic is changed", func() error { topic.Query = "floods"; return db.ChangeTopic(ctx, topic) }, AreaTopics},
		{"a topic is seen", func() error { return db.MarkTopicSeen(ctx, topic, user.ID, 1) }, 0},
		{"a topic is removed", func() error { return db.RemoveTopic(ctx, 0, topic.Name) }, AreaTopics},
		{"a user is added", func() (err error) {
			if err = db.AddUser(ctx, news.User{Name: "ann"}, "x"); err == nil {
				user, _, err = db.User(ctx, "ann")
			}
			return err
		}, 0},
		{"a mark", func() error {
			return errorOf(db.MarkItems(ctx, user.ID, news.Marking{Articles: []int64{1}, Read: true}))
		}, 0},
		{"a folder is renamed", func() error { return db.RenameLabel(ctx, user.ID, "Papers", "News") }, AreaFeeds},
		{"a setting", func() error { return db.SetSetting(ctx, "key", "value") }, 0},
		{"a change that is rolled back", func() error {
			failed := errors.New("failed")
			err := db.write(ctx, "fail", func(_ context.Context, t tx) error {
				t.ring(AllAreas)
				return failed
			})
			if !errors.Is(err, failed) {
				return fmt.Errorf("it ended with %w", err)
			}
			return nil
		}, 0},
		{"a feed is removed", func() error { return db.RemoveFeed(ctx, f.ID) }, AreaFeeds},
	} {
		bells := map[string]map[Area]<-chan struct{}{}
		for who, reader := range readers {
			bells[who] = map[Area]<-chan struct{}{}
			for _, a := range AllAreas.split() {
				bells[who][a] = reader.Changed(a)
			}
		}
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		for who := range readers {
			for _, a := range step.want.split() {
				rings(t, fmt.Sprintf("%s: area %d of %s", step.name, a, who), bells[who][a])
			}
			if who != "the same process" {
				continue // the poll may ring for the step before
			}
			for _, a := range (AllAreas &^ step.want).split() {
				select {
				case <-bells[who][a]:
					t.Errorf("%s: area %d rings", step.name, a)
				default:
				}
			}
		}
	}
}

// TestAnnouncements are read as they were written. Areas of a newer version are ignored.
func TestAnnouncements(t *testing.T) {
	for a := range AllAreas + 1 {
		if from, got := parseAnnouncement(announcement("PROCESS", a)); from != "PROCESS" || got != a {
			t.Errorf("areas %b come back from %q as %b", a, from, got)
		}
	}
	if _, got := parseAnnouncement("PROCESS log newest"); got != AreaArticles {
		t.Errorf("areas %b", got)
	}
	if names := AllAreas.split(); len(names) != len(areaMarks) || !slices.IsSorted(names) {
		t.Errorf("areas %v", names)
	}
}

// TestHeardAtOnce: what another process commits is heard long before the next poll, and by the poll where it was not
// announced.
func TestHeardAtOnce(t *testing.T) {
	postgresOnly(t)
	dir := t.TempDir()
	writer, reader := open(t, dir), another(t, dir)
	listen(t, reader)
	quickest := time.Hour
	for i := range 5 {
		next := reader.Changed(AreaFeeds)
		began := time.Now()
		if _, err := writer.AddFeed(t.Context(), news.Feed{URL: feedURL(i)}); err != nil {
			t.Fatal(err)
		}
		rings(t, "a feed", next)
		quickest = min(quickest, time.Since(began))
	}
	if quickest > areaPollEvery/4 {
		t.Errorf("a change was heard after %s at the earliest", quickest)
	}
	for area, name := range areaMarks {
		next := reader.Changed(area)
		if _, err := writer.writer.ExecContext(t.Context(), setWatermarkSQL, name, 1000); err != nil {
			t.Fatal(err)
		}
		rings(t, "the number of "+name, next)
	}
}

// TestListenAgain: a lost connection is made again, and everything counts as changed, since announcements may be missed.
func TestListenAgain(t *testing.T) {
	postgresOnly(t)
	dir := t.TempDir()
	db, reader := open(t, dir), another(t, dir)
	listen(t, reader)
	for range 3 {
		next := reader.Changed(AreaCorrections) // which nobody changes
		const endSQL = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = 'LISTEN headwater' AND datname = current_database()`
		if ended, err := db.number(t.Context(), "end the connection", endSQL); err != nil || ended != 1 {
			t.Fatalf("%d connections ended, %v", ended, err)
		}
		rings(t, "the new connection", next)
	}
}

// TestEnsureSetting: processes that start at the same time have one key.
func TestEnsureSetting(t *testing.T) {
	dir := t.TempDir()
	dbs := []*DB{open(t, dir)}
	if dbs[0].Shared() {
		dbs = append(dbs, another(t, dir), another(t, dir))
	}
	got := make([]string, 6)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			var err error
			if got[i], err = dbs[i%len(dbs)].EnsureSetting(t.Context(), "instance", func() string { return fmt.Sprint("value ", i) }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if kept, err := dbs[0].Setting(t.Context(), "instance"); err != nil || kept == "" || slices.ContainsFunc(got, func(s string) bool { return s != kept }) {
		t.Errorf("%q were returned, and %q is stored, %v", got, kept, err)
	}
	if err := dbs[0].SetSetting(t.Context(), "empty", ""); err != nil {
		t.Fatal(err)
	}
	if value, err := dbs[0].EnsureSetting(t.Context(), "empty", func() string { return "made" }); value != "made" || err != nil {
		t.Errorf("an empty value became %q, %v", value, err)
	}
}
