package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"headwater/internal/accounts"
	"headwater/internal/config"
	"headwater/internal/intake/fetch"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/access"
	"headwater/internal/serve/api"
	"headwater/internal/serve/greader"
	"headwater/internal/serve/ingress"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/web"
	"headwater/internal/store"
)

// requestShutdownTime is how much of shutdownTime HTTP requests get. Then their connections are closed, the log says so,
// and the rest can finish in time. The program ends with 0.
const requestShutdownTime = 6 * time.Second

// startWait is how long a server waits for its database when it starts. Both may start with their machines. Then it ends with
// 1, so that whoever supervises it sees a wrong address.
const startWait = time.Minute

func (c *cli) serveCommand() *cobra.Command {
	var listen, roles string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Poll on schedule and serve pages, feeds and APIs",
		Long: "Polls on schedule and serves pages, feeds and APIs until it is interrupted. Meanwhile other\n" +
			"commands work on the same data folder: they ask the server to do it.\n\n" +
			"It ends with 2 where its settings are wrong: starting it again does not mend that.\n\n" +
			"Where several machines share a PostgreSQL database, each does what its roles say: poll, settle, web.",
		Example: "  headwater serve\n  headwater serve --listen 127.0.0.1:8080 --data ./data\n  headwater serve --roles poll,settle",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listen != "" {
				c.set["listen"] = listen
			}
			if cmd.Flags().Changed("roles") {
				c.set["roles"] = roles
			}
			signals, stop := hangups()
			defer stop()
			cfg, err := c.config()
			if err != nil {
				return &usageError{err}
			}
			l, err := inheritedListener()
			inherited := l != nil
			switch {
			case err != nil:
			case !inherited:
				l, err = listenAt(cmd.Context(), cfg.Listen)
			case listen != "":
				err = usagef("--listen %s and a socket of the service manager (LISTEN_FDS) exclude each other; leave out --listen, or disable headwater.socket", listen)
			}
			if err != nil {
				return err
			}
			defer func() { _ = l.Close() }() // closes it where serving does not
			return c.withApp(cmd.Context(), openOptions{wait: startWait}, func(a *app) error {
				if err := a.importDefaults(cmd.Context()); err != nil {
					return err
				}
				if inherited {
					a.log.Info("the service manager listens for this server", "address", l.Addr(), "listen", a.cfg.Listen)
				}
				apply := func(cfg config.Config) error { return c.logLevel.UnmarshalText([]byte(cfg.Log.Level)) }
				s := &serving{listener: l.Addr(), load: c.config, apply: apply}
				return s.serve(cmd.Context(), a, l, signals, func(url string) { a.log.Info("serving", "url", url) })
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "serve on `HOST:PORT`")
	cmd.Flags().StringVar(&roles, "roles", "", "do this part of the work only: `LIST` of poll, settle and web")
	return cmd
}

// listenAt listens on the address of the setting listen. Commands do so first, so that an address in use is reported at once.
func listenAt(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken: another program, perhaps another headwater, listens there; stop it, or choose another address with --listen, such as --listen 127.0.0.1:0 for a free port", address)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("listen on %s: this user may not use a port below 1024; choose a higher one with --listen and let a proxy pass requests on, or give the service the right, as manual.md says below Installing", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with --listen, such as --listen 127.0.0.1:0 for a free port", address, err)
	}
	return l, nil
}

// serve polls, and serves HTTP and the commands of other processes, until the context ends. It begins with the settings of the app, and
// reads them again at each signal. It calls ready with its address.
func (s *serving) serve(ctx context.Context, a *app, l net.Listener, signals <-chan os.Signal, ready func(url string)) error {
	s.asked = make(chan chan<- answer)
	g, ctx := errgroup.WithContext(ctx)
	first, err := s.begin(ctx, a, a.cfg)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.current.Store(first)
	profiler, err := listenForProfiler(ctx, a.cfg.Observe.PprofSocket)
	if err != nil {
		first.end()
		return errors.Join(err, l.Close())
	}
	mails, err := a.listenForMails(ctx)
	if err != nil {
		first.end()
		return errors.Join(err, l.Close(), closeListener(profiler))
	}
	commands := a.listenForCommands(ctx)
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	var fresh newConnections
	fresh.watch(srv)
	accepting := make(chan struct{}) // closed when no more connections are accepted
	g.Go(func() error {
		defer close(accepting)
		if err := srv.Serve(l); ctx.Err() == nil {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		<-accepting
		fresh.wait()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestShutdownTime)
		defer cancel()
		if err := srv.Shutdown(end); !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		a.log.Warn("some clients had not taken their answers when the server stopped", "after", requestShutdownTime)
		return srv.Close()
	})
	g.Go(func() error { return s.runCommands(ctx, commands) })
	g.Go(func() error { return serveProfiler(ctx, profiler) })
	g.Go(func() error { return s.receiveMails(ctx, mails) })
	g.Go(func() error { return s.run(ctx) })
	g.Go(func() error {
		s.reloadOn(ctx, signals)
		return nil
	})
	g.Go(func() error { return s.notifyManager(ctx) })
	ready(first.base)
	err = g.Wait()
	s.current.Load().pipeline.Close() // the store closes next
	s.replaced.Wait()
	return err
}

// handler is the HTTP handler of the pages, the APIs and the callbacks of hubs, behind the checks of package ingress.
func (a *app) handler(ctx context.Context, base string) (access.Routes, error) {
	var none access.Routes
	guard, err := a.guard(ctx)
	if err != nil {
		return none, err
	}
	site, err := a.site(ctx, base)
	if err != nil {
		return none, err
	}
	key, err := a.pictureKey(ctx)
	if err != nil {
		return none, err
	}
	apis, err := a.apis(ctx, guard)
	if err != nil {
		return none, err
	}
	pages := web.New(web.Options{
		Backend: a.webBackend(), Access: guard, OIDC: a.oidc(guard), Build: version(), Locale: locale.Choice{Language: a.cfg.Language, Zone: a.cfg.TimeZone},
		Title: a.cfg.Title, MailDomain: a.cfg.MailDomain(), NoMail: a.noMail(), PublicURL: a.cfg.PublicURL, Hub: a.hub.Hub, InstanceID: site.Instance, CheckQuery: search.Validate, CheckOwnQuery: search.ValidateForUser, CheckTopic: search.CheckTopic, Logger: a.log, Answered: a.metrics.Answered,
		Pictures: web.Pictures{Mode: a.cfg.Media.Images, Key: key, Fetch: a.picture},
		Players:  web.Players{Mode: a.cfg.Media.Players, Key: key, Fetch: a.recording},
	})
	callbacks := access.Routes{}
	mux := http.NewServeMux()
	for _, p := range []string{"/api/", "/healthz", "/readyz", "/metrics"} {
		mux.Handle(p, apis)
	}
	if h := a.pipeline.Callbacks(); h != nil {
		mux.Handle(callbackPath+"{id}", ingress.SameOrigin(a.cfg.PublicURL, nil, h))
		for _, pattern := range []string{"GET " + callbackPath + "{id}", "POST " + callbackPath + "{id}"} { // hubs sign what they push
			callbacks = callbacks.Add(pattern, access.Anyone)
		}
	}
	mux.Handle("/", pages)
	readers := greader.New(greader.Options{Backend: a.readerBackend(), Access: guard, Title: a.cfg.Title, PublicURL: a.cfg.PublicURL, Logger: a.log, Answered: a.metrics.Answered})
	all, err := compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if greader.Answers(r.URL.Path) {
			readers.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	if err != nil {
		return none, err
	}
	return pages.With(ingress.New(ctx, a.checks(), all), apis, callbacks, readers), nil
}

// openMode reports whether nobody has to log in. It returns an error where that is asked for and others than this machine could reach
// the server.
func openMode(cfg config.Config) (bool, error) {
	local := func(host string) bool {
		addr, err := netip.ParseAddr(host)
		return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && addr.IsLoopback()
	}
	host, _, err := net.SplitHostPort(cfg.Listen)
	loopback := err == nil && local(host)
	switch cfg.Access.Login {
	case "required":
		return false, nil
	case "off":
		if !loopback {
			return false, usagef("access.login: off, and listen: %s can be reached from other machines; leave access.login out, so that users log in "+
				"(`headwater user password admin` sets the first one's password), or listen on 127.0.0.1", cfg.Listen)
		}
		return true, nil
	}
	public, err := url.Parse(cfg.PublicURL)
	return loopback && (cfg.PublicURL == "" || err == nil && local(public.Hostname())) && len(cfg.TrustedProxies) == 0, nil
}

// guard says who may use what. It creates an admin where there is none, and says so once.
func (a *app) guard(ctx context.Context) (*access.Guard, error) {
	open, err := openMode(a.cfg)
	if err != nil {
		return nil, err
	}
	name, password, err := a.accounts.EnsureAdmin(ctx, string(a.cfg.AdminPassword))
	if err != nil {
		return nil, err
	}
	if name != "" && a.cfg.AdminPassword == "" {
		_, _ = fmt.Fprintf(a.stderr, "The account %s was created with the password %s. It is shown only now; `headwater user password %s` sets another.\n", name, password, name) // nobody reads it then
	}
	options := access.Options{Store: a.store, Accounts: a.accounts, Open: open, PublicURL: a.cfg.PublicURL, Now: a.store.Now}
	if h := a.cfg.Access.ProxyHeader; h.Name != "" {
		options.Authenticators = append(options.Authenticators, access.ByHeader(h.Name, a.identities(), roleToCreate(h.Create)))
	}
	return access.New(options), nil
}

// identities are the users by what they are called elsewhere.
type identities struct {
	*store.DB
	accounts *accounts.Accounts
}

// AddUserWith implements access.Identities.
func (i identities) AddUserWith(ctx context.Context, name string, role news.UserRole, identity news.Identity) error {
	return i.accounts.AddUserWith(ctx, name, role, identity)
}

func (a *app) identities() identities { return identities{a.store, a.accounts} }

// roleToCreate is the role of accounts for those who log in elsewhere; "" creates none.
func roleToCreate(setting string) news.UserRole {
	if setting == "nobody" {
		return ""
	}
	return news.UserRole(setting)
}

// oidc is the provider of logins of the settings, nil for none, and in open mode, where nobody logs in.
func (a *app) oidc(guard *access.Guard) *access.OIDC {
	o := a.cfg.Access.OIDC
	if o.Issuer == "" || guard.OpenMode() {
		return nil
	}
	return access.NewOIDC(access.OIDCOptions{
		Guard: guard, Identities: a.identities(), Issuer: o.Issuer, ClientID: o.ClientID, Secret: string(o.ClientSecret), Title: o.Title,
		NameClaim: o.NameClaim, Create: roleToCreate(o.Create), PublicURL: a.cfg.PublicURL, Through: a.client.Through,
	})
}

// apis is the handler of the REST API, /healthz, /readyz and /metrics.
func (a *app) apis(ctx context.Context, guard *access.Guard) (access.Routes, error) {
	return api.New(api.Options{
		Backend: a.apiBackend(), Access: guard, Version: version(), PublicURL: a.cfg.PublicURL, MailDomain: a.cfg.MailDomain(), CheckQuery: search.Validate, CheckTopic: search.CheckTopic,
		CheckOwnQuery: search.ValidateForUser, Tokens: a.cfg.API.Tokens, Logger: a.log, Closing: ctx.Done(), Health: a.health.Check, Metrics: a.metrics.Gatherer(), Answered: a.metrics.Answered,
	})
}

// checks are what each request passes before a handler.
func (a *app) checks() ingress.Options {
	return ingress.Options{
		Hosts:   ingress.NewHosts(a.cfg.Listen, a.cfg.PublicURL, a.cfg.Hosts),
		Proxies: a.cfg.TrustedProxies, TrustedHeader: a.cfg.Access.ProxyHeader.Name, Logger: a.log,
		MaxBody:  int64(a.cfg.Fetch.MaxBytes), // of what hubs push
		BodyTime: a.bodyTime,
	}
}

// statusHandler is the HTTP handler of a process without the role web. It answers only whoever watches over the process.
// Such a process is ready when its database answers: it has no index that could be behind.
func (a *app) statusHandler(ctx context.Context, _ string) (access.Routes, error) {
	guard, err := a.guard(ctx)
	if err != nil {
		return access.Routes{}, err
	}
	apis, err := a.apis(ctx, guard)
	if err != nil {
		return access.Routes{}, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", apis)
	mux.Handle("GET /metrics", apis)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		limited, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if _, err := a.store.LastSeq(limited); err != nil && r.Context().Err() == nil {
			if !errors.Is(err, news.ErrUnavailable) { // the store has logged it
				a.log.Error("the database does not answer", "error", err)
			}
			http.Error(w, "the database does not answer; the log says why", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n")) // a client that has gone needs no answer
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "this process serves no pages and no API: its roles are "+strings.Join(a.cfg.Roles, " and ")+", not web", http.StatusNotFound)
	})
	patterns := []string{"GET /healthz", "GET /readyz", "GET /metrics"}
	return access.Routes{Handler: ingress.New(ctx, a.checks(), mux), Patterns: patterns}, nil
}

// readyTimeout is how long the database may take to answer for /readyz.
const readyTimeout = 5 * time.Second

// compressed compresses text with gzip or zstd for clients that accept it. Event streams are not compressed, since their
// events would wait for a block to fill.
func compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ContentTypeFilter(func(mime string) bool {
		if strings.HasPrefix(mime, "text/event-stream") {
			return false
		}
		return strings.HasPrefix(mime, "text/") || strings.Contains(mime, "json") || strings.Contains(mime, "xml") || strings.Contains(mime, "javascript")
	}))
	if err != nil {
		return nil, fmt.Errorf("compress answers: %w", err)
	}
	return wrap(next), nil
}

// instanceKey is the setting with a random name of the installation.
const instanceKey = "instance"

// site is what emitted feeds link to and take their ids from. base is the address of the pages. The instance is part of the
// ids, so that they differ from those of any other data folder.
func (a *app) site(ctx context.Context, base string) (publish.Site, error) {
	id, err := a.store.EnsureSetting(ctx, instanceKey, rand.Text)
	return publish.Site{URL: base, Instance: id}, err
}

// pictureKey is the key of 32 random bytes that signs the addresses of pictures.
func (a *app) pictureKey(ctx context.Context) ([]byte, error) {
	text, err := a.store.EnsurePictureKey(ctx, func() string {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // crypto/rand never fails
		return hex.EncodeToString(key)
	})
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, errors.New("the key of pictures in the store has not 32 bytes; restore the data folder")
	}
	return key, nil
}

// picture fetches a picture of an article for a reader. etag and modified are the validators of the reader's copy. The caller
// closes its body.
func (a *app) picture(ctx context.Context, address, etag, modified string) (news.Picture, error) {
	return a.client.Picture(ctx, fetch.Request{URL: address, ETag: etag, LastModified: modified, MaxBytes: int64(a.cfg.Media.MaxBytes)})
}

// recording fetches audio or video of an article for a reader, or the part that span names. The caller closes its body.
func (a *app) recording(ctx context.Context, address, span, ifRange string) (news.Recording, error) {
	return a.client.Recording(ctx, fetch.Request{URL: address, Range: span, IfRange: ifRange})
}
