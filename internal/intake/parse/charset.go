package parse

import (
	"bytes"
	"mime"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/unicode/norm"

	"headwater/internal/news"
)

// Decode returns a text in UTF-8 without control characters. contentType is a media type that may name the encoding, or "".
func Decode(data []byte, contentType string) string {
	text, _ := transcode(data, contentType)
	return string(text)
}

// transcode converts a document to UTF-8 without control characters, and returns the repairs it made. The encoding comes from,
// in this order: a byte order mark, the pattern of the first bytes, the HTTP header, the XML declaration, and detection. Valid
// UTF-8 with characters beyond ASCII is UTF-8, even if a label claims a single-byte encoding.
func transcode(data []byte, contentType string) (doc []byte, repairs []string) {
	doc, enc := fromBOM(data)
	if enc == nil {
		doc, enc = fromLabels(doc, contentType)
	}
	if enc != nil {
		decoded, err := enc.NewDecoder().Bytes(doc)
		if err != nil {
			repairs = append(repairs, "bytes that are not of the document's encoding were left out")
		}
		if doc = decoded; enc == charmap.Windows1258 {
			doc = norm.NFC.Bytes(doc) // Vietnamese letters may be decomposed into letter and accent
		}
	}
	if !utf8.Valid(doc) {
		doc = repairUTF8(doc)
		repairs = append(repairs, "bytes that are not UTF-8 were replaced")
	}
	if joined := joinReferences(doc); len(joined) < len(doc) {
		doc = joined
		repairs = append(repairs, "halves of characters were joined or left out")
	}
	clean := stripControls(doc)
	if len(clean) < len(doc) {
		repairs = append(repairs, "control characters were left out")
	}
	return clean, repairs
}

// fromBOM determines the encoding by the byte order mark, or by the bytes of the first "<" or "{", and returns the document
// without the mark. The encoding is nil if neither shows it.
func fromBOM(data []byte) ([]byte, encoding.Encoding) {
	big, little := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	big4, little4 := utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	for len(data) > 2 && (data[0] == 0 && isSpace(data[1]) || isSpace(data[0]) && data[1] == 0) { // two-byte white space
		data = data[2:]
	}
	for _, mark := range []struct {
		bytes string
		keep  bool
		enc   encoding.Encoding
	}{
		{"\x00\x00\xfe\xff", false, big4},
		{"\xff\xfe\x00\x00", false, little4},
		{"\xfe\xff", false, big},
		{"\xff\xfe", false, little},
		{"\x00\x00\x00<", true, big4},
		{"<\x00\x00\x00", true, little4},
		{"\x00<\x00", true, big},
		{"<\x00", true, little},
		{"\x00{\x00", true, big},
		{"{\x00", true, little},
		{"\x4c\x6f\xa7\x94", true, charmap.CodePage037},
	} {
		if !bytes.HasPrefix(data, []byte(mark.bytes)) {
			continue
		}
		rest := bytes.TrimLeft(data[len(mark.bytes):], " \t\r\n")
		if len(mark.bytes) == 2 && len(rest) > 1 && (rest[0] == '<' || rest[0] == '{') && rest[1] != 0 {
			continue // the document has single-byte text in spite of its mark
		}
		if !mark.keep {
			data = data[len(mark.bytes):]
		}
		return data, mark.enc
	}
	for _, mark := range []string{"\xef\xbb\xbf", "\xc3\xaf\xc2\xbb\xc2\xbf", "\xff\xfe", "\xfe\xff"} {
		for bytes.HasPrefix(data, []byte(mark)) { // some marks occur twice, or encoded as Latin-1, or before text of one byte per character
			data = data[len(mark):]
		}
	}
	return data, nil
}

// fromLabels chooses the encoding by the HTTP header and the XML declaration. A nil encoding means UTF-8; then the surrogate
// pairs in the returned document are joined.
func fromLabels(doc []byte, contentType string) ([]byte, encoding.Encoding) {
	_, params, _ := mime.ParseMediaType(contentType)
	http, declared := encodingOf(params["charset"]), encodingOf(declaredCharset(doc))
	valid := utf8.Valid(doc)
	wide := valid && !isASCII(doc)
	latin := false
	for _, enc := range []encoding.Encoding{http, declared} {
		switch {
		case enc == nil || enc == encoding.Nop:
			continue
		case wide && isSingleByte(enc):
			return doc, nil
		case enc == charmap.Windows1252:
			latin = true // many servers send these labels for every document
		case decodesAs(enc, doc):
			return doc, enc
		}
	}
	switch {
	case valid && bytes.Contains(doc, []byte("\x1b$")) && countHighBytes(doc) == 0:
		return doc, japanese.ISO2022JP
	case valid:
		return doc, nil
	}
	joined := joinCESU8(doc)
	good, bad, apart := countUTF8(joined)
	if good > 4*bad || !latin && (good >= bad || good > 0 && bad < 8 && apart) { // fewer valid characters are too weak a sign
		return joined, nil
	}
	return doc, detect(doc, latin)
}

// declaredCharset reads encoding="..." of the XML declaration.
func declaredCharset(doc []byte) string {
	head := doc[:min(len(doc), 1024)]
	start := bytes.Index(head, []byte("<?xml"))
	if start < 0 {
		return ""
	}
	head = head[start:]
	if end := bytes.Index(head, []byte("?>")); end >= 0 {
		head = head[:end]
	}
	i := bytes.Index(head, []byte("encoding"))
	if i < 0 {
		return ""
	}
	value := bytes.TrimLeft(head[i+len("encoding"):], " \t\r\n=")
	if len(value) == 0 || value[0] != '"' && value[0] != '\'' {
		return ""
	}
	label, _, _ := bytes.Cut(value[1:], value[:1])
	return string(label)
}

// isSingleByte reports whether every byte is a character in an encoding.
func isSingleByte(enc encoding.Encoding) bool {
	out, err := enc.NewDecoder().Bytes([]byte("\xe9\xe8\xe9\xe8"))
	return err == nil && utf8.RuneCount(out) == 4 && !bytes.ContainsRune(out, utf8.RuneError)
}

// decodesAs reports whether nearly all of a document can be decoded.
func decodesAs(enc encoding.Encoding, doc []byte) bool {
	sample := doc[:min(len(doc), 1<<16)]
	out, err := enc.NewDecoder().Bytes(sample)
	if err != nil {
		return false
	}
	lost := bytes.Count(out, []byte("\ufffd"))
	return lost <= 1+countHighBytes(sample)/50
}

// countUTF8 counts the valid UTF-8 characters beyond ASCII (good) and the invalid bytes (bad). Text in other encodings has
// hardly any valid ones. apart means that no two invalid bytes are adjacent; in other encodings they are.
func countUTF8(doc []byte) (good, bad int, apart bool) {
	apart = true
	for i := 0; i < len(doc); {
		if doc[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(doc[i:])
		if surrogateAt(doc, i) != 0 {
			size = 3 // a UTF-8 sequence of three bytes too, although it decodes to no character
		}
		if r == utf8.RuneError && size == 1 {
			bad++
			apart = apart && (i == 0 || doc[i-1] < utf8.RuneSelf) && (i+1 == len(doc) || doc[i+1] < utf8.RuneSelf)
		} else {
			good++
		}
		i += size
	}
	return good, bad, apart
}

func countHighBytes(doc []byte) int {
	n := 0
	for _, c := range doc {
		if c >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

func isASCII(doc []byte) bool {
	for _, c := range doc {
		if c >= utf8.RuneSelf || c == 0x1b {
			return false
		}
	}
	return true
}

// repairUTF8 replaces invalid UTF-8. A single byte becomes its character in Windows-1252, from which it was usually pasted, and
// a truncated character becomes U+FFFD.
func repairUTF8(doc []byte) []byte {
	out := make([]byte, 0, len(doc)+len(doc)/8)
	for i := 0; i < len(doc); {
		r, size := utf8.DecodeRune(doc[i:])
		if r != utf8.RuneError || size > 1 {
			out = append(out, doc[i:i+size]...)
			i += size
			continue
		}
		torn := 1
		for torn < 4 && i+torn < len(doc) && doc[i] >= 0xc2 && doc[i+torn]&0xc0 == 0x80 {
			torn++
		}
		if torn > 1 {
			out = utf8.AppendRune(out, utf8.RuneError)
		} else {
			out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(doc[i]))
		}
		i += torn
	}
	return out
}

// stripControls removes the characters that XML forbids: controls, U+FFFE and U+FFFF. It returns doc itself if there are none.
func stripControls(doc []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(doc); i++ {
		c, size := doc[i], 1
		switch {
		case c == 0xef:
			if i+2 >= len(doc) || doc[i+1] != 0xbf || doc[i+2] < 0xbe {
				continue
			}
			size = 3
		case c >= 0x20 || c == '\t' || c == '\n' || c == '\r':
			continue
		}
		out = append(out, doc[from:i]...)
		from = i + size
		i = from - 1
	}
	if from == 0 {
		return doc
	}
	return append(out, doc[from:]...)
}

// finishEntry undoes double encoding in the texts of an entry. An entry without a publication time gets the time of its last
// change. The store keeps the first time that it gets, so a later change does not move the item.
func finishEntry(e news.Entry) news.Entry {
	e.Title, e.Summary, e.Content = undoDoubleEncoding(e.Title), undoDoubleEncoding(e.Summary), undoDoubleEncoding(e.Content)
	if e.Published.IsZero() {
		e.Published = e.Updated
	}
	return e
}

// undoDoubleEncoding reverses a common mistake: UTF-8 taken for Windows-1252 and encoded again, "Ã³" for "ó". Text that
// contains other characters beyond ASCII than such pairs stays unchanged.
func undoDoubleEncoding(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	if i < 0 {
		return text
	}
	out := []byte(text[:i])
	for _, r := range text[i:] {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if r >= 0x80 && r < 0xa0 { // bytes that Windows-1252 does not assign
			b, ok = byte(r), true
		}
		if !ok {
			return text
		}
		out = append(out, b)
		if n := len(out); b < utf8.RuneSelf && n >= 2 && out[n-2] >= 0xc0 {
			return text // a first byte without a second
		}
	}
	if !utf8.Valid(out) {
		return text
	}
	return string(out)
}

// Characters beyond U+FFFF are surrogate pairs in UTF-16. Some software writes each surrogate as a character of its own: as
// three bytes (CESU-8) or as a numeric reference. Neither UTF-8 nor XML allows that.

// joinCESU8 joins surrogate pairs of which each half is written as three bytes. It returns doc itself if there are none.
func joinCESU8(doc []byte) []byte {
	var out []byte
	copied := 0
	for from := 0; ; {
		i := bytes.IndexByte(doc[from:], 0xed)
		if i < 0 {
			break
		}
		i += from
		from = i + 1
		high, low := surrogateAt(doc, i), surrogateAt(doc, i+3)
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

// surrogateAt returns the surrogate in the three bytes at i, or 0.
func surrogateAt(doc []byte, i int) rune {
	if i+3 > len(doc) || doc[i] != 0xed || doc[i+1] < 0xa0 || doc[i+1] > 0xbf || doc[i+2]&0xc0 != 0x80 {
		return 0
	}
	return 0xd000 | rune(doc[i+1]&0x3f)<<6 | rune(doc[i+2]&0x3f)
}

// joinReferences joins pairs of numeric references to surrogates, &#55357;&#56841; or &#xD83D;&#xDE09;, however often the
// ampersands are escaped. A single surrogate, left where a text was cut, is removed. It returns doc itself if there are none.
func joinReferences(doc []byte) []byte {
	var out []byte
	copied := 0
	for from := 0; ; {
		i := bytes.IndexByte(doc[from:], '#')
		if i < 0 {
			break
		}
		i += from
		from = i + 1
		high, end := surrogateReference(doc, i)
		if end == 0 {
			continue
		}
		start := ampersandBefore(doc, i, copied)
		if start < 0 {
			continue
		}
		out = append(out, doc[copied:start]...)
		if next, sign := ampersandAt(doc, end); sign {
			if low, last := surrogateReference(doc, next); last > 0 {
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

// surrogateReference reads the number of a surrogate after the # at i. It returns the end of the reference, or 0.
func surrogateReference(doc []byte, i int) (half rune, end int) {
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

// escapes are the spellings of an ampersand: in JSON, and in markup escaped any number of times.
const (
	escapedInJSON = `\u0026`
	escaped       = "amp;"
)

// ampersandBefore returns the offset of the ampersand that ends at i, or -1. The offset is not below least.
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

// ampersandAt returns the offset after the ampersand at i, and whether there is one.
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
