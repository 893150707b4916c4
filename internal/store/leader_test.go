package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
	"headwater/internal/stories/prints"
)

// takeover is how long a process may take to lead after the leader was killed, paused or cut off.
const takeover = 15 * time.Second

// beside opens the database of a store again, as another process would. SQLite has one store for a folder.
func beside(tb testing.TB, db *DB) *DB {
	tb.Helper()
	if !pgtest.OnPostgreSQL() {
		return db
	}
	return another(tb, db.Dir())
}

func lead(tb testing.TB, db *DB, within time.Duration) *Leadership {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), within)
	defer cancel()
	l, err := db.Lead(ctx, "settle")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func TestOneLeads(t *testing.T) {
	db := newsroom(t, 0)
	other := beside(t, db)
	first := lead(t, db, takeover)
	if first.Epoch() != 1 {
		t.Errorf("the first leader has epoch %d", first.Epoch())
	}

	short, cancel := context.WithTimeout(t.Context(), leadEvery+leadEvery/2)
	defer cancel()
	if _, err := other.Lead(short, "settle"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another leads: %v", err)
	}
	elsewhere, err := other.Lead(t.Context(), "other work")
	if err != nil {
		t.Fatal(err)
	}
	if elsewhere.Epoch() != 1 {
		t.Errorf("the first leader of other work has epoch %d", elsewhere.Epoch())
	}

	first.Close()
	first.Close()
	if err := first.Err(); err != nil {
		t.Errorf("closed: %v", err)
	}
	next := lead(t, other, takeover)
	if next.Epoch() != 2 {
		t.Errorf("the second leader has epoch %d", next.Epoch())
	}
	if err := db.As(first).SetSetting(t.Context(), "k", "v"); !errors.Is(err, ErrFenced) {
		t.Errorf("a write of the first leader: %v", err)
	}
	if err := other.As(next).SetSetting(t.Context(), "k", "v"); err != nil {
		t.Error(err)
	}
	select {
	case <-next.Done():
		t.Errorf("the second leader has lost the lead: %v", next.Err())
	case <-elsewhere.Done():
		t.Errorf("the leader of other work has lost the lead: %v", elsewhere.Err())
	case <-time.After(2 * leadEvery): // two looks at lock and epoch
	}
	if other == db {
		return // Close of the test's end ends these
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if <-next.Done(); next.Err() != nil {
		t.Errorf("the database was closed: %v", next.Err())
	}
	lead(t, db, takeover)
}

// TestFencedWrites checks that a leader writes nothing after another has taken over, with each write of a leader.
func TestFencedWrites(t *testing.T) {
	db := newsroom(t, 6)
	settle(t, db, Settlement{Through: 1, Prints: map[int64]prints.Print{1: {}, 2: {}}, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}})
	id, err := db.AddTopic(t.Context(), news.Topic{Name: "t", Query: "q"})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := db.TopicByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	former, err := db.AddCorrection(t.Context(), news.Correction{Same: []int64{1, 3}, Made: day}, Settlement{Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}})
	if err != nil {
		t.Fatal(err)
	}
	n := int64(2) // stories
	settlement := func() Settlement {
		n++
		return Settlement{Through: n, Stories: []news.Story{story(n, n, 1)}}
	}
	writes := map[string]func(*DB) error{
		"settle":  func(db *DB) error { return db.Settle(t.Context(), settlement()) },
		"reweigh": func(db *DB) error { return db.SettleReweighed(t.Context(), []int64{1}, settlement()) },
		"correct": func(db *DB) error {
			_, err := db.AddCorrection(t.Context(), news.Correction{Same: []int64{1, 3}, Made: day}, settlement())
			return err
		},
		"close stories": func(db *DB) error {
			return db.CloseStories(t.Context(), []Closing{{Story: 2, Articles: []int64{2}, Whole: true}})
		},
		"age out": func(db *DB) error {
			_, err := db.AgeOut(t.Context(), day.Add(time.Hour), day, 1)
			return err
		},
		"match": func(db *DB) error {
			n++
			return db.PutMatches(t.Context(), MatchBatch{Through: n, Matches: []Match{{Topic: topic.ID, Story: 2, Seq: n, At: day}}})
		},
		"fill a topic": func(db *DB) error { return db.FillTopic(t.Context(), topic, []int64{2}, WholeStoryLog, day) },
		"queue alerts": func(db *DB) error {
			_, err := db.QueueAlerts(t.Context(), 10, func(AlertCandidate) (news.Delivery, bool) { return news.Delivery{}, false })
			return err
		},
		"set": func(db *DB) error { return db.SetSetting(t.Context(), "k", "v") },
	}
	order := []string{"settle", "reweigh", "correct", "match", "fill a topic", "queue alerts", "close stories", "age out", "set"}
	if len(order) != len(writes) {
		t.Fatal("some writes are not tried")
	}
	first := lead(t, db, takeover)
	err = db.write(t.Context(), "take over", func(ctx context.Context, tx tx) error {
		return tx.exec(ctx, `UPDATE leaders SET epoch = epoch + 1`)
	})
	if err != nil {
		t.Fatal(err)
	}
	before := contents(t, db)
	for _, name := range order {
		if err := writes[name](db.As(first)); !errors.Is(err, ErrFenced) {
			t.Errorf("%s: %v", name, err)
		}
		if after := contents(t, db); after != before {
			t.Errorf("%s has written:\nbefore %s\nafter  %s", name, before, after)
			before = after
		}
	}
	if err := db.As(first).RemoveCorrection(t.Context(), former, settlement()); !errors.Is(err, ErrFenced) {
		t.Errorf("forget: %v", err)
	}
	first.Close()
	next := db.As(lead(t, db, takeover))
	for _, name := range order {
		if err := writes[name](next); err != nil {
			t.Errorf("%s by the leader: %v", name, err)
		}
		after := contents(t, db)
		if after == before && name != "queue alerts" { // there is nothing to queue
			t.Errorf("%s by the leader has written nothing: %s", name, after)
		}
		before = after
	}
}

// contents are the numbers of rows, and some values, of the tables that a leader writes.
func contents(tb testing.TB, db *DB) string {
	tb.Helper()
	var all []string
	for _, table := range []string{
		"articles", "stories", "members", "prints", "edges", "corrections", "corrected", "topic_stories", "alert_outbox", "aged_stories", "settings", "story_log",
	} {
		n, err := db.number(tb.Context(), table, `SELECT count(*) FROM `+table)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, fmt.Sprint(table, " ", n))
	}
	for _, sum := range []string{"value) FROM marks", "phase) FROM stories", "filled) FROM topics"} {
		n, err := db.number(tb.Context(), sum, `SELECT sum(`+sum)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, fmt.Sprint(sum, " ", n))
	}
	return strings.Join(all, ", ")
}

// TestLeaderLosesItsConnection ends the connection that holds the lock while the leader computes a settlement.
func TestLeaderLosesItsConnection(t *testing.T) {
	postgresOnly(t)
	t.Parallel()
	db := newsroom(t, 2)
	other := beside(t, db)
	first := lead(t, db, takeover)
	n, err := other.number(t.Context(), "end the connection", `SELECT count(pg_terminate_backend(pid)) FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil || n != 1 {
		t.Fatalf("%d connections ended: %v", n, err)
	}
	next := lead(t, other, takeover)
	if err := db.As(first).Settle(t.Context(), Settlement{Through: 1, Stories: []news.Story{story(1, 1, 1)}}); !errors.Is(err, ErrFenced) {
		t.Errorf("the settlement: %v", err)
	}
	if mark, err := db.Watermark(t.Context(), watermarkSettle); err != nil || mark != 0 {
		t.Errorf("the settlement was stored: %d, %v", mark, err)
	}
	select {
	case <-first.Done():
		if first.Err() == nil {
			t.Error("the leader does not say why it has lost the lead")
		}
	case <-time.After(takeover):
		t.Error("the leader does not know that it has lost the lead")
	}
	select {
	case <-next.Done():
		t.Errorf("the next leader has lost the lead: %v", next.Err())
	default:
	}
}

// Set for a child process that leads: to "between" it is paused between two writes, to "within" in a transaction.
const (
	leadUntilPaused = "HEADWATER_TEST_LEAD"
	leadFolder      = "HEADWATER_TEST_LEAD_FOLDER"
)

// leadForever leads and settles until a write fails, and prints a line before it is paused. It prints the error, and that
// of a second try.
func leadForever(ctx context.Context, where string) error {
	db, err := Open(ctx, os.Getenv(leadFolder), Options{Database: os.Getenv(killedDatabase)})
	if err != nil {
		return err
	}
	l, err := db.Lead(ctx, "settle")
	if err != nil {
		return err
	}
	pause := func() error { return syscall.Kill(os.Getpid(), syscall.SIGSTOP) }
	fmt.Println("leads")
	led := db.As(l)
	if where == "between" {
		if err := pause(); err != nil {
			return err
		}
		fmt.Println(led.Settle(ctx, Settlement{Through: 1, Stories: []news.Story{story(1, 1, 1)}}))
	} else {
		fmt.Println(led.write(ctx, "settle", func(ctx context.Context, t tx) error {
			if err := t.settle(ctx, Settlement{Through: 1, Stories: []news.Story{story(1, 1, 1)}}); err != nil {
				return err
			}
			return pause()
		}))
	}
	fmt.Println(errors.Is(led.Settle(ctx, Settlement{Through: 1, Stories: []news.Story{story(1, 1, 1)}}), ErrFenced))
	<-l.Done()
	fmt.Println(l.Err())
	return db.Close()
}

// TestOneConnectionWaits: whatever takes the writer's lock waits until no other goroutine of the process does. So a process that is
// stopped has one place in the queue for the lock.
func TestOneConnectionWaits(t *testing.T) {
	postgresOnly(t)
	db := newsroom(t, 2)
	settle(t, db, Settlement{Through: 2, Stories: []news.Story{story(1, 1, 1)}})
	for name, call := range map[string]func(context.Context) error{
		"write":              func(ctx context.Context) error { return db.SetSetting(ctx, "a", "b") },
		"write without sync": func(ctx context.Context) error { return db.CloseStories(ctx, []Closing{{Articles: []int64{1}}}) },
		"outcome of a commit": func(ctx context.Context) error {
			_, err := db.outcome(ctx, &doubtError{number: 1})
			return err
		},
	} {
		if err := db.turn.Acquire(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s, while another one has the turn: %v", name, err)
		}
		cancel()
		db.turn.Release(1)
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEndOfAnIdleSession: the error says that this process was away, not that the server is.
func TestEndOfAnIdleSession(t *testing.T) {
	postgresOnly(t)
	db := open(t, t.TempDir())
	conn, err := pgx.Connect(t.Context(), options(t, db.Dir()).Database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `SET idle_session_timeout = 50`); err != nil {
		t.Fatal(err)
	}
	if _, err = conn.WaitForNotification(t.Context()); err == nil {
		t.Fatal("the server did not end the connection")
	}
	if err := explain(db.engine, err); !errors.Is(err, news.ErrUnavailable) || !strings.Contains(err.Error(), "this process was paused or cut off") {
		t.Errorf("%v (%v)", err, errors.Is(err, news.ErrUnavailable))
	}
	_ = conn.Close(t.Context()) // the server has closed it
}

// TestPausedLeader pauses a process that leads, lets another take over, and goes on with the first.
func TestPausedLeader(t *testing.T) {
	postgresOnly(t)
	for _, where := range []string{"between", "within"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			db := newsroom(t, 2)
			child, lines := startChild(t, leadUntilPaused+"="+where, leadFolder+"="+t.TempDir(), killedDatabase+"="+options(t, db.Dir()).Database)
			defer func() {
				_ = child.Process.Kill() // it may have ended
				_ = child.Wait()         // it was killed
			}()
			if !lines.Scan() || lines.Text() != "leads" {
				t.Fatalf("the child says %q, %v", lines.Text(), lines.Err())
			}
			began := time.Now()
			next := lead(t, db, takeover)
			t.Logf("taken over within %s", time.Since(began).Round(100*time.Millisecond))
			if err := db.As(next).SetSetting(t.Context(), "next", "leads"); err != nil {
				t.Fatal(err)
			}
			if err := child.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			var said []string
			for lines.Scan() {
				said = append(said, lines.Text())
			}
			if len(said) != 3 || said[0] == "<nil>" || said[1] != "true" || said[2] == "<nil>" {
				t.Errorf("the child goes on with %q", said)
			}
			if mark, err := db.Watermark(t.Context(), watermarkSettle); err != nil || mark != 0 {
				t.Errorf("it has settled: %d, %v", mark, err)
			}
			select {
			case <-next.Done():
				t.Errorf("the next leader has lost the lead: %v", next.Err())
			default:
			}
		})
	}
}
