// Archive makes a data folder with as many articles as asked for, to measure Headwater over what years of polling leave.
//
//	go run ./cmd/archive -data DIR [-articles 1000000] [-window 200000]
//	headwater --data DIR reindex
//	go run ./cmd/archive -data DIR -measure headwater    how long pages, feeds and searches take, and what idling costs
//	go run ./cmd/archive -data DIR -settle 200           how long settling takes, one article at a time
//
// The articles are made-up words of 1,000 feeds in 20 folders: three stories for every four articles, of which the third
// is one text at two outlets. The newest -window articles came within the last 72 hours, the others over the year before.
// Articles, prints, claims, stories and edges are stored as polling and settling store them; the index is left to
// reindex. A user "reader" (password reader-reader) has read every second article of the oldest tenth and starred one in a
// thousand of all. The same arguments give the same texts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/store"
)

// password is that of the account "reader".
const password = "reader-reader"

// tokenFile holds the account's token for the API, in the folder.
const tokenFile = "archive.token"

func main() {
	dir := flag.String("data", "", "the `folder` to make; it must not hold a database yet")
	articles := flag.Int("articles", 1_000_000, "how many articles")
	window := flag.Int("window", 200_000, "how many of them came within the last 72 hours")
	binary := flag.String("measure", "", "do not make the folder, but measure `HEADWATER serve` over it")
	count := flag.Int("settle", 0, "do not make the folder, but store and settle `N` articles in it, one at a time")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 || *window < 0 || *articles < *window {
		flag.Usage()
		os.Exit(2)
	}
	work := func(ctx context.Context) error { return run(ctx, *dir, *articles, *window) }
	switch {
	case *binary != "":
		work = func(ctx context.Context) error { return measure(ctx, *dir, *binary) }
	case *count > 0:
		work = func(ctx context.Context) error { return settle(ctx, *dir, *count) }
	}
	if err := work(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

func logger() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }

func run(ctx context.Context, dir string, articles, window int) (err error) {
	file := filepath.Join(dir, store.File)
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s is there already; choose another folder", file)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := store.Open(ctx, dir, store.Options{Logger: logger()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m := maker{db: db, now: time.Now().Truncate(time.Second), articles: articles, window: window}
	if err := m.addFeeds(ctx); err != nil {
		return err
	}
	for m.made < articles {
		if err := m.addBatch(ctx); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "\r%d of %d articles", m.made, articles)
	}
	fmt.Fprintln(os.Stderr)
	room := pipeline.New(pipeline.Options{Store: db})
	if err := room.AddUser(ctx, "reader", password); err != nil {
		return err
	}
	user, _, err := db.User(ctx, "reader")
	if err != nil {
		return err
	}
	if err := m.addReader(ctx, user.ID); err != nil {
		return err
	}
	for _, t := range []news.Topic{{Name: "Common", Query: "bane"}, {Name: "Rare", Query: `"bane neti"`}} {
		if _, err := room.AddTopic(ctx, t); err != nil {
			return err
		}
	}
	token, err := room.AddAPIToken(ctx, user, "archive")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, tokenFile), []byte(token), 0o600)
}
