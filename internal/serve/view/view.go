// Package view has the shapes in which stories, articles, topics and feeds are given as JSON, by the command line and by
// the REST API alike. Their tags tell the API's description what the keys mean. A list is never null.
package view

import (
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
)

// Outlet is who published an article.
type Outlet struct {
	Name   string `json:"name" doc:"as readers know it"`
	Domain string `json:"domain" doc:"its registrable domain, or empty where it is not known"`
	Agency bool   `json:"agency,omitempty" doc:"others rerun it"`
}

// Evidence is one reason for a decision.
type Evidence struct {
	Kind   string  `json:"kind" doc:"what sort of reason it is"`
	Detail string  `json:"detail" doc:"the reason, in words"`
	Weight float64 `json:"weight" doc:"in log-odds: positive speaks for the decision, negative against it"`
}

// Story is the articles that derive from one original text.
type Story struct {
	ID      int64     `json:"id" doc:"its number, which it keeps; a merged story leads to the one that took it in"`
	Event   int64     `json:"event" doc:"the event it tells of; stories of one event tell it independently"`
	Title   string    `json:"title" doc:"the headline of the origin's newest version, or of the first member's where the origin is only named; of a post without one its opening words"`
	Origin  Origin    `json:"origin" doc:"what it goes back to"`
	Outlets int       `json:"outlets" doc:"how many different outlets carry it"`
	First   time.Time `json:"first" doc:"its earliest member"`
	Latest  time.Time `json:"latest" doc:"its newest member"`
	Members []Member  `json:"members" nullable:"false" doc:"the original first, then by time"`

	Promotional bool `json:"promotional,omitempty" doc:"it is no news: all its articles say themselves that they are advertisements"`
	Aged        int  `json:"aged_out,omitempty" doc:"how many of its articles were aged out (keep); where it has no members, all it had"`
	Template    bool `json:"template,omitempty" doc:"one of a series: all its articles are made by templates of their outlets, such as prices, notices and programmes"`
}

// Origin is what a story goes back to.
type Origin struct {
	Name       string     `json:"name" doc:"the outlet that wrote it"`
	Domain     string     `json:"domain" doc:"the outlet's domain, or empty where it is not known"`
	URL        string     `json:"url" doc:"the article's address, or the link that the members give, or empty"`
	Title      string     `json:"title,omitempty" doc:"the headline of the page at url, where the origin is only named and that page was read"`
	Article    int64      `json:"article" doc:"0 where the origin is only named by its members"`
	Followed   bool       `json:"followed,omitempty" doc:"the origin is only named, and yet a feed of ours is that outlet's or brought items of it: none of those was matched"`
	Absence    string     `json:"absence,omitempty" doc:"the same in words where the origin is only named: 'not among your feeds'"`
	Level      string     `json:"level" enum:"Original,Likely original,Earliest seen" doc:"how sure that is, in words"`
	Confidence float64    `json:"confidence" minimum:"0" maximum:"1" doc:"how sure that is"`
	Evidence   []Evidence `json:"evidence" nullable:"false" doc:"the reasons for it and the best against it"`
	Scoop      *Scoop     `json:"scoop,omitempty" doc:"who had the news first, where that is not the outlet that wrote the text"`
}

// Scoop is who had a story's news first.
type Scoop struct {
	Name    string `json:"name" doc:"the outlet that was first"`
	Domain  string `json:"domain" doc:"its domain, or empty where it is not known"`
	URL     string `json:"url" doc:"the article's address, or the link that the credit gives, or empty"`
	Article int64  `json:"article" doc:"its article in the story; 0 where it is only named"`
	By      string `json:"by" doc:"the outlet that says so"`
	Text    string `json:"text" doc:"its words"`
}

// Member is an article in a story.
type Member struct {
	Article  int64      `json:"article" doc:"the article's number"`
	Title    string     `json:"title" doc:"its headline"`
	URL      string     `json:"url" doc:"its address"`
	Outlet   Outlet     `json:"outlet" doc:"who published it"`
	Time     time.Time  `json:"time" doc:"the best guess at when it came out"`
	Role     news.Role  `json:"role" enum:"original,copy,rewrite,excerpt" doc:"what it is to the story"`
	Share    float64    `json:"share" minimum:"0" maximum:"1" doc:"share of its own prose that stands in the origin, or in what it carries"`
	Carries  int64      `json:"carries,omitempty" doc:"the article of the story whose text it carries, where that is not the origin's"`
	Evidence []Evidence `json:"evidence" nullable:"false" doc:"why it is in the story"`

	Enclosures []Enclosure `json:"enclosures,omitempty" nullable:"false" doc:"recordings, pictures and other files that come with it"`

	ReplacedBy int64     `json:"replaced_by,omitempty" doc:"the newest version of this outlet's report, or the listing that stands for it, where that is another article; left out of lists"`
	Versions   []Version `json:"versions,omitempty" nullable:"false" doc:"of the newest version of a running report: all of them, newest first; left out of lists"`

	Comparison *Comparison `json:"comparison,omitempty" doc:"what it takes from the origin and adds; left out of lists and of an original"`
}

// StoryOf shows a story.
func StoryOf(s news.Story) Story {
	o := s.Origin
	return Story{
		ID: s.ID, Event: s.Event, Title: s.Title, Outlets: s.Outlets, First: s.First, Latest: s.Latest,
		Origin: Origin{
			Name: o.Name, Domain: o.Domain, URL: o.URL, Title: o.Title, Article: o.Article, Followed: o.Followed, Absence: o.Absence(),
			Level: o.Level, Confidence: o.Confidence, Evidence: EvidenceOf(o.Evidence), Scoop: scoopOf(o.Scoop),
		},
		Members: All(s.Members, memberOf), Promotional: s.Promotional(), Aged: s.Aged, Template: s.Template,
	}
}

func memberOf(m news.Member) Member {
	return Member{
		Article: m.Article.ID, Title: m.Article.Headline(), URL: m.Article.URL, Outlet: Outlet(m.Article.Outlet), Time: m.Article.Time(),
		Role: m.Role, Share: m.Share, Carries: m.Carries, Evidence: EvidenceOf(m.Evidence), Enclosures: All(m.Article.Enclosures, EnclosureOf),
	}
}

// Enclosure is a file that comes with an article.
type Enclosure struct {
	URL      string `json:"url" doc:"its address"`
	Type     string `json:"type" doc:"its media type, such as audio/mpeg, or empty where it is not known"`
	Length   int64  `json:"length" doc:"bytes; 0 where it is not known"`
	Duration int64  `json:"duration" doc:"how long it plays, in seconds; 0 where it is not known"`
	Title    string `json:"title" doc:"what the feed calls it, or empty"`
}

// EnclosureOf shows an enclosure.
func EnclosureOf(e news.Enclosure) Enclosure {
	return Enclosure{URL: e.URL, Type: e.Type, Length: e.Length, Duration: e.Duration, Title: e.Title}
}

func scoopOf(s news.Scoop) *Scoop {
	if s.Key() == "" {
		return nil
	}
	return &Scoop{Name: s.Name, Domain: s.Domain, URL: s.URL, Article: s.Article, By: s.By, Text: s.Text}
}

// EvidenceOf shows reasons.
func EvidenceOf(list []news.Evidence) []Evidence {
	return All(list, func(e news.Evidence) Evidence { return Evidence(e) })
}

// Claim is a credit that an article makes.
type Claim struct {
	Kind   news.ClaimKind `json:"kind" doc:"what sort of credit it is, such as dateline, source, scoop or report"`
	Outlet string         `json:"outlet" doc:"the outlet that is credited"`
	Domain string         `json:"domain" doc:"its domain, or empty where it is not known"`
	URL    string         `json:"url" doc:"the address that the credit links to, or empty"`
	Text   string         `json:"text" doc:"the words that make the claim"`
}

// ClaimOf shows a claim.
func ClaimOf(c news.Claim) Claim {
	return Claim{Kind: c.Kind, Outlet: c.Outlet, Domain: c.Domain, URL: c.URL, Text: c.Text}
}

// Found is an article that a search found.
type Found struct {
	ID        int64     `json:"id" doc:"the article's number"`
	Story     int64     `json:"story" doc:"the story that it is in; 0 while it is not settled"`
	Title     string    `json:"title" doc:"its headline"`
	URL       string    `json:"url" doc:"its address"`
	Outlet    Outlet    `json:"outlet" doc:"who published it"`
	Published time.Time `json:"published" doc:"the best guess at when it came out"`
	Undated   bool      `json:"undated,omitempty" doc:"nobody knows when it came out: it had no date in its feed's first document, and published is when it was first seen"`
	Score     float64   `json:"score" doc:"how well it matches, to be compared within one search; 0 in other orders"`
	Others    int       `json:"others,omitempty" doc:"further members of its story that match, where stories are asked for"`
	Snippet   []Piece   `json:"snippet" nullable:"false" doc:"the part of its text around the first match, in pieces"`
}

// FoundOf shows a found article.
func FoundOf(f search.FoundArticle) Found {
	return Found{
		ID: f.Article.ID, Story: f.Story, Title: f.Article.Headline(), URL: f.Article.URL, Outlet: Outlet(f.Article.Outlet),
		Published: f.Article.Time(), Undated: f.Article.Undated, Score: f.Score, Others: f.Others, Snippet: append([]Piece{}, Snippet(f.Text(), f.Body)...),
	}
}

// Facet counts the articles found by one property.
type Facet struct {
	Field  string       `json:"field" enum:"outlet,origin,lang,day" doc:"what is counted by"`
	Values []FacetValue `json:"values" nullable:"false" doc:"the most frequent 10 first; days the newest 31 first"`
}

// FacetValue is how many of the articles found have a value.
type FacetValue struct {
	Name  string `json:"name" doc:"the value"`
	Query string `json:"query" doc:"what to add to the query to find only those"`
	Count int    `json:"count" doc:"how many articles"`
}

// FacetOf shows a facet.
func FacetOf(f search.Facet) Facet {
	return Facet{f.Field, All(f.Values, func(v search.FacetValue) FacetValue { return FacetValue(v) })}
}

// Topic is a saved query that somebody follows.
type Topic struct {
	Name  string    `json:"name" doc:"unique"`
	Query string    `json:"query" doc:"the search that it follows"`
	Added time.Time `json:"added" doc:"when it was first followed"`
	New   int       `json:"new" doc:"stories that matched since it was last seen"`
	TopicOptions
}

// TopicOptions narrow a topic down. The zero value leaves all that its query finds.
type TopicOptions struct {
	Originals  bool     `json:"originals" required:"false" doc:"only stories whose original is among what the query finds"`
	MinOutlets int      `json:"min_outlets" required:"false" minimum:"0" doc:"only stories that at least so many outlets carry"`
	Langs      []string `json:"langs" required:"false" nullable:"false" doc:"only articles in these languages, as ISO 639-1; none is all"`
	Muted      []string `json:"muted" required:"false" nullable:"false" doc:"outlets whose articles do not count, by domain or name"`
}

// TopicOf shows a topic.
func TopicOf(t news.Topic) Topic {
	o := t.Options
	return Topic{
		Name: t.Name, Query: t.Query, Added: t.Added, New: t.New,
		TopicOptions: TopicOptions{o.Originals, o.MinOutlets, append([]string{}, o.Langs...), append([]string{}, o.Muted...)},
	}
}

// Feed is a subscribed address and how it is.
type Feed struct {
	ID       int64          `json:"id" doc:"its number"`
	URL      string         `json:"url" doc:"its address, as subscribed"`
	Title    string         `json:"title" doc:"what it is called"`
	Folder   string         `json:"folder" doc:"the folder that it is in, or empty"`
	FullText string         `json:"full_text" doc:"whether the pages of its items are read: auto, always, never, or empty for what the settings say"`
	State    news.FeedState `json:"state" doc:"how its last poll ended, such as ok, unreachable or not a feed"`
	Problem  string         `json:"problem" doc:"what happened and what to do; empty when all is well"`
	Articles int            `json:"articles" doc:"articles stored from it"`
	Checked  *time.Time     `json:"checked" doc:"its last poll; null before the first"`
	Due      *time.Time     `json:"due" doc:"its next poll; null means now"`
	Rule     news.Rule      `json:"rule" doc:"what set due, such as rhythm, cache, ttl, retry after or back-off; empty before the first poll"`
}

// FeedOf shows a feed.
func FeedOf(f news.Feed) Feed {
	return Feed{
		ID: f.ID, URL: f.URL, Title: f.Title, Folder: f.Folder, FullText: f.FullText, State: f.State, Problem: f.Problem, Articles: f.Articles,
		Checked: Time(f.Checked), Due: Time(f.Due), Rule: f.Rule,
	}
}

// Time is null where t is zero.
func Time(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// All shows each thing of a list. No list gives an empty one.
func All[T, V any](list []T, show func(T) V) []V {
	out := make([]V, 0, len(list))
	for _, one := range list {
		out = append(out, show(one))
	}
	return out
}
