package greader

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

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
	p, err := c.readPage(stream, maxContents)
	if err != nil {
		return doc, err
	}
	ids := make([]int64, len(p.items))
	for i, it := range p.items {
		ids[i] = it.ID
	}
	if doc, err = c.contents(stream, ids); err != nil {
		return doc, err
	}
	doc.Continuation = p.next
	return doc, nil
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
	shelf, err := c.shelf()
	if err != nil {
		return doc, err
	}
	feeds := make(map[int64]news.Feed, len(shelf.feeds))
	for _, f := range shelf.feeds {
		feeds[f.ID] = f
		if stream == feedID(f.ID) {
			doc.Title = f.Title
		}
	}
	for _, a := range articles {
		it := itemOf(a, feeds[a.FeedID], states[a.ID])
		if story, leads := led[a.ID]; leads {
			it.lead(story, shelf.once)
		}
		if name, ok := strings.CutPrefix(stream, labelPrefix); ok && !slices.Contains(it.Categories, labelPrefix+name) {
			it.Categories = append(it.Categories, labelPrefix+name) // a topic's, which nothing else tells
		}
		doc.Items = append(doc.Items, it)
	}
	return doc, nil
}

func itemOf(a news.Article, f news.Feed, state news.ItemState) item {
	it := item{
		ID:      fmt.Sprintf("%s%016x", itemPrefix, uint64(a.ID)),
		Crawled: strconv.FormatInt(a.Seen.UnixMilli(), 10), Timestamp: usec(a.Seen),
		Published: a.Time().Unix(), Title: publish.Line(a.Headline()), Author: publish.Name(a.Outlet),
		Canonical: []link{}, Alternate: []link{},
		Summary:    content{direction(a.Lang), shown(a)},
		Origin:     origin{feedID(a.FeedID), f.Title, publish.Absolute(f.Site)},
		Categories: categories(f, state),
	}
	if it.Origin.Title == "" {
		it.Origin.Title = publish.Name(a.Outlet)
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
	return it
}

func categories(f news.Feed, state news.ItemState) []string {
	all := []string{statePrefix + stateAll}
	if state.Read {
		all = append(all, statePrefix+stateRead)
	}
	if state.Starred {
		all = append(all, statePrefix+stateStarred)
	}
	if f.Folder != "" {
		all = append(all, labelPrefix+f.Folder)
	}
	for _, l := range state.Labels {
		if l != f.Folder {
			all = append(all, labelPrefix+l)
		}
	}
	return all
}

// direction is that of the languages which are written from right to left.
func direction(lang string) string {
	switch lang {
	case "ar", "fa", "he", "ur", "yi", "ps", "ckb", "dv", "ug", "sd":
		return "rtl"
	}
	return "ltr"
}

// shown is the article's HTML, sanitised before it was stored, or its text in paragraphs.
func shown(a news.Article) string {
	if a.HTML != "" {
		return ownPicture(a) + a.HTML
	}
	var b strings.Builder
	b.WriteString(ownPicture(a))
	for p := range strings.SplitSeq(a.Body(), "\n\n") {
		if p != "" {
			b.WriteString("<p>" + html.EscapeString(p) + "</p>")
		}
	}
	return b.String()
}

// ownPicture is the picture that an item without one in its text brings, as most readers show no enclosures.
func ownPicture(a news.Article) string {
	if strings.Contains(a.HTML, "<img") {
		return ""
	}
	for _, e := range a.Enclosures {
		if u := publish.Absolute(e.URL); u != "" && e.IsPicture() {
			return `<p><img src="` + html.EscapeString(u) + `" alt=""></p>`
		}
	}
	return ""
}

// maxVersions bounds the list of a story's other versions.
const maxVersions = 60

// lead makes of the item the entry of its story: under who wrote it first, with the newest version
// of each other outlet below the text, and its own outlet's where that is newer. The item stays the lead: what was read does
// not come back unread.
func (it *item) lead(story news.Story, once string) {
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

// stamp is a time as Atom has it.
func stamp(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }
