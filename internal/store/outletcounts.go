package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"headwater/internal/news"
)

// outletStory is a row of outlet_stories.
type outletStory struct {
	story              int64
	outlet, name       string
	time, seen, last   int64
	articles           int
	wrote, rerun       bool
	origin             string
	lag                int
	newest, originTime int64 // ids and times that the row follows from; 0 in rows that are read
}

func (r outletStory) row() []any {
	return []any{r.story, r.outlet, r.name, r.time, r.seen, r.last, r.articles, r.wrote, r.rerun, r.origin, r.lag}
}

const (
	outletStoryColumns = `story_id, outlet, name, time, seen, last, articles, wrote, rerun, origin, lag`

	outletStoriesOfSQL = `SELECT ` + outletStoryColumns + ` FROM outlet_stories WHERE story_id IN (SELECT value FROM json_each(?))`
	dropOutletStorySQL = `DELETE FROM outlet_stories WHERE story_id = ? AND outlet = ?`
	putOutletStorySQL  = `INSERT INTO outlet_stories (` + outletStoryColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	tellingArticlesSQL = `SELECT s.id, s.origin_article, s.origin_domain, s.origin_name, s.level, s.first, a.id, a.outlet_domain, a.outlet_name, a.time, a.undated, a.seen
		FROM json_each(?) AS wanted CROSS JOIN stories AS s CROSS JOIN members AS m CROSS JOIN articles AS a
		WHERE s.id = wanted.value AND m.story_id = s.id AND a.id = m.article_id`
	addOutletCountsSQL = `INSERT INTO outlet_counts (outlet, name, stories, articles, carried, wrote, named, rerun, first, last)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (outlet, name) DO UPDATE SET
		stories = outlet_counts.stories + excluded.stories, articles = outlet_counts.articles + excluded.articles,
		carried = outlet_counts.carried + excluded.carried, wrote = outlet_counts.wrote + excluded.wrote,
		named = outlet_counts.named + excluded.named, rerun = outlet_counts.rerun + excluded.rerun,
		first = iif(outlet_counts.first = 0 OR excluded.first <> 0 AND excluded.first < outlet_counts.first, excluded.first, outlet_counts.first),
		last = max(outlet_counts.last, excluded.last)`
	dropOutletCountsSQL = `DELETE FROM outlet_counts WHERE stories = 0 AND outlet IN (SELECT value FROM json_each(?, '$'))`
	addOutletPairsSQL   = `INSERT INTO outlet_pairs (outlet, origin, lag, stories) VALUES (?, ?, ?, ?)
		ON CONFLICT (outlet, origin, lag) DO UPDATE SET stories = outlet_pairs.stories + excluded.stories`
	dropOutletPairsSQL = `DELETE FROM outlet_pairs WHERE stories = 0 AND outlet IN (SELECT value FROM json_each(?, '$'))`
)

// storedKey is the key under which an outlet is counted.
func storedKey(domain, name string) string {
	key := news.Outlet{Name: name, Domain: domain}.Key()
	return cut(text(news.Outlet{Name: key}.Key()), maxOutlet) // in lower case
}

// countOutlets brings what is counted of outlets up to date with some stories, a JSON list, some of which may be gone.
func (t tx) countOutlets(ctx context.Context, stories string) error {
	had, err := collect(ctx, t.query, scanOutletStory, outletStoriesOfSQL, stories)
	if err != nil {
		return err
	}
	now, err := t.tellingOutlets(ctx, stories)
	if err != nil {
		return err
	}
	type key struct {
		story  int64
		outlet string
	}
	wanted := make(map[key]outletStory, len(now))
	for _, r := range now {
		wanted[key{r.story, r.outlet}] = r
	}
	var c outletChanges
	var gone [][]any
	for _, r := range had {
		k := key{r.story, r.outlet}
		if wanted[k] == r {
			delete(wanted, k)
			continue
		}
		gone = append(gone, []any{r.story, r.outlet})
		c.add(r, -1)
	}
	var fresh [][]any
	for _, r := range now {
		if _, missing := wanted[key{r.story, r.outlet}]; missing {
			fresh = append(fresh, r.row())
			c.add(r, 1)
		}
	}
	if err := t.each(ctx, dropOutletStorySQL, gone); err != nil {
		return err
	}
	if err := t.each(ctx, putOutletStorySQL, fresh); err != nil {
		return err
	}
	return t.addOutletChanges(ctx, c)
}

func scanOutletStory(row scanner) (r outletStory, err error) {
	err = row.Scan(&r.story, &r.outlet, &r.name, &r.time, &r.seen, &r.last, &r.articles, &r.wrote, &r.rerun, &r.origin, &r.lag)
	return r, err
}

// tellingOutlets returns what outlet_stories has to hold of some stories, in the order of stories and outlets.
func (t tx) tellingOutlets(ctx context.Context, stories string) ([]outletStory, error) {
	type told struct {
		outlets map[string]*outletStory
		origin  string // key; "" where nobody is known to have written it
		name    string // of the origin
		certain bool
		first   int64
		time    int64 // of the origin's article; 0 where that is not known
	}
	all := map[int64]*told{}
	err := eachRow(ctx, t.query, func(row scanner) error {
		var story, originArticle, first, article, at, seen int64
		var originDomain, originName, level, domain, name string
		var undated bool
		err := row.Scan(&story, &originArticle, &originDomain, &originName, &level, &first, &article, &domain, &name, &at, &undated, &seen)
		if err != nil {
			return err
		}
		s := all[story]
		if s == nil {
			s = &told{
				outlets: map[string]*outletStory{}, origin: storedKey(originDomain, originName), first: first, name: cut(text(originName), maxOutlet),
				certain: level == news.LevelOriginal || level == news.LevelLikely,
			}
			all[story] = s
		}
		key := storedKey(domain, name)
		if article == originArticle {
			s.origin = key // the story's row may have what the outlet is called now
			if !undated {
				s.time = at
			}
		}
		o := s.outlets[key]
		if o == nil {
			o = &outletStory{story: story, outlet: key, lag: news.LagUnknown}
			s.outlets[key] = o
		}
		o.articles++
		if article > o.newest {
			o.newest, o.name = article, cut(text(name), maxOutlet)
		}
		if !undated && (o.originTime == 0 || at < o.originTime) {
			o.originTime = at
		}
		if o.time == 0 || at < o.time {
			o.time = at
		}
		if o.seen == 0 || seen < o.seen {
			o.seen = seen
		}
		o.last = max(o.last, seen)
		return nil
	}, tellingArticlesSQL, stories)
	if err != nil {
		return nil, err
	}
	var rows []outletStory
	for _, id := range slices.Sorted(maps.Keys(all)) {
		s := all[id]
		if s.origin != "" && s.outlets[s.origin] == nil {
			s.outlets[s.origin] = &outletStory{story: id, outlet: s.origin, name: s.name, time: s.first, lag: news.LagUnknown}
		}
		for _, key := range slices.Sorted(maps.Keys(s.outlets)) {
			r := *s.outlets[key]
			switch {
			case key == s.origin:
				r.wrote, r.rerun = true, len(s.outlets) > 1
			case s.certain && key != "":
				r.origin = s.origin
				if s.time != 0 && r.originTime != 0 {
					r.lag = news.LagClass(time.Duration(r.originTime-s.time) * time.Millisecond)
				}
			}
			r.newest, r.originTime = 0, 0
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// outletChanges adds up what changes in outlet_counts and outlet_pairs.
type outletChanges struct {
	counts map[[2]string]*outletChange // by outlet and name
	pairs  map[news.OutletPair]int     // Stories is 0 in the keys
}

type outletChange struct {
	stories, articles, carried, wrote, named, rerun int
	first, last                                     int64
}

// add adds a row of outlet_stories n times.
func (c *outletChanges) add(r outletStory, n int) {
	if c.counts == nil {
		c.counts, c.pairs = map[[2]string]*outletChange{}, map[news.OutletPair]int{}
	}
	key := [2]string{r.outlet, r.name}
	d := c.counts[key]
	if d == nil {
		d = &outletChange{}
		c.counts[key] = d
	}
	has := func(b bool) int {
		if b {
			return n
		}
		return 0
	}
	d.stories += n
	d.articles += n * r.articles
	d.carried += has(r.articles > 0)
	d.wrote += has(r.wrote && r.articles > 0)
	d.named += has(r.wrote && r.articles == 0)
	d.rerun += has(r.wrote && r.rerun)
	if n > 0 && r.seen != 0 && (d.first == 0 || r.seen < d.first) {
		d.first = r.seen
	}
	if n > 0 {
		d.last = max(d.last, r.last)
	}
	if r.origin != "" {
		c.pairs[news.OutletPair{Outlet: r.outlet, Origin: r.origin, Lag: r.lag}] += n
	}
}

func (t tx) addOutletChanges(ctx context.Context, c outletChanges) error {
	var counts, pairs [][]any
	var fewer, fewerPairs []string
	for _, key := range slices.SortedFunc(maps.Keys(c.counts), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		d := c.counts[key]
		if *d == (outletChange{}) {
			continue
		}
		counts = append(counts, []any{key[0], key[1], d.stories, d.articles, d.carried, d.wrote, d.named, d.rerun, d.first, d.last})
		if d.stories < 0 {
			fewer = append(fewer, key[0])
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(c.pairs), comparePairs) {
		n := c.pairs[p]
		if n == 0 {
			continue
		}
		pairs = append(pairs, []any{p.Outlet, p.Origin, p.Lag, n})
		if n < 0 {
			fewerPairs = append(fewerPairs, p.Outlet)
		}
	}
	if err := t.each(ctx, addOutletCountsSQL, counts); err != nil {
		return err
	}
	if err := t.each(ctx, addOutletPairsSQL, pairs); err != nil {
		return err
	}
	if len(fewer) > 0 {
		if err := t.exec(ctx, dropOutletCountsSQL, textList(slices.Compact(fewer))); err != nil {
			return err
		}
	}
	if len(fewerPairs) > 0 {
		return t.exec(ctx, dropOutletPairsSQL, textList(slices.Compact(fewerPairs)))
	}
	return nil
}

func comparePairs(a, b news.OutletPair) int {
	return cmp.Or(cmp.Compare(a.Outlet, b.Outlet), cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Lag, b.Lag))
}

// markOutletsToCount names the mark of the highest story id whose outlets are still to be counted, 0 for none.
const (
	markOutletsToCount = "outlets-to-count"

	nextToCountSQL    = `SELECT id FROM stories WHERE id <= (SELECT value FROM marks WHERE name = '` + markOutletsToCount + `') ORDER BY id DESC LIMIT ?`
	countedOutletsSQL = `UPDATE marks SET value = ? WHERE name = '` + markOutletsToCount + `'`
)

// CountOlderOutlets counts the outlets of the next limit stories that were stored before outlets were counted, the newest
// first. It returns how many it has counted, 0 once none is left.
func (db *DB) CountOlderOutlets(ctx context.Context, limit int) (n int, err error) {
	if left, err := db.Watermark(ctx, markOutletsToCount); err != nil || left == 0 {
		return 0, err
	}
	err = db.writeUnsynced(ctx, "count the outlets of older stories", func(ctx context.Context, t tx) error {
		next, err := t.ids(ctx, nextToCountSQL, limit)
		if err != nil {
			return err
		}
		left := int64(0)
		if n = len(next); n > 0 {
			left = next[n-1] - 1
		}
		if err := t.countOutlets(ctx, idList(next)); err != nil {
			return err
		}
		return t.exec(ctx, countedOutletsSQL, left)
	})
	return n, err
}

// CountsOutlets reports whether older stories are still to be counted.
func (db *DB) CountsOutlets(ctx context.Context) (bool, error) {
	left, err := db.Watermark(ctx, markOutletsToCount)
	return left > 0, err
}

const (
	outletCountColumns = `outlet, name, articles, carried, wrote, named, rerun, first, last FROM outlet_counts`
	outletCountsSQL    = `SELECT ` + outletCountColumns + ` ORDER BY outlet, name`
	outletCountsOfSQL  = `SELECT ` + outletCountColumns + ` WHERE outlet IN (SELECT value FROM json_each(?, '$')) ORDER BY outlet, name`
	outletPairsSQL     = `SELECT outlet, origin, lag, stories FROM outlet_pairs`
	rerunsOfSQL        = outletPairsSQL + ` WHERE outlet IN (SELECT value FROM json_each(?, '$'))`
	rerunBySQL         = outletPairsSQL + ` INDEXED BY outlet_pairs_origin WHERE origin IN (SELECT value FROM json_each(?, '$'))`
)

func scanOutletCount(row scanner) (c news.OutletCount, err error) {
	var first, last int64
	err = row.Scan(&c.Outlet, &c.Name, &c.Articles, &c.Stories, &c.Wrote, &c.Named, &c.Rerun, &first, &last)
	c.First, c.Last = fromMillis(first), fromMillis(last)
	return c, err
}

func scanOutletPair(row scanner) (p news.OutletPair, err error) {
	err = row.Scan(&p.Outlet, &p.Origin, &p.Lag, &p.Stories)
	return p, err
}

// OutletCounts returns what is counted of all outlets, by key and name, and who carries whose stories. Articles without
// domain and name have the key "".
func (db *DB) OutletCounts(ctx context.Context) (counts []news.OutletCount, pairs []news.OutletPair, err error) {
	err = db.read(ctx, "counts of outlets", func(t *sql.Tx) error {
		if counts, err = collect(ctx, t.QueryContext, scanOutletCount, outletCountsSQL); err != nil {
			return err
		}
		pairs, err = collect(ctx, t.QueryContext, scanOutletPair, outletPairsSQL)
		return err
	})
	return counts, pairs, err
}

// OutletCountsOf is OutletCounts for the outlets of some keys. reruns is whose stories they carry, and rerunBy who carries
// theirs.
func (db *DB) OutletCountsOf(ctx context.Context, keys []string) (counts []news.OutletCount, reruns, rerunBy []news.OutletPair, err error) {
	list := textList(keys)
	err = db.read(ctx, "counts of an outlet", func(t *sql.Tx) error {
		if counts, err = collect(ctx, t.QueryContext, scanOutletCount, outletCountsOfSQL, list); err != nil {
			return err
		}
		if reruns, err = collect(ctx, t.QueryContext, scanOutletPair, rerunsOfSQL, list); err != nil {
			return err
		}
		rerunBy, err = collect(ctx, t.QueryContext, scanOutletPair, rerunBySQL, list)
		return err
	})
	return counts, reruns, rerunBy, err
}

const wroteSQL = `SELECT story_id, time FROM outlet_stories INDEXED BY outlet_stories_wrote WHERE outlet = ? AND wrote = 1
	ORDER BY time DESC, story_id DESC LIMIT ?`

// StoriesBy returns the ids of the stories that go back to an outlet of these keys, the newest first.
func (db *DB) StoriesBy(ctx context.Context, keys []string, limit, offset int) ([]int64, error) {
	type story struct{ id, time int64 }
	var all []story
	err := db.read(ctx, "stories of an outlet", func(t *sql.Tx) error {
		for _, key := range keys {
			of, err := collect(ctx, t.QueryContext, func(row scanner) (s story, err error) {
				err = row.Scan(&s.id, &s.time)
				return s, err
			}, wroteSQL, key, limit+offset)
			if err != nil {
				return err
			}
			all = append(all, of...)
		}
		return nil
	})
	slices.SortFunc(all, func(a, b story) int { return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(b.id, a.id)) })
	var ids []int64
	for _, s := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		ids = append(ids, s.id)
	}
	return ids, err
}

const outletHabitsKey = "outlet habits"

// SaveOutletHabits stores what was learnt of outlets, for readers in any process.
func (db *DB) SaveOutletHabits(ctx context.Context, h news.OutletHabits) error {
	value, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if had, err := db.Setting(ctx, outletHabitsKey); err != nil || had == string(value) {
		return err
	}
	return db.SetSetting(ctx, outletHabitsKey, string(value))
}

// OutletHabits returns what was learnt of outlets last.
func (db *DB) OutletHabits(ctx context.Context) (h news.OutletHabits, err error) {
	value, err := db.Setting(ctx, outletHabitsKey)
	if err != nil || value == "" {
		return h, err
	}
	if err := json.Unmarshal([]byte(value), &h); err != nil {
		return h, fmt.Errorf("setting %s: %w", outletHabitsKey, err)
	}
	return h, nil
}
