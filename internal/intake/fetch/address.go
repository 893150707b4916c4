package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"code.dny.dev/ssrf"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// newGuardian makes the check of each connection. All ports are allowed, since feeds are served on any port.
func newGuardian(allow []netip.Prefix) (*ssrf.Guardian, error) {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		switch {
		case !p.IsValid():
			return nil, errors.New("fetch: allow_private holds a network that is none; write it as 127.0.0.0/8 or ::1/128")
		case p.Addr().Is4():
			v4 = append(v4, p)
		default:
			v6 = append(v6, p)
		}
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)), nil
}

// checkHost refuses a host that is an address which is not public, or a name that stands for such an address.
func checkHost(guardian *ssrf.Guardian, host string) error {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		network := "tcp4"
		if ip.Is6() {
			network = "tcp6"
		}
		return guardian.Safe(network, netip.AddrPortFrom(ip, 80).String(), nil)
	}
	// Old parsers read 0x7f000001 and 017700000001 as IPv4 addresses.
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, prefixed := strconv.ParseUint(last, 0, 64)
	_, decimal := strconv.ParseUint(last, 10, 64)
	if last == "localhost" || prefixed == nil || decimal == nil {
		return fmt.Errorf("%w: %s stands for an address", ssrf.ErrProhibitedIP, host)
	}
	return nil
}

// Public reports whether the dialer allows an address: it is on the public internet, or in one of the allowed networks.
func Public(addr netip.Addr, allow []netip.Prefix) bool {
	guardian, err := newGuardian(allow)
	return err == nil && guardian.SafeAddr(addr.Unmap()) == nil
}

// isAllowedAddress reports whether a host, written as an address or as localhost, is in one of the networks. Such a host
// belongs to the reader and not to a publisher.
func isAllowedAddress(host string, allow []netip.Prefix) bool {
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		ip, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	return err == nil && slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirectTarget returns the target of a redirect.
func redirectTarget(from *url.URL, location string) (*url.URL, error) {
	to, err := weburl.Parse(weburl.Join(from, location))
	if err != nil || strings.TrimSpace(location) == "" {
		return nil, failFor(news.CauseBadRedirect, news.FeedHTTPError, from, 0, fmt.Errorf("a redirect to %q, which is no web address; it is not followed", location))
	}
	to.Fragment = ""
	to.User = nil // a name and password are only for their own server, and are never accepted from a server
	switch {
	case to.Scheme != "http" && to.Scheme != "https":
		return nil, failFor(news.CauseBadRedirect, news.FeedHTTPError, from, 0, fmt.Errorf("a redirect to %s, which is no web address; it is not followed", to.Redacted()))
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, failFor(news.CauseToInsecure, news.FeedHTTPError, from, 0, fmt.Errorf("a redirect from https to http (%s) is not followed; subscribe to that address if you trust it", to.Redacted()))
	case to.Scheme == from.Scheme && hostOf(to) == hostOf(from):
		to.User = from.User
	}
	return to, nil
}

// parseURL parses and encodes an address. It removes the prefix "feed:", which some sites write.
func parseURL(address string) (*url.URL, error) {
	text := strings.TrimSpace(address)
	if rest, ok := strings.CutPrefix(text, "feed:"); ok {
		text = rest
		if strings.HasPrefix(rest, "//") {
			text = "http:" + rest
		}
	}
	u, err := weburl.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{State: news.FeedUnreachable, URL: address, Err: errors.New("not a web address; it must begin with http:// or https:// and name a host")}
	}
	u.Fragment = ""
	return u, nil
}

// RestHost returns the host of an address as a news.Rest names it, or "" for what is no web address.
func RestHost(address string) string {
	u, err := parseURL(address)
	if err != nil {
		return ""
	}
	return hostOf(u)
}

// hostOf returns the host of an address, with its port if that is not the scheme's default.
func hostOf(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	switch port := u.Port(); {
	case port == "", u.Scheme == "http" && port == "80", u.Scheme == "https" && port == "443":
		return host
	default:
		return net.JoinHostPort(host, port)
	}
}
