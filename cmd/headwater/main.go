// Headwater follows the news back to its source: it polls feeds, groups every copy and rewrite of a story with the
// article it came from, and serves the result as pages, search and feeds.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"headwater/internal/config"
)

// Exit codes of the command line.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	boundGarbage()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program: its arguments in, its exit code out.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&cli{stdin: stdin, stdout: stdout, stderr: stderr, screen: screenOf(stdout)}).run(ctx, args)
}

func (c *cli) run(ctx context.Context, args []string) int {
	c.args = args
	stdout := &output{to: c.stdout}
	c.stdout = stdout
	root := c.root() //nolint:contextcheck // commands have theirs from cmd.Context()
	root.SetArgs(args)
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	var said *saidError
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = stdout.err
	}
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &said):
		return said.code
	case errors.Is(err, context.Canceled) && ctx.Err() != nil && c.host != nil:
		c.complain("headwater: the server that holds %s was stopped; what was done is kept\n", c.host.cfg.Data)
		return exitFailed
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		c.complain("headwater: interrupted; what was done is kept\n")
		return exitFailed
	case !c.started:
		c.complain("headwater: %v\nusage: %s\n`%s --help` shows an example\n", err, cmd.UseLine(), cmd.CommandPath())
		return exitUsage
	}
	c.complain("headwater: %v\n", err)
	if isUsage(err) {
		return exitUsage
	}
	return exitFailed
}

// isUsage says whether the command line is to blame for an error.
func isUsage(err error) bool {
	var usage *usageError
	var settings *config.Error
	if errors.As(err, &settings) {
		return !slices.ContainsFunc(settings.Problems, func(p config.Problem) bool { return !strings.HasPrefix(p.Where, "--") })
	}
	return errors.As(err, &usage)
}

// saidError ends a command when everything there is to say has been printed.
type saidError struct{ code int }

func (e *saidError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// errSaid is a plain failure of that kind.
var errSaid = &saidError{exitFailed}

// usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }
