package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"headwater/internal/index"
	"headwater/internal/news"
	"headwater/internal/view"
)

func (c *cli) topicCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "topic",
		Short:   "Follow topics: add, list, show and remove saved queries",
		Example: "  headwater topic add rates '\"interest rates\" OR \"central bank\"'\n  headwater topic show rates",
		Args:    cobra.NoArgs,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.topicAdd(), c.topicList(), c.topicShow(), c.topicRemove())
	return cmd
}

func (c *cli) topicAdd() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "add NAME QUERY",
		Short:   "Follow a query under a name",
		Example: "  headwater topic add rates '\"interest rates\" OR \"central bank\"'",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return usagef("a topic needs a name")
			}
			if err := index.Validate(args[1]); err != nil {
				return usagef("%v", err)
			}
			return c.beside(cmd, errand{Args: args}, c.stdout, func(a *app) error {
				err := a.addTopic(cmd.Context(), user, news.Topic{Name: args[0], Query: args[1]})
				if errors.Is(err, news.ErrExists) {
					return fmt.Errorf("topic %s exists already; remove it first or choose another name", args[0])
				}
				return err
			})
		},
	}
	userFlag(cmd, &user)
	return cmd
}

// userFlag lets a command work on the topics of one user, which only that user's feed readers show.
func userFlag(cmd *cobra.Command, user *string) {
	cmd.Flags().StringVar(user, "user", "", "of the user `NAME` only, instead of everybody")
}

func (a *app) addTopic(ctx context.Context, user string, t news.Topic) error {
	if user == "" {
		return a.AddTopic(ctx, t)
	}
	u, err := a.FindUser(ctx, user)
	if err != nil {
		return userError(user, err)
	}
	return a.AddUserTopic(ctx, u.ID, t)
}

func (a *app) removeTopic(ctx context.Context, user, name string) error {
	if user == "" {
		return a.RemoveTopic(ctx, name)
	}
	u, err := a.FindUser(ctx, user)
	if err != nil {
		return userError(user, err)
	}
	return a.RemoveUserTopic(ctx, u.ID, name)
}

// topicsOf gives everybody's topics, or a user's.
func (r *readings) topicsOf(ctx context.Context, user string) ([]news.Topic, error) {
	if user == "" {
		return r.store.Topics(ctx)
	}
	u, _, err := r.store.User(ctx, user)
	if err != nil {
		return nil, userError(user, err)
	}
	return r.store.UserTopics(ctx, u.ID)
}

func (c *cli) topicList() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the topics",
		Example: "  headwater topic list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.reading(cmd.Context(), func(r *readings) error {
				topics, err := r.topicsOf(cmd.Context(), user)
				if err != nil {
					return err
				}
				rows := view.All(topics, view.TopicOf)
				if c.asJSON {
					return c.printJSON(rows)
				}
				w := c.table()
				for _, t := range rows {
					w.row("%s\t%s\n", t.Name, t.Query)
				}
				return w.Flush()
			})
		},
	}
	userFlag(cmd, &user)
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) topicShow() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "show NAME",
		Short:   "Show a topic's stories, the newest first",
		Example: "  headwater topic show rates --limit 5",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			return c.beside(cmd, errand{Args: args}, c.stdout, func(a *app) error {
				stories, total, err := a.TopicStories(cmd.Context(), args[0], limit, 0)
				if errors.Is(err, news.ErrNotFound) {
					return noTopic(args[0])
				}
				if err != nil {
					return err
				}
				return c.printStories(stories, total)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "print at most `N`")
	c.jsonFlag(cmd)
	return cmd
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
		c.printf("%d  %s\n   %s: %s, %s of %s\n", s.ID, s.Title, s.Origin.Level, s.Origin.Name,
			count(len(s.Members), "article"), count(s.Outlets, "outlet"))
	}
	return nil
}

func (c *cli) topicRemove() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "remove NAME",
		Short:   "Follow a topic no longer",
		Example: "  headwater topic remove rates",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.beside(cmd, errand{Args: args}, c.stdout, func(a *app) error {
				err := a.removeTopic(cmd.Context(), user, args[0])
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
