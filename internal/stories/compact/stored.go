package compact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"headwater/internal/stories/prints"
)

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
