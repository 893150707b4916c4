// Package subscribe changes what is followed: feeds and topics. Finder finds the feeds behind an address or a file
// (find.go; result.go has the results of requests). Feeds and Topics add and change feeds and topics (feeds.go, newsletters.go,
// edit.go, topics.go). Lists reads and writes OPML lists of both (lists.go). The package checks what is added, stores it, and
// notifies the pipeline.
//
// # Finding feeds
//
// People usually enter the address of a site, not of a feed. Finder.Find tries these in order, and stops at the first
// that succeeds:
//
//   - the address is subscribed already, compared by discover.Key;
//   - the site is one whose feed addresses are known (discover.Known); if it has several feeds, none is requested;
//   - the address is a feed;
//   - its page links to feeds, in Link headers or <link> elements. A single link counts only after its feed was read. Of
//     several links the user chooses one, and the chosen feed is read;
//   - one of the usual paths beside the page or at the root has a feed.
//
// A feed is the same as a subscribed one if one of these addresses has the same key: its address, the address that it
// redirects to, or the address that it gives itself. The last counts only if the same document is there, since people
// copy templates with somebody else's address in them. Where another address than the entered one is used, such as
// another scheme, the result says so.
//
// Some addresses lead to no feed (404, 410, no answer, a private address, a list, a picture, a page without a feed), or
// can't be read now. This is reported at once, and they are added only if the user insists: `feed add --force`, force in
// the API (else 422), a button on the feeds page. On a terminal `feed add` asks which of several feeds to add; otherwise
// it lists them and exits with 1. With --first it takes the first link that has a feed. With --no-discover (as_is in the
// API) it requests nothing. The process with the terminal sends the requests; a server, if one runs, only stores the
// feed. Lists are added without requests. All requests for one address take 15 s at most.
//
// A topic of a list is left out and reported if its query is wrong, or if another topic with a different query has its
// name.
package subscribe

import (
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
	Removed func() // called after a feed was removed, so that its hub is told; may be nil
}

// FindFeeds is Finder.Find with the stored feeds as subscribed ones. The error is that of ctx or of the store.
func (f *Feeds) FindFeeds(ctx context.Context, typed string) (news.Finding, error) {
	have, err := f.Store.FeedLines(ctx)
	if err != nil {
		return news.Finding{}, err
	}
	return f.Finder.Find(ctx, have, typed)
}

// AddFeed subscribes to a feed, which a server polls soon. If it is subscribed already, even under another
// spelling of its address, AddFeed returns the stored feed and news.ErrExists. It returns a *news.RefusedError for a title, a folder
// or an option that cannot be.
func (f *Feeds) AddFeed(ctx context.Context, feed news.Feed) (news.Feed, error) {
	e, err := checkEdit(news.FeedEdit{Title: &feed.Title, Folder: &feed.Folder, FullText: &feed.FullText, Pictures: &feed.Pictures, Lang: &feed.Lang})
	if err != nil {
		return news.Feed{}, err
	}
	feed.Title, feed.Folder, feed.Lang = *e.Title, *e.Folder, *e.Lang
	feed.URL = discover.Plain(feed.URL)
	have, err := f.Store.FeedLines(ctx)
	if err != nil {
		return news.Feed{}, err
	}
	if id := sameFeed(have, feed.URL); id != 0 {
		stored, err := f.Store.Feed(ctx, id)
		if err == nil {
			err = news.ErrExists
		}
		return stored, err
	}
	if feed.Added.IsZero() {
		feed.Added = f.Now()
	}
	feed.State = news.FeedWaiting
	return f.Store.AddFeed(ctx, feed)
}

// sameFeed returns the id of the feed with an address, or else with another spelling of it by discover.Key; 0 for none.
func sameFeed(have []news.Feed, address string) (id int64) {
	key := discover.Key(address)
	for _, h := range have {
		if h.URL == address {
			return h.ID
		}
		if id == 0 && discover.Key(h.URL) == key {
			id = h.ID
		}
	}
	return id
}

// AddFeeds subscribes to the feeds that are not subscribed yet, all of them or none, and returns these. Spellings of one address are
// one feed, by discover.Key.
func (f *Feeds) AddFeeds(ctx context.Context, feeds []news.Feed) ([]news.Feed, error) {
	have, err := f.Store.FeedLines(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(have))
	for _, h := range have {
		known[discover.Key(h.URL)] = true
	}
	fresh := make([]news.Feed, 0, len(feeds))
	for _, feed := range feeds {
		feed.URL = weburl.Encode(feed.URL)
		key := discover.Key(feed.URL)
		if known[key] {
			continue
		}
		known[key] = true
		feed.State = news.FeedWaiting
		if feed.Added.IsZero() {
			feed.Added = f.Now()
		}
		fresh = append(fresh, feed)
	}
	return f.Store.AddFeeds(ctx, fresh)
}

// FindFeed returns a feed by its id, or by its address if the id is 0.
func (f *Feeds) FindFeed(ctx context.Context, id int64, url string) (news.Feed, error) {
	if id != 0 {
		return f.Store.Feed(ctx, id)
	}
	return f.feedAt(ctx, url, weburl.Encode(url))
}

// feedAt returns the feed with the first of these addresses that is stored. It also finds a stored address that equals
// one of these after encoding, since addresses in other scripts were once stored as they had been written.
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
