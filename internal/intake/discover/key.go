package discover

import (
	"net/url"
	"regexp"
	"strings"

	"headwater/internal/weburl"
)

// Plain writes what somebody gave as a feed's address as a web address: feed:// and feed: in front, as some sites
// write, are taken off, and what no address may contain is encoded.
func Plain(address string) string {
	address = weburl.Encode(address)
	if len(address) < 5 || !strings.EqualFold(address[:5], "feed:") {
		return address
	}
	if rest := address[5:]; strings.HasPrefix(rest, "//") {
		return weburl.Encode("http:" + rest)
	}
	return weburl.Encode(address[5:])
}

// Key is the same for addresses that are one feed to everybody: whatever the scheme of the two of the web, the case of
// the host, its script, its www., the default port, a slash at the end, a fragment and how the path is escaped. It is no address.
func Key(address string) string {
	u, err := url.Parse(Plain(address))
	if err != nil || u.Host == "" {
		return address
	}
	host := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), ".")
	switch port := u.Port(); {
	case port == "", port == "80" && u.Scheme == "http", port == "443" && u.Scheme == "https":
	default:
		host += ":" + port
	}
	key := url.URL{Host: host, Path: strings.TrimRight(u.Path, "/"), RawQuery: escape.ReplaceAllStringFunc(u.RawQuery, strings.ToUpper), User: u.User}
	return key.String()
}

var escape = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

// Variants returns the commonest ways of writing an address that have the same Key, the address itself first.
func Variants(address string) []string {
	address = Plain(address)
	out := []string{address}
	u, err := url.Parse(Key(address))
	if err != nil || u.Host == "" {
		return out
	}
	for _, scheme := range []string{"https", "http"} {
		for _, www := range []string{"", "www."} {
			for _, slash := range []string{"", "/"} {
				v := url.URL{Scheme: scheme, User: u.User, Host: www + u.Host, Path: u.Path + slash, RawQuery: u.RawQuery}
				if s := v.String(); s != address && Key(s) == Key(address) {
					out = append(out, s)
				}
			}
		}
	}
	return out
}
