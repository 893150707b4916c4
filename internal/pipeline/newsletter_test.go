package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"headwater/internal/intake/lmtp"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
)

// post is a server that receives mails into a Room.
type post struct {
	*pipelinetest.Room
	t       *testing.T
	address string
	lmtp    bool
	broken  atomic.Bool // the store fails
}

func newPost(t *testing.T, isLMTP bool, now func() time.Time) *post {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	p := &post{Room: open(t, t.TempDir(), settings{now: now}), t: t, address: l.Addr().String(), lmtp: isLMTP}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- lmtp.Serve(ctx, l, lmtp.Options{
			LMTP: isLMTP, Name: "news.example.org", MaxBytes: 1 << 20, Find: p.Pipeline.Newsletter, Logger: slog.New(slog.DiscardHandler),
			Take: func(ctx context.Context, feeds []news.Feed, mail io.Reader) error {
				if p.broken.Load() {
					ended, cancel := context.WithCancel(ctx)
					cancel()
					ctx = ended
				}
				return p.Pipeline.ReceiveMail(ctx, feeds, mail)
			},
		})
	}()
	t.Cleanup(func() {
		cancel()
		must(t, <-ended)
	})
	return p
}

func (p *post) newsletter(title string) news.Feed {
	p.t.Helper()
	f, err := p.Feeds.AddNewsletter(p.t.Context(), news.Feed{Title: title})
	must(p.t, err)
	return f
}

// send sends a mail as a mail server does, and returns the code of the answer: 250 once the mail is stored.
func (p *post) send(mail string, to ...string) int {
	p.t.Helper()
	c, err := smtp.Dial(p.address)
	if p.lmtp {
		conn, dialErr := new(net.Dialer).DialContext(p.t.Context(), "tcp", p.address)
		must(p.t, dialErr)
		c, err = smtp.NewClientLMTP(conn), nil
	}
	must(p.t, err)
	defer func() { _ = c.Close() }()
	code := func(err error) int {
		var answer *smtp.SMTPError
		if err != nil && !errors.As(err, &answer) {
			p.t.Fatal(err)
		}
		if answer != nil {
			return answer.Code
		}
		return 250
	}
	must(p.t, c.Mail("bounces@sender.example", nil))
	for _, address := range to {
		if got := code(c.Rcpt(address, nil)); got != 250 {
			return got
		}
	}
	w, err := c.Data()
	must(p.t, err)
	_, err = io.WriteString(w, strings.ReplaceAll(mail, "\n", "\r\n"))
	must(p.t, err)
	return code(w.Close())
}

func (p *post) articles(f news.Feed) []news.Article {
	p.t.Helper()
	listed, err := p.Store.FeedArticles(p.t.Context(), 0, f.ID, "", news.Place{}, 100)
	must(p.t, err)
	out := make([]news.Article, len(listed))
	for i, a := range listed {
		out[i], err = p.Store.Article(p.t.Context(), a.ID)
		must(p.t, err)
	}
	return out
}

const harbourLetter = `From: "The Harbour Letter" <letter@harbour.example>
Subject: =?utf-8?Q?Cranes,_ferries_and_one_s=C3=A9al?=
Date: Thu, 3 Dec 2026 08:09:58 +0100
Message-ID: <20261203.1@harbour.example>
Archived-At: <https://harbour.example/letters/2026-12-03>
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html; charset=utf-8

<table><tr><td><p>Two cranes arrived at the harbour on Tuesday, and nobody knows what they are for.</p></td></tr></table>
<p onclick="steal()">A <a href="javascript:steal()">link</a>, <img src="cid:one@x" width="300" alt="a picture that came along">
<img src="https://harbour.example/crane.jpg" width="600" alt="A crane"><img src="https://track.example/open?id=1" width="1" height="1"></p>
<script>steal()</script><form action="https://steal.example"><input name=password></form>
--b
Content-Type: image/png
Content-ID: <one@x>

png
--b--
`

// TestNewsletter sends mails by LMTP and by SMTP, as a mail server does.
func TestNewsletter(t *testing.T) {
	for _, isLMTP := range []bool{true, false} {
		t.Run(fmt.Sprint("LMTP ", isLMTP), func(t *testing.T) {
			clock := time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)
			p := newPost(t, isLMTP, func() time.Time { return clock })
			harbour, other := p.newsletter("Harbour Letter"), p.newsletter("Håfen & more, weekly")
			to, toOther := harbour.MailAddress("news.example.org"), other.MailAddress("news.example.org")
			if !strings.HasPrefix(to, "harbour-letter-") || !strings.HasPrefix(toOther, "hafen-more-weekly-") || len(to) < len("harbour-letter-")+20 {
				t.Errorf("the addresses are %s and %s", to, toOther)
			}
			if got := p.send(harbourLetter, "harbour-letter-aaaaaaaaaaaaaaaaaaaa@news.example.org"); got != 550 {
				t.Errorf("a mail to nobody is answered with %d", got)
			}
			if got := p.send(harbourLetter, strings.ToUpper(to)); got != 250 {
				t.Fatalf("a mail is answered with %d", got)
			}
			all := p.articles(harbour)
			if len(all) != 1 {
				t.Fatalf("there are %d articles", len(all))
			}
			a := all[0]
			got := []string{a.Title, strings.Join(a.Authors, ", "), a.Outlet.Domain, a.URL, a.Canonical, a.Published.UTC().Format(time.RFC3339)}
			want := []string{"Cranes, ferries and one séal", "The Harbour Letter", "harbour.example", "https://harbour.example/letters/2026-12-03", "https://harbour.example/letters/2026-12-03", "2026-12-03T07:09:58Z"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, bad := range []string{"steal", "cid:", "track.example", "script", "<form", "<table"} {
				if strings.Contains(a.HTML, bad) {
					t.Errorf("the HTML has %s:\n%s", bad, a.HTML)
				}
			}
			if !strings.Contains(a.HTML, "https://harbour.example/crane.jpg") || !strings.Contains(a.Text, "Two cranes arrived at the harbour") {
				t.Errorf("it lacks its text or picture:\n%s\n%s", a.HTML, a.Text)
			}

			// Delivered twice, also to two newsletters at once, it is one article of each.
			if got := p.send("Received: from elsewhere\n"+harbourLetter, to, toOther); got != 250 {
				t.Errorf("a mail for two newsletters is answered with %d", got)
			}
			if n, of := len(p.articles(harbour)), len(p.articles(other)); n != 1 || of != 1 {
				t.Errorf("delivered again, there are %d and %d articles; want one each", n, of)
			}
			// A mail that has another text and that Message-ID replaces nothing.
			p.send(strings.ReplaceAll(harbourLetter, "Two cranes", "Three dredgers"), to)
			if all := p.articles(harbour); len(all) != 2 || !slices.ContainsFunc(all, func(a news.Article) bool { return strings.Contains(a.Text, "Two cranes") }) {
				t.Errorf("a mail with a used Message-ID: %d articles", len(all))
			}
			// A date in the future is no date.
			p.send("From: a@b.example\nSubject: Tomorrow\nDate: Thu, 3 Dec 2099 08:09:58 +0100\n\nThe news of the year 2099.", to)
			for _, a := range p.articles(harbour) {
				if a.Time().After(clock.Add(24 * time.Hour)) {
					t.Errorf("%s is dated %s", a.Title, a.Time())
				}
			}
			if got := p.send("Subject: Large\n\n"+strings.Repeat("All work and no play makes the ferry late.\n", 30_000), to); got != 552 {
				t.Errorf("a mail beyond the limit is answered with %d", got)
			}
			f, err := p.Store.Feed(t.Context(), harbour.ID)
			must(t, err)
			if f.State != news.FeedOK || f.Problem != "" || f.Articles != 3 || f.Health(clock) != news.HealthGood {
				t.Errorf("the feed is %s (%s) with %d articles", f.State, f.Problem, f.Articles)
			}

			// What is not stored is not accepted. The sender's next try stores it.
			const fresh = "From: a@b.example\nSubject: Fresh\nMessage-ID: <fresh@b.example>\n\nA text that nobody has had."
			p.broken.Store(true)
			if got := p.send(fresh, to); got != 451 {
				t.Errorf("a mail that the store refuses is answered with %d", got)
			}
			p.broken.Store(false)
			if got := p.send(fresh, to); got != 250 || len(p.articles(harbour)) != 4 {
				t.Errorf("the next try is answered with %d, and there are %d articles", got, len(p.articles(harbour)))
			}

			// Mails for a paused newsletter wait with their sender; a removed one has no address.
			paused := true
			must(t, p.Feeds.ChangeFeed(t.Context(), other.ID, news.FeedEdit{Paused: &paused}))
			if got := p.send(fresh, toOther); got != 450 {
				t.Errorf("a mail for a paused newsletter is answered with %d", got)
			}
			if err := p.Pipeline.ReceiveMail(t.Context(), []news.Feed{other}, strings.NewReader(fresh)); err == nil {
				t.Error("a mail for a newsletter that was paused meanwhile counts as stored")
			}
			must(t, p.Feeds.RemoveFeed(t.Context(), other.ID))
			if got := p.send(fresh, toOther); got != 550 {
				t.Errorf("a mail for a removed newsletter is answered with %d", got)
			}
		})
	}
}

// TestNewsletterPolled shows that a poll of a newsletter requests nothing, and says whether mails arrive.
func TestNewsletterPolled(t *testing.T) {
	room := open(t, t.TempDir(), settings{})
	f, err := room.Feeds.AddNewsletter(t.Context(), news.Feed{Title: "Letter"})
	must(t, err)
	if _, err := room.Feeds.AddNewsletter(t.Context(), news.Feed{Title: " Letter "}); !errors.Is(err, news.ErrExists) {
		t.Errorf("a second newsletter of that name: %v", err)
	}
	var refused *news.RefusedError
	if _, err := room.Feeds.AddNewsletter(t.Context(), news.Feed{Title: " "}); !errors.As(err, &refused) {
		t.Errorf("a newsletter without a name: %v", err)
	}
	polled := func(room *pipelinetest.Room) news.Feed {
		t.Helper()
		_, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true})
		must(t, err)
		f, err := room.Store.Feed(t.Context(), f.ID)
		must(t, err)
		return f
	}
	got := polled(room)
	if got.State != news.FeedEmpty || got.Problem != "no mail has come yet" || got.Rule != "mail" || got.Due.Sub(got.Checked) < 20*time.Hour {
		t.Errorf("before the first mail it is %s (%s), due after %s by %q", got.State, got.Problem, got.Due.Sub(got.Checked), got.Rule)
	}
	must(t, room.Pipeline.ReceiveMail(t.Context(), []news.Feed{got}, strings.NewReader("From: a@b.example\nSubject: S\n\nThe first.")))
	if got = polled(room); got.State != news.FeedOK || got.Articles != 1 {
		t.Errorf("after a mail it is %s with %d articles", got.State, got.Articles)
	}
	room.Options.NoMail = true
	got = polled(restart(t, room))
	if trouble := news.TroubleOf(got.State, got.Cause); got.Cause != news.CauseNoMail || !strings.Contains(trouble.Do, "newsletters.listen") {
		t.Errorf("without a server for mails it is %s (%s): %v", got.State, got.Cause, trouble)
	}
}
