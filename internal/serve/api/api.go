// Package api serves the REST API under /api/v1/ with its OpenAPI description, and what operators ask: /healthz, /readyz
// and /metrics.
package api

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
)

// Options for New. Backend is required.
type Options struct {
	Backend Backend
	Version string
	// PublicURL is the address that readers use, whose pages may send changes; "" is that of each request.
	PublicURL string
	// CheckQuery says what is wrong with a search, in words for the reader. Nil checks nothing.
	CheckQuery func(query string) error
	// CheckTopic says what is wrong with the query or the options of a topic. Nil checks nothing.
	CheckTopic func(news.Topic) error
	Logger     *slog.Logger // nil discards
	// Tokens is what needs a token: TokensOff, TokensWrite or TokensAll; "" is off.
	Tokens string
	// CheckOwnQuery is CheckQuery for the search of a user, who may ask for is:unread. Nil is CheckQuery.
	CheckOwnQuery func(query string) error
	// Closing ends event streams when it is closed, so that the server can stop. Nil never does.
	Closing <-chan struct{}
}

type server struct {
	backend    Backend
	check      func(string) error
	checkTopic func(news.Topic) error
	checkOwn   func(string) error
	tokens     string
	log        *slog.Logger
	streams    streams
	fanout     *fanout
	wrong      *ingress.Tally[netip.Prefix] // tokens, by client
	closing    <-chan struct{}
	down       atomic.Bool // store or index did not answer when last asked
}

// root is where the API begins.
const root = "/api/v1"

// New makes the handler of /api/, /healthz, /readyz and /metrics. Requests that change something are refused when a
// browser sends them from another site's page.
func New(o Options) (ingress.Routes, error) {
	s := &server{backend: o.Backend, check: o.CheckQuery, checkTopic: o.CheckTopic, checkOwn: o.CheckOwnQuery, tokens: o.Tokens, log: o.Logger, streams: streams{from: map[netip.Prefix]int{}}, fanout: newFanout(o.Backend), wrong: ingress.NewTally[netip.Prefix](time.Now, tokenReset, maxClients), closing: o.Closing}
	if err := o.Backend.check(); err != nil {
		return ingress.Routes{}, err
	}
	if s.check == nil {
		s.check = func(string) error { return nil }
	}
	if s.checkOwn == nil {
		s.checkOwn = s.check
	}
	if s.checkTopic == nil {
		s.checkTopic = func(news.Topic) error { return nil }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	m, err := s.metrics()
	if err != nil {
		return ingress.Routes{}, err
	}
	mux := new(ingress.Router)
	mux.HandleFunc("GET "+pathAlive, func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET "+pathReady, s.ready)
	mux.Handle("GET "+pathMetrics, m.handler)
	mux.HandleFunc("GET "+pathStream, s.stream)
	mux.HandleFunc("GET "+pathOPML, s.writeOPML)
	mux.HandleFunc("POST "+pathOPML, s.readOPML)
	mux.Handle("/", elsewhere(mux))
	api := humago.New(mux, settings(o.Version))
	s.register(api)
	description, err := describe(api)
	if err != nil {
		return ingress.Routes{}, err
	}
	mux.HandleFunc("GET "+pathDescription, description)
	return ingress.Routes{Handler: m.watch(guard(o.PublicURL, s.authorise(mux))), Patterns: mux.Patterns()}, nil
}

// guard refuses requests that change something and come from another site's page and those whose query cannot be read,
// and sets the headers of all answers.
func guard(publicURL string, next http.Handler) http.Handler {
	refused := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusForbidden, r.Method+" "+r.URL.Path+" was sent from another site's page and is refused; send it from a page of "+
			"this server, or from a program that sets neither Origin nor Sec-Fetch-Site")
	})
	guarded := ingress.SameOrigin(publicURL, refused, legible(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		guarded.ServeHTTP(w, r)
	})
}
