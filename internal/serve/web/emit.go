package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

// How many stories a feed holds.
const (
	defaultEntries = 100
	maxEntries     = 500
)

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

// feedLinks are links to a feed in each format.
func feedLinks(title, path, query string) []feedLink {
	var links []feedLink
	for _, f := range formats {
		links = append(links, feedLink{Name: f.Name, Type: f.Type, Title: title + " (" + f.Name + ")", URL: path + f.Ext + query})
	}
	return links
}

// splitFile parts a file's name into a feed's name and its format.
func splitFile(file string) (name string, f format, err error) {
	for _, f := range formats {
		if name, ok := strings.CutSuffix(file, f.Ext); ok && name != "" {
			return name, f, nil
		}
	}
	return "", format{}, notFound("Feeds end in .atom, .rss or .json.")
}

// feedRequest is a feed that a client asks for.
type feedRequest struct {
	format  format
	name    string          // identifies the feed; part of its id
	channel publish.Channel // Home is a path here
	query   news.EditionQuery
	hub     bool // the hub is notified when it changes
}

// emitFile serves /feeds/all.EXT and /feeds/search.EXT?q=.
func (s *server) emitFile(w http.ResponseWriter, r *http.Request) error {
	name, f, err := splitFile(r.PathValue("file"))
	if err != nil {
		return err
	}
	switch name {
	case "all":
		return s.emitAll(w, r, f, 0)
	case "search":
		return s.emitSearch(w, r, f)
	}
	return notFound("There is a feed of everything at /feeds/all.atom, of a topic at /feeds/topic/NAME.atom, of a folder at " +
		"/feeds/folder/NAME.atom and of a search at /feeds/search.atom?q=WORDS.")
}

// emitAll serves the feed of everything, to a user at a secret address, of which the hub is not told, or to nobody (0).
func (s *server) emitAll(w http.ResponseWriter, r *http.Request, f format, user int64) error {
	return s.emit(w, r, feedRequest{
		format: f, name: "all", hub: user == 0, query: news.EditionQuery{Viewer: user},
		channel: publish.Channel{Title: s.title, Description: "Every story once, under its original source.", Home: "/"},
	})
}

// unlisted has search engines leave out a feed at a secret address, and those who follow its links not send the address.
func unlisted(w http.ResponseWriter) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func (s *server) emitTopic(w http.ResponseWriter, r *http.Request) error {
	name, f, err := splitFile(r.PathValue("file"))
	if err != nil {
		return err
	}
	t, err := s.backend.Topic(r.Context(), 0, name)
	if err != nil {
		return fmt.Errorf("feed of a topic: %w", err)
	}
	return s.emit(w, r, s.topicFeed(f, t, "topic/"+t.Name, linkTopic(t).URL))
}

// emitSecret serves the feed of a topic, which may be one user's, to whoever knows its secret, and the feed of everything to whoever
// knows that of a user.
func (s *server) emitSecret(w http.ResponseWriter, r *http.Request) error {
	secret, f, err := splitFile(r.PathValue("file"))
	if err != nil {
		return err
	}
	t, err := s.backend.TopicBySecret(r.Context(), secret)
	if errors.Is(err, news.ErrNotFound) {
		user, err := s.backend.UserByFeedSecret(r.Context(), secret)
		if err != nil {
			return fmt.Errorf("feed at a secret address: %w", err)
		}
		unlisted(w)
		return s.emitAll(w, r, f, user.ID)
	}
	if err != nil {
		return fmt.Errorf("feed of a secret topic: %w", err)
	}
	unlisted(w)
	home := "/"
	if t.User == 0 {
		home = linkTopic(t).URL
	}
	return s.emit(w, r, s.topicFeed(f, t, "topic "+strconv.FormatInt(t.ID, 10), home))
}

// topicFeed is a topic's feed. It is no older than the topic: one that was removed and added again under another query must
// not look older than what clients have of it.
func (s *server) topicFeed(f format, t news.Topic, name, home string) feedRequest {
	return feedRequest{
		format: f, name: name, query: news.EditionQuery{Topic: t, Viewer: t.User},
		channel: publish.Channel{
			Title: t.Name + " - " + s.title, Description: "Stories that match " + t.Query, Home: home, Updated: t.Added,
		},
	}
}

// emitFolder serves the stories that the feeds of a folder have a part in.
func (s *server) emitFolder(w http.ResponseWriter, r *http.Request) error {
	name, f, err := splitFile(r.PathValue("file"))
	if err != nil {
		return err
	}
	return s.emitFolderNamed(w, r, f, name, 0)
}

// emitSecretFolder serves the feed of a folder to whoever knows the secret of a user.
func (s *server) emitSecretFolder(w http.ResponseWriter, r *http.Request) error {
	name, f, err := splitFile(r.PathValue("file"))
	if err != nil {
		return err
	}
	user, err := s.backend.UserByFeedSecret(r.Context(), r.PathValue("secret"))
	if err != nil {
		return fmt.Errorf("feed at a secret address: %w", err)
	}
	unlisted(w)
	return s.emitFolderNamed(w, r, f, name, user.ID)
}

// emitFolderNamed serves the feed of a folder, to a user at a secret address or to nobody (0).
func (s *server) emitFolderNamed(w http.ResponseWriter, r *http.Request, f format, name string, user int64) error {
	feeds, err := s.backend.Feeds(r.Context())
	if err != nil {
		return fmt.Errorf("feed of folder %q: %w", name, err)
	}
	for _, one := range feeds {
		if one.Folder == name {
			return s.emit(w, r, feedRequest{
				format: f, name: "folder/" + name, query: news.EditionQuery{Folder: name, Viewer: user},
				channel: publish.Channel{Title: name + " - " + s.title, Description: "Stories that feeds of the folder " + name + " carry.", Home: "/feeds"},
			})
		}
	}
	return notFound("There is no folder of that name among the feeds.")
}

func (s *server) emitSearch(w http.ResponseWriter, r *http.Request, f format) error {
	query := queryOf(r)
	if query == "" {
		return badRequest("Say what to search for: /feeds/search.atom?q=WORDS.")
	}
	if err := s.validate(query); err != nil {
		return badRequest(err.Error())
	}
	return s.emit(w, r, feedRequest{
		format: f, name: "search/" + query, query: news.EditionQuery{Topic: news.Topic{Query: query}},
		channel: publish.Channel{
			Title: query + " - " + s.title, Description: "Stories that match " + query, Home: "/search?q=" + url.QueryEscape(query),
		},
	})
}

// emit writes a feed, or 304 where the client has it. The address says how many stories, since when, how much of each, and
// which part.
func (s *server) emit(w http.ResponseWriter, r *http.Request, e feedRequest) error {
	var err error
	values := r.URL.Query()
	e.query.Cursor = values.Get("cursor")
	e.query.Limit = defaultEntries
	if limit := values.Get("limit"); limit != "" {
		if e.query.Limit, err = strconv.Atoi(limit); err != nil || e.query.Limit < 1 || e.query.Limit > maxEntries {
			return badRequest("limit=%s: give a number of stories from 1 to %d.", limit, maxEntries)
		}
	}
	if since := values.Get("since"); since != "" {
		if e.query.Since, err = view.ParseSince(since, s.now()); err != nil {
			return badRequest("since: " + err.Error())
		}
	}
	switch full := values.Get("full"); full {
	case "", "0", "false":
	case "1", "true":
		e.query.Full = true
	default:
		return badRequest("full=%s: give 1 for whole texts, or leave it out.", full)
	}
	list, err := s.backend.ListEdition(r.Context(), e.query)
	if errors.Is(err, news.ErrCursor) {
		return badRequest("cursor: it belongs to another feed; begin again without it.")
	}
	if err != nil {
		return fmt.Errorf("feed %s: %w", e.name, err)
	}
	site, c := s.siteFor(r), e.channel
	c.ID, c.Home = site.ChannelID(e.name), site.URL+c.Home
	c.Self, c.First = site.URL+partPath(r, e.query.Cursor), site.URL+partPath(r, "")
	if list.Next != "" {
		c.Next = site.URL + partPath(r, list.Next)
	}
	if e.hub {
		c.Hub = s.hub
	}
	for _, m := range list.Stories {
		if m.Changed.After(c.Updated) {
			c.Updated = m.Changed
		}
	}
	etag := s.entityTag(e.format, c, list)
	h := w.Header()
	announce := func() {
		h.Set("ETag", etag)
		h.Set("Last-Modified", c.Stamp().Format(http.TimeFormat))
		if c.Hub != "" { // WebSub, section 4: both links, also with 304
			h.Add("Link", "<"+c.Hub+`>; rel="hub"`)
			h.Add("Link", "<"+c.Self+`>; rel="self"`)
		}
	}
	if notModified(r, etag, c.Stamp()) {
		announce()
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	part, err := s.backend.ReadEdition(r.Context(), list)
	if err != nil {
		return fmt.Errorf("feed %s: %w", e.name, err)
	}
	c.Items = site.Items(part.Stories)
	for i, it := range c.Items {
		c.Items[i].Body = template.HTML(clean.Readable(string(it.Body), it.Title, nil)) // sanitised before it was stored
	}
	var b bytes.Buffer
	if err := e.format.write(&b, c); err != nil {
		return fmt.Errorf("feed %s: %w", e.name, err)
	}
	announce()
	h.Set("Content-Type", e.format.Type+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, err = w.Write(b.Bytes())
	return err
}

// entityTag follows from the program, what the channel says of itself, and which stories it holds: as of which entry of the
// story log and of their articles' log, and how many of their articles were aged out (news.StoryVersion). So 304 is decided
// from one list of ids, before a story is read. The tag is weak: the document is the same with gzip or without (RFC 9110,
// section 8.8.1).
func (s *server) entityTag(f format, c publish.Channel, list news.EditionList) string {
	state := fmt.Appendf(nil, "%s\n%s\n%t\n%q\n", s.build, f.Name, list.Full, []string{c.ID, c.Title, c.Description, c.Home, c.Self, c.First, c.Next, c.Hub})
	for _, m := range list.Stories {
		state = fmt.Appendln(state, m.ID, m.Changed.UnixMilli(), m.Seq, m.Articles, m.Aged)
	}
	sum := sha256.Sum256(state)
	return `W/"` + hex.EncodeToString(sum[:12]) + `"`
}

// notModified says whether the client has the document of that tag, or where it sends no tag, one that is no older (RFC 9110,
// section 13.2.2).
func notModified(r *http.Request, etag string, modified time.Time) bool {
	if given := r.Header.Values("If-None-Match"); len(given) > 0 {
		for _, one := range strings.Split(strings.Join(given, ","), ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(etag, "W/") {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !modified.After(since)
}

// partPath is the path of the part of a feed at a cursor. It keeps the parameters that choose stories, not what clients add.
func partPath(r *http.Request, cursor string) string {
	given, kept := r.URL.Query(), url.Values{}
	for _, name := range []string{"limit", "since", "full"} {
		if v := given.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	if q := queryOf(r); q != "" && strings.HasPrefix(r.URL.Path, "/feeds/search.") {
		kept.Set("q", q)
	}
	if cursor != "" {
		kept.Set("cursor", cursor)
	}
	path := r.URL.EscapedPath()
	if len(kept) > 0 {
		path += "?" + kept.Encode()
	}
	return path
}

// siteFor gives the site with an absolute address: the configured one, else the one of the request.
func (s *server) siteFor(r *http.Request) publish.Site {
	site := s.site
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	site.URL = cmp.Or(site.URL, scheme+r.Host)
	return site
}
