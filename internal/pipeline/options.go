package pipeline

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/notify"
	"headwater/internal/observe"
	"headwater/internal/query"
	"headwater/internal/saveto"
	"headwater/internal/store"
	"headwater/internal/stories/embed"
	"headwater/internal/stories/outlets"
)

// Roles are what Serve does. The zero value means all.
type Roles struct {
	Poll   bool // polls feeds, fetches pages, sends alerts, renews subscriptions at hubs and notifies our own hub
	Settle bool // makes stories, matches topics, queues alerts and removes what is no longer needed; one process at a time
	Web    bool // follows the log with the search index, for pages and APIs
}

// String names the roles as the setting does: "poll,settle".
func (r Roles) String() string {
	var names []string
	for name, has := range map[string]bool{"poll": r.Poll, "settle": r.Settle, "web": r.Web} {
		if has {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// Options are the options of a Pipeline.
type Options struct {
	Store   *store.DB
	Index   *query.Index
	Reader  *query.Reader
	Fetch   *fetch.Client
	Outlets *outlets.Registry
	Logger  *slog.Logger
	Now     func() time.Time // nil means time.Now
	Roles   Roles
	// Settings has a hash of each setting that all nodes on one database must share, by the setting's name.
	Settings map[string]string

	Parse   parse.Options // URL and ContentType are set for each feed
	Pace    poll.Pace
	Workers int           // feeds polled at once
	PerHost int           // feeds of one host polled at once; 0 means no limit
	Window  time.Duration // how long a story stays open; 0 means 72h
	Keep    time.Duration // how long articles are kept that nobody starred, labelled or corrected; 0 means for ever

	Embed       *embed.Client // the second opinion of grouping; nil for none
	EmbedWait   time.Duration // the most time that one settlement waits for Embed; 0 means 30s
	EventCosine float64       // least cosine of Embed that brings two articles into one event; 0 means .8

	Callback string // base address of Callbacks, with a slash at the end; "" accepts no pushes
	MaxPush  int64  // limit of a pushed document in bytes; 0 means 10 MB

	NoMail bool // no process of the installation receives mails for newsletters, which their polls say

	ReadCreditedPages bool   // fetch the pages that articles credit by a link
	FullText          string // whether items' pages are fetched where their feed sets nothing: auto, always or never; "" means never
	FullTextPerHost   int    // items' pages fetched from one host in an hour; 0 means 20

	Alerts  *notify.Queue     // delivers alerts; nil sends none
	Savings *saveto.Queue     // saves articles to services; nil saves none
	Hub     *notify.Publisher // notifies a hub of changes in our own feeds; nil notifies none
	Health  *observe.Health   // is told of the steps of the loops; nil notes nothing
	// Metrics counts what the stages do, and gives what waits. Nil makes some that nobody reads.
	Metrics *observe.Metrics
	// Traces records polls, runs of stages and the way of articles through them; nil records nothing.
	Traces *observe.Traces
	// TicksOnly has Serve poll at the times of the schedule alone, and not after changes of the feeds.
	TicksOnly bool
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Roles == (Roles{}) {
		o.Roles = Roles{Poll: true, Settle: true, Web: true}
	}
	if o.Metrics == nil {
		o.Metrics = observe.NewMetrics(o.Health)
	}
	return o
}

func (o Options) windowLength() time.Duration {
	if o.Window > 0 {
		return o.Window
	}
	return 72 * time.Hour
}
