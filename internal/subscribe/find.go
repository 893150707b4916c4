package subscribe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/news"
)

const (
	findTime = 15 * time.Second // for all requests about one address
	tryTime  = 5 * time.Second  // for an address that was guessed, while another is left to try
	maxFound = 30               // feeds of one page that are shown
)

// Finder looks for the feeds behind what somebody entered. It stores nothing.
type Finder struct {
	Fetch *fetch.Client
	Parse parse.Options // URL and ContentType are set for each document
	Now   func() time.Time
}

// Find looks for the feeds behind an entered address. It tries the address itself, the known feeds of sites like it, the
// links of the page there, and the usual paths. If a page links to several feeds, they are not requested. Have are the
// subscribed feeds; one of them is returned without a request. The error is that of ctx. An input that is no address is a
// Problem of the finding.
func (f *Finder) Find(ctx context.Context, have []news.Feed, typed string) (news.Finding, error) {
	addresses, err := discover.Typed(typed)
	if err != nil {
		return news.Finding{Address: typed, Problem: err.Error()}, nil
	}
	found := news.Finding{Address: addresses[0], Feeds: []news.FoundFeed{{URL: addresses[0]}}}
	if markKnown(have, found); found.Feeds[0].Known != 0 {
		return found, nil
	}
	limited, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	found = f.seek(limited, addresses)
	markKnown(have, found)
	return found, ctx.Err()
}

// seek sends requests until limited ends.
func (f *Finder) seek(limited context.Context, addresses []string) news.Finding {
	first := addresses[0]
	places, sure := discover.Known(first)
	var known []news.FoundFeed
	for _, p := range places {
		known = append(known, news.FoundFeed{URL: p.URL, Title: p.Title})
	}
	switch {
	case len(places) > 1:
		return news.Finding{Address: first, Feeds: known}
	case len(places) == 1:
		got := f.fetchFeed(limited, places[0].URL)
		if got.isFeed() {
			return news.Finding{Address: first, Feeds: []news.FoundFeed{got.found(places[0].Title)}}
		}
		if sure {
			return got.fails(news.Finding{Address: first, Feeds: known})
		}
	}
	got, note := tryEach(limited, addresses, f.fetchFeed)
	found := news.Finding{Address: got.asked, Note: note}
	switch {
	case got.isFeed():
		found.Feeds = []news.FoundFeed{f.withSelf(limited, got)}
	case got.isPage():
		found = f.findOnPage(limited, got, found)
	default:
		found = got.fails(found)
	}
	found.Dead = found.Problem != "" && !got.later()
	return found
}

// tryEach fetches the addresses that an input may stand for, in order, until one returns a document. If that is not the
// first, the note names it. If none does, it returns the result of the first address, or of the first that answered at
// all. A host that must not be requested is not requested by another scheme either.
func tryEach(limited context.Context, addresses []string, get func(context.Context, string) fetchResult) (s fetchResult, note string) {
	guessed := len(addresses) > 1 && sameHost(addresses[0], addresses[1]) // the scheme was guessed
	for i, address := range addresses {
		if i > 0 && s.answers() && !sameHost(address, addresses[0]) {
			continue // www. is tried only for hosts that do not answer without it
		}
		ctx, cancel := limited, context.CancelFunc(func() {})
		if guessed && i+1 < len(addresses) {
			ctx, cancel = context.WithTimeout(limited, tryTime)
		}
		got := get(ctx, address)
		cancel()
		if got.given() {
			if i > 0 {
				note = fmt.Sprintf("%s; %s is taken", s.problem(), address)
			}
			return got, note
		}
		if i == 0 || got.answers() && !s.answers() {
			s = got
		}
		if got.private() || limited.Err() != nil {
			break
		}
	}
	return s, ""
}

// ReadAddress fetches a document of at most limit bytes from the first of these addresses that has one. If that is not
// the first address, the note names it.
func (f *Finder) ReadAddress(ctx context.Context, addresses []string, limit int64) (doc []byte, note string, err error) {
	limited, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	s, note := tryEach(limited, addresses, func(ctx context.Context, address string) fetchResult {
		s := fetchResult{asked: address}
		s.resp, s.err = f.Fetch.Get(ctx, fetch.Request{URL: address, Accept: listTypes, MaxBytes: limit})
		return s
	})
	switch {
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case s.err != nil:
		return nil, "", errors.New(s.problem())
	}
	return s.resp.Body, note, nil
}

const (
	listTime  = time.Minute // for fetching a list
	listTypes = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)

func sameHost(a, b string) bool {
	u, err := url.Parse(a)
	v, err2 := url.Parse(b)
	return err == nil && err2 == nil && strings.EqualFold(u.Host, v.Host)
}

// findOnPage adds the feeds that a page links to. If it links to none, it adds the first feed found at the usual paths.
func (f *Finder) findOnPage(limited context.Context, page fetchResult, found news.Finding) news.Finding {
	links := discover.Feeds(append(discover.Header(page.resp.Header.Values("Link"), page.resp.URL), discover.Document(page.resp.Body, page.resp.URL)...), page.resp.URL)
	none := found
	none.Problem = fmt.Sprintf("%s is a page, with no link to a feed and none where sites usually have theirs", page.asked)
	if len(links) == 1 {
		got := f.fetchFeed(limited, links[0].URL)
		if got.isFeed() || got.later() {
			found.Feeds = []news.FoundFeed{got.found(links[0].Title)}
			return got.fails(found)
		}
		none = got.fails(found)
		none.Problem = fmt.Sprintf("%s is a page, and the feed that it links to, %s, is none: %s", page.asked, links[0].URL, got.problem())
	}
	if len(links) > 1 {
		for _, l := range links[:min(len(links), maxFound)] {
			found.Feeds = append(found.Feeds, news.FoundFeed{URL: l.URL, Title: l.Title})
		}
		return found
	}
	for _, address := range discover.CommonAddresses(page.resp.URL) {
		if got := f.fetchFeed(limited, address); got.isFeed() {
			found.Feeds = []news.FoundFeed{f.withSelf(limited, got)}
			return found
		}
		if limited.Err() != nil {
			break
		}
	}
	return none
}

func (f *Finder) fetchFeed(ctx context.Context, address string) fetchResult {
	s := fetchResult{asked: address}
	if s.resp, s.err = f.Fetch.Get(ctx, fetch.Request{URL: address, Accept: feedTypes}); s.err != nil {
		return s
	}
	o := f.Parse
	o.URL, o.ContentType, o.Now = s.resp.URL, s.resp.Header.Get("Content-Type"), f.Now()
	s.doc, s.err = parse.Parse(ctx, s.resp.Body, o)
	return s
}

// feedTypes is an Accept header that asks for a feed, and for a page where there is no feed.
const feedTypes = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"

// withSelf adds the address that a feed declares as its own, if that leads to the same document. Many feeds give a wrong one.
func (f *Finder) withSelf(ctx context.Context, s fetchResult) news.FoundFeed {
	feed := s.found("")
	_, self := discover.WebSub(nil, s.resp.Body, s.resp.URL)
	if k := discover.Key(self); k == discover.Key(s.resp.URL) || k == discover.Key(s.asked) {
		return feed
	}
	if other := f.fetchFeed(ctx, self); other.isFeed() && sameDocument(s.doc, other.doc) {
		feed.Also = append(feed.Also, self)
	}
	return feed
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

// markKnown sets which of the found feeds are subscribed, by all their addresses.
func markKnown(have []news.Feed, found news.Finding) {
	ids := make(map[string]int64, len(have))
	for _, f := range have {
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

// FindInFile looks for the feeds behind a saved document, a feed or a web page, from a file called name. A file gets no
// updates, so it runs Find for the address that the document gives itself, or for that of its site. Have are the
// subscribed feeds.
func (f *Finder) FindInFile(ctx context.Context, have []news.Feed, name string, doc []byte) (news.Finding, error) {
	s := fetchResult{asked: name}
	s.resp.Body = doc
	s.doc, s.err = parse.Parse(ctx, doc, f.Parse)
	if ctx.Err() != nil {
		return news.Finding{}, ctx.Err()
	}
	const cannot = "; a file brings nothing new, so give the address that it came from"
	kept := discover.SavedOf(doc, s.isFeed())
	var from, why string
	switch {
	case s.isFeed() && kept.Self != "":
		from, why = kept.Self, fmt.Sprintf("%s is a copy of %s", name, kept.Self)
	case s.isFeed() && s.doc.Link != "":
		from, why = s.doc.Link, fmt.Sprintf("%s is a feed that does not say what its address is, only that of its site, %s", name, s.doc.Link)
	case s.isFeed():
		return news.Finding{Problem: name + " is a feed that does not say what its address is" + cannot}, nil
	case !s.isPage():
		return news.Finding{Problem: s.problem()}, nil
	case len(kept.Feeds) > 1:
		found := news.Finding{Note: name + " is a page that links to several feeds"}
		for _, l := range kept.Feeds[:min(len(kept.Feeds), maxFound)] {
			found.Feeds = append(found.Feeds, news.FoundFeed{URL: l.URL, Title: l.Title})
		}
		markKnown(have, found)
		return found, nil
	case len(kept.Feeds) == 1:
		from, why = kept.Feeds[0].URL, fmt.Sprintf("%s is a page that links to the feed %s", name, kept.Feeds[0].URL)
	case kept.Page != "":
		from, why = kept.Page, fmt.Sprintf("%s is a copy of the page %s", name, kept.Page)
	default:
		return news.Finding{Problem: name + " is no feed, and no page that says what its address is or links to a feed" + cannot}, nil
	}
	found, err := f.Find(ctx, have, from)
	switch {
	case found.Problem != "":
		found.Problem = why + ": " + found.Problem
	case len(found.Feeds) == 1 && found.Note == "":
		found.Note = fmt.Sprintf("%s; %s is taken", why, found.Feeds[0].URL)
	default:
		found.Note = strings.TrimSuffix(why+"; "+found.Note, "; ")
	}
	return found, err
}
