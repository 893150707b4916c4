package parse

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-20T10:00:00Z":                  "2026-11-20T10:00:00Z",
		"2026-11-20T10:00:00.123+02:00":         "2026-11-20T08:00:00Z",
		"2026-11-20t10:00:00z":                  "2026-11-20T10:00:00Z",
		"2026-11-20T10:00+0530":                 "2026-11-20T04:30:00Z",
		"2026-11-20T10:00:00 +01:00":            "2026-11-20T09:00:00Z",
		"2026-11-20T10Z":                        "2026-11-20T10:00:00Z",
		"2026-11-20 10:00:00":                   "2026-11-20T10:00:00Z",
		"2026-11-20 10:00:00.0 EST":             "2026-11-20T15:00:00Z",
		"2026-11-20T24:00:00Z":                  "2026-11-21T00:00:00Z",
		"2026-11-20T10:00:60Z":                  "2026-11-20T10:01:00Z",
		"2026-11-20":                            "2026-11-20T00:00:00Z",
		"1795168800":                            "2026-11-20T10:00:00Z",
		"1795168800123":                         "2026-11-20T10:00:00Z",
		"2026-11":                               "2026-11-01T00:00:00Z",
		"2026":                                  "2026-01-01T00:00:00Z",
		"20261120":                              "2026-11-20T00:00:00Z",
		"20261120T101500Z":                      "2026-11-20T10:15:00Z",
		"2026-324":                              "2026-11-20T00:00:00Z",
		"Fri, 20 Nov 2026 10:00:00 GMT":         "2026-11-20T10:00:00Z",
		"Fri, 20 Nov 2026 10:00:00 +0100":       "2026-11-20T09:00:00Z",
		"Fri, 20 Nov 2026 10:00:00 GMT+1":       "2026-11-20T09:00:00Z",
		"Fri, 20 Nov 2026 10:00:00 EDT":         "2026-11-20T14:00:00Z",
		"Fri, 20 Nov 2026 10:00:00 JST":         "2026-11-20T01:00:00Z",
		"Fri, 20 Nov 2026 10:00:00":             "2026-11-20T10:00:00Z",
		"Fri,20 Nov 2026 10:00:00 Z":            "2026-11-20T10:00:00Z",
		"20 Nov 26 10:00 UT":                    "2026-11-20T10:00:00Z",
		"Fri, 20 Nov 99 10:00:00 GMT":           "1999-11-20T10:00:00Z",
		"Fri, 20 Nov 2026":                      "2026-11-20T00:00:00Z",
		"Friday, 20-Nov-26 10:00:00 GMT":        "2026-11-20T10:00:00Z",
		"Fri Nov 20 10:00:00 2026":              "2026-11-20T10:00:00Z",
		"Fri Nov 20 10:00:00 PST 2026":          "2026-11-20T18:00:00Z",
		"Friday, November 20, 2026 - 3:04 pm":   "2026-11-20T15:04:00Z",
		"November 20th, 2026 12:30am":           "2026-11-20T00:30:00Z",
		"Nov. 20, 2026 3:04 p.m. ET":            "2026-11-20T20:04:00Z",
		"Fri, 20 Nov 2026 10:00:00 +0100 (CET)": "2026-11-20T09:00:00Z",
		"Fri, 02 Jan 2026 15 -0700":             "2026-01-02T22:00:00Z",
		"20/11/2026 10:00":                      "2026-11-20T10:00:00Z",
		"11/20/2026 10:00":                      "2026-11-20T10:00:00Z",
		"2/3/2026":                              "2026-02-03T00:00:00Z",
		"2.3.2026 10:00":                        "2026-03-02T10:00:00Z",
		"2026/11/20":                            "2026-11-20T00:00:00Z",
		"vie, 20 nov 2026 10:00:00 +0100":       "2026-11-20T09:00:00Z",
		"20 août 2026":                          "2026-08-20T00:00:00Z",
		"Di, 3. März 2026 10:00":                "2026-03-03T10:00:00Z",
		"Пят, 20 ноя 2026 10:00:00 +0300":       "2026-11-20T07:00:00Z",
		"Πεμ, 19 Νοέ 2026 10:00:00 GMT":         "2026-11-19T10:00:00Z",
		"2026년 11월 20일 10:00:00":                "2026-11-20T10:00:00Z",
		"2026年11月20日":                           "2026-11-20T00:00:00Z",
		"  \n Fri, 20 Nov 2026 10:00:00 GMT\t":  "2026-11-20T10:00:00Z",
		"2026-11-24T11:00:00Z":                  "2026-11-24T11:00:00Z", // less than a day ahead
		"2026-11-24T13:00:00Z":                  "",                     // more
		"Fri, 20 Nov 2099 10:00:00 GMT":         "",
		"Thu, 01 Jan 1970 00:00:00 GMT":         "",
		"0001-01-01T00:00:00Z":                  "",
		"2026-02-30":                            "",
		"2026-13-01":                            "",
		"31 Jun 2026":                           "",
		"2026-11-20T25:00:00Z":                  "",
		"yesterday":                             "",
		"":                                      "",
		"99999999999999999999":                  "",
		"1 2 3 4 5 6 7 8 9":                     "",
		"20 Nov":                                "",
		": : :":                                 "",
		"-":                                     "",
		"+":                                     "",
	} {
		got := newDates(testNow(), "", nil).read(in)
		text := ""
		if !got.IsZero() {
			text = got.Truncate(time.Second).Format(time.RFC3339)
		}
		if text != want {
			t.Errorf("date(%q) = %q, want %q", in, text, want)
		}
	}
}

// TestDateLayouts: what a layout writes is read as the same moment.
func TestDateLayouts(t *testing.T) {
	layouts := []string{
		time.RFC3339, time.RFC1123Z, time.RubyDate, "Mon, 2 Jan 2006 15:04:05 -07:00", "January 2, 2006 3:04:05 PM -0700",
		"2006-01-02 15:04:05 -0700", "20060102T150405-0700", "Monday, 02 January 2006 15:04:05 -0700", "2 Jan 2006 15:04:05-0700",
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 900*rapid.IntRange(-40, 40).Draw(t, "zone"))
		want := time.Unix(rapid.Int64Range(1e9, testNow().Unix()).Draw(t, "time"), 0).In(zone)
		text := want.Format(rapid.SampledFrom(layouts).Draw(t, "layout"))
		if got := newDates(testNow(), "", nil).read(text); !got.Equal(want) {
			t.Fatalf("date(%q) = %s, want %s", text, got, want.UTC())
		}
	})
}

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
