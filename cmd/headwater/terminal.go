package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/clipperhouse/displaywidth"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// screen is what stdout is shown on. The zero value is a file or a pipe: lines of any length, no colour.
type screen struct {
	Width  int  `json:"width,omitempty"` // columns; 0 is unlimited
	Colour bool `json:"colour,omitempty"`
}

const (
	minWidth  = 20  // columns; lines are not broken for a narrower screen
	maxProse  = 100 // columns; prose is no wider on a wider screen
	columnGap = 2   // spaces between the columns of a table
	minColumn = 12  // columns that a table cell keeps on a screen that is too narrow
)

// screenOf examines what w writes to. NO_COLOR (no-color.org) and TERM=dumb turn colours off.
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

// A style is the parameter of the control sequence SGR (ECMA-48, 8.3.117).
type style string

const (
	plain     style = ""
	bold      style = "1"
	faint     style = "2"
	highlight style = "1;33"
	green     style = "32"
	red       style = "31"
)

func (s screen) styled(st style, text string) string {
	if !s.Colour || st == plain || text == "" {
		return text
	}
	return "\x1b[" + string(st) + "m" + text + "\x1b[0m"
}

// span is text in one style.
type span struct {
	style style
	text  string
}

// prose breaks spans into lines between words, at most maxProse wide. The first line begins at column from; the others
// are indented by indent spaces. A screen without a width gets one line.
func (s screen) prose(from, indent int, spans ...span) string {
	return s.wrap(min(s.Width, maxProse), from, indent, spans...)
}

func (s screen) wrap(width, from, indent int, spans ...span) string {
	var b strings.Builder
	column := from
	for _, r := range spans {
		var line strings.Builder // part of the span on the current line
		end := func(text string) {
			b.WriteString(s.styled(r.style, text))
			line.Reset()
		}
		for _, word := range strings.SplitAfter(r.text, " ") {
			n := displaywidth.String(strings.TrimRight(word, " "))
			if width-indent >= minColumn && column > indent && column+n > width {
				end(strings.TrimRight(line.String(), " "))
				b.WriteString("\n" + strings.Repeat(" ", indent))
				column = indent
			}
			line.WriteString(word)
			column += displaywidth.String(word)
		}
		end(line.String())
	}
	return b.String()
}

// oneLine replaces white space by spaces and removes control characters. It keeps spaces at the ends.
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

// table collects rows of cells and prints them in columns.
type table struct {
	out    io.Writer
	screen screen
	styles []style // of the columns; further columns are plain
	rows   [][]string
}

func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.TrimRight(oneLine(cell), " ")
	}
	t.rows = append(t.rows, cells)
}

// flush prints the rows. The last cell of a row is wrapped to the screen. The other columns are as wide as their widest cell;
// where the screen is too narrow, the widest column shrinks first, and cells are cut.
func (t *table) flush() {
	var widths []int // of all columns but the last of each row
	total, last := 0, 0
	for _, row := range t.rows {
		last = max(last, displaywidth.String(row[len(row)-1]))
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
				total += columnGap
			}
			if w := displaywidth.String(cell); w > widths[i] {
				total += w - widths[i]
				widths[i] = w
			}
		}
	}
	total += min(last, minWidth)
	for ; t.screen.Width > 0 && total > t.screen.Width; total-- {
		i := slices.Index(widths, slices.Max(widths))
		if widths[i] <= minColumn {
			break
		}
		widths[i]--
	}
	for _, row := range t.rows {
		var b strings.Builder
		column := 0
		for i, cell := range row {
			st := plain
			if i < len(t.styles) {
				st = t.styles[i]
			}
			if i == len(row)-1 {
				b.WriteString(t.screen.wrap(t.screen.Width, column, column, span{st, cell}))
				break
			}
			cell = displaywidth.TruncateString(cell, widths[i], "…")
			b.WriteString(t.screen.styled(st, cell) + strings.Repeat(" ", widths[i]-displaywidth.String(cell)+columnGap))
			column += widths[i] + columnGap
		}
		_, _ = io.WriteString(t.out, strings.TrimRight(b.String(), " ")+"\n") // out is an output, which keeps the error
	}
	t.rows = nil
}

// progressInterval is the least time between two updates of a bar.
const progressInterval = 100 * time.Millisecond

// progress is how far one stage of the work is.
type progress struct {
	Stage string `json:"stage"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// progressBar shows the progress of long work on a terminal, or sends it to another process. The zero value shows nothing.
type progressBar struct {
	out  io.Writer      // a terminal, or nil
	send func(progress) // to the process that shows it, or nil

	mu    sync.Mutex // guards what follows
	stage string
	bar   *progressbar.ProgressBar
	sent  time.Time
}

// update shows that done of total are done in a stage. It may be called from several goroutines.
func (b *progressBar) update(stage string, done, total int) {
	if b.out == nil && b.send == nil || total == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.send != nil {
		if now := time.Now(); stage != b.stage || now.Sub(b.sent) > progressInterval || done == total {
			b.stage, b.sent = stage, now
			b.send(progress{stage, done, total})
		}
		return
	}
	if stage != b.stage {
		b.finish()
		b.stage = stage
		b.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription(stage),
			progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(progressInterval))
	}
	b.bar.ChangeMax(total)
	_ = b.bar.Set(done) // a bar that cannot be drawn stops nothing
}

// of returns update for one stage.
func (b *progressBar) of(stage string) func(done, total int) {
	return func(done, total int) { b.update(stage, done, total) }
}

// clear removes the bar, so that the next output starts on an empty line.
func (b *progressBar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finish()
}

func (b *progressBar) finish() {
	if b.bar != nil {
		_ = b.bar.Finish()
		b.bar = nil
	}
}
