package clean

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxHTML  = 1 << 20 // bytes of HTML kept for show
	maxDepth = 40      // of elements within each other; deeper ones lose their tags
)

// policy is built once and only read afterwards, which bluemonday allows from many goroutines.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "b", "strong", "i", "em", "u", "s", "del", "ins", "small", "sub", "sup", "mark", "q",
		"cite", "code", "kbd", "pre", "abbr", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5",
		"h6", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "figure", "figcaption", "time", "ruby", "rt", "rp")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("dir").Matching(bluemonday.Direction).OnElements("p", "blockquote", "li", "td", "h1", "h2", "h3", "h4")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Integer).OnElements("img")
	for _, scheme := range []string{"http", "https"} {
		p.AllowURLSchemeWithCustomPolicy(scheme, func(u *url.URL) bool { return u.Host != "" })
	}
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}

// Sanitize makes HTML safe to show: text markup, tables, links and pictures (an address, a text and a size each) are kept;
// scripts, styles, forms, frames and everything else that could load or run is not. Links get rel="nofollow noreferrer noopener". What is open is closed
// and what closes nothing goes, so that the page around it stays whole. Plain text is escaped and put in paragraphs.
func Sanitize(src string) string {
	src = strings.ToValidUTF8(src[:min(len(src), maxHTML)], "\ufffd")
	if strings.TrimSpace(src) == "" {
		return ""
	}
	return strings.TrimSpace(policy.Sanitize(balance(src)))
}

// balance writes HTML again with the tags paired, at most maxDepth deep, and without the elements whose content is not
// for reading.
func balance(src string) string {
	b := balancer{z: html.NewTokenizer(strings.NewReader(src)), plain: !hasTags(src)}
	b.out.Grow(len(src) + len(src)/8)
	for {
		switch b.z.Next() {
		case html.ErrorToken:
			b.closeTo(0)
			return b.out.String()
		case html.TextToken:
			b.text()
		case html.StartTagToken:
			b.start(false)
		case html.SelfClosingTagToken:
			b.start(true)
		case html.EndTagToken:
			b.end()
		}
	}
}

func hasTags(src string) bool {
	for i := range len(src) - 1 {
		if c := src[i+1] | 0x20; src[i] == '<' && (c >= 'a' && c <= 'z' || c == '/' || c == '!'|0x20 || c == '?') {
			return true
		}
	}
	return false
}

type balancer struct {
	z     *html.Tokenizer
	out   bytes.Buffer
	open  []atom.Atom
	skip  atom.Atom // element whose content is left out
	depth int       // of skip
	plain bool
	due   bool // the next words need a paragraph of their own
}

func (b *balancer) text() {
	raw := b.z.Raw()
	if b.skip != 0 {
		return
	}
	if !b.plain {
		if b.due && len(bytes.TrimSpace(raw)) > 0 {
			b.paragraph()
		}
		b.out.Write(bytes.ReplaceAll(raw, []byte("<"), []byte("&lt;"))) // a bare "</" would eat the end tag after it
		return
	}
	for _, para := range bytes.Split(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n")) {
		if para = bytes.TrimSpace(para); len(para) > 0 {
			b.out.WriteString("<p>")
			b.out.Write(para)
			b.out.WriteString("</p>\n")
		}
	}
}

func (b *balancer) start(selfClosing bool) {
	raw := string(b.z.Raw())
	name, _ := b.z.TagName()
	tag := atom.Lookup(name)
	if isRaw(tag) || selfClosing {
		b.z.NextIsNotRawText()
	}
	switch {
	case b.skip != 0:
		if tag == b.skip && !selfClosing {
			b.depth++
		}
	case tag == atom.Img:
		b.out.WriteString(pictureIn(b.z).String())
	case isVoid(tag):
		b.out.WriteString(raw)
	case selfClosing && tag != atom.P:
	case tagRole(tag) == dropped && tag != atom.Aside && tag != atom.Footer:
		b.skip, b.depth = tag, 1
	case isShown(tag) && len(b.open) < maxDepth:
		b.closeImplied(tag)
		if b.due = b.due && !isBlock(tag); b.due {
			b.paragraph()
		}
		b.out.WriteString(raw)
		b.open = append(b.open, tag)
	case isBlock(tag) && !isShown(tag):
		b.closeImplied(tag)
		b.due = true
	}
}

// paragraph opens the paragraph that is due for words straight in a div.
func (b *balancer) paragraph() {
	b.due = false
	if n := len(b.open); n < maxDepth && (n == 0 || b.open[n-1] != atom.P) {
		b.out.WriteString("<p>")
		b.open = append(b.open, atom.P)
	}
}

// closeImplied closes what a start tag ends by itself: a paragraph before a block, an item before the next.
func (b *balancer) closeImplied(tag atom.Atom) {
	for n := len(b.open); n > 0; n-- {
		last := b.open[n-1]
		same := last == tag && (tag == atom.Li || tag == atom.Tr || tag == atom.Td || tag == atom.A || isHeading(tag))
		if !same && (last != atom.P || !isBlock(tag)) {
			return
		}
		b.closeTo(n - 1)
	}
}

func (b *balancer) end() {
	name, _ := b.z.TagName()
	tag := atom.Lookup(name)
	if b.skip != 0 {
		if tag == b.skip {
			b.depth--
			if b.depth == 0 {
				b.skip = 0
			}
		}
		return
	}
	if n := len(b.open); isBlock(tag) && !isShown(tag) {
		if n > 0 && b.open[n-1] == atom.P {
			b.closeTo(n - 1)
		}
		b.due = true
		return
	}
	for i := len(b.open) - 1; i >= 0; i-- {
		if tag != 0 && b.open[i] == tag {
			b.closeTo(i)
			return
		}
	}
}

func (b *balancer) closeTo(n int) {
	for len(b.open) > n {
		tag := b.open[len(b.open)-1]
		b.open = b.open[:len(b.open)-1]
		b.out.WriteString("</" + tag.String() + ">")
	}
}

func isVoid(t atom.Atom) bool { return t == atom.Br || t == atom.Hr }

// isShown names the elements that the policy keeps and that need closing.
func isShown(t atom.Atom) bool {
	switch t {
	case atom.P, atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.U, atom.S, atom.Del, atom.Ins, atom.Small, atom.Sub,
		atom.Sup, atom.Mark, atom.Q, atom.Cite, atom.Code, atom.Kbd, atom.Pre, atom.Abbr, atom.Blockquote, atom.Ul, atom.Ol,
		atom.Li, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Td, atom.Th,
		atom.Caption, atom.Figure, atom.Figcaption, atom.Time, atom.Ruby, atom.Rt, atom.Rp:
		return true
	}
	return isHeading(t)
}
