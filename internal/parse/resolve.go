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

// baseOf gives the base in force in an element with these attributes within a parent with that base.
func (g *guard) baseOf(attrs []attribute, parent *url.URL) *url.URL {
	for _, a := range attrs {
		if string(a.name) != "xml:base" {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(unescape(a.value)))
		if err != nil || u.Scheme != "" && !isWeb(u.Scheme) {
			return parent
		}
		switch {
		case parent != nil:
			return parent.ResolveReference(u)
		case g.docURL != nil:
			return g.docURL.ResolveReference(u)
		case u.IsAbs():
			return u
		}
		return parent
	}
	return parent
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

// encoded writes what no address may contain (RFC 3986), for those that name no host.
var encoded = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", `"`, "%22", "`", "%60")

// safeAddress gives an address as browsers send it, and "" where its scheme is none that a reader follows: such as run
// something, or read files.
func safeAddress(address string) string {
	address = trimAddress(address)
	if len(address) > maxField || strings.Contains(address, "<") && !hasScheme(address) {
		return ""
	}
	if address = weburl.Encode(address); strings.ContainsAny(address, "<>\"`") {
		address = encoded.Replace(address)
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

// isAddress holds for attributes whose value is one address.
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
			value, changed := resolveAttr(a, base)
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

// offset gives the place of a part of doc in it.
func offset(doc, part []byte) int { return cap(doc) - cap(part) }

func resolveAttr(a attribute, base *url.URL) (string, bool) {
	if len(a.value) == 0 || len(a.name) < 3 || len(a.name) > 10 {
		return "", false
	}
	if bytes.EqualFold(a.name, []byte("srcset")) {
		return resolveSet(html.UnescapeString(string(a.value)), base)
	}
	if a.value[0] == '#' || isPlain(a.value) && hasScheme(string(a.value[:min(len(a.value), 20)])) || !isAddress(string(a.name)) {
		return "", false
	}
	was := string(a.value)
	if strings.Contains(was, "&") {
		was = html.UnescapeString(was)
	}
	is := weburl.Encode(was)
	if !hasScheme(is) {
		is = join(base, is)
	}
	return is, is != was
}

// isPlain says of most addresses, without reading them, that there is nothing in them to encode.
func isPlain(address []byte) bool {
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

// resolveSet resolves the addresses of a srcset: "a.jpg 1x, b.jpg 2x".
func resolveSet(set string, base *url.URL) (string, bool) {
	candidates := strings.Split(set, ", ")
	for i, c := range candidates {
		address, size, _ := strings.Cut(strings.TrimSpace(c), " ")
		candidates[i] = strings.TrimSpace(join(base, address) + " " + size)
	}
	is := strings.Join(candidates, ", ")
	return is, is != set
}
