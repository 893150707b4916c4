package group

import (
	"math/bits"
	"slices"

	"headwater/internal/news"
)

// squeeze writes a print into about a third of the room that it takes. Parts that are mostly contained in others are
// written as places in those.
func squeeze(p *news.Print) string {
	w := bitWriter{b: make([]byte, 0, 2048)}
	w.count(uint32(p.Words))
	w.flag(p.Sampled)
	for _, hash := range [...]uint64{p.Body, p.Headline} {
		w.put(uint32(hash), 32)
		w.put(uint32(hash>>32), 32)
	}
	w.count(uint32(sizeOf(p)))
	w.rising(p.Terms)
	w.marks(p)
	w.rising(p.Shingles)
	w.places(p.Places)
	for _, part := range [...][]uint32{p.Lead, p.Picked} {
		w.part(part, p.Shingles)
	}
	w.rising(p.Quoted)
	w.part(p.Title, p.Terms)
	for _, list := range [...][]uint32{p.Pairs, p.Grams, p.Figures, p.Frames, p.Names, p.Pictures} {
		w.rising(list)
	}
	return w.done()
}

func sizeOf(p *news.Print) int {
	n := 0
	for _, list := range slotsOf(p) {
		n += len(*list)
	}
	return n
}

func slotsOf(p *news.Print) [12]*[]uint32 {
	return [...]*[]uint32{
		&p.Shingles, &p.Lead, &p.Picked, &p.Quoted, &p.Terms, &p.Title, &p.Pairs, &p.Grams, &p.Figures, &p.Frames, &p.Names, &p.Pictures,
	}
}

// part writes a list of which most stands in another: whether it is the whole other, or which of that it has and what it
// has beside.
func (w *bitWriter) part(list, of []uint32) {
	same := slices.Equal(list, of)
	if w.flag(same); same {
		return
	}
	var room [512]uint32
	in, out := room[:0:256], room[256:256]
	at := 0
	for _, x := range list {
		for at < len(of) && of[at] < x {
			at++
		}
		if at < len(of) && of[at] == x {
			in = append(in, uint32(at))
		} else {
			out = append(out, x)
		}
	}
	w.rising(in)
	w.rising(out)
}

// places writes places in a text, all as wide as the greatest.
func (w *bitWriter) places(places []uint16) {
	width := 0
	for _, x := range places {
		width = max(width, bits.Len16(x))
	}
	w.count(uint32(len(places)))
	w.put(uint32(width), 5)
	for _, x := range places {
		w.put(uint32(x), uint(width))
	}
}

// marks writes what is said of each term: where it stands, and its uses, which are mostly one.
func (w *bitWriter) marks(p *news.Print) {
	for _, use := range p.Uses {
		w.put(uint32(use)>>5, 3)
		once := use&news.TermCount == 1
		if w.flag(once); !once {
			w.put(uint32(use&news.TermCount), 5)
		}
	}
}

// sheet is a print laid open, with room that is used again.
type sheet struct {
	news.Print
	node   *node
	norms  norms
	hashes []uint32
}

// open lays a squeezed print open.
func (s *sheet) open(squeezed string) {
	r, p := s.openTerms(squeezed), &s.Print
	p.Shingles = s.take(r.rising(s.hashes))
	p.Places = r.places(p.Places[:0])
	p.Lead, p.Picked = s.part(&r, p.Shingles), s.part(&r, p.Shingles)
	p.Quoted = s.take(r.rising(s.hashes))
	p.Title = s.part(&r, p.Terms)
	for _, list := range [...]*[]uint32{&p.Pairs, &p.Grams, &p.Figures, &p.Frames, &p.Names, &p.Pictures} {
		*list = s.take(r.rising(s.hashes))
	}
}

// openTerms lays the first part of a squeezed print open, of its lists only Terms with their Uses, and gives a reader of the rest.
func (s *sheet) openTerms(squeezed string) bitReader {
	r, p := bitReader{s: squeezed}, &s.Print
	p.Words = int(r.count())
	p.Sampled = r.flag()
	for _, hash := range [...]*uint64{&p.Body, &p.Headline} {
		*hash = uint64(r.get(32)) | uint64(r.get(32))<<32
	}
	s.hashes = slices.Grow(s.hashes[:0], int(r.count()))
	p.Terms = s.take(r.rising(s.hashes))
	s.readMarks(&r)
	return r
}

// take gives what was appended to the hashes.
func (s *sheet) take(longer []uint32) []uint32 {
	from := len(s.hashes)
	s.hashes = longer
	if from == len(longer) {
		return nil
	}
	return longer[from:len(longer):len(longer)]
}

func (s *sheet) part(r *bitReader, of []uint32) []uint32 {
	if r.flag() {
		return of
	}
	var room, more [256]uint32
	in, out := r.rising(room[:0]), r.rising(more[:0])
	list := s.hashes
	for _, at := range in {
		for len(out) > 0 && out[0] < of[at] {
			list, out = append(list, out[0]), out[1:]
		}
		list = append(list, of[at])
	}
	return s.take(append(list, out...))
}

func (r *bitReader) places(list []uint16) []uint16 {
	n, width := r.count(), uint(r.get(5))
	for ; n >= 3; n -= 3 {
		ahead := r.ahead()
		list = append(list, uint16(ahead&(1<<width-1)), uint16(ahead>>width&(1<<width-1)), uint16(ahead>>(2*width)&(1<<width-1)))
		r.at += 3 * width
	}
	for range n {
		list = append(list, uint16(r.get(width)))
	}
	return list
}

func (s *sheet) readMarks(r *bitReader) {
	s.Uses = slices.Grow(s.Uses[:0], len(s.Terms))[:len(s.Terms)]
	for i := range s.Uses {
		ahead := r.ahead()
		use := uint8(ahead&7)<<5 | 1
		if r.at += 4; ahead&8 == 0 {
			use += uint8(r.get(5)) - 1
		}
		s.Uses[i] = use
	}
}
