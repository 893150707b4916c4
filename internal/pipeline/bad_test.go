package pipeline_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
)

// hostile are failures of malicious or badly broken servers.
func hostile(t *testing.T) []failing {
	unreachable, tooLarge, wrong := news.FeedUnreachable, news.FeedTooLarge, news.FeedHTTPError
	return []failing{
		{name: "endless", fault: endless, state: tooLarge, says: "fetch.max_bytes"},
		{name: "drip", fault: trickle, state: news.FeedTimeout, says: "no whole answer within"},
		{name: "reset", fault: raw("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss version=\"2.0\">"), state: unreachable, says: "broke off"},
		{name: "noise", fault: raw("SSH-2.0-OpenSSH_9.9\r\n"), state: unreachable, says: "no usable answer"},
		{name: "cut", fault: raw("HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n<rss version=\"2.0\"><channel><title>T</title>"), state: news.FeedRepaired, says: "no items"},
		{name: "chunks", fault: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno number"), state: unreachable, says: "no usable answer"},
		{name: "lengths", fault: raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nwhole"), state: unreachable, says: "no usable answer"},
		{name: "headers", fault: raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Flood: "+strings.Repeat("x", 1000)+"\r\n", 1000) + "\r\n"), state: unreachable, says: "header"},
		{name: "one header", fault: raw("HTTP/1.1 200 OK\r\nX-Flood: " + strings.Repeat("x", 1<<20)), state: unreachable, says: "header"},
		{name: "informed", fault: raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\nX-Flood: "+strings.Repeat("x", 1000)+"\r\n\r\n", 1000)), state: unreachable, says: "header"},
		{name: "untrusted", fault: untrusted(t), state: unreachable, says: "certificate"},
		{name: "no tls", fault: noTLS(t), state: unreachable, says: "https"},
		{name: "partial", fault: pipelinetest.Answer(206, "<rss version=\"2.0\"></rss>"), state: wrong, says: "part of one"},
		{name: "nothing new", fault: pipelinetest.Answer(204, ""), state: wrong, says: "no document"},
		{name: "gzip", fault: packed(t, "gzip", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }), state: tooLarge, says: "65536"},
		{name: "deflate", fault: packed(t, "deflate", func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil }), state: tooLarge, says: "65536"},
		{name: "raw deflate", fault: packed(t, "deflate", func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) }), state: tooLarge, says: "65536"},
		{name: "brotli", fault: packed(t, "br", func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil }), state: tooLarge, says: "65536"},
		{name: "zstd", fault: packed(t, "zstd", func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }), state: tooLarge, says: "65536"},
		{name: "broken gzip", fault: pipelinetest.Answer(200, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xffno deflate stream at all, as anybody sees", "Content-Encoding", "gzip"), state: wrong, says: "compression"},
		{name: "strange packing", fault: pipelinetest.Answer(200, "\x1f\x9d\x90x\x02", "Content-Encoding", "compress"), state: wrong, says: "compress"},
	}
}

// TestHostileServers takes feeds from health to a hostile failure and back, next to a healthy feed. Each feed reports
// what happened, keeps its articles and validators, and is tried again at the right time.
func TestHostileServers(t *testing.T) {
	t.Parallel() // it waits
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	all, at := hostile(t), apart(t, p)
	p.set("sound", stock("sound", 2)...)
	add(t, room, url, "sound")
	before := map[string]news.Feed{}
	for _, f := range all {
		p.set(pathOf(f.name), stock(pathOf(f.name), 2)...)
		add(t, room, at(f.name), pathOf(f.name))
	}
	duePass(t, room)
	for _, f := range all {
		before[f.name] = feedOf(t, room, at(f.name)+"/"+pathOf(f.name))
		p.fail(pathOf(f.name), f.fault)
	}
	p.set("sound", stock("sound", 3)...)
	c.Advance(25 * time.Hour)
	began := time.Now()
	sum := duePass(t, room)
	if took := time.Since(began); sum.New != 1 || sum.Feeds != len(all)+1 || took > time.Minute {
		t.Errorf("the sound feed did not go on beside them: %+v in %s", sum, took)
	}
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) { wantHandled(t, room, f, before[f.name]) })
		p.fail(pathOf(f.name), nil)
	}
	c.Advance(25 * time.Hour)
	if sum := duePass(t, room); sum.Failed > 0 || sum.States["ok"] != len(all)+1 {
		t.Errorf("not all recovered: %+v", sum)
	}
}

func pathOf(name string) string { return strings.ReplaceAll(name, " ", "-") }

// wantHandled is wantFailed for documents that could be read partly.
func wantHandled(t *testing.T, room *pipelinetest.Room, f failing, before news.Feed) {
	t.Helper()
	if f.state != news.FeedRepaired {
		wantFailed(t, room, f, before)
		return
	}
	got := feedOf(t, room, before.URL)
	if got.State != f.state || !strings.Contains(got.Problem, f.says) || got.Articles != 2 {
		t.Errorf("%d articles, state %q: %s", got.Articles, got.State, got.Problem)
	}
	wantDue(t, got, time.Hour, .1)
}

// TestEmptiedFeed: a feed loses its items after a while. It reports that, keeps its articles and is polled as before.
func TestEmptiedFeed(t *testing.T) {
	c := pipelinetest.NewClock()
	room, p, url := impatient(t, c)
	p.set("tired", stock("tired", 6)...)
	add(t, room, url, "tired")
	duePass(t, room)
	p.set("tired")
	c.Advance(24 * time.Hour)
	duePass(t, room)
	f := feedOf(t, room, url+"/tired")
	if f.State != news.FeedEmpty || !strings.Contains(f.Problem, "any more") || f.Articles != 6 || f.Failures != 0 {
		t.Errorf("%d articles, state %q: %s", f.Articles, f.State, f.Problem)
	}
	wantDue(t, f, time.Hour, .1)
	p.set("tired", stock("tired", 7)...)
	c.Advance(2 * time.Hour)
	duePass(t, room)
	if f = feedOf(t, room, url+"/tired"); f.State != news.FeedOK || f.Articles != 7 {
		t.Errorf("%d articles, state %q: %s", f.Articles, f.State, f.Problem)
	}
}

func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(bytes.Repeat([]byte("<item/>"), 1000)); err != nil {
			return
		}
	}
}

// trickle sends a byte from time to time.
func trickle(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		_, _ = w.Write([]byte(" ")) // a client that has gone is no matter
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// raw sends exactly these bytes and closes the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, text) // a client that has gone is no matter
		_ = conn.Close()
	}
}

// untrusted redirects to a server with an untrusted certificate.
func untrusted(t *testing.T) http.HandlerFunc {
	s := httptest.NewUnstartedServer(pipelinetest.Answer(200, "<rss version=\"2.0\"></rss>"))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, s.URL, http.StatusFound) }
}

// noTLS redirects to https at a server without TLS.
func noTLS(t *testing.T) http.HandlerFunc {
	s := httptest.NewServer(pipelinetest.Answer(200, "<rss version=\"2.0\"></rss>"))
	t.Cleanup(s.Close)
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(s.URL, "http:", "https:", 1), http.StatusFound)
	}
}

// packed is a small body that decompresses to a megabyte of items.
func packed(t *testing.T, encoding string, open func(io.Writer) (io.WriteCloser, error)) http.HandlerFunc {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	must(t, err)
	_, err = fmt.Fprintf(w, "<rss version=\"2.0\"><channel><title>%s</title>%s</channel></rss>", encoding, strings.Repeat("<item><title>x</title></item>", 1<<15))
	must(t, err)
	must(t, w.Close())
	return pipelinetest.Answer(200, b.String(), "Content-Encoding", encoding)
}
