package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/pipeline"
)

// sourcesBudget is how long poll reads the pages that new articles name as their sources; what is left waits for the next.
const sourcesBudget = 10 * time.Second

// pagesBudget is how long poll reads the pages of items that are cut short.
const pagesBudget = 10 * time.Second

// alertsBudget is how long poll tells people of topics' stories; what is left waits for the next.
const alertsBudget = 10 * time.Second

// retainBudget is how long poll lets go of what is no longer needed; what is left waits for the next.
const retainBudget = 10 * time.Second

func (c *cli) pollCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:     "poll [URL|ID...]",
		Short:   "Ask the due feeds once; settle and index what they bring",
		Example: "  headwater poll\n  headwater poll --force\n  headwater poll https://www.theguardian.com/world/rss",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
				if err := a.startLists(cmd.Context()); err != nil {
					return err
				}
				urls := slices.Clone(args)
				for i, arg := range args {
					if f, err := a.findFeed(cmd.Context(), arg); err == nil { // else the pass says that it is not among the feeds
						urls[i] = f.URL
					}
				}
				bars := c.progress()
				sum, err := a.Pass(cmd.Context(), pipeline.PassOptions{
					Force: force, URLs: urls, Sources: sourcesBudget, Pages: pagesBudget, Alerts: alertsBudget, Retain: retainBudget, Progress: bars.step,
				})
				bars.end()
				if err != nil {
					return err
				}
				if err := c.printSummary(sum, len(args) > 0); err != nil || c.host != nil {
					return err
				}
				return a.lookForDamage(cmd.Context())
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "ask every feed, due or not")
	c.jsonFlag(cmd)
	return cmd
}

// printSummary says what a pass did. It fails when every feed that was asked for by name failed.
func (c *cli) printSummary(s pipeline.Summary, named bool) error {
	if c.asJSON {
		s.Problems = orEmpty(s.Problems)
		if err := c.printJSON(s); err != nil {
			return err
		}
	} else {
		c.printPass(s)
	}
	if named && s.Feeds > 0 && s.Failed == s.Feeds {
		return errSaid
	}
	return nil
}

func (c *cli) printPass(s pipeline.Summary) {
	c.printf("%s asked: %d read, %d unchanged, %d failed. %s new, %d revised. %d settled, %d indexed in %s.\n",
		count(s.Feeds, "feed"), s.Read, s.Unchanged, s.Failed, count(s.New, "article"), s.Revised, s.Settled, s.Indexed,
		s.Took.Round(10*time.Millisecond))
	if s.Resting > 0 {
		c.printf("%s not asked: the host wants to be left alone for some time (Retry-After).\n", count(s.Resting, "feed"))
	}
	if s.AgedOut > 0 {
		c.printf("%s aged out (keep).\n", count(s.AgedOut, "article"))
	}
	if s.Alerts > 0 {
		c.printf("%s sent.\n", count(s.Alerts, "alert"))
	}
	var odd []string
	for _, state := range slices.Sorted(maps.Keys(s.States)) {
		if state != "ok" {
			odd = append(odd, fmt.Sprintf("%d %s", s.States[state], state))
		}
	}
	if len(odd) > 0 {
		c.printf("Not ok: %s.\n", strings.Join(odd, ", "))
	}
	const most = 20
	for _, p := range s.Problems[:min(len(s.Problems), most)] {
		c.printf("  %s: %s\n", p.URL, brief(p.URL, p.Text))
	}
	if more := len(s.Problems) - most; more > 0 {
		c.printf("  and %d more; `headwater feed list` has them all\n", more)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
