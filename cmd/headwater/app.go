package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"headwater/feeds"
	"headwater/internal/accounts"
	"headwater/internal/config"
	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/opml"
	"headwater/internal/pipeline"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/serve/api"
	"headwater/internal/serve/compare"
	"headwater/internal/serve/greader"
	"headwater/internal/serve/web"
	"headwater/internal/store"
	"headwater/internal/stories/embed"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
	"headwater/internal/subscribe"
)

// creditStrength is how far a claim must speak for an article for source: to find it.
const creditStrength = .3

// app is the program with its parts wired.
type app struct {
	cfg    config.Config
	log    *slog.Logger
	opened openOptions

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

// openWith wires everything over the data folder and holds the folder until close.
func (c *cli) openWith(ctx context.Context, cfg config.Config) (*app, error) {
	return c.openAs(ctx, cfg, openOptions{})
}

// openOptions say for what a data folder is opened.
type openOptions struct {
	verify    bool // the whole index is read first
	restoring bool // by a restore, which may be repeated until it has ended
}

func (c *cli) openAs(ctx context.Context, cfg config.Config, o openOptions) (*app, error) {
	log, err := c.logger(cfg)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, opened: o}
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *app) wire(ctx context.Context) error {
	registry, err := registryOf(a.cfg)
	if err != nil {
		return err
	}
	if err := checkNotEmptied(a.cfg.Data); err != nil {
		return err
	}
	stored := storeOptions(a.log, false)
	stored.Restoring = a.opened.restoring
	if a.store, err = store.Open(ctx, a.cfg.Data, stored); err != nil {
		return err
	}
	users, err := a.store.Users(ctx)
	if err != nil {
		return err
	}
	if a.client, err = fetch.New(fetchOptions(a.cfg, len(users))); err != nil {
		return err
	}
	options := indexOptions(a.log, a.store, registry)
	options.Verify = a.opened.verify
	index, err := search.Open(ctx, a.cfg.Data, options)
	if err != nil {
		return err
	}
	a.index = query.NewIndex(a.store, index, a.cfg.Index.Batch)
	a.stories = query.NewReader(a.store, a.index, registry, time.Now)
	a.accounts = accounts.New(a.store, time.Now)
	a.sender = alertSender(a.cfg, a.client)
	a.alerts = &notify.Alerts{Store: a.store, Sender: a.sender, Stories: a.stories, Now: time.Now}
	a.hub = hubOf(a.cfg)
	a.hub.Store, a.hub.Post, a.hub.Log = a.store, a.client.Post, a.log
	o := pipelineOptions(a.cfg, a.client, registry)
	o.Store, o.Index, o.Reader, o.Logger, o.Hub = a.store, a.index, a.stories, a.log, a.hub
	o.Alerts = notify.NewQueue(a.alerts, a.log)
	a.pipeline = pipeline.New(o)
	a.feeds = &subscribe.Feeds{Store: a.store, Finder: newFinder(a.cfg, a.client), Now: time.Now, Removed: a.pipeline.FeedRemoved}
	a.topics = &subscribe.Topics{Store: a.store, Now: time.Now, Changed: a.pipeline.TopicsChanged}
	a.lists = &subscribe.Lists{Feeds: a.feeds, Topics: a.topics}
	return nil
}

// pipelineOptions are the settings of the pipeline, still without what has the data folder open.
func pipelineOptions(cfg config.Config, client *fetch.Client, registry *outlets.Registry) pipeline.Options {
	return pipeline.Options{
		Fetch: client, Outlets: registry, Parse: parseOptions(cfg),
		Pace:    poll.Pace{Interval: cfg.Poll.Interval, Min: cfg.Poll.MinInterval, Max: cfg.Poll.MaxInterval},
		Workers: cfg.Poll.Workers, PerHost: cfg.Fetch.PerHost, Window: cfg.Group.Window, Keep: time.Duration(cfg.Keep),
		Callback: callback(cfg), MaxPush: int64(cfg.Fetch.MaxBytes),
		Embed: embedClient(cfg, client), EmbedWait: cfg.Embeddings.Timeout, EventCosine: cfg.Embeddings.Threshold,
		ReadSources: cfg.Origin.FetchSources, FullText: cfg.FullText.Mode, FullTextPerHost: cfg.FullText.PerHost,
	}
}

func parseOptions(cfg config.Config) parse.Options {
	return parse.Options{Timeout: cfg.Parse.Timeout, MaxItems: cfg.Parse.MaxItems, MaxDepth: cfg.Parse.MaxDepth}
}

func newFinder(cfg config.Config, client *fetch.Client) *subscribe.Finder {
	return &subscribe.Finder{Fetch: client, Parse: parseOptions(cfg), Now: time.Now}
}

// pages is what the pages read and change.
func (a *app) pages() web.Backend {
	db := a.store
	return web.Backend{
		StoryReader: a.stories, Comparer: compare.New(db), ArticleStore: db, EventStore: db, Searcher: a.stories, EditionReader: a.stories,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, AlertStore: db, AlertEditor: a.alerts,
		FeedStore: db, FeedEditor: a.feeds, StatusReader: a.stories,
	}
}

// api is what the REST API reads and changes.
func (a *app) api() api.Backend {
	db := a.store
	return api.Backend{
		StoryReader: a.stories, StoryStore: db, Comparer: compare.New(db), ArticleStore: db, EventStore: db, OutletStore: db, Searcher: a.stories,
		ChangeLog: db, ChangeNotifier: a.pipeline,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, AlertStore: db, AlertEditor: a.alerts,
		FeedStore: db, FeedEditor: a.feeds, OPML: a.lists, CorrectionStore: db, Corrector: a.pipeline.Settler, TokenReader: a.accounts,
		StatusReader: a.stories,
	}
}

// reader is what the Google Reader API reads and changes.
func (a *app) reader() greader.Backend {
	db := a.store
	return greader.Backend{
		Accounts: a.accounts, ItemStore: db, StateStore: db, ArticleStore: db, StoryReader: a.stories,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, FeedStore: db, FeedEditor: a.feeds, OPML: a.lists,
	}
}

// close lets go of the data folder.
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

// with opens the app, calls work and closes it again.
func (c *cli) with(ctx context.Context, work func(*app) error) error {
	return c.withOptions(ctx, openOptions{}, work)
}

func (c *cli) withOptions(ctx context.Context, o openOptions, work func(*app) error) error {
	if c.server != nil {
		return errors.New("a running server does not do that")
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	a, err := c.openAs(ctx, cfg, o)
	if err != nil {
		return err
	}
	return errors.Join(work(a), a.close())
}

// registryOf knows the outlets of agencies.yaml and those of the configuration.
func registryOf(cfg config.Config) (*outlets.Registry, error) {
	extra := make([]outlets.Entry, 0, len(cfg.Outlets))
	for _, o := range cfg.Outlets {
		extra = append(extra, outlets.Entry{
			Name: o.Name, Domains: o.AllDomains(), Aliases: o.Aliases, Agency: o.Agency, Namesake: o.Namesake,
		})
	}
	return outlets.Load(feeds.Agencies(), extra...)
}

func storeOptions(log *slog.Logger, readOnly bool) store.Options {
	return store.Options{ReadOnly: readOnly, Logger: log}
}

// indexOptions let source: find the articles that credit an outlet, too.
func indexOptions(log *slog.Logger, db *store.DB, registry *outlets.Registry) search.Options {
	reader := origin.NewReader(registry)
	return search.Options{Logger: log, Log: db, Shown: clean.Shown, Credits: func(a news.Article) []news.Outlet {
		var credited []news.Outlet
		for _, c := range reader.Claims(a) {
			if c.Strength >= creditStrength {
				credited = append(credited, c.Credited())
			}
		}
		return credited
	}}
}

// freshIndex makes an empty index beside the one in use.
func (a *app) freshIndex(ctx context.Context) (*search.Index, error) {
	registry, err := registryOf(a.cfg)
	if err != nil {
		return nil, err
	}
	return search.NewRebuild(ctx, a.cfg.Data, indexOptions(a.log, a.store, registry))
}

// fetchOptions are those of the settings, for so many accounts.
func fetchOptions(cfg config.Config, accounts int) fetch.Options {
	return fetch.Options{
		UserAgent: userAgent(cfg, accounts), Timeout: cfg.Fetch.Timeout, MaxBytes: int64(cfg.Fetch.MaxBytes), AllowPrivate: cfg.Fetch.AllowPrivate,
		PerHost: cfg.Fetch.PerHost, Pause: cfg.Fetch.Rest(), Proxy: cfg.Fetch.ProxyURL(),
	}
}

// embedClient is nil where no endpoint is set.
func embedClient(cfg config.Config, client *fetch.Client) *embed.Client {
	e := cfg.Embeddings
	if e.Endpoint == "" {
		return nil
	}
	return embed.New(embed.Options{Endpoint: e.Endpoint, Model: e.Model, Key: string(e.APIKey), Batch: e.Batch}, client)
}

// userAgent names us to servers: by default Headwater, its version, where its pages or whoever runs it is found, and for
// how many readers it asks, in the form that publishers count ("1 subscribers"): the accounts that there were when the program
// began, or the one who reads the pages.
func userAgent(cfg config.Config, accounts int) string {
	name, about := cfg.Fetch.UserAgent, cfg.Fetch.Contact
	if name == "" {
		name = "Headwater/" + strings.Trim(version(), "()") // parentheses are for comments there
		about = cmp.Or(about, cfg.PublicURL)
	}
	readers := fmt.Sprintf("%d subscribers", max(accounts, 1))
	if about != "" {
		return name + " (+" + about + "; " + readers + ")"
	}
	return name + " (" + readers + ")"
}

// startLists gives a store that never had a feed the lists of the configuration.
func (a *app) startLists(ctx context.Context) error {
	const key = "lists started"
	done, err := a.store.Setting(ctx, key)
	if err != nil && !errors.Is(err, news.ErrNotFound) || done != "" {
		return err
	}
	have, err := a.store.Feeds(ctx)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		for _, name := range a.cfg.Lists {
			if err := a.startList(ctx, name); err != nil {
				return err
			}
		}
	}
	return a.store.SetSetting(ctx, key, "yes")
}

func (a *app) startList(ctx context.Context, name string) error {
	data, err := listData(name)
	if err != nil {
		return err
	}
	list, problems, err := opml.Read(strings.NewReader(string(data)))
	if err != nil {
		return fmt.Errorf("list %s: %w", name, err)
	}
	for _, p := range problems {
		a.log.Warn("part of a list is wrong", "list", name, "problem", p.String())
	}
	if _, _, err = a.addAll(ctx, list, func(int, int) {}); err != nil {
		return err
	}
	var done news.Imported
	err = a.topics.AddAll(ctx, list.Topics, &done)
	for _, p := range done.Problems {
		a.log.Warn("part of a list was left out", "list", name, "problem", p)
	}
	return err
}

func listData(name string) ([]byte, error) {
	if strings.Contains(name, "/") || strings.HasSuffix(name, ".opml") {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("lists: %w", err)
		}
		return data, nil
	}
	return feeds.List(name)
}

// addAll subscribes to the feeds of a list and says how many were new and how many were there before.
func (a *app) addAll(ctx context.Context, list opml.List, progress func(done, total int)) (added, known int, err error) {
	const chunk = 500
	for part := range slices.Chunk(list.Feeds, chunk) {
		feeds := make([]news.Feed, 0, len(part))
		for _, o := range part {
			feeds = append(feeds, news.Feed{URL: o.URL, Title: o.Title, Site: o.Site, Folder: o.Folder, FullText: o.FullText})
		}
		fresh, err := a.feeds.AddFeeds(ctx, feeds)
		if err != nil {
			return added, known, err
		}
		added, known = added+len(fresh), known+len(part)-len(fresh)
		progress(added+known, len(list.Feeds))
	}
	return added, known, nil
}
