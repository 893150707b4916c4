package parse

import (
	"encoding/base64"
	"html"
	"strings"
	"unicode/utf8"
)

// textKind is how a text is written in Atom.
type textKind uint8

const (
	guessKind  textKind = iota // no type given
	plainKind                  // text in which "<" is a "<"
	htmlKind                   // HTML, escaped
	xhtmlKind                  // markup as elements, in a <div>
	base64Kind                 // anything, base64
)

// The ends of start tags that tell gofeed to decode entities (escapedType), or to leave the text unchanged (markupType). They
// have the same length, because one replaces the other when the content of an element turns out to be markup.
const (
	escapedType = ` type="text">`
	markupType  = ` type=" xml">`
)

// kindOf reads Atom 1.0's type and Atom 0.3's mode.
func kindOf(attrs []attribute) textKind {
	if len(attrs) == 0 {
		return guessKind
	}
	mode := strings.ToLower(attr(attrs, "mode"))
	kind, _, _ := strings.Cut(strings.ToLower(attr(attrs, "type")), ";")
	kind = strings.TrimSpace(kind)
	isHTML := strings.Contains(kind, "html")
	isXML := strings.HasSuffix(kind, "xml")
	switch {
	case mode == "base64":
		return base64Kind
	case mode == "xml" && (isHTML || isXML):
		return xhtmlKind
	case kind == "text" || kind == "text/plain":
		return plainKind
	case kind == "":
		return guessKind
	case isHTML && !strings.Contains(kind, "xhtml"), mode == "escaped":
		return htmlKind
	case isHTML || isXML:
		return xhtmlKind
	case strings.HasPrefix(kind, "text/"), !strings.Contains(kind, "/"):
		return guessKind
	}
	return base64Kind
}

func (k textKind) isMarkup() bool { return k == xhtmlKind }

// html turns a decoded text of that kind into HTML.
func (k textKind) html(text string) string {
	switch {
	case k == xhtmlKind:
		return withoutDiv(text)
	case k == plainKind && !looksLikeHTML(text):
		return escapeText(text)
	}
	return text
}

// withoutDiv removes the <div> around an XHTML text.
func withoutDiv(text string) string {
	if !strings.HasPrefix(text, "<div") || !strings.HasSuffix(text, "</div>") {
		return text
	}
	s := scanner{doc: []byte(text)}
	first := s.next()
	if string(first.name) != "div" {
		return text
	}
	from := s.pos
	for depth := 1; depth > 0; {
		switch t := s.next(); {
		case t.kind == tokenEnd:
			return text
		case string(t.name) != "div" || t.empty:
		case t.kind == tokenOpen:
			depth++
		case t.kind == tokenClose:
			depth--
		}
	}
	if s.pos < len(text) {
		return text
	}
	return strings.TrimSpace(text[from : len(text)-len("</div>")])
}

// escapeText turns plain text into HTML: paragraphs at blank lines, line breaks at the ends of lines.
func escapeText(text string) string {
	text = html.EscapeString(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"))
	if !strings.Contains(text, "\n") {
		return text
	}
	paragraphs := strings.Split(text, "\n\n")
	if len(paragraphs) == 1 {
		return strings.ReplaceAll(text, "\n", "<br>\n")
	}
	var b strings.Builder
	for _, p := range paragraphs {
		if p = strings.TrimSpace(p); p != "" {
			b.WriteString("<p>" + strings.ReplaceAll(p, "\n", "<br>\n") + "</p>\n")
		}
	}
	return b.String()
}

// looksLikeHTML reports whether a text contains an HTML tag. Publishers often declare HTML as plain text.
func looksLikeHTML(text string) bool {
	s := scanner{doc: []byte(text)}
	for {
		switch t := s.next(); t.kind {
		case tokenEnd:
			return false
		case tokenOpen, tokenClose:
			if isHTMLName(string(t.name)) {
				return true
			}
		}
	}
}

func isHTMLName(name string) bool {
	switch strings.ToLower(name) {
	case "a", "abbr", "acronym", "address", "applet", "area", "article", "aside", "audio", "b", "base", "basefont", "bdi", "bgsound",
		"bdo", "big", "blink", "blockquote", "body", "br", "button", "canvas", "caption", "center", "cite", "code", "col",
		"colgroup", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl", "dt", "em", "embed", "fieldset",
		"figcaption", "figure", "font", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head",
		"header", "hr", "html", "i", "iframe", "image", "img", "input", "ins", "isindex", "kbd", "keygen", "label", "layer", "legend", "li", "link", "main", "map",
		"mark", "marquee", "math", "meta", "meter", "nav", "nobr", "noembed", "noframes", "noscript", "object", "ol", "optgroup", "option",
		"output", "p", "param", "picture", "plaintext", "portal", "pre", "progress", "q", "rp", "rt", "ruby", "s", "samp", "script", "section",
		"select", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody",
		"td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "track", "tt", "u", "ul", "var",
		"video", "wbr", "xml", "xmp":
		return true
	}
	return false
}

// isVoid reports whether an HTML element has no end tag.
func isVoid(name string) bool {
	switch strings.ToLower(name) {
	case "br", "hr", "img", "wbr", "input", "area", "col", "embed", "param", "meta":
		return true
	}
	return false
}

func decode64(text string) string {
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || isBinary(string(decoded)) {
		return ""
	}
	return string(decoded)
}

func isBinary(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsRune(text, 0)
}

const (
	maxItemText = 1 << 20 // bytes of an item's summary, and of its content
	maxField    = 1 << 14 // bytes of a title, id, name or address
	maxList     = 500     // authors, categories, enclosures and links of an item, each
)

// cutAt cuts a text at a whole character. The result is a copy that does not keep the long text in memory.
func cutAt(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(strings.Clone(text[:limit]), "")
}
