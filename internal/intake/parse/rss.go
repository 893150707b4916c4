package parse

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed/rss"

	"headwater/internal/news"
)

// readRSS lets gofeed parse the output of the guard and adds the fields that the guard captured.
func readRSS(ctx context.Context, g *guard) (news.Document, error) {
	feed, err := new(rss.Parser).Parse(&contextReader{ctx, g.out})
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

// The elements with the time of publication and of the last change. The first that is a date counts.
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
	link = first(r.originURL(join(r.baseFor("link"), link), permalink), link)
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
	return finishEntry(e)
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

// maxInterval is the maximum poll interval that a feed may ask for.
const maxInterval = 30 * 24 * time.Hour

// ttl reads <ttl>, in minutes.
func ttl(minutes string) time.Duration {
	return min(time.Duration(min(size(minutes), 1e6))*time.Minute, maxInterval)
}

// period reads the syndication module: a number of updates per hour, day and so on. Without a period the frequency is per day,
// which is the module's default.
func period(x extensions) time.Duration {
	frequency := size(x.value("sy", "updatefrequency"))
	var period time.Duration
	switch strings.ToLower(strings.TrimSpace(x.value("sy", "updateperiod"))) {
	case "hourly":
		period = time.Hour
	case "daily":
		period = 24 * time.Hour
	case "weekly":
		period = 7 * 24 * time.Hour
	case "monthly", "yearly":
		period = maxInterval
	case "":
		if frequency > 0 {
			period = 24 * time.Hour
		}
	}
	return period / time.Duration(min(max(frequency, 1), 10000))
}

// skips reads <skipHours>, 0 to 23 in GMT (24 is midnight in the first drafts), and <skipDays>, days of the week in
// English. A feed that skips every hour or every day is treated as one that skips none.
func skips(hours, days []string) news.Skips {
	var s news.Skips
	for _, text := range hours {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 && n <= 24 {
			s.Hours |= 1 << (n % 24)
		}
	}
	for _, text := range days {
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(strings.TrimSpace(text), d.String()) {
				s.Days |= 1 << d
			}
		}
	}
	if s.Hours == 1<<24-1 {
		s.Hours = 0
	}
	if s.Days == 1<<7-1 {
		s.Days = 0
	}
	return s
}
