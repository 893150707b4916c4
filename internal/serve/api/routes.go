package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// maxBody bounds what a request may send, in bytes.
const maxBody = 64 << 10

// The paths beside the API's own.
const (
	pathAlive       = "/healthz"
	pathReady       = "/readyz"
	pathMetrics     = "/metrics"
	pathDescription = root + "/openapi.json"
)

// settings leave out huma's page of documentation and its schema links: both load or point to more than the API. Its
// handler of the description is left out too: two first requests at once race in it.
func settings(version string) huma.Config {
	c := huma.DefaultConfig("Headwater", version)
	c.Info.Description = "Stories under their original source, with the evidence. Times are RFC 3339; spans are byte offsets into UTF-8."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Transformers = []huma.Transformer{explain}
	c.RejectUnknownQueryParameters = true
	return c
}

func (s *server) register(api huma.API) {
	const missing, conflict = http.StatusNotFound, http.StatusConflict
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) { onlyJSON(api, ctx, next) })

	get(api, "status", "/status", "Count what is stored and what is still to do", s.status)
	get(api, "list-stories", "/stories", "List stories", s.stories)
	get(api, "get-story", "/stories/{id}", "Show a story: its origin, the reasons and its members", s.story, moved, fails(missing))
	get(api, "list-articles", "/articles", "List articles, newest first", s.articles)
	get(api, "get-article", "/articles/{id}", "Show an article: its text and its credits", s.article, fails(missing))
	get(api, "list-events", "/events", "List events, the newest first", s.events)
	get(api, "get-event", "/events/{id}", "Show an event and the stories that tell of it", s.event, fails(missing))
	get(api, "list-outlets", "/outlets", "List outlets and what they published", s.outlets)
	get(api, "get-outlet", "/outlets/{domain}", "Show what the outlet of a domain published, under each of its names", s.outlet, fails(missing))
	get(api, "list-corrections", "/corrections", "List what was merged and split by hand", s.corrections)
	get(api, "search", "/search", "Search the coverage", s.search)
	get(api, "list-topics", "/topics", "List the topics that are followed", s.topics)
	get(api, "get-topic", "/topics/{name}", "Show a topic and its stories, newest first", s.topic, fails(missing))
	get(api, "list-feeds", "/feeds", "List the feeds and how they are", s.feeds)
	get(api, "get-feed", "/feeds/{id}", "Show a feed and how it is", s.feed, fails(missing))

	post(api, "add-topic", "/topics", "Follow a query under a name", s.addTopic, fails(conflict))
	post(api, "add-feed", "/feeds", "Subscribe to a feed", s.addFeed, fails(conflict))
	post(api, "add-correction", "/corrections", "Merge stories, or split one", s.correct, fails(missing, conflict))
	take(api, "remove-correction", "/corrections/{id}", "Take a correction back", s.forget, fails(missing, conflict))
	change(api, "change-topic", "/topics/{name}", "Change a topic; with another query its matches begin anew", s.changeTopic, fails(missing, conflict))
	change(api, "change-feed", "/feeds/{id}", "Give a feed another title, folder or way with full texts", s.changeFeed, fails(missing))
	remove(api, "remove-topic", "/topics/{name}", "Follow a topic no longer", s.removeTopic)
	remove(api, "remove-feed", "/feeds/{id}", "End a subscription; what it brought stays", s.removeFeed)
	s.registerAlerts(api)
}

// detail changes an operation.
type detail func(*huma.Operation)

// fails says which errors, besides those that each operation of its kind may give, it gives.
func fails(status ...int) detail {
	return func(op *huma.Operation) { op.Errors = append(op.Errors, status...) }
}

func moved(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{"301": {
		Description: "The story was merged into another, which Location leads to",
		Headers: map[string]*huma.Param{"Location": {
			Description: "the path of the story that it was merged into", Schema: &huma.Schema{Type: huma.TypeString},
		}},
	}}
}

func get[I, O any](api huma.API, id, path, summary string, h func(context.Context, *I) (*O, error), ds ...detail) {
	register(api, huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary}, h, ds)
}

func post[I, O any](api huma.API, id, path, summary string, h func(context.Context, *I) (*O, error), ds ...detail) {
	ds = append(ds, fails(http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType))
	register(api, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, DefaultStatus: http.StatusCreated, MaxBodyBytes: maxBody,
	}, h, ds)
}

// take is a deletion that says what came of it.
func take[I, O any](api huma.API, id, path, summary string, h func(context.Context, *I) (*O, error), ds ...detail) {
	register(api, huma.Operation{OperationID: id, Method: http.MethodDelete, Path: path, Summary: summary}, h, append(ds, fails(http.StatusForbidden)))
}

func change[I, O any](api huma.API, id, path, summary string, h func(context.Context, *I) (*O, error), ds ...detail) {
	ds = append(ds, fails(http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType))
	register(api, huma.Operation{OperationID: id, Method: http.MethodPatch, Path: path, Summary: summary, MaxBodyBytes: maxBody}, h, ds)
}

func remove[I, O any](api huma.API, id, path, summary string, h func(context.Context, *I) (*O, error)) {
	register(api, huma.Operation{
		OperationID: id, Method: http.MethodDelete, Path: path, Summary: summary, DefaultStatus: http.StatusNoContent,
	}, h, []detail{fails(http.StatusForbidden, http.StatusNotFound)})
}

func register[I, O any](api huma.API, op huma.Operation, h func(context.Context, *I) (*O, error), ds []detail) {
	op.Path = root + op.Path
	op.Errors = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	for _, d := range ds {
		d(&op)
	}
	huma.Register(api, op, h)
}

// describe adds what huma does not serve to the OpenAPI description and gives a handler of the whole.
func describe(api huma.API) (http.HandlerFunc, error) {
	doc := api.OpenAPI()
	const text, document = "text/plain", "application/openapi+json"
	for _, op := range []*huma.Operation{
		beside("alive", pathAlive, "Say that the process answers", text, http.StatusOK),
		beside("ready", pathReady, "Say whether store and index answer", text, http.StatusOK, http.StatusServiceUnavailable),
		beside("metrics", pathMetrics, "Give counts and durations to Prometheus", text, http.StatusOK),
		beside("describe", pathDescription, "Give this description", document, http.StatusOK),
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
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", document)
		_, _ = w.Write(data) // a reader that left needs no answer
	}, nil
}

// beside is an operation that huma does not serve.
func beside(id, path, summary, contentType string, statuses ...int) *huma.Operation {
	op := &huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Responses: map[string]*huma.Response{}}
	for _, status := range statuses {
		op.Responses[fmt.Sprint(status)] = &huma.Response{
			Description: http.StatusText(status), Content: map[string]*huma.MediaType{contentType: {}},
		}
	}
	return op
}
