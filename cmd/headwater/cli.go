package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"headwater/internal/config"
)

// cli is one run of the command line: its streams, and the flags that every command has.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	screen         screen // of stdout

	configFile, data string
	system           string // see config.Options; "" in tests
	asJSON           bool
	set              map[string]string // settings given as flags of a command
	started          bool              // the arguments were valid and the command runs
	args             []string          // the command line
	ticksOnly        bool              // see openOptions; tests set it
	logLevel         *slog.LevelVar    // of the logger

	// These are set where a server runs the command line of another process; see clientserver.go.
	server       *app
	inputs       map[string][]byte // what that process read of files and standard input, by name on the command line
	discovered   []string          // feeds that it found for the addresses on the command line
	sendProgress func(progress)    // nil where it shows none
}

// Exit codes of the command line.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// exitError ends a command that has printed everything there is to say.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// errFailed ends a command with exitFailed after it has printed why.
var errFailed = &exitError{exitFailed}

// buildVersion is set by the Makefile.
var buildVersion = ""

// version is buildVersion, or else the module version of the build information.
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// config reads the settings with the flags on top.
func (c *cli) config() (config.Config, error) {
	if c.server != nil {
		return c.server.cfg, nil
	}
	return config.Load(c.configOptions())
}

// logger writes to stderr in the configured format.
func (c *cli) logger(cfg config.Config) (*slog.Logger, error) {
	c.logLevel = new(slog.LevelVar)
	if err := c.logLevel.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	o := &slog.HandlerOptions{Level: c.logLevel}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(c.stderr, o)), nil
	}
	return slog.New(slog.NewTextHandler(c.stderr, o)), nil
}

// output is standard output. It keeps the first error of a write, and run fails with it at the end, so that commands need
// not check every line that they print.
type output struct {
	to  io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.to.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

func (c *cli) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stdout, format, args...) // output keeps the error
}

// complain prints to standard error. A failure to do so is ignored.
func (c *cli) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stderr, format, args...)
}

// print prints one indented paragraph. Line breaks within the text become spaces. Empty text prints nothing.
func (c *cli) print(indent int, spans ...span) {
	empty := true
	for i, r := range spans {
		spans[i].text = oneLine(r.text)
		empty = empty && spans[i].text == ""
	}
	if !empty {
		c.printf("%*s%s\n", indent, "", c.screen.prose(indent, indent, spans...))
	}
}

// table starts a table on stdout; see table.flush.
func (c *cli) table(styles ...style) *table {
	return &table{out: c.stdout, screen: c.screen, styles: styles}
}

// printJSON writes one value as indented JSON.
func (c *cli) printJSON(v any) error {
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printList writes a list as its table, or as JSON where --json asks for it.
func (c *cli) printList(list any, t *table) error {
	if c.asJSON {
		return c.printJSON(list)
	}
	t.flush()
	return nil
}

// jsonFlag adds --json to a command.
func (c *cli) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "print JSON")
}

// progressBar shows progress on stderr where that is a terminal.
func (c *cli) progressBar() *progressBar {
	if c.server != nil {
		return &progressBar{send: c.sendProgress}
	}
	f, ok := c.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progressBar{}
	}
	return &progressBar{out: f}
}

// orEmpty returns a slice that JSON shows as a list even where s is nil.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// count writes a number with its noun: 1 feed, 2 feeds.
func count(n int, noun string) string { return counts(n, noun, noun+"s") }

// counts is count for a noun with another plural.
func counts(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// byteSize writes a number of bytes for people.
func byteSize(bytes int64) string {
	for _, u := range []struct {
		name string
		size float64
	}{{"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}} {
		if b := float64(bytes) / u.size; b >= 1 {
			return fmt.Sprintf("%.3g %s", b, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// usageError reports a command line that makes no sense. The exit code is exitUsage.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// unlimited is no upper bound of arguments.
const unlimited = -1

var noArguments = arguments(0, 0)

// arguments accepts from least to most arguments. The error names them as the command's Use does.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		_, names, _ := strings.Cut(cmd.Use, " ")
		name := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
		has := fmt.Sprintf("%d are given", len(args))
		switch len(args) {
		case 0:
			has = "none is given"
		case 1:
			has = fmt.Sprintf("one is given, %q", args[0])
		}
		switch {
		case len(args) >= least && (most == unlimited || len(args) <= most):
			return nil
		case most == 0:
			return usagef("%s takes no arguments, and %s%s", name, has, didYouMean(cmd, args))
		case least == most:
			return usagef("%s needs %s, %s, and %s%s", name, count(least, "argument"), names, has, didYouMean(cmd, args))
		case len(args) < least:
			return usagef("%s needs at least %s, %s, and %s", name, count(least, "argument"), names, has)
		}
		return usagef("%s takes at most %s, %s, and %s%s", name, count(most, "argument"), names, has, didYouMean(cmd, args))
	}
}

// parseIDs reads ids of stories, articles or corrections; what names which in the error.
func parseIDs(what string, args []string) ([]int64, error) {
	var out []int64
	for _, arg := range args {
		n, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || n < 1 {
			return nil, usagef("%q is no %s's number", arg, what)
		}
		out = append(out, n)
	}
	return out, nil
}

// needsSubcommand is RunE of a command that only groups others.
func needsSubcommand(cmd *cobra.Command, _ []string) error {
	return usagef("%s needs a command of its own; see `%s --help`", cmd.CommandPath(), cmd.CommandPath())
}

// commandsOnly is Args of a command that only groups others: an argument is the name of a command that does not exist.
func commandsOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("there is no command %q%s; `%s --help` lists the commands", strings.TrimPrefix(cmd.CommandPath()+" "+args[0], cmd.Root().Name()+" "), didYouMean(cmd, args), cmd.CommandPath())
}

// didYouMean suggests a subcommand with a name like the first argument.
func didYouMean(cmd *cobra.Command, args []string) string {
	if len(args) == 0 || !cmd.HasSubCommands() {
		return ""
	}
	if cmd.SuggestionsMinimumDistance == 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		return fmt.Sprintf("; did you mean `%s %s`?", cmd.CommandPath(), like[0])
	}
	return ""
}

// flagError words pflag's errors as ours.
func flagError(cmd *cobra.Command, err error) error {
	var none *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var wrong *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &none) && none.GetSpecifiedShortnames() != "":
		return usagef("there is no flag -%s; `%s --help` lists the flags, and what begins with - and is none stands behind --", none.GetSpecifiedName(), cmd.CommandPath())
	case errors.As(err, &none):
		name, suggestion := none.GetSpecifiedName(), ""
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if suggestion == "" && !f.Hidden && len(name) > 1 && (strings.HasPrefix(f.Name, name) || strings.HasPrefix(name, f.Name) || isTypo(f.Name, name)) {
				suggestion = fmt.Sprintf("; did you mean --%s?", f.Name)
			}
		})
		return usagef("there is no flag --%s%s; `%s --help` lists the flags", name, suggestion, cmd.CommandPath())
	case errors.As(err, &bare):
		name, _ := pflag.UnquoteUsage(bare.GetFlag())
		return usagef("--%s needs a value: --%s %s", bare.GetFlag().Name, bare.GetFlag().Name, name)
	case errors.As(err, &wrong):
		problem := "cannot be read"
		switch kind := wrong.GetFlag().Value.Type(); {
		case errors.Is(err, strconv.ErrRange):
			problem = "is too large a number"
		case strings.HasPrefix(kind, "int"):
			problem = "is no whole number"
		case kind == "bool":
			problem = "is neither true nor false; a flag by itself is true"
		case strings.HasSuffix(kind, "Slice"):
			problem = "is no list; write a,b, and \"a, b\",c where a comma belongs to a name"
		}
		return usagef("--%s: %q %s", wrong.GetFlag().Name, wrong.GetValue(), problem)
	case errors.As(err, &syntax):
		return usagef("%q is no flag; `%s --help` lists the flags", syntax.GetSpecifiedFlag(), cmd.CommandPath())
	}
	return &usageError{err}
}

// isTypo reports whether two names differ by one letter added, dropped, changed or swapped with the next.
func isTypo(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a)+len(b) <= 1 || len(a) == 1 && len(b) == 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}
