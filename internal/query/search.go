package query

import (
	"context"
	"slices"
	"strings"

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
	page, err := r.newestOf(ctx, t, limit, offset, false)
	return page.Stories, page.Total, err
}

// TopicNewest returns what TopicStories does, with the facets of all of them.
func (r *Reader) TopicNewest(ctx context.Context, t news.Topic, limit, offset int) (search.TopicPage, error) {
	return r.newestOf(ctx, t, limit, offset, true)
}

func (r *Reader) newestOf(ctx context.Context, t news.Topic, limit, offset int, facets bool) (search.TopicPage, error) {
	ids, hits, err := r.topicIDs(ctx, t, search.Request{Facets: facets}, limit, offset)
	page := search.TopicPage{Total: hits.Total, Facets: hits.Facets}
	if err != nil {
		return page, err
	}
	page.Stories, err = r.storiesByID(ctx, ids)
	return page, err
}

// maxNewListed is the most stories that TopicPage lists as new.
const maxNewListed = 8

// TopicPage returns a part of a topic's stories in the order of its page, with what the page says of all of them. New stories
// are those that matched after somebody has last seen the topic; they come with the first part. Limit 0 gives only what is
// said of all of them.
func (r *Reader) TopicPage(ctx context.Context, t news.Topic, limit, offset int) (search.TopicPage, error) {
	ids, hits, err := r.topicIDs(ctx, t, search.Request{Prominent: true, Facets: true}, limit, offset)
	page := search.TopicPage{Total: hits.Total, Prominent: hits.Prominent, Facets: hits.Facets}
	if err != nil {
		return page, err
	}
	var fresh []int64
	if offset == 0 && limit > 0 && t.New > 0 {
		if fresh, err = r.store.NewStoriesOfTopic(ctx, t, maxNewListed); err != nil {
			return page, err
		}
	}
	if page.Stories, err = r.storiesByID(ctx, ids); err != nil {
		return page, err
	}
	page.New, err = r.storiesByID(ctx, fresh)
	return page, err
}

// maxTopicsSuggested is the most topics that Complete gives.
const maxTopicsSuggested = 3

// Complete returns how a search may go on that somebody types: those of their topics of which a word begins like it, outlets, and
// words of headlines as they are written there.
func (r *Reader) Complete(ctx context.Context, query string, topics []news.Topic) ([]search.Completion, error) {
	found, err := r.index.Complete(ctx, query)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, c := range found {
		if c.Article != 0 {
			ids = append(ids, c.Article)
		}
	}
	articles, err := r.store.ArticlesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, a := range articles {
		for i, c := range found {
			if c.Article != a.ID || c.Span.Start < 0 || c.Span.Start >= c.Span.End || c.Span.End > len(a.Title) {
				continue
			}
			if written := strings.ToLower(a.Title[c.Span.Start:c.Span.End]); search.SameTerm(written, c.Value) { // else the article was revised since
				found[i].Name, found[i].Value = written, written
			}
		}
	}
	typed := strings.ToLower(strings.TrimSpace(query))
	var all []search.Completion
	for _, t := range topics {
		name := strings.ToLower(t.Name)
		if typed != "" && len(all) < maxTopicsSuggested && (strings.HasPrefix(name, typed) || strings.Contains(name, " "+typed)) {
			all = append(all, search.Completion{Kind: search.CompleteTopic, Name: t.Name, Value: t.Query})
		}
	}
	return append(all, found...), nil
}

// TopicStoryIDs returns the ids of the newest 2,000 stories that a topic finds, in order.
func (r *Reader) TopicStoryIDs(ctx context.Context, t news.Topic) ([]int64, error) {
	ids, _, err := r.topicIDs(ctx, t, search.Request{}, topicDepth, 0)
	slices.Sort(ids)
	return ids, err
}

// topicIDs is storyIDs for what a topic's query finds and what rules have sent to it, the newest first. Of what was sent, it knows the
// newest 2,000 articles.
func (r *Reader) topicIDs(ctx context.Context, t news.Topic, s search.Request, limit, offset int) ([]int64, search.Result, error) {
	sent, err := r.store.SentTo(ctx, t.ID, topicDepth)
	if err != nil {
		return nil, search.Result{}, err
	}
	s.Query, s.Only, s.Also, s.Newest, s.User = t.Query, t.Options, sent, true, t.Viewer
	return r.storyIDs(ctx, s, limit, offset)
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
