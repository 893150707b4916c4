package clean

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"headwater/internal/news"
)

// kind is what a block was in the HTML.
type kind uint8

const (
	paragraph kind = iota
	heading
	item
	quotation
)

// block is a paragraph's worth of text: a span of its page's buffer.
type block struct {
	start, end int
	kind       kind
	role       role
	soft       bool      // parted from the block before by a single line break only
	url        string    // of a source line whose link stands beside it
	tails      []cutting // cut off its end
	hash       uint64    // of prose, see blockHash
	words      int       // of prose, see countWords
}

// anchor is a link's words as a span of the page's buffer.
type anchor struct {
	start, end int
	url        string
}

// page is what one pass over the HTML leaves: folded text in buf, its blocks one byte apart, and the links.
type page struct {
	buf     []byte
	blocks  []block
	anchors []anchor
	src     string      // buf, once it is complete
	kept    []news.Mark // of another page that this one stands for
	shape   shape
}

// zone is an element whose whole content is set apart. It ends with the matching end tag, counted by depth.
type zone struct {
	role  role
	tag   atom.Atom
	depth int
	from  int // length of buf where it began
	seen  int // bytes of text within, for zones that are not kept
}

type scanner struct {
	page
	z *html.Tokenizer

	lines   bool // line ends part lines: plain text, or within <pre>
	lenient bool // second try: containers that were left open are ignored
	space   bool
	breaks  int // line breaks since the last text
	start   int // of the open block, or -1
	heading bool
	item    bool
	quote   int
	quoted  int // index of the first block of the open blockquote
	pre     int
	skip    zone
	apart   zone
	cell    int    // length of buf where the table cell began
	url     string // of the open link
	link    int    // where its words began, or -1

	nextSoft bool // the next block follows a single line break
}

// scan reads HTML in one pass, without building a tree, so that neither depth nor size can hurt.
func scan(src string) *page {
	if len(src) > maxInput {
		src = src[:maxInput]
	}
	src = legible(src)
	lines := !hasBlocks(src)
	s := run(src, lines, false)
	if s.skip.tag != 0 && s.skip.seen > 400 || s.apart.tag != 0 && len(s.buf)-s.apart.from > 400 {
		s = run(src, lines, true)
	}
	return &s.page
}

func run(src string, lines, lenient bool) *scanner {
	s := &scanner{z: html.NewTokenizer(strings.NewReader(src)), lines: lines, lenient: lenient, start: -1, link: -1}
	s.buf = make([]byte, 0, min(len(src), maxText))
	for len(s.buf) < maxText {
		switch s.z.Next() {
		case html.ErrorToken:
			s.close()
			return s
		case html.TextToken:
			if text := s.z.Text(); s.skip.tag != 0 {
				s.skip.seen += len(text)
			} else {
				s.text(text)
			}
		case html.StartTagToken:
			name, more := s.z.TagName()
			s.begin(atom.Lookup(name), more, false)
		case html.SelfClosingTagToken:
			name, more := s.z.TagName()
			s.begin(atom.Lookup(name), more, true)
		case html.EndTagToken:
			name, _ := s.z.TagName()
			s.finish(atom.Lookup(name))
		}
	}
	s.close()
	return s
}

func (s *scanner) close() {
	s.endBlock()
	if s.quote > 0 {
		for i := s.quoted; i < len(s.blocks); i++ {
			s.blocks[i].kind = paragraph
		}
	}
}

func (s *scanner) begin(tag atom.Atom, attrs, selfClosing bool) {
	if isRaw(tag) || selfClosing {
		s.z.NextIsNotRawText()
	}
	if s.skip.tag != 0 {
		if tag == s.skip.tag && !selfClosing && tag != atom.P {
			s.skip.depth++
			return
		}
		if s.skip.tag != atom.P || !isBlock(tag) {
			return
		}
		s.skip = zone{}
	}
	if s.apart.tag == tag && !selfClosing {
		s.apart.depth++
	}
	if s.apart.tag == atom.P && isBlock(tag) {
		s.endBlock()
		s.apart = zone{}
	}
	if tag == atom.Img && attrs { // of a formula's picture the alt text is the formula
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
	s.open(tag, s.setApart(tag, attrs))
}

// setApart reads the attributes that matter and says what an element's content is by its name, class or id.
func (s *scanner) setApart(tag atom.Atom, attrs bool) role {
	if tag == atom.A {
		s.anchor(attrs)
	}
	r := tagRole(tag)
	if !attrs || r != prose || tag == atom.A || tag == atom.Br || tag == atom.Img || s.lenient {
		return r
	}
	for more := true; more; {
		var k, v []byte
		k, v, more = s.z.TagAttr()
		if got := attrRole(k, v); got != prose && tag != atom.Body && tag != atom.Html {
			r = got
		}
	}
	return r
}

func (s *scanner) anchor(attrs bool) {
	s.endLink()
	s.url = ""
	for more := attrs; more; {
		var k, v []byte
		k, v, more = s.z.TagAttr()
		if string(k) == "href" && len(v) < 4096 {
			s.url = strings.TrimSpace(string(v))
		}
	}
	if !webLink(s.url) {
		s.url = ""
	}
}

func (s *scanner) open(tag atom.Atom, r role) {
	switch {
	case r == dropped && !s.lenient:
		if isBlock(tag) || tag == atom.Form || tag == atom.Nav || tag == atom.Aside {
			s.endBlock()
		}
		s.skip = zone{tag: tag, depth: 1}
		return
	case r != prose && r != dropped && s.apart.tag == 0 && !s.lenient:
		s.endBlock()
		s.apart = zone{role: r, tag: tag, depth: 1, from: len(s.buf)}
	}
	switch tag {
	case atom.Br:
		s.breaks++
	case atom.Td, atom.Th:
		s.endCell()
	case atom.Blockquote:
		s.endBlock()
		if s.quote == 0 {
			s.quoted = len(s.blocks)
		}
		s.quote++
	case atom.Pre:
		s.endBlock()
		s.pre++
	default:
		if isBlock(tag) {
			s.endBlock()
			s.heading = isHeading(tag)
			s.item = tag == atom.Li || s.item && tag != atom.Ul && tag != atom.Ol
		}
	}
}

func (s *scanner) finish(tag atom.Atom) {
	if s.skip.tag != 0 {
		if tag == s.skip.tag {
			s.skip.depth--
			if s.skip.depth == 0 {
				s.skip = zone{}
			}
		}
		return
	}
	if tag != 0 && s.apart.tag == tag {
		s.apart.depth--
		if s.apart.depth == 0 {
			s.endBlock()
			s.apart = zone{}
		}
	}
	switch {
	case tag == atom.A:
		s.endLink()
		s.url = ""
	case tag == atom.Td || tag == atom.Th:
		s.endCell()
	case tag == atom.Br:
		s.breaks++
	case tag == atom.Blockquote:
		s.endBlock()
		s.quote = max(0, s.quote-1)
	case tag == atom.Pre:
		s.endBlock()
		s.pre = max(0, s.pre-1)
	case isBlock(tag):
		s.endBlock()
		s.heading = false
		s.item = s.item && tag != atom.Li
	}
}

// endCell parts cells that hold a paragraph and keeps the short ones of a row together.
func (s *scanner) endCell() {
	if s.start >= 0 && len(s.buf)-max(s.cell, s.start) >= 80 {
		s.endBlock()
	}
	s.space = true
	s.cell = len(s.buf)
}

func (s *scanner) endLink() {
	if s.link >= 0 && len(s.buf) > s.link && s.url != "" {
		s.anchors = append(s.anchors, anchor{s.link, len(s.buf), s.url})
	}
	s.link = -1
}

func (s *scanner) endBlock() {
	s.breaks, s.space = 0, false
	s.endBlockAt(false)
}

// endBlockAt closes the open block; soft is passed on to the next one.
func (s *scanner) endBlockAt(soft bool) {
	if s.start < 0 {
		return
	}
	s.endLink()
	s.unmark()
	s.compose()
	b := block{start: s.start, end: len(s.buf), soft: s.nextSoft}
	switch {
	case s.quote > 0:
		b.kind = quotation
	case s.heading:
		b.kind = heading
	case s.item:
		b.kind = item
	}
	if s.apart.tag != 0 && b.kind != quotation {
		b.role = s.apart.role
	}
	s.blocks = append(s.blocks, b)
	s.start = -1
	s.nextSoft = soft
}
