package clean

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// text adds words to the open block, white space folded, in the order of the source.
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
			case c == '\n' && (s.lines || s.pre > 0):
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

// ready opens a block if none is open, and writes the space that is due.
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
	if s.link < 0 && s.url != "" {
		s.link = len(s.buf)
	}
}

// unmark writes the agencies' editing marks as their words: [USN:L8N44F05Z TEXT:"the words"] marks a link in a
// Reuters text whose other end was lost on the way. The space beside a mark without words goes with it.
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
	s.move(moved)
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

// compose brings the open block to NFC.
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
	s.move(moved)
}

// move moves the links of the open block after it was rewritten; moved gives where each segment of the source stands
// now, from the block's beginning. A link that nothing is left of goes.
func (s *scanner) move(moved [][2]int) {
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

type folding uint8

const (
	foldKeep folding = iota
	foldSpace
	foldDrop
)

// foldRune says what becomes of a rune outside ASCII: white space is folded; soft hyphens, byte order marks, zero width
// spaces, direction marks and controls go. Joiners stay: Persian, Indic scripts and emoji need them.
func foldRune(r rune) folding {
	switch {
	case r == 0xad, r == 0xfeff, r == 0x200b, r == 0x2060, r == 0x200e, r == 0x200f,
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return foldDrop
	case unicode.IsSpace(r):
		return foldSpace
	case r < 0xa0:
		return foldDrop
	}
	return foldKeep
}

func isASCIISpace(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}

// foldLine folds a title or a name to one line of NFC.
func foldLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && (r <= ' ' || r == 0x7f), r >= utf8.RuneSelf && foldRune(r) == foldSpace:
			space = space || r == 0x7f || r >= utf8.RuneSelf || isASCIISpace(byte(r))
			continue
		case r >= utf8.RuneSelf && foldRune(r) == foldDrop:
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// bare is a text as compared: its letters and digits only, in lower case.
func bare(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if c := bareASCII[r]; c != 0 {
				b = append(b, c)
			}
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return string(b)
}

// bareASCII returns the letters and digits of ASCII in lower case, and 0 for all else.
var bareASCII = func() (out [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c >= 'A' && c <= 'Z':
			out[c] = c + 'a' - 'A'
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			out[c] = c
		}
	}
	return out
}()

// clip bounds the words of a mark.
func clip(s string) string { return cutAt(s, maxMarked) }

// cutAt cuts a text to at most n bytes at a rune's boundary, without white space at its end.
func cutAt(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRight(s[:n], " \n")
}
