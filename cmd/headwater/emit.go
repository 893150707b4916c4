package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"headwater/internal/index"
	"headwater/internal/news"
	"headwater/internal/publish"
)

// emission is what `headwater emit` was asked for.
type emission struct {
	topic, query, format, file string
	limit                      int
}

var writers = map[string]func(io.Writer, publish.Channel) error{"atom": publish.Atom, "rss": publish.RSS, "json": publish.JSON}

func (c *cli) emitCommand() *cobra.Command {
	var e emission
	cmd := &cobra.Command{
		Use:     "emit",
		Short:   "Write the combined feed: one entry a story",
		Example: "  headwater emit --format atom -o all.atom\n  headwater emit --topic rates --format rss",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.check(); err != nil {
				return err
			}
			var b bytes.Buffer
			err := c.beside(cmd, errand{}, &b, func(a *app) error { return a.emit(cmd.Context(), e, &b) })
			if err != nil {
				return err
			}
			if e.file == "" || e.file == "-" {
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
	cmd.Flags().StringVar(&e.format, "format", "atom", "`FORMAT`: atom, rss or json")
	cmd.Flags().StringVarP(&e.file, "output", "o", "", "write to `FILE` instead of standard output")
	cmd.Flags().IntVar(&e.limit, "limit", 100, "at most `N` stories")
	return cmd
}

func (e emission) check() error {
	if writers[e.format] == nil {
		return usagef("--format %s: choose atom, rss or json", e.format)
	}
	if e.topic != "" && e.query != "" {
		return usagef("give --topic or --query, not both")
	}
	if err := checkLimit(e.limit); err != nil {
		return err
	}
	if e.query == "" {
		return nil
	}
	if err := index.Validate(e.query); err != nil {
		return usagef("%v", err)
	}
	return nil
}

func (a *app) emit(ctx context.Context, e emission, w io.Writer) error {
	site, err := a.site(ctx, a.cfg.BaseURL(""))
	if err != nil {
		return err
	}
	t := news.Topic{Query: e.query}
	if e.topic != "" {
		t, err = a.topicOf(ctx, "", e.topic)
		if err != nil {
			return err
		}
	}
	stories, err := a.AllStories(ctx, t, e.limit)
	if err != nil {
		return err
	}
	return writers[e.format](w, e.channel(a.cfg.Title, site, stories))
}

// channel is the same feed as the server has under /feeds/, ids included.
func (e emission) channel(title string, site publish.Site, stories []news.Story) publish.Channel {
	c := publish.Channel{Items: site.Items(stories)}
	switch {
	case e.topic != "":
		c.ID, c.Title = site.ChannelID("topic/"+e.topic), e.topic+" - "+title
		c.Description = "Stories of the topic " + e.topic
		c.Home, c.Self = site.URL+"/topic/"+url.PathEscape(e.topic), site.URL+"/feeds/topic/"+url.PathEscape(e.topic)+"."+e.format
	case e.query != "":
		c.ID, c.Title = site.ChannelID("search/"+e.query), e.query+" - "+title
		c.Description = "Stories that match " + e.query
		q := "?q=" + url.QueryEscape(e.query)
		c.Home, c.Self = site.URL+"/search"+q, site.URL+"/feeds/search."+e.format+q
	default:
		c.ID, c.Title, c.Description = site.ChannelID("all"), title, "Every story once, under its original source."
		c.Home, c.Self = site.URL+"/", fmt.Sprintf("%s/feeds/all.%s", site.URL, e.format)
	}
	return c
}
