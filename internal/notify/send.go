package notify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"headwater/internal/news"
)

// Send sends a message once. It returns nil if the receiver accepted it, and the error of ctx if that ended first. Other
// errors are the receiver's.
func (s *Sender) Send(ctx context.Context, m Message) error {
	send, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	var err error
	switch m.Alert.Kind {
	case news.AlertWebhook:
		err = s.webhook(send, m)
	case news.AlertNtfy:
		err = s.ntfy(send, m)
	case news.AlertEmail:
		err = s.mail(send, m)
	default:
		return fmt.Errorf("alert %d is of no kind that there is: %q", m.Alert.ID, m.Alert.Kind)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil && errors.Is(send.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s; it is tried again later", s.Timeout)
	}
	return err
}

// Check returns what is wrong with a new alert, as a *news.AlertError. It does not check the schedule.
func (s *Sender) Check(a news.Alert) error {
	switch a.Kind {
	case news.AlertWebhook, news.AlertNtfy:
		u, err := url.Parse(a.Target)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return &news.AlertError{Field: "target", Text: fmt.Sprintf("%q is no web address; write it as https://example.org/hook", a.Target)}
		case u.User != nil: // lists and pages would show it
			return &news.AlertError{Field: "target", Text: fmt.Sprintf("%s holds a password, which lists would show; put a key into the path or the query, or for ntfy use a token", u.Redacted())}
		case a.Kind == news.AlertNtfy && strings.Trim(u.Path, "/") == "":
			return &news.AlertError{Field: "target", Text: fmt.Sprintf("%s names no topic; write it as https://ntfy.sh/TOPIC", a.Target)}
		}
	case news.AlertEmail:
		if err := checkAddress(a.Target); err != nil {
			return &news.AlertError{Field: "target", Text: err.Error()}
		}
		if s.Mail.Host == "" || s.Mail.From == "" {
			return &news.AlertError{Field: "kind", Text: errNoMail.Error()}
		}
	default:
		return &news.AlertError{Field: "kind", Text: fmt.Sprintf("there is no alert of the kind %q; the kinds are webhook, ntfy and email", a.Kind)}
	}
	if strings.ContainsFunc(a.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return &news.AlertError{Field: "token", Text: "the token can't be sent in a header; write it on one line, without spaces"}
	}
	if a.AgainOutlets < 0 || a.AgainOutlets == 1 {
		return &news.AlertError{Field: "again_outlets", Text: fmt.Sprintf("%d outlets are none to tell again of; give at least 2, or 0 for never", a.AgainOutlets)}
	}
	return nil
}
