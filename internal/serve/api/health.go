package api

import (
	"context"
	"net/http"
	"time"

	"headwater/internal/news"
)

// patience is how long store and index may take to say that they are there.
const patience = 5 * time.Second

// ready says whether store and index answer. Why not is for the log: it may hold paths, and anybody may ask here.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	if _, err := s.ask(r.Context()); err != nil {
		plain(w, http.StatusServiceUnavailable, "store or index does not answer; the log says why")
		return
	}
	plain(w, http.StatusOK, "ready")
}

// ask gives the status to who asks every few seconds. Only a change from answering to not, or back, is logged.
func (s *server) ask(ctx context.Context) (news.Status, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	st, err := s.backend.Status(limited)
	if ctx.Err() != nil {
		return st, err // who asked has left, which says nothing of the store
	}
	switch was := s.down.Swap(err != nil); {
	case err != nil && !was:
		s.log.Error("store or index does not answer", "error", err)
	case err == nil && was:
		s.log.Info("store and index answer again")
	}
	return st, err
}
