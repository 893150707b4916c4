package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/ingress"
)

// Errors are RFC 9457 problems. Their detail says what happened, to what, and what to do.

// fail turns an error of the newsroom into an answer. List is the path that lists what can be asked for. What is
// nobody's fault outside is logged, not told.
func (s *server) fail(err error, what, list string) error {
	var building *search.BuildingError
	switch {
	case errors.Is(err, news.ErrNotFound):
		return huma.Error404NotFound(fmt.Sprintf("there is no %s; %s%s lists what there is", what, root, list))
	case errors.Is(err, search.ErrSlow):
		return huma.Error503ServiceUnavailable(search.ErrSlow.Error())
	case errors.As(err, &building):
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(building.Error()), http.Header{"Retry-After": {"30"}})
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return huma.Error503ServiceUnavailable(what + " was not read in time; ask again")
	}
	s.log.Error("an API request failed", "what", what, "error", err)
	return huma.Error500InternalServerError(what + ": the server failed; its log says why")
}

// invalid says what is wrong with a value that the schema allows.
func invalid(location string, value any, message string) error {
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: location, Value: value, Message: message})
}

// misquery says what is wrong with a search.
func misquery(location, query string, err error) error {
	return huma.Error400BadRequest("the query cannot be read", &huma.ErrorDetail{Location: location, Value: query, Message: err.Error()})
}

// maxReasons and maxEcho bound what an answer repeats of a bad request: reasons, and bytes of a value.
const (
	maxReasons = 10
	maxEcho    = 100
)

// explain puts the reasons of a problem into its detail, so that who shows no more than that shows what to mend.
func explain(_ huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok || len(p.Errors) == 0 {
		return v, nil
	}
	more := len(p.Errors) - 1
	p.Errors = p.Errors[:min(len(p.Errors), maxReasons)]
	for _, e := range p.Errors {
		e.Value = echo(e.Value)
	}
	p.Detail = reason(p.Errors[0])
	if more > 0 {
		p.Detail += fmt.Sprintf(" (and %d more)", more)
	}
	p.Detail += "; " + pathDescription + " says what is taken"
	return p, nil
}

func reason(e *huma.ErrorDetail) string {
	parts := []string{e.Location}
	switch v := e.Value.(type) {
	case nil:
	case string:
		parts = append(parts, fmt.Sprintf("%q", v))
	default:
		parts = append(parts, fmt.Sprint(v))
	}
	return strings.Join(append(parts, e.Message), ": ")
}

// echo leaves out whole objects and what is empty, and shortens long text.
func echo(value any) any {
	switch v := value.(type) {
	case string:
		switch {
		case v == "":
			return nil
		case len(v) > maxEcho:
			return strings.ToValidUTF8(v[:maxEcho], "") + "…"
		}
		return v
	case int, int64, float64, bool:
		return v
	}
	return nil
}

// legible refuses queries of which a part would be passed over in silence.
func legible(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			problem(w, http.StatusBadRequest, fmt.Sprintf("the query cannot be read: %v; write %% as %%25 and ; as %%3B", err))
			return
		}
		for name, values := range query {
			if len(values) > 1 {
				problem(w, http.StatusBadRequest, fmt.Sprintf("query.%s stands %d times; give it once", name, len(values)))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// onlyJSON refuses bodies of any other type. Forms and plain text are what another site's page could send unasked.
func onlyJSON(api huma.API, ctx huma.Context, next func(huma.Context)) {
	if ctx.Operation().RequestBody == nil {
		next(ctx)
		return
	}
	sent := ctx.Header("Content-Type")
	if kind, _, err := mime.ParseMediaType(sent); err == nil && kind == "application/json" {
		next(ctx)
		return
	}
	// WriteErr says itself where it cannot write.
	_ = huma.WriteErr(api, ctx, http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Type: %q is not taken; send application/json", sent))
}

// elsewhere answers where no route is, or none for the method.
func elsewhere(routes *ingress.Router) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		allowed := routes.Methods(r)
		if len(allowed) == 0 {
			problem(w, http.StatusNotFound, fmt.Sprintf("there is nothing at %s; %s lists the paths", r.URL.Path, pathDescription))
			return
		}
		methods := strings.Join(allowed, ", ")
		w.Header().Set("Allow", methods)
		problem(w, http.StatusMethodNotAllowed, fmt.Sprintf("%s does not take %s; use %s", r.URL.Path, r.Method, methods))
	}
}

// problem answers with an error where huma is not asked.
func problem(w http.ResponseWriter, status int, detail string) {
	p := huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail}
	w.Header().Set("Content-Type", p.ContentType("application/json"))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(&p) // a reader that left needs no answer
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a reader that left needs no answer
}
