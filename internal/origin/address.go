package origin

import (
	"net/netip"
	"net/url"
	"strings"

	"headwater/internal/news"
)

// redirectors are hosts whose addresses lead to pages of others: whose, they do not say.
var redirectors = func() map[string]bool {
	hosts := map[string]bool{}
	for _, h := range strings.Fields(`bit.ly t.co tinyurl.com buff.ly ow.ly dlvr.it trib.al goo.gl is.gd lnkd.in flip.it apple.news
		ift.tt rb.gy cutt.ly shorturl.at news.google.com feedproxy.google.com feeds.feedburner.com l.facebook.com lm.facebook.com
		out.reddit.com r.search.yahoo.com`) {
		hosts[h] = true
	}
	return hosts
}()

// byURL finds the outlet of an address that an article links to. A redirector's, a local and a private address tell none.
func (r *Reader) byURL(address string) (news.Outlet, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return news.Outlet{}, false
	}
	host := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
	if _, err := netip.ParseAddr(host); err == nil || redirectors[host] || !strings.Contains(host, ".") {
		return news.Outlet{}, false
	}
	return r.outlets.ByURL(address)
}
