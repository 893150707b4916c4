package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/publish"
)

// maxEntries is how many stories a feed holds.
const maxEntries = 100

// format is a way to write a feed.
type format struct {
	Name, Ext, Type string
	write           func(io.Writer, publish.Channel) error
}

var formats = []format{
	{"Atom", ".atom", "application/atom+xml", publish.Atom},
	{"RSS", ".rss", "application/rss+xml", publish.RSS},
	{"JSON", ".json", "application/feed+json", publish.JSON},
}

// feedLinks leads to a feed in each format.
func feedLinks(title, path, query string) []feedLink {
	var links []feedLink
	for _, f := range formats {
		links = append(links, feedLink{Name: f.Name, Type: f.Type, Title: title + " (" + f.Name + ")", URL: path + f.Ext + query})
	}
	return links
}

// split parts a file's name into a feed's name and its format.
func split(file string) (name string, f format, err error) {
	for _, f := range formats {
		if name, ok := strings.CutSuffix(file, f.Ext); ok && name != "" {
			return name, f, nil
		}
	}
	return "", format{}, notFound("Feeds end in .atom, .rss or .json.")
}

// emitFile serves /feeds/all.EXT and /feeds/search.EXT?q=.
func (s *server) emitFile(w http.ResponseWriter, r *http.Request) error {
	name, f, err := split(r.PathValue("file"))
	if err != nil {
		return err
	}
	switch name {
	case "all":
		return s.emitAll(w, r, f)
	case "search":
		return s.emitSearch(w, r, f)
	}
	return notFound("There is a feed of everything at /feeds/all.atom, of a topic at /feeds/topic/NAME.atom and of a search at /feeds/search.atom?q=WORDS.")
}

func (s *server) emitAll(w http.ResponseWriter, r *http.Request, f format) error {
	stories, err := s.news.AllStories(r.Context(), news.Topic{}, maxEntries)
	if err != nil {
		return fmt.Errorf("feed of all stories: %w", err)
	}
	c := publish.Channel{Title: s.title, Description: "Every story once, under its original source.", Home: "/"}
	return s.emit(w, r, f, c, "all", stories)
}

func (s *server) emitTopic(w http.ResponseWriter, r *http.Request) error {
	name, f, err := split(r.PathValue("file"))
	if err != nil {
		return err
	}
	t, err := s.news.Topic(r.Context(), 0, name)
	if err != nil {
		return fmt.Errorf("feed of a topic: %w", err)
	}
	stories, err := s.news.AllStories(r.Context(), t, maxEntries)
	if err != nil {
		return fmt.Errorf("feed of topic %q: %w", t.Name, err)
	}
	c := publish.Channel{
		Title: t.Name + " - " + s.title, Description: "Stories that match " + t.Query, Home: linkTopic(t).URL,
		Updated: newest(stories, t.Added),
	}
	return s.emit(w, r, f, c, "topic/"+t.Name, stories)
}

func (s *server) emitSearch(w http.ResponseWriter, r *http.Request, f format) error {
	query := queryOf(r)
	if query == "" {
		return badRequest("Say what to search for: /feeds/search.atom?q=WORDS.")
	}
	if err := s.validate(query); err != nil {
		return badRequest(err.Error())
	}
	stories, err := s.news.AllStories(r.Context(), news.Topic{Query: query}, maxEntries)
	if err != nil {
		return fmt.Errorf("feed of search %q: %w", query, err)
	}
	c := publish.Channel{
		Title: query + " - " + s.title, Description: "Stories that match " + query,
		Home: "/search?q=" + url.QueryEscape(query),
	}
	return s.emit(w, r, f, c, "search/"+query, stories)
}

// newest is the time of the latest change, and no earlier than floor: a topic that was removed and added again under
// another query must not look older than what readers have of it.
func newest(stories []news.Story, floor time.Time) time.Time {
	for _, st := range stories {
		if st.Changed.After(floor) {
			floor = st.Changed
		}
	}
	return floor
}

// emit writes a feed, or 304 where the reader has it. Home is a path until here.
func (s *server) emit(w http.ResponseWriter, r *http.Request, f format, c publish.Channel, name string, stories []news.Story) error {
	site := s.siteFor(r)
	c.ID, c.Home, c.Self = site.ChannelID(name), site.URL+c.Home, site.URL+selfPath(r)
	c.Items = site.Items(stories)
	var b bytes.Buffer
	if err := f.write(&b, c); err != nil {
		return fmt.Errorf("feed %s: %w", name, err)
	}
	sum := sha256.Sum256(b.Bytes())
	w.Header().Set("Content-Type", f.Type+"; charset=utf-8")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", c.Stamp(), bytes.NewReader(b.Bytes()))
	return nil
}

// selfPath is the address of the document without what a reader's client added to it.
func selfPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if q := queryOf(r); q != "" && strings.HasPrefix(path, "/feeds/search.") {
		return path + "?q=" + url.QueryEscape(q)
	}
	return path
}

// siteFor gives the site with an absolute address: the configured one, else that by which the reader came.
func (s *server) siteFor(r *http.Request) publish.Site {
	site := s.site
	if site.URL == "" {
		site.URL = "http://" + r.Host
		if r.TLS != nil {
			site.URL = "https://" + r.Host
		}
	}
	return site
}
