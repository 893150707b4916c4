// Package demo serves the feeds of invented outlets of an invented country, and has the right answer for each of their
// articles: its story, event, role and origin. newsroom/README.md explains how to add a case.
//
// newsroom.go reads newsroom/, picture.go draws pictures, feeds.go renders RSS, Atom and JSON Feed, demo.go serves all.
package demo

import (
	"cmp"
	"embed"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"net/http"
	"time"

	"headwater/internal/news"
)

//go:embed newsroom
var files embed.FS

// Server is the HTTP handler of the feeds. Its content does not change after New.
type Server struct {
	outlets  []outlet
	articles []*article // newest first
	mux      *http.ServeMux
}

// New renders all feeds. Articles are dated relative to now; the same now gives the same bytes and validators.
func New(now time.Time) (*Server, error) {
	outlets, err := loadOutlets(files)
	if err != nil {
		return nil, err
	}
	articles, err := loadArticles(files, outlets, now)
	if err != nil {
		return nil, err
	}
	s := &Server{outlets: outlets, articles: articles}
	if s.mux, err = s.routes(); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP answers /feeds.opml, the list of the feeds under the address that the request came to, /feed/NAME and the
// pictures that the feeds name, /picture/NUMBER.png.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Outlet is an invented outlet, as the registry of outlets describes them.
type Outlet struct {
	Name       string
	Domain     string
	Aliases    []string
	Signs      []string // how it signs datelines and credits
	Agency     bool
	Aggregator bool
	Feed       string // path of its feed under the server's address; "" when no feed carries it
}

// Outlets lists all outlets that articles come from or name as a source. Those without a feed are last.
func (s *Server) Outlets() []Outlet {
	list := make([]Outlet, 0, len(s.outlets))
	for _, o := range s.outlets {
		list = append(list, Outlet{
			Name: o.Name, Domain: o.Domain, Aliases: o.Aliases, Signs: o.Signs,
			Agency: o.Agency, Aggregator: o.Aggregator, Feed: o.path(),
		})
	}
	return list
}

// Expected is the right answer for one article. It is for tests: the pipeline does not get it.
type Expected struct {
	Feed   string // path of the feed under the server's address
	GUID   string // as the feed writes it
	URL    string
	Title  string // without the aggregator's " - Outlet"
	Outlet string // the name of who published it; for an aggregator's item the outlet listed
	Story  string // the same for all that derive from one text
	Event  string // the same for stories about one happening; never "", since a lone story is its own event
	Role   news.Role
	Origin string // the name of the outlet that the story goes back to
	Named  bool   // no feed carries the origin
	Lang   string
	Series string // the series of notices that one template makes; "" for news
}

// Truth lists the right answers for all articles, newest first.
func (s *Server) Truth() []Expected {
	origins := make(map[string]string)
	for _, a := range s.articles {
		if a.Role == news.RoleOriginal {
			origins[a.story] = a.publisher()
		} else if a.Origin != "" {
			origins[a.story] = a.Origin
		}
	}
	list := make([]Expected, 0, len(s.articles))
	for _, a := range s.articles {
		list = append(list, Expected{
			Feed: a.outlet.path(), GUID: a.guid, URL: a.url, Title: a.Title, Outlet: a.publisher(),
			Story: a.story, Event: cmp.Or(a.Event, a.story), Role: a.Role, Origin: origins[a.story], Named: a.Origin != "", Lang: cmp.Or(a.Lang, a.outlet.language()), Series: a.Series,
		})
	}
	return list
}

// routes renders the feeds. A picture is drawn when it is asked for.
func (s *Server) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feeds.opml", s.serveList)
	for _, o := range s.outlets {
		if o.Format == "" {
			continue
		}
		var list []*article
		for _, a := range s.articles {
			if a.outlet.ID == o.ID {
				list = append(list, a)
			}
		}
		f, err := o.render(list)
		if err != nil {
			return nil, fmt.Errorf("demo feed %s: %w", o.ID, err)
		}
		mux.Handle("GET "+o.path(), f)
	}
	drawn := make(map[string]bool)
	for _, a := range s.articles {
		if a.picture == "" || drawn[a.picture] {
			continue
		}
		drawn[a.picture] = true
		mux.HandleFunc("GET "+a.picture, func(w http.ResponseWriter, r *http.Request) {
			data, err := drawScene(a.Picture, crc32.ChecksumIEEE([]byte(a.story)))
			if err != nil {
				http.Error(w, fmt.Sprintf("%s: %v", a.picture, err), http.StatusInternalServerError)
				return
			}
			newFeed(data, "image/png", a.time).ServeHTTP(w, r)
		})
	}
	return mux, nil
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

func (s *Server) serveList(w http.ResponseWriter, r *http.Request) {
	list := opmlList{Version: "2.0", Title: "The demo's newsroom"}
	for _, o := range s.outlets {
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
