package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// anyNumber is no bound of arguments.
const anyNumber = -1

var noArguments = arguments(0, 0)

// arguments takes from least to most arguments, which the command's usage names.
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
		case len(args) >= least && (most == anyNumber || len(args) <= most):
			return nil
		case most == 0:
			return usagef("%s takes no arguments, and %s%s", name, has, meant(cmd, args))
		case least == most:
			return usagef("%s needs %s, %s, and %s%s", name, count(least, "argument"), names, has, meant(cmd, args))
		case len(args) < least:
			return usagef("%s needs at least %s, %s, and %s", name, count(least, "argument"), names, has)
		}
		return usagef("%s takes at most %s, %s, and %s%s", name, count(most, "argument"), names, has, meant(cmd, args))
	}
}

// commandsOnly is for commands that only group others: an argument is one that there is not.
func commandsOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("there is no command %q%s; `%s --help` lists the commands", strings.TrimPrefix(cmd.CommandPath()+" "+args[0], cmd.Root().Name()+" "), meant(cmd, args), cmd.CommandPath())
}

// meant names a command below that was likely meant by the first argument.
func meant(cmd *cobra.Command, args []string) string {
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

// flagError says what is wrong with a flag in our own words.
func flagError(cmd *cobra.Command, err error) error {
	var none *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var wrong *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &none) && none.GetSpecifiedShortnames() != "":
		return usagef("there is no flag -%s; `%s --help` lists the flags, and what begins with - and is none stands behind --", none.GetSpecifiedName(), cmd.CommandPath())
	case errors.As(err, &none):
		return usagef("there is no flag --%s%s; `%s --help` lists the flags", none.GetSpecifiedName(), likeFlag(cmd, none.GetSpecifiedName()), cmd.CommandPath())
	case errors.As(err, &bare):
		name, _ := pflag.UnquoteUsage(bare.GetFlag())
		return usagef("--%s needs a value: --%s %s", bare.GetFlag().Name, bare.GetFlag().Name, name)
	case errors.As(err, &wrong):
		return usagef("--%s: %q %s", wrong.GetFlag().Name, wrong.GetValue(), isNot(wrong.GetFlag(), err))
	case errors.As(err, &syntax):
		return usagef("%q is no flag; `%s --help` lists the flags", syntax.GetSpecifiedFlag(), cmd.CommandPath())
	}
	return &usageError{err}
}

// isNot says what a value should be.
func isNot(f *pflag.Flag, err error) string {
	switch kind := f.Value.Type(); {
	case errors.Is(err, strconv.ErrRange):
		return "is too large a number"
	case strings.HasPrefix(kind, "int"):
		return "is no whole number"
	case kind == "bool":
		return "is neither true nor false; a flag by itself is true"
	case strings.HasSuffix(kind, "Slice"):
		return "is no list; write a,b, and \"a, b\",c where a comma belongs to a name"
	}
	return "cannot be read"
}

// likeFlag names a flag that was likely meant: one that begins alike, or has the same letters but for one.
func likeFlag(cmd *cobra.Command, name string) (like string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if like == "" && !f.Hidden && len(name) > 1 && (strings.HasPrefix(f.Name, name) || strings.HasPrefix(name, f.Name) || nearly(f.Name, name)) {
			like = fmt.Sprintf("; did you mean --%s?", f.Name)
		}
	})
	return like
}

// nearly says that two names differ by one letter more, less, other or exchanged with the next.
func nearly(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a)+len(b) <= 1 || len(a) == 1 && len(b) == 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}
