package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// blockSet holds hashes of blocks.
type blockSet map[uint64]struct{}

// remove drops the blocks that are known as the feed's furniture.
func (p *page) remove(known blockSet) {
	if len(known) == 0 {
		return
	}
	for i := range p.blocks {
		b := &p.blocks[i]
		if b.role != prose {
			continue
		}
		if _, ok := known[b.hash]; ok {
			b.role = dropped
		}
	}
}

// prune drops what stands around the prose by the shape of the document alone: labels such as section names and
// buttons before, behind and, in rows of four and more, between the paragraphs; headings with nothing beneath; and
// headlines of other articles behind the last paragraph. A document of labels only is left as it is.
func (p *page) prune(ctx itemContext) {
	idx := p.proseBlocks()
	real := 0
	for _, i := range idx {
		if !isLabel(p.text(p.blocks[i])) {
			real++
		}
	}
	if real == 0 {
		return
	}
	idx = p.dropRepeated(idx)
	idx = p.dropRuns(idx)
	idx = p.dropLeading(idx, ctx)
	for n := -1; n != len(idx); {
		n = len(idx)
		idx = p.dropTrailing(p.dropHeadings(idx), ctx)
	}
}

func (p *page) proseBlocks() []int {
	var idx []int
	for i, b := range p.blocks {
		if b.role == prose {
			idx = append(idx, i)
		}
	}
	return idx
}

// dropRepeated drops labels that stand three times and more.
func (p *page) dropRepeated(idx []int) []int {
	count := map[string]int{}
	for _, i := range idx {
		if t := p.text(p.blocks[i]); isLabel(t) {
			count[t]++
		}
	}
	if len(count) == 0 {
		return idx
	}
	out := idx[:0]
	for _, i := range idx {
		if count[p.text(p.blocks[i])] >= 3 {
			p.blocks[i].role = dropped
			continue
		}
		out = append(out, i)
	}
	return out
}

// dropRuns drops four and more labels in a row; furniture that was dropped between them before counts as well.
func (p *page) dropRuns(idx []int) []int {
	out := idx[:0:0]
	for i := 0; i < len(idx); {
		n := i
		for n < len(idx) && isLabel(p.text(p.blocks[idx[n]])) {
			n++
		}
		if n == i {
			out = append(out, idx[i])
			i++
			continue
		}
		if n-i+p.droppedIn(idx[i], idx[n-1]) >= 4 {
			for _, k := range idx[i:n] {
				p.blocks[k].role = dropped
			}
		} else {
			out = append(out, idx[i:n]...)
		}
		i = n
	}
	return out
}

func (p *page) droppedIn(from, to int) int {
	n := 0
	for _, b := range p.blocks[from:to] {
		if b.role == dropped {
			n++
		}
	}
	return n
}

func (p *page) dropLeading(idx []int, ctx itemContext) []int {
	for len(idx) > 1 && isBefore(p.text(p.blocks[idx[0]])) {
		p.dropLabel(idx[0], ctx)
		idx = idx[1:]
	}
	return idx
}

// isBefore reports whether a block is no part of the prose that follows: a label, a counter, a row of menu entries.
func isBefore(t string) bool {
	return isLabel(t) || isBareNumber(t) || countWords(t) >= 4 && !endsSentence(t) && isMenu(t)
}

// isMenu reports whether every word has a capital, separators aside: "Markets Companies Europe", "Jane Doe · Editor".
func isMenu(t string) bool {
	for _, w := range strings.Fields(t) {
		r, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(r) && !strings.ContainsRune("|·•/>»&–—-", r) {
			return false
		}
	}
	return len(t) < 250
}

func isBareNumber(t string) bool {
	return len(t) < 20 && strings.IndexFunc(t, unicode.IsLetter) < 0
}

// dropLabel takes a label out: the name of an outlet by itself signs the text, any other is furniture.
func (p *page) dropLabel(i int, ctx itemContext) {
	b := &p.blocks[i]
	name := strings.Trim(p.text(*b), " -–—/()[]*")
	b.role = dropped
	if isAgency(name) || ctx.names(name) {
		b.role = bylineLine
	}
}

// dropHeadings drops headings that nothing stands beneath.
func (p *page) dropHeadings(idx []int) []int {
	for n := len(idx) - 1; n > 0; n-- {
		b := &p.blocks[idx[n]]
		if t := p.text(*b); b.kind != heading || countWords(t) > 15 || endsSentence(t) {
			break
		}
		b.role = dropped
		idx = idx[:n]
	}
	return idx
}

// dropTrailing drops labels, signatures and headlines behind the last paragraph; the headlines only while they are no
// more than the paragraphs before them and no list that a paragraph announces.
func (p *page) dropTrailing(idx []int, ctx itemContext) []int {
	end, lines := len(idx), 0
	for ; end > 0; end-- {
		t := p.text(p.blocks[idx[end-1]])
		if isLabel(t) || isBareNumber(t) || isSignature(t) {
			continue
		}
		if !isHeadline(t) {
			break
		}
		lines++
	}
	if lines > p.paragraphsIn(idx[:end]) || end > 0 && announces(p.text(p.blocks[idx[end-1]])) {
		end = p.afterHeadlines(idx, end)
	}
	for _, i := range idx[end:] {
		p.dropLabel(i, ctx)
	}
	return idx[:end]
}

func (p *page) paragraphsIn(idx []int) int {
	n := 0
	for _, i := range idx {
		if !isLabel(p.text(p.blocks[i])) {
			n++
		}
	}
	return n
}

// afterHeadlines is where only labels and signatures follow.
func (p *page) afterHeadlines(idx []int, from int) int {
	for n := len(idx); n > from; n-- {
		if t := p.text(p.blocks[idx[n-1]]); isHeadline(t) && !isSignature(t) {
			return n
		}
	}
	return from
}

// announces reports whether a list follows a paragraph.
func announces(t string) bool {
	return strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：")
}

// isSignature finds "--Field Level Media".
func isSignature(t string) bool {
	s := strings.TrimLeft(t, "-–— ")
	return len(s) < len(t) && len(s) > 0 && countWords(s) <= 5 && allNames(s, 5)
}

// isLabel reports whether a block is at most five words that are no sentence, figure or quotation: a button, a section, a
// subheading, a tag.
func isLabel(t string) bool {
	if len(t) > 60 || strings.IndexFunc(t, unicode.IsDigit) >= 0 || countWords(t) > 5 || isEquation(t) {
		return false
	}
	if last, _ := utf8.DecodeLastRuneInString(t); strings.ContainsRune(".!?…。！？:：,、;；\"”’'»)）」』-–—", last) {
		return false
	}
	if strings.ContainsAny(t, "。、\"“«「") {
		return false
	}
	first := firstLetter(t)
	return unicode.IsUpper(first) || unicode.IsLower(first) || utf8.RuneCountInString(t) <= 10
}

// isEquation reports whether a sign of mathematics stands between two parts of a line, as in "x < y".
func isEquation(t string) bool {
	i := strings.IndexAny(t, "=<≤≥≈≠^∈±")
	return i > 0 && i < len(t)-1 || strings.ContainsAny(t, "√∫∑∏")
}

// isHeadline reports whether a block is a line of four to 25 words without a sentence's end, in a script that has
// capitals.
func isHeadline(t string) bool {
	if len(t) > 250 || endsSentence(t) || announces(t) || !unicode.IsUpper(firstLetter(t)) {
		return false
	}
	n := countWords(t)
	last := t[len(t)-1]
	return n >= 4 && n <= 25 && last != ',' && last != ';'
}

func firstLetter(t string) rune {
	for _, r := range t {
		if unicode.IsLetter(r) {
			return r
		}
	}
	return 0
}
