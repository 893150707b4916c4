package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"
)

// Node is a process that works on the database.
type Node struct {
	ID    string // random, see DB.Node
	Host  string // the name of its machine
	Roles string
	// Settings has a hash of each setting that all nodes must share, by the setting's name.
	Settings map[string]string
	Started  time.Time     // by the database's clock
	Silent   time.Duration // since its last beat, by the database's clock
}

const (
	// BeatEvery is how often a node says that it works.
	BeatEvery = 5 * time.Second
	// silentAfter is how long a node that was killed still counts as working.
	silentAfter = 3 * BeatEvery
	// forgetHost is how long a host that nobody asks keeps its row.
	forgetHost = time.Hour
	// forgetNode is how long a node that was killed is listed.
	forgetNode = time.Hour
)

// Works reports whether the node has said lately that it works. One that was killed, or that can't reach the database, has not.
func (n Node) Works() bool { return n.Silent < silentAfter }

// Differing returns the names of the settings that have another value on the other node, in order.
func (n Node) Differing(other Node) []string {
	var names []string
	for name, hash := range n.Settings {
		if other.Settings[name] != hash {
			names = append(names, name)
		}
	}
	for name := range other.Settings {
		if _, ok := n.Settings[name]; !ok {
			names = append(names, name)
		}
	}
	return slices.Sorted(slices.Values(names))
}

const (
	beatSQL = `INSERT INTO nodes (id, host, roles, settings, started, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
		ON CONFLICT (id) DO UPDATE SET roles = excluded.roles, settings = excluded.settings, seen = excluded.seen`
	forgetNodesSQL = `DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE seen < ? AND id <> ?`
	leaveSQL       = `DELETE FROM nodes WHERE id = ?`
	nodesSQL       = `SELECT id, host, roles, settings, started, seen FROM nodes ORDER BY started, id`
)

// Beat stores that this process works, with its roles and settings. It is called every BeatEvery; where no other process may
// use the database, once is enough.
func (db *DB) Beat(ctx context.Context, roles string, settings map[string]string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // the name is only shown
	}
	hashes, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return db.claimTx(ctx, "say that this node works", func(ctx context.Context, t tx) error {
		now, err := t.clock(ctx, time.Now())
		if err != nil {
			return err
		}
		db.compareClocks(now, time.Now())
		if err := t.exec(ctx, beatSQL, db.Node(), text(host), text(roles), string(hashes), now); err != nil {
			return err
		}
		if err := t.exec(ctx, forgetHostsSQL+db.engine.skipLocked("poll_hosts")+`)`, now-forgetHost.Milliseconds()); err != nil {
			return err
		}
		before := now - forgetNode.Milliseconds()
		if !db.Shared() { // the others ended without a word
			before = now + 1
		}
		return t.exec(ctx, forgetNodesSQL+db.engine.skipLocked("nodes")+`)`, before, db.Node())
	})
}

// Leave stores that this process works no more.
func (db *DB) Leave(ctx context.Context) error {
	return db.claimTx(ctx, "say that this node ends", func(ctx context.Context, t tx) error { return t.exec(ctx, leaveSQL, db.Node()) })
}

// Nodes returns the processes that work on the database, and those that ended without Leave within the last hour.
func (db *DB) Nodes(ctx context.Context) ([]Node, error) {
	now, err := db.Clock(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	return rowsOf(ctx, db, "nodes", func(row scanner) (n Node, err error) {
		var settings string
		var started, seen int64
		if err = row.Scan(&n.ID, &n.Host, &n.Roles, &settings, &started, &seen); err != nil {
			return n, err
		}
		n.Started = fromMillis(started)
		if db.Shared() || n.ID != db.Node() { // alone, a node need not say again that it works
			n.Silent = max(now.Sub(fromMillis(seen)), 0)
		}
		if err := json.Unmarshal([]byte(settings), &n.Settings); err != nil {
			return n, fmt.Errorf("settings of node %s: %w", n.ID, err)
		}
		return n, nil
	}, nodesSQL)
}
