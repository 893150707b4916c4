package news

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Topic is a saved query that somebody follows.
type Topic struct {
	ID      int64
	User    int64  // whose it is; 0 is everybody's
	Name    string // unique among a user's or everybody's, also in URLs
	Query   string // in the query language of package index
	Options TopicOptions
	Secret  string // lets who knows it read the topic's feed; "" where there is no such address
	Added   time.Time

	Seen    int64 // number of the story log up to which somebody has seen the topic
	New     int   // stories that first matched since
	Filled  bool  // the matches hold the stories from before the topic was added
	Version int64 // goes up as the query or the options change
}

// TopicOptions narrow down what a topic's query finds. The zero value leaves it as it is.
type TopicOptions struct {
	Originals  bool     // only stories whose original is among what the query finds
	MinOutlets int      // only stories that at least so many outlets carry
	Langs      []string // only articles in these languages, as ISO 639-1; none is all
	Muted      []string // outlets whose articles do not count, by domain or name
}

// Equal says whether two topics' options are the same, in the same order.
func (o TopicOptions) Equal(p TopicOptions) bool {
	return o.Originals == p.Originals && o.MinOutlets == p.MinOutlets && slices.Equal(o.Langs, p.Langs) && slices.Equal(o.Muted, p.Muted)
}

// Reachable says whether the topic's name can stand in an address.
func (t Topic) Reachable() bool {
	return t.Name != "" && t.Name != "." && t.Name != ".." && !strings.ContainsFunc(t.Name, unreachable)
}

func unreachable(r rune) bool {
	return r == '/' || r == '\\' || r == unicode.ReplacementChar || unicode.IsControl(r)
}

// AlertKind is how somebody is told.
type AlertKind string

// The kinds of alerts.
const (
	AlertWebhook AlertKind = "webhook" // a signed POST to an address
	AlertNtfy    AlertKind = "ntfy"    // a message to a topic of an ntfy server
	AlertEmail   AlertKind = "email"   // a mail with all that is new
)

// AtOnce is the schedule of mails that go out as soon as there is something to tell.
const AtOnce = "each"

// Alert tells somebody of a topic's stories.
type Alert struct {
	ID            int64
	Topic         int64
	Kind          AlertKind
	Target        string // the address that is posted to, for ntfy with its topic; or the mail address
	Secret        string // signs webhooks (whsec_...), or is the token for ntfy, or ""
	Schedule      string // of mails: AtOnce, or a cron spec in UTC; else ""
	AgainOutlets  int    // tell of a story again when at least so many outlets carry it; 0 is never
	AgainOriginal bool   // tell of a story again when its original joins it
	Added         time.Time

	Ended    bool      // the receiver wants no more
	Failures int       // tries in a row that failed
	Failing  time.Time // when the first of these was; zero where the last try succeeded
	Problem  string    // why the last try failed and what to do; "" where it succeeded
	Next     time.Time // not tried before
	Waiting  int       // stories still to be told of
}

// AlertReason is why somebody is told of a story.
type AlertReason string

// The reasons. All but a test come at most once for a story.
const (
	ReasonTest     AlertReason = "test"     // somebody tries the alert out
	ReasonNew      AlertReason = "new"      // it is a story of the topic
	ReasonGrown    AlertReason = "grown"    // so many outlets carry it now
	ReasonOriginal AlertReason = "original" // its original has joined it
)

// Notified is what an alert has told of a story.
type Notified struct {
	Outlets  int  // that carried it when it was last told of
	Original bool // its original was among its articles
}

// Reason says why a story is to be told of, given what was told of it before (nil for nothing), or "".
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

// HasOriginal says that the text which a story goes back to is among its articles, as far as anybody can tell.
func (s Story) HasOriginal() bool { return !s.Origin.Named() && s.Origin.Level != LevelEarliest }

// Delivery is a story that an alert is to tell of.
type Delivery struct {
	ID     string // random, and the same however often it is tried
	Alert  int64
	Story  int64
	Reason AlertReason
	Since  time.Time // when there was something to tell
	Due    time.Time // when it is tried next
	Tries  int       // that failed
}

// AlertError is what is wrong with an alert that somebody wants, in words that say what to do.
type AlertError struct {
	Field string // kind, target, token, schedule or again_outlets
	Text  string
}

// Error implements error.
func (e *AlertError) Error() string { return e.Text }
