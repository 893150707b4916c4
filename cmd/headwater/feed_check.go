package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/view"
)

// checkView is what a poll of a feed would do, in JSON.
type checkView struct {
	URL      string          `json:"url"`
	FinalURL string          `json:"final_url"`
	MovedTo  string          `json:"moved_to"` // where permanent redirects lead
	Status   int             `json:"status"`
	Header   http.Header     `json:"header"`
	State    news.FeedState  `json:"state"`
	Problem  string          `json:"problem"`
	Format   string          `json:"format"`
	Title    string          `json:"title"`
	Repaired []string        `json:"repaired"`
	Entries  int             `json:"entries"`
	Items    []checkItemView `json:"items"`
	Schedule scheduleView    `json:"asks"`
	Next     time.Time       `json:"next"`
	Rule     news.Rule       `json:"rule"` // what set next
	Reason   string          `json:"reason"`
}

// checkItemView is an item of the feed. Doubts are its ids and addresses that do not identify an article.
type checkItemView struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	URL       string     `json:"url"`
	Published *time.Time `json:"published"`
	Doubts    []string   `json:"doubts"`
}

// scheduleView is what a feed and its server say of when to poll, in seconds; 0 is unknown.
type scheduleView struct {
	Rhythm    float64  `json:"rhythm"`
	Fresh     float64  `json:"fresh"`
	TTL       float64  `json:"ttl"`
	Period    float64  `json:"period"`
	SkipHours []int    `json:"skip_hours"`
	SkipDays  []string `json:"skip_days"`
}

func scheduleViewOf(s news.Schedule) scheduleView {
	v := scheduleView{
		Rhythm: s.Rhythm.Seconds(), Fresh: s.Fresh.Seconds(), TTL: s.TTL.Seconds(), Period: s.Period.Seconds(),
		SkipHours: []int{}, SkipDays: []string{},
	}
	for h := range 24 {
		if s.Skips.Hours>>h&1 == 1 {
			v.SkipHours = append(v.SkipHours, h)
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if s.Skips.Days>>d&1 == 1 {
			v.SkipDays = append(v.SkipDays, d.String())
		}
	}
	return v
}

func (c *cli) feedCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "check URL",
		Short:   "Show what a poll of a feed would do; nothing is stored",
		Example: "  headwater feed check https://www.theguardian.com/world/rss",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			addresses, err := discover.Typed(args[0])
			if err != nil {
				return usagef("%w", err)
			}
			cfg, err := c.config()
			if err != nil {
				return err
			}
			registry, err := registryOf(cfg)
			if err != nil {
				return err
			}
			client, err := fetch.New(fetchOptions(cfg, 0))
			if err != nil {
				return err
			}
			defer client.Close()
			collector := pipeline.NewCollector(pipelineOptions(cfg, client, registry)) // without a store, so that it works while a server runs
			var r pipeline.Report
			for i, address := range addresses {
				got, err := collector.Check(cmd.Context(), address)
				if err != nil {
					return err
				}
				if i == 0 || got.Status != 0 {
					r = got
				}
				if got.Status != 0 || strings.Contains(args[0], "://") { // the server answered, or the address was typed in full
					break
				}
			}
			if err := c.printCheck(r); err != nil {
				return err
			}
			if !readable(r.State) {
				return errFailed
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// readable reports whether the last poll read the feed.
func readable(s news.FeedState) bool {
	return s == news.FeedOK || s == news.FeedRepaired || s == news.FeedEmpty
}

func (c *cli) printCheck(r pipeline.Report) error {
	schedule := scheduleViewOf(r.Schedule)
	if c.asJSON {
		items := make([]checkItemView, len(r.Items))
		for i, it := range r.Items {
			a := it.Article
			items[i] = checkItemView{a.GUID, a.Title, a.URL, view.Time(a.Published), orEmpty(it.Doubts)}
		}
		return c.printJSON(checkView{
			r.URL, r.FinalURL, r.Moved, r.Status, r.Header, r.State, r.Problem, r.Format, r.Title, orEmpty(r.Repaired), r.Entries, items,
			schedule, r.Next, r.Rule, poll.Reason(r.Rule),
		})
	}
	w := c.table()
	row := func(name string, value any) { w.row(name, fmt.Sprint(value)) }
	row("url", r.URL)
	if r.FinalURL != "" && r.FinalURL != r.URL {
		row("leads to", r.FinalURL)
	}
	if r.Moved != "" {
		row("moved", "for good; the feed's address is changed when polls of several days say so")
	}
	if r.Status != 0 {
		row("status", r.Status)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[name] {
			row("  "+name, v)
		}
	}
	row("state", r.State)
	if r.Problem != "" {
		row("problem", r.Problem)
	}
	if r.Format != "" {
		row("format", r.Format)
		row("title", r.Title)
		row("items", r.Entries)
	}
	for _, s := range r.Repaired {
		row("repaired", s)
	}
	for _, it := range r.Items {
		row("  item", it.Article.Headline())
		for _, doubt := range it.Doubts {
			row("", doubt)
		}
	}
	for _, wait := range []struct {
		name string
		is   time.Duration
	}{{"rhythm", r.Schedule.Rhythm}, {"stays current", r.Schedule.Fresh}, {"<ttl>", r.Schedule.TTL}, {"sy:updatePeriod", r.Schedule.Period}} {
		if wait.is > 0 {
			row(wait.name, wait.is.Round(time.Second))
		}
	}
	if len(schedule.SkipHours) > 0 {
		row("skips hours", fmt.Sprint(schedule.SkipHours, " UTC"))
	}
	if len(schedule.SkipDays) > 0 {
		row("skips days", strings.Join(schedule.SkipDays, ", "))
	}
	row("next poll", r.Next.Local().Format(time.RFC1123))
	row("set by", poll.Reason(r.Rule))
	w.flush()
	return nil
}
