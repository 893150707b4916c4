package opml

import (
	"bytes"
	"html"
	"regexp"
	"strings"
)

// tag is one tag of a list, or the text before one.
type tag struct {
	name   string // in lower case, without a prefix; "" for text
	close  bool   // </name>
	empty  bool   // <name/>
	attrs  map[string]string
	text   string
	line   int    // line of its beginning
	mended string // what was wrong and repaired; "" for nothing
	isCut  bool   // the file ended within an attribute of this tag
}

// scanner cuts a list into tags and never fails. Most lists are written by hand, or by programs that escape nothing, and
// an error in one tag must not affect the next. It takes linear time.
type scanner struct {
	doc     []byte
	pos     int
	line    int
	counted int    // line counts the lines of this many bytes
	missing string // the end mark that does not occur any more; it is not searched for again
}

const (
	maxAttribute = 1 << 16 // bytes searched for the end of a quoted attribute
	maxAttrs     = 100     // of one tag
)

// next returns the next tag or text. It is false at the end.
func (s *scanner) next() (tag, bool) {
	for s.pos < len(s.doc) {
		start := s.pos
		rest := s.doc[start:]
		switch {
		case rest[0] != '<':
			end := bytes.IndexByte(rest, '<')
			if end < 0 {
				end = len(rest)
			}
			s.pos += end
			return tag{text: unescape(string(rest[:end])), line: s.lineAt(start)}, true
		case bytes.HasPrefix(rest, []byte("<!--")):
			s.skip("-->")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			s.skip("]]>")
			return tag{text: string(bytes.TrimSuffix(rest[len("<![CDATA["):s.pos-start], []byte("]]>"))), line: s.lineAt(start)}, true
		case bytes.HasPrefix(rest, []byte("<?")):
			s.skip("?>")
		case bytes.HasPrefix(rest, []byte("<!")):
			s.skip(">")
		case len(rest) > 1 && (rest[1] == '/' || isNameByte(rest[1])), spacedOutline.Match(rest[:min(len(rest), 64)]):
			return s.tag(), true
		default:
			s.pos++ // a bare "<"
		}
	}
	return tag{}, false
}

// skip skips a section up to its end mark, or up to the next ">" if there is no end mark.
func (s *scanner) skip(end string) {
	rest := s.doc[s.pos:]
	i := -1
	if end != s.missing {
		i = bytes.Index(rest, []byte(end))
	}
	if i < 0 {
		s.missing = end
		if i, end = bytes.IndexByte(rest, '>'), ">"; i < 0 {
			s.pos = len(s.doc)
			return
		}
	}
	s.pos = min(s.pos+i+len(end), len(s.doc))
}

// lineAt returns the line of an offset. Offsets must not decrease from call to call.
func (s *scanner) lineAt(at int) int {
	if at > s.counted {
		s.line += bytes.Count(s.doc[s.counted:at], []byte("\n"))
		s.counted = at
	}
	return s.line + 1
}

func (s *scanner) tag() tag {
	t := tag{line: s.lineAt(s.pos), attrs: map[string]string{}}
	s.pos++
	s.space()
	if s.doc[s.pos] == '/' {
		t.close = true
		s.pos++
	}
	t.name = s.name()
	for n := 0; ; n++ {
		s.space()
		switch {
		case s.pos >= len(s.doc):
			if t.mended = "the file ends in it"; t.isCut {
				t.mended = ""
			}
			return t
		case s.doc[s.pos] == '>':
			s.pos++
			return t
		case bytes.HasPrefix(s.doc[s.pos:], []byte("<!--")):
			t.mended = "a comment stands in it"
			s.skip("-->")
		case s.doc[s.pos] == '<':
			t.mended, t.empty = "it has no >", true
			return t
		case bytes.HasPrefix(s.doc[s.pos:], []byte("/>")):
			t.empty = true
			s.pos += 2
			return t
		case !isNameByte(s.doc[s.pos]):
			if s.doc[s.pos] != '/' {
				t.mended = "signs stand between its attributes"
			}
			s.pos++
		default:
			s.attribute(&t, n < maxAttrs)
		}
	}
}

func (s *scanner) attribute(t *tag, keep bool) {
	name := s.name()
	s.space()
	value := ""
	if s.pos < len(s.doc) && s.doc[s.pos] == '=' {
		s.pos++
		s.space()
		value = s.value(t)
	}
	value = strings.Map(dropForbidden, unescape(value))
	switch had, twice := t.attrs[name]; {
	case !keep:
	case twice && had != "":
		t.mended = name + " stands twice in it, and the first counts"
	default:
		t.attrs[name] = value
	}
}

// value reads an attribute's value, quoted or not.
func (s *scanner) value(t *tag) string {
	if s.pos >= len(s.doc) {
		t.isCut = true
		return ""
	}
	if q := s.doc[s.pos]; q == '"' || q == '\'' {
		s.pos++
		return s.quotedValue(t, q)
	}
	start := s.pos
	for s.pos < len(s.doc) && !isSpace(s.doc[s.pos]) && s.doc[s.pos] != '>' && s.doc[s.pos] != '<' {
		s.pos++
	}
	if s.pos == len(s.doc) {
		t.isCut = true
	}
	if s.pos < len(s.doc) && s.doc[s.pos] == '>' && s.doc[s.pos-1] == '/' && s.pos > start {
		s.pos--
	}
	return strings.Trim(string(s.doc[start:s.pos]), `"'`)
}

var (
	spacedOutline = regexp.MustCompile(`(?i)^<\s+/?outline[\s>]`)
	reference     = regexp.MustCompile(`&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);`)
	nextTag       = regexp.MustCompile(`(?i)</?(?:outline|body|opml)[\s>/]`)
	attribute     = regexp.MustCompile(`(?i)\s+(?:text|title|type|xmlurl|htmlurl|url|description|language|version|category|created|iscomment|isbreakpoint)\s*=\s*$`)
)

// quotedValue reads a value after its opening quote. A quote ends the value if another attribute or the end of the tag
// follows. Otherwise it is part of the text, where it should have been escaped. If the closing quote is missing, the next
// attribute or tag ends the value.
func (s *scanner) quotedValue(t *tag, q byte) string {
	rest := s.doc[s.pos:min(len(s.doc), s.pos+maxAttribute)]
	limit := len(rest)
	for from := 0; ; {
		i := bytes.IndexByte(rest[from:limit], q)
		if i < 0 {
			i = limit - from
		}
		i += from
		if bytes.IndexByte(rest[from:i], '<') >= 0 {
			if next := nextTag.FindIndex(rest[from:i]); next != nil {
				limit = from + next[0]
			}
		}
		if i >= limit {
			break
		}
		// A value may end like the beginning of an attribute: text="type=" type="rss" is correct.
		after := rest[i+1:]
		ends := isValueEnd(after)
		right := ends && (len(after) == 0 || !isNameByte(after[0]))
		if before := bytes.TrimRight(rest[max(from, i-64):i], " \t\r\n"); !right && bytes.HasSuffix(before, []byte("=")) {
			if at := attribute.FindIndex(before); at != nil {
				t.mended = "an attribute has no end quote"
				end := max(from, i-64) + at[0]
				s.pos += end
				return string(rest[:end])
			}
		}
		if ends {
			s.pos += i + 1
			return string(rest[:i])
		}
		t.mended = "an attribute has quotes in it that are not escaped"
		from = i + 1
	}
	end := bytes.IndexByte(rest[:limit], '>')
	if end < 0 {
		if s.pos += limit; s.pos == len(s.doc) {
			t.isCut = true
		}
		t.mended = "an attribute has no end quote"
		return string(rest[:limit])
	}
	t.mended = "an attribute has no end quote"
	if end > 0 && rest[end-1] == '/' {
		end--
	}
	s.pos += end
	return string(rest[:end])
}

// isValueEnd reports whether rest begins like the text after an attribute: with another attribute, or the end of the tag.
func isValueEnd(rest []byte) bool {
	i := 0
	for i < len(rest) && isSpace(rest[i]) {
		i++
	}
	start := i
	for i < len(rest) && isNameByte(rest[i]) {
		i++
	}
	named := i > start
	for named && i < len(rest) && isSpace(rest[i]) {
		i++
	}
	switch {
	case i == len(rest):
		return true
	case !named:
		return rest[i] == '>' || rest[i] == '<' || (rest[i] == '/' || rest[i] == '?') && bytes.HasPrefix(rest[i+1:], []byte(">"))
	case rest[i] != '=':
		return false
	case start > 0:
		return true
	}
	value := bytes.TrimLeft(rest[i+1:min(len(rest), i+64)], " \t\r\n") // no space precedes the name, so a quoted value has to follow
	return len(value) > 0 && (value[0] == '"' || value[0] == '\'')
}

// name reads a name in lower case, without its prefix.
func (s *scanner) name() string {
	start := s.pos
	for s.pos < len(s.doc) && isNameByte(s.doc[s.pos]) {
		s.pos++
	}
	name := strings.ToLower(string(s.doc[start:s.pos]))
	return name[strings.LastIndexByte(name, ':')+1:]
}

func (s *scanner) space() {
	for s.pos < len(s.doc) && isSpace(s.doc[s.pos]) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isNameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80
}

// unescape replaces references, including those of HTML. It keeps an ampersand that begins none, as in an address.
func unescape(s string) string { return reference.ReplaceAllStringFunc(s, html.UnescapeString) }

// dropForbidden drops the characters that XML forbids.
func dropForbidden(r rune) rune {
	if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
		return -1
	}
	return r
}
