package ingress

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// WindowCounter counts events by a key, such as wrong passwords by client. The events of a key are forgotten together, when the
// window of the first is over. A WindowCounter holds a bounded number of keys. Beyond it a tenth of them is dropped: those with the
// fewest events, and of these the oldest, so that a flood of new keys does not displace one with many events.
type WindowCounter[K comparable] struct {
	now     func() time.Time
	window  time.Duration
	maxKeys int

	mu     sync.Mutex // guards counts
	counts map[K]*count
}

type count struct {
	events int
	reset  time.Time
}

// NewWindowCounter makes a counter of at most so many keys, by the clock now.
func NewWindowCounter[K comparable](now func() time.Time, window time.Duration, maxKeys int) *WindowCounter[K] {
	return &WindowCounter[K]{now: now, window: window, maxKeys: maxKeys, counts: map[K]*count{}}
}

// Add counts an event. It gives how many there are with this one, and when they are forgotten.
func (t *WindowCounter[K]) Add(key K) (events int, left time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	c := t.counts[key]
	if c == nil || !now.Before(c.reset) {
		if c == nil && len(t.counts) >= t.maxKeys {
			t.evict(now)
		}
		c = &count{reset: now.Add(t.window)}
		t.counts[key] = c
	}
	c.events++
	return c.events, c.reset.Sub(now)
}

// Undo undoes an Add.
func (t *WindowCounter[K]) Undo(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.counts[key]; c != nil && c.events > 0 {
		c.events--
	}
}

// Forget forgets the events of a key.
func (t *WindowCounter[K]) Forget(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.counts, key)
}

// Has says whether a key has any event.
func (t *WindowCounter[K]) Has(key K) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts[key]
	return c != nil && c.events > 0 && t.now().Before(c.reset)
}

// Len is how many keys are held.
func (t *WindowCounter[K]) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.counts)
}

// evict drops keys whose window is over, and then the least important beyond nine tenths of the bound.
func (t *WindowCounter[K]) evict(now time.Time) {
	keys := make([]K, 0, len(t.counts))
	for key, c := range t.counts {
		if now.Before(c.reset) {
			keys = append(keys, key)
		} else {
			delete(t.counts, key)
		}
	}
	slices.SortFunc(keys, func(a, b K) int {
		x, y := t.counts[a], t.counts[b]
		return cmp.Or(cmp.Compare(x.events, y.events), x.reset.Compare(y.reset))
	})
	for _, key := range keys[:max(0, len(keys)-t.maxKeys+t.maxKeys/10)] {
		delete(t.counts, key)
	}
}
