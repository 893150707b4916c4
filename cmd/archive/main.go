// Archive makes a data folder with as many articles as asked for, to measure Headwater over what years of polling leave.
//
//	go run ./cmd/archive -data DIR [-database postgres://...] [-articles 1000000] [-window 200000]
//	headwater --data DIR reindex
//	go run ./cmd/archive -data DIR -measure headwater    how long pages, feeds and searches take, and what idling costs
//	go run ./cmd/archive -data DIR -settle 200           how long settling takes, one article at a time
//	go run ./cmd/archive -data DIR -database postgres://... -standby 200
//	                                                     how long another node takes to stand by, to follow and to take over
//
// The articles are made-up words, of 1,000 feeds in 20 folders. Four articles make three stories: two of the articles have
// one text. Events have 1 to 24 stories, one in 500 has 500. The newest -window articles are spread over the last 72 hours, the others over the year before. Articles, prints,
// claims, stories and edges are stored as polling and settling store them; `headwater reindex` makes the index. A user "reader"
// (password reader-reader) has read every second article of the oldest tenth and starred one in a thousand of all. The same
// arguments give the same texts.
//
// generate.go makes the folder, measure.go is a client of `headwater serve`, settle.go runs the pipeline.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("data", "", "the `folder` to make; it must not hold a database yet")
	database := flag.String("database", "", "the `address` of an empty PostgreSQL database to fill, instead of the folder's own")
	articles := flag.Int("articles", 1_000_000, "how many articles")
	window := flag.Int("window", 200_000, "how many of them came within the last 72 hours")
	binary := flag.String("measure", "", "do not make the folder, but measure `HEADWATER serve` over it")
	count := flag.Int("settle", 0, "do not make the folder, but store and settle `N` articles in it, one at a time")
	behind := flag.Int("standby", 0, "do not make the folder, but let a node that stands by follow `N` settlements in it, and take over after N more")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 || *window < 0 || *articles < *window {
		flag.Usage()
		os.Exit(2)
	}
	work := func(ctx context.Context) error { return generate(ctx, *dir, *database, *articles, *window) }
	switch {
	case *binary != "":
		work = func(ctx context.Context) error { return measure(ctx, *dir, *binary) }
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
