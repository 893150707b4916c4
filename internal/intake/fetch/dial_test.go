package fetch

import (
	"bufio"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestDial opens connections that are not for HTTP, and passes the same check as all others.
func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 hello\r\n"))
			_ = conn.Close()
		}
	}()
	allowed, err := New(Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := allowed.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); line != "220 hello\r\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	strict, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	for _, tt := range []struct {
		name   string
		client *Client
		at     string
		tls    bool
		says   string
	}{
		{"private", strict, l.Addr().String(), false, "fetch.allow_private"},
		{"private, encrypted", strict, secure.Listener.Addr().String(), true, "fetch.allow_private"},
		{"nobody there", allowed, "127.0.0.1:1", false, "nothing answers there"},
		{"no port", allowed, "127.0.0.1", false, "missing port"},
		{"not trusted", allowed, secure.Listener.Addr().String(), true, "certificate is not valid"},
		{"not encrypted", allowed, l.Addr().String(), true, "127.0.0.1: "},
	} {
		dial := tt.client.Dial
		if tt.tls {
			dial = tt.client.DialTLS
		}
		if conn, err := dial(t.Context(), "tcp", tt.at); err == nil || conn != nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
}
