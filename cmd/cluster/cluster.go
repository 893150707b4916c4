package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"headwater/internal/demo"
	"headwater/internal/store/pgtest"
)

const (
	defaultRestart = 30 * time.Second
	bulletinEvery  = 5 * time.Second
	maxBulletins   = 50
)

type options struct {
	program, listen string
	restart         time.Duration
}

// layout are the processes and their roles.
var layout = []struct{ name, roles string }{
	{"poll-1", "poll"},
	{"poll-2", "poll"},
	{"settle-1", "settle"},
	{"settle-2", "settle"},
	{"web-1", "web"},
	{"web-2", "web"},
}

// run starts everything, calls ready where that is not nil, and takes everything down when the context ends. That is no error.
func run(ctx context.Context, o options, out io.Writer, ready func(address string, nodes []*node)) (err error) {
	dir, err := os.MkdirTemp("", "headwater-cluster-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another address, such as -listen 127.0.0.1:0 for a free port", o.listen, err)
	}
	address := "http://" + l.Addr().String()
	p := newProxy(onLoopback(l))
	stopProxy := serve(l, p)
	defer func() { err = errors.Join(err, stopProxy()) }()

	database, err := pgtest.New(pgtest.Options{}) //nolint:contextcheck // it outlives the context, which ends before what needs it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	name, err := database.Create() //nolint:contextcheck // takes milliseconds
	if err != nil {
		return err
	}
	feeds, outlets, err := feedHandler()
	if err != nil {
		return err
	}
	feedListener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stopFeeds := serve(feedListener, feeds)
	defer func() { err = errors.Join(err, stopFeeds()) }()

	s := settings{Database: database.URL(name), Title: "Headwater cluster", PublicURL: address, Outlets: outlets, Trusted: []string{}}
	if !p.open {
		s.Trusted = []string{"127.0.0.1"}
	}
	config := filepath.Join(dir, "config.yaml")
	if err := s.write(config); err != nil {
		return err
	}
	if err := subscribe(ctx, o.program, config, filepath.Join(dir, "subscribe"), "http://"+feedListener.Addr().String()); err != nil {
		return unlessEnded(ctx, err)
	}
	return runNodes(ctx, o, out, dir, config, address, p, ready)
}

// runNodes starts the nodes, prints what to try, and starts nodes that end again. It stops all when the context ends.
func runNodes(ctx context.Context, o options, out io.Writer, dir, config, address string, p *proxy, ready func(string, []*node)) (err error) {
	var nodes []*node
	defer func() {
		for _, n := range nodes {
			n.interrupt()
		}
		for _, n := range nodes {
			err = errors.Join(err, n.stop())
		}
	}()
	ended := make(chan *node, len(layout))
	for _, l := range layout {
		listen, err := freeAddress(ctx)
		if err != nil {
			return err
		}
		n := &node{name: l.name, roles: l.roles, program: o.program, config: config, dir: filepath.Join(dir, l.name), listen: listen, ended: ended}
		if err := n.start(); err != nil { //nolint:contextcheck // runNodes ends it
			return err
		}
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		if err := n.awaitStart(ctx); err != nil {
			return unlessEnded(ctx, err)
		}
		if n.roles == "web" {
			p.add(n)
		}
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		p.watch(watching)
	}()
	defer func() {
		stop()
		<-watched
	}()
	show := func(format string, args ...any) error {
		_, err := fmt.Fprintf(out, format+"\n", args...)
		return err
	}
	if err := p.awaitReady(ctx); err != nil {
		return unlessEnded(ctx, err)
	}
	if err := instructions(out, address, o.restart, nodes); err != nil {
		return err
	}
	if ready != nil {
		ready(address, nodes)
	}
	again := make(chan *node, len(nodes))
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-ended:
			if err := show("%s, process %d, has ended (%s); it starts again in %s", n.name, n.process(), n.reason(), o.restart); err != nil {
				return err
			}
			time.AfterFunc(o.restart, func() { again <- n })
		case n := <-again:
			if err := n.start(); err != nil { //nolint:contextcheck // runNodes ends it
				return err
			}
			if err := n.awaitStart(ctx); err != nil {
				return unlessEnded(ctx, err)
			}
			if err := show("%s has started again as process %d", n.name, n.process()); err != nil {
				return err
			}
		}
	}
}

// unlessEnded returns an error of waiting, or nil where the context ended the wait.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // a wait that was ended is no fault
	}
	return err
}

// onLoopback says whether only this machine reaches a listener.
func onLoopback(l net.Listener) bool {
	at, ok := l.Addr().(*net.TCPAddr)
	return ok && at.IP.IsLoopback()
}

// freeAddress returns an address of loopback that nobody listens on now.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// instructions say what runs and what to try.
func instructions(out io.Writer, address string, restart time.Duration, nodes []*node) error {
	_, err := fmt.Fprintf(out, "\nOpen %s (Ctrl-C ends everything). The feed \"Bulletins\" has a new item every %s, which %s/latest shows.\n\n%-10s %-8s %-8s log\n",
		address, bulletinEvery, address, "node", "role", "process")
	for _, n := range nodes {
		if err == nil {
			_, err = fmt.Fprintf(out, "%-10s %-8s %-8d %s\n", n.name, n.roles, n.process(), n.logFile())
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(out, `
What to try; a process that ends is started again after %s:

  kill -9 %d     a poller: the other polls its hosts within 30 s
  kill -9 %d     a settler: the other takes over, and new bulletins get their stories
  kill -9 %d     a web node: the address goes on with the other
  kill -STOP %d  a settler that hangs; kill -CONT lets it go on, and what it writes then is refused
  %s/api/v1/status counts articles and stories

`, restart, nodes[0].process(), nodes[2].process(), nodes[4].process(), nodes[3].process(), address)
	}
	return err
}

// serve answers requests until stop is called.
func serve(l net.Listener, h http.Handler) (stop func() error) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	return func() error {
		err := srv.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}
}

// settings are those of config.yaml that the nodes need. JSON is YAML.
type settings struct {
	Database  string
	Title     string
	PublicURL string
	Outlets   []map[string]any
	Trusted   []string // proxies
}

func (s settings) write(file string) error {
	text, err := json.MarshalIndent(map[string]any{
		"database": s.Database, "title": s.Title, "public_url": s.PublicURL, "outlets": s.Outlets,
		"trusted_proxies": s.Trusted,
		"lists":           []string{},
		"poll":            map[string]any{"schedule": "@every 1s", "interval": "5s", "min_interval": "5s", "max_interval": "5s"},
		"fetch":           map[string]any{"allow_private": []string{"127.0.0.0/8"}, "pause": "50ms"},
		"websub":          map[string]any{"enabled": false},
		"origin":          map[string]any{"fetch_sources": false},
		"fulltext":        map[string]any{"mode": "never"},
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// subscribe adds the feeds at an address, and so makes the tables.
func subscribe(ctx context.Context, program, config, data, feeds string) error {
	for _, args := range [][]string{{"feed", "import", feeds + "/feeds.opml"}, {"feed", "add", "--force", feeds + bulletinPath}} {
		cmd := exec.CommandContext(ctx, program, append([]string{"--config", config, "--data", data}, args...)...) //nolint:gosec // the caller names the program
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", cmd, err, output)
		}
	}
	return nil
}

const bulletinPath = "/bulletins.rss"

// feedHandler serves the feeds of the demo and one that grows, and returns the demo's outlets as config.yaml has them.
func feedHandler() (http.Handler, []map[string]any, error) {
	invented, err := demo.New(time.Now())
	if err != nil {
		return nil, nil, err
	}
	var outlets []map[string]any
	for _, o := range invented.Outlets() {
		aliases := append(append([]string{}, o.Aliases...), o.Signs...)
		slices.Sort(aliases)
		outlets = append(outlets, map[string]any{"name": o.Name, "domain": o.Domain, "aliases": slices.Compact(aliases), "agency": o.Agency})
	}
	mux := http.NewServeMux()
	began := time.Now()
	mux.Handle("GET /", invented)
	mux.HandleFunc("GET "+bulletinPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		_ = bulletins(w, began, time.Now()) // a client that has gone away
	})
	return mux, outlets, nil
}

type rssItem struct {
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	GUID        string `xml:"guid"`
	PubDate     string `xml:"pubDate"`
	Description string `xml:"description"`
}

// bulletins writes a feed that has an item for each time that has passed since it began.
func bulletins(w io.Writer, began, now time.Time) error {
	type channel struct {
		Title string    `xml:"title"`
		Link  string    `xml:"link"`
		Items []rssItem `xml:"item"`
	}
	feed := struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel channel  `xml:"channel"`
	}{Version: "2.0", Channel: channel{Title: "Bulletins", Link: "https://bulletins.example/"}}
	newest := int(now.Sub(began) / bulletinEvery)
	for n := newest; n >= 0 && n > newest-maxBulletins; n-- {
		at := began.Add(time.Duration(n) * bulletinEvery)
		link := fmt.Sprintf("https://bulletins.example/%d/%d", began.Unix(), n)
		feed.Channel.Items = append(feed.Channel.Items, rssItem{
			Title: fmt.Sprintf("Bulletin %d of %s", n, at.Format(time.TimeOnly)), Link: link, GUID: link, PubDate: at.Format(time.RFC1123Z),
			Description: fmt.Sprintf("Bulletin %d was published at %s, %s after the first.", n, at.Format(time.TimeOnly), at.Sub(began).Round(time.Second)),
		})
	}
	return xml.NewEncoder(w).Encode(feed)
}
