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

// Publisher notifies a WebSub hub of changes in our own feeds, so that the hub fetches the feeds and distributes them.
//
// The hub is notified within half a minute. A notice is tried three times, and sent again with the next change. Only
// /feeds/all names the hub. A reader that relied on pushes of another feed would wait in vain.
type Publisher struct {
	Hub   string        // the hub's URL; "" means none
	Feeds []string      // addresses of our feeds whose documents name the hub
	Pause time.Duration // before the second try, and twice as long before the third; 0 means 5s

	Store *store.DB
	// Post sends a body and returns the answer, whatever its status.
	Post func(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error)
	Log  *slog.Logger
}

const (
	hubTick  = 30 * time.Second // between two checks of the story log
	hubTries = 3                // for one feed
	hubPause = 5 * time.Second
	hubTime  = 20 * time.Second // for one request
)

// hubSetting stores the hub's address and the number of the story log up to which it was notified. A hub at another
// address has not been notified.
const hubSetting = "hub_told"

// Run notifies the hub of changes until the context ends. Changes from the time without a server are announced at the
// first tick.
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

// Publish notifies the hub if the story log has entries after the last notice, and no other node notifies it.
func (p *Publisher) Publish(ctx context.Context) error {
	if behind, _, err := p.behind(ctx); err != nil || !behind {
		return err
	}
	_, err := p.Store.WithLease(ctx, "hub", func(ctx context.Context) error {
		behind, now, err := p.behind(ctx) // another node may have notified it
		if err != nil || !behind {
			return err
		}
		for _, feed := range p.Feeds {
			if err := p.publishFeed(ctx, feed); err != nil {
				return err
			}
		}
		return p.Store.SetSetting(ctx, hubSetting, now)
	})
	return err
}

// behind reports whether the story log has entries after the last notice. It also returns the value of hubSetting after a
// notice.
func (p *Publisher) behind(ctx context.Context) (behind bool, now string, err error) {
	last, err := p.Store.LastChange(ctx)
	if err != nil {
		return false, "", err
	}
	before, err := p.Store.Setting(ctx, hubSetting)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return false, "", err
	}
	now = strconv.FormatInt(last, 10) + " " + p.Hub
	return before != now && last != 0, now, nil
}

// publishFeed notifies the hub of a feed in the form of PubSubHubbub 0.4 (section 7, "New Content Notification"). WebSub
// does not define how publishers notify hubs, and its hubs accept this form too.
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
