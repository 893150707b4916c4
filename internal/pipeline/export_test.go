package pipeline

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// Collect polls the due feeds like a pass of Serve. It neither settles nor indexes.
func (p *Pipeline) Collect(ctx context.Context) (Summary, error) {
	return p.poll(ctx, PassOptions{PerHost: passFor, Progress: func(string, int, int) {}})
}

// Check is Collector.Check.
func (p *Pipeline) Check(ctx context.Context, url string) (Report, error) {
	return p.collector.Check(ctx, url)
}

// Renew sends the requests to hubs that are due now.
func (p *Pipeline) Renew(ctx context.Context) error { return p.push.Tend(ctx) }

// HubProblem returns the last failure of a feed's subscription.
func (p *Pipeline) HubProblem(ctx context.Context, feed int64) (string, error) {
	sub, err := p.options.Store.SubscriptionOf(ctx, feed)
	return sub.Problem, err
}

// ServePushes is the part of Serve that talks to hubs.
func (p *Pipeline) ServePushes(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return p.push.run(ctx) })
	g.Go(func() error {
		p.push.receiveAll(ctx)
		return nil
	})
	return g.Wait()
}

// KeepUp is the part of Serve that runs the stages behind the log and delivers alerts. It returns an error where Serve would.
func (p *Pipeline) KeepUp(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range append(p.webFollowers(), p.leadFollowers()...) {
		g.Go(func() error { return f.run(ctx, p.options.Store, p.turn, p.options.Logger) })
	}
	g.Go(func() error {
		p.options.Store.Listen(ctx)
		return nil
	})
	if p.options.Alerts != nil {
		g.Go(func() error {
			p.options.Alerts.Run(ctx, p.turn)
			return nil
		})
	}
	return g.Wait()
}

// ServeOnce is the beginning of ServePushes: what is due at a start.
func (p *Pipeline) ServeOnce(ctx context.Context) error {
	if err := p.push.begin(ctx); err != nil {
		return err
	}
	return p.push.Tend(ctx)
}

// KeepRetaining is the part of Serve that removes what is no longer needed.
func (p *Pipeline) KeepRetaining(ctx context.Context) { p.Retention.run(ctx, p.turn) }

// TakeParsing takes all slots of the semaphore for parsing.
func (p *Pipeline) TakeParsing() {
	for range cap(p.collector.parsing) {
		p.collector.parsing <- struct{}{}
	}
}

// SetKeep changes how long articles are kept.
func (r *Retention) SetKeep(keep time.Duration) { r.keep = keep }
