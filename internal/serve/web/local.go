package web

import (
	"net/url"
	"strings"
	"unicode"
)

// maxLocal is the longest address that a form or a login leads back to, in bytes.
const maxLocal = 2000

// localAddress parses an address that a form or a login leads back to, and reports whether it is one of this server for every browser.
// Browsers take a backslash for a slash and leave out control characters, and what begins with two slashes names a host. A path that does
// so only when it is decoded is refused too, since a proxy may decode it.
func localAddress(address string) (*url.URL, bool) {
	if len(address) > maxLocal || strings.Contains(address, `\`) || strings.ContainsFunc(address, unicode.IsControl) {
		return nil, false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(address, "/") {
		return nil, false
	}
	slashes := strings.ReplaceAll(u.Path, `\`, "/")
	return u, !strings.HasPrefix(address, "//") && !strings.HasPrefix(slashes, "//") && !strings.ContainsFunc(u.Path, unicode.IsControl)
}

// isLocal reports whether localAddress takes an address.
func isLocal(address string) bool {
	_, ok := localAddress(address)
	return ok
}
