package mail

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strings"

	"headwater/internal/intake/parse"
	"headwater/internal/text"
)

// content is what a part of a mail gives to its text.
type content struct {
	html string
	rank int // of alternatives the highest counts, and of equal ones the last
}

const (
	rankNone  = iota // no text
	rankPlain        // made of plain text
	rankHTML
)

// body reads the parts of one mail.
type body struct {
	parts  int
	size   int // bytes of HTML so far
	faults []string
}

func (b *body) fault(what string) {
	if !slices.Contains(b.faults, what) {
		b.faults = append(b.faults, what)
	}
}

// part reads a part of a mail, or the whole mail.
func (b *body) part(h header, r io.Reader, depth int) content {
	if b.parts++; b.parts > maxParts {
		b.fault("the mail has more parts than are read")
		return content{}
	}
	kind, parameters, err := mime.ParseMediaType(h.get("Content-Type"))
	if err != nil && kind == "" {
		kind, _, _ = strings.Cut(strings.ToLower(h.get("Content-Type")), ";")
		if kind = strings.TrimSpace(kind); kind != "text/html" && !strings.HasPrefix(kind, "multipart/") {
			kind = "text/plain" // RFC 2045, section 5.2
		}
	}
	disposition, _, _ := strings.Cut(h.get("Content-Disposition"), ";")
	switch attached := strings.EqualFold(strings.TrimSpace(disposition), "attachment"); {
	case strings.HasPrefix(kind, "multipart/"):
		if depth >= maxDepth {
			b.fault("the mail is nested deeper than is read")
			return content{}
		}
		return b.multipart(kind, cmp.Or(parameters["boundary"], boundaryOf(h.get("Content-Type"))), r, depth)
	case kind == "message/rfc822" && !attached:
		if depth >= maxDepth {
			b.fault("the mail is nested deeper than is read")
			return content{}
		}
		inner := bufio.NewReader(r)
		return b.part(readHeader(inner), inner, depth+1)
	case attached:
		return content{}
	case kind == "text/html":
		return b.text(h, r, rankHTML, readableHTML)
	case kind == "text/plain":
		flowed := strings.EqualFold(parameters["format"], "flowed")
		return b.text(h, r, rankPlain, func(s string) string { return plainHTML(s, flowed) })
	}
	return content{}
}

// multipart reads the parts of a multipart. One that breaks off has the parts before.
func (b *body) multipart(kind, boundary string, r io.Reader, depth int) content {
	if boundary == "" {
		b.fault("the mail does not say where its parts begin")
		return content{}
	}
	var all []content
	for reader := multipart.NewReader(r, boundary); b.parts <= maxParts; {
		p, err := reader.NextRawPart()
		if err != nil {
			if err != io.EOF {
				b.fault("the parts of the mail have no end")
			}
			break
		}
		h := header{}
		for name, values := range p.Header {
			if used[name] && len(values) > 0 {
				h[name] = values[0]
			}
		}
		all = append(all, b.part(h, p, depth+1))
	}
	if kind == "multipart/alternative" {
		best := content{}
		for _, c := range all {
			if c.rank >= best.rank && c.rank > rankNone {
				best = c
			}
		}
		return best
	}
	var joined content
	for _, c := range all {
		joined.html += c.html
		joined.rank = max(joined.rank, c.rank)
	}
	return joined
}

// text reads a part with text. One without words or pictures counts as none.
func (b *body) text(h header, r io.Reader, rank int, toHTML func(string) string) content {
	data := b.decoded(h, r)
	if len(data) > maxText {
		b.fault("a text longer than is read was cut")
		data = data[:maxText]
	}
	html := toHTML(parse.Decode(data, h.get("Content-Type")))
	if left := maxText - b.size; len(html) > left {
		b.fault("a text longer than is read was cut")
		html = text.Cut(html, left)
	}
	if b.size += len(html); strings.TrimSpace(html) == "" {
		return content{}
	}
	return content{html, rank}
}

// decoded returns the content of a part as it was before it was encoded for its transfer. A part that breaks off has what came
// before.
func (b *body) decoded(h header, r io.Reader) []byte {
	data, _ := io.ReadAll(io.LimitReader(r, maxRaw)) // Read returns an error of the connection
	switch strings.ToLower(h.get("Content-Transfer-Encoding")) {
	case "base64":
		return decodeBase64(data)
	case "quoted-printable":
		return decodeQuoted(data)
	}
	return data
}

// decodeBase64 decodes what some programs make of RFC 2045, section 6.8: signs that do not belong there are left out, and the text
// may go on after a padding.
func decodeBase64(data []byte) []byte {
	out := make([]byte, 0, len(data)*3/4)
	letters := make([]byte, 0, len(data))
	flush := func() {
		if len(letters)%4 == 1 { // six bits are no byte
			letters = letters[:len(letters)-1]
		}
		out, _ = base64.RawStdEncoding.AppendDecode(out, letters) // it has no other letters
		letters = letters[:0]
	}
	for _, c := range data {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/':
			letters = append(letters, c)
		case c == '=' && len(letters) > 0:
			flush()
		}
	}
	flush()
	return out
}

// decodeQuoted decodes RFC 2045, section 6.7. What is no code stays as it is.
func decodeQuoted(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for line := range bytes.Lines(data) {
		kept := bytes.TrimRight(line, " \t\r\n")
		soft := bytes.HasSuffix(kept, []byte("="))
		if soft {
			kept = kept[:len(kept)-1]
		}
		for i := 0; i < len(kept); i++ {
			if kept[i] == '=' && i+2 < len(kept) {
				if n, err := hex.AppendDecode(nil, bytes.ToLower(kept[i+1:i+3])); err == nil {
					out = append(out, n...)
					i += 2
					continue
				}
			}
			out = append(out, kept[i])
		}
		if !soft && bytes.HasSuffix(line, []byte("\n")) {
			out = append(out, '\n')
		}
	}
	return out
}

// boundaryOf finds the boundary in a type that is written wrong in another place.
func boundaryOf(contentType string) string {
	at := strings.Index(strings.ToLower(contentType), "boundary=")
	if at < 0 {
		return ""
	}
	value := strings.TrimLeft(contentType[at+len("boundary="):], " ")
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		value, _, _ = strings.Cut(quoted, `"`)
		return value
	}
	if end := strings.IndexAny(value, "; \t"); end >= 0 {
		value = value[:end]
	}
	return value
}
