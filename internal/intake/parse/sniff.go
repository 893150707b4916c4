package parse

import (
	"bytes"
	"html"
	"strings"

	"headwater/internal/news"
)

// form is what a document is written in.
type form uint8

const (
	formXML form = iota
	formJSON
)

// start is where in a document the feed begins.
type start struct {
	at   int
	junk bool // text that does not belong there stands before it
}

const maxJunk = 1 << 16 // bytes before the root element that are searched for it

// sniff finds out whether a document is a feed at all.
func sniff(doc []byte) (form, start, error) {
	trimmed := bytes.TrimLeft(doc, " \t\r\n\ufeff")
	if len(trimmed) == 0 {
		return 0, start{}, fail(news.FeedEmpty, "the document is empty; if this lasts, look for the feed's new address")
	}
	lead := len(doc) - len(trimmed)
	if trimmed[0] == '{' {
		return formJSON, start{at: lead}, nil
	}
	root, at, junk := findRoot(doc)
	switch root {
	case "rss", "rdf", "feed", "channel", "entry", "item":
		return formXML, start{at: at, junk: junk}, nil
	}
	return 0, start{}, notAFeed(root)
}

// findRoot returns the lower-case local name of the root element, where it begins, and whether junk precedes it. After
// an element that is no root of a feed, such as a warning of the server's, an XML declaration may start over. In a web page
// only a root that declares what it is counts.
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

// declares holds for the root element of a feed that says so by its version or namespace.
func declares(local string, attrs []attribute) bool {
	for _, a := range attrs {
		_, isSpace := xmlnsPrefix(a.name)
		space := ""
		if isSpace {
			space = spaces(string(a.value))
		}
		switch {
		case local == "rss" && string(a.name) == "version", local == "rss" && isSpace,
			local == "feed" && space == atomSpace, local == "rdf" && space == rssSpace:
			return true
		}
	}
	return false
}

// isRawText holds for elements of a page in which a "<" begins no tag.
func isRawText(local string) bool {
	switch local {
	case "script", "style", "textarea", "xmp", "title", "noscript":
		return true
	}
	return false
}

// skipTo passes over what stands before that text, in whatever case, or over maxJunk bytes.
func (s *scanner) skipTo(end string) {
	rest := s.doc[s.pos:min(len(s.doc), s.pos+maxJunk)]
	if i := bytes.Index(bytes.ToLower(rest), []byte(end)); i >= 0 {
		s.pos += i
	} else {
		s.pos += len(rest)
	}
}

// escapedFeed is the feed that a web page shows as text, in a <pre>; nil where it shows none.
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

// notAFeed says what the document is instead.
func notAFeed(root string) error {
	switch root {
	case "":
		return fail(news.FeedNotAFeed, "the document is neither XML nor JSON; check the feed's address")
	case "html", "head", "body", "script", "meta", "div", "p", "title", "h1":
		return fail(news.FeedNotAFeed, "the server sent an HTML page, not a feed; the page may link to the feed, or ask for a login")
	case "opml":
		return fail(news.FeedNotAFeed, "this is an OPML list of feeds, not a feed; import it instead of subscribing to it")
	case "urlset", "sitemapindex":
		return fail(news.FeedNotAFeed, "this is a sitemap, not a feed; look for the site's RSS or Atom address")
	}
	return fail(news.FeedNotAFeed, "the root element <%.40s> is no feed's; RSS, RDF, Atom and JSON Feed can be read", root)
}
