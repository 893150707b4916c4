package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/serve/view"
	"headwater/internal/store"
)

func (c *cli) topicAlert() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alert",
		Short: "Have people told of a topic's stories: add, set, list, remove, test",
		Long: "Tells of each story that begins to match a topic, once: by mail, by a signed webhook (Standard Webhooks), or by a message\n" +
			"through ntfy, Telegram, Matrix, Slack, Discord, Gotify or Pushover. What the topic held before an alert was added is told to\n" +
			"nobody.",
		Example: "  headwater topic alert add rates webhook https://hooks.example.org/news\n  headwater topic alert list",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(
		c.alertAdd(), c.alertList(), c.alertSet(),
		c.onAlert("remove ID", "Tell somebody no more", "  headwater topic alert remove 3",
			func(ctx context.Context, a *app, id int64) error { return a.store.RemoveAlert(ctx, id) }),
		c.onAlert("test ID", "Tell somebody of the topic's newest story now, and say how it went", "  headwater topic alert test 3",
			func(ctx context.Context, a *app, id int64) error {
				if err := a.alerts.TestAlert(ctx, id); err != nil {
					return err
				}
				c.printf("sent, and taken\n")
				return nil
			}),
	)
	return cmd
}

// alertFlags are the flags of the options of an alert.
type alertFlags struct {
	alert             news.Alert
	tokens, secrets   string // files
	every, everyAlias string
	test              bool
}

func (f *alertFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.test, "test", false, "send a test at once, and say what came of it")
	flags.StringVar(&f.every, "every", "", "when it tells: `WORDS` such as \"weekdays at 18:30\", \"every 2 hours\", \"at once, not from 22:00 to 07:00\", or a cron spec (default \"every day at 07:00\" for mails, \"at once\" for others)")
	flags.StringVar(&f.everyAlias, "schedule", "", "the same as --every")
	_ = flags.MarkHidden("schedule") // the flag is there
	flags.StringVar(&f.alert.Zone, "zone", "", "the time `ZONE` of --every, as Europe/Berlin (default UTC)")
	flags.IntVar(&f.alert.AgainOutlets, "again-outlets", 0, "tell of a story again when `N` outlets carry it")
	flags.BoolVar(&f.alert.AgainOriginal, "again-original", false, "tell of a story again when its original joins it")
	flags.StringVar(&f.tokens, "token-file", "", "read the token of ntfy, Telegram, Matrix, Gotify or Pushover, or the key at the end of a webhook of Slack or Discord, from the first line of `FILE`; - is standard input")
	flags.StringVar(&f.secrets, "secret-file", "", "read the secret that signs a webhook (whsec_...) from the first line of `FILE`, rather than have one made; - is standard input")
}

// check says which secret alerts of a kind do not take.
func (f *alertFlags) check(kind news.AlertKind) error {
	switch {
	case f.tokens != "" && !kind.TakesToken():
		return usagef("alerts of the kind %s take no token", kind)
	case f.secrets != "" && kind != news.AlertWebhook:
		return usagef("only webhooks are signed by a secret")
	}
	return nil
}

// read reads the schedule and the files of the flags into the alert. The files go into the request to a server.
func (f *alertFlags) read(c *cli, r *request) error {
	f.alert.Schedule = cmp.Or(f.every, f.everyAlias)
	for _, one := range []struct{ file, what string }{{f.tokens, "token"}, {f.secrets, "secret"}} {
		if one.file == "" {
			continue
		}
		text, err := c.firstLine(one.file, one.what)
		if err != nil {
			return err
		}
		if f.alert.Secret != "" {
			return usagef("--token-file or --secret-file, not both")
		}
		f.alert.Secret, r.Inputs = text, map[string][]byte{one.file: []byte(text + "\n")}
	}
	return nil
}

func (c *cli) alertAdd() *cobra.Command {
	var user string
	var flags alertFlags
	cmd := &cobra.Command{
		Use:   "add TOPIC KIND TARGET",
		Short: "Have somebody told; the secret that signs a webhook is shown this once",
		Long: "Have somebody told of a topic's new stories. KIND and TARGET are\n\n" +
			"  email     a mail address\n" +
			"  ntfy      the server with the topic: https://ntfy.sh/rates-4711\n" +
			"  telegram  @channel, or the number of a chat; the bot's token in --token-file\n" +
			"  matrix    the server with the id of the room: https://matrix.example.org/!ROOM:example.org; the access token in --token-file\n" +
			"  slack     the webhook's address; with ... in place of the key at its end if that is in --token-file\n" +
			"  discord   the webhook's address, likewise\n" +
			"  gotify    the server: https://push.example.org; the application's token in --token-file\n" +
			"  pushover  the key of the user or group; the application's token in --token-file\n" +
			"  webhook   the address that gets signed requests",
		Example: "  headwater topic alert add rates webhook https://hooks.example.org/news --again-outlets 10\n" +
			"  headwater topic alert add rates ntfy https://ntfy.sh/rates-4711 --every 'at once, not from 22:00 to 07:00' --zone Europe/Berlin\n" +
			"  headwater topic alert add rates telegram @rates_news --token-file bot.txt --test\n" +
			"  headwater topic alert add rates email anna@example.org --every 'weekdays at 7' --zone Europe/Berlin",
		Args: arguments(3, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			var r request
			flags.alert.Kind, flags.alert.Target = news.AlertKind(args[1]), args[2]
			if err := flags.check(flags.alert.Kind); err != nil {
				return err
			}
			if err := flags.read(c, &r); err != nil {
				return err
			}
			return c.runOrForwardRequest(cmd, r, c.stdout, func(open *app) error {
				t, err := open.topicOf(cmd.Context(), user, args[0])
				if err != nil {
					return err
				}
				a := flags.alert
				a.Topic = t.ID
				added, err := open.alerts.AddAlert(cmd.Context(), a)
				if err != nil {
					return alertError(err, args[0])
				}
				secret := ""
				if added.Kind == news.AlertWebhook {
					secret = added.Secret
				}
				tested, err := flags.tested(cmd.Context(), open, added.ID)
				if err != nil {
					return err
				}
				if added, err = open.store.Alert(cmd.Context(), added.ID); err != nil {
					return err
				}
				if c.asJSON {
					return c.printJSON(struct {
						view.Alert
						Secret string `json:"secret,omitempty"`
					}{view.AlertOf(t.Name, added), secret})
				}
				c.printf("alert %d tells %s of what is new in %s, %s; %s\n", added.ID, added.Target, t.Name, alertSchedule(view.AlertOf(t.Name, added)), tested)
				if secret != "" {
					c.printf("secret: %s\nKeep it: it is shown this once, and the receiver needs it to check signatures.\n", secret)
				}
				return nil
			})
		},
	}
	flags.add(cmd)
	userFlag(cmd, &user)
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) alertSet() *cobra.Command {
	var target string
	var flags alertFlags
	cmd := &cobra.Command{
		Use:     "set ID",
		Short:   "Change whom an alert tells and when, and test it; what waits follows the new schedule",
		Example: "  headwater topic alert set 3 --every 'Mondays and Thursdays at 9' --zone Europe/Berlin\n  headwater topic alert set 2 --target https://ntfy.sh/rates-4712",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := alertID(args[0])
			if err != nil {
				return err
			}
			var r request
			if err := flags.read(c, &r); err != nil {
				return err
			}
			changed := cmd.Flags().Changed
			if !slices.ContainsFunc([]string{"target", "every", "schedule", "zone", "again-outlets", "again-original", "token-file", "secret-file"}, changed) {
				return usagef("say what to change: --every, --target or another option")
			}
			return c.runOrForwardRequest(cmd, r, c.stdout, func(open *app) error {
				a, err := open.store.Alert(cmd.Context(), id)
				if err != nil {
					return noAlert(err, id)
				}
				if err := flags.check(a.Kind); err != nil {
					return err
				}
				a.Secret = flags.alert.Secret // "" keeps the one there is
				a.Schedule = cmp.Or(flags.alert.Schedule, a.Schedule)
				if changed("target") {
					a.Target = target
				}
				if changed("zone") {
					a.Zone = flags.alert.Zone
				}
				if changed("again-outlets") {
					a.AgainOutlets = flags.alert.AgainOutlets
				}
				if changed("again-original") {
					a.AgainOriginal = flags.alert.AgainOriginal
				}
				topic, err := open.store.TopicByID(cmd.Context(), a.Topic)
				if err != nil {
					return noAlert(err, id)
				}
				if a, err = open.alerts.ChangeAlert(cmd.Context(), a); err != nil {
					return alertError(noAlert(err, id), topic.Name)
				}
				tested, err := flags.tested(cmd.Context(), open, id)
				if err != nil {
					return noAlert(err, id)
				}
				c.printf("alert %d tells %s of what is new in %s, %s; %s\n", id, a.Target, topic.Name, alertSchedule(view.AlertOf(topic.Name, a)), tested)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&target, "target", "", "tell this `ADDRESS` instead")
	flags.add(cmd)
	return cmd
}

// alertError says why an alert of a topic was not stored.
func alertError(err error, topic string) error {
	var wrong *news.AlertError
	switch {
	case errors.As(err, &wrong):
		return usagef("%s", wrong.Text)
	case errors.Is(err, news.ErrExists):
		return fmt.Errorf("the topic %s has an alert of that kind for that target already; `headwater topic alert list` has them", topic)
	}
	return err
}

// tested tests an alert where that is asked for, and says what came of it.
func (f *alertFlags) tested(ctx context.Context, a *app, id int64) (string, error) {
	if !f.test {
		return fmt.Sprintf("`headwater topic alert test %d` tries it", id), nil
	}
	var refused *news.AlertError
	switch err := a.alerts.TestAlert(ctx, id); {
	case errors.As(err, &refused):
		return fmt.Sprintf("the test failed: %s\n`headwater topic alert set %d` changes it, `headwater topic alert test %d` tries again", refused.Text, id, id), nil
	case err != nil:
		return "", err
	}
	return "a test was sent, and taken", nil
}

// alertSchedule says when an alert tells, with the zone where there is a time of day.
func alertSchedule(a view.Alert) string {
	if a.Schedule == "at once" {
		return a.Schedule
	}
	return a.Schedule + " " + a.Zone
}

// alertID reads the number of an alert.
func alertID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usagef("%q is no number of an alert; `headwater topic alert list` has them", text)
	}
	return id, nil
}

// noAlert says that there is no such alert, where err is news.ErrNotFound.
func noAlert(err error, id int64) error {
	if errors.Is(err, news.ErrNotFound) {
		return fmt.Errorf("there is no alert %d; `headwater topic alert list` has them", id)
	}
	return err
}

func (c *cli) alertList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the alerts of all topics, and how they go",
		Example: "  headwater topic alert list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				rows, err := alertViews(cmd.Context(), db)
				if err != nil {
					return err
				}
				if c.asJSON {
					return c.printJSON(rows)
				}
				w := c.table(plain, bold)
				for _, a := range rows {
					w.row(fmt.Sprint(a.ID), a.Topic, string(a.Kind), a.Target, alertSchedule(a), alertState(a))
				}
				w.flush()
				return nil
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

// alertViews returns all alerts, with the names of their topics.
func alertViews(ctx context.Context, db *store.DB) ([]view.Alert, error) {
	alerts, err := db.AllAlerts(ctx)
	if err != nil {
		return nil, err
	}
	topics, err := db.AllTopics(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(topics))
	for _, t := range topics {
		names[t.ID] = t.Name
	}
	return view.All(alerts, func(a news.Alert) view.Alert { return view.AlertOf(names[a.Topic], a) }), nil
}

// alertState describes how an alert goes.
func alertState(a view.Alert) string {
	waiting := counts(a.Waiting, "story waits", "stories wait")
	switch {
	case a.Ended:
		return "ended: " + a.Problem
	case a.Problem != "":
		timestamp := func(t *time.Time) string {
			if t == nil {
				return "now"
			}
			return t.UTC().Format("2006-01-02 15:04:05Z")
		}
		return fmt.Sprintf("failing since %s, next try %s, %s: %s", timestamp(a.Failing), timestamp(a.Next), waiting, a.Problem)
	case a.Waiting > 0:
		return waiting
	}
	return "ok"
}

// onAlert is a command that works on one alert, given by its id.
func (c *cli) onAlert(use, short, example string, do func(ctx context.Context, a *app, id int64) error) *cobra.Command {
	return &cobra.Command{
		Use:     use,
		Short:   short,
		Example: example,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := alertID(args[0])
			if err != nil {
				return err
			}
			return c.runOrForward(cmd, func(a *app) error { return noAlert(do(cmd.Context(), a, id), id) })
		},
	}
}
