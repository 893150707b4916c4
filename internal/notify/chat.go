package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/outbox"
)

// chatService is a chat or push service.
type chatService struct {
	name  string
	right string         // a target as it is written
	place *regexp.Regexp // the last part of a target's path: whom to tell on the server; nil where the server is all
	call  func(chatMessage) chatCall
	took  func(answer []byte) bool // whether an answer is that to a message that the service took
}

// chatMessage is a message to one place of a service.
type chatMessage struct {
	id     string // the same in every try
	server string // an address without a slash at the end
	place  string
	key    string
	title  string
	text   string // lines below the title
	link   string
}

// lines are the title, the text and the link as one text.
func (m chatMessage) lines() string { return m.title + "\n" + m.text + "\n" + m.link }

// chatCall is a request to a service. The body is sent as JSON.
type chatCall struct {
	method, address string
	header          http.Header
	body            map[string]any
}

// discordMarkup finds the characters that Discord's markup may begin with.
var discordMarkup = regexp.MustCompile("[\\\\*_~`|>#\\[\\]()-]")

// chatServices are the services by the kinds of their alerts. Titles come from feeds, so they are sent as text without markup, or with
// its characters escaped, and mention nobody. Where a service can be told so, it does not fetch the pages of links.
var chatServices = map[news.AlertKind]chatService{
	// core.telegram.org/bots/api#sendmessage
	news.AlertTelegram: {
		name: "Telegram", right: "@channel", place: regexp.MustCompile(`^(@[A-Za-z0-9_]+|-?[0-9]+)$`),
		call: func(m chatMessage) chatCall {
			return chatCall{http.MethodPost, m.server + "/bot" + url.PathEscape(m.key) + "/sendMessage", nil, map[string]any{
				"chat_id": m.place, "text": m.lines(), "link_preview_options": map[string]any{"is_disabled": true},
			}}
		},
		took: func(answer []byte) bool {
			var got struct{ OK bool }
			return json.Unmarshal(answer, &got) == nil && got.OK
		},
	},
	// spec.matrix.org/v1.11/client-server-api, "PUT /_matrix/client/v3/rooms/{roomId}/send". Empty mentions keep "@room" in a title from
	// notifying everybody.
	news.AlertMatrix: {
		name: "Matrix", right: "https://matrix.example.org/!ROOM:example.org", place: regexp.MustCompile(`^![^/\s]+$`),
		call: func(m chatMessage) chatCall {
			return chatCall{
				http.MethodPut, m.server + "/_matrix/client/v3/rooms/" + url.PathEscape(m.place) + "/send/m.room.message/" + url.PathEscape(m.id),
				http.Header{"Authorization": {"Bearer " + m.key}},
				map[string]any{"msgtype": "m.text", "body": m.lines(), "m.mentions": map[string]any{}},
			}
		},
		took: func(answer []byte) bool {
			var got struct {
				Event string `json:"event_id"`
			}
			return json.Unmarshal(answer, &got) == nil && got.Event != ""
		},
	},
	// docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
	news.AlertSlack: {
		name: "Slack", right: "https://hooks.slack.com/services/T000/B000/KEY",
		call: func(m chatMessage) chatCall {
			escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
			return chatCall{http.MethodPost, m.server + "/" + m.key, nil, map[string]any{"text": escape.Replace(m.lines()), "unfurl_links": false, "unfurl_media": false}}
		},
		took: func(answer []byte) bool { return string(bytes.TrimSpace(answer)) == "ok" },
	},
	// discord.com/developers/docs/resources/webhook#execute-webhook. Flag 4 shows no previews of links.
	news.AlertDiscord: {
		name: "Discord", right: "https://discord.com/api/webhooks/NUMBER/KEY",
		call: func(m chatMessage) chatCall {
			text := discordMarkup.ReplaceAllString(m.title+"\n"+m.text, `\$0`) + "\n" + m.link
			return chatCall{http.MethodPost, m.server + "/" + m.key + "?wait=true", nil, map[string]any{
				"content": text, "flags": 4, "allowed_mentions": map[string]any{"parse": []string{}},
			}}
		},
		took: func(answer []byte) bool {
			var got struct{ ID string }
			return json.Unmarshal(answer, &got) == nil && got.ID != ""
		},
	},
	// gotify.net/docs/pushmsg
	news.AlertGotify: {
		name: "Gotify", right: "https://push.example.org",
		call: func(m chatMessage) chatCall {
			return chatCall{http.MethodPost, m.server + "/message", http.Header{"X-Gotify-Key": {m.key}}, map[string]any{
				"title": m.title, "message": m.text + "\n" + m.link, "priority": 5,
				"extras": map[string]any{"client::notification": map[string]any{"click": map[string]any{"url": m.link}}},
			}}
		},
		took: func(answer []byte) bool {
			var got struct{ ID int64 }
			return json.Unmarshal(answer, &got) == nil && got.ID != 0
		},
	},
	// pushover.net/api
	news.AlertPushover: {
		name: "Pushover", right: "uQiRzpo4DXghDmr9QzzfQu27cmVRsG", place: regexp.MustCompile(`^[A-Za-z0-9]{30}$`),
		call: func(m chatMessage) chatCall {
			return chatCall{http.MethodPost, m.server + "/1/messages.json", nil, map[string]any{
				"token": m.key, "user": m.place, "title": m.title, "message": m.text, "url": m.link,
			}}
		},
		took: func(answer []byte) bool {
			var got struct{ Status int }
			return json.Unmarshal(answer, &got) == nil && got.Status == 1
		},
	},
}

// addressed returns an alert with its target as it is stored: with the address of the server, and with a key at the end of it moved to
// the secret. What is no target of the kind is left to check.
func addressed(a news.Alert) news.Alert {
	if _, ok := chatServices[a.Kind]; !ok {
		return a
	}
	a.Target = strings.TrimRight(strings.TrimSpace(a.Target), "/")
	if server := a.Kind.Server(); server != "" && a.Target != "" && !strings.Contains(a.Target, "://") {
		a.Target = server + "/" + a.Target
	}
	u, err := url.Parse(a.Target)
	if !a.Kind.KeyInAddress() || err != nil || u.RawQuery != "" || u.Fragment != "" || strings.Count(u.Path, "/") < 2 {
		return a
	}
	rest, key := splitTarget(a.Target)
	if key != news.HiddenKey && key != "..." { // these stand for the key that is given beside the address
		a.Secret = key
	}
	a.Target = rest + "/" + news.HiddenKey
	return a
}

// splitTarget splits a target before its last part.
func splitTarget(target string) (server, place string) {
	at := strings.LastIndexByte(target, '/')
	return target[:at], target[at+1:]
}

// hostOf returns the scheme and host of a target, or the target where it is no address.
func hostOf(target string) string {
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	return target
}

// checkChat returns what is wrong with an alert of a chat service, which addressed has returned.
func checkChat(a news.Alert) error {
	service := chatServices[a.Kind]
	u, err := url.Parse(a.Target)
	wrong := err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.ForceQuery || u.Fragment != ""
	switch {
	case wrong, service.place != nil && !service.place.MatchString(a.Target[strings.LastIndexByte(a.Target, '/')+1:]), a.Kind.KeyInAddress() && !strings.HasSuffix(a.Target, "/"+news.HiddenKey):
		return &news.AlertError{Field: "target", Text: fmt.Sprintf("this is no target of %s; write it as %s", service.name, service.right)}
	case u.User != nil: // lists and pages would show it
		return &news.AlertError{Field: "target", Text: "the address holds a password, which lists would show; leave it out"}
	case a.Secret == "" || a.Kind.KeyInAddress() && strings.ContainsAny(a.Secret, "/?#"):
		return &news.AlertError{Field: "token", Text: fmt.Sprintf("%s takes messages with a token or key only, which is missing or damaged", service.name)}
	}
	return nil
}

// chat sends a message to a chat or push service.
func (s *Sender) chat(ctx context.Context, m message) error {
	item, err := onlyItem(m)
	if err != nil {
		return err
	}
	l, err := s.locale(ctx, m.Alert)
	if err != nil {
		return err
	}
	service := chatServices[m.Alert.Kind]
	out := chatMessage{
		id: item.ID, server: m.Alert.Target, key: m.Alert.Secret, link: s.link(item.Story),
		title: outbox.Line(item.Story.Headline(), maxTitle),
		text:  fmt.Sprintf("%s. %s\n%s", reasonText(item.Reason, l), attribution(item.Story, l), outbox.Line(m.Topic.Name, maxTitle)),
	}
	if service.place != nil || m.Alert.Kind.KeyInAddress() {
		out.server, out.place = splitTarget(m.Alert.Target)
	}
	call := service.call(out)
	body, err := json.Marshal(call.body)
	if err != nil {
		return err
	}
	header := call.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	answer, err := s.request(ctx, call.method, call.address, header, body)
	if err == nil && answer != nil && !service.took(answer) {
		return fmt.Errorf("what answers there is not %s (%q); check the address, and whether a login page or a proxy stands before it", service.name, outbox.Line(string(answer), 80))
	}
	return err
}

// pause returns how long a service asks to be left alone in the answer itself, as Telegram, Matrix and Discord do; 0 for nothing.
func pause(answer []byte) time.Duration {
	var asked struct {
		Seconds    float64 `json:"retry_after"`
		Millis     float64 `json:"retry_after_ms"`
		Parameters struct {
			Seconds float64 `json:"retry_after"`
		}
	}
	if json.Unmarshal(answer, &asked) != nil {
		return 0
	}
	seconds := max(asked.Seconds, asked.Parameters.Seconds, asked.Millis/1000, 0)
	return time.Duration(min(seconds, outbox.LongestWait.Seconds()) * float64(time.Second))
}
