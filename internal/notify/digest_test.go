package notify_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/notify"
)

// postOffice receives mails over pipes, so that it works within a synctest bubble.
type postOffice struct {
	mu    sync.Mutex
	mails []string
	busy  bool // it accepts no mails
}

func (p *postOffice) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go p.talk(theirs)
	return ours, nil
}

func (p *postOffice) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 mail.example")
	for {
		text, err := in.ReadString('\n')
		if err != nil {
			return
		}
		p.mu.Lock()
		busy := p.busy
		p.mu.Unlock()
		switch {
		case strings.HasPrefix(text, "RCPT") && busy:
			say("450 4.2.0 try again")
		case strings.HasPrefix(text, "DATA"):
			say("354 go on")
			var mail strings.Builder
			for text, err = in.ReadString('\n'); err == nil && text != ".\r\n"; text, err = in.ReadString('\n') {
				mail.WriteString(text)
			}
			p.mu.Lock()
			p.mails = append(p.mails, mail.String())
			p.mu.Unlock()
			say("250 taken")
		case strings.HasPrefix(text, "QUIT"):
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// subjects returns the subjects of the mails since the last call.
func (p *postOffice) subjects() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.mails {
		_, rest, _ := strings.Cut(m, "Subject: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		out = append(out, subject)
	}
	p.mails = nil
	return out
}

// TestDigest runs through two mornings: one mail at seven with all new stories, and none without new stories.
func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &postOffice{}
		w := startWatch(t, t.TempDir(), time.Now, notify.SenderOptions{
			Dial: p.dial, Mail: notify.Mail{Host: "mail.example", From: "news@example.org", TLS: notify.Plain},
		})
		w.add(t, news.Alert{Kind: news.AlertEmail, Target: "anna@example.org", AgainOutlets: 2})
		w.add(t, news.Alert{Kind: news.AlertEmail, Target: "ben@example.org", Schedule: "each"})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		serve := func(d time.Duration) []string { // a minute at a time, since each tick reads the store
			t.Helper()
			run, end := context.WithTimeout(ctx, d)
			defer end()
			w.Queue.Run(run, semaphore.NewWeighted(1))
			synctest.Wait()
			return p.subjects()
		}
		day := time.Now().UTC().Truncate(24 * time.Hour)
		until := func(hour, minute int) {
			time.Sleep(time.Until(day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)))
		}
		expect := func(what string, got []string, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		until(5, 0)
		w.settle(t, 1, false, 1)
		w.settle(t, 2, false, 2)
		w.settle(t, 1, false, 1, 3) // it grows before it is sent
		expect("at once", serve(4*time.Second), "Headwater: 2 stories in floods")
		until(6, 59)
		expect("before seven", serve(50*time.Second))
		expect("at seven", serve(20*time.Second), "Headwater: 2 stories in floods")
		until(24+6, 59)
		expect("nothing new the next day", serve(2*time.Minute))
		w.settle(t, 4, false, 4)
		expect("at once again", serve(4*time.Second), "floods: Story 4")
		p.mu.Lock()
		p.busy = true
		p.mu.Unlock()
		until(48+7, 0)
		expect("busy", serve(4*time.Second))
		p.mu.Lock()
		p.busy = false
		p.mu.Unlock()
		until(48+7, 1)
		expect("tried again", serve(4*time.Second), "floods: Story 4")
	})
}
