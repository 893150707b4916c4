package clean

import (
	"strings"

	"headwater/internal/news"
)

// Outlets finds outlets by address and by name. Without Outlets (nil), host names are used.
type Outlets interface {
	ByURL(url string) (news.Outlet, bool)
	ByName(name string) (news.Outlet, bool)
	Namesakes(o news.Outlet) []news.Outlet
	Redirects(url string) bool
}

// outletNames finds the outlet of an address, a source or a name. Outlets may be nil.
type outletNames struct{ Outlets }

// outlet returns the publisher of an item. It is the outlet of the item's <source>, unless that is the feed's own site.
// Otherwise it is the site of the item's address if the feed collects from many sites, and the feed's site if not.
func (n outletNames) outlet(e news.Entry, doc news.Document, feed news.Feed) news.Outlet {
	isPublic := func(host string) bool { return !isLocal(host) && !n.redirects(host) }
	own := "" // host of the feed's site; "" if that is no public name, as for recorded and local feeds
	for _, u := range []string{feed.Site, doc.Link, feed.URL} {
		if h := hostOf(u); own == "" && isPublic(h) {
			own = h
		}
	}
	itemHost, sourceHost, source := hostOf(e.URL), hostOf(e.Source.URL), foldLine(e.Source.Title)
	if !isPublic(itemHost) {
		itemHost = ""
	}
	if !isPublic(sourceHost) {
		sourceHost = ""
	}
	var site news.Outlet // the feed's
	if own != "" {
		site = n.byURL("https://" + own + "/")
	}
	// If an item of the feed's own site has a source with only an address, the source is a citation and not the publisher.
	isOwn := itemHost != "" && own != "" && registrableDomain(itemHost) == registrableDomain(own)
	if source != "" || sourceHost != "" && !isOwn {
		if o := n.byNameOrHost(source, sourceHost, e.Source.URL); o.Domain == "" || own == "" || o.Domain != site.Domain {
			return o
		}
	}
	if itemHost != "" && !isOwn {
		return n.byURL(e.URL)
	}
	if site.Name != "" && site.Name != site.Domain {
		return site
	}
	for _, title := range []string{feed.Title, doc.Title} {
		if t := foldLine(title); t != "" && len(t) <= 80 {
			site.Name = t
		}
	}
	if site.Name == "" {
		site.Name = hostOf(feed.URL)
	}
	return site
}

// redirects reports whether a host redirects to pages of other sites or serves feeds.
func (n outletNames) redirects(host string) bool {
	return strings.HasPrefix(host, "feeds.") || strings.HasPrefix(host, "rss.") || n.Outlets != nil && n.Outlets.Redirects("https://"+host+"/")
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
