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

// Titles, names and categories are plain text. Publishers write them as text, as HTML and as HTML that is escaped once too
// often, and few formats say which. So a tag is judged by its position: it is markup if it encloses text, has attributes with
// values, or is directly next to a word. "The <dialog> element" names an element and keeps it.

// maxPlain is how much of a title, name or category is looked at, in bytes.
const maxPlain = maxField + utf8.UTFMax // so that a title over the limit is seen to be

// plain returns one line of plain text. title may be text, HTML, or HTML that is escaped once too often. Markup and the content
// of scripts and styles are removed, entities are decoded, and white space is folded.
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
		if bare != title && !s.hostile { // the title is HTML, so its escaped parts are text
			return plainText(decodeGlued(stripped))
		}
		title = stripped
	}
	return oneLine(s.strip(title))
}

// plainText is for texts that their format declares as plain text. The text stays unchanged, unless a browser would run or load
// something from it.
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

// plainXHTML is for markup as elements. All tags are removed, and the escaped parts between them are text.
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

// title returns the plain text of a title of that kind. gofeed or inner has decoded it.
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

// gluedReference is an entity within a word, as in "It&#8217;s" and "AT&amp;T". An entity that stands alone may be the subject
// of a title.
var gluedReference = regexp.MustCompile(`(?:\pL|\pN)&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,8});|&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,8});(?:\pL|\pN)`)

func decodeGlued(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	return gluedReference.ReplaceAllStringFunc(text, html.UnescapeString)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// stripper removes markup from a title. After it has met a tag that runs or loads something, it treats every HTML tag as markup
// and none as a word.
type stripper struct{ hostile bool }

// strip removes markup until none is left, since removing a tag from "<<b>script>" creates another.
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

// piece is a tag of a title, or the text between two tags.
type piece struct {
	kind      pieceKind
	raw       string
	name      string // lower case
	hasValue  bool   // it has an attribute with a value
	isPaired  bool   // its matching tag is in the title
	hidesText bool   // script or style: the content is not text
	isRisky   bool   // an attribute runs or loads something
}

// isLiteral reports whether a piece such as "<?php", "</>" or "<!DOCTYPE html>" is the subject of a title.
func (p piece) isLiteral() bool {
	return p.raw == "</>" || (strings.HasPrefix(p.raw, "<?") || strings.HasPrefix(strings.ToLower(p.raw), "<!doctype")) && !strings.ContainsAny(strings.TrimPrefix(p.raw[1:], "?="), "<=;:\"'(`")
}

// stripOnce removes markup from a title as a browser would read it, except for tags that are words of it.
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

// maxHiding is the maximum number of scripts and styles in a title that are examined.
const maxHiding = 50

// cutTags cuts a title at its tags, as an HTML tokenizer finds them. The content of scripts and styles is left out.
func cutTags(title string) []piece {
	if !strings.Contains(title, "<") {
		return []piece{{raw: title}}
	}
	var all []piece
	z := xhtml.NewTokenizer(strings.NewReader(title))
	at := 0                              // bytes of title read so far
	hiding := 0                          // scripts and styles met so far
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

// unterminatedTag handles the rest of a title after a "<" without the end of its tag. The rest is text, unless it has
// attributes.
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

// startsHidden reports whether a tag begins a script or style and is not a word of prose. As a word it has no end tag and is
// separate from the words around it, which are no code.
func startsHidden(tag piece, before, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	last, _ := utf8.DecodeLastRuneInString(before)
	prose := strings.ContainsFunc(before+rest, isTitleWordRune) && !strings.Contains(tag.raw, "*") && !isTitleWordRune(last) && last != '>' && last != ';' &&
		(rest == "" && before != "" || unicode.IsSpace(next) || strings.ContainsRune(",.:?!)”»’\"'", next)) && !strings.ContainsAny(before+rest, "(){};=*")
	return !prose || strings.Contains(strings.ToLower(rest), "</"+tag.name)
}

// isRawElement reports whether the content of an element is not text.
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

// isEnumeration reports whether the pieces between two tags show that both tags are words: "<b> and </b>".
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

// baseName returns the name up to a comma or "<", as in "Map<Object, List<String>>".
func (p piece) baseName() string {
	end := strings.IndexFunc(p.name, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		return p.name
	}
	return p.name[:end]
}

// isTitleWord reports whether a tag is a word of the title. worded means that the title has other words.
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

// maxAdjacent is the number of pieces before and after a tag that are searched for text.
const maxAdjacent = 20

// adjacentRunes returns the characters before and after a tag, skipping tags that touch it; 0 at the ends.
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

// cueWords matches a word that follows the name of an element, in some languages.
var cueWords = regexp.MustCompile(`^\s*(?i:tags?|elements?|attributes?|vs\.?|elementen?|attribute?|attributs?|balises?|éléments?|etiquetas?|elementos?|elementi?|tagg|теги?|элементы?|タグ|要素|标签|元素|標籤|태그|요소)(?:\PL|$)`)

// cueWordsCJK is cueWords for scripts without spaces.
var cueWordsCJK = regexp.MustCompile(`^\s*(?:タグ|要素|标签|元素|標籤|태그|요소)`)

// leadWords matches a word that precedes the name of an element.
var leadWords = regexp.MustCompile(`(?i:(?:^|\PL)(?:the|an?|of|in|with|without|vs\.?|versus|or|and|not|than|to|using|use|how|why|what|is|are|inside|for|from|no|your|our|my|this|every|another|when|if|on|about|against|beyond|between|replacing|avoid|meet|der|die|das|dem|den|ein|eine|und|oder|le|la|les|un|une|et|ou|el|los|las|y|o|il|lo|e)\s+|[,&(/]\s*)[("'“‘«„]?$`)

// articleWords is leadWords for elements that are common between words.
var articleWords = regexp.MustCompile(`(?i:(?:^|\PL)(?:the|an?|using|use|your|every|another|against|avoid|der|das|ein|le|un|el|il)\s+)["'“‘«„]?$`)

// hasCue reports whether the words next to a tag show that the tag is the name of an element.
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

// breaksLine reports whether an element separates words.
func breaksLine(name string) bool {
	switch name {
	case "br", "p", "div", "li", "tr", "td", "h1", "h2", "h3", "h4", "h5", "h6", "hr":
		return true
	}
	return false
}

// isInline reports whether an element marks words up. Such a tag without any words is left-over markup.
func isInline(name string) bool {
	switch name {
	case "a", "abbr", "b", "big", "center", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "small", "span", "strong", "sub",
		"sup", "tt", "u", "ul", "wbr":
		return true
	}
	return false
}
