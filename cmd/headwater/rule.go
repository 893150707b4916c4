package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/view"
)

func (c *cli) ruleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rule",
		Short: "Have something done with what a search finds: add, try, list, show, set, apply, undo and remove rules",
		Long: "A rule is a user's. It acts once on each new article that it matches, and hides it, marks it as read, stars it, gives it a label or\n" +
			"sends it to a topic. All rules that match act; their order does not matter.",
		Example: "  headwater rule try 'title:\"live blog\"'\n  headwater rule add 'title:\"live blog\"' hide --user anna",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(c.ruleAdd(), c.ruleTry(), c.ruleList(), c.ruleShow(), c.ruleSet(), c.ruleApply(), c.ruleUndo(), c.ruleRemove())
	return cmd
}

// ruleUserFlag adds --user: whose the rules are.
func ruleUserFlag(cmd *cobra.Command, user *string) {
	cmd.Flags().StringVar(user, "user", "", "of the user `NAME`; may be left out where there is one user alone")
}

// ruleUser returns the id of a user by name, or of the only one where the name is "".
func ruleUser(ctx context.Context, a *app, name string) (int64, error) {
	if name != "" {
		return userID(ctx, a.store, name)
	}
	users, err := a.store.Users(ctx)
	switch {
	case err != nil:
		return 0, err
	case len(users) == 0:
		return 0, errors.New("a rule is a user's, and there is none; `headwater user add NAME` adds one")
	case len(users) > 1:
		return 0, usagef("a rule is a user's; say whose with --user NAME")
	}
	return users[0].ID, nil
}

// ruleScope has the flags that say which articles a rule is for.
type ruleScope struct {
	feed   int64
	folder string
}

func (s *ruleScope) add(cmd *cobra.Command) {
	cmd.Flags().Int64Var(&s.feed, "feed", 0, "only articles of the feed with this `ID`; 0 is all")
	cmd.Flags().StringVar(&s.folder, "folder", "", "only articles of feeds in this `FOLDER`")
}

// ruleAction reads ACTION [VALUE].
func ruleAction(r *news.UserRule, args []string) error {
	r.Action, r.Label, r.Topic, r.TopicName = news.RuleAction(args[0]), "", 0, ""
	if !slices.Contains(news.RuleActions, r.Action) {
		return usagef("a rule can't %q; say hide, read, star, label LABEL or topic TOPIC", args[0])
	}
	takes := r.Action == news.RuleLabel || r.Action == news.RuleTopic
	switch {
	case takes && len(args) < 2:
		return usagef("%s needs a name behind it, as in: %s NAME", r.Action, r.Action)
	case !takes && len(args) > 1:
		return usagef("%s takes no name", r.Action)
	case r.Action == news.RuleLabel:
		r.Label = args[1]
	case r.Action == news.RuleTopic:
		r.TopicName = args[1]
	}
	return nil
}

// ruleError makes what is wrong with a rule a wrong use of the command.
func ruleError(err error, id int64) error {
	var wrong *news.RuleError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "rules" && wrong.Field != "version":
		return usagef("%v", wrong)
	case errors.Is(err, news.ErrNotFound):
		return fmt.Errorf("there is no rule %d of that user; `headwater rule list` has them", id)
	}
	return err
}

func (c *cli) ruleAdd() *cobra.Command {
	var user string
	var scope ruleScope
	var paused bool
	cmd := &cobra.Command{
		Use:     "add QUERY hide|read|star|label|topic [LABEL|TOPIC]",
		Short:   "Add a rule, which acts on articles that come from now on",
		Example: "  headwater rule add 'title:\"live blog\"' hide --user anna\n  headwater rule add 'ferry OR harbour' label Boats --folder World\n  headwater rule add outlet:nasa.gov topic space --feed 12",
		Args:    arguments(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := news.UserRule{Query: args[0], Feed: scope.feed, Folder: scope.folder, Paused: paused}
			if err := ruleAction(&r, args[1:]); err != nil {
				return err
			}
			if err := search.CheckRule(r.Query); err != nil {
				return usagef("%v", err)
			}
			return c.runOrForward(cmd, func(a *app) (err error) {
				if r.User, err = ruleUser(cmd.Context(), a, user); err != nil {
					return err
				}
				added, err := a.rules.AddRule(cmd.Context(), r)
				if err != nil {
					return ruleError(err, 0)
				}
				if c.asJSON {
					return c.printJSON(view.RuleOf(added))
				}
				c.printf("rule %d: %s\n`headwater rule apply %d` lets it act on the articles of the last week\n", added.ID, ruleText(added), added.ID)
				return nil
			})
		},
	}
	ruleUserFlag(cmd, &user)
	scope.add(cmd)
	cmd.Flags().BoolVar(&paused, "paused", false, "let it do nothing yet")
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) ruleTry() *cobra.Command {
	var user string
	var scope ruleScope
	cmd := &cobra.Command{
		Use:     "try QUERY",
		Short:   "Show what a rule would match among the articles of the last week, and change nothing",
		Example: "  headwater rule try 'title:\"live blog\"' --folder World",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) (err error) {
				r := news.UserRule{Query: args[0], Feed: scope.feed, Folder: scope.folder, Action: news.RuleRead}
				if r.User, err = ruleUser(cmd.Context(), a, user); err != nil {
					return err
				}
				if err := c.completeIndex(cmd.Context(), a); err != nil {
					return err
				}
				trial, err := a.rules.TryRule(cmd.Context(), r)
				if err != nil {
					return ruleError(err, 0)
				}
				found := view.All(trial.Newest, view.RuleArticleOf)
				if c.asJSON {
					return c.printJSON(struct {
						Matches int                `json:"matches"`
						Of      int                `json:"of"`
						Newest  []view.RuleArticle `json:"newest"`
					}{trial.Total, trial.Of, found})
				}
				c.printf("%s of the last week match, of %d\n", counts(trial.Total, "article", "articles"), trial.Of)
				c.printRuleArticles(found)
				return nil
			})
		},
	}
	ruleUserFlag(cmd, &user)
	scope.add(cmd)
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) printRuleArticles(articles []view.RuleArticle) {
	w := c.table(plain, bold)
	for _, one := range articles {
		at := ""
		if one.At != nil {
			at = one.At.UTC().Format("2006-01-02 15:04:05Z")
		}
		w.row(fmt.Sprint(one.ID), one.Title, at)
	}
	w.flush()
}

// ruleText describes what a rule does, to what.
func ruleText(r news.UserRule) string {
	text := string(r.Action)
	switch r.Action {
	case news.RuleLabel:
		text += " " + strconv.Quote(r.Label)
	case news.RuleTopic:
		text += " " + strconv.Quote(r.TopicName)
		if r.Topic == 0 {
			text = "topic that was removed"
		}
	case news.RuleHide, news.RuleRead, news.RuleStar: // say all
	}
	text += " what matches " + r.Query
	switch {
	case r.Feed != 0:
		text += fmt.Sprintf(" in feed %d", r.Feed)
	case r.Folder != "":
		text += " in folder " + r.Folder
	}
	return text
}

// ruleState describes how a rule goes.
func ruleState(r news.UserRule) string {
	switch {
	case r.Paused:
		return "paused"
	case r.Idle == news.RuleNoFeed:
		return "does nothing: its feed was removed"
	case r.Idle == news.RuleNoFolder:
		return "does nothing: no feed is in its folder"
	case r.Idle == news.RuleNoTopic:
		return "does nothing: its topic is gone, or the user may not change it"
	case r.Idle == news.RuleBadQuery:
		return "does nothing: its query can't be read"
	}
	state := counts(r.Acted, "article changed", "articles changed")
	if !r.Last.IsZero() {
		state += ", last " + r.Last.UTC().Format("2006-01-02 15:04:05Z")
	}
	return state
}

func (c *cli) ruleList() *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the rules of a user, and how much each has done",
		Example: "  headwater rule list --user anna --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				id, err := ruleUser(cmd.Context(), a, user)
				if err != nil {
					return err
				}
				rules, err := a.rules.UserRules(cmd.Context(), id)
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printJSON(view.All(rules, view.RuleOf))
				}
				w := c.table(plain, bold)
				for _, r := range rules {
					w.row(fmt.Sprint(r.ID), ruleText(r), ruleState(r))
				}
				w.flush()
				return nil
			})
		},
	}
	ruleUserFlag(cmd, &user)
	c.jsonFlag(cmd)
	return cmd
}

// onRule is a command that works on one rule of a user, given by its id.
func (c *cli) onRule(use, short, example string, do func(cmd *cobra.Command, a *app, r news.UserRule) error) *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Use:     use,
		Short:   short,
		Example: example,
		Args:    arguments(1, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !strings.Contains(use, "[") && len(args) > 1 {
				return usagef("%q is too much; give the number of one rule", args[1])
			}
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usagef("%q is no number of a rule; `headwater rule list` has them", args[0])
			}
			return c.runOrForward(cmd, func(a *app) error {
				owner, err := ruleUser(cmd.Context(), a, user)
				if err != nil {
					return err
				}
				r, err := a.rules.UserRule(cmd.Context(), owner, id)
				if err == nil {
					err = do(cmd, a, r)
				}
				return ruleError(err, id)
			})
		},
	}
	ruleUserFlag(cmd, &user)
	return cmd
}

func (c *cli) ruleShow() *cobra.Command {
	var limit int
	cmd := c.onRule("show ID", "Show a rule and the articles that it changed last", "  headwater rule show 3 --limit 5", func(cmd *cobra.Command, a *app, r news.UserRule) error {
		if err := checkLimit(limit); err != nil {
			return err
		}
		changes, err := a.store.RuleChanges(cmd.Context(), r.User, r.ID, limit)
		if err != nil {
			return err
		}
		did := view.All(changes, view.RuleChangeOf)
		if c.asJSON {
			return c.printJSON(struct {
				view.Rule
				Changes []view.RuleArticle `json:"changes"`
			}{view.RuleOf(r), did})
		}
		c.printf("%s; %s\n", ruleText(r), ruleState(r))
		c.printRuleArticles(did)
		return nil
	})
	cmd.Flags().IntVar(&limit, "limit", 20, "print at most `N` articles")
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) ruleSet() *cobra.Command {
	var query string
	var scope ruleScope
	var paused bool
	cmd := c.onRule("set ID [hide|read|star|label|topic [LABEL|TOPIC]]", "Change a rule, pause it or let it go on", "  headwater rule set 3 label Boats\n  headwater rule set 3 --query 'ferry OR ship' --folder World\n  headwater rule set 3 --paused=false",
		func(cmd *cobra.Command, a *app, r news.UserRule) error {
			changed, action := cmd.Flags().Changed, cmd.Flags().Args()[1:]
			if changed("paused") && len(action) == 0 && !slices.ContainsFunc([]string{"query", "feed", "folder"}, changed) { // also a rule whose feed is gone
				return a.store.PauseRule(cmd.Context(), r.User, r.ID, paused)
			}
			if len(action) == 0 && !slices.ContainsFunc([]string{"query", "feed", "folder"}, changed) {
				return usagef("say what to change: an action, --query, --feed, --folder or --paused")
			}
			if len(action) > 0 {
				if err := ruleAction(&r, action); err != nil {
					return err
				}
			}
			if changed("query") {
				r.Query = query
			}
			if changed("feed") {
				r.Feed = scope.feed
				if !changed("folder") && scope.feed != 0 {
					r.Folder = ""
				}
			}
			if changed("folder") {
				r.Folder = scope.folder
				if !changed("feed") && scope.folder != "" {
					r.Feed = 0
				}
			}
			if changed("paused") {
				r.Paused = paused
			}
			r, err := a.rules.ChangeRule(cmd.Context(), r)
			if err == nil {
				c.printf("rule %d: %s\n", r.ID, ruleText(r))
			}
			return err
		})
	scope.add(cmd)
	cmd.Flags().StringVar(&query, "query", "", "what articles must match, as a `QUERY`")
	cmd.Flags().BoolVar(&paused, "paused", false, "let it do nothing until --paused=false")
	return cmd
}

func (c *cli) ruleApply() *cobra.Command {
	return c.onRule("apply ID", "Let a rule act on the articles of the last week that it matches", "  headwater rule apply 3", func(cmd *cobra.Command, a *app, r news.UserRule) error {
		if err := c.completeIndex(cmd.Context(), a); err != nil {
			return err
		}
		n, err := a.rules.ApplyRule(cmd.Context(), r.User, r.ID)
		if err != nil {
			return err
		}
		c.printf("%s\n", counts(n, "article changed", "articles changed"))
		return nil
	})
}

func (c *cli) ruleUndo() *cobra.Command {
	return c.onRule("undo ID", "Take back what a rule did when it was last applied to the last week", "  headwater rule undo 3", func(cmd *cobra.Command, a *app, r news.UserRule) error {
		n, err := a.store.UndoRule(cmd.Context(), r.User, r.ID)
		if errors.Is(err, news.ErrNotFound) {
			return fmt.Errorf("rule %d was not applied to earlier articles, or that was undone", r.ID)
		}
		if err != nil {
			return err
		}
		c.printf("%s\n", counts(n, "article is as before", "articles are as before"))
		return nil
	})
}

func (c *cli) ruleRemove() *cobra.Command {
	return c.onRule("remove ID", "Remove a rule; what it did stays", "  headwater rule remove 3", func(cmd *cobra.Command, a *app, r news.UserRule) error {
		return a.store.RemoveRule(cmd.Context(), r.User, r.ID)
	})
}
