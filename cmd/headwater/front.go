package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/query"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

func (c *cli) frontCommand() *cobra.Command {
	var q news.FrontQuery
	var at string
	cmd := &cobra.Command{
		Use:   "front",
		Short: "Print the front page, of now or of an earlier hour",
		Long: "Print the front page: what is told by many outlets independently and lately, each matter once. The headline is that of\n" +
			"the report that stands for it; the outlets after \"More:\" tell of it too.",
		Example: "  headwater front --limit 10\n  headwater front --at 2026-08-19T18:00:00Z --lang en --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := checkLimit(q.Limit); err != nil {
				return err
			}
			if at != "" {
				if q.At, err = view.ParseSince(at, time.Now()); err != nil {
					return usagef("--at: %v", err)
				}
			}
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				page, err := query.NewReader(db, nil, nil, db.Now).Front(cmd.Context(), q)
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printJSON(view.FrontOf(page))
				}
				c.printFront(page)
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&q.Limit, "limit", 40, "print at most `N` cards")
	flags.IntVar(&q.Offset, "offset", 0, "pass over the first `N`")
	flags.StringVar(&at, "at", "", "the page as of `TIME`: 2026-08-19T18:00:00Z, a day, or so long ago as 24h")
	flags.StringSliceVar(&q.Langs, "lang", nil, "prefer these `LANGUAGES`, such as en,es; without it those in which much is told")
	flags.StringVar(&q.Folder, "folder", "", "only what feeds in the folder `NAME` tell")
	c.jsonFlag(cmd)
	return cmd
}

const frontNames = 6 // outlets that a card of the command line names

func (c *cli) printFront(page news.Front) {
	if len(page.Cards) == 0 {
		c.printf("nothing is told as of %s\n", page.At.Local().Format("2 January 2006, 15:04"))
	}
	for i, card := range page.Cards {
		if len(card.Articles) == 0 {
			continue
		}
		lead := card.Articles[0]
		c.printf("%d. %s\n   %s, %s; %s, %d independent\n", i+1, c.screen.styled(bold, publish.Line(lead.Headline())),
			publish.Name(lead.Outlet), card.First.Local().Format("2 Jan 15:04"), count(card.Outlets, "outlet"), card.Independent)
		var names []string
		seen := map[string]bool{lead.Outlet.Key(): true}
		for _, a := range card.Articles[1:] {
			if key := a.Outlet.Key(); !seen[key] {
				seen[key] = true
				names = append(names, publish.Name(a.Outlet))
			}
		}
		if more := len(names) - frontNames; more > 0 {
			names = append(names[:frontNames], fmt.Sprintf("+%d", more))
		}
		if len(names) > 0 {
			c.printf("   More: %s\n", strings.Join(names, ", "))
		}
	}
}
