package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWriteYAML holds that what is printed of a file is read as the same settings.
func TestWriteYAML(t *testing.T) {
	files, err := filepath.Glob("testdata/*.good.yml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		want, all, err := Explain(Options{File: file, Data: "/data"})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		printed := filepath.Join(t.TempDir(), "printed.yaml")
		if err := os.WriteFile(printed, []byte(WriteYAML(all)), 0o600); err != nil {
			t.Fatal(err)
		}
		var env []string
		for _, s := range settingsOf(&want) {
			if secret, ok := s.into.(*Secret); ok && *secret != "" { // it is not printed
				env = append(env, "HEADWATER_"+fold(s.key)+"="+string(*secret))
			}
		}
		got, err := Load(Options{File: printed, Env: env})
		got.File = want.File
		if diff := cmp.Diff(want, got, comparePrefixes); diff != "" || err != nil {
			t.Errorf("%s: %v (-read +printed)\n%s\n%s", file, err, diff, WriteYAML(all))
		}
	}
}

func TestExplain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := "title: 'News: ours'\npoll:\n  workers: 7\n  interval: 90m\nsmtp:\n  host: mail.example\n  from: a@example.org\n  password: hidden\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, all, err := Explain(Options{File: file, Env: []string{"HEADWATER_POLL_WORKERS=9"}, Flags: map[string]string{"listen": ":80"}, Data: "/d"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]InForce{}
	for _, f := range all {
		got[f.Key] = f
	}
	for _, want := range []InForce{
		{Key: "title", Value: "'News: ours'", Source: file + ":1"},
		{Key: "poll.workers", Value: "9", Source: "HEADWATER_POLL_WORKERS"},
		{Key: "poll.interval", Value: "1h30m", Source: file + ":4"},
		{Key: "poll.max_interval", Value: "24h", Source: "default"},
		{Key: "smtp.password", Secret: true, Source: file + ":8"},
		{Key: "database", Value: `""`, Source: "default"},
		{Key: "listen", Value: ":80", Source: "--listen"},
		{Key: "data", Value: "/d", Source: "--data"},
		{Key: "fetch.max_bytes", Value: "10MB", Source: "default"},
	} {
		if got[want.Key] != want {
			t.Errorf("%+v, want %+v", got[want.Key], want)
		}
	}
	printed := WriteYAML(all)
	if strings.Contains(printed, "hidden") || !strings.Contains(printed, "\n  # password: (secret) # "+file+":8\n") {
		t.Errorf("secrets are printed, or not commented out:\n%s", printed)
	}
}

func TestChangedAndTaken(t *testing.T) {
	before := Default()
	after := before
	after.Title, after.Poll.Workers, after.SMTP.Password = "Ours", before.Poll.Workers+1, "x"
	after.Outlets = []Outlet{{Name: "A", Domain: "a.example"}}
	if got, want := Changed(before, after), []string{"title", "poll.workers", "smtp.password", "outlets"}; !slices.Equal(got, want) {
		t.Errorf("changed are %q, want %q", got, want)
	}
	after.Take(before, "poll.workers", "outlets")
	if got, want := Changed(before, after), []string{"title", "smtp.password"}; !slices.Equal(got, want) {
		t.Errorf("after two were taken back, changed are %q, want %q", got, want)
	}
}
