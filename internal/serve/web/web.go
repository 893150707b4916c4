// Package web serves the pages that people read and the combined feeds that their feed readers read. The pages work
// without JavaScript and load nothing from any other host.
package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
	"headwater/internal/serve/publish"
)

// Options for New. Only Backend is required.
type Options struct {
	Backend    Backend
	Title      string // of the site; empty means Headwater
	PublicURL  string // absolute address of the front page, for links in feeds; empty means the host of each request
	Hub        string // address of the WebSub hub that is told when the feed of everything changes; "" is none
	Build      string // which program this is: another may write the same stories otherwise, and feeds of it are other documents
	InstanceID string // keeps the ids of our feed entries apart from those of other newsrooms; see publish.Site
	// CheckQuery says what is wrong with a search, in words for the reader. Nil checks nothing.
	CheckQuery func(query string) error
	// CheckTopic says what is wrong with the options of a topic. Nil checks nothing.
	CheckTopic func(news.Topic) error
	Now        func() time.Time // nil means time.Now
	Pictures   Pictures         // how those in articles are shown; the zero value makes links of them
	Logger     *slog.Logger     // nil discards it
}

type server struct {
	backend      Backend
	title        string
	site         publish.Site
	hub          string
	build        string
	check        func(string) error
	checkOptions func(news.Topic) error
	now          func() time.Time
	log          *slog.Logger
	assets       assets
	pages        pages

	pictures Pictures
}

// New makes the handler of all pages, of the combined feeds under /feeds/ and of the files under /static/.
func New(o Options) ingress.Routes {
	s := &server{
		backend:      o.Backend,
		title:        cmp.Or(o.Title, "Headwater"),
		site:         publish.Site{URL: strings.TrimSuffix(o.PublicURL, "/"), Instance: o.InstanceID},
		hub:          o.Hub,
		build:        o.Build,
		check:        o.CheckQuery,
		checkOptions: o.CheckTopic,
		now:          o.Now,
		log:          o.Logger,
		assets:       loadAssets(),

		pictures: o.Pictures,
	}
	if s.check == nil {
		s.check = func(string) error { return nil }
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
	s.pages = loadPages(s.assets)
	routes := s.routes()
	return ingress.Routes{Handler: secure(o.PublicURL, routes, http.HandlerFunc(s.refuse)), Patterns: routes.Patterns()}
}

func (s *server) routes() *ingress.Router {
	mux := new(ingress.Router)
	for pattern, h := range map[string]handler{
		"GET /{$}":                  s.front,
		"GET /story/{id}":           s.story,
		"GET /article/{id}":         s.article,
		"GET /search":               s.search,
		"GET /topics":               s.topics,
		"POST /topics":              s.addTopic,
		"GET /topic/{name}":         s.topic,
		"POST /topic/{name}":        s.changeTopic,
		"POST /topic/{name}/seen":   s.onTopic(s.backend.SeeTopic),
		"POST /topic/{name}/secret": s.onTopic(s.newSecret),
		"POST /topic/{name}/revoke": s.onTopic(s.noSecret),
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
	} {
		mux.Handle(pattern, s.handle(h))
	}
	mux.Handle("GET /static/{file}", s.assets)
	mux.HandleFunc("GET /media/{seal}/{address}", s.picture)
	mux.Handle("/", s.handle(elsewhere(mux)))
	return mux
}
