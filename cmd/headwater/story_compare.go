package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/serve/compare"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

func (c *cli) storyCompare() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare ID [A B]",
		Short: "Show two articles of a story side by side",
		Long: "Show two articles of a story side by side: by number A and B, or else the one that the others are compared with and the first of\n" +
			"the others. What both have is in square brackets, and what is only in one is marked with + before its sentence.",
		Example: "  headwater story compare 17\n  headwater story compare 17 231 240 --json",
		Args:    arguments(1, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return usagef("compare takes one story, or a story and two articles")
			}
			ids, err := parseIDs("story", args[:1])
			if err != nil {
				return err
			}
			pair := []int64{0, 0}
			if len(args) == 3 {
				if pair, err = parseIDs("article", args[1:]); err != nil {
					return err
				}
			}
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				s, err := findStory(cmd.Context(), db, ids[0])
				if err != nil {
					return err
				}
				a, b, err := s.Pair(pair[0], pair[1])
				if err != nil {
					return err
				}
				sides, err := compare.New(db).Sides(cmd.Context(), a, b)
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printJSON(view.SidesOf(s.ID, sides))
				}
				c.printSides(sides)
				return nil
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// printSides prints two texts paragraph by paragraph, each behind the letter of its article.
func (c *cli) printSides(v news.SideBySide) {
	for _, x := range []struct {
		letter string
		side   news.Side
	}{{"A", v.A}, {"B", v.B}} {
		a := x.side.Article
		c.print(0, span{bold, x.letter + "  "}, span{plain, fmt.Sprintf("article %d, %s, %s", a.ID, publish.Name(a.Outlet), timeOf(a))})
		c.print(3, span{bold, a.Headline()})
		if x.side.Words > 0 {
			text := fmt.Sprintf("%.0f%% of its %d own words stand in the other", 100*x.side.Share, x.side.Words)
			if x.side.Only > 0 {
				text += fmt.Sprintf(", %s only here", count(x.side.Only, "sentence"))
			}
			c.print(3, span{faint, text})
		}
		if x.side.Cut {
			c.print(3, span{faint, "The text is longer than what is compared."})
		}
	}
	if v.Note != "" {
		c.print(0, span{plain, v.Note})
	}
	for _, row := range v.Rows {
		c.printf("\n")
		for _, x := range []struct {
			letter     string
			paragraphs []news.SideParagraph
		}{{"A", row.A}, {"B", row.B}} {
			for _, p := range x.paragraphs {
				c.print(3, append([]span{{bold, x.letter + "  "}}, markedSpans(p)...)...)
			}
		}
	}
}

// markedSpans gives a paragraph with its marks as text, so that they are seen without colours.
func markedSpans(p news.SideParagraph) (all []span) {
	only := false // the stretch before is of a sentence that only this text has
	for _, s := range p {
		text := strings.ReplaceAll(s.Text, "\n", " ")
		style := plain
		switch {
		case s.Shared:
			core := strings.TrimSpace(text)
			if at := strings.Index(text, core); core != "" {
				text = text[:at] + "[" + core + "]" + text[at+len(core):]
			}
			style = bold
		case s.Only:
			if !only {
				text = "+ " + text
			}
			style = green
		}
		if s.Quoted || s.Boilerplate {
			style = faint
		}
		only = s.Only
		all = append(all, span{style, text})
	}
	return all
}
