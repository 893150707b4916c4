package clean

import (
	"strings"

	"headwater/internal/news"
)

// outlet is who published an item: what its <source> names where that is not the feed's own site, else the site of the
// item's address where the feed collects from many, else the feed's site.
func (c *Cleaner) outlet(e news.Entry, doc news.Document, feed news.Feed) news.Outlet {
	own := c.siteHost(feed, doc)
	itemHost := hostOf(e.URL)
	if c.redirects(itemHost) || isLocal(itemHost) {
		itemHost = ""
	}
	if o, ok := c.sourceOutlet(e.Source, own, itemHost); ok {
		return o
	}
	if itemHost != "" && (own == "" || registrable(itemHost) != registrable(own)) {
		return c.byURL(e.URL)
	}
	return c.feedOutlet(own, doc, feed)
}

// redirects reports whether addresses on a host lead to pages of others, or are feeds'.
func (c *Cleaner) redirects(host string) bool {
	return strings.HasPrefix(host, "feeds.") || strings.HasPrefix(host, "rss.") || c.opt.Outlets != nil && c.opt.Outlets.Redirects("https://"+host+"/")
}

// siteHost is the host of the feed's site, or "" where that is no public name: recorded and local feeds tell nothing.
func (c *Cleaner) siteHost(feed news.Feed, doc news.Document) string {
	for _, u := range []string{feed.Site, doc.Link, feed.URL} {
		if h := hostOf(u); !isLocal(h) && !c.redirects(h) {
			return h
		}
	}
	return ""
}

// sourceOutlet takes the outlet from an item's source. A source that gives an address only, on an item of the feed's
// own site, is a citation and not the publisher.
func (c *Cleaner) sourceOutlet(ref news.Reference, own, itemHost string) (news.Outlet, bool) {
	host := hostOf(ref.URL)
	name := foldLine(ref.Title)
	if c.redirects(host) || isLocal(host) {
		host = ""
	}
	home := itemHost != "" && own != "" && registrable(itemHost) == registrable(own)
	if name == "" && (host == "" || home) {
		return news.Outlet{}, false
	}
	o := c.named(name, host, ref.URL)
	if o.Domain != "" && own != "" && o.Domain == c.byURL("https://"+own+"/").Domain {
		return news.Outlet{}, false
	}
	return o, true
}

func (c *Cleaner) named(name, host, url string) news.Outlet {
	if c.opt.Outlets != nil && name != "" {
		if o, ok := c.opt.Outlets.ByName(name); ok && (host == "" || len(c.opt.Outlets.Namesakes(o)) == 0) {
			return o
		}
	}
	if isDomain(name) {
		return c.byURL("https://" + strings.ToLower(name) + "/")
	}
	if host == "" {
		return news.Outlet{Name: name}
	}
	o := c.byURL(url)
	if name != "" && (o.Name == "" || o.Name == o.Domain) {
		o.Name = name
	}
	return o
}

func isDomain(name string) bool {
	return !strings.ContainsAny(name, " /") && strings.Contains(name, ".") && hostOf("https://"+name+"/") != "" &&
		registrable(strings.ToLower(name)) != "" && !strings.HasSuffix(name, ".")
}

func (c *Cleaner) byURL(url string) news.Outlet {
	if c.opt.Outlets != nil {
		if o, ok := c.opt.Outlets.ByURL(url); ok {
			return o
		}
	}
	host := hostOf(url)
	return news.Outlet{Name: host, Domain: host}
}

func (c *Cleaner) feedOutlet(own string, doc news.Document, feed news.Feed) news.Outlet {
	var o news.Outlet
	if own != "" {
		o = c.byURL("https://" + own + "/")
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

// shownTitle is an entry's title, without the name of the source that an aggregator adds behind it.
func shownTitle(e news.Entry) string {
	t := foldLine(e.Title)
	name := foldLine(e.Source.Title)
	if name == "" {
		return t
	}
	for _, sep := range [...]string{" - ", " | ", " – ", " — "} {
		if head, ok := strings.CutSuffix(t, sep+name); ok && head != "" {
			return head
		}
	}
	return t
}
