package parse

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
)

// maxMedia bounds the elements within one extension element.
const maxMedia = 500

// element is an element whose end tag is still to come.
type element struct {
	written      []byte // its name in the document
	name         name
	role         role
	kind         containerKind
	scope        int      // namespace declarations in force before it
	capturesFrom int      // of an item: length of guard.captures where it began
	skipped      bool     // an item that is not kept
	base         *url.URL // xml:base in force; nil where none was declared
	start        int      // offset of its start tag in the output
	innerStart   int      // offset of its content in the output
	textKind     textKind
	tagless      bool // its own tags are not written
	markup       bool // it is text with markup in it
}

// guard rewrites a feed to a form that gofeed reads without loss: a balanced document of bounded depth without comments,
// declarations and namespaces. It has only the elements that Parse uses, under the prefixes that gofeed knows. What gofeed
// would lose or change is captured in items. The time is linear in the size of the document.
type guard struct {
	src       scanner
	names     nameResolver
	maxDepth  int
	selection *itemSelection
	docURL    *url.URL // where the document came from; may be nil
	now       time.Time

	out      []byte // for gofeed
	captures []byte // for the captured elements
	stack    []element
	leaf     int // index in stack of the open textual, captured or extension element, or -1
	media    int // elements within the extension element that is open
	voids    int // HTML elements without an end tag that were not written <br/>

	hasRoot   bool
	channels  int
	done      bool
	stopped   bool // before the end of the document: what follows are items that are not kept
	atom      bool
	format    string
	language  string
	items     []capturedItem
	feedDates [][]byte // the dates of the feed itself
	dates     *dates
	repairs   []string
}

// capturedItem is what gofeed does not carry of one item.
type capturedItem struct {
	about  string // rdf:about, or CDF's href
	base   *url.URL
	fields []field
	cut    bool // the document ended inside it
}

// field is a child of an item. raw is its markup, and nil unless the child was captured.
type field struct {
	name name
	base *url.URL
	kind textKind
	raw  []byte
}

func (g *guard) repair(what string) {
	if !slices.Contains(g.repairs, what) && len(g.repairs) < 20 {
		g.repairs = append(g.repairs, what)
	}
}

func (g *guard) top() *element { return &g.stack[len(g.stack)-1] }

// sink returns the buffer of the open leaf: out for gofeed, or captures.
func (g *guard) sink() *[]byte {
	if g.leaf >= 0 && g.stack[g.leaf].role == captured {
		return &g.captures
	}
	return &g.out
}

// text writes character data of the open element, unless that element is dropped.
func (g *guard) text(text []byte, cdata bool) {
	if len(g.stack) == 0 || g.leaf < 0 || g.top().role == dropped {
		return
	}
	leaf := &g.stack[g.leaf]
	if g.top().role == extension && len(g.stack)-1 != g.leaf && len(bytes.TrimSpace(text)) == 0 {
		return
	}
	to := g.sink()
	switch {
	case !cdata:
		*to = appendText(*to, text, 0)
	case leaf.role == extension || leaf.textKind.isMarkup():
		*to = appendLiteral(*to, text)
	default:
		*to = append(*to, "<![CDATA["...)
		*to = append(*to, text...)
		*to = append(*to, "]]>"...)
	}
}

func (g *guard) writeOpen(name string, attrs []attribute, base *url.URL) {
	g.out = append(g.out, '<')
	g.out = append(g.out, name...)
	g.out = appendAttrs(g.out, attrs, base)
	g.out = append(g.out, '>')
}

// beginWords writes the start tag of a textual element. Its type attribute tells gofeed whether to decode the content.
func (g *guard) beginWords(e *element, attrs []attribute) {
	if !g.atom {
		g.writeOpen(e.name.String(), attrs, e.base)
		return
	}
	g.out = append(g.out, '<')
	g.out = append(g.out, e.name.local...)
	switch e.name.local {
	case "link", "category":
		g.out = appendAttrs(g.out, attrs, e.base)
	default:
		if src := attr(attrs, "src"); src != "" {
			g.out = append(g.out, ` src="`...)
			g.out = appendLiteral(g.out, []byte(join(e.base, src)))
			g.out = append(g.out, '"')
		}
		if e.textKind == xhtmlKind {
			g.out = append(g.out, markupType...)
		} else {
			g.out = append(g.out, escapedType...)
		}
		return
	}
	g.out = append(g.out, '>')
}

func (g *guard) writeClose(name string) {
	to := g.sink()
	*to = append(*to, '<', '/')
	*to = append(*to, name...)
	*to = append(*to, '>')
}

func (g *guard) writeInline(t token, empty bool) {
	g.stack[g.leaf].markup = true
	base := g.top().base
	to := g.sink()
	*to = append(*to, '<')
	*to = append(*to, inlineName(t.name, &g.names)...)
	*to = appendAttrs(*to, t.attrs, base)
	if empty {
		*to = append(*to, '/')
	}
	*to = append(*to, '>')
}

// baseOf returns the base address of an element with these attributes whose parent has that base.
func (g *guard) baseOf(attrs []attribute, parent *url.URL) *url.URL {
	for _, a := range attrs {
		if string(a.name) != "xml:base" {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(unescape(a.value)))
		if err != nil || u.Scheme != "" && !isWeb(u.Scheme) {
			return parent
		}
		switch {
		case parent != nil:
			return parent.ResolveReference(u)
		case g.docURL != nil:
			return g.docURL.ResolveReference(u)
		case u.IsAbs():
			return u
		}
		return parent
	}
	return parent
}

// latest is the newest date of any child of the item.
func (it capturedItem) latest(now time.Time) time.Time {
	var at time.Time
	for _, f := range it.fields {
		if f.raw != nil && isDate(f.name) {
			if t := readLoneDate(inner(f.raw), now); t.After(at) {
				at = t
			}
		}
	}
	return at
}

// inlineName is the name of markup within text: HTML without a prefix, others as written.
func inlineName(written []byte, n *nameResolver) string {
	if bytes.IndexByte(written, ':') > 0 && n.resolve(written).space == xhtmlSpace {
		_, local := splitName(written)
		return local
	}
	return string(written)
}

// isItem is true for the items of either format, since feeds mix them.
func (g *guard) isItem(n name) bool {
	return n.space == nativeSpace && (n.local == "item" || n.local == "entry")
}

// container returns the innermost element that holds children.
func (g *guard) container() *element {
	for i := len(g.stack) - 1; i > 0; i-- {
		if r := g.stack[i].role; r == container || r == item {
			return &g.stack[i]
		}
	}
	return &g.stack[0]
}

// addField stores a child of an item, or a date of the feed itself.
func (g *guard) addField(e *element, raw []byte) {
	parent := len(g.stack) - 2
	if parent >= 0 && e.role == captured && g.stack[parent].role == container && len(g.feedDates) < maxFeedDates {
		g.feedDates = append(g.feedDates, raw)
	}
	if parent < 0 || g.stack[parent].role != item {
		return
	}
	it := &g.items[len(g.items)-1]
	it.fields = append(it.fields, field{name: e.name, base: e.base, kind: e.textKind, raw: raw})
}

// contextReader fails when its context ends. That stops a parser whose time grows faster than its input.
type contextReader struct {
	ctx context.Context
	doc []byte
}

// Read returns at most 4 KB at a time, so that the context is checked often enough.
func (t *contextReader) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	if len(t.doc) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 4096)], t.doc)
	t.doc = t.doc[n:]
	return n, nil
}

func (g *guard) document() news.Document {
	return news.Document{Format: g.format, Repaired: g.repairs, Incomplete: len(g.selection.dates) > g.selection.max, Newest: g.selection.keep != nil}
}

// maxFeedDates bounds the dates of a feed itself that are kept.
const maxFeedDates = 10

// appendAttrs writes attributes without their prefixes. Addresses are resolved where an xml:base is in force.
func appendAttrs(dst []byte, attrs []attribute, base *url.URL) []byte {
	for _, a := range attrs {
		if !isPlainName(a.name) || bytes.HasPrefix(a.name, []byte("xml")) {
			continue
		}
		_, local := splitName(a.name)
		dst = append(dst, ' ')
		dst = append(dst, local...)
		dst = append(dst, '=', '"')
		if strings.EqualFold(local, "rel") {
			// Atom allows the address of IANA's registry before the relations' names (RFC 4287, section 4.2.7.2).
			rel := strings.ToLower(strings.TrimSpace(unescape(a.value)))
			for _, registry := range []string{"www.iana.org/assignments/relation/", "www.iana.org/assignments/link-relations/"} {
				if _, name, ok := strings.Cut(rel, "://"+registry); ok && name != "" {
					rel = strings.Trim(name, "#/")
					break
				}
			}
			dst = appendLiteral(dst, []byte(rel))
		} else if base != nil && isAddress(local) {
			dst = appendLiteral(dst, []byte(join(base, unescape(a.value))))
		} else {
			dst = appendText(dst, a.value, '"')
		}
		dst = append(dst, '"')
	}
	return dst
}
