package web_test

import (
	"context"
	"slices"
	"time"

	"headwater/internal/news"
)

// reading are the marks of the one user of a fake.
type reading struct {
	marked  map[int64]news.ItemState
	listed  []news.Item
	visited time.Time
	undone  []int64 // markings
}

func (f *fake) state(id int64, change func(*news.ItemState)) {
	if f.reading.marked == nil {
		f.reading.marked = map[int64]news.ItemState{}
	}
	st := f.reading.marked[id]
	change(&st)
	f.reading.marked[id] = st
}

func (f *fake) States(_ context.Context, _ int64, ids []int64) (map[int64]news.ItemState, error) {
	defer f.lock()()
	states := map[int64]news.ItemState{}
	for _, id := range ids {
		states[id] = f.reading.marked[id]
	}
	return states, f.broken
}

func (f *fake) MarkItems(_ context.Context, _ int64, m news.Marking) (done news.Marked, err error) {
	defer f.lock()()
	for _, id := range m.Articles {
		f.state(id, func(st *news.ItemState) {
			st.Read = (st.Read || m.Read) && !m.Unread
			st.Starred = (st.Starred || slices.Contains(m.AddLabels, "")) && !slices.Contains(m.DropOff, "")
		})
	}
	if m.Read {
		done.Read = m.Articles
	}
	return done, f.broken
}

func (f *fake) MarkAllRead(context.Context, int64, news.ItemList) (news.Marked, error) {
	return news.Marked{}, f.broken
}

func (f *fake) UndoRead(_ context.Context, _, marking int64) (news.Marked, error) {
	defer f.lock()()
	f.reading.undone = append(f.reading.undone, marking)
	return news.Marked{}, f.broken
}

func (f *fake) Visit(_ context.Context, _ int64, _ time.Time, _ time.Duration) (time.Time, error) {
	defer f.lock()()
	return f.reading.visited, f.broken
}

func (f *fake) Labels(context.Context, int64) ([]string, error) { return nil, f.broken }

func (f *fake) LabelCounts(context.Context, int64) ([]news.LabelCount, error) { return nil, f.broken }

func (f *fake) MoveLabel(context.Context, int64, string, string) error { return f.broken }

func (f *fake) RemoveLabel(context.Context, int64, string) (int64, error) { return 0, f.broken }

func (f *fake) RestoreLabel(context.Context, int64, int64) error { return f.broken }

func (f *fake) Items(context.Context, int64, news.ItemList) ([]news.Item, error) {
	return f.reading.listed, f.broken
}

func (f *fake) History(context.Context, int64, news.ItemList) ([]news.Item, error) {
	return f.reading.listed, f.broken
}

func (f *fake) UnreadFeeds(context.Context, int64) ([]news.FeedItems, error) { return nil, f.broken }

func (f *fake) ReadFeeds(context.Context, int64) ([]news.FeedItems, error) { return nil, f.broken }

func (f *fake) LabelledFeeds(context.Context, int64, string) ([]news.FeedItems, error) {
	return nil, f.broken
}

func (f *fake) UnreadTotal(context.Context, int64) (news.UnreadTotal, error) {
	return news.UnreadTotal{}, f.broken
}

func (f *fake) LastArticle(context.Context) (int64, error) { return 1, f.broken }

func (f *fake) ArticlesByID(ctx context.Context, ids []int64) (all []news.Article, err error) {
	for _, id := range ids {
		if a, err := f.Article(ctx, id); err == nil {
			all = append(all, a)
		}
	}
	return all, f.broken
}

func (f *fake) StoriesLedBy(context.Context, []int64) (map[int64]news.Story, error) {
	return nil, f.broken
}
