package pipelinetest

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
)

// Press serves the feeds and pages of many hosts on one address, as a proxy does. Its hosts have names, so they get the pause
// that publishers get, which loopback does not. It records how each host is asked.
type Press struct {
	URL *url.URL // for fetch.Options.Proxy

	latency time.Duration
	write   func(feed string, i int) Item

	mu    sync.Mutex // guards what follows
	items int
	asked map[string]*Asked // by host
	last  map[string]time.Time
	feeds map[string]int // requests by address

	receiver *Receiver // gets all that is posted
}

// Item is what an item of a feed says. It has no characters that mean something in XML.
type Item struct {
	Title, Text string
	At          time.Time
}

// Asked says how one host was asked.
type Asked struct {
	Requests int
	now      int
	AtOnce   int           // the most requests at the same time
	Gap      time.Duration // the shortest time between the end of a request and the next; the time of a year if there was one request at most
}

// NewPress starts a press whose feeds have one item, which is cut short. Each answer takes the given time.
func NewPress(tb testing.TB, latency time.Duration) *Press {
	tb.Helper()
	start := time.Now().Add(-time.Hour)
	return NewPressWith(tb, latency, func(feed string, i int) Item {
		return Item{fmt.Sprintf("Item %d of %s", i, feed), fmt.Sprintf("What item %d of %s says ...", i, feed), start.Add(time.Duration(i) * time.Second)}
	})
}

// NewPressWith is NewPress with a function that writes item i of a feed, named "host0-feed1". The function may be called at the same
// time by several goroutines, and returns the same each time.
func NewPressWith(tb testing.TB, latency time.Duration, write func(feed string, i int) Item) *Press {
	tb.Helper()
	p := &Press{latency: latency, write: write, items: 1, asked: map[string]*Asked{}, last: map[string]time.Time{}, feeds: map[string]int{}, receiver: NewReceiver(0)}
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	Must(tb, err)
	srv := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }() // until the test ends
	tb.Cleanup(func() {
		if err := srv.Close(); err != nil {
			tb.Error(err)
		}
	})
	p.URL = &url.URL{Scheme: "http", Host: l.Addr().String()}
	return p
}

// Feeds returns the addresses of feeds: so many of each of so many hosts.
func (p *Press) Feeds(hosts, each int) []news.Feed {
	var feeds []news.Feed
	for h := range hosts {
		for i := range each {
			feeds = append(feeds, news.Feed{URL: fmt.Sprintf("http://host%d.example/feed%d", h, i)})
		}
	}
	return feeds
}

// Grow adds an item to each feed.
func (p *Press) Grow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items++
}

// Asked returns how each host was asked.
func (p *Press) Asked() map[string]Asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]Asked, len(p.asked))
	for host, a := range p.asked {
		all[host] = *a
	}
	return all
}

// Told returns the messages of alerts that the press has received.
func (p *Press) Told() []Told { return p.receiver.Told() }

// Requests returns how often each address was asked for.
func (p *Press) Requests() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.feeds)
}

// ServeHTTP implements http.Handler.
func (p *Press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		p.receiver.ServeHTTP(w, r)
		return
	}
	items := p.begin(r)
	defer p.end(r.Host)
	select {
	case <-time.After(p.latency):
	case <-r.Context().Done():
		return
	}
	name := strings.TrimSuffix(r.Host, ".example") + strings.ReplaceAll(r.URL.Path, "/", "-")
	switch {
	case r.URL.Path == "/robots.txt":
		http.NotFound(w, r)
	case strings.HasPrefix(r.URL.Path, "/page"):
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<html><head><title>%s</title></head><body><article><p>%s</p></article></body></html>", name, strings.Repeat("The council of "+name+" met on the river. ", 40)) // a client that has gone is no matter
	default:
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><link>http://%s/</link>`, name, r.Host)
		for i := range items {
			it := p.write(name, i)
			_, _ = fmt.Fprintf(w, `<item><title>%s</title><link>http://%s/page%s-%d</link><guid isPermaLink="false">%s %d</guid><pubDate>%s</pubDate><description>%s</description></item>`,
				it.Title, r.Host, strings.TrimPrefix(r.URL.Path, "/"), i, name, i, it.At.UTC().Format(time.RFC1123Z), it.Text)
		}
		_, _ = fmt.Fprint(w, `</channel></rss>`)
	}
}

func (p *Press) begin(r *http.Request) (items int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.asked[r.Host]
	if a == nil {
		a = &Asked{Gap: 365 * 24 * time.Hour}
		p.asked[r.Host] = a
	}
	a.Requests++
	a.now++
	a.AtOnce = max(a.AtOnce, a.now)
	if last, ok := p.last[r.Host]; ok {
		a.Gap = min(a.Gap, time.Since(last))
	}
	p.feeds[r.URL.String()]++
	return p.items
}

func (p *Press) end(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[host].now--
	p.last[host] = time.Now()
}
