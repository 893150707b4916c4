// Package weburl writes web addresses as browsers send them: in ASCII only, hosts in punycode, path and query
// percent-encoded from UTF-8 (WHATWG URL Standard). In goes what a publisher or a person wrote, out comes what is
// requested, stored as a feed's address and emitted. What no address may contain is the same everywhere by this.
//
// kind.go tells from an address alone what stands there: a front page, one article, a film, a press release.
package weburl

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// Encode writes an http, https or ftp address as browsers send it. Escapes that it has are kept. An address that is
// written so already stays as it is, and so does one of another scheme, and one that no browser can read.
func Encode(address string) string {
	address = trim(address)
	if isEncoded(address) || !isWeb(address) {
		return address
	}
	read, err := whatwg.Parse(escapeBytes(address))
	if err != nil {
		return address
	}
	return written(read, address)
}

// Parse reads an absolute address, encoded. It fails where no browser could read it.
func Parse(address string) (*url.URL, error) {
	u, err := url.Parse(Encode(address))
	switch {
	case err != nil:
		return nil, err
	case u.Host == "":
		return nil, errors.New("the address names no host")
	case strings.ContainsFunc(u.Host+u.RawQuery, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("the address has a host that cannot be")
	}
	return u, nil
}

// Join gives where a reference leads from base, encoded, and the reference as it is written where that cannot be read.
func Join(base *url.URL, reference string) string {
	reference = trim(reference)
	if firstOdd(reference) < 0 {
		if ref, err := url.Parse(reference); err == nil {
			return Encode(base.ResolveReference(ref).String())
		}
	}
	read, err := whatwg.ParseRef(Encode(base.String()), escapeBytes(reference))
	if err != nil {
		return reference
	}
	return written(read, reference)
}

// written is what Go's own parser makes of an address as well, so that writing it again changes nothing.
func written(read *whatwg.Url, otherwise string) string {
	u, err := url.Parse(read.Href(false))
	if err != nil {
		return otherwise
	}
	return u.String()
}

// isWeb holds for addresses whose scheme is one of those that name a host.
func isWeb(address string) bool {
	scheme, _, found := strings.Cut(address, ":")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "ftp"))
}

// isEncoded holds for most addresses. It says so without reading them.
func isEncoded(address string) bool {
	scheme, rest, found := strings.Cut(address, "://")
	if !found || !isWeb(address) || len(scheme) > len("https") || rest == "" || firstOdd(address) >= 0 {
		return false
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	path, _, _ := strings.Cut(rest, "?")
	path, _, _ = strings.Cut(path, "#")
	return host != "" && !strings.Contains(host, "%") &&
		!strings.Contains(path, "/../") && !strings.Contains(path, "/./") && !strings.HasSuffix(path, "/..") && !strings.HasSuffix(path, "/.")
}

// firstOdd is where the first byte stands that an address may not contain (RFC 3986), or -1.
func firstOdd(address string) int {
	for i := range len(address) {
		switch c := address[i]; {
		case c <= ' ' || c > '~':
			return i
		case c == '%' && !isEscape(address[i:]):
			return i
		case c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}':
			return i
		}
	}
	return -1
}

// isEscape says whether a text that begins with % begins with an escaped byte.
func isEscape(s string) bool { return len(s) >= 3 && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// trim takes off what stands around an address, and out what browsers pass over: line breaks, tabs and other controls.
func trim(address string) string {
	around := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' || r == '\u200b' }
	address = strings.TrimFunc(address, around)
	for i := range len(address) {
		if address[i] < ' ' {
			return strings.Join(strings.FieldsFunc(address, func(r rune) bool { return r < ' ' }), "")
		}
	}
	return address
}

const hex = "0123456789ABCDEF"

// escapeBytes escapes what is no text behind the host, such as the Latin-1 of a redirect: the server gets back the bytes
// that it wrote. It also makes %25 of a % that begins no escape. Browsers leave it, but many servers refuse it.
func escapeBytes(address string) string {
	behind := hostEnd(address)
	var out []byte
	for i := 0; i < len(address); {
		r, size := utf8.DecodeRuneInString(address[i:])
		switch {
		case i >= behind && r == utf8.RuneError && size == 1:
			out = append(out, '%', hex[address[i]>>4], hex[address[i]&15])
		case i >= behind && r == '%' && !isEscape(address[i:]):
			out = append(out, "%25"...)
		default:
			out = append(out, address[i:i+size]...)
		}
		i += size
	}
	return string(out)
}

// hostEnd is where the path of an address begins that has a host, and 0 for a path.
func hostEnd(address string) int {
	start := 0
	if isWeb(address) {
		start = strings.IndexByte(address, ':') + 1
	}
	from := start
	for from < len(address) && (address[from] == '/' || address[from] == '\\') {
		from++
	}
	if start == 0 && from < 2 {
		return 0
	}
	if end := strings.IndexAny(address[from:], `/\?#`); end >= 0 {
		return from + end
	}
	return len(address)
}
