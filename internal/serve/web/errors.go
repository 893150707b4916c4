package web

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
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

// readForm reads the form of a POST.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem{http.StatusRequestTimeout, "That does not work", "The form did not arrive in time. Send it again."}
	case err != nil:
		return badRequest("The form could not be read: " + err.Error())
	}
	return nil
}

// elsewhere answers where no route is, or none for the method.
func elsewhere(routes *ingress.Router) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		allowed := routes.Methods(r)
		if len(allowed) == 0 {
			return notFound("There is no page at this address.")
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return problem{http.StatusMethodNotAllowed, "That does not work", "This address takes " + strings.Join(allowed, ", ") + "."}
	}
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
