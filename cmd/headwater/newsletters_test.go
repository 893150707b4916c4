package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"headwater/internal/config"
	"headwater/internal/news"
)

// TestServeNewsletters makes an address on a page, sends mails to it through a socket while settings are reloaded, and finds the
// articles on the newsletter's page.
func TestServeNewsletters(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "lmtp")
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.Newsletters.Listen, cfg.Newsletters.Domain = t.TempDir(), "127.0.0.1:0", "unix:"+socket, "letters.example.org"
	a := openApp(t, cfg)
	s, base := serveInTest(t, a, func() (config.Config, error) { return cfg, nil })
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket has mode %v (%v)", info.Mode(), err)
	}
	if _, err := a.listenForMails(t.Context()); err == nil || !strings.Contains(err.Error(), "newsletters.listen: another program listens") {
		t.Errorf("a second server at the same socket: %v", err)
	}
	resp, err := http.PostForm(base+"/feeds/newsletter", url.Values{"title": {"Harbour Letter"}, "folder": {"Letters"}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := a.store.Feed(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	address := f.MailAddress("letters.example.org")
	if resp.StatusCode != http.StatusOK || f.Folder != "Letters" || !strings.Contains(string(page), address) {
		t.Fatalf("status %d, feed %+v, page without %s", resp.StatusCode, f, address)
	}
	const mails = 12
	for i := range mails {
		if i%4 == 3 {
			cfg.Title = fmt.Sprint("Title ", i)
			if _, err := s.reload(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		deliver(t, socket, address, fmt.Sprintf("From: a@harbour.example\r\nSubject: Letter %d\r\nMessage-ID: <%d@harbour.example>\r\n\r\nCrane number %[1]d arrived.\r\n", i, i))
	}
	got, err := a.store.FeedArticles(t.Context(), 0, f.ID, "", news.Place{}, 100)
	if err != nil || len(got) != mails {
		t.Errorf("%d articles (%v), want %d", len(got), err, mails)
	}
	if page := pageOf(t, base+"/feed/1?by=article"); !strings.Contains(page, "Letter 11") || strings.Contains(page, "newsletter:") {
		t.Error("the page of the newsletter lacks its articles, or shows its feed address")
	}
	if metrics := pageOf(t, base+"/metrics"); !strings.Contains(metrics, `headwater_mails_total{outcome="refused"} 0`) {
		t.Error("the metrics lack mails")
	}
}

// deliver sends a mail by LMTP, and fails if it is not accepted.
func deliver(t *testing.T, socket, to, mail string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClientLMTP(conn)
	c.CommandTimeout = 10 * time.Second
	if err := errors.Join(c.Mail("b@harbour.example", nil), c.Rcpt(to, nil)); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, mail)
	if err := errors.Join(err, w.Close(), c.Quit()); err != nil {
		t.Fatal(err)
	}
}
