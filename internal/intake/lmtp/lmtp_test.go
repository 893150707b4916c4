package lmtp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"headwater/internal/news"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is a server and what it has stored.
type office struct {
	address string
	stop    func()
	log     *bytes.Buffer

	mu     sync.Mutex
	mails  []string // guarded by mu
	counts map[string]int
	fails  error         // of Find and Take
	hold   chan struct{} // Take waits until it is closed; nil waits for nothing
	taken  chan struct{} // Take has read a mail
}

func open(t *testing.T, network string, isLMTP bool) *office {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	of := &office{address: l.Addr().String(), log: &bytes.Buffer{}, counts: map[string]int{}, taken: make(chan struct{}, 10)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, l, Options{
			LMTP: isLMTP, Name: "news.example.org", MaxBytes: 10_000, Logger: slog.New(slog.NewTextHandler(of.log, nil)),
			Find: of.find, Take: of.take, Count: func(outcome string) {
				of.mu.Lock()
				defer of.mu.Unlock()
				of.counts[outcome]++
			},
		})
	}()
	of.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(of.stop)
	return of
}

func (of *office) find(_ context.Context, local string) (news.Feed, error) {
	of.mu.Lock()
	defer of.mu.Unlock()
	switch local {
	case "letter":
		return news.Feed{ID: 1}, of.fails
	case "paused":
		return news.Feed{ID: 2, Paused: true}, of.fails
	}
	return news.Feed{}, news.ErrNotFound
}

func (of *office) take(ctx context.Context, feeds []news.Feed, mail io.Reader) error {
	data, err := io.ReadAll(mail)
	if err != nil {
		return err
	}
	of.taken <- struct{}{}
	of.mu.Lock()
	hold, fails := of.hold, of.fails
	of.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	if fails == nil {
		of.mails = append(of.mails, fmt.Sprint(len(feeds), " ", string(data)))
	}
	return fails
}

func (of *office) fail(err error) {
	of.mu.Lock()
	defer of.mu.Unlock()
	of.fails = err
}

// talk sends lines and returns the codes of the answers. "\n" in a line is the end of a line; a line that begins with ">" is sent
// without waiting for an answer.
func talk(t *testing.T, network, address string, lines ...string) (codes []string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	answer := func() bool {
		for {
			line, err := answers.ReadString('\n')
			if err != nil {
				codes = append(codes, "closed")
				return false
			}
			if len(line) > 3 && line[3] != '-' {
				codes = append(codes, line[:3])
				return true
			}
		}
	}
	if !answer() {
		return codes
	}
	for _, line := range lines {
		quiet := strings.HasPrefix(line, ">")
		line = strings.ReplaceAll(strings.TrimPrefix(line, ">"), "\n", "\r\n") + "\r\n"
		if _, err := io.WriteString(conn, line); err != nil && !quiet {
			return append(codes, "closed")
		}
		if !quiet && !answer() {
			return codes
		}
	}
	return codes
}

// TestAnswers holds what clients are answered to what they say.
func TestAnswers(t *testing.T) {
	const from, to = "MAIL FROM:<a@b.example>", "RCPT TO:<letter@news.example.org>"
	for _, tt := range []struct {
		name   string
		lmtp   bool
		lines  []string
		want   string
		stored int
	}{
		{"LMTP", true, []string{"LHLO x", from, to, "DATA", "Subject: S\n\nhello\n.", "QUIT"}, "220 250 250 250 354 250 221", 1},
		{"SMTP", false, []string{"EHLO x", from, to, "DATA", "Subject: S\n\nhello\n.", "QUIT"}, "220 250 250 250 354 250 221", 1},
		{"an old SMTP client", false, []string{"HELO x", from, to, "DATA", "hello\n.", "QUIT"}, "220 250 250 250 354 250 221", 1},
		{"a bounce", true, []string{"LHLO x", "MAIL FROM:<>", to, "DATA", "hello\n."}, "220 250 250 250 354 250", 1},
		{"capitals and another domain", true, []string{"LHLO x", from, "RCPT TO:<LETTER@elsewhere.example>", "DATA", "hello\n."}, "220 250 250 250 354 250", 1},
		{"nobody", true, []string{"LHLO x", from, "RCPT TO:<postmaster@news.example.org>", "DATA"}, "220 250 250 550 502", 0},
		{"nobody beside somebody", true, []string{"LHLO x", from, "RCPT TO:<x@y>", to, "DATA", "hello\n."}, "220 250 250 550 250 354 250", 1},
		{"the same twice", true, []string{"LHLO x", from, to, to, "DATA", "hello\n."}, "220 250 250 250 250 354 250", 1},
		{"paused", true, []string{"LHLO x", from, "RCPT TO:<paused@news.example.org>"}, "220 250 250 450", 0},
		{"too large", true, []string{"LHLO x", from, to, "DATA", strings.Repeat("0123456789\n", 1000) + ".", "NOOP"}, "220 250 250 250 354 552 250", 0},
		{"too large, as it says", true, []string{"LHLO x", "MAIL FROM:<a@b.example> SIZE=10001"}, "220 250 552", 0},
		{"chunks", true, []string{"LHLO x", from, to, "BDAT 7\nhello", "BDAT 7 LAST\nworld"}, "220 250 250 250 250 250", 1},
		{"chunks that are given up", true, []string{"LHLO x", from, to, "BDAT 7\nhello", "RSET", "DATA"}, "220 250 250 250 250 250 502", 0},
		{"broken off", true, []string{"LHLO x", from, to, "DATA", ">Subject: S\n\nhello"}, "220 250 250 250 354", 0},
		{"HTTP", false, []string{"GET / HTTP/1.1"}, "220 501", 0},
		{"a login", false, []string{"EHLO x", "AUTH PLAIN AGEAYg=="}, "220 250 523", 0},
		{"many recipients", true, append([]string{"LHLO x", from}, slicesRepeat(to, 101)...), "220 250 250" + strings.Repeat(" 250", 100) + " 452", 0},
		{"a line without an end", true, []string{strings.Repeat("x", 100_000)}, "220 500", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			of := open(t, "tcp", tt.lmtp)
			if got := strings.Join(talk(t, "tcp", of.address, tt.lines...), " "); got != tt.want {
				t.Errorf("answers %s, want %s", got, tt.want)
			}
			of.stop()
			if len(of.mails) != tt.stored {
				t.Errorf("stored %q, want %d mails", of.mails, tt.stored)
			}
			for _, mail := range of.mails {
				if !strings.HasPrefix(mail, "1 ") || !strings.Contains(mail, "hello") {
					t.Errorf("stored %q", mail)
				}
			}
		})
	}
}

func slicesRepeat(s string, n int) (all []string) {
	for range n {
		all = append(all, s)
	}
	return all
}

// TestFailingStore holds that a mail that is not stored is not accepted, and that the log says so once.
func TestFailingStore(t *testing.T) {
	of := open(t, "unix", true)
	deliver := func() string {
		return strings.Join(talk(t, "unix", of.address, "LHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<letter@x>", "DATA", "hello\n."), " ")
	}
	finds := of.fails
	for range 3 {
		of.fail(errors.New("the disk is full"))
		if got := deliver(); got != "220 250 250 451 502 501" {
			t.Errorf("an address that can't be looked up is answered with %s", got)
		}
	}
	of.fail(finds)
	if got := deliver(); got != "220 250 250 250 354 250" {
		t.Errorf("later it is answered with %s", got)
	}
	of.stop()
	log := of.log.String()
	if n := strings.Count(log, "the disk is full"); n != 1 || !strings.Contains(log, "stored again") {
		t.Errorf("the log says so %d times:\n%s", n, log)
	}
	if of.counts[Failed] != 3 || of.counts[Stored] != 1 {
		t.Errorf("counted %v", of.counts)
	}
}

// TestStop ends a server while a mail is being stored and clients are idle. The mail that was accepted is stored.
func TestStop(t *testing.T) {
	of := open(t, "tcp", true)
	of.hold = make(chan struct{})
	answered := make(chan string, 1)
	go func() {
		answered <- strings.Join(talk(t, "tcp", of.address, "LHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<letter@x>", "DATA", "hello\n."), " ")
	}()
	idle, err := new(net.Dialer).DialContext(t.Context(), "tcp", of.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = idle.Close() }()
	<-of.taken
	time.AfterFunc(300*time.Millisecond, func() { close(of.hold) })
	began := time.Now()
	of.stop()
	if took := time.Since(began); took > shutdownTime+2*time.Second {
		t.Errorf("it took %s", took)
	}
	if got := <-answered; got != "220 250 250 250 354 250" || len(of.mails) != 1 {
		t.Errorf("answered with %s, and %d mails are stored", got, len(of.mails))
	}
}
