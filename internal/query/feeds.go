package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/store"
)

// feedLines holds what lists of feeds are filtered, sorted and counted by, so that a page of thousands of feeds reads only those
// that it shows. What people change is in it at once, what polls change after linesFor.
type feedLines struct {
	lock  *semaphore.Weighted // guards what follows
	lines []*feedLine
	until time.Time
	next  <-chan struct{} // closed when people change feeds
}

// linesFor is how long polls may have changed feeds before lists of feeds show it.
const linesFor = 3 * time.Second

type feedLine struct {
	news.Feed
	name, folder string // in lower case, for sorting
	find         string // for searching
}

// foundFeed is a line with the place of its health among news.FeedHealths.
type foundFeed struct {
	*feedLine
	place int
}

// all returns the lines of all feeds. They must not be changed.
func (l *feedLines) all(ctx context.Context, db *store.DB, now time.Time) ([]*feedLine, error) {
	if err := l.lock.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer l.lock.Release(1)
	select {
	case <-l.next:
		l.lines = nil
	default:
	}
	if l.lines != nil && now.Before(l.until) && l.until.Sub(now) <= linesFor {
		return l.lines, nil
	}
	next := db.Changed(store.AreaFeeds)
	feeds, err := db.FeedLines(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]*feedLine, len(feeds))
	for i, f := range feeds {
		name := strings.ToLower(cmp.Or(strings.TrimSpace(f.Title), f.URL))
		folder := strings.ToLower(f.Folder)
		lines[i] = &feedLine{Feed: f, name: name, folder: folder, find: name + "\n" + strings.ToLower(f.URL) + "\n" + folder}
	}
	l.lines, l.next, l.until = lines, next, now.Add(linesFor)
	return lines, nil
}

// FeedPage returns a part of the feeds, with what is to be said of all of them.
func (r *Reader) FeedPage(ctx context.Context, q news.FeedQuery) (page news.FeedPage, err error) {
	now := r.now()
	lines, err := r.lines.all(ctx, r.store, now)
	if err != nil {
		return page, fmt.Errorf("feeds: %w", err)
	}
	page.All, page.Health = len(lines), map[news.FeedHealth]int{}
	folders := map[string]news.FolderCount{}
	words := strings.Fields(strings.ToLower(q.Text))
	var found []foundFeed
	tried, lost := 0, 0
	for _, l := range lines {
		health := l.Health(now)
		page.Health[health]++
		f := folders[l.Folder]
		f.Name = l.Folder
		f.Feeds++
		if health == news.HealthDead || health == news.HealthFailing {
			f.Sick++
		}
		folders[l.Folder] = f
		if l.State != "" && l.State != news.FeedWaiting {
			tried++
		}
		if l.State == news.FeedUnreachable || l.State == news.FeedTimeout {
			lost++
		}
		missing := func(word string) bool { return !strings.Contains(l.find, word) }
		if (q.Health == "" || q.Health == health) && (q.Folder == nil || *q.Folder == l.Folder) && !slices.ContainsFunc(words, missing) {
			found = append(found, foundFeed{l, slices.Index(news.FeedHealths, health)})
		}
	}
	page.Offline = tried > 0 && tried == lost
	for _, f := range folders {
		page.Folders = append(page.Folders, f)
	}
	slices.SortFunc(page.Folders, func(a, b news.FolderCount) int {
		return compareFolders(a.Name, strings.ToLower(a.Name), b.Name, strings.ToLower(b.Name))
	})
	page.Total = len(found)
	if q.Limit == 0 || q.Offset >= len(found) {
		return page, nil
	}
	sortFeeds(found, q.Sort)
	found = found[q.Offset:min(q.Offset+q.Limit, len(found))]
	ids := make([]int64, len(found))
	for i, l := range found {
		ids[i] = l.ID
	}
	if page.Feeds, err = r.store.FeedsByID(ctx, ids); err != nil {
		return page, err
	}
	slices.SortFunc(page.Feeds, func(a, b news.Feed) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	page.Days, err = r.store.FeedDays(ctx, ids, now)
	return page, err
}

// compareFolders orders folders by name, whatever its case. Feeds without a folder come last.
func compareFolders(a, lowerA, b, lowerB string) int {
	if (a == "") != (b == "") {
		return strings.Compare(b, a)
	}
	return cmp.Or(strings.Compare(lowerA, lowerB), strings.Compare(a, b))
}

func sortFeeds(feeds []foundFeed, by news.FeedSort) {
	byName := func(a, b foundFeed) int { return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.ID, b.ID)) }
	compare := func(a, b foundFeed) int {
		return cmp.Or(compareFolders(a.Folder, a.folder, b.Folder, b.folder), byName(a, b))
	}
	switch by {
	case news.FeedsByName:
		compare = byName
	case news.FeedsByTrouble:
		compare = func(a, b foundFeed) int {
			return cmp.Or(a.place-b.place, a.Failing.Compare(b.Failing), a.Changed.Compare(b.Changed), byName(a, b))
		}
	case news.FeedsByNewest:
		compare = func(a, b foundFeed) int { return cmp.Or(b.Changed.Compare(a.Changed), byName(a, b)) }
	case news.FeedsByArticles:
		compare = func(a, b foundFeed) int { return cmp.Or(cmp.Compare(b.Articles, a.Articles), byName(a, b)) }
	case news.FeedsByAdded:
		compare = func(a, b foundFeed) int { return cmp.Or(b.Added.Compare(a.Added), cmp.Compare(b.ID, a.ID)) }
	}
	slices.SortFunc(feeds, compare)
}
