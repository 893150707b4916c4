package clean

import (
	"strings"

	"github.com/nlnwa/whatwg-url/url"
)

const maxAddress = 16 << 10 // bytes of an address in HTML

// webAddress is the address of a link or picture as browsers mend it (WHATWG URL): spaces, other scripts and what no
// address may contain are encoded, hosts are written in ASCII, backslashes are slashes. Beyond that a "%" that encodes
// nothing becomes "%25", which Go's net/url asks for. It gives "" for what is no absolute http or https address; one
// without a scheme that begins with "//" counts as https.
func webAddress(s string) string {
	if isPlainAddress(s) {
		return s
	}
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	if len(s) < len("http:a") || len(s) > maxAddress || s[0]|0x20 != 'h' {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme() != "https" && u.Scheme() != "http" || u.Host() == "" {
		return ""
	}
	return encodePercent(u.Href(false))
}

// isPlainAddress finds addresses that need no mending, which most are: parsing costs a hundred times as much.
func isPlainAddress(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	if !ok || len(s) > maxAddress {
		return false
	}
	slash := strings.IndexByte(rest, '/')
	if slash <= 0 || strings.Contains(rest[slash:], "/.") {
		return false
	}
	for i := range slash {
		if c := rest[i]; (c < 'a' || c > 'z') && c != '.' && c != '-' {
			return false // a capital, a port, a number, which may be an address in disguise
		}
	}
	if strings.HasPrefix(rest, "xn--") || strings.Contains(rest[:slash], ".xn--") || strings.Contains(rest[:slash], "..") {
		return false
	}
	for i := slash; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '%':
			if i+2 >= len(rest) || !isHex(rest[i+1]) || !isHex(rest[i+2]) {
				return false
			}
		case c <= ' ', c >= 0x7f, strings.IndexByte("\"<>\\^`{|}[]'", c) >= 0:
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func encodePercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			b.WriteString("25")
		}
	}
	return b.String()
}
