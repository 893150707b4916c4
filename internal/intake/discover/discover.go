// Package discover finds the addresses of feeds without any request. It reads links in HTTP headers, pages and
// feeds (links.go), and what somebody typed (typed.go). It knows the feed addresses of well-known sites and the usual ones of
// all sites (known.go). discover.go combines the links of a response. comments.go puts feeds of comments last.
package discover

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// WebSub returns the hubs and the topic that a response announces (WebSub, W3C 2018, section 4). Link headers come first. If
// they name no hub or no topic, those of the document count. If no topic is announced, it is the address itself.
func WebSub(header []string, doc []byte, address string) (hubs []string, topic string) {
	first, then := Header(header, address), Document(doc, address)
	if hubs = withRel(first, "hub"); len(hubs) == 0 {
		hubs = withRel(then, "hub")
	}
	topics := append(append(withRel(first, "self"), withRel(then, "self")...), address)
	return hubs, topics[0]
}

// feedTypes are the media types of feeds. Plain JSON is not included, because sites offer JSON for their own programs too.
var feedTypes = map[string]bool{
	"application/rss+xml": true, "application/atom+xml": true, "application/feed+json": true, "application/rdf+xml": true,
	"application/xml": true, "text/xml": true,
}

// Feeds returns the links of a page that lead to feeds, each address once, with feeds of comments last.
func Feeds(links []Link, page string) []Link {
	var out []Link
	for _, l := range links {
		known := slices.ContainsFunc(out, func(o Link) bool { return o.URL == l.URL })
		isFeed := feedTypes[l.Type] || l.Type == "application/json" && strings.Contains(strings.ToLower(l.URL), "feed")
		if !known && (l.Rel == "feed" || l.Rel == "alternate" && isFeed) {
			out = append(out, l)
		}
	}
	commentsLast(out, page)
	return out
}

// Document returns the links of a page's head or of a feed itself, not of its items.
func Document(doc []byte, address string) []Link {
	start := bytes.TrimLeft(bytes.TrimPrefix(doc[:min(len(doc), 1024)], []byte("\ufeff")), " \t\r\n")
	before, _, _ := bytes.Cut(bytes.ToLower(start), []byte("<html"))
	switch {
	case bytes.HasPrefix(start, []byte("{")):
		return jsonFeed(doc, address)
	case feedRoot.Match(before):
		return feed(doc, address)
	}
	return page(doc, address)
}

var feedRoot = regexp.MustCompile(`<(\w+:)?(rss|feed|rdf|channel)[\s>]`)

// Saved describes the origin of a document that somebody saved as a file, as far as the document says so.
type Saved struct {
	Self  string // the address that a feed gives as its own; "" if it gives none
	Page  string // the address of a web page; "" if it gives none
	Feeds []Link // feeds that a page links to; relative addresses require Page
}

// SavedOf reads the origin of a saved document. A document that is not a feed is read as a page.
func SavedOf(doc []byte, isFeed bool) (k Saved) {
	switch start := bytes.TrimLeft(doc[:min(len(doc), 1024)], " \t\r\n\ufeff"); {
	case isFeed && bytes.HasPrefix(start, []byte("{")):
		var f struct {
			FeedURL string `json:"feed_url"`
		}
		if json.Unmarshal(bytes.TrimPrefix(doc, []byte("\ufeff")), &f) == nil {
			k.Self, _ = linkTo(parseBase(""), f.FeedURL)
		}
		return k
	case isFeed:
		if self := withRel(feed(doc, ""), "self"); len(self) > 0 {
			k.Self = self[0]
		}
		return k
	}
	k.Page = pageAddress(doc)
	k.Feeds = Feeds(page(doc, k.Page), k.Page)
	return k
}

// savedFrom matches the note that browsers write into saved pages: <!-- saved from url=(0023)https://example.org/a -->.
var savedFrom = regexp.MustCompile(`<!-- saved from url=\(\d+\)(\S+) -->`)

// pageAddress returns the address that a page gives as its own: the note of the browser that saved it, its canonical address,
// or its address for sharing.
func pageAddress(doc []byte) string {
	if m := savedFrom.FindSubmatch(doc[:min(len(doc), 1<<16)]); m != nil {
		if to, ok := linkTo(parseBase(""), string(m[1])); ok {
			return to
		}
	}
	shared, tags := "", 0
	z := html.NewTokenizer(bytes.NewReader(doc))
	for ; tags < maxHeadTags; tags++ {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		name, more := z.TagName()
		attrs := attributes(z, more)
		switch {
		case string(name) == "link" && strings.EqualFold(strings.TrimSpace(attrs["rel"]), "canonical"):
			if to, ok := linkTo(parseBase(""), attrs["href"]); ok {
				return to
			}
		case string(name) == "meta" && (attrs["property"] == "og:url" || attrs["name"] == "og:url") && shared == "":
			shared, _ = linkTo(parseBase(""), attrs["content"])
		case string(name) == "base" && shared == "":
			shared, _ = linkTo(parseBase(""), attrs["href"])
		}
	}
	return shared
}

// maxHeadTags is the maximum number of tags that are searched for a page's address.
const maxHeadTags = 5000
