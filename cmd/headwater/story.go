package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/view"
)

func (c *cli) storyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "story ID",
		Short:   "Show a story: its origin, the reasons, and its members",
		Example: "  headwater story 17",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usagef("%q is no story's number", args[0])
			}
			return c.reading(cmd.Context(), func(r *readings) error {
				s, err := r.store.Story(cmd.Context(), id)
				if errors.Is(err, news.ErrNotFound) {
					return fmt.Errorf("there is no story %d", id)
				}
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printJSON(view.StoryOf(s))
				}
				return c.printStory(s)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) printStory(s news.Story) error {
	c.printf("%s\n\n%s: %s", s.Title, s.Origin.Level, s.Origin.Name)
	if s.Origin.Named() {
		c.printf(" (not among your feeds)")
	}
	c.printf(", confidence %.0f%%\n", 100*s.Origin.Confidence)
	if s.Origin.URL != "" {
		c.printf("%s\n", s.Origin.URL)
	}
	for _, e := range s.Origin.Evidence {
		c.printf("  %+.1f  %s\n", e.Weight, e.Detail)
	}
	c.printf("\n")
	w := c.table()
	for _, m := range s.Members {
		w.row("%s\t%s\t%s\t%s\n", m.Role, m.Article.Time().Format("2 Jan 15:04"), m.Article.Outlet.Name, m.Article.Title)
	}
	return w.Flush()
}
