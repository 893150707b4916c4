package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/intake/discover"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

func (c *cli) feedCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "feed",
		Short:   "Add, list, set, remove, check, import and export feeds",
		Example: "  headwater feed add https://www.theguardian.com/world --folder World\n  headwater feed list",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.feedAdd(), c.feedList(), c.feedSet(), c.feedRemove(), c.feedCheck(), c.feedImport(), c.feedExport())
	return cmd
}

func (c *cli) feedList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the feeds and how they are",
		Example: "  headwater feed list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				list, err := db.Feeds(cmd.Context())
				if err != nil {
					return err
				}
				rows := view.All(list, view.FeedOf)
				if c.asJSON {
					return c.printJSON(rows)
				}
				w := c.table(faint, plain, plain, bold)
				w.row("ID", "STATE", "ARTICLES", "TITLE", "ADDRESS", "PROBLEM")
				for _, r := range rows {
					w.row(strconv.FormatInt(r.ID, 10), string(r.State), strconv.Itoa(r.Articles), r.Title, r.URL, shortProblem(r.URL, r.Problem))
				}
				w.flush()
				return nil
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// shortProblem is a feed's problem without its address, which the line has already, and cut. JSON has all of it.
func shortProblem(url, problem string) string {
	const most = 200 // characters; enough for the key to set or the step to take
	return publish.Cut(publish.Line(strings.TrimPrefix(problem, url+": ")), most)
}

const fullTextUsage = "read the pages of its items for their text: `MODE` is auto, always or never; \"\" is as config.yaml says"

func (c *cli) feedSet() *cobra.Command {
	var full string
	cmd := &cobra.Command{
		Use:     "set URL|ID...",
		Short:   "Say how feeds are read",
		Example: "  headwater feed set https://www.theguardian.com/world/rss --full-text never",
		Args:    arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("full-text") {
				return usagef("say what to set, such as --full-text always")
			}
			if err := checkFullText(full); err != nil {
				return err
			}
			return c.onFeeds(cmd, args, "set", func(a *app, id int64) error { return a.store.SetFullText(cmd.Context(), id, full) })
		},
	}
	cmd.Flags().StringVar(&full, "full-text", "", fullTextUsage)
	return cmd
}

func checkFullText(mode string) error {
	if slices.Contains([]string{"", pipeline.FullTextAuto, pipeline.FullTextAlways, pipeline.FullTextNever}, mode) {
		return nil
	}
	return usagef("--full-text: %q is none of auto, always and never", mode)
}

func (c *cli) feedRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove URL|ID...",
		Short:   "End subscriptions; what they brought stays",
		Example: "  headwater feed remove https://www.theguardian.com/world/rss",
		Args:    arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onFeeds(cmd, args, "removed", func(a *app, id int64) error { return a.feeds.RemoveFeed(cmd.Context(), id) })
		},
	}
}

// onFeeds changes each of the feeds that the arguments name, and prints what was done.
func (c *cli) onFeeds(cmd *cobra.Command, args []string, done string, change func(a *app, id int64) error) error {
	return c.runOrForward(cmd, func(a *app) error {
		for _, arg := range args {
			f, err := a.findFeed(cmd.Context(), arg)
			if err != nil {
				return err
			}
			if err := change(a, f.ID); err != nil {
				return err
			}
			c.printf("%s %d %s\n", done, f.ID, f.URL)
		}
		return nil
	})
}

// findFeed finds a subscribed feed by its id, or by its address, which may be written in another way than it is stored.
func (a *app) findFeed(ctx context.Context, arg string) (news.Feed, error) {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		id = 0
	}
	f, err := a.feeds.FindFeed(ctx, id, arg)
	if addresses, typed := discover.Typed(arg); errors.Is(err, news.ErrNotFound) && typed == nil {
		for _, address := range discover.Variants(addresses[0]) {
			if f, err = a.feeds.FindFeed(ctx, 0, address); !errors.Is(err, news.ErrNotFound) {
				break
			}
		}
	}
	if errors.Is(err, news.ErrNotFound) {
		return f, fmt.Errorf("%s is not among the feeds; `headwater feed list` has them", arg)
	}
	return f, err
}
