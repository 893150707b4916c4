package pipeline

import (
	"log/slog"
	"time"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/parse"
	"headwater/internal/intake/poll"
	"headwater/internal/notify"
	"headwater/internal/query"
	"headwater/internal/store"
	"headwater/internal/stories/embed"
	"headwater/internal/stories/outlets"
)

// Options of a Pipeline.
type Options struct {
	Store   *store.DB
	Index   *query.Index
	Reader  *query.Reader
	Fetch   *fetch.Client
	Outlets *outlets.Registry
	Logger  *slog.Logger
	Now     func() time.Time // nil means time.Now

	Parse   parse.Options // URL and ContentType are set for each feed
	Pace    poll.Pace
	Workers int           // feeds polled at once
	PerHost int           // feeds of one host polled at once; 0 is no limit
	Window  time.Duration // how long a story stays open; 0 means 72h
	Keep    time.Duration // how long articles are kept that nobody starred, labelled or corrected; 0 is for ever

	Embed       *embed.Client // gives grouping a second opinion; nil is none
	EmbedWait   time.Duration // the most that one settlement waits for it; 0 means 30s
	EventCosine float64       // from which it brings two articles into one event; 0 means .8

	Callback string // the address below which hubs reach Callbacks, with a slash at the end; "" takes no pushes
	MaxPush  int64  // bytes of what a hub pushes; 0 means 10 MB

	ReadSources     bool   // read the pages that articles credit by a link
	FullText        string // whether the pages of items are read where their feed does not say: auto, always or never; "" is never
	FullTextPerHost int    // how many of them of one host an hour; 0 means 20

	Alerts *notify.Queue     // delivers what alerts tell of; nil tells nobody
	Hub    *notify.Publisher // tells a hub that our own feeds changed; nil tells none
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (o Options) windowLength() time.Duration {
	if o.Window > 0 {
		return o.Window
	}
	return 72 * time.Hour
}
