package newsroom

import (
	"cmp"
	"context"
	"slices"

	"headwater/internal/news"
)

// editionLength is how many stories an edition has where nobody says.
const editionLength = 100

// Edition gives a part of a combined feed. A cursor that is none of this feed's gives news.ErrCursor.
//
// All stories and those of a folder go on by time and id of the last change: what changes meanwhile moves to the front and
// is not met again. What a query finds goes on as the search does, see index.Search; within a part the newest change stands
// first.
func (n *Newsroom) Edition(ctx context.Context, q news.EditionQuery) (e news.Edition, err error) {
	q.Limit = cmp.Or(q.Limit, editionLength)
	if q.Topic.Query == "" {
		e, err = n.listEdition(ctx, q)
	} else {
		e, err = n.searchEdition(ctx, q)
	}
	if err != nil || !q.Full {
		return e, err
	}
	return e, n.fillLeads(ctx, e.Stories)
}

func (n *Newsroom) listEdition(ctx context.Context, q news.EditionQuery) (e news.Edition, err error) {
	before, err := news.ParsePlace(q.Cursor)
	if err != nil {
		return e, err
	}
	e.Stories, err = n.Stories(ctx, news.StoryList{Limit: q.Limit + 1, Newest: true, Folder: q.Folder, Since: q.Since, Before: before})
	if len(e.Stories) > q.Limit {
		e.Stories = e.Stories[:q.Limit]
		last := e.Stories[q.Limit-1]
		e.Next = news.Place{Time: last.Changed, ID: last.ID}.String()
	}
	return e, err
}

func (n *Newsroom) searchEdition(ctx context.Context, q news.EditionQuery) (e news.Edition, err error) {
	s := news.Search{Query: q.Topic.Query, Only: q.Topic.Options, Newest: true, Cursor: q.Cursor}
	stories, hits, err := n.foundStories(ctx, s, q.Limit, 0)
	if err != nil {
		return e, err
	}
	stories = slices.DeleteFunc(stories, func(s news.Story) bool { return s.Changed.Before(q.Since) })
	slices.SortStableFunc(stories, func(a, b news.Story) int { return b.Changed.Compare(a.Changed) })
	return news.Edition{Stories: stories, Next: hits.Next}, nil
}

// fillLeads gives the member that stands for each story its HTML.
func (n *Newsroom) fillLeads(ctx context.Context, stories []news.Story) error {
	ids := make([]int64, 0, len(stories))
	for _, s := range stories {
		if len(s.Members) > 0 {
			ids = append(ids, s.Current().Article.ID)
		}
	}
	articles, err := n.Store.ArticlesByID(ctx, ids)
	if err != nil {
		return err
	}
	html := make(map[int64]string, len(articles))
	for _, a := range articles {
		html[a.ID] = a.HTML
	}
	for _, s := range stories {
		for i := range s.Members {
			s.Members[i].Article.HTML = html[s.Members[i].Article.ID]
		}
	}
	return nil
}
