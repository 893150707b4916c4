// Package pipelinetest wires the pipeline with what stands beside it, as the program does, for tests (room.go), also several times
// over one database (cluster.go), as processes of their own (process.go). It also has publishers that watch how they are asked (press.go), the clock (clock.go), the answers of servers (answer.go) and the measure of agreement (rand.go) that tests of several packages use.
package pipelinetest

import (
	"testing"
	"time"

	"headwater/internal/accounts"
	"headwater/internal/notify"
	"headwater/internal/observe"
	"headwater/internal/pipeline"
	"headwater/internal/query"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/subscribe"
)

// Room is a whole installation without pages and APIs.
type Room struct {
	Pipeline *pipeline.Pipeline
	Store    *store.DB
	Index    *query.Index
	Stories  *query.Reader
	Accounts *accounts.Accounts
	Alerts   *notify.Alerts
	Queue    *notify.Queue
	Metrics  *observe.Metrics
	Feeds    *subscribe.Feeds
	Topics   *subscribe.Topics
	Rules    *subscribe.Rules
	Lists    *subscribe.Lists
	Finder   *subscribe.Finder
	Options  Options
	Now      func() time.Time
}

// Options of a Room, beside those of the pipeline that it sets itself: Index, Reader and Alerts.
type Options struct {
	pipeline.Options
	Search *search.Index
	Batch  int            // articles an index batch
	Sender *notify.Sender // nil tells nobody
}

// New wires a Room. Whoever opened store and index closes them; Room.Index closes the index that is in use.
func New(o Options) *Room {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Outlets = o.Outlets.BuiltIn() // a registry of its own, since tests share the one that is given
	r := &Room{Options: o, Store: o.Store, Now: o.Now}
	r.Index = query.NewIndex(o.Store, o.Search, o.Batch)
	r.Stories = query.NewReader(o.Store, r.Index, o.Outlets, o.Now)
	r.Accounts = accounts.New(o.Store, o.Now)
	r.Alerts = &notify.Alerts{Store: o.Store, Sender: o.Sender, Stories: r.Stories, Now: o.Now}
	r.Queue = notify.NewQueue(r.Alerts, o.Logger)
	r.Metrics = observe.NewMetrics(o.Health)
	r.Queue.Metrics, o.Metrics = r.Metrics, r.Metrics
	if o.Sender != nil {
		o.Alerts = r.Queue
	}
	if o.Hub != nil {
		o.Hub.Store, o.Hub.Post, o.Hub.Log = o.Store, o.Fetch.Post, o.Logger
	}
	o.Index, o.Reader = r.Index, r.Stories
	r.Pipeline = pipeline.New(o.Options)
	r.Finder = &subscribe.Finder{Fetch: o.Fetch, Parse: o.Parse, Now: o.Now}
	r.Feeds = &subscribe.Feeds{Store: o.Store, Finder: r.Finder, Now: o.Now, Removed: r.Pipeline.FeedRemoved}
	r.Topics = &subscribe.Topics{Store: o.Store, Now: o.Now}
	r.Rules = &subscribe.Rules{Store: o.Store, Finder: r.Stories}
	r.Lists = &subscribe.Lists{Feeds: r.Feeds, Topics: r.Topics}
	return r
}

// Must ends a test that an error keeps from going on.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
