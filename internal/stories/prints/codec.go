package prints

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// version changes whenever a print of the same article would come out differently, so that stored ones are made anew.
const version = 10

// ErrVersion says that a stored print was made by another version of this package.
var ErrVersion = errors.New("print of another version")

var errTorn = errors.New("print is cut short")

// Encode gives the stored form of a print: the version, the two whole hashes, and each slice as differences in varints.
func Encode(p Print) []byte {
	b := make([]byte, 0, 64+2*len(p.Shingles)+3*len(p.Picked)+4*len(p.Terms))
	b = append(b, version)
	b = binary.LittleEndian.AppendUint64(b, p.Body)
	b = binary.LittleEndian.AppendUint64(b, p.Headline)
	b = binary.AppendUvarint(b, uint64(p.Words))
	sampled := byte(0)
	if p.Sampled {
		sampled = 1
	}
	b = append(b, sampled)
	for _, s := range hashSlices(&p) {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		last := uint32(0)
		for _, h := range *s {
			b = binary.AppendUvarint(b, uint64(h-last))
			last = h
		}
	}
	b = append(b, p.Uses...)
	for _, at := range p.Places {
		b = binary.LittleEndian.AppendUint16(b, at)
	}
	return b
}

// Decode reads what Encode wrote. It gives ErrVersion for a print that has to be made anew.
func Decode(b []byte) (Print, error) {
	var p Print
	if len(b) < 17 {
		return p, errTorn
	}
	if b[0] != version {
		return p, fmt.Errorf("%w: %d, this is %d", ErrVersion, b[0], version)
	}
	p.Body, p.Headline = binary.LittleEndian.Uint64(b[1:]), binary.LittleEndian.Uint64(b[9:])
	r := decoder{b: b[17:]}
	p.Words = int(r.uvarint())
	p.Sampled = r.uvarint() != 0
	for _, s := range hashSlices(&p) {
		*s = r.hashes()
	}
	p.Uses, p.Places = r.bytes(len(p.Terms)), r.places(p.Shingles)
	if r.torn {
		return Print{}, errTorn
	}
	return p, nil
}

func hashSlices(p *Print) []*[]uint32 {
	return []*[]uint32{&p.Shingles, &p.Quoted, &p.Lead, &p.Picked, &p.Title, &p.Terms, &p.Pairs, &p.Grams, &p.Figures, &p.Frames, &p.Names, &p.Pictures}
}

type decoder struct {
	b    []byte
	torn bool
}

func (r *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.torn, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *decoder) hashes() []uint32 {
	n := r.uvarint()
	if n > uint64(len(r.b)) { // each takes at least a byte
		r.torn = true
		return nil
	}
	if n == 0 {
		return nil
	}
	out, last := make([]uint32, n), uint32(0)
	for i := range out {
		last += uint32(r.uvarint())
		out[i] = last
	}
	return out
}

func (r *decoder) bytes(n int) []uint8 {
	if n == 0 || n > len(r.b) {
		r.torn = r.torn || n > 0
		return nil
	}
	out := slices.Clone(r.b[:n])
	r.b = r.b[n:]
	return out
}

// places reads the places of the sampled ones among shingles.
func (r *decoder) places(shingles []uint32) []uint16 {
	n := 0
	for _, h := range shingles {
		if SampledShingle(h) {
			n++
		}
	}
	if n == 0 || 2*n > len(r.b) {
		r.torn = r.torn || n > 0
		return nil
	}
	out := make([]uint16, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint16(r.b[2*i:])
	}
	r.b = r.b[2*n:]
	return out
}
