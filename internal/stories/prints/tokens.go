package prints

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"

	"headwater/internal/news"
	"headwater/internal/text"
)

// token is a word of a text, or one character of a script without spaces.
type token struct {
	hash       uint32
	start, end int // byte offsets
	figure     bool
	unspaced   bool // of a script without spaces between words
}

// tokens splits a text into words by UAX #29, folded by NFKC and to lower case. Characters between words are left out.
func tokens(s string) []token { return appendTokens(make([]token, 0, len(s)/6+4), s) }

// buffers hold temporary data of an article: its tokens and the hashes of its shingles.
type buffers struct {
	tokens []token
	hashes []uint32
}

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// newBuffers returns buffers with the tokens of two texts. They are valid until release.
func newBuffers(title, body string) (r *buffers, first, second []token) {
	r = bufferPool.Get().(*buffers) //nolint:errcheck // it holds nothing else
	r.tokens = appendTokens(r.tokens[:0], title)
	n := len(r.tokens)
	r.tokens = appendTokens(r.tokens, body)
	r.hashes = slices.Grow(r.hashes[:0], len(r.tokens))
	return r, r.tokens[:n:n], r.tokens[n:]
}

func (r *buffers) release() {
	if cap(r.tokens) < maxBuffered {
		bufferPool.Put(r)
	}
}

const maxBuffered = 1 << 14 // larger buffers are not kept

func appendTokens(out []token, s string) []token {
	var buf [64]byte
	it := words.FromString(s)
	for it.Next() {
		w := it.Value()
		first, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsLetter(first) && !unicode.IsDigit(first) {
			continue
		}
		folded := fold(buf[:0], w)
		figure := unicode.IsDigit(first)
		if figure {
			folded = withoutUnit(folded)
		}
		out = append(out, token{hash: hash32(folded), start: it.Start(), end: it.End(), figure: figure, unspaced: text.ScriptOf(first).Unspaced()})
	}
	return out
}

// fold returns the form in which words are compared: NFKC, lower case, without a possessive ending.
func fold(dst []byte, w string) []byte {
	if !text.ASCII(w) {
		w = strings.ReplaceAll(strings.ToLower(norm.NFKC.String(w)), "’", "'")
	}
	for i := 0; i < len(w); i++ {
		c := w[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	if n := len(dst); n > 2 && dst[n-1] == 's' && dst[n-2] == '\'' {
		dst = dst[:n-2]
	}
	return dst
}

// units are the units that may follow a figure without a space where others write a word: "$27B" and "$27 billion" are one
// figure.
var units = []string{"bn", "bln", "mn", "mln", "tn", "trn", "b", "m", "t", "k"}

// withoutUnit removes a unit from a folded figure.
func withoutUnit(figure []byte) []byte {
	for _, u := range units {
		if n := len(figure) - len(u); n > 0 && string(figure[n:]) == u && figure[n-1] >= '0' && figure[n-1] <= '9' {
			return figure[:n]
		}
	}
	return figure
}

// hash32 is 32-bit FNV-1a with a final mix, stable across runs and machines because prints are stored.
func hash32(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return mix32(h)
}

func mix32(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

func mix64(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func hasFigure(ts []token) bool {
	for _, t := range ts {
		if t.figure {
			return true
		}
	}
	return false
}

// tokensBefore counts the tokens that begin before an offset.
func tokensBefore(ts []token, at int) int {
	n := 0
	for n < len(ts) && ts[n].start < at {
		n++
	}
	return n
}

func mostlyUnspaced(ts []token) bool {
	n := 0
	for _, t := range ts {
		if t.unspaced {
			n++
		}
	}
	return n*2 > len(ts)
}

// insideQuotes marks the tokens that are in a quotation. It is nil if there is none.
func insideQuotes(body []token, quoted []news.Mark) []bool {
	if len(quoted) == 0 {
		return nil
	}
	in, q := make([]bool, len(body)), 0
	for i, t := range body {
		for q < len(quoted) && quoted[q].End <= t.start {
			q++
		}
		in[i] = q < len(quoted) && quoted[q].Start <= t.start
	}
	return in
}

// quotes returns the quoted spans of the body in order. It returns none if the body is the summary, which has no marks.
func quotes(a news.Article, hasBody bool) []news.Mark {
	if !hasBody || a.Text == "" {
		return nil
	}
	var q []news.Mark
	for _, m := range a.Marks {
		if m.Kind == news.MarkQuote && m.End > m.Start {
			q = append(q, m)
		}
	}
	slices.SortFunc(q, func(a, b news.Mark) int { return a.Start - b.Start })
	return q
}
