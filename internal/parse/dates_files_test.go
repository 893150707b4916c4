package parse

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDateFiles reads testdata/dates: a document a paragraph, with its language and how each of its dates is read.
func TestDateFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/dates/*.txt")
	if err != nil || len(files) < 1 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for _, paragraph := range strings.Split(string(text), "\n\n") {
			if strings.HasPrefix(paragraph, "lang:") {
				checkDates(t, fmt.Sprintf("%s:%d", filepath.Base(file), line), paragraph)
			}
			line += strings.Count(paragraph, "\n") + 2
		}
	}
}

func checkDates(t *testing.T, at, paragraph string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(paragraph), "\n")
	all := [][]string{nil}
	for _, line := range lines[1:] {
		text, _, _ := strings.Cut(line, " = ")
		if feed, ok := strings.CutPrefix(text, "feed: "); ok {
			all[0] = append(all[0], feed)
			continue
		}
		all = append(all, []string{text})
	}
	d := newDates(testNow(), strings.TrimPrefix(lines[0], "lang:"), func() [][]string { return all })
	for _, line := range lines[1:] {
		text, want, ok := strings.Cut(line, " = ")
		if !ok {
			continue
		}
		got := ""
		if at := d.read(text); !at.IsZero() {
			got = at.Format(time.RFC3339Nano)
		}
		if got != strings.TrimSpace(strings.Replace(want, "none", "", 1)) {
			t.Errorf("%s: %s is read as %q, want %q", at, text, got, want)
		}
	}
}
