package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

const feedColumns = `id, url, title, site, folder, added, etag, last_modified, checked, changed, due, state, problem, failures, articles, full_text, ` +
	`pictures, lang, paused, removed, cause, failing, ` + scheduleColumns

func scanFeed(row scanner) (f news.Feed, err error) {
	var added, checked, changed, due, removed, failing, rhythm, fresh, ttl, period, whole, first int64
	s := &f.Schedule
	err = row.Scan(
		&f.ID, &f.URL, &f.Title, &f.Site, &f.Folder, &added, &f.ETag, &f.LastModified, &checked, &changed, &due,
		&f.State, &f.Problem, &f.Failures, &f.Articles, &f.FullText,
		&f.Pictures, &f.Lang, &f.Paused, &removed, &f.Cause, &failing,
		&f.Rule, &rhythm, &fresh, &ttl, &period, &s.Skips.Hours, &s.Skips.Days, &whole, &f.Answered, &f.Moved.To, &first, &f.Moved.Times,
	)
	if err != nil {
		return news.Feed{}, asNotFound(err)
	}
	f.Added, f.Checked, f.Changed, f.Due = fromMillis(added), fromMillis(checked), fromMillis(changed), fromMillis(due)
	f.Whole, f.Moved.First, f.Failing = fromMillis(whole), fromMillis(first), fromMillis(failing)
	if removed > removalEnded {
		f.Removed = fromMillis(removed)
	}
	wait := func(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
	s.Rhythm, s.Fresh, s.TTL, s.Period = wait(rhythm), wait(fresh), wait(ttl), wait(period)
	return f, nil
}

// AddFeed subscribes to f.URL and returns the stored feed. A feed that was removed returns with its articles. For an
// address that is subscribed already it returns that feed and news.ErrExists.
func (db *DB) AddFeed(ctx context.Context, f news.Feed) (added news.Feed, err error) {
	err = db.write(ctx, "add feed "+f.URL, func(ctx context.Context, t tx) error {
		added, err = t.addFeed(ctx, f)
		return err
	})
	return added, err
}

// AddFeeds subscribes to many feeds in one transaction and returns those that were not subscribed before.
func (db *DB) AddFeeds(ctx context.Context, feeds []news.Feed) (added []news.Feed, err error) {
	err = db.write(ctx, "add feeds", func(ctx context.Context, t tx) error {
		added = nil
		for _, f := range feeds {
			a, err := t.addFeed(ctx, f)
			if errors.Is(err, news.ErrExists) {
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", f.URL, err)
			}
			added = append(added, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

const (
	feedByURLSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE url = ? AND removed = 0`
	addFeedSQL   = `INSERT INTO feeds (url, title, site, folder, added, state, full_text, pictures, lang, host) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (url) DO UPDATE SET host = excluded.host, title = excluded.title, site = excluded.site, folder = excluded.folder,
			added = excluded.added, state = excluded.state, etag = '', last_modified = '', checked = 0, changed = 0, due = 0,
			problem = '', failures = 0, removed = 0, full_text = excluded.full_text, pictures = excluded.pictures, lang = excluded.lang, paused = 0, cause = '', failing = 0, ` + unscheduled + `
		RETURNING ` + feedColumns
)

func (t tx) addFeed(ctx context.Context, f news.Feed) (news.Feed, error) {
	if err := weburl.CheckLength(text(f.URL)); err != nil {
		return news.Feed{}, err
	}
	f.URL = text(f.URL)
	old, err := scanFeed(t.QueryRowContext(ctx, feedByURLSQL, f.URL))
	if err == nil {
		return old, news.ErrExists
	}
	if !errors.Is(err, news.ErrNotFound) {
		return news.Feed{}, err
	}
	t.ring(AreaFeeds)
	if f.Added.IsZero() {
		f.Added = time.Now()
	}
	return scanFeed(t.QueryRowContext(ctx, addFeedSQL,
		f.URL, text(f.Title), text(f.Site), text(f.Folder), millis(f.Added), news.FeedWaiting, text(f.FullText), text(f.Pictures), text(f.Lang), hostOf(f.URL)))
}

const feedSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE id = ? AND removed = 0`

// Feed returns a subscribed feed, or news.ErrNotFound.
func (db *DB) Feed(ctx context.Context, id int64) (news.Feed, error) {
	return rowOf(ctx, db, fmt.Sprint("feed ", id), scanFeed, feedSQL, id)
}

// FeedByURL returns the subscribed feed with an address, or news.ErrNotFound.
func (db *DB) FeedByURL(ctx context.Context, url string) (news.Feed, error) {
	return rowOf(ctx, db, "feed "+url, scanFeed, feedByURLSQL, text(url))
}

const feedsSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE removed = 0 ORDER BY id`

// Feeds returns all subscribed feeds in the order in which they were added.
func (db *DB) Feeds(ctx context.Context) ([]news.Feed, error) {
	return rowsOf(ctx, db, "feeds", scanFeed, feedsSQL)
}

const (
	feedsByIDSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE removed = 0 AND id IN (SELECT value FROM json_each(?)) ORDER BY id`
	// feedLinesSQL reads what lists of feeds are filtered, sorted and counted by.
	feedLinesSQL = `SELECT id, url, title, folder, added, checked, changed, due, state, failures, failing, articles, paused FROM feeds WHERE removed = 0 ORDER BY id`
)

// FeedsByID returns the subscribed feeds among some ids, by id.
func (db *DB) FeedsByID(ctx context.Context, ids []int64) ([]news.Feed, error) {
	return rowsOf(ctx, db, "feeds", scanFeed, feedsByIDSQL, idList(ids))
}

// FeedLines returns all subscribed feeds in the order in which they were added, with what FeedPage of package query needs of each.
func (db *DB) FeedLines(ctx context.Context) ([]news.Feed, error) {
	return rowsOf(ctx, db, "feeds", func(row scanner) (f news.Feed, err error) {
		var added, checked, changed, due, failing int64
		err = row.Scan(&f.ID, &f.URL, &f.Title, &f.Folder, &added, &checked, &changed, &due, &f.State, &f.Failures, &failing, &f.Articles, &f.Paused)
		f.Added, f.Checked, f.Changed, f.Due, f.Failing = fromMillis(added), fromMillis(checked), fromMillis(changed), fromMillis(due), fromMillis(failing)
		return f, err
	}, feedLinesSQL)
}

// scheduleColumns hold a feed's polling schedule, in the order of scanFeed and schedule.
const scheduleColumns = `rule, rhythm, fresh, ttl, period, skip_hours, skip_days, whole, answered, moved_to, moved_first, moved_times`

// unscheduled sets scheduleColumns to their values before the first poll.
const unscheduled = `rule = '', rhythm = 0, fresh = 0, ttl = 0, period = 0, skip_hours = 0, skip_days = 0, whole = 0, answered = '',
	moved_to = '', moved_first = 0, moved_times = 0`

// scheduled sets scheduleColumns to parameters.
const scheduled = `rule = ?, rhythm = ?, fresh = ?, ttl = ?, period = ?, skip_hours = ?, skip_days = ?, whole = ?, answered = ?,
	moved_to = ?, moved_first = ?, moved_times = ?`

// schedule returns the values of scheduleColumns.
func schedule(f news.Feed) []any {
	s := f.Schedule
	return []any{
		f.Rule, s.Rhythm.Milliseconds(), s.Fresh.Milliseconds(), s.TTL.Milliseconds(), s.Period.Milliseconds(), s.Skips.Hours, s.Skips.Days,
		millis(f.Whole), text(f.Answered), text(f.Moved.To), millis(f.Moved.First), f.Moved.Times,
	}
}

const addressTakenSQL = `SELECT count(*) FROM feeds WHERE url = ?`

// AddressTaken reports whether a feed has this address, or had it when it was removed.
func (db *DB) AddressTaken(ctx context.Context, url string) (bool, error) {
	n, err := db.number(ctx, "feed "+url, addressTakenSQL, text(url))
	return n > 0, err
}

const (
	dropExpiredRestsSQL = `DELETE FROM resting WHERE until <= ?`
	adoptSQL            = `UPDATE feeds SET url = ?1, host = ?3 WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM feeds AS x WHERE x.url = ?1)`
	restSQL             = `INSERT INTO resting (host, until) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET until = max(resting.until, excluded.until)`
)

// storeMove stores a feed's new address, unless it is too long, and the pause that its host asked for. It deletes pauses that are over.
func (c *logWriter) storeMove(ctx context.Context, p Poll) error {
	if p.NewURL != "" && weburl.CheckLength(text(p.NewURL)) == nil {
		if err := c.exec(ctx, adoptSQL, text(p.NewURL), p.Feed.ID, hostOf(p.NewURL)); err != nil {
			return err
		}
	}
	if p.Rest.Host == "" || len(text(p.Rest.Host)) > maxHost {
		return nil
	}
	return c.saveRest(ctx, p.Rest, p.Feed.Checked)
}

func (t tx) saveRest(ctx context.Context, r news.Rest, now time.Time) error {
	if err := t.exec(ctx, dropExpiredRestsSQL, millis(now)); err != nil {
		return err
	}
	return t.exec(ctx, restSQL, text(r.Host), millisUp(r.Until))
}

// SaveRest stores the pause that a host asked for, whatever it was asked.
func (db *DB) SaveRest(ctx context.Context, r news.Rest, now time.Time) error {
	return db.write(ctx, "host that rests", func(ctx context.Context, t tx) error { return t.saveRest(ctx, r, now) })
}

const restingSQL = `SELECT host, until FROM resting WHERE until > ?`

// Resting returns the hosts that must not be asked at now.
func (db *DB) Resting(ctx context.Context, now time.Time) ([]news.Rest, error) {
	return rowsOf(ctx, db, "resting hosts", func(row scanner) (r news.Rest, err error) {
		var until int64
		err = row.Scan(&r.Host, &until)
		r.Until = fromMillis(until)
		return r, err
	}, restingSQL, millis(now))
}

const feedsAddedSQL = `SELECT id, added FROM feeds`

// FeedsAdded returns the time at which each feed was added, by feed id. Removed feeds are included.
func (db *DB) FeedsAdded(ctx context.Context) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	err := db.eachRow(ctx, "feeds", func(row scanner) error {
		var id, added int64
		err := row.Scan(&id, &added)
		out[id] = fromMillis(added)
		return err
	}, feedsAddedSQL)
	return out, err
}

const (
	wholeTextsSQL     = `SELECT id FROM feeds WHERE whole_texts = 1`
	noteWholeTextsSQL = `UPDATE feeds SET whole_texts = 1 WHERE id IN (SELECT value FROM json_each(?))`
)

// WholeTexts returns the ids of the feeds that have carried at least one item with its whole text.
func (db *DB) WholeTexts(ctx context.Context) (map[int64]bool, error) {
	ids, err := rowsOf(ctx, db, "feeds with whole texts", scanID, wholeTextsSQL)
	whole := make(map[int64]bool, len(ids))
	for _, id := range ids {
		whole[id] = true
	}
	return whole, err
}

// RecordWholeTexts stores that feeds have carried an item with its whole text.
func (db *DB) RecordWholeTexts(ctx context.Context, feeds []int64) error {
	if len(feeds) == 0 {
		return nil
	}
	return db.exec(ctx, "note whole texts", noteWholeTextsSQL, idList(feeds))
}

const pollFeedBySQL = `UPDATE feeds SET due = ?1, rule = ?2 WHERE id = ?3 AND removed = 0 AND due > ?1`

// PollFeedBy makes a feed due at a time at the latest, and stores the rule that says so.
func (db *DB) PollFeedBy(ctx context.Context, feed int64, at time.Time, rule news.Rule) error {
	return db.exec(ctx, fmt.Sprintf("poll feed %d sooner", feed), pollFeedBySQL, millis(at), rule, feed)
}
