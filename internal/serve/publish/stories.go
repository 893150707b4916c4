package publish

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"headwater/internal/news"
)

// Limits of an entry: feed readers fetch the whole document again for each change.
const (
	maxMembers = 60
	maxSummary = 500 // characters
)

// Site is where the pages that entries lead back to live.
type Site struct {
	URL      string // absolute address of the front page
	Instance string // tells this newsroom's ids from those of any other; kept in its store
}

// Items gives an item a story, in the order given. Stories without members are left out.
func (s Site) Items(stories []news.Story) []Item {
	items := make([]Item, 0, len(stories))
	for _, st := range stories {
		if len(st.Members) > 0 {
			items = append(items, s.item(st))
		}
	}
	return items
}

// StoryID is the id of a story's entry: a version 5 UUID of the instance and the story's number, and of nothing else.
// So it stays the same while the story grows, and when the server restarts or moves to another address.
func (s Site) StoryID(id int64) string { return s.uuid("story/" + strconv.FormatInt(id, 10)) }

// ChannelID is the id of a feed, told apart by its name: "all", "topic/whales", "search/red tide".
func (s Site) ChannelID(name string) string { return s.uuid("channel/" + name) }

func (s Site) uuid(name string) string {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:headwater:"+s.Instance))
	return uuid.NewSHA1(space, []byte(name)).URN()
}

// StoryPage is the address of a story's page.
func (s Site) StoryPage(id int64) string {
	return strings.TrimSuffix(s.URL, "/") + "/story/" + strconv.FormatInt(id, 10)
}

func (s Site) item(st news.Story) Item {
	lead := st.Current()
	page := s.StoryPage(st.ID)
	it := Item{
		ID:        s.StoryID(st.ID),
		Title:     st.Headline(),
		URL:       cmp.Or(Absolute(st.Link()), Absolute(lead.Article.URL), page),
		Page:      page,
		Author:    reference(Author(st)),
		Level:     cmp.Or(st.Origin.Level, news.LevelEarliest),
		Named:     st.Origin.Named() && st.Origin.Key() != "",
		Absence:   st.Origin.Absence(),
		Headline:  Line(st.Origin.Title),
		Lang:      lead.Article.Lang,
		Summary:   Cut(Line(lead.Article.Summary), maxSummary),
		Body:      template.HTML(lead.Article.HTML), // sanitised before it was stored
		Files:     enclosures(st),
		Published: st.First,
		Updated:   changed(st),
	}
	it.Members, it.More = others(st, it)
	it.Source = it.Author
	if !it.Leads() {
		it.Source = reference(lead.Article.Outlet)
	}
	return it
}

// Author is the outlet that a story goes back to, or that of its lead where the origin is unknown.
func Author(st news.Story) news.Outlet {
	if st.Origin.Key() == "" {
		return st.Lead().Article.Outlet
	}
	return st.Origin.Outlet
}

// Name is how readers know an outlet: its name, or its domain where it has none.
func Name(o news.Outlet) string { return cmp.Or(Line(o.Name), Line(o.Domain), "Unknown outlet") }

func reference(o news.Outlet) news.Reference {
	if o.Domain == "" {
		return news.Reference{Title: Name(o)}
	}
	return news.Reference{Title: Name(o), URL: Absolute("https://" + o.Domain + "/")}
}

func changed(st news.Story) time.Time {
	if st.Changed.IsZero() {
		return st.Latest
	}
	return st.Changed
}

// others lists the newest version of each outlet, but for the one that the item leads to.
func others(st news.Story, it Item) (links []Link, more int) {
	rel := "related"
	if it.Named {
		rel = "via"
	}
	for _, r := range st.Reports() {
		a, role := r.Newest().Article, r.Role()
		if role == news.RoleOriginal || Absolute(a.URL) == it.URL && !it.Named {
			continue
		}
		links = append(links, Link{Rel: rel, URL: a.URL, Title: a.Headline(), Outlet: Name(a.Outlet), Role: role})
	}
	links = slices.DeleteFunc(links, func(l Link) bool { return Absolute(l.URL) == "" })
	if len(links) > maxMembers {
		return links[:maxMembers], len(links) - maxMembers
	}
	return links, 0
}
