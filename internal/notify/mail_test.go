package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
)

// mailServer is a small SMTP server. Its zero value accepts every mail without encryption and login.
type mailServer struct {
	cert   *tls.Certificate // offers STARTTLS
	login  string           // asks for AUTH PLAIN with "name password"
	refuse string           // its answer to RCPT
	silent bool             // it never greets
	rude   bool             // it closes the connection after accepting a mail

	port        int
	connections *atomic.Int64
	mu          *sync.Mutex
	mails       *[]string // as received, with CRLF
}

// serveMail runs a mailServer on loopback.
func serveMail(t *testing.T, s mailServer) mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port //nolint:errcheck,forcetypeassert // it listens on TCP
	s.connections, s.mu, s.mails = new(atomic.Int64), new(sync.Mutex), new([]string)
	var running sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			running.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return s
}

// got returns the accepted mails.
func (s mailServer) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.mails
}

// talk answers commands until the client disconnects.
func (s mailServer) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(lines ...string) { _, _ = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n") }
	if s.silent {
		_, _ = in.ReadString('\n') // until it leaves
		return
	}
	say("220 mail.example ESMTP")
	for {
		text, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			lines := []string{"250-mail.example"}
			if _, secure := conn.(*tls.Conn); s.cert != nil && !secure {
				lines = append(lines, "250-STARTTLS")
			}
			if s.login != "" {
				lines = append(lines, "250-AUTH PLAIN")
			}
			say(append(lines, "250 8BITMIME")...)
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}, MinVersion: tls.VersionTLS12})
			in = bufio.NewReader(conn)
		case "AUTH":
			word, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if strings.ReplaceAll(strings.Trim(string(word), "\x00"), "\x00", " ") != s.login {
				say("535 5.7.8 wrong name or password")
				continue
			}
			say("235 welcome")
		case "RCPT":
			if s.refuse != "" {
				say(s.refuse)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			s.take(in)
			say("250 taken")
			if s.rude {
				return
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s mailServer) take(in *bufio.Reader) {
	var body strings.Builder
	for {
		text, err := in.ReadString('\n')
		if err != nil || text == ".\r\n" {
			break
		}
		body.WriteString(strings.TrimPrefix(text, "."))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.mails = append(*s.mails, body.String())
}

func (s mailServer) settings() Mail {
	return Mail{Host: "127.0.0.1", Port: s.port, From: "Newsroom <news@example.org>", TLS: Plain}
}

// parts reads a mail like a mail program: its headers, and its bodies by media type.
func parts(t *testing.T, text string) (netmail.Header, map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	bodies := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("a part in %q", p.Header.Get("Content-Transfer-Encoding"))
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		bodies[kind] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

// TestMail sends a digest whose titles contain header lines and markup, and reads it.
func TestMail(t *testing.T) {
	server := serveMail(t, mailServer{})
	s := sender(t, SenderOptions{Mail: server.settings()})
	m := testMessage(news.AlertEmail, "anna@example.org", "", "Fluss über\r\nBcc: all@example.org\r\n\r\ndie <script>Ufer</script>", "Second one")
	m.Topic.Name = "Flüsse\nX-Evil: 1"
	m.Items = append(m.Items, m.Items[0]) // the story has grown meanwhile
	m.Items[2].Reason = news.ReasonGrown
	for range 2 {
		if err := s.send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	mails := server.got()
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	header, bodies := parts(t, mails[0])
	subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil || subject != "Headwater: 2 stories in Flüsse X-Evil: 1" || !strings.HasPrefix(header.Get("Subject"), "=?") {
		t.Errorf("subject %q, %v, from %q", subject, err, header.Get("Subject"))
	}
	for key, want := range map[string]string{
		"To": "<anna@example.org>", "From": `"Newsroom" <news@example.org>`, "Bcc": "", "X-Evil": "", "Auto-Submitted": "auto-generated",
		"Date": "Tue, 18 Aug 2026 07:00:00 +0000", "Mime-Version": "1.0",
	} {
		if got := header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	again, _ := parts(t, mails[1])
	if id := header.Get("Message-Id"); !strings.HasSuffix(id, "@example.org>") || id != again.Get("Message-Id") {
		t.Errorf("ids %q and %q", id, again.Get("Message-Id"))
	}
	const wantText = "Fluss über Bcc: all@example.org die <script>Ufer</script>\n  Likely original: Harbour Wire. 3 outlets.\n  New (Tue 18 Aug 2026, 06:00 UTC)\n" +
		"  https://news.example/story/7\n\nSecond one\n  Likely original: Harbour Wire. 3 outlets.\n  New (Tue 18 Aug 2026, 06:00 UTC)\n" +
		"  https://news.example/story/8\n\n-- \nYou are told of the topic “Flüsse X-Evil: 1” of https://news.example\n"
	if bodies["text/plain"] != wantText {
		t.Errorf("text:\n%s", bodies["text/plain"])
	}
	html := bodies["text/html"]
	if strings.Contains(html, "<script>") || strings.Count(html, "<h3") != 2 || !strings.Contains(html, `<a href="https://news.example/story/7">Fluss über Bcc`) {
		t.Errorf("html:\n%s", html)
	}
}

// TestMailOfOne uses the story's headline as subject.
func TestMailOfOne(t *testing.T) {
	server := serveMail(t, mailServer{rude: true}) // this changes nothing: the mail was accepted
	s := sender(t, SenderOptions{Mail: server.settings()})
	if err := s.send(t.Context(), testMessage(news.AlertEmail, "anna@example.org", "", "River floods")); err != nil {
		t.Fatal(err)
	}
	if header, _ := parts(t, server.got()[0]); header.Get("Subject") != "floods: River floods" {
		t.Errorf("%q", header.Get("Subject"))
	}
}

// TestMailInGerman writes in the language and the zone that the user chose.
func TestMailInGerman(t *testing.T) {
	server := serveMail(t, mailServer{})
	s := sender(t, SenderOptions{
		Mail: server.settings(), Locale: locale.Choice{Zone: "Asia/Tokyo"},
		Settings: func(_ context.Context, user int64) (news.Settings, error) {
			return map[int64]news.Settings{7: {Language: "de", TimeZone: "Europe/Berlin"}}[user], nil
		},
	})
	for user, want := range map[int64]string{
		7: "Neu (Di 18. Aug. 2026, 08:00 CEST)", 8: "New (Tue 18 Aug 2026, 15:00 JST)", 0: "New (Tue 18 Aug 2026, 15:00 JST)",
	} {
		m := testMessage(news.AlertEmail, "anna@example.org", "", "River floods")
		m.Alert.User = user
		if err := s.send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		mails := server.got()
		if _, bodies := parts(t, mails[len(mails)-1]); !strings.Contains(bodies["text/plain"], want) {
			t.Errorf("user %d: %s", user, bodies["text/plain"])
		}
	}
}

// TestMailServers sends to mail servers of all kinds.
func TestMailServers(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate of 127.0.0.1
	t.Cleanup(web.Close)
	cert := &web.TLS.Certificates[0]
	trust := x509.NewCertPool()
	trust.AddCert(web.Certificate())
	login := func(m Mail, name, word string) Mail { m.Username, m.Password = name, word; return m }
	secure := func(m Mail) Mail {
		m.TLS = StartTLS
		m.trust = &tls.Config{RootCAs: trust, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
		return m
	}
	tests := []struct {
		name   string
		server mailServer
		with   func(Mail) Mail
		says   string // "" sends
	}{
		{"plain", mailServer{}, func(m Mail) Mail { return m }, ""},
		{"encrypted, with a password", mailServer{cert: cert, login: "news word"}, func(m Mail) Mail { return login(secure(m), "news", "word") }, ""},
		{"a password to this machine", mailServer{login: "news word"}, func(m Mail) Mail { return login(m, "news", "word") }, ""},
		{"a wrong password", mailServer{cert: cert, login: "news word"}, func(m Mail) Mail { return login(secure(m), "news", "other") }, "smtp.password"},
		{"no encryption there", mailServer{}, secure, "offers no encryption"},
		{"a certificate that nobody trusts", mailServer{cert: cert}, func(m Mail) Mail { m.TLS = StartTLS; return m }, "certificate is not valid"},
		{"no such person", mailServer{refuse: "550 5.1.1 no such person"}, func(m Mail) Mail { return m }, "check the address"},
		{"full", mailServer{refuse: "452 4.2.2 mailbox full"}, func(m Mail) Mail { return m }, "tried again"},
		{"nobody there", mailServer{}, func(m Mail) Mail { m.Port = 1; return m }, "nothing answers there"},
		{"none set", mailServer{}, func(Mail) Mail { return Mail{} }, "smtp.host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := serveMail(t, tt.server)
			err := sender(t, SenderOptions{Mail: tt.with(server.settings())}).send(t.Context(), testMessage(news.AlertEmail, "anna@example.org", "", "River floods"))
			switch {
			case tt.says == "" && (err != nil || len(server.got()) != 1):
				t.Errorf("%v, and %d mails", err, len(server.got()))
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%v, want %q", err, tt.says)
			}
			if err != nil && strings.Contains(fmt.Sprint(err), "other") {
				t.Errorf("the password is repeated: %v", err)
			}
		})
	}
}

// TestSilentMailServer takes until the timeout, or until the caller's context ends.
func TestSilentMailServer(t *testing.T) {
	server := serveMail(t, mailServer{silent: true})
	m := testMessage(news.AlertEmail, "anna@example.org", "", "River floods")
	if err := sender(t, SenderOptions{Mail: server.settings(), Timeout: 50 * time.Millisecond}).send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("silence: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := sender(t, SenderOptions{Mail: server.settings(), Timeout: time.Hour})
	dial := s.Dial
	s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		cancel()
		return conn, err
	}
	if err := s.send(ctx, m); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
}
