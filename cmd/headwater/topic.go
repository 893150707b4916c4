package main

import (
	"context"
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
	"headwater/internal/store"
)

func (c *cli) topicCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "topic",
		Short:   "Follow topics: add, list, show and remove saved queries",
		Example: "  headwater topic add rates '\"interest rates\" OR \"central bank\"'\n  headwater topic show rates",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.topicAdd(), c.topicList(), c.topicShow(), c.topicSet(), c.topicSeen(), c.topicSecret(), c.topicRemove(), c.topicAlert())
	return cmd
}

func (c *cli) topicAdd() *cobra.Command {
	var user string
	var o news.TopicOptions
	cmd := &cobra.Command{
		Use:   "add NAME QUERY",
		Short: "Follow a query under a name",
		Example: "  headwater topic add rates '\"interest rates\" OR \"central bank\"'\n" +
			"  headwater topic add quakes earthquake --min-outlets 3 --lang en,es --mute 'The Sun'",
		Args: arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return usagef("a topic needs a name")
			}
			t := news.Topic{Name: args[0], Query: args[1], Options: o}
			if err := search.CheckTopic(t); err != nil {
				return usagef("%v", err)
			}
			return c.runOrForward(cmd, func(a *app) (err error) {
				if t.User, err = userID(cmd.Context(), a.store, user); err != nil {
					return err
				}
				has, err := a.topics.Followed(cmd.Context(), t)
				switch {
				case err == nil && t.FindsSame(has):
					return fmt.Errorf("the topic %s finds the same already; `headwater topic show` shows it", has.Name)
				case err == nil:
					return errTopicExists(args[0])
				case !errors.Is(err, news.ErrNotFound):
					return err
				}
				_, err = a.topics.AddTopic(cmd.Context(), t)
				if errors.Is(err, news.ErrExists) {
					return errTopicExists(args[0])
				}
				return err
			})
		},
	}
	userFlag(cmd, &user)
	addOptionFlags(cmd, &o)
	return cmd
}

func errTopicExists(name string) error {
	return fmt.Errorf("topic %s exists already; remove it first or choose another name", name)
}

// addOptionFlags adds the flags that narrow a topic down.
func addOptionFlags(cmd *cobra.Command, o *news.TopicOptions) {
	f := cmd.Flags()
	f.BoolVar(&o.Originals, "originals", false, "only stories whose original is among what the query finds")
	f.IntVar(&o.MinOutlets, "min-outlets", 0, "only stories that at least `N` outlets carry")
	f.StringSliceVar(&o.Langs, "lang", nil, "only articles in these `LANGUAGES`, as en,es or English")
	f.StringSliceVar(&o.Muted, "mute", nil, "count no articles of these `OUTLETS`, by name or domain")
}

// userFlag adds --user: the command works on the topics of one user, which only that user's feed readers show.
func userFlag(cmd *cobra.Command, user *string) {
	cmd.Flags().StringVar(user, "user", "", "of the user `NAME` only, instead of everybody")
}

func (c *cli) topicList() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the topics",
		Example: "  headwater topic list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				id, err := userID(cmd.Context(), db, user)
				if err != nil {
					return err
				}
				topics, err := db.Topics(cmd.Context(), id)
				if err != nil {
					return err
				}
				rows := view.All(topics, view.TopicOf)
				if c.asJSON {
					return c.printJSON(rows)
				}
				w := c.table(bold)
				for _, t := range rows {
					unseen := ""
					if t.New > 0 {
						unseen = fmt.Sprintf("%d new", t.New)
					}
					w.row(t.Name, unseen, t.Query+optionFlagsOf(t.TopicOptions))
				}
				w.flush()
				return nil
			})
		},
	}
	userFlag(cmd, &user)
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) topicShow() *cobra.Command {
	var limit int
	var user string
	cmd := &cobra.Command{
		Use:     "show NAME",
		Short:   "Show a topic's stories, the newest first",
		Example: "  headwater topic show rates --limit 5",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			return c.onTopic(cmd, user, args, func(a *app, t news.Topic) error {
				if err := c.completeIndex(cmd.Context(), a); err != nil {
					return err
				}
				stories, total, err := a.stories.TopicStories(cmd.Context(), t, limit, 0)
				if err != nil {
					return err
				}
				return c.printStories(stories, total)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "print at most `N`")
	userFlag(cmd, &user)
	c.jsonFlag(cmd)
	return cmd
}

// topicOf finds a topic by name: of a user, or of everybody where user is "".
func (a *app) topicOf(ctx context.Context, user, name string) (news.Topic, error) {
	id, err := userID(ctx, a.store, user)
	if err != nil {
		return news.Topic{}, err
	}
	t, err := a.store.Topic(ctx, id, name)
	if errors.Is(err, news.ErrNotFound) {
		err = noTopic(name)
	}
	return t, err
}

// onTopic is runOrForward for the topic that the first argument names.
func (c *cli) onTopic(cmd *cobra.Command, user string, args []string, work func(*app, news.Topic) error) error {
	return c.runOrForward(cmd, func(a *app) error {
		t, err := a.topicOf(cmd.Context(), user, args[0])
		if err != nil {
			return err
		}
		return work(a, t)
	})
}

func noTopic(name string) error {
	return fmt.Errorf("there is no topic %s; `headwater topic list` has them", name)
}

func (c *cli) topicRemove() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "remove NAME",
		Short:   "Follow a topic no longer",
		Example: "  headwater topic remove rates",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				id, err := userID(cmd.Context(), a.store, user)
				if err != nil {
					return err
				}
				err = a.store.RemoveTopic(cmd.Context(), id, args[0])
				if errors.Is(err, news.ErrNotFound) {
					return noTopic(args[0])
				}
				return err
			})
		},
	}
	userFlag(cmd, &user)
	return cmd
}

// optionFlagsOf writes a topic's options as flags of `topic add`.
func optionFlagsOf(o view.TopicOptions) string {
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
			return c.onTopic(cmd, user, args, func(a *app, t news.Topic) error {
				changed := cmd.Flags().Changed
				if changed("query") {
					t.Query = query
				}
				if changed("rename") {
					t.Name = rename
				}
				if changed("originals") {
					t.Options.Originals = o.Originals
				}
				if changed("min-outlets") {
					t.Options.MinOutlets = o.MinOutlets
				}
				if changed("lang") {
					t.Options.Langs = o.Langs
				}
				if changed("mute") {
					t.Options.Muted = o.Muted
				}
				if err := search.CheckTopic(t); err != nil {
					return usagef("%v", err)
				}
				err := a.topics.ChangeTopic(cmd.Context(), t)
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
	addOptionFlags(cmd, &o)
	return cmd
}

func (c *cli) topicSeen() *cobra.Command {
	var user, viewer string
	cmd := &cobra.Command{
		Use:     "seen NAME",
		Short:   "Count none of a topic's stories as new any more",
		Long:    "Counts none of a topic's stories as new any more: for every user, or with --for for one.",
		Example: "  headwater topic seen rates\n  headwater topic seen rates --for anna",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onTopic(cmd, user, args, func(a *app, t news.Topic) error {
				id, err := userID(cmd.Context(), a.store, viewer)
				if err != nil {
					return err
				}
				return a.topics.SeeTopic(cmd.Context(), t, id)
			})
		},
	}
	cmd.Flags().StringVar(&viewer, "for", "", "for the user `NAME` alone")
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
			return c.onTopic(cmd, user, args, func(a *app, t news.Topic) error {
				switch {
				case revoke:
					return a.store.SetTopicSecret(cmd.Context(), t.ID, "")
				case renew || t.Secret == "":
					t.Secret = rand.Text()
					if err := a.store.SetTopicSecret(cmd.Context(), t.ID, t.Secret); err != nil {
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
