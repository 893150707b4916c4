package page

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"headwater/internal/news"
)

const (
	maxSources = 8    // references that a page may give; one that gives more credits whom it likes
	maxLine    = 1000 // bytes of a name or headline
)

// facts are what a page says of itself, before it is settled which of two sayings counts.
type facts struct {
	base      *url.URL
	canonical string
	meta      map[string]string // by lower-case name or property; the first counts
	sources   []news.Reference
	linked    linked
	title     string
	lang      string
}

// metadata reads the head of a page, wherever a page puts its parts.
func metadata(doc *html.Node, base *url.URL) Page {
	f := facts{base: base, meta: map[string]string{}}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			f.element(n)
		}
	}
	p := Page{
		URL: base.String(), Canonical: f.canonical,
		Title:     line(first(f.meta["og:title"], f.linked.headline, f.meta["dc.title"], f.meta["twitter:title"], f.title)),
		Site:      line(first(f.meta["og:site_name"], f.linked.publisher, f.meta["application-name"])),
		Lang:      first(f.lang, f.meta["og:locale"], f.meta["content-language"]),
		Authors:   f.authors(),
		Published: f.published(),
	}
	for _, r := range append(f.sources, f.linked.basedOn...) {
		if len(p.Sources) < maxSources && !slices.Contains(p.Sources, r) {
			p.Sources = append(p.Sources, r)
		}
	}
	return p
}

func (f *facts) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Html:
		f.lang = line(attr(n, "lang"))
	case atom.Base:
		if to, err := f.base.Parse(attr(n, "href")); err == nil && attr(n, "href") != "" {
			f.base = to
		}
	case atom.Title:
		if c := n.FirstChild; c != nil && n.Namespace == "" {
			c.Data = line(c.Data) // what readability compares takes the square of its length
			f.title = first(f.title, c.Data)
		}
	case atom.Link:
		if f.canonical == "" && slices.Contains(strings.Fields(strings.ToLower(attr(n, "rel"))), "canonical") {
			f.canonical = f.resolve(attr(n, "href"))
		}
	case atom.Meta:
		f.metaTag(n)
	case atom.Script:
		if strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/ld+json") && n.FirstChild != nil {
			f.linked.read(n.FirstChild.Data, f.resolve)
		}
	}
}

func (f *facts) metaTag(n *html.Node) {
	for i := range n.Attr {
		n.Attr[i].Val = cut(n.Attr[i].Val)
	}
	value := strings.TrimSpace(attr(n, "content"))
	for _, key := range []string{attr(n, "name"), attr(n, "property"), attr(n, "itemprop")} {
		key = strings.ToLower(strings.TrimSpace(key))
		switch {
		case key == "" || value == "":
		case key == "syndication-source" || key == "original-source":
			if to := f.resolve(value); to != "" {
				f.sources = append(f.sources, news.Reference{URL: to})
			}
		case f.meta[key] == "":
			f.meta[key] = value
		}
	}
}

// resolve makes a web address absolute; "" where it is none.
func (f *facts) resolve(ref string) string {
	to, err := f.base.Parse(strings.TrimSpace(ref))
	if err != nil || ref == "" || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return ""
	}
	return to.String()
}

func (f *facts) authors() []string {
	names := f.linked.authors
	for _, key := range []string{"author", "article:author", "parsely-author", "dc.creator"} {
		if v := line(f.meta[key]); v != "" && !strings.Contains(v, "://") && len(names) < maxSources {
			names = append(names, v)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// published is when the page says that it came out; what readability finds beside it comes later.
func (f *facts) published() time.Time {
	for _, value := range []string{
		f.meta["article:published_time"], f.linked.published, f.meta["datepublished"], f.meta["parsely-pub-date"],
		f.meta["dcterms.issued"], f.meta["dc.date.issued"],
	} {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00"} {
			if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// line is text on one line, cut where it is no name or headline any more.
func line(s string) string {
	return cut(strings.Join(strings.Fields(s), " "))
}

func cut(s string) string {
	if len(s) > maxLine {
		s = strings.ToValidUTF8(s[:maxLine], "")
	}
	return s
}

func first(values ...string) string {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}
