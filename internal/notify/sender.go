// Package notify sends what changed to people and servers outside.
//
//	story log -> topics (their watermark) -> alerts (their watermark): told + outbox -> a goroutine an alert -> webhook, ntfy, mail
//
// Alerts (alerts.go) adds and tests alerts: who gets the stories of a topic, and how. Queue (queue.go) reads the story log
// behind the topics, stores what is to be delivered, and delivers it. A Sender sends one message: by a signed webhook
// (webhook.go), to an ntfy server (ntfy.go), or by mail (mail.go); send.go chooses. Publisher (hub.go) notifies a WebSub
// hub that our own feeds changed.
//
// # What is told
//
// An alert tells one receiver of each story of one topic once, when the story begins to match (news.Alert.Reason). Where
// that is wanted, it tells again once when so many outlets carry the story, and once when its original joins it: when the
// origin is an article of ours and more than "Earliest seen". Nobody is told of what matched before the alert was added, of
// what a topic finds of old stories after it was changed, or of a story whose articles came out more than a day before the
// alert and their feed were added. So what an archive brings is shown and told to nobody, and so are undated articles,
// until something new joins the story.
//
// # Delivery
//
//   - What is told and what waits change in one transaction with the watermark (store/alerts.go), so a story is queued once
//     whatever happens. What was told of a story that goes into another counts for that; what waits for both waits once.
//   - Delivery is at least once: a row leaves the outbox in the transaction that notes that it was taken. A process that is
//     killed in between sends it again, with the same id. Receivers tell a repeat by webhook-id, ntfy from 2.16 on by
//     X-Sequence-ID, mail programs by Message-ID.
//   - One alert sends one message after the other, and alerts send at the same time: a receiver that never answers costs
//     its own alert 15 s and no other anything. A server looks every 2 s; `headwater poll` delivers for 10 s at its end.
//   - After a failure message and alert wait 30 s, twice as long each time up to 4 h, a tenth more or less; or for
//     Retry-After, a day at most. After 15 tries, or when the alert has failed for a day, what has waited for a day is
//     given up, and the log says so. 410 ends the alert; a test that is taken begins it anew. The last problem is shown
//     with the alert. A message that the end of the program interrupts is no failure.
//
// # Ways
//
//   - Webhooks follow Standard Webhooks 1.0.0: webhook-id, webhook-timestamp of the try, and webhook-signature "v1," with
//     HMAC-SHA256 over id.timestamp.body. The secret (whsec_, 256 random bits) is made for each alert and shown once. The
//     body has type (story.new, story.grown, story.original, story.test), timestamp and data: reason, topic, link, and the
//     story as the REST API shows it, as it is when it is sent.
//   - ntfy gets a POST to the topic's address, with Title, Click and Tags. Headers are encoded words, so that no title adds
//     one.
//   - Mail has all that waits in one message, at a cron time (UTC; seven o'clock where no other is given) or at once, and
//     is not sent where nothing waits. A server without STARTTLS gets nothing unless smtp.tls is none.
//   - Connections are those of fetch.Client.Post and Dial: private addresses must stand in fetch.allow_private, redirects
//     are not followed, and 1 KB of an answer is read. An address with a password in it is refused, as lists would show it.
package notify

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"headwater/internal/news"
)

// SenderOptions are those of a Sender. Post, Dial and DialTLS are required by the kinds of alerts that use them.
type SenderOptions struct {
	// Post sends a body and gives the answer, whatever its status; it follows no redirect.
	Post func(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error)
	// Dial and DialTLS open a connection to a mail server.
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	DialTLS func(ctx context.Context, network, address string) (net.Conn, error)
	// Story is what webhooks show of a story. Nil shows only its number, title and address.
	Story func(news.Story) any
	// Pages is the address of our pages, for links, without a slash at the end.
	Pages string
	// Title is the title of our pages. Subjects begin with it. "" means Headwater.
	Title   string
	Mail    Mail
	Timeout time.Duration    // of one request or one mail; 0 means 15 s
	Now     func() time.Time // nil means time.Now
}

// The ways to a mail server.
const (
	StartTLS = "starttls" // encrypted from a command on; a server that has no such command gets nothing
	TLS      = "tls"      // encrypted from the start
	Plain    = "none"     // not encrypted; passwords go only to this machine
)

// Mail is the server that mails are handed to. Without a Host there are no mails.
type Mail struct {
	Host     string
	Port     int // 0 means 587, or 465 with TLS
	Username string
	Password string // used where Username is set
	From     string // the sender, as "news@example.org" or "News <news@example.org>"
	TLS      string // StartTLS, TLS or Plain; "" means StartTLS

	trust *tls.Config // of tests; nil trusts what the system does
}

func (m Mail) port() int {
	switch {
	case m.Port != 0:
		return m.Port
	case m.TLS == TLS:
		return 465
	}
	return 587
}

// deliveryID is by what a receiver tells a message that comes twice.
func deliveryID() string { return "msg_" + rand.Text() }

// Item is a story that a message shows.
type Item struct {
	news.Delivery
	Story news.Story
}

// Message is what an alert sends at once: webhooks and ntfy take one item, mail takes any number.
type Message struct {
	Alert news.Alert
	Topic news.Topic
	Items []Item
}

// Error is why a receiver did not take a message, in words that say what to do.
type Error struct {
	Err        error
	Gone       bool          // the receiver wants no more
	RetryAfter time.Duration // how long it wants to be left alone; 0 where it does not say
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Sender sends messages.
type Sender struct{ SenderOptions }

// NewSender makes a Sender.
func NewSender(o SenderOptions) *Sender {
	if o.Title == "" {
		o.Title = "Headwater"
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sender{o}
}

// maxAnswer is how much of a receiver's answer is read, in bytes.
const maxAnswer = 1 << 10

// post sends a body and reads the answer by its status.
func (s *Sender) post(ctx context.Context, address string, header http.Header, body []byte) error {
	resp, err := s.Post(ctx, address, header, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // all that is wanted of it has been read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil // taken, whatever became of the answer's body
	}
	if err != nil {
		answer = nil
	}
	return &Error{
		Err:        fmt.Errorf("%s %s: %s%s", strconv.Itoa(resp.StatusCode), http.StatusText(resp.StatusCode), advice(resp), quoted(answer)),
		Gone:       resp.StatusCode == http.StatusGone,
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), s.Now()),
	}
}

// advice says what a status means and what to do.
func advice(resp *http.Response) string {
	switch s := resp.StatusCode; {
	case s >= 300 && s < 400:
		return fmt.Sprintf("it redirects to %.200q, which is not followed; add an alert for that address and remove this one", resp.Header.Get("Location"))
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return "it refuses us; check the address, its token and its permissions"
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed:
		return "nothing takes a POST there; check the address"
	case s == http.StatusGone:
		return "it wants no more, so this alert has ended; remove it, or add it anew"
	case s == http.StatusTooManyRequests:
		return "it is told too often; it is left alone for a while"
	case s == http.StatusRequestEntityTooLarge:
		return "it finds the message too large; raise its limit"
	case s >= 500:
		return "it has a problem of its own; see its log"
	}
	return "it does not take the message; see its log"
}

// quoted is the beginning of a receiver's answer, on one line.
func quoted(answer []byte) string {
	text := line(string(answer), 200)
	if text == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", text)
}

// longestWait is how long a receiver may ask to be left alone.
const longestWait = 24 * time.Hour

// retryAfter reads seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(seconds, int(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}

// line makes one line of a text: control characters and line ends become spaces, and it ends after so many characters.
func line(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > most {
		runes = append(runes[:most-1], '…')
	}
	return string(runes)
}

// link is the address of a story's page.
func (s *Sender) link(story news.Story) string { return fmt.Sprintf("%s/story/%d", s.Pages, story.ID) }

// attribution says whose a story is, and how many outlets carry it.
func attribution(s news.Story) string {
	outlets := "1 outlet"
	if s.Outlets != 1 {
		outlets = fmt.Sprintf("%d outlets", s.Outlets)
	}
	if s.Origin.Name == "" {
		return outlets
	}
	return fmt.Sprintf("%s: %s. %s.", s.Origin.Level, line(s.Origin.Name, 100), outlets)
}

// reasonText says in words why an alert tells of a story.
func reasonText(r news.AlertReason) string {
	switch r {
	case news.ReasonGrown:
		return "More outlets carry it now"
	case news.ReasonOriginal:
		return "Its original has joined it"
	case news.ReasonTest:
		return "A test"
	}
	return "New"
}
