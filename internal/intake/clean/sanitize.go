package clean

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"headwater/internal/text"
)

// policy is only read after it is built. bluemonday allows that from many goroutines.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "b", "strong", "i", "em", "u", "s", "del", "ins", "small", "sub", "sup", "mark", "q",
		"cite", "code", "kbd", "pre", "abbr", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5",
		"h6", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "figure", "figcaption", "time", "ruby", "rt", "rp")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("dir").Matching(bluemonday.Direction).OnElements("p", "blockquote", "li", "td", "h1", "h2", "h3", "h4")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("src", "alt", "title").OnElements("img")
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

func newBalancer(z *tokenizer, src string) *balancer {
	b := &balancer{z: z, src: src, plain: !hasTags(src)}
	b.out.Grow(len(src) + len(src)/8)
	return b
}

// read reads the token at z, and reports whether src has more. Of a token that src has only in part, a text counts.
func (b *balancer) read() bool {
	raw := b.z.Raw()
	if over := b.z.at - len(b.src); over > 0 {
		if b.z.kind == html.TextToken {
			b.text([]byte(text.Cut(string(raw), len(raw)-over)))
		}
		return false
	}
	switch b.z.kind {
	case html.TextToken:
		b.text(raw)
	case html.StartTagToken, html.SelfClosingTagToken:
		b.start(b.z.kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		b.end()
	}
	return true
}

// finish closes what is open and returns the HTML.
func (b *balancer) finish() string {
	b.endElement()
	for len(b.placeholders) > 0 {
		b.endPlaceholder()
	}
	b.closeTo(0)
	return strings.TrimSpace(policy.Sanitize(b.out.String()))
}

func isVoid(t atom.Atom) bool { return t == atom.Br || t == atom.Hr }

// isKeptTag reports whether the policy keeps an element that needs an end tag.
func isKeptTag(t atom.Atom) bool {
	switch t {
	case atom.P, atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.U, atom.S, atom.Del, atom.Ins, atom.Small, atom.Sub,
		atom.Sup, atom.Mark, atom.Q, atom.Cite, atom.Code, atom.Kbd, atom.Pre, atom.Abbr, atom.Blockquote, atom.Ul, atom.Ol,
		atom.Li, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Td, atom.Th,
		atom.Caption, atom.Figure, atom.Figcaption, atom.Time, atom.Ruby, atom.Rt, atom.Rp:
		return true
	}
	return isHeading(t)
}

func hasTags(src string) bool {
	for i := range len(src) - 1 {
		if c := src[i+1] | 0x20; src[i] == '<' && (c >= 'a' && c <= 'z' || c == '/' || c == '!'|0x20 || c == '?') {
			return true
		}
	}
	return false
}

func (b *balancer) text(raw []byte) {
	if b.skip == atom.Noscript {
		b.inNoscript(string(raw))
		return
	}
	if b.skip != 0 || b.noscript {
		return
	}
	blank := len(bytes.TrimSpace(raw)) == 0
	if b.element != nil {
		if blank || b.element.tag != "picture" {
			return
		}
		b.endElement()
	}
	if !blank {
		b.textCount++
		b.lastPicture = writtenPicture{}
	}
	if b.plain {
		for para := range bytes.SplitSeq(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n")) {
			if para = bytes.TrimSpace(para); len(para) > 0 {
				b.out.WriteString("<p>")
				b.out.Write(para)
				b.out.WriteString("</p>\n")
			}
		}
		return
	}
	if b.needsParagraph && !blank {
		b.paragraph()
	}
	if !blank && b.loneAddress(raw) {
		return
	}
	b.out.Write(bytes.ReplaceAll(raw, []byte("<"), []byte("&lt;"))) // a bare "</" would swallow the end tag after it
}

// loneAddress turns an element's text into a link if it is only an address. Publishing systems write embedded content this way
// and expand it when they show the page.
func (b *balancer) loneAddress(raw []byte) bool {
	if !bytes.Contains(raw[:min(len(raw), 200)], []byte("http")) {
		return false
	}
	whole := html.UnescapeString(string(raw))
	s := strings.TrimSpace(whole)
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") || strings.ContainsAny(s, " \n\t<>\"") ||
		len(b.open) >= maxDepth || slices.ContainsFunc(b.open, func(t atom.Atom) bool { return t == atom.A || t == atom.Pre || t == atom.Code }) {
		return false
	}
	address := webAddress(s)
	if address == "" {
		return false
	}
	b.linkCount++
	before, after, _ := strings.Cut(whole, s)
	b.out.WriteString(before + `<a href="` + html.EscapeString(address) + `">` + html.EscapeString(s) + "</a>" + after)
	return true
}

func (b *balancer) start(selfClosing bool) {
	tag := b.z.tag
	if b.skip != 0 {
		if tag == b.skip && !selfClosing {
			b.depth++
		}
		return
	}
	if b.media(tag, selfClosing) || b.noscript {
		return
	}
	switch {
	case isVoid(tag):
		b.out.Write(b.z.Raw())
	case selfClosing && tag != atom.P:
	case tagRole(tag) == dropped && tag != atom.Aside && tag != atom.Footer:
		b.skip, b.depth = tag, 1
	case isKeptTag(tag) && len(b.open) < maxDepth:
		b.closeImplied(tag)
		if b.needsParagraph = b.needsParagraph && !isBlock(tag); b.needsParagraph {
			b.paragraph()
		}
		if tag == atom.A {
			b.anchor()
		} else {
			b.out.Write(b.z.Raw())
		}
		b.open = append(b.open, tag)
	case isBlock(tag) && !isKeptTag(tag):
		b.closeImplied(tag)
		b.needsParagraph = true
	}
}

func (b *balancer) anchor() {
	for _, a := range b.z.attrs() {
		if string(a.key) != "href" {
			continue
		}
		if address := webAddress(string(a.val)); address != "" {
			b.linkCount++
			b.out.WriteString(`<a href="` + html.EscapeString(address) + `">`)
			return
		}
		break
	}
	b.out.WriteString("<a>")
}

// paragraph opens the pending paragraph for words that are directly in a div.
func (b *balancer) paragraph() {
	b.needsParagraph = false
	if n := len(b.open); n < maxDepth && (n == 0 || b.open[n-1] != atom.P) {
		b.out.WriteString("<p>")
		b.open = append(b.open, atom.P)
	}
}

// closeImplied closes the elements that a start tag ends implicitly: a paragraph before a block, an item before the next.
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
	tag := b.z.tag
	if b.skip != 0 {
		if tag == b.skip {
			b.depth--
			if b.depth == 0 {
				b.skip = 0
			}
		}
		return
	}
	if b.endMedia(b.z.name) || b.noscript {
		return
	}
	if n := len(b.open); isBlock(tag) && !isKeptTag(tag) {
		if n > 0 && b.open[n-1] == atom.P {
			b.closeTo(n - 1)
		}
		b.needsParagraph = true
		return
	}
	for i := len(b.open) - 1; i >= 0; i-- {
		if tag != 0 && b.open[i] == tag {
			b.closeTo(i)
			return
		}
	}
}

// inNoscript takes pictures and embedded content out of a noscript element.
func (b *balancer) inNoscript(raw string) {
	if b.noscript || len(raw) < len("<img>") {
		return
	}
	if !strings.Contains(raw, "<") {
		raw = html.UnescapeString(raw)
	}
	z, src, depth, ends, after := b.z, b.src, b.depth, b.lastEnds, b.after
	b.z, b.src, b.skip, b.lastEnds, b.after, b.noscript = newTokenizer(raw), raw, 0, nil, src[min(z.at, len(src)):], true
	outer := b.element
	for b.z.next() {
		b.read()
	}
	if outer == nil {
		b.endElement()
	}
	b.z, b.src, b.depth, b.lastEnds, b.after, b.noscript, b.skip = z, src, depth, ends, after, false, atom.Noscript
}
