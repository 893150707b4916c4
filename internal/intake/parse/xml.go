package parse

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// tokenKind is the kind of a token of a markup document.
type tokenKind uint8

const (
	tokenEnd   tokenKind = iota // end of the document
	tokenText                   // character data with its entities undecoded
	tokenCDATA                  // the inside of a CDATA section
	tokenOpen                   // <name attrs> or <name attrs/>
	tokenClose                  // </name>
	tokenDecl                   // comment, processing instruction or DOCTYPE
)

// attribute is one attribute as in the document: the name with its prefix, and the value with its entities.
type attribute struct {
	name, value []byte
}

// token is one piece of markup. Its slices point into the document and are valid until the next call of scanner.next.
type token struct {
	kind  tokenKind
	start int         // offset of the first byte
	name  []byte      // of an opening or closing tag
	attrs []attribute // of an opening tag
	empty bool        // <name/>
	text  []byte      // of text, CDATA and declarations
}

const (
	maxAttrs      = 200     // maximum number of attributes of a tag; the rest is left out
	maxAttrLength = 1 << 16 // bytes searched for the end of a quoted attribute
)

// scanner cuts a document into tokens in one pass. It never fails, since everything that is not markup is text. The time is
// linear in the size of the document.
type scanner struct {
	doc   []byte
	pos   int
	attrs []attribute

	unterminated bool // the document ended inside a tag or section
	tooManyAttrs bool // a tag had more attributes than maxAttrs
	noComment    bool // no "-->" follows, so the search is not repeated
	noCDATA      bool // no "]]>" follows
	noPI         bool // no "?>" follows
}

// next returns the next token.
func (s *scanner) next() token {
	if s.pos >= len(s.doc) {
		return token{kind: tokenEnd, start: len(s.doc)}
	}
	start := s.pos
	if s.doc[start] == '<' {
		if t, ok := s.markup(); ok {
			t.start = start
			return t
		}
		s.pos = start + 1 // a bare "<" is text
	}
	if i := bytes.IndexByte(s.doc[s.pos:], '<'); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(s.doc)
	}
	return token{kind: tokenText, start: start, text: s.doc[start:s.pos]}
}

// markup reads the token that begins with "<" at pos. It returns false if no markup begins there.
func (s *scanner) markup() (token, bool) {
	rest := s.doc[s.pos+1:]
	if len(rest) == 0 {
		s.unterminated = true
		return token{}, false
	}
	switch c := rest[0]; {
	case c == '/':
		return s.closing()
	case c == '!':
		switch {
		case bytes.HasPrefix(rest, []byte("!--")):
			return s.section(rest[3:], "-->", &s.noComment)
		case bytes.HasPrefix(rest, []byte("![CDATA[")):
			return s.cdata(rest[8:])
		}
		return s.doctype(rest)
	case c == '?':
		return s.section(rest[1:], "?>", &s.noPI)
	case isNameStart(c):
		return s.opening()
	}
	return token{}, false
}

// section reads up to its end mark or, if there is none, up to the next ">".
func (s *scanner) section(inside []byte, end string, missing *bool) (token, bool) {
	at := len(s.doc) - len(inside)
	if !*missing {
		if i := bytes.Index(inside, []byte(end)); i >= 0 {
			s.pos = at + i + len(end)
			return token{kind: tokenDecl, text: inside[:i]}, true
		}
		*missing = true
	}
	s.unterminated = true
	i := bytes.IndexByte(inside, '>')
	if i < 0 {
		s.pos = len(s.doc)
		return token{kind: tokenDecl}, true
	}
	s.pos = at + i + 1
	return token{kind: tokenDecl, text: inside[:i]}, true
}

func (s *scanner) cdata(inside []byte) (token, bool) {
	at := len(s.doc) - len(inside)
	i := -1
	if !s.noCDATA {
		i = bytes.Index(inside, []byte("]]>"))
	}
	if i < 0 {
		s.noCDATA, s.unterminated = true, true
		s.pos = len(s.doc)
		return token{kind: tokenCDATA, text: inside}, true
	}
	s.pos = at + i + 3
	return token{kind: tokenCDATA, text: inside[:i]}, true
}

// doctype reads <!DOCTYPE ... [ ... ]> and other declarations. Nothing in them is ever used, so entities that the document
// defines never expand.
func (s *scanner) doctype(rest []byte) (token, bool) {
	at := len(s.doc) - len(rest)
	depth := 0
	for i, c := range rest {
		switch {
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case c == '>' && depth == 0:
			s.pos = at + i + 1
			return token{kind: tokenDecl, text: rest[:i]}, true
		}
	}
	// The brackets do not match, so the declaration ends at the first ">". unterminated stays set, so that a document full of
	// such declarations is not searched again for each of them.
	i := bytes.IndexByte(rest, '>')
	if s.unterminated || i < 0 {
		s.pos = len(s.doc)
	} else {
		s.pos = at + i + 1
	}
	s.unterminated = true
	return token{kind: tokenDecl}, true
}

func (s *scanner) closing() (token, bool) {
	i := s.pos + 2
	start := i
	for i < len(s.doc) && isNameByte(s.doc[i]) {
		i++
	}
	if i == start {
		return token{}, false
	}
	name := s.doc[start:i]
	for i < len(s.doc) && s.doc[i] != '>' && s.doc[i] != '<' {
		i++
	}
	s.pos = i
	if i < len(s.doc) && s.doc[i] == '>' {
		s.pos++
	} else {
		s.unterminated = true
	}
	return token{kind: tokenClose, name: name}, true
}

func (s *scanner) opening() (token, bool) {
	i := s.pos + 1
	start := i
	for i < len(s.doc) && isNameByte(s.doc[i]) {
		i++
	}
	t := token{kind: tokenOpen, name: s.doc[start:i]}
	s.attrs = s.attrs[:0]
	for {
		i = skipSpace(s.doc, i)
		if i >= len(s.doc) || s.doc[i] == '<' {
			s.unterminated = true
			break
		}
		if s.doc[i] == '>' {
			i++
			break
		}
		if s.doc[i] == '/' {
			t.empty = i+1 < len(s.doc) && s.doc[i+1] == '>'
			i++
			continue
		}
		i = s.attribute(i)
	}
	s.pos = i
	t.attrs = s.attrs
	return t, true
}

// attribute reads the attribute at i and returns its end.
func (s *scanner) attribute(i int) int {
	start := i
	for i < len(s.doc) && !isAttrEnd(s.doc[i]) {
		i++
	}
	if i == start { // a stray quote or "="
		return i + 1
	}
	a := attribute{name: s.doc[start:i]}
	if eq := skipSpace(s.doc, i); eq < len(s.doc) && s.doc[eq] == '=' {
		a.value, i = s.value(skipSpace(s.doc, eq+1))
	}
	if len(s.attrs) >= maxAttrs {
		s.tooManyAttrs = true
		return i
	}
	s.attrs = append(s.attrs, a)
	return i
}

// value reads an attribute's value at i, quoted or not.
func (s *scanner) value(i int) ([]byte, int) {
	if i >= len(s.doc) {
		return nil, i
	}
	if q := s.doc[i]; q == '"' || q == '\'' {
		window := s.doc[i+1 : min(len(s.doc), i+1+maxAttrLength)]
		if end := bytes.IndexByte(window, q); end >= 0 {
			return window[:end], i + end + 2
		}
		s.unterminated = true
		i++
	}
	start := i
	for i < len(s.doc) && s.doc[i] != '>' && s.doc[i] != '<' && !isSpace(s.doc[i]) {
		i++
	}
	return s.doc[start:i], i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

func isNameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
}

func isNameByte(c byte) bool {
	return isNameStart(c) || c >= '0' && c <= '9' || c == '-' || c == '.'
}

func isAttrEnd(c byte) bool {
	return isSpace(c) || c == '=' || c == '>' || c == '<' || c == '/' || c == '"' || c == '\''
}

// attr returns the decoded value of the attribute with that name, with or without a prefix.
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

// isPlainName reports whether encoding/xml accepts a name.
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

// appendText writes character data so that it is well-formed. Bare "&" and "<" are escaped, and HTML's named entities become
// characters. quote is the quotation mark around the text, or 0.
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

// appendLiteral writes text without entities.
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

const maxEntity = 34 // bytes of the longest named entity in HTML

// appendEntity writes the entity that begins with the "&" before text, and returns the text after it.
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

// appendReference writes the character of a numeric reference, with or without its ";". References to the C1 controls are read
// as Windows-1252. References to characters that XML forbids are left out.
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

// isXMLChar reports whether XML 1.0 allows a character.
func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune
}

// inner decodes the CDATA sections and entities of a captured element. Tags stay.
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

func splitName(written []byte) (prefix, local string) {
	if i := bytes.IndexByte(written, ':'); i >= 0 {
		return string(written[:i]), string(written[i+1:])
	}
	return "", string(written)
}
