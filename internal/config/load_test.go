package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// expected reads the lines of a testdata file that begin with "#! ".
func expected(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		if want, ok := strings.CutPrefix(line, "#! "); ok {
			lines = append(lines, strings.TrimRight(want, "\r\n"))
		}
	}
	return lines
}

func testdata(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files like testdata/%s (%v)", pattern, err)
	}
	return files
}

// A *.bad.yml begins with "#! LINE: KEY: MESSAGE" for each error, in order.
func TestBadFiles(t *testing.T) {
	for _, file := range testdata(t, "*.bad.yml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := Load(Options{File: file, Data: t.TempDir()})
			var all *Error
			if !errors.As(err, &all) {
				t.Fatalf("err = %v, want *Error", err)
			}
			var got []string
			for _, p := range all.Problems {
				got = append(got, strings.TrimPrefix(p.String(), file+":"))
			}
			if diff := cmp.Diff(expected(t, file), got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

// A *.good.yml begins with "#! KEY: VALUE" for each setting that it changes; every other one keeps its default.
func TestGoodFiles(t *testing.T) {
	for _, file := range testdata(t, "*.good.yml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(Options{File: file, Data: "/data"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expected(t, file), changes(c)); diff != "" {
				t.Errorf("settings that differ from the defaults (-want +got):\n%s", diff)
			}
		})
	}
}

// changes lists the settings but for data that differ from the defaults.
func changes(c Config) []string {
	d := Default()
	var lines []string
	was := settingsOf(&d)
	for i, s := range settingsOf(&c) {
		if s.key != "data" && !cmp.Equal(was[i].into, s.into, comparePrefixes) {
			lines = append(lines, fmt.Sprintf("%s: %s", s.key, shown(s)))
		}
	}
	return lines
}

func shown(s setting) string {
	switch into := s.into.(type) {
	case *string:
		return written(*into)
	case *bool:
		return show(*into)
	case *int:
		return show(*into)
	case *time.Duration:
		return show(*into)
	case *Age:
		return show(*into)
	case *Size:
		return show(*into)
	case *float64:
		return show(*into)
	case *Secret:
		return strconv.Quote(string(*into))
	case *[]string:
		return fmt.Sprintf("%q", *into)
	}
	return strings.TrimPrefix(fmt.Sprintf("%+v", s.into), "&")
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestPrecedence(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "config.yaml"), "poll: {workers: 2}\ntitle: file\nlisten: :1\n")
	got, err := Load(Options{
		File:  file,
		Env:   []string{"HEADWATER_TITLE=environment", "HEADWATER_LISTEN=:2", "PATH=/bin"},
		Flags: map[string]string{"listen": ":3"},
		Data:  "/data",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Poll.Workers, want.Title, want.Listen, want.Data, want.File = 2, "environment", ":3", "/data", file
	if diff := cmp.Diff(want, got, comparePrefixes); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestVariablesAndFlags(t *testing.T) {
	tests := []struct {
		name  string
		env   []string
		flags map[string]string
		want  []string // changes
		err   string
	}{
		{
			name: "every kind of value",
			env: []string{
				"HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.0/8, ::1/128", "HEADWATER_FETCH_MAX_BYTES=1MiB",
				"HEADWATER_POLL_WORKERS=3", "HEADWATER_FETCH_TIMEOUT=5s", "HEADWATER_LISTS=world,science",
			},
			want: []string{
				`lists: ["world" "science"]`, "poll.workers: 3", "fetch.timeout: 5s", "fetch.max_bytes: 1MiB",
				"fetch.allow_private: [127.0.0.0/8 ::1/128]",
			},
		},
		{
			name: "a number and a secret",
			env:  []string{"HEADWATER_EMBEDDINGS_API_KEY=sk-123", "HEADWATER_EMBEDDINGS_THRESHOLD=0.7"},
			want: []string{`embeddings.api_key: "sk-123"`, "embeddings.threshold: 0.7"},
		},
		{
			name: "a secret that can not be sent is not shown",
			env:  []string{"HEADWATER_EMBEDDINGS_API_KEY= sk-123"},
			err:  "HEADWATER_EMBEDDINGS_API_KEY: can't be sent in a header: write it on one line, without spaces around it",
		},
		{
			name: "a port, and what Kubernetes calls one",
			env:  []string{"HEADWATER_SMTP_PORT=25", "HEADWATER_SERVICE_PORT=80", "HEADWATER_PORT=tcp://10.0.0.1:80"},
			want: []string{"smtp.port: 25"},
		},
		{name: "the port of a service beside us", env: []string{"HEADWATER_SMTP_PORT=tcp://10.0.0.1:25"}},
		{name: "an empty list", env: []string{"HEADWATER_LISTS="}, want: []string{"lists: []"}},
		{
			name:  "flags by key or with hyphens",
			flags: map[string]string{"public-url": "https://a.example/", "fetch.per_host": "4"},
			want:  []string{`public_url: "https://a.example"`, "fetch.per_host: 4"},
		},
		{
			name: "a wrong variable",
			env:  []string{"HEADWATER_KEEP=a year"},
			err:  `HEADWATER_KEEP: "a year" is not a length of time; try forever`,
		},
		{
			name: "another wrong variable",
			env:  []string{"HEADWATER_POLL_SCHEDULE=every 5m"},
			err:  `HEADWATER_POLL_SCHEDULE: "every 5m" is not a cron spec; try "@every 5m"`,
		},
		{
			name:  "wrong flags, all of them",
			flags: map[string]string{"listen": "80", "poll-workers": "lots"},
			err: `--listen: "80" is not an address and a port; try "127.0.0.1:80"` + "\n" +
				`--poll-workers: "lots" is not a whole number; try 128`,
		},
		{
			name: "a wrong value in a list",
			env:  []string{"HEADWATER_FETCH_ALLOW_PRIVATE=127.0.0.1/8,,"},
			err:  `HEADWATER_FETCH_ALLOW_PRIVATE: "127.0.0.1/8" has bits set after its first 8; try 127.0.0.0/8`,
		},
		{
			name: "the same twice in a list",
			env:  []string{"HEADWATER_LISTS=world,world"},
			err:  `HEADWATER_LISTS: "world" is in the list twice`,
		},
		{
			name: "a misspelt variable",
			env:  []string{"HEADWATER_LISTN=:80"},
			err:  "HEADWATER_LISTN: no such setting; did you mean HEADWATER_LISTEN?",
		},
		{
			name: "a variable of nobody's",
			env:  []string{"HEADWATER_QUUX_FROBNICATE=1"},
			err:  "HEADWATER_QUUX_FROBNICATE: no such setting; config.yaml shows them all",
		},
		{
			name:  "a misspelt flag",
			flags: map[string]string{"poll-worker": "1"},
			err:   "--poll-worker: no such setting; did you mean --poll-workers?",
		},
		{
			name: "what only a file can hold",
			env:  []string{"HEADWATER_OUTLETS=Reuters"},
			err:  "HEADWATER_OUTLETS: can only be set in the file",
		},
		{
			name: "intervals out of order",
			env:  []string{"HEADWATER_POLL_MAX_INTERVAL=30m"},
			err:  "HEADWATER_POLL_MAX_INTERVAL: poll.max_interval: 30m is shorter than poll.interval (1h); try 1h",
		},
		{
			name: "what Kubernetes sets beside a service called headwater",
			env: []string{
				"HEADWATER_PORT=tcp://10.0.0.11:8080", "HEADWATER_SERVICE_HOST=10.0.0.11", "HEADWATER_SERVICE_PORT_HTTP=8080",
				"HEADWATER_PORT_8080_TCP_ADDR=10.0.0.11",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Load(Options{Env: tt.env, Flags: tt.flags, Data: "/data"})
			if got := fmt.Sprint(err); tt.err != "" || err != nil {
				if got != tt.err {
					t.Fatalf("err = %s\nwant  %s", got, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, changes(c)); diff != "" {
				t.Errorf("settings that differ from the defaults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDataFolder(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".config/headwater/config.yaml"), "title: Home\n")
	relative := write(t, filepath.Join(home, "etc/news.yaml"), "data: ../var\n")
	tilde := write(t, filepath.Join(home, "tilde.yaml"), "data: ~/news\n")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"HOME", Options{Env: []string{"HOME=" + home}}, home + "/.local/share/headwater"},
		{"XDG", Options{Env: []string{"HOME=" + home, "XDG_DATA_HOME=/srv"}}, "/srv/headwater"},
		{"a relative XDG counts for nothing", Options{Env: []string{"HOME=" + home, "XDG_DATA_HOME=srv"}}, home + "/.local/share/headwater"},
		{"a file's own folder", Options{File: relative}, home + "/var"},
		{"~ in a file", Options{File: tilde, Env: []string{"HOME=" + home}}, home + "/news"},
		{"the environment", Options{File: relative, Env: []string{"HEADWATER_DATA=/srv/news"}}, "/srv/news"},
		{"a flag", Options{File: relative, Env: []string{"HEADWATER_DATA=/srv/news"}, Data: "here"}, filepath.Join(here, "here")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Load(tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if c.Data != tt.want {
				t.Errorf("Data = %s, want %s", c.Data, tt.want)
			}
		})
	}
	if _, err := Load(Options{}); err == nil || !strings.Contains(err.Error(), "--data DIR") {
		t.Errorf("without HOME: err = %v, want one that names --data", err)
	}
}

func TestWhichFile(t *testing.T) {
	home := t.TempDir()
	mine := write(t, filepath.Join(home, ".config/headwater/config.yaml"), "title: Mine\nlists: [sub/a.opml, world]\n")
	other := write(t, filepath.Join(home, "other.yaml"), "title: Other\n")
	big := write(t, filepath.Join(home, "big.yaml"), strings.Repeat("#", maxFile+1))
	env := []string{"HOME=" + home}

	c, err := Load(Options{Env: env})
	if err != nil || c.Title != "Mine" || c.File != mine {
		t.Errorf("by HOME: title %q from %q, err %v", c.Title, c.File, err)
	}
	if want := filepath.Join(filepath.Dir(mine), "sub/a.opml"); c.Lists[0] != want || c.Lists[1] != "world" {
		t.Errorf("Lists = %q, want %q and world", c.Lists, want)
	}
	if c, err = Load(Options{Env: append(env, "HEADWATER_CONFIG="+other)}); err != nil || c.Title != "Other" {
		t.Errorf("by HEADWATER_CONFIG: title %q, err %v", c.Title, err)
	}
	if c, err = Load(Options{Env: []string{"HOME=" + t.TempDir()}}); err != nil || c.File != "" || c.Title != "Headwater" {
		t.Errorf("without a file: title %q from %q, err %v", c.Title, c.File, err)
	}
	system := write(t, filepath.Join(t.TempDir(), "system.yaml"), "title: System\n")
	if c, err = Load(Options{Env: env, System: system}); err != nil || c.Title != "Mine" {
		t.Errorf("by HOME, with a file of the machine: title %q, err %v", c.Title, err)
	}
	if c, err = Load(Options{Env: []string{"HOME=" + t.TempDir()}, System: system}); err != nil || c.Title != "System" || c.File != system {
		t.Errorf("by the machine's file: title %q from %q, err %v", c.Title, c.File, err)
	}
	if c, err = Load(Options{Env: []string{"HOME=" + t.TempDir()}, System: system + ".none"}); err != nil || c.Title != "Headwater" {
		t.Errorf("where the machine has no file: title %q, err %v", c.Title, err)
	}
	if _, err = Load(Options{Env: env, File: filepath.Join(home, "none.yaml"), System: system}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that was asked for and is not there: err = %v", err)
	}
	if _, err = Load(Options{Env: env, File: big}); err == nil || !strings.Contains(err.Error(), "big.yaml") {
		t.Errorf("a file that is too large: err = %v", err)
	}
}
