package parse

import (
	"context"
	"slices"
	"strings"

	"github.com/mmcdole/gofeed/atom"

	"headwater/internal/news"
)

// readAtom lets gofeed parse the output of the guard and adds the fields that the guard captured.
func readAtom(ctx context.Context, g *guard) (news.Document, error) {
	feed, err := new(atom.Parser).Parse(&contextReader{ctx, g.out})
	if ctx.Err() != nil {
		return news.Document{}, ctx.Err()
	}
	if err != nil {
		return news.Document{}, err
	}
	x := extensions(feed.Extensions)
	doc := g.document()
	doc.Title = plain(first(feed.Title, x.value("dc", "title")))
	doc.Link = safeAddress(join(g.docURL, alternate(feed.Links)))
	doc.Language = first(g.language, x.value("dc", "language"))
	if feed.Generator != nil {
		doc.Generator = plain(feed.Generator.Value)
	}
	doc.Period = period(x)
	g.dates = newDates(g.now, doc.Language, g.dateTexts)
	authors := people(feed.Authors)
	for _, i := range feed.Entries {
		if ctx.Err() != nil {
			return news.Document{}, ctx.Err()
		}
		it := g.item(extensions(i.Extensions), doc.Link)
		e := it.atomEntry(i)
		if len(e.Authors) == 0 {
			e.Authors = authors
		}
		if it.cut && !worthKeeping(e, doc.Entries) {
			continue
		}
		doc.Entries = append(doc.Entries, e)
	}
	return doc, nil
}

func (r *entryReader) atomEntry(i *atom.Entry) news.Entry {
	var title string
	if f, _ := r.field("title"); f.kind == base64Kind {
		title = plain(r.atomText("title", i.Title))
	} else {
		title = f.kind.title(i.Title)
	}
	e := news.Entry{
		Title:     first(title, plain(r.x.value("dc", "title")), r.x.mediaTitle()),
		GUID:      r.text("id", "guid"),
		Published: r.date("published", "issued", "created", "pubdate", "dcterms:issued", "dcterms:created", "dc:date", "prism:publicationdate"),
		Updated:   r.date("updated", "modified", "dcterms:modified", "prism:modificationdate"),
		Authors:   cleanList(append(people(i.Authors), r.authors()...)),
		Rights:    plain(first(r.atomText("rights", i.Rights), r.x.value("dc", "rights"), r.x.value("media", "copyright"))),
		Source:    r.source(),
	}
	link := join(r.baseFor("link"), alternate(i.Links))
	isCanonical := func(l *atom.Link) bool { return l.Rel == "canonical" && l.Href != "" }
	if c := slices.IndexFunc(i.Links, isCanonical); c >= 0 && redirects(parseBase(link)) {
		e.URL = safeAddress(join(r.baseFor("link"), i.Links[c].Href))
	} else {
		e.URL = safeAddress(first(join(r.baseFor("link"), r.originURL(link, "")), link))
	}
	if i.Content != nil && e.URL == "" {
		e.URL = safeAddress(join(r.baseFor("content"), i.Content.Src))
	}
	if e.URL == "" {
		e.URL = safeAddress(r.permalink("id", e.GUID))
	}
	if i.Source != nil {
		r.atomSource(&e, i.Source)
	}
	var enclosures []news.Enclosure
	for _, l := range i.Links {
		if isOriginRelation(l.Rel) && l.Href != "" {
			e.Links = append(e.Links, r.link(l.Rel, l.Href, l.Title))
		}
		if strings.EqualFold(l.Rel, "enclosure") {
			enclosures = append(enclosures, news.Enclosure{URL: l.Href, Type: l.Type, Length: size(l.Length), Title: plain(l.Title)})
		}
	}
	e.Links = append(e.Links, r.links()...)
	var categories []string
	for _, c := range i.Categories {
		categories = append(categories, first(c.Label, c.Term))
	}
	e.Categories = r.categories(categories)
	e.Summary, e.Content = r.atomTexts(i, e.URL)
	e.Enclosures = r.media(enclosures, e.URL)
	return finishEntry(e)
}

// atomText turns gofeed's result for a text into HTML.
func (r *entryReader) atomText(name, text string) string {
	f, _ := r.field(name)
	if f.kind != base64Kind {
		return f.kind.html(text)
	}
	decoded := decode64(text)
	if decoded == "" && name != "content" {
		return text // a title of an unknown media type is treated as text
	}
	return decoded
}

func (r *entryReader) atomTexts(i *atom.Entry, address string) (summary, content string) {
	summary = r.atomText("summary", i.Summary)
	if summary == "" {
		summary, _ = r.markup("description")
	}
	if summary == "" {
		summary = first(r.x.value("dc", "description"), r.x.value("itunes", "summary"), r.x.mediaText("description"))
	}
	if i.Content != nil && !isBinary(i.Content.Value) {
		content = r.atomText("content", i.Content.Value)
	}
	from := "content"
	if content == "" {
		content, from = r.markup("content:encoded")
	}
	return resolveHTML(summary, r.htmlBase("summary", address)), resolveHTML(content, r.htmlBase(from, address))
}

// atomSource reads the feed from which an entry was taken. The authors of that feed are used if the entry has none.
func (r *entryReader) atomSource(e *news.Entry, s *atom.Source) {
	e.Source = news.Reference{Title: plain(s.Title), URL: safeAddress(join(r.baseFor("source"), alternate(s.Links)))}
	if e.Source.URL == "" && isWebAddress(s.ID) {
		e.Source.URL = s.ID
	}
	if len(e.Authors) == 0 {
		e.Authors = people(s.Authors)
	}
}

// alternate chooses the page that belongs to a feed or entry: HTML before other types.
func alternate(links []*atom.Link) string {
	found := ""
	for _, l := range links {
		if !strings.EqualFold(l.Rel, "alternate") || l.Href == "" {
			continue
		}
		if strings.Contains(l.Type, "html") {
			return l.Href
		}
		if found == "" {
			found = l.Href
		}
	}
	return found
}

func people(persons []*atom.Person) []string {
	var all []string
	for _, p := range persons {
		all = append(all, person(first(p.Name, p.Email)))
	}
	return cleanList(all)
}
