// Headwater follows the news back to its source: it polls feeds, groups every copy and rewrite of a story with the
// article it came from, and serves the result as pages, search and feeds.
//
// main.go has the root command. A file has one command and those below it (feed.go, story.go, topic.go). They stand on
// clientserver.go, which runs a command over the data folder or has the server do it; app.go, which turns settings into the
// options of the packages and wires them; and cli.go, files.go and terminal.go, which read arguments and files and print.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	_ "golang.org/x/crypto/x509roots/fallback" // for machines and images without certificates of their own

	"headwater/internal/config"
	"headwater/internal/store"
)

// systemConfig is the file of settings that packages install.
const systemConfig = "/etc/headwater/config.yaml"

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		afterEachCollection(func() { debug.SetGCPercent(gcPercentFor(liveBytes())) })
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	c := &cli{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, screen: screenOf(os.Stdout), system: systemConfig}
	code := c.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes a command line and returns its exit code.
func (c *cli) run(ctx context.Context, args []string) int {
	c.args = args
	stdout := &output{to: c.stdout}
	c.stdout = stdout
	root := c.rootCommand() //nolint:contextcheck // commands have theirs from cmd.Context()
	root.SetArgs(args)
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	var exit *exitError
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = stdout.err
	}
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, context.Canceled) && ctx.Err() != nil && c.server != nil:
		c.complain("headwater: the server that holds %s was stopped; what was done is kept\n", c.server.cfg.Data)
		return exitFailed
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		c.complain("headwater: interrupted; what was done is kept\n")
		return exitFailed
	case !c.started:
		c.complain("headwater: %v\nusage: %s\n`%s --help` shows an example\n", err, cmd.UseLine(), cmd.CommandPath())
		return exitUsage
	}
	c.complain("headwater: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	var settings *config.Error
	if errors.As(err, &settings) {
		if slices.ContainsFunc(settings.Problems, func(p config.Problem) bool { return !strings.HasPrefix(p.Where, "--") }) {
			return exitFailed // something is wrong besides the flags
		}
		return exitUsage
	}
	return exitFailed
}

func (c *cli) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "headwater COMMAND",
		Short:         "Follow the news back to its source",
		Version:       versionLine(),
		Long:          "Headwater polls feeds, groups every copy and rewrite of a story with the article it came from,\nand serves the result as pages, search and feeds.",
		Example:       "  headwater demo\n  headwater serve --listen 127.0.0.1:8080\n  headwater feed add https://www.theguardian.com/world/rss\n  headwater poll && headwater search 'interest rates'",
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRun: func(*cobra.Command, []string) { c.started = true },
		Args:             commandsOnly,
		RunE:             func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.set = map[string]string{}
	root.PersistentFlags().StringVar(&c.configFile, "config", "", "read settings from `FILE`")
	root.PersistentFlags().StringVar(&c.data, "data", "", "keep everything in the folder `DIR`")
	root.AddCommand(
		c.serveCommand(), c.pollCommand(), c.feedCommand(), c.frontCommand(), c.searchCommand(), c.storyCommand(), c.outletCommand(), c.topicCommand(), c.ruleCommand(), c.userCommand(), c.auditCommand(),
		c.emitCommand(), c.groupCommand(), c.parseCommand(), c.demoCommand(), c.reindexCommand(), c.compactCommand(), c.downgradeCommand(), c.backupCommand(),
		c.restoreCommand(), c.secretsCommand(), c.doctorCommand(), c.healthcheckCommand(), c.configCommand(), c.reloadCommand(), c.completionCommand(), c.manCommand(), c.versionCommand(),
	)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Version}}\n")
	if len(c.args) > 0 && strings.HasPrefix(c.args[0], cobra.ShellCompRequestCmd) {
		c.addCompletions(root)
	}
	root.SetHelpCommand(&cobra.Command{ // cobra's own succeeds for a command that does not exist
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
	})
	return root
}

func (c *cli) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  headwater version --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if c.asJSON {
				schema, err := store.KnownSchema()
				if err != nil {
					return err
				}
				return c.printJSON(map[string]any{"version": version(), "go": runtime.Version(), "schema": schema})
			}
			c.printf("%s\n", versionLine())
			return nil
		},
	}
	c.jsonFlag(cmd)
	return cmd
}

func versionLine() string { return fmt.Sprintf("headwater %s (%s)", version(), runtime.Version()) }

// The heap consists mostly of the window of open stories, which lives long. GOGC is gcPercent for a small heap, as in any Go
// program. For a large one the garbage is bounded by gcBytes plus gcMinPercent of the heap.
const (
	gcPercent    = 100
	gcMinPercent = 6
	gcBytes      = 64 << 20
)

func gcPercentFor(live uint64) int {
	return min(gcPercent, gcMinPercent+int(100*gcBytes/max(live, 1)))
}

func liveBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// afterEachCollection calls do after each garbage collection: a cleanup runs when an unreachable object is collected, and
// makes the next such object.
func afterEachCollection(do func()) {
	runtime.AddCleanup(new([16]byte), func(do func()) {
		do()
		afterEachCollection(do)
	}, do)
}
