package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
)

const (
	pathOPML = root + "/opml"
	typeOPML = "text/x-opml"
	maxOPML  = 20 << 20 // as much as package opml reads
)

func (s *server) writeOPML(w http.ResponseWriter, r *http.Request) {
	if err := onlyQueries(r); err != nil {
		s.refuse(w, err)
		return
	}
	var b bytes.Buffer
	if err := s.backend.WriteOPML(r.Context(), &b, "Headwater"); err != nil {
		s.log.Error("the list of feeds could not be written", "error", err)
		problem(w, http.StatusServiceUnavailable, "the list of feeds cannot be written; try again later")
		return
	}
	w.Header().Set("Content-Type", typeOPML+"; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // a reader that left needs no answer
}

type imported struct {
	Feeds       int      `json:"feeds" doc:"feeds that are new"`
	KnownFeeds  int      `json:"known_feeds" doc:"feeds that were there before"`
	Topics      int      `json:"topics" doc:"topics that are new"`
	KnownTopics int      `json:"known_topics" doc:"topics of a name that there was before, which stay as they are"`
	Problems    []string `json:"problems" nullable:"false" doc:"what was left out, and why"`
}

func (s *server) readOPML(w http.ResponseWriter, r *http.Request) {
	if err := onlyQueries(r); err != nil {
		s.refuse(w, err)
		return
	}
	done, err := s.backend.ReadOPML(r.Context(), http.MaxBytesReader(w, r.Body, maxOPML))
	var large *http.MaxBytesError
	var refused *news.RefusedError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		problem(w, http.StatusRequestTimeout, "the list did not arrive in time; split it")
		return
	case errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, "the list is too large; split it")
		return
	case errors.As(err, &refused):
		problem(w, http.StatusUnprocessableEntity, "the list cannot be read: "+refused.Text)
		return
	case err != nil:
		s.log.Error("a list of feeds could not be taken over", "error", err)
		problem(w, http.StatusServiceUnavailable, "the list cannot be taken over; try again later")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	out := imported{done.Feeds, done.KnownFeeds, done.Topics, done.KnownTopics, append([]string{}, done.Problems...)}
	_ = json.NewEncoder(w).Encode(out) // a reader that left needs no answer
}

// describeOPML describes what huma does not serve: bodies that are no JSON.
func describeOPML(doc *huma.OpenAPI) {
	write := beside("write-opml", pathOPML, "Write the feeds and topics as OPML", typeOPML, http.StatusOK)
	refusals(write, http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	doc.AddOperation(write)
	op := beside("read-opml", pathOPML, "Subscribe to the feeds of an OPML list, and follow the topics in it", "application/json", http.StatusOK)
	op.Method = http.MethodPost
	op.RequestBody = &huma.RequestBody{
		Description: "an OPML list, of 20 MB at most", Required: true,
		Content: map[string]*huma.MediaType{typeOPML: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
	op.Responses["200"].Content["application/json"].Schema = doc.Components.Schemas.Schema(reflect.TypeFor[imported](), true, "Imported")
	refusals(op, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	doc.AddOperation(op)
}

// refusals describes errors of an operation that huma does not serve.
func refusals(op *huma.Operation, statuses ...int) {
	for _, status := range statuses {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/ErrorModel"}}},
		}
	}
}
