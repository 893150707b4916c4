package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

func (c *cli) storyMerge() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "merge ID OTHER...",
		Short: "Say that stories are one",
		Long: "Says that stories are one, whatever the scores say. Their articles stay together from now on. The oldest number stays, and\n" +
			"the others lead to it. A later correction outranks an earlier one.",
		Example: "  headwater story merge 17 23",
		Args:    arguments(2, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			stories, err := parseIDs("story", args)
			if err != nil {
				return err
			}
			return c.correct(cmd, func(ctx context.Context, a *app) (news.Corrected, error) {
				return a.pipeline.Settler.Merge(ctx, stories)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) storySplit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "split ID ARTICLE...",
		Short: "Say that articles do not belong in a story",
		Long: "Says that articles do not belong in a story, whatever the scores say. Together they become a story of their own, and are\n" +
			"in none with the rest from now on; the rest keeps its number, and holds together as far as it is alike. `headwater story\n" +
			"ID` shows the articles' numbers. A later correction outranks an earlier one.",
		Example: "  headwater story split 17 231 240",
		Args:    arguments(2, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			story, err := parseIDs("story", args[:1])
			if err != nil {
				return err
			}
			articles, err := parseIDs("article", args[1:])
			if err != nil {
				return err
			}
			return c.correct(cmd, func(ctx context.Context, a *app) (news.Corrected, error) {
				return a.pipeline.Settler.Split(ctx, story[0], articles)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) storyOrigin() *cobra.Command {
	var outlet string
	cmd := &cobra.Command{
		Use:   "origin ID [ARTICLE]",
		Short: "Say what a story goes back to",
		Long: "Says which article of a story is its original, or with --outlet which outlet wrote it, whatever the scores say. It holds for\n" +
			"the story that the article is in from now on. A later correction outranks an earlier one.",
		Example: "  headwater story origin 17 231\n  headwater story origin 17 --outlet 'The Northern Ledger'",
		Args:    arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			story, err := parseIDs("story", args[:1])
			if err != nil {
				return err
			}
			article, err := parseIDs("article", args[1:])
			if err != nil {
				return err
			}
			if (len(article) == 1) == (outlet != "") {
				return usagef("give the article that is the origin, or the outlet with --outlet")
			}
			return c.correct(cmd, func(ctx context.Context, a *app) (news.Corrected, error) {
				return a.pipeline.Settler.SetOrigin(ctx, story[0], append(article, 0)[0], outlet)
			})
		},
	}
	cmd.Flags().StringVar(&outlet, "outlet", "", "the outlet that wrote it, by name or domain")
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) storyForget() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "forget N",
		Short:   "Take a correction back",
		Long:    "Takes a correction back: its articles are grouped as if nobody had said so. `headwater story corrections` shows the numbers.",
		Example: "  headwater story forget 3",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := parseIDs("correction", args)
			if err != nil {
				return err
			}
			return c.correct(cmd, func(ctx context.Context, a *app) (news.Corrected, error) {
				done, err := a.pipeline.Settler.Forget(ctx, number[0])
				if errors.Is(err, news.ErrNotFound) {
					err = fmt.Errorf("%w; `headwater story corrections` has them", err)
				}
				return done, err
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// correct makes a correction or takes one back, and prints the stories that result.
func (c *cli) correct(cmd *cobra.Command, work func(context.Context, *app) (news.Corrected, error)) error {
	return c.runOrForward(cmd, func(a *app) error {
		done, err := work(cmd.Context(), a)
		if err != nil {
			return err
		}
		id := done.Correction.ID
		switch {
		case c.asJSON:
			storyOf := map[int64]int64{} // by article
			views := make([]view.Story, 0, len(done.Stories))
			for _, s := range done.Stories {
				views = append(views, view.StoryOf(s))
				for _, m := range s.Members {
					storyOf[m.Article.ID] = s.ID
				}
			}
			return c.printJSON(struct {
				Correction view.Correction `json:"correction"`
				Stories    []view.Story    `json:"stories"`
			}{view.CorrectionOf(done.Correction, storyOf), views})
		case cmd.Name() == "forget":
			c.printf("correction %d is taken back\n", id)
		default:
			c.printf("correction %d is made; `headwater story forget %d` takes it back\n", id, id)
		}
		return c.printStories(done.Stories, len(done.Stories))
	})
}

// storyCorrections lists all corrections, each with the stories that its articles are in now.
func (c *cli) storyCorrections() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "corrections",
		Short:   "List what was corrected by hand",
		Example: "  headwater story corrections --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				all, err := db.Corrections(cmd.Context())
				if err != nil {
					return err
				}
				var articles []int64
				for _, x := range all {
					articles = append(articles, x.Articles()...)
				}
				storyOf, err := db.StoriesOf(cmd.Context(), articles)
				if err != nil {
					return err
				}
				views, ids := make([]view.Correction, 0, len(all)), []int64{}
				for _, x := range all {
					v := view.CorrectionOf(x, storyOf)
					views, ids = append(views, v), append(ids, v.Stories...)
				}
				if c.asJSON {
					return c.printJSON(views)
				}
				stories, err := db.Stories(cmd.Context(), news.StoryList{IDs: news.Choose(ids...)})
				if err != nil {
					return err
				}
				titles := make(map[int64]string, len(stories))
				for _, s := range stories {
					titles[s.ID] = s.Title
				}
				w := c.table()
				for _, v := range views {
					for i, s := range v.Stories {
						id, kind, made := strconv.FormatInt(v.ID, 10), v.Kind, v.Made.Format("2 Jan 2006 15:04")
						if i > 0 {
							id, kind, made = "", "", ""
						}
						w.row(id, kind, made, fmt.Sprint("story ", s), titles[s])
					}
				}
				w.flush()
				return nil
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}
