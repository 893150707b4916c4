package clean

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// Readable returns an article's stored HTML as it is shown to a reader: without boilerplate (boilerplate.go), with credits in
// small type, and with the words of editing marks in place of these. title is shown above it. furniture are the hashes of blocks
// that the article's feed repeats (news.Furniture); nil is none. What stays is written as it was. HTML that would lose all its words is returned as it is.
func Readable(src, title string, furniture []uint64) string {
	known := make(blockSet, len(furniture))
	for _, h := range furniture {
		known[h] = struct{}{}
	}
	for turn := 1; ; turn++ { // until nothing goes: each turn makes the text shorter
		d := newDisplayed(src)
		if turn > maxTurns || !d.edit(title, known) {
			d.shrinkCredits()
			return d.write()
		}
		src = d.write()
	}
}

// maxTurns bounds the work for a text of which each turn takes out a line: what goes then uncovers the next.
const maxTurns = 20

// ReadableText is Readable for text in paragraphs.
func ReadableText(text string) string {
	var lines []shownLine
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			lines = append(lines, shownLine{text: p})
		}
	}
	var out []string
	changed := false
	for i, v := range judge(lines, "", nil) {
		changed = changed || v.goes || v.keep > 0
		switch {
		case v.keep > 0:
			out = append(out, lines[i].text[:v.keep])
		case !v.goes:
			out = append(out, lines[i].text)
		}
	}
	if !changed || !hasWords(out) {
		return text
	}
	return ReadableText(strings.Join(out, "\n\n"))
}

func hasWords(lines []string) bool {
	for _, l := range lines {
		if firstLetter(l) != 0 {
			return true
		}
	}
	return false
}

// displayed is stored HTML as its tokens, and its lines.
type displayed struct {
	tokens []displayedToken
	lines  []shownLine
}

type displayedToken struct {
	kind html.TokenType
	tag  atom.Atom
	raw  string // as it is written; "" where it goes
	text string // of a text, decoded
	gone bool   // its line goes, or a part of it
}

func (t *displayedToken) isStart() bool { return t.kind == html.StartTagToken && t.isElement() }
func (t *displayedToken) isEnd() bool   { return t.kind == html.EndTagToken && t.isElement() }
func (t *displayedToken) isElement() bool {
	return t.tag != atom.Br && t.tag != atom.Hr && t.tag != atom.Img
}

// breaksLine reports whether a tag ends a line.
func (t *displayedToken) breaksLine() bool {
	return t.kind != html.TextToken && (t.tag == atom.Br || t.tag == atom.Td || t.tag == atom.Th || isBlock(t.tag))
}

func newDisplayed(src string) *displayed {
	d := &displayed{}
	z := newTokenizer(src)
	for at := 0; z.next(); at = z.at {
		t := displayedToken{kind: z.kind, tag: z.tag, raw: src[at:z.at]}
		if t.kind == html.TextToken {
			t.tag, t.text = 0, html.UnescapeString(t.raw)
			if words := withoutEditingMarks(t.text); words != t.text {
				t.text, t.raw = words, html.EscapeString(words)
			}
		}
		d.tokens = append(d.tokens, t)
	}
	d.split()
	return d
}

// withoutEditingMarks puts the words of editing marks in the place of these. See editingMark.
func withoutEditingMarks(s string) string {
	if !strings.Contains(s, " TEXT:\"") {
		return s
	}
	var out []byte
	b := []byte(s)
	for i := 0; i < len(b); {
		n, words := editingMark(b[i:])
		if n == 0 {
			n, words = 1, b[i:i+1]
		}
		out = append(out, words...)
		i += n
	}
	return string(out)
}

// split finds the lines.
func (d *displayed) split() {
	var open []atom.Atom
	fixed, heading, linked := 0, 0, false
	count := func(tag atom.Atom, n int) {
		switch {
		case isHeading(tag):
			heading += n
		case tag == atom.Table || tag == atom.Pre || tag == atom.Blockquote || tag == atom.Figcaption || tag == atom.Dl || tag == atom.Code:
			fixed += n
		}
	}
	from, words, unlinked := 0, strings.Builder{}, 0
	l := shownLine{}
	end := func(to int) {
		if l.text = foldLine(words.String()); l.text != "" {
			l.from, l.to = from, to
			l.linked = unlinked*10 <= len(l.text)
			d.lines = append(d.lines, l)
		}
		words.Reset()
		unlinked = 0
		l = shownLine{}
	}
	for i := range d.tokens {
		t := &d.tokens[i]
		if t.breaksLine() {
			end(i)
			from = i + 1
		}
		switch {
		case t.kind == html.TextToken:
			words.WriteString(t.text)
			if !linked {
				unlinked += len(strings.TrimSpace(t.text))
			}
			switch { // where its words stand
			case fixed > 0:
				l.place = lineFixed
			case heading > 0 && l.place == linePlain:
				l.place = lineHeading
			}
		case t.tag == atom.Img:
			l.picture = true
		case t.isStart():
			open = append(open, t.tag)
			count(t.tag, 1)
			linked = linked || t.tag == atom.A
		case t.isEnd() && len(open) > 0 && open[len(open)-1] == t.tag:
			open = open[:len(open)-1]
			count(t.tag, -1)
			linked = linked && t.tag != atom.A
		}
	}
	end(len(d.tokens))
}

// edit takes out what goes, and reports whether anything does. It changes nothing where no words would be left.
func (d *displayed) edit(title string, known blockSet) bool {
	verdicts := judge(d.lines, title, known)
	var left []string
	changed := false
	for i, v := range verdicts {
		changed = changed || v.goes || v.keep > 0
		if !v.goes {
			left = append(left, d.lines[i].text)
		}
	}
	if !changed || !hasWords(left) {
		return false
	}
	changed = false
	for i, v := range verdicts {
		switch {
		case v.goes:
			d.remove(d.lines[i])
			changed = true
		case v.keep > 0:
			changed = d.cut(d.lines[i], v.keep) || changed
		}
	}
	d.removeEmpty()
	return changed
}

// remove takes out the words of a line, and the line breaks that part it from the line above, or from the one below where it is the first.
func (d *displayed) remove(l shownLine) {
	for i := l.from; i < l.to; i++ {
		if t := &d.tokens[i]; t.kind == html.TextToken {
			t.raw, t.text, t.gone = "", "", true
		}
	}
	if !d.removeBreaks(l.from-1, -1) {
		d.removeBreaks(l.to, 1)
	}
}

// removeBreaks takes out the line breaks from a token on, as far as nothing is shown between them, and reports whether it found any.
func (d *displayed) removeBreaks(i, step int) bool {
	found := false
	for ; i >= 0 && i < len(d.tokens); i += step {
		t := &d.tokens[i]
		switch {
		case t.tag == atom.Br && t.raw == "": // all breaks from here on were taken out with another line
			return found
		case t.tag == atom.Br:
			found, t.raw = true, ""
		case t.kind == html.TextToken && strings.TrimSpace(t.text) != "", t.tag == atom.Img, t.breaksLine():
			return found
		}
	}
	return found
}

// cut takes out the end of a line from a byte of its text on. It reports false, and does nothing, where folding has composed
// characters, so that those of the text can't be counted.
func (d *displayed) cut(l shownLine, keep int) bool {
	for _, t := range d.tokens[l.from:l.to] {
		if !norm.NFC.IsNormalString(t.text) {
			return false
		}
	}
	solid := func(r rune) bool {
		return r > ' ' && r != 0x7f && (r < 0x80 || foldRune(r) == foldKeep)
	}
	n := 0 // characters that go
	for _, r := range l.text[keep:] {
		if solid(r) {
			n++
		}
	}
	for i := l.to - 1; i >= l.from && n > 0; i-- {
		t := &d.tokens[i]
		if t.kind != html.TextToken {
			continue
		}
		runes := []rune(t.text)
		at := len(runes)
		for ; at > 0 && n > 0; at-- {
			if solid(runes[at-1]) {
				n--
			}
		}
		t.text = strings.TrimRightFunc(string(runes[:at]), unicode.IsSpace)
		t.raw, t.gone = html.EscapeString(t.text), true
	}
	return true
}

// removeEmpty takes out elements in which nothing is left of what they held.
func (d *displayed) removeEmpty() {
	type element struct {
		at         int
		before     int  // the last token before it that is written; -1 is none
		shown, had bool // something is shown in it, something went
	}
	open := []element{{}}
	written := -1 // the last token that is
	for i := range d.tokens {
		t := &d.tokens[i]
		last := &open[len(open)-1]
		switch {
		case t.kind == html.TextToken:
			last.shown = last.shown || strings.TrimSpace(t.text) != ""
			last.had = last.had || t.gone
		case t.isStart():
			open = append(open, element{at: i, before: written})
		case t.isEnd() && len(open) > 1 && d.tokens[last.at].tag == t.tag:
			e := *last
			open = open[:len(open)-1]
			outer := &open[len(open)-1]
			outer.shown, outer.had = outer.shown || e.shown, outer.had || e.had
			if e.had && !e.shown {
				for k := e.at; k <= i; k++ {
					d.tokens[k].raw, d.tokens[k].text = "", ""
				}
				written = e.before
				if isBlock(t.tag) && written >= 0 && !d.tokens[written].breaksLine() && d.goesOn(i+1) {
					t.raw, t.tag = "<br>", atom.Br // the words before and behind it stay apart
				}
			}
		case t.tag == atom.Br:
		default:
			last.shown = true
		}
		if strings.TrimSpace(t.raw) != "" {
			written = i
		}
	}
}

// goesOn reports whether what is written from a token on goes on with a line, and begins none.
func (d *displayed) goesOn(i int) bool {
	for ; i < len(d.tokens); i++ {
		if t := &d.tokens[i]; strings.TrimSpace(t.raw) != "" {
			return !t.breaksLine()
		}
	}
	return false
}

// shrinkCredits puts lines that only credit or give a time into small type.
func (d *displayed) shrinkCredits() {
	for _, l := range d.lines {
		if l.place != linePlain || l.picture || !isCredited(l.text) && !isTimestamp(l.text) {
			continue
		}
		depth, balanced, small := 0, true, false
		for _, t := range d.tokens[l.from:l.to] {
			switch {
			case t.isStart():
				depth++
				small = small || t.tag == atom.Small
			case t.isEnd():
				depth--
			}
			balanced = balanced && depth >= 0
		}
		if balanced && depth == 0 && !small {
			d.tokens[l.from].raw = "<small>" + d.tokens[l.from].raw
			d.tokens[l.to-1].raw += "</small>"
		}
	}
}

func (d *displayed) write() string {
	var b strings.Builder
	for _, t := range d.tokens {
		b.WriteString(t.raw)
	}
	return b.String()
}
