package ingress

import (
	"net/http"
	"slices"
	"strings"
)

// Router is an http.ServeMux that knows its patterns.
type Router struct {
	mux      http.ServeMux
	patterns []string
}

// Routes is a handler and the patterns that it answers, as http.ServeMux has them.
type Routes struct {
	http.Handler
	Patterns []string
}

// Handle adds a route.
func (rt *Router) Handle(pattern string, h http.Handler) {
	rt.mux.Handle(pattern, h)
	rt.patterns = append(rt.patterns, pattern)
}

// HandleFunc adds a route.
func (rt *Router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	rt.Handle(pattern, http.HandlerFunc(h))
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
