package main

import (
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/index"
	"headwater/internal/news"
	"headwater/internal/view"
)

func (c *cli) searchCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "search QUERY",
		Short:   "Search the coverage",
		Long:    "Search the coverage. Words must all occur; \"a phrase\", -without, this OR that, source:reuters,\ntitle:word, lang:en, date:2026-08-18..2026-08-19, after:2026-08-18 and before:2026-08-20 narrow it.",
		Example: "  headwater search 'source:reuters \"interest rates\" after:2026-08-01' --limit 5",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			query := strings.Join(args, " ")
			if err := checkLimit(limit); err != nil {
				return err
			}
			if err := index.Validate(query); err != nil {
				return usagef("%v", err)
			}
			return c.beside(cmd, errand{Args: args}, c.stdout, func(a *app) error {
				found, err := a.Search(cmd.Context(), news.Search{Query: query, Limit: limit})
				if err != nil {
					return err
				}
				return c.printFound(found)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "print at most `N`")
	c.jsonFlag(cmd)
	return cmd
}

func checkLimit(limit int) error {
	if limit < 1 {
		return usagef("--limit %d: give a number from 1", limit)
	}
	return nil
}

func (c *cli) printFound(found news.Found) error {
	rows := view.All(found.Articles, view.FoundOf)
	if c.asJSON {
		return c.printJSON(struct {
			Total    int          `json:"total"`
			Articles []view.Found `json:"articles"`
		}{found.Total, rows})
	}
	c.printf("%s found\n", count(found.Total, "article"))
	for _, r := range rows {
		c.printf("\n%s\n  %s, %s, story %d\n  %s\n", r.Title, r.Outlet.Name, r.Published.Format("2 Jan 2006 15:04"), r.Story, r.URL)
	}
	return nil
}
