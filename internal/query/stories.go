package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/outlets"
)

// Reader answers from a store and an index. Its methods are safe for concurrent use.
type Reader struct {
	store   *store.DB
	index   *Index
	outlets *outlets.Registry
	now     func() time.Time
	feeds   feedOutlets
	fronts  frontCache
	edits   outletEdits
	table   outletTable
	lines   feedLines
	large   largeStories
}

// NewReader returns a Reader. Until its RefreshOutlets is called, outlets are shown as they are stored.
func NewReader(db *store.DB, x *Index, registry *outlets.Registry, now func() time.Time) *Reader {
	return &Reader{
		store: db, index: x, outlets: registry, now: now, feeds: feedOutlets{lock: semaphore.NewWeighted(1)},
		fronts: frontCache{turn: semaphore.NewWeighted(1), pages: map[string]*frontPage{}},
		edits:  outletEdits{lock: semaphore.NewWeighted(1)}, table: outletTable{lock: semaphore.NewWeighted(1)}, lines: feedLines{lock: semaphore.NewWeighted(1)},
	}
}

// Status counts what is stored and what is still to be processed.
func (r *Reader) Status(ctx context.Context) (news.Status, error) {
	s, err := r.store.Status(ctx)
	if err != nil {
		return s, err
	}
	s.Building = r.index.Building()
	s.Unindexed, s.IndexLag, err = r.index.Behind(ctx)
	return s, err
}

// Stories lists stories. Those of an event share their members with other callers.
func (r *Reader) Stories(ctx context.Context, l news.StoryList) ([]news.Story, error) {
	if l.Event != 0 && l.Offset == 0 && !l.IDs.Made() && !l.Newest && l.Since.IsZero() {
		first, err := r.withLarge(ctx, fmt.Sprint(l.Limit, " of event ", l.Event), func() (first news.FullCoverage, err error) {
			first.All, err = r.store.Stories(ctx, l)
			return first, err
		})
		return first.All, err
	}
	all, err := r.store.Stories(ctx, l)
	if err != nil {
		return nil, err
	}
	return all, r.setFollowed(ctx, all)
}

// storiesByID returns stories in the order of their ids in the list. Those that are gone are left out.
func (r *Reader) storiesByID(ctx context.Context, ids []int64) ([]news.Story, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return r.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
}

// Story returns a story with its members, which are shared with other callers. An id that was merged into another story returns that
// story.
func (r *Reader) Story(ctx context.Context, id int64) (news.Story, error) {
	one, err := r.withLarge(ctx, fmt.Sprint("story ", id), func() (one news.FullCoverage, err error) {
		s, err := r.store.Story(ctx, id)
		one.All = []news.Story{s}
		return one, err
	})
	if err != nil {
		return news.Story{}, err
	}
	return one.All[0], nil
}

// StoryOf returns the story that an article is in, or news.ErrNotFound if the article is not settled.
func (r *Reader) StoryOf(ctx context.Context, article int64) (news.Story, error) {
	of, err := r.store.StoriesOf(ctx, []int64{article})
	if err != nil {
		return news.Story{}, err
	}
	id, ok := of[article]
	if !ok {
		return news.Story{}, fmt.Errorf("story of article %d: %w", article, news.ErrNotFound)
	}
	return r.Story(ctx, id)
}

// StoriesLedBy returns the stories whose lead is one of the articles, by article id.
func (r *Reader) StoriesLedBy(ctx context.Context, articles []int64) (map[int64]news.Story, error) {
	storyOf, err := r.store.StoriesOf(ctx, articles)
	if err != nil {
		return nil, err
	}
	led := map[int64]news.Story{}
	stories, err := r.storiesByID(ctx, slices.Compact(slices.Sorted(maps.Values(storyOf))))
	for _, s := range stories {
		if lead := s.Lead().Article.ID; storyOf[lead] != 0 { // else the lead was not asked for
			led[lead] = s
		}
	}
	return led, err
}

// feedsFor is how long the cached outlets of the feeds are used where no feed is added or changed. A poll may tell a feed's
// site meanwhile.
const feedsFor = time.Minute

// feedOutlets is a cache of the outlets whose feeds are subscribed.
type feedOutlets struct {
	lock  *semaphore.Weighted
	keys  map[string]bool        // keys and lower-case names of outlets; nil until loaded
	of    map[string][]news.Feed // the feeds of each outlet, by key
	until time.Time              // loaded again at this time,
	next  <-chan struct{}        // or when this is closed, since feeds or outlets have changed
}

// setFollowed sets Followed of origins that are only named: whether a feed of ours belongs to that outlet, or has brought
// an item of it.
func (r *Reader) setFollowed(ctx context.Context, stories []news.Story) error {
	var named []news.Outlet
	for _, s := range stories {
		if s.Origin.Named() {
			named = append(named, s.Origin.Outlet)
		}
	}
	if len(named) == 0 {
		return nil
	}
	followed, _, err := r.followed(ctx)
	if err != nil {
		return err
	}
	published, err := r.store.HaveArticles(ctx, named)
	if err != nil {
		return err
	}
	for i := range stories {
		if o := &stories[i].Origin; o.Named() {
			o.Followed = followed[o.Key()] || published[o.Key()]
		}
	}
	return nil
}

// feedsOf returns the feeds that are an outlet's own.
func (r *Reader) feedsOf(ctx context.Context, key string) ([]news.Feed, error) {
	_, of, err := r.followed(ctx)
	return of[key], err
}

func (r *Reader) followed(ctx context.Context) (keys map[string]bool, of map[string][]news.Feed, err error) {
	f := &r.feeds
	if err := f.lock.Acquire(ctx, 1); err != nil {
		return nil, nil, err
	}
	defer f.lock.Release(1)
	select {
	case <-f.next:
		f.keys = nil
	default:
	}
	if now := r.now(); f.keys == nil || now.After(f.until) {
		next := r.store.Changed(store.AreaFeeds | store.AreaOutlets)
		feeds, err := r.store.Feeds(ctx)
		if err != nil {
			return nil, nil, err
		}
		f.keys, f.of, f.until, f.next = map[string]bool{}, map[string][]news.Feed{}, now.Add(feedsFor), next
		for _, feed := range feeds {
			if o, ok := r.outlets.ByURL(cmp.Or(feed.Site, feed.URL)); ok {
				f.keys[o.Key()], f.keys[strings.ToLower(o.Name)] = true, true // a credit may have only the name
				f.of[o.Key()] = append(f.of[o.Key()], feed)
			}
		}
	}
	return f.keys, f.of, nil
}
