package prints

import (
	"encoding/binary"
	"errors"
	"fmt"

	"headwater/internal/news"
)

// version changes whenever a print of the same article would come out differently, so that stored ones are made anew.
const version = 1

// ErrVersion says that a stored print was made by another version of this package.
var ErrVersion = errors.New("print of another version")

var errTorn = errors.New("print is cut short")

// Encode gives the stored form of a print: the version, the two whole hashes, and each slice as differences in varints.
func Encode(p news.Print) []byte {
	b := make([]byte, 0, 64+2*len(p.Shingles)+3*len(p.Picked)+4*len(p.Terms))
	b = append(b, version)
	b = binary.LittleEndian.AppendUint64(b, p.Body)
	b = binary.LittleEndian.AppendUint64(b, p.Headline)
	b = binary.AppendUvarint(b, uint64(p.Words))
	for _, s := range hashSlices(&p) {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		last := uint32(0)
		for _, h := range *s {
			b = binary.AppendUvarint(b, uint64(h-last))
			last = h
		}
	}
	return b
}

// Decode reads what Encode wrote. It gives ErrVersion for a print that has to be made anew.
func Decode(b []byte) (news.Print, error) {
	var p news.Print
	if len(b) < 17 {
		return p, errTorn
	}
	if b[0] != version {
		return p, fmt.Errorf("%w: %d, this is %d", ErrVersion, b[0], version)
	}
	p.Body, p.Headline = binary.LittleEndian.Uint64(b[1:]), binary.LittleEndian.Uint64(b[9:])
	r := reader{b: b[17:]}
	p.Words = int(r.uvarint())
	for _, s := range hashSlices(&p) {
		*s = r.hashes()
	}
	if r.torn {
		return news.Print{}, errTorn
	}
	return p, nil
}

func hashSlices(p *news.Print) []*[]uint32 {
	return []*[]uint32{&p.Shingles, &p.Quoted, &p.Lead, &p.Picked, &p.Title, &p.Terms, &p.Figures}
}

type reader struct {
	b    []byte
	torn bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.torn, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) hashes() []uint32 {
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
