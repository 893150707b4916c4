package greader

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"
)

// The Atom form of a stream, which older readers ask for. States stand in categories of Google's scheme.
type atomFeed struct {
	XMLName      xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Reader       string      `xml:"xmlns:gr,attr"`
	ID           string      `xml:"id"`
	Title        string      `xml:"title"`
	Updated      string      `xml:"updated"`
	Continuation string      `xml:"gr:continuation,omitempty"`
	Entries      []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Crawled    string         `xml:"gr:crawl-timestamp-msec,attr"`
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Links      []atomLink     `xml:"link"`
	Author     string         `xml:"author>name"`
	Categories []atomCategory `xml:"category"`
	Content    atomContent    `xml:"content"`
}

type atomLink struct {
	Rel    string `xml:"rel,attr"`
	Href   string `xml:"href,attr"`
	Type   string `xml:"type,attr,omitempty"`
	Length int64  `xml:"length,attr,omitempty"`
}

type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr"`
	Label  string `xml:"label,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

const readerScheme = "http://www.google.com/reader/"

func (c *call) atom() error {
	doc, err := c.readStream()
	if err != nil {
		return err
	}
	feed := atomFeed{
		Reader: "http://www.google.com/schemas/reader/atom/", ID: "tag:google.com,2005:reader/" + doc.ID, Title: doc.Title,
		Updated: stamp(doc.Updated), Continuation: doc.Continuation,
	}
	for _, it := range doc.Items {
		feed.Entries = append(feed.Entries, entryOf(it))
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(feed); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, err = c.w.Write(b.Bytes())
	return c.sent(err)
}

func entryOf(it item) atomEntry {
	e := atomEntry{
		Crawled: it.Crawled, ID: it.ID, Title: it.Title, Author: it.Author, Content: atomContent{"html", it.Summary.Content},
		Published: stamp(it.Published), Updated: stamp(max(it.Updated, it.Published)),
	}
	for _, l := range it.Alternate {
		e.Links = append(e.Links, atomLink{Rel: "alternate", Href: l.Href, Type: l.Type})
	}
	for _, m := range it.Enclosures {
		e.Links = append(e.Links, atomLink{"enclosure", m.Href, m.Type, m.Length})
	}
	read := false
	for _, id := range it.Categories {
		e.Categories = append(e.Categories, category(id))
		read = read || id == statePrefix+stateRead
	}
	if !read {
		e.Categories = append(e.Categories, category(statePrefix+"fresh"))
	}
	return e
}

func category(id string) atomCategory {
	name := strings.TrimPrefix(strings.TrimPrefix(id, statePrefix), labelPrefix)
	return atomCategory{id, readerScheme, name}
}
