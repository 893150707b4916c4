package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"headwater/internal/config"
	"headwater/internal/serve/access"
)

// A server reads its settings again without a restart. What the settings make is a generation: the HTTP client, the pipeline and the
// handler of all requests. A reload makes the next generation over the same store and index, while the one before works on. Where that
// fails, nothing has changed. Else the pipeline before ends, as at the end of the program, and the next one begins; requests that have
// begun end with the handler that they began with. In between the address is listened on, and nothing is lost: what a pipeline leaves
// undone stands in the log.

// atStart are the settings that take effect with the next start of a server.
var atStart = []string{
	"data", "database", "roles", "listen", "admin_password", "lists", "index.batch", "log.format", "secrets.key_file", "observe.pprof_socket",
	"newsletters.listen", "newsletters.max_bytes",
}

// reloaded says what a reload did.
type reloaded struct {
	File    string   `json:"file"`
	Changed []string `json:"changed"` // keys of the settings that are in force now
	Later   []string `json:"later"`   // keys of those that the next start takes
}

func (r reloaded) String() string {
	var b strings.Builder
	b.WriteString("read again: " + r.File)
	if r.File == "" {
		b.Reset()
		b.WriteString("read again: no file, the built-in settings")
	}
	switch {
	case len(r.Changed) > 0:
		b.WriteString("\nin force now: " + strings.Join(r.Changed, ", "))
	case len(r.Later) == 0:
		b.WriteString("\nno setting has changed")
	}
	if len(r.Later) > 0 {
		b.WriteString("\nin force after a restart: " + strings.Join(r.Later, ", "))
	}
	return b.String()
}

func (c *cli) reloadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have a running server read its settings again",
		Long: "Has the server of the data folder read config.yaml again, as SIGHUP does. Where a setting is wrong, that is\n" +
			"said and nothing changes. Some settings wait for a restart, which is said too: " + strings.Join(atStart, ", ") + ".",
		Example: "  headwater reload",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.needServer(cmd.Context()); err != nil {
				return err
			}
			return c.runOrForward(cmd, func(a *app) error {
				if a.reload == nil {
					return errors.New("this server has no settings to read again")
				}
				done, err := a.reload(cmd.Context())
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printJSON(done)
				}
				c.printf("%s\n", done)
				return nil
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// needServer returns an error where no server holds the data folder.
func (c *cli) needServer(ctx context.Context) error {
	if c.server != nil {
		return nil
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	conn, err := dialServer(ctx, cfg.Data)
	if err != nil {
		return err
	}
	if conn == nil {
		return fmt.Errorf("no server holds %s, so none has to read its settings again; `headwater serve` starts one", cfg.Data)
	}
	return conn.Close()
}

// serving answers requests and commands with the generation in force.
type serving struct {
	listener net.Addr
	load     func() (config.Config, error) // nil where there are no settings to read
	apply    func(config.Config) error     // called with settings that are about to come into force; nil with load
	current  atomic.Pointer[generation]
	asked    chan chan<- answer // by reload
	replaced sync.WaitGroup     // of generations whose requests have not all ended
}

// generation is what is made of the settings.
type generation struct {
	*app
	settings config.Config // as they were read; the app's have the address that is served
	handler  access.Routes
	base     string
	ctx      context.Context //nolint:containedctx // of the handler and the pipeline: their life is that of the generation
	end      context.CancelFunc
}

// drop ends a generation that no other follows, or that was never in force.
func (g *generation) drop() {
	g.end()
	g.traces.Close()
}

type answer struct {
	done reloaded
	err  error
}

// begin makes the app answer at the server's address, with everything ready but the pipeline.
func (s *serving) begin(ctx context.Context, a *app, settings config.Config) (*generation, error) {
	if host, _, err := net.SplitHostPort(settings.Listen); err == nil && host != "" {
		a.cfg.Hosts = append(slices.Clone(a.cfg.Hosts), host) // it may be a name; the next line sets an address
	}
	a.cfg.Listen = s.listener.String() // it may have been port 0
	g := &generation{app: a, settings: settings, base: a.cfg.BaseURL(s.listener.String())}
	a.sender.Pages = g.base // before any alert is sent
	if s.load != nil {
		a.reload = s.reload
	}
	ctx, g.end = context.WithCancel(ctx)
	g.ctx = ctx
	makeHandler := a.handler
	if !slices.Contains(a.cfg.Roles, "web") {
		makeHandler = a.statusHandler
	}
	var err error
	if g.handler, err = makeHandler(ctx, g.base); err != nil {
		g.end()
		return nil, err
	}
	return g, nil
}

// ServeHTTP answers with the generation in force.
func (s *serving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.current.Load().handler.ServeHTTP(w, r)
}

// reload reads the settings again, and waits until they are in force.
func (s *serving) reload(ctx context.Context) (reloaded, error) {
	answered := make(chan answer, 1)
	select {
	case s.asked <- answered:
	case <-ctx.Done():
		return reloaded{}, ctx.Err()
	}
	select {
	case a := <-answered:
		return a.done, a.err
	case <-ctx.Done():
		return reloaded{}, ctx.Err()
	}
}

// reloadOn reloads at each SIGHUP until the context ends.
func (s *serving) reloadOn(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case <-signals:
			_, _ = s.reload(ctx) // run logs it
		case <-ctx.Done():
			return
		}
	}
}

// run runs the pipelines of one generation after the other until the context ends or one fails.
func (s *serving) run(ctx context.Context) error {
	for {
		g := s.current.Load()
		ended := make(chan error, 1)
		go func() { ended <- g.pipeline.Serve(g.ctx, g.cfg.Poll.Schedule) }()
		next, err := s.await(ctx, g, ended)
		if next == nil {
			g.drop()
			return err
		}
	}
}

// await returns once the generation's pipeline has ended: with the next generation, which is in force then, or with why none follows.
func (s *serving) await(ctx context.Context, g *generation, ended <-chan error) (*generation, error) {
	for {
		select {
		case err := <-ended:
			return nil, err
		case answered := <-s.asked:
			tellManager(g.log, daemon.SdNotifyReloading+"\n"+daemon.SdNotifyMonotonicUsec())
			next, done, err := s.next(ctx, g)
			if err == nil {
				g.end()
				if err := <-ended; err != nil {
					next.drop()
					answered <- answer{err: err}
					return nil, err
				}
				s.adopt(next)
			}
			tellManager(g.log, daemon.SdNotifyReady)
			if err != nil {
				g.log.Error("the settings were read again and stay as they were", "error", err)
				answered <- answer{err: fmt.Errorf("the settings stay as they were: %w", err)}
				continue
			}
			g.log.Info("the settings were read again", "file", done.File, "in_force", done.Changed, "after_restart", done.Later)
			answered <- answer{done: done}
			g.client.Close()
			s.replaced.Go(func() {
				g.pipeline.Close()
				g.traces.Close()
			})
			return next, nil
		}
	}
}

// next reads the settings and makes a generation of them.
func (s *serving) next(ctx context.Context, g *generation) (*generation, reloaded, error) {
	settings, err := s.load()
	if err != nil {
		return nil, reloaded{}, err
	}
	done := reloaded{File: settings.File, Changed: []string{}, Later: []string{}}
	for _, key := range config.Changed(g.settings, settings) {
		if slices.Contains(atStart, key) {
			done.Later = append(done.Later, key)
		} else {
			done.Changed = append(done.Changed, key)
		}
	}
	settings.Take(g.settings, atStart...)
	registry, err := registryOf(settings)
	if err != nil {
		return nil, done, err
	}
	a := &app{
		cfg: settings, log: g.log, store: g.store, index: g.index, registry: registry, indexed: g.indexed,
		ticksOnly: g.ticksOnly, stderr: g.stderr, bodyTime: g.bodyTime,
	}
	if err := a.wire(ctx); err != nil {
		return nil, done, err
	}
	next, err := s.begin(ctx, a, settings)
	if err != nil {
		a.traces.Close()
		return nil, done, err
	}
	if err := s.apply(settings); err != nil {
		next.drop()
		return nil, done, err
	}
	return next, done, nil
}

// adopt puts a generation in force.
func (s *serving) adopt(g *generation) {
	g.indexed.Store(g.registry)
	g.index.Trace(g.traces)
	g.store.SetPresent(g.registry.Present)
	s.current.Store(g)
}

// hangups are the SIGHUPs of this process from now on. Before, and after stop, one ends it.
func hangups() (signals <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
