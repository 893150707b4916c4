package main

import (
	"slices"

	"github.com/spf13/cobra"

	"headwater/internal/pipeline"
)

const fullTextUsage = "read the pages of its items for their text: `MODE` is auto, always or never; \"\" is as config.yaml says"

func (c *cli) feedSet() *cobra.Command {
	var full string
	cmd := &cobra.Command{
		Use:     "set URL|ID...",
		Short:   "Say how feeds are read",
		Example: "  headwater feed set https://www.theguardian.com/world/rss --full-text never",
		Args:    arguments(1, anyNumber),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("full-text") {
				return usagef("say what to set, such as --full-text always")
			}
			if err := checkFullText(full); err != nil {
				return err
			}
			return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
				for _, arg := range args {
					f, err := a.findFeed(cmd.Context(), arg)
					if err != nil {
						return err
					}
					if err := a.SetFullText(cmd.Context(), f.ID, full); err != nil {
						return err
					}
					c.printf("set %d %s\n", f.ID, f.URL)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&full, "full-text", "", fullTextUsage)
	return cmd
}

func checkFullText(mode string) error {
	if slices.Contains([]string{"", pipeline.FullTextAuto, pipeline.FullTextAlways, pipeline.FullTextNever}, mode) {
		return nil
	}
	return usagef("--full-text: %q is none of auto, always and never", mode)
}
