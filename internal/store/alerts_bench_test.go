package store

import (
	"fmt"
	"testing"

	"headwater/internal/news"
)

// benchAlerts returns a store with 10,000 stories in 20 topics with one alert each. The alerts have not read the story
// log.
func benchAlerts(b *testing.B) *DB {
	b.Helper()
	const n = 10_000
	db := newsroom(b, n)
	for i := range 20 {
		topic, err := db.AddTopic(b.Context(), news.Topic{Name: fmt.Sprint("topic ", i), Query: "x"})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := db.AddAlert(b.Context(), news.Alert{Topic: topic, Kind: news.AlertWebhook, Target: "https://hooks.example/"}); err != nil {
			b.Fatal(err)
		}
	}
	s, m := Settlement{Through: n}, MatchBatch{Through: n}
	for i := int64(1); i <= n; i++ {
		s.Stories = append(s.Stories, story(i, i, i))
		m.Matches = append(m.Matches, Match{Topic: i%20 + 1, Story: i, Seq: i})
	}
	if err := db.Settle(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	if err := db.PutMatches(b.Context(), m); err != nil {
		b.Fatal(err)
	}
	return db
}

// BenchmarkQueueAlerts queues 10,000 stories, 500 a transaction as serve does.
func BenchmarkQueueAlerts(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db := benchAlerts(b)
		b.StartTimer()
		queued := 0
		for n := 1; n > 0; {
			var err error
			n, err = db.QueueAlerts(b.Context(), 500, func(t AlertCandidate) (news.Delivery, bool) {
				queued++
				return news.Delivery{ID: fmt.Sprint(t.Alert.ID, t.Story), Reason: news.ReasonNew, Since: day, Due: day}, true
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		if queued != 10_000 {
			b.Fatalf("%d queued", queued)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10_000, "µs/story")
}

// BenchmarkAlertTick measures what serve reads every 2 s, with 10,000 stories waiting and nothing due.
func BenchmarkAlertTick(b *testing.B) {
	db := benchAlerts(b)
	for n := 1; n > 0; {
		var err error
		n, err = db.QueueAlerts(b.Context(), 500, func(t AlertCandidate) (news.Delivery, bool) {
			return news.Delivery{ID: fmt.Sprint(t.Alert.ID, t.Story), Reason: news.ReasonNew, Since: day, Due: day.AddDate(1, 0, 0)}, true
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		behind, err := db.AlertsBehind(b.Context())
		if err != nil || behind {
			b.Fatal(behind, err)
		}
		due, err := db.DueAlerts(b.Context(), day)
		if err != nil || len(due) > 0 {
			b.Fatal(due, err)
		}
	}
}
