package pipeline

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/intake/poll"
)

// passFor is the time that the pauses between the due feeds of one host may take in a pass of Serve.
const passFor = 30 * time.Second

// Serve polls on schedule, receives what hubs push, and runs all stages until the context ends.
func (p *Pipeline) Serve(ctx context.Context, schedule string) error {
	log := p.options.Logger
	p.serving.Store(true)
	defer p.serving.Store(false)
	g, ctx := errgroup.WithContext(ctx)
	run := func(stage func(context.Context)) {
		g.Go(func() error {
			stage(ctx)
			return nil
		})
	}
	g.Go(func() error { return p.push.run(ctx) })
	g.Go(func() error {
		return poll.Schedule(ctx, schedule, log, func(ctx context.Context) {
			if _, err := p.Pass(ctx, PassOptions{CollectOnly: true, PerHost: passFor}); err != nil && ctx.Err() == nil {
				log.Error("a pass over the feeds failed; the next tick tries again", "error", err)
			}
		})
	})
	for _, f := range p.followers() {
		run(func(ctx context.Context) { f.run(ctx, p.turn.RLocker(), log) })
	}
	run(func(ctx context.Context) { // so that the first search need not load it
		if _, err := p.options.Index.Stories(ctx); err != nil && ctx.Err() == nil {
			log.Error("the places of articles in stories could not be read; the first search tries again", "error", err)
		}
	})
	run(p.Pages.run)
	if p.options.ReadSources {
		run(p.Sources.run)
	}
	if p.options.Alerts != nil {
		run(func(ctx context.Context) { p.options.Alerts.Run(ctx, p.turn.RLocker()) })
	}
	if p.options.Hub != nil {
		run(p.options.Hub.Run)
	}
	run(func(ctx context.Context) { p.Retention.run(ctx, p.turn.RLocker()) })
	return g.Wait()
}

// followers returns the stages that Serve runs behind the log. Each runs by itself. They start awake, since an earlier
// process may have left work. A new stage needs one more element with a wakeup of its own.
func (p *Pipeline) followers() []follower {
	p.toMatch.send()
	p.arrived()
	return []follower{
		{"index", p.toIndex, 200 * time.Millisecond, func(ctx context.Context) error {
			_, err := p.options.Index.CatchUp(ctx, nil)
			return err
		}},
		{"settle", p.toSettle, 300 * time.Millisecond, func(ctx context.Context) error {
			_, err := p.Settler.Settle(ctx, nil)
			return err
		}},
		{"topics", p.toMatch, 300 * time.Millisecond, p.Matcher.Match},
	}
}
