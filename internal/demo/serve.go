package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"time"
)

// feed is a rendered document with its validators.
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
	http.ServeContent(w, r, "", f.modified, bytes.NewReader(f.body))
}

func encodeXML(document any, mime string, modified time.Time) (*feed, error) {
	body, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, err
	}
	return newFeed(append([]byte(xml.Header), body...), mime+"; charset=utf-8", modified), nil
}

func encodeJSON(document any, modified time.Time) (*feed, error) {
	body, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, err
	}
	return newFeed(body, "application/feed+json", modified), nil
}

type opmlList struct {
	XMLName xml.Name     `xml:"opml"`
	Version string       `xml:"version,attr"`
	Title   string       `xml:"head>title"`
	Folders []opmlFolder `xml:"body>outline"`
}

type opmlFolder struct {
	Text  string     `xml:"text,attr"`
	Feeds []opmlFeed `xml:"outline"`
}

type opmlFeed struct {
	Type string `xml:"type,attr"`
	Text string `xml:"text,attr"`
	URL  string `xml:"xmlUrl,attr"`
	Site string `xml:"htmlUrl,attr"`
}

func (p *Press) serveList(w http.ResponseWriter, r *http.Request) {
	list := opmlList{Version: "2.0", Title: "The demo's newsroom"}
	for _, o := range p.outlets {
		if o.Format == "" {
			continue
		}
		if n := len(list.Folders); n == 0 || list.Folders[n-1].Text != o.Folder {
			list.Folders = append(list.Folders, opmlFolder{Text: o.Folder})
		}
		last := &list.Folders[len(list.Folders)-1]
		last.Feeds = append(last.Feeds, opmlFeed{Type: "rss", Text: o.Name, URL: "http://" + r.Host + o.path(), Site: o.site()})
	}
	f, err := encodeXML(list, "text/x-opml", time.Time{})
	if err != nil {
		http.Error(w, fmt.Sprintf("list of feeds: %v", err), http.StatusInternalServerError)
		return
	}
	f.ServeHTTP(w, r)
}
