package pipeline

import (
	"context"
	"errors"
	"strings"
	"time"

	"headwater/internal/store"
)

// attend says in the store that this node works, until the context ends. Where other nodes may work on the store, it says so
// every few seconds, warns of other settings and of a wrong clock, and learns which hosts asked others to be left alone.
func (p *Pipeline) attend(ctx context.Context) {
	log, db := p.options.Logger, p.options.Store
	warned, failing := map[string]bool{}, false
	t := time.NewTicker(store.BeatEvery)
	defer t.Stop()
	for ctx.Err() == nil {
		err := db.Beat(ctx, p.options.Roles.String(), p.options.Settings)
		if err == nil && db.Shared() {
			err = errors.Join(p.adoptRests(ctx), p.warnOfNodes(ctx, warned))
		}
		if err != nil && ctx.Err() == nil && !failing {
			log.Warn("this node could not say that it works; it is tried again", "error", err)
		}
		if failing = err != nil; !failing && !db.Shared() {
			t.Stop() // once is enough
		}
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), handBack)
	defer cancel()
	if err := db.Leave(end); err != nil {
		log.Warn("this node could not say that it ends; it is forgotten after a while", "error", err)
	}
}

// clockApart is how far the clock of this machine may be from that of the database.
const clockApart = 10 * time.Second

// warnOfNodes logs, once each, which nodes have other settings, and that the clock of this machine is wrong.
func (p *Pipeline) warnOfNodes(ctx context.Context, warned map[string]bool) error {
	log := p.options.Logger
	first := func(key string) bool {
		was := warned[key]
		warned[key] = true
		return !was
	}
	if ahead := p.options.Store.ClockAhead(); ahead.Abs() > clockApart && first("clock") {
		log.Warn("the clock of the database differs from this machine's, and is used; set both right", "ahead", ahead.Round(time.Second))
	}
	nodes, err := p.options.Store.Nodes(ctx)
	if err != nil {
		return err
	}
	own := store.Node{Settings: p.options.Settings}
	for _, n := range nodes {
		if n.ID == p.options.Store.Node() || !n.Works() {
			continue
		}
		if names := strings.Join(own.Differing(n), ", "); names != "" && first(n.ID+" "+names) {
			log.Warn("another node has other settings; give both the same", "node", n.ID, "host", n.Host, "settings", names)
		}
	}
	return nil
}
