package notify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/outbox"
)

// secretPrefix begins the secrets of webhooks.
const secretPrefix = "whsec_"

// newSecret returns a new secret for webhooks: 256 random bits, in the form of Standard Webhooks.
func newSecret() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails; it would end the program instead
	return secretPrefix + base64.StdEncoding.EncodeToString(key[:])
}

// checkSecret returns what is wrong with a secret that somebody chose (Standard Webhooks 1.0.0: 24 to 64 bytes).
func checkSecret(secret string) error {
	const right = "write it as whsec_ with 24 to 64 bytes in base64 behind it, or leave it out and one is made"
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return errors.New("the secret does not begin with whsec_; " + right)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < 24 || len(key) > 64 {
		return errors.New("the secret is none that signs webhooks; " + right)
	}
	return nil
}

// sign returns the webhook-signature of a body that is sent at a time (Standard Webhooks 1.0.0): HMAC-SHA256 over
// "id.seconds.body".
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) == 0 {
		return "", errors.New("the secret that signs this webhook is damaged; remove the alert and add it anew")
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.", id, at.Unix()) // writing to a hash never fails
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// payload is the body of a webhook, in the form that Standard Webhooks recommends.
type payload struct {
	Type      string    `json:"type"`      // story.new, story.grown, story.original; story.test for a test
	Timestamp time.Time `json:"timestamp"` // when the delivery was queued
	Data      data      `json:"data"`
}

type data struct {
	Reason news.AlertReason `json:"reason"`
	Topic  topic            `json:"topic"`
	Link   string           `json:"link"` // address of the story's page
	Story  any              `json:"story"`
}

type topic struct {
	Name  string `json:"name"`
	Query string `json:"query"`
}

func (s *Sender) webhook(ctx context.Context, m message) error {
	item, err := onlyItem(m)
	if err != nil {
		return err
	}
	var story any = struct {
		ID    int64  `json:"id"`
		Title string `json:"title"`
		URL   string `json:"url"`
	}{item.Story.ID, item.Story.Headline(), item.Story.Link()}
	if s.Story != nil {
		story = s.Story(item.Story)
	}
	body, err := json.Marshal(payload{
		Type: "story." + string(item.Reason), Timestamp: item.Since.UTC(),
		Data: data{item.Reason, topic{m.Topic.Name, m.Topic.Query}, s.link(item.Story), story},
	})
	if err != nil {
		return err
	}
	now := s.Now()
	signature, err := sign(m.Alert.Secret, item.ID, now, body)
	if err != nil {
		return err
	}
	_, err = s.post(ctx, m.Alert.Target, http.Header{
		"Content-Type":      {"application/json"},
		"Webhook-Id":        {item.ID},
		"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
		"Webhook-Signature": {signature},
	}, body)
	return err
}

// onlyItem returns the item of a message that must have exactly one.
func onlyItem(m message) (messageItem, error) {
	if len(m.Items) != 1 {
		return messageItem{}, fmt.Errorf("alert %d tells of one story at a time, and was given %d", m.Alert.ID, len(m.Items))
	}
	return m.Items[0], nil
}

// maxTitle limits titles and subjects, in characters.
const maxTitle = 200

// ntfy publishes to the topic of an ntfy server (docs.ntfy.sh/publish). Header values are encoded (RFC 2047), so that no
// title can add a header. A repeated message has the same sequence id; ntfy from 2.16 on replaces the first one by it.
func (s *Sender) ntfy(ctx context.Context, m message) error {
	item, err := onlyItem(m)
	if err != nil {
		return err
	}
	header := http.Header{
		"Content-Type":  {"text/plain; charset=utf-8"},
		"Title":         {mime.BEncoding.Encode("utf-8", outbox.Line(item.Story.Headline(), maxTitle))},
		"Click":         {s.link(item.Story)},
		"Tags":          {ntfyTags(item.Reason)},
		"X-Sequence-Id": {item.ID},
	}
	if m.Alert.Secret != "" {
		header.Set("Authorization", "Bearer "+m.Alert.Secret)
	}
	l, err := s.locale(ctx, m.Alert)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s. %s\n%s", reasonText(item.Reason, l), attribution(item.Story, l), outbox.Line(m.Topic.Name, maxTitle))
	answer, err := s.post(ctx, m.Alert.Target, header, []byte(text))
	if err == nil && item.Reason == news.ReasonTest {
		return checkPublished(answer)
	}
	return err
}

// checkPublished returns an error if an answer is not that of an ntfy server to a published message. Only tests are checked, as
// what was accepted must not be sent again.
func checkPublished(answer []byte) error {
	var published struct{ ID, Event string }
	if err := json.Unmarshal(answer, &published); err != nil || published.ID == "" || published.Event != "message" {
		return fmt.Errorf("what answers there is no ntfy server (%q); check the address", outbox.Line(string(answer), 100))
	}
	return nil
}

// ntfyTags returns the names of emoji that ntfy shows before the title.
func ntfyTags(r news.AlertReason) string {
	switch r {
	case news.ReasonGrown:
		return "newspaper,chart_with_upwards_trend"
	case news.ReasonOriginal:
		return "newspaper,mag"
	case news.ReasonTest:
		return "newspaper,test_tube"
	}
	return "newspaper"
}
