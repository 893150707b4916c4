package query

import (
	"context"
	"slices"

	"headwater/internal/news"
	"headwater/internal/search"
)

// topicDepth is the most stories of a topic that a feed reader's label shows.
const topicDepth = 2000

// Search finds articles.
func (r *Reader) Search(ctx context.Context, s search.Request) (search.Found, error) {
	hits, err := r.index.Search(ctx, s, r.now())
	if err != nil {
		return search.Found{}, err
	}
	ids := articlesOf(hits)
	articles, err := r.store.ArticlesByID(ctx, ids)
	if err != nil {
		return search.Found{}, err
	}
	storyOf, err := r.store.StoriesOf(ctx, ids)
	if err != nil {
		return search.Found{}, err
	}
	byID := make(map[int64]news.Article, len(articles))
	for _, a := range articles {
		byID[a.ID] = a
	}
	found := search.Found{
		Total: hits.Total, Matches: hits.Matches, Prominent: hits.Prominent, Next: hits.Next, Facets: hits.Facets, Suggestion: hits.Suggestion,
	}
	for _, h := range hits.Hits {
		if a, ok := byID[h.ID]; ok {
			f := search.FoundArticle{Hit: h, Article: a, Story: storyOf[h.ID]}
			if last := len(h.Body) - 1; last >= 0 && h.Body[last].End > len(a.Body()) {
				f.Whole = r.index.IndexedText(a)
			}
			found.Articles = append(found.Articles, f)
		}
	}
	return found, nil
}

// TopicStories returns the stories that a topic finds, the newest first, and how many there are in all. Articles that are
// not settled yet do not count.
func (r *Reader) TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error) {
	s := search.Request{Query: t.Query, Only: t.Options, Newest: true}
	ids, hits, err := r.storyIDs(ctx, s, limit, offset)
	if err != nil || len(ids) == 0 {
		return nil, hits.Total, err
	}
	stories, err := r.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	return stories, hits.Total, err
}

// TopicStoryIDs returns the ids of the newest 2,000 stories that a topic finds, in order.
func (r *Reader) TopicStoryIDs(ctx context.Context, t news.Topic) ([]int64, error) {
	ids, _, err := r.storyIDs(ctx, search.Request{Query: t.Query, Only: t.Options, Newest: true}, topicDepth, 0)
	slices.Sort(ids)
	return ids, err
}

// storyIDs returns the ids of the stories with a matching member, each once, the best first.
func (r *Reader) storyIDs(ctx context.Context, s search.Request, limit, offset int) ([]int64, search.Result, error) {
	s.Stories, s.Settled, s.Limit, s.Offset = true, true, max(limit, 1), offset
	hits, err := r.index.Search(ctx, s, r.now())
	if err != nil || limit <= 0 || len(hits.Hits) == 0 {
		return nil, hits, err
	}
	articles := articlesOf(hits)
	storyOf, err := r.store.StoriesOf(ctx, articles)
	if err != nil {
		return nil, hits, err
	}
	ids, seen := make([]int64, 0, len(articles)), make(map[int64]bool, len(articles))
	for _, a := range articles {
		if id := storyOf[a]; id != 0 && !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	return ids, hits, nil
}

func articlesOf(hits search.Result) []int64 {
	ids := make([]int64, len(hits.Hits))
	for i, h := range hits.Hits {
		ids[i] = h.ID
	}
	return ids
}
