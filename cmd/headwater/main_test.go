package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"headwater/internal/config"
)

// ticksOnly is a variable of the environment with which the program of tests polls at ticks and by commands, and not after changes of feeds.
const ticksOnly = "TESTED_TICKS_ONLY"

// TestMain makes the test's own binary the program that scripts call as headwater.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"headwater": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		c := &cli{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, screen: screenOf(os.Stdout), ticksOnly: os.Getenv(ticksOnly) != ""}
		code := c.run(ctx, os.Args[1:])
		stop()
		os.Exit(code)
	}, "curl": func() {
		if err := curl(os.Args[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "curl:", err)
			os.Exit(1)
		}
	}})
}

// run executes a command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return (&cli{stdin: stdin, stdout: stdout, stderr: stderr, screen: screenOf(stdout)}).run(ctx, args)
}

// ownProgram returns the path of the program headwater, which is the test's own binary, in a folder of its own.
func ownProgram(t *testing.T) string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "headwater")
	if err := os.Symlink(binary, program); err != nil {
		t.Fatal(err)
	}
	return program
}

// environ is the environment for a program that a test starts, without what is said to the tests: the program refuses variables that are no
// settings.
func environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "HEADWATER_TEST_") })
}

// openApp opens the installation of the settings until the test ends.
func openApp(t *testing.T, cfg config.Config) *app {
	t.Helper()
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// ownServer is `headwater serve` in a process of its own.
type ownServer struct {
	*exec.Cmd
	url    string
	output chan string // what it logged, once it has ended
}

// serveOwn starts a server over a data folder, without the lists of feeds, with variables of the environment.
func serveOwn(t *testing.T, dir string, variables ...string) ownServer {
	t.Helper()
	s := ownServer{Cmd: exec.Command(ownProgram(t), "serve", "--listen", "127.0.0.1:0", "--data", dir), output: make(chan string, 1)}
	s.Env = append(append(environ(), "HOME="+t.TempDir(), "HEADWATER_LISTS="), variables...)
	log, err := s.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Process.Kill() }) // it has ended, where all is well
	url := make(chan string, 1)
	go func() {
		var output strings.Builder
		for lines := bufio.NewScanner(log); lines.Scan(); {
			output.WriteString(lines.Text() + "\n")
			if _, at, ok := strings.Cut(lines.Text(), "msg=serving url="); ok {
				url <- at
			}
		}
		s.output <- output.String()
	}()
	select {
	case s.url = <-url:
	case output := <-s.output:
		t.Fatalf("the server ended before it served:\n%s", output)
	}
	return s
}

// terminate sends SIGTERM, after which the server has to end with 0 in time. It returns the log.
func (s ownServer) terminate(t *testing.T) (output string) {
	t.Helper()
	begun := time.Now()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	output = <-s.output
	if err := s.Wait(); err != nil || time.Since(begun) > shutdownTime {
		t.Errorf("the server ended after %s with %v\n%s", time.Since(begun), err, output)
	}
	return output
}

func TestGCPercentFor(t *testing.T) {
	for live, want := range map[uint64]int{0: 100, 64 << 20: 100, 100 << 20: 70, 480 << 20: 19, 2 << 30: 9, 1 << 50: 6} {
		if got := gcPercentFor(live); got != want {
			t.Errorf("beside %d bytes garbage may take %d%%, want %d", live, got, want)
		}
	}
}

func TestAfterEachCollection(t *testing.T) {
	called := make(chan bool, 100)
	afterEachCollection(func() { called <- true })
	for range 2 {
		for len(called) == 0 {
			runtime.GC()
		}
		<-called
	}
}

// commands gives a command and all below it.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		all = append(all, commands(sub)...)
	}
	return all
}

// TestHelp asks every command for help: it shows examples, and those are command lines that the program understands.
func TestHelp(t *testing.T) {
	all := commands((&cli{}).rootCommand())
	if len(all) < 25 {
		t.Fatalf("only %d commands", len(all))
	}
	for _, cmd := range all {
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "_"), func(t *testing.T) {
			var stdout, stderr strings.Builder
			args := strings.Fields(cmd.CommandPath() + " --help")[1:]
			if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
				t.Fatalf("exit code %d: %s", code, &stderr)
			}
			_, examples, ok := strings.Cut(stdout.String(), "\nExamples:\n")
			if !ok {
				t.Fatalf("no example:\n%s", &stdout)
			}
			examples, _, _ = strings.Cut(examples, "\n\n")
			for line := range strings.Lines(examples) {
				checkExample(t, cmd, line)
			}
		})
	}
}

// checkExample parses the part of an example that calls headwater.
func checkExample(t *testing.T, cmd *cobra.Command, line string) {
	t.Helper()
	_, words, ok := strings.Cut(" "+line, " headwater ")
	if !ok {
		t.Errorf("an example without headwater: %q", line)
		return
	}
	words, _, _ = strings.Cut(words, " && ")
	words, _, _ = strings.Cut(words, " > ")
	found, rest, err := (&cli{}).rootCommand().Find(strings.Fields(words))
	if err != nil {
		t.Errorf("%q: %v", line, err)
		return
	}
	if err := found.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", line, err)
	}
	if !strings.HasPrefix(found.CommandPath(), cmd.CommandPath()) {
		t.Errorf("%q is an example of %s", line, found.CommandPath())
	}
}

func TestHelpNamesCommands(t *testing.T) {
	for args, want := range map[string]string{
		"help":             "Available Commands:",
		"help feed import": "headwater feed import FILE|URL|-",
		"help topic":       "headwater topic [command]",
		"":                 "Available Commands:",
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), strings.Fields(args), strings.NewReader(""), &stdout, &stderr)
		if code != exitOK || !strings.Contains(stdout.String(), want) {
			t.Errorf("headwater %s: exit code %d, want 0 and %q in:\n%s%s", args, code, want, &stdout, &stderr)
		}
	}
}
