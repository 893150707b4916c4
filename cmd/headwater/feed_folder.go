package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/store"
)

func (c *cli) feedFolder() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "folder",
		Short:   "List, rename, remove and restore folders of feeds",
		Example: "  headwater feed folder rename World News/World\n  headwater feed folder remove News",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.folderList(), c.folderRename(), c.folderRemove(), c.folderRestore())
	return cmd
}

func (c *cli) folderList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the folders",
		Example: "  headwater feed folder list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				feeds, err := db.Feeds(cmd.Context())
				if err != nil {
					return err
				}
				type row struct {
					Name  string `json:"name"`
					Feeds int    `json:"feeds"`
				}
				rows := []row{}
				w := c.table()
				in := map[string]int{}
				for _, f := range feeds {
					if f.Folder != "" {
						in[f.Folder]++
					}
				}
				for _, name := range slices.Sorted(maps.Keys(in)) {
					rows = append(rows, row{name, in[name]})
					w.row(name, count(in[name], "feed"))
				}
				return c.printList(rows, w)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) folderRename() *cobra.Command {
	return &cobra.Command{
		Use:     "rename NAME NEW",
		Short:   "Rename a folder with those within it; with the name of another folder the two become one",
		Example: "  headwater feed folder rename World News/World",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[1] == "" {
				return usagef("a folder needs a name; `headwater feed folder remove` removes it")
			}
			return c.runOrForward(cmd, func(a *app) error {
				n, err := a.feeds.MoveFolder(cmd.Context(), args[0], args[1])
				if err == nil && n == 0 {
					err = news.ErrNotFound
				}
				if err != nil {
					return folderError(args[0], err)
				}
				c.printf("moved %s\n", count(n, "feed"))
				return nil
			})
		},
	}
}

func (c *cli) folderRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "Remove a folder; its feeds stay",
		Long:    "Removes a folder. Its feeds stay; those of folders within it keep the rest of their path. For a day `headwater feed folder restore` undoes it.",
		Example: "  headwater feed folder remove News",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				done, err := a.feeds.RemoveFolder(cmd.Context(), args[0])
				if err != nil {
					return folderError(args[0], err)
				}
				c.printf("removed %s, with %s in it; `headwater feed folder restore` undoes it\n", args[0], count(done.Feeds, "feed"))
				return nil
			})
		},
	}
}

func (c *cli) folderRestore() *cobra.Command {
	return &cobra.Command{
		Use:     "restore",
		Short:   "Undo the last removal of a folder, for the feeds that nobody moved since",
		Example: "  headwater feed folder restore",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				n, err := a.feeds.RestoreFolder(cmd.Context(), 0)
				if errors.Is(err, news.ErrNotFound) {
					return errors.New("no folder was removed in the last day, or that was undone")
				}
				if err != nil {
					return err
				}
				c.printf("restored %s\n", count(n, "feed"))
				return nil
			})
		},
	}
}

// folderError words the errors of a folder's name.
func folderError(name string, err error) error {
	if errors.Is(err, news.ErrNotFound) {
		return fmt.Errorf("no feed is in a folder %s; `headwater feed folder list` has the folders", name)
	}
	return err
}
