package parse

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"headwater/internal/news"
)

// readRSS has gofeed parse the guard's output and adds what the guard captured.
func readRSS(ctx context.Context, g *guard) (news.Document, error) {
	feed, err := new(rss.Parser).Parse(&timed{ctx, g.out})
	if ctx.Err() != nil {
		return news.Document{}, ctx.Err()
	}
	if err != nil {
		return news.Document{}, err
	}
	x := extensions(feed.Extensions)
	doc := g.document()
	doc.Title = plain(first(feed.Title, x.value("dc", "title")))
	doc.Link = safeAddress(join(g.docURL, first(first(feed.Links...), x.link("alternate"))))
	doc.Language = first(feed.Language, x.value("dc", "language"), g.language)
	doc.Generator = plain(feed.Generator)
	doc.TTL, doc.Period = ttl(feed.TTL), period(x)
	doc.Skips = skips(feed.SkipHours, feed.SkipDays)
	g.dates = newDates(g.now, doc.Language, g.dateTexts)
	for _, i := range feed.Items {
		if ctx.Err() != nil {
			return news.Document{}, ctx.Err()
		}
		it := g.item(extensions(i.Extensions), doc.Link)
		e := it.rssEntry(i)
		if it.cut && !worthKeeping(e, doc.Entries) {
			continue
		}
		doc.Entries = append(doc.Entries, e)
	}
	return doc, nil
}

func (g *guard) document() news.Document {
	return news.Document{Format: g.format, Repaired: g.repairs, Incomplete: len(g.survey.dates) > g.survey.max, Newest: g.survey.keep != nil}
}

// entryReader is one item as gofeed's extensions and the guard saw it.
type entryReader struct {
	sideItem
	x      extensions
	docURL *url.URL
	site   *url.URL // the page that the feed links to; nil where it links to none
	dates  *dates
}

// item finds what was kept aside of the item that has these extensions.
func (g *guard) item(x extensions, site string) entryReader {
	r := entryReader{x: x, docURL: g.docURL, site: parseBase(site), dates: g.dates}
	if marks := x["headwater"]["item"]; len(marks) > 0 {
		if n, err := strconv.Atoi(marks[0].Attrs["n"]); err == nil && n >= 0 && n < len(g.items) {
			r.sideItem = g.items[n]
		}
	}
	return r
}

// The elements that say when an item was published and when it was changed. The first that is a date counts.
var (
	rssPublished = []string{
		"pubdate", "dcterms:issued", "atom:published", "published", "issued", "dcterms:created", "created", "dc:date", "dcterms:date",
		"dc:issued", "dc:created", "prism:publicationdate", "date",
	}
	rssUpdated = []string{"atom:updated", "dcterms:modified", "updated", "atom:modified", "modified", "dc:modified", "prism:modificationdate"}
)

func (r *entryReader) rssEntry(i *rss.Item) news.Entry {
	guid, permalink := "", ""
	if i.GUID != nil {
		guid = i.GUID.Value
		if !strings.EqualFold(i.GUID.IsPermalink, "false") {
			permalink = guid
		}
	}
	link := first(first(i.Links...), r.x.link("alternate"), r.permalink("guid", permalink), r.permalink("", r.about))
	if !isWebAddress(permalink) {
		permalink = ""
	}
	link = first(r.origin(join(r.baseFor("link"), link), permalink), link)
	e := news.Entry{
		Title:     first(plain(first(i.Title, r.text("atom:title"), r.x.value("dc", "title"))), r.x.mediaTitle(), plain(r.x.value("itunes", "title"))),
		GUID:      first(guid, r.about, r.text("atom:id", "id")),
		URL:       safeAddress(join(r.baseFor("link"), link)),
		Published: r.date(rssPublished...),
		Updated:   r.date(rssUpdated...),
		Authors:   r.authors(),
		Source:    r.source(),
		Rights:    plain(first(r.x.value("dc", "rights"), r.x.value("media", "copyright"))),
		Links:     r.links(),
	}
	if i.Source != nil && (i.Source.Title != "" || i.Source.URL != "") {
		e.Source = news.Reference{Title: plain(i.Source.Title), URL: safeAddress(join(r.base, i.Source.URL))}
	}
	for _, l := range r.x["atom"]["link"] {
		if l.Attrs["rel"] == "" && l.Attrs["href"] != "" && l.Attrs["href"] != e.URL {
			e.Links = append(e.Links, r.link("related", l.Attrs["href"], l.Attrs["title"]))
		}
	}
	var categories []string
	for _, c := range i.Categories {
		categories = append(categories, c.Value)
	}
	for _, c := range r.x["atom"]["category"] {
		categories = append(categories, first(c.Attrs["label"], c.Attrs["term"]))
	}
	e.Categories = r.categories(categories)
	e.Summary, e.Content = r.rssTexts(i, e.URL)
	var enclosures []news.Enclosure
	for _, n := range i.Enclosures {
		enclosures = append(enclosures, news.Enclosure{URL: n.URL, Type: n.Type, Length: size(n.Length)})
	}
	e.Enclosures = r.media(enclosures, e.URL)
	return finished(e)
}

func isWebAddress(s string) bool {
	scheme, rest, found := strings.Cut(s, "://")
	return found && rest != "" && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

func (r *entryReader) rssTexts(i *rss.Item, address string) (summary, content string) {
	summary, from := i.Description, "description"
	if summary == "" {
		summary, from = r.markup("atom:summary", "summary", "abstract")
	}
	if summary == "" {
		summary = first(r.x.value("dc", "description"), r.x.value("itunes", "summary"), r.x.value("itunes", "subtitle"), r.x.mediaText("description"))
	}
	summary = resolveHTML(summary, r.htmlBase(from, address))
	content, from = first(i.Content, i.Custom["encoded"]), "content:encoded"
	if content == "" {
		content, from = r.markup("payload:payload", "fullitem", "xhtml:body", "xhtml:div", "body", "atom:content", "content")
	}
	return summary, resolveHTML(content, r.htmlBase(from, address))
}

// categories adds the vocabularies' own and tidies them.
func (r *entryReader) categories(all []string) []string {
	for _, s := range r.x["dc"]["subject"] {
		all = append(all, s.Value)
	}
	for _, k := range []string{r.x.value("itunes", "keywords"), r.x.value("media", "keywords")} {
		all = append(all, strings.Split(k, ",")...)
	}
	return tidy(all)
}

// tidy makes plain text of strings, without empty ones and repetitions.
func tidy(all []string) []string {
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

func size(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// extensions are gofeed's, with shorter ways in.
type extensions ext.Extensions

func (x extensions) value(space, local string) string {
	for _, e := range x[space][local] {
		if e.Value != "" {
			return e.Value
		}
	}
	return ""
}

// link gives the first atom:link of that relation.
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
