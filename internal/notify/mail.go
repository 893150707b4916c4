package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	texttemplate "text/template"

	"github.com/wneessen/go-mail"

	"headwater/internal/locale"
	"headwater/internal/outbox"
)

// errNoMail is returned if the settings name no mail server.
var errNoMail = errors.New("no mail server is set; set smtp.host and smtp.from in config.yaml")

// mail sends one mail about all items.
func (s *Sender) mail(ctx context.Context, m message) error {
	if s.Mail.Host == "" || s.Mail.From == "" {
		return errNoMail
	}
	l, err := s.locale(ctx, m.Alert)
	if err != nil {
		return err
	}
	msg, err := s.compose(m, l)
	if err != nil {
		return err
	}
	client, stop, err := s.mailClient(ctx)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	defer stop()
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() { // the server has accepted the mail; a later error changes nothing
		return nil
	}
	return fmt.Errorf("%s:%d: %s: %w", s.Mail.Host, s.Mail.port(), mailAdvice(err), err)
}

// mailClient returns a client of the mail server. The caller's Dial functions make its connections. They end with ctx, or
// when stop is called.
func (s *Sender) mailClient(ctx context.Context) (client *mail.Client, stop func(), err error) {
	dial, policy := s.Dial, mail.TLSMandatory
	switch s.Mail.TLS {
	case TLS:
		dial, policy = s.DialTLS, mail.TLSOpportunistic // DialTLS ensures that the connection is encrypted
	case Plain:
		policy = mail.NoTLS
	}
	var stops []func() bool
	stop = func() {
		for _, end := range stops {
			end()
		}
	}
	options := []mail.Option{
		mail.WithPort(s.Mail.port()), mail.WithTLSPolicy(policy),
		mail.WithTimeout(2 * s.Timeout), // ctx ends earlier

		mail.WithDialContextFunc(func(dialling context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(dialling, network, address)
			if err == nil {
				stops = append(stops, context.AfterFunc(ctx, func() { _ = conn.Close() })) // go-mail itself does not stop
			}
			return conn, err
		}),
	}
	if s.Mail.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.Mail.Username), mail.WithPassword(s.Mail.Password))
	}
	if s.Mail.TLS == Plain && s.Mail.Username != "" && isLoopback(s.Mail.Host) {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthPlainNoEnc))
	}
	if s.Mail.trust != nil {
		options = append(options, mail.WithTLSConfig(s.Mail.trust))
	}
	client, err = mail.NewClient(s.Mail.Host, options...)
	return client, stop, err
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// mailAdvice returns what to do about a mail that could not be sent.
func mailAdvice(err error) string {
	var refused *mail.SendError
	var unreached *net.OpError
	var unknown *tls.CertificateVerificationError
	text := strings.ToLower(err.Error())
	switch {
	case errors.As(err, &unknown):
		return "the mail server's certificate is not valid for this name; check smtp.host"
	case strings.Contains(text, "starttls"):
		return `the mail server offers no encryption; set smtp.tls to "tls" with its port, or to "none" for one on this machine`
	case strings.Contains(text, "auth"):
		return "the mail server does not let us in; check smtp.username and smtp.password"
	case errors.As(err, &unreached) && unreached.Op == "dial":
		return "the mail server can't be reached; check smtp.host and smtp.port"
	case errors.As(err, &refused) && !refused.IsTemp():
		return "the mail server does not take the mail; check the address and smtp.from"
	}
	return "the mail server did not take the mail; it is tried again later"
}

// templates are those of a digest in one language.
type templates struct {
	plain *texttemplate.Template
	html  *template.Template
}

// digestTemplates are the templates of each language, by its tag.
var digestTemplates = sync.OnceValue(func() map[string]templates {
	of := map[string]templates{}
	for _, l := range locale.Languages() {
		of[l.Tag] = templates{
			plain: texttemplate.Must(texttemplate.New("digest.txt").Funcs(texttemplate.FuncMap{"t": l.Text}).Parse(plainText)),
			html:  template.Must(template.New("digest.html").Funcs(template.FuncMap{"th": l.Rich, "link": locale.Link}).Parse(htmlText)),
		}
	}
	return of
})

// compose returns the mail, as text and as HTML.
func (s *Sender) compose(m message, l *locale.Locale) (*mail.Msg, error) {
	content := s.digest(m, l)
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(s.Mail.From); err != nil {
		return nil, fmt.Errorf("smtp.from: %w; write it as news@example.org", err)
	}
	if err := msg.To(m.Alert.Target); err != nil {
		return nil, fmt.Errorf("%q is no mail address: %w; remove the alert and add it anew", m.Alert.Target, err)
	}
	msg.Subject(content.Subject)
	msg.SetDateWithValue(s.Now())
	msg.SetMessageIDWithValue(messageID(m, s.Mail.From))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // prevents automatic replies
	var plain, html bytes.Buffer
	t := digestTemplates()[l.Tag]
	if err := errors.Join(t.plain.Execute(&plain, content), t.html.Execute(&html, content)); err != nil {
		return nil, err
	}
	msg.SetBodyString(mail.TypeTextPlain, plain.String())
	msg.AddAlternativeString(mail.TypeTextHTML, html.String())
	return msg, nil
}

// messageID returns the same id for the same deliveries, so that mail programs show a repeated mail once.
func messageID(m message, from string) string {
	h := sha256.New()
	for _, item := range m.Items {
		_, _ = fmt.Fprintln(h, item.ID) // writing to a hash never fails
	}
	domain := "localhost"
	if a, err := netmail.ParseAddress(from); err == nil {
		domain = a.Address[strings.LastIndexByte(a.Address, '@')+1:]
	}
	return fmt.Sprintf("%x@%s", h.Sum(nil)[:16], domain)
}

// digest is the content of a mail.
type digest struct {
	Subject string
	Lang    string
	Topic   string
	Pages   string
	Stories []digestStory
}

// digestStory is one story of a digest.
type digestStory struct {
	Title, Link, Why, Carriers, Latest string
}

func (s *Sender) digest(m message, l *locale.Locale) digest {
	d := digest{Lang: l.Tag, Topic: outbox.Line(m.Topic.Name, maxTitle), Pages: s.Pages}
	seen := map[int64]bool{}
	for _, item := range m.Items {
		if seen[item.Story.ID] {
			continue // the story was new and has grown since; it is shown once, in its present state
		}
		seen[item.Story.ID] = true
		d.Stories = append(d.Stories, digestStory{
			Title: outbox.Line(item.Story.Headline(), maxTitle), Link: s.link(item.Story), Why: reasonText(item.Reason, l), Carriers: attribution(item.Story, l), Latest: l.Full(item.Story.Latest),
		})
	}
	d.Subject = l.Text("%s: %d stories in %s", outbox.Line(s.Title, 50), len(d.Stories), d.Topic)
	if len(d.Stories) == 1 {
		d.Subject = fmt.Sprintf("%s: %s", d.Topic, d.Stories[0].Title)
	}
	d.Subject = outbox.Line(d.Subject, maxTitle)
	return d
}

//go:embed digest.txt
var plainText string

//go:embed digest.html
var htmlText string

// checkAddress returns an error for a wrong mail address.
func checkAddress(address string) error {
	a, err := netmail.ParseAddress(address)
	if err != nil || a.Address != address || strings.ContainsAny(address, "\r\n") {
		return fmt.Errorf("%q is no mail address; write it as anna@example.org", address)
	}
	return nil
}
