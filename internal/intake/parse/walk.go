package parse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

func newGuard(doc []byte, o Options, s *itemSelection) *guard {
	g := &guard{src: scanner{doc: doc}, maxDepth: o.MaxDepth, selection: s, now: o.Now, leaf: -1}
	g.names.cache = map[string]name{}
	g.docURL = parseBase(o.URL)
	g.out = make([]byte, 0, len(doc)+len(doc)/16)
	return g
}

// run rewrites the whole document.
func (g *guard) run(ctx context.Context) error {
	for n := 0; !g.done; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch t := g.src.next(); t.kind {
		case tokenEnd:
			g.finish()
		case tokenText:
			g.text(t.text, false)
		case tokenCDATA:
			g.text(t.text, true)
		case tokenOpen:
			if err := g.openElement(t); err != nil {
				return err
			}
		case tokenClose:
			g.close(t)
		}
	}
	if g.src.unterminated {
		g.repair("a tag, comment or CDATA section without an end was closed")
	}
	if g.src.tooManyAttrs {
		g.repair(fmt.Sprintf("attributes over %d on one tag were left out", maxAttrs))
	}
	if g.names.tooManyBindings {
		g.repair(fmt.Sprintf("namespace declarations over %d were left out", maxBindings))
	}
	if g.voids != 0 {
		g.repair("HTML elements without an end tag were closed")
	}
	if !g.hasRoot {
		return errors.New("no root element")
	}
	return nil
}

func (g *guard) openElement(t token) error {
	if len(g.stack) >= g.maxDepth {
		return errTooDeep
	}
	if !g.hasRoot {
		g.openRoot(t)
		return nil
	}
	switch {
	case g.top().role == dropped:
		// Items are accepted wherever a feed puts them.
		if n := strings.ToLower(string(t.name)); n == "item" && !g.atom || n == "entry" && g.atom {
			g.openChild(t)
		} else if !t.empty {
			g.stack = append(g.stack, element{written: t.name, role: dropped, scope: len(g.names.bindings)})
		}
	case g.leaf < 0:
		g.openChild(t)
	case g.stack[g.leaf].role == extension:
		g.openInExtension(t)
	default:
		g.openInText(t)
	}
	return nil
}

// openRoot begins the document. If the first element is not a root, such as <channel> or <item>, a root is added.
func (g *guard) openRoot(t token) {
	g.hasRoot = true
	prefix, local := splitName(t.name)
	local = strings.ToLower(local)
	g.atom = local == "feed" || local == "entry"
	g.names.root, g.names.rootPrefix = rssSpace, prefix
	place, root := rssRoot, "rss"
	if g.atom {
		g.names.root, place, root = atomSpace, atomFeed, "feed"
	}
	g.format = formatOf(local, t.attrs)
	g.language = attr(t.attrs, "xml:lang")
	e := element{written: t.name, name: name{local: root}, role: container, kind: place}
	e.scope = g.names.declare(t.attrs, false)
	for i := range g.names.bindings { // the root's default namespace is the feed's own, whatever its address
		if b := &g.names.bindings[i]; b.prefix == "" && prefix == "" {
			if g.atom && b.space == nativeSpace {
				g.repair("the namespace is not Atom's; the document was read as Atom all the same")
			}
			b.space = nativeSpace
		}
	}
	e.base = g.baseOf(t.attrs, nil)
	if local == "channel" && e.base == nil { // CDF
		e.base = parseBase(attr(t.attrs, "base"))
	}
	implied := local == "channel" || local == "item" || local == "entry"
	if implied {
		e.written = nil
	}
	g.writeOpen(root, nil, nil)
	g.stack = append(g.stack, e)
	switch {
	case implied:
		if g.format != "rss 1.1" { // in RSS 1.1 the root is the channel
			g.repair("the missing <" + root + "> was added")
		}
		g.openChild(t)
	case t.empty:
		g.popTo(0)
	}
}

// longTexts are the elements whose text is kept if the document ends inside them.
var longTexts = []string{"description", "encoded", "content", "summary", "body", "fullitem"}

// finish closes the open elements at the end of the document. Short texts that the end cut off are left out, since half an
// address or id is worse than none.
func (g *guard) finish() {
	g.done = true
	onlyImplied := len(g.stack) == 1 && g.stack[0].written == nil // a root that is not in the document
	if len(g.stack) > 0 && !g.stopped && !onlyImplied {
		g.repair("the document was cut off; what it left open was closed")
	}
	for len(g.stack) > 0 {
		e := g.top()
		if e.role == item && !g.stopped {
			g.items[len(g.items)-1].cut = true
		}
		if i := len(g.stack) - 1; i == g.leaf && !slices.Contains(longTexts, e.name.local) {
			if e.role == captured {
				g.captures = g.captures[:e.start]
			} else {
				g.out = g.out[:e.start]
			}
			g.names.restore(e.scope)
			g.stack, g.leaf = g.stack[:i], -1
			continue
		}
		g.pop()
	}
}

// formatOf returns the format of a root element.
func formatOf(root string, attrs []attribute) string {
	version := attr(attrs, "version")
	switch root {
	case "rdf":
		return "rdf"
	case "channel":
		for _, a := range attrs {
			if strings.TrimRight(string(a.value), "/#") == "http://purl.org/net/rss1.1" {
				return "rss 1.1"
			}
		}
	case "feed", "entry":
		for _, a := range attrs {
			if strings.HasPrefix(string(a.name), "xmlns") && strings.TrimRight(string(a.value), "/#") == "http://purl.org/atom/ns" {
				return "atom 0.3"
			}
		}
		if version != "" && len(version) < 8 {
			return "atom " + version
		}
		return "atom 1.0"
	}
	if version == "" || len(version) > 8 {
		return "rss"
	}
	return "rss " + version
}

var errTooDeep = errors.New("too deep")
