package store

import (
	"context"
	"fmt"
	"time"

	"headwater/internal/news"
)

// removalEnded is the value of feeds.removed once a removal can't be undone any more. Larger values are the time of a removal that
// can be.
const removalEnded = 1

// withoutHub makes a feed due that waited for a hub, which has pushed nothing of it or nothing that was stored.
const withoutHub = `due = CASE WHEN rule = 'hub' THEN 0 ELSE due END`

const (
	removeFeedsSQL  = `UPDATE feeds SET removed = ? WHERE removed = 0 AND id IN (SELECT value FROM json_each(?))`
	restoreFeedsSQL = `UPDATE feeds SET removed = 0, ` + withoutHub + ` WHERE removed > 1 AND id IN (SELECT value FROM json_each(?)) RETURNING id`
	removedFeedsSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE removed > 1 ORDER BY removed DESC, id LIMIT ?`
)

// RemoveFeed ends a subscription. It returns news.ErrNotFound for an unknown feed. The articles stay, and RestoreFeeds undoes it
// until EndRemovals.
func (db *DB) RemoveFeed(ctx context.Context, id int64) error {
	n, err := db.RemoveFeeds(ctx, []int64{id})
	if err == nil && n == 0 {
		return fmt.Errorf("remove feed %d: %w", id, news.ErrNotFound)
	}
	return err
}

// RemoveFeeds ends subscriptions, and returns how many there were of these.
func (db *DB) RemoveFeeds(ctx context.Context, ids []int64) (removed int, err error) {
	err = db.write(ctx, "remove feeds", func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		removed, err = t.affected(ctx, removeFeedsSQL, millis(db.Now()), idList(ids))
		return err
	})
	return removed, err
}

// RestoreFeeds undoes removals. The feeds are subscribed again with all that was set of them, and are polled when they were to be.
// It returns the feeds that it could restore.
func (db *DB) RestoreFeeds(ctx context.Context, ids []int64) (restored []int64, err error) {
	err = db.write(ctx, "restore feeds", func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		restored, err = t.ids(ctx, restoreFeedsSQL, idList(ids))
		return err
	})
	return restored, err
}

// RemovedFeeds returns the feeds whose removal can be undone, the last one first.
func (db *DB) RemovedFeeds(ctx context.Context, limit int) ([]news.Feed, error) {
	return rowsOf(ctx, db, "removed feeds", scanFeed, removedFeedsSQL, limit)
}

const (
	endedRemovalsSQL = `SELECT id FROM feeds WHERE removed > 1 AND removed <= ? ORDER BY removed LIMIT ?`
	endRemovalSQL    = `UPDATE feeds SET removed = 1 WHERE id = ?`
)

// EndRemovals makes removals final that are older than a time, at most limit of them, and returns how many. What was learnt of the
// feeds' documents is deleted.
func (db *DB) EndRemovals(ctx context.Context, before time.Time, limit int) (ended int, err error) {
	due, err := rowsOf(ctx, db, "feeds whose removal is final", scanID, endedRemovalsSQL, millis(before), limit)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	err = db.write(ctx, "end removals of feeds", func(ctx context.Context, t tx) error {
		ids, err := t.ids(ctx, endedRemovalsSQL, millis(before), limit) // some may be restored by now
		if err != nil {
			return err
		}
		ended = len(ids)
		for _, id := range ids {
			if err := t.all(ctx, []string{endRemovalSQL, dropAgedSQL, forgetFurnitureSQL, forgetShownSQL, dropDaysSQL, dropRunsSQL}, id); err != nil {
				return err
			}
		}
		return nil
	})
	return ended, err
}

const (
	dropDaysSQL = `DELETE FROM feed_days WHERE feed_id = ?`
	dropRunsSQL = `DELETE FROM feed_polls WHERE feed_id = ?`
)

// changeFeedsSQL leaves what is NULL as it is. A feed that is to be called what it calls itself is read whole at its next poll, as
// an answer without a document does not say it. A feed that is resumed has missed what its hub pushed.
const changeFeedsSQL = `UPDATE feeds SET title = coalesce(?1, title), folder = coalesce(?2, folder), site = coalesce(?3, site),
	full_text = coalesce(?4, full_text), pictures = coalesce(?5, pictures), lang = coalesce(?6, lang), paused = coalesce(?7, paused),
	due = CASE WHEN ?7 = 0 AND paused = 1 AND rule = 'hub' THEN 0 ELSE due END,
	etag = CASE WHEN ?1 = '' THEN '' ELSE etag END, last_modified = CASE WHEN ?1 = '' THEN '' ELSE last_modified END
	WHERE removed = 0 AND id IN (SELECT value FROM json_each(?8))`

// ChangeFeeds changes what people set of feeds. It returns how many of them there are.
func (db *DB) ChangeFeeds(ctx context.Context, ids []int64, e news.FeedEdit) (changed int, err error) {
	set := func(s *string) any {
		if s == nil {
			return nil
		}
		return text(*s)
	}
	var paused any
	if e.Paused != nil {
		paused = 0
		if *e.Paused {
			paused = 1
		}
	}
	err = db.write(ctx, "change feeds", func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		changed, err = t.affected(ctx, changeFeedsSQL, set(e.Title), set(e.Folder), set(e.Site), set(e.FullText), set(e.Pictures), set(e.Lang), paused, idList(ids))
		return err
	})
	return changed, err
}

// EditFeed changes a feed's title and folder. It returns news.ErrNotFound for an unknown feed.
func (db *DB) EditFeed(ctx context.Context, id int64, title, folder string) error {
	return db.ChangeFeed(ctx, id, news.FeedEdit{Title: &title, Folder: &folder})
}

// ChangeFeed changes what people set of one feed. It returns news.ErrNotFound for an unknown feed.
func (db *DB) ChangeFeed(ctx context.Context, id int64, e news.FeedEdit) error {
	n, err := db.ChangeFeeds(ctx, []int64{id}, e)
	if err == nil && n == 0 {
		return fmt.Errorf("feed %d: %w", id, news.ErrNotFound)
	}
	return err
}

// moveFolderSQL moves the folders below a folder, too: a folder is a path such as News/World.
const moveFolderSQL = `UPDATE feeds SET folder = CASE WHEN folder = ?1 THEN ?2 WHEN ?2 = '' THEN substr(folder, length(?1) + 2)
	ELSE ?2 || substr(folder, length(?1) + 1) END
	WHERE folder = ?1 OR folder > ?1 || '/' AND folder < ?1 || '0'`

// moveRulesSQL lets the rules of a folder, and of those below it, follow it.
const moveRulesSQL = `UPDATE rules SET folder = ?2 || substr(folder, length(?1) + 1) WHERE folder = ?1 OR folder > ?1 || '/' AND folder < ?1 || '0'`

// MoveFolder moves all feeds of a folder, and of the folders below it, to another, which may have feeds already. Without another
// the feeds are in no folder afterwards. It returns how many feeds were moved; those that are removed for now count.
func (db *DB) MoveFolder(ctx context.Context, from, to string) (moved int, err error) {
	err = db.write(ctx, "move folder "+from, func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		if to != "" {
			if err := t.exec(ctx, moveRulesSQL, text(from), text(to)); err != nil {
				return err
			}
		}
		moved, err = t.affected(ctx, moveFolderSQL, text(from), text(to))
		return err
	})
	return moved, err
}

const (
	removedFolderSQL      = `SELECT max(?, coalesce((SELECT max(removal) FROM removed_folders), 0) + 1)`
	forgetFoldersSQL      = `DELETE FROM removed_folders WHERE removal < ?`
	keepRemovedFoldersSQL = `INSERT INTO removed_folders (removal, feed_id, folder, became)
		SELECT ?2, id, folder, CASE WHEN folder = ?1 THEN '' ELSE substr(folder, length(?1) + 2) END FROM feeds
		WHERE folder = ?1 OR folder > ?1 || '/' AND folder < ?1 || '0'`
	restoreFolderSQL = `UPDATE feeds SET folder = (SELECT r.folder FROM removed_folders AS r WHERE r.removal = ?1 AND r.feed_id = feeds.id)
		WHERE id IN (SELECT r.feed_id FROM removed_folders AS r WHERE r.removal = ?1)
			AND folder = (SELECT r.became FROM removed_folders AS r WHERE r.removal = ?1 AND r.feed_id = feeds.id)`
	lastRemovedFolderSQL = `SELECT coalesce(max(removal), 0) FROM removed_folders`
	dropRemovedFolderSQL = `DELETE FROM removed_folders WHERE removal = ?`
)

// RemoveFolder is MoveFolder without another folder. It returns how many feeds were in it, and what names the removal for RestoreFolder.
func (db *DB) RemoveFolder(ctx context.Context, name string) (r news.FolderRemoval, err error) {
	err = db.write(ctx, "remove folder "+name, func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		now := db.Now()
		if err := t.exec(ctx, forgetFoldersSQL, millis(now.Add(-news.UndoRemoval))); err != nil {
			return err
		}
		if err := t.scan(ctx, []any{&r.Undo}, removedFolderSQL, millis(now)); err != nil {
			return err
		}
		if err := t.exec(ctx, keepRemovedFoldersSQL, text(name), r.Undo); err != nil {
			return err
		}
		r.Feeds, err = t.affected(ctx, moveFolderSQL, text(name), "")
		if err == nil && r.Feeds == 0 {
			err = news.ErrNotFound
		}
		return err
	})
	return r, err
}

// RestoreFolder undoes a removal of RemoveFolder, or where that is 0 the last one, and returns how many feeds are back in their folders: those that nobody moved since. It
// returns news.ErrNotFound where there is no such removal, or none of the last day.
func (db *DB) RestoreFolder(ctx context.Context, removal int64) (restored int, err error) {
	err = db.write(ctx, "restore a folder", func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		if err := t.exec(ctx, forgetFoldersSQL, millis(db.Now().Add(-news.UndoRemoval))); err != nil {
			return err
		}
		if removal == 0 {
			if err := t.scan(ctx, []any{&removal}, lastRemovedFolderSQL); err != nil {
				return err
			}
		}
		if restored, err = t.affected(ctx, restoreFolderSQL, removal); err != nil {
			return err
		}
		if restored == 0 { // the removal stays, for after that of another folder has been taken back
			return news.ErrNotFound
		}
		return t.exec(ctx, dropRemovedFolderSQL, removal)
	})
	return restored, err
}

const (
	refreshSQL = `UPDATE feeds SET due = ?1, rule = ?2, state = CASE WHEN state = 'gone' THEN 'waiting' ELSE state END
		WHERE id = ?3 AND removed = 0 AND (due > ?1 OR state = 'gone')`
)

// PollFeedsAt makes feeds due at times at the latest, by id, and stores the rule that says so. It revives feeds that have ended.
func (db *DB) PollFeedsAt(ctx context.Context, at map[int64]time.Time, rule news.Rule) error {
	return db.write(ctx, "poll feeds sooner", func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		for id, due := range at {
			if err := t.exec(ctx, refreshSQL, millis(due), rule, id); err != nil {
				return err
			}
		}
		return nil
	})
}
