package clean

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// region is an element whose whole content is skipped or has one role. Its end is the matching end tag, counted by depth.
type region struct {
	role  role
	tag   atom.Atom
	depth int
	from  int // length of buf at its beginning
	seen  int // bytes of text within a skipped region
}

type scanner struct {
	page
	z *tokenizer

	plainLines bool // line ends separate lines: plain text, or within <pre>
	lenient    bool // second try: unclosed containers are ignored
	space      bool
	breaks     int // line breaks since the last text
	start      int // of the open block, or -1
	inHeading  bool
	inItem     bool
	quoteDepth int
	quoteStart int // index of the first block of the open blockquote
	preDepth   int
	skipped    region
	labelled   region
	cellStart  int    // length of buf at the beginning of the table cell
	linkURL    string // of the open link
	linkStart  int    // beginning of its words, or -1

	nextSoft bool // the next block follows a single line break
}

func newScanner(z *tokenizer, plainLines, lenient bool) *scanner {
	s := &scanner{z: z, plainLines: plainLines, lenient: lenient, start: -1, linkStart: -1}
	s.buf = make([]byte, 0, min(len(z.src), maxText))
	return s
}

// read reads the token at z, and reports whether the text may have more.
func (s *scanner) read() bool {
	switch s.z.kind {
	case html.TextToken:
		if text := s.z.Text(); s.skipped.tag != 0 {
			s.skipped.seen += len(text)
		} else {
			s.text(text)
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		s.begin(s.z.tag, s.z.kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		s.finish(s.z.tag)
	}
	return len(s.buf) < maxText
}

func (s *scanner) close() {
	s.endBlock()
	if s.quoteDepth > 0 {
		for i := s.quoteStart; i < len(s.blocks); i++ {
			s.blocks[i].kind = paragraph
		}
	}
}

func (s *scanner) begin(tag atom.Atom, selfClosing bool) {
	if s.skipped.tag != 0 {
		if tag == s.skipped.tag && !selfClosing && tag != atom.P {
			s.skipped.depth++
			return
		}
		if s.skipped.tag != atom.P || !isBlock(tag) {
			return
		}
		s.skipped = region{}
	}
	if s.labelled.tag == tag && !selfClosing {
		s.labelled.depth++
	}
	if s.labelled.tag == atom.P && isBlock(tag) {
		s.endBlock()
		s.labelled = region{}
	}
	if tag == atom.Img && s.z.hasAttributes { // the alt text of a formula's picture is the formula
		raw := s.z.Raw()
		isMath := func(word string) bool { return bytes.Contains(raw, []byte(word)) }
		if slices.ContainsFunc([]string{"tex", "math", "equation", "ql-img"}, isMath) {
			if p := pictureIn(s.z); p.alt != "" && p.isFormula() {
				s.text([]byte(plainTeX(p.alt)))
			}
		}
		return
	}
	if selfClosing && tag != atom.Br && tag != atom.Hr && tag != atom.P {
		return
	}
	s.open(tag, s.roleOf(tag))
}

// roleOf returns the role of an element's content by the element's name, class or id.
func (s *scanner) roleOf(tag atom.Atom) role {
	if tag == atom.A {
		s.anchor()
	}
	r := tagRole(tag)
	if r != prose || tag == atom.A || tag == atom.Br || tag == atom.Img || s.lenient {
		return r
	}
	for _, a := range s.z.attrs() {
		if got := attrRole(a.key, a.val); got != prose && tag != atom.Body && tag != atom.Html {
			r = got
		}
	}
	return r
}

func (s *scanner) anchor() {
	s.endLink()
	s.linkURL = ""
	for _, a := range s.z.attrs() {
		if string(a.key) == "href" && len(a.val) < 4096 {
			s.linkURL = strings.TrimSpace(string(a.val))
		}
	}
	if !webLink(s.linkURL) {
		s.linkURL = ""
	}
}

func (s *scanner) open(tag atom.Atom, r role) {
	switch {
	case r == dropped && !s.lenient:
		if isBlock(tag) || tag == atom.Form || tag == atom.Nav || tag == atom.Aside {
			s.endBlock()
		}
		s.skipped = region{tag: tag, depth: 1}
		return
	case r != prose && r != dropped && s.labelled.tag == 0 && !s.lenient:
		s.endBlock()
		s.labelled = region{role: r, tag: tag, depth: 1, from: len(s.buf)}
	}
	switch tag {
	case atom.Br:
		s.breaks++
	case atom.Td, atom.Th:
		s.endCell()
	case atom.Blockquote:
		s.endBlock()
		if s.quoteDepth == 0 {
			s.quoteStart = len(s.blocks)
		}
		s.quoteDepth++
	case atom.Pre:
		s.endBlock()
		s.preDepth++
	default:
		if isBlock(tag) {
			s.endBlock()
			s.inHeading = isHeading(tag)
			s.inItem = tag == atom.Li || s.inItem && tag != atom.Ul && tag != atom.Ol
		}
	}
}

func (s *scanner) finish(tag atom.Atom) {
	if s.skipped.tag != 0 {
		if tag == s.skipped.tag {
			s.skipped.depth--
			if s.skipped.depth == 0 {
				s.skipped = region{}
			}
		}
		return
	}
	if tag != 0 && s.labelled.tag == tag {
		s.labelled.depth--
		if s.labelled.depth == 0 {
			s.endBlock()
			s.labelled = region{}
		}
	}
	switch {
	case tag == atom.A:
		s.endLink()
		s.linkURL = ""
	case tag == atom.Td || tag == atom.Th:
		s.endCell()
	case tag == atom.Br:
		s.breaks++
	case tag == atom.Blockquote:
		s.endBlock()
		s.quoteDepth = max(0, s.quoteDepth-1)
	case tag == atom.Pre:
		s.endBlock()
		s.preDepth = max(0, s.preDepth-1)
	case isBlock(tag):
		s.endBlock()
		s.inHeading = false
		s.inItem = s.inItem && tag != atom.Li
	}
}

// endCell ends a table cell. A cell with a paragraph is a block of its own; the short cells of a row share one.
func (s *scanner) endCell() {
	if s.start >= 0 && len(s.buf)-max(s.cellStart, s.start) >= 80 {
		s.endBlock()
	}
	s.space = true
	s.cellStart = len(s.buf)
}

func (s *scanner) endLink() {
	if s.linkStart >= 0 && len(s.buf) > s.linkStart && s.linkURL != "" {
		s.anchors = append(s.anchors, anchor{s.linkStart, len(s.buf), s.linkURL})
	}
	s.linkStart = -1
}

func (s *scanner) endBlock() {
	s.breaks, s.space = 0, false
	s.endBlockAt(false)
}

// endBlockAt closes the open block. soft is the softness of the next block.
func (s *scanner) endBlockAt(soft bool) {
	if s.start < 0 {
		return
	}
	s.endLink()
	s.unmark()
	s.compose()
	b := block{start: s.start, end: len(s.buf), soft: s.nextSoft}
	switch {
	case s.quoteDepth > 0:
		b.kind = quotation
	case s.inHeading:
		b.kind = heading
	case s.inItem:
		b.kind = listItem
	}
	if s.labelled.tag != 0 && b.kind != quotation {
		b.role = s.labelled.role
	}
	s.blocks = append(s.blocks, b)
	s.start = -1
	s.nextSoft = soft
}

// text adds words to the open block in source order, with white space folded.
func (s *scanner) text(src []byte) {
	for i := 0; i < len(src); {
		c := src[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c > ' ' && c < 0x7f:
				from := i - 1
				for i < len(src) && src[i] > ' ' && src[i] < 0x7f {
					i++
				}
				s.ready()
				s.buf = append(s.buf, src[from:i]...)
			case c == '\n' && (s.plainLines || s.preDepth > 0):
				s.breaks++
			case c <= ' ' && isASCIISpace(c):
				s.space = true
			}
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		i += n
		switch foldRune(r) {
		case foldSpace:
			s.space = true
		case foldKeep:
			s.ready()
			s.buf = utf8.AppendRune(s.buf, r)
		}
	}
}

// ready opens a block if none is open, and writes the pending space.
func (s *scanner) ready() {
	if s.start >= 0 && s.breaks > 0 {
		s.endBlockAt(s.breaks == 1)
		s.space = false
	}
	s.breaks = 0
	switch {
	case s.start < 0:
		if len(s.blocks) > 0 {
			s.buf = append(s.buf, ' ') // blocks are one byte apart
		}
		s.start = len(s.buf)
	case s.space:
		s.buf = append(s.buf, ' ')
	}
	s.space = false
	if s.linkStart < 0 && s.linkURL != "" {
		s.linkStart = len(s.buf)
	}
}

// unmark replaces the editing marks of agencies by their words. [USN:L8N44F05Z TEXT:"the words"] is the remainder of a link in
// a Reuters text. A mark without words is removed together with the space next to it.
func (s *scanner) unmark() {
	if !bytes.Contains(s.buf[s.start:], []byte(" TEXT:\"")) {
		return
	}
	old := append([]byte(nil), s.buf[s.start:]...)
	s.buf = s.buf[:s.start]
	var moved [][2]int
	for i := 0; i < len(old); {
		moved = append(moved, [2]int{i, len(s.buf) - s.start})
		if n, words := editingMark(old[i:]); n > 0 {
			s.buf = append(s.buf, words...)
			i += n
			if len(words) == 0 && i < len(old) && old[i] == ' ' && (len(s.buf) == s.start || s.buf[len(s.buf)-1] == ' ') {
				i++
			}
			continue
		}
		s.buf = append(s.buf, old[i])
		i++
	}
	s.buf = s.buf[:s.start+len(bytes.TrimRight(s.buf[s.start:], " "))]
	s.moveAnchors(moved)
}

func editingMark(b []byte) (int, []byte) {
	if b[0] != '[' {
		return 0, nil
	}
	from := bytes.Index(b[:min(len(b), 40)], []byte(" TEXT:\""))
	if from < 0 || bytes.IndexByte(b[1:from], ' ') >= 0 || bytes.IndexByte(b[:from], ':') < 0 {
		return 0, nil
	}
	from += len(" TEXT:\"")
	n := bytes.Index(b[from:min(len(b), from+300)], []byte("\"]"))
	if n < 0 {
		return 0, nil
	}
	return from + n + 2, bytes.TrimSpace(b[from : from+n])
}

// compose normalises the open block to NFC.
func (s *scanner) compose() {
	b := s.buf[s.start:]
	if norm.NFC.IsNormal(b) {
		return
	}
	var it norm.Iter
	old := append([]byte(nil), b...)
	it.Init(norm.NFC, old)
	s.buf = s.buf[:s.start]
	moved := make([][2]int, 0, len(old))
	for !it.Done() {
		moved = append(moved, [2]int{it.Pos(), len(s.buf) - s.start})
		s.buf = append(s.buf, it.Next()...)
	}
	s.moveAnchors(moved)
}

// moveAnchors adjusts the links of the open block after the block was rewritten. moved maps the old offset of each segment to
// the new one, both from the block's beginning. Links that have no words left are removed.
func (s *scanner) moveAnchors(moved [][2]int) {
	first := len(s.anchors)
	for first > 0 && s.anchors[first-1].end > s.start {
		first--
	}
	out := s.anchors[:first]
	end := len(s.buf) - s.start
	movedTo := func(at int) int { // an offset within a segment moves to the segment's end
		i, _ := slices.BinarySearchFunc(moved, at-s.start, func(m [2]int, at int) int { return m[0] - at })
		if i == len(moved) {
			return s.start + end
		}
		return s.start + min(moved[i][1], end)
	}
	for _, a := range s.anchors[first:] {
		a.start, a.end = movedTo(a.start), movedTo(a.end)
		if a.end > a.start {
			out = append(out, a)
		}
	}
	s.anchors = out
}
