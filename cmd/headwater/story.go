package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
)

// storyView is a story as printed in JSON.
type storyView struct {
	ID      int64        `json:"id"`
	Event   int64        `json:"event"`
	Title   string       `json:"title"`
	Origin  originView   `json:"origin"`
	Outlets int          `json:"outlets"`
	First   time.Time    `json:"first"`
	Latest  time.Time    `json:"latest"`
	Members []memberView `json:"members"`
}

type originView struct {
	Name       string          `json:"name"`
	Domain     string          `json:"domain"`
	URL        string          `json:"url"`
	Article    int64           `json:"article"` // 0 where no feed carries it
	Level      string          `json:"level"`
	Confidence float64         `json:"confidence"`
	Evidence   []news.Evidence `json:"evidence"`
}

type memberView struct {
	Article  int64           `json:"article"`
	Title    string          `json:"title"`
	URL      string          `json:"url"`
	Outlet   news.Outlet     `json:"outlet"`
	Time     time.Time       `json:"time"`
	Role     news.Role       `json:"role"`
	Share    float64         `json:"share"`
	Evidence []news.Evidence `json:"evidence"`

	Comparison *news.Comparison `json:"comparison,omitempty"` // with --why, of all but an original
}

func viewOf(s news.Story) storyView {
	v := storyView{
		ID: s.ID, Event: s.Event, Title: s.Title, Outlets: s.Outlets, First: s.First, Latest: s.Latest,
		Origin: originView{
			Name: s.Origin.Name, Domain: s.Origin.Domain, URL: s.Origin.URL, Article: s.Origin.Article,
			Level: s.Origin.Level, Confidence: s.Origin.Confidence, Evidence: orEmpty(s.Origin.Evidence),
		},
		Members: make([]memberView, 0, len(s.Members)),
	}
	for _, m := range s.Members {
		v.Members = append(v.Members, memberView{
			Article: m.Article.ID, Title: m.Article.Title, URL: m.Article.URL, Outlet: m.Article.Outlet, Time: m.Article.Time(),
			Role: m.Role, Share: m.Share, Evidence: orEmpty(m.Evidence),
		})
	}
	return v
}

func (c *cli) storyCommand() *cobra.Command {
	var why bool
	cmd := &cobra.Command{
		Use:   "story ID",
		Short: "Show a story: its origin, the reasons, and its members",
		Long: "Show a story: its origin, the reasons, and its members. With --why, show of each member what it takes from the\n" +
			"origin's text, what it adds and why it is in the story; with --json too, passages are byte offsets into both texts.",
		Example: "  headwater story 17\n  headwater story 17 --why --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usagef("%q is no story's number", args[0])
			}
			return c.reading(cmd.Context(), func(r *readings) error {
				s, err := r.store.Story(cmd.Context(), id)
				if errors.Is(err, news.ErrNotFound) {
					return fmt.Errorf("there is no story %d", id)
				}
				if err != nil {
					return err
				}
				if why {
					return c.printWhy(cmd.Context(), r, s)
				}
				if c.asJSON {
					return c.printJSON(viewOf(s))
				}
				return c.printStory(s)
			})
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "show what each member takes from the origin, what it adds and why it belongs here")
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) printStory(s news.Story) error {
	c.printOrigin(s)
	w := c.table()
	for _, m := range s.Members {
		w.row("%s\t%s\t%s\t%s\n", m.Role, m.Article.Time().Format("2 Jan 15:04"), m.Article.Outlet.Name, m.Article.Title)
	}
	return w.Flush()
}

func (c *cli) printOrigin(s news.Story) {
	c.printf("%s\n\n%s: %s", s.Title, s.Origin.Level, s.Origin.Name)
	if s.Origin.Named() {
		c.printf(" (not among your feeds)")
	}
	c.printf(", confidence %.0f%%\n", 100*s.Origin.Confidence)
	if s.Origin.URL != "" {
		c.printf("%s\n", s.Origin.URL)
	}
	for _, e := range s.Origin.Evidence {
		c.printf("  %+.1f  %s\n", e.Weight, e.Detail)
	}
	c.printf("\n")
}
