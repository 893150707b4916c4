package pipeline

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"headwater/internal/intake/discover"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/weburl"
)

// Stories lists stories.
func (n *Newsroom) Stories(ctx context.Context, l news.StoryList) ([]news.Story, error) {
	all, err := n.Store.Stories(ctx, l)
	if err != nil {
		return nil, err
	}
	return all, n.mark(ctx, all)
}

// CountStories counts what Stories gives without Limit and Offset.
func (n *Newsroom) CountStories(ctx context.Context, l news.StoryList) (int, error) {
	return n.Store.CountStories(ctx, l)
}

// Story gives a story with its members. An id that was merged away gives the story that took its place.
func (n *Newsroom) Story(ctx context.Context, id int64) (news.Story, error) {
	s, err := n.Store.Story(ctx, id)
	return n.marked(ctx, s, err)
}

// StoryOf gives the story that an article is in, or news.ErrNotFound while it is not settled.
func (n *Newsroom) StoryOf(ctx context.Context, article int64) (news.Story, error) {
	of, err := n.Store.StoriesOf(ctx, []int64{article})
	if err != nil {
		return news.Story{}, err
	}
	id, ok := of[article]
	if !ok {
		return news.Story{}, fmt.Errorf("story of article %d: %w", article, news.ErrNotFound)
	}
	return n.Story(ctx, id)
}

// Article gives a whole article.
func (n *Newsroom) Article(ctx context.Context, id int64) (news.Article, error) {
	return n.Store.Article(ctx, id)
}

// Articles lists articles, newest first.
func (n *Newsroom) Articles(ctx context.Context, l news.ArticleList) ([]news.Article, error) {
	return n.Store.Articles(ctx, l)
}

// Claims gives the credits that an article makes.
func (n *Newsroom) Claims(ctx context.Context, article int64) ([]news.Claim, error) {
	claims, err := n.Store.Claims(ctx, []int64{article})
	return claims[article], err
}

// Search finds articles.
func (n *Newsroom) Search(ctx context.Context, s search.Request) (search.Found, error) {
	hits, err := n.find(ctx, s)
	if err != nil {
		return search.Found{}, err
	}
	ids := make([]int64, len(hits.Hits))
	for i, h := range hits.Hits {
		ids[i] = h.ID
	}
	articles, err := n.Store.ArticlesByID(ctx, ids)
	if err != nil {
		return search.Found{}, err
	}
	storyOf, err := n.Store.StoriesOf(ctx, ids)
	if err != nil {
		return search.Found{}, err
	}
	byID := make(map[int64]news.Article, len(articles))
	for _, a := range articles {
		byID[a.ID] = a
	}
	found := search.Found{
		Total: hits.Total, Matches: hits.Matches, Next: hits.Next, Facets: hits.Facets, Suggestion: hits.Suggestion,
	}
	for _, h := range hits.Hits {
		if a, ok := byID[h.ID]; ok {
			f := search.FoundArticle{Hit: h, Article: a, Story: storyOf[h.ID]}
			if last := len(h.Body) - 1; last >= 0 && h.Body[last].End > len(a.Body()) {
				f.Whole = n.wholeText(a)
			}
			found.Articles = append(found.Articles, f)
		}
	}
	return found, nil
}

// wholeText is an article's text as the index has it.
func (n *Newsroom) wholeText(a news.Article) string {
	n.swapping.RLock()
	defer n.swapping.RUnlock()
	return n.Index.IndexedText(a)
}

// find asks the index that is in use.
func (n *Newsroom) find(ctx context.Context, s search.Request) (search.Result, error) {
	if err := n.follow(ctx); err != nil {
		return search.Result{}, err
	}
	if err := n.supply(ctx, &s); err != nil {
		return search.Result{}, err
	}
	n.swapping.RLock()
	defer n.swapping.RUnlock()
	if n.Index.Building() {
		return search.Result{}, n.building(ctx)
	}
	return n.Index.Search(ctx, s, n.Now())
}

// building says how far the index has come; n.swapping is held.
func (n *Newsroom) building(ctx context.Context) error {
	indexed, errCount := n.Index.Count()
	mark, errMark := n.Index.Watermark()
	if err := errors.Join(errCount, errMark); err != nil {
		return err
	}
	missing, err := n.Store.CountAfter(ctx, mark)
	if err != nil {
		return err
	}
	return &search.BuildingError{Indexed: int(indexed), Missing: missing}
}

// supply gives a search what its query needs beside the index.
func (n *Newsroom) supply(ctx context.Context, s *search.Request) (err error) {
	marks, feeds := search.Needs(s.Query)
	if marks && s.User != 0 {
		m, err := n.Store.Marks(ctx, s.User)
		if err != nil {
			return err
		}
		s.Marks = &m
	}
	if feeds {
		s.Feeds, err = n.Store.Feeds(ctx)
	}
	return err
}

// SearchStories finds the stories with a member that matches, the best match first, and says how many there are.
func (n *Newsroom) SearchStories(ctx context.Context, query string, limit, offset int) ([]news.Story, int, error) {
	return n.searchStories(ctx, search.Request{Query: query}, limit, offset)
}

// searchStories finds stories. Articles that wait to be settled count as none.
func (n *Newsroom) searchStories(ctx context.Context, s search.Request, limit, offset int) ([]news.Story, int, error) {
	stories, hits, err := n.foundStories(ctx, s, limit, offset)
	return stories, hits.Total, err
}

func (n *Newsroom) foundStories(ctx context.Context, s search.Request, limit, offset int) ([]news.Story, search.Result, error) {
	ids, hits, err := n.foundIDs(ctx, s, limit, offset)
	if err != nil || len(ids) == 0 {
		return nil, hits, err
	}
	stories, err := n.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	return stories, hits, err
}

// foundIDs gives the ids of the stories that a search finds, each once.
func (n *Newsroom) foundIDs(ctx context.Context, s search.Request, limit, offset int) ([]int64, search.Result, error) {
	s.Stories, s.Settled, s.Limit, s.Offset = true, true, max(limit, 1), offset
	hits, err := n.find(ctx, s)
	if err != nil || limit <= 0 || len(hits.Hits) == 0 {
		return nil, hits, err
	}
	articles := make([]int64, len(hits.Hits))
	for i, h := range hits.Hits {
		articles[i] = h.ID
	}
	storyOf, err := n.Store.StoriesOf(ctx, articles)
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

// Feeds lists the feeds with their health.
func (n *Newsroom) Feeds(ctx context.Context) ([]news.Feed, error) { return n.Store.Feeds(ctx) }

// Feed gives a feed.
func (n *Newsroom) Feed(ctx context.Context, id int64) (news.Feed, error) {
	return n.Store.Feed(ctx, id)
}

// AddFeed subscribes to a feed, to be polled at the next tick. One that is subscribed already, be it that its address is
// written in another way, is given with news.ErrExists.
func (n *Newsroom) AddFeed(ctx context.Context, f news.Feed) (news.Feed, error) {
	f.URL = discover.Plain(f.URL)
	have, err := n.feedAt(ctx, discover.Variants(f.URL)...)
	if err == nil {
		return have, news.ErrExists
	}
	if !errors.Is(err, news.ErrNotFound) {
		return news.Feed{}, err
	}
	if f.Added.IsZero() {
		f.Added = n.Now()
	}
	f.State = news.FeedWaiting
	return n.Store.AddFeed(ctx, f)
}

// feedAt finds a feed by the first of these addresses that there is, or by one that is the same as theirs when it is
// encoded: addresses in other scripts were once stored as they had been written.
func (n *Newsroom) feedAt(ctx context.Context, addresses ...string) (f news.Feed, err error) {
	odd := false
	for _, address := range addresses {
		if f, err = n.Store.FeedByURL(ctx, address); !errors.Is(err, news.ErrNotFound) {
			return f, err
		}
		odd = odd || strings.Contains(address, "%") || strings.Contains(address, "xn--")
	}
	if !odd {
		return f, err
	}
	feeds, listErr := n.Store.Feeds(ctx)
	if listErr != nil {
		return f, listErr
	}
	for _, have := range feeds {
		if slices.Contains(addresses, weburl.Encode(have.URL)) {
			return have, nil
		}
	}
	return f, err
}

// AddFeeds subscribes to the feeds that are not there yet, all or none of them, and gives those.
func (n *Newsroom) AddFeeds(ctx context.Context, feeds []news.Feed) ([]news.Feed, error) {
	have, err := n.Store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	stored := map[string]string{} // addresses as they are stored, where they are not encoded
	for _, f := range have {
		if encoded := weburl.Encode(f.URL); encoded != f.URL {
			stored[encoded] = f.URL
		}
	}
	for i := range feeds {
		feeds[i].URL = weburl.Encode(feeds[i].URL)
		feeds[i].URL = cmp.Or(stored[feeds[i].URL], feeds[i].URL)
		feeds[i].State = news.FeedWaiting
		if feeds[i].Added.IsZero() {
			feeds[i].Added = n.Now()
		}
	}
	return n.Store.AddFeeds(ctx, feeds)
}

// RemoveFeed ends a subscription. Its articles stay.
func (n *Newsroom) RemoveFeed(ctx context.Context, id int64) error {
	err := n.Store.RemoveFeed(ctx, id)
	n.push.wake() // its hub is to be told
	return err
}

// FindFeed gives a feed by its number or address.
func (n *Newsroom) FindFeed(ctx context.Context, id int64, url string) (news.Feed, error) {
	if id != 0 {
		return n.Store.Feed(ctx, id)
	}
	return n.feedAt(ctx, url, weburl.Encode(url))
}

// InstanceID tells this newsroom's ids in emitted feeds from those of any other. It is minted once.
func (n *Newsroom) InstanceID(ctx context.Context) (string, error) {
	const key = "instance"
	id, err := n.Store.Setting(ctx, key)
	if err == nil && id != "" || err != nil && !errors.Is(err, news.ErrNotFound) {
		return id, err
	}
	id = rand.Text()
	return id, n.Store.SetSetting(ctx, key, id)
}
