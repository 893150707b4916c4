package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// firstRequestTime is how long a server that ends waits for the first requests of connections that it accepted.
const firstRequestTime = 500 * time.Millisecond

// newConnections are the accepted connections of a server of which no request has reached the handler. http.Server.Shutdown closes them, also where
// a request has come: their clients would get no answer, although another process may be about to listen on the same socket.
type newConnections struct {
	mu    sync.Mutex // guards conns
	conns map[net.Conn]struct{}
}

type connectionKey struct{}

// watch has a server that is not started yet tell of its connections.
func (n *newConnections) watch(srv *http.Server) {
	next := srv.Handler
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.conns == nil {
			n.conns = map[net.Conn]struct{}{}
		}
		n.conns[c] = struct{}{}
		return context.WithValue(ctx, connectionKey{}, c)
	}
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateClosed || state == http.StateHijacked {
			n.remove(c)
		}
	}
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connectionKey{}).(net.Conn); ok {
			n.remove(c)
		}
		next.ServeHTTP(w, r)
	})
}

func (n *newConnections) remove(c net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
}

func (n *newConnections) none() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns) == 0
}

// wait returns when there are none, or after firstRequestTime.
func (n *newConnections) wait() {
	for end := time.Now().Add(firstRequestTime); !n.none() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}
