package clean

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shape counts what tells hubs from articles.
type shape struct {
	blocks, headings, links, linked, stamped, numbered, words int
}

// weight is the length of a page's prose in letters and the like; a Chinese or Japanese character counts twice.
func (p *page) weight() int {
	n := 0
	for _, b := range p.blocks {
		if b.role == prose {
			for _, r := range p.text(b) {
				n++
				if r >= 0x3000 && r < 0xfb00 {
					n++
				}
			}
		}
	}
	return n
}

// hasProse reports whether weight is more than 0.
func (p *page) hasProse() bool {
	return slices.ContainsFunc(p.blocks, func(b block) bool { return b.role == prose && b.end > b.start })
}

func (p *page) paragraphs() int {
	n := 0
	for _, b := range p.blocks {
		if b.role == prose && b.end-b.start >= 40 {
			n++
		}
	}
	return n
}

func (p *page) hash() uint64 {
	h := fnv.New64a()
	for _, b := range p.blocks {
		if b.role == prose {
			h.Write(p.buf[b.start:b.end])
			h.Write([]byte{0})
		}
	}
	return h.Sum64()
}

func (p *page) measure() {
	s := &p.shape
	s.blocks, s.links = len(p.blocks), len(p.anchors)
	for _, a := range p.anchors {
		s.linked += a.end - a.start
	}
	for i := range p.blocks {
		b := &p.blocks[i]
		t := p.text(*b)
		if b.kind == heading {
			s.headings++
		}
		if startsWithTime(t) {
			s.stamped++
		}
		if b.role != prose {
			continue
		}
		b.words = countWords(t)
		if b.kind != heading {
			s.words += b.words
			if n := len(t); n > 3 && t[0] >= '1' && t[0] <= '9' && startsWithNumber(t, s.numbered+1) {
				s.numbered++
			}
		}
	}
}

// endsSentence reports whether a text ends as sentences do, quotation marks and brackets aside.
func endsSentence(t string) bool {
	for t != "" {
		r, n := utf8.DecodeLastRuneInString(t)
		switch {
		case strings.ContainsRune(".!?…。！？．।؟۔։።", r):
			return true
		case !strings.ContainsRune("\"'”’“»«›‹)]』」）］ ", r):
			return false
		}
		t = t[:len(t)-n]
	}
	return false
}

// countWords counts what white space parts; Chinese, Japanese, Thai and the like count a word for three letters.
func countWords(t string) int {
	n, wide, in := 0, 0, byte(0) // in is 1 within a word
	for _, r := range t {
		if r < utf8.RuneSelf {
			if r >= ' ' || r == '\n' {
				is := solidASCII[r]
				n += int(is &^ in)
				in = is
			}
			continue
		}
		switch {
		case r >= 0x2e80 && !(r >= 0xac00 && r < 0xd7b0) || r >= 0xe00 && r < 0xf00:
			wide++
		case in == 0:
			in = 1
			n++
		}
	}
	return n + (wide+2)/3
}

// solidASCII is 1 for what words of ASCII consist of, and 0 for white space: a test for it would be guessed wrong at the
// ends of each word.
var solidASCII = func() (out [utf8.RuneSelf]byte) {
	for c := ' ' + 1; c < utf8.RuneSelf; c++ {
		out[c] = 1
	}
	return out
}()

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// blockHash tells blocks apart by their letters, whatever their case; all figures are one, as counters, prices and dates
// move: "9", "12.50" and "1,024" are the same.
func blockHash(t string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h, last := uint64(offset), rune(0)
	for _, r := range t {
		switch {
		case r < utf8.RuneSelf:
			if r = rune(bareASCII[r]); r == 0 {
				continue
			}
			if r <= '9' {
				r = '0'
			}
		case unicode.IsLetter(r) || unicode.IsMark(r):
			r = unicode.ToLower(r)
		case unicode.IsDigit(r):
			r = '0'
		default:
			continue
		}
		if r != '0' || last != '0' {
			h = (h ^ uint64(r)) * prime
		}
		last = r
	}
	return h
}
