package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"

	"headwater/internal/news"
)

// The lists of a folder's stories are merged from those of its feeds. After is the place in the list that they go on from.
const (
	afterInListSQL = `x.feed_id = f.id AND x.changed >= ?2 AND (x.changed, x.latest, x.story_id) < (?3, ?4, ?5)`
	// newestOfFeedsSQL gives the feeds whose newest story is among the newest so many of all feeds': no other has one among the
	// first so many of the folder. Many stories of a settlement have one time of change, and many feeds one newest story.
	newestOfFeedsSQL = `SELECT id FROM (SELECT f.id, dense_rank() OVER (ORDER BY s.changed DESC, s.latest DESC, s.id DESC) AS place
		FROM (SELECT f.id, (SELECT x.story_id FROM story_feeds AS x WHERE ` + afterInListSQL + `
				ORDER BY x.changed DESC, x.latest DESC, x.story_id DESC LIMIT 1) AS newest
			FROM feeds AS f WHERE f.folder = ?1 AND f.removed = 0) AS f CROSS JOIN stories AS s WHERE s.id = f.newest) WHERE place <= ?6`
	ofFeedSQL = `SELECT changed, latest, story_id FROM story_feeds WHERE feed_id = ?1 AND changed >= ?2 AND (changed, latest, story_id) < (?3, ?4, ?5)
		ORDER BY changed DESC, latest DESC, story_id DESC LIMIT ?6`
	placeOfSQL = `SELECT latest FROM stories WHERE id = ?`
)

type listed struct{ changed, latest, story int64 }

// inFolder makes a list of a folder's stories one of ids. It reads as many stories of as many feeds as the list is long, whatever
// the folder holds.
func inFolder(ctx context.Context, t *sql.Tx, l news.StoryList) (news.StoryList, error) {
	if l.Folder == "" {
		return l, nil
	}
	after := listed{math.MaxInt64, math.MaxInt64, math.MaxInt64}
	if l.Before.ID != 0 {
		after.changed, after.story = millis(l.Before.Time), l.Before.ID
		err := t.QueryRowContext(ctx, placeOfSQL, l.Before.ID).Scan(&after.latest)
		if err != nil && !errors.Is(err, sql.ErrNoRows) { // of a story that went into another the list goes on from the beginning of its settlement
			return l, err
		}
	}
	limit := limitOr(l.Limit)
	since := millis(l.Since)
	rows, err := t.QueryContext(ctx, newestOfFeedsSQL, text(l.Folder), since, after.changed, after.latest, after.story, limit)
	if err != nil {
		return l, err
	}
	feeds, err := collect(rows, scanID)
	if err != nil {
		return l, err
	}
	var all []listed
	for _, feed := range feeds {
		rows, err := t.QueryContext(ctx, ofFeedSQL, feed, since, after.changed, after.latest, after.story, limit)
		if err != nil {
			return l, err
		}
		of, err := collect(rows, func(row scanner) (x listed, err error) {
			err = row.Scan(&x.changed, &x.latest, &x.story)
			return x, err
		})
		if err != nil {
			return l, err
		}
		all = append(all, of...)
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
