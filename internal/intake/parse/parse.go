package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"headwater/internal/news"
)

// Options configure a parse. The zero value works.
type Options struct {
	// URL is the feed's final address. Relative links are resolved against it. It may be "".
	URL string
	// ContentType is the value of the HTTP header, which may name a charset. It may be "".
	ContentType string
	// Timeout ends a parse that takes too long. Zero means 5 s.
	Timeout time.Duration
	// MaxItems is the maximum number of items. If a document has more, the newest are kept and Document.Incomplete is set. Zero
	// means 5,000.
	MaxItems int
	// MaxDepth is the maximum nesting depth of elements. Zero means 100.
	MaxDepth int
	// Now is the time against which dates are checked: dates more than a day later are ignored. Zero means the current time.
	Now time.Time
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.MaxItems <= 0 {
		o.MaxItems = 5000
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = 100
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return o
}

// Error holds the reason why a document could not be read, and the resulting state of its feed.
type Error struct {
	State news.FeedState
	Err   error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func fail(state news.FeedState, format string, args ...any) error {
	return &Error{State: state, Err: fmt.Errorf(format, args...)}
}

// Parse reads a feed: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed 1.x. Document.Repaired lists the faults that were
// repaired. A feed without items is no error. All errors are of type *Error.
func Parse(ctx context.Context, data []byte, o Options) (news.Document, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	doc, repairs := transcode(data, o.ContentType)
	start, isJSON, junk, err := sniff(doc)
	if err != nil {
		if shown := escapedFeed(doc); shown != nil {
			doc = shown
			start, isJSON, junk, err = sniff(doc)
			repairs = append(repairs, "the page around the document was left out")
		}
	}
	if err != nil {
		return news.Document{}, err
	}
	if junk {
		repairs = append(repairs, "text before the document was left out")
	}
	parsed, err := read(ctx, isJSON, doc[start:], o)
	if err != nil {
		return news.Document{}, stateOf(err, o)
	}
	if shorten(parsed.Entries) {
		repairs = append(repairs, "an item's text over 1 MB, or title over 16 KB, was cut")
	}
	parsed.Title, parsed.Link = cutAt(parsed.Title, maxField), safeAddress(parsed.Link)
	parsed.Repaired = append(repairs, parsed.Repaired...)
	return parsed, nil
}

// read parses a document of a known form. A panic in gofeed becomes an error, so that other feeds are still polled.
func read(ctx context.Context, isJSON bool, doc []byte, o Options) (parsed news.Document, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fail(news.FeedBroken, "the parser failed on this document (%v); please report the feed", p)
		}
	}()
	if isJSON {
		return readJSON(ctx, doc, o)
	}
	s := &itemSelection{max: o.MaxItems}
	g := newGuard(doc, o, s)
	if err := g.run(ctx); err != nil {
		return news.Document{}, err
	}
	if s.needsSecondPass() {
		g = newGuard(doc, o, s)
		if err := g.run(ctx); err != nil {
			return news.Document{}, err
		}
	}
	if g.atom {
		return readAtom(ctx, g)
	}
	return readRSS(ctx, g)
}

// stateOf wraps an error of the readers with the resulting state of the feed.
func stateOf(err error, o Options) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errTooDeep):
		return fail(news.FeedTooDeep, "elements are nested deeper than %d; no feed needs that (parse.max_depth)", o.MaxDepth)
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{State: news.FeedTimeout, Err: fmt.Errorf("parsing took longer than %s and was stopped (parse.timeout): %w", o.Timeout, err)}
	case errors.Is(err, context.Canceled):
		return &Error{State: news.FeedTimeout, Err: fmt.Errorf("parsing was interrupted: %w", err)}
	}
	return &Error{State: news.FeedBroken, Err: fmt.Errorf("the document is no feed that can be read: %w", err)}
}

const maxJunk = 1 << 16 // bytes that are searched for the root element

// sniff returns the offset at which the feed begins, whether it is JSON, and whether unrelated text precedes it. If the
// document is not a feed, the error says what it is.
func sniff(doc []byte) (start int, isJSON, junk bool, err error) {
	trimmed := bytes.TrimLeft(doc, " \t\r\n\ufeff")
	if len(trimmed) == 0 {
		return 0, false, false, fail(news.FeedEmpty, "the document is empty; if this lasts, look for the feed's new address")
	}
	if trimmed[0] == '{' {
		return len(doc) - len(trimmed), true, false, nil
	}
	root, start, junk := findRoot(doc)
	switch root {
	case "rss", "rdf", "feed", "channel", "entry", "item":
		return start, false, junk, nil
	case "":
		err = fail(news.FeedNotAFeed, "the document is neither XML nor JSON; check the feed's address")
	case "html", "head", "body", "script", "meta", "div", "p", "title", "h1":
		err = fail(news.FeedNotAFeed, "the server sent an HTML page, not a feed; the page may link to the feed, or ask for a login")
	case "opml":
		err = fail(news.FeedNotAFeed, "this is an OPML list of feeds, not a feed; import it instead of subscribing to it")
	case "urlset", "sitemapindex":
		err = fail(news.FeedNotAFeed, "this is a sitemap, not a feed; look for the site's RSS or Atom address")
	default:
		err = fail(news.FeedNotAFeed, "the root element <%.40s> is no feed's; RSS, RDF, Atom and JSON Feed can be read", root)
	}
	return 0, false, false, err
}

// findRoot returns the lower-case local name of the root element, its offset, and whether junk precedes it. Elements that are
// not the root of a feed, such as a server's warning, are skipped. In a web page a root counts only with a version or
// namespace.
func findRoot(doc []byte) (root string, at int, junk bool) {
	s := scanner{doc: doc}
	first, firstAt := "", 0
	for {
		t := s.next()
		if t.kind == tokenEnd || t.start > maxJunk {
			return first, firstAt, false
		}
		switch t.kind {
		case tokenText:
			junk = junk || len(bytes.Trim(t.text, " \t\r\n\ufeff")) > 0
		case tokenOpen:
			_, local := splitName(t.name)
			local = strings.ToLower(local)
			isFeed := local == "rss" || local == "rdf" || local == "feed" || local == "channel"
			if isFeed && (first != "html" || declares(local, t.attrs)) {
				return local, t.start, junk
			}
			junk = true
			if first == "" {
				first, firstAt = local, t.start
			}
			if first == "opml" {
				return first, firstAt, false
			}
			if isRawText(local) {
				s.skipTo("</" + local)
			}
		}
	}
}

// declares reports whether the root element of a feed has that feed's version or namespace.
func declares(local string, attrs []attribute) bool {
	for _, a := range attrs {
		_, isSpace := xmlnsPrefix(a.name)
		space := ""
		if isSpace {
			space = vocabularyOf(string(a.value))
		}
		switch {
		case local == "rss" && string(a.name) == "version", local == "rss" && isSpace,
			local == "feed" && space == atomSpace, local == "rdf" && space == rssSpace:
			return true
		}
	}
	return false
}

// isRawText reports whether "<" begins no tag within an element of a web page.
func isRawText(local string) bool {
	switch local {
	case "script", "style", "textarea", "xmp", "title", "noscript":
		return true
	}
	return false
}

// skipTo skips up to the text end, ignoring case, or at most maxJunk bytes.
func (s *scanner) skipTo(end string) {
	rest := s.doc[s.pos:min(len(s.doc), s.pos+maxJunk)]
	if i := bytes.Index(bytes.ToLower(rest), []byte(end)); i >= 0 {
		s.pos += i
	} else {
		s.pos += len(rest)
	}
}

// escapedFeed returns the feed that a web page shows as text in a <pre>, or nil if there is none.
func escapedFeed(doc []byte) []byte {
	s := scanner{doc: doc}
	for {
		t := s.next()
		switch {
		case t.kind == tokenEnd || t.start > maxJunk:
			return nil
		case t.kind == tokenOpen && isRawText(strings.ToLower(string(t.name))):
			s.skipTo("</" + strings.ToLower(string(t.name)))
		case t.kind == tokenOpen && strings.EqualFold(string(t.name), "pre"):
			shown := s.next()
			begins := bytes.ToLower(bytes.TrimSpace(shown.text[:min(len(shown.text), 200)]))
			for _, root := range []string{"&lt;?xml", "&lt;rss", "&lt;feed", "&lt;rdf:rdf"} {
				if shown.kind == tokenText && bytes.HasPrefix(begins, []byte(root)) {
					return []byte(html.UnescapeString(string(shown.text)))
				}
			}
		}
	}
}

// shorten cuts entries to the limits and reports whether a text or title was cut.
func shorten(entries []news.Entry) (cut bool) {
	for i := range entries {
		e := &entries[i]
		cut = cut || len(e.Summary) > maxItemText || len(e.Content) > maxItemText || len(e.Title) > maxField
		e.Summary, e.Content = cutAt(e.Summary, maxItemText), cutAt(e.Content, maxItemText)
		for _, s := range []*string{&e.Title, &e.GUID, &e.Rights, &e.Source.Title} {
			*s = cutAt(*s, maxField)
		}
		e.Authors, e.Categories = shortList(e.Authors), shortList(e.Categories)
		e.Enclosures = e.Enclosures[:min(len(e.Enclosures), maxList)]
		for i := range e.Enclosures {
			e.Enclosures[i].Title = cutAt(e.Enclosures[i].Title, maxField)
		}
		e.Links = e.Links[:min(len(e.Links), maxList)]
	}
	return cut
}

func shortList(all []string) []string {
	all = all[:min(len(all), maxList)]
	for i, s := range all {
		all[i] = cutAt(s, maxField)
	}
	return all
}
