package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"headwater/internal/news"
	"headwater/internal/store"
)

func (c *cli) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Give people accounts: add, list, role, password, logout, token, link, remove",
		Long: "Accounts with topics, read marks, stars and settings of their own, for the pages and for feed readers that speak the\n" +
			"Google Reader API. Feeds and articles are everybody's. Readers read; editors also change feeds, outlets and\n" +
			"corrections; admins also manage users. `access.login` in config.yaml says who has to log in.",
		Example: "  headwater user add anna\n  headwater user list",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	role := string(news.ReaderRole)
	add := c.passwordCommand("add NAME", "Make an account; the password is asked for, or read from standard input", "  headwater user add anna --password-file anna.txt\n  headwater user add ben --role editor",
		func(ctx context.Context, a *app, name, password string) error {
			r, err := news.ParseUserRole(role)
			if err != nil {
				return usagef("--role: %v", err)
			}
			return a.accounts.AddUserAs(ctx, name, password, r)
		})
	add.Flags().StringVar(&role, "role", role, "what the user may do: `ROLE` is reader, editor or admin")
	cmd.AddCommand(
		add,
		c.userList(),
		c.passwordCommand("password NAME", "Set another password, which ends all logins", "  headwater user password anna",
			func(ctx context.Context, a *app, name, password string) error {
				return a.accounts.SetPassword(ctx, name, password)
			}),
		c.userRole(), c.userLogout(), c.userRemove(), c.userToken(), c.userTokens(), c.linkCommand(true), c.linkCommand(false),
	)
	return cmd
}

// passwordCommand is a command that takes a password: never as an argument, which other people on the machine could see.
func (c *cli) passwordCommand(use, short, example string, do func(ctx context.Context, a *app, name, password string) error) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     use,
		Short:   short,
		Example: example,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			if err := news.CheckName(name); err != nil {
				return usagef("user: %v", err)
			}
			password, err := c.password(name, file)
			if err != nil {
				return err
			}
			r := request{Inputs: map[string][]byte{cmp.Or(file, "-"): []byte(password + "\n")}}
			return c.runOrForwardRequest(cmd, r, c.stdout, func(a *app) error { return userError(name, do(cmd.Context(), a, name, password)) })
		},
	}
	cmd.Flags().StringVar(&file, "password-file", "", "read the password from the first line of `FILE`; - is standard input")
	return cmd
}

// password asks for a password at a terminal, twice, or reads the first line of a file or of standard input.
func (c *cli) password(name, file string) (string, error) {
	f, ok := c.stdin.(*os.File)
	if file != "" || !ok || !term.IsTerminal(int(f.Fd())) {
		return c.firstLine(cmp.Or(file, "-"), "password")
	}
	var given [2]string
	for i, prompt := range []string{"Password for " + name + ": ", "Once more: "} {
		c.complain("%s", prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		c.complain("\n")
		if err != nil {
			return "", fmt.Errorf("password: %w", err)
		}
		given[i] = string(b)
	}
	if given[0] != given[1] {
		return "", usagef("the two passwords differ; try again")
	}
	return given[0], nil
}

// userError words the errors of a user's name.
func userError(name string, err error) error {
	switch {
	case errors.Is(err, news.ErrExists):
		return fmt.Errorf("there is a user %s already; choose another name, or set the password with `headwater user password`", name)
	case errors.Is(err, news.ErrNotFound):
		return fmt.Errorf("there is no user %s; `headwater user list` has them", name)
	case errors.Is(err, news.ErrLastAdmin):
		return fmt.Errorf("%s is the last admin; `headwater user role OTHER admin` makes another user one first", name)
	}
	return err
}

// userID returns the id of a user; that of "" is 0, everybody.
func userID(ctx context.Context, db *store.DB, user string) (int64, error) {
	if user == "" {
		return 0, nil
	}
	u, _, err := db.User(ctx, user)
	if err != nil {
		return 0, userError(user, err)
	}
	return u.ID, nil
}

func (c *cli) userList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the accounts",
		Example: "  headwater user list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), func(db *store.DB) error {
				users, err := db.Users(cmd.Context())
				if err != nil {
					return err
				}
				type row struct {
					Name  string        `json:"name"`
					Role  news.UserRole `json:"role"`
					Added time.Time     `json:"added"`
				}
				rows := []row{}
				w := c.table()
				for _, u := range users {
					rows = append(rows, row{u.Name, u.Role, u.Added})
					w.row(u.Name, string(u.Role), u.Added.Format(time.DateOnly))
				}
				return c.printList(rows, w)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) userRole() *cobra.Command {
	return &cobra.Command{
		Use:     "role NAME ROLE",
		Short:   "Change what a user may do: ROLE is reader, editor or admin",
		Example: "  headwater user role anna editor",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			role, err := news.ParseUserRole(args[1])
			if err != nil {
				return usagef("role: %v", err)
			}
			return c.runOrForward(cmd, func(a *app) error { return userError(args[0], a.store.SetRole(cmd.Context(), args[0], role)) })
		},
	}
}

func (c *cli) userLogout() *cobra.Command {
	return &cobra.Command{
		Use:     "logout NAME",
		Short:   "End all logins of a user, also those of feed readers; tokens stay",
		Example: "  headwater user logout anna",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) error {
				user, _, err := a.store.User(cmd.Context(), args[0])
				if err == nil {
					err = a.store.EndSessions(cmd.Context(), user, 0)
				}
				return userError(args[0], err)
			})
		},
	}
}

func (c *cli) userRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "Remove an account with its topics, read marks, stars and labels",
		Example: "  headwater user remove anna",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.runOrForward(cmd, func(a *app) error { return userError(args[0], a.store.RemoveUser(cmd.Context(), args[0])) })
		},
	}
}

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
			return c.runOrForward(cmd, func(a *app) error {
				user, _, err := a.store.User(cmd.Context(), args[0])
				if err != nil {
					return userError(args[0], err)
				}
				token, err := a.accounts.AddAPIToken(cmd.Context(), user, label)
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
			return c.runOrForward(cmd, func(a *app) error {
				user, _, err := a.store.User(cmd.Context(), args[0])
				if err != nil {
					return userError(args[0], err)
				}
				if revoke != 0 {
					err := a.store.DropAPIToken(cmd.Context(), user, revoke)
					if errors.Is(err, news.ErrNotFound) {
						return fmt.Errorf("%s has no token %d; `headwater user tokens %s` has those that there are", user.Name, revoke, user.Name)
					}
					return err
				}
				tokens, err := a.store.APITokens(cmd.Context(), user.ID)
				if err != nil {
					return err
				}
				type row struct {
					ID    int64     `json:"id"`
					Label string    `json:"label"`
					Made  time.Time `json:"made"`
				}
				rows := []row{}
				w := c.table(faint)
				for _, t := range tokens {
					rows = append(rows, row{t.ID, t.Label, t.Made})
					w.row(strconv.FormatInt(t.ID, 10), t.Made.Format(time.DateOnly), t.Label)
				}
				return c.printList(rows, w)
			})
		},
	}
	cmd.Flags().Int64Var(&revoke, "revoke", 0, "end the token of that `ID`")
	c.jsonFlag(cmd)
	return cmd
}
