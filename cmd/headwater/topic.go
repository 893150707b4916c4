package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/publish"
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
			return c.beside(cmd, errand{}, c.stdout, func(a *app) (err error) {
				if t.User, err = owner(cmd.Context(), a.store, user); err != nil {
					return err
				}
				_, err = a.AddTopic(cmd.Context(), t)
				if errors.Is(err, news.ErrExists) {
					return fmt.Errorf("topic %s exists already; remove it first or choose another name", args[0])
				}
				return err
			})
		},
	}
	userFlag(cmd, &user)
	optionFlags(cmd, &o)
	return cmd
}

// optionFlags narrow a topic down.
func optionFlags(cmd *cobra.Command, o *news.TopicOptions) {
	f := cmd.Flags()
	f.BoolVar(&o.Originals, "originals", false, "only stories whose original is among what the query finds")
	f.IntVar(&o.MinOutlets, "min-outlets", 0, "only stories that at least `N` outlets carry")
	f.StringSliceVar(&o.Langs, "lang", nil, "only articles in these `LANGUAGES`, as en,es")
	f.StringSliceVar(&o.Muted, "mute", nil, "count no articles of these `OUTLETS`, by name or domain")
}

// userFlag lets a command work on the topics of one user, which only that user's feed readers show.
func userFlag(cmd *cobra.Command, user *string) {
	cmd.Flags().StringVar(user, "user", "", "of the user `NAME` only, instead of everybody")
}

// owner gives the id of a user, 0 for everybody.
func owner(ctx context.Context, db *store.DB, user string) (int64, error) {
	if user == "" {
		return 0, nil
	}
	u, _, err := db.User(ctx, user)
	if err != nil {
		return 0, userError(user, err)
	}
	return u.ID, nil
}

func (c *cli) topicList() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the topics",
		Example: "  headwater topic list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.reading(cmd.Context(), func(r *readings) error {
				id, err := owner(cmd.Context(), r.store, user)
				if err != nil {
					return err
				}
				topics, err := r.store.Topics(cmd.Context(), id)
				if err != nil {
					return err
				}
				rows := view.All(topics, view.TopicOf)
				if c.asJSON {
					return c.printJSON(rows)
				}
				w := c.table(strong)
				for _, t := range rows {
					w.row(t.Name, newCount(t.New), t.Query+optionWords(t.TopicOptions))
				}
				w.Flush()
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
			return c.besideTopic(cmd, user, args, func(a *app, t news.Topic) error {
				if err := c.completeIndex(cmd.Context(), a); err != nil {
					return err
				}
				stories, total, err := a.TopicStories(cmd.Context(), t, limit, 0)
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

// topicOf gives the topic of that name of a user, or else of everybody.
func (a *app) topicOf(ctx context.Context, user, name string) (news.Topic, error) {
	id, err := owner(ctx, a.store, user)
	if err != nil {
		return news.Topic{}, err
	}
	t, err := a.Topic(ctx, id, name)
	if errors.Is(err, news.ErrNotFound) {
		err = noTopic(name)
	}
	return t, err
}

// besideTopic is beside for the topic that the first argument names.
func (c *cli) besideTopic(cmd *cobra.Command, user string, args []string, work func(*app, news.Topic) error) error {
	return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
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

func (c *cli) printStories(stories []news.Story, total int) error {
	if c.asJSON {
		return c.printJSON(struct {
			Total   int          `json:"total"`
			Stories []view.Story `json:"stories"`
		}{total, view.All(stories, view.StoryOf)})
	}
	for _, s := range stories {
		number := strconv.FormatInt(s.ID, 10)
		c.printf("%s  %s\n", c.screen.show(faint, number), c.screen.prose(len(number)+2, len(number)+2, stretch{strong, publish.Line(s.Title)}))
		c.print(3, coverage(s)...)
	}
	return nil
}

// coverage says whose a story is and how many carry it.
func coverage(s news.Story) []stretch {
	return []stretch{
		{plain, s.Origin.Level + ": "},
		{strong, publish.Name(s.Origin.Outlet)},
		{plain, fmt.Sprintf(", %s of %s", count(len(s.Members), "article"), count(s.Outlets, "outlet"))},
	}
}

func (c *cli) topicRemove() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "remove NAME",
		Short:   "Follow a topic no longer",
		Example: "  headwater topic remove rates",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
				id, err := owner(cmd.Context(), a.store, user)
				if err != nil {
					return err
				}
				err = a.RemoveTopic(cmd.Context(), id, args[0])
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
