// Package subscribe changes what is followed: feeds and topics. Finder finds the feeds behind an address or a file (find.go;
// what a request gave is in result.go), Feeds and Topics add and change them (feeds.go, topics.go), and Lists reads and
// writes OPML lists of both (lists.go). What is stored is the store's; this package checks it first, and says to the
// pipeline that there is something new.
//
// # Finding feeds
//
// What somebody wants to follow is usually a site, not a feed. Finder.Find looks in this order, and stops at what it finds:
//
//   - the address is subscribed already, compared by discover.Key;
//   - the site is one whose feed addresses are known (discover.Known); where that gives several, none is requested;
//   - the address is a feed;
//   - its page links to feeds, in Link headers or <link> elements. Where there is one, it counts only after it was read;
//     where there are several, somebody chooses, and what was chosen is read;
//   - one of the usual paths beside the page or at the root has a feed.
//
// A feed is the same as a subscribed one when its address, the address that it redirects to, or the address that it gives
// itself has the same key. The last counts only if the same document is there: templates are copied with somebody else's
// address in them. What was taken instead of what was typed is reported, such as another scheme.
//
// What is no feed (404, 410, no answer, a private address, a list, a picture, a page without a feed), or cannot be read
// now, is reported at once and added only when somebody insists: `feed add --force`, force in the API (else 422), a button
// on the feeds page. `feed add` asks on a terminal which of several feeds to add, and elsewhere lists them and ends with 1;
// --first passes over links without a feed, and --no-discover (as_is in the API) requests nothing. The process with the
// terminal looks, and a server, where one runs, only adds. Lists are added as they are. All that is requested for one
// address takes 15 s at most.
//
// A topic of a list whose name is taken by a topic that asks for something else is left out and reported, as is one with a
// wrong query.
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
