// Package publish writes stories as Atom 1.0 (RFC 4287), RSS 2.0 and JSON Feed 1.1: one entry a story, which leads to
// the origin and lists the others. It knows nothing of HTTP.
package publish

import (
	"cmp"
	"html/template"
	"time"

	"headwater/internal/news"
)

// generator names the program in the feeds that carry such an element.
const generator = "Headwater"

// Channel is a feed to write.
type Channel struct {
	ID          string // a URI that stays the same for good, see Site.ChannelID
	Title       string
	Description string
	Home        string    // absolute address of the page that shows the same stories
	Self        string    // absolute address of this very document
	First       string    // of the first part of the feed, where this may be a later one (RFC 5005, section 3)
	Next        string    // of the part with older stories; "" on the last
	Hub         string    // of the WebSub hub that is told of changes; "" is none
	Updated     time.Time // the channel is no older than this, nor than its newest item
	Items       []Item
}

// Item is one entry, ready to be written: plain text is one line and every address is absolute.
type Item struct {
	ID        string // see Site.StoryID
	Title     string
	URL       string         // where the entry leads: the origin where its address is known, else the best member, else Page
	Page      string         // the story's own page
	Author    news.Reference // the outlet that wrote it and its site; URL is empty where its domain is unknown
	Source    news.Reference // the outlet that URL leads to, likewise
	Level     string         // how sure the origin is, as in news.Origin
	Named     bool           // the origin is only named by the members
	Absence   string         // says so where Named: "not among your feeds"
	Headline  string         // of the page at URL, where the origin is only named and that page was read; else ""
	Lang      string         // ISO 639-1, or ""
	Summary   string         // plain text
	Body      template.HTML  // sanitised, of the member that stands for the story; "" where only a summary is wanted
	Members   []Link         // the others, in the order of the story
	More      int            // members left out of Members
	Files     []news.Enclosure
	Published time.Time
	Updated   time.Time // moves when the story's membership or origin does
}

// Link is another version of a story.
type Link struct {
	Rel    string // "via" for the members that name an origin which no feed carries, else "related"
	URL    string
	Title  string
	Outlet string
	Role   news.Role
}

// epoch stands for the time of a channel that never held anything: Atom requires one, and it must not move.
var epoch = time.Unix(0, 0).UTC()

// Stamp is when the channel last changed, in UTC and whole seconds; 1970 for one without items and time.
func (c Channel) Stamp() time.Time {
	t := c.Updated
	for _, it := range c.Items {
		if it.Updated.After(t) {
			t = it.Updated
		}
	}
	return stamp(t)
}

func stamp(t time.Time) time.Time {
	if t.Before(epoch) {
		return epoch
	}
	return t.UTC().Truncate(time.Second)
}

// tidy gives the channel with every text and address safe to write and every required one filled in.
func (c Channel) tidy() Channel {
	c.Title = cmp.Or(Line(c.Title), generator)
	c.Description = cmp.Or(Line(c.Description), c.Title)
	c.Home, c.Self = Absolute(c.Home), Absolute(c.Self)
	c.First, c.Next, c.Hub = Absolute(c.First), Absolute(c.Next), Absolute(c.Hub)
	items := make([]Item, len(c.Items))
	for i, it := range c.Items {
		items[i] = it.tidy()
	}
	c.Items = items
	return c
}

func (it Item) tidy() Item {
	it.Title = cmp.Or(Line(it.Title), "Untitled")
	it.Summary = Line(it.Summary)
	it.Lang = languageTag(it.Lang)
	it.URL, it.Page = Absolute(it.URL), Absolute(it.Page)
	it.Author, it.Source = tidyReference(it.Author), tidyReference(it.Source)
	it.Published, it.Updated = stamp(it.Published), stamp(it.Updated)
	var links []Link
	for _, l := range it.Members {
		l.URL, l.Title, l.Outlet = Absolute(l.URL), Line(l.Title), Line(l.Outlet)
		if l.URL != "" {
			links = append(links, l)
		}
	}
	it.Members, it.Files = links, Files(it.Files)
	return it
}

func tidyReference(r news.Reference) news.Reference {
	return news.Reference{Title: cmp.Or(Line(r.Title), "Unknown"), URL: Absolute(r.URL)}
}
