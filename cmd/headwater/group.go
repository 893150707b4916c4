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
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
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
	Images    []string        `json:"images"` // addresses

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
			lines, err := linesOf(in)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return c.newGrouping(registry, cfg.Group.Window, name, lines).run(cmd.Context())
		},
	}
}

// grouping is a stream of articles on its way through a grouper. Of what has been printed it keeps a hash of the id and the
// line that it stood on.
type grouping struct {
	*cli
	name    string
	in      *lines
	grouper *stream.Grouper
	first   map[uint64]int // line by hash of the id
	added   int64
	held    map[int64]any // ids of the articles that are in the grouper, by number
	bad     int
}

func (c *cli) newGrouping(registry *outlets.Registry, window time.Duration, name string, in *lines) *grouping {
	g := &grouping{cli: c, name: name, in: in, first: map[uint64]int{}, held: map[int64]any{}}
	g.grouper = stream.New(stream.Options{Outlets: registry, Window: window, Print: g.print})
	return g
}

// run groups all lines. Where reading breaks off, what was read is grouped and printed all the same.
func (g *grouping) run(ctx context.Context) error {
	var torn error
	for torn == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := g.in.next()
		switch {
		case errors.Is(err, io.EOF):
			return g.end(nil)
		case errors.Is(err, errLongLine):
			g.skip(err)
		case err != nil:
			torn = fmt.Errorf("%s:%d: %w; only the lines before are grouped", g.name, g.in.number+1, err)
		default:
			if err := g.line(line); err != nil {
				return err
			}
		}
	}
	return g.end(torn)
}

// line adds the article of a line.
func (g *grouping) line(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	l, err := parseLine(line)
	if err != nil {
		g.skip(err)
		return nil
	}
	hash := idHash(l.id)
	if first := g.first[hash]; first > 0 {
		g.skip(fmt.Errorf("id %v stands on line %d already; ids must differ", l.id, first))
		return nil
	}
	g.first[hash] = g.in.number
	g.added++
	g.held[g.added] = l.id
	return g.grouper.Add(l.entry(), l.Feed, l.seen())
}

// idHash is the same in every run, so that a line which is skipped for an id that only has the hash of another is skipped in all.
func idHash(id any) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%T %v", id, id)) // 1 and "1" are two ids
	return binary.LittleEndian.Uint64(sum[:])
}

func (g *grouping) skip(err error) {
	g.complain("%s:%d: %v; skipped\n", g.name, g.in.number, err)
	g.bad++
}

// end prints what is left, and says what went wrong.
func (g *grouping) end(torn error) error {
	if err := g.grouper.Close(); err != nil {
		return errors.Join(err, torn)
	}
	if g.bad > 0 {
		g.complain("headwater: %s skipped\n", count(g.bad, "bad line"))
		torn = cmp.Or[error](torn, errSaid)
	}
	return torn
}

func parseLine(line []byte) (inputLine, error) {
	var l inputLine
	if err := json.Unmarshal(line, &l); err != nil {
		return l, fmt.Errorf("no article as JSON: %w", inWords(err))
	}
	var err error
	l.id, err = parseID(l.RawID)
	return l, err
}

// inWords says of a value of the wrong type what it is and should be, without Go's names for either.
func inWords(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "":
		return fmt.Errorf("the line is a JSON %s, not an object", wrong.Value)
	}
	return fmt.Errorf("%q is a JSON %s, not a string", wrong.Field, wrong.Value)
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
	for _, address := range l.Images {
		e.Enclosures = append(e.Enclosures, news.Enclosure{URL: address, Type: "image/*"})
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

// print prints articles that are grouped, and forgets their ids.
func (g *grouping) print(placed iter.Seq[stream.Placed]) error {
	w := bufio.NewWriterSize(g.stdout, 1<<16)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	var printed []int64
	for p := range placed {
		if err := enc.Encode(g.output(p)); err != nil {
			return err
		}
		printed = append(printed, p.Article)
	}
	for _, article := range printed { // not before, since each may be the origin of another
		delete(g.held, article)
	}
	return w.Flush()
}

func (g *grouping) output(p stream.Placed) outputLine {
	o := p.Origin
	line := outputLine{
		ID: g.held[p.Article], Story: p.Story.ID, Event: p.Story.Event, Role: p.Role, Confidence: o.Confidence,
		Origin:   outputOrigin{Name: o.Name, Domain: o.Domain, URL: o.URL, Article: ""},
		Claims:   view.All(p.Claims, view.ClaimOf),
		Evidence: append(view.EvidenceOf(o.Evidence), view.EvidenceOf(p.Evidence)...),
	}
	if !o.Named() {
		line.Origin.Article = g.held[o.Article]
	}
	return line
}
