package clean

import (
	"strconv"
	"strings"

	"headwater/internal/weburl"
)

const maxAddress = 16 << 10 // bytes of an address in HTML

// webAddress is the address of a link or picture as browsers send it. It gives "" for what is no absolute http or https
// address; one without a scheme that begins with "//" counts as https.
func webAddress(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.HasPrefix(s, "//") {
		s = "https:" + s
	}
	if len(s) < len("http:a") || len(s) > maxAddress || s[0]|0x20 != 'h' {
		return ""
	}
	u, err := weburl.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return ""
	}
	host, port := strings.ToLower(u.Host), u.Port()
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n > 65535) {
		return ""
	}
	if port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	address := weburl.Encode(s)
	if host != u.Host || !strings.HasPrefix(s, u.Scheme) {
		u.Host = host
		address = u.String()
	}
	if !webLink(address) {
		return ""
	}
	return address
}
