package compact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"slices"

	"headwater/internal/stories/prints"
)

// EncodePrint encodes a print in about a third of its memory. A list that is mostly a part of another list is encoded as
// indexes into that list.
func EncodePrint(p *prints.Print) string {
	w := bitWriter{b: make([]byte, 0, 2048)}
	w.count(uint32(p.Words))
	w.flag(p.Sampled)
	for _, hash := range [...]uint64{p.Body, p.Headline} {
		w.put(uint32(hash), 32)
		w.put(uint32(hash>>32), 32)
	}
	hashes := 0
	for _, list := range hashLists(p) {
		hashes += len(*list)
	}
	w.count(uint32(hashes))
	w.ascending(p.Terms)
	for _, use := range p.Uses { // three bits for the positions of the term, and the number of its uses, which is mostly one
		w.put(uint32(use)>>5, 3)
		once := use&prints.TermCount == 1
		if w.flag(once); !once {
			w.put(uint32(use&prints.TermCount), 5)
		}
	}
	w.ascending(p.Shingles)
	width := 0
	for _, place := range p.Places {
		width = max(width, bits.Len16(place))
	}
	w.count(uint32(len(p.Places)))
	w.put(uint32(width), 5)
	for _, place := range p.Places {
		w.put(uint32(place), uint(width))
	}
	w.subset(p.Lead, p.Shingles)
	w.subset(p.Picked, p.Shingles)
	w.ascending(p.Quoted)
	w.subset(p.Title, p.Terms)
	for _, list := range [...][]uint32{p.Pairs, p.Grams, p.Figures, p.Frames, p.Names, p.Pictures} {
		w.ascending(list)
	}
	return w.done()
}

// hashLists returns the sorted lists of hashes of a print.
func hashLists(p *prints.Print) [12]*[]uint32 {
	return [...]*[]uint32{
		&p.Shingles, &p.Lead, &p.Picked, &p.Quoted, &p.Terms, &p.Title, &p.Pairs, &p.Grams, &p.Figures, &p.Frames, &p.Names, &p.Pictures,
	}
}

// subset writes a list whose numbers are mostly in the list of: a flag if the two are equal, otherwise the indexes of the
// common numbers and the rest.
func (w *bitWriter) subset(list, of []uint32) {
	same := slices.Equal(list, of)
	if w.flag(same); same {
		return
	}
	var buffer [512]uint32
	in, rest := buffer[:0:256], buffer[256:256]
	at := 0
	for _, x := range list {
		for at < len(of) && of[at] < x {
			at++
		}
		if at < len(of) && of[at] == x {
			in = append(in, uint32(at))
		} else {
			rest = append(rest, x)
		}
	}
	w.ascending(in)
	w.ascending(rest)
}

// PrintDecoder decodes prints into buffers that it reuses. Print is valid until the next call. The zero value works.
type PrintDecoder struct {
	Print  prints.Print
	hashes []uint32 // holds all lists of Print
}

// Decode decodes the output of EncodePrint.
func (d *PrintDecoder) Decode(encoded string) {
	r, p := d.decodeTerms(encoded), &d.Print
	p.Shingles = d.take(r.ascending(d.hashes))
	n, width := r.count(), uint(r.get(5))
	p.Places = slices.Grow(p.Places[:0], int(n))
	mask := uint64(1)<<width - 1
	for ; n >= 3; n -= 3 {
		next := r.peek()
		p.Places = append(p.Places, uint16(next&mask), uint16(next>>width&mask), uint16(next>>(2*width)&mask))
		r.at += 3 * width
	}
	for range n {
		p.Places = append(p.Places, uint16(r.get(width)))
	}
	p.Lead, p.Picked = d.subset(&r, p.Shingles), d.subset(&r, p.Shingles)
	p.Quoted = d.take(r.ascending(d.hashes))
	p.Title = d.subset(&r, p.Terms)
	for _, list := range [...]*[]uint32{&p.Pairs, &p.Grams, &p.Figures, &p.Frames, &p.Names, &p.Pictures} {
		*list = d.take(r.ascending(d.hashes))
	}
}

// DecodeTerms decodes only Words, Sampled, Body, Headline, Terms and Uses, which come first. The other fields of Print are
// undefined afterwards.
func (d *PrintDecoder) DecodeTerms(encoded string) { d.decodeTerms(encoded) }

// decodeTerms returns a reader for the data after the terms.
func (d *PrintDecoder) decodeTerms(encoded string) bitReader {
	r, p := bitReader{s: encoded}, &d.Print
	p.Words = int(r.count())
	p.Sampled = r.flag()
	for _, hash := range [...]*uint64{&p.Body, &p.Headline} {
		*hash = uint64(r.get(32)) | uint64(r.get(32))<<32
	}
	d.hashes = slices.Grow(d.hashes[:0], int(r.count()))
	p.Terms = d.take(r.ascending(d.hashes))
	p.Uses = slices.Grow(p.Uses[:0], len(p.Terms))[:len(p.Terms)]
	for i := range p.Uses {
		next := r.peek()
		use := uint8(next&7)<<5 | 1
		if r.at += 4; next&8 == 0 {
			use += uint8(r.get(5)) - 1
		}
		p.Uses[i] = use
	}
	return r
}

// take replaces the hashes by a longer list that begins with them, and returns the added part.
func (d *PrintDecoder) take(longer []uint32) []uint32 {
	from := len(d.hashes)
	d.hashes = longer
	if from == len(longer) {
		return nil
	}
	return longer[from:len(longer):len(longer)]
}

func (d *PrintDecoder) subset(r *bitReader, of []uint32) []uint32 {
	if r.flag() {
		return of
	}
	var indexes, others [256]uint32
	in, rest := r.ascending(indexes[:0]), r.ascending(others[:0])
	list := d.hashes
	for _, at := range in {
		for len(rest) > 0 && rest[0] < of[at] {
			list, rest = append(list, rest[0]), rest[1:]
		}
		list = append(list, of[at])
	}
	return d.take(append(list, rest...))
}

var errDamaged = errors.New("print is damaged")

// StorePrint returns the stored form of a print: the version of package prints, a CRC-32 of the rest, and the output of
// EncodePrint.
func StorePrint(p prints.Print) []byte {
	encoded := EncodePrint(&p)
	b := make([]byte, 0, 5+len(encoded))
	b = append(b, prints.Version)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(encoded)))
	return append(b, encoded...)
}

// ReadPrint reads the output of StorePrint. It returns prints.ErrVersion for a print that must be made again.
func ReadPrint(b []byte) (prints.Print, error) {
	switch {
	case len(b) == 0:
		return prints.Print{}, errDamaged
	case b[0] != prints.Version:
		return prints.Print{}, fmt.Errorf("%w: %d, this is %d", prints.ErrVersion, b[0], prints.Version)
	case len(b) < 5 || binary.LittleEndian.Uint32(b[1:]) != crc32.ChecksumIEEE(b[5:]):
		return prints.Print{}, errDamaged
	}
	var d PrintDecoder
	d.Decode(string(b[5:]))
	p := d.Print
	for _, list := range hashLists(&p) { // in separate arrays, since the decoder's lists may share one
		*list = slices.Clone(*list)
	}
	return p, nil
}
