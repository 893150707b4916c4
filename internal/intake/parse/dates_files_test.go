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

// FuzzDates reads a document of dates, a line each. Whatever they are, what is read lies between 1970 and tomorrow, is the
// same when it is read again, and is read as itself when it is written as RFC 3339 has it.
func FuzzDates(f *testing.F) {
	files, err := filepath.Glob("testdata/dates/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, paragraph := range strings.Split(string(text), "\n\n") {
			lang, lines, _ := strings.Cut(strings.TrimPrefix(paragraph, "lang:"), "\n")
			f.Add(lang, lines)
		}
	}
	f.Fuzz(func(t *testing.T, lang, lines string) {
		all := [][]string{nil}
		for _, line := range strings.Split(lines, "\n") {
			all = append(all, []string{line})
		}
		d := newDates(testNow(), lang, func() [][]string { return all })
		for _, item := range all[1:] {
			got := d.read(item[0])
			if again := d.read(item[0]); !again.Equal(got) {
				t.Fatalf("%q is %s, then %s", item[0], got, again)
			}
			if got.IsZero() {
				continue
			}
			if got.After(testNow().Add(24*time.Hour)) || got.Year() < 1970 {
				t.Fatalf("%q is %s", item[0], got)
			}
			if again := d.read(got.Format(time.RFC3339Nano)); !again.Equal(got) {
				t.Fatalf("%q is %s, and that %s", item[0], got, again)
			}
		}
	})
}
