package main

import (
	"context"
	"errors"
	"fmt"
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
		Short: "Have people told of a topic's stories: add, list, remove, test",
		Long: "Tells of each story that begins to match a topic, once: by a signed webhook (Standard Webhooks), a message to an ntfy\n" +
			"server, or mail. What the topic held before an alert was added is told to nobody.",
		Example: "  headwater topic alert add rates webhook https://hooks.example.org/news\n  headwater topic alert list",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(
		c.alertAdd(), c.alertList(),
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

func (c *cli) alertAdd() *cobra.Command {
	var user, token string
	var a news.Alert
	cmd := &cobra.Command{
		Use:   "add TOPIC webhook|ntfy|email TARGET",
		Short: "Have somebody told; the secret that signs a webhook is shown this once",
		Example: "  headwater topic alert add rates webhook https://hooks.example.org/news --again-outlets 10\n" +
			"  headwater topic alert add rates ntfy https://ntfy.sh/rates-4711\n" +
			"  headwater topic alert add rates email anna@example.org --schedule '0 7 * * 1-5'",
		Args: arguments(3, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.Kind, a.Target = news.AlertKind(args[1]), args[2]
			var r request
			if token != "" {
				secret, err := c.firstLine(token, "token")
				if err != nil {
					return err
				}
				a.Secret, r.Inputs = secret, map[string][]byte{token: []byte(secret + "\n")}
			}
			if a.Secret != "" && a.Kind != news.AlertNtfy {
				return usagef("only ntfy takes a token")
			}
			return c.runOrForwardRequest(cmd, r, c.stdout, func(open *app) error {
				t, err := open.topicOf(cmd.Context(), user, args[0])
				if err != nil {
					return err
				}
				a.Topic = t.ID
				added, err := open.alerts.AddAlert(cmd.Context(), a)
				var wrong *news.AlertError
				switch {
				case errors.As(err, &wrong):
					return usagef("%s", wrong.Text)
				case errors.Is(err, news.ErrExists):
					return fmt.Errorf("the topic %s has an alert of that kind for that target already; `headwater topic alert list` has them", args[0])
				case err != nil:
					return err
				}
				secret := ""
				if added.Kind == news.AlertWebhook {
					secret = added.Secret
				}
				if c.asJSON {
					return c.printJSON(struct {
						view.Alert
						Secret string `json:"secret,omitempty"`
					}{view.AlertOf(t.Name, added), secret})
				}
				c.printf("alert %d tells %s of what is new in %s; `headwater topic alert test %d` tries it\n", added.ID, added.Target, t.Name, added.ID)
				if secret != "" {
					c.printf("secret: %s\nKeep it: it is shown this once, and the receiver needs it to check signatures.\n", secret)
				}
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.IntVar(&a.AgainOutlets, "again-outlets", 0, "tell of a story again when `N` outlets carry it")
	f.BoolVar(&a.AgainOriginal, "again-original", false, "tell of a story again when its original joins it")
	f.StringVar(&a.Schedule, "schedule", "", "when mails go out: a `CRON` spec in UTC, or \"each\" for at once (default \"0 7 * * *\")")
	f.StringVar(&token, "token-file", "", "read the ntfy server's access token from the first line of `FILE`; - is standard input")
	userFlag(cmd, &user)
	c.jsonFlag(cmd)
	return cmd
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
					w.row(fmt.Sprint(a.ID), a.Topic, string(a.Kind), a.Target, alertState(a))
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
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usagef("%q is no number of an alert; `headwater topic alert list` has them", args[0])
			}
			return c.runOrForward(cmd, func(a *app) error {
				err := do(cmd.Context(), a, id)
				if errors.Is(err, news.ErrNotFound) {
					return fmt.Errorf("there is no alert %d; `headwater topic alert list` has them", id)
				}
				return err
			})
		},
	}
}
