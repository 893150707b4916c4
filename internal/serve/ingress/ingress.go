// Package ingress checks each request before a handler answers it. In go requests as clients and proxies send them; out
// come those that are meant for this server, and no others. It stands before pages, feeds, APIs and callbacks alike.
//
//   - Host has to be a name or an address of this server, on every path, or the answer is 421 and says which setting allows
//     it: the host of the public address, the names in the setting hosts, the address that is listened on; localhost and
//     loopback where loopback is listened on; all addresses of the machine, asked of it at that moment, where all are. A
//     page whose name was made to lead here (DNS rebinding) still sends its own name. Probes and /metrics are no exception:
//     Kubernetes and load balancers ask by address, and a name that Prometheus asks goes into hosts.
//   - Changes that a browser sends from another site's page get 403 (http.CrossOriginProtection): by Sec-Fetch-Site, else
//     by Origin against Host. Pages of the public address pass where a proxy changes Host. Programs send neither header and
//     pass. Logins count as changes.
//   - A client is an address, of IPv6 its /64. Behind trusted proxies it is read from the right of X-Forwarded-For or
//     Forwarded. Nothing is trusted by default; the log says once that a proxy on this machine or in its network is not
//     named.
//   - A body has 20 s to arrive, and 2 s once its handler has answered without it or the server stops. A late body gets
//     408, and its connection ends. A body is at most as large as a list of feeds (20 MiB) or what hubs may push
//     (fetch.max_bytes); handlers bound theirs further.
//   - Every answer has the strictest security headers. Handlers loosen the policy where a page needs more.
//
// ingress.go bounds bodies in size and time, and has the router that web and api share. It knows its patterns, so that tests
// walk all routes: with foreign hosts, foreign origins, and Allow, which has every method of a path. client.go finds the
// client behind proxies, and counts events, such as wrong passwords, by client. hosts.go checks the Host header and refuses
// what another site's page sends.
package ingress

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Options for New.
type Options struct {
	// Hosts are those that requests may name. Nil answers none.
	Hosts *Hosts
	// Proxies are networks whose X-Forwarded-For and Forwarded headers are trusted.
	Proxies []netip.Prefix
	// TrustedHeader is a header that is believed of these proxies and taken out of all other requests; "" is none.
	TrustedHeader string
	// MaxBody is the size of the largest body that a handler takes, in bytes. Less than 20 MiB means that.
	MaxBody int64
	// BodyTime is how long a request's body may take to arrive. Zero means 20 s.
	BodyTime time.Duration
	Logger   *slog.Logger // nil discards it
}

// New wraps the handler of a whole server, which stops when ctx ends.
func New(ctx context.Context, o Options, next http.Handler) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return strict(bounded(ctx, max(o.MaxBody, maxBody), cmp.Or(o.BodyTime, bodyTime), throughProxies(o.Proxies, o.TrustedHeader, o.Logger, o.Hosts.check(next))))
}

const (
	maxBody   = 20 << 20         // bytes of a list of feeds, the largest body that people send; handlers bound theirs further
	bodyTime  = 20 * time.Second // for a body to arrive
	drainTime = 2 * time.Second  // for the rest of a body that is no longer needed: its handler has answered, or the server stops
)

// strict sets the headers of an answer that no browser shall show as a page: it loads and runs nothing, is in no frame, and is
// of the type that it says. Pages, pictures and files replace the policy by their own.
func strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		next.ServeHTTP(w, r)
	})
}

// bounded gives each request's body a size and a time, which begins with the handler. A body that is late fails with
// os.ErrDeadlineExceeded, and its connection ends with the answer. When ctx ends, so do the bodies that are on their way.
func bounded(ctx context.Context, size int64, limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &body{ReadCloser: http.MaxBytesReader(w, r.Body, size), control: http.NewResponseController(w)}
		b.within(limit)
		b.stop = context.AfterFunc(ctx, func() { b.within(drainTime) })
		copied := *r // net/http looks at the body of its own request when it has the answer
		copied.Body = b
		defer func() {
			b.stop()
			if !b.over {
				b.within(drainTime) // net/http reads on, so that the client gets to see the answer
			}
		}()
		next.ServeHTTP(w, &copied)
	})
}

// body removes the deadline of the connection once it has arrived: net/http goes on reading the connection to notice that the
// client leaves, and would mistake a deadline for that.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	stop    func() bool // ends the watch for the end of the server
	over    bool
}

func (b *body) within(limit time.Duration) {
	_ = b.control.SetReadDeadline(time.Now().Add(limit)) // a connection without deadlines, as in a test, is never slow
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && !b.over {
		b.over = true
		b.stop()
		_ = b.control.SetReadDeadline(time.Time{}) // likewise
	}
	return n, err
}

// Router is an http.ServeMux that knows its patterns.
type Router struct {
	mux      http.ServeMux
	patterns []string
}

// Handle adds a route.
func (rt *Router) Handle(pattern string, h http.Handler) {
	rt.mux.Handle(pattern, h)
	rt.patterns = append(rt.patterns, pattern)
}

// ServeHTTP implements http.Handler.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) { rt.mux.ServeHTTP(w, r) }

// Patterns are all routes, in the order of their making.
func (rt *Router) Patterns() []string { return slices.Clone(rt.patterns) }

// Methods are those that the path of a request takes by the patterns that name one, sorted; GET brings HEAD with it.
func (rt *Router) Methods(r *http.Request) []string {
	var all, allowed []string
	for _, p := range rt.patterns {
		method, _, named := strings.Cut(p, " ")
		if named {
			all = append(all, method)
		}
		if method == http.MethodGet {
			all = append(all, http.MethodHead)
		}
	}
	slices.Sort(all)
	for _, method := range slices.Compact(all) {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := rt.mux.Handler(probe); strings.Contains(pattern, " ") {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
