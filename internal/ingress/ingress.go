// Package ingress is what each request passes before a handler answers it. In go requests as clients and proxies send
// them; out come those that are meant for this server, and no others.
//
// hosts.go checks the Host header, body.go bounds bodies in size and time, origin.go refuses what another site's page sends, router.go is the router that web and
// api share and that knows its patterns.
package ingress

import (
	"cmp"
	"context"
	"net/http"
	"time"
)

// Options for New.
type Options struct {
	// Hosts are those that requests may name. Nil answers none.
	Hosts *Hosts
	// MaxBody is the size of the largest body that a handler takes, in bytes. Less than 20 MiB means that.
	MaxBody int64
	// BodyTime is how long a request's body may take to arrive. Zero means 25 s.
	BodyTime time.Duration
}

// New makes the handler that stands before all others of a server, which stops when ctx ends.
func New(ctx context.Context, o Options, next http.Handler) http.Handler {
	return bounded(ctx, max(o.MaxBody, maxBody), cmp.Or(o.BodyTime, bodyTime), o.Hosts.check(next))
}
