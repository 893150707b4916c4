package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

const searchLong = `Search the coverage. Words must all occur; "a phrase", -without, this OR that, (groups), begin*, fuzzy~ and these
fields narrow it. C#, .NET, AT&T, #tag and 50% find only what is written with the same signs, and C finds both. Within quotation
marks two to five capitals find capitals: "US" finds US and U.S., not us.

  title: text: author: tag: url:      words in the headline, the body, the authors' names, the categories, the address
  source: outlet: origin:             published by or crediting; published by; in a story that goes back to
  lang:en feed:12 feed:bbc            the language; the feed's number, words of its title, or its domain
  is:original copy rewrite excerpt    what the article is to its story
  is:unread is:starred                what the user of --user has not read, or has starred
  copies:>5 outlets:>=3 independent:>2
                                      copies and outlets of its story, stories that tell of its event
  since:24h date:2026-08-18..2026-08-19 after:2026-08-18 before:2026-08-20

Of each story the member that fits best is printed, and how many more do; --articles prints every article.`

func (c *cli) searchCommand() *cobra.Command {
	var want search.Request
	var order, user string
	var articles bool
	cmd := &cobra.Command{
		Use:     "search QUERY",
		Short:   "Search the coverage",
		Long:    searchLong,
		Example: "  headwater search 'source:reuters \"interest rates\" after:2026-08-01' --limit 5",
		Args:    arguments(1, anyNumber),
		RunE: func(cmd *cobra.Command, args []string) error {
			if articles && cmd.Flags().Changed("stories") {
				return usagef("--articles or --stories, not both")
			}
			want.Query, want.Stories = strings.Join(args, " "), want.Stories && !articles
			if err := checkSearch(&want, order, user); err != nil {
				return err
			}
			return c.beside(cmd, errand{}, c.stdout, func(a *app) (err error) {
				if want.User, err = owner(cmd.Context(), a.store, user); err != nil {
					return err
				}
				if err := c.completeIndex(cmd.Context(), a); err != nil {
					return err
				}
				found, err := a.Search(cmd.Context(), want)
				if errors.Is(err, news.ErrCursor) {
					return usagef("--cursor: %v", news.ErrCursor)
				}
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printFoundJSON(found, want.Stories)
				}
				stories, err := a.storiesOf(cmd.Context(), found)
				if err != nil {
					return err
				}
				c.printFound(found, want.Stories, stories)
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&want.Limit, "limit", 20, "print at most `N`")
	flags.StringVar(&order, "sort", "relevance", "`ORDER`: relevance, newest or coverage")
	flags.BoolVar(&articles, "articles", false, "print every article, instead of one of each story")
	flags.BoolVar(&want.Stories, "stories", true, "of each story print only the member that comes first, as is usual")
	flags.StringVar(&user, "user", "", "search as the user `NAME`, for is:unread and is:starred")
	flags.BoolVar(&want.Facets, "facets", false, "count what is found by outlet, origin, language and day")
	flags.StringVar(&want.Cursor, "cursor", "", "go on at next of a page before, printed with --json")
	c.jsonFlag(cmd)
	return cmd
}

func checkSearch(want *search.Request, order, user string) error {
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
	validate := search.Validate
	if user != "" {
		validate = search.ValidateForUser
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

func (c *cli) printFoundJSON(found search.Found, stories bool) error {
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
	}{found.Total, view.All(found.Articles, view.FoundOf), found.Matches, found.Next, view.All(found.Facets, view.FacetOf), found.Suggestion})
}

// storiesOf gives the stories of found articles by id.
func (a *app) storiesOf(ctx context.Context, found search.Found) (map[int64]news.Story, error) {
	ids := make([]int64, 0, len(found.Articles))
	for _, f := range found.Articles {
		if f.Story != 0 {
			ids = append(ids, f.Story)
		}
	}
	byID := make(map[int64]news.Story, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	stories, err := a.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
	for _, s := range stories {
		byID[s.ID] = s
	}
	return byID, err
}

func (c *cli) printFound(found search.Found, stories bool, of map[int64]news.Story) {
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
		c.printf("\n%s\n", c.screen.show(strong, f.Field))
		for _, v := range f.Values {
			c.printf("  %6d  %s\n", v.Count, publish.Line(v.Name))
		}
	}
	for _, f := range found.Articles {
		r := view.FoundOf(f)
		c.printf("\n")
		c.print(0, stretches(view.Pieces(r.Title, f.Title), strong)...)
		when := r.Published.Format("2 Jan 2006 15:04")
		if r.Undated {
			when = "no date"
		}
		c.print(2, stretch{plain, fmt.Sprintf("%s, %s, story %d%s", r.Outlet.Name, when, r.Story, andOthers(r.Others))})
		if s, ok := of[r.Story]; ok {
			c.print(2, coverage(s)...)
		}
		c.print(2, stretches(r.Snippet, plain)...)
		c.print(2, stretch{faint, r.URL})
	}
}

// stretches shows what was looked for in a style of its own, and the rest in another.
func stretches(pieces []view.Piece, rest style) (all []stretch) {
	for _, p := range pieces {
		st := rest
		if p.Mark {
			st = marked
		}
		all = append(all, stretch{st, p.Text})
	}
	return all
}

func andOthers(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more of it", n)
}
