package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"headwater/internal/accounts"
	"headwater/internal/config"
	"headwater/internal/intake/fetch"
	"headwater/internal/notify"
	"headwater/internal/pipeline"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/serve/api"
	"headwater/internal/serve/compare"
	"headwater/internal/serve/greader"
	"headwater/internal/serve/web"
	"headwater/internal/store"
	"headwater/internal/subscribe"
)

// app is everything over an open data folder.
type app struct {
	cfg config.Config
	log *slog.Logger

	store    *store.DB
	client   *fetch.Client
	index    *query.Index
	stories  *query.Reader
	accounts *accounts.Accounts
	sender   *notify.Sender
	alerts   *notify.Alerts
	hub      *notify.Publisher
	pipeline *pipeline.Pipeline
	feeds    *subscribe.Feeds
	topics   *subscribe.Topics
	lists    *subscribe.Lists

	bodyTime time.Duration // see ingress.Options; tests set it
}

// openOptions say how a data folder is opened.
type openOptions struct {
	verify    bool // read the whole index first
	restoring bool // for a restore, which may be repeated until it succeeds
}

// open opens the data folder, wires everything over it, and holds the folder until close.
func open(ctx context.Context, cfg config.Config, log *slog.Logger, o openOptions) (_ *app, err error) {
	if err := checkNotEmptied(cfg.Data); err != nil {
		return nil, err
	}
	registry, err := registryOf(cfg)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.store, err = store.Open(ctx, cfg.Data, store.Options{Logger: log, Restoring: o.restoring}); err != nil {
		return nil, err
	}
	users, err := a.store.Users(ctx)
	if err != nil {
		return nil, err
	}
	if a.client, err = fetch.New(fetchOptions(cfg, len(users))); err != nil {
		return nil, err
	}
	searchOptions := indexOptions(log, a.store, registry)
	searchOptions.Verify = o.verify
	index, err := search.Open(ctx, cfg.Data, searchOptions)
	if err != nil {
		return nil, err
	}
	a.index = query.NewIndex(a.store, index, cfg.Index.Batch)
	a.stories = query.NewReader(a.store, a.index, registry, time.Now)
	a.accounts = accounts.New(a.store, time.Now)
	a.sender = alertSender(cfg, a.client)
	a.alerts = &notify.Alerts{Store: a.store, Sender: a.sender, Stories: a.stories, Now: time.Now}
	a.hub = publisherOf(cfg)
	a.hub.Store, a.hub.Post, a.hub.Log = a.store, a.client.Post, log
	stages := pipelineOptions(cfg, a.client, registry)
	stages.Store, stages.Index, stages.Reader, stages.Logger, stages.Hub = a.store, a.index, a.stories, log, a.hub
	stages.Alerts = notify.NewQueue(a.alerts, log)
	a.pipeline = pipeline.New(stages)
	a.feeds = &subscribe.Feeds{Store: a.store, Finder: newFinder(cfg, a.client), Now: time.Now, Removed: a.pipeline.FeedRemoved}
	a.topics = &subscribe.Topics{Store: a.store, Now: time.Now, Changed: a.pipeline.TopicsChanged}
	a.lists = &subscribe.Lists{Feeds: a.feeds, Topics: a.topics}
	return a, nil
}

// checkNotEmptied returns an error for an empty database with a search index beside it: it had content, which is lost.
func checkNotEmptied(data string) error {
	info, err := os.Stat(filepath.Join(data, store.File))
	if err != nil || info.Size() > 0 {
		return nil //nolint:nilerr // there is none, or opening it fails
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		indexed, err := filepath.Match(search.FilePattern, e.Name())
		return indexed && err == nil
	}) {
		return nil
	}
	return fmt.Errorf("%s is empty, and was not: there is a search index beside it; restore a backup into an empty folder, or remove both files to begin anew",
		filepath.Join(data, store.File))
}

// close closes the data folder.
func (a *app) close() error {
	var errs []error
	if a.client != nil {
		a.client.Close()
	}
	if a.index != nil {
		errs = append(errs, a.index.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// newIndex creates an empty index next to the one in use.
func (a *app) newIndex(ctx context.Context) (*search.Index, error) {
	registry, err := registryOf(a.cfg)
	if err != nil {
		return nil, err
	}
	return search.NewRebuild(ctx, a.cfg.Data, indexOptions(a.log, a.store, registry))
}

// webBackend is what the pages read and change.
func (a *app) webBackend() web.Backend {
	db := a.store
	return web.Backend{
		StoryReader: a.stories, Comparer: compare.New(db), ArticleStore: db, EventStore: db, Searcher: a.stories, EditionReader: a.stories,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, AlertStore: db, AlertEditor: a.alerts,
		FeedStore: db, FeedEditor: a.feeds, StatusReader: a.stories,
	}
}

// apiBackend is what the REST API reads and changes.
func (a *app) apiBackend() api.Backend {
	db := a.store
	return api.Backend{
		StoryReader: a.stories, StoryStore: db, Comparer: compare.New(db), ArticleStore: db, EventStore: db, OutletStore: db, Searcher: a.stories,
		ChangeLog: db, ChangeNotifier: a.pipeline,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, AlertStore: db, AlertEditor: a.alerts,
		FeedStore: db, FeedEditor: a.feeds, OPML: a.lists, CorrectionStore: db, Corrector: a.pipeline.Settler, TokenReader: a.accounts,
		StatusReader: a.stories,
	}
}

// readerBackend is what the Google Reader API reads and changes.
func (a *app) readerBackend() greader.Backend {
	db := a.store
	return greader.Backend{
		Accounts: a.accounts, ItemStore: db, StateStore: db, ArticleStore: db, StoryReader: a.stories,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, FeedStore: db, FeedEditor: a.feeds, OPML: a.lists,
	}
}
