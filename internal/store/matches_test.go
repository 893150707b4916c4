package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// topicsOf returns a store with two stories and two topics.
func topicsOf(t *testing.T) (db *DB, tides, rail news.Topic) {
	t.Helper()
	db = newsroom(t, 4)
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2), story(2, 2, 3)}})
	for _, topic := range []news.Topic{{Name: "tides", Query: "tide"}, {Name: "rail", Query: "rail"}} {
		if _, err := db.AddTopic(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
	}
	return db, topicNamed(t, db, "tides"), topicNamed(t, db, "rail")
}

func topicNamed(t *testing.T, db *DB, name string) news.Topic {
	t.Helper()
	topic, err := db.Topic(t.Context(), 0, name)
	if err != nil {
		t.Fatal(err)
	}
	return topic
}

func putMatches(t *testing.T, db *DB, m MatchBatch) {
	t.Helper()
	if err := db.PutMatches(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func checkMatches(t *testing.T, db *DB, want map[int64][]int64) {
	t.Helper()
	got, err := db.MatchesOf(t.Context(), []int64{1, 2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("topics of stories: %s", diff)
	}
}

// TestPutMatches: matches begin, end, and follow stories that are merged or deleted.
func TestPutMatches(t *testing.T) {
	db, tides, rail := topicsOf(t)
	putMatches(t, db, MatchBatch{Through: 3, Matches: []Match{
		{Topic: tides.ID, Story: 1, Seq: 3, At: day}, {Topic: tides.ID, Story: 2, Seq: 2, At: day}, {Topic: rail.ID, Story: 2, Seq: 2, At: day}, {Topic: 99, Story: 1, Seq: 3},
	}, Checks: []TopicCheck{{Article: 1, Story: 1, Seq: 1}, {Article: 3, Story: 2, Seq: 3}, {Article: 99, Story: 2, Seq: 3}}})
	checkMatches(t, db, map[int64][]int64{1: {tides.ID}, 2: {tides.ID, rail.ID}})

	putMatches(t, db, MatchBatch{Through: 4, Matches: []Match{{Topic: tides.ID, Story: 1, Seq: 9}}, Ended: []Match{{Topic: rail.ID, Story: 2}}})
	checkMatches(t, db, map[int64][]int64{1: {tides.ID}, 2: {tides.ID}})
	if mark, err := db.Watermark(t.Context(), "topics"); mark != 4 || err != nil {
		t.Errorf("mark %d, %v", mark, err)
	}

	putMatches(t, db, MatchBatch{Through: 5, Changes: []news.StoryChange{{Seq: 5, Story: 2, Into: 1}}})
	checkMatches(t, db, map[int64][]int64{1: {tides.ID}})
	got, err := db.matchesAfter(t.Context(), tides.ID, 0)
	if diff := cmp.Diff([]Match{{Topic: tides.ID, Story: 1, Seq: 2, At: day}}, got); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	looked, err := db.TopicChecks(t.Context(), []int64{1})
	if diff := cmp.Diff([]TopicCheck{{Article: 1, Story: 1, Seq: 1}, {Article: 3, Story: 1, Seq: 3}}, looked); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}

	putMatches(t, db, MatchBatch{Through: 6, Changes: []news.StoryChange{{Seq: 6, Story: 1, Gone: true}}, Unassigned: []int64{1, 3}})
	checkMatches(t, db, map[int64][]int64{})
}

// TestNewOfTopics counts the matches since somebody last saw a topic. Earlier ones are not new.
func TestNewOfTopics(t *testing.T) {
	db, tides, _ := topicsOf(t)
	count := func(want int) {
		t.Helper()
		if got := topicNamed(t, db, "tides").New; got != want {
			t.Errorf("%d new, want %d", got, want)
		}
	}
	if err := db.FillTopic(t.Context(), tides, []int64{1}, WholeStoryLog, day); err != nil {
		t.Fatal(err)
	}
	checkMatches(t, db, map[int64][]int64{1: {tides.ID}})
	count(0)
	second := story(2, 2, 3)
	second.Title = "Another headline" // an unchanged result counts as no change
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(1, 1, 1, 2, 4), second}})
	putMatches(t, db, MatchBatch{Through: 4, Matches: []Match{{Topic: tides.ID, Story: 1, Seq: 3}, {Topic: tides.ID, Story: 2, Seq: 4}}})
	count(1)
	var users []int64
	for _, name := range []string{"anna", "ben"} {
		if err := db.AddUser(t.Context(), news.User{Name: name}, "hash"); err != nil {
			t.Fatal(err)
		}
		u, _, err := db.User(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, u.ID)
	}
	countFor := func(viewer int64, want int) {
		t.Helper()
		all, err := db.SharedTopics(t.Context(), viewer)
		if err != nil {
			t.Fatal(err)
		}
		one, err := db.SharedTopic(t.Context(), viewer, "tides")
		if err != nil || one.New != want || !slices.ContainsFunc(all, func(s news.Topic) bool { return cmp.Equal(s, one) }) {
			t.Errorf("user %d sees %+v (%v) and %+v, want %d new", viewer, one, err, all, want)
		}
		if fresh, err := db.NewStoriesOfTopic(t.Context(), one, 9); err != nil || len(fresh) != want {
			t.Errorf("user %d has the new stories %v (%v), want %d", viewer, fresh, err, want)
		}
	}
	countFor(users[0], 1)
	for _, through := range []int64{1 << 60, 1} { // seeing less than before changes nothing
		if err := db.MarkTopicSeen(t.Context(), tides, users[0], through); err != nil {
			t.Fatal(err)
		}
		countFor(users[0], 0)
		countFor(users[1], 1)
	}
	count(1)
	if err := db.MarkTopicSeen(t.Context(), tides, 4711, 1); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("a user who is gone sees a topic: %v", err)
	}
	for _, through := range []int64{3, 1 << 60} {
		if err := db.MarkTopicSeen(t.Context(), tides, 0, through); err != nil {
			t.Fatal(err)
		}
		countFor(users[1], map[int64]int{3: 1, 1 << 60: 0}[through])
		count(map[int64]int{3: 1, 1 << 60: 0}[through])
	}
	settle(t, db, Settlement{Through: 4, Stories: []news.Story{story(3, 3, 3)}})
	putMatches(t, db, MatchBatch{Through: 6, Matches: []Match{{Topic: tides.ID, Story: 3, Seq: 6}}})
	count(1)
	for limit, want := range map[int][]int64{1: {3}, 0: nil, 5: {3}} {
		if got, err := db.NewStoriesOfTopic(t.Context(), topicNamed(t, db, "tides"), limit); err != nil || !slices.Equal(got, want) {
			t.Errorf("new are %v, %v, want %v", got, err, want)
		}
	}
}

// TestChangeTopicBeginsAnew: a changed query drops the matches, a changed name keeps them.
func TestChangeTopicBeginsAnew(t *testing.T) {
	db, tides, _ := topicsOf(t)
	if err := db.FillTopic(t.Context(), tides, []int64{1, 2}, WholeStoryLog, day); err != nil {
		t.Fatal(err)
	}
	states := map[string]bool{}
	note := func() {
		state, err := db.TopicsState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		states[state] = true
	}
	change := func(topic news.Topic) news.Topic {
		if err := db.ChangeTopic(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
		note()
		return topicNamed(t, db, topic.Name)
	}
	note()
	tides.Name = "water"
	if water := change(tides); !water.Filled {
		t.Error("another name begins a topic anew")
	}
	checkMatches(t, db, map[int64][]int64{1: {tides.ID}, 2: {tides.ID}})
	old := tides
	tides.Options.MinOutlets = 3
	if water := change(tides); water.Filled || water.Version == old.Version {
		t.Errorf("%+v", water)
	}
	checkMatches(t, db, map[int64][]int64{})
	if err := db.FillTopic(t.Context(), old, []int64{1}, WholeStoryLog, day); err != nil { // for the topic before its change
		t.Fatal(err)
	}
	checkMatches(t, db, map[int64][]int64{})
	if len(states) != 2 {
		t.Errorf("states %v", states)
	}
}

const matchesAfterSQL = `SELECT topic_id, story_id, seq, at FROM topic_stories WHERE topic_id = ? AND seq > ? ORDER BY seq, story_id`

// matchesAfter returns a topic's matches after a number of the story log, in order.
func (db *DB) matchesAfter(ctx context.Context, topic, seq int64) ([]Match, error) {
	return rowsOf(ctx, db, fmt.Sprint("matches of topic ", topic), scanMatch, matchesAfterSQL, topic, seq)
}

func scanMatch(row scanner) (m Match, err error) {
	var at int64
	err = row.Scan(&m.Topic, &m.Story, &m.Seq, &at)
	m.At = fromMillis(at)
	return m, err
}
