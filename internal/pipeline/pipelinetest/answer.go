package pipelinetest

import "net/http"

// Answer returns a handler that answers with a body, and with validators that must not be stored. Header holds names and
// values in turn.
func Answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"of the fault"`)
		w.Header().Set("Last-Modified", "Tue, 18 Aug 2026 09:00:00 GMT")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // a client that has gone is no matter
	}
}
