package ingress

import (
	"net/http"
	"time"
)

// Answered takes note of an answered request: the pattern of its route, the status, and the time from its arrival to the end of the answer.
type Answered func(route string, code int, took time.Duration)

// NoRoute is the route of requests that were refused before theirs was found, or that have none.
const NoRoute = "none"

// Watch has answered called for each request that next answers. A route is what next left in http.Request.Pattern, as http.ServeMux does, so
// no visitor can make up one. Nil takes no notes.
func Watch(answered Answered, next http.Handler) http.Handler {
	if answered == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, seen := time.Now(), &recorder{ResponseWriter: w, code: http.StatusOK}
		r = r.WithContext(r.Context())
		r.Pattern = "" // of the mux before this one
		next.ServeHTTP(seen, r)
		route := r.Pattern // set by next
		if route == "" || route == "/" {
			route = NoRoute
		}
		answered(route, seen.code, time.Since(began))
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	code int
}

// WriteHeader remembers the code and sends it.
func (r *recorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
