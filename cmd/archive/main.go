// Archive makes a data folder with as many articles as asked for, to measure Headwater over what years of polling leave.
//
//	go run ./cmd/archive -data DIR [-database postgres://...] [-articles 1000000] [-window 200000]
//	headwater --data DIR reindex
//	go run ./cmd/archive -data DIR -measure headwater    how long pages, feeds and searches take, and what idling costs
//	go run ./cmd/archive -data DIR -read headwater       how long the pages take that one reads on; beside Miniflux with -miniflux
//	go run ./cmd/archive -data DIR -settle 200           how long settling takes, one article at a time
//	go run ./cmd/archive -data DIR -database postgres://... -standby 200
//	                                                     how long another node takes to stand by, to follow and to take over
//	go run ./cmd/archive -data DIR [-database postgres://...] -soak headwater -feeds OPML -grow ADDRESS [-for 60m] [-every 5m]
//	                                                     what an hour of polling, reading and searching leaves of memory and latency
//
// The articles are made-up words, of 1,000 feeds in 20 folders. Four articles make three stories: two of the articles have
// one text. Events have 1 to 24 stories, one in 500 has 500. Of 40,000 articles 40 and 500 are one story each. The newest -window articles are spread over the last 72 hours, the others over the year before. Articles, prints,
// claims, stories and edges are stored as polling and settling store them; `headwater reindex` makes the index. A user "reader"
// (password reader-reader) has read every second article of the oldest -marked percent and starred one in a thousand of all. The
// same arguments give the same texts.
//
// Another reader can be filled with the same articles, read and unread alike, and measured by turns with Headwater. Start Miniflux
// with an empty database and
//
//	ADMIN_USERNAME=reader ADMIN_PASSWORD=reader-reader CREATE_ADMIN=1 RUN_MIGRATIONS=1 FETCHER_ALLOW_PRIVATE_NETWORKS=1
//	BATCH_SIZE=2000 POLLING_FREQUENCY=100000 CLEANUP_ARCHIVE_READ_DAYS=-1 CLEANUP_ARCHIVE_UNREAD_DAYS=-1
//
//	go run ./cmd/archive -data DIR -fill http://127.0.0.1:8080
//	go run ./cmd/archive -data DIR -read headwater -miniflux http://127.0.0.1:8080
//
// generate.go makes the folder, measure.go, reading.go and soak.go are clients of `headwater serve`, miniflux.go is one of Miniflux, settle.go
// runs the pipeline.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	dir := flag.String("data", "", "the `folder` to make; it must not hold a database yet")
	database := flag.String("database", "", "the `address` of an empty PostgreSQL database to fill, instead of the folder's own")
	articles := flag.Int("articles", 1_000_000, "how many articles")
	window := flag.Int("window", 200_000, "how many of them came within the last 72 hours")
	marked := flag.Int("marked", 10, "of how many `percent` of the articles, from the oldest on, the reader has read every second one")
	reading := flag.String("read", "", "do not make the folder, but measure reading with `HEADWATER serve` over it")
	beside := flag.String("miniflux", "", "with -read: the `address` of a Miniflux that -fill has filled, to be measured by turns with Headwater")
	pids := flag.String("pids", "", "with -miniflux: the `processes` whose CPU time, with that of their children, is Miniflux's, such as 123,456")
	fill := flag.String("fill", "", "do not make the folder, but fill the Miniflux at an `address` with its articles")
	binary := flag.String("measure", "", "do not make the folder, but measure `HEADWATER serve` over it")
	count := flag.Int("settle", 0, "do not make the folder, but store and settle `N` articles in it, one at a time")
	behind := flag.Int("standby", 0, "do not make the folder, but let a node that stands by follow `N` settlements in it, and take over after N more")
	soaked := flag.String("soak", "", "do not make the folder, but let `HEADWATER serve` over it, or an empty one, poll feeds while clients read")
	feeds := flag.String("feeds", "", "with -soak: the `address` of an OPML list of feeds")
	grow := flag.String("grow", "", "with -soak: the `address` to POST to every minute, so that feeds get new items")
	lasts := flag.Duration("for", time.Hour, "with -soak: how long")
	every := flag.Duration("every", 5*time.Minute, "with -soak: the time between two lines")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 || *window < 0 || *articles < *window || *marked < 0 || *marked > 100 {
		flag.Usage()
		os.Exit(2)
	}
	work := func(ctx context.Context) error { return generate(ctx, *dir, *database, *articles, *window, *marked) }
	switch {
	case *soaked != "":
		work = func(ctx context.Context) error {
			return soakServer(ctx, *dir, *database, *soaked, *feeds, *grow, *lasts, *every)
		}
	case *binary != "":
		work = func(ctx context.Context) error { return measure(ctx, *dir, *binary) }
	case *reading != "":
		work = func(ctx context.Context) error { return measureReading(ctx, *dir, *reading, *beside, *pids) }
	case *fill != "":
		work = func(ctx context.Context) error { return fillMiniflux(ctx, *dir, *fill) }
	case *behind > 0:
		work = func(ctx context.Context) error { return standBy(ctx, *dir, *database, *behind) }
	case *count > 0:
		work = func(ctx context.Context) error { return settle(ctx, *dir, *database, *count) }
	}
	if err := work(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}
