package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/store"
)

// Publisher notifies a WebSub hub that feeds of ours changed, so that the hub fetches them and passes them on.
//
// The hub is notified within half a minute, tried three times, and notified again with the next change. Only /feeds/all
// names the hub: a reader that relies on pushes of another feed would wait for one that never comes.
type Publisher struct {
	Hub   string        // its URL; "" is none
	Feeds []string      // addresses of ours whose documents name the hub
	Pause time.Duration // before it is tried again, and twice as long before the last time; 0 means 5s

	Store *store.DB
	// Post sends a body and gives the answer, whatever its status.
	Post func(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error)
	Log  *slog.Logger
}

const (
	hubTick  = 30 * time.Second // between two looks at the story log
	hubTries = 3                // for one feed
	hubPause = 5 * time.Second
	hubTime  = 20 * time.Second // for one request
)

// hubSetting keeps the number of the story log up to which the hub was notified, and the hub's address: another hub was not.
const hubSetting = "hub_told"

// Run notifies the hub of changes until the context ends. What changed while the server was down follows at the first tick.
func (p *Publisher) Run(ctx context.Context) {
	if p.Hub == "" {
		return
	}
	t := time.NewTicker(hubTick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := p.Publish(ctx); err != nil && ctx.Err() == nil {
			p.Log.Warn("the WebSub hub was not told of changes; it is told again with the next", "hub", p.Hub, "error", err)
		}
	}
}

// Publish notifies the hub where the story log has entries after the last notice.
func (p *Publisher) Publish(ctx context.Context) error {
	last, err := p.Store.LastChange(ctx)
	if err != nil {
		return err
	}
	before, err := p.Store.Setting(ctx, hubSetting)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return err
	}
	now := strconv.FormatInt(last, 10) + " " + p.Hub
	if before == now || last == 0 {
		return nil
	}
	for _, feed := range p.Feeds {
		if err := p.publishFeed(ctx, feed); err != nil {
			return err
		}
	}
	return p.Store.SetSetting(ctx, hubSetting, now)
}

// publishFeed notifies the hub of a feed as PubSubHubbub 0.4 has it (section 7, "New Content Notification"), which hubs of
// WebSub take too: WebSub leaves open how a publisher notifies its hub.
func (p *Publisher) publishFeed(ctx context.Context, feed string) (err error) {
	form := url.Values{"hub.mode": {"publish"}, "hub.url": {feed}, "hub.topic": {feed}}.Encode()
	pause := cmp.Or(p.Pause, hubPause)
	for try := 1; ; try++ {
		if err = p.post(ctx, form); err == nil || try == hubTries || errors.Is(err, fetch.ErrResting) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

func (p *Publisher) post(ctx context.Context, form string) error {
	ctx, cancel := context.WithTimeout(ctx, hubTime)
	defer cancel()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	resp, err := p.Post(ctx, p.Hub, header, []byte(form))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 200))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s: %s", resp.Status, body)
	}
	return nil
}
