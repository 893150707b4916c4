package web_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
)

// The feeds of the fake. It keeps the order in which they were added, whatever order is asked for.

func (f *fake) Feed(_ context.Context, id int64) (news.Feed, error) {
	defer f.lock()()
	for _, feed := range f.feeds {
		if feed.ID == id {
			return feed, f.broken
		}
	}
	return news.Feed{}, news.ErrNotFound
}

func (f *fake) RemovedFeeds(context.Context, int) ([]news.Feed, error) {
	defer f.lock()()
	return slices.Clone(f.removed), f.broken
}

func (f *fake) FeedHistory(context.Context, int64) ([]news.PollRun, error) { return f.runs, f.broken }

func (f *fake) FeedDays(_ context.Context, feeds []int64, _ time.Time) (map[int64][]news.DayCount, error) {
	days := map[int64][]news.DayCount{}
	for _, id := range feeds {
		days[id] = f.days
	}
	return days, f.broken
}

func (f *fake) FeedArticles(_ context.Context, _, feed int64, _ string, before news.Place, limit int) (all []news.Article, err error) {
	defer f.lock()()
	for _, st := range f.stories {
		for _, m := range st.Members {
			all = append(all, m.Article)
		}
	}
	slices.SortStableFunc(all, func(a, b news.Article) int { return b.Time().Compare(a.Time()) })
	if before.ID != 0 {
		all = all[slices.IndexFunc(all, func(a news.Article) bool { return a.ID == before.ID })+1:]
	}
	return cut(all, limit, 0), f.broken
}

func (f *fake) FeedPage(_ context.Context, q news.FeedQuery) (page news.FeedPage, err error) {
	defer f.lock()()
	page.All, page.Health = len(f.feeds), map[news.FeedHealth]int{}
	var found []news.Feed
	folders, lost := map[string]int{}, 0
	for _, feed := range f.feeds {
		page.Health[feed.Health(now)]++
		folders[feed.Folder]++
		if feed.State == news.FeedUnreachable || feed.State == news.FeedTimeout {
			lost++
		}
		if (q.Health == "" || q.Health == feed.Health(now)) && (q.Folder == nil || *q.Folder == feed.Folder) && strings.Contains(feed.Title+feed.URL, q.Text) {
			found = append(found, feed)
		}
	}
	for name, n := range folders {
		page.Folders = append(page.Folders, news.FolderCount{Name: name, Feeds: n})
	}
	slices.SortFunc(page.Folders, func(a, b news.FolderCount) int { return strings.Compare(a.Name, b.Name) })
	page.Offline = lost > 0 && lost == len(f.feeds)-page.Health[news.HealthWaiting]
	page.Total = len(found)
	page.Feeds = cut(found, q.Limit, q.Offset)
	return page, f.broken
}

func (f *fake) AddFeed(_ context.Context, feed news.Feed) (news.Feed, error) {
	defer f.lock()()
	for _, have := range f.feeds {
		if have.URL == feed.URL {
			return have, fmt.Errorf("feed: %w", news.ErrExists)
		}
	}
	if f.refused != nil {
		return news.Feed{}, f.refused
	}
	feed.ID = int64(len(f.feeds) + len(f.removed) + 1)
	f.feeds = append(f.feeds, feed)
	return feed, f.broken
}

func (f *fake) AddNewsletter(ctx context.Context, feed news.Feed) (news.Feed, error) {
	feed.URL = news.NewsletterURL("letter-secret")
	return f.AddFeed(ctx, feed)
}

func (f *fake) AddFeeds(ctx context.Context, feeds []news.Feed) (added []news.Feed, err error) {
	for _, feed := range feeds {
		if one, err := f.AddFeed(ctx, feed); err == nil {
			added = append(added, one)
		}
	}
	return added, f.broken
}

func (f *fake) ChangeFeeds(_ context.Context, ids []int64, e news.FeedEdit) (n int, err error) {
	defer f.lock()()
	if f.refused != nil {
		return 0, f.refused
	}
	for i := range f.feeds {
		if !slices.Contains(ids, f.feeds[i].ID) {
			continue
		}
		n++
		for to, from := range map[*string]*string{
			&f.feeds[i].Title: e.Title, &f.feeds[i].Folder: e.Folder, &f.feeds[i].Site: e.Site, &f.feeds[i].FullText: e.FullText,
			&f.feeds[i].Pictures: e.Pictures, &f.feeds[i].Lang: e.Lang,
		} {
			if from != nil {
				*to = *from
			}
		}
		if e.Paused != nil {
			f.feeds[i].Paused = *e.Paused
		}
	}
	return n, f.broken
}

func (f *fake) RemoveFeeds(_ context.Context, ids []int64) (n int, err error) {
	defer f.lock()()
	f.feeds = slices.DeleteFunc(f.feeds, func(feed news.Feed) bool {
		if slices.Contains(ids, feed.ID) {
			feed.Removed = now
			f.removed = append(f.removed, feed)
			n++
			return true
		}
		return false
	})
	return n, f.broken
}

func (f *fake) RestoreFeeds(_ context.Context, ids []int64) (restored []int64, err error) {
	defer f.lock()()
	f.removed = slices.DeleteFunc(f.removed, func(feed news.Feed) bool {
		if slices.Contains(ids, feed.ID) {
			feed.Removed = time.Time{}
			f.feeds = append(f.feeds, feed)
			restored = append(restored, feed.ID)
			return true
		}
		return false
	})
	return restored, f.broken
}

func (f *fake) RefreshFeeds(_ context.Context, ids []int64) (map[int64]time.Time, error) {
	defer f.lock()()
	at := map[int64]time.Time{}
	for _, feed := range f.feeds {
		if slices.Contains(ids, feed.ID) && !feed.Paused {
			at[feed.ID] = now
		}
	}
	return at, f.broken
}

func (f *fake) RemoveFolder(ctx context.Context, name string) (news.FolderRemoval, error) {
	n, err := f.MoveFolder(ctx, name, "")
	if err == nil && n == 0 {
		err = news.ErrNotFound
	}
	f.folder = name
	return news.FolderRemoval{Feeds: n, Undo: 7}, err
}

func (f *fake) RestoreFolder(ctx context.Context, undo int64) (int, error) {
	if undo != 7 || f.folder == "" {
		return 0, news.ErrNotFound
	}
	name := f.folder
	f.folder = ""
	return f.MoveFolder(ctx, "", name)
}

func (f *fake) MoveFolder(_ context.Context, from, to string) (n int, err error) {
	defer f.lock()()
	if f.refused != nil {
		return 0, f.refused
	}
	for i := range f.feeds {
		if f.feeds[i].Folder == from {
			f.feeds[i].Folder = to
			n++
		}
	}
	return n, f.broken
}

func (f *fake) WriteOPML(_ context.Context, w io.Writer, title string, _ bool) error {
	_, err := fmt.Fprintf(w, "<opml>%s %d</opml>", title, len(f.feeds))
	return err
}

func (f *fake) ReadOPML(_ context.Context, r io.Reader, _ bool) (news.Imported, error) {
	data, err := io.ReadAll(r)
	f.list = string(data)
	if f.refused != nil {
		err = f.refused
	}
	return f.imported, err
}
