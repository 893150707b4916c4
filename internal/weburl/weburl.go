// Package weburl writes web addresses as browsers send them: in ASCII only, hosts in punycode, path and query
// percent-encoded from UTF-8 (WHATWG URL Standard). The input is what a publisher or a person wrote. The output is
// requested, stored as a feed's address and published. So forbidden characters are treated the same everywhere.
//
// kind.go tells from an address alone what it leads to: a front page, one article, a film, a press release.
package weburl

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// MaxLength is the length in bytes of the longest address that is followed: of a feed, a credited page, or a receiver of
// alerts. An index of a database holds no longer ones.
const MaxLength = 2000

// CheckLength returns an error for an address that is longer than MaxLength.
func CheckLength(address string) error {
	if len(address) <= MaxLength {
		return nil
	}
	return fmt.Errorf("the address %.80q... is too long: it has %d bytes, and %d are the most; give a shorter one", address, len(address), MaxLength)
}

// Encode writes an http, https or ftp address as browsers send it. It keeps existing escapes. It returns an address
// unchanged if it is encoded already, has another scheme, or can't be parsed by browsers.
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

// Parse parses an absolute address and encodes it. It fails for an address that no browser can parse.
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

// Join resolves a reference against base and encodes the result. It returns a reference that can't be parsed unchanged.
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

// written returns an address in the form that Go's parser produces too, so that encoding it again changes nothing.
func written(read *whatwg.Url, otherwise string) string {
	u, err := url.Parse(read.Href(false))
	if err != nil {
		return otherwise
	}
	return u.String()
}

// isWeb reports whether the address has a scheme whose addresses have a host.
func isWeb(address string) bool {
	scheme, _, found := strings.Cut(address, ":")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "ftp"))
}

// isEncoded reports whether an address is encoded already, without parsing it. Most are.
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

// firstOdd returns the index of the first byte that an address may not contain (RFC 3986), or -1.
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

// isEscape reports whether a text that begins with % begins with an escaped byte.
func isEscape(s string) bool { return len(s) >= 3 && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// trim removes white space around an address, and the characters within it that browsers ignore: line breaks, tabs and
// other controls.
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

// escapeBytes escapes bytes after the host that are not UTF-8, such as the Latin-1 of a redirect, so the server gets back
// the bytes that it wrote. It also writes a % that begins no escape as %25. Browsers leave it, but many servers refuse
// it.
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

// hostEnd returns where the path begins in an address with a host, and 0 for a path alone.
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
