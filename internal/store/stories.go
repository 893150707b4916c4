package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	if o.Evidence, err = unlist[news.Evidence](evidence); err == nil {
		o.Scoop, err = toScoop(scoop)
	}
	return s, err
}

// Story gives a story with its members, or news.ErrNotFound. An id that moved gives the story it moved to. A story of which all
// articles were aged out has no members.
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

// Stories gives stories with their members, the origin first and then by time; members' articles have no HTML, text and
// marks. Of a list's IDs those that moved give the story they moved to, once, and unknown ones nothing. Limit 0 means
// all IDs, or else 50.
func (db *DB) Stories(ctx context.Context, l news.StoryList) (stories []news.Story, err error) {
	err = db.read(ctx, "stories", func(t *sql.Tx) error {
		if stories, err = listStories(ctx, t, storyColumns, l, scanStory); err != nil {
			return err
		}
		return addMembers(ctx, t, stories)
	})
	return stories, err
}

// listStories reads some columns of the stories of a list.
func listStories[T any](ctx context.Context, t *sql.Tx, columns string, l news.StoryList, scan func(scanner) (T, error)) ([]T, error) {
	l, err := inFolder(ctx, t, l)
	if err != nil {
		return nil, err
	}
	query, args, err := storyQuery(columns, l)
	if err != nil {
		return nil, err
	}
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, scan)
}

// The ways to choose stories. Of ids that lead to the same story the first counts.
const (
	storiesFrom = ` FROM stories AS s`
	listedFrom  = ` FROM (SELECT coalesce(r.new, wanted.value) AS id, min(wanted.key) AS place FROM json_each(?) AS wanted
		LEFT JOIN redirects AS r ON r.old = wanted.value GROUP BY 1) AS w CROSS JOIN stories AS s`
	byRank = ` ORDER BY s.rank DESC, s.id DESC LIMIT ? OFFSET ?`
	// byRankSince keeps SQLite from walking all stories by rank for the few that Since asks for.
	byRankSince = ` ORDER BY +s.rank DESC, s.id DESC LIMIT ? OFFSET ?`
	// byChanged puts the newest of those first that one settlement changed, such as all of a feed that was just added.
	byChanged = ` ORDER BY s.changed DESC, s.latest DESC, s.id DESC LIMIT ? OFFSET ?`
	// afterPlaceSQL goes on from the beginning of its settlement where the story of that place went into another.
	afterPlaceSQL = `(s.changed, s.latest, s.id) < (?, coalesce((SELECT p.latest FROM stories AS p WHERE p.id = ?), 9223372036854775807), ?)`
	byPlace       = ` ORDER BY w.place LIMIT ? OFFSET ?`
)

// markColumns are read for the stories of a page only.
const markColumns = `s.id, s.changed, coalesce((SELECT l.seq FROM story_log AS l WHERE l.story_id = s.id), 0),
	coalesce((SELECT max(a.seq) FROM members AS m CROSS JOIN articles AS a WHERE m.story_id = s.id AND a.id = m.article_id), 0), s.aged`

// StoryMarks gives what Stories would give, without reading it.
func (db *DB) StoryMarks(ctx context.Context, l news.StoryList) (marks []news.StoryMark, err error) {
	err = db.read(ctx, "marks of stories", func(t *sql.Tx) error {
		marks, err = listStories(ctx, t, markColumns, l, func(row scanner) (m news.StoryMark, err error) {
			var changed int64
			err = row.Scan(&m.ID, &changed, &m.Seq, &m.Articles, &m.Aged)
			m.Changed = fromMillis(changed)
			return m, err
		})
		return err
	})
	return marks, err
}

func storyQuery(columns string, l news.StoryList) (string, []any, error) {
	from, args, err := storySelection(l)
	if err != nil {
		return "", nil, err
	}
	order, limit := byRank, limitOr(l.Limit)
	switch {
	case l.IDs.Made():
		order, limit = byPlace, cmp.Or(l.Limit, len(l.IDs.IDs()))
	case l.Newest:
		order = byChanged
	case !l.Since.IsZero():
		order = byRankSince
	}
	return `SELECT ` + columns + from + order, append(args, limit, l.Offset), nil
}

// storySelection is which stories a list asks for, without order and limit.
func storySelection(l news.StoryList) (string, []any, error) {
	from := storiesFrom
	var f filter
	if l.IDs.Made() {
		wanted, err := idList(l.IDs.IDs())
		if err != nil {
			return "", nil, err
		}
		from, f.args = listedFrom, []any{wanted}
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
	return from + f.where(), f.args, nil
}

// CountStories counts what Stories would give without Limit and Offset.
func (db *DB) CountStories(ctx context.Context, l news.StoryList) (int, error) {
	from, args, err := storySelection(l)
	if err != nil {
		return 0, err
	}
	n, err := db.number(ctx, "count stories", `SELECT count(*)`+from, args...)
	return int(n), err
}

const membersSQL = `SELECT m.story_id, m.role, m.share, m.carries, m.evidence, coalesce(c.claims, ''), ` + lightColumns + `
	FROM json_each(?) AS wanted CROSS JOIN members AS m CROSS JOIN articles AS a LEFT JOIN claims AS c ON c.article_id = a.id
	WHERE m.story_id = wanted.value AND a.id = m.article_id`

// addMembers reads the members of all stories at once. A story without a title is shown by the opening words of its lead.
func addMembers(ctx context.Context, t *sql.Tx, stories []news.Story) error {
	place := make(map[int64]*news.Story, len(stories))
	ids := make([]int64, len(stories))
	for i := range stories {
		ids[i] = stories[i].ID
		place[ids[i]] = &stories[i]
	}
	wanted, err := idList(ids)
	if err != nil {
		return err
	}
	err = eachRow(ctx, t, membersSQL, []any{wanted}, func(rows *sql.Rows) error {
		story, m, err := scanMember(rows)
		if err == nil {
			place[story].Members = append(place[story].Members, m)
		}
		return err
	})
	for i, s := range stories {
		orderMembers(s)
		if s.Title == "" {
			stories[i].Title = s.Headline()
		}
	}
	return err
}

func scanMember(row scanner) (story int64, m news.Member, err error) {
	var r lightRow
	var evidence, claims string
	if err := row.Scan(append([]any{&story, &m.Role, &m.Share, &m.Carries, &evidence, &claims}, r.dest()...)...); err != nil {
		return 0, m, err
	}
	a, errA := r.light()
	ev, errE := unlist[news.Evidence](evidence)
	cl, errC := toClaims(claims)
	m.Article, m.Evidence, m.Claims = a, ev, cl
	return story, m, errors.Join(errA, errE, errC)
}

// orderMembers puts the origin first and the others by time.
func orderMembers(s news.Story) {
	slices.SortFunc(s.Members, func(x, y news.Member) int {
		return cmp.Or(
			later(x.Article.ID != s.Origin.Article, y.Article.ID != s.Origin.Article),
			x.Article.Time().Compare(y.Article.Time()),
			cmp.Compare(x.Article.ID, y.Article.ID),
		)
	})
}

// later orders false before true.
func later(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	default:
		return -1
	}
}
