package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// withSockets is the program with sockets that the service manager, which is the test, has passed. Only the program knows its own id.
func withSockets(t *testing.T, sockets []*os.File, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, ownProgram(t), "serve"}, args...)...)
	cmd.Env = append(environ(), "HOME="+t.TempDir(), "HEADWATER_LISTS=", "LISTEN_FDS="+string(rune('0'+len(sockets))), "LISTEN_FDNAMES="+strings.Repeat("headwater.socket:", len(sockets)))
	cmd.ExtraFiles = sockets
	return cmd
}

// TestSocketActivation has one listening socket all the time, and a server that is reloaded and replaced by another. Each request is
// answered, also the one that came before the first server.
func TestSocketActivation(t *testing.T) {
	t.Parallel()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	socket, err := l.File()
	if err := errors.Join(err, l.Close()); err != nil { // the file has the socket from now on
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	early, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = early.Close() })
	if _, err := io.WriteString(early, "GET /healthz HTTP/1.1\r\nHost: "+l.Addr().String()+"\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	dir, settings := t.TempDir(), filepath.Join(t.TempDir(), "config.yaml")
	setTitle := func(title string) {
		t.Helper()
		if err := os.WriteFile(settings, []byte("title: "+title+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	setTitle("Before")
	start := func() *exec.Cmd {
		t.Helper()
		cmd := withSockets(t, []*os.File{socket}, "--data", dir, "--config", settings)
		log := &strings.Builder{}
		cmd.Stderr = log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it has ended, where all is well
			_ = cmd.Wait()
			if t.Failed() {
				t.Logf("a server said:\n%s", log)
			}
		})
		return cmd
	}
	signal := func(cmd *exec.Cmd, s os.Signal) {
		t.Helper()
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	first := start()
	if err := early.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(early), nil)
	if err != nil {
		t.Fatalf("the request that came before the server: %v", err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
		t.Errorf("the request that came before the server: %s", resp.Status)
	}

	var answered atomic.Int64
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	var asking sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := client.Get("http://" + l.Addr().String() + "/latest")
				if err != nil {
					t.Errorf("request %d: %v", answered.Load(), err)
					return
				}
				_, err = io.Copy(io.Discard, resp.Body)
				if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
					t.Errorf("request %d: %s, %v", answered.Load(), resp.Status, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	more := func() {
		t.Helper()
		for n, end := answered.Load(), time.Now().Add(time.Minute); answered.Load() < n+30; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("requests are not answered")
			}
		}
	}
	more()
	setTitle("Reloaded")
	signal(first, syscall.SIGHUP)
	for end := time.Now().Add(time.Minute); !strings.Contains(pageOf(t, "http://"+l.Addr().String()+"/latest"), "Reloaded"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the settings are not reloaded")
		}
	}
	more()
	signal(first, syscall.SIGTERM)
	if err := first.Wait(); err != nil {
		t.Errorf("the first server: %v", err)
	}
	second := start()
	more()
	close(stop)
	asking.Wait()
	signal(second, syscall.SIGTERM)
	if err := second.Wait(); err != nil {
		t.Errorf("the second server: %v", err)
	}
}

// TestWrongSockets holds that a server which can't serve what it was passed says so, and ends with the status after which systemd does
// not start it again.
func TestWrongSockets(t *testing.T) {
	t.Parallel()
	filed := func(c interface{ File() (*os.File, error) }, err error) *os.File {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		f, err := c.File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	local := net.IPv4(127, 0, 0, 1)
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: local})
	listening := filed(l, err)
	connection, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(l.Addr().String())))
	connected := filed(connection, err)
	datagrams, err := net.ListenUDP("udp", &net.UDPAddr{IP: local})
	udp := filed(datagrams, err)
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "socket"), Net: "unix"})
	unix := filed(socket, err)
	pipe, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipe.Close() })
	const noListener = "headwater.socket, which is no TCP socket that listens"
	for name, tt := range map[string]struct {
		sockets []*os.File
		args    []string
		want    string
	}{
		"two":        {[]*os.File{listening, listening}, nil, "passed 2 sockets (headwater.socket, headwater.socket), and one is served"},
		"connection": {[]*os.File{connected}, nil, noListener},
		"datagrams":  {[]*os.File{udp}, nil, noListener},
		"unix":       {[]*os.File{unix}, nil, noListener},
		"pipe":       {[]*os.File{pipe}, nil, noListener},
		"listen":     {[]*os.File{listening}, []string{"--listen", "127.0.0.1:0"}, "--listen 127.0.0.1:0 and a socket of the service manager"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said, err := withSockets(t, tt.sockets, append(tt.args, "--data", t.TempDir())...).CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitUsage || !strings.Contains(string(said), tt.want) {
				t.Errorf("it ended with %v and said %s", err, said)
			}
		})
	}
}
