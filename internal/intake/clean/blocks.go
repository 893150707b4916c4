package clean

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/news"
)

// itemContext is what the item around a page is known to be: with it, its own title, links to itself and the outlet
// naming itself are told from prose and from credits. The zero value knows nothing.
type itemContext struct {
	title   string // as shown, bare
	heading string // as compared, bare
	self    string // canonical address of its page
	site    string // host of the feed's site
	outlet  news.Outlet
	outlets Outlets
}

// cutting is what was cut off the end of a block.
type cutting struct {
	role role
	text string
	url  string
}

// classify returns each block its role. It looks at single blocks and their neighbours; what needs the whole of the
// document or of its feed is left to remove and prune.
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

func (p *page) text(b block) string { return p.src[b.start:b.end] }

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
			// A soft block is a line of its own only if the block before ends there, or if it is the last line.
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

// join puts lines that a single line break parts in the middle of a sentence together again. Blocks stand one byte
// apart, so that a join moves no text.
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

// repeats drops blocks that say the title or the last caption again, and all but the first of equal blocks of four
// words and more.
func (p *page) repeats(ctx itemContext) {
	seen := make(map[string]struct{}, len(p.blocks))
	shown := "" // the last caption
	for i := range p.blocks {
		b := &p.blocks[i]
		t := p.text(*b)
		if b.role == captionLine {
			shown = bare(t)
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
			s = bare(t)
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
	s := bare(t)
	if path, ok := strings.CutSuffix(s, ctx.title); ok && len(ctx.title) >= 20 && len(path) < 60 && !endsSentence(t) {
		return true // a path of sections, or the title alone
	}
	return s == ctx.title || ctx.heading != "" && strings.Contains(s, ctx.heading) && (s == ctx.heading || bare(Title(t)) == ctx.heading)
}

// titleStart is the length of the title where a block begins with it and goes on with another sentence, as pages do
// that write headline and standfirst in one element.
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
		if letter := bare(string(r)); letter != "" {
			after, ok := strings.CutPrefix(rest, letter)
			if !ok {
				return 0
			}
			rest = after
		}
	}
	return 0
}

// endAtComments drops what stands behind the heading of the comments, unless that is most of the document.
func (p *page) endAtComments() {
	for i, b := range p.blocks {
		if b.role != dropped || !opensComments(p.text(b)) || (len(p.src)-b.end)*2 > len(p.src) {
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

// sources returns each line that names a source its link: its own, or that of the link that follows by itself. A line
// by which an outlet names itself is furniture.
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
	who := firstOn(t)
	if who == "" {
		return false
	}
	host := hostOf(url)
	if host != "" && (host == ctx.outlet.Domain || host == ctx.site || registrable(host) == ctx.outlet.Domain) {
		return true
	}
	return ctx.outlet.Name != "" && bare(who) == bare(ctx.outlet.Name)
}

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

// lastLink is the address of the last link in a block: "The post A appeared first on B" links to both.
func (p *page) lastLink(b block) string {
	url := ""
	for _, a := range p.anchorsIn(b.start, b.end) {
		url = a.url
	}
	return url
}
