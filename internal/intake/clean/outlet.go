package clean

import (
	"strings"

	"headwater/internal/news"
)

// Outlets finds outlets by address and by name. A nil Outlets makes do with host names.
type Outlets interface {
	ByURL(url string) (news.Outlet, bool)
	ByName(name string) (news.Outlet, bool)
	Namesakes(o news.Outlet) []news.Outlet
	Redirects(url string) bool
}

// outletNames answers which outlet an address, a source or a name stands for. Outlets may be nil.
type outletNames struct{ Outlets }

// outlet is who published an item: what its <source> names where that is not the feed's own site, else the site of the
// item's address where the feed collects from many, else the feed's site.
func (n outletNames) outlet(e news.Entry, doc news.Document, feed news.Feed) news.Outlet {
	own := n.siteHost(feed, doc)
	itemHost := hostOf(e.URL)
	if n.redirects(itemHost) || isLocal(itemHost) {
		itemHost = ""
	}
	if o, ok := n.sourceOutlet(e.Source, own, itemHost); ok {
		return o
	}
	if itemHost != "" && (own == "" || registrableDomain(itemHost) != registrableDomain(own)) {
		return n.byURL(e.URL)
	}
	return n.feedOutlet(own, doc, feed)
}

// redirects reports whether addresses on a host lead to pages of others, or are feeds'.
func (n outletNames) redirects(host string) bool {
	return strings.HasPrefix(host, "feeds.") || strings.HasPrefix(host, "rss.") || n.Outlets != nil && n.Outlets.Redirects("https://"+host+"/")
}

// siteHost is the host of the feed's site, or "" where that is no public name: recorded and local feeds tell nothing.
func (n outletNames) siteHost(feed news.Feed, doc news.Document) string {
	for _, u := range []string{feed.Site, doc.Link, feed.URL} {
		if h := hostOf(u); !isLocal(h) && !n.redirects(h) {
			return h
		}
	}
	return ""
}

// sourceOutlet takes the outlet from an item's source. A source that gives an address only, on an item of the feed's
// own site, is a citation and not the publisher.
func (n outletNames) sourceOutlet(ref news.Reference, own, itemHost string) (news.Outlet, bool) {
	host := hostOf(ref.URL)
	name := foldLine(ref.Title)
	if n.redirects(host) || isLocal(host) {
		host = ""
	}
	home := itemHost != "" && own != "" && registrableDomain(itemHost) == registrableDomain(own)
	if name == "" && (host == "" || home) {
		return news.Outlet{}, false
	}
	o := n.byNameOrHost(name, host, ref.URL)
	if o.Domain != "" && own != "" && o.Domain == n.byURL("https://"+own+"/").Domain {
		return news.Outlet{}, false
	}
	return o, true
}

func (n outletNames) byNameOrHost(name, host, url string) news.Outlet {
	if n.Outlets != nil && name != "" {
		if o, ok := n.Outlets.ByName(name); ok && (host == "" || len(n.Outlets.Namesakes(o)) == 0) {
			return o
		}
	}
	if isDomain(name) {
		return n.byURL("https://" + strings.ToLower(name) + "/")
	}
	if host == "" {
		return news.Outlet{Name: name}
	}
	o := n.byURL(url)
	if name != "" && (o.Name == "" || o.Name == o.Domain) {
		o.Name = name
	}
	return o
}

func isDomain(name string) bool {
	return !strings.ContainsAny(name, " /") && strings.Contains(name, ".") && hostOf("https://"+name+"/") != "" &&
		registrableDomain(strings.ToLower(name)) != "" && !strings.HasSuffix(name, ".")
}

func (n outletNames) byURL(url string) news.Outlet {
	if n.Outlets != nil {
		if o, ok := n.Outlets.ByURL(url); ok {
			return o
		}
	}
	host := hostOf(url)
	return news.Outlet{Name: host, Domain: host}
}

func (n outletNames) feedOutlet(own string, doc news.Document, feed news.Feed) news.Outlet {
	var o news.Outlet
	if own != "" {
		o = n.byURL("https://" + own + "/")
	}
	if o.Name != "" && o.Name != o.Domain {
		return o
	}
	for _, title := range []string{doc.Title, feed.Title} {
		if t := foldLine(title); t != "" && len(t) <= 80 {
			o.Name = t
			break
		}
	}
	if o.Name == "" {
		o.Name = hostOf(feed.URL)
	}
	return o
}
