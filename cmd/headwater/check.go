package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/config"
	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/view"
)

// checked is what a poll of a feed would do, as printed in JSON.
type checked struct {
	URL      string         `json:"url"`
	FinalURL string         `json:"final_url"`
	MovedTo  string         `json:"moved_to"` // where permanent redirects lead
	Status   int            `json:"status"`
	Header   http.Header    `json:"header"`
	State    news.FeedState `json:"state"`
	Problem  string         `json:"problem"`
	Format   string         `json:"format"`
	Title    string         `json:"title"`
	Repaired []string       `json:"repaired"`
	Entries  int            `json:"entries"`
	Items    []checkedItem  `json:"items"`
	Asks     asks           `json:"asks"`
	Next     time.Time      `json:"next"`
	Rule     news.Rule      `json:"rule"` // what set next
	Reason   string         `json:"reason"`
}

// checkedItem is an item of the feed, and what of it does not tell which article it is.
type checkedItem struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	URL       string     `json:"url"`
	Published *time.Time `json:"published"`
	Doubts    []string   `json:"doubts"`
}

func checkedItems(items []pipeline.CheckedItem) []checkedItem {
	out := make([]checkedItem, len(items))
	for i, it := range items {
		a := it.Article
		out[i] = checkedItem{a.GUID, a.Title, a.URL, view.Time(a.Published), orEmpty(it.Doubts)}
	}
	return out
}

// asks is what is known of when a feed wants to be polled, in seconds; 0 is unknown.
type asks struct {
	Rhythm    float64  `json:"rhythm"`
	Fresh     float64  `json:"fresh"`
	TTL       float64  `json:"ttl"`
	Period    float64  `json:"period"`
	SkipHours []int    `json:"skip_hours"`
	SkipDays  []string `json:"skip_days"`
}

func asksOf(s news.Schedule) asks {
	a := asks{
		Rhythm: s.Rhythm.Seconds(), Fresh: s.Fresh.Seconds(), TTL: s.TTL.Seconds(), Period: s.Period.Seconds(),
		SkipHours: []int{}, SkipDays: []string{},
	}
	for h := range 24 {
		if s.Skips.Hours>>h&1 == 1 {
			a.SkipHours = append(a.SkipHours, h)
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if s.Skips.Days>>d&1 == 1 {
			a.SkipDays = append(a.SkipDays, d.String())
		}
	}
	return a
}

// rows are what was asked for, one line each.
func (a asks) rows(row func(name string, value any)) {
	for _, wait := range []struct {
		name    string
		seconds float64
	}{{"rhythm", a.Rhythm}, {"stays current", a.Fresh}, {"<ttl>", a.TTL}, {"sy:updatePeriod", a.Period}} {
		if wait.seconds > 0 {
			row(wait.name, time.Duration(wait.seconds*float64(time.Second)).Round(time.Second))
		}
	}
	if len(a.SkipHours) > 0 {
		row("skips hours", fmt.Sprint(a.SkipHours, " UTC"))
	}
	if len(a.SkipDays) > 0 {
		row("skips days", strings.Join(a.SkipDays, ", "))
	}
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
			room, client, err := c.checker(cfg)
			if err != nil {
				return err
			}
			defer client.Close()
			var r pipeline.Report
			for i, address := range addresses {
				got, err := room.Check(cmd.Context(), address)
				if err != nil {
					return err
				}
				if i == 0 || got.Status != 0 {
					r = got
				}
				if got.Status != 0 || strings.Contains(args[0], "://") { // it answers, or is what was typed
					break
				}
			}
			if err := c.printChecked(r); err != nil {
				return err
			}
			if !readable(r.State) {
				return errSaid
			}
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func readable(s news.FeedState) bool {
	return s == news.FeedOK || s == news.FeedRepaired || s == news.FeedEmpty
}

func (c *cli) printChecked(r pipeline.Report) error {
	if c.asJSON {
		return c.printJSON(checked{
			r.URL, r.FinalURL, r.Moved, r.Status, r.Header, r.State, r.Problem, r.Format, r.Title, orEmpty(r.Repaired), r.Entries, checkedItems(r.Items),
			asksOf(r.Schedule), r.Next, r.Rule, poll.Reason(r.Rule),
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
	asksOf(r.Schedule).rows(row)
	row("next poll", r.Next.Local().Format(time.RFC1123))
	row("set by", poll.Reason(r.Rule))
	w.Flush()
	return nil
}

// checker wires what checking a feed needs. The store is left alone, so that it works beside a running server.
func (c *cli) checker(cfg config.Config) (*pipeline.Newsroom, *fetch.Client, error) {
	registry, err := registryOf(cfg)
	if err != nil {
		return nil, nil, err
	}
	client, err := fetch.New(fetchOptions(cfg, 0))
	if err != nil {
		return nil, nil, err
	}
	return pipeline.New(roomOptions(cfg, client, registry)), client, nil
}
