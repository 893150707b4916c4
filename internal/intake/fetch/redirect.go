package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

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
		return nil, fail(news.FeedHTTPError, from, 0, fmt.Errorf("a redirect to %q, which is no web address; it is not followed", location))
	}
	to.Fragment = ""
	to.User = nil // a name and password are only for their own server, and are never accepted from a server
	switch {
	case to.Scheme != "http" && to.Scheme != "https":
		return nil, fail(news.FeedHTTPError, from, 0, fmt.Errorf("a redirect to %s, which is no web address; it is not followed", to.Redacted()))
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, fail(news.FeedHTTPError, from, 0, fmt.Errorf("a redirect from https to http (%s) is not followed; subscribe to that address if you trust it", to.Redacted()))
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
