package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/news"
	"headwater/internal/opml"
)

const (
	findTime = 15 * time.Second // for all that is asked about one address
	tryTime  = 5 * time.Second  // for an address that was not typed so, but guessed, while another is left to try
	maxFound = 30               // feeds of a page that are shown
)

// FindFeeds looks for the feeds behind what somebody typed as an address: what it is itself, what sites like it are known
// to have, what the page there links to, and where sites usually have theirs. Who has several is not asked for each. It adds
// nothing. Its error is ctx's or the store's; what cannot be read as an address is a problem.
func (n *Newsroom) FindFeeds(ctx context.Context, typed string) (news.Finding, error) {
	var feeds []news.Feed
	if n.Store != nil {
		var err error
		if feeds, err = n.Store.Feeds(ctx); err != nil {
			return news.Finding{}, err
		}
	}
	return n.FindFeedsBeside(ctx, feeds, typed)
}

// FindFeedsBeside is FindFeeds where these are the feeds that there are already. One of them is given without asking
// anybody.
func (n *Newsroom) FindFeedsBeside(ctx context.Context, feeds []news.Feed, typed string) (news.Finding, error) {
	addresses, err := discover.Typed(typed)
	if err != nil {
		return news.Finding{Address: typed, Problem: err.Error()}, nil
	}
	found := news.Finding{Address: addresses[0], Feeds: []news.FoundFeed{{URL: addresses[0]}}}
	if markKnown(feeds, found); found.Feeds[0].Known != 0 {
		return found, nil
	}
	limited, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	found = n.seek(limited, addresses)
	markKnown(feeds, found)
	return found, ctx.Err()
}

// seek asks until limited ends.
func (n *Newsroom) seek(limited context.Context, addresses []string) news.Finding {
	first := addresses[0]
	places, sure := discover.Known(first)
	switch {
	case len(places) > 1:
		return news.Finding{Address: first, Feeds: placed(places)}
	case len(places) == 1:
		got := n.look(limited, places[0].URL)
		if got.isFeed() {
			return news.Finding{Address: first, Feeds: []news.FoundFeed{got.found(places[0].Title)}}
		}
		if sure {
			return news.Finding{Address: first, Feeds: placed(places), Problem: got.problem()}
		}
	}
	got, note := n.reach(limited, addresses)
	f := news.Finding{Address: got.asked, Note: note}
	switch {
	case got.isFeed():
		f.Feeds = []news.FoundFeed{n.withSelf(limited, got)}
	case got.isPage():
		f.Feeds, f.Problem = n.findOnPage(limited, got)
	default:
		f.Problem = got.problem()
	}
	f.Dead = f.Problem != "" && !got.later()
	return f
}

func placed(places []discover.Candidate) (feeds []news.FoundFeed) {
	for _, p := range places {
		feeds = append(feeds, news.FoundFeed{URL: p.URL, Title: p.Title})
	}
	return feeds
}

// reach looks at addresses that may all be meant by what was typed, in order, until one gives a document, and says so where
// that is not the first. Where none does, it gives the first, or the first that answered at all. A host that must not be
// asked is not asked by another scheme.
func (n *Newsroom) reach(limited context.Context, addresses []string) (s sight, note string) {
	return tryEach(limited, addresses, n.look)
}

func tryEach(limited context.Context, addresses []string, look func(context.Context, string) sight) (s sight, note string) {
	guessed := len(addresses) > 1 && sameHost(addresses[0], addresses[1]) // its scheme
	for i, address := range addresses {
		if i > 0 && s.answers() && !sameHost(address, addresses[0]) {
			continue // www. is for hosts that do not answer without it
		}
		ctx, cancel := limited, context.CancelFunc(func() {})
		if guessed && i+1 < len(addresses) {
			ctx, cancel = context.WithTimeout(limited, tryTime)
		}
		got := look(ctx, address)
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

// ReadAddress fetches a document, of at most limit bytes, from the first of these addresses that has one. The note says which
// that is where it is not the first.
func (n *Newsroom) ReadAddress(ctx context.Context, addresses []string, limit int64) (doc []byte, note string, err error) {
	limited, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	s, note := tryEach(limited, addresses, func(ctx context.Context, address string) sight {
		s := sight{asked: address}
		s.resp, s.err = n.Fetch.Get(ctx, fetch.Request{URL: address, Accept: listTypes, MaxBytes: limit})
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

// findOnPage takes the feeds that a page links to, and where it links to none, the first that is where most are.
func (n *Newsroom) findOnPage(limited context.Context, page sight) (feeds []news.FoundFeed, problem string) {
	links := discover.Feeds(append(discover.Header(page.resp.Header.Values("Link"), page.resp.URL), discover.Document(page.resp.Body, page.resp.URL)...), page.resp.URL)
	problem = fmt.Sprintf("%s is a page, with no link to a feed and none where sites usually have theirs", page.asked)
	if len(links) == 1 {
		got := n.look(limited, links[0].URL)
		if got.isFeed() || got.later() {
			return []news.FoundFeed{got.found(links[0].Title)}, got.problem()
		}
		problem = fmt.Sprintf("%s is a page, and the feed that it links to, %s, is none: %s", page.asked, links[0].URL, got.problem())
	}
	if len(links) > 1 {
		for _, l := range links[:min(len(links), maxFound)] {
			feeds = append(feeds, news.FoundFeed{URL: l.URL, Title: l.Title})
		}
		return feeds, ""
	}
	for _, address := range discover.CommonAddresses(page.resp.URL) {
		if got := n.look(limited, address); got.isFeed() {
			return []news.FoundFeed{n.withSelf(limited, got)}, ""
		}
		if limited.Err() != nil {
			break
		}
	}
	return nil, problem
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

// given says that there is a document, whatever it is.
func (s sight) given() bool {
	var pe *parse.Error
	return s.err == nil || errors.As(s.err, &pe)
}

// answers says that a server answered, be it that there is nothing.
func (s sight) answers() bool {
	var fe *fetch.Error
	return s.given() || errors.As(s.err, &fe) && fe.Status != 0
}

func (s sight) private() bool {
	var fe *fetch.Error
	return errors.As(s.err, &fe) && fe.State == news.FeedPrivate
}

// isPage says that a web page was given, or prose, which may be one.
func (s sight) isPage() bool { return s.notAFeed() && otherThanPage(s.resp.Body) == "" }

// notAFeed says that something was given that is no feed of any kind.
func (s sight) notAFeed() bool {
	var pe *parse.Error
	return errors.As(s.err, &pe) && pe.State == news.FeedNotAFeed
}

// later says that the address may well hold a feed, only not now.
func (s sight) later() bool {
	var fe *fetch.Error
	switch {
	case s.notAFeed():
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
	var fe *fetch.Error
	switch {
	case errors.Is(s.err, context.DeadlineExceeded) && !errors.As(s.err, &fe):
		return s.asked + ": no whole answer in time"
	case errors.As(s.err, &fe):
		return s.err.Error()
	case s.notAFeed():
		if other := otherThanPage(s.resp.Body); other != "" {
			return s.asked + " is " + other + ", not a feed"
		}
	}
	return s.asked + ": " + s.err.Error()
}

// otherThanPage names what a document is that is neither a feed nor a web page; "" for pages and prose.
func otherThanPage(doc []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(doc), ";")
	class, _, _ := strings.Cut(kind, "/")
	start := bytes.TrimLeft(doc[:min(len(doc), 1024)], " \t\r\n\ufeff")
	switch {
	case class == "image":
		return "a picture (" + kind + ")"
	case class == "audio", class == "video", class == "font":
		return "a file of type " + kind
	case kind == "application/pdf":
		return "a PDF document"
	case class == "application" && kind != "application/octet-stream" && !json.Valid(doc):
		return "a file of type " + kind
	case kind == "application/octet-stream" && !utf8.Valid(doc) && bytes.IndexByte(start, 0) >= 0 && !bytes.Contains(start, []byte("<")):
		return "a file of no kind that is known here"
	case len(start) > 0 && (start[0] == '{' || start[0] == '[') && json.Valid(doc):
		return "JSON, but no JSON Feed"
	}
	if list, err := opmlIn(doc); err == nil {
		if len(list.Feeds) == 1 {
			return "an OPML list of one feed, which `headwater feed import` takes"
		}
		return fmt.Sprintf("an OPML list of %d feeds, which `headwater feed import` takes", len(list.Feeds))
	}
	switch root := xmlRoot(start); root {
	case "", "html", "head", "body", "script", "meta", "div", "p", "title", "h1", "!doctype":
		return ""
	case "urlset", "sitemapindex":
		return "a sitemap"
	case "svg":
		return "a picture (SVG)"
	default:
		return fmt.Sprintf("XML with the root element <%.40s>", root)
	}
}

var errNoOPML = errors.New("no OPML list")

// opmlIn reads a document that may be an OPML list.
func opmlIn(doc []byte) (opml.List, error) {
	if !bytes.Contains(bytes.ToLower(doc[:min(len(doc), 1<<16)]), []byte("<opml")) {
		return opml.List{}, errNoOPML
	}
	list, _, err := opml.Read(bytes.NewReader(doc))
	return list, err
}

var firstElement = regexp.MustCompile(`(?s)^(?:<\?.*?\?>|<!--.*?-->|\s)*<(!?[\w:.-]+)`)

// xmlRoot gives the name of the element that a document begins with, in small letters without prefix; "" without one.
func xmlRoot(start []byte) string {
	m := firstElement.FindSubmatch(start)
	if m == nil || !bytes.HasPrefix(start, []byte("<?xml")) && !bytes.HasPrefix(start, []byte("<svg")) {
		return "" // HTML may begin with any element
	}
	name := strings.ToLower(string(m[1]))
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return name
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
