package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
)

func (c *cli) userToken() *cobra.Command {
	var label string
	cmd := &cobra.Command{
		Use:   "token NAME",
		Short: "Print a new token, by which a program uses the REST API as that user",
		Long: "Prints a token for the REST API: Authorization: Bearer TOKEN. With it a program sees the user's own topics (mine=true) and may\n" +
			"search for is:unread and is:starred. It is shown this once and holds until it is ended.",
		Example: "  headwater user token anna --label 'my script'",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.besideUser(cmd, args, func(a *app, user news.User) error {
				token, err := a.AddAPIToken(cmd.Context(), user, label)
				if err != nil {
					return err
				}
				c.printf("%s\n", token)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&label, "label", "", "what it is for, as `user tokens` shows it")
	return cmd
}

func (c *cli) userTokens() *cobra.Command {
	var revoke int64
	cmd := &cobra.Command{
		Use:     "tokens NAME",
		Short:   "List a user's tokens, or end one",
		Example: "  headwater user tokens anna\n  headwater user tokens anna --revoke 3",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.besideUser(cmd, args, func(a *app, user news.User) error {
				if revoke != 0 {
					err := a.DropAPIToken(cmd.Context(), user, revoke)
					if errors.Is(err, news.ErrNotFound) {
						return fmt.Errorf("%s has no token %d; `headwater user tokens %s` has those that there are", user.Name, revoke, user.Name)
					}
					return err
				}
				tokens, err := a.APITokens(cmd.Context(), user)
				if err != nil {
					return err
				}
				return c.printTokens(tokens)
			})
		},
	}
	cmd.Flags().Int64Var(&revoke, "revoke", 0, "end the token of that `ID`")
	c.jsonFlag(cmd)
	return cmd
}

// besideUser is beside for the user whom the first argument names.
func (c *cli) besideUser(cmd *cobra.Command, args []string, work func(*app, news.User) error) error {
	return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
		user, err := a.FindUser(cmd.Context(), args[0])
		if err != nil {
			return userError(args[0], err)
		}
		return work(a, user)
	})
}

func (c *cli) printTokens(tokens []news.APIToken) error {
	type row struct {
		ID    int64     `json:"id"`
		Label string    `json:"label"`
		Made  time.Time `json:"made"`
	}
	rows := []row{}
	for _, t := range tokens {
		rows = append(rows, row{t.ID, t.Label, t.Made})
	}
	if c.asJSON {
		return c.printJSON(rows)
	}
	w := c.table(faint)
	for _, r := range rows {
		w.row(strconv.FormatInt(r.ID, 10), r.Made.Format(time.DateOnly), r.Label)
	}
	w.Flush()
	return nil
}
