// Package ingress is what each request passes before a handler answers it. In go requests as clients and proxies send
// them; out come those that are meant for this server, and no others.
//
// body.go bounds bodies in size and time, client.go finds the client behind proxies, hosts.go checks the Host header,
// origin.go refuses what another site's page sends. router.go is the router that web and api share and that knows its
// patterns; tally.go counts what clients do wrong.
package ingress

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Options for New.
type Options struct {
	// Hosts are those that requests may name. Nil answers none.
	Hosts *Hosts
	// Proxies are networks whose word on whom they were asked by is taken.
	Proxies []netip.Prefix
	// MaxBody is the size of the largest body that a handler takes, in bytes. Less than 20 MiB means that.
	MaxBody int64
	// BodyTime is how long a request's body may take to arrive. Zero means 20 s.
	BodyTime time.Duration
	Logger   *slog.Logger // nil discards it

	unnamed *sync.Once // has a proxy that Proxies does not name told of once
}

// New makes the handler that stands before all others of a server, which stops when ctx ends.
func New(ctx context.Context, o Options, next http.Handler) http.Handler {
	o.unnamed = new(sync.Once)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return bounded(ctx, max(o.MaxBody, maxBody), cmp.Or(o.BodyTime, bodyTime), o.throughProxies(o.Hosts.check(next)))
}
