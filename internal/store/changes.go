package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Area is a part of the database that followers read again when it changes. Areas are combined with |.
type Area uint16

// The areas. A mark that a user sets is in none of them: DB.Marks compares the user's number of changes at each call.
const (
	AreaArticles      Area = 1 << iota // the article log grew
	AreaStories                        // the story log grew
	AreaRemovals                       // articles were aged out
	AreaTopics                         // a topic was added, changed or removed
	AreaFeeds                          // a feed was added, changed by a person or removed, or a folder was renamed
	AreaCorrections                    // a correction was made or taken back
	AreaCreditedPages                  // a page that articles credit was read
	AreaRequests                       // a correction was asked for, or such a request was answered
	AreaOutlets                        // what people say of an outlet changed
	AreaWindow                         // the log of the window grew, where several processes share the database
)

// AllAreas are all areas.
const AllAreas = AreaArticles | AreaStories | AreaRemovals | AreaTopics | AreaFeeds | AreaCorrections | AreaCreditedPages | AreaRequests | AreaOutlets |
	AreaWindow

// areaMarks names the row of marks that holds a number of each area, which rises with each change. Logs have theirs on
// both engines. The others are only counted on PostgreSQL, where other processes ask for them.
var areaMarks = map[Area]string{
	AreaArticles: watermarkLog, AreaStories: watermarkStories, AreaRemovals: watermarkRemovals,
	AreaTopics: "topic-changes", AreaFeeds: "feed-changes", AreaCorrections: "correction-changes",
	AreaCreditedPages: "credited-changes", AreaRequests: "request-changes",
	AreaOutlets: "outlet-changes",
	AreaWindow:  watermarkWindow,
}

// logs are the areas that have a log of their own.
const logs = AreaArticles | AreaStories | AreaRemovals | AreaWindow

// split returns the single areas of a combination, the lowest first.
func (a Area) split() (all []Area) {
	for _, one := range slices.Sorted(maps.Keys(areaMarks)) {
		if a&one != 0 {
			all = append(all, one)
		}
	}
	return all
}

// bells wake those who wait for changes. The zero value is ready.
type bells struct {
	mu   sync.Mutex
	next map[Area]chan struct{} // closed by the next change in one of the areas
}

func (b *bells) wait(a Area) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = map[Area]chan struct{}{}
	}
	c, ok := b.next[a]
	if !ok {
		c = make(chan struct{})
		b.next[a] = c
	}
	return c
}

func (b *bells) ring(a Area) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for areas, c := range b.next {
		if areas&a != 0 {
			close(c)
			delete(b.next, areas)
		}
	}
}

// Changed returns a channel that is closed when one of the areas changes next. Ask for it before reading what it is
// about, so that no change is missed in between. A change that this process makes closes it before the method that made
// it returns. Changes of other processes arrive while Listen runs. A channel may also be closed without a change.
func (db *DB) Changed(areas Area) <-chan struct{} { return db.bells.wait(areas) }

// ring records that the transaction changes an area.
func (t tx) ring(a Area) { *t.rung |= a }

const (
	listenPause    = 100 * time.Millisecond // before the first try to connect again; doubled for each one after it
	listenMaxPause = 10 * time.Second
	areaPollEvery  = time.Second
	areaPollWithin = 5 * time.Second // for one answer
)

// Listen lets Changed tell of what other processes change, until the context ends. Processes tell each other at once
// through the database. Whenever their connection was lost, everything counts as changed. As a net under it the numbers
// of all areas are read once a second. On SQLite no other process changes anything, so Listen only waits.
func (db *DB) Listen(ctx context.Context) {
	if !db.engine.shared() {
		<-ctx.Done()
		return
	}
	var g errgroup.Group
	g.Go(func() error {
		db.listen(ctx)
		return nil
	})
	g.Go(func() error {
		db.pollAreas(ctx)
		return nil
	})
	_ = g.Wait() // both log their errors and go on
}

// listen rings for what other processes announce. It connects again until the context ends.
func (db *DB) listen(ctx context.Context) {
	pause, said := listenPause, false
	for {
		err := db.engine.listen(ctx, func() {
			if said {
				db.log.Info("changes of other processes are heard at once again", "database", db.engine.String())
			}
			pause, said = listenPause, false
			db.bells.ring(AllAreas)
		}, func(message string) {
			if from, a := parseAnnouncement(message); from != db.epoch {
				db.bells.ring(a)
			}
		})
		if ctx.Err() != nil {
			return
		}
		if err = db.explain(err); !said && db.state.away() == nil { // an outage is logged already
			db.log.Warn("changes of other processes are not heard at once; the connection is tried again", "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if db.state.away() != nil {
			_ = db.state.wait(Patient(ctx)) // the next try fails if this has
		}
		pause = min(2*pause, listenMaxPause)
	}
}

const areaMarksSQL = `SELECT name, value FROM marks WHERE name IN (SELECT value FROM json_each(?, '$'))`

// pollAreas rings for areas whose number rose. It goes on after errors until the context ends.
func (db *DB) pollAreas(ctx context.Context) {
	var last map[string]int64 // nil before the first answer, which rings for all that changed ever
	said := false
	tick := time.NewTicker(areaPollEvery)
	defer tick.Stop()
	names := textList(slices.Sorted(maps.Values(areaMarks)))
	for {
		limited, cancel := context.WithTimeout(ctx, areaPollWithin)
		now := map[string]int64{}
		err := eachRow(limited, db.reader.QueryContext, func(row scanner) error {
			var name string
			var value int64
			err := row.Scan(&name, &value)
			now[name] = value
			return err
		}, areaMarksSQL, names)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && db.state.away() != nil: // logged already
		case err != nil && !said:
			db.log.Warn("changes of other processes cannot be read; it is tried again each second", "error", db.explain(err))
			said = true
		case err == nil:
			for area, name := range areaMarks {
				if now[name] != last[name] {
					db.bells.ring(area)
				}
			}
			last, said = now, false
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// announcement is what a process tells the others when it commits: its own id and the marks of the areas that it changed.
// A process ignores its own announcements, and areas that it does not know.
func announcement(from string, a Area) string {
	words := []string{from}
	for _, one := range a.split() {
		words = append(words, areaMarks[one])
	}
	return strings.Join(words, " ")
}

func parseAnnouncement(s string) (from string, a Area) {
	from, areas, _ := strings.Cut(s, " ")
	for _, word := range strings.Fields(areas) {
		for one, name := range areaMarks {
			if name == word {
				a |= one
			}
		}
	}
	return from, a
}

func (sqliteEngine) announce(context.Context, *sql.Tx, string, Area) error { return nil }

func (sqliteEngine) listen(context.Context, func(), func(string)) error { return nil }

// announceSQL counts the areas without a log, and tells all processes when the transaction commits.
const announceSQL = `WITH counted AS (INSERT INTO marks (name, value) SELECT value, 1 FROM json_each(?1, '$') WHERE true
		ON CONFLICT (name) DO UPDATE SET value = marks.value + 1)
	SELECT pg_notify('headwater', ?2)`

func (*postgresEngine) announce(ctx context.Context, t *sql.Tx, from string, a Area) error {
	var counted []string
	for _, one := range (a &^ logs).split() {
		counted = append(counted, areaMarks[one])
	}
	if _, err := t.ExecContext(ctx, announceSQL, textList(counted), announcement(from, a)); err != nil {
		return fmt.Errorf("tell other processes: %w", err)
	}
	return nil
}
