package view

import (
	"fmt"
	"math"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// OutletRow is an outlet in a list.
type OutletRow struct {
	Key       string     `json:"key" doc:"what names it in paths: its domain, or else its name in small letters"`
	Name      string     `json:"name" doc:"as readers know it"`
	Domain    string     `json:"domain" doc:"its registrable domain, or empty where it is not known"`
	Agency    bool       `json:"agency" doc:"others rerun it"`
	Names     []string   `json:"names" nullable:"false" doc:"other names that its articles give, the commonest first; at most 10 in lists"`
	Articles  int        `json:"articles" doc:"its articles that are stored and settled"`
	Stories   int        `json:"stories" doc:"stories with an article of it"`
	Originals int        `json:"originals" doc:"of these, those that go back to it"`
	Share     float64    `json:"share" minimum:"0" maximum:"1" doc:"originals of stories"`
	Named     int        `json:"named" doc:"stories without an article of it that go back to it"`
	Rerun     int        `json:"rerun" doc:"stories that go back to it and that other outlets carry"`
	Most      *Rerun     `json:"reruns_most,omitempty" doc:"the outlet whose stories it carries most"`
	Lag       *int       `json:"median_lag_minutes,omitempty" doc:"median time from an original to its rerun, to some 7%; left out where none is known"`
	First     *time.Time `json:"first_seen,omitempty" doc:"when an article of it was first seen"`
	Last      *time.Time `json:"last_seen,omitempty" doc:"when its newest article was first seen"`
}

// Rerun counts the stories that one outlet has from another.
type Rerun struct {
	Key     string `json:"key" doc:"of the other outlet"`
	Name    string `json:"name" doc:"of the other outlet"`
	Stories int    `json:"stories" doc:"how many stories"`
	Lag     *int   `json:"median_lag_minutes,omitempty" doc:"median time from the original to the rerun; left out where none is known"`
}

// OutletDetails is what is known of an outlet.
type OutletDetails struct {
	OutletRow
	Reruns  []Rerun       `json:"reruns" nullable:"false" doc:"whose stories it carries, the most first"`
	RerunBy []Rerun       `json:"rerun_by" nullable:"false" doc:"who carries its stories, the most first"`
	Clocks  []OutletClock `json:"clocks" nullable:"false" doc:"its clocks that are known to be wrong, by feed"`
	Lists   bool          `json:"lists_others" doc:"it lists or reruns what others publish, and has hardly anything of its own"`
	Learnt  *time.Time    `json:"learnt,omitempty" doc:"when clocks and lists_others were found"`
	Feeds   []OutletFeed  `json:"feeds" nullable:"false" doc:"the feeds that are its own"`
	Aliases []string      `json:"aliases" nullable:"false" doc:"other names that mean it"`
	Domains []string      `json:"domains" nullable:"false" doc:"its domains; the first one is its key"`
	Edited  *time.Time    `json:"changed,omitempty" doc:"when people changed name, aliases, domains or the agency mark last"`
	Wrote   []OutletStory `json:"wrote" nullable:"false" doc:"the stories that go back to it, the newest first"`
}

// OutletClock is a clock that is wrong.
type OutletClock struct {
	Feed  int64 `json:"feed" doc:"the feed whose items it dates"`
	Ahead int   `json:"ahead_minutes" doc:"how far its dates are ahead of time; negative where they are behind"`
}

// OutletFeed is a feed of an outlet.
type OutletFeed struct {
	ID    int64  `json:"id" doc:"its number"`
	Title string `json:"title" doc:"what it is called"`
	URL   string `json:"url" doc:"its address"`
}

// OutletStory is a story that an outlet wrote first.
type OutletStory struct {
	ID      int64     `json:"id" doc:"its number"`
	Title   string    `json:"title" doc:"its headline"`
	Level   string    `json:"level" enum:"Original,Likely original,Earliest seen" doc:"how sure it is that the outlet wrote it"`
	First   time.Time `json:"first" doc:"its earliest member"`
	RerunBy []string  `json:"rerun_by" nullable:"false" doc:"names of the other outlets that carry it"`
}

const maxRowNames = 10

// OutletRowOf shows an outlet in a list.
func OutletRowOf(s news.OutletSummary) OutletRow {
	row := OutletRow{
		Key: s.Key(), Name: s.Name, Domain: s.Domain, Agency: s.Agency, Names: append([]string{}, s.Names[:min(len(s.Names), maxRowNames)]...),
		Articles: s.Articles, Stories: s.Stories, Originals: s.Wrote, Share: math.Round(1000*s.Share) / 1000, Named: s.Named, Rerun: s.Rerun,
		Lag: minutes(s.Lag, s.Lags), First: Time(s.First), Last: Time(s.Last),
	}
	if s.Most.Stories > 0 {
		most := RerunOf(s.Most)
		row.Most = &most
	}
	return row
}

// RerunOf shows how much one outlet has from another.
func RerunOf(r news.Rerun) Rerun {
	return Rerun{Key: r.Outlet.Key(), Name: r.Outlet.Name, Stories: r.Stories, Lag: minutes(r.Lag, r.Lags)}
}

// WithoutSecrets returns the outlet without the secrets in the addresses of its feeds.
func (d OutletDetails) WithoutSecrets() OutletDetails {
	d.Feeds = All(d.Feeds, func(f OutletFeed) OutletFeed {
		f.URL = weburl.Shown(f.URL)
		return f
	})
	return d
}

// OutletDetailsOf shows an outlet with the stories that it wrote.
func OutletDetailsOf(d news.OutletDetails, wrote []news.Story) OutletDetails {
	v := OutletDetails{
		OutletRow: OutletRowOf(d.OutletSummary), Reruns: All(d.Reruns, RerunOf), RerunBy: All(d.RerunBy, RerunOf), Lists: d.Lists, Learnt: Time(d.Learnt),
		Aliases: append([]string{}, d.Aliases...), Domains: append([]string{}, d.Domains...), Edited: Time(d.Edited),
		Clocks: All(d.Clocks, func(c news.OutletClock) OutletClock {
			return OutletClock{c.Feed, int(math.Round(c.Ahead.Minutes()))}
		}),
		Feeds: All(d.Feeds, func(f news.Feed) OutletFeed { return OutletFeed{f.ID, f.Title, f.URL} }),
		Wrote: All(wrote, func(s news.Story) OutletStory {
			return OutletStory{s.ID, s.Headline(), s.Origin.Level, s.First, OthersIn(s)}
		}),
	}
	v.Names = append([]string{}, d.Names...)
	return v
}

// OthersIn names the outlets of a story beside the one that it goes back to, in the order of the members.
func OthersIn(s news.Story) []string {
	names, seen := []string{}, map[string]bool{s.Origin.Key(): true}
	for _, m := range s.Members {
		if o := m.Article.Outlet; !seen[o.Key()] {
			seen[o.Key()] = true
			names = append(names, o.Name)
		}
	}
	return names
}

// minutes shows a median of n durations; nil for none.
func minutes(d time.Duration, n int) *int {
	if n == 0 {
		return nil
	}
	m := int(math.Round(d.Minutes()))
	return &m
}

var numbers = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// Span writes a duration in words, rounded to half hours from one hour on: "seven hours", "40 minutes".
func Span(d time.Duration) string {
	count := func(n int, unit string) string {
		words := fmt.Sprint(n)
		if n < len(numbers) {
			words = numbers[n]
		}
		if n != 1 {
			unit += "s"
		}
		return words + " " + unit
	}
	if d < 50*time.Minute {
		return count(int(math.Round(d.Minutes())), "minute")
	}
	halves := int(math.Round(d.Hours() * 2))
	if halves == 3 {
		return "one and a half hours"
	}
	if halves%2 == 1 {
		return strings.Replace(count(halves/2, "hour"), " ", " and a half ", 1)
	}
	return count(halves/2, "hour")
}
