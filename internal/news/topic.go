package news

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Topic is a saved query that a user, or everybody, follows.
type Topic struct {
	ID      int64
	User    int64  // owner; 0 means everybody
	Name    string // unique among the topics of its owner, and used in URLs
	Query   string // in the query language of package search
	Options TopicOptions
	Secret  string // gives access to the topic's feed; "" if the feed has no secret address
	Added   time.Time

	Seen    int64 // number of the story log up to which somebody has seen the topic
	New     int   // stories that first matched after Seen
	Filled  bool  // the matches include the stories from before the topic was added
	Version int64 // increases when the query or the options change

	Viewer int64 // the user for whom it was read, whose hidden articles lists of it leave out; 0 is nobody
}

// TopicOptions restrict what a topic's query finds. The zero value restricts nothing.
type TopicOptions struct {
	Originals  bool     // only stories whose original matches the query
	MinOutlets int      // only stories that at least this many outlets carry
	Langs      []string // only articles in these languages, as ISO 639-1; empty means all
	Muted      []string // outlets whose articles are ignored, by domain or name
}

// Equal reports whether two topics' options are the same, in the same order.
func (o TopicOptions) Equal(p TopicOptions) bool {
	return o.Originals == p.Originals && o.MinOutlets == p.MinOutlets && slices.Equal(o.Langs, p.Langs) && slices.Equal(o.Muted, p.Muted)
}

// FindsSame reports whether two topics ask for the same: by their queries, up to spaces, and their options in any order.
func (t Topic) FindsSame(u Topic) bool {
	same := func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}
	o, p := t.Options, u.Options
	return slices.Equal(strings.Fields(t.Query), strings.Fields(u.Query)) && o.Originals == p.Originals &&
		max(o.MinOutlets, 1) == max(p.MinOutlets, 1) && same(o.Langs, p.Langs) && same(o.Muted, p.Muted)
}

// Reachable reports whether the topic's name can be part of an address.
func (t Topic) Reachable() bool {
	return t.Name != "" && t.Name != "." && t.Name != ".." && !strings.ContainsFunc(t.Name, unreachable)
}

func unreachable(r rune) bool {
	return r == '/' || r == '\\' || r == unicode.ReplacementChar || unicode.IsControl(r)
}

// AlertKind is the way in which an alert is sent.
type AlertKind string

// The kinds of alerts.
const (
	AlertWebhook  AlertKind = "webhook"  // a signed POST to an address
	AlertNtfy     AlertKind = "ntfy"     // a message to a topic of an ntfy server
	AlertEmail    AlertKind = "email"    // a mail with all new stories
	AlertTelegram AlertKind = "telegram" // a message of a bot to a chat
	AlertMatrix   AlertKind = "matrix"   // a message to a room
	AlertSlack    AlertKind = "slack"    // a message by an incoming webhook
	AlertDiscord  AlertKind = "discord"  // a message by a webhook of a channel
	AlertGotify   AlertKind = "gotify"   // a push message of an application on a Gotify server
	AlertPushover AlertKind = "pushover" // a push message to a user or a group
)

// AlertKinds are all kinds, the ones that most people want first.
var AlertKinds = []AlertKind{AlertEmail, AlertNtfy, AlertTelegram, AlertMatrix, AlertSlack, AlertDiscord, AlertGotify, AlertPushover, AlertWebhook}

// TakesToken reports whether the secret of alerts of a kind is a token that is sent to the server.
func (k AlertKind) TakesToken() bool {
	return k != AlertWebhook && k != AlertEmail && slices.Contains(AlertKinds, k)
}

// HiddenKey stands for the end of an address that is a key, in the targets of kinds with KeyInAddress.
const HiddenKey = "…"

// KeyInAddress reports whether the address of a target of a kind ends with a key. It is stored as the secret, and HiddenKey stands
// in its place.
func (k AlertKind) KeyInAddress() bool { return k == AlertSlack || k == AlertDiscord }

// Server is the address of the service of a kind, for kinds that have one for all their users; else "".
func (k AlertKind) Server() string {
	switch k {
	case AlertNtfy:
		return "https://ntfy.sh"
	case AlertTelegram:
		return "https://api.telegram.org"
	case AlertPushover:
		return "https://api.pushover.net"
	case AlertEmail, AlertWebhook, AlertMatrix, AlertSlack, AlertDiscord, AlertGotify:
	}
	return ""
}

// Alert tells a receiver of a topic's stories.
type Alert struct {
	ID            int64
	Topic         int64
	User          int64 // who added it and alone sees it; 0 means whoever may change the topic
	Kind          AlertKind
	Target        string // the address that is posted to, with the topic, chat, room or user behind the server's; or the mail address
	Secret        string // signs webhooks (whsec_...), or is the token or key that is sent to the server, or ""
	Schedule      string // when it tells, in the words of package schedule or as a cron spec; "" means at once
	Zone          string // of Schedule, a name of the IANA database; "" means UTC
	AgainOutlets  int    // tell of a story again when at least this many outlets carry it; 0 means never
	AgainOriginal bool   // tell of a story again when its original joins it
	Added         time.Time

	Ended    bool      // the receiver wants no further messages
	Failures int       // failed tries in a row
	Failing  time.Time // time of the first of these; zero if the last try succeeded
	Problem  string    // why the last try failed and what to do; "" if it succeeded
	Next     time.Time // no try before this time
	Waiting  int       // number of waiting deliveries
}

// DamagedSecret is the secret of an alert whose stored one can't be decrypted, or was removed since its key is lost. It signs nothing and
// is sent to nobody. Nobody can choose it, as secrets have no spaces.
const DamagedSecret = "(damaged secret)"

// AlertReason is why an alert tells of a story.
type AlertReason string

// The reasons. Each occurs at most once for a story, except a test.
const (
	ReasonTest     AlertReason = "test"     // a test of the alert
	ReasonNew      AlertReason = "new"      // the story matches the topic
	ReasonGrown    AlertReason = "grown"    // as many outlets as requested carry it now
	ReasonOriginal AlertReason = "original" // its original has joined it
)

// Notified is what an alert has told of a story.
type Notified struct {
	Outlets  int  // how many carried the story when the alert last told of it
	Original bool // its original was one of its articles
}

// Reason returns why an alert tells of a story, or "" for no reason. Before is what it has told of the story, nil for
// nothing.
func (a Alert) Reason(before *Notified, now Notified) AlertReason {
	switch {
	case before == nil:
		return ReasonNew
	case a.AgainOriginal && now.Original && !before.Original:
		return ReasonOriginal
	case a.AgainOutlets > 0 && now.Outlets >= a.AgainOutlets && before.Outlets < a.AgainOutlets:
		return ReasonGrown
	}
	return ""
}

// HasOriginal reports whether the text that a story goes back to is one of its articles, as far as can be known.
func (s Story) HasOriginal() bool { return !s.Origin.Named() && s.Origin.Level != LevelEarliest }

// Delivery is a story that an alert has to tell of.
type Delivery struct {
	ID     string // random; stays the same for all tries
	Alert  int64
	Story  int64
	Reason AlertReason
	Since  time.Time // when it was queued
	Due    time.Time // when it is tried next
	Tries  int       // failed tries
}

// AlertError is what is wrong with a new alert, in words that say what to do.
type AlertError struct {
	Field string // kind, target, secret, token, schedule, zone or again_outlets
	Text  string
}

// Error implements error.
func (e *AlertError) Error() string { return e.Text }
