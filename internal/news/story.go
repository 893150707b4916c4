package news

import (
	"slices"
	"time"
)

// ClaimKind says what an article credits somebody with.
type ClaimKind string

// The kinds of claims, and whose prose or news each speaks for.
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

// Claim is a credit that an article makes. Start and End are byte offsets into Article.Text, both 0 for claims that
// stand outside the text.
type Claim struct {
	Kind     ClaimKind `json:"kind"`
	Outlet   string    `json:"outlet"` // name
	Domain   string    `json:"domain"`
	URL      string    `json:"url"`
	Text     string    `json:"text"` // the words that make the claim
	Start    int       `json:"start,omitempty"`
	End      int       `json:"end,omitempty"`
	Strength float64   `json:"strength,omitempty"` // 0 to 1: how far it speaks for the whole article, by kind, Position and Part

	// Part is the share of the article's text that the claim speaks for, 0 to 1. One byline speaks for all of it, one of two
	// for half, a credit in the text for the paragraphs that rest on it. 0 is unknown.
	Part     float64       `json:"part,omitempty"`
	Position ClaimPosition `json:"position,omitempty"`
}

// ClaimPosition is where a claim stands. Empty is outside title and text: a byline, a mark.
type ClaimPosition string

// The positions of claims.
const (
	PositionTitle ClaimPosition = "title"
	PositionLead  ClaimPosition = "lead"  // the first 60 words
	PositionLater ClaimPosition = "later" // anywhere below
)

// Credited is the outlet that a claim names.
func (c Claim) Credited() Outlet { return Outlet{Name: c.Outlet, Domain: c.Domain} }

// Role is what a member is to its story.
type Role string

// The roles of a story's members.
const (
	RoleOriginal Role = "original"
	RoleCopy     Role = "copy"
	RoleRewrite  Role = "rewrite"
	RoleExcerpt  Role = "excerpt"
)

// Evidence is one reason for a decision, in words that a reader understands. Weight is in log-odds: positive speaks
// for the decision, negative against it.
type Evidence struct {
	Kind   string  `json:"kind"`
	Detail string  `json:"detail"`
	Weight float64 `json:"weight"`
}

// The levels of confidence in an origin, as shown and as stored: another word needs a migration.
const (
	LevelOriginal = "Original"
	LevelLikely   = "Likely original"
	LevelEarliest = "Earliest seen"
)

// Origin is what a story goes back to: an article of ours, or an outlet that no feed of ours carries (Article 0).
type Origin struct {
	Outlet
	Article    int64   // 0 when the origin is only named
	URL        string  // the article's, or of the page where its text was read, or the link that the members give; may be ""
	Title      string  // of the page behind that link, where it is no article of ours and was read; else ""
	Level      string  // LevelOriginal, LevelLikely or LevelEarliest
	Confidence float64 // 0 to 1
	Evidence   []Evidence
	Aged       bool  // only named by now: it was an article of ours, which was aged out
	Followed   bool  // only named, and yet a feed of ours is that outlet's or items of ours are: none of those was matched. Set by query.Reader
	Scoop      Scoop // who had the news first, where that is not the outlet that wrote the text; else zero
}

// Scoop is who had a story's news first, as its members say.
type Scoop struct {
	Outlet
	Article int64  // of the story; 0 where the outlet is only named
	URL     string // the article's address, or the link that the credit gives; may be ""
	By      string // name of the outlet whose words Text are
	Text    string // the credit
}

// Named says that the origin is an outlet whose own article is not among ours.
func (o Origin) Named() bool { return o.Article == 0 }

// Absence says in words that an origin is only named, to stand behind its name; "" where it is an article of ours.
func (o Origin) Absence() string {
	switch {
	case !o.Named() || o.Key() == "":
		return ""
	case o.Aged:
		return "its article was aged out"
	case o.Followed:
		return "the item itself is not among those that your feeds brought"
	}
	return "not among your feeds"
}

// Member is an article in a story.
type Member struct {
	Article  Article // without HTML, Text and Marks in lists
	Role     Role
	Share    float64 // share of its own prose that stands in the origin, or in what it carries, 0 to 1
	Carries  int64   // the article of the story whose text or version it carries where that is not the origin's, itself included; else 0
	Evidence []Evidence
	Claims   []Claim
}

// Story is the articles that derive from one original text. An event is another thing: two reporters at one press conference
// share quotations, and write two stories of one event.
type Story struct {
	ID      int64
	Event   int64
	Title   string // the headline of Current: of the origin's newest version, or of the first member's where the origin is only named
	Origin  Origin
	Members []Member  // the origin first, then by time
	Outlets int       // how many different outlets
	First   time.Time // earliest member
	Latest  time.Time // newest member
	Changed time.Time // when membership or origin last changed
	Aged    int       // articles of it that were aged out; without Members these are all it had

	// Template says that every member is made by a template of its outlet, or is an advertisement beside such members: a series of notices,
	// programmes or prices, which a front page can leave out. Nothing is left out of lists or searches for it.
	Template bool
}

// OriginOf gives what a member goes back to: the story's origin, or the text of it that the member carries.
func (s Story) OriginOf(m Member) Origin {
	if m.Carries == 0 {
		return s.Origin
	}
	for _, x := range s.Members {
		if a := x.Article; a.ID == m.Carries {
			o := Origin{Outlet: a.Outlet, Article: a.ID, URL: a.URL, Level: LevelOriginal, Confidence: m.Share}
			if a.ID == m.Article.ID {
				o.Confidence = 1 // its share is of the story's origin, in whose language it may not be
			}
			return o
		}
	}
	return s.Origin
}

// Undated says that nobody knows how old any of its articles is.
func (s Story) Undated() bool {
	return len(s.Members) > 0 && !slices.ContainsFunc(s.Members, func(m Member) bool { return !m.Article.Undated })
}

// Lead is the member that the others are compared with: the original, else the first member. To read and link to is Current, its
// newest version. It panics on a story without members.
func (s Story) Lead() Member {
	for _, m := range s.Members {
		if m.Article.ID == s.Origin.Article {
			return m
		}
	}
	return s.Members[0]
}

// Edge joins two articles, A < B. Story and Event are probabilities, 0 to 1, that the two belong together at that level.
type Edge struct {
	A, B         int64
	Story, Event float64
	Reasons      []Evidence
}

// Correction is a person's word on which articles are one story. It outranks every score, and a later one outranks an
// earlier one where they contradict each other.
type Correction struct {
	ID    int64 // by it the correction is taken back; never used again
	Made  time.Time
	Same  []int64 // articles that are one story
	Apart []int64 // articles that are in no story with those; none where stories were merged

	Former map[int64]Grouping // where its articles were when it was made, by article; the unknown are left out
}

// Corrected is what a correction came to.
type Corrected struct {
	Correction Correction
	Stories    []Story // that its articles are in now, by id
}

// RefusedError says why something that was asked for is not done, in words for who asked. It wraps ErrNotFound where the
// thing named is not there.
type RefusedError struct {
	Text  string
	Cause error // nil where Text is all there is to say
}

func (e *RefusedError) Error() string { return e.Text }

func (e *RefusedError) Unwrap() error { return e.Cause }

// Grouping is the story and the event that an article is in.
type Grouping struct{ Story, Event int64 }

// Articles gives every article that a correction speaks of.
func (c Correction) Articles() []int64 { return append(append([]int64(nil), c.Same...), c.Apart...) }

// Coverage is the stories of an event.
type Coverage struct {
	Stories []Story // the first of them by coverage and freshness
	Total   int
}

// Event is the stories about one happening, in lists.
type Event struct {
	ID      int64
	Title   string // of the story with the most coverage
	Stories int
	Latest  time.Time // newest article of its stories
}

// OutletCount is what an outlet has published.
type OutletCount struct {
	Outlet
	Articles  int
	Originals int // articles that are the original of their story
	Copies    int // and that copy, rewrite or excerpt another's
}

// Placement is a story as searches know it: which articles are in it, as what.
type Placement struct {
	Story, Event int64
	Origin       Outlet
	Outlets      int
	Members      map[int64]Role // by article
}

// StoryChange is an entry of the story log. Each story has one; it moves to the end when the story changes. So who has
// read the log up to a number learns from the rest what is different since.
type StoryChange struct {
	Seq   int64
	Story int64
	First int64 // the number that the entry had first: who has read less far does not know the story
	Into  int64 // the story that it went into; else 0
	Gone  bool  // the story is no more, and went nowhere
}
