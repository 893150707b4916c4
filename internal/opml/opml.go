// Package opml reads and writes OPML lists of feeds and topics. read.go takes a list over outline by outline; what is wrong
// with one becomes a Problem and costs no other. scan.go cuts a list into tags and repairs what is not well-formed.
//
// What is mended or left out is reported with its line: bare ampersands, quotes that are missing or not escaped, tags
// without an end, entities that nobody knows. An outline in which the list breaks off is left out. A feed's address may
// stand under several names, or as the name of an outline that says nothing else.
//
// A list that is written is OPML 2.0 that other readers understand. It has of a feed title, site, folder and full-text mode
// (headwaterFullText). A folder is a path, News/World, and nests as outlines; a folder whose own name has a slash comes in
// as two, and levels below maxFolders go into the last of these. A feed that names categories and stands in no folder is
// put into the first of them.
//
// Everybody's topics stand in a folder Topics, with name and query to the letter (text, headwaterQuery) and their options
// (headwaterOriginals, headwaterMinOutlets; headwaterLangs and headwaterMuted are JSON arrays, since names of outlets have
// commas). An outline with a headwaterQuery is a topic wherever it stands. Where List.TopicFeed gives an address, the topic
// is written with type rss and that address, to which other readers subscribe; else its type is headwater-topic, which they
// pass over. `feed export` gives addresses where public_url is set; the lists of the APIs have none. Secrets, alerts and
// users' own topics are in no list. Characters that XML forbids are written as U+FFFD.
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
