package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/intake/discover"
	"headwater/internal/news"
	"headwater/internal/opml"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
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

// needsSubcommand is what a command that only groups others does by itself.
func needsSubcommand(cmd *cobra.Command, _ []string) error {
	return usagef("%s needs a command of its own; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
}

func (c *cli) feedList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the feeds and how they are",
		Example: "  headwater feed list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.reading(cmd.Context(), func(r *readings) error {
				list, err := r.store.Feeds(cmd.Context())
				if err != nil {
					return err
				}
				rows := view.All(list, view.FeedOf)
				if c.asJSON {
					return c.printJSON(rows)
				}
				return c.printFeeds(rows)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) printFeeds(rows []view.Feed) error {
	w := c.table(faint, plain, plain, strong)
	w.row("ID", "STATE", "ARTICLES", "TITLE", "ADDRESS", "PROBLEM")
	for _, r := range rows {
		w.row(strconv.FormatInt(r.ID, 10), string(r.State), strconv.Itoa(r.Articles), r.Title, r.URL, brief(r.URL, r.Problem))
	}
	w.Flush()
	return nil
}

// brief gives a feed's problem as the end of a line that names the feed already. JSON has all of it.
func brief(url, problem string) string {
	const most = 200 // with the key to set or the step to take
	return publish.Cut(publish.Line(strings.TrimPrefix(problem, url+": ")), most)
}

func (c *cli) feedRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove URL|ID...",
		Short:   "End subscriptions; what they brought stays",
		Example: "  headwater feed remove https://www.theguardian.com/world/rss",
		Args:    arguments(1, anyNumber),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
				for _, arg := range args {
					f, err := a.findFeed(cmd.Context(), arg)
					if err != nil {
						return err
					}
					if err := a.RemoveFeed(cmd.Context(), f.ID); err != nil {
						return err
					}
					c.printf("removed %d %s\n", f.ID, f.URL)
				}
				return nil
			})
		},
	}
}

func (a *app) findFeed(ctx context.Context, arg string) (news.Feed, error) {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		id = 0
	}
	f, err := a.FindFeed(ctx, id, arg)
	if addresses, typed := discover.Typed(arg); errors.Is(err, news.ErrNotFound) && typed == nil { // it may be written in another way
		for _, address := range discover.Variants(addresses[0]) {
			if f, err = a.FindFeed(ctx, 0, address); !errors.Is(err, news.ErrNotFound) {
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
			e := errand{Inputs: map[string][]byte{name: data}}
			return c.beside(cmd, e, c.stdout, func(a *app) error { return c.subscribe(cmd.Context(), a, name, list, problems) })
		},
	}
}

// readList reads a list from a file, from standard input or from an address of the web.
func (c *cli) readList(ctx context.Context, name string) ([]byte, error) {
	if c.host != nil || name == "-" || isFile(name) {
		return c.readLimited(filePath(name), maxList, "a list of feeds")
	}
	addresses, err := discover.Typed(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, errNoFile)
	}
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	room, client, err := c.checker(cfg)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	data, note, err := room.ReadAddress(ctx, addresses, maxList)
	if note != "" {
		c.complain("note: %s\n", publish.Line(note))
	}
	return data, err
}

// maxList is more than opml.Read takes, in bytes, so that it is the one to complain.
const maxList = 30 << 20

// subscribe adds the feeds of a list and says what was left out.
func (c *cli) subscribe(ctx context.Context, a *app, name string, list opml.List, problems []opml.Problem) error {
	left := 0
	for _, p := range problems {
		c.complain("%s: %s\n", name, p)
		if !p.Mended {
			left++
		}
	}
	bars := c.progress()
	added, known, err := a.addAll(ctx, list, bars.of("import"))
	bars.end()
	if err != nil {
		return err
	}
	c.printf("%s added, %d there before, %d left out\n", count(added, "feed"), known, left)
	if len(list.Topics) == 0 {
		return nil
	}
	var done news.Imported
	if err := a.AddTopics(ctx, list.Topics, &done); err != nil {
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
			return c.reading(cmd.Context(), func(r *readings) error {
				all, err := r.store.Feeds(cmd.Context())
				if err != nil {
					return err
				}
				topics, err := r.store.Topics(cmd.Context(), 0)
				if err != nil {
					return err
				}
				list := pipeline.List(r.cfg.Title, all, topics)
				list.TopicFeed = func(t news.Topic) string { return topicFeed(r.cfg.PublicURL, t) }
				if len(args) == 0 || args[0] == "-" {
					return opml.Write(c.stdout, list)
				}
				return writeFile(args[0], func(f *os.File) error { return opml.Write(f, list) })
			})
		},
	}
}

// topicFeed is the address of a topic's feed below that of the pages; "" where that is "", or no address can hold the name.
func topicFeed(public string, t news.Topic) string {
	if public == "" || !t.Reachable() {
		return ""
	}
	return public + "/feeds/topic/" + url.PathEscape(t.Name) + ".atom"
}
