package store

import (
	"context"
	"fmt"

	"headwater/internal/news"
)

const (
	eventColumns = `SELECT e.id, coalesce((SELECT s.title FROM stories AS s WHERE s.event_id = e.id ORDER BY s.rank DESC, s.id DESC LIMIT 1), ''),
		coalesce((SELECT a.summary FROM stories AS s JOIN members AS m ON m.story_id = s.id JOIN articles AS a ON a.id = m.article_id
			WHERE s.event_id = e.id AND s.title = '' AND a.summary <> '' ORDER BY s.rank DESC, s.id DESC, a.id LIMIT 1), ''),
		e.stories, e.latest FROM events AS e`
	eventsSQL = eventColumns + ` WHERE e.stories >= ?1 AND (?2 = 0 OR (e.latest, e.id) < (?3, ?2)) ORDER BY e.latest DESC, e.id DESC LIMIT ?4`
	eventSQL  = eventColumns + ` WHERE e.id = coalesce((SELECT r.new FROM event_redirects AS r WHERE r.old = ?1), ?1)`
)

func scanEvent(row scanner) (e news.Event, err error) {
	var latest int64
	var opening string
	err = row.Scan(&e.ID, &e.Title, &opening, &e.Stories, &latest)
	if e.Title == "" {
		e.Title = news.Opening(opening)
	}
	e.Latest = fromMillis(latest)
	return e, err
}

// Events returns events, the newest first.
func (db *DB) Events(ctx context.Context, l news.EventList) ([]news.Event, error) {
	all, err := rowsOf(ctx, db, "events", scanEvent, eventsSQL, l.Stories, l.Before.ID, millis(l.Before.Time), limitOr(l.Limit))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(all))
	for i, e := range all {
		ids[i] = e.ID
	}
	reach, err := db.Reach(ctx, ids)
	for i, e := range all {
		all[i].Reach = reach[e.ID]
	}
	return all, err
}

// Event returns an event, or news.ErrNotFound. An id whose stories went to another event returns that event.
func (db *DB) Event(ctx context.Context, id int64) (news.Event, error) {
	e, err := rowOf(ctx, db, fmt.Sprint("event ", id), scanEvent, eventSQL, id)
	if err != nil {
		return e, err
	}
	reach, err := db.Reach(ctx, []int64{e.ID})
	e.Reach = reach[e.ID]
	return e, err
}

// reachSQL selects the different outlets of the members of each event's stories, and those that its stories go back to. Outlets
// with a domain have no name here, since the domain identifies them.
const reachSQL = `SELECT DISTINCT wanted.value, 0, a.outlet_domain, iif(a.outlet_domain = '', a.outlet_name, '')
	FROM json_each(?1) AS wanted CROSS JOIN stories AS s CROSS JOIN members AS m CROSS JOIN articles AS a
	WHERE s.event_id = wanted.value AND m.story_id = s.id AND a.id = m.article_id
	UNION ALL SELECT DISTINCT wanted.value, 1, s.origin_domain, iif(s.origin_domain = '', s.origin_name, '')
	FROM json_each(?1) AS wanted CROSS JOIN stories AS s WHERE s.event_id = wanted.value`

// Reach returns, by event, how many outlets tell the given events. Unknown events are left out.
func (db *DB) Reach(ctx context.Context, events []int64) (map[int64]news.Reach, error) {
	type teller struct {
		event  int64
		origin int
		outlet string // its key
	}
	reach, seen := make(map[int64]news.Reach, len(events)), map[teller]bool{}
	if len(events) == 0 {
		return reach, nil
	}
	err := db.eachRow(ctx, "outlets of events", func(row scanner) error {
		var t teller
		var o news.Outlet
		if err := row.Scan(&t.event, &t.origin, &o.Domain, &o.Name); err != nil {
			return err
		}
		r := reach[t.event]
		if t.outlet = o.Key(); t.outlet != "" && !seen[t] { // names that differ in case only are one outlet
			seen[t] = true
			r.Outlets += 1 - t.origin
			r.Independent += t.origin
		}
		reach[t.event] = r
		return nil
	}, reachSQL, idList(events))
	return reach, err
}

const (
	// firstOfEventsSQL runs its inner query once for each event, so that it sorts no more than the stories of one.
	firstOfEventsSQL = `SELECT a.id FROM json_each(?1) AS wanted CROSS JOIN stories AS a WHERE a.id IN
		(SELECT x.id FROM stories AS x WHERE x.event_id = wanted.value ORDER BY x.rank DESC, x.id DESC LIMIT ?2)`
	coverageSQL = `SELECT s.id FROM (` + firstOfEventsSQL + `) AS found CROSS JOIN stories AS s WHERE s.id = found.id
		ORDER BY s.event_id, s.rank DESC, s.id DESC`
	coverageTotalsSQL = `SELECT e.id, e.stories FROM json_each(?) AS wanted CROSS JOIN events AS e WHERE e.id = wanted.value`
)

// Coverage returns, by event, the first stories of the given events, at most each stories of one event, and how many there are.
func (db *DB) Coverage(ctx context.Context, events []int64, each int) (map[int64]news.Coverage, error) {
	of := make(map[int64]news.Coverage, len(events))
	if len(events) == 0 {
		return of, nil
	}
	wanted := idList(events)
	ids, err := rowsOf(ctx, db, "stories of events", scanID, coverageSQL, wanted, each)
	if err != nil || len(ids) == 0 {
		return of, err
	}
	stories, err := db.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	if err != nil {
		return of, err
	}
	for _, s := range stories {
		c := of[s.Event]
		c.Stories = append(c.Stories, s)
		of[s.Event] = c
	}
	err = db.eachRow(ctx, "sizes of events", func(row scanner) error {
		var event int64
		var n int
		err := row.Scan(&event, &n)
		c := of[event]
		c.Total = n
		of[event] = c
		return err
	}, coverageTotalsSQL, wanted)
	return of, err
}
