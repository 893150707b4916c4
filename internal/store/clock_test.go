package store

import (
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestPullBack has three rows of each table with waits: written a year ahead, with the longest normal wait, and beyond
// it.
func TestPullBack(t *testing.T) {
	db := newsroom(t, 1)
	const hour = int64(time.Hour / time.Millisecond)
	now := millis(day)
	ahead := now + 365*24*hour
	longest := 15 * 24 * time.Hour
	for _, tt := range []struct {
		name, make, read string
		args             []any
		want             int64 // relative to now; -1 if no row is left
	}{
		{
			"a feed", `UPDATE feeds SET checked = ?1, due = ?1 + ?2 WHERE id = 1`, `SELECT due FROM feeds WHERE id = 1`,
			[]any{ahead, 3 * hour},
			3 * hour,
		},
		{
			"a feed that was put off by its host", `UPDATE feeds SET checked = ?2, due = ?1 WHERE id = 1`, `SELECT due FROM feeds WHERE id = 1`,
			[]any{ahead, now - hour},
			0,
		},
		{
			"a feed that waits", `UPDATE feeds SET checked = ?1, due = ?1 + ?2 WHERE id = 1`, `SELECT due FROM feeds WHERE id = 1`,
			[]any{now - hour, 9 * 24 * hour},
			9*24*hour - hour,
		},
		{
			"a feed that has ended", `UPDATE feeds SET checked = ?1, due = ?2, state = 'gone' WHERE id = 1`, `SELECT due FROM feeds WHERE id = 1`,
			[]any{now - hour, ahead},
			ahead - now,
		},
		{
			"a host", `INSERT INTO resting (host, until) VALUES ('a', ?)`, `SELECT until FROM resting WHERE host = 'a'`,
			[]any{ahead},
			-1,
		},
		{
			"a host that rests", `INSERT INTO resting (host, until) VALUES ('b', ?)`, `SELECT until FROM resting WHERE host = 'b'`,
			[]any{now + 7*24*hour},
			7 * 24 * hour,
		},
		{
			"asking a hub",
			`INSERT INTO subscriptions (id, feed_id, hub, topic, secret, ending, asked, next, until, failures, problem) VALUES ('s', 1, '', '', '', 1, ?1, ?1 + ?2, ?1 + 2 * ?2, 0, '')`,
			`SELECT next FROM subscriptions WHERE id = 's'`,
			[]any{ahead, 5 * 24 * hour},
			5 * 24 * hour,
		},
		{"the lease", ``, `SELECT until FROM subscriptions WHERE id = 's'`, nil, 10 * 24 * hour},
		{
			"a lease as it should be",
			`INSERT INTO subscriptions (id, feed_id, hub, topic, secret, ending, asked, next, until, failures, problem) VALUES ('u', 1, '', '', '', 1, ?1, ?1 + ?2, ?1 + 2 * ?2, 0, '')`,
			`SELECT until FROM subscriptions WHERE id = 'u'`,
			[]any{now - hour, 20 * 24 * hour},
			40*24*hour - hour,
		},
		{
			"a topic", `INSERT INTO topics (id, name, query, added) VALUES (7, 'rates', 'rates', ?)`, `SELECT added FROM topics WHERE id = 7`,
			[]any{now},
			0,
		},
		{
			"an alert", `INSERT INTO alerts (id, topic_id, kind, target, secret, schedule, again_outlets, again_original, after, added, failures, failing, next)
				VALUES (1, 7, 'webhook', 'a', '', '', 0, 0, 0, ?1, 1, ?1, ?1 + ?2)`,
			`SELECT next FROM alerts WHERE id = 1`,
			[]any{ahead, hour},
			0,
		},
		{"since when it fails", ``, `SELECT failing FROM alerts WHERE id = 1`, nil, 0},
		{"when it was added", ``, `SELECT added FROM alerts WHERE id = 1`, nil, 0},
		{
			"a delivery", `INSERT INTO alert_outbox (id, alert_id, story_id, reason, since, due) VALUES ('d', 1, 1, 'new', ?1, ?2)`,
			`SELECT due FROM alert_outbox WHERE id = 'd'`,
			[]any{now - hour, ahead},
			0,
		},
		{
			"a yearly mail's alert", `INSERT INTO alerts (id, topic_id, kind, target, secret, schedule, again_outlets, again_original, after, added)
				VALUES (2, 7, 'email', 'b', '', '0 7 1 1 *', 0, 0, 0, ?)`, `SELECT added FROM alerts WHERE id = 2`, []any{now - hour}, -hour,
		},
		{
			"a yearly mail", `INSERT INTO alert_outbox (id, alert_id, story_id, reason, since, due) VALUES ('y', 2, 1, 'new', ?1, ?2)`,
			`SELECT due FROM alert_outbox WHERE id = 'y'`,
			[]any{now - hour, ahead},
			ahead - now,
		},
		{
			"a mail that was queued ahead", `INSERT INTO alert_outbox (id, alert_id, story_id, reason, since, due) VALUES ('z', 2, 2, 'new', ?1, ?1)`,
			`SELECT due FROM alert_outbox WHERE id = 'z'`,
			[]any{ahead},
			0,
		},
		{
			"a host of pages", `INSERT INTO page_hosts (queue, host, free, rests) VALUES ('pages', 'a', ?1, ?1)`,
			`SELECT free FROM page_hosts WHERE host = 'a'`,
			[]any{ahead},
			0,
		},
		{
			"a host whose quota began five days ahead", `INSERT INTO page_hosts (queue, host, free, rests, began) VALUES ('pages', 'e', ?1 + ?2, ?1 + ?2, ?1)`,
			`SELECT free FROM page_hosts WHERE host = 'e'`,
			[]any{now + 5*24*hour, hour},
			0,
		},
		{
			"a host that wants to be left alone for five days", `INSERT INTO page_hosts (queue, host, free, rests, began) VALUES ('pages', 'f', ?1, ?1, ?2)`,
			`SELECT free FROM page_hosts WHERE host = 'f'`,
			[]any{now + 5*24*hour, now - hour},
			5 * 24 * hour,
		},
		{"its rest", ``, `SELECT rests FROM page_hosts WHERE host = 'a'`, nil, 0},
		{
			"a page, and a feed", `INSERT INTO pages (article_id, hash, url, host, due) SELECT 1, '', '', '', ?1; UPDATE feeds SET state = 'ok'`,
			`SELECT due FROM pages WHERE article_id = 1`,
			[]any{ahead},
			0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.make != "" {
				first, second, _ := strings.Cut(tt.make, "; ") // one with arguments, one without
				if _, err := db.writer.ExecContext(t.Context(), first, tt.args...); err != nil {
					t.Fatal(err)
				}
				if second != "" {
					execute(t, db.Dir(), second)
				}
			}
			for range 2 { // the second round changes nothing
				if _, err := db.ClampWaits(t.Context(), day, longest); err != nil {
					t.Fatal(err)
				}
			}
			var got int64
			rows, err := db.number(t.Context(), "rows", `SELECT count(*) FROM (`+tt.read+`) AS found`)
			if err != nil {
				t.Fatal(err)
			}
			if got, err = db.number(t.Context(), "wait", tt.read); err != nil {
				t.Fatal(err)
			}
			if rows == 0 && tt.want != -1 || rows == 1 && got-now != tt.want {
				t.Errorf("%d rows, %s of now; want %s", rows, time.Duration(got-now)*time.Millisecond, time.Duration(tt.want)*time.Millisecond)
			}
		})
	}
}

// TestRedate: future times stay for an hour; without any, nothing changes.
func TestRedate(t *testing.T) {
	db := newsroom(t, 3)
	settle(t, db, Settlement{Through: 3, Stories: []news.Story{story(1, 0, 1)}})
	year := day.AddDate(1, 0, 0)
	if _, err := db.writer.ExecContext(t.Context(), `UPDATE articles SET seen = ?1, time = ?1 WHERE id = 2`, millis(year)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.writer.ExecContext(t.Context(), `UPDATE stories SET changed = ? WHERE id = 1`, millis(year)); err != nil {
		t.Fatal(err)
	}
	last, err := db.LastSeq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	later := day.AddDate(0, 1, 0)
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 0}, {59 * time.Minute, 0}, {-time.Hour, 0}, {59 * time.Minute, 1}, {2 * time.Hour, 0}} {
		if n, err := db.Redate(t.Context(), later.Add(tt.after), time.Hour); err != nil || n != tt.want {
			t.Fatalf("after %s: %d articles, %v; want %d", tt.after, n, err, tt.want)
		}
	}
	a, err := db.Article(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if a.Seq != last+1 || a.Seen.After(later.Add(2*time.Hour)) || a.Time().After(a.Seen) {
		t.Errorf("the article: entry %d after %d, seen %s, of %s", a.Seq, last, a.Seen, a.Time())
	}
	s, err := db.Story(t.Context(), 1)
	if err != nil || s.Changed.After(later.Add(2*time.Hour)) {
		t.Errorf("the story changed %s, %v", s.Changed, err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
