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

const (
	affectedStoriesSQL = `SELECT value FROM json_each(?) UNION
		SELECT story_id FROM members WHERE article_id IN (SELECT value FROM json_each(?))`
	eventOfStorySQL        = `SELECT id, event_id FROM stories WHERE id IN (SELECT value FROM json_each(?))`
	clearMembersSQL        = `DELETE FROM members WHERE story_id IN (SELECT value FROM json_each(?))`
	removeMembersSQL       = `DELETE FROM members WHERE article_id IN (SELECT value FROM json_each(?))`
	formerRedirectsSQL     = `SELECT old FROM redirects WHERE old IN (SELECT value FROM json_each(?))`
	dropFormerRedirectsSQL = `DELETE FROM redirects WHERE old IN (SELECT value FROM json_each(?))`
	emptySQL               = `SELECT s.id FROM stories AS s WHERE s.id IN (SELECT value FROM json_each(?))
		AND NOT EXISTS (SELECT 1 FROM members AS m WHERE m.story_id = s.id)`
	clearRedirectsSQL = `DELETE FROM redirects WHERE new IN (SELECT value FROM json_each(?))`
	clearStoriesSQL   = `DELETE FROM stories WHERE id IN (SELECT value FROM json_each(?))`

	// affectedEventsSQL selects the events that hold, or held, a changed story. 0 means no event and is left out.
	affectedEventsSQL = `(SELECT value FROM json_each(?) WHERE value <> 0 UNION
		SELECT event_id FROM stories WHERE event_id <> 0 AND id IN (SELECT value FROM json_each(?)))`
	dropEventsSQL  = `DELETE FROM events WHERE id IN ` + affectedEventsSQL
	countEventsSQL = `INSERT INTO events (id, stories, latest) SELECT event_id, count(*), max(latest) FROM stories
		WHERE event_id <> 0 AND event_id IN ` + affectedEventsSQL + ` GROUP BY event_id`

	clearLeadsSQL = `UPDATE members SET leads = 0 WHERE leads = 1 AND story_id IN (SELECT value FROM json_each(?))`
	// setLeadsSQL stores which article stands for each story: the origin's article, or the earliest member where the
	// origin is no member.
	setLeadsSQL = `UPDATE members SET leads = 1 WHERE article_id IN (
		SELECT coalesce((SELECT m.article_id FROM members AS m WHERE m.article_id = s.origin_article AND m.story_id = s.id),
			(SELECT y.article_id FROM members AS y CROSS JOIN articles AS x WHERE y.story_id = s.id AND x.id = y.article_id ORDER BY +x.time, x.id LIMIT 1))
		FROM json_each(?) AS wanted CROSS JOIN stories AS s WHERE s.id = wanted.value)`
)

// replaceStories stores stories with all their members. It removes those members from other stories, redirects the ids of
// moved stories and deletes stories that lost their last member. Then it updates what is derived from stories: events,
// leads, the lists of feeds and the story log.
func (t tx) replaceStories(ctx context.Context, stories []news.Story, moved map[int64]int64) error {
	if len(stories)+len(moved) == 0 {
		return nil
	}
	moved = shorten(moved)
	var ids, articleIDs []int64
	var rows, members [][]any
	signatures := make(map[int64]string, len(stories))
	for _, s := range stories {
		sign, err := signature(s)
		if err != nil {
			return err
		}
		row, err := storyRow(s, sign)
		if err != nil {
			return err
		}
		ids, rows, signatures[s.ID] = append(ids, s.ID), append(rows, row), string(sign)
		for _, m := range s.Members {
			row, err := memberRow(s.ID, m)
			if err != nil {
				return err
			}
			articleIDs, members = append(articleIDs, m.Article.ID), append(members, row)
		}
	}
	given, articles := idList(ids), idList(articleIDs)

	// The affected stories have to be read before they change.
	named := slices.Concat(ids, slices.Sorted(maps.Keys(moved)), slices.Sorted(maps.Values(moved)))
	touched, err := t.idList(ctx, affectedStoriesSQL, idList(named), articles)
	if err != nil {
		return err
	}
	same, err := t.unchanged(ctx, given, signatures)
	if err != nil {
		return err
	}
	former, err := t.eventOf(ctx, touched)
	if err != nil {
		return err
	}
	revived, err := t.idList(ctx, formerRedirectsSQL, given)
	if err != nil {
		return err
	}

	if err := t.exec(ctx, clearMembersSQL, given); err != nil {
		return err
	}
	if err := t.exec(ctx, removeMembersSQL, articles); err != nil {
		return err
	}
	if err := t.exec(ctx, dropFormerRedirectsSQL, given); err != nil {
		return err
	}
	if err := t.each(ctx, putStorySQL, rows); err != nil {
		return err
	}
	if err := t.each(ctx, putMemberSQL, members); err != nil {
		return err
	}
	if err := t.moveStories(ctx, moved); err != nil {
		return err
	}
	empty, err := t.idList(ctx, emptySQL, touched)
	if err != nil {
		return err
	}
	if err := t.all(ctx, []string{clearRedirectsSQL, clearStoriesSQL}, empty); err != nil {
		return err
	}
	if err := t.countEvents(ctx, former, touched); err != nil {
		return err
	}
	if err := t.all(ctx, []string{clearLeadsSQL, setLeadsSQL}, touched); err != nil {
		return err
	}
	if err := t.countOutlets(ctx, touched); err != nil {
		return err
	}
	return t.logStories(ctx, touched, same, revived)
}

// shorten follows chains within moved, so that each old id leads to the last new one. Ids in a cycle are left out.
func shorten(moved map[int64]int64) map[int64]int64 {
	short := make(map[int64]int64, len(moved))
	for old := range moved {
		id, more := old, true
		for i := 0; i <= len(moved) && more; i++ {
			var next int64
			if next, more = moved[id]; more {
				id = next
			}
		}
		if !more {
			short[old] = id
		}
	}
	return short
}

const (
	// currentStorySQL selects where a story had moved before this settlement.
	currentStorySQL     = `SELECT coalesce((SELECT new FROM redirects WHERE old = ?1), (SELECT id FROM stories WHERE id = ?1), 0)`
	forwardRedirectsSQL = `UPDATE redirects SET new = ? WHERE new = ?`
	moveMembersSQL      = `UPDATE members SET story_id = ? WHERE story_id = ?`
	redirectSQL         = `INSERT INTO redirects (old, new) VALUES (?, ?) ON CONFLICT (old) DO UPDATE SET new = excluded.new`
	deleteOldSQL        = `DELETE FROM stories WHERE id = ?`
)

// moveStories redirects the ids of moved stories. It skips a story whose target does not exist.
func (t tx) moveStories(ctx context.Context, moved map[int64]int64) error {
	for _, old := range slices.Sorted(maps.Keys(moved)) {
		var living int64
		if err := t.scan(ctx, []any{&living}, currentStorySQL, moved[old]); err != nil {
			return err
		}
		if living == 0 || living == old {
			continue
		}
		if err := t.all(ctx, []string{forwardRedirectsSQL, moveMembersSQL}, living, old); err != nil {
			return err
		}
		if err := t.exec(ctx, redirectSQL, old, living); err != nil {
			return err
		}
		if err := t.exec(ctx, deleteOldSQL, old); err != nil {
			return err
		}
	}
	return nil
}

// eventOf returns the event of each story of a JSON list. Stories without an event are left out.
func (t tx) eventOf(ctx context.Context, stories string) (map[int64]int64, error) {
	of := map[int64]int64{}
	err := eachRow(ctx, t.query, func(row scanner) error {
		var story, event int64
		err := row.Scan(&story, &event)
		if event != 0 {
			of[story] = event
		}
		return err
	}, eventOfStorySQL, stories)
	return of, err
}

const (
	// revivedEventsSQL deletes the redirects of events that have stories again, as after a correction is taken back.
	revivedEventsSQL = `DELETE FROM event_redirects WHERE old IN
		(SELECT event_id FROM stories WHERE id IN (SELECT value FROM json_each(?)))`
	goneEventsSQL = `SELECT wanted.value FROM json_each(?) AS wanted WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.id = wanted.value)
		ORDER BY 1`
	// eventNowSQL selects, for each story of a list, its event, or that of the story that it was merged into.
	eventNowSQL = `SELECT wanted.value, s.event_id FROM json_each(?) AS wanted LEFT JOIN redirects AS r ON r.old = wanted.value
		CROSS JOIN stories AS s WHERE s.id = coalesce(r.new, wanted.value)`
	forwardEventsSQL       = `UPDATE event_redirects SET new = ? WHERE new = ?`
	redirectEventSQL       = `INSERT INTO event_redirects (old, new) VALUES (?, ?) ON CONFLICT (old) DO UPDATE SET new = excluded.new`
	clearEventRedirectsSQL = `DELETE FROM event_redirects WHERE new = ?`
)

// countEvents counts again the events that touched stories, a JSON list, are in now or were in before: former has that by
// story. An event that has no story left is redirected to the event that has the most of its former stories, of several the
// oldest. Where no story of it is left, the ids that led to it lead nowhere.
func (t tx) countEvents(ctx context.Context, former map[int64]int64, touched string) error {
	before := slices.Compact(slices.Sorted(maps.Values(former)))
	if err := t.all(ctx, []string{dropEventsSQL, countEventsSQL}, idList(before), touched); err != nil {
		return err
	}
	gone, err := t.ids(ctx, goneEventsSQL, idList(before))
	if err != nil {
		return err
	}
	heirs := map[int64]map[int64]int{} // how many stories went to each event, by event that is gone
	for _, id := range gone {
		heirs[id] = map[int64]int{}
	}
	var left []int64 // stories of events that are gone
	for story, event := range former {
		if heirs[event] != nil {
			left = append(left, story)
		}
	}
	slices.Sort(left)
	now := map[int64]int64{} // events by story
	if len(left) > 0 {
		err := eachRow(ctx, t.query, func(row scanner) error {
			var story, event int64
			err := row.Scan(&story, &event)
			now[story] = event
			return err
		}, eventNowSQL, idList(left))
		if err != nil {
			return err
		}
	}
	for _, story := range left {
		if event := now[story]; event != 0 {
			heirs[former[story]][event]++
		}
	}
	for _, old := range gone {
		var heir int64
		for event, n := range heirs[old] {
			if most := heirs[old][heir]; n > most || n == most && event < heir {
				heir = event
			}
		}
		if heir == 0 {
			if err := t.exec(ctx, clearEventRedirectsSQL, old); err != nil {
				return err
			}
			continue
		}
		if err := t.exec(ctx, forwardEventsSQL, heir, old); err != nil {
			return err
		}
		if err := t.exec(ctx, redirectEventSQL, old, heir); err != nil {
			return err
		}
	}
	return t.exec(ctx, revivedEventsSQL, touched)
}

// signature hashes what readers see of a story: its articles and their roles, its headline, and its origin. The
// confidence in percent and the evidence are left out, since each settling weighs them again.
//
// A settlement with the same signature changes neither stories.changed, which is the update time in published feeds, nor
// the story's entry in the story log.
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

// unchanged returns, as a JSON list, those of the given stories that are stored with the same signature.
func (t tx) unchanged(ctx context.Context, given string, signatures map[int64]string) (string, error) {
	var same []int64
	err := eachRow(ctx, t.query, func(row scanner) error {
		var id int64
		var sign string
		err := row.Scan(&id, &sign)
		if signatures[id] == sign {
			same = append(same, id)
		}
		return err
	}, signaturesSQL, given)
	slices.Sort(same)
	return idList(same), err
}

const (
	logStoriesSQL = `INSERT INTO story_log (story_id, seq, first) SELECT value, ?1 + key + 1, ?1 + key + 1 FROM json_each(?2) WHERE true
		ON CONFLICT (story_id) DO UPDATE SET seq = excluded.seq,
			first = iif(story_log.story_id IN (SELECT value FROM json_each(?3)), excluded.first, story_log.first)`
	changedStoriesSQL = `SELECT value FROM json_each(?) EXCEPT SELECT value FROM json_each(?) ORDER BY value`

	// The lists of each feed's stories.
	removeFromFeedListsSQL = `DELETE FROM story_feeds WHERE story_id IN (SELECT value FROM json_each(?))`
	addToFeedListsSQL      = `INSERT INTO story_feeds (feed_id, changed, latest, story_id) SELECT DISTINCT a.feed_id, s.changed, s.latest, s.id
		FROM json_each(?) AS wanted CROSS JOIN stories AS s CROSS JOIN members AS m CROSS JOIN articles AS a
		WHERE s.id = wanted.value AND m.story_id = s.id AND a.id = m.article_id`
)

// logStories moves touched stories to the end of the story log and updates their feeds' lists. It skips stories that
// readers see unchanged (same). Revived stories had been merged into others and exist again. They count as new in the log
// (StoryChange.First), since its readers were told that they are gone. All three parameters are JSON lists.
func (t tx) logStories(ctx context.Context, touched, same, revived string) error {
	var last int64
	if err := t.scan(ctx, []any{&last}, `SELECT `+lastChangeSQL); err != nil {
		return err
	}
	changed, err := t.ids(ctx, changedStoriesSQL, touched, same)
	if err != nil {
		return err
	}
	entries := idList(changed)
	if err := t.exec(ctx, logStoriesSQL, last, entries, revived); err != nil {
		return err
	}
	if err := t.all(ctx, []string{removeFromFeedListsSQL, addToFeedListsSQL}, entries); err != nil {
		return err
	}
	if len(changed) > 0 {
		t.ring(AreaStories)
	}
	return t.setWatermark(ctx, watermarkStories, last+int64(len(changed)))
}
