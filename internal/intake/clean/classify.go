package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// classify gives each block a role by its own words and those of its neighbours. Decisions that need the whole document or its
// feed are made by remove and prune.
func (p *page) classify(ctx itemContext) {
	p.src = string(p.buf)
	p.lineRoles()
	p.join()
	last := len(p.blocks) - 1
	for last > 0 && p.blocks[last].role != prose {
		last--
	}
	for i := range p.blocks {
		p.cutTails(&p.blocks[i], i >= last, ctx)
	}
	p.sources(ctx)
	p.endAtComments()
	p.endAtAuthor()
	p.repeats(ctx)
	p.measure()
}

func (p *page) lineRoles() {
	next := 0
	for i := range p.blocks {
		b := &p.blocks[i]
		t := p.text(*b)
		linked := 0
		for ; next < len(p.anchors) && p.anchors[next].start < b.end; next++ {
			linked += p.anchors[next].end - p.anchors[next].start
		}
		switch {
		case b.role == bylineLine && len(t) > 200:
			b.role = prose
		case b.role != prose:
			continue
		}
		b.role = lineRole(t)
		if b.soft && b.role != prose && i > 0 {
			// A soft block is a line of its own only if the block before it ends there, or if it is the last line.
			before := p.blocks[i-1]
			if before.role == prose && !endsSentence(p.text(before)) && i+1 < len(p.blocks) && p.blocks[i+1].soft {
				b.role = prose
			}
		}
		if b.role == prose && linked*10 >= len(t)*9 && !endsSentence(t) {
			b.role = teaser
		}
	}
}

// join merges blocks that are separated by a single line break in the middle of a sentence. Blocks are one byte apart in the
// buffer, so no text moves.
func (p *page) join() {
	out := p.blocks[:0]
	for _, b := range p.blocks {
		if n := len(out) - 1; n >= 0 && b.soft && joinable(b.role) && joinable(out[n].role) &&
			b.kind == out[n].kind && !endsSentence(p.text(out[n])) && out[n].end+1 == b.start {
			out[n].end = b.end
			out[n].role = lineRole(p.text(out[n]))
			continue
		}
		out = append(out, b)
	}
	p.blocks = out
}

func joinable(r role) bool { return r == prose || r == teaser }

// repeats drops blocks that repeat the title or the last caption, and blocks of four or more words that repeat a block.
func (p *page) repeats(ctx itemContext) {
	seen := make(map[string]struct{}, len(p.blocks))
	shown := "" // the last caption
	for i := range p.blocks {
		b := &p.blocks[i]
		t := p.text(*b)
		if b.role == captionLine {
			shown = foldKey(t)
		}
		if b.role != prose {
			continue
		}
		if n := ctx.titleStart(t); n > 0 {
			b.start += n
			t = p.text(*b)
		}
		s := ""
		if shown != "" && len(t) <= 600 {
			s = foldKey(t)
		}
		if ctx.isTitle(t) || len(s) >= 20 && strings.HasPrefix(shown, s) {
			b.role = dropped
			continue
		}
		shown = ""
		b.hash = blockHash(t)
		if _, again := seen[t]; again && countWords(t) >= 4 {
			b.role = dropped
		}
		seen[t] = struct{}{}
	}
}

func (ctx itemContext) isTitle(t string) bool {
	if ctx.title == "" || len(t) > 3*len(ctx.title)+80 {
		return false
	}
	s := foldKey(t)
	if path, ok := strings.CutSuffix(s, ctx.title); ok && len(ctx.title) >= 20 && len(path) < 60 && !endsSentence(t) {
		return true // a path of sections, or the title alone
	}
	return s == ctx.title || ctx.compared != "" && strings.Contains(s, ctx.compared) && (s == ctx.compared || foldKey(comparableTitle(t)) == ctx.compared)
}

// titleStart returns the length of the title if a block begins with the title and continues with another sentence, otherwise 0.
// Some pages write headline and standfirst in one element.
func (ctx itemContext) titleStart(t string) int {
	if len(ctx.title) < 25 || len(t) < len(ctx.title)+10 {
		return 0
	}
	rest := ctx.title
	for i, r := range t {
		if rest == "" {
			if r != ' ' {
				return 0
			}
			if next, _ := utf8.DecodeRuneInString(t[i+1:]); unicode.IsUpper(firstLetter(t[i:])) && unicode.IsUpper(next) {
				return i + 1
			}
			return 0
		}
		if letter := foldKey(string(r)); letter != "" {
			after, ok := strings.CutPrefix(rest, letter)
			if !ok {
				return 0
			}
			rest = after
		}
	}
	return 0
}

// endAtComments drops the blocks from the comments heading on, unless they are most of the document.
func (p *page) endAtComments() {
	for i, b := range p.blocks {
		if b.role != dropped || !isCommentsHeading(p.text(b)) || (len(p.src)-b.end)*2 > len(p.src) {
			continue
		}
		for k := i + 1; k < len(p.blocks); k++ {
			if r := p.blocks[k].role; r == prose || r == teaser || r == bylineLine {
				p.blocks[k].role = dropped
			}
		}
		return
	}
}

// sources gives each source line its address: that of its own link, or that of the link in the next block. A source line that
// names the outlet of the item is furniture.
func (p *page) sources(ctx itemContext) {
	for i := range p.blocks {
		b := &p.blocks[i]
		if b.role != sourceLine && b.role != viaLine {
			continue
		}
		url := p.lastLink(*b)
		if url == "" && i+1 < len(p.blocks) && p.blocks[i+1].role == teaser {
			p.blocks[i+1].role = dropped
			url = p.lastLink(p.blocks[i+1])
		}
		if ctx.isSelf(p.text(*b), url) {
			b.role = dropped
			continue
		}
		b.url = url
	}
}

// isSelf reports whether a source line names the outlet that published the item.
func (ctx itemContext) isSelf(t, url string) bool {
	who := firstPublisher(t)
	if who == "" {
		return false
	}
	host := hostOf(url)
	if host != "" && (host == ctx.outlet.Domain || host == ctx.site || registrableDomain(host) == ctx.outlet.Domain) {
		return true
	}
	return ctx.outlet.Name != "" && foldKey(who) == foldKey(ctx.outlet.Name)
}

// cutTails cuts off the end of a paragraph what publishers append to the last sentence: staff credits in brackets, an agency's
// signature, a copyright notice, a link that only says "more".
func (p *page) cutTails(b *block, last bool, ctx itemContext) {
	if b.role != prose {
		return
	}
	if !last && namedCredit(p.text(*b), ctx) {
		b.role = captionLine
		return
	}
	for range 50 {
		t := p.text(*b)
		at, r := staffTail(t), bylineLine
		if at <= 0 {
			at, r = rightsTail(t), rightsLine
		}
		if at <= 0 {
			at, r = signedTail(t, ctx), bylineLine
		}
		if at <= 0 {
			at, r = p.readMoreTail(*b, ctx), dropped
		}
		if at <= 0 {
			return
		}
		if r != dropped {
			c := cutTail{role: r, text: strings.TrimSpace(t[at:])}
			for _, a := range p.anchorsIn(b.start+at, b.end) {
				c.url = a.url
			}
			b.tails = append(b.tails, c)
		}
		b.end = b.start + len(strings.TrimRight(t[:at], " "))
		if b.role = lineRole(p.text(*b)); b.role != prose {
			return
		}
	}
}

// namedCredit reports whether a text is a caption as American newspapers write them, a sentence followed by a name in brackets:
// "The mayor speaks on Tuesday. (CBS News)". After the last paragraph such a name is a signature.
func namedCredit(t string, ctx itemContext) bool {
	if len(t) > 500 || !strings.HasSuffix(t, ")") {
		return false
	}
	i := strings.LastIndex(t, " (")
	if i <= 0 || len(t)-i > 60 || !endsSentence(t[:i]) {
		return false
	}
	name := t[i+2 : len(t)-1]
	return isNameList(name, 6) && (countWords(name) >= 2 || isAgency(name) || ctx.names(name))
}

// staffTail finds "(Reporting by A; editing by B)" after a sentence.
func staffTail(t string) int {
	s := strings.TrimRight(t, ". ")
	if !strings.HasSuffix(s, ")") && !strings.HasSuffix(s, "]") {
		return 0
	}
	from := max(0, len(s)-700)
	for at := len(s); ; {
		at = strings.LastIndexAny(s[from:at], "([") + from
		if at <= from {
			return 0
		}
		if isStaffCredit(s[at:]) {
			return at
		}
	}
}

// rightsTail finds a copyright notice near the end.
func rightsTail(t string) int {
	from := max(0, len(t)-200)
	tail := t[from:]
	if !strings.Contains(tail, "\u00a9") && !strings.Contains(tail, "opyright") && !strings.Contains(tail, "All rights") {
		return 0
	}
	for _, sign := range [...]string{"©", "(c) Copyright", "Copyright ©", "Copyright (c)", "(C) Copyright", "All rights reserved"} {
		if i := strings.LastIndex(tail, sign); i >= 0 {
			return len(strings.TrimSuffix(t[:from+i], "Copyright "))
		}
	}
	return 0
}

// signedTail finds the name of an agency after the last sentence of a text: "... he said. REUTERS", "... - AFP", "... (PTI)".
func signedTail(t string, ctx itemContext) int {
	at := len(t) + 1
	for range 4 { // words
		space := strings.LastIndexByte(t[:at-1], ' ')
		if at = space + 1; at <= 0 || len(t)-at > 40 {
			return 0
		}
		if !endsSentence(t[:at]) {
			continue
		}
		name := strings.Trim(t[at:], " -–—/()[]*")
		if name == "" || strings.HasSuffix(name, ".") {
			return 0
		}
		if isAgency(name) || ctx.names(name) && (isAllCaps(name) || name != t[at:]) {
			return at
		}
		return 0
	}
	return 0
}

// readMoreTail finds a link at the end of a paragraph that leads to the item itself or only says "more".
func (p *page) readMoreTail(b block, ctx itemContext) int {
	links := p.anchorsIn(b.start, b.end)
	if len(links) == 0 {
		return bracketTail(p.text(b))
	}
	l := links[len(links)-1]
	words := p.src[l.start:min(l.end, b.end)]
	if b.end-l.end > 4 || strings.Trim(p.src[min(l.end, b.end):b.end], " .…»>→›])") != "" || countWords(words) > 6 {
		return bracketTail(p.text(b))
	}
	if isReadMore(words) || ctx.self != "" && PageURL(l.url) == ctx.self {
		return l.start - b.start
	}
	return bracketTail(p.text(b))
}

// bracketTail finds the "[…]" or "(more…)" with which WordPress ends its excerpts.
func bracketTail(t string) int {
	if !strings.HasSuffix(t, "]") && !strings.HasSuffix(t, ")") {
		return 0
	}
	at := strings.LastIndexAny(t, "[(")
	if at > 0 && t[at+1:] != ")" && t[at+1:] != "]" && isReadMore(t[at:]) {
		return at
	}
	return 0
}
