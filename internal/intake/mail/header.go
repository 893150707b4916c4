package mail

import (
	"bufio"
	"io"
	"mime"
	"net/textproto"
	"strings"
	"unicode/utf8"

	"headwater/internal/intake/parse"
	"headwater/internal/text"
)

// header has the first value of each field that Read uses, by its name as net/textproto writes it, unfolded and not decoded.
type header map[string]string

func (h header) get(name string) string { return h[name] }

// used are the fields that are kept.
var used = map[string]bool{
	"Archived-At": true, "Content-Disposition": true, "Content-Language": true, "Content-Transfer-Encoding": true, "Content-Type": true, "Date": true,
	"From": true, "List-Archive": true, "List-Post": true, "Message-Id": true, "Received": true, "Reply-To": true, "Sender": true, "Subject": true,
}

// readHeader reads the lines up to the first empty one. A line that is no field is left out.
func readHeader(r *bufio.Reader) header {
	h := header{}
	name, kept := "", 0
	for {
		line, whole := readLine(r)
		if line == "" {
			return h
		}
		kept += len(line)
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "":
			return h
		case kept > maxHeader: // it is read up to its end
		case line[0] == ' ' || line[0] == '\t':
			if name != "" && len(h[name]) < maxField {
				h[name] += " " + strings.TrimSpace(line)
			}
		default:
			name = fieldName(line)
			if _, again := h[name]; again || !used[name] {
				name = ""
				break
			}
			_, value, _ := strings.Cut(line, ":")
			h[name] = strings.TrimSpace(value)
		}
		if !whole {
			return h
		}
	}
}

// readLine returns a line with its end. Of a long one it returns the begin, and reads the rest. It reports whether more may follow.
func readLine(r *bufio.Reader) (line string, more bool) {
	var b strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		if b.Len() < maxField {
			b.Write(part[:min(len(part), maxField-b.Len())])
		}
		if err != bufio.ErrBufferFull { //nolint:errorlint // ReadSlice returns it as it is
			return b.String(), err == nil
		}
	}
}

// fieldName returns the name of a field, "" for a line that is none.
func fieldName(line string) string {
	name, _, ok := strings.Cut(line, ":")
	if name = strings.TrimRight(name, " \t"); !ok || name == "" || strings.ContainsAny(name, " \t") {
		return ""
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

func wordDecoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: func(charset string, input io.Reader) (io.Reader, error) {
		data, err := io.ReadAll(input)
		return strings.NewReader(parse.Decode(data, "text/plain; charset="+charset)), err
	}}
}

// headerText returns a field in one line of UTF-8, with its encoded words (RFC 2047) decoded.
func headerText(raw string) string {
	line := toUTF8(joinWords(raw))
	if decoded, err := wordDecoder().DecodeHeader(line); err == nil {
		line = decoded
	}
	return text.Cut(strings.Join(strings.Fields(strings.ToValidUTF8(line, "\ufffd")), " "), maxField)
}

// toUTF8 decodes a header that has bytes beyond ASCII, which no standard allowed before UTF-8.
func toUTF8(raw string) string {
	if utf8.ValidString(raw) {
		return raw
	}
	return parse.Decode([]byte(raw), "")
}

// joinWords joins encoded words of one encoding that follow each other, since some programs divide them within a character.
func joinWords(raw string) string {
	if strings.Count(raw, "=?") < 2 {
		return raw
	}
	var b strings.Builder
	head, text := "", "" // of the word before, which is not written yet
	flush := func() {
		if head != "" {
			b.WriteString(head + text + "?=")
		}
		head, text = "", ""
	}
	for raw != "" {
		at := strings.Index(raw, "=?")
		if at < 0 {
			break
		}
		newHead, newText, rest, ok := cutWord(raw[at:])
		if !ok {
			flush()
			b.WriteString(raw[:at+2])
			raw = raw[at+2:]
			continue
		}
		joins := head != "" && strings.EqualFold(head, newHead) && strings.TrimSpace(raw[:at]) == "" && !strings.HasSuffix(text, "=")
		if joins {
			text += newText
		} else {
			flush()
			b.WriteString(raw[:at])
			head, text = newHead, newText
		}
		raw = rest
	}
	flush()
	return b.String() + raw
}

// cutWord divides a text that begins with an encoded word: "=?utf-8?B?", its text, and what follows.
func cutWord(s string) (head, text, rest string, ok bool) {
	parts := strings.SplitN(s, "?", 5)
	if len(parts) < 5 || !strings.HasPrefix(parts[4], "=") || strings.ContainsAny(parts[1]+parts[2]+parts[3], " \t") {
		return "", "", "", false
	}
	return "=?" + parts[1] + "?" + parts[2] + "?", parts[3], parts[4][1:], true
}
