// Package greader serves the Google Reader API, by which feed readers show stories and articles, mark them as read and star
// them: /accounts/ClientLogin, /reader/api/0/ and /reader/atom/, and the same below /api/greader.php, as FreshRSS has it. It
// follows the descriptions that were published of Google's service, and what clients in use today send.
//
//   - Only the header "Authorization: GoogleLogin auth=" authenticates, which no other site's page can make a browser send.
//   - Items are articles. Feeds are feed/NUMBER; feed/ADDRESS is understood. Crawl times, ot, nt and ts are when an article was
//     first seen; published and the order are news.Article.Time.
//   - A continuation is time and id of the last item, so that new items neither repeat nor hide others.
//   - Labels are folders, topics (everybody's and the user's), "Everything, once" and the user's own. "Everything, once" and
//     topics have one item a story. A topic has its newest 2,000 stories.
//   - Lists are JSON only. broadcast and like are accepted and ignored. Fever is not served: its key is the MD5 of name and
//     password, a second and weaker secret.
//
// greader.go finds the endpoint of a path. login.go authenticates users and limits wrong passwords. The endpoints are in
// subscriptions.go, tags.go, list.go and item.go; stream.go reads the ids of streams and resolves labels. server.go holds
// what all endpoints share, and what they read and change.
//
// A folder keeps its name as a label; a topic that is called like one gets " (topic)". Unread counts are counters: articles
// of a feed less those of it that the user has read, and likewise articles that stand for stories. The newest item of a
// feed is as old as when the feed last brought something. unread-count counts the first 50 topics, each up to 1,000
// stories. n is at most 1,000 for contents and 10,000 for ids; edit-tag takes 5,000 items at once. An item of "Everything,
// once" stays the lead of its story when a newer version comes, as another item would come back unread; it links to that
// version.
package greader

import (
	"cmp"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"headwater/internal/serve/access"
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

// router finds the endpoint of a request.
type router struct {
	*server
	limiter *loginLimiter
	calls   map[string]endpoint // by path below apiPath
}

// endpoint is one call of the API.
type endpoint struct {
	answer func(*call) error
	writes bool // takes POST only, with a token
	raw    bool // its body is no form
}

// Paths of the API. Clients of FreshRSS ask for them below its script.
const (
	freshRSS = "/api/greader.php"
	atomPath = "/reader/atom/"
)

// maxBody bounds what a request may send, in bytes: ten thousand items in their longest form, or a list of feeds.
const maxBody = 4 << 20

// Answers says whether a path is one of the API. The mux must not see those paths: stream ids hold whole addresses, whose
// double slashes it would redirect.
func Answers(path string) bool {
	path = strings.TrimPrefix(path, freshRSS)
	return path == loginPath || strings.HasPrefix(path, "/reader/")
}

// New makes the handler of all paths that Answers names. But for the login, requests prove who sends them by a header that
// no other site's page can make a browser send; changes and logins from such pages are refused all the same.
func New(o Options) access.Routes {
	s := &server{backend: o.Backend, title: cmp.Or(o.Title, "Headwater"), now: o.Now, log: o.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	rt := &router{server: s, limiter: newLoginLimiter(s.now)}
	rt.calls = map[string]endpoint{
		"token":                  {answer: (*call).token},
		"user-info":              {answer: (*call).userInfo},
		"preference/list":        {answer: (*call).preferences},
		"preference/stream/list": {answer: (*call).streamPreferences},
		"tag/list":               {answer: (*call).tagList},
		"subscription/list":      {answer: (*call).subscriptions},
		"subscription/export":    {answer: (*call).exportOPML},
		"subscription/import":    {answer: (*call).importOPML, writes: true, raw: true},
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
	var patterns []string // as http.ServeMux would have them
	for _, prefix := range []string{"", freshRSS} {
		patterns = append(patterns, "POST "+prefix+loginPath, "GET "+prefix+atomPath+"{stream...}", "POST "+prefix+atomPath+"{stream...}")
		for _, name := range slices.Sorted(maps.Keys(rt.calls)) {
			if !rt.calls[name].writes {
				patterns = append(patterns, "GET "+prefix+apiPath+name)
			}
			patterns = append(patterns, "POST "+prefix+apiPath+name)
		}
	}
	return access.Routes{Handler: ingress.SameOrigin(o.PublicURL, nil, rt), Patterns: patterns}
}

func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	c := &call{server: rt.server, w: w, r: r}
	if err := rt.serve(c, strings.TrimPrefix(r.URL.EscapedPath(), freshRSS)); err != nil { //nolint:contextcheck // a call has its request's
		c.fail(err)
	}
}

// serve answers a call. Some paths end in the escaped id of a stream.
func (rt *router) serve(c *call, path string) error {
	if path == loginPath {
		return c.login(rt.limiter)
	}
	var e endpoint
	name, ours := strings.CutPrefix(path, apiPath)
	known := ours
	if stream, ok := strings.CutPrefix(path, atomPath); ok {
		e, c.path, known = endpoint{answer: (*call).atom}, stream, true
	} else if stream, ok := strings.CutPrefix(name, "stream/contents/"); ok && ours {
		e, c.path = rt.calls["stream/contents"], stream
	} else if ours {
		e, known = rt.calls[strings.TrimSuffix(name, "/")]
	}
	if !known {
		return problem(http.StatusNotFound, "the Google Reader API has no %s here", path)
	}
	if c.r.Method != http.MethodPost && (c.r.Method != http.MethodGet || e.writes) {
		allowed := "GET, POST"
		if e.writes {
			allowed = http.MethodPost
		}
		c.w.Header().Set("Allow", allowed)
		return problem(http.StatusMethodNotAllowed, "%s takes no %s; send a POST", c.r.URL.Path, c.r.Method)
	}
	if err := c.authenticate(rt.limiter); err != nil {
		return err
	}
	if err := c.readForm(e.raw); err != nil {
		return err
	}
	if e.writes {
		if err := c.checkToken(c.r.FormValue("T")); err != nil {
			return err
		}
	}
	return e.answer(c)
}
