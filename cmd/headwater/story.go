package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

func (c *cli) storyCommand() *cobra.Command {
	var why bool
	cmd := &cobra.Command{
		Use:   "story ID",
		Short: "Show a story: its origin, the reasons, and its members; or correct what is in it",
		Long: "Show a story: its origin, the reasons, and its members. The newest version of an outlet's report stands for those\n" +
			"before it, which are listed below with what each changed. With --why, show of each member what it takes from the\n" +
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
				if len(s.Members) == 0 && !c.asJSON {
					return c.printAged(s)
				}
				if why {
					return c.printWhy(cmd.Context(), r, s)
				}
				reports, err := pipeline.Versions(cmd.Context(), r.store, s)
				if err != nil {
					return err
				}
				if c.asJSON {
					v := view.StoryOf(s)
					v.AddVersions(reports)
					return c.printJSON(v)
				}
				return c.printStory(s, reports)
			})
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "show what each member takes from the origin, what it adds and why it belongs here")
	c.jsonFlag(cmd)
	cmd.AddCommand(c.storyMerge(), c.storySplit(), c.storyCorrections(), c.storyForget())
	return cmd
}

// printAged prints what is left of a story without articles.
func (c *cli) printAged(s news.Story) error {
	c.printOrigin(s)
	c.printf("It was aged out: it had %s at %s, which are not kept any more (keep).\n", count(s.Aged, "article"), count(s.Outlets, "outlet"))
	return nil
}

func (c *cli) printStory(s news.Story, reports []news.Report) error {
	c.printOrigin(s)
	w := c.table(faint, plain, faint, strong)
	row := func(m news.Member, what string) {
		w.row(strconv.FormatInt(m.Article.ID, 10), what, timeOf(m.Article), m.Article.Outlet.Name, m.Article.Headline())
	}
	for _, r := range reports {
		row(r.Newest(), string(r.Role()))
		for i, v := range r.Versions {
			if i > 0 {
				row(v.Member, "  earlier")
			}
			for _, m := range v.Again {
				row(m, "  again")
			}
		}
	}
	w.Flush()
	if s.Aged > 0 {
		c.printf("%d of its %s were aged out (keep).\n", s.Aged, count(s.Aged+len(s.Members), "article"))
	}
	for _, r := range reports {
		if len(r.Versions) > 1 {
			c.printVersions(r)
		}
	}
	return nil
}

func timeOf(a news.Article) string {
	if a.Undated {
		return "no date"
	}
	return a.Time().Format("2 Jan 15:04")
}

// printVersions prints what each version of a report changed, newest first.
func (c *cli) printVersions(r news.Report) {
	c.printf("\n")
	c.print(0, stretch{strong, publish.Name(r.Newest().Article.Outlet)}, stretch{plain, ", " + count(len(r.Versions)-1, "earlier version")})
	for _, v := range r.Versions {
		a := v.Member.Article
		c.print(2, stretch{faint, timeOf(a) + "  "}, stretch{strong, a.Headline()})
		if v.Changed == nil {
			continue
		}
		for _, f := range v.Changed.Figures {
			c.print(4, stretch{plain, f.Before + " → "}, stretch{marked, f.After})
		}
		c.printSentences("adds", v.Changed.Adds, v.Changed.Added)
		c.printSentences("drops", v.Changed.Drops, v.Changed.Dropped)
	}
}

func (c *cli) printSentences(what string, n int, first []string) {
	if n == 0 {
		return
	}
	c.printf("    %s %s:\n", what, count(n, "sentence"))
	for _, s := range first {
		c.print(6, stretch{plain, "“" + s + "”"})
	}
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
		c.print(0, stretch{faint, s.Link()})
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
