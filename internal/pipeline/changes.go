package pipeline

import (
	"context"
	"sync"

	"headwater/internal/news"
)

// signal wakes all who wait for something.
type signal struct {
	mu sync.Mutex
	ch chan struct{} // closed by the next call of all
}

// next gives a channel that is closed when it happens next.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) all() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// NextChange gives a channel that is closed when stories change in this process, which is the only one that changes any.
func (n *Newsroom) NextChange() <-chan struct{} { return n.changed.next() }

// StoryLog gives the entries of the story log after a number, in order.
func (n *Newsroom) StoryLog(ctx context.Context, after int64, limit int) ([]news.StoryChange, error) {
	return n.Store.StoryLog(ctx, after, limit)
}

// LastChange is the newest number of the story log, 0 for an empty one.
func (n *Newsroom) LastChange(ctx context.Context) (int64, error) { return n.Store.LastChange(ctx) }
