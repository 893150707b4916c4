package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// watched returns a store of six articles with a topic and an alert.
func watched(t *testing.T, a news.Alert) (db *DB, topic int64, alert news.Alert) {
	t.Helper()
	db = newsroom(t, 6)
	topic, err := db.AddTopic(t.Context(), news.Topic{Name: "floods", Query: "flood", Added: day})
	if err != nil {
		t.Fatal(err)
	}
	a.Topic, a.Kind, a.Target, a.Secret, a.Added = topic, news.AlertWebhook, "https://hooks.example/", "whsec_x", day
	return db, topic, addAlert(t, db, a)
}

func addAlert(t *testing.T, db *DB, a news.Alert) news.Alert {
	t.Helper()
	id, err := db.AddAlert(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	a.ID = id
	return a
}

// matches moves the topics to the end of the story log; the given stories match the topic from now on.
func matches(t *testing.T, db *DB, topic int64, stories ...int64) {
	t.Helper()
	last, err := db.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	from, err := db.Watermark(t.Context(), watermarkTopics)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := db.StoryLog(t.Context(), from, 1000)
	if err != nil {
		t.Fatal(err)
	}
	m := MatchBatch{Through: last, Changes: changes}
	for _, s := range stories {
		m.Matches = append(m.Matches, Match{Topic: topic, Story: s, Seq: last, At: day})
	}
	if err := db.PutMatches(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// queued lets alerts read the log, a few entries at a time, and returns what was queued: "alert story reason".
func queued(t *testing.T, db *DB) (out []string) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		before := len(out)
		n, err = db.QueueAlerts(t.Context(), 2, func(tell AlertCandidate) (news.Delivery, bool) {
			reason := tell.Alert.Reason(tell.Before, tell.Now)
			if reason == "" {
				return news.Delivery{}, false
			}
			id := fmt.Sprintf("%d %d %s", tell.Alert.ID, tell.Story, reason)
			if !slices.Contains(out[before:], id) { // a transaction may run twice
				out = append(out, id)
			}
			return news.Delivery{ID: id, Reason: reason, Since: day, Due: day}, true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if behind, err := db.AlertsBehind(t.Context()); behind || err != nil {
		t.Errorf("behind: %v, %v", behind, err)
	}
	return out
}

func waitingIDs(t *testing.T, db *DB, alert int64) (ids []string) {
	t.Helper()
	due, err := db.DueDeliveries(t.Context(), alert, day.Add(1000*time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		ids = append(ids, fmt.Sprint(d.Story, " ", d.Reason))
	}
	return ids
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// named makes the origin of a story an outlet that is only named.
func named(s news.Story) news.Story {
	s.Origin.Article = 0
	return s
}

// TestQueueAlerts follows stories that arrive, grow, gain their original and merge.
func TestQueueAlerts(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{AgainOutlets: 3, AgainOriginal: true})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{named(story(1, 1, 1)), story(2, 2, 2), story(3, 3, 3)}})
	same(t, "before topics have seen it", queued(t, db), nil)
	matches(t, db, topic, 1, 2)
	same(t, "what matches", queued(t, db), []string{"1 1 new", "1 2 new"})
	same(t, "again", queued(t, db), nil)

	settle(t, db, Settlement{Through: 6, Stories: []news.Story{named(story(1, 1, 1, 4)), story(2, 2, 2)}})
	matches(t, db, topic)
	same(t, "two outlets are not enough", queued(t, db), nil)
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 4)}})
	matches(t, db, topic)
	same(t, "its original", queued(t, db), []string{"1 1 original"})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 4, 5)}})
	matches(t, db, topic)
	same(t, "three outlets", queued(t, db), []string{"1 1 grown"})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 4, 5, 6)}})
	matches(t, db, topic)
	same(t, "four", queued(t, db), nil)
	same(t, "all that waits", waitingIDs(t, db, 1), []string{"1 new", "2 new", "1 original", "1 grown"})

	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(3, 3, 3, 1, 4, 5, 6)}, Moved: map[int64]int64{1: 3}})
	matches(t, db, topic, 3)
	same(t, "a story that was told went into one that was not", queued(t, db), nil)
	same(t, "what waits is told of the living story", waitingIDs(t, db, 1), []string{"3 new", "2 new", "3 original", "3 grown"})
}

// TestChangedBeforeAlertsRead changes the last story that topics have seen, before alerts have read its entry. The entry moves to
// the end of the log, so alerts find none where it was. They are not behind all the same.
func TestChangedBeforeAlertsRead(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}})
	matches(t, db, topic, 1, 2)
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(2, 2, 2, 3)}})
	same(t, "the story that did not change", queued(t, db), []string{"1 1 new"})
	matches(t, db, topic, 2)
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(2, 2, 2, 3, 4)}})
	same(t, "nothing", queued(t, db), nil)
	matches(t, db, topic, 2)
	same(t, "the one that did", queued(t, db), []string{"1 2 new"})
}

// TestMergeOfTold merges two stories that were both told of.
func TestMergeOfTold(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{AgainOutlets: 3})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3)}})
	matches(t, db, topic, 1, 2)
	same(t, "both", queued(t, db), []string{"1 1 new", "1 2 new"})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(2, 2, 3, 1, 2)}, Moved: map[int64]int64{1: 2}})
	matches(t, db, topic)
	same(t, "together they are three", queued(t, db), []string{"1 2 grown"})
	same(t, "new is told once", waitingIDs(t, db, 1), []string{"2 new", "2 grown"})
}

// delivered stores that a delivery was accepted.
func delivered(t *testing.T, db *DB, id string) {
	t.Helper()
	if _, err := db.RecordAttempt(t.Context(), Attempt{Alert: 1, IDs: []string{id}, At: day}); err != nil {
		t.Fatal(err)
	}
}

// TestMergeWhileOneWaits merges a story whose delivery waits with one that was told of, in either direction. It is one story
// now, which the receiver knows.
func TestMergeWhileOneWaits(t *testing.T) {
	for _, told := range []string{"1 1 new", "1 2 new"} {
		db, topic, _ := watched(t, news.Alert{})
		settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3)}})
		matches(t, db, topic, 1, 2)
		same(t, "both", queued(t, db), []string{"1 1 new", "1 2 new"})
		delivered(t, db, told)
		settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(2, 2, 3, 1, 2)}, Moved: map[int64]int64{1: 2}})
		matches(t, db, topic)
		same(t, told+" was told", queued(t, db), nil)
		same(t, told+" was told, waiting", waitingIDs(t, db, 1), nil)
	}
}

// TestMergeNotYetQueued: what waits for a story that has gone into another is not sent until alerts have read of that.
func TestMergeNotYetQueued(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3)}})
	matches(t, db, topic, 1)
	same(t, "the first", queued(t, db), []string{"1 1 new"})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(2, 2, 3, 1, 2)}, Moved: map[int64]int64{1: 2}})
	due, err := db.DueAlerts(t.Context(), day)
	if err != nil || len(due) != 0 {
		t.Errorf("%d alerts are due: %v", len(due), err)
	}
	same(t, "merged", waitingIDs(t, db, 1), nil)
	matches(t, db, topic)
	same(t, "read", queued(t, db), nil)
	same(t, "then", waitingIDs(t, db, 1), []string{"2 new"})
}

// TestMergeOfReasons merges a story whose further messages wait with one that was told of.
func TestMergeOfReasons(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{AgainOutlets: 3, AgainOriginal: true})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{named(story(1, 1, 1)), story(2, 2, 2)}})
	matches(t, db, topic, 1, 2)
	same(t, "both", queued(t, db), []string{"1 1 new", "1 2 new"}) // the second one with its original
	delivered(t, db, "1 1 new")
	delivered(t, db, "1 2 new")
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 4)}})
	matches(t, db, topic)
	same(t, "the original of the first", queued(t, db), []string{"1 1 original"})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 4, 5)}})
	matches(t, db, topic)
	same(t, "it has grown", queued(t, db), []string{"1 1 grown"})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(2, 2, 2, 1, 4, 5)}, Moved: map[int64]int64{1: 2}})
	matches(t, db, topic)
	same(t, "merged", queued(t, db), nil)
	same(t, "only that it has grown is news", waitingIDs(t, db, 1), []string{"2 grown"})
}

// TestMergeTakenBack merges a story that was told of, and takes that back: it is no new story.
func TestMergeTakenBack(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2), story(3, 3, 3)}})
	matches(t, db, topic, 1, 2, 3)
	same(t, "all", queued(t, db), []string{"1 1 new", "1 2 new", "1 3 new"})
	delivered(t, db, "1 1 new")
	delivered(t, db, "1 3 new")
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(3, 3, 3, 1, 2)}, Moved: map[int64]int64{1: 3, 2: 3}})
	matches(t, db, topic)
	same(t, "merged", queued(t, db), nil)
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2), story(3, 3, 3)}})
	matches(t, db, topic, 1, 2)
	same(t, "the one that was never told of", queued(t, db), []string{"1 2 new"})
}

// TestMatchedBefore: a story that matched before the alert was added is not told, one that matches later is.
func TestMatchedBefore(t *testing.T) {
	db, topic, first := watched(t, news.Alert{})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2)}})
	matches(t, db, topic, 1)
	second := first
	second.Target = "https://late.example/"
	second = addAlert(t, db, second)
	same(t, "the first alert", queued(t, db), []string{"1 1 new"})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 3), story(2, 2, 2, 4)}})
	matches(t, db, topic, 2) // an old story that matches now
	same(t, "later", queued(t, db), []string{"1 2 new", "2 2 new"})
	if _, err := db.AddAlert(t.Context(), second); !errors.Is(err, news.ErrExists) {
		t.Errorf("the same target again: %v", err)
	}
}

func addUser(t *testing.T, db *DB, name string) int64 {
	t.Helper()
	must(t, db.AddUser(t.Context(), news.User{Name: name}, "hash"))
	u, _, err := db.User(t.Context(), name)
	must(t, err)
	return u.ID
}

// TestChangeOwnAlerts gives a topic alerts of two users, and one of nobody, for two targets. Each may change theirs to a target that only others have.
func TestChangeOwnAlerts(t *testing.T) {
	db, _, shared := watched(t, news.Alert{})
	owners := []int64{0, addUser(t, db, "anna"), addUser(t, db, "bert")}
	var elsewhere []news.Alert
	for _, owner := range owners {
		own := shared
		if own.User = owner; owner != 0 {
			own = addAlert(t, db, own)
		}
		if _, err := db.AddAlert(t.Context(), own); !errors.Is(err, news.ErrExists) {
			t.Errorf("the same target again, of user %d: %v", owner, err)
		}
		own.Target = "https://elsewhere.example/"
		elsewhere = append(elsewhere, addAlert(t, db, own))
	}
	list, err := db.Alerts(t.Context(), shared.Topic)
	if err != nil || len(list) != 2*len(owners) {
		t.Fatalf("%d alerts, %v", len(list), err)
	}
	for _, a := range elsewhere {
		a.Target = shared.Target
		if err := db.ChangeAlert(t.Context(), a, day); !errors.Is(err, news.ErrExists) {
			t.Errorf("changed to the target of another alert of user %d: %v", a.User, err)
		}
		a.Target = "https://third.example/"
		if err := db.ChangeAlert(t.Context(), a, day); err != nil {
			t.Errorf("changed to a target that only other users have: %v", err)
		}
	}
}

// TestAnotherTopic changes a topic's query. Old stories that match the new query are not told.
func TestAnotherTopic(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1)}})
	matches(t, db, topic)
	if err := db.ChangeTopic(t.Context(), news.Topic{ID: topic, Name: "floods", Query: "storm"}); err != nil {
		t.Fatal(err)
	}
	now, err := db.TopicByID(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.FillTopic(t.Context(), now, []int64{1}, WholeStoryLog, day); err != nil {
		t.Fatal(err)
	}
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1, 2)}})
	matches(t, db, topic)
	same(t, "an old story changes", queued(t, db), nil)
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(2, 2, 3)}})
	matches(t, db, topic, 2)
	same(t, "a new one", queued(t, db), []string{"1 2 new"})
}

// TestNoteAttempt stores results of sending.
func TestNoteAttempt(t *testing.T) {
	db, topic, alert := watched(t, news.Alert{})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1), story(2, 2, 2), story(3, 3, 3)}})
	matches(t, db, topic, 1, 2, 3)
	queued(t, db)
	note := func(a Attempt, lost int) news.Alert {
		t.Helper()
		a.Alert = alert.ID
		if got, err := db.RecordAttempt(t.Context(), a); got != lost || err != nil {
			t.Errorf("%d lost, %v; want %d", got, err, lost)
		}
		now, err := db.Alert(t.Context(), alert.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	due := func(at time.Time) bool {
		t.Helper()
		list, err := db.DueAlerts(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return len(list) == 1
	}
	if !due(day) || due(day.Add(-time.Second)) {
		t.Error("it is due from the first delivery on")
	}
	first := Attempt{IDs: []string{"1 1 new"}, At: day, Problem: "no answer", Due: day.Add(time.Minute), Next: day.Add(time.Hour), MaxTries: 2}
	if a := note(first, 0); a.Failures != 1 || !a.Failing.Equal(day) || a.Problem != "no answer" || a.Waiting != 3 || !a.Next.Equal(day.Add(time.Hour)) {
		t.Errorf("after a failure: %+v", a)
	}
	if due(day.Add(time.Hour-time.Second)) || !due(day.Add(time.Hour)) {
		t.Error("a failed alert rests")
	}
	second := first
	second.At = day.Add(time.Hour)
	if a := note(second, 1); a.Failures != 2 || !a.Failing.Equal(day) || a.Waiting != 2 {
		t.Errorf("a delivery that was tried twice: %+v", a)
	}
	if a := note(Attempt{IDs: []string{"1 2 new"}, At: day}, 0); a.Failures != 0 || a.Problem != "" || !a.Failing.IsZero() || a.Waiting != 1 {
		t.Errorf("after one was taken: %+v", a)
	}
	if a := note(Attempt{At: day}, 0); a.Waiting != 1 {
		t.Errorf("after a test: %+v", a)
	}
	stale := Attempt{IDs: []string{"1 3 new"}, At: day, Problem: "no answer", MaxTries: 9, Stale: day.Add(time.Second)}
	if a := note(stale, 1); a.Waiting != 0 {
		t.Errorf("what has waited too long: %+v", a)
	}
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(4, 4, 4)}})
	matches(t, db, topic, 4)
	queued(t, db)
	if a := note(Attempt{IDs: []string{"1 4 new"}, At: day, Problem: "410 Gone", Ended: true}, 0); !a.Ended || a.Waiting != 0 || a.Problem != "410 Gone" {
		t.Errorf("the receiver wants no more: %+v", a)
	}
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(5, 5, 5)}})
	matches(t, db, topic, 5)
	same(t, "an alert that has ended", queued(t, db), nil)
	if a := note(Attempt{At: day}, 0); a.Ended {
		t.Errorf("a test that is taken begins it anew: %+v", a)
	}
}

// TestOwnAlertsToOneTarget: two users tell one target of one topic, such as a channel that both read, each by an alert of their own.
func TestOwnAlertsToOneTarget(t *testing.T) {
	db, topic, everybodys := watched(t, news.Alert{})
	of := map[int64]int64{0: everybodys.ID}
	for _, name := range []string{"ann", "ben"} {
		own := everybodys
		own.User = addUser(t, db, name)
		of[own.User] = addAlert(t, db, own).ID
	}
	for user, id := range of {
		again := everybodys
		again.User = user
		if _, err := db.AddAlert(t.Context(), again); !errors.Is(err, news.ErrExists) {
			t.Errorf("a second alert of user %d: %v", user, err)
		}
		if a, err := db.Alert(t.Context(), id); a.User != user || err != nil {
			t.Errorf("alert %d is of user %d, want %d; %v", id, a.User, user, err)
		}
	}
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1)}})
	matches(t, db, topic, 1)
	same(t, "each is told", queued(t, db), []string{"1 1 new", "2 1 new", "3 1 new"})
}

// TestRemoveAlert: removing an alert, or its topic, removes waiting deliveries.
func TestRemoveAlert(t *testing.T) {
	db, topic, alert := watched(t, news.Alert{})
	other := addAlert(t, db, news.Alert{Topic: topic, Kind: news.AlertEmail, Target: "anna@example.org", Schedule: "at once", Added: day})
	settle(t, db, Settlement{Through: 6, Stories: []news.Story{story(1, 1, 1)}})
	matches(t, db, topic, 1)
	same(t, "both", queued(t, db), []string{"1 1 new", "2 1 new"})
	if err := db.ForgetDeliveries(t.Context(), []string{"2 1 new"}); err != nil {
		t.Fatal(err)
	}
	same(t, "forgotten", waitingIDs(t, db, other.ID), nil)
	if err := db.RemoveAlert(t.Context(), alert.ID); err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveAlert(t.Context(), alert.ID); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	if _, err := db.Alert(t.Context(), alert.ID); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("asked for: %v", err)
	}
	same(t, "removed", waitingIDs(t, db, alert.ID), nil)
	if err := db.RemoveTopic(t.Context(), 0, "floods"); err != nil {
		t.Fatal(err)
	}
	if left, err := db.AllAlerts(t.Context()); len(left) > 0 || err != nil {
		t.Errorf("%+v, %v", left, err)
	}
	check(t, db)
}

// TestAlertsPassOverArchives: only articles from after alert and feed were added, or from the day before, are told.
func TestAlertsPassOverArchives(t *testing.T) {
	tests := []struct {
		name      string
		published time.Time
		undated   bool
		want      int
	}{
		{"years ago", day.AddDate(-10, 0, 0), false, 0},
		{"two days ago", day.Add(-48 * time.Hour), false, 0},
		{"this morning", day.Add(-9 * time.Hour), false, 1},
		{"later", day.Add(time.Hour), false, 1},
		{"nobody knows, in the feed's first document", time.Time{}, true, 0},
		{"nobody knows, in a later document", time.Time{}, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db, topic, _ := watched(t, news.Alert{})
			a := article("g7", "title 7")
			a.Published, a.Undated, a.Seen = tt.published, tt.undated, day.Add(2*time.Hour)
			store(t, db, poll(news.Feed{ID: 1, URL: feedURL(0)}, a))
			settle(t, db, Settlement{Through: 7, Stories: []news.Story{story(1, 1, 7)}})
			matches(t, db, topic, 1)
			if got := queued(t, db); len(got) != tt.want {
				t.Errorf("queued %v, want %d", got, tt.want)
			}
		})
	}
}

// TestAlertsTellOfWhatJoinsAnArchive: a story of old articles is told once a new one joins it.
func TestAlertsTellOfWhatJoinsAnArchive(t *testing.T) {
	db, topic, _ := watched(t, news.Alert{})
	old := article("g7", "title 7")
	old.Published = day.AddDate(-1, 0, 0)
	store(t, db, poll(news.Feed{ID: 1, URL: feedURL(0)}, old))
	settle(t, db, Settlement{Through: 7, Stories: []news.Story{story(1, 1, 7)}})
	matches(t, db, topic, 1)
	same(t, "the old one", queued(t, db), nil)
	settle(t, db, Settlement{Through: 7, Stories: []news.Story{story(1, 1, 7, 2)}})
	matches(t, db, topic, 1)
	same(t, "with a new one", queued(t, db), []string{"1 1 new"})
}
