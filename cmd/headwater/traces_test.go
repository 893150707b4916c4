package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector is a collector of OpenTelemetry.
type collector struct {
	url string

	mu       sync.Mutex // guards what follows
	messages [][]byte
}

func newCollector(t *testing.T, token string) *collector {
	t.Helper()
	c := &collector{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("Authorization") != token {
			http.Error(w, "not OTLP", http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.messages = append(c.messages, message)
	}))
	t.Cleanup(srv.Close)
	c.url = srv.URL
	return c
}

// spans are those that the collector was sent, by their names.
func (c *collector) spans(t *testing.T) map[string][]*tracepb.Span {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string][]*tracepb.Span{}
	for _, m := range c.messages {
		var data tracepb.TracesData
		if err := proto.Unmarshal(m, &data); err != nil {
			t.Fatal(err)
		}
		for _, r := range data.GetResourceSpans() {
			if !strings.Contains(fmt.Sprint(r.GetResource()), "headwater") {
				t.Errorf("spans of %v, want those of headwater", r.GetResource())
			}
			for _, s := range r.GetScopeSpans() {
				for _, span := range s.GetSpans() {
					all[span.GetName()] = append(all[span.GetName()], span)
				}
			}
		}
	}
	return all
}

// tracedServer polls a feed of 100 articles whose address has a token, until these are in the index.
func tracedServer(t *testing.T, variables ...string) ownServer {
	t.Helper()
	press := inventedFeeds(t)
	server := serveOwn(t, t.TempDir(), append([]string{
		"HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8", "HEADWATER_FETCH_PER_HOST=0", "HEADWATER_POLL_SCHEDULE=@every 1s",
		"HEADWATER_FULLTEXT_MODE=never", "HEADWATER_ORIGIN_FETCH_SOURCES=false",
	}, variables...)...)
	if status := post(server.url+"/api/v1/feeds", "application/json", strings.NewReader(`{"url": "`+press.URL+`/7?token=hush-hush"}`)); status != http.StatusCreated {
		t.Fatalf("a feed is not added: %d", status)
	}
	for asked := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		page := pageOf(t, server.url+"/metrics")
		if strings.Contains(page, "\nheadwater_settled_articles_total 100\n") && strings.Contains(page, "\nheadwater_indexed_articles_total 100\n") {
			return server
		}
		if time.Since(asked) > time.Minute {
			t.Fatal("the feed is not read")
		}
	}
}

// TestTraces follows the articles of a feed from the poll to the index by what a collector is sent.
func TestTraces(t *testing.T) {
	c := newCollector(t, "Bearer t-123")
	tracedServer(t, "HEADWATER_TRACES_ENDPOINT="+c.url, "HEADWATER_TRACES_TOKEN=t-123").terminate(t)
	spans := c.spans(t)
	poll := spans["poll"]
	if len(poll) == 0 || len(spans["article"]) != 100 {
		t.Fatalf("%d polls and %d articles, want 1 and 100, of %v", len(poll), len(spans["article"]), slices.Sorted(maps.Keys(spans)))
	}
	for _, part := range []string{"fetch", "parse", "store"} {
		if s := spans[part]; len(s) == 0 || !bytes.Equal(s[0].GetParentSpanId(), poll[0].GetSpanId()) || !bytes.Equal(s[0].GetTraceId(), poll[0].GetTraceId()) {
			t.Errorf("%s is no part of the poll: %v", part, s)
		}
	}
	for _, s := range poll {
		if text := s.String(); !strings.Contains(text, "127.0.0.1") || strings.Contains(text, "hush-hush") {
			t.Errorf("the poll says %s, want the feed's address without the token in it", text)
		}
	}
	byID := map[string]string{} // names of the runs
	for _, run := range []string{"poll", "settle articles", "index articles"} {
		for _, s := range spans[run] {
			byID[string(s.GetSpanId())] = run
		}
	}
	type step struct{ Name, Of string } // a span of an article, and the run that it links to
	for _, root := range spans["article"] {
		steps := []step{{"article", linked(root, byID)}}
		for _, name := range []string{"settle", "index"} {
			for _, s := range spans[name] {
				if bytes.Equal(s.GetTraceId(), root.GetTraceId()) && bytes.Equal(s.GetParentSpanId(), root.GetSpanId()) && s.GetStartTimeUnixNano() > root.GetStartTimeUnixNano() {
					steps = append(steps, step{name, linked(s, byID)})
				}
			}
		}
		if diff := cmp.Diff([]step{{"article", "poll"}, {"settle", "settle articles"}, {"index", "index articles"}}, steps); diff != "" {
			t.Fatalf("the way of an article (-want +got):\n%s", diff)
		}
	}
}

// linked is the run that a span links to.
func linked(s *tracepb.Span, runs map[string]string) string {
	if len(s.GetLinks()) != 1 {
		return fmt.Sprint(len(s.GetLinks()), " links")
	}
	return runs[string(s.GetLinks()[0].GetSpanId())]
}

// TestTracesOfDeafCollectors has a collector that never answers, one that refuses, and one that is not there. None holds up the server or
// its end, and the log says it once.
func TestTracesOfDeafCollectors(t *testing.T) {
	silent := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(hangs.Close)
	t.Cleanup(func() { close(silent) })
	for name, endpoint := range map[string]string{"hangs": hangs.URL, "refuses": newCollector(t, "another").url, "away": "http://127.0.0.1:1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := tracedServer(t, "HEADWATER_TRACES_ENDPOINT="+endpoint).terminate(t)
			if n := strings.Count(output, "traces could not be sent"); n != 1 {
				t.Errorf("the log says %d times that traces could not be sent:\n%s", n, output)
			}
		})
	}
}
