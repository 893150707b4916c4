package publish

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"headwater/internal/news"
)

const atomSpace = "http://www.w3.org/2005/Atom"

type atomFeed struct {
	XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Subtitle  string      `xml:"subtitle,omitempty"`
	Updated   string      `xml:"updated"`
	Author    *atomPerson `xml:"author"`
	Generator string      `xml:"generator"`
	Links     []atomLink  `xml:"link"`
	Entries   []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Lang      string      `xml:"xml:lang,attr,omitempty"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Updated   string      `xml:"updated"`
	Published string      `xml:"published"`
	Author    *atomPerson `xml:"author"`
	Links     []atomLink  `xml:"link"`
	Summary   string      `xml:"summary,omitempty"`
	Content   atomContent `xml:"content"`
	Source    *atomSource `xml:"source"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomLink struct {
	Rel   string `xml:"rel,attr"`
	Type  string `xml:"type,attr,omitempty"`
	Href  string `xml:"href,attr"`
	Title string `xml:"title,attr,omitempty"`

	Length int64 `xml:"length,attr,omitempty"` // of an enclosure, in bytes
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Body string `xml:",chardata"`
}

// atomSource tells whose text the entry leads to: the outlet's site, as its feed may be none of ours.
type atomSource struct {
	ID      string     `xml:"id"`
	Title   string     `xml:"title"`
	Updated string     `xml:"updated"`
	Links   []atomLink `xml:"link"`
}

// Atom writes the channel as Atom 1.0.
func Atom(w io.Writer, c Channel) error {
	c = c.tidy()
	feed := atomFeed{
		ID: cmp.Or(c.ID, c.Self), Title: c.Title, Subtitle: c.Description, Updated: atomTime(c.Stamp()),
		Author: &atomPerson{Name: generator, URI: c.Home}, Generator: generator,
		Links: append(c.links("application/atom+xml"), links(atomLink{Rel: "alternate", Type: "text/html", Href: c.Home})...),
	}
	for _, it := range c.Items {
		e, err := entryOf(it)
		if err != nil {
			return fmt.Errorf("write Atom: %w", err)
		}
		feed.Entries = append(feed.Entries, e)
	}
	return writeXML(w, feed)
}

func entryOf(it Item) (atomEntry, error) {
	content, err := it.HTML()
	if err != nil {
		return atomEntry{}, err
	}
	e := atomEntry{
		Lang: it.Lang, ID: it.ID, Title: it.Title,
		Updated: atomTime(it.Updated), Published: atomTime(it.Published),
		Author: &atomPerson{Name: it.Author.Title, URI: it.Author.URL},
		Links:  append(itemLinks(it), enclosureLinks(it.Files)...), Summary: it.Summary,
		Content: atomContent{Type: "html", Body: content},
	}
	e.Source = sourceOf(it.Source, e.Updated)
	return e, nil
}

func itemLinks(it Item) []atomLink {
	all := []atomLink{{Rel: "alternate", Type: "text/html", Href: it.URL}}
	for _, l := range it.Members {
		all = append(all, atomLink{Rel: l.Rel, Type: "text/html", Href: l.URL, Title: l.label()})
	}
	if it.Page != it.URL {
		all = append(all, atomLink{Rel: "related", Type: "text/html", Href: it.Page, Title: "All versions, and why"})
	}
	return links(all...)
}

// links leaves out those that lead nowhere.
func links(all ...atomLink) []atomLink {
	var kept []atomLink
	for _, l := range all {
		if l.Href != "" {
			kept = append(kept, l)
		}
	}
	return kept
}

// links are those of a document of the channel, but for its page: to itself, to the parts before and after it (RFC 5005,
// section 3) and to the hub (WebSub, section 4).
func (c Channel) links(mime string) []atomLink {
	all := []atomLink{{Rel: "self", Type: mime, Href: c.Self}, {Rel: "hub", Href: c.Hub}}
	if c.Next != "" || c.First != c.Self {
		all = append(all, atomLink{Rel: "first", Type: mime, Href: c.First}, atomLink{Rel: "next", Type: mime, Href: c.Next})
	}
	return links(all...)
}

func sourceOf(r news.Reference, updated string) *atomSource {
	if r.URL == "" {
		return nil
	}
	return &atomSource{
		ID: r.URL, Title: r.Title, Updated: updated,
		Links: []atomLink{{Rel: "alternate", Type: "text/html", Href: r.URL}},
	}
}

func atomTime(t time.Time) string { return t.Format(time.RFC3339) }

// writeXML writes a document with its declaration and a closing line break.
func writeXML(w io.Writer, document any) error {
	data, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("write XML: %w", err)
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", xml.Header, data); err != nil {
		return fmt.Errorf("write XML: %w", err)
	}
	return nil
}

func enclosureLinks(all []news.Enclosure) []atomLink {
	var out []atomLink
	for _, e := range all {
		out = append(out, atomLink{Rel: "enclosure", Type: mime(e), Href: e.URL, Title: e.Title, Length: e.Length})
	}
	return out
}
