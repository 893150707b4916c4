package greader

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/intake/clean"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

type link struct {
	Href string `json:"href"`
	Type string `json:"type,omitempty"`
}

type enclosure struct {
	Href   string `json:"href"`
	Type   string `json:"type,omitempty"`
	Length int64  `json:"length,omitempty"`
}

type content struct {
	Direction string `json:"direction"`
	Content   string `json:"content"`
}

type origin struct {
	Stream string `json:"streamId"`
	Title  string `json:"title"`
	Site   string `json:"htmlUrl"`
}

// item is an article as the API shows it.
type item struct {
	ID         string      `json:"id"`
	Crawled    string      `json:"crawlTimeMsec"`
	Timestamp  string      `json:"timestampUsec"`
	Published  int64       `json:"published"`
	Updated    int64       `json:"updated,omitempty"`
	Title      string      `json:"title"`
	Author     string      `json:"author"`
	Canonical  []link      `json:"canonical"`
	Alternate  []link      `json:"alternate"`
	Summary    content     `json:"summary"`
	Origin     origin      `json:"origin"`
	Categories []string    `json:"categories"`
	Enclosures []enclosure `json:"enclosure,omitempty"`
}

type contents struct {
	Direction    string `json:"direction"`
	ID           string `json:"id"`
	Title        string `json:"title"`
	Author       string `json:"author"`
	Updated      int64  `json:"updated"`
	Items        []item `json:"items"`
	Continuation string `json:"continuation,omitempty"`
}

func (c *call) streamContents() error {
	doc, err := c.readStream()
	if err != nil {
		return err
	}
	return c.json(doc)
}

func (c *call) readStream() (doc contents, err error) {
	stream, err := c.pathStream()
	if err != nil {
		return doc, err
	}
	items, next, err := c.readPage(stream, maxContents)
	if err != nil {
		return doc, err
	}
	ids := make([]int64, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	doc, err = c.contents(stream, ids)
	doc.Continuation = next
	return doc, err
}

func (c *call) itemContents() error {
	ids, err := c.items(maxContents)
	if err != nil {
		return err
	}
	doc, err := c.contents(statePrefix+stateAll, ids)
	if err != nil {
		return err
	}
	return c.json(doc)
}

// contents shows articles in the order given.
func (c *call) contents(stream string, ids []int64) (doc contents, err error) {
	doc = contents{Direction: "ltr", ID: stream, Title: c.title, Author: c.user.Name, Updated: c.now().Unix(), Items: []item{}}
	articles, err := c.backend.ArticlesByID(c.ctx(), ids)
	if err != nil {
		return doc, err
	}
	states, err := c.backend.States(c.ctx(), c.user.ID, ids)
	if err != nil {
		return doc, err
	}
	led, err := c.backend.StoriesLedBy(c.ctx(), ids)
	if err != nil {
		return doc, err
	}
	l, err := c.labels()
	if err != nil {
		return doc, err
	}
	feeds := make(map[int64]news.Feed, len(l.feeds))
	for _, f := range l.feeds {
		feeds[f.ID] = f
		if stream == feedID(f.ID) {
			doc.Title = f.Title
		}
	}
	for _, a := range articles {
		it := itemOf(a, feeds[a.FeedID], states[a.ID])
		if story, leads := led[a.ID]; leads {
			it.addStory(story, l.once)
		}
		if name, ok := strings.CutPrefix(stream, labelPrefix); ok && !slices.Contains(it.Categories, labelPrefix+name) {
			it.Categories = append(it.Categories, labelPrefix+name) // a topic's, which neither feed nor state holds
		}
		doc.Items = append(doc.Items, it)
	}
	return doc, nil
}

func itemOf(a news.Article, f news.Feed, state news.ItemState) item {
	it := item{
		ID:      fmt.Sprintf("%s%016x", itemPrefix, uint64(a.ID)),
		Crawled: strconv.FormatInt(a.Seen.UnixMilli(), 10), Timestamp: microseconds(a.Seen),
		Published: a.Time().Unix(), Title: publish.Line(a.Headline()), Author: publish.Name(a.Outlet),
		Canonical: []link{}, Alternate: []link{},
		Summary:    content{"ltr", itemHTML(a)},
		Origin:     origin{feedID(a.FeedID), cmp.Or(f.Title, publish.Name(a.Outlet)), publish.Absolute(f.Site)},
		Categories: []string{statePrefix + stateAll},
	}
	switch a.Lang {
	case "ar", "fa", "he", "ur", "yi", "ps", "ckb", "dv", "ug", "sd":
		it.Summary.Direction = "rtl"
	}
	if !a.Updated.IsZero() {
		it.Updated = a.Updated.Unix()
	}
	if u := publish.Absolute(a.URL); u != "" {
		it.Canonical, it.Alternate = []link{{Href: u}}, []link{{u, "text/html"}}
	}
	for _, e := range a.Enclosures {
		if u := publish.Absolute(e.URL); u != "" {
			it.Enclosures = append(it.Enclosures, enclosure{u, e.Type, e.Length})
		}
	}
	if state.Read {
		it.Categories = append(it.Categories, statePrefix+stateRead)
	}
	if state.Starred {
		it.Categories = append(it.Categories, statePrefix+stateStarred)
	}
	if f.Folder != "" {
		it.Categories = append(it.Categories, labelPrefix+f.Folder)
	}
	for _, l := range state.Labels {
		if l != f.Folder {
			it.Categories = append(it.Categories, labelPrefix+l)
		}
	}
	return it
}

// itemHTML is the article's HTML, sanitised before it was stored, or its text in paragraphs, as pages show it. The picture of an item without
// one in its text leads, as most clients show no enclosures.
func itemHTML(a news.Article) string {
	var b strings.Builder
	if !strings.Contains(a.HTML, "<img") {
		for _, e := range a.Enclosures {
			if u := publish.Absolute(e.URL); u != "" && e.IsPicture() {
				b.WriteString(`<p><img src="` + html.EscapeString(u) + `" alt=""></p>`)
				break
			}
		}
	}
	if a.HTML != "" {
		b.WriteString(clean.Readable(a.HTML, a.Title, nil))
		return b.String()
	}
	for p := range strings.SplitSeq(clean.ReadableText(a.Body()), "\n\n") {
		if p != "" {
			b.WriteString("<p>" + html.EscapeString(p) + "</p>")
		}
	}
	return b.String()
}

// maxVersions bounds the list of a story's other versions.
const maxVersions = 60

// addStory makes the item the entry of its story: the author is the one of the origin, and below the text are the newest
// versions of the other outlets, and of its own where that is newer. The item stays the lead, so that what was read does not
// come back unread.
func (it *item) addStory(story news.Story, once string) {
	it.Categories = append(it.Categories, labelPrefix+once)
	it.Author = publish.Name(publish.Author(story))
	var versions []string
	for _, r := range story.Reports() {
		m, what := r.Newest(), string(r.Role())
		u, lead := publish.Absolute(m.Article.URL), story.Lead().Article.ID
		if r.Versions[0].Has(lead) || u == "" {
			continue
		}
		if r.Has(lead) {
			what = "newer version"
		}
		versions = append(versions, fmt.Sprintf(`<li><a href="%s">%s</a> (%s)</li>`, html.EscapeString(u),
			html.EscapeString(publish.Name(m.Article.Outlet)), html.EscapeString(what)))
	}
	if story.Origin.Named() && story.Origin.Key() != "" {
		it.Summary.Content += "<p>" + html.EscapeString(fmt.Sprintf("%s: %s (%s)", story.Origin.Level, publish.Name(story.Origin.Outlet), story.Origin.Absence())) + "</p>"
	}
	if len(versions) > maxVersions {
		versions = append(versions[:maxVersions], fmt.Sprintf("<li>%d more</li>", len(versions)-maxVersions))
	}
	if len(versions) > 0 {
		it.Summary.Content += "<p>Other versions:</p><ul>" + strings.Join(versions, "") + "</ul>"
	}
}

// atomFeed is the Atom form of a stream, which older clients ask for. Categories of Google's scheme hold the states.
type atomFeed struct {
	XMLName      xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Reader       string      `xml:"xmlns:gr,attr"`
	ID           string      `xml:"id"`
	Title        string      `xml:"title"`
	Updated      string      `xml:"updated"`
	Continuation string      `xml:"gr:continuation,omitempty"`
	Entries      []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Crawled    string         `xml:"gr:crawl-timestamp-msec,attr"`
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Links      []atomLink     `xml:"link"`
	Author     string         `xml:"author>name"`
	Categories []atomCategory `xml:"category"`
	Content    atomContent    `xml:"content"`
}

type atomLink struct {
	Rel    string `xml:"rel,attr"`
	Href   string `xml:"href,attr"`
	Type   string `xml:"type,attr,omitempty"`
	Length int64  `xml:"length,attr,omitempty"`
}

type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr"`
	Label  string `xml:"label,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

const readerScheme = "http://www.google.com/reader/"

func (c *call) atom() error {
	doc, err := c.readStream()
	if err != nil {
		return err
	}
	stamp := func(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }
	category := func(id string) atomCategory {
		return atomCategory{id, readerScheme, strings.TrimPrefix(strings.TrimPrefix(id, statePrefix), labelPrefix)}
	}
	feed := atomFeed{
		Reader: "http://www.google.com/schemas/reader/atom/", ID: "tag:google.com,2005:reader/" + doc.ID, Title: doc.Title,
		Updated: stamp(doc.Updated), Continuation: doc.Continuation,
	}
	for _, it := range doc.Items {
		e := atomEntry{
			Crawled: it.Crawled, ID: it.ID, Title: it.Title, Author: it.Author, Content: atomContent{"html", it.Summary.Content},
			Published: stamp(it.Published), Updated: stamp(max(it.Updated, it.Published)),
		}
		for _, l := range it.Alternate {
			e.Links = append(e.Links, atomLink{Rel: "alternate", Href: l.Href, Type: l.Type})
		}
		for _, m := range it.Enclosures {
			e.Links = append(e.Links, atomLink{"enclosure", m.Href, m.Type, m.Length})
		}
		for _, id := range it.Categories {
			e.Categories = append(e.Categories, category(id))
		}
		if !slices.Contains(it.Categories, statePrefix+stateRead) {
			e.Categories = append(e.Categories, category(statePrefix+"fresh"))
		}
		feed.Entries = append(feed.Entries, e)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(feed); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, err = c.w.Write(b.Bytes())
	return c.sent(err)
}
