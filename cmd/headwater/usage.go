package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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
