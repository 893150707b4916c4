package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"headwater/internal/news"
)

const storyColumns = `s.id, s.event_id, s.title, s.outlets, s.first, s.latest, s.changed, s.origin_article, s.origin_name,
	s.origin_domain, s.origin_agency, s.origin_url, s.level, s.confidence, s.evidence, s.scoop, s.origin_title, s.template, s.aged, s.origin_aged`

func scanStory(row scanner) (s news.Story, err error) {
	var first, latest, changed int64
	var evidence, scoop string
	o := &s.Origin
	err = row.Scan(&s.ID, &s.Event, &s.Title, &s.Outlets, &first, &latest, &changed, &o.Article, &o.Name, &o.Domain, &o.Agency,
		&o.URL, &o.Level, &o.Confidence, &evidence, &scoop, &o.Title, &s.Template, &s.Aged, &o.Aged)
	if err != nil {
		return s, err
	}
	s.First, s.Latest, s.Changed = fromMillis(first), fromMillis(latest), fromMillis(changed)
	if o.Evidence, err = decodeList[news.Evidence](evidence); err == nil {
		o.Scoop, err = decodeScoop(scoop)
	}
	return s, err
}

// Story returns a story with its members, or news.ErrNotFound. An id that moved returns the story that it moved to. A
// story whose articles were all aged out has no members.
func (db *DB) Story(ctx context.Context, id int64) (news.Story, error) {
	all, err := db.Stories(ctx, news.StoryList{IDs: news.Choose(id)})
	if err != nil {
		return news.Story{}, err
	}
	if len(all) > 0 {
		return all[0], nil
	}
	aged, err := db.agedStory(ctx, id)
	if err != nil {
		return news.Story{}, fmt.Errorf("story %d: %w", id, err)
	}
	return aged, nil
}

// Stories returns stories with their members, the origin first and then by time. The members' articles have no HTML, text
// and marks. In a list of IDs, an id that moved stands for the story that it moved to. Each story is returned once, and
// unknown ids are skipped. Limit 0 means all for a list of IDs, and 50 otherwise.
func (db *DB) Stories(ctx context.Context, l news.StoryList) (stories []news.Story, err error) {
	if l.Viewer, err = db.ifHidden(ctx, l.Viewer); err != nil {
		return nil, err
	}
	err = db.read(ctx, "stories", func(t *sql.Tx) error {
		if stories, err = listStories(ctx, t, storyColumns, l, scanStory); err != nil {
			return err
		}
		return addMembers(ctx, t, stories)
	})
	db.storiesAsPresent(stories)
	return stories, err
}

// listStories reads the given columns of the stories of a list.
func listStories[T any](ctx context.Context, t *sql.Tx, columns string, l news.StoryList, scan func(scanner) (T, error)) ([]T, error) {
	l, err := inFolder(ctx, t, l)
	if err != nil {
		return nil, err
	}
	query, args := storyQuery(columns, l)
	return collect(ctx, t.QueryContext, scan, query, args...)
}

// The ways to select stories. Where several ids lead to one story, the first determines its position.
const (
	storiesFrom = ` FROM stories AS s`
	listedFrom  = ` FROM (SELECT coalesce(r.new, wanted.value) AS id, min(wanted.key) AS place FROM json_each(?) AS wanted
		LEFT JOIN redirects AS r ON r.old = wanted.value GROUP BY 1) AS w CROSS JOIN stories AS s`
	byRank = ` ORDER BY s.rank DESC, s.id DESC LIMIT ? OFFSET ?`
	// byRankSince keeps SQLite from walking all stories by rank when Since selects a few of them. The unary + turns that
	// index off.
	byRankSince = ` ORDER BY +s.rank DESC, s.id DESC LIMIT ? OFFSET ?`
	// byChanged orders stories with the same time of change, which one settlement gives them, by their newest article. An
	// example is the stories of a feed that was just added.
	byChanged = ` ORDER BY s.changed DESC, s.latest DESC, s.id DESC LIMIT ? OFFSET ?`
	// afterPlaceSQL continues a list after a story. Where that story was merged into another, the list continues at the
	// beginning of its settlement.
	afterPlaceSQL = `(s.changed, s.latest, s.id) < (?, coalesce((SELECT p.latest FROM stories AS p WHERE p.id = ?), 9223372036854775807), ?)`
	byPlace       = ` ORDER BY w.place LIMIT ? OFFSET ?`

	// visibleSQL holds for stories of which some article is not hidden from a user. What is hidden is read past.
	visibleSQL = `EXISTS (SELECT 1 FROM members AS m WHERE m.story_id = s.id
		AND NOT EXISTS (SELECT 1 FROM hidden AS h WHERE h.user_id = ? AND h.article_id = m.article_id))`
)

// markColumns are read only for the stories of a page.
const markColumns = `s.id, s.changed, coalesce((SELECT l.seq FROM story_log AS l WHERE l.story_id = s.id), 0),
	coalesce((SELECT max(a.seq) FROM members AS m CROSS JOIN articles AS a WHERE m.story_id = s.id AND a.id = m.article_id), 0), s.aged`

// StoryMarks returns the versions of the stories that Stories would return, without reading the stories.
func (db *DB) StoryMarks(ctx context.Context, l news.StoryList) (marks []news.StoryVersion, err error) {
	if l.Viewer, err = db.ifHidden(ctx, l.Viewer); err != nil {
		return nil, err
	}
	err = db.read(ctx, "marks of stories", func(t *sql.Tx) error {
		marks, err = listStories(ctx, t, markColumns, l, func(row scanner) (m news.StoryVersion, err error) {
			var changed int64
			err = row.Scan(&m.ID, &changed, &m.Seq, &m.Articles, &m.Aged)
			m.Changed = fromMillis(changed)
			return m, err
		})
		return err
	})
	return marks, err
}

// StoriesVersion is how far everything has come that the stories of readers are made from: settlements, names of articles, the two logs,
// and the log of removals. While it is the same, Stories and Story return the same, as long as no outlet is changed.
type StoriesVersion struct{ Settlements, Renames, Articles, Changes, Removals int64 }

const storiesVersionSQL = `SELECT coalesce((SELECT value FROM marks WHERE name = '` + settlements + `'), 0),
	coalesce((SELECT value FROM marks WHERE name = '` + renames + `'), 0), (` + lastSeqSQL + `), ` +
	lastChangeSQL + `, (` + lastRemovalSQL + `)`

// StoriesVersion returns the version of now.
func (db *DB) StoriesVersion(ctx context.Context) (StoriesVersion, error) {
	return rowOf(ctx, db, "version of the stories", func(row scanner) (v StoriesVersion, err error) {
		err = row.Scan(&v.Settlements, &v.Renames, &v.Articles, &v.Changes, &v.Removals)
		return v, err
	}, storiesVersionSQL)
}

func storyQuery(columns string, l news.StoryList) (string, []any) {
	from, args := storySelection(l)
	order, limit := byRank, limitOr(l.Limit)
	switch {
	case l.IDs.Made():
		order, limit = byPlace, cmp.Or(l.Limit, len(l.IDs.IDs()))
	case l.Newest:
		order = byChanged
	case !l.Since.IsZero():
		order = byRankSince
	}
	return `SELECT ` + columns + from + order, append(args, limit, l.Offset)
}

// storySelection returns the condition for the stories of a list, without order and limit.
func storySelection(l news.StoryList) (string, []any) {
	from := storiesFrom
	var f filter
	if l.IDs.Made() {
		from, f.args = listedFrom, []any{idList(l.IDs.IDs())}
		f.and("s.id = w.id")
	}
	if l.Event != 0 {
		f.and("s.event_id = ?", l.Event)
	}
	if !l.Since.IsZero() {
		f.and("s.changed >= ?", millis(l.Since))
	}
	if l.Newest && l.Before.ID != 0 {
		f.and(afterPlaceSQL, millis(l.Before.Time), l.Before.ID, l.Before.ID)
	}
	if l.Newest && l.Viewer != 0 {
		f.and(visibleSQL, l.Viewer)
	}
	return from + f.where(), f.args
}

// CountStories counts the stories that Stories would return without Limit and Offset.
func (db *DB) CountStories(ctx context.Context, l news.StoryList) (int, error) {
	var err error
	if l.Viewer, err = db.ifHidden(ctx, l.Viewer); err != nil {
		return 0, err
	}
	from, args := storySelection(l)
	n, err := db.number(ctx, "count stories", `SELECT count(*)`+from, args...)
	return int(n), err
}

const membersSQL = `SELECT m.story_id, m.role, m.share, m.carries, m.evidence, coalesce(c.claims, ''), ` + headerColumns + `
	FROM json_each(?) AS wanted CROSS JOIN members AS m CROSS JOIN articles AS a LEFT JOIN claims AS c ON c.article_id = a.id
	WHERE m.story_id = wanted.value AND a.id = m.article_id`

// addMembers reads the members of all given stories at once, the origin first and the others by time. A story without a
// title gets the first words of its lead as title.
func addMembers(ctx context.Context, t *sql.Tx, stories []news.Story) error {
	at := make(map[int64]*news.Story, len(stories))
	ids := make([]int64, len(stories))
	for i := range stories {
		ids[i] = stories[i].ID
		at[ids[i]] = &stories[i]
	}
	err := eachRow(ctx, t.QueryContext, func(row scanner) error {
		var story int64
		var m news.Member
		var r headerRow
		var evidence, claims string
		if err := row.Scan(append([]any{&story, &m.Role, &m.Share, &m.Carries, &evidence, &claims}, r.dest()...)...); err != nil {
			return err
		}
		var errArticle, errEvidence, errClaims error
		m.Article, errArticle = r.header()
		m.Evidence, errEvidence = decodeList[news.Evidence](evidence)
		m.Claims, errClaims = decodeClaims(claims)
		at[story].Members = append(at[story].Members, m)
		return errors.Join(errArticle, errEvidence, errClaims)
	}, membersSQL, idList(ids))
	for i, s := range stories {
		first := func(m news.Member) int {
			if m.Article.ID == s.Origin.Article {
				return 0
			}
			return 1
		}
		slices.SortFunc(s.Members, func(x, y news.Member) int {
			return cmp.Or(first(x)-first(y), x.Article.Time().Compare(y.Article.Time()), cmp.Compare(x.Article.ID, y.Article.ID))
		})
		if s.Title == "" {
			stories[i].Title = s.Headline()
		}
	}
	return err
}

const (
	placementColumns = `SELECT s.id, s.event_id, s.origin_name, s.origin_domain, s.outlets, m.article_id, m.role
		FROM stories AS s JOIN members AS m ON m.story_id = s.id`
	placementsSQL   = placementColumns + ` ORDER BY s.id`
	placementsOfSQL = placementColumns + ` WHERE s.id IN (SELECT value FROM json_each(?)) ORDER BY s.id`
)

// PlacementMark is how far placements follow the story log and the log of removals.
type PlacementMark struct{ Story, Removal int64 }

// Placements calls take for every story, by id, with what searches need to know of it. It returns how far these follow the
// logs.
func (db *DB) Placements(ctx context.Context, take func(news.Placement)) (at PlacementMark, err error) {
	err = db.read(ctx, "places of articles", func(t *sql.Tx) error {
		if err := t.QueryRowContext(ctx, `SELECT `+lastChangeSQL+`, (`+lastRemovalSQL+`)`).Scan(&at.Story, &at.Removal); err != nil {
			return err
		}
		return db.placements(ctx, t, take, placementsSQL)
	})
	return at, err
}

// placements calls take for each story of a query, which has placementColumns in the order of stories.
func (db *DB) placements(ctx context.Context, t *sql.Tx, take func(news.Placement), query string, args ...any) error {
	var story news.Placement // the story whose members are being read
	err := eachRow(ctx, t.QueryContext, func(row scanner) error {
		var p news.Placement
		var article int64
		var role news.Role
		if err := row.Scan(&p.Story, &p.Event, &p.Origin.Name, &p.Origin.Domain, &p.Outlets, &article, &role); err != nil {
			return err
		}
		db.asPresent(&p.Origin)
		if p.Story != story.Story {
			if story.Story != 0 {
				take(story)
			}
			story = p
			story.Members = map[int64]news.Role{}
		}
		story.Members[article] = role
		return nil
	}, query, args...)
	if err == nil && story.Story != 0 {
		take(story)
	}
	return err
}

// PlacementChanges are the stories that changed, as they are now.
type PlacementChanges struct {
	Stories []news.Placement
	Gone    []int64 // stories that were merged into others, or deleted
	Removed []int64 // articles that were aged out
	Through PlacementMark
}

const changedPlacesSQL = `SELECT l.seq, l.story_id, s.id IS NULL FROM story_log AS l LEFT JOIN stories AS s ON s.id = l.story_id
	WHERE l.seq > ? ORDER BY l.seq LIMIT ?`

// PlacementsAfter returns what changed after a mark, in one state of the database. It returns ErrForgotten where that is
// more than limit stories or articles, or where the logs do not say it: then reading all placements again is better.
func (db *DB) PlacementsAfter(ctx context.Context, at PlacementMark, limit int) (c PlacementChanges, err error) {
	err = db.read(ctx, "places of articles that changed", func(t *sql.Tx) error {
		c.Through = at
		var last int64
		if err := t.QueryRowContext(ctx, `SELECT `+lastChangeSQL).Scan(&last); err != nil {
			return err
		}
		if c.Removed, c.Through.Removal, err = removals(ctx, t, at.Removal, limit+1); err != nil {
			return err
		}
		var changed []int64
		err := eachRow(ctx, t.QueryContext, func(row scanner) error {
			var story int64
			var gone bool
			err := row.Scan(&c.Through.Story, &story, &gone)
			if gone {
				c.Gone = append(c.Gone, story)
			} else {
				changed = append(changed, story)
			}
			return err
		}, changedPlacesSQL, at.Story, limit+1)
		if err != nil {
			return err
		}
		if last < at.Story || len(c.Removed) > limit || len(changed)+len(c.Gone) > limit {
			return fmt.Errorf("after entry %d of the story log: %w", at.Story, ErrForgotten)
		}
		if len(changed) == 0 {
			return nil
		}
		return db.placements(ctx, t, func(p news.Placement) { c.Stories = append(c.Stories, p) }, placementsOfSQL, idList(changed))
	})
	return c, err
}

// The list of a folder's stories is merged from the lists of its feeds. For a page of n stories, it takes the feeds whose
// newest story is among the n newest such stories, and n stories of each. After is the position in the list where they
// continue.
const (
	afterInListSQL = `x.feed_id = f.id AND x.changed >= ?2 AND (x.changed, x.latest, x.story_id) < (?3, ?4, ?5)`
	// visibleInFeedSQL holds for a story x of a feed of which some article is not hidden from a user. What is hidden is read past.
	visibleInFeedSQL = ` AND EXISTS (SELECT 1 FROM members AS m CROSS JOIN articles AS a WHERE m.story_id = x.story_id AND a.id = m.article_id AND a.feed_id = x.feed_id
		AND NOT EXISTS (SELECT 1 FROM hidden AS h WHERE h.user_id = ?7 AND h.article_id = a.id))`
	placeOfSQL = `SELECT latest FROM stories WHERE id = ?`
)

var (
	newestOfFeedsSQL, visibleNewestOfFeedsSQL = newestOfFeeds(""), newestOfFeeds(visibleInFeedSQL)
	ofFeedSQL, visibleOfFeedSQL               = ofFeed(""), ofFeed(visibleInFeedSQL)
)

// newestOfFeeds selects the feeds whose newest story is among the n newest of all feeds, of the stories that meet a condition. No other
// feed has such a story among the first n of the folder. Stories of one settlement share one time of change, and several feeds may share
// their newest story.
func newestOfFeeds(only string) string {
	return `SELECT id FROM (SELECT f.id, dense_rank() OVER (ORDER BY s.changed DESC, s.latest DESC, s.id DESC) AS place
		FROM (SELECT f.id, (SELECT x.story_id FROM story_feeds AS x WHERE ` + afterInListSQL + only + `
				ORDER BY x.changed DESC, x.latest DESC, x.story_id DESC LIMIT 1) AS newest
			FROM feeds AS f WHERE f.folder = ?1 AND f.removed = 0) AS f CROSS JOIN stories AS s WHERE s.id = f.newest) AS found WHERE place <= ?6`
}

func ofFeed(only string) string {
	return `SELECT x.changed, x.latest, x.story_id FROM story_feeds AS x WHERE x.feed_id = ?1 AND x.changed >= ?2 AND (x.changed, x.latest, x.story_id) < (?3, ?4, ?5)` + only + `
		ORDER BY x.changed DESC, x.latest DESC, x.story_id DESC LIMIT ?6`
}

type listed struct{ changed, latest, story int64 }

// inFolder replaces a folder or a feed by a list of story ids. For a page of n it reads about n stories of n feeds, however large
// the folder is.
func inFolder(ctx context.Context, t *sql.Tx, l news.StoryList) (news.StoryList, error) {
	if l.Folder == "" && l.Feed == 0 {
		return l, nil
	}
	after := listed{math.MaxInt64, math.MaxInt64, math.MaxInt64}
	if l.Before.ID != 0 {
		after.changed, after.story = millis(l.Before.Time), l.Before.ID
		err := t.QueryRowContext(ctx, placeOfSQL, l.Before.ID).Scan(&after.latest)
		if err != nil && !errors.Is(err, sql.ErrNoRows) { // a story that was merged: the list continues at the beginning of its settlement
			return l, err
		}
	}
	limit := limitOr(l.Limit)
	since := millis(l.Since)
	feeds := []int64{l.Feed}
	newestOf, of, args := newestOfFeedsSQL, ofFeedSQL, []any{since, after.changed, after.latest, after.story, limit}
	if l.Viewer != 0 {
		newestOf, of, args = visibleNewestOfFeedsSQL, visibleOfFeedSQL, append(args, l.Viewer)
	}
	if l.Folder != "" {
		var err error
		feeds, err = collect(ctx, t.QueryContext, scanID, newestOf, append([]any{text(l.Folder)}, args...)...)
		if err != nil {
			return l, err
		}
	}
	var all []listed
	for _, feed := range feeds {
		found, err := collect(ctx, t.QueryContext, func(row scanner) (x listed, err error) {
			err = row.Scan(&x.changed, &x.latest, &x.story)
			return x, err
		}, of, append([]any{feed}, args...)...)
		if err != nil {
			return l, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b listed) int {
		return cmp.Or(cmp.Compare(b.changed, a.changed), cmp.Compare(b.latest, a.latest), cmp.Compare(b.story, a.story))
	})
	all = slices.Compact(all)
	ids := make([]int64, 0, limit)
	for _, x := range all[:min(len(all), limit)] {
		ids = append(ids, x.story)
	}
	return news.StoryList{IDs: news.Choose(ids...), Limit: l.Limit}, nil
}

const storiesOfSQL = `SELECT article_id, story_id FROM members WHERE article_id IN (SELECT value FROM json_each(?))`

// StoriesOf returns the story of each settled article, by article id.
func (db *DB) StoriesOf(ctx context.Context, articleIDs []int64) (map[int64]int64, error) {
	return byID(ctx, db, "stories of articles", storiesOfSQL, articleIDs, func(row scanner) (article, story int64, err error) {
		err = row.Scan(&article, &story)
		return article, story, err
	})
}
