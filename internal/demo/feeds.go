package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"net/http"
	"time"
)

// ownAddress stands in feeds for the address of the server, which is that of the request.
const ownAddress = "http://demo.invalid"

// feed is a rendered document, or a picture, with its validators.
type feed struct {
	body     []byte
	mime     string
	etag     string
	modified time.Time
}

func newFeed(body []byte, mime string, modified time.Time) *feed {
	sum := sha256.Sum256(body)
	return &feed{body: body, mime: mime, etag: `"` + hex.EncodeToString(sum[:8]) + `"`, modified: modified}
}

// ServeHTTP leaves conditional requests to http.ServeContent.
func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.mime)
	w.Header().Set("ETag", f.etag)
	body := bytes.ReplaceAll(f.body, []byte(ownAddress), []byte("http://"+r.Host))
	http.ServeContent(w, r, "", f.modified, bytes.NewReader(body))
}

func encodeXML(document any, mime string, modified time.Time) (*feed, error) {
	body, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, err
	}
	return newFeed(append([]byte(xml.Header), body...), mime+"; charset=utf-8", modified), nil
}

// render writes the feed of an outlet with its articles, newest first.
func (o outlet) render(list []*article) (*feed, error) {
	if len(list) == 0 {
		return nil, errors.New("no article is by this outlet: add one, or remove its format from outlets.yaml")
	}
	switch o.Format {
	case "rss":
		return newRSS(o, list)
	case "atom":
		return newAtom(o, list)
	case "json":
		return newJSON(o, list)
	default:
		return nil, fmt.Errorf("format %q is none of rss, atom, json", o.Format)
	}
}

type rssDocument struct {
	XMLName  xml.Name  `xml:"rss"`
	Version  string    `xml:"version,attr"`
	Content  string    `xml:"xmlns:content,attr"`
	DC       string    `xml:"xmlns:dc,attr"`
	Title    string    `xml:"channel>title"`
	Link     string    `xml:"channel>link"`
	About    string    `xml:"channel>description"`
	Language string    `xml:"channel>language"`
	Rights   string    `xml:"channel>copyright,omitempty"`
	Built    string    `xml:"channel>lastBuildDate"`
	TTL      int       `xml:"channel>ttl"`
	Items    []rssItem `xml:"channel>item"`
}

type rssItem struct {
	Title       string     `xml:"title"`
	Link        string     `xml:"link"`
	GUID        rssGUID    `xml:"guid"`
	Published   string     `xml:"pubDate"`
	Author      string     `xml:"dc:creator,omitempty"`
	Categories  []string   `xml:"category"`
	Description string     `xml:"description"`
	Content     *rssCDATA  `xml:"content:encoded"`
	Source      *rssSource `xml:"source"`
	Enclosure   *rssFile   `xml:"enclosure"`
}

type rssCDATA struct {
	HTML string `xml:",cdata"`
}

type rssFile struct {
	URL    string `xml:"url,attr"`
	Type   string `xml:"type,attr"`
	Length int    `xml:"length,attr"`
}

type rssGUID struct {
	Permalink bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

type rssSource struct {
	URL  string `xml:"url,attr"`
	Name string `xml:",chardata"`
}

func newRSS(o outlet, list []*article) (*feed, error) {
	d := rssDocument{
		Version: "2.0", Content: "http://purl.org/rss/1.0/modules/content/", DC: "http://purl.org/dc/elements/1.1/",
		Title: o.Name, Link: o.site(), About: "News from " + o.Name, Language: o.language(), Rights: o.Rights,
		Built: list[0].time.Format(time.RFC1123Z), TTL: 30,
	}
	for _, a := range list {
		item := rssItem{
			Title: a.Title, Link: a.url, GUID: rssGUID{Permalink: a.guid == a.url, ID: a.guid},
			Published: a.time.Format(time.RFC1123Z), Author: a.Author, Categories: a.Topics,
			Description: html.EscapeString(a.summary),
		}
		if a.picture != "" {
			item.Enclosure = &rssFile{URL: ownAddress + a.picture, Type: "image/png"}
		}
		switch {
		case a.outlet.Aggregator:
			item.Title += " - " + a.source.name
			item.GUID.Permalink = false
			item.Source = &rssSource{URL: a.source.site, Name: a.source.name}
			item.Description = anchor(a.url, a.Title) + `&nbsp;&nbsp;<font color="#6f6f6f">` + html.EscapeString(a.source.name) + "</font>"
		case !a.outlet.SummaryOnly:
			item.Content = &rssCDATA{HTML: a.html}
		}
		d.Items = append(d.Items, item)
	}
	return encodeXML(d, "application/rss+xml", list[0].time)
}

type atomDocument struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Links   []atomLink  `xml:"link"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Rights  string      `xml:"rights,omitempty"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel   string `xml:"rel,attr"`
	Href  string `xml:"href,attr"`
	Title string `xml:"title,attr,omitempty"`
	Type  string `xml:"type,attr,omitempty"`
}

type atomEntry struct {
	Lang       string         `xml:"xml:lang,attr,omitempty"`
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Links      []atomLink     `xml:"link"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Author     *atomPerson    `xml:"author"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary"`
	Content    atomText       `xml:"content"`
}

type atomPerson struct {
	Name string `xml:"name"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	HTML string `xml:",chardata"`
}

func newAtom(o outlet, list []*article) (*feed, error) {
	d := atomDocument{
		Lang: o.language(), ID: "tag:" + o.Domain + ",2026:feed", Title: o.Name,
		Links:   []atomLink{{Rel: "alternate", Href: o.site()}},
		Updated: list[0].time.Format(time.RFC3339), Author: o.Name, Rights: o.Rights,
	}
	for _, a := range list {
		stamp := a.time.Format(time.RFC3339)
		e := atomEntry{
			Lang: a.Lang, ID: a.guid, Title: a.Title, Links: []atomLink{{Rel: "alternate", Href: a.url}},
			Published: stamp, Updated: stamp, Summary: a.summary, Content: atomText{Type: "html", HTML: a.html},
		}
		if a.Author != "" {
			e.Author = &atomPerson{Name: a.Author}
		}
		if a.source != nil {
			e.Links = append(e.Links, atomLink{Rel: "via", Href: a.source.url, Title: a.source.name})
		}
		if a.picture != "" {
			e.Links = append(e.Links, atomLink{Rel: "enclosure", Href: ownAddress + a.picture, Type: "image/png"})
		}
		for _, t := range a.Topics {
			e.Categories = append(e.Categories, atomCategory{Term: t})
		}
		d.Entries = append(d.Entries, e)
	}
	return encodeXML(d, "application/atom+xml", list[0].time)
}

type jsonDocument struct {
	Version  string     `json:"version"`
	Title    string     `json:"title"`
	Home     string     `json:"home_page_url"`
	Language string     `json:"language"`
	Items    []jsonItem `json:"items"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	HTML      string       `json:"content_html"`
	Summary   string       `json:"summary,omitempty"`
	Published string       `json:"date_published"`
	Authors   []jsonAuthor `json:"authors,omitempty"`
	Tags      []string     `json:"tags,omitempty"`
	Image     string       `json:"image,omitempty"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

func newJSON(o outlet, list []*article) (*feed, error) {
	d := jsonDocument{Version: "https://jsonfeed.org/version/1.1", Title: o.Name, Home: o.site(), Language: o.language()}
	for _, a := range list {
		item := jsonItem{
			ID: a.guid, URL: a.url, Title: a.Title, HTML: a.html, Summary: a.summary,
			Published: a.time.Format(time.RFC3339), Tags: a.Topics,
		}
		if a.picture != "" {
			item.Image = ownAddress + a.picture
		}
		if a.Author != "" {
			item.Authors = []jsonAuthor{{Name: a.Author}}
		}
		d.Items = append(d.Items, item)
	}
	body, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, err
	}
	return newFeed(body, "application/feed+json", list[0].time), nil
}
