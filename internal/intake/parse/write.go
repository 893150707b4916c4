package parse

import (
	"bytes"
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// sink is where text goes at present: to gofeed or aside.
func (g *guard) sink() *[]byte {
	if g.leaf >= 0 && g.stack[g.leaf].role == captured {
		return &g.aside
	}
	return &g.out
}

// text writes character data of the element that is open, if somebody reads it.
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
	case leaf.role == extension || leaf.kind.isMarkup():
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

// beginWords writes the start tag of text. Its type tells gofeed to decode it, or to leave it as it stands.
func (g *guard) beginWords(e *open, attrs []attribute) {
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
		if e.kind == xhtmlKind {
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

// inlineName is the name of markup within text: HTML without a prefix, others as written.
func inlineName(written []byte, n *names) string {
	if bytes.IndexByte(written, ':') > 0 && n.resolve(written).space == xhtmlSpace {
		_, local := splitName(written)
		return local
	}
	return string(written)
}

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
			dst = appendLiteral(dst, []byte(relation(unescape(a.value))))
		} else if base != nil && isAddress(local) {
			dst = appendLiteral(dst, []byte(join(base, unescape(a.value))))
		} else {
			dst = appendText(dst, a.value, '"')
		}
		dst = append(dst, '"')
	}
	return dst
}

// relation is a rel attribute's value in small letters and without the address of IANA's registry, in which Atom allows
// its names to be written (RFC 4287, section 4.2.7.2).
func relation(rel string) string {
	rel = strings.ToLower(strings.TrimSpace(rel))
	for _, registry := range []string{"www.iana.org/assignments/relation/", "www.iana.org/assignments/link-relations/"} {
		if _, name, ok := strings.Cut(rel, "://"+registry); ok && name != "" {
			return strings.Trim(name, "#/")
		}
	}
	return rel
}

// attr returns the value of the attribute of that name, with or without a prefix, decoded.
func attr(attrs []attribute, name string) string {
	for _, a := range attrs {
		_, local := splitName(a.name)
		if strings.EqualFold(local, name) || string(a.name) == name {
			return strings.TrimSpace(unescape(a.value))
		}
	}
	return ""
}

func unescape(value []byte) string {
	return html.UnescapeString(string(appendText(nil, value, '"')))
}

// isPlainName holds for names that encoding/xml takes.
func isPlainName(b []byte) bool {
	colons := 0
	for _, c := range b {
		switch {
		case c >= 0x80:
			return false
		case c == ':':
			colons++
		case !isNameByte(c):
			return false
		}
	}
	return len(b) > 0 && isNameStart(b[0]) && b[0] != ':' && colons <= 1 && b[len(b)-1] != ':'
}

// appendText writes character data so that it is well-formed: bare "&" and "<" are escaped, HTML's names for
// characters replaced by these. quote is the quotation mark around it, or 0.
func appendText(dst, text []byte, quote byte) []byte {
	for {
		i := bytes.IndexAny(text, "&<>\"")
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		c := text[i]
		text = text[i+1:]
		switch {
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"' && quote != 0:
			dst = append(dst, "&quot;"...)
		case c == '"':
			dst = append(dst, c)
		default:
			dst, text = appendEntity(dst, text)
		}
	}
}

// appendLiteral writes text that has no entities.
func appendLiteral(dst, text []byte) []byte {
	for {
		i := bytes.IndexAny(text, "&<>\"")
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		switch text[i] {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		default:
			dst = append(dst, "&quot;"...)
		}
		text = text[i+1:]
	}
}

const maxEntity = 34 // bytes of the longest of HTML's names

// appendEntity writes what begins with the "&" before text and returns what follows it.
func appendEntity(dst, text []byte) (written, rest []byte) {
	if len(text) > 1 && text[0] == '#' {
		return appendReference(dst, text)
	}
	n := 0
	for n < len(text) && n < maxEntity && (isNameByte(text[n]) && text[n] < 0x80) {
		n++
	}
	if n == 0 || n >= len(text) || text[n] != ';' {
		return append(dst, "&amp;"...), text
	}
	switch name := string(text[:n]); name {
	case "amp", "lt", "gt", "quot", "apos":
		dst = append(dst, '&')
		return append(dst, text[:n+1]...), text[n+1:]
	default:
		whole := "&" + name + ";"
		if char := html.UnescapeString(whole); char != whole && !strings.Contains(char, ";") {
			return appendLiteral(dst, []byte(char)), text[n+1:]
		}
		return append(dst, "&amp;"...), text
	}
}

// appendReference writes the character that a numeric reference stands for, with or without its ";". References to
// the C1 controls mean Windows-1252, and those to nothing that XML allows are left out.
func appendReference(dst, text []byte) (written, rest []byte) {
	digits, base := 1, 10
	if text[1]|0x20 == 'x' {
		digits, base = 2, 16
	}
	n := digits
	for n < len(text) && n < digits+8 && (text[n] >= '0' && text[n] <= '9' || base == 16 && text[n]|0x20 >= 'a' && text[n]|0x20 <= 'f') {
		n++
	}
	code, err := strconv.ParseUint(string(text[digits:n]), base, 32)
	if err != nil {
		return append(dst, "&amp;"...), text
	}
	if n < len(text) && text[n] == ';' {
		n++
	}
	r := rune(code)
	if r >= 0x80 && r < 0xa0 {
		r = charmap.Windows1252.DecodeByte(byte(r))
	}
	if code > utf8.MaxRune || !isXMLChar(r) {
		return dst, text[n:]
	}
	return appendLiteral(dst, utf8.AppendRune(nil, r)), text[n:]
}

// isXMLChar holds for the characters that XML 1.0 allows.
func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune
}

// inner decodes the inside of an element that was kept aside: CDATA sections and entities. Tags stay.
func inner(raw []byte) string {
	var b strings.Builder
	for {
		i := bytes.Index(raw, []byte("<![CDATA["))
		if i < 0 {
			b.WriteString(html.UnescapeString(string(raw)))
			return strings.TrimSpace(b.String())
		}
		b.WriteString(html.UnescapeString(string(raw[:i])))
		raw = raw[i+9:]
		end := bytes.Index(raw, []byte("]]>"))
		if end < 0 {
			end = len(raw)
		}
		b.Write(raw[:end])
		raw = raw[min(len(raw), end+3):]
	}
}
