package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"headwater/internal/news"
)

func (c *cli) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Give people accounts for their feed readers: add, list, password, token, remove",
		Long: "Accounts with topics, read marks and stars of their own, for feed readers that speak the Google Reader API. Feeds and\n" +
			"articles are everybody's. The pages need no account.",
		Example: "  headwater user add anna\n  headwater user list",
		Args:    commandsOnly,
		RunE:    needsSubcommand,
	}
	cmd.AddCommand(
		c.withPassword("add NAME", "Make an account; the password is asked for, or read from standard input", "  headwater user add anna --password-file anna.txt",
			func(ctx context.Context, a *app, name, password string) error { return a.AddUser(ctx, name, password) }),
		c.userList(),
		c.withPassword("password NAME", "Set another password, which ends all logins", "  headwater user password anna",
			func(ctx context.Context, a *app, name, password string) error {
				return a.SetPassword(ctx, name, password)
			}),
		c.userRemove(), c.userToken(), c.userTokens(),
	)
	return cmd
}

// withPassword is a command that takes a password: never as an argument, which other people on the machine could see.
func (c *cli) withPassword(use, short, example string, do func(ctx context.Context, a *app, name, password string) error) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     use,
		Short:   short,
		Example: example,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := news.CheckName(args[0]); err != nil {
				return usagef("user: %v", err)
			}
			password, err := c.password(args[0], file)
			if err != nil {
				return err
			}
			e := errand{Inputs: map[string][]byte{cmp.Or(file, "-"): []byte(password + "\n")}}
			return c.beside(cmd, e, c.stdout, func(a *app) error { return userError(args[0], do(cmd.Context(), a, args[0], password)) })
		},
	}
	cmd.Flags().StringVar(&file, "password-file", "", "read the password from the first line of `FILE`; - is standard input")
	return cmd
}

// userError says what is wrong with the name of a user.
func userError(name string, err error) error {
	switch {
	case errors.Is(err, news.ErrExists):
		return fmt.Errorf("there is a user %s already; choose another name, or set the password with `headwater user password`", name)
	case errors.Is(err, news.ErrNotFound):
		return fmt.Errorf("there is no user %s; `headwater user list` has them", name)
	}
	return err
}

// password asks for a password at a terminal, twice, or reads the first line of a file or of standard input.
func (c *cli) password(name, file string) (string, error) {
	if f, ok := c.stdin.(*os.File); file == "" && ok && term.IsTerminal(int(f.Fd())) {
		return c.askPassword(name, int(f.Fd()))
	}
	if file == "" {
		file = "-"
	}
	return c.firstLine(file, "password")
}

// firstLine reads a secret from the first line of a file or of standard input. The flag that names the file is called after
// what it holds.
func (c *cli) firstLine(file, what string) (string, error) {
	r, err := c.input(file)
	if err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", usagef("give the %s on the first line of standard input, or of the file that --%s-file names", what, what)
	}
	return line, nil
}

func (c *cli) askPassword(name string, terminal int) (string, error) {
	var given [2]string
	for i, prompt := range []string{"Password for " + name + ": ", "Once more: "} {
		c.complain("%s", prompt)
		b, err := term.ReadPassword(terminal)
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

func (c *cli) userList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the accounts",
		Example: "  headwater user list --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.reading(cmd.Context(), func(r *readings) error {
				users, err := r.store.Users(cmd.Context())
				if err != nil {
					return err
				}
				return c.printUsers(users)
			})
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func (c *cli) printUsers(users []news.User) error {
	type row struct {
		Name  string    `json:"name"`
		Added time.Time `json:"added"`
	}
	rows := []row{}
	for _, u := range users {
		rows = append(rows, row{u.Name, u.Added})
	}
	if c.asJSON {
		return c.printJSON(rows)
	}
	w := c.table()
	for _, u := range rows {
		w.row(u.Name, u.Added.Format(time.DateOnly))
	}
	w.Flush()
	return nil
}

func (c *cli) userRemove() *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "Remove an account with its topics, read marks, stars and labels",
		Example: "  headwater user remove anna",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.beside(cmd, errand{}, c.stdout, func(a *app) error {
				return userError(args[0], a.RemoveUser(cmd.Context(), args[0]))
			})
		},
	}
}
