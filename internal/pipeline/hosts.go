package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/weburl"
)

const (
	holdFor   = 10 * time.Second       // the longest that a request waits for a host that another node asks
	holdEvery = 100 * time.Millisecond // between two tries to claim a host, and between two rounds of keep
	handBack  = 5 * time.Second        // the longest that claiming hosts or handing them back takes when the context has ended
)

// hostLeases has the leases of the hosts that this process may ask. Passes and readers of pages claim hosts for what they are
// going to ask; every other request, such as the target of a redirect, holds its host while it runs. A host is handed back when
// nobody uses it any more. While there are leases, keep renews them. It implements fetch.HostLeases.
//
// Where no other process may use the store, passes claim hosts too, but nothing needs to be renewed, and other requests hold
// nothing.
type hostLeases struct {
	store *store.DB
	pause func(host string) time.Duration
	now   func() time.Time
	log   *slog.Logger

	claiming chan struct{} // a semaphore: one claim, renewal or return at a time, so that none is of a host that another is about

	mu   sync.Mutex // guards what follows
	held map[string]*heldHost
	kept chan struct{} // closed when keep ends; nil while it does not run
}

// heldHost is the lease of one host.
type heldHost struct {
	host  string
	users int       // guarded by hostLeases.mu
	since time.Time // when the lease began last; guarded by hostLeases.mu

	ctx  context.Context // ends when the lease is lost
	lose context.CancelCauseFunc
}

func newHostLeases(o Options) *hostLeases {
	h := &hostLeases{store: o.Store, now: o.Now, log: o.Logger, claiming: make(chan struct{}, 1), held: map[string]*heldHost{}}
	if o.Fetch != nil {
		h.pause = o.Fetch.PauseOfHost
		o.Fetch.UseLeases(h)
	}
	return h
}

// claim adopts the hosts that fn claims in the store. The caller calls done for each host when it needs it no more. The context of fn
// ends later than ctx: a claim that was committed without our knowing would hold its hosts to the end of the lease.
func (l *hostLeases) claim(ctx context.Context, fn func(context.Context) ([]string, error)) (map[string]*heldHost, error) {
	if err := l.lock(ctx); err != nil {
		return nil, err
	}
	defer l.unlock()
	since := time.Now()
	claiming, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(handBack, end) })()
	hosts, err := fn(claiming)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string]*heldHost, len(hosts))
	for _, host := range hosts {
		h := l.held[host]
		if h == nil {
			h = &heldHost{host: host}
			h.ctx, h.lose = context.WithCancelCause(context.Background())
			l.held[host] = h
		}
		h.since = since
		h.users++
		all[host] = h
	}
	if len(l.held) > 0 && l.kept == nil && l.store.Shared() {
		l.kept = make(chan struct{})
		go l.keep(context.WithoutCancel(ctx), l.kept) // close waits for it
	}
	return all, nil
}

// claimFree claims those of the hosts that no other node asks.
func (l *hostLeases) claimFree(ctx context.Context, hosts ...string) (map[string]*heldHost, error) {
	return l.claim(ctx, func(ctx context.Context) ([]string, error) { return l.store.AcquireHosts(ctx, hosts, l.now()) })
}

// done ends one use of each host.
func (l *hostLeases) done(hosts ...*heldHost) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range hosts {
		h.users--
	}
}

// giveBack ends one use of each host, and hands those back that nobody uses.
func (l *hostLeases) giveBack(ctx context.Context, hosts map[string]*heldHost) error {
	if len(hosts) == 0 {
		return nil
	}
	l.done(slices.Collect(maps.Values(hosts))...)
	return l.flush(ctx)
}

// has reports whether the lease is still ours.
func (l *hostLeases) has(h *heldHost) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return h.ctx.Err() == nil && !l.over(h)
}

// over reports whether the lease may have ended, since it was not renewed in time. The process may have been stopped.
func (l *hostLeases) over(h *heldHost) bool {
	return l.store.Shared() && store.Elapsed(h.since) >= l.store.Lease()
}

// Hold implements fetch.HostLeases.
func (l *hostLeases) Hold(ctx context.Context, host string) (held context.Context, release func(), err error) {
	if !l.store.Shared() {
		return ctx, func() {}, nil
	}
	ends := time.Now().Add(holdFor)
	for {
		h := l.use(host)
		if h == nil {
			claimed, err := l.claimFree(ctx, host)
			if err != nil {
				return ctx, nil, err
			}
			h = claimed[host]
		}
		if h != nil {
			held, cancel := context.WithCancelCause(ctx)
			stop := context.AfterFunc(h.ctx, func() { cancel(context.Cause(h.ctx)) })
			return held, func() {
				stop()
				cancel(nil)
				l.done(h)
			}, nil
		}
		if time.Now().After(ends) {
			return ctx, nil, fetch.ErrHeld
		}
		if err := pauseFor(ctx, holdEvery); err != nil {
			return ctx, nil, err
		}
	}
}

// use begins one use of a host that this process has, or returns nil.
func (l *hostLeases) use(host string) *heldHost {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.held[host]
	switch {
	case h == nil:
		return nil
	case l.over(h):
		l.drop(h)
		return nil
	}
	h.users++
	return h
}

// drop forgets a host that another node may ask. The caller holds mu.
func (l *hostLeases) drop(h *heldHost) {
	h.lose(fetch.ErrHeld)
	if l.held[h.host] == h {
		delete(l.held, h.host)
	}
}

// keep renews the leases and hands back the hosts that nobody uses, until there are none. Then it closes ended.
func (l *hostLeases) keep(ctx context.Context, ended chan<- struct{}) {
	defer close(ended)
	renewed, every := time.Now(), l.store.Lease()/3
	for {
		time.Sleep(min(holdEvery, every))
		l.mu.Lock()
		if len(l.held) == 0 {
			l.kept = nil
			l.mu.Unlock()
			return
		}
		for _, h := range l.held {
			if l.over(h) {
				l.log.Warn("a host was not renewed in time; another node may ask it", "host", h.host)
				l.drop(h)
			}
		}
		l.mu.Unlock()
		err := l.flush(ctx)
		if time.Since(renewed) >= every {
			renewed = time.Now()
			err = errors.Join(err, l.renew(ctx))
		}
		if err != nil {
			l.log.Warn("leases of hosts could not be renewed or handed back; it is tried again", "error", err)
		}
	}
}

// close waits until all hosts are handed back.
func (l *hostLeases) close() {
	l.mu.Lock()
	kept := l.kept
	l.mu.Unlock()
	if kept != nil {
		<-kept
	}
}

// renew renews the leases of all hosts.
func (l *hostLeases) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.store.Lease()/3)
	defer cancel()
	if err := l.lock(ctx); err != nil {
		return err
	}
	defer l.unlock()
	l.mu.Lock()
	all := make(map[string]*heldHost, len(l.held))
	names := make([]string, 0, len(l.held))
	for name, h := range l.held {
		all[name], names = h, append(names, name)
	}
	l.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	since := time.Now()
	still, err := l.store.RenewHosts(ctx, names, l.now())
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range still {
		all[name].since = since
		delete(all, name)
	}
	for name, h := range all {
		l.log.Warn("a host was claimed by another node, since its lease was not renewed in time", "host", name)
		l.drop(h)
	}
	return nil
}

// flush hands back the hosts that nobody uses, also when the context has ended. A host that can't be handed back is free when
// its lease has ended.
func (l *hostLeases) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handBack)
	defer cancel()
	if err := l.lock(ctx); err != nil {
		return err
	}
	defer l.unlock()
	byPause := map[time.Duration][]string{}
	l.mu.Lock()
	for name, h := range l.held {
		if h.users > 0 {
			continue
		}
		pause := time.Duration(0)
		if l.pause != nil {
			pause = l.pause(name)
		}
		byPause[pause] = append(byPause[pause], name)
		delete(l.held, name) // who wants it from now on claims it again, and waits for this to end
	}
	l.mu.Unlock()
	if len(byPause) == 0 {
		return nil
	}
	releases := make([]store.HostRelease, 0, len(byPause))
	for pause, hosts := range byPause {
		releases = append(releases, store.HostRelease{Hosts: hosts, Pause: pause})
	}
	return l.store.ReleaseHosts(ctx, l.now(), releases...)
}

func (l *hostLeases) lock(ctx context.Context) error {
	select {
	case l.claiming <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *hostLeases) unlock() { <-l.claiming }

// pauseFor waits.
func pauseFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passHosts are the hosts of one pass. Each is handed back when the results of its last feed are stored.
type passHosts struct {
	leases *hostLeases

	mu   sync.Mutex // guards what follows
	held map[string]*heldHost
	left map[string]int // feeds that are not stored yet
}

func newPassHosts(l *hostLeases) *passHosts {
	return &passHosts{leases: l, held: map[string]*heldHost{}, left: map[string]int{}}
}

// add adds claimed hosts with the feeds that are to be polled. Hosts without any are done.
func (p *passHosts) add(claimed map[string]*heldHost, feeds []news.Feed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range feeds {
		p.left[weburl.Hostname(f.URL)]++
	}
	for host, h := range claimed {
		if old := p.held[host]; old != nil { // it was lost and claimed again
			p.leases.done(old)
		}
		if p.held[host] = h; p.left[host] == 0 {
			delete(p.held, host)
			p.leases.done(h)
		}
	}
}

// has reports whether a feed's host may still be asked.
func (p *passHosts) has(f news.Feed) bool {
	p.mu.Lock()
	h := p.held[weburl.Hostname(f.URL)]
	p.mu.Unlock()
	return h != nil && p.leases.has(h)
}

// stored is called when the result of a feed is stored, or when there will be none.
func (p *passHosts) stored(f news.Feed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	host := weburl.Hostname(f.URL)
	p.left[host]--
	if h := p.held[host]; h != nil && p.left[host] == 0 {
		delete(p.held, host)
		p.leases.done(h)
	}
}

// close ends the use of all hosts and hands them back.
func (p *passHosts) close(ctx context.Context) error {
	p.mu.Lock()
	for host, h := range p.held {
		delete(p.held, host)
		p.leases.done(h)
	}
	p.mu.Unlock()
	return p.leases.flush(ctx)
}
