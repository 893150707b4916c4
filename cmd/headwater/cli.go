package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"headwater/internal/config"
)

// cli is one run of the command line: its streams, and the flags that every command has.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	screen         screen // of stdout

	configFile, data string
	asJSON           bool
	set              map[string]string // settings given as flags of a command
	started          bool              // the arguments were valid and the command runs
	args             []string          // the command line

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
	return config.Load(config.Options{File: c.configFile, Env: os.Environ(), Flags: c.set, Data: c.data})
}

// logger writes to stderr in the configured format.
func (c *cli) logger(cfg config.Config) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	o := &slog.HandlerOptions{Level: level}
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
