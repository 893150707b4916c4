package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/view"
)

func newCount(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d new", n)
}

// optionWords says how a topic's query is narrowed down, as flags of `topic add` do it.
func optionWords(o view.TopicOptions) string {
	var words []string
	if o.Originals {
		words = append(words, "--originals")
	}
	if o.MinOutlets > 0 {
		words = append(words, fmt.Sprintf("--min-outlets %d", o.MinOutlets))
	}
	if len(o.Langs) > 0 {
		words = append(words, "--lang "+strings.Join(o.Langs, ","))
	}
	if len(o.Muted) > 0 {
		words = append(words, "--mute "+strings.Join(o.Muted, ","))
	}
	if len(words) == 0 {
		return ""
	}
	return "  " + strings.Join(words, " ")
}

func (c *cli) topicSet() *cobra.Command {
	var user, query, rename string
	var o news.TopicOptions
	cmd := &cobra.Command{
		Use:     "set NAME",
		Short:   "Change a topic's name, query or options; with another query its matches begin anew",
		Example: "  headwater topic set rates --query '\"interest rates\"' --min-outlets 2\n  headwater topic set rates --rename 'Interest rates'",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			changes := false
			cmd.Flags().Visit(func(f *pflag.Flag) {
				changes = changes || !slices.Contains([]string{"user", "data", "config"}, f.Name)
			})
			if !changes {
				return usagef("say what to change: --query, --rename or an option")
			}
			return c.besideTopic(cmd, user, args, func(a *app, t news.Topic) error {
				changed := cmd.Flags().Changed
				if changed("query") {
					t.Query = query
				}
				if changed("rename") {
					t.Name = rename
				}
				setOptions(&t.Options, o, changed)
				if err := search.CheckTopic(t); err != nil {
					return usagef("%v", err)
				}
				err := a.ChangeTopic(cmd.Context(), t)
				if errors.Is(err, news.ErrNotFound) {
					return fmt.Errorf("topic %s exists already; choose another name", t.Name)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&query, "query", "", "follow `Q` instead")
	cmd.Flags().StringVar(&rename, "rename", "", "call it `NAME`")
	userFlag(cmd, &user)
	optionFlags(cmd, &o)
	return cmd
}

// setOptions takes the options whose flags were given.
func setOptions(to *news.TopicOptions, from news.TopicOptions, given func(flag string) bool) {
	if given("originals") {
		to.Originals = from.Originals
	}
	if given("min-outlets") {
		to.MinOutlets = from.MinOutlets
	}
	if given("lang") {
		to.Langs = from.Langs
	}
	if given("mute") {
		to.Muted = from.Muted
	}
}

func (c *cli) topicSeen() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "seen NAME",
		Short:   "Count none of a topic's stories as new any more",
		Example: "  headwater topic seen rates",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.besideTopic(cmd, user, args, func(a *app, t news.Topic) error { return a.SeeTopic(cmd.Context(), t) })
		},
	}
	userFlag(cmd, &user)
	return cmd
}

func (c *cli) topicSecret() *cobra.Command {
	var user string
	var renew, revoke bool
	cmd := &cobra.Command{
		Use:   "secret NAME",
		Short: "Print the address of a topic's feed that only who has it can read; make one, another or none",
		Long: "Prints an address of the topic's feed that holds a secret, for a reader that cannot log in. Whoever has the address can read the\n" +
			"feed, also of a user's topic, until --new or --revoke ends it.",
		Example: "  headwater topic secret rates\n  headwater topic secret rates --revoke",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if renew && revoke {
				return usagef("--new or --revoke, not both")
			}
			return c.besideTopic(cmd, user, args, func(a *app, t news.Topic) error {
				switch {
				case revoke:
					return a.SetTopicSecret(cmd.Context(), t, "")
				case renew || t.Secret == "":
					t.Secret = rand.Text()
					if err := a.SetTopicSecret(cmd.Context(), t, t.Secret); err != nil {
						return err
					}
				}
				c.printf("%s/feeds/t/%s.atom\n", a.cfg.BaseURL(""), t.Secret)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&renew, "new", false, "make another, so that the one before ends")
	cmd.Flags().BoolVar(&revoke, "revoke", false, "end it")
	userFlag(cmd, &user)
	return cmd
}
