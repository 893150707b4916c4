package compact

import (
	"encoding/binary"
	"math"
	"time"

	"headwater/internal/news"
)

// Record holds the stored data of an article besides its print. EncodeRecord leaves out the article's ID, Lang, Roundup and
// Seen, and data that grouping does not need: HTML, text, summary and marks.
type Record struct {
	Article news.Article
	Claims  []news.Claim
	Cites   []string
}

// EncodeRecord encodes a record. Each string is encoded as the length of the prefix shared with the previous string, and the
// rest, because the addresses of an article begin alike.
func EncodeRecord(r Record) string {
	a, w := r.Article, recordWriter{b: make([]byte, 0, 256)}
	w.numbers(a.Seq, a.FeedID)
	for _, t := range [...]time.Time{a.Published, a.Updated} {
		if w.flag(!t.IsZero()); !t.IsZero() {
			w.numbers(t.Unix(), int64(t.Nanosecond()))
		}
	}
	w.strings(a.URL, a.Canonical, a.GUID, a.Title, a.Hash, a.Outlet.Name, a.Outlet.Domain)
	w.flag(a.Outlet.Agency)
	w.flag(a.Undated)
	for _, list := range [...][]string{a.Authors, a.Categories, r.Cites} {
		w.numbers(int64(len(list)))
		w.strings(list...)
	}
	w.numbers(int64(len(r.Claims)))
	for _, c := range r.Claims {
		w.strings(string(c.Kind), c.Outlet, c.Domain, c.URL, c.Text)
		w.numbers(int64(c.Start), int64(c.End))
		w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(c.Strength))
	}
	return string(w.b)
}

type recordWriter struct {
	b    []byte
	last string // the last string written
}

func (w *recordWriter) numbers(numbers ...int64) {
	for _, x := range numbers {
		w.b = binary.AppendVarint(w.b, x)
	}
}

func (w *recordWriter) flag(on bool) {
	if on {
		w.numbers(1)
	} else {
		w.numbers(0)
	}
}

func (w *recordWriter) strings(list ...string) {
	for _, s := range list {
		same := 0
		for same < min(len(s), len(w.last)) && s[same] == w.last[same] {
			same++
		}
		w.numbers(int64(same), int64(len(s)-same))
		w.b = append(w.b, s[same:]...)
		w.last = s
	}
}

// DecodeRecord decodes the output of EncodeRecord. Times are in UTC. The result shares no memory with the encoded string.
func DecodeRecord(encoded string) Record {
	d := recordReader{s: encoded}
	var r Record
	a := &r.Article
	a.Seq, a.FeedID = d.number(), d.number()
	for _, t := range [...]*time.Time{&a.Published, &a.Updated} {
		if d.number() != 0 {
			*t = time.Unix(d.number(), d.number()).UTC()
		}
	}
	for _, s := range [...]*string{&a.URL, &a.Canonical, &a.GUID, &a.Title, &a.Hash, &a.Outlet.Name, &a.Outlet.Domain} {
		*s = d.text()
	}
	a.Outlet.Agency, a.Undated = d.number() != 0, d.number() != 0
	for _, list := range [...]*[]string{&a.Authors, &a.Categories, &r.Cites} {
		for range d.number() {
			*list = append(*list, d.text())
		}
	}
	for range d.number() {
		c := news.Claim{Kind: news.ClaimKind(d.text()), Outlet: d.text(), Domain: d.text(), URL: d.text(), Text: d.text()}
		c.Start, c.End = int(d.number()), int(d.number())
		c.Strength = math.Float64frombits(binary.LittleEndian.Uint64([]byte(d.take(8))))
		r.Claims = append(r.Claims, c)
	}
	return r
}

type recordReader struct {
	s    string
	last string // the last string read
}

func (d *recordReader) take(n int) string {
	s := d.s[:n]
	d.s = d.s[n:]
	return s
}

func (d *recordReader) number() int64 {
	x, n := binary.Varint([]byte(d.s[:min(len(d.s), binary.MaxVarintLen64)]))
	d.s = d.s[n:]
	return x
}

func (d *recordReader) text() string {
	same, more := d.number(), d.number()
	d.last = d.last[:same] + d.take(int(more))
	return d.last
}
