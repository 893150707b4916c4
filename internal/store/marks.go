package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"

	"headwater/internal/news"
)

var (
	// readCopiesSQL marks as read the stories of the given articles, as far as these stand for their story and were not
	// read before. An article that was read before changes nothing. So a member that somebody marked as unread since then
	// stays unread.
	readCopiesSQL = `INSERT INTO read_marks (user_id, article_id, at)
		SELECT ?1, y.article_id, ?3 FROM json_each(?2) AS wanted CROSS JOIN members AS m CROSS JOIN members AS y CROSS JOIN articles AS a
		WHERE m.article_id = wanted.value AND m.leads = 1 AND y.story_id = m.story_id
			AND a.id = y.article_id AND ` + readAtSQL + ` IS NULL
			AND (SELECT ` + readAtSQL + ` FROM articles AS a WHERE a.id = m.article_id) IS NULL
		ON CONFLICT (user_id, article_id) DO NOTHING RETURNING article_id`
	readSQL = `INSERT INTO read_marks (user_id, article_id, at)
		SELECT ?1, a.id, ?3 FROM articles AS a WHERE a.id IN (SELECT value FROM json_each(?2)) AND ` + readAtSQL + ` IS NULL
		ON CONFLICT (user_id, article_id) DO NOTHING RETURNING article_id`
	// markingSQL is the time of a new marking, which no marking of the user has had, whatever the clock says.
	markingSQL = `SELECT max(?1, max(coalesce((SELECT max(r.at) FROM read_marks AS r WHERE r.user_id = ?2), 0),
		coalesce((SELECT max(g.at) FROM read_ranges AS g WHERE g.user_id = ?2), 0)) + 1)`
	unreadOneSQL = `DELETE FROM read_marks WHERE user_id = ?1 AND article_id IN (SELECT value FROM json_each(?2))`
	labelSQL     = `INSERT INTO labelled (user_id, label, article_id)
		SELECT ?1, ?3, a.id FROM articles AS a WHERE a.id IN (SELECT value FROM json_each(?2))
		ON CONFLICT (user_id, label, article_id) DO NOTHING RETURNING article_id`
	unlabelSQL = `DELETE FROM labelled WHERE user_id = ?1 AND label = ?3 AND article_id IN (SELECT value FROM json_each(?2)) RETURNING article_id`
)

// MarkItems changes a user's marks of articles. It skips ids that are not stored. Marking the article that stands for a
// story as read marks the whole story. Marking an article as unread changes that article alone.
//
// A mark is a row that exists or not. So marking twice changes nothing, and two clients that mark at once do not undo
// each other's marks. Story.Lead says which article stands for a story; settling stores it in members.leads. Marking that
// article reads the members that the story has at this moment. A member that joins later is unread in its own feed. Where
// another article becomes the origin, it stands for the story from then on, and is unread.
func (db *DB) MarkItems(ctx context.Context, user int64, m news.Marking) (news.Marked, error) {
	ids := idList(m.Articles)
	return db.mark(ctx, "mark articles", user, func(ctx context.Context, t tx) (changed news.Marked, err error) {
		if m.Read {
			if changed, err = t.markRead(ctx, user, ids); err != nil {
				return changed, err
			}
		}
		if m.Unread {
			if changed.Unread, err = t.markUnread(ctx, user, ids); err != nil {
				return changed, err
			}
		}
		for _, l := range m.AddLabels {
			labelled, err := t.ids(ctx, labelSQL, user, ids, text(l))
			if err != nil {
				return changed, err
			}
			if l == "" {
				changed.Starred = labelled
			} else {
				changed.Relabelled = append(changed.Relabelled, labelled...)
			}
		}
		for _, l := range m.DropOff {
			dropped, err := t.ids(ctx, unlabelSQL, user, ids, text(l))
			if err != nil {
				return changed, err
			}
			if l == "" {
				changed.Unstarred = dropped
			} else {
				changed.Relabelled = append(changed.Relabelled, dropped...)
			}
		}
		return changed, nil
	})
}

const raiseMarkedSQL = `UPDATE users SET marked = marked + 1 WHERE id = ? RETURNING marked`

// mark runs a transaction that changes a user's marks, and updates the cache.
func (db *DB) mark(ctx context.Context, what string, user int64, fn func(context.Context, tx) (news.Marked, error)) (news.Marked, error) {
	changed, err := db.markUsers(ctx, what, func(ctx context.Context, t tx) (map[int64]news.Marked, error) {
		m, err := fn(ctx, t)
		return map[int64]news.Marked{user: m}, err
	})
	return changed[user], err
}

// markUsers is mark for several users, whose changes fn returns by user.
func (db *DB) markUsers(ctx context.Context, what string, fn func(context.Context, tx) (map[int64]news.Marked, error)) (changed map[int64]news.Marked, err error) {
	db.marks.writing.Lock()
	defer db.marks.writing.Unlock()
	var versions map[int64]int64
	err = db.write(ctx, what, func(ctx context.Context, t tx) (err error) {
		if changed, err = fn(ctx, t); err != nil {
			return err
		}
		versions = map[int64]int64{}
		for _, user := range slices.Sorted(maps.Keys(changed)) {
			if changed[user].None() {
				continue
			}
			var version int64
			if err := t.scan(ctx, []any{&version}, raiseMarkedSQL, user); err != nil {
				return err
			}
			versions[user] = version
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for user, version := range versions {
		db.marks.change(user, version, changed[user])
		db.hides.change(user, version, changed[user])
	}
	return changed, nil
}

// markRead returns the ids of the articles that this call marked as read, without those that were read before.
func (t tx) markRead(ctx context.Context, user int64, ids string) (changed news.Marked, err error) {
	var at int64
	if err := t.scan(ctx, []any{&at}, markingSQL, millis(t.db.Now()), user); err != nil {
		return changed, err
	}
	if changed.Read, err = t.readRows(ctx, user, ids, at); len(changed.Read) > 0 {
		changed.Marking = at
	}
	return changed, err
}

// readRows marks articles and the stories for which they stand, and returns those that were unread.
func (t tx) readRows(ctx context.Context, user int64, ids string, at int64) ([]int64, error) {
	copies, err := t.ids(ctx, readCopiesSQL, user, ids, at)
	if err != nil {
		return nil, err
	}
	own, err := t.ids(ctx, readSQL, user, ids, at)
	return append(copies, own...), err
}

// markUnread returns the ids of the articles that were read before.
func (t tx) markUnread(ctx context.Context, user int64, ids string) ([]int64, error) {
	read, err := t.ids(ctx, readIDsSQL, user, ids)
	if err != nil {
		return nil, err
	}
	return read, t.all(ctx, []string{unreadOneSQL, takeOutSQL}, user, idList(read))
}

// MarkAllRead marks the items of a list as read. An article that stands for a story marks its whole story. A list of whole feeds costs
// by its feeds, any other by its articles.
func (db *DB) MarkAllRead(ctx context.Context, user int64, l news.ItemList) (news.Marked, error) {
	l.Out = append(append([]news.Stream(nil), l.Out...), news.Stream{Kind: news.StreamRead})
	f, err := itemFilter(user, l)
	if err != nil {
		return news.Marked{}, err
	}
	feeds, whole := wholeFeeds(l)
	return db.mark(ctx, "mark all as read", user, func(ctx context.Context, t tx) (changed news.Marked, err error) {
		if whole {
			if changed, done, err := t.markFeeds(ctx, user, l, feeds); done || err != nil {
				return changed, err
			}
		}
		ids, err := t.idList(ctx, `SELECT a.id FROM articles AS a`+f.where(), f.args...)
		if err != nil {
			return changed, err
		}
		return t.markRead(ctx, user, ids)
	})
}

const undoReadSQL = `DELETE FROM read_marks WHERE user_id = ? AND at = ? RETURNING article_id`

// UndoRead takes back what is left of one marking as read. What the user, or another program of theirs, marked before or
// after it stays, also where that was the same article.
func (db *DB) UndoRead(ctx context.Context, user, marking int64) (news.Marked, error) {
	return db.mark(ctx, "undo a marking", user, func(ctx context.Context, t tx) (changed news.Marked, err error) {
		if marking <= 0 { // marks without a time are of many markings
			return changed, nil
		}
		if changed.Unread, err = t.undoRanges(ctx, user, marking); err != nil {
			return changed, err
		}
		single, err := t.ids(ctx, undoReadSQL, user, marking)
		if err != nil {
			return changed, err
		}
		changed.Unread = append(changed.Unread, single...)
		return changed, t.exec(ctx, takeOutSQL, user, idList(single)) // of later ranges, which did not change them
	})
}

// markCache holds the marks of users who searched by them; a second one holds what is hidden from users, which each of their lists
// needs. Reading hundreds of thousands of marks takes longer than any search. Each user has a version in the database (users.marked) that
// rises with each change. A writer updates the cache after its transaction is committed. Where other processes write too, cached marks are
// used only if their version is the user's.
type markCache struct {
	// writing is held from before a transaction that changes marks until the caches are updated, so that updates are
	// applied in the order of the transactions. Of the two caches, db.marks has the lock.
	writing sync.Mutex

	mu      sync.Mutex // guards what follows
	of      map[int64]cachedMarks
	written map[int64]int64 // the newest version that this process wrote, by user
}

type cachedMarks struct {
	news.Marks
	version int64
}

// change brings cached marks to a version. Marks of another version than the one before are dropped, and
// so are those of which it is not listed what changed.
func (c *markCache) change(user, version int64, m news.Marked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.written == nil {
		c.written = map[int64]int64{}
	}
	c.written[user] = version
	all, ok := c.of[user]
	if !ok || all.version >= version {
		return
	}
	if all.version != version-1 || m.More > 0 {
		delete(c.of, user)
		return
	}
	all.Read, all.Starred = all.Read.With(m.Read).Without(m.Unread), all.Starred.With(m.Starred).Without(m.Unstarred)
	all.Hidden = all.Hidden.With(m.Hidden).Without(m.Unread).Without(m.Shown)
	all.version = version
	c.of[user] = all
}

func (c *markCache) get(user int64) (cachedMarks, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.of[user]
	return m, ok
}

// keep caches marks, unless newer ones are cached.
func (c *markCache) keep(user int64, m cachedMarks) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if max(c.of[user].version, c.written[user]) > m.version {
		return
	}
	if c.of == nil {
		c.of = map[int64]cachedMarks{}
	}
	if len(c.of) >= maxMarkedUsers {
		clear(c.of)
	}
	c.of[user] = m
}

// maxMarkedUsers is how many users' marks are cached. For a million articles a user's marks take some 250 KB.
const maxMarkedUsers = 100

var itemStatesSQL = `SELECT wanted.value, (SELECT ` + readAtSQL + ` FROM articles AS a WHERE a.id = wanted.value), l.label
	FROM json_each(?2) AS wanted LEFT JOIN labelled AS l ON l.article_id = wanted.value AND l.user_id = ?1 ORDER BY l.label`

// States returns a user's marks of articles.
func (db *DB) States(ctx context.Context, user int64, ids []int64) (map[int64]news.ItemState, error) {
	states := make(map[int64]news.ItemState, len(ids))
	err := db.eachRow(ctx, "states of articles", func(row scanner) error {
		var id int64
		var read sql.NullInt64
		var label sql.NullString
		if err := row.Scan(&id, &read, &label); err != nil {
			return err
		}
		s := states[id]
		s.Read, s.ReadAt = read.Valid, fromMillis(read.Int64)
		if label.Valid && label.String == "" {
			s.Starred = true
		} else if label.Valid {
			s.Labels = append(s.Labels, label.String)
		}
		states[id] = s
		return nil
	}, itemStatesSQL, user, idList(ids))
	return states, err
}

var (
	readBySQL    = `SELECT article_id FROM read_marks WHERE user_id = ? ORDER BY article_id`
	coveredBySQL = `SELECT a.id` + coveredSQL + ` AND g.user_id = ?`
	starredBySQL = `SELECT article_id FROM labelled WHERE user_id = ? AND label = '' ORDER BY article_id`
	hiddenBySQL  = `SELECT article_id FROM hidden WHERE user_id = ? ORDER BY article_id`
)

const markedSQL = `SELECT marked FROM users WHERE id = ?`

// Marks returns all articles that a user has read or starred, without what is hidden.
func (db *DB) Marks(ctx context.Context, user int64) (news.Marks, error) {
	return db.cached(ctx, db.marks, user, func(t *sql.Tx) (news.Marks, error) {
		read, err := collect(ctx, t.QueryContext, scanID, readBySQL, user)
		if err != nil {
			return news.Marks{}, err
		}
		covered, err := collect(ctx, t.QueryContext, scanID, coveredBySQL, user)
		if err != nil {
			return news.Marks{}, err
		}
		starred, err := collect(ctx, t.QueryContext, scanID, starredBySQL, user)
		return news.Marks{Read: news.IDsOf(append(read, covered...)...), Starred: news.IDsOf(starred...)}, err
	})
}

// Hidden returns the articles that rules have hidden from a user. While nothing more is hidden and nothing is shown again, it returns the
// same set.
func (db *DB) Hidden(ctx context.Context, user int64) (news.IDSet, error) {
	if user == 0 {
		return nil, nil
	}
	m, err := db.cached(ctx, db.hides, user, func(t *sql.Tx) (news.Marks, error) {
		hidden, err := collect(ctx, t.QueryContext, scanID, hiddenBySQL, user)
		return news.Marks{Hidden: news.IDsOf(hidden...)}, err
	})
	return m.Hidden, err
}

// ifHidden returns a user from whom something is hidden, and 0 in place of any other.
func (db *DB) ifHidden(ctx context.Context, user int64) (int64, error) {
	if hidden, err := db.Hidden(ctx, user); err != nil || len(hidden) == 0 {
		return 0, err
	}
	return user, nil
}

// cached returns the marks of a user in a cache, which reads them where it has none of now.
func (db *DB) cached(ctx context.Context, cache *markCache, user int64, read func(*sql.Tx) (news.Marks, error)) (news.Marks, error) {
	m, ok := cache.get(user)
	if ok && db.Shared() {
		version, err := db.number(ctx, "version of a user's marks", markedSQL, user)
		if err != nil {
			return news.Marks{}, err
		}
		ok = version == m.version
	}
	if ok {
		return m.Marks, nil
	}
	err := db.read(ctx, "marks of a user", func(t *sql.Tx) (err error) {
		err = t.QueryRowContext(ctx, markedSQL, user).Scan(&m.version)
		if err != nil && !errors.Is(err, sql.ErrNoRows) { // a user who was removed has no marks
			return err
		}
		m.Marks, err = read(t)
		return err
	})
	if err != nil {
		return news.Marks{}, err
	}
	if db.writer != nil { // a read-only process does not learn of others' changes
		cache.keep(user, m)
	}
	return m.Marks, nil
}

// labelsSQL steps from each label to the next, so that it reads one row for each.
const labelsSQL = `WITH RECURSIVE own (label) AS (
	SELECT (SELECT min(l.label) FROM labelled AS l WHERE l.user_id = ?1 AND l.label > '')
	UNION ALL SELECT (SELECT min(l.label) FROM labelled AS l WHERE l.user_id = ?1 AND l.label > own.label) FROM own WHERE own.label IS NOT NULL)
	SELECT own.label FROM own WHERE own.label IS NOT NULL`

// Labels returns the labels that a user has given to articles.
func (db *DB) Labels(ctx context.Context, user int64) ([]string, error) {
	return rowsOf(ctx, db, "labels", func(row scanner) (l string, err error) {
		err = row.Scan(&l)
		return l, err
	}, labelsSQL, user)
}

const (
	moveLabelSQL = `UPDATE labelled SET label = ?1 WHERE user_id = ?2 AND label = ?3
		AND NOT EXISTS (SELECT 1 FROM labelled AS x WHERE x.user_id = ?2 AND x.label = ?1 AND x.article_id = labelled.article_id)`
	dropLabelSQL = `DELETE FROM labelled WHERE user_id = ? AND label = ?`
	moveFoldSQL  = `UPDATE feeds SET folder = ? WHERE folder = ?`

	moveRuleFoldSQL  = `UPDATE rules SET folder = ? WHERE folder = ?`
	moveRuleLabelSQL = `UPDATE rules SET label = ?1 WHERE user_id = ?2 AND label = ?3 AND action = '` + string(news.RuleLabel) + `'`
)

// RenameLabel renames a folder and the user's label of the same name. An empty name removes both. Folders are shared by
// all users.
func (db *DB) RenameLabel(ctx context.Context, user int64, name, to string) error {
	return db.write(ctx, "rename label "+name, func(ctx context.Context, t tx) error {
		t.ring(AreaFeeds)
		if err := t.exec(ctx, moveFoldSQL, text(to), text(name)); err != nil {
			return err
		}
		if to != "" {
			if err := t.exec(ctx, moveRuleFoldSQL, text(to), text(name)); err != nil {
				return err
			}
			if err := t.all(ctx, []string{moveLabelSQL, moveRuleLabelSQL}, text(to), user, text(name)); err != nil {
				return err
			}
		}
		return t.exec(ctx, dropLabelSQL, user, text(name))
	})
}

const labelCountsSQL = `SELECT label, count(*) FROM labelled WHERE user_id = ? GROUP BY label ORDER BY label`

// LabelCounts returns the labels that a user has given to articles, by name, with how many articles have each. The first of
// them is the star, which has no name, if there is one.
func (db *DB) LabelCounts(ctx context.Context, user int64) ([]news.LabelCount, error) {
	return rowsOf(ctx, db, "labels", func(row scanner) (l news.LabelCount, err error) {
		err = row.Scan(&l.Label, &l.Articles)
		return l, err
	}, labelCountsSQL, user)
}

// MoveLabel gives a label of a user another name; where that is the name of another one, the two become one. It returns
// news.ErrNotFound where no article has the label. Folders stay, other than with RenameLabel.
func (db *DB) MoveLabel(ctx context.Context, user int64, name, to string) error {
	if name == "" || to == "" || name == to { // the star, or nothing to do
		return nil
	}
	return db.write(ctx, "rename label "+name, func(ctx context.Context, t tx) error {
		moved, err := t.affected(ctx, moveLabelSQL, text(to), user, text(name))
		if err != nil {
			return err
		}
		if err := t.exec(ctx, moveRuleLabelSQL, text(to), user, text(name)); err != nil {
			return err
		}
		n, err := t.affected(ctx, dropLabelSQL, user, text(name))
		if err == nil && moved+n == 0 {
			err = news.ErrNotFound
		}
		return err
	})
}

const (
	forgetRemovedLabelsSQL = `DELETE FROM removed_labels WHERE user_id = ? AND removal < ?`
	removalSQL             = `SELECT max(?1, coalesce((SELECT max(r.removal) FROM removed_labels AS r WHERE r.user_id = ?2), 0) + 1)`
	keepRemovedLabelSQL    = `INSERT INTO removed_labels (user_id, removal, article_id, label)
		SELECT l.user_id, ?3, l.article_id, l.label FROM labelled AS l WHERE l.user_id = ?1 AND l.label = ?2`
	restoreLabelSQL = `INSERT INTO labelled (user_id, label, article_id)
		SELECT r.user_id, r.label, r.article_id FROM removed_labels AS r CROSS JOIN articles AS a
		WHERE r.user_id = ?1 AND r.removal = ?2 AND a.id = r.article_id ON CONFLICT (user_id, label, article_id) DO NOTHING`
	dropRemovedLabelSQL = `DELETE FROM removed_labels WHERE user_id = ? AND removal = ?`
)

// RemoveLabel takes a label of a user from all articles, and returns what names the removal for RestoreLabel. It returns
// news.ErrNotFound where no article has the label.
func (db *DB) RemoveLabel(ctx context.Context, user int64, name string) (removal int64, err error) {
	if name == "" { // the star
		return 0, news.ErrNotFound
	}
	err = db.write(ctx, "remove label "+name, func(ctx context.Context, t tx) error {
		now := db.Now()
		if err := t.exec(ctx, forgetRemovedLabelsSQL, user, millis(now.Add(-news.UndoRemoval))); err != nil {
			return err
		}
		if err := t.scan(ctx, []any{&removal}, removalSQL, millis(now), user); err != nil {
			return err
		}
		if err := t.exec(ctx, keepRemovedLabelSQL, user, text(name), removal); err != nil {
			return err
		}
		n, err := t.affected(ctx, dropLabelSQL, user, text(name))
		if err == nil && n == 0 {
			err = news.ErrNotFound
		}
		return err
	})
	return removal, err
}

// RestoreLabel gives a label back to the articles that had it when it was removed, as far as they are still there. It returns
// news.ErrNotFound where there is no such removal, or no longer.
func (db *DB) RestoreLabel(ctx context.Context, user, removal int64) error {
	return db.write(ctx, "restore a label", func(ctx context.Context, t tx) error {
		if err := t.exec(ctx, forgetRemovedLabelsSQL, user, millis(db.Now().Add(-news.UndoRemoval))); err != nil {
			return err
		}
		if err := t.exec(ctx, restoreLabelSQL, user, removal); err != nil {
			return err
		}
		n, err := t.affected(ctx, dropRemovedLabelSQL, user, removal)
		if err == nil && n == 0 {
			err = news.ErrNotFound
		}
		return err
	})
}
