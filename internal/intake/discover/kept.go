package discover

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// Kept says where a document came from that somebody kept as a file, as far as it says so itself.
type Kept struct {
	Self  string // the address that a feed gives itself; "" without one
	Page  string // the address of a web page; "" where it does not say
	Feeds []Link // that a page links to; those to relative addresses need Page
}

// KeptOf reads what a kept document says of its address. A feed that is none is read as a page.
func KeptOf(doc []byte, isFeed bool) (k Kept) {
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
		if self := of(feed(doc, ""), "self"); len(self) > 0 {
			k.Self = self[0]
		}
		return k
	}
	k.Page = pageAddress(doc)
	k.Feeds = Feeds(page(doc, k.Page), k.Page)
	return k
}

// savedFrom is what browsers write into pages that they save: <!-- saved from url=(0023)https://example.org/a -->.
var savedFrom = regexp.MustCompile(`<!-- saved from url=\(\d+\)(\S+) -->`)

// pageAddress returns the address that a page says it has: what a browser noted when it saved it, its canonical address, or what
// it tells those who share it.
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
		attrs := map[string]string{}
		for more {
			var key, value []byte
			key, value, more = z.TagAttr()
			attrs[string(key)] = string(value[:min(len(value), maxAddress+1)])
		}
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

// maxHeadTags bounds the tags that are searched for a page's address.
const maxHeadTags = 5000
