package page

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"headwater/internal/news"
)

const (
	maxSources = 8    // references that a page may give; a page with more is not credible
	maxLine    = 1000 // bytes of a name or headline
)

// pageMeta holds the metadata of a page before duplicates are resolved.
type pageMeta struct {
	base      *url.URL
	canonical string
	meta      map[string]string // by lower-case name or property; the first value counts
	sources   []news.Reference
	ld        jsonLD
	title     string
	lang      string
}

// metadata reads the metadata of a page, wherever in the page they are.
func metadata(doc *html.Node, base *url.URL) Page {
	f := pageMeta{base: base, meta: map[string]string{}}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			f.addElement(n)
		}
	}
	p := Page{
		URL: base.String(), Canonical: f.canonical,
		Title:   line(first(f.meta["og:title"], f.ld.headline, f.meta["dc.title"], f.meta["twitter:title"], f.title)),
		Site:    line(first(f.meta["og:site_name"], f.ld.publisher, f.meta["application-name"])),
		Lang:    first(f.lang, f.meta["og:locale"], f.meta["content-language"]),
		Authors: f.authors(),
	}
	for _, value := range []string{ // a date that readability finds counts only if none of these is a date
		f.meta["article:published_time"], f.ld.published, f.meta["datepublished"], f.meta["parsely-pub-date"],
		f.meta["dcterms.issued"], f.meta["dc.date.issued"],
	} {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00"} {
			if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil && p.Published.IsZero() {
				p.Published = t
			}
		}
	}
	for _, r := range append(f.sources, f.ld.basedOn...) {
		if len(p.Sources) < maxSources && !slices.Contains(p.Sources, r) {
			p.Sources = append(p.Sources, r)
		}
	}
	return p
}

func (f *pageMeta) addElement(n *html.Node) {
	switch n.DataAtom {
	case atom.Html:
		f.lang = line(attr(n, "lang"))
	case atom.Base:
		if to, err := f.base.Parse(attr(n, "href")); err == nil && attr(n, "href") != "" {
			f.base = to
		}
	case atom.Title:
		if c := n.FirstChild; c != nil && n.Namespace == "" {
			c.Data = line(c.Data) // readability takes time quadratic in the length of what it compares
			f.title = first(f.title, c.Data)
		}
	case atom.Link:
		if f.canonical == "" && slices.Contains(strings.Fields(strings.ToLower(attr(n, "rel"))), "canonical") {
			f.canonical = f.resolve(attr(n, "href"))
		}
	case atom.Meta:
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
	case atom.Script:
		if strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/ld+json") && n.FirstChild != nil {
			script := n.FirstChild.Data
			var v any
			if f.ld.bytes += len(script); f.ld.bytes <= maxLinked && json.Unmarshal([]byte(script), &v) == nil {
				f.ld.walk(v, f.resolve, 0)
			}
		}
	}
}

// resolve makes a web address absolute. It returns "" if ref is not one.
func (f *pageMeta) resolve(ref string) string {
	to, err := f.base.Parse(strings.TrimSpace(ref))
	if err != nil || ref == "" || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return ""
	}
	return to.String()
}

func (f *pageMeta) authors() []string {
	names := f.ld.authors
	for _, key := range []string{"author", "article:author", "parsely-author", "dc.creator"} {
		if v := line(f.meta[key]); v != "" && !strings.Contains(v, "://") && len(names) < maxSources {
			names = append(names, v)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// line returns text on one line, cut to the maximum length of a name or headline.
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

// Page is the result of reading a web page: its metadata and the article in it.
type Page struct {
	URL       string           // address after redirects
	Canonical string           // rel=canonical, absolute; "" if the page gives none
	Title     string           // plain text
	Site      string           // the publication's name in the page, or ""
	Published time.Time        // as the page claims; zero if unknown
	Lang      string           // as the page writes it, or ""
	Authors   []string         // names, as the page gives them
	HTML      string           // of the article, unsanitised; "" if none was found
	Text      string           // of the article, plain
	Sources   []news.Reference // sources that the page gives: syndication-source, original-source, isBasedOn
}

const (
	maxLinked = 256 << 10 // bytes of a page's JSON-LD that are read
	maxNested = 6         // nesting levels of JSON-LD that are read
)

// jsonLD holds the data about the article in the JSON-LD of a page (schema.org, NewsArticle). The first value of each counts.
type jsonLD struct {
	headline, publisher, published string
	authors                        []string
	basedOn                        []news.Reference
	bytes                          int
}

// walk searches lists and graphs for articles.
func (l *jsonLD) walk(v any, resolve func(string) string, level int) {
	if level > maxNested {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			l.walk(x, resolve, level+1)
		}
	case map[string]any:
		l.walk(v["@graph"], resolve, level+1)
		types, isList := v["@type"].([]any)
		if !isList {
			types = []any{v["@type"]}
		}
		isArticle := func(t any) bool {
			s, _ := t.(string)
			return strings.HasSuffix(s, "Article") || s == "BlogPosting" || s == "Report" || s == "LiveBlogPosting"
		}
		if slices.ContainsFunc(types, isArticle) {
			l.article(v, resolve)
		}
	}
}

func (l *jsonLD) article(v map[string]any, resolve func(string) string) {
	if l.headline == "" {
		l.headline, _ = v["headline"].(string)
	}
	if l.published == "" {
		l.published, _ = v["datePublished"].(string)
	}
	for _, p := range references(v["publisher"]) {
		if l.publisher == "" {
			l.publisher = p.Title
		}
	}
	for _, a := range references(v["author"]) {
		if a.Title != "" && len(l.authors) < maxSources {
			l.authors = append(l.authors, a.Title)
		}
	}
	for _, r := range references(v["isBasedOn"]) {
		r.URL = resolve(r.URL)
		if r != (news.Reference{}) && len(l.basedOn) < maxSources {
			l.basedOn = append(l.basedOn, r)
		}
	}
}

// references reads the forms of a schema.org reference: a name, an address, an object with both, or a list of these.
func references(v any) []news.Reference {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "://") {
			return []news.Reference{{URL: v}}
		}
		return []news.Reference{{Title: line(v)}}
	case map[string]any:
		return []news.Reference{{Title: line(text(v, "name", "headline")), URL: text(v, "url", "@id")}}
	case []any:
		var out []news.Reference
		for _, x := range v[:min(len(v), maxSources)] {
			if _, list := x.([]any); !list {
				out = append(out, references(x)...)
			}
		}
		return out
	}
	return nil
}

func text(v map[string]any, keys ...string) string {
	for _, k := range keys {
		if s, ok := v[k].(string); ok && s != "" {
			return s
		}
	}
	return ""
}
