package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/config"
	"headwater/internal/demo"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/opml"
	"headwater/internal/pipeline"
	"headwater/internal/store"
)

// The account of the demo, for pages and feed readers.
const demoUser, demoPassword = "demo", "headwater"

// demoTopics are followed by everybody who opens the demo. Each has stories on several days of its week.
var demoTopics = []news.Topic{
	{Name: "ferries", Query: `ferry OR ferries`},
	{Name: "mining", Query: `mine OR miners`},
}

func (c *cli) demoCommand() *cobra.Command {
	var listen string
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a small invented newsroom through the real pipeline and open its pages",
		Long: "Serves the feeds of a dozen invented outlets on loopback, polls them like any others, groups and indexes what\n" +
			"they bring, and leaves the pages open on the result. Needs no network and keeps nothing, unless --data names a folder.",
		Example: "  headwater demo\n  headwater demo --listen 127.0.0.1:9000",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listen != "" {
				c.set["listen"] = listen
			}
			return c.demo(cmd.Context(), once)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "serve on `HOST:PORT`")
	cmd.Flags().BoolVar(&once, "once", false, "stop when everything is grouped, instead of serving pages")
	return cmd
}

// demo serves the invented feeds, opens a data folder, and calls pollDemo.
func (c *cli) demo(ctx context.Context, once bool) (err error) {
	var l net.Listener
	if !once {
		cfg, err := c.config()
		if err != nil {
			return err
		}
		if l, err = listenAt(ctx, cfg.Listen); err != nil {
			return err
		}
		defer func() { _ = l.Close() }() // closes it where serving does not
	}
	if c.data == "" {
		dir, err := os.MkdirTemp("", "headwater-demo-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		c.data = dir
	}
	server, err := demo.New(time.Now())
	if err != nil {
		return err
	}
	address, stop, err := serveFeeds(ctx, server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if cfg.Database != "" {
		if err := c.checkNoFeeds(ctx); err != nil {
			return err
		}
	}
	a, err := c.openApp(ctx, demoConfig(cfg, server), openOptions{})
	if err != nil {
		return err
	}
	err = c.pollDemo(ctx, a, address, l)
	return errors.Join(err, a.close())
}

// checkNoFeeds returns an error where the database has feeds. Those of the demo are not to stand among them.
func (c *cli) checkNoFeeds(ctx context.Context) error {
	err := c.withStore(ctx, func(db *store.DB) error {
		feeds, err := db.Feeds(ctx)
		if err == nil && len(feeds) > 0 {
			err = fmt.Errorf("%s has %s; name an empty one with HEADWATER_DATABASE, or leave the setting out to keep the demo in a folder",
				db.Database(), count(len(feeds), "feed"))
		}
		return err
	})
	if errors.Is(err, store.ErrEmpty) {
		return nil
	}
	return err
}

// serveFeeds serves the invented outlets' feeds on a free port of loopback.
func serveFeeds(ctx context.Context, h http.Handler) (address string, stop func() error, err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	stop = func() error {
		err := srv.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}
	return "http://" + l.Addr().String(), stop, nil
}

// demoConfig adds the invented outlets to the settings and allows requests to loopback.
func demoConfig(cfg config.Config, server *demo.Server) config.Config {
	cfg.Fetch.PerHost = 0 // the publishers are this process
	cfg.Fetch.AllowPrivate = append(cfg.Fetch.AllowPrivate, netip.MustParsePrefix("127.0.0.0/8"))
	cfg.Title = "Headwater demo"
	cfg.Origin.FetchSources, cfg.FullText.Mode = false, pipeline.FullTextNever // the invented outlets have no pages
	for _, o := range server.Outlets() {
		cfg.Outlets = append(cfg.Outlets, config.Outlet{Name: o.Name, Domain: o.Domain, Aliases: append(o.Aliases, o.Signs...), Agency: o.Agency})
	}
	return cfg
}

// pollDemo subscribes to the feeds at an address, polls them once, and serves the result on l where that is not nil.
func (c *cli) pollDemo(ctx context.Context, a *app, address string, l net.Listener) error {
	resp, err := a.client.Get(ctx, fetch.Request{URL: address + "/feeds.opml"})
	if err != nil {
		return err
	}
	list, _, err := opml.Read(bytes.NewReader(resp.Body))
	if err != nil {
		return err
	}
	if _, _, err := a.addFeeds(ctx, list, func(int, int) {}); err != nil {
		return err
	}
	bar := c.progressBar()
	sum, err := a.pipeline.Pass(ctx, pipeline.PassOptions{Force: true, Progress: bar.update})
	bar.clear()
	if err != nil {
		return err
	}
	c.printPass(sum)
	for _, t := range demoTopics {
		if _, err := a.topics.AddTopic(ctx, t); err != nil && !errors.Is(err, news.ErrExists) {
			return fmt.Errorf("topic %s of the demo: %w", t.Name, err)
		}
	}
	status, err := a.stories.Status(ctx)
	if err != nil {
		return err
	}
	c.printf("%d articles in %d stories about %d events.\n", status.Articles, status.Stories, status.Events)
	if l == nil {
		return nil
	}
	if err := a.accounts.AddUserAs(ctx, demoUser, demoPassword, news.AdminRole); err != nil && !errors.Is(err, news.ErrExists) {
		return err
	}
	return (&serving{listener: l.Addr()}).serve(ctx, a, l, nil, func(url string) {
		c.printf("Feed readers that speak the Google Reader API (FreshRSS) log in at %s as %s with the password %s\n", url, demoUser, demoPassword)
		c.printf("Open %s (Ctrl-C ends)\n", url)
	})
}
