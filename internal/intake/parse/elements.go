package parse

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// openChild begins an element of a container.
func (g *guard) openChild(t token) {
	scope := g.names.declare(t.attrs, false)
	n := g.names.resolve(t.name)
	if g.isItem(n) {
		n.local = "item" // the name that gofeed knows
		if g.atom {
			n.local = "entry"
		}
		g.names.restore(scope)
		g.closeForItem(func(e *element) bool { return e.role == item })
		g.closeForItem(func(e *element) bool { return e.kind == atomPerson || e.kind == atomSource })
		scope = g.names.declare(t.attrs, false)
		if g.selection.lacksDates() {
			g.stopped = true
			g.finish()
			return
		}
	}
	parent := g.container()
	role, place := parent.kind.child(n)
	if role == extension && !isPlainName([]byte(n.local)) {
		role = dropped
	}
	if n.String() == "title" && parent.role == item &&
		slices.ContainsFunc(g.items[len(g.items)-1].fields, func(f field) bool { return f.name.String() == "title" }) {
		role = dropped // the item's own title comes first, but gofeed would use the last
	}
	e := element{written: t.name, name: n, role: role, kind: place, scope: scope, base: g.baseOf(t.attrs, parent.base)}
	g.begin(&e, t)
	g.stack = append(g.stack, e)
	if e.role == textual || e.role == captured || e.role == extension {
		g.leaf = len(g.stack) - 1
	}
	if t.empty {
		g.pop()
	}
}

// closeForItem ends the open elements for which isKind is true when an item begins.
func (g *guard) closeForItem(isKind func(*element) bool) {
	for i := len(g.stack) - 1; i > 0; i-- {
		if isKind(&g.stack[i]) {
			g.repair("the missing end of <" + g.stack[i].name.local + "> was added")
			g.popTo(i)
		}
	}
}

// begin writes the start of an element of a container.
func (g *guard) begin(e *element, t token) {
	e.start = len(g.out)
	switch e.role {
	case dropped:
		return
	case captured:
		e.textKind = kindOf(t.attrs)
		if e.name.space == xhtmlSpace {
			e.textKind = xhtmlKind
		}
		e.start = len(g.captures)
	case textual:
		if g.atom {
			e.textKind = kindOf(t.attrs)
		}
		g.beginWords(e, t.attrs)
	case extension:
		g.media = 0
		g.writeOpen(e.name.String(), t.attrs, e.base)
	case item:
		e.capturesFrom, e.skipped = len(g.captures), !g.selection.keepsNext()
		// RDF has the item's address as an attribute, and CDF has its address and date as attributes.
		it := capturedItem{about: first(attr(t.attrs, "about"), attr(t.attrs, "href")), base: e.base}
		if changed := attr(t.attrs, "lastmod"); changed != "" {
			it.fields = append(it.fields, field{name: name{local: "modified"}, raw: []byte(changed)})
		}
		g.items = append(g.items, it)
		g.writeOpen(e.name.local, nil, nil)
		// The item's number. entryReader uses it to find the captured fields of the item.
		g.out = append(g.out, `<headwater:item n="`...)
		g.out = strconv.AppendInt(g.out, int64(len(g.items)-1), 10)
		g.out = append(g.out, `"/>`...)
	default:
		if e.kind == rssChannel {
			g.channels++
			e.tagless = g.channels > 1 // gofeed keeps only the last channel, but accepts items outside of it
		}
		if !e.tagless {
			g.writeOpen(e.name.local, nil, nil)
		}
	}
	e.innerStart = len(g.out)
	if e.role == captured {
		e.innerStart = len(g.captures)
	}
}

// openInText begins markup within text. An element that cannot occur in the text shows that the end tag of the text is missing.
func (g *guard) openInText(t token) {
	scope := g.names.declare(t.attrs, true)
	if g.endsLeaf(g.names.resolve(t.name)) {
		g.names.restore(scope)
		g.openAfterLeaf(t)
		return
	}
	if isVoid(inlineName(t.name, &g.names)) {
		g.writeInline(t, true)
		if !t.empty {
			g.voids++
		}
		g.names.restore(scope)
		return
	}
	e := element{written: t.name, role: inline, scope: scope, base: g.baseOf(t.attrs, g.top().base)}
	if !isPlainName(t.name) {
		e.role = unwrapped
	}
	if t.empty {
		if e.role == inline {
			g.writeInline(t, false)
			g.writeClose(inlineName(t.name, &g.names))
		}
		g.names.restore(scope)
		return
	}
	e.start = len(*g.sink())
	g.stack = append(g.stack, e)
	if e.role == inline {
		g.writeInline(t, false)
		g.top().innerStart = len(*g.sink())
	}
}

// openAfterLeaf ends the open text before an element that cannot occur in it.
func (g *guard) openAfterLeaf(t token) {
	g.repair(fmt.Sprintf("the missing end of <%s> was added", g.stack[g.leaf].name))
	g.popTo(g.leaf)
	g.openChild(t)
}

// endsLeaf reports whether an element of that name cannot occur in the open text, so that the end tag of the text is missing.
func (g *guard) endsLeaf(n name) bool {
	if n.space != nativeSpace || g.leaf < 1 {
		return false
	}
	leaf := &g.stack[g.leaf]
	if g.isItem(n) {
		return leaf.name.local != "content"
	}
	role, _ := g.stack[g.leaf-1].kind.child(n)
	if role == dropped {
		return false
	}
	return isShortText(leaf.name) || n.local == "pubdate" || n.local == "guid"
}

// openInExtension begins an element within an extension. Media elements within media elements are kept. Of other elements only
// the text is kept.
func (g *guard) openInExtension(t token) {
	scope := g.names.declare(t.attrs, true)
	n := g.names.resolve(t.name)
	if g.isItem(n) {
		g.names.restore(scope)
		g.openAfterLeaf(t)
		return
	}
	top := g.top()
	e := element{written: t.name, role: unwrapped, scope: scope, base: top.base}
	if n.space == "media" && top.name.space == "media" && g.media < maxMedia && isPlainName([]byte(n.local)) {
		g.media++
		e.role, e.name = extension, n
		g.writeOpen(n.String(), t.attrs, e.base)
	}
	g.stack = append(g.stack, e)
	if t.empty {
		g.pop()
	}
}

// close ends an element and the elements that are still open within it. An end tag without a start tag is left out.
func (g *guard) close(t token) {
	if len(g.stack) == 0 {
		return
	}
	if r := g.top().role; (r == inline || r == textual || r == captured) && isVoid(inlineName(t.name, &g.names)) {
		g.voids--
		return
	}
	at := -1 // the innermost element with exactly this name, or else one whose name differs only in case
	for i, e := range slices.Backward(g.stack) {
		if string(e.written) == string(t.name) {
			at = i
			break
		}
		if at < 0 && strings.EqualFold(string(e.written), string(t.name)) {
			at = i
		}
	}
	if at < 0 {
		g.repair(fmt.Sprintf("the end tag </%.40s>, which ends nothing, was left out", t.name))
		return
	}
	if at < len(g.stack)-1 {
		g.repair(fmt.Sprintf("the missing end of <%.40s> was added", g.top().written))
	}
	g.popTo(at)
}

// popTo ends the elements of the stack from index at on. A tag that is a word of a title becomes text.
func (g *guard) popTo(at int) {
	for len(g.stack) > at {
		if len(g.stack)-1 > at && g.namesElement() {
			e := *g.top()
			to := g.sink()
			tag := appendLiteral(nil, (*to)[e.start:e.innerStart])
			*to = slices.Replace(*to, e.start, e.innerStart, tag...)
			g.stack = g.stack[:len(g.stack)-1]
			g.names.restore(e.scope)
			continue
		}
		g.pop()
	}
	if len(g.stack) == 0 {
		g.done = true
	}
}

// namesElement reports whether the innermost element is a word of a title and not markup: a tag without attributes and without
// an end tag, as in an unescaped "The <dialog> element".
func (g *guard) namesElement() bool {
	e := g.top()
	if e.role != inline || g.leaf < 0 || g.stack[g.leaf].name.local != "title" || isRawElement(strings.ToLower(string(e.written))) {
		return false
	}
	out := *g.sink()
	if e.innerStart-e.start != len(inlineName(e.written, &g.names))+2 || e.innerStart > len(out) {
		return false
	}
	before, _ := utf8.DecodeLastRune(out[:e.start])
	after, _ := utf8.DecodeRune(out[e.innerStart:])
	return !isTitleWordRune(before) && !isTitleWordRune(after)
}

// pop ends the innermost element.
func (g *guard) pop() {
	e := *g.top()
	switch e.role {
	case textual, extension:
		g.endWords(&e)
	case captured:
		if e.markup && e.textKind != base64Kind {
			e.textKind = xhtmlKind
		}
		g.addField(&e, g.captures[e.innerStart:len(g.captures):len(g.captures)])
	case inline:
		g.writeClose(inlineName(e.written, &g.names))
	case container, item:
		if !e.tagless {
			g.writeClose(e.name.local)
		}
	}
	if e.role == item {
		it := &g.items[len(g.items)-1]
		if !e.skipped || g.selection.keep != nil {
			g.selection.add(time.Time{})
		} else {
			if len(g.selection.dates) == g.selection.max { // the first item over the limit: from here on dates are compared
				for i, kept := range g.items[:g.selection.max] {
					g.selection.setDate(i, kept.latest(g.now))
				}
			}
			g.selection.add(it.latest(g.now))
		}
		if e.skipped { // the item is not kept
			g.out, g.captures = g.out[:e.start], g.captures[:e.capturesFrom]
			g.items = g.items[:len(g.items)-1]
		}
	}
	g.stack = g.stack[:len(g.stack)-1]
	if g.leaf >= len(g.stack) {
		g.leaf = -1
	}
	g.names.restore(e.scope)
}

// endWords ends a textual or extension element. An Atom text in which markup was found gets the type xhtml.
func (g *guard) endWords(e *element) {
	if g.atom && e.markup && e.textKind != xhtmlKind && e.textKind != base64Kind && e.innerStart >= len(escapedType) && string(g.out[e.innerStart-len(escapedType):e.innerStart]) == escapedType {
		copy(g.out[e.innerStart-len(escapedType):], markupType)
		e.textKind = xhtmlKind
	}
	if g.atom && e.name.local == "link" && !bytes.Contains(g.out[e.start:e.innerStart], []byte(` href="`)) {
		if address := inner(g.out[e.innerStart:]); address != "" { // a link whose text is its address
			g.out = append(g.out[:e.innerStart-1], ` href="`...)
			g.out = appendLiteral(g.out, []byte(join(e.base, address)))
			g.out = append(g.out, `">`...)
		}
	}
	blank := len(bytes.TrimSpace(g.out[e.innerStart:])) == 0
	g.writeClose(e.name.String())
	if e.role == textual && !(blank && e.name.local == "title") {
		g.addField(e, nil)
	}
}
