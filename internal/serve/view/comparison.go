package view

import "headwater/internal/news"

// Comparison is what a member takes from the text that its story goes back to, what it adds, and why it is a member.
type Comparison struct {
	With      int64      `json:"with" doc:"the article compared with; 0 where there is nothing to compare with"`
	StandIn   bool       `json:"stand_in" doc:"the origin is only named, and the story's lead stands in for it"`
	Note      string     `json:"note" doc:"what a reader should know of the comparison; may be empty"`
	Words     int        `json:"words" doc:"its own prose, in words: what neither text quotes"`
	Reused    int        `json:"reused" doc:"of these, words in passages"`
	Share     float64    `json:"share" minimum:"0" maximum:"1" doc:"reused of words"`
	Longest   int        `json:"longest" doc:"most own words of one run"`
	Retelling bool       `json:"retelling" doc:"hardly anything is reused"`
	Passages  []Passage  `json:"passages" nullable:"false" doc:"what both have, in the order of the member's text; offsets are bytes"`
	Added     int        `json:"added" doc:"sentences that share no run of words"`
	Adds      []string   `json:"adds" nullable:"false" doc:"the first of them"`
	Credits   []Credit   `json:"credits" nullable:"false" doc:"to the origin's outlet, strongest first"`
	Like      int64      `json:"like" doc:"the member whose likeness gave the reasons; 0 where none did"`
	Reasons   []Evidence `json:"reasons" nullable:"false" doc:"why grouping put it here"`
}

// ComparisonOf shows a comparison.
func ComparisonOf(c news.Comparison) *Comparison {
	return &Comparison{
		With: c.With, StandIn: c.StandIn, Note: c.Note, Words: c.Words, Reused: c.Reused, Share: c.Share, Longest: c.Longest,
		Retelling: c.Retelling, Passages: All(c.Passages, func(p news.Passage) Passage { return Passage(p) }), Added: c.Added, Adds: filled(c.Adds), Credits: All(c.Credits, func(k news.Credit) Credit { return Credit(k) }),
		Like: c.Like, Reasons: EvidenceOf(c.Reasons),
	}
}

// filled makes an empty list out of none, so that readers need not tell them apart.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Passage is a run of words that a member shares with the text it is compared with.
type Passage struct {
	Start       int  `json:"start" doc:"where it begins in the member's text, in bytes"`
	End         int  `json:"end" doc:"where it ends"`
	OriginStart int  `json:"origin_start" doc:"where it begins in the text compared with"`
	OriginEnd   int  `json:"origin_end" doc:"where it ends there"`
	Words       int  `json:"words" doc:"its length in words, in characters where a script has no spaces"`
	Quoted      bool `json:"quoted,omitempty" doc:"one of the two quotes it, so that it is no reused prose"`
}

// Credit is what an article says to credit an outlet.
type Credit struct {
	Kind   news.ClaimKind `json:"kind" doc:"what sort of credit it is"`
	Outlet string         `json:"outlet" doc:"the outlet that is credited"`
	URL    string         `json:"url" doc:"the address that the credit links to, or empty"`
	Text   string         `json:"text" doc:"the words that make the claim"`
}
