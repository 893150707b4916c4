package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/pprof" //nolint:gosec // it adds its handlers to http.DefaultServeMux, which nobody serves
	"os"
	"time"
)

// listenForProfiler listens at a socket that only this user can connect to. It returns nil for the path "".
func listenForProfiler(ctx context.Context, path string) (net.Listener, error) {
	if path == "" {
		return nil, nil
	}
	l, err := listenAtSocket(ctx, path, 0o600)
	if err != nil {
		return nil, fmt.Errorf("observe.pprof_socket: %w", err)
	}
	return l, nil
}

// listenAtSocket listens at a new socket with a mode. It replaces a socket at which nobody listens, and nothing else.
func listenAtSocket(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	if err := removeStaleSocket(ctx, path); err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// closeListener closes a listener, which may be nil.
func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

// removeStaleSocket removes a socket at which nobody listens. It returns an error where something else is at its path.
func removeStaleSocket(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there and is no socket; remove it, or set another path", path)
	}
	conn, err := dialSocket(ctx, path)
	if err != nil {
		return err
	}
	if conn != nil {
		return errors.Join(fmt.Errorf("another program listens at %s; set another path", path), conn.Close())
	}
	return os.Remove(path)
}

// serveProfiler answers Go's profiler until the context ends, and removes the socket. l may be nil.
func serveProfiler(ctx context.Context, l net.Listener) error {
	if l == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })() // it also removes the socket
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("socket of the profiler: %w", err)
	}
	return nil
}
