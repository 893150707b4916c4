package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/newsroom"
	"headwater/internal/view"
)

// inputLine is an article as `headwater group` reads it. Any key but id may be missing.
type inputLine struct {
	RawID     json.RawMessage `json:"id"` // a string or a number
	Title     string          `json:"title"`
	Text      string          `json:"text"`
	HTML      string          `json:"html"`
	Summary   string          `json:"summary"`
	URL       string          `json:"url"`
	Feed      string          `json:"feed"`
	Author    string          `json:"author"`
	Published string          `json:"published"`
	Fetched   string          `json:"fetched"`
	Lang      string          `json:"lang"`

	id any // RawID as a string or a json.Number, which keeps all digits
}

// outputLine is what is said of an article.
type outputLine struct {
	ID         any             `json:"id"`
	Story      int64           `json:"story"`
	Event      int64           `json:"event"`
	Role       news.Role       `json:"role"`
	Origin     outputOrigin    `json:"origin"`
	Confidence float64         `json:"confidence"`
	Claims     []view.Claim    `json:"claims"`
	Evidence   []view.Evidence `json:"evidence"`
}

type outputOrigin struct {
	Name    string `json:"name"`
	Domain  string `json:"domain"`
	URL     string `json:"url"`
	Article any    `json:"article"` // id of the input line, "" where the origin is not among them
}

// maxLine bounds one line of input, in bytes.
const maxLine = 16 << 20

func (c *cli) groupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "group [FILE[.gz]|-]",
		Short: "Group articles given as JSON lines; no store is touched",
		Long: "Group articles given as JSON lines, one object each, with the keys id, title, text or html, summary, url,\n" +
			"feed (the outlet), author, published, fetched, lang; all but id may be missing. Prints one line for each.",
		Example: "  headwater group articles.jsonl.gz > grouped.jsonl",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "-"
			if len(args) == 1 {
				name = args[0]
			}
			in, err := c.input(name)
			if err != nil {
				return err
			}
			defer func() { _ = in.Close() }() // it was only read
			cfg, err := c.config()
			if err != nil {
				return err
			}
			registry, err := registryOf(cfg)
			if err != nil {
				return err
			}
			return c.group(newsroom.NewBench(registry, cfg.Group.Window), name, in)
		},
	}
}

// group reads all lines, groups them, and prints what came out in the order of the input.
func (c *cli) group(b *newsroom.Bench, name string, in io.Reader) error {
	lines, err := uncompressed(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var ids []any
	bad := 0
	first := map[any]int{}
	scan := bufio.NewScanner(lines)
	scan.Buffer(make([]byte, 1<<16), maxLine)
	number := 0
	for scan.Scan() {
		number++
		if len(bytes.TrimSpace(scan.Bytes())) == 0 {
			continue
		}
		l, err := parseLine(scan.Bytes())
		if err == nil && first[l.id] != 0 {
			err = fmt.Errorf("id %v stands on line %d already; ids must differ", l.id, first[l.id])
		}
		if err != nil {
			c.complain("%s:%d: %v; skipped\n", name, number, err)
			bad++
			continue
		}
		first[l.id] = number
		ids = append(ids, l.id)
		b.Add(l.entry(), l.Feed, l.seen())
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", name, number+1, err)
	}
	if err := c.printGrouped(b, ids); err != nil {
		return err
	}
	if bad > 0 {
		c.complain("headwater: %s skipped\n", count(bad, "bad line"))
		return errSaid
	}
	return nil
}

// uncompressed reads through gzip where the stream begins like it.
func uncompressed(in io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(in, 1<<16)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(b)
	}
	return b, nil
}

func parseLine(line []byte) (inputLine, error) {
	var l inputLine
	if err := json.Unmarshal(line, &l); err != nil {
		return l, fmt.Errorf("no article as JSON: %w", err)
	}
	var err error
	l.id, err = parseID(l.RawID)
	return l, err
}

func parseID(raw json.RawMessage) (any, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, errors.New(`"id" is missing`)
	case raw[0] == '"':
		var id string
		err := json.Unmarshal(raw, &id)
		if err == nil && id == "" {
			err = errors.New(`"id" is empty`)
		}
		return id, err
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return json.Number(raw), nil
	}
	return nil, fmt.Errorf(`"id" is %s, not a string or a number`, raw)
}

func (l inputLine) entry() news.Entry {
	e := news.Entry{
		GUID: fmt.Sprint(l.id), Title: l.Title, URL: l.URL, Summary: l.Summary, Content: cmp.Or(l.HTML, l.Text),
		Published: parseTime(l.Published), Source: news.Reference{Title: l.Feed},
		Language: l.Lang,
	}
	if l.Author != "" {
		e.Authors = []string{l.Author}
	}
	return e
}

func (l inputLine) seen() time.Time {
	if t := parseTime(l.Fetched); !t.IsZero() {
		return t
	}
	return parseTime(l.Published)
}

// parseTime reads RFC 3339; anything else is no time.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func (c *cli) printGrouped(b *newsroom.Bench, ids []any) error {
	w := bufio.NewWriterSize(c.stdout, 1<<16)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	err := b.Each(func(s news.Story, m news.Member) error {
		id := ids[m.Article.ID-1]
		line := outputLine{
			ID: id, Story: s.ID, Event: s.Event, Role: m.Role, Confidence: s.Origin.Confidence,
			Origin:   outputOrigin{Name: s.Origin.Name, Domain: s.Origin.Domain, URL: s.Origin.URL, Article: ""},
			Claims:   view.All(m.Claims, view.ClaimOf),
			Evidence: append(view.EvidenceOf(s.Origin.Evidence), view.EvidenceOf(m.Evidence)...),
		}
		if !s.Origin.Named() {
			line.Origin.Article = ids[s.Origin.Article-1]
		}
		return enc.Encode(line)
	})
	return errors.Join(err, w.Flush())
}
