package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"headwater/feeds"
	"headwater/internal/accounts"
	"headwater/internal/config"
	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/lmtp"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/observe"
	"headwater/internal/pipeline"
	"headwater/internal/query"
	"headwater/internal/saveto"
	"headwater/internal/search"
	"headwater/internal/serve/api"
	"headwater/internal/serve/compare"
	"headwater/internal/serve/greader"
	"headwater/internal/serve/view"
	"headwater/internal/serve/web"
	"headwater/internal/store"
	"headwater/internal/stories/embed"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
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
	savings  *saveto.Targets
	hub      *notify.Publisher
	pipeline *pipeline.Pipeline
	health   *observe.Health
	metrics  *observe.Metrics
	traces   *observe.Traces // nil for none
	feeds    *subscribe.Feeds
	topics   *subscribe.Topics
	rules    *subscribe.Rules
	lists    *subscribe.Lists

	registry  *outlets.Registry
	indexed   *atomic.Pointer[outlets.Registry] // what the index asks about outlets: the registry in force
	ticksOnly bool                              // see openOptions
	stderr    io.Writer                         // for what is shown once and not logged
	bodyTime  time.Duration                     // see ingress.Options; tests set it

	// reload reads the settings again. It is nil but in a server.
	reload func(context.Context) (reloaded, error)
}

// openOptions say how a data folder is opened.
type openOptions struct {
	verify    bool          // read the whole index first
	restoring bool          // for a restore, which may be repeated until it succeeds
	forget    bool          // the encrypted secrets, where their key is gone
	wait      time.Duration // for a database server that can't be reached yet
	ticksOnly bool          // see pipeline.Options
}

// open opens the data folder, wires everything over it, and holds the folder until close.
func open(ctx context.Context, cfg config.Config, log *slog.Logger, o openOptions) (_ *app, err error) {
	if cfg.Database == "" {
		if err := checkNotEmptied(cfg.Data); err != nil {
			return nil, err
		}
	}
	registry, err := registryOf(cfg)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, registry: registry, indexed: &atomic.Pointer[outlets.Registry]{}, ticksOnly: o.ticksOnly, stderr: io.Discard}
	a.indexed.Store(registry)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.store, err = store.Open(ctx, cfg.Data, storeOptions(cfg, log, o)); err != nil {
		return nil, err
	}
	searchOptions := indexOptions(log, a.store, a.indexed.Load)
	searchOptions.Verify = o.verify
	index, err := search.Open(ctx, cfg.Data, searchOptions)
	if err != nil {
		return nil, err
	}
	a.index = query.NewIndex(a.store, index, cfg.Index.Batch)
	if err := a.wire(ctx); err != nil {
		return nil, err
	}
	a.index.Trace(a.traces)
	return a, nil
}

func storeOptions(cfg config.Config, log *slog.Logger, o openOptions) store.Options {
	return store.Options{
		Database: string(cfg.Database), Own: cfg.File == systemConfig, Logger: log, Restoring: o.restoring, Wait: o.wait,
		KeyFile: cfg.Secrets.KeyFile, ForgetSecrets: o.forget,
	}
}

// wire makes everything over the store and the index as the settings say.
func (a *app) wire(ctx context.Context) error {
	users, err := a.store.Users(ctx)
	if err != nil {
		return err
	}
	clientOptions := fetchOptions(a.cfg, len(users))
	clientOptions.Now, clientOptions.Rested = a.store.Now, a.keepRest
	if a.client, err = fetch.New(clientOptions); err != nil {
		return err
	}
	a.stories = query.NewReader(a.store, a.index, a.registry, a.store.Now)
	if _, err := a.stories.RefreshOutlets(ctx); err != nil {
		return err
	}
	a.accounts = accounts.New(a.store, a.store.Now)
	a.sender = alertSender(a.cfg, a.client, a.store.UserSettings)
	a.alerts = &notify.Alerts{Store: a.store, Sender: a.sender, Stories: a.stories, Now: a.store.Now}
	a.savings = &saveto.Targets{Store: a.store, Send: a.client.Send, Now: a.store.Now}
	a.hub = publisherOf(a.cfg)
	a.hub.Store, a.hub.Post, a.hub.Log = a.store, a.client.Post, a.log
	a.health = &observe.Health{}
	a.metrics = observe.NewMetrics(a.health)
	stages := pipelineOptions(a.cfg, a.client, a.registry)
	stages.Store, stages.Index, stages.Reader, stages.Logger, stages.Hub = a.store, a.index, a.stories, a.log, a.hub
	stages.Alerts, stages.Now, stages.Settings = notify.NewQueue(a.alerts, a.log), a.store.Now, a.cfg.Hashes()
	stages.NoMail = a.noMail()
	observe.Expect(a.metrics.Mails, lmtp.Outcomes...)
	stages.Savings = saveto.NewQueue(a.savings, a.log)
	stages.TicksOnly, stages.Health, stages.Metrics, stages.Alerts.Metrics = a.ticksOnly, a.health, a.metrics, a.metrics
	if a.traces, err = a.newTraces(ctx); err != nil {
		return err
	}
	stages.Traces = a.traces
	a.pipeline = pipeline.New(stages)
	a.feeds = &subscribe.Feeds{Store: a.store, Finder: newFinder(a.cfg, a.client), Now: a.store.Now, Removed: a.pipeline.FeedRemoved}
	a.topics = &subscribe.Topics{Store: a.store, Now: a.store.Now}
	a.rules = &subscribe.Rules{Store: a.store, Finder: a.stories}
	a.lists = &subscribe.Lists{Feeds: a.feeds, Topics: a.topics}
	return nil
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
	if a.pipeline != nil {
		a.pipeline.Close()
	}
	a.traces.Close()
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

// keepRest stores that a host asked to be left alone, so that other nodes and the next process know it.
func (a *app) keepRest(ctx context.Context, r news.Rest) {
	if err := a.store.SaveRest(ctx, r, a.store.Now()); err != nil && ctx.Err() == nil {
		a.log.Warn("that a host asked to be left alone could not be stored; only this process knows it", "host", r.Host, "until", r.Until, "error", err)
	}
}

// newIndex creates an empty index next to the one in use.
func (a *app) newIndex(ctx context.Context) (*search.Index, error) {
	return search.NewRebuild(ctx, a.cfg.Data, indexOptions(a.log, a.store, a.indexed.Load))
}

// webBackend is what the pages read and change.
func (a *app) webBackend() web.Backend {
	db := a.store
	return web.Backend{
		FrontReader: a.stories, StoryReader: a.stories, Comparer: compare.Brief(db), ArticleStore: db, EventStore: db, EventReader: a.stories, Searcher: a.stories, EditionReader: a.stories,
		Corrector: a.pipeline.Settler, CorrectionStore: db,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, AlertStore: db, AlertEditor: a.alerts, RuleStore: db, RuleEditor: a.rules,
		OutletReader: a.stories, OutletEditor: a.stories, FeedStore: db, FeedLister: a.stories, FeedEditor: a.feeds, ListKeeper: a.lists, StatusReader: a.stories, SettingsStore: db,
		ItemStore: db, LeadReader: a.stories, MarkStore: db, LabelStore: db,
		AccountStore: db, AccountEditor: a.accounts, UserStore: db, SavingStore: db, Saver: a.savings,
	}
}

// apiBackend is what the REST API reads and changes.
func (a *app) apiBackend() api.Backend {
	db := a.store
	return api.Backend{
		FrontReader: a.stories, StoryReader: a.stories, StoryStore: db, Comparer: compare.New(db), ArticleStore: db, EventStore: db, EventReader: a.stories, OutletReader: a.stories, OutletEditor: a.stories, Searcher: a.stories,
		ChangeLog: db, ChangeNotifier: a.pipeline,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, AlertStore: db, AlertEditor: a.alerts, RuleStore: db, RuleEditor: a.rules,
		FeedStore: db, FeedLister: a.stories, FeedEditor: a.feeds, OPML: a.lists, CorrectionStore: db, Corrector: a.pipeline.Settler,
		StatusReader: a.statusReader(), UserStore: db, AccountEditor: a.accounts, SettingsStore: db, SavingStore: db, Saver: a.savings,
	}
}

// statusReader counts what is still to be processed. A process without the role web keeps no index, so nothing waits for that.
func (a *app) statusReader() api.StatusReader {
	if rolesOf(a.cfg).Web {
		return a.stories
	}
	return a.store
}

// readerBackend is what the Google Reader API reads and changes.
func (a *app) readerBackend() greader.Backend {
	db := a.store
	return greader.Backend{
		Accounts: a.accounts, AuditLog: db, ItemStore: db, StateStore: db, ArticleStore: db, StoryReader: a.stories,
		TopicStore: db, TopicSearcher: a.stories, TopicEditor: a.topics, FeedStore: db, FeedEditor: a.feeds, OPML: a.lists,
	}
}

// The functions below turn settings into the options of the packages.

// registryOf has the outlets of agencies.yaml and of the configuration.
func registryOf(cfg config.Config) (*outlets.Registry, error) {
	extra := make([]outlets.Entry, 0, len(cfg.Outlets))
	for _, o := range cfg.Outlets {
		extra = append(extra, outlets.Entry{
			Name: o.Name, Domains: o.AllDomains(), Aliases: o.Aliases, Agency: o.Agency, Namesake: o.Namesake,
		})
	}
	return outlets.Load(feeds.Agencies(), extra...)
}

// creditStrength is the least strength of a claim in an article for source: to find it.
const creditStrength = .3

// indexOptions make source: find also the articles that credit an outlet, and facets count an outlet under one name. registry gives
// the outlets in force.
func indexOptions(log *slog.Logger, db *store.DB, registry func() *outlets.Registry) search.Options {
	return search.Options{
		Logger: log, Log: db, Shown: clean.Shown,
		Credits: func(a news.Article) []news.Outlet {
			var credited []news.Outlet
			for _, c := range origin.NewReader(registry()).Claims(a) {
				if c.Strength >= creditStrength {
					credited = append(credited, c.Credited())
				}
			}
			return credited
		},
		Outlet: func(o news.Outlet) (news.Outlet, bool) {
			e, ok := registry().Entry(o)
			return e.Outlet(), ok
		},
	}
}

// fetchOptions are the options of the HTTP client. accounts is how many there are, for the User-Agent.
func fetchOptions(cfg config.Config, accounts int) fetch.Options {
	return fetch.Options{
		UserAgent: userAgent(cfg, accounts), Timeout: cfg.Fetch.Timeout, MaxBytes: int64(cfg.Fetch.MaxBytes), AllowPrivate: cfg.Fetch.AllowPrivate,
		PerHost: cfg.Fetch.PerHost, Pause: cfg.Fetch.Rest(), Proxy: cfg.Fetch.ProxyURL(),
	}
}

// embedClient is nil where no endpoint is configured.
func embedClient(cfg config.Config, client *fetch.Client) *embed.Client {
	e := cfg.Embeddings
	if e.Endpoint == "" {
		return nil
	}
	return embed.New(embed.Options{Endpoint: e.Endpoint, Model: e.Model, Key: string(e.APIKey), Batch: e.Batch}, client)
}

// userAgent is Headwater, its version, the address of its pages or of whoever runs it, and the number of readers in the form
// that publishers count ("1 subscribers"): the accounts at the start of the program, or one where there is none.
func userAgent(cfg config.Config, accounts int) string {
	name, about := cfg.Fetch.UserAgent, cfg.Fetch.Contact
	if name == "" {
		name = "Headwater/" + strings.Trim(version(), "()") // parentheses begin a comment in a User-Agent
		about = cmp.Or(about, cfg.PublicURL)
	}
	readers := fmt.Sprintf("%d subscribers", max(accounts, 1))
	if about != "" {
		return name + " (+" + about + "; " + readers + ")"
	}
	return name + " (" + readers + ")"
}

// pipelineOptions are the options of the pipeline from the settings. The caller sets those that need the data folder.
func pipelineOptions(cfg config.Config, client *fetch.Client, registry *outlets.Registry) pipeline.Options {
	return pipeline.Options{
		Fetch: client, Outlets: registry, Parse: parseOptions(cfg), Roles: rolesOf(cfg),
		Pace:    poll.Pace{Interval: cfg.Poll.Interval, Min: cfg.Poll.MinInterval, Max: cfg.Poll.MaxInterval},
		Workers: cfg.Poll.Workers, PerHost: cfg.Fetch.PerHost, Window: cfg.Group.Window, Keep: time.Duration(cfg.Keep),
		Callback: callbackURL(cfg), MaxPush: int64(cfg.Fetch.MaxBytes),
		Embed: embedClient(cfg, client), EmbedWait: cfg.Embeddings.Timeout, EventCosine: cfg.Embeddings.Threshold,
		ReadCreditedPages: cfg.Origin.FetchSources, FullText: cfg.FullText.Mode, FullTextPerHost: cfg.FullText.PerHost,
	}
}

// rolesOf is what this process does in serve.
func rolesOf(cfg config.Config) pipeline.Roles {
	has := func(role string) bool { return slices.Contains(cfg.Roles, role) }
	return pipeline.Roles{Poll: has("poll"), Settle: has("settle"), Web: has("web")}
}

func parseOptions(cfg config.Config) parse.Options {
	return parse.Options{Timeout: cfg.Parse.Timeout, MaxItems: cfg.Parse.MaxItems, MaxDepth: cfg.Parse.MaxDepth}
}

func newFinder(cfg config.Config, client *fetch.Client) *subscribe.Finder {
	return &subscribe.Finder{Fetch: client, Parse: parseOptions(cfg), Now: time.Now}
}

// callbackPath is the path below public_url to which hubs push feeds.
const callbackPath = "/websub/"

// callbackURL is the address to which hubs push feeds; "" where WebSub is off or hubs cannot reach public_url.
func callbackURL(cfg config.Config) string {
	u, err := url.Parse(cfg.PublicURL)
	if err != nil || !cfg.WebSub.Enabled || !reachable(u.Hostname(), cfg.Fetch.AllowPrivate) {
		return ""
	}
	return cfg.PublicURL + callbackPath
}

// publisherOf announces our feeds at the configured hub. Its Hub is "" where none is set or the hub cannot reach public_url.
func publisherOf(cfg config.Config) *notify.Publisher {
	u, err := url.Parse(cfg.PublicURL)
	if err != nil || cfg.WebSub.Hub == "" || !reachable(u.Hostname(), cfg.Fetch.AllowPrivate) {
		return &notify.Publisher{}
	}
	h := &notify.Publisher{Hub: cfg.WebSub.Hub}
	for _, format := range []string{"atom", "rss", "json"} {
		h.Feeds = append(h.Feeds, cfg.PublicURL+"/feeds/all."+format)
	}
	return h
}

// reachable reports whether hubs can reach a host. A host in a network that may be fetched from counts: a hub may be there.
func reachable(host string, allow []netip.Prefix) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1"
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return fetch.Public(addr, allow)
	}
	for _, end := range []string{".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid"} {
		if strings.HasSuffix(host, end) {
			return false
		}
	}
	return strings.Contains(host, ".")
}

// alertSender sends alerts through the HTTP client, and so by its rules.
func alertSender(cfg config.Config, client *fetch.Client, settings func(ctx context.Context, user int64) (news.Settings, error)) *notify.Sender {
	m := cfg.SMTP
	return notify.NewSender(notify.SenderOptions{
		Send: client.Send, Dial: client.Dial, DialTLS: client.DialTLS,
		Story: func(s news.Story) any { return view.StoryOf(s) },
		Pages: cfg.BaseURL(""), Title: cfg.Title, Locale: locale.Choice{Language: cfg.Language, Zone: cfg.TimeZone}, Settings: settings,
		Mail: notify.Mail{Host: m.Host, Port: m.Port, Username: m.Username, Password: string(m.Password), From: m.From, TLS: m.TLS},
	})
}
