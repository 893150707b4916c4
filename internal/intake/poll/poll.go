// Package poll decides when feeds are polled (due.go) and how many at once (poll.go).
//
// A cron tick polls the feeds that are due. The due time of each feed is stored with the articles of its last poll, so a
// restart polls no feed earlier. It is the latest of the following times. The feed also keeps the rule that set it (news.Rule).
//
//   - The feed's own rhythm (Pace.Learn): half the median time between its 20 newest items, but at least a sixteenth of the
//     time since the last item, and a quarter longer after each 304. It is poll.interval if fewer than three items have a time.
//   - The time for which the server's answer stays current: Cache-Control max-age, or Expires minus Date, less Age. A 304
//     without either does not change it.
//   - The feed's own request: <ttl>, and sy:updatePeriod with sy:updateFrequency.
//   - poll.max_interval while a hub pushes the feed, and for newsletters, which mails bring.
//
// All of these stay within poll.min_interval and poll.max_interval. A time in skipHours or skipDays (UTC) moves to the first
// minutes after them, even beyond poll.max_interval. Skips of every hour or every day are ignored. Jitter of a tenth spreads
// feeds that were polled together. It goes both ways around a feed's own rhythm, but only upwards from a requested wait.
//
// A feed that failed waits poll.min_interval, or poll.interval after a status from 400 to 499, and twice as long after each
// further failure. Retry-After is respected to the second. After 429 and 503 it delays all feeds of the host, which does not
// count as a failure of these feeds. After 410 a feed is polled only if somebody names it.
package poll

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// Schedule calls tick at each time of a cron spec (robfig/cron's standard syntax, in UTC) until the context ends, and once at
// the start. If a tick is still running when the next is due, the next is skipped. Schedule returns when the last tick has
// ended.
func Schedule(ctx context.Context, spec string, log *slog.Logger, tick func(context.Context)) error {
	if namesZone(spec) {
		return fmt.Errorf("poll.schedule %q: names a time zone, and schedules run in UTC", spec)
	}
	logger := cronLogger{log}
	// SkipIfStillRunning must be outermost. Otherwise a panic would leave it locked for good.
	c := cron.New(cron.WithLogger(logger), cron.WithLocation(time.UTC), cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	id, err := c.AddFunc(spec, func() { tick(ctx) })
	if err != nil {
		return fmt.Errorf("poll.schedule %q: %w", spec, err)
	}
	first := make(chan struct{})
	go func() { // through the chain, so that the first scheduled tick does not overlap it
		defer close(first)
		c.Entry(id).WrappedJob.Run()
	}()
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	<-first
	return nil
}

// namesZone reports whether a spec names a time zone, which makes cron panic at times.
func namesZone(spec string) bool { return strings.Contains(strings.ToUpper(spec), "TZ=") }

// Drain calls collect for each feed, with a number of workers. The feeds come in batches, until next returns none; it is called
// when all of the batch before have begun. One host's feeds are in one batch, and at most perHost of them are collected at once;
// 0 means no limit. Drain stops at the end of the context and at the first error. collect returns an error only if continuing
// makes no sense.
func Drain(ctx context.Context, next func(context.Context) ([]news.Feed, error), workers, perHost int, collect func(context.Context, news.Feed) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(workers, 1))
	var feeds []news.Feed
	var err error
	for {
		if feeds, err = next(gctx); err != nil || len(feeds) == 0 {
			break
		}
		for _, lane := range lanes(feeds, perHost) {
			g.Go(func() error {
				for _, f := range lane {
					if err := gctx.Err(); err != nil {
						return err
					}
					if err := collect(gctx, f); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	return cmp.Or(g.Wait(), err)
}

// SelectForPass returns those due feeds that one pass polls. Of each host it selects as many as can be polled within the time,
// with the pause between two requests, in perHost lanes. The rest stays due. So a slow host with many feeds does not delay all
// other feeds until the next pass.
//
// A pass of a server takes 30 s for each host, and begins with the feeds that have waited longest. Five hundred feeds of one
// host therefore do not delay the others. `headwater poll` polls all.
func SelectForPass(feeds []news.Feed, within time.Duration, pauseOf func(address string) time.Duration, perHost int) []news.Feed {
	if perHost <= 0 {
		return feeds
	}
	count := map[string]int{}
	var out []news.Feed
	for _, f := range feeds {
		h, pause := host(f.URL), pauseOf(f.URL)
		if count[h]++; pause <= 0 || count[h] <= max(int(within/pause), 1)*perHost {
			out = append(out, f)
		}
	}
	return out
}

// lanes divides the feeds into sequences that are polled one after the other, the longest first.
func lanes(feeds []news.Feed, perHost int) [][]news.Feed {
	var out [][]news.Feed
	if perHost <= 0 {
		for i := range feeds {
			out = append(out, feeds[i:i+1])
		}
		return out
	}
	hosts := map[string][]int{} // lanes of each host
	count := map[string]int{}
	for _, f := range feeds {
		h := host(f.URL)
		if len(hosts[h]) < perHost {
			hosts[h] = append(hosts[h], len(out))
			out = append(out, nil)
		}
		lane := hosts[h][count[h]%perHost%len(hosts[h])]
		out[lane] = append(out[lane], f)
		count[h]++
	}
	slices.SortStableFunc(out, func(a, b []news.Feed) int { return len(b) - len(a) })
	return out
}

func host(address string) string {
	u, err := weburl.Parse(address)
	if err != nil {
		return address
	}
	return strings.ToLower(u.Host)
}

// cronLogger logs cron's messages. Routine messages about waking and running are logged at debug level.
type cronLogger struct{ log *slog.Logger }

func (l cronLogger) Info(msg string, kv ...any) { l.log.Debug("cron", append(kv, "event", msg)...) }

func (l cronLogger) Error(err error, msg string, kv ...any) {
	l.log.Error("cron", append(kv, "event", msg, "error", err)...)
}
