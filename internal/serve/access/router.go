package access

import (
	"maps"
	"net/http"

	"headwater/internal/serve/ingress"
)

// Router is a router whose routes each declare who may use them.
type Router struct {
	ingress.Router
	guard  *Guard
	refuse Refuse
	needs  map[string]Need
}

// NewRouter makes a router behind a guard.
func NewRouter(g *Guard, refuse Refuse) *Router {
	return &Router{guard: g, refuse: refuse, needs: map[string]Need{}}
}

// Handle adds a route for those who meet a need.
func (rt *Router) Handle(pattern string, need Need, h http.Handler) {
	rt.needs[pattern] = need
	rt.Router.Handle(pattern, rt.guard.Handle(need, rt.refuse, h))
}

// Routes are the router's routes, behind handler.
func (rt *Router) Routes(handler http.Handler) Routes {
	return Routes{Handler: handler, Patterns: rt.Patterns(), Needs: rt.needs}
}

// Routes is a handler with the patterns that it answers, as http.ServeMux has them, and what each of them needs.
type Routes struct {
	http.Handler
	Patterns []string
	Needs    map[string]Need
}

// Add returns the routes with one more.
func (r Routes) Add(pattern string, need Need) Routes {
	return r.With(r.Handler, Routes{Patterns: []string{pattern}, Needs: map[string]Need{pattern: need}})
}

// With returns the routes together with those of others, all answered by handler.
func (r Routes) With(handler http.Handler, others ...Routes) Routes {
	all := Routes{Handler: handler, Patterns: r.Patterns, Needs: map[string]Need{}}
	maps.Copy(all.Needs, r.Needs)
	for _, o := range others {
		all.Patterns = append(all.Patterns[:len(all.Patterns):len(all.Patterns)], o.Patterns...)
		maps.Copy(all.Needs, o.Needs)
	}
	return all
}
