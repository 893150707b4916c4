// Package api serves the REST API under /api/v1/ with its OpenAPI description, and what operators ask: /healthz, /readyz
// and /metrics. huma serves what is JSON; the event stream and OPML are served and described by hand. Errors are RFC 9457
// problems.
//
//   - Lists continue by cursors: time and number of the last entry, domain and name for outlets, the index's own for searches.
//     An offset is for lists that do not change meanwhile. Stories by coverage have no cursor, as their order changes.
//   - /stream sends the story log. The id of an event is its number in the log, and only the client keeps its position, so a
//     restart loses nothing. Streams wait for a signal and read the log once for all at the same position; fanout.go limits
//     those that catch up, so that pages stay fast. At most 200 streams of one address and 500 in all.
//   - Options.Tokens says which requests need a token; a wrong one is refused everywhere. Topics are everybody's, or with
//     mine=true those of the token's user.
//
// api.go builds the handler, routes.go lists the operations and describes them. Each noun has a file with the shapes of its
// requests and answers and their handlers: story.go, article.go, event.go, outlet.go, search.go, topic.go, alert.go, feed.go,
// correction.go, status.go. stream.go sends the changes of stories as they happen, through fanout.go. Below them are token.go,
// which authenticates users, server.go, which holds what handlers share, and backend.go, what they read and change.
//
// A test asks every operation and holds its answers against the description. Tokens are 260 random bits, of which the store
// has the SHA-256. Another scheme than Bearer, as a proxy's, proves nothing: it is passed over where no token is needed.
package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
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

// New makes the handler of /api/, /healthz, /readyz and /metrics. Requests that change something are refused when a
// browser sends them from another site's page.
func New(o Options) (ingress.Routes, error) {
	var none ingress.Routes
	if err := o.Backend.check(); err != nil {
		return none, err
	}
	s := &server{
		backend: o.Backend, checkQuery: o.CheckQuery, checkOwnQuery: o.CheckOwnQuery, checkTopic: o.CheckTopic, tokens: o.Tokens, log: o.Logger,
		wrongTokens: ingress.NewWindowCounter[netip.Prefix](time.Now, tokenReset, maxClients),
	}
	if s.checkQuery == nil {
		s.checkQuery = func(string) error { return nil }
	}
	if s.checkOwnQuery == nil {
		s.checkOwnQuery = s.checkQuery
	}
	if s.checkTopic == nil {
		s.checkTopic = func(news.Topic) error { return nil }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	m, err := s.metrics()
	if err != nil {
		return none, err
	}
	mux := new(ingress.Router)
	mux.HandleFunc("GET "+pathAlive, func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET "+pathReady, s.ready)
	mux.Handle("GET "+pathMetrics, m.handler)
	mux.Handle("GET "+pathStream, newStream(o.Backend, s.log, o.Closing))
	mux.HandleFunc("GET "+pathOPML, s.writeOPML)
	mux.HandleFunc("POST "+pathOPML, s.readOPML)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { // no route, or none for the method
		methods := strings.Join(mux.Methods(r), ", ")
		if methods == "" {
			problem(w, http.StatusNotFound, fmt.Sprintf("there is nothing at %s; %s lists the paths", r.URL.Path, pathDescription))
			return
		}
		w.Header().Set("Allow", methods)
		problem(w, http.StatusMethodNotAllowed, fmt.Sprintf("%s does not take %s; use %s", r.URL.Path, r.Method, methods))
	})
	// Not huma's page of documentation and its schema links: both load or point to more than the API. Nor its handler of the
	// description: two concurrent first requests race in it.
	config := huma.DefaultConfig("Headwater", o.Version)
	config.Info.Description = "Stories under their original source, with the evidence. Times are RFC 3339; spans are byte offsets into UTF-8."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{explain}
	config.RejectUnknownQueryParameters = true
	api := humago.New(mux, config)
	s.register(api)
	description, err := describe(api)
	if err != nil {
		return none, err
	}
	mux.HandleFunc("GET "+pathDescription, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typeDescription)
		_, _ = w.Write(description) // a reader that left needs no answer
	})
	return ingress.Routes{Handler: m.watch(guard(o.PublicURL, s.authorise(mux))), Patterns: mux.Patterns()}, nil
}

// guard sets the headers of all answers. It refuses changes that another site's page sends, and queries of which a part
// would be ignored.
func guard(publicURL string, next http.Handler) http.Handler {
	refused := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusForbidden, r.Method+" "+r.URL.Path+" was sent from another site's page and is refused; send it from a page of "+
			"this server, or from a program that sets neither Origin nor Sec-Fetch-Site")
	})
	guarded := ingress.SameOrigin(publicURL, refused, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			problem(w, http.StatusBadRequest, fmt.Sprintf("the query cannot be read: %v; write %% as %%25 and ; as %%3B", err))
			return
		}
		for name, values := range query {
			if len(values) > 1 {
				problem(w, http.StatusBadRequest, fmt.Sprintf("query.%s stands %d times; give it once", name, len(values)))
				return
			}
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		guarded.ServeHTTP(w, r)
	})
}

const (
	maxReasons = 10  // of a problem that an answer gives
	maxEcho    = 100 // bytes of a bad value that an answer repeats
)

// explain puts the reasons of a problem into its detail, for clients that show no more than that.
func explain(_ huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok || len(p.Errors) == 0 {
		return v, nil
	}
	more := len(p.Errors) - 1
	p.Errors = p.Errors[:min(len(p.Errors), maxReasons)]
	for _, e := range p.Errors {
		switch v := e.Value.(type) {
		case int, int64, float64, bool:
		case string:
			if len(v) > maxEcho {
				e.Value = strings.ToValidUTF8(v[:maxEcho], "") + "…"
			} else if v == "" {
				e.Value = nil
			}
		default: // whole objects
			e.Value = nil
		}
	}
	first := p.Errors[0]
	p.Detail = first.Location + ": "
	switch v := first.Value.(type) {
	case nil:
	case string:
		p.Detail += fmt.Sprintf("%q: ", v)
	default:
		p.Detail += fmt.Sprint(v) + ": "
	}
	p.Detail += first.Message
	if more > 0 {
		p.Detail += fmt.Sprintf(" (and %d more)", more)
	}
	p.Detail += "; " + pathDescription + " says what is taken"
	return p, nil
}
