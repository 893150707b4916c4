// Package api serves the REST API under /api/v1/ with its OpenAPI description, and what operators ask: /healthz, /readyz
// and /metrics.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"headwater/internal/news"
)

// Stories gives stories and articles.
type Stories interface {
	Stories(context.Context, news.StoryList) ([]news.Story, error)
	Story(context.Context, int64) (news.Story, error)
	StoryOf(ctx context.Context, article int64) (news.Story, error)
	Comparisons(context.Context, news.Story) (map[int64]news.Comparison, error)
	Article(context.Context, int64) (news.Article, error)
	Articles(context.Context, news.ArticleList) ([]news.Article, error)
	Claims(ctx context.Context, article int64) ([]news.Claim, error)
	Search(context.Context, news.Search) (news.Found, error)
}

// Topics gives and changes topics.
type Topics interface {
	Topics(context.Context) ([]news.Topic, error)
	Topic(ctx context.Context, name string) (news.Topic, error)
	TopicStories(ctx context.Context, name string, limit, offset int) ([]news.Story, int, error)
	AddTopic(context.Context, news.Topic) error
	RemoveTopic(ctx context.Context, name string) error
}

// Feeds gives and changes what is subscribed.
type Feeds interface {
	Feeds(context.Context) ([]news.Feed, error)
	Feed(context.Context, int64) (news.Feed, error)
	AddFeed(context.Context, news.Feed) (news.Feed, error)
	RemoveFeed(context.Context, int64) error
}

// Newsroom is what the API needs; package newsroom provides it.
type Newsroom interface {
	Stories
	Topics
	Feeds
	Status(context.Context) (news.Status, error)
}

// Options for New. All but Logger are required.
type Options struct {
	Newsroom Newsroom
	Version  string
	// CheckQuery says what is wrong with a search, in words for the reader.
	CheckQuery func(query string) error
	Logger     *slog.Logger // nil discards
}

type server struct {
	room  Newsroom
	check func(string) error
	log   *slog.Logger
}

// maxBody bounds what a request may send, in bytes.
const maxBody = 64 << 10

// New makes the handler of /api/, /healthz, /readyz and /metrics. Requests that change something are refused when a
// browser sends them from another site's page.
func New(o Options) (http.Handler, error) {
	s := &server{room: o.Newsroom, check: o.CheckQuery, log: o.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	metrics, err := s.metrics()
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", metrics)
	s.register(humago.New(mux, settings(o.Version)))
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// settings leave out huma's page of documentation and the schema links: both load or point to more than the API.
func settings(version string) huma.Config {
	c := huma.DefaultConfig("Headwater", version)
	c.Info.Description = "Stories under their original source, with the evidence."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/v1/openapi", "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	return c
}

func (s *server) register(api huma.API) {
	get(api, "status", "/status", "Count what is stored and what is still to do", s.status)
	get(api, "list-stories", "/stories", "List stories", s.stories)
	get(api, "get-story", "/stories/{id}", "Show a story: its origin, the reasons and its members", s.story)
	get(api, "list-articles", "/articles", "List articles, newest first", s.articles)
	get(api, "get-article", "/articles/{id}", "Show an article: its text and its credits", s.article)
	get(api, "search", "/search", "Search the coverage", s.search)
	get(api, "list-topics", "/topics", "List the topics that are followed", s.topics)
	get(api, "get-topic", "/topics/{name}", "Show a topic and its stories, newest first", s.topic)
	get(api, "list-feeds", "/feeds", "List the feeds and how they are", s.feeds)
	get(api, "get-feed", "/feeds/{id}", "Show a feed and how it is", s.feed)
	change(api, http.MethodPost, http.StatusCreated, "add-topic", "/topics", "Follow a query under a name", s.addTopic)
	change(api, http.MethodDelete, http.StatusNoContent, "remove-topic", "/topics/{name}", "Follow a topic no longer", s.removeTopic)
	change(api, http.MethodPost, http.StatusCreated, "add-feed", "/feeds", "Subscribe to a feed", s.addFeed)
	change(api, http.MethodDelete, http.StatusNoContent, "remove-feed", "/feeds/{id}", "End a subscription; what it brought stays", s.removeFeed)
}

func get[I, O any](api huma.API, id, path, summary string, h func(context.Context, *I) (*O, error)) {
	change(api, http.MethodGet, http.StatusOK, id, path, summary, h)
}

func change[I, O any](api huma.API, method string, status int, id, path, summary string, h func(context.Context, *I) (*O, error)) {
	huma.Register(api, huma.Operation{
		OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, DefaultStatus: status, MaxBodyBytes: maxBody,
	}, h)
}

// fail turns an error of the newsroom into an answer. What is nobody's fault outside is logged, not told.
func (s *server) fail(err error, what string) error {
	switch {
	case errors.Is(err, news.ErrNotFound):
		return huma.Error404NotFound("there is no " + what)
	case errors.Is(err, news.ErrExists):
		return huma.Error409Conflict(what + " exists already")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return huma.Error503ServiceUnavailable("the request was given up")
	}
	s.log.Error("an API request failed", "what", what, "error", err)
	return huma.Error500InternalServerError("the server failed; its log says why")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a reader that left needs no answer
}
