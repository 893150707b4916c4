package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"headwater/internal/config"
)

// block is a fenced block of a page of docs/help.
type block struct {
	file     string
	line     int // of its first line of text
	language string
	text     string
}

// helpPages are the files of docs/help by their names.
func helpPages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../docs/help/*.md")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	pages := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[filepath.Base(file)] = string(text)
	}
	return pages
}

// blocksOf are the fenced blocks of a page, and the page without them.
func blocksOf(file, page string) (all []block, prose string) {
	inside := false
	for i, line := range strings.Split(page, "\n") {
		switch language, fence := strings.CutPrefix(line, "```"); {
		case fence && inside:
			inside = false
		case fence:
			inside = true
			all = append(all, block{file: file, line: i + 2, language: language})
		case inside:
			all[len(all)-1].text += line + "\n"
		default:
			prose += line + "\n"
		}
	}
	return all, prose
}

// helpExample is a command of a page with what it prints as the page says, where "…" stands for anything.
type helpExample struct {
	line            int
	command, output string
}

func (b block) examples() (all []helpExample) {
	for i, line := range strings.Split(b.text, "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			all = append(all, helpExample{line: b.line + i, command: command})
		} else if len(all) > 0 {
			all[len(all)-1].output += line + "\n"
		}
	}
	return all
}

// TestHelpExamples types the commands of docs/help over the demo, by the names of the pages: each page in a shell of its own, with curl
// as far as the pages use it. What is printed is as the page shows it.
func TestHelpExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a program for each command, minutes under the race detector")
	}
	home := t.TempDir()
	server := startDemoIn(t, filepath.Join(home, "demo"))
	bin := filepath.Dir(ownProgram(t))
	if err := os.Symlink(filepath.Join(bin, "headwater"), filepath.Join(bin, "curl")); err != nil {
		t.Fatal(err)
	}
	examples := 0
	pages := helpPages(t)
	for _, file := range slices.Sorted(maps.Keys(pages)) {
		page := pages[file]
		var all []helpExample
		blocks, _ := blocksOf(file, page)
		for _, b := range blocks {
			if b.language == "console" {
				all = append(all, b.examples()...)
			}
		}
		examples += len(all)
		work, err := os.MkdirTemp(home, "work")
		if err != nil {
			t.Fatal(err)
		}
		t.Run(file, func(t *testing.T) {
			const end = "\x1e"
			var script strings.Builder
			for _, e := range all {
				fmt.Fprintf(&script, "%s\nprintf '%s'\n", strings.ReplaceAll(e.command, "http://127.0.0.1:8080", server), end)
			}
			shell := exec.CommandContext(t.Context(), "sh", "-c", script.String())
			shell.Dir = work
			shell.Env = []string{"HOME=" + home, "HEADWATER_DATA=" + filepath.Join(home, "demo"), "PATH=" + bin + ":" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}
			out, err := shell.CombinedOutput()
			if err != nil {
				t.Logf("the shell ended with %v", err)
			}
			printed := strings.Split(strings.ReplaceAll(string(out), server, "http://127.0.0.1:8080"), end)
			for i, e := range all {
				if i >= len(printed)-1 {
					t.Fatalf("docs/help/%s:%d: %s: was not reached:\n%s", file, e.line, e.command, printed[len(printed)-1])
				}
				if wrong := e.differs(printed[i]); wrong != "" {
					t.Errorf("docs/help/%s:%d: %s: %s", file, e.line, e.command, wrong)
				}
			}
		})
	}
	if examples < 50 {
		t.Errorf("%d examples", examples)
	}
}

// differs says in what an output differs from that of the page. Of JSON, it has to have what the page shows.
func (e helpExample) differs(printed string) string {
	if strings.HasPrefix(e.output, "{") {
		var got, want any
		if err := json.Unmarshal([]byte(e.output), &want); err != nil {
			return fmt.Sprintf("the answer on the page is no JSON: %v", err)
		}
		if err := json.Unmarshal([]byte(printed), &got); err != nil {
			return fmt.Sprintf("%v: %s", err, printed)
		}
		return lacking("", got, want)
	}
	pattern := regexp.QuoteMeta(strings.TrimRight(e.output, "\n"))
	pattern = regexp.MustCompile(`(?m)\n?^…$`).ReplaceAllString(pattern, "(?s:.*)")
	pattern = strings.ReplaceAll(pattern, "…", ".*")
	if !regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimRight(printed, "\n")) {
		return fmt.Sprintf("it prints\n%s\nand the page shows\n%s", printed, e.output)
	}
	return ""
}

// lacking says what an answer lacks of an example: each key with a value of the same type, texts the same but for what stands for "…",
// and of a list as many elements, each with what the example has.
func lacking(at string, got, want any) string {
	switch want := want.(type) {
	case map[string]any:
		has, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, and no object", at, got)
		}
		for key, value := range want {
			if _, ok := has[key]; !ok {
				return fmt.Sprintf("%s has no %q: %v", at, key, got)
			}
			if lacks := lacking(at+"."+key, has[key], value); lacks != "" {
				return lacks
			}
		}
	case []any:
		has, ok := got.([]any)
		if !ok || len(has) < len(want) {
			return fmt.Sprintf("%s has %v, and not %d elements", at, got, len(want))
		}
		for i, value := range want {
			if lacks := lacking(fmt.Sprintf("%s[%d]", at, i), has[i], value); lacks != "" {
				return lacks
			}
		}
	case string:
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".+") + "$"
		if has, ok := got.(string); !ok || !regexp.MustCompile("(?s)"+pattern).MatchString(has) {
			return fmt.Sprintf("%s is %q, and not %q", at, got, want)
		}
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			return fmt.Sprintf("%s is %v, and not of the kind of %v", at, got, want)
		}
	}
	return ""
}

// curl is what the pages use of curl, so that no test needs it: -X, -H, -d, -N and an address. Of a stream, which has no end, it
// prints nothing.
func curl(args []string, out io.Writer) error {
	method, address, data := "", "", ""
	header := http.Header{}
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; arg {
		case "-N":
		case "-X", "-H", "-d":
			if i++; i == len(args) {
				return fmt.Errorf("%s has no value", arg)
			}
			switch value := args[i]; arg {
			case "-X":
				method = value
			case "-H":
				name, value, _ := strings.Cut(value, ": ")
				header.Set(name, value)
			case "-d":
				data, method = value, cmp.Or(method, http.MethodPost)
			}
		default:
			address = arg
		}
	}
	req, err := http.NewRequest(cmp.Or(method, http.MethodGet), address, strings.NewReader(data))
	if err != nil {
		return err
	}
	if data != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is lost
	if resp.Header.Get("Content-Type") == "text/event-stream" && resp.StatusCode == http.StatusOK {
		return nil
	}
	_, err = io.Copy(out, resp.Body)
	return err
}

var (
	codeSpan    = regexp.MustCompile("`([^`\n]+)`")
	settingSpan = regexp.MustCompile(`^[a-z_]+\.[a-z_]+(\.[a-z_]+)*$`)
	flagSpan    = regexp.MustCompile(`^--([a-z-]+)`)
	variable    = regexp.MustCompile(`^HEADWATER_[A-Z_]+`)
)

// namedWrongly says what a piece of code of a page names that there is not: a command, a flag, a setting or its variable, or an address
// of the server.
func namedWrongly(code string, settings map[string]bool, served func(path string) bool) string {
	if _, inner, ok := strings.Cut(code, "$("); ok {
		code, _, _ = strings.Cut(inner, ")")
	}
	words := shellWords.FindAllString(code, -1)
	for i, word := range words {
		if name := variable.FindString(word); name != "" && !settings[strings.ToLower(strings.TrimPrefix(name, "HEADWATER_"))] {
			return name + " is the variable of no setting"
		}
		if word == "headwater" && (i == 0 || strings.Contains(words[i-1], "=")) {
			args := words[i+1:]
			if end := slices.IndexFunc(args, func(w string) bool { return w == "|" || w == ">" }); end >= 0 {
				args = args[:end]
			}
			root := (&cli{}).rootCommand()
			root.InitDefaultHelpCmd()
			found, rest, err := root.Find(args)
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if args := found.Flags().Args(); err == nil && found.HasSubCommands() && len(args) > 0 {
				err = found.ValidateArgs(args) // of what is no command below it
			}
			if err != nil {
				return err.Error()
			}
			return ""
		}
	}
	if m := flagSpan.FindStringSubmatch(code); m != nil {
		for _, c := range commands((&cli{}).rootCommand()) {
			if c.Flags().Lookup(m[1]) != nil || c.PersistentFlags().Lookup(m[1]) != nil {
				return ""
			}
		}
		return "no command has this flag"
	}
	if settingSpan.MatchString(code) && !slices.Contains([]string{".yaml", ".md", ".db", ".example"}, filepath.Ext(code)) &&
		!settings[strings.ReplaceAll(code, ".", "_")] && !strings.HasPrefix(code, "origin.") {
		return "there is no such setting"
	}
	if path, _, _ := strings.Cut(code, "?"); strings.HasPrefix(path, "/") && len(path) > 1 && !strings.HasPrefix(path, "/usr/") && !strings.HasPrefix(path, "/etc/") && !served(path) {
		return "the server has no such address"
	}
	return ""
}

var shellWords = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`)

// TestHelpNamesWhatThereIs holds commands, flags, settings, variables and addresses of docs/help, and the settings that it shows,
// against the program.
func TestHelpNamesWhatThereIs(t *testing.T) {
	settings := map[string]bool{}
	for _, s := range config.Documented() {
		settings[strings.ReplaceAll(s.Key, ".", "_")] = true
	}
	_, h := serveEmpty(t, func(*config.Config) {})
	served := func(path string) bool {
		return slices.ContainsFunc(h.Patterns, func(pattern string) bool {
			_, of, named := strings.Cut(pattern, " ")
			return named && (pathsOf(of).MatchString(path) || strings.HasPrefix(of, path+"/"))
		})
	}
	for file, page := range helpPages(t) {
		blocks, prose := blocksOf(file, page)
		for _, m := range codeSpan.FindAllStringSubmatch(prose, -1) {
			if wrong := namedWrongly(m[1], settings, served); wrong != "" {
				t.Errorf("docs/help/%s: `%s`: %s", file, m[1], wrong)
			}
		}
		for _, b := range blocks {
			switch b.language {
			case "console", "text", "ini":
			case "sh":
				for line := range strings.Lines(b.text) {
					if wrong := namedWrongly(strings.TrimSpace(line), settings, served); wrong != "" {
						t.Errorf("docs/help/%s:%d: %s: %s", file, b.line, line, wrong)
					}
				}
			case "yaml":
				name := filepath.Join(t.TempDir(), "config.yaml")
				if err := os.WriteFile(name, []byte(b.text), 0o600); err != nil {
					t.Fatal(err)
				}
				if _, err := config.Load(config.Options{File: name, Env: []string{"HOME=" + t.TempDir()}}); err != nil {
					t.Errorf("docs/help/%s:%d: %v", file, b.line, err)
				}
			default:
				t.Errorf("docs/help/%s:%d: a block of %q: a test knows console, sh, yaml, ini and text", file, b.line, b.language)
			}
		}
	}
	for code, want := range map[string]string{ // the test can fail
		"headwater topik add x y":     "topik",
		"headwater topic add --x y":   "unknown flag: --x",
		"--never-heard-of":            "no command has this flag",
		"poll.wrokers":                "there is no such setting",
		"HEADWATER_POLL_WROKERS":      "HEADWATER_POLL_WROKERS is the variable of no setting",
		"/nowhere":                    "the server has no such address",
		"X=$(headwater topic frob)":   "frob",
		"headwater search ferry":      "",
		"HEADWATER_LISTS=a headwater": "",
	} {
		if got := namedWrongly(code, settings, served); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
