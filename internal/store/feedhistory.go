package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"headwater/internal/news"
)

// maxRuns is how many runs of polls are kept of a feed.
const maxRuns = 30

const (
	newestRunSQL = `SELECT first, last, state, cause, problem FROM feed_polls WHERE feed_id = ? ORDER BY first DESC LIMIT 1`
	addToRunSQL  = `UPDATE feed_polls SET last = ?, polls = polls + 1, articles = articles + ? WHERE feed_id = ? AND first = ?`
	addRunSQL    = `INSERT INTO feed_polls (feed_id, first, last, polls, state, cause, problem, articles) VALUES (?1, ?2, ?2, 1, ?3, ?4, ?5, ?6)
		ON CONFLICT (feed_id, first) DO NOTHING`
	dropOldRunsSQL = `DELETE FROM feed_polls WHERE feed_id = ?1
		AND first <= (SELECT first FROM feed_polls WHERE feed_id = ?1 ORDER BY first DESC LIMIT 1 OFFSET ?2)`
)

// notePoll adds a poll to the history of its feed. A poll that only postponed the feed is not in the history.
func (t tx) notePoll(ctx context.Context, f news.Feed, added int) error {
	var first, last int64
	var state, cause, problem string
	at := millis(f.Checked)
	err := t.scan(ctx, []any{&first, &last, &state, &cause, &problem}, newestRunSQL, f.ID)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	case at == 0 || at <= last:
		return nil
	case err == nil && state == string(f.State) && cause == text(string(f.Cause)) && problem == text(f.Problem):
		return t.exec(ctx, addToRunSQL, at, added, f.ID, first)
	}
	if err := t.exec(ctx, addRunSQL, f.ID, at, f.State, text(string(f.Cause)), text(f.Problem), added); err != nil {
		return err
	}
	return t.exec(ctx, dropOldRunsSQL, f.ID, maxRuns)
}

const feedHistorySQL = `SELECT first, last, polls, state, cause, problem, articles FROM feed_polls WHERE feed_id = ? ORDER BY first DESC`

// FeedHistory returns a feed's last polls, the newest first. Polls in a row that ended alike are one.
func (db *DB) FeedHistory(ctx context.Context, feed int64) ([]news.PollRun, error) {
	return rowsOf(ctx, db, "history of a feed", func(row scanner) (r news.PollRun, err error) {
		var first, last int64
		err = row.Scan(&first, &last, &r.Polls, &r.State, &r.Cause, &r.Problem, &r.Articles)
		r.First, r.Last = fromMillis(first), fromMillis(last)
		return r, err
	}, feedHistorySQL, feed)
}

// dayOf numbers the days (UTC) since 1970.
func dayOf(t time.Time) int64 { return t.Unix() / int64((24 * time.Hour).Seconds()) }

const (
	countDaySQL = `INSERT INTO feed_days (feed_id, day, articles) VALUES (?, ?, ?)
		ON CONFLICT (feed_id, day) DO UPDATE SET articles = feed_days.articles + excluded.articles`
	dropOldDaysSQL = `DELETE FROM feed_days WHERE feed_id = ? AND day <= ?`
)

// countDays counts new articles of a feed by day. Days before the last news.FeedDays are not counted, and what is dated in the
// future counts for today.
func (t tx) countDays(ctx context.Context, f news.Feed, days map[int64]int) error {
	if len(days) == 0 {
		return nil
	}
	today, now := dayOf(f.Checked), map[int64]int{}
	for day, n := range days {
		if day > today-news.FeedDays {
			now[min(day, today)] += n
		}
	}
	for day, n := range now {
		if err := t.exec(ctx, countDaySQL, f.ID, day, n); err != nil {
			return err
		}
	}
	return t.exec(ctx, dropOldDaysSQL, f.ID, today-news.FeedDays)
}

const feedDaysSQL = `SELECT d.feed_id, d.day, d.articles FROM json_each(?) AS wanted CROSS JOIN feed_days AS d
	WHERE d.feed_id = wanted.value AND d.day > ? ORDER BY d.feed_id, d.day`

// FeedDays returns, by feed, how many articles of each of the last news.FeedDays the feeds have brought. Days without any are left
// out.
func (db *DB) FeedDays(ctx context.Context, feeds []int64, now time.Time) (map[int64][]news.DayCount, error) {
	counts := make(map[int64][]news.DayCount, len(feeds))
	err := db.eachRow(ctx, "articles a day", func(row scanner) error {
		var feed, day int64
		var c news.DayCount
		err := row.Scan(&feed, &day, &c.Articles)
		c.Day = time.Unix(day*int64((24*time.Hour).Seconds()), 0).UTC()
		counts[feed] = append(counts[feed], c)
		return err
	}, feedDaysSQL, idList(feeds), dayOf(now)-news.FeedDays)
	return counts, err
}
