package pipeline_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// item is an item of a feed under test.
type item struct {
	guid, title, text string
	at                time.Time
}

// publisher serves feeds that a test changes. A feed's address is its name.
type publisher struct {
	mu     sync.Mutex
	feeds  map[string][]item
	extra  map[string]string              // elements of the channel
	faults map[string]http.HandlerFunc    // served instead of the feed
	heard  map[string]http.Header         // headers of the last request for each feed
	asked  int                            // number of requests
	told   func(name, etag string, n int) // called with the items that a feed serves; may be nil
}

func newPublisher() *publisher {
	return &publisher{feeds: map[string][]item{}, extra: map[string]string{}, faults: map[string]http.HandlerFunc{}, heard: map[string]http.Header{}}
}

// set sets the items of a feed.
func (p *publisher) set(name string, items ...item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.feeds[name] = items
}

// fail sets a fault that replaces a feed's answer; nil removes it.
func (p *publisher) fail(name string, fault http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[name] = fault
}

// header returns the headers of the last request for a feed.
func (p *publisher) header(name string) http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard[name]
}

// forget forgets all requests.
func (p *publisher) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.heard)
}

func (p *publisher) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(r.URL.Path, "/")
	p.mu.Lock()
	p.asked++
	p.heard[name] = r.Header.Clone()
	fault, items := p.faults[name], p.feeds[name]
	body := rss(name, p.extra[name], items)
	etag := etagOf(body)
	if p.told != nil {
		p.told(name, etag, len(items))
	}
	p.mu.Unlock()
	if fault != nil {
		fault(w, r)
		return
	}
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	_, _ = w.Write(body) // a client that has gone is no matter
}

func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// rss writes a feed.
func rss(name, extra string, items []item) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<rss version=\"2.0\"><channel><title>%s</title><link>https://%s.example/</link>%s\n", name, name, extra)
	for _, it := range items {
		fmt.Fprintf(&b, "<item><title>%s</title><link>https://%s.example/%s</link><guid isPermaLink=\"false\">%s</guid>"+
			"<pubDate>%s</pubDate><description>%s</description></item>\n",
			escape(it.title), name, it.guid, it.guid, it.at.UTC().Format(time.RFC1123), escape(it.text))
	}
	return []byte(b.String() + "</channel></rss>\n")
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}

// Faults that need more than an answer.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
func hangUp(http.ResponseWriter, *http.Request)   { panic(http.ErrAbortHandler) }
func loop(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }

func private(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "http://10.0.0.1/feed", http.StatusFound)
}

// breakOff announces more bytes than it sends.
func breakOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "5000")
	_, _ = w.Write([]byte("<rss version=\"2.0\"><channel><title>Half"))
}

// refused redirects to a port without a listener. The port is below 1024, so no test that runs meanwhile gets it.
func refused(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "http://127.0.0.1:1/feed", http.StatusFound)
}

func stock(name string, n int) []item {
	var out []item
	for i := range n {
		out = append(out, item{
			guid: fmt.Sprintf("%s-%d", name, i), title: fmt.Sprintf("Report %d of %s", i, name),
			text: fmt.Sprintf("The council of %s met for the %dth time and decided nothing.", name, i),
			at:   time.Now().Add(time.Duration(i-10) * time.Hour),
		})
	}
	return out
}
