// Package discover finds the addresses that lead to feeds: links in HTTP headers, pages and feeds, the addresses that
// well-known sites give their feeds, and those that most sites use. It asks nobody.
package discover

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"headwater/internal/weburl"
)

// Link is one relation that a response announces, as an absolute http or https address.
type Link struct {
	Rel   string // one relation, in small letters: alternate, hub, self
	URL   string
	Type  string // media type in small letters without parameters, or ""
	Title string // as written, on one line; "" without one
}

// maxLinks bounds how many links are taken from one response. Pages with more are made to tire readers.
const maxLinks = 200

// maxTitle and maxAddress bound a link, in bytes.
const (
	maxTitle   = 200
	maxAddress = 4096
)

// WebSub returns the hubs and the topic that a response announces (WebSub, W3C 2018, section 4): those of the Link headers,
// and where these name no hub or no topic, those of the document. A topic that is not announced is the address itself.
func WebSub(header []string, doc []byte, address string) (hubs []string, topic string) {
	first, then := Header(header, address), Document(doc, address)
	if hubs = of(first, "hub"); len(hubs) == 0 {
		hubs = of(then, "hub")
	}
	topics := append(append(of(first, "self"), of(then, "self")...), address)
	return hubs, topics[0]
}

// of returns the addresses of a relation, each once.
func of(links []Link, rel string) (addresses []string) {
	for _, l := range links {
		if l.Rel == rel && !slices.Contains(addresses, l.URL) {
			addresses = append(addresses, l.URL)
		}
	}
	return addresses
}

// Feeds returns the links of a page that lead to feeds, each address once, those to comments last.
func Feeds(links []Link, page string) []Link {
	var out []Link
	for _, l := range links {
		known := slices.ContainsFunc(out, func(o Link) bool { return o.URL == l.URL })
		if !known && (l.Rel == "feed" || l.Rel == "alternate" && isFeedType(l)) {
			out = append(out, l)
		}
	}
	commentsLast(out, page)
	return out
}

// isFeedType knows the media types of feeds. Plain JSON is what sites offer their own programs too.
func isFeedType(l Link) bool {
	switch l.Type {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/xml", "text/xml":
		return true
	case "application/json":
		return strings.Contains(strings.ToLower(l.URL), "feed")
	}
	return false
}

// Document returns the links of a page's head or of a feed itself, not of its items.
func Document(doc []byte, address string) []Link {
	start := bytes.TrimLeft(bytes.TrimPrefix(doc[:min(len(doc), 1024)], []byte("\ufeff")), " \t\r\n")
	lower := bytes.ToLower(start)
	switch {
	case bytes.HasPrefix(start, []byte("{")):
		return jsonFeed(doc, address)
	case feedRoot.Match(beginning(lower)):
		return feed(doc, address)
	}
	return page(doc, address)
}

var feedRoot = regexp.MustCompile(`<(\w+:)?(rss|feed|rdf|channel)[\s>]`)

// beginning is what stands before an HTML page begins, or all where none does.
func beginning(lower []byte) []byte {
	if i := bytes.Index(lower, []byte("<html")); i >= 0 {
		return lower[:i]
	}
	return lower
}

// linkTo makes a link of what a document or header says, or is false where that leads to no web address.
func linkTo(base *url.URL, href string) (string, bool) {
	href = Plain(href)
	if href == "" || len(href) > maxAddress || base == nil {
		return "", false
	}
	u, err := weburl.Parse(weburl.Join(base, href))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", false
	}
	u.Fragment = ""
	return u.String(), true
}

// mediaType cuts the parameters off.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

func title(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) > maxTitle {
		s = strings.ToValidUTF8(s[:maxTitle], "") + "…"
	}
	return s
}

func parseBase(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return u
}
