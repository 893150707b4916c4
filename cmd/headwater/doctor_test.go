package main

import (
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"headwater/internal/config"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/store"
	"headwater/internal/stories/outlets"
)

// headwater runs the program on a data folder. It must exit with this code.
func headwater(t *testing.T, data string, code int, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", append(args, "--data", data)...)
	cmd.Args[0] = "headwater"
	cmd.Env = []string{"HOME=" + t.TempDir(), "HEADWATER_LISTS="}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if got := cmd.ProcessState.ExitCode(); got != code || err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s exits with %d (%v), want %d\n%s", args, got, err, code, out)
	}
	return string(out)
}

// TestDoctorRepairs breaks counters and the index. doctor finds both and changes nothing; doctor --repair mends both.
func TestDoctorRepairs(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	a, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler), openOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.store.AddFeed(t.Context(), news.Feed{URL: "https://feeds.example/1.xml"})
	if err != nil {
		t.Fatal(err)
	}
	f.State = news.FeedOK
	var items []news.Article
	for _, title := range []string{"one", "two", "three"} {
		items = append(items, news.Article{GUID: title, Hash: title, Title: title, Text: title, Seen: time.Now()})
	}
	_, errCollect := a.store.Collect(t.Context(), []store.Poll{{Feed: f, Articles: items}})
	_, errIndex := a.index.CatchUp(t.Context(), nil)
	if err := errors.Join(errCollect, errIndex, a.close()); err != nil {
		t.Fatal(err)
	}
	if out := headwater(t, cfg.Data, 0, "doctor", "--repair"); !strings.Contains(out, "nothing had to be mended") {
		t.Errorf("of a database that is whole, it says:\n%s", out)
	}

	db, err := store.Open(t.Context(), cfg.Data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := registryOf(cfg)
	if err != nil {
		t.Fatal(err)
	}
	index, err := search.Open(t.Context(), cfg.Data, indexOptions(slog.New(slog.DiscardHandler), db, func() *outlets.Registry { return registry }))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(index.Delete(t.Context(), []int64{2}, 0), index.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", filepath.Join(cfg.Data, store.File))
	if err != nil {
		t.Fatal(err)
	}
	_, err = raw.ExecContext(t.Context(), `UPDATE feeds SET articles = 7; UPDATE marks SET value = 99 WHERE name = 'settle'; INSERT INTO marks VALUES ('settle', 99) ON CONFLICT DO NOTHING`)
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(cfg.Data, "backup.db")
	out := headwater(t, cfg.Data, exitFailed, "backup", file)
	if _, err := os.Stat(store.SumFile(file)); err != nil || !strings.Contains(out, "it is written, but what is stored is inconsistent") {
		t.Errorf("backup says %q, %v", out, err)
	}
	for range 2 {
		out := headwater(t, cfg.Data, exitFailed, "doctor")
		for _, says := range []string{"1 feeds whose article counter is wrong", "1 mark of settling ahead of the log", "2 of 7 articles"} {
			if !strings.Contains(out, says) {
				t.Errorf("doctor does not say %q:\n%s", says, out)
			}
		}
	}
	out = headwater(t, cfg.Data, 0, "doctor", "--repair")
	for _, says := range []string{"1 counters of articles of feeds", "1 marks that were ahead of their log, set to its end", "the index was built anew of 3 articles"} {
		if !strings.Contains(out, says) {
			t.Errorf("doctor --repair does not say %q:\n%s", says, out)
		}
	}
	if strings.Contains(out, "FAILED") {
		t.Errorf("after that:\n%s", out)
	}
}
