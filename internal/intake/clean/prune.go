package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// blockSet holds hashes of blocks.
type blockSet map[uint64]struct{}

// remove drops the blocks that are known as furniture of the feed.
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

// prune drops the blocks around the prose by the shape of the document alone. It drops labels, such as section names and
// buttons, before and after the paragraphs, and between them in runs of four or more. It drops headings without text below, and
// headlines of other articles after the last paragraph. A document that has only labels is not changed.
func (p *page) prune(ctx itemContext) {
	var idx []int
	paragraphs := false
	for i, b := range p.blocks {
		if b.role == prose {
			idx = append(idx, i)
			paragraphs = paragraphs || !isLabel(p.text(b))
		}
	}
	if !paragraphs {
		return
	}
	idx = p.dropRepeated(idx)
	idx = p.dropRuns(idx)
	for len(idx) > 1 { // labels, counters and rows of menu entries before the prose
		t := p.text(p.blocks[idx[0]])
		if !isLabel(t) && !isBareNumber(t) && (countWords(t) < 4 || endsSentence(t) || !isMenu(t)) {
			break
		}
		p.dropLabel(idx[0], ctx)
		idx = idx[1:]
	}
	for n := -1; n != len(idx); {
		n = len(idx)
		for len(idx) > 1 { // headings without text below
			b := &p.blocks[idx[len(idx)-1]]
			if t := p.text(*b); b.kind != heading || countWords(t) > 15 || endsSentence(t) {
				break
			}
			b.role = dropped
			idx = idx[:len(idx)-1]
		}
		idx = p.dropTrailing(idx, ctx)
	}
}

// dropRepeated drops labels that occur three times or more.
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

// dropRuns drops runs of four or more labels. Furniture between them that was dropped before counts as a label.
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
		row := n - i
		for _, b := range p.blocks[idx[i]:idx[n-1]] {
			if b.role == dropped {
				row++
			}
		}
		if row >= 4 {
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

// isMenu reports whether every word has a capital, ignoring separators: "Markets Companies Europe", "Jane Doe · Editor".
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

// dropLabel drops a label. The name of an agency or of the item's outlet becomes a byline. Any other label is furniture.
func (p *page) dropLabel(i int, ctx itemContext) {
	b := &p.blocks[i]
	name := strings.Trim(p.text(*b), " -–—/()[]*")
	b.role = dropped
	if isAgency(name) || ctx.names(name) {
		b.role = bylineLine
	}
}

// dropTrailing drops labels, signatures and headlines after the last paragraph. Headlines are dropped only if they are no more
// than the paragraphs before them and are no list that a paragraph announces.
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
	paragraphs := 0
	for _, i := range idx[:end] {
		if !isLabel(p.text(p.blocks[i])) {
			paragraphs++
		}
	}
	if lines > paragraphs || end > 0 && announcesList(p.text(p.blocks[idx[end-1]])) {
		// The headlines stay, and only the blocks after the last of them are dropped.
		for n := len(idx); n > end; n-- {
			if t := p.text(p.blocks[idx[n-1]]); isHeadline(t) && !isSignature(t) {
				end = n
				break
			}
		}
	}
	for _, i := range idx[end:] {
		p.dropLabel(i, ctx)
	}
	return idx[:end]
}

// announcesList reports whether a paragraph announces a list.
func announcesList(t string) bool {
	return strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：")
}

// isSignature reports whether a block is a signature, such as "--Field Level Media".
func isSignature(t string) bool {
	s := strings.TrimLeft(t, "-–— ")
	return len(s) < len(t) && len(s) > 0 && countWords(s) <= 5 && isNameList(s, 5)
}

// isLabel reports whether a block is a label (a button, a section, a subheading or a tag): at most five words that are no
// sentence, figure or quotation.
func isLabel(t string) bool {
	if len(t) > 60 || strings.IndexFunc(t, unicode.IsDigit) >= 0 || countWords(t) > 5 {
		return false
	}
	if i := strings.IndexAny(t, "=<≤≥≈≠^∈±"); i > 0 && i < len(t)-1 || strings.ContainsAny(t, "√∫∑∏") {
		return false // an equation
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

// isHeadline reports whether a block is a line of four to 25 words that does not end a sentence, in a script with capitals.
func isHeadline(t string) bool {
	if len(t) > 250 || endsSentence(t) || announcesList(t) || !unicode.IsUpper(firstLetter(t)) {
		return false
	}
	n := countWords(t)
	last := t[len(t)-1]
	return n >= 4 && n <= 25 && last != ',' && last != ';'
}
