package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"headwater/internal/news"
)

// bodyCodec packs an article's HTML, text and marks into one blob. The three say the same thing, so that compressed
// together they take about a quarter of their size.
type bodyCodec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// The first byte of a body says how the rest is packed.
const (
	bodyPlain = 0
	bodyZstd  = 1
)

const (
	smallBody = 200     // bytes under which compressing gains nothing
	largeBody = 1 << 26 // bytes that a body may unpack to
)

var errBody = errors.New("stored body is damaged")

func newBodyCodec() (*bodyCodec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(readers), zstd.WithDecoderMaxMemory(largeBody))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return &bodyCodec{enc: enc, dec: dec}, nil
}

// pack lays out HTML and text, each after its length, and then the marks as JSON.
func (c *bodyCodec) pack(a news.Article) ([]byte, error) {
	marks, err := list(a.Marks)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, 1, len(a.HTML)+len(a.Text)+len(marks)+16)
	for _, s := range []string{a.HTML, a.Text} {
		plain = binary.AppendUvarint(plain, uint64(len(s)))
		plain = append(plain, s...)
	}
	plain = append(plain, marks...)
	if len(plain) < smallBody {
		return plain, nil
	}
	return c.enc.EncodeAll(plain[1:], append(make([]byte, 0, len(plain)/2), bodyZstd)), nil
}

// unpack fills in what pack packed.
func (c *bodyCodec) unpack(b []byte, a *news.Article) error {
	plain, err := c.plain(b)
	if err != nil {
		return err
	}
	for _, s := range []*string{&a.HTML, &a.Text} {
		n, size := binary.Uvarint(plain)
		if size <= 0 || n > uint64(len(plain)-size) {
			return errBody
		}
		*s = string(plain[size : size+int(n)])
		plain = plain[size+int(n):]
	}
	if len(plain) == 0 {
		return nil
	}
	return json.Unmarshal(plain, &a.Marks)
}

func (c *bodyCodec) plain(b []byte) ([]byte, error) {
	switch {
	case len(b) > 0 && b[0] == bodyPlain:
		return b[1:], nil
	case len(b) > 0 && b[0] == bodyZstd:
		return c.dec.DecodeAll(b[1:], nil)
	default:
		return nil, errBody
	}
}
