package main

import (
	"errors"
	"fmt"
	"strconv"

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
		Args:    arguments(1, 1),
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
	w := c.table(faint, plain, faint, strong)
	for _, m := range s.Members {
		a := m.Article
		when := a.Time().Format("2 Jan 15:04")
		if a.Undated {
			when = "no date"
		}
		w.row(strconv.FormatInt(a.ID, 10), string(m.Role), when, a.Outlet.Name, a.Headline())
	}
	w.Flush()
	return nil
}

func (c *cli) printOrigin(s news.Story) {
	c.print(0, stretch{strong, s.Title})
	c.printf("\n")
	first := []stretch{{plain, s.Origin.Level + ": "}, {strong, s.Origin.Name}}
	if why := s.Origin.Absence(); why != "" {
		first = append(first, stretch{plain, " (" + why + ")"})
	}
	if s.Origin.Title != "" {
		first = append(first, stretch{plain, ": " + s.Origin.Title})
	}
	c.print(0, append(first, stretch{plain, fmt.Sprintf(", confidence %.0f%%", 100*s.Origin.Confidence)})...)
	if s.Origin.URL != "" {
		c.print(0, stretch{faint, s.Origin.URL})
	}
	c.printReasons(2, s.Origin.Evidence)
	if f := s.Origin.Scoop; f.Key() != "" {
		c.print(0, stretch{plain, fmt.Sprintf("%s had the news first, as %s says: “%s”", publish.Name(f.Outlet), f.By, f.Text)})
	}
	c.printf("\n")
}

// printReasons prints evidence with its weight in front, coloured by the side that it speaks for.
func (c *cli) printReasons(indent int, list []news.Evidence) {
	for _, e := range list {
		side := good
		if e.Weight < 0 {
			side = bad
		}
		weight := fmt.Sprintf("%+.1f", e.Weight)
		c.printf("%*s%s  %s\n", indent, "", c.screen.show(side, weight), c.screen.prose(indent+len(weight)+2, indent+len(weight)+2, stretch{plain, publish.Line(e.Detail)}))
	}
}
