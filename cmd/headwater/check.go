package main

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/config"
	"headwater/internal/fetch"
	"headwater/internal/news"
	"headwater/internal/newsroom"
)

// checked is what a poll of a feed would do, as printed in JSON.
type checked struct {
	URL      string         `json:"url"`
	FinalURL string         `json:"final_url"`
	Status   int            `json:"status"`
	Header   http.Header    `json:"header"`
	State    news.FeedState `json:"state"`
	Problem  string         `json:"problem"`
	Format   string         `json:"format"`
	Title    string         `json:"title"`
	Repaired []string       `json:"repaired"`
	Entries  int            `json:"entries"`
	Next     time.Time      `json:"next"`
}

func (c *cli) feedCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "check URL",
		Short:   "Show what a poll of a feed would do; nothing is stored",
		Example: "  headwater feed check https://www.theguardian.com/world/rss",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFeedURL(args[0]); err != nil {
				return err
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
			r, err := room.Check(cmd.Context(), args[0])
			if err != nil {
				return err
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

func (c *cli) printChecked(r newsroom.Report) error {
	if c.asJSON {
		return c.printJSON(checked{
			r.URL, r.FinalURL, r.Status, r.Header, r.State, r.Problem, r.Format, r.Title, orEmpty(r.Repaired), r.Entries, r.Next,
		})
	}
	w := c.table()
	row := func(name string, value any) { w.row("%s\t%v\n", name, value) }
	row("url", r.URL)
	if r.FinalURL != "" && r.FinalURL != r.URL {
		row("leads to", r.FinalURL)
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
	for _, a := range r.Sample {
		row("  item", a.Title)
	}
	row("next poll", r.Next.Local().Format(time.RFC1123))
	return w.Flush()
}

// checker wires what checking a feed needs. The store is left alone, so that it works beside a running server.
func (c *cli) checker(cfg config.Config) (*newsroom.Newsroom, *fetch.Client, error) {
	registry, err := registryOf(cfg)
	if err != nil {
		return nil, nil, err
	}
	client, err := fetch.New(fetchOptions(cfg))
	if err != nil {
		return nil, nil, err
	}
	return newsroom.New(roomOptions(cfg, client, registry)), client, nil
}
