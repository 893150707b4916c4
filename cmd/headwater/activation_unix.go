//go:build unix

package main

import (
	"net"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
)

// inheritedListener is the socket that the service manager listens on for this process (sd_listen_fds(3)), or nil where it has none. The
// error is a *usageError: another start finds the same.
func inheritedListener() (net.Listener, error) {
	files := activation.Files(true)
	names := make([]string, len(files))
	for i, f := range files {
		defer func() { _ = f.Close() }() // the listener has a copy
		names[i] = f.Name()
	}
	switch len(files) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, usagef("the service manager passed %d sockets (%s), and one is served; let headwater.socket have one ListenStream=: [::]:8080 takes IPv4 too", len(files), strings.Join(names, ", "))
	}
	const want = "which is no TCP socket that listens; headwater.socket needs ListenStream=ADDRESS:PORT, and no Accept=yes"
	l, err := net.FileListener(files[0])
	if err != nil {
		return nil, usagef("the service manager passed %s, %s: %w", names[0], want, err)
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok || !listens(tcp) {
		_ = l.Close() // nothing was accepted
		return nil, usagef("the service manager passed %s, %s", names[0], want)
	}
	return l, nil
}

// listens is false for a connection: net takes one for a listener.
func listens(l *net.TCPListener) bool {
	raw, err := l.SyscallConn()
	if err != nil {
		return false
	}
	accepts := 0
	if controlErr := raw.Control(func(fd uintptr) {
		accepts, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	}); controlErr != nil {
		return false
	}
	return err == nil && accepts != 0
}
