package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/config"
	"headwater/internal/intake/clean"
	"headwater/internal/intake/parse"
	"headwater/internal/news"
	"headwater/internal/serve/view"
)

// parsedFile is a feed document as printed.
type parsedFile struct {
	File     string        `json:"file"`
	Error    string        `json:"error,omitempty"`
	Format   string        `json:"format,omitempty"`
	Repaired []string      `json:"repaired,omitempty"`
	Title    string        `json:"title"`
	Link     string        `json:"link"`
	Entries  []parsedEntry `json:"entries"`
}

type parsedEntry struct {
	GUID       string           `json:"guid"`
	Title      string           `json:"title"`
	URL        string           `json:"url"`
	Published  *time.Time       `json:"published"`
	Updated    *time.Time       `json:"updated"`
	Authors    []string         `json:"authors"`
	Summary    string           `json:"summary"` // sanitised HTML, as is content
	Content    string           `json:"content"`
	Text       string           `json:"text"`
	Categories []string         `json:"categories"`
	Enclosures []news.Enclosure `json:"enclosures"`
	Source     *news.Reference  `json:"source"`
}

func (c *cli) parseCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "parse FILE|-...",
		Short:   "Print feed documents as normalised JSON, one line each, or the error",
		Example: "  headwater parse feed.xml\n  curl -s https://example.org/feed.xml | headwater parse -",
		Args:    arguments(1, unlimited),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			enc := json.NewEncoder(c.stdout)
			enc.SetEscapeHTML(false)
			failed := false
			for _, name := range args {
				line := parsedFile{File: name, Entries: []parsedEntry{}}
				if data, err := c.readFile(name, int64(cfg.Fetch.MaxBytes), "fetch.max_bytes"); err != nil {
					line.Error = err.Error()
				} else {
					line = parseDocument(cmd.Context(), cfg, name, data)
				}
				failed = failed || line.Error != ""
				if err := enc.Encode(line); err != nil {
					return err
				}
			}
			if failed {
				return errFailed
			}
			return nil
		},
	}
}

func parseDocument(ctx context.Context, cfg config.Config, name string, data []byte) parsedFile {
	p := parsedFile{File: name, Entries: []parsedEntry{}}
	doc, err := parse.Parse(ctx, data, parseOptions(cfg))
	if err != nil {
		p.Error = err.Error()
		return p
	}
	p.Format, p.Repaired, p.Title, p.Link = doc.Format, doc.Repaired, doc.Title, doc.Link
	for _, e := range doc.Entries {
		var content, summary, text string
		if e.Content != "" {
			content, text, _ = clean.Read(e.Content)
			summary = clean.Sanitize(e.Summary)
		} else {
			summary, text, _ = clean.Read(e.Summary)
		}
		entry := parsedEntry{
			GUID: e.GUID, Title: e.Title, URL: e.URL, Published: view.Time(e.Published), Updated: view.Time(e.Updated), Authors: orEmpty(e.Authors),
			Summary: summary, Content: content, Text: text, Categories: orEmpty(e.Categories),
			Enclosures: orEmpty(e.Enclosures),
		}
		if e.Source != (news.Reference{}) {
			entry.Source = &e.Source
		}
		p.Entries = append(p.Entries, entry)
	}
	if doc.Incomplete {
		p.Error = fmt.Sprintf("it holds more items than the %d that are read of one document (parse.max_items); the %s are here", cfg.Parse.MaxItems, doc.Kept())
	}
	return p
}
