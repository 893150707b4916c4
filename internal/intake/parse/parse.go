// Package parse turns the bytes of a feed into a news.Document. It reads RSS, RDF, Atom and JSON Feed. It is the only package
// that imports gofeed, and it never passes a document to gofeed unchanged. gofeed v1.4.2 sanitises nothing, and loses a whole
// feed to one bad byte or a missing end tag. On a document of deeply nested elements it ends the process with a stack overflow,
// which recover cannot catch.
//
// The bytes are transcoded to UTF-8 (charset.go, detect.go). A guard rewrites the markup to a balanced document of bounded
// depth (walk.go, elements.go, guard.go) and captures the fields that gofeed would lose or change. rss.go and atom.go let
// gofeed parse the output of the guard and add the captured fields (entry.go, media.go). JSON Feed is read without gofeed
// (jsonfeed.go). Dates in all languages are read by dates.go, datescan.go, dateclock.go and datetext.go with the tables in the
// folder calendar. Titles become plain text in title.go, and addresses are resolved in address.go.
//
// # Limits
//
// A document has at most 10 MB after decompression (fetch enforces this), the text of an item at most 1 MB, and its title, id
// or address at most 16 KB. A longer text is cut. A feed gives at most 5,000 items per poll. If it has more, the newest by date
// are kept, which takes a second walk over the document (guard.go). Without dates the first items are kept. A parse has a
// deadline, which is checked by the walk and by the reader from which gofeed reads. Feeds are parsed independently of each
// other. If the input exceeds a limit, the feed gets an error that names the limit, and nothing else changes.
//
// # Encodings
//
//   - Valid UTF-8 with characters beyond ASCII is UTF-8, even if a label claims a single-byte encoding. A few bad bytes in
//     UTF-8 are read as Windows-1252, byte by byte.
//   - Labels for UTF-16 and UTF-32 are ignored, since the first bytes would show these encodings. Labels for Latin-1 and ASCII
//     count no more than a missing label, because many servers send them for every document. Any other label counts if the
//     bytes can be decoded with it.
//   - Detection starts from the first language that the feed names. Of the encodings of that language (letters.txt) it
//     chooses the one that gives more letters of the language than Windows-1252 does. Without a language, or with a Western
//     one, it looks for non-Latin scripts if whole words are written in bytes beyond ASCII. Greek, Hebrew, Arabic, Thai and
//     Cyrillic are recognised by their common letters, their word endings and their capitals; Japanese, Chinese and Korean by
//     the rows of their code tables. Central European, Turkish, Baltic and Vietnamese texts are guessed without a language
//     only if the letters of no Western language explain the text. Otherwise the encoding is Windows-1252, since a wrong
//     guess for Western text is worse than none.
//
// # The guard
//
// The guard walks over the tokens once, in time linear in the size of the document. It removes junk, comments and DOCTYPE, so
// entities never expand. It bounds depth, attributes and namespaces, adds missing end tags, and leaves out end tags without a
// start tag. It removes the document's own prefixes from names, so a feed with an unknown namespace or an unusual prefix can be
// read too. It accepts items under either name (item, entry), also inside an unclosed text, author or extension. A feed within
// a web page, or shown as text by a web page, is read if the version or namespace of its root identifies it.
// Document.Repaired lists the repairs.
//
// gofeed reads the balanced result once. No tree is built, and nothing is tried twice. The guard captures these fields, which
// gofeed would change or lose: ids as written, all dc:creator, media:* in groups, dcterms dates, and the enclosures of RSS 1.0.
// gofeed's translator is not used, since it searches every text for images. An item that the end of the document cut off is
// kept if it has an id or address by which the next poll recognises it, or if no item has any.
//
// # Addresses
//
// Links, and links inside HTML, are resolved against xml:base. Without xml:base, links are resolved against the feed's final
// URL, and links inside HTML against the item's link. If the item's link is on a redirector (FeedBurner, Pheedo), the item's
// address is the target, if the item gives it: origLink, rel=canonical, or a permalink guid. If it gives none, HTML is resolved
// against the site that the feed links to. An item without a link gets the address of its permalink guid, or of an id that is a
// path of the site. An id that is not an address is never a link. Only allowed schemes are kept. Attributes that scripts read
// (data-src, data-srcset, backgrounds) are resolved if their value looks like an address. weburl.Encode writes every address as
// browsers send it.
//
// # Dates
//
// dates.go reads every date. Those in the forms of RFC 3339 and RFC 822, and Unix time, it reads directly. All other forms are
// in datescan.go and dateclock.go, over the lexemes of datetext.go: digits of any script; names of months, weekdays and halves of the day in about ninety languages;
// clocks such as 9h05, 09.05 and 下午3:05; numbers without signs; years of the Thai, Persian and Japanese calendars;
// zones by offset, abbreviation, or name in the IANA database with the offset of that day. In the folder calendar, cldr.txt is
// generated, and more.txt and zones.txt are written by hand.
//
// An ambiguous date is resolved by its document (dates.go). Numeric dates may have the day,
// the month or the year first. The chosen order makes the fewest dates of the document impossible or later than tomorrow. Ties
// are broken by agreement with weekdays, with unambiguous dates and with the order of the items; then by the feed's language;
// then by the shortest time between items; and then by the usual order, which is month first with slashes and day first with
// dots. A month's name may have two meanings: listopad is October in Croatian and November in Polish. The feed's language
// decides, then the weekday, then the other dates.
//
// A date that cannot be right counts as missing: a day that no month has, anything before 2 January 1970, or more than a day
// ahead. The item's next date is tried then. An item that has only a time of change uses that as its time of publication. The
// store keeps the first time of an article, so a later change does not move the article.
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
