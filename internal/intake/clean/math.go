package clean

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxMathDepth = 60
	maxMathNodes = 4000
)

// mathToText replaces MathML in HTML by lines of text with the same meaning, since the text and the HTML of an article have no
// elements for MathML. TeX in script elements is kept as text. A formula that is followed by its own picture is removed,
// because the picture's alt text is the formula.
//
// The line is the element's alttext. Without one it is the element's content, written as (a+b)/2, x^2, x_i, √x. Without content
// it is the TeX annotation. A picture of a formula stays in the HTML, and its alt text goes into the text.
func mathToText(src string) string {
	if !strings.Contains(src, "math") && !strings.Contains(src, "MATH") && !strings.Contains(src, "katex") {
		return src
	}
	var out strings.Builder
	copied := 0
	z := newTokenizer(src)
	z.rawText = true // no formula is in a title or a text field
	for z.next() {
		if z.kind != html.StartTagToken {
			continue
		}
		from, line, known, end := z.at-len(z.Raw()), "", false, 0
		switch withoutPrefix(z.name) {
		case "math":
			m := mathReader{z: z}
			line, known = m.formula(), true
			end = z.at - m.cut
		case "script": // a formula for MathJax
			known = slices.ContainsFunc(z.attrs(), func(a attribute) bool {
				return string(a.key) == "type" && bytes.HasPrefix(a.val, []byte("math/tex"))
			})
			for known && z.next() && z.kind == html.TextToken {
				line = string(z.Text())
			}
			end = z.at
		case "span":
			if known = isRenderedMath(z); known {
				skipElement(z, "span")
			}
			end = z.at
		}
		if !known {
			continue
		}
		if pictureFollows(src[end:]) {
			line = ""
		}
		out.WriteString(src[copied:from])
		out.WriteString(html.EscapeString(strings.TrimSpace(line)))
		copied = end
	}
	if copied == 0 {
		return src
	}
	out.WriteString(src[copied:])
	return out.String()
}

// withoutPrefix returns an element's name without the namespace prefix that XML documents give to MathML.
func withoutPrefix(name []byte) string {
	if _, local, ok := strings.Cut(string(name), ":"); ok {
		return local
	}
	return string(name)
}

// isRenderedMath reports whether the span at z renders a formula glyph by glyph that the page also has as MathML.
func isRenderedMath(z *tokenizer) bool {
	drawn, hidden := false, false
	for _, a := range z.attrs() {
		switch string(a.key) {
		case "class":
			drawn = bytes.HasPrefix(a.val, []byte("katex-html")) || bytes.HasPrefix(a.val, []byte("MathJax_Preview"))
		case "aria-hidden":
			hidden = string(a.val) == "true"
		}
	}
	return drawn && hidden
}

// skipElement reads up to the end of the element at which z is.
func skipElement(z *tokenizer, name string) {
	for depth := 1; depth > 0 && z.next(); {
		switch {
		case z.kind == html.StartTagToken && string(z.name) == name:
			depth++
		case z.kind == html.EndTagToken && string(z.name) == name:
			depth--
		}
	}
}

// pictureFollows reports whether the next tag, end tags aside, is a picture of a formula.
func pictureFollows(src string) bool {
	z := newTokenizer(src[:min(len(src), 4000)])
	for z.next() {
		switch z.kind {
		case html.EndTagToken:
		case html.TextToken:
			if len(bytes.TrimSpace(z.Raw())) > 0 {
				return false
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p := pictureIn(z)
			return z.tag == atom.Img && p.isFormula() && p.alt != ""
		default:
			return false
		}
	}
	return false
}

// isFormula reports whether a picture shows a formula, with the TeX as its alt text. WordPress, Wikipedia and the common
// formula services write such pictures.
func (p picture) isFormula() bool {
	return containsAny(" "+strings.ToLower(p.class)+" ", " latex ", " tex ", " math ", "mwe-math", "mathimg", "equation", "ql-img") ||
		containsAny(p.src, "/latex.php?", "/latex.codecogs.com/", "/math/render/", "/cgi-bin/mathtex", "/cgi-bin/mimetex", "/render/math?", "chart.googleapis.com/chart?cht=tx")
}

// mathNode is a MathML element, or the text in one.
type mathNode struct {
	name  string
	text  string
	attrs map[string]string
	kids  []*mathNode
}

type mathReader struct {
	z     *tokenizer
	nodes int
	cut   int // length of the tag of other HTML that began before the end tag
}

// formula reads the math element at z. A formula that is not closed ends where other HTML begins.
func (m *mathReader) formula() string {
	root := &mathNode{name: "math", attrs: m.attributes()}
	m.read(root, 0)
	if alt := strings.TrimSpace(root.attrs["alttext"]); alt != "" {
		return plainTeX(alt)
	}
	line := strings.Join(strings.Fields(row(root.kids)), " ")
	if tex := root.annotation(); line == "" || tex != "" && root.contains("apply") {
		return plainTeX(tex)
	}
	return line
}

func (m *mathReader) attributes() map[string]string {
	var out map[string]string
	for _, a := range m.z.attrs() {
		switch string(a.key) {
		case "alttext", "encoding", "linethickness", "open", "close", "separators":
			if out == nil {
				out = map[string]string{}
			}
			out[string(a.key)] = string(a.val)
		}
	}
	return out
}

// read reads the content of an element up to its end tag. Elements nested too deeply become siblings of their parent.
func (m *mathReader) read(in *mathNode, depth int) {
	for m.cut == 0 && m.z.next() {
		switch m.z.kind {
		case html.TextToken:
			if text := strings.TrimSpace(string(m.z.Text())); text != "" && m.nodes < maxMathNodes {
				m.nodes++
				in.kids = append(in.kids, &mathNode{text: text})
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if isBlock(m.z.tag) {
				m.cut = len(m.z.Raw())
				return
			}
			selfClosing := m.z.kind == html.SelfClosingTagToken
			kid := &mathNode{name: withoutPrefix(m.z.name), attrs: m.attributes()}
			if m.nodes < maxMathNodes {
				m.nodes++
				in.kids = append(in.kids, kid)
			}
			if !selfClosing && depth < maxMathDepth {
				m.read(kid, depth+1)
			}
		case html.EndTagToken:
			if isBlock(m.z.tag) {
				m.cut = len(m.z.Raw())
				return
			}
			if n := withoutPrefix(m.z.name); n == in.name || n == "math" {
				return
			}
		}
	}
}

func (n *mathNode) contains(name string) bool {
	return n.name == name || slices.ContainsFunc(n.kids, func(k *mathNode) bool { return k.contains(name) })
}

// annotation returns the formula in TeX if the element has a TeX annotation next to the MathML.
func (n *mathNode) annotation() string {
	if n.name == "annotation" && strings.Contains(strings.ToLower(n.attrs["encoding"]), "tex") {
		return n.rawText()
	}
	for _, k := range n.kids {
		if tex := k.annotation(); tex != "" {
			return tex
		}
	}
	return ""
}

func (n *mathNode) rawText() string {
	if n.name == "" {
		return n.text
	}
	parts := make([]string, 0, len(n.kids))
	for _, k := range n.kids {
		parts = append(parts, k.rawText())
	}
	return strings.Join(parts, " ")
}

// plainTeX removes the TeX commands for size and style around a formula.
func plainTeX(tex string) string {
	tex = strings.Join(strings.Fields(tex), " ")
	for _, style := range [...]string{`\displaystyle`, `\textstyle`} {
		if inner, ok := strings.CutPrefix(tex, "{"+style); ok && strings.HasSuffix(inner, "}") {
			tex = strings.TrimSpace(strings.TrimSuffix(inner, "}"))
		}
	}
	return tex
}

// row writes elements one after the other, with a space between two that would otherwise read as one.
func row(nodes []*mathNode) string {
	var b strings.Builder
	var last *mathNode
	for i, n := range nodes {
		s := n.line()
		if s == "" {
			if n.name == "mspace" && b.Len() > 0 {
				b.WriteByte(' ')
			}
			continue
		}
		if n.name == "mo" && i > 0 && slices.Contains(relations, s) {
			s = " " + s + " "
		} else if last != nil && runsTogether(b.String(), s, last, n) {
			b.WriteByte(' ')
		}
		b.WriteString(s)
		last = n
	}
	return b.String()
}

// relations are operators that are written with spaces around them.
var relations = []string{"=", "<", ">", "≤", "≥", "≠", "≈", "≡", "∼", "≃", "≅", "∈", "∉", "⊂", "⊆", "→", "⇒", "⇔", "↦", "∝", ":="}

// withScripts are the elements whose last child is an index or exponent.
var withScripts = []string{"msup", "msub", "msubsup", "munder", "munderover", "mmultiscripts"}

// runsTogether reports whether two adjacent elements need a space between them: two numbers, a number and a fraction, names of
// several letters, words.
func runsTogether(before, s string, last, n *mathNode) bool {
	l, _ := utf8.DecodeLastRuneInString(before)
	r, _ := utf8.DecodeRuneInString(s)
	if unicode.IsSpace(l) || unicode.IsSpace(r) {
		return false
	}
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
	if last.name == "mtext" || n.name == "mtext" {
		return word(l) && word(r) || last.name == "mtext" && word(r) || n.name == "mtext" && word(l)
	}
	switch {
	case unicode.IsDigit(l) && unicode.IsDigit(r), word(l) && word(r) && (slices.Contains(withScripts, last.name) || n.name == "mtable"), last.name == "mtable" && word(r):
		return true
	case n.name == "mfrac" || last.name == "mfrac":
		return word(l) && (word(r) || r == '(') || l == ')' && word(r)
	}
	long := func(n *mathNode) bool { return n.name == "mi" && utf8.RuneCountInString(n.rawText()) > 1 }
	return word(l) && word(r) && (long(last) || long(n))
}

// kid returns the text line of the nth child, or "".
func (n *mathNode) kid(i int) string {
	if i >= len(n.kids) {
		return ""
	}
	return n.kids[i].line()
}

// line writes an element as text.
func (n *mathNode) line() string {
	switch n.name {
	case "":
		return invisible.Replace(n.text)
	case "mfrac":
		if t := strings.TrimSpace(n.attrs["linethickness"]); t != "" && strings.Trim(t, "0.pxemt%") == "" {
			return n.kid(0) + " choose " + n.kid(1)
		}
		return parenthesize(n.kid(0)) + "/" + parenthesize(n.kid(1))
	case "msup":
		return superscript(n.kid(0), n.kid(1))
	case "msub", "munder":
		return subscript(n.kid(0), n.kid(1))
	case "msubsup", "munderover":
		return subscript(n.kid(0), n.kid(1)) + exponent(n.kid(2))
	case "mover":
		return overscript(n.kid(0), n.kid(1))
	case "mmultiscripts":
		return n.multiscripts()
	case "msqrt":
		return "√" + parenthesize(row(n.kids))
	case "mroot":
		return superscript(n.kid(0), "1/"+parenthesize(n.kid(1)))
	case "mfenced":
		attr := func(name, other string) string {
			if v, ok := n.attrs[name]; ok {
				return strings.TrimSpace(v)
			}
			return other
		}
		return attr("open", "(") + n.joined(attr("separators", ",")+" ") + attr("close", ")")
	case "mtable":
		return n.joined("; ")
	case "mtr", "mlabeledtr":
		return n.joined(", ")
	case "semantics":
		if s := n.kid(0); s != "" {
			return s
		}
		return plainTeX(n.annotation())
	case "maction":
		return n.kid(0)
	case "mphantom", "annotation", "annotation-xml", "mspace", "none", "mprescripts", "bvar":
		return ""
	case "ms":
		return `"` + row(n.kids) + `"`
	case "apply":
		return n.applyText()
	}
	return row(n.kids)
}

// invisible maps the invisible operators to text. Spaces that replace them are added by row.
var invisible = strings.NewReplacer("\u2061", "", "\u2062", "", "\u2063", ",", "\u2064", " ")

// parenthesize puts brackets around anything longer than one letter, number or name.
func parenthesize(s string) string {
	if s == "" || isAtomic(s) {
		return s
	}
	return "(" + s + ")"
}

func isAtomic(s string) bool {
	if inner, ok := strings.CutPrefix(s, "("); ok && strings.IndexAny(inner, "()") == len(inner)-1 {
		return true
	}
	digits := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) && r != '.' && r != ',' }) < 0
	if digits || utf8.RuneCountInString(s) == 1 {
		return true
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) < 0 && utf8.RuneCountInString(s) > 2
}

// superscript writes a power. A base that is itself a formula gets brackets.
func superscript(base, up string) string {
	if strings.ContainsAny(base, "/+-−=^ ") && !isAtomic(base) {
		base = parenthesize(base)
	}
	return base + exponent(up)
}

func exponent(up string) string {
	switch up {
	case "", "'", "′", "″", "‴", "°":
		return up
	}
	return "^" + parenthesize(up)
}

func subscript(base, low string) string {
	if low == "" {
		return base
	}
	return base + "_" + parenthesize(low)
}

// overscript writes an accent as a combining mark, and anything else above the base as an exponent.
func overscript(base, above string) string {
	if utf8.RuneCountInString(base) == 1 {
		switch above {
		case "¯", "‾", "_", "-", "−", "ˉ":
			return base + "\u0304"
		case "^", "ˆ":
			return base + "\u0302"
		case "~", "˜":
			return base + "\u0303"
		case "˙", ".":
			return base + "\u0307"
		case "¨":
			return base + "\u0308"
		case "→", "⃗":
			return base + "\u20d7"
		}
	}
	return base + exponent(above)
}

// multiscripts writes a base with its scripts: those after it, alternately below and above, and those before it.
func (n *mathNode) multiscripts() string {
	if len(n.kids) == 0 {
		return ""
	}
	var before, behind strings.Builder
	to := &behind
	low := true
	for _, k := range n.kids[1:] {
		if k.name == "mprescripts" {
			to, low = &before, true
			continue
		}
		if s := k.line(); s != "" && low {
			to.WriteString("_" + parenthesize(s))
		} else if s != "" {
			to.WriteString(exponent(s))
		}
		low = !low
	}
	return before.String() + n.kid(0) + behind.String()
}

func (n *mathNode) joined(with string) string {
	var parts []string
	for _, k := range n.kids {
		if s := k.line(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, with)
}

// applyText writes Content MathML: an operator and its arguments.
func (n *mathNode) applyText() string {
	if len(n.kids) == 0 {
		return ""
	}
	var args []string
	for _, k := range n.kids[1:] {
		if s := k.line(); s != "" {
			args = append(args, s)
		}
	}
	grouped := make([]string, len(args))
	for i, a := range args {
		grouped[i] = parenthesize(a)
	}
	switch op := n.kids[0].name; {
	case op == "divide":
		return strings.Join(grouped, "/")
	case op == "times":
		return strings.Join(grouped, "·")
	case op == "power":
		return strings.Join(grouped, "^")
	case op == "plus":
		return strings.Join(args, "+")
	case op == "minus" && len(args) == 1:
		return "-" + grouped[0]
	case op == "minus":
		return strings.Join(args, "-")
	case op == "root":
		return "√" + strings.Join(grouped, "")
	case op == "eq":
		return strings.Join(args, " = ")
	default:
		name := n.kids[0].line()
		if name == "" {
			name = op
		}
		return name + "(" + strings.Join(args, ", ") + ")"
	}
}
