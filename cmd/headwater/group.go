package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"headwater/internal/news"
	"headwater/internal/serve/view"
	"headwater/internal/stories/stream"
)

// inputLine is an article to group. Every key but id may be missing.
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
	Images    []string        `json:"images"` // addresses

	id any // RawID as a string or a json.Number, which keeps every digit
}

// outputLine is the result for one article.
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
	Article any    `json:"article"` // id of its input line; "" where the origin has none
}

func (c *cli) groupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "group [FILE[.gz]|-]",
		Short: "Group articles given as JSON lines; no store is touched",
		Long: "Group articles given as JSON lines, one object each, with the keys id, title, text or html, summary, url,\n" +
			"feed (the outlet), author, published, fetched, lang, images (addresses); all but id may be missing. Prints one line for each.\n" +
			"A stream may be as long as you like: a story is printed when it is closed (group.window), what is open at the end then.",
		Example: "  headwater group articles.jsonl.gz > grouped.jsonl",
		Args:    arguments(0, 1),
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
			lines, err := newLineReader(in)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			g := &grouping{cli: c, name: name, in: lines, lineOf: map[uint64]int{}, ids: map[int64]any{}}
			g.grouper = stream.New(stream.Options{Outlets: registry, Window: cfg.Group.Window, Print: g.print})
			return g.run(cmd.Context())
		},
	}
}

// grouping groups a stream of lines. What it keeps of an article that is printed is the hash of its id and its line number.
//
// So memory grows with the input by some bytes a line only. Two of ten million ids have one hash with a chance of 1 in
// 370,000; the later one is skipped.
type grouping struct {
	*cli
	name    string // of the input, for messages
	in      *lineReader
	grouper *stream.Grouper
	lineOf  map[uint64]int // by idHash
	added   int64          // articles added so far, and the number of the last one
	ids     map[int64]any  // of the articles in the grouper, by number
	skipped int
}

// run groups all lines. A bad line is skipped with a message. Where reading fails, the lines before that are grouped and printed.
func (g *grouping) run(ctx context.Context) error {
	var failed error // of reading
	for failed == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := g.in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, errLongLine) {
			failed = fmt.Errorf("%s:%d: %w; only the lines before are grouped", g.name, g.in.number+1, err)
			break
		}
		if err == nil && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var l inputLine
		if err == nil {
			l, err = parseLine(line)
		}
		hash := idHash(l.id)
		if first := g.lineOf[hash]; err == nil && first > 0 {
			err = fmt.Errorf("id %v stands on line %d already; ids must differ", l.id, first)
		}
		if err != nil {
			g.complain("%s:%d: %v; skipped\n", g.name, g.in.number, err)
			g.skipped++
			continue
		}
		g.lineOf[hash] = g.in.number
		g.added++
		g.ids[g.added] = l.id
		if err := g.grouper.Add(l.entry(), l.Feed, cmp.Or(parseTime(l.Fetched), parseTime(l.Published))); err != nil {
			return err
		}
	}
	if err := g.grouper.Close(); err != nil {
		return errors.Join(err, failed)
	}
	if g.skipped > 0 {
		g.complain("headwater: %s skipped\n", count(g.skipped, "bad line"))
		failed = cmp.Or[error](failed, errFailed)
	}
	return failed
}

// idHash is the same in every run, so that an id with the hash of another is skipped in all of them or in none.
func idHash(id any) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%T %v", id, id)) // 1 and "1" are two ids
	return binary.LittleEndian.Uint64(sum[:])
}

// parseLine decodes a line and its id. The error for a value of a wrong type is worded without Go's type names.
func parseLine(line []byte) (inputLine, error) {
	var l inputLine
	var wrong *json.UnmarshalTypeError
	err := json.Unmarshal(line, &l)
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return l, fmt.Errorf("no article as JSON: the line is a JSON %s, not an object", wrong.Value)
	case errors.As(err, &wrong):
		return l, fmt.Errorf("no article as JSON: %q is a JSON %s, not a string", wrong.Field, wrong.Value)
	case err != nil:
		return l, fmt.Errorf("no article as JSON: %w", err)
	}
	switch raw := l.RawID; {
	case len(raw) == 0 || string(raw) == "null":
		return l, errors.New(`"id" is missing`)
	case raw[0] == '"':
		var id string
		if err := json.Unmarshal(raw, &id); err != nil {
			return l, err
		}
		if id == "" {
			return l, errors.New(`"id" is empty`)
		}
		l.id = id
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		l.id = json.Number(raw)
	default:
		return l, fmt.Errorf(`"id" is %s, not a string or a number`, raw)
	}
	return l, nil
}

func (l inputLine) entry() news.Entry {
	e := news.Entry{
		GUID: fmt.Sprint(l.id), Title: l.Title, URL: l.URL, Summary: l.Summary, Content: cmp.Or(l.HTML, l.Text),
		Published: parseTime(l.Published), Source: news.Reference{Title: l.Feed},
		Language: l.Lang,
	}
	for _, address := range l.Images {
		e.Enclosures = append(e.Enclosures, news.Enclosure{URL: address, Type: "image/*"})
	}
	if l.Author != "" {
		e.Authors = []string{l.Author}
	}
	return e
}

// parseTime reads RFC 3339. Other text gives the zero time.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// print prints the articles of a closed story and forgets their ids.
func (g *grouping) print(placed iter.Seq[stream.Placed]) error {
	w := bufio.NewWriterSize(g.stdout, 1<<16)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	var printed []int64
	for p := range placed {
		o := p.Origin
		line := outputLine{
			ID: g.ids[p.Article], Story: p.Story.ID, Event: p.Story.Event, Role: p.Role, Confidence: o.Confidence,
			Origin:   outputOrigin{Name: o.Name, Domain: o.Domain, URL: o.URL, Article: ""},
			Claims:   view.All(p.Claims, view.ClaimOf),
			Evidence: append(view.EvidenceOf(o.Evidence), view.EvidenceOf(p.Evidence)...),
		}
		if !o.Named() {
			line.Origin.Article = g.ids[o.Article]
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
		printed = append(printed, p.Article)
	}
	for _, article := range printed { // after all are printed, since each may be the origin of another
		delete(g.ids, article)
	}
	return w.Flush()
}
