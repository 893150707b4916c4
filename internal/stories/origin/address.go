package origin

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/news"
)

// byURL finds the outlet of an address that an article links to. A redirector's, a local and a private address tell none.
func (r *Reader) byURL(address string) (news.Outlet, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return news.Outlet{}, false
	}
	host := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
	if _, err := netip.ParseAddr(host); err == nil || r.outlets.Redirects(address) || !strings.Contains(host, ".") {
		return news.Outlet{}, false
	}
	return r.outlets.ByURL(address)
}

// unwrapped gives the marks of an article with the addresses that redirectors' addresses name.
func (r *Reader) unwrapped(marks []news.Mark) []news.Mark {
	out := marks
	for i, m := range marks {
		if m.URL == "" {
			continue
		}
		if u := r.outlets.Unwrap(m.URL); u != m.URL {
			if &out[0] == &marks[0] {
				out = slices.Clone(marks)
			}
			out[i].URL = u
		}
	}
	return out
}
