package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"headwater/feeds"
	"headwater/internal/intake/discover"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/opml"
	"headwater/internal/serve/publish"
	"headwater/internal/store"
	"headwater/internal/subscribe"
)

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
	// What is wrong with the outlets is said before anything is asked of the network.
	if _, err := registryOf(cfg); err != nil {
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
func (c *cli) importList(ctx context.Context, a *app, name string, list opml.List, problems []news.ImportNote) error {
	skipped := 0
	for _, p := range problems {
		c.complain("%s: %s\n", name, p)
		if !p.Mended {
			skipped++
		}
	}
	bar := c.progressBar()
	added, known, err := a.addFeeds(ctx, list, bar.of("import"))
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
	for _, p := range done.Notes {
		c.complain("%s: %s\n", name, p)
	}
	c.printf("%s added, %d there before, %d left out\n", count(done.Topics, "topic"), done.KnownTopics, len(done.Notes))
	return nil
}

// importDefaults imports the lists of the setting lists into a data folder that never had a feed.
func (a *app) importDefaults(ctx context.Context) error {
	const key = "lists started"
	done, err := a.store.Setting(ctx, key)
	if err != nil && !errors.Is(err, news.ErrNotFound) || done != "" {
		return err
	}
	have, err := a.store.Feeds(ctx)
	if err != nil {
		return err
	}
	if len(have) > 0 {
		return a.store.SetSetting(ctx, key, "yes")
	}
	for _, name := range a.cfg.Lists {
		var data []byte
		if strings.Contains(name, "/") || strings.HasSuffix(name, ".opml") {
			if data, err = os.ReadFile(name); err != nil {
				return fmt.Errorf("lists: %w", err)
			}
		} else if data, err = feeds.List(name); err != nil {
			return err
		}
		list, problems, err := opml.Read(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("list %s: %w", name, err)
		}
		for _, p := range problems {
			a.log.Warn("part of a list is wrong", "list", name, "problem", p.String())
		}
		if _, _, err := a.addFeeds(ctx, list, func(int, int) {}); err != nil {
			return err
		}
		var imported news.Imported
		err = a.topics.AddAll(ctx, list.Topics, &imported)
		for _, p := range imported.Notes {
			a.log.Warn("part of a list was left out", "list", name, "problem", p.String())
		}
		if err != nil {
			return err
		}
	}
	return a.store.SetSetting(ctx, key, "yes")
}

// addFeeds subscribes to the feeds of a list, and counts those that are new and those that were known.
func (a *app) addFeeds(ctx context.Context, list opml.List, progress func(done, total int)) (added, known int, err error) {
	const chunk = 500
	for part := range slices.Chunk(list.Feeds, chunk) {
		feeds := make([]news.Feed, 0, len(part))
		for _, o := range part {
			feeds = append(feeds, news.Feed{URL: o.URL, Title: o.Title, Site: o.Site, Folder: o.Folder, FullText: o.FullText})
		}
		fresh, err := a.feeds.AddFeeds(ctx, feeds)
		if err != nil {
			return added, known, err
		}
		added, known = added+len(fresh), known+len(part)-len(fresh)
		progress(added+known, len(list.Feeds))
	}
	return added, known, nil
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
