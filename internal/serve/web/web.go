// Package web serves the pages that people read and the combined feeds that their feed readers read. The pages work
// without JavaScript and load nothing from any other host.
//
// The combined feeds are /feeds/all, /feeds/topic/NAME, /feeds/folder/NAME, /feeds/search?q= and /feeds/t/SECRET, each as
// .atom, .rss and .json. Their parts are paged feeds (RFC 5005, section 3): a cursor is time and id of the last change, or the
// search's own. What changes moves to the front, where the next poll meets it. An entity tag follows from which stories a part
// holds as of which change, so that 304 is decided before a story is read. Only /feeds/all names the hub, which is notified of
// no other feed.
//
// A request goes to a page's handler (front.go, story.go, compare.go, correct.go, event.go, article.go, search.go, topics.go,
// alerts.go, outlets.go, feeds.go) or to a combined feed's (emit.go). The handler reads from the Backend, builds a view of what it
// shows (card.go, member.go, verdict.go, timeline.go, searchhelp.go, chart.go, media.go) and renders the template of that name within
// the layout (layout.go). server.go has the Backend, and what all handlers share: errors, forms, security headers. What the search box
// suggests while somebody types is JSON for app.js (suggest.go).
package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/ingress"
	"headwater/internal/serve/publish"
)

// Options for New. Only Backend is required.
type Options struct {
	Backend    Backend
	Title      string // of the site; empty means Headwater
	PublicURL  string // absolute address of the front page, for links in feeds; empty means the host of each request
	Hub        string // address of the WebSub hub that is notified when the feed of everything changes; "" is none
	Build      string // version of the program; part of the entity tags of feeds, as another version may write them differently
	InstanceID string // keeps the ids of our feed entries apart from those of other instances; see publish.Site
	// CheckQuery says what is wrong with a search, in words for the reader. Nil checks nothing.
	CheckQuery func(query string) error
	// CheckTopic says what is wrong with the options of a topic. Nil checks nothing.
	CheckTopic func(news.Topic) error
	Now        func() time.Time // nil means time.Now
	Locale     locale.Choice    // for readers who chose nothing
	Pictures   Pictures         // how those in articles are shown; the zero value makes links of them
	Logger     *slog.Logger     // nil discards it
}

// New makes the handler of all pages, of the combined feeds under /feeds/ and of the files under /static/.
func New(o Options) ingress.Routes {
	s := &server{
		backend:      o.Backend,
		title:        cmp.Or(o.Title, "Headwater"),
		site:         publish.Site{URL: strings.TrimSuffix(o.PublicURL, "/"), Instance: o.InstanceID},
		hub:          o.Hub,
		build:        o.Build,
		checkQuery:   o.CheckQuery,
		checkOptions: o.CheckTopic,
		now:          o.Now,
		choice:       o.Locale,
		log:          o.Logger,
		pictures:     o.Pictures,
	}
	if s.checkQuery == nil {
		s.checkQuery = func(string) error { return nil }
	}
	if s.checkOptions == nil {
		s.checkOptions = func(news.Topic) error { return nil }
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	files := loadAssets()
	s.pages = loadPages(files)
	mux := new(ingress.Router)
	for pattern, h := range map[string]handler{
		"GET /{$}":                  s.front,
		"GET /latest":               s.latest,
		"GET /story/{id}":           s.ofStory("", s.story),
		"GET /story/{id}/compare":   s.ofStory("/compare", s.compare),
		"GET /event/{id}":           s.event,
		"GET /story/{id}/correct":   s.ofStory("/correct", s.correct),
		"POST /story/{id}/split":    s.correcting(s.splitStory),
		"POST /story/{id}/merge":    s.correcting(s.mergeStories),
		"POST /story/{id}/origin":   s.correcting(s.setOrigin),
		"GET /corrections":          s.corrections,
		"GET /article/{id}":         s.article,
		"GET /search":               s.search,
		"GET /suggest":              s.suggest,
		"GET /topics":               s.topics,
		"POST /topics":              s.addTopic,
		"GET /topic/{name}":         s.topic,
		"POST /topic/{name}":        s.changeTopic,
		"POST /topic/{name}/seen":   s.topicAction(s.backend.SeeTopic),
		"POST /topic/{name}/secret": s.topicAction(s.renewSecret),
		"POST /topic/{name}/revoke": s.topicAction(s.revokeSecret),
		"POST /topic/{name}/remove": s.removeTopic,
		"GET /feeds":                s.feeds,
		"POST /feeds":               s.addFeed,
		"POST /feeds/{id}/remove":   s.removeFeed,
		"GET /feeds/{file}":         s.emitFile,
		"GET /feeds/topic/{file}":   s.emitTopic,
		"GET /feeds/folder/{file}":  s.emitFolder,
		"GET /feeds/t/{file}":       s.emitSecret,

		"GET /topic/{name}/alerts":              s.alerts,
		"POST /topic/{name}/alerts":             s.addAlert,
		"POST /topic/{name}/alerts/{id}/test":   s.testAlert,
		"POST /topic/{name}/alerts/{id}/remove": s.removeAlert,

		"GET /outlets":               s.outlets,
		"GET /outlet/{key}":          s.outlet,
		"POST /outlet/{key}":         s.changeOutlet,
		"POST /outlet/{key}/restore": s.restoreOutlet,

		"POST /corrections/{id}/forget": s.forgetCorrection,
	} {
		mux.Handle(pattern, s.handle(h))
	}
	mux.Handle("GET /static/{file}", files)
	mux.HandleFunc("GET /media/{seal}/{address}", s.pictures.serve(s.log))
	mux.Handle("/", s.handle(func(w http.ResponseWriter, r *http.Request) error { // no route, or none for the method
		allowed := strings.Join(mux.Methods(r), ", ")
		if allowed == "" {
			return notFound("There is no page at this address.")
		}
		w.Header().Set("Allow", allowed)
		return problem{Status: http.StatusMethodNotAllowed, Heading: "That does not work", Message: "This address takes " + allowed + "."}
	}))
	return ingress.Routes{Handler: secure(o.PublicURL, mux, http.HandlerFunc(s.refuse)), Patterns: mux.Patterns()}
}
