package store

import (
	"context"
	"database/sql"
	"time"

	"headwater/internal/news"
)

// scheduleColumns say when a feed wants to be polled, in the order of scanSchedule and schedule.
const scheduleColumns = `rule, rhythm, fresh, ttl, period, skip_hours, skip_days, whole, answered, moved_to, moved_first, moved_times`

// unscheduled sets them to what they are before the first poll.
const unscheduled = `rule = '', rhythm = 0, fresh = 0, ttl = 0, period = 0, skip_hours = 0, skip_days = 0, whole = 0, answered = '',
	moved_to = '', moved_first = 0, moved_times = 0`

// scheduled sets them to parameters.
const scheduled = `rule = ?, rhythm = ?, fresh = ?, ttl = ?, period = ?, skip_hours = ?, skip_days = ?, whole = ?, answered = ?,
	moved_to = ?, moved_first = ?, moved_times = ?`

// scanSchedule gives what the columns are scanned into, and what puts it into the feed afterwards.
func scanSchedule(f *news.Feed) (into []any, read func()) {
	var rhythm, fresh, ttl, period, whole, first int64
	s := &f.Schedule
	into = []any{
		&f.Rule, &rhythm, &fresh, &ttl, &period, &s.Skips.Hours, &s.Skips.Days, &whole, &f.Answered, &f.Moved.To, &first, &f.Moved.Times,
	}
	return into, func() {
		s.Rhythm, s.Fresh, s.TTL, s.Period = wait(rhythm), wait(fresh), wait(ttl), wait(period)
		f.Whole, f.Moved.First = fromMillis(whole), fromMillis(first)
	}
}

func schedule(f news.Feed) []any {
	s := f.Schedule
	return []any{
		f.Rule, s.Rhythm.Milliseconds(), s.Fresh.Milliseconds(), s.TTL.Milliseconds(), s.Period.Milliseconds(), s.Skips.Hours, s.Skips.Days,
		millis(f.Whole), text(f.Answered), text(f.Moved.To), millis(f.Moved.First), f.Moved.Times,
	}
}

func wait(millis int64) time.Duration { return time.Duration(millis) * time.Millisecond }

const addressTakenSQL = `SELECT count(*) FROM feeds WHERE url = ?`

// AddressTaken says whether a feed has an address, or had it when it was removed.
func (db *DB) AddressTaken(ctx context.Context, url string) (taken bool, err error) {
	err = db.read(ctx, "feed "+url, func(t *sql.Tx) error {
		return t.QueryRowContext(ctx, addressTakenSQL, text(url)).Scan(&taken)
	})
	return taken, err
}

const (
	restedSQL = `DELETE FROM resting WHERE until <= ?`
	adoptSQL  = `UPDATE OR IGNORE feeds SET url = ? WHERE id = ?`
	restSQL   = `INSERT INTO resting (host, until) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET until = max(until, excluded.until)`
)

// follow takes over a feed's new address, and keeps what its host asked for; what is over is forgotten.
func (c *collector) follow(ctx context.Context, p Poll) error {
	if p.Adopt != "" {
		if err := c.exec(ctx, adoptSQL, text(p.Adopt), p.Feed.ID); err != nil {
			return err
		}
	}
	if p.Rest.Host == "" {
		return nil
	}
	if err := c.exec(ctx, restedSQL, millis(p.Feed.Checked)); err != nil {
		return err
	}
	return c.exec(ctx, restSQL, text(p.Rest.Host), millisUp(p.Rest.Until))
}

const restingSQL = `SELECT host, until FROM resting WHERE until > ?`

// Resting gives the hosts that want to be left alone at now.
func (db *DB) Resting(ctx context.Context, now time.Time) ([]news.Rest, error) {
	return rowsOf(ctx, db, "resting hosts", func(row scanner) (r news.Rest, err error) {
		var until int64
		err = row.Scan(&r.Host, &until)
		r.Until = fromMillis(until)
		return r, err
	}, restingSQL, millis(now))
}
