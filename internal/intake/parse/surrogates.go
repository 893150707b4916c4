package parse

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Characters beyond U+FFFF are two halves in UTF-16, and some writers put these out as two characters: as bytes (CESU-8) or
// as references. Neither UTF-8 nor XML has such characters.

// joinedBytes makes characters of pairs of halves that are written as three bytes each. It gives doc itself where there
// are none.
func joinedBytes(doc []byte) []byte {
	var out []byte
	copied := 0
	for from := 0; ; {
		i := bytes.IndexByte(doc[from:], 0xed)
		if i < 0 {
			break
		}
		i += from
		from = i + 1
		high, low := halfAt(doc, i), halfAt(doc, i+3)
		if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
			out = utf8.AppendRune(append(out, doc[copied:i]...), r)
			copied, from = i+6, i+6
		}
	}
	if copied == 0 {
		return doc
	}
	return append(out, doc[copied:]...)
}

// halfAt reads a half as UTF-8 would write it, or gives 0.
func halfAt(doc []byte, i int) rune {
	if i+3 > len(doc) || doc[i] != 0xed || doc[i+1] < 0xa0 || doc[i+1] > 0xbf || doc[i+2]&0xc0 != 0x80 {
		return 0
	}
	return 0xd000 | rune(doc[i+1]&0x3f)<<6 | rune(doc[i+2]&0x3f)
}

// joinedReferences makes characters of pairs of references to halves: &#55357;&#56841; or &#xD83D;&#xDE09;, however often
// the ampersands are escaped. A half alone goes: it stands where somebody cut a text. It gives doc itself where there is
// none.
func joinedReferences(doc []byte) []byte {
	var out []byte
	copied := 0
	for from := 0; ; {
		i := bytes.IndexByte(doc[from:], '#')
		if i < 0 {
			break
		}
		i += from
		from = i + 1
		high, end := halfNumber(doc, i)
		if end == 0 {
			continue
		}
		start := ampersandBefore(doc, i, copied)
		if start < 0 {
			continue
		}
		out = append(out, doc[copied:start]...)
		if next, sign := ampersandAt(doc, end); sign {
			if low, last := halfNumber(doc, next); last > 0 {
				if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
					out = utf8.AppendRune(out, r)
					end = last
				}
			}
		}
		copied, from = end, end
	}
	if copied == 0 {
		return doc
	}
	return append(out, doc[copied:]...)
}

// halfNumber reads the number of a half behind the # at i, and gives where the reference ends; 0 where there is none.
func halfNumber(doc []byte, i int) (half rune, end int) {
	if i+5 > len(doc) || doc[i] != '#' {
		return 0, 0
	}
	from, base := i+1, 10
	switch c := doc[from]; {
	case c|0x20 == 'x':
		from, base = from+1, 16
	case c != '5' && c != '0': // 55296 to 57343
		return 0, 0
	}
	for from < len(doc) && doc[from] == '0' {
		from++
	}
	end = from
	for end < len(doc) && end < from+6 && (doc[end] >= '0' && doc[end] <= '9' || base == 16 && doc[end]|0x20 >= 'a' && doc[end]|0x20 <= 'f') {
		end++
	}
	n, err := strconv.ParseUint(string(doc[from:end]), base, 32)
	if err != nil || !utf16.IsSurrogate(rune(n)) {
		return 0, 0
	}
	if end < len(doc) && doc[end] == ';' {
		end++
	}
	return rune(n), end
}

// escapes are how an ampersand is written: in JSON, and as text of markup any number of times.
const (
	escapedInJSON = `\u0026`
	escaped       = "amp;"
)

// ampersandBefore gives where the ampersand before i begins, not before least, or -1.
func ampersandBefore(doc []byte, i, least int) int {
	head := doc[least:i]
	for bytes.HasSuffix(head, []byte(escaped)) {
		head = head[:len(head)-len(escaped)]
	}
	switch {
	case bytes.HasSuffix(head, []byte("&")):
		return least + len(head) - 1
	case bytes.HasSuffix(head, []byte(escapedInJSON)):
		return least + len(head) - len(escapedInJSON)
	}
	return -1
}

// ampersandAt passes over an ampersand at i.
func ampersandAt(doc []byte, i int) (end int, found bool) {
	rest := doc[i:]
	for _, sign := range []string{"&", escapedInJSON} {
		if bytes.HasPrefix(rest, []byte(sign)) {
			rest = rest[len(sign):]
			for bytes.HasPrefix(rest, []byte(escaped)) {
				rest = rest[len(escaped):]
			}
			return len(doc) - len(rest), true
		}
	}
	return i, false
}
