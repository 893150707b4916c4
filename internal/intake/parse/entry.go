package parse

import (
	_ "embed"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"

	"headwater/internal/news"
)

// field returns the first child with that name.
func (r *entryReader) field(name string) (field, bool) {
	for _, f := range r.fields {
		if f.name.String() == name {
			return f, true
		}
	}
	return field{}, false
}

// text returns the decoded text of the first captured child with one of these names that is not empty.
func (r *entryReader) text(names ...string) string {
	for _, n := range names {
		if f, ok := r.field(n); ok {
			if text := inner(f.raw); text != "" {
				return text
			}
		}
	}
	return ""
}

// markup returns the HTML of the first captured child with one of these names that is not empty, and the child's name.
func (r *entryReader) markup(names ...string) (text, from string) {
	for _, n := range names {
		f, ok := r.field(n)
		switch {
		case !ok:
			continue
		case f.kind.isMarkup():
			text = withoutDiv(strings.TrimSpace(string(f.raw)))
		case f.kind == base64Kind:
			text = decode64(inner(f.raw))
		default:
			text = f.kind.html(inner(f.raw))
		}
		if text != "" {
			return text, n
		}
	}
	return "", ""
}

// maxTries is the maximum number of texts of an item that are tried as dates for one time.
const maxTries = 50

// date returns the first of these children that is a date. Of several children with one name the last counts.
func (r *entryReader) date(names ...string) time.Time {
	tries := 0
	for _, n := range names {
		for _, f := range slices.Backward(r.fields) {
			if f.raw == nil || f.name.String() != n || tries >= maxTries {
				continue
			}
			tries++
			if t := r.dates.read(inner(f.raw)); !t.IsZero() {
				return t
			}
		}
	}
	return time.Time{}
}

// dateTexts returns the texts of the document that may be dates: first those of the feed, then those of each item.
func (g *guard) dateTexts() [][]string {
	all := [][]string{nil}
	for _, raw := range g.feedDates {
		all[0] = append(all[0], inner(raw))
	}
	for _, it := range g.items {
		var texts []string
		for _, f := range it.fields {
			if f.raw != nil && isDate(f.name) {
				texts = append(texts, inner(f.raw))
			}
		}
		all = append(all, texts)
	}
	return all
}

// baseFor returns the base address of a child: its xml:base, or else the address of the feed.
func (r *entryReader) baseFor(name string) *url.URL {
	if f, ok := r.field(name); ok && f.base != nil {
		return f.base
	}
	if r.base != nil {
		return r.base
	}
	if r.site != nil && redirects(r.docURL) {
		return r.site
	}
	return r.docURL
}

// worthKeeping reports whether an item that the end of the document cut off is kept. It is kept if the next poll can recognise
// it: it has an id or address, or the items before it have none either.
func worthKeeping(e news.Entry, before []news.Entry) bool {
	if e.GUID != "" || e.URL != "" {
		return true
	}
	named := slices.ContainsFunc(before, func(b news.Entry) bool { return b.GUID != "" || b.URL != "" })
	return !named && (e.Title != "" || e.Summary != "" || e.Content != "" || len(e.Enclosures) > 0)
}

// permalink returns the address that an id is, or "". The id may be a web address, a path of the site, or an address relative
// to an xml:base.
func (r *entryReader) permalink(name, id string) string {
	f, _ := r.field(name)
	switch based := f.base != nil || r.base != nil; {
	case isWebAddress(id):
		return id
	case hasScheme(id), strings.ContainsAny(id, " \t\r\n"):
		return ""
	case strings.HasPrefix(id, "/"), based && strings.Contains(id, "/"):
		return join(r.baseFor(name), id)
	}
	return ""
}

// htmlBase returns the base address of links within HTML: an xml:base, or else the page of the item.
func (r *entryReader) htmlBase(name, address string) *url.URL {
	if f, ok := r.field(name); ok && f.base != nil {
		return f.base
	}
	if r.base != nil {
		return r.base
	}
	if page := parseBase(address); page != nil && !redirects(page) {
		// A host that only serves feeds: relative links are resolved against the site's page.
		label, _, _ := strings.Cut(strings.ToLower(page.Hostname()), ".")
		isFeeds := label == "feeds" || label == "feed" || label == "feedproxy" || label == "rss"
		if !isFeeds || r.site == nil || strings.EqualFold(r.site.Hostname(), page.Hostname()) {
			return page
		}
	}
	if r.site != nil && (address != "" || redirects(r.docURL)) {
		return r.site
	}
	return r.docURL
}

// authors returns the names in <author>, all dc:creator and atom:author, or else the podcast's author.
func (r *entryReader) authors() []string {
	var all []string
	for _, f := range r.fields {
		if f.raw != nil && (f.name.String() == "author" || f.name.String() == "atom:author") {
			all = append(all, personOf(string(f.raw)))
		}
	}
	for _, local := range []string{"creator", "author"} {
		for _, e := range r.x["dc"][local] {
			all = append(all, person(e.Value))
		}
	}
	if len(cleanList(all)) == 0 {
		all = append(all, person(r.x.value("itunes", "author")))
	}
	return cleanList(all)
}

// personOf reads an author, which is text or <name> and <email>.
func personOf(raw string) string {
	for _, part := range []string{"name", "email"} {
		_, after, found := strings.Cut(raw, "<"+part+">")
		if text, _, ok := strings.Cut(after, "</"+part+">"); found && ok && strings.TrimSpace(text) != "" {
			return person(inner([]byte(text)))
		}
	}
	return person(inner([]byte(raw)))
}

// person returns the name of "a@b.example (Name)", "Name (a@b.example)" and "Name <a@b.example>".
func person(text string) string {
	text = strings.TrimSpace(strings.TrimPrefix(text, "mailto:"))
	if before, rest, ok := strings.Cut(text, "<"); ok && strings.Contains(rest, "@") && strings.TrimSpace(before) != "" {
		return strings.Trim(strings.TrimSpace(before), `"`)
	}
	before, rest, ok := strings.Cut(text, "(")
	if !ok || !strings.Contains(text, "@") {
		return text
	}
	within, _, _ := strings.Cut(rest, ")")
	before, within = strings.TrimSpace(before), strings.TrimSpace(within)
	switch {
	case strings.Contains(before, "@") && within != "":
		return within
	case strings.Contains(within, "@") && before != "":
		return before
	}
	return text
}

// source returns the source that an aggregator gives for the item: ag:source or dc:source.
func (r *entryReader) source() news.Reference {
	ref := news.Reference{Title: plain(r.x.value("ag", "source")), URL: safeAddress(r.x.value("ag", "sourceurl"))}
	if ref.Title != "" || ref.URL != "" {
		return ref
	}
	dc := first(r.x.value("dc", "source"), r.x.value("dcterms", "source"))
	if isWebAddress(dc) {
		return news.Reference{URL: dc}
	}
	return news.Reference{Title: plain(dc)}
}

// links returns the atom:links that lead elsewhere, and the address behind a redirecting one.
func (r *entryReader) links() []news.Link {
	var all []news.Link
	for _, l := range r.x["atom"]["link"] {
		if isOriginRelation(l.Attrs["rel"]) && l.Attrs["href"] != "" {
			all = append(all, r.link(l.Attrs["rel"], l.Attrs["href"], l.Attrs["title"]))
		}
	}
	return all
}

// originURL returns the address behind a redirecting one: FeedBurner's and Pheedo's origLink, or rel=canonical or the permalink
// if the item's link is on a redirector. It is "" if none is given.
func (r *entryReader) originURL(link, permalink string) string {
	given := trimAddress(r.x.value("feedburner", "origlink"))
	if given == "" && redirects(parseBase(link)) {
		given = first(r.x.link("canonical"), permalink)
	}
	if at := parseBase(join(r.baseFor("link"), given)); at == nil || redirects(at) {
		return ""
	}
	return given
}

//go:embed redirectors.txt
var redirectorsText string

// redirectors are the hosts of redirectors.txt. A leading dot stands for all hosts below a domain.
var redirectors = func() map[string]bool {
	hosts := map[string]bool{}
	for line := range strings.Lines(redirectorsText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			hosts[line] = true
		}
	}
	return hosts
}()

// redirects reports whether an address is on a redirecting service, or is FeedBurner's under a site's own host name.
func redirects(u *url.URL) bool {
	if u == nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	_, parent, _ := strings.Cut(host, ".")
	for ; parent != ""; _, parent, _ = strings.Cut(parent, ".") {
		if redirectors["."+parent] {
			return true
		}
	}
	return redirectors[host] || strings.Contains(u.Path, "/~r/") || strings.Contains(u.Path, "/~3/")
}

func (r *entryReader) link(rel, href, title string) news.Link {
	return news.Link{Rel: strings.ToLower(rel), URL: safeAddress(join(r.baseFor("link"), href)), Title: plain(title)}
}

// isOriginRelation reports whether a link relation describes where an item comes from.
func isOriginRelation(rel string) bool {
	switch strings.ToLower(rel) {
	case "", "alternate", "self", "enclosure", "edit", "edit-media", "replies", "next", "prev", "previous", "first", "last", "hub", "license":
		return false
	}
	return true
}

// extensions are gofeed's extensions with short accessors.
type extensions ext.Extensions

func (x extensions) value(space, local string) string {
	for _, e := range x[space][local] {
		if e.Value != "" {
			return e.Value
		}
	}
	return ""
}

// link returns the first atom:link with that relation.
func (x extensions) link(rel string) string {
	for _, l := range x["atom"]["link"] {
		if l.Attrs["href"] != "" && (l.Attrs["rel"] == rel || rel == "alternate" && l.Attrs["rel"] == "") {
			return l.Attrs["href"]
		}
	}
	return ""
}

func first(all ...string) string {
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// cleanList returns the strings as plain text, without empty and repeated ones.
func cleanList(all []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range all {
		if s = plain(s); s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// entryReader reads one item from gofeed's extensions and the fields that the guard captured.
type entryReader struct {
	capturedItem
	x      extensions
	docURL *url.URL
	site   *url.URL // the page that the feed links to; nil if it has no link
	dates  *dates
}

// categories adds the categories of dc, itunes and media, and cleans the list.
func (r *entryReader) categories(all []string) []string {
	for _, s := range r.x["dc"]["subject"] {
		all = append(all, s.Value)
	}
	for _, k := range []string{r.x.value("itunes", "keywords"), r.x.value("media", "keywords")} {
		all = append(all, strings.Split(k, ",")...)
	}
	return cleanList(all)
}

func size(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func isWebAddress(s string) bool {
	scheme, rest, found := strings.Cut(s, "://")
	return found && rest != "" && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// item returns a reader of the item with these extensions and its captured fields.
func (g *guard) item(x extensions, site string) entryReader {
	r := entryReader{x: x, docURL: g.docURL, site: parseBase(site), dates: g.dates}
	if marks := x["headwater"]["item"]; len(marks) > 0 {
		if n, err := strconv.Atoi(marks[0].Attrs["n"]); err == nil && n >= 0 && n < len(g.items) {
			r.capturedItem = g.items[n]
		}
	}
	return r
}
