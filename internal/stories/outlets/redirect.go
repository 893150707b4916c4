package outlets

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// redirectors reads the list of agencies.yaml.
func redirectors(list []string) map[string][]string {
	out := make(map[string][]string, len(list))
	for _, entry := range list {
		host, path, _ := strings.Cut(strings.ToLower(entry), "/")
		out[host] = append(out[host], path)
	}
	return out
}

// Redirects says whether an address is a shortener's, a tracker's or another's whose pages are all redirects to pages of others.
func (r *Registry) Redirects(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && r.redirects(u)
}

func (r *Registry) redirects(u *url.URL) bool {
	host := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
	path := strings.TrimPrefix(strings.ToLower(u.Path), "/")
	return slices.ContainsFunc(r.redirectors[host], func(begin string) bool { return strings.HasPrefix(path, begin) }) ||
		strings.HasPrefix(host, "news.google.")
}

// parameters in which redirectors name the address that they lead to.
var parameters = []string{"url", "u", "q", "to", "target", "dest", "destination", "redirect", "link", "murl"}

// longestChain is how many redirectors are unwrapped one out of another.
const longestChain = 3

// Unwrap gives the address that a redirector's names as the one that it leads to; other addresses come back as they are.
func (r *Registry) Unwrap(address string) string {
	for range longestChain {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || !r.redirects(u) {
			break
		}
		inner := named(u.Query())
		if inner == "" {
			break
		}
		address = inner
	}
	return address
}

// named finds the first parameter that is the address of a public page.
func named(query url.Values) string {
	for _, p := range parameters {
		u, err := url.Parse(query.Get(p))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") {
			continue
		}
		if _, err := netip.ParseAddr(u.Hostname()); err != nil {
			return u.String()
		}
	}
	return ""
}
