package pipeline

import (
	"context"
	"time"
)

// Collect asks the feeds that are due, as a pass of serve does, and neither settles nor indexes.
func (n *Newsroom) Collect(ctx context.Context) (Summary, error) {
	o := PassOptions{Turn: 30 * time.Second, Progress: func(string, int, int) {}}
	feeds, err := n.due(ctx, o)
	if err != nil {
		return Summary{}, err
	}
	return n.collectAll(ctx, feeds, o)
}

// Renew asks the hubs that are due now.
func (n *Newsroom) Renew(ctx context.Context) error { return n.push.Tend(ctx) }

// HubProblem gives what went wrong with a feed's subscription last.
func (n *Newsroom) HubProblem(ctx context.Context, feed int64) (string, error) {
	sub, err := n.Store.SubscriptionOf(ctx, feed)
	return sub.Problem, err
}

// ServePushes is the part of Serve that speaks with hubs, and KeepUp that which settles and indexes.
func (n *Newsroom) ServePushes(ctx context.Context) error { return n.servePushes(ctx) }

// KeepUp is as ServePushes says.
func (n *Newsroom) KeepUp(ctx context.Context) error { return n.keepUp(ctx) }

// ServeOnce is the beginning of ServePushes: what is due at a start.
func (n *Newsroom) ServeOnce(ctx context.Context) error {
	if err := n.push.begin(ctx); err != nil {
		return err
	}
	return n.push.Tend(ctx)
}

// ServeAlerts is the part of Serve that tells people of stories.
func (n *Newsroom) ServeAlerts(ctx context.Context) { n.serveAlerts(ctx) }

// TellHub tells the hub of what changed, as Serve does now and then.
func TellHub(ctx context.Context, n *Newsroom) error { return n.tellChanges(ctx) }

// Try looks at addresses in order, as FindFeeds does at those that may be meant by what was typed. Each gives its error, or a
// document where it has none. It gives the address that was taken, those that were asked for, and the note.
func Try(ctx context.Context, addresses []string, errs map[string]error) (took string, asked []string, note string) {
	s, note := tryEach(ctx, addresses, func(_ context.Context, address string) sight {
		asked = append(asked, address)
		return sight{asked: address, err: errs[address]}
	})
	return s.asked, asked, note
}

// KeepRetaining is the part of Serve that lets go of what is no longer needed.
func (n *Newsroom) KeepRetaining(ctx context.Context) { n.keepRetaining(ctx) }

// TakeReading takes all places at which documents are parsed.
func (n *Newsroom) TakeReading() {
	for range cap(n.reading) {
		n.reading <- struct{}{}
	}
}
