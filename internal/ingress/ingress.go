// Package ingress is what each request passes before a handler answers it. In go requests as clients and proxies send
// them; out come those that are meant for this server, and no others.
//
// hosts.go checks the Host header, origin.go refuses what another site's page sends, router.go is the router that web and
// api share and that knows its patterns.
package ingress

import "net/http"

// Options for New.
type Options struct {
	// Hosts are those that requests may name. Nil answers none.
	Hosts *Hosts
}

// New makes the handler that stands before all others of a server.
func New(o Options, next http.Handler) http.Handler {
	return o.Hosts.check(next)
}
