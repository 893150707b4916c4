package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

func (c *cli) outletCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "outlet",
		Short:   "List, show and mend outlets",
		Example: "  headwater outlet list --sort share\n  headwater outlet set nytimes.com --alias 'The Times'",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.outletList(), c.outletShow(), c.outletSet())
	return cmd
}

func (c *cli) outletList() *cobra.Command {
	var sort string
	var limit int
	var names []string
	for _, s := range news.OutletSorts {
		names = append(names, string(s))
	}
	cmd := &cobra.Command{
		Use:     "list [NAME]",
		Short:   "List outlets: what they write first and what they rerun",
		Example: "  headwater outlet list --sort originals\n  headwater outlet list gazette --json",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			l := news.OutletList{Query: strings.Join(args, ""), Sort: news.OutletSort(sort), Limit: limit}
			if limit < 1 {
				return usagef("--limit: give a number of outlets from 1 on")
			}
			if !slices.Contains(news.OutletSorts, l.Sort) {
				return usagef("--sort: %q is none of %s", sort, strings.Join(names, ", "))
			}
			return c.runOrForward(cmd, func(a *app) error {
				page, err := a.stories.Outlets(cmd.Context(), l)
				if err != nil {
					return err
				}
				return c.printOutlets(page)
			})
		},
	}
	cmd.Flags().StringVar(&sort, "sort", string(news.OutletsByArticles), "order by `FIELD`: "+strings.Join(names, ", "))
	cmd.Flags().IntVar(&limit, "limit", 50, "list at most `N` outlets")
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) printOutlets(page news.OutletPage) error {
	rows := view.All(page.Outlets, view.OutletRowOf)
	if c.asJSON {
		return c.printJSON(rows)
	}
	w := c.table(plain, plain, plain, plain, plain, plain, bold)
	w.row("ARTICLES", "ORIGINALS", "SHARE", "RERUNS MOST", "LAG", "LAST SEEN", "OUTLET")
	for _, r := range rows {
		share, most, last := "-", "-", "-"
		if r.Stories > 0 {
			share = fmt.Sprintf("%.0f%%", 100*r.Share)
		}
		if r.Most != nil {
			most = fmt.Sprintf("%s (%d)", r.Most.Name, r.Most.Stories)
		}
		if r.Last != nil {
			last = r.Last.UTC().Format("2 Jan 2006 15:04")
		}
		w.row(strconv.Itoa(r.Articles), strconv.Itoa(r.Originals), share, most, lagWords(r.Lag), last, nameAndKey(r.Name, r.Key))
	}
	w.flush()
	return nil
}

func nameAndKey(name, key string) string {
	if name = publish.Line(name); name == key || name == "" {
		return key
	}
	return name + " (" + key + ")"
}

func lagWords(minutes *int) string {
	if minutes == nil {
		return "-"
	}
	return fmt.Sprintf("%d min", *minutes)
}

func (c *cli) outletShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show OUTLET",
		Short:   "Show what an outlet wrote first, whom it reruns and who reruns it",
		Example: "  headwater outlet show reuters.com",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				d, err := a.findOutlet(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return c.printOutlet(cmd.Context(), a, d)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// findOutlet finds an outlet by its domain or name.
func (a *app) findOutlet(ctx context.Context, arg string) (news.OutletDetails, error) {
	d, err := a.stories.Outlet(ctx, arg)
	if errors.Is(err, news.ErrNotFound) {
		if page, listErr := a.stories.Outlets(ctx, news.OutletList{Query: arg, Limit: 2}); listErr == nil && len(page.Outlets) == 1 {
			return a.stories.Outlet(ctx, page.Outlets[0].Key())
		}
		return d, fmt.Errorf("%s is no outlet that is known; `headwater outlet list` has them", arg)
	}
	return d, err
}

// shownStories is how many stories of an outlet are printed.
const shownStories = 20

func (c *cli) printOutlet(ctx context.Context, a *app, d news.OutletDetails) error {
	wrote, err := a.stories.StoriesBy(ctx, d.Key(), shownStories, 0)
	if err != nil {
		return err
	}
	v := view.OutletDetailsOf(d, wrote)
	if c.asJSON {
		return c.printJSON(v)
	}
	c.printf("%s\n", nameAndKey(v.Name, v.Key))
	line := func(name, text string) {
		if text != "" {
			c.printf("  %-16s %s\n", name, publish.Line(text))
		}
	}
	line("agency", map[bool]string{true: "yes, others rerun its texts"}[v.Agency])
	line("also called", strings.Join(append(append([]string{}, v.Aliases...), v.Names...), ", "))
	line("domains", strings.Join(v.Domains, ", "))
	line("articles", strconv.Itoa(v.Articles))
	if v.Stories > 0 {
		line("originals", fmt.Sprintf("%d of %s (%.0f%%), %d rerun by others", v.Originals, counts(v.Stories, "story", "stories"), 100*v.Share, v.Rerun))
	}
	if v.Named > 0 {
		line("named", counts(v.Named, "story goes", "stories go")+" back to it without an article of it")
	}
	for _, k := range d.Clocks {
		way := "late"
		if k.Ahead < 0 {
			way = "early"
		}
		line("clock", fmt.Sprintf("its stamps run about %s %s (feed %d)", view.Span(k.Ahead.Abs()), way, k.Feed))
	}
	for _, f := range v.Feeds {
		line("feed", f.URL)
	}
	if v.Edited != nil {
		line("changed", v.Edited.UTC().Format("2 Jan 2006 15:04")+"; `headwater outlet set "+v.Key+" --built-in` takes it back")
	}
	for _, t := range []struct {
		head string
		rows []view.Rerun
	}{{"reruns", v.Reruns}, {"is rerun by", v.RerunBy}} {
		for i, r := range t.rows {
			if i == shownStories {
				line(t.head, fmt.Sprintf("and %d more; --json has all", len(t.rows)-i))
				break
			}
			line(t.head, fmt.Sprintf("%s: %s, median lag %s", nameAndKey(r.Name, r.Key), counts(r.Stories, "story", "stories"), lagWords(r.Lag)))
		}
	}
	for _, s := range v.Wrote {
		line("wrote", fmt.Sprintf("%s  %d  %s (%s)", s.First.UTC().Format("2 Jan 2006 15:04"), s.ID, s.Title, s.Level))
	}
	return nil
}

func (c *cli) outletSet() *cobra.Command {
	var name string
	var aliases, domains []string
	var agency, builtIn bool
	cmd := &cobra.Command{
		Use:     "set OUTLET",
		Short:   "Mend an outlet's name, its other names and domains, or the agency mark",
		Example: "  headwater outlet set gazette.example --name 'The Gazette' --alias Gazette --domain gazette-news.example\n  headwater outlet set gazette.example --built-in",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := func(flag string) bool { return cmd.Flags().Changed(flag) }
			changes := given("name") || given("alias") || given("domain") || given("agency")
			if builtIn == changes {
				return usagef("say what to set, such as --name 'The Gazette', or --built-in alone to take changes back")
			}
			return c.runOrForward(cmd, func(a *app) error {
				d, err := a.findOutlet(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if builtIn {
					if d, err = a.stories.RestoreOutlet(cmd.Context(), d.Key()); errors.Is(err, news.ErrNotFound) {
						return fmt.Errorf("nothing was changed of %s", args[0])
					}
				} else {
					e := news.OutletEdit{Outlet: d.Key(), Name: d.Name, Agency: d.Agency, Aliases: d.Aliases, Domains: d.Domains}
					if given("name") {
						e.Name = name
					}
					if given("alias") {
						e.Aliases = aliases
					}
					if given("domain") {
						e.Domains = domains
					}
					if given("agency") {
						e.Agency = agency
					}
					d, err = a.stories.EditOutlet(cmd.Context(), e)
				}
				if err != nil {
					return err
				}
				// What has to be weighed again is weighed before the command ends, unless another process does that.
				if _, err := a.pipeline.Settler.Settle(cmd.Context(), nil); err != nil && !errors.Is(err, pipeline.ErrElsewhere) {
					return err
				}
				if c.asJSON {
					return c.printJSON(view.OutletDetailsOf(d, nil))
				}
				c.printf("set %s\n", nameAndKey(d.Name, d.Key()))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "call it `NAME`")
	cmd.Flags().StringArrayVar(&aliases, "alias", nil, "let `NAME` mean it too; repeat it for all, as they replace those before")
	cmd.Flags().StringArrayVar(&domains, "domain", nil, "let `DOMAIN` be one of its own; repeat it for all, as they replace those before")
	cmd.Flags().BoolVar(&agency, "agency", false, "others rerun its texts; --agency=false is not so")
	cmd.Flags().BoolVar(&builtIn, "built-in", false, "take back what was set, so that the built-in list and the settings hold")
	c.jsonFlag(cmd)
	return cmd
}
