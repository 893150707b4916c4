package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"headwater/internal/search"
	"headwater/internal/store"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "backup FILE",
		Short:   "Write a copy of everything stored; works beside a running server",
		Long:    "Writes a consistent copy of the database to a new file. The search index is not in it: restore builds it anew.",
		Example: "  headwater backup headwater-2026-11-23.db",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.reading(cmd.Context(), func(r *readings) error {
				if err := r.store.Backup(cmd.Context(), args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(c.stdout, "written to %s\n", args[0])
				return err
			})
		},
	}
}

func (c *cli) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "restore FILE",
		Short:   "Put a backup into an empty data folder and index it",
		Example: "  headwater restore headwater-2026-11-23.db --data ./restored",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			err = withoutServer(cmd.Context(), cfg.Data, "and a backup goes into an empty folder only; stop it first, or name another folder with --data")
			if err != nil {
				return err
			}
			if err := store.Restore(cmd.Context(), args[0], cfg.Data, search.FilePattern); err != nil {
				return err
			}
			return c.withOptions(cmd.Context(), openOptions{restoring: true}, func(a *app) error {
				bars := c.progress()
				n, err := a.CatchUp(cmd.Context(), bars.of("index"))
				bars.end()
				if err == nil {
					err = store.Restored(cfg.Data)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.stdout, "restored into %s, %s indexed\n", cfg.Data, count(n, "article"))
				return err
			})
		},
	}
}
