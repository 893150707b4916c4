package clean

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// balance writes HTML again with the tags paired, at most maxDepth deep, and without the elements whose content is not
// for reading. Pictures get the address that a reader is to see, and what is embedded becomes a link.
func balance(src string) string {
	b := balancer{z: html.NewTokenizer(strings.NewReader(src)), src: src, plain: !hasTags(src)}
	b.out.Grow(len(src) + len(src)/8)
	b.run()
	b.endHolder()
	for len(b.stand) > 0 {
		b.endStand()
	}
	b.closeTo(0)
	return b.out.String()
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
	src   string // what z reads
	at    int    // bytes of src that are read
	out   bytes.Buffer
	open  []atom.Atom
	skip  atom.Atom // element whose content is left out
	depth int       // of skip
	plain bool
	due   bool // the next words need a paragraph of their own

	noscript bool   // z reads what stands in a noscript element: only pictures and what is embedded count
	after    string // what follows that element
	hold     *holder
	stand    []standing
	last     placed          // the picture that was written last, while nothing else was
	pictures map[string]bool // those written, by their keys; true for those of noscript. Nil where src has no noscript
	asked    bool            // whether src has a noscript
	embedded map[string]bool // addresses of the links written for what was embedded

	words, shown, links int // texts, pictures and links written so far
	ends                map[string]int
}

// placed is a picture as a span of the output.
type placed struct {
	from, to       int
	key            string
	late, noscript bool
}

func (b *balancer) run() {
	for {
		kind := b.z.Next()
		b.at += len(b.z.Raw())
		switch kind {
		case html.ErrorToken:
			return
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

func (b *balancer) text() {
	raw := b.z.Raw()
	if b.skip == atom.Noscript {
		b.inNoscript(string(raw))
		return
	}
	if b.skip != 0 || b.noscript {
		return
	}
	blank := len(bytes.TrimSpace(raw)) == 0
	if b.hold != nil {
		if blank || b.hold.tag != "picture" {
			return
		}
		b.endHolder()
	}
	if !blank {
		b.words++
		b.last = placed{}
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
	if b.due && !blank {
		b.paragraph()
	}
	if !blank && b.loneAddress(raw) {
		return
	}
	b.out.Write(bytes.ReplaceAll(raw, []byte("<"), []byte("&lt;"))) // a bare "</" would eat the end tag after it
}

// loneAddress makes a link of an element's text that is nothing but an address, as publishing systems write what they
// embed when a page is shown.
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
	b.links++
	before, after, _ := strings.Cut(whole, s)
	b.out.WriteString(before + `<a href="` + html.EscapeString(address) + `">` + html.EscapeString(s) + "</a>" + after)
	return true
}

func (b *balancer) start(selfClosing bool) {
	raw := string(b.z.Raw())
	name, more := b.z.TagName()
	tag := atom.Lookup(name)
	if isRaw(tag) || selfClosing {
		b.z.NextIsNotRawText()
	}
	if b.skip != 0 {
		if tag == b.skip && !selfClosing {
			b.depth++
		}
		return
	}
	if b.media(tag, name, raw, more, selfClosing) || b.noscript {
		return
	}
	switch {
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
		if tag == atom.A {
			raw = "<a>"
			for more {
				var key, val []byte
				if key, val, more = b.z.TagAttr(); string(key) != "href" {
					continue
				}
				if address := webAddress(string(val)); address != "" {
					b.links++
					raw = `<a href="` + html.EscapeString(address) + `">`
				}
				break
			}
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
	if b.endMedia(name) || b.noscript {
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
