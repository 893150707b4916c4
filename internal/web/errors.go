package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"headwater/internal/news"
)

// handler answers a request, or says why it cannot before anything is written.
type handler func(w http.ResponseWriter, r *http.Request) error

// problem is an error that the reader caused and may read.
type problem struct {
	Status  int
	Heading string
	Message string
}

func (p problem) Error() string { return p.Message }

// retryBuilding is after how many seconds what needs the whole index may be asked for again.
const retryBuilding = "30"

func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func notFound(message string) problem {
	return problem{http.StatusNotFound, "Not found", message}
}

func badRequest(message string) problem {
	return problem{http.StatusBadRequest, "That does not work", message}
}

// handle answers with a page where h fails. What the reader did not cause is logged, and told without its details.
func (s *server) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		var p problem
		var building *news.BuildingError
		switch {
		case err == nil || errors.Is(err, context.Canceled) && r.Context().Err() != nil:
			return
		case errors.As(err, &p):
		case errors.Is(err, news.ErrNotFound):
			p = notFound("It may have been removed, or the address is mistyped.")
		case errors.As(err, &building):
			w.Header().Set("Retry-After", retryBuilding)
			p = problem{http.StatusServiceUnavailable, "Not yet", sentence(building)}
		default:
			s.log.Error("page failed", "path", r.URL.Path, "error", err)
			p = problem{
				http.StatusInternalServerError, "Something went wrong",
				"This page could not be made. The log of the server says why; trying again may help.",
			}
		}
		s.fail(w, p)
	})
}

// fail shows a problem on a page that needs nothing from the newsroom, which may be what failed.
func (s *server) fail(w http.ResponseWriter, p problem) {
	view := page{Site: s.title, Title: p.Heading, Body: p}
	if err := s.pages.write(w, p.Status, "error", view); err != nil {
		s.log.Error("error page failed", "error", err)
		http.Error(w, p.Message, p.Status)
	}
}

// refuse answers posts that come from another site's page.
func (s *server) refuse(w http.ResponseWriter, _ *http.Request) {
	s.fail(w, problem{http.StatusForbidden, "Refused", "This form was sent from another site. Open the page here and send it again."})
}
