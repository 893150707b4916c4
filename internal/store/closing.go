package store

import (
	"context"
	"time"

	"headwater/internal/news"
)

// The phases of a story, in the column stories.phase.
const (
	phaseOpen    = iota // its articles have prints and all their edges
	phaseClosing        // some of these are gone
	phaseClosed         // its articles have no prints, and only the edges that show why a member is in the story
	phaseAged           // its articles were aged out, but for those that somebody keeps
)

// Closing is a story of which prints and edges go, or some of its articles' where it has many.
type Closing struct {
	Story    int64
	Articles []int64
	Whole    bool        // no other article of the story has a print
	Edges    []news.Edge // of these articles that stay
}

// closingSQL and closableSQL name stories, and printedSQL the articles of one that have prints.
const (
	closingSQL  = `SELECT id FROM stories WHERE phase = 1 ORDER BY changed LIMIT ?`
	closableSQL = `SELECT id FROM stories WHERE phase = 0 AND changed < ? ORDER BY changed LIMIT ?`
	printedSQL  = `SELECT m.article_id FROM members AS m CROSS JOIN prints AS p WHERE m.story_id = ? AND p.article_id = m.article_id
		ORDER BY m.article_id LIMIT ?`
)

// Closable gives open stories that have not changed since a time, the oldest first, with their articles that have prints:
// at most limit of these. Edges is left to the caller.
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
	setPhaseSQL   = `UPDATE stories SET phase = ? WHERE id = ? AND phase < 2`
	dropPrintsSQL = `DELETE FROM prints WHERE article_id IN (SELECT value FROM json_each(?))`
	dropLinksASQL = `DELETE FROM edges WHERE a IN (SELECT value FROM json_each(?))`
	dropLinksBSQL = `DELETE FROM edges WHERE b IN (SELECT value FROM json_each(?))`
)

// CloseStories takes the prints and edges away that settling no longer needs, in one transaction.
func (db *DB) CloseStories(ctx context.Context, closing []Closing) error {
	var articles []int64
	var phases, edges [][]any
	for _, c := range closing {
		articles = append(articles, c.Articles...)
		phase := phaseClosing
		if c.Whole {
			phase = phaseClosed
		}
		phases = append(phases, []any{phase, c.Story})
		for _, e := range c.Edges {
			reasons, err := list(e.Reasons)
			if err != nil {
				return err
			}
			edges = append(edges, []any{e.A, e.B, e.Story, e.Event, reasons})
		}
	}
	ids, err := idList(articles)
	if err != nil {
		return err
	}
	return db.write(ctx, "close stories", func(ctx context.Context, t tx) error {
		for _, q := range []string{dropPrintsSQL, dropLinksASQL, dropLinksBSQL} {
			if err := t.exec(ctx, q, ids); err != nil {
				return err
			}
		}
		if err := t.each(ctx, putEdgeSQL, edges); err != nil {
			return err
		}
		return t.each(ctx, setPhaseSQL, phases)
	})
}

// reopenSQL opens the stories again of which articles get prints.
const reopenSQL = `UPDATE stories SET phase = 0 WHERE phase <> 0 AND id IN
	(SELECT m.story_id FROM json_each(?) AS printed CROSS JOIN members AS m WHERE m.article_id = printed.value)`

func (t tx) reopenStories(ctx context.Context, printed string) error {
	return t.exec(ctx, reopenSQL, printed)
}
