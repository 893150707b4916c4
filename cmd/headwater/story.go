package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/serve/compare"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

func (c *cli) storyCommand() *cobra.Command {
	var why bool
	cmd := &cobra.Command{
		Use:   "story ID",
		Short: "Show a story: its origin, the reasons, and its members; or correct what is in it",
		Long: "Show a story: its origin, the reasons, its event, and its members. The newest version of an outlet's report stands for those\n" +
			"before it, which are listed below with what each changed. With --why, show of each member what it takes from the\n" +
			"origin's text, what it adds and why it is in the story; with --json too, passages are byte offsets into both texts.",
		Example: "  headwater story 17\n  headwater story 17 --why --json\n  headwater story compare 17 231 240\n  headwater story merge 17 23\n  headwater story split 17 231 240\n  headwater story origin 17 231",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := parseIDs("story", args)
			if err != nil {
				return err
			}
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				s, err := findStory(cmd.Context(), db, ids[0])
				if err != nil {
					return err
				}
				if len(s.Members) == 0 && !c.asJSON {
					c.printOrigin(s)
					c.printf("It was aged out: it had %s at %s, which are not kept any more (keep).\n", count(s.Aged, "article"), count(s.Outlets, "outlet"))
					return nil
				}
				var event news.Event
				if s.Event != 0 && !c.asJSON {
					event, err = db.Event(cmd.Context(), s.Event)
					if err != nil && !errors.Is(err, news.ErrNotFound) { // it ended meanwhile
						return err
					}
				}
				var reports []news.Report
				if !why || c.asJSON {
					if reports, err = compare.New(db).Reports(cmd.Context(), s); err != nil {
						return err
					}
				}
				var compared map[int64]news.Comparison // by article
				if why {
					if compared, err = compare.New(db).Comparisons(cmd.Context(), s); err != nil {
						return err
					}
				}
				switch {
				case c.asJSON:
					v := view.StoryOf(s)
					v.AddVersions(reports)
					for i, m := range v.Members {
						if k, ok := compared[m.Article]; ok {
							v.Members[i].Comparison = view.ComparisonOf(k)
						}
					}
					return c.printJSON(v)
				case why:
					c.printComparisons(s, event, compared)
				default:
					c.printStory(s, event, reports)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "show what each member takes from the origin, what it adds and why it belongs here")
	c.jsonFlag(cmd)
	cmd.AddCommand(c.storyCompare(), c.storyMerge(), c.storySplit(), c.storyOrigin(), c.storyCorrections(), c.storyForget())
	return cmd
}

// findStory reads a story, or says that there is none of that number.
func findStory(ctx context.Context, db *store.DB, id int64) (news.Story, error) {
	s, err := db.Story(ctx, id)
	if errors.Is(err, news.ErrNotFound) {
		return s, fmt.Errorf("there is no story %d", id)
	}
	return s, err
}

// printStory prints the origin, the event, a table of the members, and what each report's versions changed, newest first.
func (c *cli) printStory(s news.Story, e news.Event, reports []news.Report) {
	c.printOrigin(s)
	c.printEvent(e)
	w := c.table(faint, plain, faint, bold)
	row := func(m news.Member, what string) {
		w.row(strconv.FormatInt(m.Article.ID, 10), what, timeOf(m.Article), m.Article.Outlet.Name, m.Article.Headline())
	}
	for _, r := range reports {
		row(r.Newest(), string(r.Role()))
		for i, v := range r.Versions {
			if i > 0 {
				row(v.Member, "  earlier")
			}
			for _, m := range v.Again {
				row(m, "  again")
			}
		}
	}
	w.flush()
	if s.Aged > 0 {
		c.printf("%d of its %s were aged out (keep).\n", s.Aged, count(s.Aged+len(s.Members), "article"))
	}
	sentences := func(what string, n int, first []string) {
		if n == 0 {
			return
		}
		c.printf("    %s %s:\n", what, count(n, "sentence"))
		for _, s := range first {
			c.print(6, span{plain, "“" + s + "”"})
		}
	}
	for _, r := range reports {
		if len(r.Versions) < 2 {
			continue
		}
		c.printf("\n")
		c.print(0, span{bold, publish.Name(r.Newest().Article.Outlet)}, span{plain, ", " + count(len(r.Versions)-1, "earlier version")})
		for _, v := range r.Versions {
			a := v.Member.Article
			c.print(2, span{faint, timeOf(a) + "  "}, span{bold, a.Headline()})
			if v.Changed == nil {
				continue
			}
			for _, f := range v.Changed.Figures {
				c.print(4, span{plain, f.Before + " → "}, span{highlight, f.After})
			}
			sentences("adds", v.Changed.Adds, v.Changed.Added)
			sentences("drops", v.Changed.Drops, v.Changed.Dropped)
		}
	}
}

func timeOf(a news.Article) string {
	if a.Undated {
		return "no date"
	}
	return a.Time().Format("2 Jan 15:04")
}

func (c *cli) printOrigin(s news.Story) {
	c.print(0, span{bold, s.Headline()})
	c.printf("\n")
	first := []span{{plain, s.Origin.Level + ": "}, {bold, s.Origin.Name}}
	if why := s.Origin.Absence(); why != "" {
		first = append(first, span{plain, " (" + why + ")"})
	}
	if s.Origin.Title != "" {
		first = append(first, span{plain, ": " + s.Origin.Title})
	}
	c.print(0, append(first, span{plain, fmt.Sprintf(", confidence %.0f%%", 100*s.Origin.Confidence)})...)
	if s.Origin.URL != "" {
		c.print(0, span{faint, s.Link()})
	}
	c.printReasons(2, s.Origin.Evidence)
	if f := s.Origin.Scoop; f.Key() != "" {
		c.print(0, span{plain, fmt.Sprintf("%s had the news first, as %s says: “%s”", publish.Name(f.Outlet), f.By, f.Text)})
	}
	c.printf("\n")
}

// printEvent prints how widely the event is told that a story belongs to. The zero Event prints nothing.
func (c *cli) printEvent(e news.Event) {
	switch {
	case e.ID == 0:
		return
	case e.Stories == 1:
		c.printf("Event %d: no other story tells of it.\n\n", e.ID)
	default:
		c.print(0, span{plain, fmt.Sprintf("Event %d: ", e.ID)}, span{bold, e.Headline()},
			span{plain, fmt.Sprintf(", %d stories, %s, %d independent", e.Stories, count(e.Outlets, "outlet"), e.Independent)})
		c.printf("\n")
	}
}

// printReasons prints evidence, each with its weight: green for a positive one, red for a negative one.
func (c *cli) printReasons(indent int, list []news.Evidence) {
	for _, e := range list {
		colour := green
		if e.Weight < 0 {
			colour = red
		}
		weight := fmt.Sprintf("%+.1f", e.Weight)
		c.printf("%*s%s  %s\n", indent, "", c.screen.styled(colour, weight), c.screen.prose(indent+len(weight)+2, indent+len(weight)+2, span{plain, publish.Line(e.Detail)}))
	}
}

const (
	maxPassages = 5   // of a member that are printed; --json has them all
	maxPassage  = 120 // characters of a printed passage
)

// printComparisons prints what each member takes from the origin, what it adds, and why it is in the story.
func (c *cli) printComparisons(s news.Story, e news.Event, compared map[int64]news.Comparison) {
	c.printOrigin(s)
	c.printEvent(e)
	for i, m := range s.Members {
		if i > 0 {
			c.printf("\n")
		}
		c.print(0, span{plain, fmt.Sprintf("%s, %s, %s", m.Role, m.Article.Time().Format("2 Jan 15:04"), m.Article.Outlet.Name)})
		c.print(2, span{bold, m.Article.Headline()})
		k, ok := compared[m.Article.ID]
		if !ok {
			continue
		}
		if k.Note != "" {
			c.print(2, span{plain, k.Note})
		}
		if k.Tells() {
			c.printPassages(k)
		}
		if k.Added > 0 {
			c.printf("  adds %s:\n", count(k.Added, "sentence"))
		}
		for _, a := range k.Adds {
			c.print(4, span{plain, "“" + a + "”"})
		}
		for _, cl := range k.Credits {
			c.print(2, span{plain, fmt.Sprintf("credits %s: “%s”", cl.Outlet, cl.Text)})
		}
		if len(k.Reasons) > 0 {
			like := "" // the member whose likeness gave the reasons, where it is not the one compared with
			if j := slices.IndexFunc(s.Members, func(m news.Member) bool { return m.Article.ID == k.Like }); j >= 0 && k.Like != k.With {
				like = ", beside the version of " + publish.Name(s.Members[j].Article.Outlet)
			}
			c.printf("  when it was grouped%s:\n", like)
		}
		c.printReasons(4, k.Reasons)
	}
}

// printPassages prints how much of a member's text is in the origin's, and the longest shared passages in the order of the text.
func (c *cli) printPassages(k news.Comparison) {
	if len(k.Passages) == 0 {
		return // a retelling; its note has that
	}
	where := "the original"
	if k.StandIn {
		where = "that version"
	}
	c.printf("  %.0f%% of its own words (%d of %d) stand in %s", 100*k.Share, k.Reused, k.Words, where)
	if k.Longest > 0 {
		c.printf(", %d in a row", k.Longest)
	}
	c.printf("\n")
	longest := slices.Clone(k.Passages)
	slices.SortStableFunc(longest, func(p, q news.Passage) int { return q.Words - p.Words })
	longest = longest[:min(len(longest), maxPassages)]
	slices.SortFunc(longest, func(p, q news.Passage) int { return p.Start - q.Start })
	for _, p := range longest {
		quoted := ""
		if p.Quoted {
			quoted = ", quoted"
		}
		shared := publish.Cut(publish.Line(k.Text[p.Start:p.End]), maxPassage)
		c.print(4, span{plain, "“"}, span{highlight, shared}, span{plain, fmt.Sprintf("” (%s%s)", count(p.Words, "word"), quoted)})
	}
	if more := len(k.Passages) - maxPassages; more > 0 {
		c.printf("    and %s\n", count(more, "shorter passage"))
	}
}
