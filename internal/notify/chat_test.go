package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/outbox"
)

// chatServer is a server of a kind's service at /base. It keeps what it took, by the id of its transaction where the service has them.
type chatServer struct {
	*httptest.Server
	kind    news.AlertKind
	key     string // without it the service refuses
	garbage bool   // a login page stands before the service
	got     []string
	txns    map[string]bool
}

func serveChat(t *testing.T, kind news.AlertKind) *chatServer {
	t.Helper()
	s := &chatServer{kind: kind, key: "K3y", txns: map[string]bool{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *chatServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "no JSON", http.StatusUnsupportedMediaType)
		return
	}
	if s.garbage {
		_, _ = fmt.Fprintf(w, "<html>Log in to see %s with %s", r.URL, r.Header)
		return
	}
	var key, answer string
	switch path := strings.TrimPrefix(r.URL.Path, "/base"); {
	case s.kind == news.AlertTelegram && strings.HasPrefix(path, "/bot") && strings.HasSuffix(path, "/sendMessage"):
		key, answer = strings.TrimSuffix(strings.TrimPrefix(path, "/bot"), "/sendMessage"), `{"ok":true,"result":{"message_id":4}}`
	case s.kind == news.AlertMatrix && r.Method == http.MethodPut && strings.HasPrefix(path, "/_matrix/client/v3/rooms/!room:example.org/send/m.room.message/"):
		key, answer = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), `{"event_id":"$1"}`
		if s.txns[path] {
			_, _ = io.WriteString(w, answer)
			return
		}
		s.txns[path] = true
	case s.kind == news.AlertSlack && strings.HasPrefix(path, "/services/T0/B0/"):
		key, answer = strings.TrimPrefix(path, "/services/T0/B0/"), "ok\n"
	case s.kind == news.AlertDiscord && strings.HasPrefix(path, "/api/webhooks/17/") && r.URL.RawQuery == "wait=true":
		key, answer = strings.TrimPrefix(path, "/api/webhooks/17/"), `{"id":"99"}`
	case s.kind == news.AlertGotify && path == "/message":
		key, answer = r.Header.Get("X-Gotify-Key"), `{"id":25,"appid":1}`
	case s.kind == news.AlertPushover && path == "/1/messages.json":
		var sent struct{ Token string }
		_ = json.Unmarshal(body, &sent)
		key, answer = sent.Token, `{"status":1,"request":"x"}`
	default:
		http.NotFound(w, r)
		return
	}
	if key != s.key {
		http.Error(w, "no key "+key, http.StatusUnauthorized)
		return
	}
	s.got = append(s.got, string(body))
	_, _ = io.WriteString(w, answer)
}

// chatTests have a target of each kind at a server, and the message that the service gets.
var chatTests = []struct {
	kind                news.AlertKind
	target, wrong, sent string
}{
	{
		news.AlertTelegram, "/base/@floods", "/base/floods",
		`{"chat_id":"@floods","link_preview_options":{"is_disabled":true},"text":"River <b>\u0026 *floods*\nNew. Likely original: Harbour Wire. 3 outlets.\nfloods\nhttps://news.example/story/7"}`,
	},
	{
		news.AlertMatrix, "/base/!room:example.org", "/base/#room:example.org",
		`{"body":"River <b>\u0026 *floods*\nNew. Likely original: Harbour Wire. 3 outlets.\nfloods\nhttps://news.example/story/7","m.mentions":{},"msgtype":"m.text"}`,
	},
	{
		news.AlertSlack, "/base/services/T0/B0/K3y", "",
		`{"text":"River &lt;b&gt;&amp; *floods*\nNew. Likely original: Harbour Wire. 3 outlets.\nfloods\nhttps://news.example/story/7","unfurl_links":false,"unfurl_media":false}`,
	},
	{
		news.AlertDiscord, "/base/api/webhooks/17/K3y", "/base/api/webhooks/17/K3y?thread_id=1",
		`{"allowed_mentions":{"parse":[]},"content":"River <b\\>\u0026 \\*floods\\*\nNew. Likely original: Harbour Wire. 3 outlets.\nfloods\nhttps://news.example/story/7","flags":4}`,
	},
	{
		news.AlertGotify, "/base", "/base?token=K3y",
		`{"extras":{"client::notification":{"click":{"url":"https://news.example/story/7"}}},"message":"New. Likely original: Harbour Wire. 3 outlets.\nfloods\nhttps://news.example/story/7","priority":5,"title":"River <b>\u0026 *floods*"}`,
	},
	{
		news.AlertPushover, "/base/uQiRzpo4DXghDmr9QzzfQu27cmVRsG", "/base/anna",
		`{"message":"New. Likely original: Harbour Wire. 3 outlets.\nfloods","title":"River <b>\u0026 *floods*","token":"K3y","url":"https://news.example/story/7","user":"uQiRzpo4DXghDmr9QzzfQu27cmVRsG"}`,
	},
}

// chatAlert is an alert as it is stored.
func chatAlert(kind news.AlertKind, target string) news.Alert {
	return addressed(news.Alert{ID: 4, Kind: kind, Target: target, Secret: "K3y"})
}

// TestChats sends a message to each service: as text, which no title makes markup of, and again after an answer that was lost. What answers
// in place of a service has taken nothing, whatever its status. No error quotes a key.
func TestChats(t *testing.T) {
	for _, tt := range chatTests {
		t.Run(string(tt.kind), func(t *testing.T) {
			server := serveChat(t, tt.kind)
			s := sender(t, SenderOptions{})
			m := testMessage(tt.kind, "", "", "River <b>& *floods*")
			m.Alert = chatAlert(tt.kind, server.URL+tt.target)
			if err := s.check(m.Alert); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(m.Alert.Target, "K3y") {
				t.Errorf("lists show the key: %s", m.Alert.Target)
			}
			server.garbage = true
			err := s.send(t.Context(), m)
			if err == nil || !strings.Contains(err.Error(), "check the address") || strings.Contains(outbox.Problem(err, m.Alert.Secret), "K3y") {
				t.Errorf("a login page: %v", err)
			}
			server.garbage, server.key = false, "other"
			var refused *outbox.Refusal
			if err := s.send(t.Context(), m); !errors.As(err, &refused) || refused.Final || !strings.Contains(err.Error(), "401") || strings.Contains(outbox.Problem(err, m.Alert.Secret), "K3y") {
				t.Errorf("a wrong key: %v", err)
			}
			server.key, server.txns = "K3y", map[string]bool{}
			for range 2 {
				if err := s.send(t.Context(), m); err != nil {
					t.Error(err)
				}
			}
			want := 2
			if tt.kind == news.AlertMatrix { // it knows the message by its id
				want = 1
			}
			if len(server.got) != want {
				t.Fatalf("it took %d messages", len(server.got))
			}
			var got, sent any
			if err := errors.Join(json.Unmarshal([]byte(server.got[0]), &got), json.Unmarshal([]byte(tt.sent), &sent)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sent, got); diff != "" {
				t.Error(diff)
			}
			server.Close()
			if err := s.send(t.Context(), m); err == nil || strings.Contains(outbox.Problem(err, m.Alert.Secret), "K3y") {
				t.Errorf("nobody there: %v", err)
			}
		})
	}
}

// TestChatTargets: what is no target of its kind is refused in words, and so is a private address.
func TestChatTargets(t *testing.T) {
	strict := client(t, false)
	s := NewSender(SenderOptions{Send: strict.Send})
	for _, tt := range chatTests {
		for _, target := range []string{"", "nobody here", "ftp://example.org/@a", "https://", "https://user:pw@example.org" + tt.target, "https://example.org" + tt.wrong} {
			if strings.HasSuffix(target, "example.org") {
				continue // a server alone is right for Gotify
			}
			var wrong *news.AlertError
			if err := s.check(chatAlert(tt.kind, target)); !errors.As(err, &wrong) || wrong.Field != "target" || strings.Contains(wrong.Text, "K3y") {
				t.Errorf("%s %q: %v", tt.kind, target, err)
			}
		}
		m := testMessage(tt.kind, "", "", "River floods")
		m.Alert = chatAlert(tt.kind, "http://127.0.0.1:1"+tt.target)
		if err := s.send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "fetch.allow_private") {
			t.Errorf("%s at a private address: %v", tt.kind, err)
		}
		m.Alert.Secret = ""
		var wrong *news.AlertError
		if err := s.check(m.Alert); !errors.As(err, &wrong) || wrong.Field != "token" {
			t.Errorf("%s without a key: %v", tt.kind, err)
		}
	}
	for _, tt := range []struct{ kind, target, secret, want, wantSecret string }{
		{"telegram", " @floods ", "1:a", "https://api.telegram.org/@floods", "1:a"},
		{"telegram", "-100123", "1:a", "https://api.telegram.org/-100123", "1:a"},
		{"pushover", "uQiRzpo4DXghDmr9QzzfQu27cmVRsG", "a", "https://api.pushover.net/uQiRzpo4DXghDmr9QzzfQu27cmVRsG", "a"},
		{"slack", "https://hooks.slack.com/services/T0/B0/...", "a", "https://hooks.slack.com/services/T0/B0/…", "a"},
		{"slack", "https://hooks.slack.com/services/T0/B0/b", "a", "https://hooks.slack.com/services/T0/B0/…", "b"},
		{"slack", "https://hooks.slack.com/services/T0/B0/…", "a", "https://hooks.slack.com/services/T0/B0/…", "a"},
		{"gotify", "https://push.example.org/", "a", "https://push.example.org", "a"},
		{"ntfy", "https://ntfy.sh/floods", "", "https://ntfy.sh/floods", ""},
	} {
		got := addressed(news.Alert{Kind: news.AlertKind(tt.kind), Target: tt.target, Secret: tt.secret})
		if err := s.check(got); err != nil || got.Target != tt.want || got.Secret != tt.wantSecret {
			t.Errorf("%s %q is %q with %q, %v", tt.kind, tt.target, got.Target, got.Secret, err)
		}
	}
	for _, kind := range []news.AlertKind{"signal", "teams", ""} {
		var wrong *news.AlertError
		if err := s.check(news.Alert{Kind: kind, Target: "https://example.org/x"}); !errors.As(err, &wrong) || wrong.Field != "kind" || !strings.Contains(wrong.Text, "the kinds are email, ntfy, telegram") {
			t.Errorf("the kind %q: %v", kind, err)
		}
	}
}

// TestChatPause reads from the answer itself how long a service wants to be left alone.
func TestChatPause(t *testing.T) {
	for answer, want := range map[string]time.Duration{
		`{"ok":false,"error_code":429,"parameters":{"retry_after":35}}`: 35 * time.Second,
		`{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}`:          2500 * time.Millisecond,
		`{"message":"You are being rate limited.","retry_after":1.5}`:   1500 * time.Millisecond,
		`{"retry_after":1e300}`: 24 * time.Hour,
		`{"retry_after":-4}`:    0,
		`<html>`:                0,
		`{"ok":false,"error_code":400,"description":"Bad Request: no chat"}`: 0,
	} {
		if got := pause([]byte(answer)); got != want {
			t.Errorf("%s: %s, want %s", answer, got, want)
		}
	}
}
