package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"headwater/internal/config"
)

// cli is the command line: its streams and the flags that every command has.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	screen         screen // what stdout shows up on

	configFile, data string
	asJSON           bool
	set              map[string]string // settings given as flags of a command
	started          bool              // arguments were understood

	args   []string          // the command line
	host   *app              // the server, in whose place and over whose data folder a command runs; else nil
	inputs map[string][]byte // with host: what the caller read of files and standard input, by the name on the command line
	found  []string          // with host: addresses that the caller found for those on the command line
	tell   func(progress)    // with host: shows the caller progress; nil shows none
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "headwater COMMAND",
		Short:         "Follow the news back to its source",
		Long:          "Headwater polls feeds, groups every copy and rewrite of a story with the article it came from,\nand serves the result as pages, search and feeds.",
		Example:       "  headwater demo\n  headwater serve --listen 127.0.0.1:8080\n  headwater feed add https://www.theguardian.com/world/rss\n  headwater poll && headwater search 'interest rates'",
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRun: func(*cobra.Command, []string) { c.started = true },
	}
	c.set = map[string]string{}
	root.PersistentFlags().StringVar(&c.configFile, "config", "", "read settings from `FILE`")
	root.PersistentFlags().StringVar(&c.data, "data", "", "keep everything in the folder `DIR`")
	root.AddCommand(
		c.serveCommand(), c.pollCommand(), c.feedCommand(), c.searchCommand(), c.storyCommand(), c.topicCommand(), c.userCommand(),
		c.emitCommand(), c.groupCommand(), c.parseCommand(), c.demoCommand(), c.reindexCommand(), c.compactCommand(), c.backupCommand(),
		c.restoreCommand(), c.doctorCommand(), c.versionCommand(),
	)
	root.Args = commandsOnly
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(helpCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// helpCommand stands in for cobra's, which explains the program and succeeds where it is asked for a command that there
// is not.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Explain a command",
		Example: "  headwater help feed import",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("there is no command %q; `headwater --help` lists them", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag() // so that it is listed
			return about.Help()
		},
	}
}

// jsonFlag lets a command list as JSON.
func (c *cli) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "print JSON")
}

// config reads the settings with the flags on top.
func (c *cli) config() (config.Config, error) {
	if c.host != nil {
		return c.host.cfg, nil
	}
	return config.Load(config.Options{File: c.configFile, Env: os.Environ(), Flags: c.set, Data: c.data})
}

// logger writes to stderr as the configuration says.
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

// printJSON writes one value as indented JSON.
func (c *cli) printJSON(v any) error {
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
