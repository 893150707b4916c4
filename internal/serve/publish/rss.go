package publish

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
)

type rssDocument struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Atom    string     `xml:"xmlns:atom,attr"`
	Content string     `xml:"xmlns:content,attr"`
	DC      string     `xml:"xmlns:dc,attr"`
	Media   string     `xml:"xmlns:media,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string     `xml:"title"`
	Link        string     `xml:"link"`
	Description string     `xml:"description"`
	Built       string     `xml:"lastBuildDate"`
	Generator   string     `xml:"generator"`
	Links       []atomLink `xml:"atom:link"`
	Items       []rssItem  `xml:"item"`
}

type rssItem struct {
	Title       string     `xml:"title"`
	Link        string     `xml:"link,omitempty"`
	GUID        rssGUID    `xml:"guid"`
	Published   string     `xml:"pubDate"`
	Updated     string     `xml:"atom:updated"`
	Creator     string     `xml:"dc:creator"`
	Language    string     `xml:"dc:language,omitempty"`
	Source      *rssSource `xml:"source"`
	Description string     `xml:"description"`
	Content     string     `xml:"content:encoded"`
	Links       []atomLink `xml:"atom:link"`

	Enclosure *rssEnclosure `xml:"enclosure"`
	Media     []rssMedia    `xml:"media:content"`
}

type rssGUID struct {
	PermaLink bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

type rssSource struct {
	URL   string `xml:"url,attr"`
	Title string `xml:",chardata"`
}

// RSS writes the channel as RSS 2.0. Members are atom:link elements, since RSS itself has none for them.
func RSS(w io.Writer, c Channel) error {
	c = c.tidy()
	d := rssDocument{
		Version: "2.0", Atom: atomSpace,
		Content: "http://purl.org/rss/1.0/modules/content/",
		DC:      "http://purl.org/dc/elements/1.1/",
		Media:   "http://search.yahoo.com/mrss/",
		Channel: rssChannel{
			Title: c.Title, Link: c.Home, Description: c.Description,
			Built: rssTime(c.Stamp()), Generator: generator,
			Links: c.links("application/rss+xml"),
		},
	}
	for _, it := range c.Items {
		content, err := it.HTML()
		if err != nil {
			return fmt.Errorf("write RSS: %w", err)
		}
		item := rssItem{
			Title: it.Title, Link: it.URL, GUID: rssGUID{ID: it.ID},
			Published: rssTime(it.Published), Updated: atomTime(it.Updated),
			Creator: it.Author.Title, Language: it.Lang,
			Description: html.EscapeString(it.Summary), Content: content,
		}
		item.Enclosure, item.Media = rssFiles(it.Files)
		for _, l := range itemLinks(it) {
			if l.Rel != "alternate" {
				item.Links = append(item.Links, l)
			}
		}
		if it.Source.URL != "" {
			item.Source = &rssSource{URL: it.Source.URL, Title: it.Source.Title}
		}
		d.Channel.Items = append(d.Channel.Items, item)
	}
	return writeXML(w, d)
}

// rssTime is RFC 822 with the four-digit year that RSS 2.0 prefers.
func rssTime(t time.Time) string { return t.Format("Mon, 02 Jan 2006 15:04:05 GMT") }

// rssEnclosure has all three attributes, as RSS 2.0 asks for; the length is 0 where it is not known.
type rssEnclosure struct {
	URL    string `xml:"url,attr"`
	Length int64  `xml:"length,attr"`
	Type   string `xml:"type,attr"`
}

// rssMedia is media:content of Media RSS.
type rssMedia struct {
	URL      string `xml:"url,attr"`
	Type     string `xml:"type,attr,omitempty"`
	Medium   string `xml:"medium,attr,omitempty"`
	Length   int64  `xml:"fileSize,attr,omitempty"`
	Duration int64  `xml:"duration,attr,omitempty"`
	Title    string `xml:"media:title,omitempty"`
}

// rssFiles gives the one enclosure that an RSS item may have, preferably a recording, and the other files as media:content.
// The enclosure is among the latter too where it has a duration or a title, which RSS has no attributes for.
func rssFiles(all []news.Enclosure) (one *rssEnclosure, others []rssMedia) {
	i := slices.IndexFunc(all, news.Enclosure.Plays)
	if i < 0 {
		i = slices.IndexFunc(all, func(e news.Enclosure) bool { return !e.IsPicture() })
	}
	if i < 0 {
		i = slices.IndexFunc(all, func(e news.Enclosure) bool { return mime(e) != "" })
	}
	for j, e := range all {
		if j == i {
			one = &rssEnclosure{e.URL, e.Length, cmp.Or(mime(e), "application/octet-stream")}
			if e.Duration == 0 && e.Title == "" {
				continue
			}
		}
		m := rssMedia{URL: e.URL, Type: mime(e), Length: e.Length, Duration: e.Duration, Title: e.Title}
		switch medium, _, _ := strings.Cut(e.Type, "/"); medium {
		case "image", "audio", "video":
			m.Medium = medium
		}
		others = append(others, m)
	}
	return one, others
}
