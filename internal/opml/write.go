package opml

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"headwater/internal/weburl"
)

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
