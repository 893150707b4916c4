// Package api serves the REST API under /api/v1/ with its OpenAPI description, and what operators ask: /healthz, /readyz
// and /metrics. huma serves what is JSON; the event stream and OPML are served and described by hand. Errors are RFC 9457
// problems.
//
//   - Lists continue by cursors: time and number of the last entry, domain and name for outlets, the index's own for searches.
//     An offset is for lists that do not change meanwhile. Stories by coverage have no cursor, as their order changes.
//   - /stream sends the story log. The id of an event is its number in the log, and only the client keeps its position, so a
//     restart loses nothing. Streams wait for a signal and read the log once for all at the same position; a fanout limits
//     those that catch up, so that pages stay fast. At most 200 streams of one address and 500 in all.
//   - Options.Tokens says which requests need a token; a wrong one is refused everywhere. Topics are everybody's, or with
//     mine=true those of the token's user.
//
// api.go builds the handler, and lists and describes the operations. Each noun has a file with the shapes of its requests
// and answers and their handlers: story.go (with events), article.go (with searches), topic.go, alert.go, feed.go (with
// outlets), correction.go, status.go. stream.go sends the changes of stories as they happen. Below them are server.go, which
// authenticates users and holds what handlers share, and backend.go, what they read and change.
//
// A test asks every operation and holds its answers against the description. Tokens are 260 random bits, of which the store
// has the SHA-256. Another scheme than Bearer, as a proxy's, proves nothing: it is passed over where no token is needed.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/ingress"
)

// Options for New. Backend is required.
type Options struct {
	Backend Backend
	// Access says who may use what; nil lets nobody.
	Access  *access.Guard
	Version string
	// PublicURL is the address that readers use, whose pages may send changes; "" is that of each request.
	PublicURL string
	// MailDomain is that of the mail addresses of newsletters.
	MailDomain string
	// CheckQuery says what is wrong with a search, in words for the reader. Nil checks nothing.
	CheckQuery func(query string) error
	// CheckTopic says what is wrong with the query or the options of a topic. Nil checks nothing.
	CheckTopic func(news.Topic) error
	Logger     *slog.Logger // nil discards
	// Tokens is what needs a token in open mode: TokensOff, TokensWrite or TokensAll; "" is off.
	Tokens string
	// CheckOwnQuery is CheckQuery for the search of a user, who may ask for is:unread. Nil is CheckQuery.
	CheckOwnQuery func(query string) error
	// Closing ends event streams when it is closed, so that the server can stop. Nil never does.
	Closing <-chan struct{}
	// Health says what is wrong with the loops of the process, for /healthz. Nil finds nothing.
	Health func() error
	// Metrics gives what the stages did, what waits and which requests were answered, for /metrics. Nil gives nothing.
	Metrics prometheus.Gatherer
	// Answered takes note of each request. It may be nil.
	Answered ingress.Answered
}

// New makes the handler of /api/, /healthz, /readyz and /metrics. Requests that change something are refused when a
// browser sends them from another site's page.
func New(o Options) (access.Routes, error) {
	var none access.Routes
	if err := o.Backend.check(); err != nil {
		return none, err
	}
	s := &server{
		backend: o.Backend, checkQuery: o.CheckQuery, checkOwnQuery: o.CheckOwnQuery, checkTopic: o.CheckTopic, guard: o.Access, tokens: o.Tokens, log: o.Logger,
		mailDomain: o.MailDomain,
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
	m, err := s.metrics(o.Version, o.Metrics)
	if err != nil {
		return none, err
	}
	mux := access.NewRouter(o.Access, s.refuseViewer)
	handle := func(pattern string, need access.Need, h http.Handler) {
		mux.Handle(pattern, need, s.authorise(need, h))
	}
	mux.Handle("GET "+pathAlive, access.Anyone, alive(o.Health))
	mux.Handle("GET "+pathReady, access.Anyone, http.HandlerFunc(s.ready))
	mux.Handle("GET "+pathMetrics, access.Metrics, m)
	handle("GET "+pathStream, access.Reader, newStream(o.Backend, s.log, o.Closing))
	handle("GET "+pathOPML, access.Reader, http.HandlerFunc(s.writeOPML))
	handle("POST "+pathOPML, access.Feeds, http.HandlerFunc(s.readOPML))
	mux.Handle("/", access.Anyone, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // no route, or none for the method
		methods := strings.Join(mux.Methods(r), ", ")
		if methods == "" {
			problem(w, http.StatusNotFound, fmt.Sprintf("there is nothing at %s; %s lists the paths", r.URL.Path, pathDescription))
			return
		}
		w.Header().Set("Allow", methods)
		problem(w, http.StatusMethodNotAllowed, fmt.Sprintf("%s does not take %s; use %s", r.URL.Path, r.Method, methods))
	}))
	// Not huma's page of documentation and its schema links: both load or point to more than the API. Nor its handler of the
	// description: two concurrent first requests race in it.
	config := huma.DefaultConfig("Headwater", o.Version)
	config.Info.Description = "Stories under their original source, with the evidence. Times are RFC 3339; spans are byte offsets into UTF-8."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{explain}
	config.RejectUnknownQueryParameters = true
	operations := &operationMux{Router: mux, needs: map[string]access.Need{}, handle: handle}
	api := humago.New(operations, config)
	s.register(operationAPI{api, operations})
	description, err := describe(api)
	if err != nil {
		return none, err
	}
	mux.Handle("GET "+pathDescription, access.Anyone, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typeDescription)
		_, _ = w.Write(description) // a reader that left needs no answer
	}))
	return mux.Routes(ingress.Watch(o.Answered, guard(o.PublicURL, mux))), nil
}

// operationMux is the router as huma adds operations to it. What each needs was declared before.
type operationMux struct {
	*access.Router
	needs  map[string]access.Need
	handle func(pattern string, need access.Need, h http.Handler)
}

// HandleFunc implements humago.Mux.
func (m *operationMux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.handle(pattern, m.needs[pattern], http.HandlerFunc(h))
}

// operationAPI is what operations are registered with.
type operationAPI struct {
	huma.API
	mux *operationMux
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

const (
	maxBody         = 64 << 10 // bytes that a request may send
	typeDescription = "application/openapi+json"
)

func (s *server) register(api operationAPI) {
	const get, post, patch, remove = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	const reader, feeds, editor = access.Reader, access.Feeds, access.Editor
	const missing, conflict = http.StatusNotFound, http.StatusConflict
	// Bodies are JSON only: forms and plain text are what another site's page could send.
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		sent := ctx.Header("Content-Type")
		if kind, _, err := mime.ParseMediaType(sent); ctx.Operation().RequestBody == nil || err == nil && kind == "application/json" {
			next(ctx)
			return
		}
		// WriteErr says itself where it cannot write.
		_ = huma.WriteErr(api, ctx, http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Type: %q is not taken; send application/json", sent))
	})

	register(api, reader, get, "status", "/status", "Count what is stored and what is still to do", s.status)
	register(api, reader, get, "front", "/front", "Show the front page, of now or of an earlier hour", s.front)
	register(api, reader, get, "list-stories", "/stories", "List stories", s.stories)
	register(api, reader, get, "get-story", "/stories/{id}", "Show a story: its origin, the reasons and its members", s.story, moved("story"), fails(missing))
	register(api, reader, get, "compare-articles", "/stories/{id}/compare", "Show two articles of a story side by side", s.compare, moved("story"), fails(missing))
	register(api, reader, get, "list-articles", "/articles", "List articles, newest first", s.articles)
	register(api, reader, get, "get-article", "/articles/{id}", "Show an article: its text and its credits", s.article, fails(missing))
	register(api, reader, post, "save-article", "/articles/{id}/save", "Save an article to a service of the user", s.saveArticle, notCreated, fails(missing))
	register(api, reader, get, "list-save-targets", "/save-targets", "List the services to which the user saves articles, and how that goes", s.saveTargets)
	register(api, reader, get, "list-events", "/events", "List events, the newest first", s.events)
	register(api, reader, get, "get-event", "/events/{id}", "Show an event and the stories that tell of it", s.event, moved("event"), fails(missing))
	register(api, reader, get, "list-outlets", "/outlets", "List outlets: what they write first and what they rerun", s.outlets)
	register(api, reader, get, "get-outlet", "/outlets/{key}", "Show an outlet: what it wrote first, whom it reruns and who reruns it", s.outlet, fails(missing))
	register(api, reader, get, "list-corrections", "/corrections", "List what was merged and split by hand", s.corrections)
	register(api, reader, get, "search", "/search", "Search the coverage", s.search)
	register(api, reader, get, "list-topics", "/topics", "List the topics that are followed", s.topics)
	register(api, reader, get, "get-topic", "/topics/{name}", "Show a topic and its stories", s.topic, fails(missing))
	register(api, reader, get, "list-feeds", "/feeds", "List the feeds and how they are", s.feeds)
	register(api, reader, get, "list-removed-feeds", "/removed-feeds", "List the feeds whose removal can still be undone", s.removedFeeds)
	register(api, reader, get, "list-polls", "/feeds/{id}/polls", "List how the last polls of a feed ended", s.feedHistory, fails(missing))
	register(api, reader, get, "get-feed", "/feeds/{id}", "Show a feed and how it is", s.feed, fails(missing))

	register(api, reader, post, "add-topic", "/topics", "Follow a query under a name", s.addTopic, fails(conflict))
	register(api, feeds, post, "add-newsletter", "/newsletters", "Make a mail address for a newsletter", s.addNewsletter, fails(conflict))
	register(api, feeds, post, "add-feed", "/feeds", "Subscribe to a feed", s.addFeed, fails(conflict))
	register(api, editor, post, "add-correction", "/corrections", "Merge stories, split one, or say what one goes back to", s.addCorrection, fails(missing, conflict))
	register(api, editor, remove, "remove-correction", "/corrections/{id}", "Take a correction back", s.removeCorrection, fails(missing, conflict))
	register(api, reader, patch, "change-topic", "/topics/{name}", "Change a topic; with another query its matches begin anew", s.changeTopic, fails(missing, conflict))
	register(api, editor, patch, "change-outlet", "/outlets/{key}", "Mend an outlet's name, its other names and domains, and whether it is an agency", s.changeOutlet, fails(missing))
	register(api, editor, remove, "restore-outlet", "/outlets/{key}/changes", "Take back what was changed of an outlet", s.restoreOutlet, fails(missing))
	register(api, feeds, patch, "change-feed", "/feeds/{id}", "Change what is set of a feed: title, folder, site, language, how it is read and shown, and whether it is paused", s.changeFeed, fails(missing))
	register(api, reader, post, "see-topic", "/topics/{name}/seen", "Count none of a topic's stories as new to the viewer any more", s.seeTopic, noContent, fails(missing))
	register(api, reader, remove, "remove-topic", "/topics/{name}", "Follow a topic no longer", s.removeTopic, noContent, fails(missing))
	register(api, feeds, remove, "remove-feed", "/feeds/{id}", "End a subscription; what it brought stays, and for a day it can be restored", s.removeFeed, noContent, fails(missing))
	register(api, feeds, post, "restore-feed", "/feeds/{id}/restore", "Undo the removal of a feed", s.restoreFeed, notCreated, fails(missing))
	register(api, feeds, post, "refresh-feed", "/feeds/{id}/refresh", "Poll a feed as soon as it is polite", s.refreshFeed, notCreated, fails(missing, conflict))

	register(api, reader, get, "list-folders", "/folders", "List the folders of feeds", s.folders)
	register(api, feeds, patch, "rename-folder", "/folders/{name}", "Rename a folder, or make it part of another", s.renameFolder, fails(missing))
	register(api, feeds, remove, "remove-folder", "/folders/{name}", "Remove a folder; its feeds stay, and for a day it can be restored", s.removeFolder, fails(missing))
	register(api, feeds, post, "restore-folder", "/folders/restore", "Undo the removal of a folder, for the feeds that nobody moved since", s.restoreFolder, notCreated, fails(missing))

	register(api, reader, get, "settings", "/settings", "Show what the viewer set of pages and lists", s.settings)
	register(api, reader, patch, "change-settings", "/settings", "Change what the viewer set of pages and lists", s.changeSettings, fails(missing))

	register(api, reader, get, "list-rules", "/rules", "List the viewer's rules and how much each has done", s.rules)
	register(api, reader, post, "add-rule", "/rules", "Add a rule, which acts on articles that are stored from now on", s.addRule, fails(missing, conflict))
	register(api, reader, post, "try-rule", "/rules/try", "Show what a rule matches among the articles of the last week; nothing is changed", s.tryRule, notCreated, fails(missing, conflict))
	register(api, reader, get, "get-rule", "/rules/{id}", "Show a rule and what it did last", s.rule, fails(missing))
	register(api, reader, patch, "change-rule", "/rules/{id}", "Change a rule, pause it or let it go on", s.changeRule, fails(missing, conflict))
	register(api, reader, post, "apply-rule", "/rules/{id}/apply", "Let a rule act on the articles of the last week that it matches", s.applyRule, notCreated, fails(missing, conflict))
	register(api, reader, post, "undo-rule", "/rules/{id}/undo", "Take back what a rule last did with articles of the last week", s.undoRule, notCreated, fails(missing))
	register(api, reader, remove, "remove-rule", "/rules/{id}", "Remove a rule; what it did stays", s.removeRule, noContent, fails(missing))

	const admin = access.Admin
	register(api, admin, get, "list-users", "/users", "List the users, by name", s.users)
	register(api, admin, post, "add-user", "/users", "Make an account", s.addUser, fails(missing, conflict))
	register(api, admin, get, "get-user", "/users/{id}", "Show a user", s.user, fails(missing))
	register(api, admin, patch, "change-user", "/users/{id}", "Change a user's role or password", s.changeUser, fails(missing, conflict))
	register(api, admin, remove, "remove-user", "/users/{id}", "Remove a user with topics, marks and settings", s.removeUser, noContent, fails(missing, conflict))
	register(api, admin, remove, "end-sessions", "/users/{id}/sessions", "End all logins of a user, also those of feed readers; tokens stay", s.endSessions, noContent, fails(missing))

	const alerts = "/topics/{name}/alerts"
	register(api, reader, get, "list-alerts", alerts, "List who is told of a topic's stories, and how that goes", s.alerts, fails(missing))
	register(api, reader, post, "add-alert", alerts, "Have somebody told of a topic's stories; it is tested, and its problem says what came of it", s.addAlert, fails(missing, conflict))
	register(api, reader, patch, "change-alert", alerts+"/{id}", "Change whom an alert tells, and when; it is tested", s.changeAlert, fails(missing, conflict))
	register(api, reader, post, "test-alert", alerts+"/{id}/test", "Tell somebody of the topic's newest story now", s.testAlert, noContent, fails(missing, http.StatusBadGateway))
	register(api, reader, remove, "remove-alert", alerts+"/{id}", "Tell somebody no more", s.removeAlert, noContent, fails(missing))
}

// option changes an operation.
type option func(*huma.Operation)

// fails adds errors to those that each operation of its kind may give.
func fails(status ...int) option {
	return func(op *huma.Operation) { op.Errors = append(op.Errors, status...) }
}

func noContent(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }

// notCreated is for a POST that makes nothing new.
func notCreated(op *huma.Operation) { op.DefaultStatus = http.StatusOK }

// moved describes the answer for a thing that was merged into another of its kind.
func moved(kind string) option {
	return func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{"301": {
			Description: "The " + kind + " was merged into another, which Location leads to",
			Headers: map[string]*huma.Param{"Location": {
				Description: "the path of the " + kind + " that it was merged into", Schema: &huma.Schema{Type: huma.TypeString},
			}},
		}}
	}
}

// register adds an operation for those who meet a need, with what all of its method have in common.
func register[I, O any](api operationAPI, need access.Need, method, id, path, summary string, h func(context.Context, *I) (*O, error), options ...option) {
	op := huma.Operation{OperationID: id, Method: method, Path: root + path, Summary: summary}
	op.Errors = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusCreated
	}
	if method == http.MethodPost || method == http.MethodPatch {
		op.MaxBodyBytes = maxBody
		op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	for _, change := range options {
		change(&op)
	}
	api.mux.needs[op.Method+" "+op.Path] = need
	huma.Register(api.API, op, h)
}

// describe gives the OpenAPI description, with what huma does not serve.
func describe(api huma.API) ([]byte, error) {
	doc := api.OpenAPI()
	const text = "text/plain"
	for _, op := range []*huma.Operation{
		rawOperation("alive", pathAlive, "Say that the process answers", text, http.StatusOK),
		rawOperation("ready", pathReady, "Say whether store and index answer", text, http.StatusOK, http.StatusServiceUnavailable),
		rawOperation("metrics", pathMetrics, "Give counts and durations to Prometheus", text, http.StatusOK),
		rawOperation("describe", pathDescription, "Give this description", typeDescription, http.StatusOK),
	} {
		doc.AddOperation(op)
	}
	describeStream(doc)
	describeOPML(doc)
	for _, searches := range []string{"/search", "/topics/{name}"} {
		doc.Paths[root+searches].Get.Responses["503"].Description = "Service Unavailable: among others while the index is being built, " +
			"when a search would find too little; the detail says how far it is, and Retry-After when to ask again"
	}
	for _, property := range doc.Components.Schemas.Map()["ErrorModel"].Properties {
		property.Examples = nil // addresses on another host
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	return data, nil
}

// rawOperation is an operation that huma does not serve.
func rawOperation(id, path, summary, contentType string, statuses ...int) *huma.Operation {
	op := &huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Responses: map[string]*huma.Response{}}
	for _, status := range statuses {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status), Content: map[string]*huma.MediaType{contentType: {}},
		}
	}
	return op
}

// rawErrors adds errors to an operation that huma does not serve.
func rawErrors(op *huma.Operation, statuses ...int) {
	for _, status := range statuses {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/ErrorModel"}}},
		}
	}
}

func describeStream(doc *huma.OpenAPI) {
	op := rawOperation("stream", pathStream, "Follow new and changed stories", "text/event-stream", http.StatusOK)
	op.Description = "Server-Sent Events: story (a new one), changed, merged ({id, into}) and gone ({id}), and an id alone where " +
		"nothing has to be told. The data of story and changed is a story as in /stories, to be kept in the place of what the reader has of it; a reader who begins " +
		"early may get changed for a story that it does not have. The id of an event is its place in the log of stories: " +
		"sent back as Last-Event-ID, or as after, the stream goes on behind it. With after=0 it begins with every story that there is."
	op.Parameters = []*huma.Param{
		{Name: "after", In: "query", Description: "the id of the event after which to begin; 0 is the beginning, and none is the end", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}},
		{Name: "Last-Event-ID", In: "header", Description: "the same, as browsers send it; it counts before after", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}},
	}
	rawErrors(op, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	doc.AddOperation(op)
}

func describeOPML(doc *huma.OpenAPI) {
	write := rawOperation("write-opml", pathOPML, "Write the feeds and topics as OPML", typeOPML, http.StatusOK)
	rawErrors(write, http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	doc.AddOperation(write)
	op := rawOperation("read-opml", pathOPML, "Subscribe to the feeds of an OPML list, and follow the topics in it", "application/json", http.StatusOK)
	op.Method = http.MethodPost
	op.RequestBody = &huma.RequestBody{
		Description: "an OPML list, of 20 MB at most", Required: true,
		Content: map[string]*huma.MediaType{typeOPML: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
	op.Responses["200"].Content["application/json"].Schema = doc.Components.Schemas.Schema(reflect.TypeFor[imported](), true, "Imported")
	rawErrors(op, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	doc.AddOperation(op)
}
