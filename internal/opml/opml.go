// Package opml reads and writes OPML lists of feeds and topics. read.go takes a list over outline by outline; what is wrong
// with one becomes a Problem and costs no other. scan.go cuts a list into tags and repairs what is not well-formed.
package opml

import (
	"fmt"
	"net/url"
	"strings"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// List is a list of feeds.
type List struct {
	Title string
	Feeds []Outline
	// Topics stand with their query and options in attributes of our own. Only Name, Query and Options count.
	Topics []news.Topic `json:",omitempty"`
	// TopicFeed returns the address of a topic's own feed, by which Write lets other programs subscribe to it. Where it is
	// nil, or gives "", they pass over the topic.
	TopicFeed func(news.Topic) string `json:"-"`
}

// Outline is a feed in a list.
type Outline struct {
	URL    string // of the feed
	Title  string // as the list names it; may be ""
	Site   string // the home page; may be ""
	Folder string // "A/B" for the folder B within A; "" for none
	// FullText is auto, always, never or "": our own attribute, headwaterFullText.
	FullText string `json:",omitempty"`
}

// Problem is a part of a list that could not be taken over, or not as it was written. The rest was.
type Problem struct {
	Line   int // in the file, from 1
	What   string
	Mended bool // it was taken over all the same
}

// String returns the problem as a line of text.
func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.What) }

// feedURL tidies an address and says what is wrong with one that cannot be fetched.
func feedURL(address string) (string, error) {
	address = strings.TrimSpace(address)
	if rest, ok := strings.CutPrefix(address, "feed:"); ok {
		address = rest
		if strings.HasPrefix(rest, "//") {
			address = "http:" + rest
		}
	}
	u, err := weburl.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%.200q is no address of a feed; it must begin with http:// or https://", address)
	}
	return weburl.Encode(address), nil
}

// feedKey tells feeds apart: spellings of one address that no server tells apart have one key.
func feedKey(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Host = strings.ToLower(u.Host)
	u.Host = strings.TrimSuffix(strings.TrimSuffix(u.Host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme]), ".")
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	return u.String()
}

// maxFolders is how deep folders are kept; feeds in deeper ones are put into the last of these.
const maxFolders = 20

// folderPath tidies a folder's path: no empty names, no white space around them.
func folderPath(folder string) string {
	var names []string
	for _, n := range strings.Split(folder, "/") {
		if n = strings.Join(strings.Fields(n), " "); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names[:min(len(names), maxFolders)], "/")
}
