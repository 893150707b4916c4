package fetch

import (
	"context"
	"sync"
	"time"
)

// gate lets a bounded number of requests a host through at once, with a pause between them. It holds an entry only for
// hosts that are in use or whose pause has not passed.
type gate struct {
	limit int
	pause time.Duration
	own   func(host string) bool // hosts without a pause; nil is none

	mu    sync.Mutex
	hosts map[string]*lane
}

// lane is the way to one host.
type lane struct {
	users int           // requests that run or wait
	slots chan struct{} // one element a running request; nil without a limit
	pause time.Duration
	free  time.Time // when the next request may start
}

func newGate(limit int, pause time.Duration) *gate {
	return &gate{limit: limit, pause: pause, hosts: map[string]*lane{}}
}

// enter waits for the host's turn. The caller must call release when its request is over.
func (g *gate) enter(ctx context.Context, host string) (release func(), err error) {
	if g.limit == 0 && g.pause == 0 {
		return func() {}, ctx.Err()
	}
	l := g.join(host)
	if l.slots != nil {
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			g.leave(host, l)
			return nil, ctx.Err()
		}
	}
	release = func() {
		g.rest(l)
		if l.slots != nil {
			<-l.slots
		}
		g.leave(host, l)
	}
	if err := sleep(ctx, g.reserve(l)); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func (g *gate) join(host string) *lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.hosts[host]
	if l == nil {
		l = &lane{pause: g.pauseOf(host)}
		if g.limit > 0 {
			l.slots = make(chan struct{}, g.limit)
		}
		g.hosts[host] = l
	}
	l.users++
	return l
}

func (g *gate) pauseOf(host string) time.Duration {
	if g.own != nil && g.own(host) {
		return 0
	}
	return g.pause
}

// reserve takes the next moment at which a request may start and returns how long that is from now.
func (g *gate) reserve(l *lane) time.Duration {
	if l.pause == 0 {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	start := l.free
	if start.Before(now) {
		start = now
	}
	l.free = start.Add(l.pause)
	return start.Sub(now)
}

// rest begins the pause after a request.
func (g *gate) rest(l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if free := time.Now().Add(l.pause); l.pause > 0 && free.After(l.free) {
		l.free = free
	}
}

// leave forgets the host once nobody uses it and its pause is over.
func (g *gate) leave(host string, l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	if wait := time.Until(l.free); wait > 0 {
		l.users++
		time.AfterFunc(wait, func() { g.leave(host, l) })
		return
	}
	delete(g.hosts, host)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
