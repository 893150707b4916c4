// Package subscribe changes what is followed: feeds and topics. Finder finds the feeds behind an address or a file (find.go;
// what a request gave is in result.go), Feeds and Topics add and change them (feeds.go, topics.go), and Lists reads and
// writes OPML lists of both (lists.go). What is stored is the store's; this package checks it first, and says to the
// pipeline that there is something new.
package subscribe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"headwater/internal/intake/discover"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/weburl"
)

// Feeds adds and removes feeds.
type Feeds struct {
	Store   *store.DB
	Finder  *Finder
	Now     func() time.Time
	Removed func() // is called after a feed was removed, so that its hub is told; nil where nobody tells hubs
}

// FindFeeds is Finder.Find where the stored feeds are those that are subscribed. Its error is ctx's or the store's.
func (f *Feeds) FindFeeds(ctx context.Context, typed string) (news.Finding, error) {
	have, err := f.Store.Feeds(ctx)
	if err != nil {
		return news.Finding{}, err
	}
	return f.Finder.Find(ctx, have, typed)
}

// AddFeed subscribes to a feed, to be polled at the next tick. One that is subscribed already, be it that its address is
// written in another way, is given with news.ErrExists.
func (f *Feeds) AddFeed(ctx context.Context, feed news.Feed) (news.Feed, error) {
	feed.URL = discover.Plain(feed.URL)
	have, err := f.feedAt(ctx, discover.Variants(feed.URL)...)
	if err == nil {
		return have, news.ErrExists
	}
	if !errors.Is(err, news.ErrNotFound) {
		return news.Feed{}, err
	}
	if feed.Added.IsZero() {
		feed.Added = f.Now()
	}
	feed.State = news.FeedWaiting
	return f.Store.AddFeed(ctx, feed)
}

// AddFeeds subscribes to the feeds that are not there yet, all or none of them, and gives those.
func (f *Feeds) AddFeeds(ctx context.Context, feeds []news.Feed) ([]news.Feed, error) {
	have, err := f.Store.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	stored := map[string]string{} // addresses as they are stored, where they are not encoded
	for _, h := range have {
		if encoded := weburl.Encode(h.URL); encoded != h.URL {
			stored[encoded] = h.URL
		}
	}
	for i := range feeds {
		feeds[i].URL = weburl.Encode(feeds[i].URL)
		feeds[i].URL = cmp.Or(stored[feeds[i].URL], feeds[i].URL)
		feeds[i].State = news.FeedWaiting
		if feeds[i].Added.IsZero() {
			feeds[i].Added = f.Now()
		}
	}
	return f.Store.AddFeeds(ctx, feeds)
}

// RemoveFeed ends a subscription. Its articles stay.
func (f *Feeds) RemoveFeed(ctx context.Context, id int64) error {
	err := f.Store.RemoveFeed(ctx, id)
	if f.Removed != nil {
		f.Removed()
	}
	return err
}

// FindFeed gives a feed by its number, or by its address where the number is 0.
func (f *Feeds) FindFeed(ctx context.Context, id int64, url string) (news.Feed, error) {
	if id != 0 {
		return f.Store.Feed(ctx, id)
	}
	return f.feedAt(ctx, url, weburl.Encode(url))
}

// feedAt finds a feed by the first of these addresses that there is, or by one that is the same as theirs when it is
// encoded: addresses in other scripts were once stored as they had been written.
func (f *Feeds) feedAt(ctx context.Context, addresses ...string) (feed news.Feed, err error) {
	encoded := false
	for _, address := range addresses {
		if feed, err = f.Store.FeedByURL(ctx, address); !errors.Is(err, news.ErrNotFound) {
			return feed, err
		}
		encoded = encoded || strings.Contains(address, "%") || strings.Contains(address, "xn--")
	}
	if !encoded {
		return feed, err
	}
	feeds, listErr := f.Store.Feeds(ctx)
	if listErr != nil {
		return feed, listErr
	}
	for _, have := range feeds {
		if slices.Contains(addresses, weburl.Encode(have.URL)) {
			return have, nil
		}
	}
	return feed, err
}
