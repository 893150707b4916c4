package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/pipeline"
)

// stageBudget is how long poll spends on each stage that may have much to do: the pages that new articles name as their
// sources, the pages of items that are cut short, alerts, and old articles. The rest waits for the next poll.
const stageBudget = 10 * time.Second

func (c *cli) pollCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:     "poll [URL|ID...]",
		Short:   "Ask the due feeds once; settle and index what they bring",
		Example: "  headwater poll\n  headwater poll --force\n  headwater poll https://www.theguardian.com/world/rss",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				if err := a.importDefaults(cmd.Context()); err != nil {
					return err
				}
				urls := slices.Clone(args)
				for i, arg := range args {
					if f, err := a.findFeed(cmd.Context(), arg); err == nil { // else the pass reports it
						urls[i] = f.URL
					}
				}
				bar := c.progressBar()
				sum, err := a.pipeline.Pass(cmd.Context(), pipeline.PassOptions{
					Force: force, URLs: urls, CreditedPages: stageBudget, Pages: stageBudget, Alerts: stageBudget, Retain: stageBudget, Progress: bar.update,
				})
				bar.clear()
				if err != nil {
					return err
				}
				if c.asJSON {
					sum.Problems = orEmpty(sum.Problems)
					if err := c.printJSON(sum); err != nil {
						return err
					}
				} else {
					c.printPass(sum)
				}
				switch {
				case len(args) > 0 && sum.Feeds > 0 && sum.Failed == sum.Feeds:
					return errFailed
				case c.server != nil:
					return nil
				}
				return a.checkForDamage(cmd.Context())
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "ask every feed, due or not")
	c.jsonFlag(cmd)
	return cmd
}

// printPass prints what a pass did.
func (c *cli) printPass(s pipeline.Summary) {
	c.printf("%s asked: %d read, %d unchanged, %d failed. %s new, %d revised. %d settled, %d indexed in %s.\n",
		count(s.Feeds, "feed"), s.Read, s.Unchanged, s.Failed, count(s.New, "article"), s.Revised, s.Settled, s.Indexed,
		s.Took.Round(10*time.Millisecond))
	if s.Resting > 0 {
		c.printf("%s not asked: the host wants to be left alone for some time (Retry-After).\n", count(s.Resting, "feed"))
	}
	if s.Elsewhere {
		c.printf("Another process settles what is new.\n")
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
		c.printf("  %s: %s\n", p.URL, shortProblem(p.URL, p.Text))
	}
	if more := len(s.Problems) - most; more > 0 {
		c.printf("  and %d more; `headwater feed list` has them all\n", more)
	}
}

// Damage of a database shows only in the pages that are read, and a poll reads few. So poll also runs SQLite's quick_check
// over the whole database, as often as it takes at most 1/quickCheckShare of the time.
// `headwater doctor` reads everything: pages, references, texts, and watermarks that are ahead of their log. Whatever meets
// a damaged page fails and says so.
const (
	quickCheckShare = 1000
	quickCheckMax   = 10 * time.Second // a database that takes longer is left to doctor
	quickCheckKey   = "read through"   // the setting that holds the time of the next one, in Unix milliseconds
)

// checkForDamage runs quick_check when it is due.
func (a *app) checkForDamage(ctx context.Context) error {
	value, err := a.store.Setting(ctx, quickCheckKey)
	if err != nil {
		return err
	}
	began := time.Now()
	next, err := strconv.ParseInt(value, 10, 64)
	switch wait := time.UnixMilli(next).Sub(began); {
	case err != nil: // never set: the database is new
		return a.store.SetSetting(ctx, quickCheckKey, strconv.FormatInt(began.UnixMilli(), 10))
	case wait > 0 && wait <= quickCheckShare*quickCheckMax: // a later time was set while the clock was ahead
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, quickCheckMax)
	defer cancel()
	err = a.store.QuickCheck(bounded)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && bounded.Err() == nil {
		return err
	}
	next = began.Add(quickCheckShare * time.Since(began)).UnixMilli()
	return a.store.SetSetting(ctx, quickCheckKey, strconv.FormatInt(next, 10))
}
