package pipelinetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Told is a message of an alert, as its receiver got it.
type Told struct {
	Target string // the path that it was sent to
	ID     string // the same where a message is sent again
	Reason string
	Story  int64
	Agent  string // the User-Agent of the process that sent it
}

// Receiver accepts the messages of webhooks and those for ntfy, and keeps them. It is safe for concurrent use.
type Receiver struct {
	latency time.Duration

	mu   sync.Mutex // guards what follows
	told []Told
	next chan struct{} // closed by the next message
}

// NewReceiver returns a receiver that has a message for the given time before it answers.
func NewReceiver(latency time.Duration) *Receiver {
	return &Receiver{latency: latency, next: make(chan struct{})}
}

// Told returns the messages in the order in which they came.
func (r *Receiver) Told() []Told {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// Next returns a channel that is closed when the next message comes.
func (r *Receiver) Next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	m, err := readMessage(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.told = append(r.told, m)
	close(r.next)
	r.next = make(chan struct{})
	r.mu.Unlock()
	select {
	case <-time.After(r.latency):
	case <-req.Context().Done():
	}
}

// readMessage reads a message of a webhook, or one for ntfy, whose story is in the address that a click opens.
func readMessage(req *http.Request) (Told, error) {
	m := Told{Target: req.URL.Path, Agent: req.UserAgent(), ID: cmp.Or(req.Header.Get("Webhook-Id"), req.Header.Get("X-Sequence-Id"))}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return m, err
	}
	if req.Header.Get("Webhook-Id") == "" {
		m.Reason, _, _ = strings.Cut(string(body), ".")
		click := req.Header.Get("Click")
		_, err := fmt.Sscanf(click[strings.LastIndex(click, "/")+1:], "%d", &m.Story)
		return m, err
	}
	var message struct {
		Type string
		Data struct{ Story struct{ ID int64 } }
	}
	err = json.Unmarshal(body, &message)
	m.Reason, m.Story = message.Type, message.Data.Story.ID
	return m, err
}
