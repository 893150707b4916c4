package group

import (
	"encoding/binary"
	"math"
	"time"

	"headwater/internal/news"
)

// packer writes what of an Item is seldom looked at into one string. A string is written as what it has in common with
// the last one, and the rest: an article's addresses begin alike.
type packer struct {
	b    []byte
	last string
}

// pack writes all of an Item but its Print, its story and event, and what node has of its Article.
func pack(it Item) string {
	a := it.Article
	p := packer{b: make([]byte, 0, 256)}
	p.numbers(a.Seq, a.FeedID)
	p.times(a.Published, a.Updated)
	p.strings(a.URL, a.Canonical, a.GUID, a.Title, a.Hash, a.Outlet.Name, a.Outlet.Domain)
	p.flag(a.Outlet.Agency)
	p.flag(a.Undated)
	p.list(a.Authors)
	p.list(a.Categories)
	p.list(it.Cites)
	p.numbers(int64(len(it.Claims)))
	for _, c := range it.Claims {
		p.strings(string(c.Kind), c.Outlet, c.Domain, c.URL, c.Text)
		p.numbers(int64(c.Start), int64(c.End))
		p.b = binary.LittleEndian.AppendUint64(p.b, math.Float64bits(c.Strength))
	}
	return string(p.b)
}

func (p *packer) numbers(numbers ...int64) {
	for _, x := range numbers {
		p.b = binary.AppendVarint(p.b, x)
	}
}

func (p *packer) flag(on bool) { p.numbers(int64(is(on))) }

// times writes whether a time is known, and where it is, its seconds and nanoseconds.
func (p *packer) times(times ...time.Time) {
	for _, t := range times {
		if p.flag(!t.IsZero()); !t.IsZero() {
			p.numbers(t.Unix(), int64(t.Nanosecond()))
		}
	}
}

func (p *packer) strings(list ...string) {
	for _, s := range list {
		same := 0
		for same < min(len(s), len(p.last)) && s[same] == p.last[same] {
			same++
		}
		p.numbers(int64(same), int64(len(s)-same))
		p.b = append(p.b, s[same:]...)
		p.last = s
	}
}

func (p *packer) list(list []string) {
	p.numbers(int64(len(list)))
	p.strings(list...)
}

// unpacker reads what a packer wrote. What it gives shares no memory with it.
type unpacker struct {
	s    string
	last string
}

func unpack(rest string) Item {
	u := unpacker{s: rest}
	var it Item
	a := &it.Article
	a.Seq, a.FeedID = u.number(), u.number()
	a.Published, a.Updated = u.time(), u.time()
	for _, s := range []*string{&a.URL, &a.Canonical, &a.GUID, &a.Title, &a.Hash, &a.Outlet.Name, &a.Outlet.Domain} {
		*s = u.text()
	}
	a.Outlet.Agency, a.Undated = u.number() != 0, u.number() != 0
	a.Authors, a.Categories, it.Cites = u.list(), u.list(), u.list()
	for range u.number() {
		c := news.Claim{Kind: news.ClaimKind(u.text()), Outlet: u.text(), Domain: u.text(), URL: u.text(), Text: u.text()}
		c.Start, c.End = int(u.number()), int(u.number())
		c.Strength = math.Float64frombits(binary.LittleEndian.Uint64([]byte(u.take(8))))
		it.Claims = append(it.Claims, c)
	}
	return it
}

func (u *unpacker) take(n int) string {
	s := u.s[:n]
	u.s = u.s[n:]
	return s
}

func (u *unpacker) number() int64 {
	x, n := binary.Varint([]byte(u.s[:min(len(u.s), binary.MaxVarintLen64)]))
	u.s = u.s[n:]
	return x
}

func (u *unpacker) time() time.Time {
	if u.number() == 0 {
		return time.Time{}
	}
	return time.Unix(u.number(), u.number()).UTC()
}

func (u *unpacker) text() string {
	same, more := u.number(), u.number()
	u.last = u.last[:same] + u.take(int(more))
	return u.last
}

func (u *unpacker) list() []string {
	var out []string
	for range u.number() {
		out = append(out, u.text())
	}
	return out
}
