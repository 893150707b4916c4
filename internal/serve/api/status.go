package api

import (
	"context"
	"net/http"
	"time"

	"headwater/internal/news"
)

type status struct {
	Feeds     int `json:"feeds" doc:"feeds subscribed"`
	Articles  int `json:"articles" doc:"articles stored"`
	Stories   int `json:"stories" doc:"stories that the settled articles make"`
	Events    int `json:"events" doc:"events that the stories tell of"`
	Unsettled int `json:"unsettled" doc:"articles that wait to be settled"`
	Unindexed int `json:"unindexed" doc:"articles that wait to be indexed"`
}

func (s *server) status(ctx context.Context, _ *struct{}) (*body[status], error) {
	st, err := s.backend.Status(ctx)
	if err != nil {
		return nil, s.fail(err, "status", "/status")
	}
	return &body[status]{status(st)}, nil
}

const (
	pathAlive     = "/healthz"
	pathReady     = "/readyz"
	statusTimeout = 5 * time.Second // for store and index to answer
)

// ready says whether store and index answer. Why not is for the log: it may hold paths, and anybody may ask here.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	if _, err := s.poll(r.Context()); err != nil {
		plain(w, http.StatusServiceUnavailable, "store or index does not answer; the log says why")
		return
	}
	plain(w, http.StatusOK, "ready")
}

// poll gives the status to clients that ask every few seconds. Only a change from answering to not, or back, is logged.
func (s *server) poll(ctx context.Context) (news.Status, error) {
	limited, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	st, err := s.backend.Status(limited)
	if ctx.Err() != nil {
		return st, err // the client has left, which says nothing of the store
	}
	switch was := s.unavailable.Swap(err != nil); {
	case err != nil && !was:
		s.log.Error("store or index does not answer", "error", err)
	case err == nil && was:
		s.log.Info("store and index answer again")
	}
	return st, err
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a reader that left needs no answer
}
