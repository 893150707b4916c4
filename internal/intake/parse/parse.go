// Package parse turns the bytes of a feed into entries. It is the only importer of gofeed, which it keeps behind a
// guard: documents are transcoded, bounded and mended before gofeed sees them, and what gofeed would lose or change is
// added from the guard's own reading.
package parse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"headwater/internal/news"
)

// Options bound a parse. The zero value works.
type Options struct {
	// URL is the feed's final address, against which relative links are resolved. It may be "".
	URL string
	// ContentType is the HTTP header's value, for its charset. It may be "".
	ContentType string
	// Timeout ends a parse that takes too long. Zero means 5 s.
	Timeout time.Duration
	// MaxItems is how many items are read; of more the newest are kept and Document.Incomplete set. Zero means 5,000.
	MaxItems int
	// MaxDepth is how deep elements may be nested. Zero means 100.
	MaxDepth int
	// Now is the time that no date may be after by more than a day. Zero means the current time.
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

// Error says why a document could not be read, and which state that puts its feed in.
type Error struct {
	State news.FeedState
	Err   error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func fail(state news.FeedState, format string, args ...any) error {
	return &Error{State: state, Err: fmt.Errorf(format, args...)}
}

// Parse reads a feed: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed 1.x. What can be mended is mended, and named
// in Document.Repaired. A feed without items is no error. All errors are of type *Error.
func Parse(ctx context.Context, data []byte, o Options) (news.Document, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	doc, repairs := transcode(data, o.ContentType)
	form, start, err := sniff(doc)
	if err != nil {
		if shown := escapedFeed(doc); shown != nil {
			doc = shown
			form, start, err = sniff(doc)
			repairs = append(repairs, "the page around the document was left out")
		}
	}
	if err != nil {
		return news.Document{}, err
	}
	if form == formXML && start.junk {
		repairs = append(repairs, "text before the document was left out")
	}
	parsed, err := read(ctx, form, doc[start.at:], o)
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

// read parses a document of a known form. The parsers beneath have been known to panic, which must not end the poll
// of other feeds.
func read(ctx context.Context, form form, doc []byte, o Options) (parsed news.Document, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fail(news.FeedBroken, "the parser failed on this document (%v); please report the feed", p)
		}
	}()
	if form == formJSON {
		return readJSON(ctx, doc, o)
	}
	s := &survey{max: o.MaxItems}
	g := newGuard(doc, o, s)
	if err := g.run(ctx); err != nil {
		return news.Document{}, err
	}
	if s.again() {
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

// stateOf names the state that an error of the readers puts the feed in.
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

// timed is a reader that fails when its context ends, which stops a parser whose time grows faster than its input.
type timed struct {
	ctx context.Context
	doc []byte
}

// Read gives at most 4 KB at a time, so that the time is looked at often enough.
func (t *timed) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	if len(t.doc) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 4096)], t.doc)
	t.doc = t.doc[n:]
	return n, nil
}
