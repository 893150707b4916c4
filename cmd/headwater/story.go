package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/publish"
	"headwater/internal/view"
)

func (c *cli) storyCommand() *cobra.Command {
	var why bool
	cmd := &cobra.Command{
		Use:   "story ID",
		Short: "Show a story: its origin, the reasons, and its members; or correct what is in it",
		Long: "Show a story: its origin, the reasons, and its members. With --why, show of each member what it takes from the\n" +
			"origin's text, what it adds and why it is in the story; with --json too, passages are byte offsets into both texts.",
		Example: "  headwater story 17\n  headwater story 17 --why --json\n  headwater story merge 17 23\n  headwater story split 17 231 240",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := numbers("story", args)
			if err != nil {
				return err
			}
			return c.reading(cmd.Context(), func(r *readings) error {
				s, err := r.store.Story(cmd.Context(), id[0])
				if errors.Is(err, news.ErrNotFound) {
					return fmt.Errorf("there is no story %d", id[0])
				}
				if err != nil {
					return err
				}
				if why {
					return c.printWhy(cmd.Context(), r, s)
				}
				if c.asJSON {
					return c.printJSON(view.StoryOf(s))
				}
				return c.printStory(s)
			})
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "show what each member takes from the origin, what it adds and why it belongs here")
	c.jsonFlag(cmd)
	cmd.AddCommand(c.storyMerge(), c.storySplit(), c.storyCorrections(), c.storyForget())
	return cmd
}

func (c *cli) printStory(s news.Story) error {
	c.printOrigin(s)
	w := c.table()
	for _, m := range s.Members {
		w.row("%d\t%s\t%s\t%s\t%s\n", m.Article.ID, m.Role, m.Article.Time().Format("2 Jan 15:04"), m.Article.Outlet.Name, m.Article.Title)
	}
	return w.Flush()
}

func (c *cli) printOrigin(s news.Story) {
	c.printf("%s\n\n%s: %s", s.Title, s.Origin.Level, s.Origin.Name)
	switch {
	case s.Origin.Named() && s.Origin.Followed:
		c.printf(" (its own article is not among your feeds' items)")
	case s.Origin.Named():
		c.printf(" (not among your feeds)")
	}
	if s.Origin.Title != "" {
		c.printf(": %s", publish.Line(s.Origin.Title))
	}
	c.printf(", confidence %.0f%%\n", 100*s.Origin.Confidence)
	if s.Origin.URL != "" {
		c.printf("%s\n", s.Origin.URL)
	}
	for _, e := range s.Origin.Evidence {
		c.printf("  %+.1f  %s\n", e.Weight, e.Detail)
	}
	if f := s.Origin.Scoop; f.Key() != "" {
		c.printf("%s had the news first, as %s says: “%s”\n", publish.Name(f.Outlet), f.By, publish.Line(f.Text))
	}
	c.printf("\n")
}
