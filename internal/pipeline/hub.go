package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
)

// Hub is the WebSub hub that is told when a feed of ours changes, so that it fetches and passes it on.
type Hub struct {
	URL   string        // of the hub
	Feeds []string      // addresses of ours whose documents name the hub
	Pause time.Duration // before it is tried again, and twice as long before the last time; 0 means 5s
}

// How often the story log is looked at for something to tell the hub, and how a hub that fails is asked again.
const (
	tellEvery = 30 * time.Second
	tellTries = 3
	tellPause = 5 * time.Second
	tellTime  = 20 * time.Second
)

// toldSetting keeps the number of the story log that the hub was told of, and the hub's address: another one knows nothing.
const toldSetting = "hub_told"

// tellHub tells the hub of changes until the context ends. What changed while the server was down is told at its start.
func (n *Newsroom) tellHub(ctx context.Context) error {
	if n.Hub.URL == "" {
		return nil
	}
	_ = every(ctx, nil, tellEvery, func() error { // ends with the context, which is no failure
		if err := n.tellChanges(ctx); err != nil && ctx.Err() == nil {
			n.Logger.Warn("the WebSub hub was not told of changes; it is told again with the next", "hub", n.Hub.URL, "error", err)
		}
		return nil
	})
	return nil
}

// tellChanges tells the hub where the story log has something that it does not know.
func (n *Newsroom) tellChanges(ctx context.Context) error {
	last, err := n.Store.LastChange(ctx)
	if err != nil {
		return err
	}
	told, err := n.Store.Setting(ctx, toldSetting)
	if err != nil && !errors.Is(err, news.ErrNotFound) {
		return err
	}
	now := strconv.FormatInt(last, 10) + " " + n.Hub.URL
	if told == now || last == 0 {
		return nil
	}
	for _, feed := range n.Hub.Feeds {
		if err := n.tellOf(ctx, feed); err != nil {
			return err
		}
	}
	return n.Store.SetSetting(ctx, toldSetting, now)
}

// tellOf tells the hub that a feed changed, as PubSubHubbub 0.4 has it (section 7, "New Content Notification"), which hubs
// of WebSub take too: WebSub leaves open how publishers tell theirs.
func (n *Newsroom) tellOf(ctx context.Context, feed string) (err error) {
	form := url.Values{"hub.mode": {"publish"}, "hub.url": {feed}, "hub.topic": {feed}}.Encode()
	pause := cmp.Or(n.Hub.Pause, tellPause)
	for try := 1; ; try++ {
		if err = n.tellOnce(ctx, form); err == nil || try == tellTries || errors.Is(err, fetch.ErrResting) {
			return err
		}
		if rest(ctx, pause); ctx.Err() != nil {
			return ctx.Err()
		}
		pause *= 2
	}
}

func (n *Newsroom) tellOnce(ctx context.Context, form string) error {
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	resp, err := n.Fetch.Post(ctx, n.Hub.URL, header, []byte(form))
	if err != nil {
		return err
	}
	said, err := io.ReadAll(io.LimitReader(resp.Body, 200))
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s: %s", resp.Status, said)
	}
	return nil
}
