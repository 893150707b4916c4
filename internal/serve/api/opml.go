package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"

	"headwater/internal/news"
)

const (
	pathOPML = root + "/opml"
	typeOPML = "text/x-opml"
	maxOPML  = 20 << 20 // as much as package opml reads
)

func (s *server) writeOPML(w http.ResponseWriter, r *http.Request) {
	if refuse(w, rejectUnknown(r)) {
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
	if refuse(w, rejectUnknown(r)) {
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
