package main

import (
	"context"
	"fmt"
	"slices"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

const (
	maxPassages = 5   // of a member that are printed; --json has them all
	maxPassage  = 120 // characters of one
)

// printWhy prints a story with what its members take from the origin.
func (c *cli) printWhy(ctx context.Context, r *readings, s news.Story) error {
	all, err := pipeline.Compare(ctx, r.store, s)
	if err != nil {
		return err
	}
	if c.asJSON {
		reports, err := pipeline.Versions(ctx, r.store, s)
		if err != nil {
			return err
		}
		v := view.StoryOf(s)
		v.AddVersions(reports)
		for i, m := range v.Members {
			if k, ok := all[m.Article]; ok {
				v.Members[i].Comparison = view.ComparisonOf(k)
			}
		}
		return c.printJSON(v)
	}
	c.printOrigin(s)
	for i, m := range s.Members {
		if i > 0 {
			c.printf("\n")
		}
		c.print(0, stretch{plain, fmt.Sprintf("%s, %s, %s", m.Role, m.Article.Time().Format("2 Jan 15:04"), m.Article.Outlet.Name)})
		c.print(2, stretch{strong, m.Article.Headline()})
		if k, ok := all[m.Article.ID]; ok {
			c.printComparison(s, k)
		}
	}
	return nil
}

func (c *cli) printComparison(s news.Story, k news.Comparison) {
	if k.Note != "" {
		c.print(2, stretch{plain, k.Note})
	}
	if k.Tells() {
		c.printPassages(k)
	}
	if k.Added > 0 {
		c.printf("  adds %s:\n", count(k.Added, "sentence"))
	}
	for _, a := range k.Adds {
		c.print(4, stretch{plain, "“" + a + "”"})
	}
	for _, cl := range k.Credits {
		c.print(2, stretch{plain, fmt.Sprintf("credits %s: “%s”", cl.Outlet, cl.Text)})
	}
	if len(k.Reasons) > 0 {
		c.printf("  when it was grouped%s:\n", beside(s, k))
	}
	c.printReasons(4, k.Reasons)
}

// beside names the member whose likeness gave the reasons, where that is not the one compared with.
func beside(s news.Story, k news.Comparison) string {
	i := slices.IndexFunc(s.Members, func(m news.Member) bool { return m.Article.ID == k.Like })
	if i < 0 || k.Like == k.With {
		return ""
	}
	return ", beside the version of " + publish.Name(s.Members[i].Article.Outlet)
}

func (c *cli) printPassages(k news.Comparison) {
	where := "the original"
	if k.StandIn {
		where = "that version"
	}
	if len(k.Passages) == 0 {
		return // a retelling, as its note says
	}
	c.printf("  %.0f%% of its own words (%d of %d) stand in %s", 100*k.Share, k.Reused, k.Words, where)
	if k.Longest > 0 {
		c.printf(", %d in a row", k.Longest)
	}
	c.printf("\n")
	for _, p := range longest(k.Passages) {
		quoted := ""
		if p.Quoted {
			quoted = ", quoted"
		}
		shared := publish.Cut(publish.Line(k.Text[p.Start:p.End]), maxPassage)
		c.print(4, stretch{plain, "“"}, stretch{marked, shared}, stretch{plain, fmt.Sprintf("” (%s%s)", count(p.Words, "word"), quoted)})
	}
	if more := len(k.Passages) - maxPassages; more > 0 {
		c.printf("    and %s\n", count(more, "shorter passage"))
	}
}

// longest gives the longest passages in the order of the text.
func longest(all []news.Passage) []news.Passage {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(p, q news.Passage) int { return q.Words - p.Words })
	all = all[:min(len(all), maxPassages)]
	slices.SortFunc(all, func(p, q news.Passage) int { return p.Start - q.Start })
	return all
}
