package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
		Args:    arguments(1, anyNumber),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			enc := json.NewEncoder(c.stdout)
			enc.SetEscapeHTML(false)
			failed := false
			for _, name := range args {
				line := c.parseOne(cmd.Context(), cfg, name)
				failed = failed || line.Error != ""
				if err := enc.Encode(line); err != nil {
					return err
				}
			}
			if failed {
				return errSaid
			}
			return nil
		},
	}
}

func (c *cli) parseOne(ctx context.Context, cfg config.Config, name string) parsedFile {
	data, err := c.readLimited(name, int64(cfg.Fetch.MaxBytes), "fetch.max_bytes")
	if err != nil {
		return parsedFile{File: name, Error: err.Error(), Entries: []parsedEntry{}}
	}
	return parsedAs(ctx, cfg, name, data)
}

func parsedAs(ctx context.Context, cfg config.Config, name string, data []byte) parsedFile {
	p := parsedFile{File: name, Entries: []parsedEntry{}}
	doc, err := parse.Parse(ctx, data, parse.Options{Timeout: cfg.Parse.Timeout, MaxItems: cfg.Parse.MaxItems, MaxDepth: cfg.Parse.MaxDepth})
	if err != nil {
		p.Error = err.Error()
		return p
	}
	p.Format, p.Repaired, p.Title, p.Link = doc.Format, doc.Repaired, doc.Title, doc.Link
	for _, e := range doc.Entries {
		p.Entries = append(p.Entries, entryOf(e))
	}
	if doc.Incomplete {
		p.Error = fmt.Sprintf("it holds more items than the %d that are read of one document (parse.max_items); the %s are here", cfg.Parse.MaxItems, doc.Kept())
	}
	return p
}

// readLimited reads a document, and unpacks it where it was kept with gzip. The error of one over the limit names the rule.
func (c *cli) readLimited(name string, limit int64, rule string) ([]byte, error) {
	in, err := c.input(name)
	if err != nil {
		return nil, err
	}
	data, err := unpacked(bufio.NewReader(in), limit, rule)
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

func unpacked(in *bufio.Reader, limit int64, rule string) ([]byte, error) {
	var from io.Reader = in
	after := ""
	if mark, err := in.Peek(2); err == nil && string(mark) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		from, after = z, " after decompression"
	}
	data, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("larger than %d bytes%s, the most that is read (%s)", limit, after, rule)
	}
	return data, nil
}

func entryOf(e news.Entry) parsedEntry {
	body := e.Content
	if body == "" {
		body = e.Summary
	}
	text, _ := clean.Text(body)
	p := parsedEntry{
		GUID: e.GUID, Title: e.Title, URL: e.URL, Published: view.Time(e.Published), Updated: view.Time(e.Updated), Authors: orEmpty(e.Authors),
		Summary: clean.Sanitize(e.Summary), Content: clean.Sanitize(e.Content), Text: text, Categories: orEmpty(e.Categories),
		Enclosures: orEmpty(e.Enclosures),
	}
	if e.Source != (news.Reference{}) {
		p.Source = &e.Source
	}
	return p
}
