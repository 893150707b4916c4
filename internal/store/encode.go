package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"headwater/internal/news"
)

// millis converts a time to the stored form, milliseconds since 1970. The zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millisUp is millis rounded up, for times before which nothing may happen.
func millisUp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millis(t.Add(time.Millisecond - 1))
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// text makes s valid for a text column and for JSON: UTF-8 without NUL. So it compares equal everywhere.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// encodeList encodes a slice as JSON, and an empty one as "".
func encodeList[T any](items []T) (string, error) {
	if len(items) == 0 {
		return "", nil
	}
	b, err := json.Marshal(items)
	return string(b), err
}

// decodeList decodes what encodeList encoded.
func decodeList[T any](s string) ([]T, error) {
	if s == "" {
		return nil, nil
	}
	var items []T
	if err := json.Unmarshal([]byte(s), &items); err != nil {
		return nil, fmt.Errorf("stored list %.40q: %w", s, err)
	}
	return items, nil
}

// idList encodes ids as a JSON array for json_each: one parameter for any number of ids.
func idList(ids []int64) string {
	b, _ := json.Marshal(append([]int64{}, ids...)) // numbers always encode; a null would be read as one row
	return string(b)
}

// textList is idList for strings.
func textList(items []string) string {
	b, _ := json.Marshal(append([]string{}, items...))
	return string(b)
}

// claim is a news.Claim with the fields that the API leaves out.
type claim struct {
	Kind     news.ClaimKind `json:"kind"`
	Outlet   string         `json:"outlet,omitempty"`
	Domain   string         `json:"domain,omitempty"`
	URL      string         `json:"url,omitempty"`
	Text     string         `json:"text,omitempty"`
	Start    int            `json:"start,omitempty"`
	End      int            `json:"end,omitempty"`
	Strength float64        `json:"strength,omitempty"`

	Part     float64            `json:"part,omitempty"`
	Position news.ClaimPosition `json:"position,omitempty"`
}

func encodeClaims(claims []news.Claim) []claim {
	all := make([]claim, len(claims))
	for i, c := range claims {
		all[i] = claim(c)
	}
	return all
}

func decodeClaims(s string) ([]news.Claim, error) {
	all, err := decodeList[claim](s)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	claims := make([]news.Claim, len(all))
	for i, c := range all {
		claims[i] = news.Claim(c)
	}
	return claims, nil
}

// scoop is the stored form of a news.Scoop; "" means none.
type scoop struct {
	Name    string `json:"name,omitempty"`
	Domain  string `json:"domain,omitempty"`
	Agency  bool   `json:"agency,omitempty"`
	Article int64  `json:"article,omitempty"`
	URL     string `json:"url,omitempty"`
	By      string `json:"by,omitempty"`
	Text    string `json:"text,omitempty"`
}

func encodeScoop(s news.Scoop) (string, error) {
	if s.Key() == "" {
		return "", nil
	}
	b, err := json.Marshal(scoop{s.Name, s.Domain, s.Agency, s.Article, s.URL, s.By, s.Text})
	return string(b), err
}

func decodeScoop(stored string) (news.Scoop, error) {
	if stored == "" {
		return news.Scoop{}, nil
	}
	var s scoop
	if err := json.Unmarshal([]byte(stored), &s); err != nil {
		return news.Scoop{}, fmt.Errorf("stored scoop %.40q: %w", stored, err)
	}
	return news.Scoop{
		Outlet: news.Outlet{Name: s.Name, Domain: s.Domain, Agency: s.Agency}, Article: s.Article, URL: s.URL, By: s.By, Text: s.Text,
	}, nil
}

// bodyCodec packs an article's HTML, text and marks into one blob. The three contain the same words, so compressing them
// together saves about three quarters.
type bodyCodec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// The first byte of a body tells the encoding of the rest.
const (
	bodyPlain = 0
	bodyZstd  = 1
)

const (
	smallBody = 200     // bytes; smaller bodies are not compressed
	largeBody = 1 << 26 // bytes; limit of an unpacked body
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

// pack writes HTML and text, each after its length, and then the marks as JSON.
func (c *bodyCodec) pack(a news.Article) ([]byte, error) {
	marks, err := encodeList(a.Marks)
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

// unpack decodes what pack encoded, into a.
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
