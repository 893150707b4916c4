package store

import (
	"context"
	"database/sql"
	"time"
)

// The queues of pages to ask for: those of articles, and those that articles credit. Hosts are what is queued: a claim takes the
// hosts that are free, a few, and of each the pages that its quota allows. So it costs the same whatever waits behind
// hosts that are not free.
const (
	queuePages   = "pages"
	queueSources = "sources"
)

// PageQuota says which pages may be claimed.
type PageQuota struct {
	Now     time.Time
	Period  time.Duration // of PerHost, from the first page that was asked for
	PerHost int           // pages of one host in a period
	Lease   time.Duration // how long a page that is claimed stays out of the queue where nothing is heard of it
	Limit   int           // pages in all
}

const (
	// hostWaitsSQL says that pages of a host wait.
	hostWaitsSQL = `INSERT INTO page_hosts (queue, host) VALUES (?, ?) ON CONFLICT (queue, host) DO UPDATE SET waiting = 1, free = rests`
	// hostRestsSQL puts off all pages of a host.
	hostRestsSQL = `INSERT INTO page_hosts (queue, host, free, rests) VALUES (?1, ?2, ?3, ?3)
		ON CONFLICT (queue, host) DO UPDATE SET free = max(free, excluded.free), rests = max(rests, excluded.rests), waiting = 1`
	freeHostsSQL = `SELECT host, rests, began, asked FROM page_hosts WHERE queue = ? AND waiting = 1 AND free <= ? ORDER BY free, host LIMIT ?`
	dropHostSQL  = `DELETE FROM page_hosts WHERE queue = ? AND host = ?`
	putHostSQL   = `UPDATE page_hosts SET free = ?3, rests = ?4, began = ?5, asked = ?6, waiting = ?7 WHERE queue = ?1 AND host = ?2`
)

type pageHost struct {
	host                string
	rests, began, asked int64
}

// claim lets take claim up to n pages of each host that is free, in one transaction. Leased is a query that gives, of a host of
// which no page could be had, when the first of its pages that wait is to be asked for; 0 where none waits.
func (db *DB) claim(ctx context.Context, queue string, q PageQuota, take func(ctx context.Context, t tx, host string, n int64) (int, error), leased string) error {
	scan := func(row scanner) (h pageHost, err error) {
		err = row.Scan(&h.host, &h.rests, &h.began, &h.asked)
		return h, err
	}
	now, period, perHost := millis(q.Now), q.Period.Milliseconds(), int64(q.PerHost)
	if hosts, err := rowsOf(ctx, db, "hosts that are free", scan, freeHostsSQL, queue, now, 1); err != nil || len(hosts) == 0 {
		return err // most of the time: no transaction for it
	}
	return db.write(ctx, "claim "+queue, func(ctx context.Context, t tx) error {
		rows, err := t.QueryContext(ctx, freeHostsSQL, queue, now, q.Limit)
		if err != nil {
			return err
		}
		hosts, err := collect(rows, scan)
		if err != nil {
			return err
		}
		each := int64(max(1, q.Limit/max(len(hosts), 1)))
		for _, h := range hosts {
			if now-h.began >= period || now < h.began { // the clock may have gone back
				h.began, h.asked = now, 0
			}
			n, err := take(ctx, t, h.host, max(0, min(each, perHost-h.asked))) // the quota may be smaller than when pages were asked for
			if err != nil {
				return err
			}
			h.asked += int64(n)
			free, waiting := now+1, true // behind the hosts that were not asked now
			switch {
			case h.asked >= perHost:
				h.rests = h.began + period
				free = h.rests
			case n == 0:
				if err := t.QueryRowContext(ctx, leased, h.host).Scan(&free); err != nil {
					return err
				}
				waiting = free != 0
				free = max(free, h.rests)
			}
			if !waiting && h.asked == 0 && h.rests <= now { // nothing is to be remembered of it
				if err := t.exec(ctx, dropHostSQL, queue, h.host); err != nil {
					return err
				}
				continue
			}
			if err := t.exec(ctx, putHostSQL, queue, h.host, free, h.rests, h.began, h.asked, waiting); err != nil {
				return err
			}
		}
		return nil
	})
}

// affected runs a statement once and gives the number of rows that it changed.
func (t tx) affected(ctx context.Context, query string, args ...any) (int, error) {
	var res sql.Result
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}
