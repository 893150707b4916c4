package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/config"
	"headwater/internal/search"
	"headwater/internal/store"
)

func (c *cli) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of everything stored; works beside a running server",
		Long: "Writes a consistent copy of the database to a new file, of SQLite or PostgreSQL alike, reads it back, and writes its SHA-256 to\n" +
			"FILE.sha256, for restore and sha256sum -c. restore puts the file into either kind of database. The search index is not in it:\n" +
			"restore builds it anew.",
		Example: "  headwater backup headwater-2026-11-23.db",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				if err := db.Backup(cmd.Context(), args[0]); err != nil {
					return err
				}
				c.printf("written to %s, and its checksum to %s\n", args[0], store.SumFile(args[0]))
				key, err := db.SecretsKey(cmd.Context())
				if key != "" {
					c.printf("The secrets in it are encrypted with the key %s: restore needs that key, which is not in the file.\n", key)
				}
				return err
			})
		},
	}
}

func (c *cli) restoreCommand() *cobra.Command {
	var force, forget bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup into an empty data folder or database and index it",
		Long: "Puts a backup into an empty data folder, or into an empty database of PostgreSQL where the settings name one (database), and\n" +
			"builds the search index. The file may come from either kind of database and from any older version. With FILE.sha256 beside it,\n" +
			"a file that was truncated or altered is refused. With --force it replaces what a database of headwater holds; one of another\n" +
			"program is never replaced. If it fails or is interrupted, a database that was there before is as it was.\n\n" +
			"A backup with encrypted secrets needs their key in secrets.key_file. Where that key is lost, --forget-secrets removes them.",
		Example: "  headwater restore headwater-2026-11-23.db --data ./restored\n" +
			"  HEADWATER_DATABASE=postgres://headwater@db.example/news headwater restore headwater-2026-11-23.db",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			err = checkNoServer(cmd.Context(), cfg.Data, "and what it has stored would be replaced; stop it first, or name another folder with --data")
			if err != nil {
				return err
			}
			log, err := c.logger(cfg)
			if err != nil {
				return err
			}
			err = store.Restore(cmd.Context(), args[0], cfg.Data, store.RestoreOptions{
				Database: string(cfg.Database), Force: force, KeyFile: cfg.Secrets.KeyFile, ForgetSecrets: forget, Others: []string{search.FilePattern}, Logger: log,
			})
			if err != nil {
				return err
			}
			return c.withApp(cmd.Context(), openOptions{restoring: true, forget: forget}, func(a *app) error {
				bar := c.progressBar()
				n, err := a.index.CatchUp(cmd.Context(), bar.of("index"))
				bar.clear()
				if err == nil {
					err = store.Restored(cfg.Data)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.stdout, "restored into %s, %s indexed\n", cmp.Or(databaseName(a, cfg), cfg.Data), count(n, "article"))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace what the database holds")
	cmd.Flags().BoolVar(&forget, "forget-secrets", false, "remove encrypted secrets whose key is lost")
	return cmd
}

// databaseName names the database of PostgreSQL, "" for that of a data folder.
func databaseName(a *app, cfg config.Config) string {
	if cfg.Database == "" {
		return ""
	}
	return a.store.Database()
}

// completeIndex adds what the index lacks, as after a crash, before a search. A server does so in the background, and its
// searches say how far it is.
func (c *cli) completeIndex(ctx context.Context, a *app) error {
	if c.server != nil || !a.index.Building() {
		return nil
	}
	bar := c.progressBar()
	defer bar.clear()
	_, err := a.index.CatchUp(ctx, bar.of("index"))
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
			return c.runOrForward(cmd, func(a *app) error {
				bar := c.progressBar()
				n, err := a.pipeline.Reindex(cmd.Context(), a.newIndex, bar.of("index"))
				bar.clear()
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
			return c.withoutServer(cmd.Context(), "and could store nothing meanwhile; stop it first", openOptions{}, func(a *app) error {
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
				_, err = fmt.Fprintf(c.stdout, "%s before, %s now\n", byteSize(before.File), byteSize(after.File))
				return err
			})
		},
	}
}

func (c *cli) downgradeCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "downgrade SCHEMA",
		Short: "Let an earlier version of the program open the database",
		Long: "Takes the database back to an earlier schema, so that the version of the program that knows only that one opens it with all that was\n" +
			"stored since. That version says which schema it knows, by `headwater version --json` or where it refuses the database. What it has\n" +
			"no place for goes: the command says what, and does nothing until it is called with --yes. A server on the folder, and all nodes on\n" +
			"the database, must be stopped first.",
		Example: "  headwater downgrade 47",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usagef("downgrade: %q is no number of a schema", args[0])
			}
			return c.withoutServer(cmd.Context(), "and needs the schema that it has; stop it first", openOptions{}, func(a *app) error {
				lost, err := a.store.LostByDowngrade(cmd.Context(), to)
				if err != nil {
					return err
				}
				if len(lost) > 0 && !yes {
					tables := make([]string, len(lost))
					for i, l := range lost {
						tables[i] = fmt.Sprintf("%s (%s)", l.Table, count(l.Rows, "row"))
					}
					return fmt.Errorf("schema %d has no place for %s, which would go; nothing was changed. Make a backup, then add --yes", to, strings.Join(tables, ", "))
				}
				if err := a.store.Downgrade(cmd.Context(), to); err != nil {
					return err
				}
				c.printf("The database has schema %d. Install the earlier version now: serve and poll of this one bring it up to date again.\n", to)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "remove what the earlier schema has no place for")
	return cmd
}
