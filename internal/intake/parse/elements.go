package parse

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// openChild begins an element of a container.
func (g *guard) openChild(t token) {
	scope := g.names.declare(t.attrs, false)
	n := g.names.resolve(t.name)
	if g.isItem(n) {
		n.local = g.itemName()
		g.names.release(scope)
		g.closeItem()
		g.closePerson()
		scope = g.names.declare(t.attrs, false)
		if g.survey.hopeless() {
			g.stopped = true
			g.finish()
			return
		}
	}
	parent := g.container()
	role, place := parent.place.child(n)
	if role == extension && !isPlainName([]byte(n.local)) || n.String() == "title" && g.titled(parent) {
		role = dropped
	}
	e := open{written: t.name, name: n, role: role, place: place, scope: scope, base: g.baseOf(t.attrs, parent.base)}
	g.begin(&e, t)
	g.stack = append(g.stack, e)
	if e.role == words || e.role == captured || e.role == extension {
		g.leaf = len(g.stack) - 1
	}
	if t.empty {
		g.pop()
	}
}

// titled holds for an item that has a title: gofeed would take the last, and the first is the item's own.
func (g *guard) titled(parent *open) bool {
	return parent.role == item && slices.ContainsFunc(g.items[len(g.items)-1].fields, func(f field) bool { return f.name.String() == "title" })
}

// begin writes the start of an element of a container.
func (g *guard) begin(e *open, t token) {
	e.from = len(g.out)
	switch e.role {
	case dropped:
		return
	case captured:
		e.kind = kindOf(t.attrs)
		if e.name.space == xhtmlSpace {
			e.kind = xhtmlKind
		}
		e.from = len(g.aside)
	case words:
		if g.atom {
			e.kind = kindOf(t.attrs)
		}
		g.beginWords(e, t.attrs)
	case extension:
		g.media = 0
		g.writeOpen(e.name.String(), t.attrs, e.base)
	case item:
		e.aside, e.passing = len(g.aside), !g.survey.wants()
		g.items = append(g.items, newSideItem(e.base, t.attrs))
		g.writeOpen(e.name.local, nil, nil)
		g.writeNumber(len(g.items) - 1)
	default:
		if e.place == rssChannel {
			g.channels++
			e.mute = g.channels > 1 // gofeed keeps only the last channel, but takes items outside of it
		}
		if !e.mute {
			g.writeOpen(e.name.local, nil, nil)
		}
	}
	e.inner = len(g.out)
	if e.role == captured {
		e.inner = len(g.aside)
	}
}

// openInText begins markup within text, unless it shows that the text's own end tag is missing.
func (g *guard) openInText(t token) {
	scope := g.names.declare(t.attrs, true)
	if g.endsLeaf(g.names.resolve(t.name)) {
		g.names.release(scope)
		g.openAfterLeaf(t)
		return
	}
	if isVoid(inlineName(t.name, &g.names)) {
		g.writeInline(t, true)
		if !t.empty {
			g.voids++
		}
		g.names.release(scope)
		return
	}
	e := open{written: t.name, role: inline, scope: scope, base: g.baseOf(t.attrs, g.top().base)}
	if !isPlainName(t.name) {
		e.role = unwrapped
	}
	if t.empty {
		g.emptyInline(t, e)
		return
	}
	e.from = len(*g.sink())
	g.stack = append(g.stack, e)
	if e.role == inline {
		g.writeInline(t, false)
		g.top().inner = len(*g.sink())
	}
}

// openAfterLeaf ends the text that is open before an element that cannot stand in it.
func (g *guard) openAfterLeaf(t token) {
	g.repair(fmt.Sprintf("the missing end of <%s> was added", g.stack[g.leaf].name))
	g.popTo(g.leaf)
	g.openChild(t)
}

func (g *guard) emptyInline(t token, e open) {
	if e.role == inline {
		g.writeInline(t, false)
		g.writeClose(inlineName(t.name, &g.names))
	}
	g.names.release(e.scope)
}

// endsLeaf holds where an element of that name cannot stand in the open text, so that its end tag must be missing.
func (g *guard) endsLeaf(n name) bool {
	if n.space != nativeSpace || g.leaf < 1 {
		return false
	}
	leaf := &g.stack[g.leaf]
	if g.isItem(n) {
		return leaf.name.local != "content"
	}
	role, _ := g.stack[g.leaf-1].place.child(n)
	if role == dropped {
		return false
	}
	return isBrief(leaf.name) || n.local == "pubdate" || n.local == "guid"
}

// openInExtension keeps media elements in media elements; of others it keeps the text.
func (g *guard) openInExtension(t token) {
	scope := g.names.declare(t.attrs, true)
	n := g.names.resolve(t.name)
	if g.isItem(n) {
		g.names.release(scope)
		g.openAfterLeaf(t)
		return
	}
	top := g.top()
	e := open{written: t.name, role: unwrapped, scope: scope, base: top.base}
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

// isItem holds for the items of either format, since feeds mix them.
func (g *guard) isItem(n name) bool {
	return n.space == nativeSpace && (n.local == "item" || n.local == "entry")
}

// itemName is what gofeed knows an item as.
func (g *guard) itemName() string {
	if g.atom {
		return "entry"
	}
	return "item"
}

// container returns the innermost element that holds children.
func (g *guard) container() *open {
	for i := len(g.stack) - 1; i > 0; i-- {
		if r := g.stack[i].role; r == container || r == item {
			return &g.stack[i]
		}
	}
	return &g.stack[0]
}

// closeItem ends the item that is open when the next one begins.
func (g *guard) closeItem() {
	for i := len(g.stack) - 1; i > 0; i-- {
		if g.stack[i].role == item {
			g.repair("the missing end of <" + g.stack[i].name.local + "> was added")
			g.popTo(i)
			return
		}
	}
}

// closePerson ends an author or source of the feed's that is open when an item begins.
func (g *guard) closePerson() {
	for i := len(g.stack) - 1; i > 0; i-- {
		if p := g.stack[i].place; p == atomPerson || p == atomSource {
			g.repair("the missing end of <" + g.stack[i].name.local + "> was added")
			g.popTo(i)
		}
	}
}

// close ends an element and what is left open within it. An end tag that fits nothing is left out.
func (g *guard) close(t token) {
	if len(g.stack) == 0 {
		return
	}
	if g.inText() && isVoid(inlineName(t.name, &g.names)) {
		g.voids--
		return
	}
	at := g.find(t.name)
	if at < 0 {
		g.repair(fmt.Sprintf("the end tag </%.40s>, which ends nothing, was left out", t.name))
		return
	}
	if at < len(g.stack)-1 {
		g.repair(fmt.Sprintf("the missing end of <%.40s> was added", g.top().written))
	}
	g.popTo(at)
}

func (g *guard) inText() bool {
	r := g.top().role
	return r == inline || r == words || r == captured
}

// find returns the place on the stack of the innermost element that was written so, or -1.
func (g *guard) find(written []byte) int {
	for i := len(g.stack) - 1; i >= 0; i-- {
		if string(g.stack[i].written) == string(written) {
			return i
		}
	}
	for i := len(g.stack) - 1; i >= 0; i-- {
		if strings.EqualFold(string(g.stack[i].written), string(written)) {
			return i
		}
	}
	return -1
}

func (g *guard) popTo(at int) {
	for len(g.stack) > at {
		if len(g.stack)-1 > at && g.namesElement() {
			g.quoteTag()
			continue
		}
		g.pop()
	}
	if len(g.stack) == 0 {
		g.done = true
	}
}

// namesElement holds where the innermost element is a tag without attributes that stands in a title like a word and has
// no end there: "The <dialog> element", written without escaping.
func (g *guard) namesElement() bool {
	e := g.top()
	if e.role != inline || g.leaf < 0 || g.stack[g.leaf].name.local != "title" || isHiding(strings.ToLower(string(e.written))) {
		return false
	}
	out := *g.sink()
	if e.inner-e.from != len(inlineName(e.written, &g.names))+2 || e.inner > len(out) {
		return false
	}
	before, _ := utf8.DecodeLastRune(out[:e.from])
	after, _ := utf8.DecodeRune(out[e.inner:])
	return !isTitleWordRune(before) && !isTitleWordRune(after)
}

// quoteTag makes text of the innermost element's tag.
func (g *guard) quoteTag() {
	e := *g.top()
	to := g.sink()
	tag := appendLiteral(nil, (*to)[e.from:e.inner])
	*to = slices.Replace(*to, e.from, e.inner, tag...)
	g.stack = g.stack[:len(g.stack)-1]
	g.names.release(e.scope)
}

// pop ends the innermost element.
func (g *guard) pop() {
	e := *g.top()
	switch e.role {
	case words, extension:
		g.endWords(&e)
	case captured:
		if e.markup && e.kind != base64Kind {
			e.kind = xhtmlKind
		}
		g.addField(&e, g.aside[e.inner:len(g.aside):len(g.aside)])
	case inline:
		g.writeClose(inlineName(e.written, &g.names))
	case container, item:
		if !e.mute {
			g.writeClose(e.name.local)
		}
	}
	if e.role == item {
		g.endItem(&e)
	}
	g.stack = g.stack[:len(g.stack)-1]
	if g.leaf >= len(g.stack) {
		g.leaf = -1
	}
	g.names.release(e.scope)
}

// endItem notes the date of an item, where there are so many that it matters, and takes one that is not kept out of what was written.
func (g *guard) endItem(e *open) {
	if !e.passing || g.survey.keep != nil {
		g.survey.add(time.Time{})
	} else {
		if len(g.survey.dates) == g.survey.max { // the first that is too many
			for i, it := range g.items[:g.survey.max] {
				g.survey.date(i, it.latest(g.now))
			}
		}
		g.survey.add(g.items[len(g.items)-1].latest(g.now))
	}
	if e.passing {
		g.out, g.aside = g.out[:e.from], g.aside[:e.aside]
		g.items = g.items[:len(g.items)-1]
	}
}

// endWords ends an element for gofeed. Atom's text that turned out to hold markup is declared as such.
func (g *guard) endWords(e *open) {
	if g.atom && e.markup && e.kind.isEscaped() && e.inner >= len(escapedType) && string(g.out[e.inner-len(escapedType):e.inner]) == escapedType {
		copy(g.out[e.inner-len(escapedType):], markupType)
		e.kind = xhtmlKind
	}
	if g.atom && e.name.local == "link" {
		g.addHref(e)
	}
	blank := len(bytes.TrimSpace(g.out[e.inner:])) == 0
	g.writeClose(e.name.String())
	if e.role == words && !(blank && e.name.local == "title") {
		g.addField(e, nil)
	}
}

// maxFeedDates bounds the dates of a feed itself that are kept.
const maxFeedDates = 10

// addField files a child of an item, or a date of the feed itself.
func (g *guard) addField(e *open, raw []byte) {
	parent := len(g.stack) - 2
	if parent >= 0 && e.role == captured && g.stack[parent].role == container && len(g.dated) < maxFeedDates {
		g.dated = append(g.dated, raw)
	}
	if parent < 0 || g.stack[parent].role != item {
		return
	}
	it := &g.items[len(g.items)-1]
	it.fields = append(it.fields, field{name: e.name, base: e.base, kind: e.kind, raw: raw})
}
