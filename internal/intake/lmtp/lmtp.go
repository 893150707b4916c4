// Package lmtp receives mails for newsletters: by LMTP (RFC 2033) from a mail server on this machine, or by SMTP. It is the only
// importer of go-smtp.
//
// A mail is for the newsletters whose addresses its recipients are. Their local parts can't be guessed, so whoever knows one may write
// to it, and any other recipient is refused (550) before the mail is sent. A mail is answered with 250 once it is stored, and with 451
// where it is not: the server that sent it keeps it then and tries again. A repeated mail changes nothing, as the store knows it.
//
// A connection has maxWait for each command and for the text of a mail, and may bring maxMails. At most maxConnections are served at
// once; the others wait.
package lmtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"headwater/internal/news"
)

// Limits of what clients may use.
const (
	maxConnections = 20
	maxRecipients  = 100 // of a mail
	maxMails       = 500 // of a connection
	maxWait        = 2 * time.Minute
	maxFind        = 20 * time.Second // to look an address up
	shutdownTime   = 3 * time.Second
)

// The outcomes of a mail that Options.Count is told.
const (
	Stored  = "stored"
	Refused = "refused" // nobody has its address, or it is too large
	Failed  = "failed"  // its sender was asked to try again
)

// Outcomes are all outcomes.
var Outcomes = []string{Stored, Refused, Failed}

// Options configure a server.
type Options struct {
	LMTP     bool   // or SMTP
	Name     string // of this server in its greeting
	MaxBytes int64  // of a mail
	// Find returns the newsletter whose address has a local part, in lower case, or news.ErrNotFound.
	Find func(ctx context.Context, local string) (news.Feed, error)
	// Take stores a mail for some newsletters. When it returns nil, it is stored for all of them.
	Take   func(ctx context.Context, feeds []news.Feed, mail io.Reader) error
	Count  func(outcome string) // may be nil
	Logger *slog.Logger
}

// Serve receives mails until the context ends, and closes the listener.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	if o.Count == nil {
		o.Count = func(string) {}
	}
	storing, cancel := context.WithCancel(context.WithoutCancel(ctx)) // what has begun when ctx ends gets shutdownTime
	defer cancel()
	b := &backend{Options: o, ctx: storing}
	srv := smtp.NewServer(b)
	srv.LMTP, srv.Domain, srv.MaxMessageBytes, srv.MaxRecipients = o.LMTP, o.Name, o.MaxBytes, maxRecipients
	srv.ReadTimeout, srv.WriteTimeout, srv.EnableSMTPUTF8, srv.ErrorLog = maxWait, maxWait, true, clientLog{o.Logger}
	conns := &connections{Listener: netutil.LimitListener(l, maxConnections), open: map[net.Conn]bool{}}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		limited, cancelShutdown := context.WithTimeout(storing, shutdownTime)
		defer cancelShutdown()
		if err := srv.Shutdown(limited); err != nil { // clients that keep an idle connection, or take their time
			cancel()
			conns.closeAll()
		}
		b.end()
	})
	if err := srv.Serve(conns); stop() {
		return fmt.Errorf("receive mails: %w", err)
	}
	<-ended
	return nil
}

// connections are those of a listener that are open.
type connections struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]bool // guarded by mu
}

// Accept implements net.Listener.
func (c *connections) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = true
	return &connection{conn, c}, nil
}

func (c *connections) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Close() // it may be closed already
	}
}

type connection struct {
	net.Conn
	all *connections
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c.Conn)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// backend makes a session of each connection.
type backend struct {
	Options
	ctx     context.Context //nolint:containedctx // go-smtp passes none
	failing atomic.Bool     // the last mail could not be stored, and the log says so

	busy  sync.RWMutex // held for reading while the functions of Options are used
	ended bool         // guarded by busy
}

// end waits until nothing uses the functions of Options, which nothing does any more then.
func (b *backend) end() {
	b.busy.Lock()
	defer b.busy.Unlock()
	b.ended = true
}

var errEnds = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "this server ends; try again later"}

// NewSession implements smtp.Backend.
func (b *backend) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{backend: b}, nil }

// session is a connection. Its recipients are the newsletters of the mail that is being sent.
type session struct {
	*backend
	mails int

	mu         sync.Mutex  // a mail in chunks (BDAT) is read beside the commands
	recipients []news.Feed // guarded by mu
}

// Mail implements smtp.Session.
func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.mails++; s.mails > maxMails {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "too many mails in one connection; open another"}
	}
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	local := to
	if at := strings.LastIndexByte(to, '@'); at >= 0 {
		local = to[:at]
	}
	s.busy.RLock()
	defer s.busy.RUnlock()
	if s.ended {
		return errEnds
	}
	ctx, cancel := context.WithTimeout(s.ctx, maxFind)
	defer cancel()
	feed, err := s.Find(ctx, strings.ToLower(local))
	switch {
	case errors.Is(err, news.ErrNotFound):
		s.Count(Refused)
		s.Logger.Debug("a mail to an address that no newsletter has was refused", "to", to)
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no newsletter has this address"}
	case err != nil:
		return s.fail(err)
	case feed.Paused:
		s.Count(Failed)
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "this newsletter is paused; try again later"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.recipients, func(f news.Feed) bool { return f.ID == feed.ID }) {
		s.recipients = append(s.recipients, feed)
	}
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	s.busy.RLock()
	defer s.busy.RUnlock()
	if s.ended {
		return errEnds
	}
	s.mu.Lock()
	recipients := s.recipients
	s.mu.Unlock()
	mail := &source{r: r}
	err := s.Take(s.ctx, recipients, mail)
	var refused *smtp.SMTPError
	switch {
	case err == nil:
		if s.Count(Stored); s.failing.Swap(false) {
			s.Logger.Info("mails are stored again")
		}
		return nil
	case errors.As(mail.err, &refused):
		s.Count(Refused)
		s.Logger.Warn("a mail was refused, as it is too large", "newsletter", recipients[0].Title, "most", s.MaxBytes)
		return refused
	case mail.err != nil:
		s.Count(Failed)
		s.Logger.Debug("a mail broke off", "error", mail.err)
		return tryAgain
	}
	return s.fail(err)
}

// LMTPData implements smtp.LMTPSession. All recipients have the same answer, as a mail is stored for all of them or for none. Without
// it go-smtp v0.26.0 reads the recipients of a mail in chunks while RSET removes them.
func (s *session) LMTPData(r io.Reader, _ smtp.StatusCollector) error { return s.Data(r) }

// source remembers why reading a mail failed. nil is its end.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

var tryAgain = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "the mail could not be stored; try again later"}

// fail asks the client to try again, and says once in a row why.
func (s *session) fail(err error) error {
	s.Count(Failed)
	if !s.failing.Swap(true) {
		s.Logger.Error("a mail could not be stored; the server that sent it is asked to try again", "error", err)
	}
	return tryAgain
}

// Reset implements smtp.Session.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recipients = nil
}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// clientLog logs what go-smtp says of clients that break off and of panics.
type clientLog struct{ log *slog.Logger }

func (l clientLog) Printf(format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	if strings.HasPrefix(text, "panic") {
		l.log.Error("receiving a mail failed; the server that sent it is asked to try again", "error", text)
		return
	}
	l.log.Debug("a client that sends mails", "event", text)
}

func (l clientLog) Println(values ...any) { l.Printf("%s", fmt.Sprintln(values...)) }
