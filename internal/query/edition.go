package query

import (
	"cmp"
	"context"
	"slices"

	"headwater/internal/news"
	"headwater/internal/search"
)

// editionLength is the default number of stories in a part of an edition.
const editionLength = 100

// Edition returns a part of a combined feed. It returns news.ErrCursor for a cursor of another feed.
func (r *Reader) Edition(ctx context.Context, q news.EditionQuery) (news.Edition, error) {
	list, err := r.ListEdition(ctx, q)
	if err != nil {
		return news.Edition{}, err
	}
	return r.ReadEdition(ctx, list)
}

// ListEdition returns which stories a part of a combined feed holds.
//
// Lists of all stories, of a folder and of a feed continue by time and id of the last change. A story that changes meanwhile moves
// to the front and is not listed again. The stories of a query continue as the search does, see search.Index.Search. Each
// part is ordered by the newest change.
//
// The stories of one settlement have the same time of change. Of these the one with the newest article comes first, and
// of articles with the same time the first in the document.
func (r *Reader) ListEdition(ctx context.Context, q news.EditionQuery) (news.EditionList, error) {
	l := news.EditionList{Full: q.Full}
	q.Limit = cmp.Or(q.Limit, editionLength)
	if q.Topic.Query == "" {
		before, err := news.ParsePlace(q.Cursor)
		if err != nil {
			return l, err
		}
		l.Stories, err = r.store.StoryMarks(ctx, news.StoryList{Limit: q.Limit + 1, Newest: true, Folder: q.Folder, Feed: q.Feed, Since: q.Since, Before: before, Viewer: q.Viewer})
		if len(l.Stories) > q.Limit {
			l.Stories = l.Stories[:q.Limit]
			last := l.Stories[q.Limit-1]
			l.Next = news.Place{Time: last.Changed, ID: last.ID}.String()
		}
		return l, err
	}
	t := q.Topic
	t.Viewer = q.Viewer
	ids, hits, err := r.topicIDs(ctx, t, search.Request{Cursor: q.Cursor}, q.Limit, 0)
	l.Next = hits.Next
	if err != nil || len(ids) == 0 {
		return l, err
	}
	if l.Stories, err = r.store.StoryMarks(ctx, news.StoryList{IDs: news.Choose(ids...)}); err != nil {
		return l, err
	}
	l.Stories = slices.DeleteFunc(l.Stories, func(s news.StoryVersion) bool { return s.Changed.Before(q.Since) })
	slices.SortStableFunc(l.Stories, func(a, b news.StoryVersion) int { return b.Changed.Compare(a.Changed) })
	return l, nil
}

// ReadEdition reads the stories of a list in their present state. If the list says so, the lead of each story has its
// HTML.
func (r *Reader) ReadEdition(ctx context.Context, l news.EditionList) (e news.Edition, err error) {
	e.Next = l.Next
	if len(l.Stories) == 0 {
		return e, nil
	}
	ids := make([]int64, len(l.Stories))
	for i, s := range l.Stories {
		ids[i] = s.ID
	}
	if e.Stories, err = r.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)}); err != nil || !l.Full {
		return e, err
	}
	leads := make([]int64, 0, len(e.Stories))
	for _, s := range e.Stories {
		if len(s.Members) > 0 {
			leads = append(leads, s.Current().Article.ID)
		}
	}
	articles, err := r.store.ArticlesByID(ctx, leads)
	if err != nil {
		return e, err
	}
	html := make(map[int64]string, len(articles))
	for _, a := range articles {
		html[a.ID] = a.HTML
	}
	for _, s := range e.Stories {
		for i := range s.Members {
			s.Members[i].Article.HTML = html[s.Members[i].Article.ID]
		}
	}
	return e, nil
}
