package parse

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
)

// Titles, names and categories are plain text. Publishers write them as text, as HTML and as HTML that was escaped once
// too often, and few formats say which. So a tag is taken for markup by what it does there: it encloses text, has
// attributes with values, or is glued to a word. "The <dialog> element" names an element and keeps it.

// maxPlain is how much of a title, name or category is looked at, in bytes.
const maxPlain = maxField + utf8.UTFMax // so that a title over the limit is seen to be

// plain makes one line of plain text of what may be text or HTML, escaped once too often as well: markup goes, with what
// scripts and styles contain, entities are decoded, white space is folded.
func plain(title string) string {
	title = cutAt(title, maxPlain)
	var s stripper
	for range 3 {
		if !strings.ContainsAny(title, "<&") {
			break
		}
		bare := s.strip(title)
		stripped := html.UnescapeString(bare)
		if stripped == title {
			break
		}
		if bare != title && !s.hostile { // it is HTML, so what it escapes is text
			return plainText(decodeGlued(stripped))
		}
		title = stripped
	}
	return oneLine(s.strip(title))
}

// plainText is for what its format calls text: it stays as it is written, unless a browser would run or load something
// for it.
func plainText(title string) string {
	title = oneLine(cutAt(title, maxPlain))
	isActive := func(p piece) bool {
		return p.hasValue || p.isRisky || p.hidesText || p.kind == otherTag && !p.isLiteral()
	}
	if slices.ContainsFunc(cutTags(title), isActive) {
		var s stripper
		return oneLine(s.strip(title))
	}
	return title
}

// plainXHTML is for markup as elements: all tags go, and what is escaped between them is text.
func plainXHTML(title string) string {
	var b strings.Builder
	var s stripper
	for _, p := range cutTags(cutAt(title, maxPlain)) {
		s.hostile = s.hostile || p.isRisky || p.hidesText
		switch {
		case p.kind == textPiece:
			b.WriteString(p.raw)
		case breaksLine(p.name):
			b.WriteByte(' ')
		}
	}
	if s.hostile {
		return oneLine(s.strip(html.UnescapeString(b.String())))
	}
	return plainText(html.UnescapeString(b.String()))
}

// title is the plain text of a title of that kind, which gofeed or inner has decoded.
func (k textKind) title(text string) string {
	switch k {
	case plainKind:
		return plainText(text)
	case guessKind: // text by the standard, but often escaped twice
		return plainText(decodeGlued(text))
	case xhtmlKind:
		return plainXHTML(withoutDiv(strings.TrimSpace(text)))
	}
	return plain(text)
}

// gluedReference is an entity within a word, as in "It&#8217;s" and "AT&amp;T". One that stands alone may be what a title
// is about.
var gluedReference = regexp.MustCompile(`(?:\pL|\pN)&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,8});|&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,8});(?:\pL|\pN)`)

func decodeGlued(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return gluedReference.ReplaceAllStringFunc(text, html.UnescapeString)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// stripper takes markup out of a title. Once it has met something that runs or loads, no tag that HTML knows is a word.
type stripper struct{ hostile bool }

// strip strips until no markup is left: taking a tag out of "<<b>script>" makes another.
func (s *stripper) strip(title string) string {
	for range 10 {
		stripped := s.stripOnce(title)
		if stripped == title {
			return title
		}
		title = stripped
	}
	return strings.ReplaceAll(title, "<", "")
}

// pieceKind says what a piece of a title is.
type pieceKind uint8

const (
	textPiece pieceKind = iota
	openTag
	closeTag
	otherTag // comment, declaration, half a tag
)

// piece is a tag of a title, or the text between two.
type piece struct {
	kind      pieceKind
	raw       string
	name      string // lower case
	hasValue  bool   // it has an attribute with a value
	isPaired  bool   // its other tag is there
	hidesText bool   // of script and style: what follows is no text
	isRisky   bool   // it has an attribute that runs or loads something
}

// isLiteral is true for the likes of "<?php", "</>" and "<!DOCTYPE html>" where a title speaks of them.
func (p piece) isLiteral() bool {
	return p.raw == "</>" || (strings.HasPrefix(p.raw, "<?") || strings.HasPrefix(strings.ToLower(p.raw), "<!doctype")) && !strings.ContainsAny(strings.TrimPrefix(p.raw[1:], "?="), "<=;:\"'(`")
}

// stripOnce takes markup out of a title as a browser would read it, but for tags that are words of it.
func (s *stripper) stripOnce(title string) string {
	if !strings.Contains(title, "<") {
		return title
	}
	if strings.Contains(title, "<![CDATA[") {
		title = strings.NewReplacer("<![CDATA[", "", "]]>", "").Replace(title)
	}
	pieces := cutTags(title)
	pairTags(pieces)
	worded := slices.ContainsFunc(pieces, func(p piece) bool { return p.kind == textPiece && strings.ContainsFunc(p.raw, isTitleWordRune) })
	s.hostile = s.hostile || slices.ContainsFunc(pieces, func(p piece) bool { return p.isRisky || p.hidesText })
	var b strings.Builder
	for i, p := range pieces {
		switch {
		case p.kind == textPiece:
			b.WriteString(p.raw)
		case !(s.hostile && (p.kind == otherTag || isHTMLName(p.baseName()))) && isTitleWord(pieces, i, worded):
			b.WriteString(p.raw)
		case breaksLine(p.name):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// maxHiding bounds the scripts and styles of a title that are examined.
const maxHiding = 50

// cutTags cuts a title at its tags, as an HTML tokenizer sees them. What scripts and styles contain is left out.
func cutTags(title string) []piece {
	if !strings.Contains(title, "<") {
		return []piece{{raw: title}}
	}
	var all []piece
	z := xhtml.NewTokenizer(strings.NewReader(title))
	at := 0                              // what was read of title
	hiding := 0                          // scripts and styles that were met
	for begun := 0; begun < maxHiding; { // tokenizers
		kind := z.Next()
		raw := string(z.Raw())
		if kind == xhtml.ErrorToken {
			return append(all, unterminatedTag(title[at:])...)
		}
		at += len(raw)
		p := piece{raw: raw}
		switch kind {
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken, xhtml.EndTagToken:
			p.kind = openTag
			if kind == xhtml.EndTagToken {
				p.kind = closeTag
			}
			p.readName(z)
			if kind != xhtml.EndTagToken && isRawElement(p.name) {
				hiding++
				p.isRisky = p.isRisky || hiding > maxHiding || startsHidden(p, title[:at-len(raw)], title[at:])
			}
			p.hidesText = p.isRisky && kind == xhtml.StartTagToken && isRawElement(p.name)
			z.NextIsNotRawText()
			if p.hidesText {
				rest := title[at:]
				i := strings.Index(strings.ToLower(rest), "</"+p.name)
				if i < 0 || i > len(rest) {
					i = len(rest)
				}
				_, rest, _ = strings.Cut(rest[i:], ">")
				all, title, at = append(all, p), rest, 0
				z, begun = xhtml.NewTokenizer(strings.NewReader(title)), begun+1
				continue
			}
		case xhtml.CommentToken, xhtml.DoctypeToken:
			p.kind = otherTag
		}
		all = append(all, p)
	}
	return all
}

func (p *piece) readName(z *xhtml.Tokenizer) {
	name, more := z.TagName()
	p.name = string(name)
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if len(value) > 0 {
			p.hasValue = true
			switch k := string(key); k {
			case "href", "title", "class", "rel", "target", "lang", "dir", "id", "alt", "color", "size", "face":
				p.isRisky = p.isRisky || strings.Contains(string(value), "script:")
			default:
				p.isRisky = true
			}
		}
	}
}

// unterminatedTag is the end of a title that a tokenizer finds no end of a tag in: text, unless it has attributes.
func unterminatedTag(rest string) []piece {
	switch {
	case rest == "":
		return nil
	case strings.HasPrefix(rest, "<?") && (piece{raw: rest}).isLiteral():
		return []piece{{raw: rest}}
	case strings.Contains(rest, "=") || strings.HasPrefix(rest, "<!"):
		return []piece{{kind: otherTag, raw: rest}}
	}
	return []piece{{raw: rest}}
}

// startsHidden reports whether a tag begins a script or style, and is not a word of prose. As a word it has no end tag and
// stands apart from the words around it, which are no code.
func startsHidden(tag piece, before, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	last, _ := utf8.DecodeLastRuneInString(before)
	prose := strings.ContainsFunc(before+rest, isTitleWordRune) && !strings.Contains(tag.raw, "*") && !isTitleWordRune(last) && last != '>' && last != ';' &&
		(rest == "" && before != "" || unicode.IsSpace(next) || strings.ContainsRune(",.:?!)”»’\"'", next)) && !strings.ContainsAny(before+rest, "(){};=*")
	return !prose || strings.Contains(strings.ToLower(rest), "</"+tag.name)
}

// isRawElement is true for the elements whose contents are no text.
func isRawElement(name string) bool { return name == "script" || name == "style" }

// pairTags finds the tags that enclose text.
func pairTags(pieces []piece) {
	open := map[string][]int{}
	for i := range pieces {
		p := &pieces[i]
		switch before := open[p.name]; {
		case p.kind == openTag:
			open[p.name] = append(before, i)
		case p.kind == closeTag && len(before) > 0:
			from := before[len(before)-1]
			open[p.name] = before[:len(before)-1]
			p.isPaired = !isEnumeration(pieces[from+1 : i])
			pieces[from].isPaired = p.isPaired
		}
	}
}

// isEnumeration is true for what stands between two tags that are words: "<b> and </b>".
func isEnumeration(between []piece) bool {
	if len(between) != 1 || between[0].kind != textPiece {
		return false
	}
	text := between[0].raw
	if text == strings.TrimSpace(text) {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "and", "or", "vs", "vs.", "versus", "to", "&", "&amp;", "+", "/", ",", "und", "oder", "et", "ou", "y", "o", "e", "i", "и", "или":
		return true
	}
	return false
}

// baseName is the name without what follows a comma or "<" in "Map<Object, List<String>>".
func (p piece) baseName() string {
	end := strings.IndexFunc(p.name, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		return p.name
	}
	return p.name[:end]
}

// isTitleWord is true for a tag that is a word of the title. Worded says that the title has others.
func isTitleWord(pieces []piece, i int, worded bool) bool {
	p := pieces[i]
	if p.kind == otherTag {
		return p.isLiteral() && (worded || !strings.HasSuffix(p.raw, ">")) && !strings.HasPrefix(p.raw, "<?xml")
	}
	if p.hasValue || p.hidesText || strings.ContainsAny(p.raw, "\"`\\(){}=%") {
		return false
	}
	if !isHTMLName(p.baseName()) {
		return !strings.ContainsAny(p.name, "<+/") || !slices.ContainsFunc(strings.FieldsFunc(p.name, func(r rune) bool { return !isTitleWordRune(r) }), isHTMLName)
	}
	before, after := adjacentRunes(pieces, i)
	argument := isTitleWordRune(before) && p.kind == openTag && !isTitleWordRune(after) // as in vector<int>
	switch {
	case p.baseName() != p.name:
		return argument && !p.isPaired
	case p.isPaired, isTitleWordRune(after):
		return false
	case hasCue(pieces, i):
		return true
	case p.kind == closeTag:
		return before != 0 && after != 0 && !isTitleWordRune(before)
	case breaksLine(p.name) || p.name == "wbr":
		return false
	case argument:
		return strings.IndexByte(p.raw, '/') < 0
	case isTitleWordRune(before):
		return false
	case isInline(p.name):
		return worded
	}
	return true
}

// maxAdjacent is how many pieces before and after a tag are searched for text.
const maxAdjacent = 20

// adjacentRunes are the characters before and after a tag, tags aside that touch it; 0 at the ends.
func adjacentRunes(pieces []piece, i int) (before, after rune) {
	for j := i - 1; j >= max(0, i-maxAdjacent) && before == 0; j-- {
		if pieces[j].kind == textPiece && pieces[j].raw != "" {
			before, _ = utf8.DecodeLastRuneInString(pieces[j].raw)
		}
	}
	for j := i + 1; j < min(len(pieces), i+maxAdjacent) && after == 0; j++ {
		if pieces[j].kind == textPiece && pieces[j].raw != "" {
			after, _ = utf8.DecodeRuneInString(pieces[j].raw)
		}
	}
	return before, after
}

func isTitleWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// cueWords is the word behind the name of an element, in some languages.
var cueWords = regexp.MustCompile(`^\s*(?i:tags?|elements?|attributes?|vs\.?|elementen?|attribute?|attributs?|balises?|éléments?|etiquetas?|elementos?|elementi?|tagg|теги?|элементы?|タグ|要素|标签|元素|標籤|태그|요소)(?:\PL|$)`)

// cueWordsCJK is cueWords for scripts without spaces.
var cueWordsCJK = regexp.MustCompile(`^\s*(?:タグ|要素|标签|元素|標籤|태그|요소)`)

// leadWords is the word before the name of an element.
var leadWords = regexp.MustCompile(`(?i:(?:^|\PL)(?:the|an?|of|in|with|without|vs\.?|versus|or|and|not|than|to|using|use|how|why|what|is|are|inside|for|from|no|your|our|my|this|every|another|when|if|on|about|against|beyond|between|replacing|avoid|meet|der|die|das|dem|den|ein|eine|und|oder|le|la|les|un|une|et|ou|el|los|las|y|o|il|lo|e)\s+|[,&(/]\s*)[("'“‘«„]?$`)

// articleWords is leadWords for elements that often stand between words.
var articleWords = regexp.MustCompile(`(?i:(?:^|\PL)(?:the|an?|using|use|your|every|another|against|avoid|der|das|ein|le|un|el|il)\s+)["'“‘«„]?$`)

// hasCue reports whether the words next to a tag say that it is the name of an element.
func hasCue(pieces []piece, i int) bool {
	if i > 0 && pieces[i-1].kind == textPiece {
		before, words := pieces[i-1].raw[max(0, len(pieces[i-1].raw)-40):], leadWords
		switch pieces[i].name {
		case "br", "hr", "wbr":
			words = articleWords
		}
		if words.MatchString(before) {
			return true
		}
	}
	if i+1 >= len(pieces) || pieces[i+1].kind != textPiece {
		return false
	}
	return cueWords.MatchString(pieces[i+1].raw) || cueWordsCJK.MatchString(pieces[i+1].raw)
}

// breaksLine is true for elements that separate words.
func breaksLine(name string) bool {
	switch name {
	case "br", "p", "div", "li", "tr", "td", "h1", "h2", "h3", "h4", "h5", "h6", "hr":
		return true
	}
	return false
}

// isInline is true for elements that mark words up. Alone, without any words, they are left over.
func isInline(name string) bool {
	switch name {
	case "a", "abbr", "b", "big", "center", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "small", "span", "strong", "sub",
		"sup", "tt", "u", "ul", "wbr":
		return true
	}
	return false
}
