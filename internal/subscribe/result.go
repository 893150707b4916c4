package subscribe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/news"
	"headwater/internal/opml"
)

// fetchResult is the result of requesting an address: a feed, another document with a *parse.Error, or an error.
type fetchResult struct {
	asked string
	resp  fetch.Response
	doc   news.Document
	err   error
}

func (s fetchResult) isFeed() bool { return s.err == nil }

// given reports whether there is a document of any kind.
func (s fetchResult) given() bool {
	var pe *parse.Error
	return s.err == nil || errors.As(s.err, &pe)
}

// answers reports whether a server answered, even if only that nothing is there.
func (s fetchResult) answers() bool {
	var fe *fetch.Error
	return s.given() || errors.As(s.err, &fe) && fe.Status != 0
}

func (s fetchResult) private() bool {
	var fe *fetch.Error
	return errors.As(s.err, &fe) && fe.State == news.FeedPrivate
}

// isPage reports whether the document is a web page, or prose, which may be one.
func (s fetchResult) isPage() bool { return s.notAFeed() && otherThanPage(s.resp.Body) == "" }

// notAFeed reports whether there is a document that is no feed of any kind.
func (s fetchResult) notAFeed() bool {
	var pe *parse.Error
	return errors.As(s.err, &pe) && pe.State == news.FeedNotAFeed
}

// later reports whether the address may hold a feed that can't be read now.
func (s fetchResult) later() bool {
	var fe *fetch.Error
	switch {
	case s.notAFeed():
		return false
	case errors.As(s.err, &fe):
		return fe.State != news.FeedPrivate && fe.Status != http.StatusNotFound && fe.Status != http.StatusGone
	}
	return true
}

func (s fetchResult) problem() string {
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

func (s fetchResult) found(title string) news.FoundFeed {
	f := news.FoundFeed{URL: s.asked, Title: title}
	if s.doc.Title != "" {
		f.Title = s.doc.Title
	}
	if s.resp.URL != "" && s.resp.URL != s.asked {
		f.Also = append(f.Also, s.resp.URL)
	}
	if s.err != nil {
		return f
	}
	f.Site, f.Lang, f.Items = s.doc.Link, s.doc.Language, []news.FoundItem{}
	for _, e := range s.doc.Entries[:min(len(s.doc.Entries), shownItems)] {
		f.Items = append(f.Items, news.FoundItem{Title: e.Title, URL: e.URL, Published: e.Published})
	}
	return f
}

// shownItems is how many items of a found feed are shown.
const shownItems = 20

// fails adds to a finding what went wrong; nothing where this is a feed.
func (s fetchResult) fails(f news.Finding) news.Finding {
	f.Problem = s.problem()
	var fe *fetch.Error
	var pe *parse.Error
	switch {
	case errors.As(s.err, &fe):
		f.State, f.Cause, f.At = fe.State, fe.Cause, s.asked
	case errors.As(s.err, &pe) && pe.State != news.FeedNotAFeed:
		f.State, f.At = pe.State, s.asked
	case s.err != nil && !s.notAFeed():
		f.State, f.At = news.FeedTimeout, s.asked
	}
	return f
}

// otherThanPage names the kind of a document that is neither a feed nor a web page. It returns "" for pages and prose.
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
	if bytes.Contains(bytes.ToLower(doc[:min(len(doc), 1<<16)]), []byte("<opml")) {
		switch list, _, err := opml.Read(bytes.NewReader(doc)); {
		case err != nil:
		case len(list.Feeds) == 1:
			return "an OPML list of one feed, which `headwater feed import` takes"
		default:
			return fmt.Sprintf("an OPML list of %d feeds, which `headwater feed import` takes", len(list.Feeds))
		}
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

var firstElement = regexp.MustCompile(`(?s)^(?:<\?.*?\?>|<!--.*?-->|\s)*<(!?[\w:.-]+)`)

// xmlRoot returns the name of a document's first element, in lower case without its prefix, or "".
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
