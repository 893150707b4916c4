package pipelinetest

import (
	"sync"
	"time"
)

// Clock is the time of the program under test. Only the test moves it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the present, in milliseconds as the store keeps them.
func NewClock() *Clock { return NewClockAt(time.Now().Truncate(time.Millisecond)) }

// NewClockAt returns a clock that shows a time.
func NewClockAt(at time.Time) *Clock { return &Clock{now: at} }

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock; back if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
