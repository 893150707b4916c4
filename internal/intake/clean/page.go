package clean

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
)

const (
	maxText   = 1 << 20 // bytes of an article's text
	maxInput  = 4 << 20 // bytes of HTML that are read per field
	maxFuture = 10 * time.Minute
	maxMarks  = 2000 // of each article
	maxMarked = 1000 // bytes of a mark's words
)

// kind is the HTML structure that a block comes from.
type kind uint8

const (
	paragraph kind = iota
	heading
	listItem
	quotation
)

// block is the text of one paragraph: a span of its page's buffer.
type block struct {
	start, end int
	kind       kind
	role       role
	soft       bool      // only a single line break separates it from the block before
	url        string    // of a source line whose link is in a block of its own
	tails      []cutTail // parts that were cut off its end
	hash       uint64    // of prose, see blockHash
	words      int       // of prose, see countWords
}

// anchor is the text of a link, as a span of the page's buffer.
type anchor struct {
	start, end int
	url        string
}

// page is the result of one pass over HTML: normalised text in buf, its blocks, which are one byte apart, and its links.
type page struct {
	buf            []byte
	blocks         []block
	anchors        []anchor
	src            string      // buf, once it is complete
	inheritedMarks []news.Mark // of another page that this one replaces
	shape          shape
}

// shape holds the counts that distinguish round-ups from articles.
type shape struct {
	blocks, headings, links, linked, stamped, numbered, words int
}

// cutTail is a part that was cut off the end of a block.
type cutTail struct {
	role role
	text string
	url  string
}

// role is what classify and prune decided a block to be.
type role uint8

const (
	prose   role = iota
	dropped      // furniture, and everything else that is neither text nor a mark
	captionLine
	bylineLine
	rightsLine
	sourceLine
	viaLine
	teaser // only a link to another article
)

// itemContext describes the item of a page. It serves to distinguish the item's own title, links to itself and the name of its
// outlet from prose and credits. In the zero value everything is unknown.
type itemContext struct {
	title    string // foldKey of the title as shown
	compared string // foldKey of the title for comparing
	self     string // canonical address of its page
	site     string // host of the feed's site
	outlet   news.Outlet
	outlets  Outlets
}

// names reports whether name is a name of the outlet.
func (ctx itemContext) names(name string) bool {
	if ctx.outlets == nil || len(name) > 60 {
		return false
	}
	_, ok := ctx.outlets.ByName(name)
	return ok
}

func (p *page) text(b block) string { return p.src[b.start:b.end] }

// anchorsIn returns the links that begin within a span of the buffer.
func (p *page) anchorsIn(start, end int) []anchor {
	byStart := func(a anchor, at int) int { return a.start - at }
	lo, _ := slices.BinarySearchFunc(p.anchors, start, byStart)
	hi := lo
	for hi < len(p.anchors) && p.anchors[hi].start < end {
		hi++
	}
	return p.anchors[lo:hi]
}

// lastLink returns the address of the last link in a block: "The post A appeared first on B" links to both.
func (p *page) lastLink(b block) string {
	url := ""
	for _, a := range p.anchorsIn(b.start, b.end) {
		url = a.url
	}
	return url
}

// weight is the length of a page's prose in characters. A Chinese or Japanese character counts twice.
func (p *page) weight() int {
	n := 0
	for _, b := range p.blocks {
		if b.role == prose {
			for _, r := range p.text(b) {
				n++
				if r >= 0x3000 && r < 0xfb00 {
					n++
				}
			}
		}
	}
	return n
}

// hasProse reports whether weight is more than 0.
func (p *page) hasProse() bool {
	return slices.ContainsFunc(p.blocks, func(b block) bool { return b.role == prose && b.end > b.start })
}

func (p *page) paragraphs() int {
	n := 0
	for _, b := range p.blocks {
		if b.role == prose && b.end-b.start >= 40 {
			n++
		}
	}
	return n
}

func (p *page) hash() uint64 {
	h := fnv.New64a()
	for _, b := range p.blocks {
		if b.role == prose {
			h.Write(p.buf[b.start:b.end])
			h.Write([]byte{0})
		}
	}
	return h.Sum64()
}

// endsSentence reports whether a text ends a sentence, ignoring trailing quotation marks and brackets.
func endsSentence(t string) bool {
	for t != "" {
		r, n := utf8.DecodeLastRuneInString(t)
		switch {
		case strings.ContainsRune(".!?…。！？．।؟۔։።", r):
			return true
		case !strings.ContainsRune("\"'”’“»«›‹)]』」）］ ", r):
			return false
		}
		t = t[:len(t)-n]
	}
	return false
}

// countWords counts words separated by white space. Three letters of a script without spaces (Chinese, Japanese, Thai) count as
// a word.
func countWords(t string) int {
	n, wide, in := 0, 0, byte(0) // in is 1 within a word
	for _, r := range t {
		if r < utf8.RuneSelf {
			if r >= ' ' || r == '\n' {
				is := solidASCII[r]
				n += int(is &^ in)
				in = is
			}
			continue
		}
		switch {
		case r >= 0x2e80 && !(r >= 0xac00 && r < 0xd7b0) || r >= 0xe00 && r < 0xf00:
			wide++
		case in == 0:
			in = 1
			n++
		}
	}
	return n + (wide+2)/3
}

// solidASCII is 1 for the characters of ASCII words and 0 for white space. The table avoids a branch that the processor would
// mispredict at the end of each word.
var solidASCII = func() (out [utf8.RuneSelf]byte) {
	for c := ' ' + 1; c < utf8.RuneSelf; c++ {
		out[c] = 1
	}
	return out
}()

// blockHash hashes the letters of a block, ignoring case. All numbers ("9", "12.50" and "1,024") have the same hash, because
// counters, prices and dates change.
func blockHash(t string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h, last := uint64(offset), rune(0)
	for _, r := range t {
		switch {
		case r < utf8.RuneSelf:
			if r = rune(foldKeyASCII[r]); r == 0 {
				continue
			}
			if r <= '9' {
				r = '0'
			}
		case unicode.IsLetter(r) || unicode.IsMark(r):
			r = unicode.ToLower(r)
		case unicode.IsDigit(r):
			r = '0'
		default:
			continue
		}
		if r != '0' || last != '0' {
			h = (h ^ uint64(r)) * prime
		}
		last = r
	}
	return h
}
