package pipeline_test

import (
	"bytes"
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"headwater/feeds"
	"headwater/internal/intake/clean"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/opml"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
	"headwater/internal/stories/embed"
	"headwater/internal/stories/outlets"
)

// settings are the options of the program under test.
type settings struct {
	extra []outlets.Entry
	allow netip.Prefix
	log   io.Writer
	now   func() time.Time

	database string        // "" is the one that belongs to the folder (storetest)
	lease    time.Duration // see store.Options

	embed embed.Options // none without an endpoint
	wait  time.Duration // how long a settlement waits for the embeddings

	callback string // "" accepts no pushes
	dir      string // for subscribed; a new one where it is ""
	sources  bool   // fetch pages that articles credit

	fullText string // whether items' pages are fetched
	perHost  int    // of these, in an hour

	roles  pipeline.Roles
	keep   time.Duration // how long articles are kept; 0 means for ever
	window time.Duration // how long stories stay open; 0 means 72h

	alerts  bool          // webhooks and ntfy
	agent   string        // "" is Headwater/test
	timeout time.Duration // of a request and of parsing its answer; 0 means 5s
}

// agencies are the built-in outlets. They never change, so all tests share them.
var agencies = sync.OnceValues(func() (*outlets.Registry, error) { return outlets.Load(feeds.Agencies()) })

// open wires a real Pipeline over a folder and closes it with the test.
func open(t *testing.T, dir string, s settings) *pipelinetest.Room {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	if s.log != nil {
		log = slog.New(slog.NewTextHandler(s.log, nil))
	}
	registry, err := agencies()
	if len(s.extra) > 0 {
		registry, err = outlets.Load(feeds.Agencies(), s.extra...)
	}
	must(t, err)
	if s.database == "" {
		s.database = storetest.Database(t, dir)
	}
	db, err := store.Open(t.Context(), dir, store.Options{Database: s.database, Lease: s.lease, Logger: log})
	must(t, err)
	x, err := search.Open(t.Context(), dir, search.Options{Logger: log, Log: db, Shown: clean.Shown})
	must(t, err)
	o := fetch.Options{UserAgent: cmp.Or(s.agent, "Headwater/test"), Now: s.now, Timeout: cmp.Or(s.timeout, 5*time.Second), MaxBytes: 10 << 20, PerHost: 4}
	if s.allow.IsValid() {
		o.AllowPrivate = []netip.Prefix{s.allow}
	}
	client, err := fetch.New(o)
	must(t, err)
	t.Cleanup(func() {
		client.Close()
		must(t, x.Close())
		must(t, db.Close())
	})
	var embedder *embed.Client
	if s.embed.Endpoint != "" {
		embedder = embed.New(s.embed, client)
	}
	var sender *notify.Sender
	if s.alerts {
		sender = notify.NewSender(notify.SenderOptions{Send: client.Send, Now: s.now})
	}
	return pipelinetest.New(pipelinetest.Options{Search: x, Batch: 500, Sender: sender, Options: pipeline.Options{
		Embed: embedder, EmbedWait: s.wait, ReadCreditedPages: s.sources, Callback: s.callback,
		FullText: s.fullText, FullTextPerHost: s.perHost,
		Store: db, Fetch: client, Outlets: registry, Logger: log, Now: s.now,
		Parse:   parse.Options{Timeout: cmp.Or(s.timeout, 5*time.Second), MaxItems: 5000, MaxDepth: 100},
		Window:  s.window,
		Pace:    poll.Pace{Interval: time.Hour, Min: 10 * time.Minute, Max: 24 * time.Hour},
		Workers: 8, PerHost: 4, Keep: s.keep, Roles: s.roles,
	}})
}

var must = pipelinetest.Must

// restart wires a Room over the same store and index, as the next process would.
func restart(t *testing.T, room *pipelinetest.Room) *pipelinetest.Room {
	t.Helper()
	must(t, room.Pipeline.Resign(t.Context()))
	return pipelinetest.New(room.Options)
}

// subscribe adds the feeds of a list from a server.
func subscribeTo(t *testing.T, room *pipelinetest.Room, url string) {
	t.Helper()
	resp, err := http.Get(url)
	must(t, err)
	data, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	list, problems, err := opml.Read(bytes.NewReader(data))
	must(t, err)
	if len(problems) > 0 {
		t.Fatalf("list %s: %v", url, problems)
	}
	for _, f := range list.Feeds {
		_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: f.URL, Title: f.Title, Site: f.Site, Folder: f.Folder})
		must(t, err)
	}
}

// pass polls every feed and checks that all stages are done.
func pass(t *testing.T, room *pipelinetest.Room) pipeline.Summary {
	t.Helper()
	sum, err := room.Pipeline.Pass(t.Context(), pipeline.PassOptions{Force: true})
	must(t, err)
	status, err := room.Stories.Status(t.Context())
	must(t, err)
	if status.Unsettled != 0 || status.Unindexed != 0 {
		t.Fatalf("after a pass %d are unsettled and %d unindexed", status.Unsettled, status.Unindexed)
	}
	return sum
}

// place is the story, event and role of an article.
type place struct {
	story news.Story
	news.Member
}

// membership returns each article's place by feed address and guid. It fails if an article is in two stories.
func membership(t *testing.T, room *pipelinetest.Room) map[string]place {
	t.Helper()
	all, err := room.Store.Feeds(t.Context())
	must(t, err)
	url := map[int64]string{}
	for _, f := range all {
		url[f.ID] = f.URL
	}
	out := map[string]place{}
	const page = 500
	for offset := 0; ; offset += page {
		stories, err := room.Stories.Stories(t.Context(), news.StoryList{Limit: page, Offset: offset, Newest: true})
		must(t, err)
		for _, s := range stories {
			for _, m := range s.Members {
				key := url[m.Article.FeedID] + " " + m.Article.GUID
				if _, twice := out[key]; twice {
					t.Errorf("%s stands in two stories", key)
				}
				out[key] = place{s, m}
			}
		}
		if len(stories) < page {
			return out
		}
	}
}

// shared returns the path of a file under ../shared, or skips the test if that is absent.
func shared(t *testing.T, path string) string {
	t.Helper()
	p, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", path))
	must(t, err)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("needs the recorded feeds: %v", err)
	}
	return p
}
