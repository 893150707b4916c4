package newsroom

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"headwater/internal/discover"
	"headwater/internal/fetch"
	"headwater/internal/news"
	"headwater/internal/parse"
)

const (
	findTime = 15 * time.Second // for all that is asked about one address
	maxFound = 30               // feeds of a page that are shown
)

// FindFeeds looks for the feeds behind an address: what it is itself, what sites like it are known to have, what the page
// there links to, and where sites usually have theirs. Who has several is not asked for each. It adds nothing. Its error
// is ctx's or the store's.
func (n *Newsroom) FindFeeds(ctx context.Context, address string) (news.Finding, error) {
	var feeds []news.Feed
	if n.Store != nil {
		var err error
		if feeds, err = n.Store.Feeds(ctx); err != nil {
			return news.Finding{}, err
		}
	}
	return n.FindFeedsBeside(ctx, feeds, address)
}

// FindFeedsBeside is FindFeeds where these are the feeds that there are already. One of them is given without asking
// anybody.
func (n *Newsroom) FindFeedsBeside(ctx context.Context, feeds []news.Feed, address string) (news.Finding, error) {
	address = discover.Plain(address)
	found := news.Finding{Feeds: []news.FoundFeed{{URL: address}}}
	if markKnown(feeds, found); found.Feeds[0].Known != 0 {
		return found, nil
	}
	limited, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	found = n.seek(limited, address)
	markKnown(feeds, found)
	return found, ctx.Err()
}

// seek asks until limited ends.
func (n *Newsroom) seek(limited context.Context, address string) news.Finding {
	places, sure := discover.Known(address)
	switch {
	case len(places) > 1:
		return choices(places)
	case len(places) == 1:
		got := n.look(limited, places[0].URL)
		if got.isFeed() {
			return news.Finding{Feeds: []news.FoundFeed{got.found(places[0].Title)}}
		}
		if sure {
			return news.Finding{Feeds: []news.FoundFeed{{URL: places[0].URL, Title: places[0].Title}}, Problem: got.problem()}
		}
	}
	got := n.look(limited, address)
	switch {
	case got.isFeed():
		return news.Finding{Feeds: []news.FoundFeed{n.withSelf(limited, got)}}
	case !got.isPage():
		return news.Finding{Problem: got.problem()}
	}
	return n.findOnPage(limited, got)
}

func choices(places []discover.Place) (f news.Finding) {
	for _, p := range places {
		f.Feeds = append(f.Feeds, news.FoundFeed{URL: p.URL, Title: p.Title})
	}
	return f
}

// findOnPage takes the feeds that a page links to, and where it links to none, the first that is where most are.
func (n *Newsroom) findOnPage(limited context.Context, page sight) news.Finding {
	links := discover.Feeds(append(discover.Header(page.resp.Header.Values("Link"), page.resp.URL), discover.Document(page.resp.Body, page.resp.URL)...), page.resp.URL)
	problem := fmt.Sprintf("%s is a page, with no link to a feed and none where sites usually have theirs", page.asked)
	if len(links) == 1 {
		got := n.look(limited, links[0].URL)
		if got.isFeed() || got.later() {
			return news.Finding{Feeds: []news.FoundFeed{got.found(links[0].Title)}, Problem: got.problem()}
		}
		problem = fmt.Sprintf("%s is a page, and the feed that it links to, %s, is none: %s", page.asked, links[0].URL, got.problem())
	}
	if len(links) > 1 {
		var f news.Finding
		for _, l := range links[:min(len(links), maxFound)] {
			f.Feeds = append(f.Feeds, news.FoundFeed{URL: l.URL, Title: l.Title})
		}
		return f
	}
	for _, address := range discover.Usual(page.resp.URL) {
		if got := n.look(limited, address); got.isFeed() {
			return news.Finding{Feeds: []news.FoundFeed{n.withSelf(limited, got)}}
		}
		if limited.Err() != nil {
			break
		}
	}
	return news.Finding{Problem: problem}
}

// sight is what stands at an address.
type sight struct {
	asked string
	resp  fetch.Response
	doc   news.Document
	err   error
}

func (n *Newsroom) look(ctx context.Context, address string) sight {
	s := sight{asked: address}
	if s.resp, s.err = n.Fetch.Get(ctx, fetch.Request{URL: address, Accept: lookTypes}); s.err != nil {
		return s
	}
	o := n.Parse
	o.URL, o.ContentType, o.Now = s.resp.URL, s.resp.Header.Get("Content-Type"), n.Now()
	s.doc, s.err = parse.Parse(ctx, s.resp.Body, o)
	return s
}

// lookTypes asks for a feed, and for a page where there is none.
const lookTypes = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"

func (s sight) isFeed() bool { return s.err == nil }

// isPage says that something was given that is no feed of any kind.
func (s sight) isPage() bool {
	var pe *parse.Error
	return errors.As(s.err, &pe) && pe.State == news.FeedNotAFeed
}

// later says that the address may well hold a feed, only not now.
func (s sight) later() bool {
	var fe *fetch.Error
	switch {
	case s.isPage():
		return false
	case errors.As(s.err, &fe):
		return fe.State != news.FeedPrivate && fe.Status != http.StatusNotFound && fe.Status != http.StatusGone
	}
	return true
}

func (s sight) problem() string {
	if s.err == nil {
		return ""
	}
	if errors.Is(s.err, context.DeadlineExceeded) {
		return fmt.Sprintf("%s: no whole answer within %s", s.asked, findTime)
	}
	var fe *fetch.Error
	if errors.As(s.err, &fe) {
		return s.err.Error()
	}
	return s.asked + ": " + s.err.Error()
}

func (s sight) found(title string) news.FoundFeed {
	f := news.FoundFeed{URL: s.asked, Title: title}
	if s.doc.Title != "" {
		f.Title = s.doc.Title
	}
	if s.resp.URL != "" && s.resp.URL != s.asked {
		f.Also = append(f.Also, s.resp.URL)
	}
	return f
}

// withSelf adds the address that a feed gives itself where that leads to the same document: many give a wrong one.
func (n *Newsroom) withSelf(ctx context.Context, s sight) news.FoundFeed {
	f := s.found("")
	_, self := discover.WebSub(nil, s.resp.Body, s.resp.URL)
	if k := discover.Key(self); k == discover.Key(s.resp.URL) || k == discover.Key(s.asked) {
		return f
	}
	if other := n.look(ctx, self); other.isFeed() && sameDocument(s.doc, other.doc) {
		f.Also = append(f.Also, self)
	}
	return f
}

func sameDocument(a, b news.Document) bool {
	if a.Title != b.Title || len(a.Entries) != len(b.Entries) {
		return false
	}
	for i := range a.Entries {
		if a.Entries[i].GUID != b.Entries[i].GUID || a.Entries[i].Title != b.Entries[i].Title {
			return false
		}
	}
	return true
}

// markKnown notes on what was found which of the feeds it is, by all that it is known by.
func markKnown(feeds []news.Feed, found news.Finding) {
	ids := make(map[string]int64, len(feeds))
	for _, f := range feeds {
		ids[discover.Key(f.URL)] = f.ID
	}
	for i := range found.Feeds {
		f := &found.Feeds[i]
		for _, address := range append([]string{f.URL}, f.Also...) {
			if id := ids[discover.Key(address)]; id != 0 && f.Known == 0 {
				f.Known = id
			}
		}
	}
}
