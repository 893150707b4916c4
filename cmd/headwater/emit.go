package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

// emitOptions are the flags of emit.
type emitOptions struct {
	topic, query, folder string
	format, file, since  string
	limit                int
	full                 bool
}

// feedWriters write a feed in each format.
var feedWriters = map[string]func(io.Writer, publish.Channel) error{"atom": publish.Atom, "rss": publish.RSS, "json": publish.JSON}

func (c *cli) emitCommand() *cobra.Command {
	var e emitOptions
	cmd := &cobra.Command{
		Use:     "emit",
		Short:   "Write the combined feed: one entry a story",
		Example: "  headwater emit --format atom -o all.atom\n  headwater emit --topic rates --format rss",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.check(); err != nil {
				return err
			}
			var b bytes.Buffer
			err := c.runOrForwardRequest(cmd, request{}, &b, func(a *app) error {
				if e.query+e.topic != "" {
					if err := c.completeIndex(cmd.Context(), a); err != nil {
						return err
					}
				}
				return a.emit(cmd.Context(), e, &b)
			})
			if err != nil {
				return err
			}
			if e.file == "" || e.file == "-" || c.server != nil { // the calling process writes its files
				_, err := c.stdout.Write(b.Bytes())
				return err
			}
			return writeFile(e.file, func(f *os.File) error {
				_, err := f.Write(b.Bytes())
				return err
			})
		},
	}
	cmd.Flags().StringVar(&e.topic, "topic", "", "only the stories of the topic `NAME`")
	cmd.Flags().StringVar(&e.query, "query", "", "only the stories that `Q` finds")
	cmd.Flags().StringVar(&e.folder, "folder", "", "only the stories that feeds of the folder `NAME` carry")
	cmd.Flags().StringVar(&e.since, "since", "", "only the stories that changed since `TIME`: 2026-08-18T06:00:00Z, 2026-08-18, 24h or 7d")
	cmd.Flags().BoolVar(&e.full, "full", false, "with the whole text of each story's original, or of the member that stands for it")
	cmd.Flags().StringVar(&e.format, "format", "atom", "`FORMAT`: atom, rss or json")
	cmd.Flags().StringVarP(&e.file, "output", "o", "", "write to `FILE` instead of standard output")
	cmd.Flags().IntVar(&e.limit, "limit", 100, "at most `N` stories")
	return cmd
}

func (e emitOptions) check() error {
	if feedWriters[e.format] == nil {
		return usagef("--format %s: choose atom, rss or json", e.format)
	}
	if e.topic != "" && e.query != "" || e.folder != "" && e.topic+e.query != "" {
		return usagef("give one of --topic, --query and --folder")
	}
	if e.since != "" {
		if _, err := view.ParseSince(e.since, time.Now()); err != nil {
			return usagef("--since: %v", err)
		}
	}
	if err := checkLimit(e.limit); err != nil {
		return err
	}
	if e.query == "" {
		return nil
	}
	if err := search.Validate(e.query); err != nil {
		return usagef("%v", err)
	}
	return nil
}

func (a *app) emit(ctx context.Context, e emitOptions, w io.Writer) error {
	site, err := a.site(ctx, a.cfg.BaseURL(""))
	if err != nil {
		return err
	}
	q := news.EditionQuery{Topic: news.Topic{Query: e.query}, Folder: e.folder, Limit: e.limit, Full: e.full}
	if e.topic != "" {
		if q.Topic, err = a.topicOf(ctx, "", e.topic); err != nil {
			return err
		}
	}
	if e.folder != "" {
		feeds, err := a.store.Feeds(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(feeds, func(f news.Feed) bool { return f.Folder == e.folder }) {
			return fmt.Errorf("no feed is in a folder %s; `headwater feed list --json` has the folders", e.folder)
		}
	}
	if e.since != "" {
		if q.Since, err = view.ParseSince(e.since, time.Now()); err != nil {
			return err
		}
	}
	part, err := a.stories.Edition(ctx, q)
	if err != nil {
		return err
	}
	return feedWriters[e.format](w, e.channel(a.cfg.Title, site, part.Stories))
}

// channel is the feed that the server has under /feeds/, with the same ids.
func (e emitOptions) channel(title string, site publish.Site, stories []news.Story) publish.Channel {
	c := publish.Channel{Items: site.Items(stories)}
	name, path, home, query := "all", "all", "/", ""
	c.Title, c.Description = title, "Every story once, under its original source."
	switch {
	case e.topic != "":
		name, path, home = "topic/"+e.topic, "topic/"+url.PathEscape(e.topic), "/topic/"+url.PathEscape(e.topic)
		c.Title, c.Description = e.topic+" - "+title, "Stories of the topic "+e.topic
	case e.folder != "":
		name, path, home = "folder/"+e.folder, "folder/"+url.PathEscape(e.folder), "/feeds"
		c.Title, c.Description = e.folder+" - "+title, "Stories that feeds of the folder "+e.folder+" carry."
	case e.query != "":
		query = "?q=" + url.QueryEscape(e.query)
		name, path, home = "search/"+e.query, "search", "/search"+query
		c.Title, c.Description = e.query+" - "+title, "Stories that match "+e.query
	}
	c.ID, c.Home = site.ChannelID(name), site.URL+home
	c.Self = site.URL + "/feeds/" + path + "." + e.format + query
	c.First = c.Self
	return c
}
