// Package view has the JSON shapes of stories, articles, topics and feeds, which the command line and the REST API share.
// Their tags become descriptions in OpenAPI, their type names become names of its schemas. A list is never null.
//
// In go types of news and search, out come shapes: story.go has those of stories and their corrections, and what all shapes
// share, search.go those of results, snippet.go what is shown of their texts, topic.go those of topics, alerts and feeds.
package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
)

// Time is null where t is zero.
func Time(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// All converts each item of a list. Nil gives an empty list.
func All[T, V any](list []T, show func(T) V) []V {
	out := make([]V, 0, len(list))
	for _, one := range list {
		out = append(out, show(one))
	}
	return out
}

// ParseSince reads a time from which on something is asked for: an RFC 3339 time, a day as 2026-08-18, or a stretch before
// now as 90m, 24h, 7d or 2w.
func ParseSince(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	for unit, long := range units {
		number, ok := strings.CutSuffix(s, unit)
		if n, err := strconv.ParseUint(number, 10, 20); ok && err == nil {
			return now.Add(-time.Duration(n) * long), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; give one as 2026-08-18T06:00:00Z, a day as 2026-08-18, or a stretch as 24h or 7d", s)
}

// Story is the articles that derive from one original text.
type Story struct {
	ID      int64     `json:"id" doc:"its number, which it keeps; a merged story leads to the one that took it in"`
	Event   int64     `json:"event" doc:"the event it tells of; stories of one event tell it independently"`
	Title   string    `json:"title" doc:"the headline of the origin's newest version, or of the first member's where the origin is only named; of a post without one its opening words"`
	Origin  origin    `json:"origin" doc:"what it goes back to"`
	Outlets int       `json:"outlets" doc:"how many different outlets carry it"`
	First   time.Time `json:"first" doc:"its earliest member"`
	Latest  time.Time `json:"latest" doc:"its newest member"`
	Members []member  `json:"members" nullable:"false" doc:"the original first, then by time"`

	Promotional bool `json:"promotional,omitempty" doc:"it is no news: all its articles say themselves that they are advertisements"`
	Aged        int  `json:"aged_out,omitempty" doc:"how many of its articles were aged out (keep); where it has no members, all it had"`
	Template    bool `json:"template,omitempty" doc:"one of a series: all its articles are made by templates of their outlets, such as prices, notices and programmes"`
}

// origin is the article, or only the outlet, that a story derives from.
type origin struct {
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
	Scoop      *scoop     `json:"scoop,omitempty" doc:"who had the news first, where that is not the outlet that wrote the text"`
}

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

// scoop is who had a story's news first.
type scoop struct {
	Name    string `json:"name" doc:"the outlet that was first"`
	Domain  string `json:"domain" doc:"its domain, or empty where it is not known"`
	URL     string `json:"url" doc:"the article's address, or the link that the credit gives, or empty"`
	Article int64  `json:"article" doc:"its article in the story; 0 where it is only named"`
	By      string `json:"by" doc:"the outlet that says so"`
	Text    string `json:"text" doc:"its words"`
}

// member is an article in a story.
type member struct {
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
	Versions   []version `json:"versions,omitempty" nullable:"false" doc:"of the newest version of a running report: all of them, newest first; left out of lists"`

	Comparison *comparison `json:"comparison,omitempty" doc:"what it takes from the origin and adds; left out of lists and of an original"`
}

// Enclosure is a file that comes with an article.
type Enclosure struct {
	URL      string `json:"url" doc:"its address"`
	Type     string `json:"type" doc:"its media type, such as audio/mpeg, or empty where it is not known"`
	Length   int64  `json:"length" doc:"bytes; 0 where it is not known"`
	Duration int64  `json:"duration" doc:"how long it plays, in seconds; 0 where it is not known"`
	Title    string `json:"title" doc:"what the feed calls it, or empty"`
}

// version is one version of a running report.
type version struct {
	ID        int64     `json:"id" doc:"the article's number"`
	URL       string    `json:"url" doc:"its address"`
	Title     string    `json:"title" doc:"its headline"`
	Published time.Time `json:"published" doc:"the best guess at when it came out"`
	Again     []int64   `json:"again,omitempty" nullable:"false" doc:"articles that are the same version, listed again"`
	Changed   *changes  `json:"changed,omitempty" doc:"from the version before it; left out of the first"`
}

// changes is how a version differs from the one before it.
type changes struct {
	Headline *headlineChange `json:"headline,omitempty" doc:"left out where it is the same"`
	Figures  []figureChange  `json:"figures" nullable:"false" doc:"the first of the figures that changed, each with a word beside it"`
	Added    []string        `json:"added" nullable:"false" doc:"the first of the sentences that are new"`
	Dropped  []string        `json:"dropped" nullable:"false" doc:"the first of the sentences that are gone"`
	Adds     int             `json:"adds" doc:"how many sentences are new"`
	Drops    int             `json:"drops" doc:"how many sentences are gone"`
}

// headlineChange is two headlines.
type headlineChange struct {
	Before  string   `json:"before" doc:"the headline of the version before"`
	After   string   `json:"after" doc:"the headline of this version"`
	Dropped []string `json:"dropped" nullable:"false" doc:"words that only the one before has"`
	Added   []string `json:"added" nullable:"false" doc:"words that only this one has"`
}

// figureChange is a figure that changed.
type figureChange struct {
	Before string `json:"before" doc:"such as: 3 dead"`
	After  string `json:"after" doc:"such as: 12 dead"`
}

// comparison is what a member takes from the origin's text, what it adds, and why it is a member.
type comparison struct {
	With      int64      `json:"with" doc:"the article compared with; 0 where there is nothing to compare with"`
	StandIn   bool       `json:"stand_in" doc:"the origin is only named, and the story's lead stands in for it"`
	Note      string     `json:"note" doc:"what a reader should know of the comparison; may be empty"`
	Words     int        `json:"words" doc:"its own prose, in words: what neither text quotes"`
	Reused    int        `json:"reused" doc:"of these, words in passages"`
	Share     float64    `json:"share" minimum:"0" maximum:"1" doc:"reused of words"`
	Longest   int        `json:"longest" doc:"most own words of one run"`
	Retelling bool       `json:"retelling" doc:"hardly anything is reused"`
	Passages  []passage  `json:"passages" nullable:"false" doc:"what both have, in the order of the member's text; offsets are bytes"`
	Added     int        `json:"added" doc:"sentences that share no run of words"`
	Adds      []string   `json:"adds" nullable:"false" doc:"the first of them"`
	Credits   []credit   `json:"credits" nullable:"false" doc:"to the origin's outlet, strongest first"`
	Like      int64      `json:"like" doc:"the member whose likeness gave the reasons; 0 where none did"`
	Reasons   []Evidence `json:"reasons" nullable:"false" doc:"why grouping put it here"`
}

// passage is a run of words that a member shares with the text it is compared with.
type passage struct {
	Start       int  `json:"start" doc:"where it begins in the member's text, in bytes"`
	End         int  `json:"end" doc:"where it ends"`
	OriginStart int  `json:"origin_start" doc:"where it begins in the text compared with"`
	OriginEnd   int  `json:"origin_end" doc:"where it ends there"`
	Words       int  `json:"words" doc:"its length in words, in characters where a script has no spaces"`
	Quoted      bool `json:"quoted,omitempty" doc:"one of the two quotes it, so that it is no reused prose"`
}

// credit is what an article says to credit an outlet.
type credit struct {
	Kind   news.ClaimKind `json:"kind" doc:"what sort of credit it is"`
	Outlet string         `json:"outlet" doc:"the outlet that is credited"`
	URL    string         `json:"url" doc:"the address that the credit links to, or empty"`
	Text   string         `json:"text" doc:"the words that make the claim"`
}

// StoryOf shows a story.
func StoryOf(s news.Story) Story {
	o := s.Origin
	return Story{
		ID: s.ID, Event: s.Event, Title: s.Headline(), Outlets: s.Outlets, First: s.First, Latest: s.Latest,
		Origin: origin{
			Name: o.Name, Domain: o.Domain, URL: o.URL, Title: o.Title, Article: o.Article, Followed: o.Followed, Absence: o.Absence(),
			Level: o.Level, Confidence: o.Confidence, Evidence: EvidenceOf(o.Evidence), Scoop: scoopOf(o.Scoop),
		},
		Members: All(s.Members, func(m news.Member) member {
			a := m.Article
			return member{
				Article: a.ID, Title: a.Headline(), URL: a.URL, Outlet: Outlet(a.Outlet), Time: a.Time(),
				Role: m.Role, Share: m.Share, Carries: m.Carries, Evidence: EvidenceOf(m.Evidence), Enclosures: All(a.Enclosures, EnclosureOf),
			}
		}), Promotional: s.Promotional(), Aged: s.Aged, Template: s.Template,
	}
}

// EnclosureOf shows an enclosure.
func EnclosureOf(e news.Enclosure) Enclosure {
	return Enclosure{URL: e.URL, Type: e.Type, Length: e.Length, Duration: e.Duration, Title: e.Title}
}

func scoopOf(s news.Scoop) *scoop {
	if s.Key() == "" {
		return nil
	}
	return &scoop{Name: s.Name, Domain: s.Domain, URL: s.URL, Article: s.Article, By: s.By, Text: s.Text}
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

// AddVersions adds the versions of a story's running reports: the newest lists all, newest first, and the others name it.
func (s *Story) AddVersions(reports []news.Report) {
	members := make(map[int64]*member, len(s.Members)) // by article
	for i := range s.Members {
		members[s.Members[i].Article] = &s.Members[i]
	}
	for _, r := range reports {
		newest := members[r.Newest().Article.ID]
		if newest == nil {
			continue
		}
		for _, v := range r.Versions {
			a := v.Member.Article
			shown := version{ID: a.ID, URL: a.URL, Title: a.Headline(), Published: a.Time(), Changed: changesOf(v.Changed)}
			for _, m := range v.Again {
				shown.Again = append(shown.Again, m.Article.ID)
			}
			for _, id := range append([]int64{a.ID}, shown.Again...) {
				if m := members[id]; m != nil && m != newest {
					m.ReplacedBy = newest.Article
				}
			}
			if len(r.Versions) > 1 {
				newest.Versions = append(newest.Versions, shown)
			}
		}
	}
}

func changesOf(c *news.Changes) *changes {
	if c == nil {
		return nil
	}
	out := &changes{
		Figures: All(c.Figures, func(f news.FigureChange) figureChange { return figureChange(f) }),
		Added:   append([]string{}, c.Added...), Dropped: append([]string{}, c.Dropped...), Adds: c.Adds, Drops: c.Drops,
	}
	if h := c.Headline; h != nil {
		words := func(text string, spans []news.Span) []string {
			return All(spans, func(s news.Span) string { return text[s.Start:s.End] })
		}
		out.Headline = &headlineChange{Before: h.Before, After: h.After, Dropped: words(h.Before, h.Dropped), Added: words(h.After, h.Added)}
	}
	return out
}

// ComparisonOf shows a comparison.
func ComparisonOf(c news.Comparison) *comparison {
	return &comparison{
		With: c.With, StandIn: c.StandIn, Note: c.Note, Words: c.Words, Reused: c.Reused, Share: c.Share, Longest: c.Longest,
		Retelling: c.Retelling, Passages: All(c.Passages, func(p news.Passage) passage { return passage(p) }), Added: c.Added, Adds: append([]string{}, c.Adds...), Credits: All(c.Credits, func(k news.Credit) credit { return credit(k) }),
		Like: c.Like, Reasons: EvidenceOf(c.Reasons),
	}
}

// Correction is a person's word on which articles are one story, or on what a story goes back to.
type Correction struct {
	ID      int64     `json:"id" doc:"its number, by which it is taken back"`
	Kind    string    `json:"kind" enum:"merge,split,origin" doc:"what was done"`
	Made    time.Time `json:"made" doc:"when"`
	Same    []int64   `json:"same" nullable:"false" doc:"articles that are one story"`
	Apart   []int64   `json:"apart" nullable:"false" doc:"articles that are in no story with those"`
	Stories []int64   `json:"stories" nullable:"false" doc:"the stories that the articles are in now: those of same, then the others"`

	Origin *correctedOrigin `json:"origin,omitempty" doc:"of the kind origin: what the article's story goes back to"`
}

// correctedOrigin is a person's word on what a story goes back to.
type correctedOrigin struct {
	Article int64  `json:"article" doc:"the article whose story it is; without an outlet it is the origin itself"`
	Name    string `json:"name" doc:"the outlet that is the origin, or empty"`
	Domain  string `json:"domain" doc:"its domain, or empty"`
}

// CorrectionOf shows a correction; of has the stories of its articles.
func CorrectionOf(c news.Correction, of map[int64]int64) Correction {
	v := Correction{
		ID: c.ID, Kind: "merge", Made: c.Made, Same: append([]int64{}, c.Same...), Apart: append([]int64{}, c.Apart...), Stories: []int64{},
	}
	switch {
	case c.OriginOf != 0:
		v.Kind, v.Origin = "origin", &correctedOrigin{c.OriginOf, c.Origin.Name, c.Origin.Domain}
	case len(c.Apart) > 0:
		v.Kind = "split"
	}
	seen := map[int64]bool{0: true}
	for _, a := range c.Articles() {
		if s := of[a]; !seen[s] {
			seen[s] = true
			v.Stories = append(v.Stories, s)
		}
	}
	return v
}
