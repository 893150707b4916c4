package view

import (
	"cmp"
	"regexp"
	"time"

	"headwater/internal/news"
	"headwater/internal/schedule"
	"headwater/internal/weburl"
)

// Topic is a saved query.
type Topic struct {
	Name  string    `json:"name" doc:"unique"`
	Query string    `json:"query" doc:"the search that it follows"`
	Added time.Time `json:"added" doc:"when it was first followed"`
	New   int       `json:"new" doc:"stories that matched since the viewer last saw it"`
	TopicOptions
}

// TopicOptions narrow a topic down. The zero value leaves all that its query finds.
type TopicOptions struct {
	Originals  bool     `json:"originals" required:"false" doc:"only stories whose original is among what the query finds"`
	MinOutlets int      `json:"min_outlets" required:"false" minimum:"0" doc:"only stories that at least so many outlets carry"`
	Langs      []string `json:"langs" required:"false" nullable:"false" doc:"only articles in these languages, as ISO 639-1; none is all"`
	Muted      []string `json:"muted" required:"false" nullable:"false" doc:"outlets whose articles do not count, by domain or name"`
}

// TopicOf shows a topic.
func TopicOf(t news.Topic) Topic {
	o := t.Options
	return Topic{
		Name: t.Name, Query: t.Query, Added: t.Added, New: t.New,
		TopicOptions: TopicOptions{o.Originals, o.MinOutlets, append([]string{}, o.Langs...), append([]string{}, o.Muted...)},
	}
}

// Alert is a receiver of a topic's stories, and the state of its deliveries. It has no secret, which is shown only once.
type Alert struct {
	ID            int64          `json:"id" doc:"its number"`
	Topic         string         `json:"topic" doc:"the topic whose stories it tells of"`
	Kind          news.AlertKind `json:"kind" enum:"webhook,ntfy,email,telegram,matrix,slack,discord,gotify,pushover" doc:"how somebody is told"`
	Target        string         `json:"target" doc:"the address that is posted to, or the mail address"`
	Schedule      string         `json:"schedule" doc:"when it tells, in words such as weekdays at 18:30 or at once, not from 22:00 to 07:00; a cron spec where no words say it"`
	Zone          string         `json:"zone" doc:"the time zone of the schedule, by its name in the IANA database; UTC where none was given"`
	AgainOutlets  int            `json:"again_outlets" doc:"tells of a story again when at least so many outlets carry it; 0 is never"`
	AgainOriginal bool           `json:"again_original" doc:"tells of a story again when its original joins it"`
	Added         time.Time      `json:"added" doc:"when it was added; what the topic held before is told to nobody"`
	Ended         bool           `json:"ended" doc:"the receiver wants no more"`
	Waiting       int            `json:"waiting" doc:"stories still to be told of"`
	Failures      int            `json:"failures" doc:"tries in a row that failed"`
	Failing       *time.Time     `json:"failing" doc:"when the first of these was; null where the last try succeeded"`
	Problem       string         `json:"problem" doc:"why the last try failed and what to do; empty where it succeeded"`
	Next          *time.Time     `json:"next" doc:"when it is tried again after a failure; null without one"`
}

// AlertOf shows an alert of a topic.
func AlertOf(topic string, a news.Alert) Alert {
	return Alert{
		ID: a.ID, Topic: topic, Kind: a.Kind, Target: a.Target, Schedule: scheduleText(a.Schedule), Zone: cmp.Or(a.Zone, "UTC"), AgainOutlets: a.AgainOutlets, AgainOriginal: a.AgainOriginal,
		Added: a.Added, Ended: a.Ended, Waiting: a.Waiting, Failures: a.Failures, Failing: Time(a.Failing), Problem: a.Problem, Next: Time(a.Next),
	}
}

// scheduleText returns a stored schedule in words, if there are any.
func scheduleText(stored string) string {
	when, err := schedule.Parse(stored)
	if err != nil && stored != "" {
		return stored
	}
	return when.String()
}

// Feed is a subscribed address and how it is.
type Feed struct {
	ID       int64          `json:"id" doc:"its number"`
	URL      string         `json:"url" doc:"its address, as subscribed"`
	Address  string         `json:"address" doc:"of a newsletter the mail address that brings it its articles, for those who may change feeds; else empty"`
	Title    string         `json:"title" doc:"what it is called"`
	Folder   string         `json:"folder" doc:"the folder that it is in, or empty"`
	FullText string         `json:"full_text" doc:"whether the pages of its items are read: auto, always, never, or empty for what the settings say"`
	Site     string         `json:"site" doc:"the address of its home page, or empty"`
	Pictures string         `json:"pictures" doc:"how pictures of its articles are shown: proxy, direct, hide, or empty for what the settings say"`
	Lang     string         `json:"lang" doc:"the language that its articles are taken for, or empty where it is detected"`
	Paused   bool           `json:"paused" doc:"whether it is not polled until somebody resumes it"`
	State    news.FeedState `json:"state" doc:"how its last poll ended, such as ok, unreachable or not a feed"`
	Problem  string         `json:"problem" doc:"what happened and what to do; empty when all is well"`
	Cause    news.Cause     `json:"cause" doc:"why its last poll failed, in one word such as 404 or refused; empty where it did not, or where state says all"`
	Failing  *time.Time     `json:"failing" doc:"the first of the polls in a row that failed; null where the last one did not"`
	Articles int            `json:"articles" doc:"articles stored from it"`
	Checked  *time.Time     `json:"checked" doc:"its last poll; null before the first"`
	Due      *time.Time     `json:"due" doc:"its next poll; null means now"`
	Rule     news.Rule      `json:"rule" doc:"what set due, such as rhythm, cache, ttl, retry after or back-off; empty before the first poll"`
}

// WithoutSecrets returns the feed without what lets its holder in: the secrets in its address are left out, also where its problem repeats it.
func (f Feed) WithoutSecrets() Feed {
	f.URL, f.Address = weburl.Shown(f.URL), ""
	f.Problem = ProblemWithoutSecrets(f.Problem)
	f.Site = weburl.Shown(f.Site)
	return f
}

// addresses finds the web addresses of a problem, without the punctuation behind them.
var addresses = regexp.MustCompile(`(?i)https?://[^\s"'<>]*[^\s"'<>:;,.)\]]`)

// ProblemWithoutSecrets returns the problem of a feed without the secrets in the addresses that it names: the feed's, an earlier one, or
// one that a redirect led to.
func ProblemWithoutSecrets(problem string) string {
	return addresses.ReplaceAllStringFunc(problem, weburl.Shown)
}

// FeedOf shows a feed. mailDomain is that of the addresses of newsletters.
func FeedOf(f news.Feed, mailDomain string) Feed {
	return Feed{
		ID: f.ID, URL: f.URL, Address: f.MailAddress(mailDomain), Title: f.Title, Folder: f.Folder, FullText: f.FullText, Site: f.Site, Pictures: f.Pictures, Lang: f.Lang, Paused: f.Paused,
		State: f.State, Problem: f.Problem, Cause: f.Cause, Failing: Time(f.Failing), Articles: f.Articles,
		Checked: Time(f.Checked), Due: Time(f.Due), Rule: f.Rule,
	}
}
