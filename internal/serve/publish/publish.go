// Package publish writes stories as Atom 1.0 (RFC 4287), RSS 2.0 and JSON Feed 1.1: one entry a story, which leads to
// the origin and lists the others. It knows nothing of HTTP.
//
// Title, author and link of an entry are the origin's, in its newest version; the newest versions of other outlets are links.
// The id of an entry is a UUID of instance and story, and its time of update is Story.Changed. Enclosures are those of the
// current version, and where that has no recording those of the first member with one.
//
// publish.go makes items of stories, and makes text and addresses safe to write, for the pages too; atom.go, rss.go and
// json.go each write a channel of items.
package publish

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

const (
	generator     = "Headwater" // names the program in the feeds that carry such an element
	maxMembers    = 60          // other versions of an entry: feed readers fetch the whole document again for each change
	maxSummary    = 500         // characters
	maxEnclosures = 30          // files of an entry
)

// Channel is a feed to write.
type Channel struct {
	ID          string // a URI that stays the same for good, see Site.ChannelID
	Title       string
	Description string
	Home        string    // absolute address of the page that shows the same stories
	Self        string    // absolute address of this very document
	First       string    // of the first part of the feed, where this may be a later one (RFC 5005, section 3)
	Next        string    // of the part with older stories; "" on the last
	Hub         string    // of the WebSub hub that is notified of changes; "" is none
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
	Body      template.HTML  // sanitised, of the story's current lead; "" where only a summary is asked for
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

// epoch is the time of a channel that never held anything: Atom requires a time, and it must not change.
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

// tidy makes every text and address safe to write, and fills in required ones.
func (c Channel) tidy() Channel {
	c.Title = cmp.Or(Line(c.Title), generator)
	c.Description = cmp.Or(Line(c.Description), c.Title)
	c.Home, c.Self = Absolute(c.Home), Absolute(c.Self)
	c.First, c.Next, c.Hub = Absolute(c.First), Absolute(c.Next), Absolute(c.Hub)
	c.Items = slices.Clone(c.Items)
	for i, it := range c.Items {
		c.Items[i] = it.tidy()
	}
	return c
}

func (it Item) tidy() Item {
	reference := func(r news.Reference) news.Reference {
		return news.Reference{Title: cmp.Or(Line(r.Title), "Unknown"), URL: Absolute(r.URL)}
	}
	it.Title = cmp.Or(Line(it.Title), "Untitled")
	it.Summary = Line(it.Summary)
	it.Lang = languageTag(it.Lang)
	it.URL, it.Page = Absolute(it.URL), Absolute(it.Page)
	it.Author, it.Source = reference(it.Author), reference(it.Source)
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

// Site is the web site whose pages entries link to.
type Site struct {
	URL      string // absolute address of the front page
	Instance string // keeps the ids of this installation apart from those of others; kept in its store
}

// Items makes an item of each story, in the order given. Stories without members are left out.
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

// ChannelID is the id of a feed by its name: "all", "topic/whales", "search/red tide".
func (s Site) ChannelID(name string) string { return s.uuid("channel/" + name) }

func (s Site) uuid(name string) string {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:headwater:"+s.Instance))
	return uuid.NewSHA1(space, []byte(name)).URN()
}

// item makes the entry of a story. Its members are the newest versions of the outlets, but for the one that it leads to.
func (s Site) item(st news.Story) Item {
	lead := st.Current()
	page := strings.TrimSuffix(s.URL, "/") + "/story/" + strconv.FormatInt(st.ID, 10)
	reference := func(o news.Outlet) news.Reference {
		r := news.Reference{Title: Name(o)}
		if o.Domain != "" {
			r.URL = Absolute("https://" + o.Domain + "/")
		}
		return r
	}
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
		Updated:   st.Changed,
	}
	if it.Updated.IsZero() {
		it.Updated = st.Latest
	}
	rel := "related"
	if it.Named {
		rel = "via"
	}
	for _, r := range st.Reports() {
		a, role := r.Newest().Article, r.Role()
		u := Absolute(a.URL)
		if role == news.RoleOriginal || u == "" || u == it.URL && !it.Named {
			continue
		}
		it.Members = append(it.Members, Link{Rel: rel, URL: a.URL, Title: a.Headline(), Outlet: Name(a.Outlet), Role: role})
	}
	if len(it.Members) > maxMembers {
		it.Members, it.More = it.Members[:maxMembers], len(it.Members)-maxMembers
	}
	it.Source = it.Author
	if !it.Leads() {
		it.Source = reference(lead.Article.Outlet)
	}
	return it
}

// Author is the outlet of a story's origin, or of its lead where the origin is unknown.
func Author(st news.Story) news.Outlet {
	if st.Origin.Key() == "" {
		return st.Lead().Article.Outlet
	}
	return st.Origin.Outlet
}

// Name is how readers know an outlet: its name, or its domain where it has none.
func Name(o news.Outlet) string { return cmp.Or(Line(o.Name), Line(o.Domain), "Unknown outlet") }

//go:embed entry.html
var entryHTML string

var entry = template.Must(template.New("entry").Parse(entryHTML))

// HTML is the item's content: its body or else a summary, who wrote it and the other versions. It holds no time and no score,
// so that it changes only when the story does.
func (it Item) HTML() (string, error) {
	var b strings.Builder
	if err := entry.Execute(&b, it.tidy()); err != nil {
		return "", fmt.Errorf("content of entry %s: %w", it.ID, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// Leads says whether the item leads to the origin's own article, and not to a member that names it or to our page.
func (it Item) Leads() bool {
	if it.URL == "" || it.URL == it.Page {
		return false
	}
	for _, l := range it.Members {
		if l.URL == it.URL {
			return false
		}
	}
	return true
}

// Label is the role as readers see it.
func (l Link) Label() string {
	switch l.Role {
	case news.RoleCopy:
		return "Copy"
	case news.RoleRewrite:
		return "Rewrite"
	case news.RoleExcerpt:
		return "Excerpt"
	default:
		return "Original"
	}
}

// label is the title of a link to a version, for formats whose links carry one.
func (l Link) label() string {
	s := l.Label()
	if l.Outlet != "" {
		s += " by " + l.Outlet
	}
	if l.Title != "" {
		s += ": " + l.Title
	}
	return s
}

// enclosures are the files of a story: those of its current version, and where that has no recording, of the first member that
// has one.
func enclosures(st news.Story) []news.Enclosure {
	plays := func(a news.Article) bool { return slices.ContainsFunc(a.Enclosures, news.Enclosure.Plays) }
	lead := st.Current().Article
	all := slices.Clone(lead.Enclosures)
	if !plays(lead) {
		for _, m := range st.Members {
			if plays(m.Article) {
				all = append(all, m.Article.Enclosures...)
				break
			}
		}
	}
	return all
}

// Files gives the enclosures with absolute addresses, safe to show and write, each once.
func Files(all []news.Enclosure) []news.Enclosure {
	var out []news.Enclosure
	seen := map[string]bool{}
	for _, e := range all {
		e.URL, e.Type, e.Title = Absolute(e.URL), strings.ToLower(Line(e.Type)), Line(e.Title)
		e.Length, e.Duration = max(e.Length, 0), max(e.Duration, 0)
		if e.URL != "" && !seen[e.URL] && len(out) < maxEnclosures {
			seen[e.URL] = true
			out = append(out, e)
		}
	}
	return out
}

// mime is an enclosure's media type where it is known whole, and not only as "image/*".
func mime(e news.Enclosure) string {
	if strings.HasSuffix(e.Type, "*") {
		return ""
	}
	return e.Type
}

// Line gives s as one line of text that XML, JSON and HTML can all carry: no control characters, no bytes that are not
// UTF-8, white space folded.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r&0xFFFE == 0xFFFE, r == utf8.RuneError: // XML 1.0 forbids these, or most of them
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// Absolute gives an address as an absolute http or https URL, encoded, or "" where it is none.
func Absolute(address string) string {
	u, err := weburl.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// Cut shortens s to at most n characters at the end of a word, with an ellipsis.
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)[:n]
	for i := len(runes) - 1; i > n/2; i-- {
		if unicode.IsSpace(runes[i]) {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimRightFunc(string(runes), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r)
	}) + "…"
}

// languageTag gives tags of letters, digits and hyphens only: xml:lang takes nothing else.
func languageTag(tag string) string {
	for _, r := range tag {
		if r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			return ""
		}
	}
	return tag
}
