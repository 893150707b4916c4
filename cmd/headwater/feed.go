package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/opml"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
	"headwater/internal/subscribe"
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
			return c.runOrForward(cmd, func(a *app) error {
				for _, arg := range args {
					f, err := a.findFeed(cmd.Context(), arg)
					if err != nil {
						return err
					}
					if err := a.store.SetFullText(cmd.Context(), f.ID, full); err != nil {
						return err
					}
					c.printf("set %d %s\n", f.ID, f.URL)
				}
				return nil
			})
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
			return c.runOrForward(cmd, func(a *app) error {
				for _, arg := range args {
					f, err := a.findFeed(cmd.Context(), arg)
					if err != nil {
						return err
					}
					if err := a.feeds.RemoveFeed(cmd.Context(), f.ID); err != nil {
						return err
					}
					c.printf("removed %d %s\n", f.ID, f.URL)
				}
				return nil
			})
		},
	}
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

func (c *cli) feedImport() *cobra.Command {
	return &cobra.Command{
		Use:     "import FILE|URL|-",
		Short:   "Subscribe to the feeds of an OPML list, and follow the topics in it",
		Example: "  headwater feed import subscriptions.opml\n  headwater feed import https://example.org/blogroll.opml",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			data, err := c.readList(cmd.Context(), name)
			if err != nil {
				return err
			}
			list, problems, err := opml.Read(bytes.NewReader(data))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			r := request{Inputs: map[string][]byte{name: data}}
			return c.runOrForwardRequest(cmd, r, c.stdout, func(a *app) error { return c.importList(cmd.Context(), a, name, list, problems) })
		},
	}
}

// readList reads an OPML list from a file, standard input or the web.
func (c *cli) readList(ctx context.Context, name string) ([]byte, error) {
	if c.server != nil || name == "-" || isFile(name) {
		return c.readFile(filePath(name), maxList, "a list of feeds")
	}
	addresses, err := discover.Typed(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, errNoFile)
	}
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	client, err := fetch.New(fetchOptions(cfg, 0))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	data, note, err := newFinder(cfg, client).ReadAddress(ctx, addresses, maxList)
	if note != "" {
		c.complain("note: %s\n", publish.Line(note))
	}
	return data, err
}

// maxList is the largest list that is read, in bytes. It is more than opml.Read accepts, so that its error is shown.
const maxList = 30 << 20

// importList adds the feeds and topics of a list, and prints what was left out.
func (c *cli) importList(ctx context.Context, a *app, name string, list opml.List, problems []opml.Problem) error {
	skipped := 0
	for _, p := range problems {
		c.complain("%s: %s\n", name, p)
		if !p.Mended {
			skipped++
		}
	}
	bar := c.progressBar()
	added, known, err := a.addAll(ctx, list, bar.of("import"))
	bar.clear()
	if err != nil {
		return err
	}
	c.printf("%s added, %d there before, %d left out\n", count(added, "feed"), known, skipped)
	if len(list.Topics) == 0 {
		return nil
	}
	var done news.Imported
	if err := a.topics.AddAll(ctx, list.Topics, &done); err != nil {
		return err
	}
	for _, p := range done.Problems {
		c.complain("%s: %s\n", name, p)
	}
	c.printf("%s added, %d there before, %d left out\n", count(done.Topics, "topic"), done.KnownTopics, len(done.Problems))
	return nil
}

func (c *cli) feedExport() *cobra.Command {
	return &cobra.Command{
		Use:     "export [FILE]",
		Short:   "Write the feeds and topics as an OPML list",
		Example: "  headwater feed export subscriptions.opml",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				all, err := db.Feeds(cmd.Context())
				if err != nil {
					return err
				}
				topics, err := db.Topics(cmd.Context(), 0)
				if err != nil {
					return err
				}
				list := subscribe.List(cfg.Title, all, topics)
				list.TopicFeed = func(t news.Topic) string {
					if cfg.PublicURL == "" || !t.Reachable() {
						return "" // no page, or no address can hold the name
					}
					return cfg.PublicURL + "/feeds/topic/" + url.PathEscape(t.Name) + ".atom"
				}
				if len(args) == 0 || args[0] == "-" {
					return opml.Write(c.stdout, list)
				}
				return writeFile(args[0], func(f *os.File) error { return opml.Write(f, list) })
			})
		},
	}
}
