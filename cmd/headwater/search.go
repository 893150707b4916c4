package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
  is:unread is:starred is:hidden      what the user of --user has not read, has starred, or what rules hid from them
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
		Args:    arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			if articles && cmd.Flags().Changed("stories") {
				return usagef("--articles or --stories, not both")
			}
			want.Query, want.Stories = strings.Join(args, " "), want.Stories && !articles
			if err := checkSearch(&want, order, user); err != nil {
				return err
			}
			return c.runOrForward(cmd, func(a *app) (err error) {
				if want.User, err = userID(cmd.Context(), a.store, user); err != nil {
					return err
				}
				if err := c.completeIndex(cmd.Context(), a); err != nil {
					return err
				}
				found, err := a.stories.Search(cmd.Context(), want)
				if errors.Is(err, news.ErrCursor) {
					return usagef("--cursor: %v", news.ErrCursor)
				}
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printFoundJSON(found, want.Stories)
				}
				return c.printFound(cmd.Context(), a, found, want.Stories)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&want.Limit, "limit", 20, "print at most `N`")
	flags.StringVar(&order, "sort", "relevance", "`ORDER`: relevance, newest or coverage")
	flags.BoolVar(&articles, "articles", false, "print every article, instead of one of each story")
	flags.BoolVar(&want.Stories, "stories", true, "of each story print only the member that comes first, as is usual")
	flags.StringVar(&user, "user", "", "search as the user `NAME`: without what rules hid, and with is:unread, is:starred and is:hidden")
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

func (c *cli) printFound(ctx context.Context, a *app, found search.Found, stories bool) error {
	var ids []int64
	for _, f := range found.Articles {
		if f.Story != 0 {
			ids = append(ids, f.Story)
		}
	}
	storyByID := make(map[int64]news.Story, len(ids))
	if len(ids) > 0 {
		list, err := a.stories.Stories(ctx, news.StoryList{IDs: news.Choose(ids...)})
		if err != nil {
			return err
		}
		for _, s := range list {
			storyByID[s.ID] = s
		}
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
		c.printf("\n%s\n", c.screen.styled(bold, f.Field))
		for _, v := range f.Values {
			c.printf("  %6d  %s\n", v.Count, publish.Line(v.Name))
		}
	}
	for _, f := range found.Articles {
		r := view.FoundOf(f)
		c.printf("\n")
		c.print(0, spansOf(view.Pieces(r.Title, f.Title), bold)...)
		when := r.Published.Format("2 Jan 2006 15:04")
		if r.Undated {
			when = "no date"
		}
		others := ""
		if r.Others > 0 {
			others = fmt.Sprintf(" and %d more of it", r.Others)
		}
		c.print(2, span{plain, fmt.Sprintf("%s, %s, story %d%s", r.Outlet.Name, when, r.Story, others)})
		if s, ok := storyByID[r.Story]; ok {
			c.print(2, coverage(s)...)
		}
		c.print(2, spansOf(r.Snippet, plain)...)
		c.print(2, span{faint, r.URL})
	}
	return nil
}

// printStories lists stories. total, for JSON, counts those beyond the limit too.
func (c *cli) printStories(stories []news.Story, total int) error {
	if c.asJSON {
		return c.printJSON(struct {
			Total   int          `json:"total"`
			Stories []view.Story `json:"stories"`
		}{total, view.All(stories, view.StoryOf)})
	}
	for _, s := range stories {
		number := strconv.FormatInt(s.ID, 10)
		c.printf("%s  %s\n", c.screen.styled(faint, number), c.screen.prose(len(number)+2, len(number)+2, span{bold, publish.Line(s.Headline())}))
		c.print(3, coverage(s)...)
	}
	return nil
}

// coverage is the line under a headline: the origin, and how many articles and outlets the story has.
func coverage(s news.Story) []span {
	return []span{
		{plain, s.Origin.Level + ": "},
		{bold, publish.Name(s.Origin.Outlet)},
		{plain, fmt.Sprintf(", %s of %s", count(len(s.Members), "article"), count(s.Outlets, "outlet"))},
	}
}

// spansOf highlights the matches of a query; the rest has the style rest.
func spansOf(pieces []view.Piece, rest style) (all []span) {
	for _, p := range pieces {
		st := rest
		if p.Mark {
			st = highlight
		}
		all = append(all, span{st, p.Text})
	}
	return all
}
