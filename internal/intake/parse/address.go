package parse

import (
	"bytes"
	"html"
	"net/url"
	"strings"
	"unicode"

	"headwater/internal/weburl"
)

// parseBase reads a base address. It returns nil if there is none or if it cannot be used.
func parseBase(address string) *url.URL {
	u, err := weburl.Parse(address)
	if err != nil || !isWeb(u.Scheme) {
		return nil
	}
	return u
}

func isWeb(scheme string) bool {
	return scheme == "http" || scheme == "https" || scheme == "ftp" || scheme == "feed"
}

// join makes an address absolute. An absolute address keeps its spelling, apart from white space.
func join(base *url.URL, address string) string {
	address = trimAddress(address)
	if base == nil || address == "" || hasScheme(address) {
		return address
	}
	return weburl.Join(base, address)
}

// trimAddress removes the white space around an address, and the line breaks and control characters in it, as browsers do.
func trimAddress(address string) string {
	address = strings.TrimSpace(address)
	if strings.ContainsFunc(address, unicode.IsControl) {
		address = strings.Join(strings.FieldsFunc(address, unicode.IsControl), "")
	}
	return strings.TrimSpace(address)
}

func hasScheme(address string) bool {
	for i := range len(address) {
		switch c := address[i]; {
		case c == ':':
			return i > 0
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return false
}

// addressEscapes escapes the characters that no address may contain (RFC 3986), in addresses without a host.
var addressEscapes = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", `"`, "%22", "`", "%60")

// safeAddress returns an address as browsers send it, or "" if its scheme is not on the allow-list: some schemes run code or
// read files.
func safeAddress(address string) string {
	address = trimAddress(address)
	if len(address) > maxField || strings.Contains(address, "<") && !hasScheme(address) {
		return ""
	}
	if address = weburl.Encode(address); strings.ContainsAny(address, "<>\"`") {
		address = addressEscapes.Replace(address)
	}
	scheme, rest, found := strings.Cut(address, ":")
	if !found || strings.ContainsAny(scheme, "/?#") {
		return address
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ftp", "feed":
		if strings.HasPrefix(rest, "//") && len(rest) > 2 || strings.HasPrefix(rest, "https://") {
			return address // rejects feed:javascript:
		}
	case "mailto", "magnet", "gemini", "gopher", "news", "irc", "ircs", "xmpp", "tel", "rtsp", "ipfs", "at":
		return address
	}
	return ""
}

// isAddress reports whether the value of an attribute is one address.
func isAddress(attr string) bool {
	switch strings.ToLower(attr) {
	case "href", "src", "url", "uri", "cite", "action", "poster", "background", "longdesc", "data", "resource":
		return true
	}
	return false
}

// resolveHTML makes the addresses within HTML absolute and encodes those of the web. It changes nothing else.
func resolveHTML(text string, base *url.URL) string {
	if base == nil || !strings.Contains(text, "<") {
		return text
	}
	r := htmlResolver{base: base}
	var out []byte
	doc := []byte(text)
	s := scanner{doc: doc}
	copied := 0
	for {
		t := s.next()
		if t.kind == tokenEnd {
			break
		}
		for _, a := range t.attrs {
			value, changed := r.attr(a)
			if !changed || t.kind != tokenOpen {
				continue
			}
			at := offset(doc, a.value)
			out = append(out, doc[copied:at]...)
			out = append(out, html.EscapeString(value)...)
			copied = at + len(a.value)
		}
	}
	if copied == 0 {
		return text
	}
	return string(append(out, doc[copied:]...))
}

// offset returns the offset in doc of a slice of doc.
func offset(doc, part []byte) int { return cap(doc) - cap(part) }

// htmlResolver resolves addresses in HTML as browsers do (WHATWG URL), so addresses may contain spaces, "%" and characters of
// other scripts.
type htmlResolver struct{ base *url.URL }

// attr resolves the value of an attribute, and reports whether that changed it.
func (r *htmlResolver) attr(a attribute) (string, bool) {
	if len(a.value) == 0 || len(a.name) < 3 || len(a.name) > 40 {
		return "", false
	}
	if len(a.name) > 10 || !isAddress(string(a.name)) {
		return r.lazyAttr(a)
	}
	if a.value[0] == '#' || needsNoEncoding(a.value) && (bytes.HasPrefix(a.value, []byte("https://")) || bytes.HasPrefix(a.value, []byte("http://"))) {
		return "", false
	}
	was := html.UnescapeString(string(a.value))
	address := trimAddress(was)
	// Browsers treat "https:/a" and "https:a" as relative addresses if the base has the same scheme.
	scheme, rest, _ := strings.Cut(address, ":")
	sameScheme := hasScheme(address) && isWeb(r.base.Scheme) && strings.EqualFold(scheme, r.base.Scheme) &&
		!strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, `\\`) && !strings.HasPrefix(rest, `/\`) && !strings.HasPrefix(rest, `\/`)
	switch {
	case address == "":
		return "", false
	case sameScheme:
		address = rest
	case hasScheme(address):
		is := weburl.Encode(address)
		return is, is != was
	}
	is := weburl.Join(r.base, address)
	return is, is != was
}

// needsNoEncoding reports whether an address certainly needs no encoding. It holds for most addresses and spares parsing them.
func needsNoEncoding(address []byte) bool {
	for i, c := range address {
		switch {
		case c <= ' ' || c > '~', c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}':
			return false
		case c == '&' && i+1 < len(address) && address[i+1] == '#', c == '%': // the reference or escape must be decoded first
			return false
		}
	}
	return true
}

// lazyAttr resolves the attributes with addresses of content that scripts load later. Publishers choose the names of these
// attributes freely, so the value must look like an address: a path from the root, or a file with the extension of a picture or
// recording.
func (r *htmlResolver) lazyAttr(a attribute) (string, bool) {
	end := a.name[len(a.name)-3:]
	if a.name[0]|0x20 != 'd' && !bytes.EqualFold(end, []byte("set")) && !bytes.EqualFold(end, []byte("src")) && len(a.name) != len("style") && len(a.name) != len("original") && len(a.name) != len("file") {
		return "", false
	}
	name := strings.ToLower(string(a.name))
	switch {
	case strings.HasSuffix(name, "srcset"), name == "data-bgset":
		return r.srcset(html.UnescapeString(string(a.value)))
	case name == "style":
		return r.style(string(a.value))
	case !strings.HasPrefix(name, "data-") && !strings.HasSuffix(name, "src") && name != "original" && name != "file":
		return "", false
	}
	was := strings.TrimSpace(html.UnescapeString(string(a.value)))
	if hasScheme(was) || !looksLikeAddress(was, strings.HasSuffix(name, "src")) {
		return "", false
	}
	is := weburl.Join(r.base, was)
	return is, is != was
}

// looksLikeAddress reports whether the value of an attribute is a relative address. sure means that the name of the attribute
// shows it already.
func looksLikeAddress(v string, sure bool) bool {
	if len(v) < 2 || len(v) > maxField || strings.ContainsAny(v, "{}<>\n") || v[0] == '#' {
		return false
	}
	path, _, _ := strings.Cut(v, "?")
	path, _, _ = strings.Cut(path, "#")
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 || dot < strings.LastIndexByte(path, '/') {
		return !strings.Contains(v, " ") && (strings.HasPrefix(v, "//") && strings.Contains(v, ".") || sure && strings.HasPrefix(v, "/") && len(v) > 2)
	}
	switch strings.ToLower(path[dot+1:]) {
	case "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "jfif", "bmp", "mp4", "m4v", "webm", "mov", "mp3", "m4a", "ogg", "wav", "pdf":
		return true
	}
	return !strings.Contains(v, " ") && (strings.HasPrefix(v, "//") || sure && strings.HasPrefix(v, "/"))
}

// srcset resolves the addresses of a srcset: "a.jpg 1x, b.jpg 2x". An address ends at white space, or at a comma before it.
func (r *htmlResolver) srcset(set string) (string, bool) {
	var b strings.Builder
	for rest := set; rest != ""; {
		address := strings.TrimLeft(rest, ", \t\r\n\f")
		b.WriteString(rest[:len(rest)-len(address)])
		end := strings.IndexAny(address, " \t\r\n\f")
		if end < 0 {
			end = len(address)
		}
		rest = address[end:]
		address = address[:end]
		bare := strings.TrimRight(address, ",")
		if bare != "" && !hasScheme(bare) {
			b.WriteString(weburl.Join(r.base, bare))
		} else {
			b.WriteString(bare)
		}
		b.WriteString(address[len(bare):])
		if len(bare) < len(address) {
			continue
		}
		size, _, _ := strings.Cut(rest, ",")
		b.WriteString(size)
		rest = rest[len(size):]
	}
	is := b.String()
	return is, is != set
}

// style resolves the address of an element's background picture.
func (r *htmlResolver) style(value string) (string, bool) {
	if !strings.Contains(value, "url(") || !strings.Contains(value, "background") {
		return "", false
	}
	was := html.UnescapeString(value)
	var b strings.Builder
	rest := was
	for {
		before, after, found := strings.Cut(rest, "url(")
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteString("url(")
		end := strings.IndexByte(after, ')')
		if end < 0 {
			b.WriteString(after)
			break
		}
		address := strings.Trim(after[:end], " \"'")
		if rest = after[end:]; address == "" || hasScheme(address) {
			b.WriteString(after[:end])
			continue
		}
		b.WriteString("'" + strings.ReplaceAll(weburl.Join(r.base, address), "'", "%27") + "'")
	}
	is := b.String()
	return is, is != was
}
