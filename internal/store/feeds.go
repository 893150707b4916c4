package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"headwater/internal/news"
)

const feedColumns = `id, url, title, site, folder, added, etag, last_modified, checked, changed, due, state, problem, failures, articles, full_text, ` +
	scheduleColumns

func scanFeed(row scanner) (f news.Feed, err error) {
	var added, checked, changed, due int64
	schedule, read := scanSchedule(&f)
	err = row.Scan(append([]any{
		&f.ID, &f.URL, &f.Title, &f.Site, &f.Folder, &added, &f.ETag, &f.LastModified, &checked, &changed, &due,
		&f.State, &f.Problem, &f.Failures, &f.Articles, &f.FullText,
	}, schedule...)...)
	f.Added, f.Checked, f.Changed, f.Due = fromMillis(added), fromMillis(checked), fromMillis(changed), fromMillis(due)
	read()
	return f, found(err)
}

// AddFeed subscribes to f.URL and gives the feed as stored. A feed that was removed comes back with its articles. An
// address that is subscribed already gives that feed and news.ErrExists.
func (db *DB) AddFeed(ctx context.Context, f news.Feed) (added news.Feed, err error) {
	err = db.write(ctx, "add feed "+f.URL, func(ctx context.Context, t tx) error {
		added, err = t.addFeed(ctx, f)
		return err
	})
	return added, err
}

// AddFeeds subscribes to many feeds in one transaction and gives those that were not subscribed before.
func (db *DB) AddFeeds(ctx context.Context, feeds []news.Feed) (added []news.Feed, err error) {
	err = db.write(ctx, "add feeds", func(ctx context.Context, t tx) error {
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
	addFeedSQL   = `INSERT INTO feeds (url, title, site, folder, added, state, full_text) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (url) DO UPDATE SET title = excluded.title, site = excluded.site, folder = excluded.folder,
			added = excluded.added, state = excluded.state, etag = '', last_modified = '', checked = 0, changed = 0, due = 0,
			problem = '', failures = 0, removed = 0, full_text = excluded.full_text, ` + unscheduled + `
		RETURNING ` + feedColumns
)

func (t tx) addFeed(ctx context.Context, f news.Feed) (news.Feed, error) {
	f.URL = text(f.URL)
	old, err := scanFeed(t.QueryRowContext(ctx, feedByURLSQL, f.URL))
	if err == nil {
		return old, news.ErrExists
	}
	if !errors.Is(err, news.ErrNotFound) {
		return news.Feed{}, err
	}
	if f.Added.IsZero() {
		f.Added = time.Now()
	}
	return scanFeed(t.QueryRowContext(ctx, addFeedSQL,
		f.URL, text(f.Title), text(f.Site), text(f.Folder), millis(f.Added), news.FeedWaiting, text(f.FullText)))
}

const feedSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE id = ? AND removed = 0`

// Feed gives a subscribed feed, or news.ErrNotFound.
func (db *DB) Feed(ctx context.Context, id int64) (news.Feed, error) {
	f, err := scanFeed(db.reader.QueryRowContext(ctx, feedSQL, id))
	if err != nil {
		return news.Feed{}, fmt.Errorf("feed %d: %w", id, db.explain(err))
	}
	return f, nil
}

// FeedByURL gives the feed that is subscribed at an address, or news.ErrNotFound.
func (db *DB) FeedByURL(ctx context.Context, url string) (news.Feed, error) {
	f, err := scanFeed(db.reader.QueryRowContext(ctx, feedByURLSQL, text(url)))
	if err != nil {
		return news.Feed{}, fmt.Errorf("feed %s: %w", url, db.explain(err))
	}
	return f, nil
}

const feedsSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE removed = 0 ORDER BY id`

// Feeds gives all subscribed feeds in the order in which they were added.
func (db *DB) Feeds(ctx context.Context) ([]news.Feed, error) {
	return db.feeds(ctx, feedsSQL)
}

const dueFeedsSQL = `SELECT ` + feedColumns + ` FROM feeds
	WHERE removed = 0 AND state <> 'gone' AND due <= ? ORDER BY due, id`

// DueFeeds gives the feeds to poll at now, the one that has waited longest first. Feeds that answered 410 are never due.
func (db *DB) DueFeeds(ctx context.Context, now time.Time) ([]news.Feed, error) {
	return db.feeds(ctx, dueFeedsSQL, millis(now))
}

func (db *DB) feeds(ctx context.Context, query string, args ...any) ([]news.Feed, error) {
	return rowsOf(ctx, db, "feeds", scanFeed, query, args...)
}

const removeFeedSQL = `UPDATE feeds SET removed = 1 WHERE id = ? AND removed = 0`

// RemoveFeed ends a subscription, or gives news.ErrNotFound. The articles stay; what was learnt of the feed's furniture
// goes.
func (db *DB) RemoveFeed(ctx context.Context, id int64) error {
	return db.write(ctx, fmt.Sprintf("remove feed %d", id), func(ctx context.Context, t tx) error {
		if err := t.execFound(ctx, removeFeedSQL, id); err != nil {
			return err
		}
		if err := t.exec(ctx, dropAgedSQL, id); err != nil {
			return err
		}
		return t.forgetFurniture(ctx, id)
	})
}

// execFound runs a statement that must change a row.
func (t tx) execFound(ctx context.Context, query string, args ...any) error {
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return news.ErrNotFound
	}
	return err
}
