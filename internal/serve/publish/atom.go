package publish

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"time"
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

// atomSource names the outlet whose text the entry leads to, by its site, since we may not have its feed.
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
		Links: append(c.links("application/atom+xml"), withAddress([]atomLink{{Rel: "alternate", Type: "text/html", Href: c.Home}})...),
	}
	for _, it := range c.Items {
		content, err := it.HTML()
		if err != nil {
			return fmt.Errorf("write Atom: %w", err)
		}
		e := atomEntry{
			Lang: it.Lang, ID: it.ID, Title: it.Title,
			Updated: atomTime(it.Updated), Published: atomTime(it.Published),
			Author: &atomPerson{Name: it.Author.Title, URI: it.Author.URL},
			Links:  itemLinks(it), Summary: it.Summary,
			Content: atomContent{Type: "html", Body: content},
		}
		for _, f := range it.Files {
			e.Links = append(e.Links, atomLink{Rel: "enclosure", Type: mime(f), Href: f.URL, Title: f.Title, Length: f.Length})
		}
		if it.Source.URL != "" {
			e.Source = &atomSource{
				ID: it.Source.URL, Title: it.Source.Title, Updated: e.Updated,
				Links: []atomLink{{Rel: "alternate", Type: "text/html", Href: it.Source.URL}},
			}
		}
		feed.Entries = append(feed.Entries, e)
	}
	return writeXML(w, feed)
}

func itemLinks(it Item) []atomLink {
	all := []atomLink{{Rel: "alternate", Type: "text/html", Href: it.URL}}
	for _, l := range it.Members {
		all = append(all, atomLink{Rel: l.Rel, Type: "text/html", Href: l.URL, Title: l.label()})
	}
	if it.Page != it.URL {
		all = append(all, atomLink{Rel: "related", Type: "text/html", Href: it.Page, Title: "All versions, and why"})
	}
	return withAddress(all)
}

func withAddress(all []atomLink) []atomLink {
	return slices.DeleteFunc(all, func(l atomLink) bool { return l.Href == "" })
}

// links are those of a document of the channel, but for its page: to itself, to the parts before and after it (RFC 5005,
// section 3) and to the hub (WebSub, section 4).
func (c Channel) links(mime string) []atomLink {
	all := []atomLink{{Rel: "self", Type: mime, Href: c.Self}, {Rel: "hub", Href: c.Hub}}
	if c.Next != "" || c.First != c.Self {
		all = append(all, atomLink{Rel: "first", Type: mime, Href: c.First}, atomLink{Rel: "next", Type: mime, Href: c.Next})
	}
	return withAddress(all)
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
