package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"headwater/internal/news"
)

// The log of the window says what each settlement and each closing of stories changed of what Window and Edges return. A
// process that stands by has read these, and follows the log to keep them up to date. An entry has ids only: a reader reads
// the present rows, so it may read an entry twice, and its mark may be older than its rows. An entry is written in the
// transaction of the change, on PostgreSQL only, since no process stands by on SQLite. The oldest entries go with each new
// one, so the log has as many as name windowLogKept ids. Whoever has missed more reads the window whole (ErrForgotten).
//
// What a poll changes of an article is in no entry before the article is settled, as in the window of the leader.

const (
	// windowLogKept is how many ids the kept entries have: what is settled while a window of millions is read, some 20 MB.
	windowLogKept = 2_000_000
	// windowEntry is how many ids an entry without any counts for, so that the number of entries is bounded too.
	windowEntry = 50
)

// watermarkWindow names the highest number of the log of the window.
const watermarkWindow = "window"

const (
	windowTotalSQL     = `coalesce((SELECT total FROM window_log ORDER BY seq DESC LIMIT 1), 0)`
	appendWindowLogSQL = `INSERT INTO window_log (seq, tag, epoch, total, changes)
		SELECT coalesce((SELECT value FROM marks WHERE name = '` + watermarkWindow + `'), 0) + 1, ?1, ?2, ` + windowTotalSQL + ` + ?3, ?4`
	raiseWindowSQL = `INSERT INTO marks (name, value) VALUES ('` + watermarkWindow + `', 1) ON CONFLICT (name) DO UPDATE SET value = marks.value + 1`
	// forgetWindowLogSQL deletes more entries than a transaction adds, so the log shrinks to its bound.
	forgetWindowLogSQL = `DELETE FROM window_log WHERE seq IN (SELECT seq FROM window_log ORDER BY seq LIMIT 4) AND total < ` + windowTotalSQL + ` - ?`
	lastWindowLogSQL   = `SELECT seq, tag FROM window_log ORDER BY seq DESC LIMIT 1`
	// ownWindowLogSQL selects the last of the entries after a number that all are of one leader.
	ownWindowLogSQL = `SELECT seq, tag FROM window_log WHERE seq > ?1
		AND seq < coalesce((SELECT min(seq) FROM window_log WHERE seq > ?1 AND epoch <> ?2), 9223372036854775807) ORDER BY seq DESC LIMIT 1`
	windowLogSQL = `SELECT seq, tag, changes FROM window_log WHERE seq >= ? ORDER BY seq`
)

// WindowMark is a position in the log of the window. The zero value is none.
type WindowMark struct {
	Seq int64
	tag int64 // of the entry: another database has another one
}

// WindowChanges names what changed of the window. Each list is sorted and has each id once.
type WindowChanges struct {
	Printed  []int64 `json:"p,omitempty"` // articles with a new print; all their edges may have changed
	Compared []int64 `json:"c,omitempty"` // articles whose edges among each other may have changed beside
	Stories  []int64 `json:"s,omitempty"` // stories whose members, event or phase changed, and that ended
}

// add adds what another entry names.
func (c *WindowChanges) add(other WindowChanges) {
	c.Printed, c.Compared, c.Stories = append(c.Printed, other.Printed...), append(c.Compared, other.Compared...), append(c.Stories, other.Stories...)
}

func (c *WindowChanges) sort() {
	for _, list := range []*[]int64{&c.Printed, &c.Compared, &c.Stories} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}

// windowChanges returns what a settlement changes of the window.
func (s Settlement) windowChanges() (c WindowChanges) {
	c.Printed = slices.Collect(maps.Keys(s.Prints))
	for _, e := range s.Edges {
		_, a := s.Prints[e.A]
		_, b := s.Prints[e.B]
		if !a && !b {
			c.Compared = append(c.Compared, e.A, e.B)
		}
	}
	for _, st := range s.Stories {
		c.Stories = append(c.Stories, st.ID)
	}
	for from, into := range s.Moved {
		c.Stories = append(c.Stories, from, into)
	}
	return c
}

// logWindow appends an entry to the log of the window.
func (t tx) logWindow(ctx context.Context, c WindowChanges) error {
	if !t.db.Shared() || len(c.Printed)+len(c.Compared)+len(c.Stories) == 0 {
		return nil
	}
	c.sort()
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var epoch int64
	if t.db.leadership != nil {
		epoch = t.db.leadership.epoch
	}
	size := windowEntry + len(c.Printed) + len(c.Compared) + len(c.Stories)
	if err := t.exec(ctx, appendWindowLogSQL, rand.Int64(), epoch, size, string(text)); err != nil { //nolint:gosec // no secret
		return err
	}
	if err := t.exec(ctx, raiseWindowSQL); err != nil {
		return err
	}
	t.ring(AreaWindow)
	return t.exec(ctx, forgetWindowLogSQL, windowLogKept)
}

// WindowMark returns the end of the log of the window; zero where it has no entry. What is read after the call is at least
// as new.
func (db *DB) WindowMark(ctx context.Context) (WindowMark, error) {
	return db.windowMark(ctx, WindowMark{}, lastWindowLogSQL)
}

// OwnWindowMark returns the last of the entries after a mark that this leader wrote without those of another one between
// them. It returns the mark itself where there is none.
func (db *DB) OwnWindowMark(ctx context.Context, after WindowMark) (WindowMark, error) {
	if db.leadership == nil {
		return after, nil
	}
	return db.windowMark(ctx, after, ownWindowLogSQL, after.Seq, db.leadership.epoch)
}

// windowMark returns the mark that a query selects, or another one if it selects none.
func (db *DB) windowMark(ctx context.Context, otherwise WindowMark, query string, args ...any) (WindowMark, error) {
	m, err := rowOf(ctx, db, "end of the log of the window", func(row scanner) (m WindowMark, err error) {
		err = row.Scan(&m.Seq, &m.tag)
		return m, err
	}, query, args...)
	if errors.Is(err, news.ErrNotFound) {
		return otherwise, nil
	}
	return m, err
}

// CorrectionChanges returns a number that grows with each correction that is made or taken back, where several processes
// share the database.
func (db *DB) CorrectionChanges(ctx context.Context) (int64, error) {
	return db.Watermark(ctx, areaMarks[AreaCorrections])
}

// WindowChanges returns what changed of the window after a mark, and the mark up to which this is all. It returns
// ErrForgotten where the log no longer says so, or belongs to another database.
func (db *DB) WindowChanges(ctx context.Context, after WindowMark) (c WindowChanges, through WindowMark, err error) {
	through = after
	found := false
	err = db.eachRow(ctx, "log of the window", func(row scanner) error {
		var at WindowMark
		var text string
		if err := row.Scan(&at.Seq, &at.tag, &text); err != nil {
			return err
		}
		if at == after {
			found = true
			return nil
		}
		var one WindowChanges
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			return fmt.Errorf("entry %d: %w", at.Seq, err)
		}
		c.add(one)
		through = at
		return nil
	}, windowLogSQL, after.Seq)
	if err != nil {
		return WindowChanges{}, after, err
	}
	if !found {
		return WindowChanges{}, after, fmt.Errorf("log of the window after entry %d: %w", after.Seq, ErrForgotten)
	}
	c.sort()
	return c, through, nil
}

// WindowPlace is where an article of the window is.
type WindowPlace struct {
	Article int64
	news.Grouping
	Open bool // Window returns it, if it is new enough
}

const windowPlacesSQL = `WITH wanted(id) AS MATERIALIZED (SELECT value FROM json_each(?1)
		UNION SELECT m.story_id FROM json_each(?2) AS named CROSS JOIN members AS m WHERE m.article_id = named.value)
	SELECT m.article_id, s.id, s.event_id, s.phase = 0 AND p.article_id IS NOT NULL
	FROM wanted CROSS JOIN stories AS s CROSS JOIN members AS m LEFT JOIN prints AS p ON p.article_id = m.article_id
	WHERE s.id = wanted.id AND m.story_id = s.id ORDER BY m.article_id`

// WindowPlaces returns all members of the given stories, and of the stories that the given articles are in.
func (db *DB) WindowPlaces(ctx context.Context, stories, articles []int64) ([]WindowPlace, error) {
	return rowsOf(ctx, db, "places in the window", func(row scanner) (p WindowPlace, err error) {
		err = row.Scan(&p.Article, &p.Story, &p.Event, &p.Open)
		return p, err
	}, windowPlacesSQL, idList(stories), idList(articles))
}

const (
	givenSQL          = `WITH open(id) AS MATERIALIZED (SELECT value FROM json_each(?1))`
	windowArticlesSQL = givenSQL + windowRowsSQL + `FROM open CROSS JOIN articles AS a CROSS JOIN prints AS p` + windowJoinsSQL +
		`WHERE a.id = open.id AND p.article_id = a.id` + windowOrderSQL
	plainEdgesSQL      = `SELECT e.a, e.b, e.story, e.event, '' FROM open CROSS JOIN edges AS e WHERE e.`
	edgesOfArticlesSQL = givenSQL + plainEdgesSQL + `a = open.id UNION ` + plainEdgesSQL + `b = open.id`
	edgesAmongSQL      = givenSQL + plainEdgesSQL + `a = open.id AND e.b IN (SELECT id FROM open)`
)

// WindowArticles is Window for given articles, of open and closed stories.
func (db *DB) WindowArticles(ctx context.Context, articles []int64, each func(WindowRow) error) error {
	return db.window(ctx, windowArticlesSQL, idList(articles), each)
}

// WindowEdges returns, without reasons, the edges with at least one of the articles of, and those between two of the articles
// among.
func (db *DB) WindowEdges(ctx context.Context, of, among []int64) (all, between []news.Edge, err error) {
	err = db.read(ctx, "edges of articles", func(t *sql.Tx) error {
		if all, err = collect(ctx, t.QueryContext, scanEdge, edgesOfArticlesSQL, idList(of)); err != nil {
			return err
		}
		between, err = collect(ctx, t.QueryContext, scanEdge, edgesAmongSQL, idList(among))
		return err
	})
	return all, between, err
}
