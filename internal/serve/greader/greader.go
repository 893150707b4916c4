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
	// Access slows down who tries passwords, and says who may change feeds. Nil lets editors and admins.
	Access *access.Guard
	Title  string // of the site; empty means Headwater
	// PublicURL is the address that readers use; "" is that of each request.
	PublicURL string
	Now       func() time.Time // nil means time.Now
	Logger    *slog.Logger     // nil discards it
	Answered  ingress.Answered // takes note of each request; may be nil
}

// router finds the endpoint of a request.
type router struct {
	*server
	calls map[string]endpoint // by path below apiPath
}

// endpoint is one call of the API.
type endpoint struct {
	answer func(*call) error
	writes bool // takes POST only, with a token
	needs  access.Need
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
	s := &server{backend: o.Backend, access: o.Access, title: cmp.Or(o.Title, "Headwater"), now: o.Now, log: o.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.access == nil {
		s.access = access.New(access.Options{Now: s.now})
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	rt := &router{server: s}
	rt.calls = map[string]endpoint{
		"token":                  {needs: access.Reader, answer: (*call).token},
		"user-info":              {needs: access.Reader, answer: (*call).userInfo},
		"preference/list":        {needs: access.Reader, answer: (*call).preferences},
		"preference/stream/list": {needs: access.Reader, answer: (*call).streamPreferences},
		"tag/list":               {needs: access.Reader, answer: (*call).tagList},
		"subscription/list":      {needs: access.Reader, answer: (*call).subscriptions},
		"subscription/export":    {needs: access.Reader, answer: (*call).exportOPML},
		"subscription/import":    {needs: access.Feeds, answer: (*call).importOPML, writes: true, raw: true},
		"subscription/edit":      {needs: access.Feeds, answer: (*call).editSubscription, writes: true},
		"subscription/quickadd":  {needs: access.Feeds, answer: (*call).quickAdd, writes: true},
		"unread-count":           {needs: access.Reader, answer: (*call).unreadCount},
		"stream/items/ids":       {needs: access.Reader, answer: (*call).itemIDs},
		"stream/items/count":     {needs: access.Reader, answer: (*call).itemCount},
		"stream/items/contents":  {needs: access.Reader, answer: (*call).itemContents},
		"edit-tag":               {needs: access.Reader, answer: (*call).editTag, writes: true},
		"rename-tag":             {needs: access.Reader, answer: (*call).renameTag, writes: true},
		"disable-tag":            {needs: access.Reader, answer: (*call).disableTag, writes: true},
		"mark-all-as-read":       {needs: access.Reader, answer: (*call).markAllAsRead, writes: true},
		"stream/contents":        {needs: access.Reader, answer: (*call).streamContents},
	}
	routes := access.Routes{} // as http.ServeMux would have them; who asks is found out here, by tokens of this API
	for _, prefix := range []string{"", freshRSS} {
		routes = routes.Add("POST "+prefix+loginPath, access.Anyone)
		routes = routes.Add("GET "+prefix+atomPath+"{stream...}", access.Reader).Add("POST "+prefix+atomPath+"{stream...}", access.Reader)
		for _, name := range slices.Sorted(maps.Keys(rt.calls)) {
			e := rt.calls[name]
			if !e.writes {
				routes = routes.Add("GET "+prefix+apiPath+name, e.needs)
			}
			routes = routes.Add("POST "+prefix+apiPath+name, e.needs)
		}
	}
	return routes.With(ingress.Watch(o.Answered, ingress.SameOrigin(o.PublicURL, nil, rt)))
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
		c.r.Pattern = http.MethodPost + " " + loginPath // for Options.Answered, as http.ServeMux would set it
		return c.login()
	}
	var e endpoint
	name, ours := strings.CutPrefix(path, apiPath)
	known, route := ours, ""
	if stream, ok := strings.CutPrefix(path, atomPath); ok {
		e, c.path, known = endpoint{needs: access.Reader, answer: (*call).atom}, stream, true
		route = atomPath + "{stream...}"
	} else if stream, ok := strings.CutPrefix(name, "stream/contents/"); ok && ours {
		e, c.path = rt.calls["stream/contents"], stream
		route = apiPath + "stream/contents"
	} else if ours {
		name = strings.TrimSuffix(name, "/")
		e, known = rt.calls[name]
		route = apiPath + name
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
	c.r.Pattern = c.r.Method + " " + route
	if err := c.authenticate(); err != nil {
		return err
	}
	if !c.viewer.May(e.needs) {
		return problem(http.StatusForbidden, "%s is for %s", name, e.needs)
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
