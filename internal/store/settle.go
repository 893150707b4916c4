package store

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// Names of the watermark of settling, of the highest story and event ids ever used, and of the numbers of settlements
// and of articles that got other names.
const (
	watermarkSettle = "settle"
	highestStory    = "story"
	highestEvent    = "event"
	settlements     = "settlements"
	renames         = "renames"
)

// countSQL counts under a mark what changes stories as readers see them and has no log: settlements, of which most change nothing that
// the story log has, but reasons and how sure an origin is, and names of articles.
const countSQL = `INSERT INTO marks (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = marks.value + 1`

// Settlement is the result of settling a run of the log. It is stored in one transaction.
type Settlement struct {
	Through int64 // the watermark: all log entries up to it are settled
	Prints  map[int64]prints.Print
	Claims  map[int64][]news.Claim
	Edges   []news.Edge
	Stories []news.Story    // created or changed, each with all its members (Article.ID suffices)
	Moved   map[int64]int64 // from ids of stories that are merged to the ids of the stories that they went into
	Cited   []Cited         // pages to fetch, unless they are known

	// Request is the id of the CorrectionRequest that a correction answers. 0 means none.
	Request int64

	// Templates are stories that are not in Stories and turn out to be Story.Template. Only that column is set; their
	// time of change and their entry in the story log stay.
	Templates []int64
}

const (
	putPrintSQL = `INSERT INTO prints (article_id, print) VALUES (?, ?)
	ON CONFLICT (article_id) DO UPDATE SET print = excluded.print`
	dropClaimsSQL = `DELETE FROM claims WHERE article_id IN (SELECT value FROM json_each(?))`
	putClaimsSQL  = `INSERT INTO claims (article_id, claims) VALUES (?, ?)
		ON CONFLICT (article_id) DO UPDATE SET claims = excluded.claims`

	// Articles that had a print before are revised. Their edges belong to the old text.
	dropEdgesASQL = `DELETE FROM edges WHERE a IN (SELECT article_id FROM prints WHERE article_id IN (SELECT value FROM json_each(?)))`
	dropEdgesBSQL = `DELETE FROM edges WHERE b IN (SELECT article_id FROM prints WHERE article_id IN (SELECT value FROM json_each(?)))`
	putEdgeSQL    = `INSERT INTO edges (a, b, story, event, reasons) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (a, b) DO UPDATE SET story = excluded.story, event = excluded.event, reasons = excluded.reasons`

	// reopenSQL opens closed stories again whose articles get prints.
	reopenSQL = `UPDATE stories SET phase = 0 WHERE phase <> 0 AND id IN
	(SELECT m.story_id FROM json_each(?) AS printed CROSS JOIN members AS m WHERE m.article_id = printed.value)`

	markTemplatesSQL = `UPDATE stories SET template = 1 WHERE template = 0 AND id IN (SELECT value FROM json_each(?))`
)

// Settle stores a settlement in one transaction. It replaces the members of each given story. An article leaves the story
// that it was in; a story that loses its last member is deleted. A story in Moved is deleted too, and every id that ever
// led to it leads to its target. The given edges replace all edges of an article with a new print. The watermark moves to
// Through; 0 leaves it where it is.
func (db *DB) Settle(ctx context.Context, s Settlement) error {
	return db.write(ctx, "settle", func(ctx context.Context, t tx) error { return t.settle(ctx, s) })
}

func (t tx) settle(ctx context.Context, s Settlement) error {
	printed := slices.Sorted(maps.Keys(s.Prints))
	ids := idList(printed)
	if err := t.all(ctx, []string{dropEdgesASQL, dropEdgesBSQL}, ids); err != nil {
		return err
	}
	if err := t.putEdges(ctx, s.Edges); err != nil {
		return err
	}
	for _, id := range printed {
		if err := t.exec(ctx, putPrintSQL, id, compact.StorePrint(s.Prints[id])); err != nil {
			return err
		}
	}
	if err := t.all(ctx, []string{reopenSQL, dropClaimsSQL}, ids); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(s.Claims)) {
		claims, err := encodeList(encodeClaims(s.Claims[id]))
		if err != nil {
			return err
		}
		if err := t.exec(ctx, putClaimsSQL, id, claims); err != nil {
			return err
		}
	}
	if err := t.replaceStories(ctx, s.Stories, s.Moved); err != nil {
		return err
	}
	if len(s.Templates) > 0 { // for readers of the story log these have not changed
		if err := t.exec(ctx, markTemplatesSQL, idList(s.Templates)); err != nil {
			return err
		}
	}
	if err := t.queueCreditedPages(ctx, s.Cited); err != nil {
		return err
	}
	if err := t.exec(ctx, countSQL, settlements); err != nil {
		return err
	}
	// The highest ids are stored, so that no id is used again after its story is deleted.
	stories, events := int64(0), int64(0)
	for _, st := range s.Stories {
		stories, events = max(stories, st.ID), max(events, st.Event)
	}
	for old := range s.Moved {
		stories = max(stories, old)
	}
	for _, m := range []struct {
		name  string
		value int64
	}{{highestStory, stories}, {highestEvent, events}, {watermarkSettle, s.Through}} {
		if err := t.setWatermark(ctx, m.name, m.value); err != nil {
			return err
		}
	}
	if !t.db.Shared() {
		return nil
	}
	return t.logWindow(ctx, s.windowChanges())
}

// putEdges stores edges. An edge replaces an earlier one between the same articles.
func (t tx) putEdges(ctx context.Context, edges []news.Edge) error {
	for _, e := range edges {
		reasons, err := encodeList(e.Reasons)
		if err != nil {
			return err
		}
		if err := t.exec(ctx, putEdgeSQL, e.A, e.B, e.Story, e.Event, reasons); err != nil {
			return err
		}
	}
	return nil
}

// NextStoryID returns one more than the highest story id ever used, including deleted and moved stories.
func (db *DB) NextStoryID(ctx context.Context) (int64, error) {
	n, err := db.Watermark(ctx, highestStory)
	return n + 1, err
}

// NextEventID returns one more than the highest event id ever used.
func (db *DB) NextEventID(ctx context.Context) (int64, error) {
	n, err := db.Watermark(ctx, highestEvent)
	return n + 1, err
}

// halfLife is the age that lowers a story's rank as much as losing half of its outlets would.
const halfLife = 12 * time.Hour

// rank orders stories by coverage and freshness. It is the logarithm of outlets*2^(-age/halfLife), without the present
// time. That is the same for all stories, so the rank can be stored and indexed.
func rank(s news.Story) float64 {
	latest := s.Latest
	if s.Undated() {
		latest = latest.Add(-undatedAge)
	}
	return math.Log2(float64(max(s.Outlets, 1))) + float64(millis(latest))/float64(halfLife.Milliseconds())
}

// undatedAge is the age at which a story is ranked when none of its articles has a date.
const undatedAge = 7 * 24 * time.Hour

const putStorySQL = `INSERT INTO stories (id, event_id, title, outlets, first, latest, changed, rank, origin_article, origin_name,
	origin_domain, origin_agency, origin_url, level, confidence, evidence, scoop, origin_title, template, signature)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET event_id = excluded.event_id, title = excluded.title, outlets = excluded.outlets,
		first = excluded.first, latest = excluded.latest, rank = excluded.rank,
		origin_article = excluded.origin_article, origin_name = excluded.origin_name, origin_domain = excluded.origin_domain,
		origin_agency = excluded.origin_agency, origin_url = excluded.origin_url, level = excluded.level,
		confidence = excluded.confidence, evidence = excluded.evidence, scoop = excluded.scoop,
		origin_title = excluded.origin_title, template = excluded.template, phase = 0, origin_aged = 0,
		changed = iif(stories.signature = excluded.signature, stories.changed, excluded.changed), signature = excluded.signature`

func storyRow(s news.Story, sign []byte) ([]any, error) {
	evidence, err := encodeList(s.Origin.Evidence)
	if err != nil {
		return nil, fmt.Errorf("story %d: %w", s.ID, err)
	}
	scoop, err := encodeScoop(s.Origin.Scoop)
	if err != nil {
		return nil, fmt.Errorf("story %d: %w", s.ID, err)
	}
	o := s.Origin
	return []any{
		s.ID, s.Event, text(s.Title), s.Outlets, millis(s.First), millis(s.Latest), millis(s.Changed), rank(s), o.Article,
		text(o.Name), text(o.Domain), o.Agency, text(o.URL), o.Level, o.Confidence, evidence, scoop, text(o.Title), s.Template, sign,
	}, nil
}

const putMemberSQL = `INSERT INTO members (article_id, story_id, role, share, evidence, carries) VALUES (?, ?, ?, ?, ?, ?)`

func memberRow(story int64, m news.Member) ([]any, error) {
	evidence, err := encodeList(m.Evidence)
	if err != nil {
		return nil, fmt.Errorf("story %d, article %d: %w", story, m.Article.ID, err)
	}
	return []any{m.Article.ID, story, m.Role, m.Share, evidence, m.Carries}, nil
}

const markWeighedSQL = `UPDATE citing SET weighed = 1 WHERE weighed = 2 AND article_id IN (SELECT value FROM json_each(?))`

// SettleReweighed stores a settlement that takes into account the fetched pages that these articles credit.
func (db *DB) SettleReweighed(ctx context.Context, articles []int64, s Settlement) error {
	ids := idList(articles)
	return db.write(ctx, "weigh again", func(ctx context.Context, t tx) error {
		if err := t.settle(ctx, s); err != nil {
			return err
		}
		return t.exec(ctx, markWeighedSQL, ids)
	})
}
