// Package opml reads and writes OPML lists of feeds and topics. opml.go writes them. read.go reads a list outline by
// outline; an error in one outline becomes a note and does not affect the others. scan.go cuts a list into tags and
// repairs what is not well-formed.
//
// Everything that is repaired or left out is reported with its line: bare ampersands, quotes that are missing or not
// escaped, tags without an end, unknown entities. An outline in which the file ends is left out. A feed's address may be
// in one of several attributes, or be the title of an outline that has nothing else.
//
// Written lists are OPML 2.0 that other readers understand. They have a feed's title, site, folder and full-text mode
// (headwaterFullText). A folder is a path, such as News/World, and is written as nested outlines. So a folder whose own
// name contains a slash is read back as two. Levels below maxFolders are merged into the last one. A feed with categories
// and without a folder is put into the folder of its first category.
//
// Everybody's topics are in a folder Topics, with unchanged name and query (text, headwaterQuery) and their options
// (headwaterOriginals, headwaterMinOutlets; headwaterLangs and headwaterMuted are JSON arrays, since names of outlets
// contain commas). An outline with a headwaterQuery is a topic in any folder. If List.TopicFeed returns an address, the
// topic is written with type rss and that address, and other readers subscribe to it. Otherwise its type is
// headwater-topic, which other readers skip. `feed export` writes these addresses if public_url is set; lists from the
// APIs have none. Secrets, alerts and users' own topics are in no list. Characters that XML forbids are written as
// U+FFFD.
package opml

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// List is a list of feeds.
type List struct {
	Title string
	Feeds []Outline
	// Topics are written with query and options in attributes of our own. Only Name, Query and Options are used.
	Topics []news.Topic `json:",omitempty"`
	// TopicFeed returns the address of a topic's own feed. Write puts it into the list, so that other programs subscribe
	// to it. If it is nil or returns "", other programs skip the topic.
	TopicFeed func(news.Topic) string `json:"-"`
}

// Outline is a feed in a list.
type Outline struct {
	URL    string // of the feed
	Title  string // as in the list; may be ""
	Site   string // the home page; may be ""
	Folder string // "A/B" for the folder B within A; "" for none
	// FullText is auto, always, never or "": our own attribute, headwaterFullText.
	FullText string `json:",omitempty"`
}

// feedURL normalises an address. It returns an error for an address that can't be fetched.
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
	address = weburl.Encode(address)
	return address, weburl.CheckLength(address)
}

// feedKey returns a key that is the same for all spellings of an address that servers treat alike.
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

// maxFolders is how deep folders are nested. Feeds in deeper folders are put into the last of these.
const maxFolders = 20

// folderPath normalises a folder's path: no empty names, no white space around names.
func folderPath(folder string) string {
	var names []string
	for _, n := range strings.Split(folder, "/") {
		if n = strings.Join(strings.Fields(n), " "); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names[:min(len(names), maxFolders)], "/")
}

// document is an OPML 2.0 file.
type document struct {
	XMLName xml.Name `xml:"opml"`
	Version string   `xml:"version,attr"`
	Title   string   `xml:"head>title"`
	Body    []*node  `xml:"body>outline"`
}

// node is an outline: a folder, or a feed.
type node struct {
	Text     string  `xml:"text,attr"`
	Title    string  `xml:"title,attr,omitempty"`
	Type     string  `xml:"type,attr,omitempty"`
	URL      string  `xml:"xmlUrl,attr,omitempty"`
	Site     string  `xml:"htmlUrl,attr,omitempty"`
	FullText string  `xml:"headwaterFullText,attr,omitempty"`
	Children []*node `xml:"outline"`

	Query      string `xml:"headwaterQuery,attr,omitempty"`
	Originals  bool   `xml:"headwaterOriginals,attr,omitempty"`
	MinOutlets int    `xml:"headwaterMinOutlets,attr,omitempty"`
	Langs      string `xml:"headwaterLangs,attr,omitempty"` // JSON
	Muted      string `xml:"headwaterMuted,attr,omitempty"` // JSON
}

// Write writes a list as OPML 2.0. Folders become outlines, in the order of the list. Topics are in a folder of their
// own.
func Write(w io.Writer, l List) error {
	doc := document{Version: "2.0", Title: l.Title}
	folders := map[string]*node{}
	for _, f := range l.Feeds {
		n := &node{Text: cmp.Or(f.Title, f.URL), Title: cmp.Or(f.Title, f.URL), Type: "rss", URL: weburl.Encode(f.URL), Site: f.Site, FullText: f.FullText}
		parent := doc.folder(folders, folderPath(f.Folder))
		*parent = append(*parent, n)
	}
	for _, t := range l.Topics {
		o := t.Options
		n := &node{Text: t.Name, Type: topicType, Query: t.Query, Originals: o.Originals, MinOutlets: o.MinOutlets}
		var err, mutedErr error
		n.Langs, err = jsonList(o.Langs)
		n.Muted, mutedErr = jsonList(o.Muted)
		if err := errors.Join(err, mutedErr); err != nil {
			return fmt.Errorf("writing the list: %w", err)
		}
		if l.TopicFeed != nil {
			if address := l.TopicFeed(t); address != "" {
				n.Type, n.URL = "rss", address // so that other programs subscribe to it
			}
		}
		parent := doc.folder(folders, topicFolder)
		*parent = append(*parent, n)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	return nil
}

// topicType is the type of an outline for a topic without a feed of its own.
const topicType = "headwater-topic"

// topicFolder is the folder in which topics are written. Read accepts topics in any folder.
const topicFolder = "Topics"

// jsonList encodes a list whose elements may contain any characters.
func jsonList(list []string) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// folder returns the outlines of the folder with that path. It creates a missing folder.
func (d *document) folder(known map[string]*node, path string) *[]*node {
	if path == "" {
		return &d.Body
	}
	if n := known[path]; n != nil {
		return &n.Children
	}
	parent, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		parent, name = path[:i], path[i+1:]
	}
	n := &node{Text: name}
	known[path] = n
	outlines := d.folder(known, parent)
	*outlines = append(*outlines, n)
	return &n.Children
}
