package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildVersion is set by the Makefile.
var buildVersion = ""

// version is the build's version, or what the module's build information says.
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func (c *cli) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  headwater version --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if c.asJSON {
				return c.printJSON(map[string]string{"version": version(), "go": runtime.Version()})
			}
			_, err := fmt.Fprintf(c.stdout, "headwater %s (%s)\n", version(), runtime.Version())
			return err
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// completeIndex indexes what the index lacks before it is searched, as after a crash. A server does so by itself, and
// its searches say how far it is.
func (c *cli) completeIndex(ctx context.Context, a *app) error {
	if c.host != nil || !a.Building() {
		return nil
	}
	bars := c.progress()
	defer bars.end()
	_, err := a.CatchUp(ctx, bars.of("index"))
	return err
}

func (c *cli) reindexCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "reindex",
		Short:   "Build the search index anew from what is stored",
		Long:    "Builds the search index anew beside the old one and swaps them when it is whole, so that an interruption leaves the old one.",
		Example: "  headwater reindex",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
				bars := c.progress()
				n, err := a.Reindex(cmd.Context(), a.freshIndex, bars.of("index"))
				bars.end()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.stdout, "%s indexed\n", count(n, "article"))
				return err
			})
		},
	}
}

func (c *cli) compactCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Write the database anew, so that it takes no more room than it needs",
		Long: "Writes the database anew, so that it takes no more room than it needs. One that an older version made gives room back by\n" +
			"itself from then on. It takes some minutes for gigabytes, and as much free room as the database has, in the data folder and\n" +
			"where temporary files are (SQLITE_TMPDIR). An interruption leaves the old one. A server on the folder must be stopped first.",
		Example: "  headwater compact",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			if err := withoutServer(cmd.Context(), cfg.Data, "and could store nothing meanwhile; stop it first"); err != nil {
				return err
			}
			return c.with(cmd.Context(), func(a *app) error {
				before, err := a.store.Usage(cmd.Context())
				if err != nil {
					return err
				}
				if err := a.store.Compact(cmd.Context()); err != nil {
					return err
				}
				after, err := a.store.Usage(cmd.Context())
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.stdout, "%s before, %s now\n", amount(before.File), amount(after.File))
				return err
			})
		},
	}
}
