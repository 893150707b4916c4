package pipeline

import (
	"cmp"
	"context"
	"slices"

	"headwater/internal/news"
	"headwater/internal/search"
)

// editionLength is how many stories an edition has where nobody says.
const editionLength = 100

// Edition gives a part of a combined feed. A cursor that is none of this feed's gives news.ErrCursor.
func (n *Newsroom) Edition(ctx context.Context, q news.EditionQuery) (news.Edition, error) {
	list, err := n.ListEdition(ctx, q)
	if err != nil {
		return news.Edition{}, err
	}
	return n.ReadEdition(ctx, list)
}

// ListEdition says which stories a part of a combined feed holds.
//
// All stories and those of a folder go on by time and id of the last change: what changes meanwhile moves to the front and
// is not met again. What a query finds goes on as the search does, see index.Search; within a part the newest change stands
// first.
func (n *Newsroom) ListEdition(ctx context.Context, q news.EditionQuery) (l news.EditionList, err error) {
	q.Limit = cmp.Or(q.Limit, editionLength)
	if q.Topic.Query == "" {
		l, err = n.listNewest(ctx, q)
	} else {
		l, err = n.listFound(ctx, q)
	}
	l.Full = q.Full
	return l, err
}

func (n *Newsroom) listNewest(ctx context.Context, q news.EditionQuery) (l news.EditionList, err error) {
	before, err := news.ParsePlace(q.Cursor)
	if err != nil {
		return l, err
	}
	l.Stories, err = n.Store.StoryMarks(ctx, news.StoryList{Limit: q.Limit + 1, Newest: true, Folder: q.Folder, Since: q.Since, Before: before})
	if len(l.Stories) > q.Limit {
		l.Stories = l.Stories[:q.Limit]
		last := l.Stories[q.Limit-1]
		l.Next = news.Place{Time: last.Changed, ID: last.ID}.String()
	}
	return l, err
}

func (n *Newsroom) listFound(ctx context.Context, q news.EditionQuery) (l news.EditionList, err error) {
	ids, hits, err := n.foundIDs(ctx, search.Request{Query: q.Topic.Query, Only: q.Topic.Options, Newest: true, Cursor: q.Cursor}, q.Limit, 0)
	if err != nil || len(ids) == 0 {
		return news.EditionList{Next: hits.Next}, err
	}
	l.Next = hits.Next
	if l.Stories, err = n.Store.StoryMarks(ctx, news.StoryList{IDs: news.Choose(ids...)}); err != nil {
		return l, err
	}
	l.Stories = slices.DeleteFunc(l.Stories, func(s news.StoryMark) bool { return s.Changed.Before(q.Since) })
	slices.SortStableFunc(l.Stories, func(a, b news.StoryMark) int { return b.Changed.Compare(a.Changed) })
	return l, nil
}

// ReadEdition reads the stories of a list as they are now.
func (n *Newsroom) ReadEdition(ctx context.Context, l news.EditionList) (e news.Edition, err error) {
	e.Next = l.Next
	if len(l.Stories) == 0 {
		return e, nil
	}
	ids := make([]int64, len(l.Stories))
	for i, s := range l.Stories {
		ids[i] = s.ID
	}
	if e.Stories, err = n.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)}); err != nil || !l.Full {
		return e, err
	}
	return e, n.fillLeads(ctx, e.Stories)
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
