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

// maxMedia is the maximum number of elements within one extension element.
const maxMedia = 500

// element is an open element: its end tag has not been read.
type element struct {
	written      []byte // the name as in the document
	name         name
	role         role
	kind         containerKind
	scope        int      // number of namespace declarations in force before it
	capturesFrom int      // of an item: length of guard.captures at its beginning
	skipped      bool     // an item that is not kept
	base         *url.URL // xml:base in force; nil if none was declared
	start        int      // offset of its start tag in the output
	innerStart   int      // offset of its content in the output
	textKind     textKind
	tagless      bool // the tags of the element itself are not written
	markup       bool // the element is a text that contains markup
}

// guard rewrites a feed to a form that gofeed reads without loss: a balanced document of bounded depth without comments,
// declarations and namespaces. The output has only the elements that Parse uses, under the prefixes that gofeed knows. Fields
// that gofeed would lose or change are captured in items. The time is linear in the size of the document.
type guard struct {
	src       scanner
	names     nameResolver
	maxDepth  int
	selection *itemSelection
	docURL    *url.URL // address of the document; may be nil
	now       time.Time

	out      []byte // the output for gofeed
	captures []byte // content of the captured elements
	stack    []element
	leaf     int // index in stack of the open textual, captured or extension element, or -1
	media    int // elements within the extension element that is open
	voids    int // HTML elements without an end tag that were not written as <br/>

	hasRoot   bool
	channels  int
	done      bool
	stopped   bool // the walk ended before the end of the document, because the remaining items are not kept
	atom      bool
	format    string
	language  string
	items     []capturedItem
	feedDates [][]byte // the dates of the feed itself
	dates     *dates
	repairs   []string
}

// capturedItem holds the fields of an item that gofeed does not carry.
type capturedItem struct {
	about  string // rdf:about, or CDF's href
	base   *url.URL
	fields []field
	cut    bool // the document ended inside it
}

// field is a child of an item. raw is its markup. It is nil unless the child was captured.
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

// text writes the character data of the open element unless that element is dropped.
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

// baseOf returns the base address of an element from its attributes and the base of its parent.
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

// latest returns the newest date of any child of the item.
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

// inlineName returns the name of markup within text. HTML names lose their prefix, and other names stay as written.
func inlineName(written []byte, n *nameResolver) string {
	if bytes.IndexByte(written, ':') > 0 && n.resolve(written).space == xhtmlSpace {
		_, local := splitName(written)
		return local
	}
	return string(written)
}

// isItem reports whether an element is an item of either format, since feeds mix them.
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

// contextReader fails when its context ends. This stops a parser whose time grows faster than its input.
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

// maxFeedDates is the maximum number of dates of a feed itself that are kept.
const maxFeedDates = 10

// appendAttrs writes attributes without their prefixes. It resolves addresses if an xml:base is in force.
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
			// Atom allows the prefix of IANA's registry before the names of relations (RFC 4287, section 4.2.7.2).
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

// itemSelection chooses the newest items of a document that has more than max. The first pass keeps the first max items
// and records a date of each item. If later items are newer, a second pass keeps the newest by those dates.
type itemSelection struct {
	max   int
	keep  []bool  // of each item of the document in order; nil in the first walk
	dates []int64 // of each item, in Unix seconds; 0 means none
	dated bool    // at least one date is not 0
}

// lacksDates reports whether the first 2*max items have no date, so that the first pass can stop.
func (s *itemSelection) lacksDates() bool {
	return s.keep == nil && !s.dated && len(s.dates) >= 2*s.max
}

// keepsNext reports whether the item that begins is kept.
func (s *itemSelection) keepsNext() bool {
	n := len(s.dates)
	if s.keep == nil {
		return n < s.max
	}
	return n < len(s.keep) && s.keep[n]
}

// add records the item that has ended. A zero date means that the date is not known yet.
func (s *itemSelection) add(t time.Time) {
	s.dates = append(s.dates, 0)
	s.setDate(len(s.dates)-1, t)
}

func (s *itemSelection) setDate(i int, t time.Time) {
	if !t.IsZero() {
		s.dates[i], s.dated = t.Unix(), true
	}
}

// needsSecondPass reports whether later items are newer than the first max, and prepares the selection for the second pass.
func (s *itemSelection) needsSecondPass() bool {
	if s.keep != nil || len(s.dates) <= s.max {
		return false
	}
	keep := selectNewest(s.dates, s.max)
	if !slices.Contains(keep[s.max:], true) {
		return false
	}
	s.keep, s.dates = keep, s.dates[:0]
	return true
}

// selectNewest chooses limit items by their dates. An item without a date gets the date of its neighbour. Among equal dates,
// items at the newer end of the document win. The newer end is the beginning, unless most dates rise.
func selectNewest(dates []int64, limit int) []bool {
	dates = slices.Clone(dates)
	rising, last := 0, int64(0)
	for _, at := range dates {
		if at != 0 && last != 0 {
			switch {
			case at > last:
				rising++
			case at < last:
				rising--
			}
		}
		if at != 0 {
			last = at
		}
	}
	fillDates(dates)
	slices.Reverse(dates)
	fillDates(dates)
	slices.Reverse(dates)

	keep := make([]bool, len(dates))
	sorted := slices.Sorted(slices.Values(dates))
	oldest := sorted[len(sorted)-limit] // among the kept items
	left := limit
	for i, at := range dates {
		if at > oldest {
			keep[i] = true
			left--
		}
	}
	for i := range dates {
		if rising > 0 {
			i = len(dates) - 1 - i
		}
		if dates[i] == oldest && left > 0 {
			keep[i] = true
			left--
		}
	}
	return keep
}

// fillDates replaces a missing date by the date of the item before.
func fillDates(dates []int64) {
	for i := 1; i < len(dates); i++ {
		if dates[i] == 0 {
			dates[i] = dates[i-1]
		}
	}
}
