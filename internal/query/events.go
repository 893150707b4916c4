package query

import (
	"context"
	"fmt"

	"headwater/internal/news"
)

// maxEventStories is the most stories of an event that are read. Each is read with its members.
const maxEventStories = 1000

// FullCoverage returns an event with its stories, 1,000 at most, or news.ErrNotFound. An id whose stories went to another
// event returns that event. The members of the stories are shared with other callers.
func (r *Reader) FullCoverage(ctx context.Context, event int64) (news.FullCoverage, error) {
	return r.withLarge(ctx, fmt.Sprint("event ", event), func() (c news.FullCoverage, err error) {
		if c.Event, err = r.store.Event(ctx, event); err != nil {
			return c, err
		}
		if c.All, err = r.store.Stories(ctx, news.StoryList{Event: c.ID, Limit: maxEventStories}); err != nil {
			return c, fmt.Errorf("event %d: %w", c.ID, err)
		}
		return c, nil
	})
}
