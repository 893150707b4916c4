package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	checkEvery = 200 * time.Millisecond
	checkTime  = time.Second
	readyTime  = 2 * time.Minute // that the web nodes have until one is ready
)

// proxy passes requests on to the web nodes that are ready, by turns. A request that reads and meets a node that has just gone is
// passed on to the next.
type proxy struct {
	// open says that only this machine reaches the proxy. The nodes ask for no login then, and would refuse what says that it came
	// through a proxy.
	open  bool
	turn  atomic.Uint64
	mu    sync.Mutex // guards what follows
	nodes []*node
	ready map[*node]bool
}

func newProxy(open bool) *proxy { return &proxy{open: open, ready: map[*node]bool{}} }

func (p *proxy) add(n *node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nodes = append(p.nodes, n)
}

// inUse returns the addresses of the nodes that are ready, the one whose turn it is first, and then the others: where the only node
// that seems ready has just gone, another may have been too busy to say that it is.
func (p *proxy) inUse() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all, others []string
	for _, n := range p.nodes {
		switch at := n.url(); {
		case at == "":
		case p.ready[n]:
			all = append(all, at)
		default:
			others = append(others, at)
		}
	}
	if len(all) == 0 {
		return nil
	}
	first := int(p.turn.Add(1) % uint64(len(all)))
	return slices.Concat(all[first:], all[:first], others)
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	addresses := p.inUse()
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	for i, address := range addresses {
		target, err := url.Parse(address)
		if err != nil {
			break
		}
		gone := false
		h := &httputil.ReverseProxy{
			FlushInterval: -1, // event streams
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				if !p.open {
					r.SetXForwarded()
				}
				r.Out.Host = r.In.Host
			},
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) { gone = true },
		}
		h.ServeHTTP(w, r)
		if !gone || r.Context().Err() != nil {
			return
		}
		if !reads || i == len(addresses)-1 {
			http.Error(w, "The node that had this request has ended. Try again.", http.StatusBadGateway)
			return
		}
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "No web node is ready. Try again in a moment.", http.StatusServiceUnavailable)
}

// watch asks each node whether it is ready, until the context ends.
func (p *proxy) watch(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	client := &http.Client{Timeout: checkTime}
	defer client.CloseIdleConnections()
	for {
		p.mu.Lock()
		nodes := p.nodes
		p.mu.Unlock()
		for _, n := range nodes {
			ready := isReady(ctx, client, n.url())
			p.mu.Lock()
			p.ready[n] = ready
			p.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func isReady(ctx context.Context, client *http.Client, address string) bool {
	if address == "" {
		return false
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close()) == nil && resp.StatusCode == http.StatusOK
}

// awaitReady waits until a node is ready.
func (p *proxy) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(checkEvery / 4)
	defer tick.Stop()
	for deadline := time.Now().Add(readyTime); time.Now().Before(deadline); {
		if len(p.inUse()) > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return errors.New("no web node is ready; see their logs")
}
