package store

import (
	"context"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// One node at a time asks a host for feeds and pages. It claims the host, renews the lease while it works, and hands the host
// back with the pause that the next request has to wait, whoever makes it. So the pause and the limit of connections hold
// across machines, and one host never has two pollers. Of a node that is gone, hosts are free when the lease has ended.
//
// A row of poll_hosts is made by the first claim and removed when it says nothing any more. A host without a row is free. The
// node that held a host last may claim it again during the pause, since it keeps the pause itself.

// HostClaim says which hosts ClaimHosts claims.
type HostClaim struct {
	Due   time.Time // with feeds that are due at this time
	Pass  string    // names the pass; a host that it has claimed before is not claimed again. "" names none
	Limit int       // hosts; 0 means all
}

const (
	hostFreeSQL = `(h.holder = ?2 OR h.until <= ?3)`
	// dueHostsSQL walks the due feeds in their order, past those whose hosts other nodes ask.
	dueHostsSQL = `SELECT f.host, h.host IS NULL FROM feeds AS f INDEXED BY feeds_due LEFT JOIN poll_hosts AS h ON h.host = f.host
		WHERE f.removed = 0 AND f.state <> 'gone' AND f.paused = 0 AND f.due <= ?1 AND (h.host IS NULL OR ` + hostFreeSQL + ` AND (h.pass <> ?4 OR h.pass = ''))
		ORDER BY f.due, f.id LIMIT ?5`
	addHostsSQL   = `INSERT INTO poll_hosts (host) SELECT value FROM json_each(?, '$') WHERE true ORDER BY value ON CONFLICT (host) DO NOTHING`
	claimHostsSQL = `WITH free AS MATERIALIZED (SELECT h.host FROM json_each(?1, '$') AS w CROSS JOIN poll_hosts AS h
		WHERE h.host = w.value AND ` + hostFreeSQL + ` ORDER BY w.key LIMIT ?6`
	takeHostsSQL   = `) UPDATE poll_hosts SET holder = ?2, until = ?4, pass = ?5 WHERE host IN (SELECT host FROM free) RETURNING host`
	feedsToPollSQL = `SELECT ` + feedColumns + ` FROM feeds WHERE removed = 0 AND state <> 'gone' AND paused = 0 AND due <= ?1
		AND host IN (SELECT value FROM json_each(?2, '$')) ORDER BY due, id`
)

// dueFeedsAHost is how many due feeds are read for each host that is to be claimed. Some hosts have many, and some hosts are
// being claimed by another node at the same time.
const dueFeedsAHost = 16

// ClaimHosts claims hosts with due feeds for this node, those that have waited longest first. It returns the hosts, and their
// due feeds in the same order. Feeds that answered 410 are never due, nor are paused ones. It returns no host where all that have due feeds are asked by others, or by this pass.
func (db *DB) ClaimHosts(ctx context.Context, c HostClaim) (hosts []string, feeds []news.Feed, err error) {
	const tries, wait = 8, 5 * time.Millisecond
	for try := range tries {
		var waiting bool
		hosts, feeds, waiting, err = db.claimDueHosts(ctx, c)
		if err != nil || len(hosts) > 0 || !waiting {
			return hosts, feeds, err
		}
		select { // other nodes were claiming all of them, which takes some milliseconds
		case <-time.After(wait << try):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return nil, nil, nil
}

// claimDueHosts reports whether there were hosts to claim.
func (db *DB) claimDueHosts(ctx context.Context, c HostClaim) (hosts []string, feeds []news.Feed, waiting bool, err error) {
	limit, most := c.Limit, c.Limit*dueFeedsAHost
	if limit <= 0 {
		limit, most = unlimited, unlimited
	}
	err = db.claimTx(ctx, "claim hosts", func(ctx context.Context, t tx) error {
		now, err := t.clock(ctx, c.Due)
		if err != nil {
			return err
		}
		var due, unknown []string
		seen := map[string]bool{}
		err = eachRow(ctx, t.query, func(row scanner) error {
			var host string
			var added bool
			err := row.Scan(&host, &added)
			if !seen[host] {
				if seen[host], due = true, append(due, host); added {
					unknown = append(unknown, host)
				}
			}
			return err
		}, dueHostsSQL, millis(c.Due), db.Node(), now, c.Pass, most)
		if err != nil || len(due) == 0 {
			return err
		}
		waiting = true
		if hosts, err = t.takeHosts(ctx, due, unknown, now, c.Pass, limit); err != nil || len(hosts) == 0 {
			return err
		}
		feeds, err = collect(ctx, t.query, scanFeed, feedsToPollSQL, millis(c.Due), textList(hosts))
		return err
	})
	if err != nil {
		return nil, nil, false, err
	}
	return hosts, feeds, waiting, nil
}

// unlimited is a limit that nothing reaches.
const unlimited = 1 << 40

// takeHosts claims those of the hosts that are free, in their order and at most limit. The unknown ones have no row yet.
func (t tx) takeHosts(ctx context.Context, hosts, unknown []string, now int64, pass string, limit int) ([]string, error) {
	if len(unknown) > 0 {
		if err := t.exec(ctx, addHostsSQL, textList(unknown)); err != nil {
			return nil, err
		}
	}
	query := claimHostsSQL + t.db.engine.skipLocked("h") + takeHostsSQL
	return collect(ctx, t.query, scanText, query, textList(hosts), t.db.Node(), now, t.db.leaseEnd(now), pass, limit)
}

// AcquireHosts claims those of the hosts that are free, and returns them.
func (db *DB) AcquireHosts(ctx context.Context, hosts []string, now time.Time) (taken []string, err error) {
	if len(hosts) == 0 {
		return nil, nil
	}
	hosts = slices.Compact(slices.Sorted(slices.Values(hosts)))
	err = db.claimTx(ctx, "claim hosts", func(ctx context.Context, t tx) error {
		at, err := t.clock(ctx, now)
		if err != nil {
			return err
		}
		taken, err = t.takeHosts(ctx, hosts, hosts, at, "", unlimited)
		return err
	})
	return taken, err
}

const (
	renewHostsSQL = `UPDATE poll_hosts SET until = ?3 WHERE holder = ?2 AND host IN (SELECT value FROM json_each(?1, '$')) RETURNING host`
	pauseHostsSQL = `UPDATE poll_hosts SET until = ?3 WHERE holder = ?2 AND host IN (SELECT value FROM json_each(?1, '$'))`
	// forgetHostsSQL removes rows that say nothing any more.
	forgetHostsSQL = `DELETE FROM poll_hosts WHERE host IN (SELECT host FROM poll_hosts WHERE until < ?`
)

// RenewHosts renews the leases of hosts that this node claimed, and returns those that it still has. The others have been
// claimed by another node since their leases ended.
func (db *DB) RenewHosts(ctx context.Context, hosts []string, now time.Time) (held []string, err error) {
	err = db.claimTx(ctx, "renew hosts", func(ctx context.Context, t tx) error {
		at, err := t.clock(ctx, now)
		if err != nil {
			return err
		}
		held, err = collect(ctx, t.query, scanText, renewHostsSQL, textList(hosts), db.Node(), db.leaseEnd(at))
		return err
	})
	return held, err
}

// HostRelease is a number of hosts to hand back, and how long the next request to them has to wait.
type HostRelease struct {
	Hosts []string
	Pause time.Duration
}

// ReleaseHosts hands hosts back that this node claimed. Others may claim them after the pause.
func (db *DB) ReleaseHosts(ctx context.Context, now time.Time, releases ...HostRelease) error {
	return db.claimTx(ctx, "hand hosts back", func(ctx context.Context, t tx) error {
		at, err := t.clock(ctx, now)
		if err != nil {
			return err
		}
		for _, r := range releases {
			if len(r.Hosts) == 0 {
				continue
			}
			if err := t.exec(ctx, pauseHostsSQL, textList(r.Hosts), db.Node(), at+r.Pause.Milliseconds()); err != nil {
				return err
			}
		}
		return nil
	})
}

const (
	unknownHostsSQL = `SELECT id, url FROM feeds WHERE host = ''`
	setHostSQL      = `UPDATE feeds SET host = ? WHERE id = ? AND host = ''`
	anyHostSQL      = `SELECT EXISTS (SELECT 1 FROM poll_hosts)`
	dropHostsSQL    = `DELETE FROM poll_hosts`
)

// openHosts fills the hosts of feeds that an older version stored. Where no other process may use the database, it removes
// the claims of an earlier process.
func (db *DB) openHosts(ctx context.Context) error {
	type feed struct {
		id  int64
		url string
	}
	feeds, err := collect(ctx, db.writer.QueryContext, func(row scanner) (f feed, err error) {
		err = row.Scan(&f.id, &f.url)
		return f, err
	}, unknownHostsSQL)
	if err != nil {
		return err
	}
	claimed := false
	if !db.Shared() {
		if err := db.writer.QueryRowContext(ctx, anyHostSQL).Scan(&claimed); err != nil {
			return err
		}
	}
	if len(feeds) == 0 && !claimed {
		return nil
	}
	return db.write(ctx, "note the hosts of feeds", func(ctx context.Context, t tx) error {
		for _, f := range feeds {
			if err := t.exec(ctx, setHostSQL, hostOf(f.url), f.id); err != nil {
				return err
			}
		}
		if !claimed {
			return nil
		}
		return t.exec(ctx, dropHostsSQL)
	})
}

// hostOf is the host of a feed as stored.
func hostOf(address string) string { return text(weburl.Hostname(address)) }
