// Package observe says how a process is doing: whether its loops go on (health.go), and what its stages have done (metrics.go).
// It knows nothing of what they do, so every layer can use it.
package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// StuckAfter is how long a step of a loop may take without progress. The longest that is normal, loading the window of a large
// installation, takes about a minute.
const StuckAfter = 10 * time.Minute

// Health knows what the loops of a process are doing. The zero value is ready to use and healthy; a nil one notes nothing.
// Its methods are safe for concurrent use.
//
// A loop that waits for work has no step, and is healthy. One that works has a step, which has to make progress. So a lock
// that nobody releases, or a call that never returns, is noticed, and an idle server is not mistaken for a dead one.
type Health struct {
	mu    sync.Mutex // guards what follows, and all steps
	steps map[*step]struct{}
}

// step is what a loop is doing.
type step struct {
	health  *Health
	loop    string
	since   time.Time // of the last progress
	waiting int       // calls of Waiting that have not ended
}

type stepKey struct{}

// Begin begins a step of a loop. The caller passes the context to what does the work, and calls end after it.
func (h *Health) Begin(ctx context.Context, loop string) (_ context.Context, end func()) {
	if h == nil {
		return ctx, func() {}
	}
	s := &step{health: h, loop: loop, since: time.Now()}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.steps == nil {
		h.steps = map[*step]struct{}{}
	}
	h.steps[s] = struct{}{}
	return context.WithValue(ctx, stepKey{}, s), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.steps, s)
	}
}

// Progress notes that the step of the context goes on. It does nothing in work that is no step of a loop.
func Progress(ctx context.Context) {
	if s, ok := ctx.Value(stepKey{}).(*step); ok {
		s.health.mu.Lock()
		defer s.health.mu.Unlock()
		s.since = time.Now()
	}
}

// Waiting notes that the step of the context waits for something outside of this process, such as a database that is away.
// Until end is called it counts as healthy.
func Waiting(ctx context.Context) (end func()) {
	s, ok := ctx.Value(stepKey{}).(*step)
	if !ok {
		return func() {}
	}
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	s.waiting++
	return func() {
		s.health.mu.Lock()
		defer s.health.mu.Unlock()
		s.waiting--
		s.since = time.Now()
	}
}

// Check returns an error that names the loops whose step has made no progress for StuckAfter, nil where all go on. /healthz
// and the watchdog of a service manager ask it: a process with such a loop has to be started again.
func (h *Health) Check() error {
	stuck := h.stuck()
	if len(stuck) == 0 {
		return nil
	}
	slices.Sort(stuck)
	return fmt.Errorf("no progress: %s", strings.Join(stuck, ", "))
}

func (h *Health) stuck() (stuck []string) {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.steps {
		if took := time.Since(s.since); s.waiting == 0 && took >= StuckAfter {
			stuck = append(stuck, fmt.Sprintf("%s for %s", s.loop, took.Round(time.Minute)))
		}
	}
	return stuck
}
