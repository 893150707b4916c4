package store

import (
	"context"
	"slices"
	"time"

	"headwater/internal/news"
)

// Stories close and age out in steps of one transaction each. Partial indexes over stories.phase, in the order of
// stories.changed, find the next stories. The same transaction moves their phase on. So no watermark can be ahead or
// behind, and nothing is walked. The phases are:
//
//	open (0) --not changed for group.window--> closing (1) --> closed (2) --not changed for keep--> aged_stories
//	   ^------- a correction, a revision -----------+            ^-- some articles are kept --> kept in part (3)
//
// Stories close whatever the setting keep says, and earlier where keep is shorter than the window. Closing deletes prints
// and edges. The rest stays, because it is read later:
//
//	what stays                                    for
//	--------------------------------------------  -----------------------------------------------------------
//	claims                                        story and article pages and the API, which show each; habits
//	                                              of outlets, which are learnt from those of 90 days
//	of each member the edge whose reasons joined  the reasons that --why and the story page show
//	it (stories.JoiningEdge)
//	prints and claims of credited pages           weighing again after a correction, as their texts are not
//	(sources)                                     stored
//	stories, members, roles, shares, evidence,    everything shown
//	vectors
//
// Passages, versions and changes are computed from the stored texts, so a story page shows the same before and after
// closing. A closed story opens again when somebody corrects it, or when one of its articles is revised. WindowOf returns
// its articles with ErrNoPrint. The settler then makes their prints from the stored texts and compares them again. A new
// print opens the story in the transaction that stores it.

// The phases of a story, in the column stories.phase.
const (
	phaseOpen    = iota // its articles have prints and all their edges
	phaseClosing        // some prints and edges are deleted
	phaseClosed         // its articles have no prints; of the edges, those that show why a member joined are kept
	phaseAged           // its articles were aged out, except those that somebody keeps
)

// Closing is a story whose prints and edges are deleted. For a large story it is one part of the articles at a time.
type Closing struct {
	Story    int64
	Articles []int64
	Whole    bool        // no other article of the story has a print
	Edges    []news.Edge // edges of these articles that are kept
}

// closingSQL and closableSQL select stories. printedSQL selects the articles of a story that have prints.
const (
	closingSQL  = `SELECT id FROM stories WHERE phase = 1 ORDER BY changed LIMIT ?`
	closableSQL = `SELECT id FROM stories WHERE phase = 0 AND changed < ? ORDER BY changed LIMIT ?`
	printedSQL  = `SELECT m.article_id FROM members AS m CROSS JOIN prints AS p WHERE m.story_id = ? AND p.article_id = m.article_id
		ORDER BY m.article_id LIMIT ?`
)

// Closable returns open stories that have not changed since a time, the oldest first, with their articles that have
// prints, at most limit articles in all. The caller fills Edges.
func (db *DB) Closable(ctx context.Context, since time.Time, limit int) (all []Closing, err error) {
	ids, err := rowsOf(ctx, db, "stories that are closing", scanID, closingSQL, limit)
	if err != nil {
		return nil, err
	}
	open, err := rowsOf(ctx, db, "stories to close", scanID, closableSQL, millis(since), limit)
	if err != nil {
		return nil, err
	}
	left := limit
	for _, id := range append(ids, open...) {
		articles, err := rowsOf(ctx, db, "prints of a story", scanID, printedSQL, id, limit+1)
		if err != nil {
			return nil, err
		}
		whole := len(articles) <= limit
		if len(articles) > left && len(all) > 0 {
			return all, nil
		}
		if !whole {
			articles = articles[:limit]
		}
		all = append(all, Closing{Story: id, Articles: articles, Whole: whole})
		if left -= len(articles); left <= 0 {
			return all, nil
		}
	}
	return all, nil
}

const (
	setPhaseSQL         = `UPDATE stories SET phase = ? WHERE id = ? AND phase < 2`
	dropPrintsSQL       = `DELETE FROM prints WHERE article_id IN (SELECT value FROM json_each(?))`
	dropClosedEdgesASQL = `DELETE FROM edges WHERE a IN (SELECT value FROM json_each(?))`
	dropClosedEdgesBSQL = `DELETE FROM edges WHERE b IN (SELECT value FROM json_each(?))`
)

// CloseStories deletes the prints and edges that settling no longer needs, in one transaction.
func (db *DB) CloseStories(ctx context.Context, closing []Closing) error {
	var articles, stories []int64
	var phases, edges [][]any
	for _, c := range closing {
		articles, stories = append(articles, c.Articles...), append(stories, c.Story)
		phase := phaseClosing
		if c.Whole {
			phase = phaseClosed
		}
		phases = append(phases, []any{phase, c.Story})
		for _, e := range c.Edges {
			reasons, err := encodeList(e.Reasons)
			if err != nil {
				return err
			}
			edges = append(edges, []any{e.A, e.B, e.Story, e.Event, reasons})
		}
	}
	ids := idList(articles)
	return db.writeUnsynced(ctx, "close stories", func(ctx context.Context, t tx) error {
		if err := t.all(ctx, []string{dropPrintsSQL, dropClosedEdgesASQL, dropClosedEdgesBSQL}, ids); err != nil {
			return err
		}
		if err := t.each(ctx, putEdgeSQL, edges); err != nil {
			return err
		}
		if err := t.each(ctx, setPhaseSQL, phases); err != nil {
			return err
		}
		return t.logWindow(ctx, WindowChanges{Stories: stories})
	})
}

// Articles age out story by story, oldest change first, so that a page never shows half of the evidence. An article that
// nobody starred, labelled or corrected is deleted with everything that belongs to it. Its item's keys stay in aged_items
// (known.go). A step is one transaction over as many articles as its caller allows. A story with more articles is,
// between two steps, like a story that keeps some.
//
// A story that keeps some articles stays in phase 3 and stores how many were deleted. When a story loses all articles,
// its headline, origin and counts move to aged_stories, and the ids that led to it to aged_redirects. DB.Story returns it
// without members. Lists, feeds, counters and searches leave it out. The same transaction deletes bodies, log entries,
// prints, edges, claims, members, vectors, pages, read marks with what rules hid, topic_articles, topic_sent and rule_articles; citations, and credited pages that no other
// article cites; and, for stories that end, topic_stories, alert rows and entries in the story log. The counters of
// feeds, events and users change with these rows. Numbers are never used again, since the highest ones stay in
// sqlite_sequence. Search indexes are not part of the transaction: they follow the log of removals
// (removals.go). A rebuilt index does not contain them.

// AgedOut is the result of one step of AgeOut.
type AgedOut struct {
	Articles []int64
	Stories  []int64 // stories that have no article left
	Passed   int     // stories that were examined
}

// userKeepsSQL holds for an article m.article_id that somebody starred, labelled or corrected.
const userKeepsSQL = `(EXISTS (SELECT 1 FROM labelled AS l WHERE l.article_id = m.article_id)
	OR EXISTS (SELECT 1 FROM corrected AS c WHERE c.article_id = m.article_id))`

const (
	agingStoriesSQL = `SELECT id FROM stories WHERE phase = 2 AND changed < ? ORDER BY changed LIMIT ?`
	// agingArticlesSQL selects the origin's article last, since the others are compared with it as long as they exist.
	agingArticlesSQL = `SELECT m.article_id FROM members AS m CROSS JOIN stories AS s
		WHERE m.story_id = ?1 AND s.id = ?1 AND NOT ` + userKeepsSQL + ` ORDER BY m.article_id = s.origin_article, m.article_id LIMIT ?2`
	membersLeftSQL = `SELECT count(*) FROM members WHERE story_id = ?`
	bodyBytesSQL   = `SELECT coalesce(sum(length(body)), 0) FROM bodies WHERE article_id IN (SELECT value FROM json_each(?))`
	// agedBytes of bodies take about as long to delete as one more article.
	agedBytes = 64 << 10
)

// AgeOut ages out articles of closed stories that have not changed since a time, at most limit articles and fewer where
// their texts are long, in one transaction. It returns an empty result once there is nothing to age out.
func (db *DB) AgeOut(ctx context.Context, since, now time.Time, limit int) (out AgedOut, err error) {
	err = db.writeUnsynced(ctx, "age out articles", func(ctx context.Context, t tx) error {
		out = AgedOut{}
		stories, err := t.ids(ctx, agingStoriesSQL, millis(since), limit)
		if err != nil || len(stories) == 0 {
			return err
		}
		var partly, ends []int64 // partly: stories that lose some articles now; ends: stories that keep their remaining articles for good
		for left := limit; out.Passed < len(stories) && left > 0; out.Passed++ {
			id := stories[out.Passed]
			articles, err := t.ids(ctx, agingArticlesSQL, id, left+1)
			if err != nil {
				return err
			}
			last := len(articles) <= left
			if !last {
				articles = articles[:left]
			}
			var members int
			if err := t.scan(ctx, []any{&members}, membersLeftSQL, id); err != nil {
				return err
			}
			switch {
			case members == len(articles):
				out.Stories = append(out.Stories, id)
			case last:
				ends = append(ends, id)
			}
			if members > len(articles) && len(articles) > 0 {
				partly = append(partly, id)
			}
			var bytes int
			if err := t.scan(ctx, []any{&bytes}, bodyBytesSQL, idList(articles)); err != nil {
				return err
			}
			out.Articles = append(out.Articles, articles...)
			left -= max(len(articles), 1) + bytes/agedBytes
		}
		slices.Sort(out.Articles)
		if err := t.ageStories(ctx, out, partly); err != nil {
			return err
		}
		if err := t.ageArticles(ctx, out.Articles, now); err != nil {
			return err
		}
		return t.exec(ctx, agedPhaseSQL, idList(ends))
	})
	return out, err
}

const (
	ageStoriesSQL = `INSERT INTO aged_stories (id, title, articles, outlets, first, latest, changed, origin_name, origin_domain, origin_agency,
			origin_url, origin_title, origin_aged, level, confidence)
		SELECT s.id, iif(s.title <> '', s.title, coalesce((SELECT substr(a.summary, 1, 200) FROM members AS m CROSS JOIN articles AS a
				WHERE m.story_id = s.id AND a.id = m.article_id AND a.summary <> '' ORDER BY m.article_id <> s.origin_article, a.id LIMIT 1), '')),
			s.aged + (SELECT count(*) FROM members AS m WHERE m.story_id = s.id), s.outlets, s.first, s.latest, s.changed,
			s.origin_name, s.origin_domain, s.origin_agency, s.origin_url, s.origin_title,
			iif(s.origin_aged <> 0 OR s.origin_article <> 0, 1, 0), s.level, s.confidence
		FROM stories AS s WHERE s.id IN (SELECT value FROM json_each(?))
		ON CONFLICT (id) DO UPDATE SET title = excluded.title, articles = excluded.articles, outlets = excluded.outlets, first = excluded.first,
			latest = excluded.latest, changed = excluded.changed, origin_name = excluded.origin_name, origin_domain = excluded.origin_domain,
			origin_agency = excluded.origin_agency, origin_url = excluded.origin_url, origin_title = excluded.origin_title,
			origin_aged = excluded.origin_aged, level = excluded.level, confidence = excluded.confidence`
	ageRedirectsSQL = `INSERT INTO aged_redirects (old, new) SELECT old, new FROM redirects WHERE new IN (SELECT value FROM json_each(?))
		ON CONFLICT (old) DO UPDATE SET new = excluded.new`
	agedPhaseSQL = `UPDATE stories SET phase = 3 WHERE id IN (SELECT value FROM json_each(?))`

	// agePartlySQL stores how many articles a story loses. An origin whose article is deleted becomes an outlet that is
	// only named.
	agePartlySQL = `UPDATE stories SET aged = aged + (SELECT count(*) FROM members AS m WHERE m.story_id = stories.id
			AND m.article_id IN (SELECT value FROM json_each(?2)))
		WHERE id IN (SELECT value FROM json_each(?1))`
	ageOriginSQL = `UPDATE stories SET origin_article = 0, origin_aged = 1,
			origin_url = iif(origin_url <> '', origin_url, (SELECT a.url FROM articles AS a WHERE a.id = origin_article)),
			origin_title = iif(origin_title <> '', origin_title, (SELECT a.title FROM articles AS a WHERE a.id = origin_article))
		WHERE id IN (SELECT value FROM json_each(?1)) AND origin_article IN (SELECT value FROM json_each(?2))`
	ageCarriedSQL = `UPDATE members SET carries = 0 WHERE story_id IN (SELECT value FROM json_each(?1)) AND carries IN (SELECT value FROM json_each(?2))`
)

// forgetStoriesSQL deletes what belongs to stories that have no article left.
var forgetStoriesSQL = []string{
	`DELETE FROM topic_stories WHERE story_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM alert_told WHERE story_id IN (SELECT value FROM json_each(?1) UNION ALL SELECT r.old FROM redirects AS r WHERE r.new IN (SELECT value FROM json_each(?1)))`,
	`DELETE FROM alert_outbox WHERE story_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM story_log WHERE story_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM story_log WHERE story_id IN (SELECT r.old FROM redirects AS r WHERE r.new IN (SELECT value FROM json_each(?)))`,
	`DELETE FROM redirects WHERE new IN (SELECT value FROM json_each(?))`,
	removeFromFeedListsSQL,
}

// ageStories updates or deletes the stories' rows while their articles still exist, and removes the members.
func (t tx) ageStories(ctx context.Context, out AgedOut, partly []int64) error {
	gone, part, articles := idList(out.Stories), idList(partly), idList(out.Articles)
	former, err := t.eventOf(ctx, gone)
	if err != nil {
		return err
	}
	if err := t.all(ctx, append([]string{ageStoriesSQL, ageRedirectsSQL}, forgetStoriesSQL...), gone); err != nil {
		return err
	}
	if len(partly) > 0 {
		if err := t.all(ctx, []string{agePartlySQL, ageOriginSQL, ageCarriedSQL}, part, articles); err != nil {
			return err
		}
	}
	// The order matters, since triggers count what users have read.
	if err := t.all(ctx, []string{dropReadMarksSQL, takeOutForAllSQL, removeMembersSQL, dropUnreadMarksSQL}, articles); err != nil {
		return err
	}
	if len(partly) > 0 {
		if err := t.all(ctx, []string{clearLeadsSQL, setLeadsSQL, removeFromFeedListsSQL, addToFeedListsSQL}, part); err != nil {
			return err
		}
	}
	if err := t.exec(ctx, clearStoriesSQL, gone); err != nil {
		return err
	}
	if err := t.countEvents(ctx, former, `[]`); err != nil {
		return err
	}
	return t.countOutlets(ctx, idList(slices.Concat(out.Stories, partly)))
}

const (
	// takeOutForAllSQL takes articles out of all ranges, which counts them as unread.
	takeOutForAllSQL = `INSERT INTO unread_marks (user_id, feed_id, article_id)
		SELECT c.user_id, c.feed_id, c.article_id FROM json_each(?) AS wanted CROSS JOIN covered AS c WHERE c.article_id = wanted.value`
	feedsOfArticlesSQL = `SELECT DISTINCT feed_id FROM articles WHERE id IN (SELECT value FROM json_each(?))`
	// dropOldRangesSQL deletes the ranges below the first article of a feed.
	dropOldRangesSQL = `DELETE FROM read_ranges WHERE (user_id, feed_id, through) IN (
		SELECT g.user_id, g.feed_id, g.through FROM json_each(?) AS wanted CROSS JOIN read_ranges AS g WHERE g.feed_id = wanted.value
			AND g.through < coalesce((SELECT min(a.id) FROM articles AS a WHERE a.feed_id = wanted.value), 9223372036854775807))`
	dropUnreadMarksSQL = `DELETE FROM unread_marks WHERE article_id IN (SELECT value FROM json_each(?))`
	dropReadMarksSQL   = `DELETE FROM read_marks WHERE article_id IN (SELECT value FROM json_each(?))`

	uncountSQL = `UPDATE feeds SET articles = articles - gone.n FROM
		(SELECT a.feed_id, count(*) AS n FROM articles AS a WHERE a.id IN (SELECT value FROM json_each(?)) GROUP BY a.feed_id) AS gone
		WHERE feeds.id = gone.feed_id`
	// ageItemsSQL remembers the items of feeds that may still list them. An article without keys was last listed before
	// the keys existed, so its feed no longer lists it.
	ageItemsSQL = `INSERT INTO aged_items (id, feed_id, listed, guid, item_id, hash, url, title, published, item_date, seen, undated,
			id_key, address_key, title_key, text_key)
		SELECT a.id, a.feed_id, ?2, a.guid, a.item_id, a.hash, a.url, a.title, a.published, a.item_date, a.seen, a.undated,
			a.id_key, coalesce(a.address_key, 0), coalesce(a.title_key, 0), coalesce(a.text_key, 0)
		FROM articles AS a CROSS JOIN feeds AS f
		WHERE a.id IN (SELECT value FROM json_each(?1)) AND f.id = a.feed_id AND f.removed = 0 AND f.state <> 'gone' AND a.id_key IS NOT NULL`
	citedPagesSQL        = `SELECT DISTINCT source_id FROM citing WHERE article_id IN (SELECT value FROM json_each(?))`
	dropCreditedPagesSQL = `DELETE FROM sources WHERE id IN (SELECT value FROM json_each(?))
		AND NOT EXISTS (SELECT 1 FROM citing AS c WHERE c.source_id = sources.id)`
)

// forgetArticlesOfSQL deletes articles and what belongs to them.
var forgetArticlesOfSQL = []string{
	`DELETE FROM topic_articles WHERE article_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM topic_sent WHERE article_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM rule_articles WHERE article_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM citing WHERE article_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM pages WHERE article_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM vectors WHERE article_id IN (SELECT value FROM json_each(?))`, forgetSavingsOfSQL,
	dropClosedEdgesASQL, dropClosedEdgesBSQL, dropPrintsSQL, dropClaimsSQL,
	`DELETE FROM bodies WHERE article_id IN (SELECT value FROM json_each(?))`,
	`DELETE FROM articles WHERE id IN (SELECT value FROM json_each(?))`,
}

// retentionSQL returns the statements of a step.
func retentionSQL() []string {
	return slices.Concat(forgetStoriesSQL, forgetArticlesOfSQL, []string{
		agingStoriesSQL, agingArticlesSQL, membersLeftSQL, bodyBytesSQL, eventOfStorySQL, ageStoriesSQL, ageRedirectsSQL, agedPhaseSQL, agePartlySQL, ageOriginSQL, ageCarriedSQL,
		dropReadMarksSQL, takeOutForAllSQL, dropUnreadMarksSQL, feedsOfArticlesSQL, dropOldRangesSQL, removeMembersSQL, clearLeadsSQL, setLeadsSQL, addToFeedListsSQL, clearStoriesSQL, dropEventsSQL, countEventsSQL,
		goneEventsSQL, eventNowSQL, clearEventRedirectsSQL, forwardEventsSQL, revivedEventsSQL,
		uncountSQL, ageItemsSQL, logRemovalsSQL, oldRemovalsSQL, citedPagesSQL, dropCreditedPagesSQL,
	})
}

// ageArticles deletes articles that are no longer in a story.
func (t tx) ageArticles(ctx context.Context, articles []int64, now time.Time) error {
	ids := idList(articles)
	credited, err := t.idList(ctx, citedPagesSQL, ids)
	if err != nil {
		return err
	}
	feeds, err := t.idList(ctx, feedsOfArticlesSQL, ids)
	if err != nil {
		return err
	}
	if err := t.exec(ctx, ageItemsSQL, ids, millis(now)); err != nil {
		return err
	}
	if err := t.all(ctx, append([]string{uncountSQL}, forgetArticlesOfSQL...), ids); err != nil {
		return err
	}
	if err := t.exec(ctx, dropOldRangesSQL, feeds); err != nil {
		return err
	}
	if err := t.logRemovals(ctx, articles, now); err != nil {
		return err
	}
	return t.exec(ctx, dropCreditedPagesSQL, credited)
}

const agedStorySQL = `SELECT id, title, articles, outlets, first, latest, changed, origin_name, origin_domain, origin_agency, origin_url,
	origin_title, origin_aged, level, confidence FROM aged_stories WHERE id = coalesce((SELECT new FROM aged_redirects WHERE old = ?1), ?1)`

// agedStory returns what is stored of a story whose articles were all aged out, or news.ErrNotFound.
func (db *DB) agedStory(ctx context.Context, id int64) (news.Story, error) {
	return rowOf(ctx, db, "aged-out story", func(row scanner) (s news.Story, err error) {
		var first, latest, changed int64
		o := &s.Origin
		err = row.Scan(&s.ID, &s.Title, &s.Aged, &s.Outlets, &first, &latest, &changed,
			&o.Name, &o.Domain, &o.Agency, &o.URL, &o.Title, &o.Aged, &o.Level, &o.Confidence)
		s.First, s.Latest, s.Changed = fromMillis(first), fromMillis(latest), fromMillis(changed)
		db.asPresent(&o.Outlet)
		return s, err
	}, agedStorySQL, id)
}
