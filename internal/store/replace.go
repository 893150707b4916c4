package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"headwater/internal/news"
)

// replaceStories stores stories with their members, sends moved ids on, and clears away what became empty.
func (t tx) replaceStories(ctx context.Context, s Settlement) error {
	if len(s.Stories)+len(s.Moved) == 0 {
		return nil
	}
	r := replacement{tx: t, moved: shorten(s.Moved), same: map[int64]bool{}}
	steps := []func(context.Context, Settlement) error{r.touch, r.takeOut, r.put, r.move, r.clear, r.count, r.lead, r.note}
	for _, step := range steps {
		if err := step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// replacement is the stories' part of one Settle.
type replacement struct {
	tx
	moved    map[int64]int64
	given    string           // JSON list: ids of the stories given
	articles string           // JSON list: ids of their members
	touched  string           // JSON list: stories that gain, lose or go
	events   string           // JSON list: their events before
	before   map[int64]string // signatures of the stories given, as they are stored
	same     map[int64]bool   // stories given that are shown as before
	revived  string           // JSON list: stories given that had gone into others
}

// shorten follows chains within moved, so that each old id leads to the last new one. Circles lead nowhere.
func shorten(moved map[int64]int64) map[int64]int64 {
	short := make(map[int64]int64, len(moved))
	for old := range moved {
		end, ok := chase(moved, old)
		if ok {
			short[old] = end
		}
	}
	return short
}

func chase(moved map[int64]int64, id int64) (int64, bool) {
	for range len(moved) {
		next, ok := moved[id]
		if !ok {
			return id, true
		}
		id = next
	}
	_, on := moved[id]
	return id, !on
}

const (
	touchedSQL = `SELECT value FROM json_each(?) UNION
		SELECT story_id FROM members WHERE article_id IN (SELECT value FROM json_each(?))`
	eventsOfSQL = `SELECT DISTINCT event_id FROM stories WHERE id IN (SELECT value FROM json_each(?))`
)

// touch notes which stories and events the settlement reaches, before it does.
func (r *replacement) touch(ctx context.Context, s Settlement) (err error) {
	var given, articles []int64
	for _, st := range s.Stories {
		given = append(given, st.ID)
		for _, m := range st.Members {
			articles = append(articles, m.Article.ID)
		}
	}
	if r.given, err = idList(given); err != nil {
		return err
	}
	if r.articles, err = idList(articles); err != nil {
		return err
	}
	named, err := idList(slices.Concat(given, slices.Sorted(maps.Keys(s.Moved)), slices.Sorted(maps.Values(r.moved))))
	if err != nil {
		return err
	}
	if r.touched, err = r.idList(ctx, touchedSQL, named, r.articles); err != nil {
		return err
	}
	if r.before, err = r.signatures(ctx); err != nil {
		return err
	}
	r.events, err = r.idList(ctx, eventsOfSQL, r.touched)
	return err
}

const (
	emptyOutSQL = `DELETE FROM members WHERE story_id IN (SELECT value FROM json_each(?))`
	takeOutSQL  = `DELETE FROM members WHERE article_id IN (SELECT value FROM json_each(?))`
)

// takeOut empties the stories given and takes their members out of other stories.
func (r *replacement) takeOut(ctx context.Context, _ Settlement) error {
	if err := r.exec(ctx, emptyOutSQL, r.given); err != nil {
		return err
	}
	return r.exec(ctx, takeOutSQL, r.articles)
}

const (
	revivedSQL = `SELECT old FROM redirects WHERE old IN (SELECT value FROM json_each(?))`
	reviveSQL  = `DELETE FROM redirects WHERE old IN (SELECT value FROM json_each(?))`
)

func (r *replacement) put(ctx context.Context, s Settlement) (err error) {
	var stories, members [][]any
	for _, st := range s.Stories {
		sign, err := signature(st)
		if err != nil {
			return err
		}
		row, err := storyRow(st, sign)
		if err != nil {
			return err
		}
		stories = append(stories, row)
		if r.before[st.ID] == string(sign) {
			r.same[st.ID] = true
		}
		for _, m := range st.Members {
			row, err := memberRow(st.ID, m)
			if err != nil {
				return err
			}
			members = append(members, row)
		}
	}
	if r.revived, err = r.idList(ctx, revivedSQL, r.given); err != nil {
		return err
	}
	if err := r.exec(ctx, reviveSQL, r.given); err != nil {
		return err
	}
	if err := r.each(ctx, putStorySQL, stories); err != nil {
		return err
	}
	return r.each(ctx, putMemberSQL, members)
}

const (
	// livingSQL is where a story moved before this settlement.
	livingSQL    = `SELECT coalesce((SELECT new FROM redirects WHERE old = ?1), (SELECT id FROM stories WHERE id = ?1), 0)`
	moveOnSQL    = `UPDATE redirects SET new = ? WHERE new = ?`
	moveRestSQL  = `UPDATE members SET story_id = ? WHERE story_id = ?`
	redirectSQL  = `INSERT INTO redirects (old, new) VALUES (?, ?) ON CONFLICT (old) DO UPDATE SET new = excluded.new`
	deleteOldSQL = `DELETE FROM stories WHERE id = ?`
)

// move sends the ids of moved stories on. One that moved to a story that does not exist leads nowhere.
func (r *replacement) move(ctx context.Context, _ Settlement) error {
	for _, old := range slices.Sorted(maps.Keys(r.moved)) {
		var living int64
		if err := r.QueryRowContext(ctx, livingSQL, r.moved[old]).Scan(&living); err != nil {
			return err
		}
		if living == 0 || living == old {
			continue
		}
		for _, q := range []string{moveOnSQL, moveRestSQL} {
			if err := r.exec(ctx, q, living, old); err != nil {
				return err
			}
		}
		if err := r.exec(ctx, redirectSQL, old, living); err != nil {
			return err
		}
		if err := r.exec(ctx, deleteOldSQL, old); err != nil {
			return err
		}
	}
	return nil
}

const (
	emptySQL = `SELECT s.id FROM stories AS s WHERE s.id IN (SELECT value FROM json_each(?))
		AND NOT EXISTS (SELECT 1 FROM members AS m WHERE m.story_id = s.id)`
	clearRedirectsSQL = `DELETE FROM redirects WHERE new IN (SELECT value FROM json_each(?))`
	clearStoriesSQL   = `DELETE FROM stories WHERE id IN (SELECT value FROM json_each(?))`
)

// clear deletes the stories that lost their last member, and the ids that led to them.
func (r *replacement) clear(ctx context.Context, _ Settlement) error {
	empty, err := r.idList(ctx, emptySQL, r.touched)
	if err != nil {
		return err
	}
	if err := r.exec(ctx, clearRedirectsSQL, empty); err != nil {
		return err
	}
	return r.exec(ctx, clearStoriesSQL, empty)
}

// reachedSQL are events that had one of the stories touched, or have one now; 0, which is none, may have any number of stories.
const (
	reachedSQL = `(SELECT value FROM json_each(?) WHERE value <> 0 UNION
		SELECT event_id FROM stories WHERE event_id <> 0 AND id IN (SELECT value FROM json_each(?)))`
	dropEventsSQL  = `DELETE FROM events WHERE id IN ` + reachedSQL
	countEventsSQL = `INSERT INTO events (id, stories, latest) SELECT event_id, count(*), max(latest) FROM stories
		WHERE event_id <> 0 AND event_id IN ` + reachedSQL + ` GROUP BY event_id`
)

// count writes the events anew that had or have one of the stories touched.
func (r *replacement) count(ctx context.Context, _ Settlement) error {
	for _, q := range []string{dropEventsSQL, countEventsSQL} {
		if err := r.exec(ctx, q, r.events, r.touched); err != nil {
			return err
		}
	}
	return nil
}

const (
	unleadSQL = `UPDATE members SET leads = 0 WHERE leads = 1 AND story_id IN (SELECT value FROM json_each(?))`
	leadSQL   = `UPDATE members SET leads = 1 WHERE article_id IN (
		SELECT coalesce((SELECT m.article_id FROM members AS m WHERE m.article_id = s.origin_article AND m.story_id = s.id),
			(SELECT y.article_id FROM members AS y CROSS JOIN articles AS x WHERE y.story_id = s.id AND x.id = y.article_id ORDER BY x.time, x.id LIMIT 1))
		FROM json_each(?) AS wanted CROSS JOIN stories AS s WHERE s.id = wanted.value)`
)

// lead notes which article stands for each story touched: the origin's, or the earliest where that is no member.
func (r *replacement) lead(ctx context.Context, _ Settlement) error {
	for _, q := range []string{unleadSQL, leadSQL} {
		if err := r.exec(ctx, q, r.touched); err != nil {
			return err
		}
	}
	return nil
}

// signature is of what readers are shown of a story: its articles and what each is to it, its headline, and what it goes back
// to. How sure that is in percent and why is left out, since each settling weighs it anew.
func signature(s news.Story) ([]byte, error) {
	type member struct {
		Article, Carries int64
		Role             news.Role
	}
	members := make([]member, 0, len(s.Members))
	for _, m := range s.Members {
		members = append(members, member{m.Article.ID, m.Carries, m.Role})
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.Article, b.Article) })
	o := s.Origin
	shown, err := json.Marshal([]any{
		s.Event, s.Title, s.Outlets, millis(s.First), millis(s.Latest), o.Outlet, o.Article, o.URL, o.Title, o.Level, o.Scoop, members,
	})
	if err != nil {
		return nil, fmt.Errorf("story %d: %w", s.ID, err)
	}
	sum := sha256.Sum256(shown)
	return sum[:16], nil
}

const signaturesSQL = `SELECT id, signature FROM stories WHERE id IN (SELECT value FROM json_each(?))`

// signatures gives those of the stories given that are stored.
func (r *replacement) signatures(ctx context.Context) (map[int64]string, error) {
	type signed struct {
		id   int64
		sign string
	}
	rows, err := r.QueryContext(ctx, signaturesSQL, r.given)
	if err != nil {
		return nil, err
	}
	all, err := collect(rows, func(row scanner) (s signed, err error) {
		err = row.Scan(&s.id, &s.sign)
		return s, err
	})
	byID := make(map[int64]string, len(all))
	for _, s := range all {
		byID[s.id] = s.sign
	}
	return byID, err
}

// The lists of each feed's stories.
const (
	unlistSQL = `DELETE FROM story_feeds WHERE story_id IN (SELECT value FROM json_each(?))`
	listSQL   = `INSERT INTO story_feeds (feed_id, changed, latest, story_id) SELECT DISTINCT a.feed_id, s.changed, s.latest, s.id
		FROM json_each(?) AS wanted CROSS JOIN stories AS s CROSS JOIN members AS m CROSS JOIN articles AS a
		WHERE s.id = wanted.value AND m.story_id = s.id AND a.id = m.article_id`
)

// note moves the stories touched to the end of the story log, but for those that are shown as before. Those that had gone
// into others, and are stories again, begin there: whoever read the log was told that they went. Their feeds list them anew.
func (r *replacement) note(ctx context.Context, _ Settlement) error {
	var last int64
	if err := r.QueryRowContext(ctx, `SELECT `+lastChangeSQL).Scan(&last); err != nil {
		return err
	}
	same, err := idList(slices.Sorted(maps.Keys(r.same)))
	if err != nil {
		return err
	}
	changed, err := r.ids(ctx, otherThanSQL, r.touched, same)
	if err != nil {
		return err
	}
	entries, err := idList(changed)
	if err != nil {
		return err
	}
	if err := r.exec(ctx, logStoriesSQL, last, entries, r.revived); err != nil {
		return err
	}
	for _, q := range []string{unlistSQL, listSQL} {
		if err := r.exec(ctx, q, entries); err != nil {
			return err
		}
	}
	return r.setMark(ctx, markChanges, last+int64(len(changed)))
}
