package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"
)

// screen is what stdout shows up on. The zero value is a file or a pipe: lines as long as they are, and no colour.
type screen struct {
	Width  int  `json:"width,omitempty"` // columns; 0 is no bound
	Colour bool `json:"colour,omitempty"`
}

// The narrowest screen that lines are broken for, and the widest that prose is spread over.
const (
	minWidth = 20
	maxProse = 100
)

// screenOf looks at what w writes to. NO_COLOR (no-color.org) and TERM=dumb take the colours away.
func screenOf(w io.Writer) screen {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return screen{}
	}
	s := screen{Colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width >= minWidth {
		s.Width = width
	}
	return s
}

// A style is how words look at a terminal, as the parameter of the control sequence SGR (ECMA-48, 8.3.117).
type style string

const (
	plain  style = ""
	strong style = "1"
	faint  style = "2"
	marked style = "1;33"
	good   style = "32"
	bad    style = "31"
)

// show gives words in a style.
func (s screen) show(st style, words string) string {
	if !s.Colour || st == plain || words == "" {
		return words
	}
	return "\x1b[" + string(st) + "m" + words + "\x1b[0m"
}

// stretch is text in one style.
type stretch struct {
	style style
	text  string
}

// prose breaks text into lines between words, all but the first with an indent of spaces in front. The first
// line begins at column from. Where the screen has no width, it is one line.
func (s screen) prose(from, indent int, parts ...stretch) string {
	return s.wrap(min(s.Width, maxProse), from, indent, parts...)
}

func (s screen) wrap(width, from, indent int, parts ...stretch) string {
	var b strings.Builder
	at := from
	for _, r := range parts {
		var line strings.Builder // of this run, before its style
		end := func(text string) {
			b.WriteString(s.show(r.style, text))
			line.Reset()
		}
		for _, word := range strings.SplitAfter(r.text, " ") {
			n := displaywidth.String(strings.TrimRight(word, " "))
			if width-indent >= minColumn && at > indent && at+n > width {
				end(strings.TrimRight(line.String(), " "))
				b.WriteString("\n" + strings.Repeat(" ", indent))
				at = indent
			}
			line.WriteString(word)
			at += displaywidth.String(word)
		}
		end(line.String())
	}
	return b.String()
}

// print prints one paragraph with an indent. Text from feeds stays on its lines.
func (c *cli) print(indent int, parts ...stretch) {
	empty := true
	for i, r := range parts {
		parts[i].text = oneLine(r.text)
		empty = empty && parts[i].text == ""
	}
	if !empty {
		c.printf("%*s%s\n", indent, "", c.screen.prose(indent, indent, parts...))
	}
}

// oneLine takes away what would move a terminal's cursor, and keeps spaces at the ends.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// table is rows of cells in columns, printed by Flush. At a terminal the last column ends where the line does.
type table struct {
	c      *cli
	styles []style // of the columns; those beyond are plain
	rows   [][]string
}

func (c *cli) table(styles ...style) *table { return &table{c: c, styles: styles} }

func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.TrimRight(oneLine(cell), " ")
	}
	t.rows = append(t.rows, cells)
}

// Flush prints the rows.
func (t *table) Flush() {
	widths := t.widths()
	for _, row := range t.rows {
		t.c.printf("%s\n", t.line(row, widths))
	}
	t.rows = nil
}

const (
	gap       = 2  // spaces between columns
	minColumn = 12 // columns that a cell keeps where the screen is too narrow
)

// widths are those of all columns but the last of each row. The widest give way where the screen is too narrow.
func (t *table) widths() []int {
	var widths []int
	total, last := 0, 0
	for _, row := range t.rows {
		last = max(last, displaywidth.String(row[len(row)-1]))
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
				total += gap
			}
			if w := displaywidth.String(cell); w > widths[i] {
				total += w - widths[i]
				widths[i] = w
			}
		}
	}
	total += min(last, minWidth)
	for ; t.c.screen.Width > 0 && total > t.c.screen.Width; total-- {
		i := slices.Index(widths, slices.Max(widths))
		if widths[i] <= minColumn {
			break
		}
		widths[i]--
	}
	return widths
}

func (t *table) line(row []string, widths []int) string {
	var b strings.Builder
	at := 0
	for i, cell := range row {
		st := plain
		if i < len(t.styles) {
			st = t.styles[i]
		}
		if i == len(row)-1 {
			b.WriteString(t.c.screen.wrap(t.c.screen.Width, at, at, stretch{st, cell}))
			break
		}
		cell = displaywidth.TruncateString(cell, widths[i], "…")
		b.WriteString(t.c.screen.show(st, cell) + strings.Repeat(" ", widths[i]-displaywidth.String(cell)+gap))
		at += widths[i] + gap
	}
	return strings.TrimRight(b.String(), " ")
}
