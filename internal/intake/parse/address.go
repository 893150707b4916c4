package parse

import (
	"bytes"
	"html"
	"net/url"
	"strings"
	"unicode"

	"headwater/internal/weburl"
)

// parseBase reads a base address. It returns nil where there is none that can be used.
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

// join makes an address absolute. Those that are so already stay as they are written, but for white space.
func join(base *url.URL, address string) string {
	address = trimAddress(address)
	if base == nil || address == "" || hasScheme(address) {
		return address
	}
	return weburl.Join(base, address)
}

// trimAddress takes the white space off an address, and line breaks and control characters out of it, as browsers do.
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

// addressEscapes writes what no address may contain (RFC 3986), for those that name no host.
var addressEscapes = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", `"`, "%22", "`", "%60")

// safeAddress returns an address as browsers send it, and "" where its scheme is none that a reader follows: such as run
// something, or read files.
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
			return address // not feed:javascript:
		}
	case "mailto", "magnet", "gemini", "gopher", "news", "irc", "ircs", "xmpp", "tel", "rtsp", "ipfs", "at":
		return address
	}
	return ""
}

// isAddress is true for attributes whose value is one address.
func isAddress(attr string) bool {
	switch strings.ToLower(attr) {
	case "href", "src", "url", "uri", "cite", "action", "poster", "background", "longdesc", "data", "resource":
		return true
	}
	return false
}

// resolveHTML makes the addresses within HTML absolute, encodes those of the web, and changes nothing else in it.
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

// htmlResolver resolves addresses in HTML as browsers do (WHATWG URL), so that spaces, "%" and other scripts in them
// don't matter.
type htmlResolver struct{ base *url.URL }

// attr resolves what an attribute holds, and says whether that changed it.
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
	// Browsers take "https:/a" and "https:a" for relative addresses where the base has that scheme.
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

// needsNoEncoding says of most addresses, without reading them, that there is nothing in them to encode.
func needsNoEncoding(address []byte) bool {
	for i, c := range address {
		switch {
		case c <= ' ' || c > '~', c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}':
			return false
		case c == '&' && i+1 < len(address) && address[i+1] == '#', c == '%': // what it stands for has to be looked at
			return false
		}
	}
	return true
}

// lazyAttr resolves the attributes in which pages keep the addresses of what scripts load later. Publishers name them
// as they like, so a value has to read as an address: a path from the root, or a file of a picture's or recording's type.
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

// looksLikeAddress reports whether the value of an attribute is a relative address. Sure says that the attribute's name tells
// so already.
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

// srcset resolves the addresses of a srcset: "a.jpg 1x, b.jpg 2x". An address goes up to white space, or up to a comma
// before it.
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

// style resolves the address of the picture behind an element.
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
