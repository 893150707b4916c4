package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/outbox"
)

// SenderOptions are the options of a Sender. Send, Dial and DialTLS are required by the kinds of alerts that use them.
type SenderOptions struct {
	// Send sends a request and returns the answer, whatever its status. It follows no redirects.
	Send func(ctx context.Context, method, address string, header http.Header, body []byte) (*http.Response, error)
	// Dial and DialTLS open a connection to a mail server.
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	DialTLS func(ctx context.Context, network, address string) (net.Conn, error)
	// Story converts a story to the form in which webhooks show it. Nil shows only number, title and address.
	Story func(news.Story) any
	// Locale is how those are written to who chose nothing. Settings returns what a user chose; nil means that nobody did.
	Locale   locale.Choice
	Settings func(ctx context.Context, user int64) (news.Settings, error)
	// Pages is the base address of our pages for links, without a slash at the end.
	Pages string
	// Title is the title of our pages. Subjects begin with it. "" means Headwater.
	Title   string
	Mail    Mail
	Timeout time.Duration    // of one request or one mail; 0 means 15 s
	Now     func() time.Time // nil means time.Now
}

// How to encrypt connections to a mail server.
const (
	StartTLS = "starttls" // encrypted from the STARTTLS command on; a server without that command gets nothing
	TLS      = "tls"      // encrypted from the start
	Plain    = "none"     // not encrypted; passwords are sent only to this machine
)

// Mail is the server that sends mails. Without a Host no mails are sent.
type Mail struct {
	Host     string
	Port     int // 0 means 587, or 465 with TLS
	Username string
	Password string // used if Username is set
	From     string // the sender, as "news@example.org" or "News <news@example.org>"
	TLS      string // StartTLS, TLS or Plain; "" means StartTLS

	trust *tls.Config // for tests; nil trusts the system's certificates
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

// deliveryID returns a new id by which a receiver recognises a repeated message.
func deliveryID() string { return "msg_" + rand.Text() }

// messageItem is a story in a message.
type messageItem struct {
	news.Delivery
	Story news.Story
}

// message is what an alert sends in one go. Mail takes any number of items, other kinds take one.
type message struct {
	Alert news.Alert
	Topic news.Topic
	Items []messageItem
}

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

// maxAnswer limits how many bytes of a receiver's answer are read.
const maxAnswer = 16 << 10

// post sends a body and returns the beginning of the answer; see request.
func (s *Sender) post(ctx context.Context, address string, header http.Header, body []byte) ([]byte, error) {
	return s.request(ctx, http.MethodPost, address, header, body)
}

// request sends a request and returns the beginning of the answer, nil if it broke off. It turns the answer's status into an error.
func (s *Sender) request(ctx context.Context, method, address string, header http.Header, body []byte) ([]byte, error) {
	resp, err := s.Send(ctx, method, address, header, body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // everything needed has been read
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if err != nil {
			return nil, nil // the status decides, even if reading the answer failed
		}
		return answer, nil
	}
	quoted := ""
	if text := outbox.Line(string(answer), 200); err == nil && text != "" {
		quoted = fmt.Sprintf(" (%q)", text)
	}
	return nil, &outbox.Refusal{
		Err:        fmt.Errorf("%d %s: %s%s", resp.StatusCode, http.StatusText(resp.StatusCode), advice(resp), quoted),
		Final:      resp.StatusCode == http.StatusGone,
		RetryAfter: min(max(fetch.RetryAfter(resp.Header.Get("Retry-After"), s.Now()), pause(answer)), outbox.LongestWait),
	}
}

// advice returns what a status means and what to do.
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

// link returns the address of a story's page.
func (s *Sender) link(story news.Story) string { return fmt.Sprintf("%s/story/%d", s.Pages, story.ID) }

// locale returns how the reader of an alert's messages is written to. Times are in the zone of the user, or else of the schedule.
func (s *Sender) locale(ctx context.Context, a news.Alert) (*locale.Locale, error) {
	reader := locale.Choice{Zone: a.Zone}
	if s.Settings != nil && a.User != 0 {
		chosen, err := s.Settings(ctx, a.User)
		if err != nil {
			return nil, err
		}
		reader = locale.Choice{Language: chosen.Language, Zone: cmp.Or(chosen.TimeZone, a.Zone), Clock: chosen.Clock}
	}
	return locale.For(reader, s.Locale, "", s.Now()), nil
}

// attribution says who wrote a story and how many outlets carry it.
func attribution(s news.Story, l *locale.Locale) string {
	outlets := l.Text("%d outlets", s.Outlets)
	if s.Origin.Name == "" {
		return outlets
	}
	return fmt.Sprintf("%s: %s. %s.", l.Text(s.Origin.Level), outbox.Line(s.Origin.Name, 100), outlets)
}

// reasonText returns in words why an alert tells of a story.
func reasonText(r news.AlertReason, l *locale.Locale) string {
	switch r {
	case news.ReasonGrown:
		return l.Text("More outlets carry it now")
	case news.ReasonOriginal:
		return l.Text("Its original has joined it")
	case news.ReasonTest:
		return l.Text("A test")
	}
	return l.Text("New")
}
