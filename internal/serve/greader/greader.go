// Package greader serves the Google Reader API, by which feed readers show the newsroom, mark articles as read and star
// them. It follows the descriptions that were published of Google's service, and what readers in use today send.
package greader

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/ingress"
)

// Options for New. Backend is required.
type Options struct {
	Backend Backend
	Title   string // of the site; empty means Headwater
	// PublicURL is the address that readers use; "" is that of each request.
	PublicURL string
	Now       func() time.Time // nil means time.Now
	Logger    *slog.Logger     // nil discards it
}

type server struct {
	backend Backend
	title   string
	now     func() time.Time
	log     *slog.Logger
	gate    *gate
	calls   map[string]endpoint // by path below /reader/api/0/
}

// endpoint is one call of the API.
type endpoint struct {
	answer func(*call) error
	writes bool // takes POST only, with a token
	raw    bool // its body is no form
}

// The paths of the API. FreshRSS' readers ask for them below its script.
const (
	freshRSS  = "/api/greader.php"
	loginPath = "/accounts/ClientLogin"
	apiPath   = "/reader/api/0/"
	atomPath  = "/reader/atom/"
)

// Answers says whether a path is one of the API. The mux must not see those paths: stream ids hold whole addresses, whose
// double slashes it would redirect.
func Answers(path string) bool {
	path = strings.TrimPrefix(path, freshRSS)
	return path == loginPath || strings.HasPrefix(path, "/reader/")
}

// New makes the handler of all paths that Answers names. But for the login, requests prove who sends them by a header that
// no other site's page can make a browser send; changes and logins from such pages are refused all the same.
func New(o Options) ingress.Routes {
	s := &server{backend: o.Backend, title: cmp.Or(o.Title, "Headwater"), now: o.Now, log: o.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.gate = newGate(s.now)
	s.calls = map[string]endpoint{
		"token":                  {answer: (*call).token},
		"user-info":              {answer: (*call).userInfo},
		"preference/list":        {answer: (*call).preferences},
		"preference/stream/list": {answer: (*call).streamPreferences},
		"tag/list":               {answer: (*call).tagList},
		"subscription/list":      {answer: (*call).subscriptions},
		"subscription/export":    {answer: (*call).export},
		"subscription/import":    {answer: (*call).importList, writes: true, raw: true},
		"subscription/edit":      {answer: (*call).editSubscription, writes: true},
		"subscription/quickadd":  {answer: (*call).quickAdd, writes: true},
		"unread-count":           {answer: (*call).unreadCount},
		"stream/items/ids":       {answer: (*call).itemIDs},
		"stream/items/count":     {answer: (*call).itemCount},
		"stream/items/contents":  {answer: (*call).itemContents},
		"edit-tag":               {answer: (*call).editTag, writes: true},
		"rename-tag":             {answer: (*call).renameTag, writes: true},
		"disable-tag":            {answer: (*call).disableTag, writes: true},
		"mark-all-as-read":       {answer: (*call).markAllAsRead, writes: true},
		"stream/contents":        {answer: (*call).streamContents},
	}
	return ingress.Routes{Handler: ingress.SameOrigin(o.PublicURL, nil, s), Patterns: s.patterns()}
}

// patterns are the routes as http.ServeMux would have them.
func (s *server) patterns() []string {
	var all []string
	for _, prefix := range []string{"", freshRSS} {
		all = append(all, "POST "+prefix+loginPath, "GET "+prefix+atomPath+"{stream...}", "POST "+prefix+atomPath+"{stream...}")
		for _, name := range slices.Sorted(maps.Keys(s.calls)) {
			if !s.calls[name].writes {
				all = append(all, "GET "+prefix+apiPath+name)
			}
			all = append(all, "POST "+prefix+apiPath+name)
		}
	}
	return all
}

// maxBody bounds what a request may send, in bytes: ten thousand items in their longest form, or a list of feeds.
const maxBody = 4 << 20

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	path := strings.TrimPrefix(r.URL.EscapedPath(), freshRSS)
	err := s.serve(&call{server: s, w: w, r: r}, path) //nolint:contextcheck // a call has its request's
	if err != nil {
		s.fail(w, r, err)
	}
}

func (s *server) serve(c *call, path string) error {
	if path == loginPath {
		return c.login()
	}
	e, stream, err := s.find(path)
	if err != nil {
		return err
	}
	c.path = stream
	if err := c.enter(e); err != nil {
		return err
	}
	return e.answer(c)
}

// find gives the endpoint of a path and, where the path ends in one, the escaped id of a stream.
func (s *server) find(path string) (e endpoint, stream string, err error) {
	if stream, ok := strings.CutPrefix(path, atomPath); ok {
		return endpoint{answer: (*call).atom}, stream, nil
	}
	name, ok := strings.CutPrefix(path, apiPath)
	if stream, contents := strings.CutPrefix(name, "stream/contents/"); ok && contents {
		return s.calls["stream/contents"], stream, nil
	}
	e, known := s.calls[strings.TrimSuffix(name, "/")]
	if !ok || !known {
		return e, "", problem(http.StatusNotFound, "the Google Reader API has no %s here", path)
	}
	return e, "", nil
}

// refusal is an error that the reader's side has to mend.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func problem(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

func bad(format string, args ...any) error { return problem(http.StatusBadRequest, format, args...) }

// fail tells a reader what is wrong, in words that its user may get to see.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *refusal
	var large *http.MaxBytesError
	var building *search.BuildingError
	switch {
	case errors.As(err, &refused):
	case errors.Is(err, os.ErrDeadlineExceeded):
		refused = &refusal{http.StatusRequestTimeout, "the request did not arrive in time; send less at once"}
	case errors.As(err, &large):
		refused = &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes; send less at once", large.Limit)}
	case errors.As(err, &building):
		w.Header().Set("Retry-After", "30")
		refused = &refusal{http.StatusServiceUnavailable, building.Error()}
	case errors.Is(err, news.ErrNotFound):
		refused = &refusal{http.StatusNotFound, err.Error()}
	case r.Context().Err() != nil:
		return // nobody listens any more
	default:
		s.log.Error("a request of the Google Reader API failed", "path", r.URL.Path, "error", err)
		refused = &refusal{http.StatusInternalServerError, "something went wrong here; the log says what"}
	}
	http.Error(w, refused.text, refused.status)
}

// call is one request.
type call struct {
	*server
	w    http.ResponseWriter
	r    *http.Request
	path string // the escaped id of a stream, at the end of the path
	auth string // the token by which the user was let in
	user news.User
}

func (c *call) ctx() context.Context { return c.r.Context() }

func (c *call) json(v any) error {
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	e := json.NewEncoder(c.w)
	e.SetEscapeHTML(false)
	return c.sent(e.Encode(v))
}

func (c *call) text(s string) error {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(c.w, s)
	return c.sent(err)
}

func (c *call) ok() error { return c.text("OK") }

// sent takes the error of an answer that was begun: nothing can be told to that reader any more.
func (c *call) sent(err error) error {
	if err != nil {
		c.log.Debug("an answer of the Google Reader API did not arrive", "error", err)
	}
	return nil
}
