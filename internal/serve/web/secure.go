package web

import (
	"net/http"
	"strings"

	"headwater/internal/serve/ingress"
)

// policy lets the pages load our own files and nothing else, from anywhere.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// directPolicy is that of an article whose pictures are to come from where they are.
var directPolicy = strings.Replace(policy, "img-src 'self' data:", "img-src 'self' data: http: https:", 1)

// picturePolicy is that of a picture: opened by itself it is a document without rights.
const picturePolicy = "sandbox; default-src 'none'"

// maxForm bounds the body of a POST, in bytes.
const maxForm = 64 << 10

// secure sets the headers that every answer carries and lets only our own pages post. The referrer policy is
// same-origin and not no-referrer: with the latter browsers send "Origin: null" with our own forms.
func secure(publicURL string, next, refused http.Handler) http.Handler {
	guarded := ingress.SameOrigin(publicURL, refused, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		guarded.ServeHTTP(w, r)
	})
}
