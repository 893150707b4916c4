package news

import (
	"slices"
	"time"
)

// ClaimKind is the kind of a credit in an article.
type ClaimKind string

// The kinds of claims. Each says whose text or whose news the article has.
const (
	ClaimDateline  ClaimKind = "dateline"  // "HELSINKI (Reuters) -": the outlet wrote this text
	ClaimByline    ClaimKind = "byline"    // author or byline is the outlet: it wrote this text
	ClaimPublisher ClaimKind = "publisher" // an aggregator's <source>: the outlet published this item
	ClaimCanonical ClaimKind = "canonical" // rel=canonical on another site: the text lives there
	ClaimSource    ClaimKind = "source"    // "Original Source", "via", "originally appeared on": the text came from there
	ClaimScoop     ClaimKind = "scoop"     // "first reported by": the news came from there
	ClaimReport    ClaimKind = "report"    // "according to a report by", "X reported": the news, or part of it, came from there
	ClaimTold      ClaimKind = "told"      // "told X": a quotation came from there
	ClaimLink      ClaimKind = "link"      // a link in the opening paragraphs to another outlet's page
	ClaimRights    ClaimKind = "rights"    // a copyright line that names an agency
	ClaimPart      ClaimKind = "part"      // "X contributed to this report": part only
)

// Claim is a credit in an article. Start and End are byte offsets into Article.Text, both 0 for claims outside the text.
type Claim struct {
	Kind     ClaimKind `json:"kind"`
	Outlet   string    `json:"outlet"` // name
	Domain   string    `json:"domain"`
	URL      string    `json:"url"`
	Text     string    `json:"text"` // the words of the claim
	Start    int       `json:"start,omitempty"`
	End      int       `json:"end,omitempty"`
	Strength float64   `json:"strength,omitempty"` // 0 to 1: how strongly it holds for the whole article, from kind, Position and Part

	// Part is the share of the article's text that the claim speaks for, 0 to 1. A single byline speaks for the whole
	// text, one of two for half, and a credit in the text for the paragraphs that rest on it. 0 means unknown.
	Part     float64       `json:"part,omitempty"`
	Position ClaimPosition `json:"position,omitempty"`
}

// ClaimPosition is where a claim is. The empty position is outside title and text: a byline, a mark.
type ClaimPosition string

// The positions of claims.
const (
	PositionTitle ClaimPosition = "title"
	PositionLead  ClaimPosition = "lead"  // the first 60 words
	PositionLater ClaimPosition = "later" // anywhere below
)

// Credited is the outlet that a claim names.
func (c Claim) Credited() Outlet { return Outlet{Name: c.Outlet, Domain: c.Domain} }

// Role is the relation of a member to its story.
type Role string

// The roles of a story's members.
const (
	RoleOriginal Role = "original"
	RoleCopy     Role = "copy"
	RoleRewrite  Role = "rewrite"
	RoleExcerpt  Role = "excerpt"
)

// Evidence is one reason for a decision, in words for readers. Weight is in log-odds: positive supports the decision,
// negative contradicts it.
type Evidence struct {
	Kind   string  `json:"kind"`
	Detail string  `json:"detail"`
	Weight float64 `json:"weight"`
}

// The levels of confidence in an origin, as shown and as stored. Another word needs a migration.
const (
	LevelOriginal = "Original"
	LevelLikely   = "Likely original"
	LevelEarliest = "Earliest seen"
)

// Origin is what a story goes back to: an article of ours, or an outlet that no feed of ours carries (Article 0).
type Origin struct {
	Outlet
	Article    int64   // 0 if the origin is only named
	URL        string  // address of the article, of the page where its text was read, or of the link in the members; may be ""
	Title      string  // title of that page if it was read and is no article of ours; else ""
	Level      string  // LevelOriginal, LevelLikely or LevelEarliest
	Confidence float64 // 0 to 1
	Evidence   []Evidence
	Aged       bool  // the origin is only named, since its article was aged out
	Followed   bool  // only named, although a feed of ours belongs to that outlet or has brought items of it; none of these items matched. Set by query.Reader
	Scoop      Scoop // who had the news first, if that is not the outlet that wrote the text; else zero
}

// Scoop is who had a story's news first, according to its members.
type Scoop struct {
	Outlet
	Article int64  // an article of the story; 0 if the outlet is only named
	URL     string // address of the article, or of the link in the credit; may be ""
	By      string // name of the outlet that wrote Text
	Text    string // the credit
}

// Named reports whether the origin is an outlet without an article of ours.
func (o Origin) Named() bool { return o.Article == 0 }

// Absence returns a note that an origin is only named, to be shown after its name. It returns "" for an article of ours.
func (o Origin) Absence() string {
	switch {
	case !o.Named() || o.Key() == "":
		return ""
	case o.Aged:
		return "its article was aged out"
	case o.Followed:
		return "its own article is not in your feeds"
	}
	return "not among your feeds"
}

// Member is an article in a story.
type Member struct {
	Article  Article // without HTML, Text and Marks in lists
	Role     Role
	Share    float64 // share of its own prose that is also in the origin, or in the article that it carries, 0 to 1
	Carries  int64   // the article whose text or version it carries if that is not the origin's; may be the member itself; else 0
	Evidence []Evidence
	Claims   []Claim
}

// Story is the articles that derive from one original text. An event is something else: two reporters at one press
// conference share quotations, and write two stories of one event.
type Story struct {
	ID      int64
	Event   int64
	Title   string // the headline of Current: of the origin's newest version, or of the first member's if the origin is only named
	Origin  Origin
	Members []Member  // the origin first, then by time
	Outlets int       // number of different outlets
	First   time.Time // time of the earliest member
	Latest  time.Time // time of the newest member
	Changed time.Time // when membership or origin last changed
	Aged    int       // number of articles that were aged out; without Members these are all

	// Template says that every member is made from a template of its outlet, or is an advertisement next to such members.
	// Examples are series of notices, programmes or prices, which a front page can leave out. Lists and searches leave
	// nothing out for it.
	Template bool
}

// OriginOf returns what a member goes back to: the story's origin, or the text in the story that the member carries.
func (s Story) OriginOf(m Member) Origin {
	if m.Carries == 0 {
		return s.Origin
	}
	for _, x := range s.Members {
		if a := x.Article; a.ID == m.Carries {
			o := Origin{Outlet: a.Outlet, Article: a.ID, URL: a.URL, Level: LevelOriginal, Confidence: m.Share}
			if a.ID == m.Article.ID {
				o.Confidence = 1 // its share was measured against the story's origin, which may be in another language
			}
			return o
		}
	}
	return s.Origin
}

// Undated reports whether none of its articles has a known time.
func (s Story) Undated() bool {
	return len(s.Members) > 0 && !slices.ContainsFunc(s.Members, func(m Member) bool { return !m.Article.Undated })
}

// Lead is the member that the others are compared with: the original, or else the first member. Pages show and link
// Current, its newest version. It panics on a story without members.
func (s Story) Lead() Member {
	for _, m := range s.Members {
		if m.Article.ID == s.Origin.Article {
			return m
		}
	}
	return s.Members[0]
}

// Edge joins two articles, A < B. Story and Event are the probabilities, 0 to 1, that the two belong to one story and to
// one event.
type Edge struct {
	A, B         int64
	Story, Event float64
	Reasons      []Evidence
}

// Correction is a person's decision about which articles are one story, or about what a story goes back to. It outranks every
// score. If two corrections contradict each other, the later one holds.
type Correction struct {
	ID    int64 // used to take the correction back; never reused
	Made  time.Time
	Same  []int64 // articles that are one story
	Apart []int64 // articles that are never in one story with Same; empty for a merge

	// OriginOf is the article whose story goes back to Origin, or to the article itself if Origin is zero. It is 0 in a
	// merge and in a split, which name no origin.
	OriginOf int64
	Origin   Outlet

	Former map[int64]Grouping // where its articles were when it was made, by article; unknown ones are left out
}

// Corrected is the result of a correction.
type Corrected struct {
	Correction Correction
	Stories    []Story // the stories that its articles are in now, by id
}

// RefusedError is why a request is refused, in words for the person who made it. It wraps ErrNotFound if the named thing
// does not exist.
type RefusedError struct {
	Text  string
	Cause error // nil if Text says everything
}

func (e *RefusedError) Error() string { return e.Text }

func (e *RefusedError) Unwrap() error { return e.Cause }

// Grouping is the story and the event that an article is in.
type Grouping struct{ Story, Event int64 }

// Articles returns all articles of a correction.
func (c Correction) Articles() []int64 {
	all := append(append([]int64(nil), c.Same...), c.Apart...)
	if c.OriginOf != 0 {
		all = append(all, c.OriginOf)
	}
	return all
}

// Placement is a story in the form that searches use: its articles and their roles.
type Placement struct {
	Story, Event int64
	Origin       Outlet
	Outlets      int
	Members      map[int64]Role // by article
}

// StoryChange is an entry of the story log. Each story has one entry, which moves to the end when the story changes. So a
// reader who has read the log up to a number finds all later changes in the rest.
type StoryChange struct {
	Seq   int64
	Story int64
	First int64 // the first number of the entry; a reader who has not read that far does not know the story
	Into  int64 // the story that it was merged into; else 0
	Gone  bool  // the story was deleted without being merged
}
