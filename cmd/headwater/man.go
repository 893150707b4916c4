package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"headwater/internal/config"
)

// manual is what the pages say in the middle of their first line.
const manual = "Headwater Manual"

func (c *cli) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages into a folder",
		Long: "Writes a manual page of each command, and headwater.yaml(5) of all settings, into DIR/man1 and DIR/man5. Packages install them.\n" +
			"Their date is that of SOURCE_DATE_EPOCH, or of the commit that the program was built from.",
		Example: "  headwater man ~/.local/share/man && man headwater",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := manualDate(os.Getenv("SOURCE_DATE_EPOCH"))
			if err != nil {
				return err
			}
			pages, err := manualPages(c.rootCommand(), date) // a tree of its own: cobra adds flags to it
			if err != nil {
				return fmt.Errorf("manual pages: %w", err)
			}
			for name, page := range pages {
				path := filepath.Join(args[0], "man"+name[len(name)-1:], name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // manual pages are everybody's to read
					return err
				}
				if err := os.WriteFile(path, page, 0o644); err != nil { //nolint:gosec // as above
					return err
				}
			}
			c.printf("%s\n", count(len(pages), "page"))
			return nil
		},
	}
}

// manualDate is the time of SOURCE_DATE_EPOCH, or of the commit, or else 1970: never now, so that two builds are the same.
func manualDate(epoch string) (time.Time, error) {
	if epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %q is no number of seconds since 1970", epoch)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if committed, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return committed.UTC(), nil
			}
		}
	}
	return time.Unix(0, 0).UTC(), nil
}

// manualPages has the pages by the name of their file.
func manualPages(root *cobra.Command, date time.Time) (map[string][]byte, error) {
	root.DisableAutoGenTag = true
	pages := map[string][]byte{"headwater.yaml.5": settingsPage(date)}
	for _, cmd := range below(root) {
		var page bytes.Buffer
		header := &doc.GenManHeader{Section: "1", Date: &date, Source: "headwater " + version(), Manual: manual}
		if err := doc.GenMan(cmd, header, &page); err != nil {
			return nil, err
		}
		text := page.String()
		if cmd == root {
			text += ", \\fBheadwater.yaml(5)\\fP\n"
			text = strings.Replace(text, "\n, ", ", ", 1)
		}
		pages[strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"] = []byte(text)
	}
	return pages, nil
}

// settingsPage is headwater.yaml(5), made from the built-in config.yaml.
func settingsPage(date time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH \"HEADWATER.YAML\" \"5\" %q %q %q\n", date.Format("Jan 2006"), "headwater "+version(), manual)
	b.WriteString(".SH NAME\nheadwater.yaml \\- settings of headwater\n.SH DESCRIPTION\n")
	b.WriteString(roff(config.Preamble()))
	b.WriteString(".SH SETTINGS\n")
	for _, d := range config.Documented() {
		switch {
		case d.Section:
			fmt.Fprintf(&b, ".SS %s\n%s", roffWord(d.Key), roff(d.About))
		default:
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fP: %s\n%s", roffWord(d.Key), roffWord(d.Default), cmp.Or(roff(d.About), "As the setting before.\n"))
		}
	}
	b.WriteString(".SH SEE ALSO\n\\fBheadwater(1)\\fP, \\fBheadwater-config(1)\\fP\n")
	return []byte(b.String())
}

// roff writes text for troff: a blank line ends a paragraph, and lines that are indented stay as they are.
func roff(text string) string {
	var b strings.Builder
	literal := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, "  "); indented != literal {
			literal = indented
			b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[literal])
		}
		if line == "" {
			b.WriteString(".PP\n")
			continue
		}
		b.WriteString(roffWord(line) + "\n")
	}
	if literal {
		b.WriteString(".fi\n")
	}
	return b.String()
}

var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`)

// roffWord escapes a line of text: backslashes, hyphens that are typed, and what would be a request at its beginning.
func roffWord(line string) string {
	line = roffEscapes.Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}
