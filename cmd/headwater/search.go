package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/index"
	"headwater/internal/news"
	"headwater/internal/view"
)

const searchLong = `Search the coverage. Words must all occur; "a phrase", -without, this OR that, (groups), begin*, fuzzy~ and these
fields narrow it:

  title: text: author: tag: url:      words in the headline, the body, the authors' names, the categories, the address
  source: outlet: origin:             published by or crediting; published by; in a story that goes back to
  lang:en feed:12 feed:bbc            the language; the feed's number, words of its title, or its domain
  is:original copy rewrite excerpt    what the article is to its story
  is:unread is:starred                what the user of --user has not read, or has starred
  copies:>5 outlets:>=3 independent:>2
                                      copies and outlets of its story, stories that tell of its event
  since:24h date:2026-08-18..2026-08-19 after:2026-08-18 before:2026-08-20

--stories gives of each story only the member that comes first.`

func (c *cli) searchCommand() *cobra.Command {
	var want news.Search
	var order, user string
	cmd := &cobra.Command{
		Use:     "search QUERY",
		Short:   "Search the coverage",
		Long:    searchLong,
		Example: "  headwater search 'source:reuters \"interest rates\" after:2026-08-01' --limit 5",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			want.Query = strings.Join(args, " ")
			if err := checkSearch(&want, order, user); err != nil {
				return err
			}
			return c.beside(cmd, errand{Args: args}, c.stdout, func(a *app) (err error) {
				if want.User, err = owner(cmd.Context(), a.store, user); err != nil {
					return err
				}
				found, err := a.Search(cmd.Context(), want)
				if errors.Is(err, news.ErrCursor) {
					return usagef("--cursor: %v", news.ErrCursor)
				}
				if err != nil {
					return err
				}
				return c.printFound(found, want.Stories)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&want.Limit, "limit", 20, "print at most `N`")
	flags.StringVar(&order, "sort", "relevance", "`ORDER`: relevance, newest or coverage")
	flags.BoolVar(&want.Stories, "stories", false, "of each story print only the member that comes first")
	flags.BoolVar(&want.Facets, "facets", false, "count what is found by outlet, origin, language and day")
	flags.StringVar(&user, "user", "", "search as the user `NAME`, for is:unread and is:starred")
	flags.StringVar(&want.Cursor, "cursor", "", "go on at next of a page before, printed with --json")
	c.jsonFlag(cmd)
	return cmd
}

func checkSearch(want *news.Search, order, user string) error {
	if err := checkLimit(want.Limit); err != nil {
		return err
	}
	switch order {
	case "relevance":
	case "newest":
		want.Newest = true
	case "coverage":
		want.Coverage = true
	default:
		return usagef("--sort %s: give relevance, newest or coverage", order)
	}
	validate := index.Validate
	if user != "" {
		validate = index.ValidateOwn
	}
	if err := validate(want.Query); err != nil {
		return usagef("%v", err)
	}
	return nil
}

func checkLimit(limit int) error {
	if limit < 1 {
		return usagef("--limit %d: give a number from 1", limit)
	}
	return nil
}

func (c *cli) printFound(found news.Found, stories bool) error {
	rows := view.All(found.Articles, view.FoundOf)
	if c.asJSON {
		if !stories {
			found.Matches = 0 // it is the total
		}
		return c.printJSON(struct {
			Total      int          `json:"total"`
			Articles   []view.Found `json:"articles"`
			Matches    int          `json:"matches,omitempty"`
			Next       string       `json:"next,omitempty"`
			Facets     []view.Facet `json:"facets,omitempty"`
			Suggestion string       `json:"suggestion,omitempty"`
		}{found.Total, rows, found.Matches, found.Next, view.All(found.Facets, view.FacetOf), found.Suggestion})
	}
	switch {
	case stories && found.Total == 1:
		c.printf("1 story found, in %s\n", count(found.Matches, "article"))
	case stories:
		c.printf("%d stories found, in %s\n", found.Total, count(found.Matches, "article"))
	default:
		c.printf("%s found\n", count(found.Total, "article"))
	}
	if found.Suggestion != "" {
		c.printf("did you mean: %s\n", found.Suggestion)
	}
	for _, f := range found.Facets {
		c.printf("\n%s\n", f.Field)
		for _, v := range f.Values {
			c.printf("  %6d  %s\n", v.Count, v.Name)
		}
	}
	for _, r := range rows {
		c.printf("\n%s\n  %s, %s, story %d%s\n  %s\n", r.Title, r.Outlet.Name, r.Published.Format("2 Jan 2006 15:04"), r.Story, andOthers(r.Others), r.URL)
	}
	return nil
}

func andOthers(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more of it", n)
}
