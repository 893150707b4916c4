package news

// Passage is a run of words that a member shares with the text it is compared with. Offsets are bytes into
// Article.Body: the text as stored, or the summary where there is no text.
type Passage struct {
	Start       int  `json:"start"` // in the member's text
	End         int  `json:"end"`
	OriginStart int  `json:"origin_start"` // in the text that it is compared with
	OriginEnd   int  `json:"origin_end"`
	Words       int  `json:"words"`            // characters in scripts written without spaces
	Quoted      bool `json:"quoted,omitempty"` // one of the two quotes it, so that it is no reused prose
}

// Credit is what an article says to credit an outlet.
type Credit struct {
	Kind   ClaimKind `json:"kind"`
	Outlet string    `json:"outlet"` // name
	URL    string    `json:"url"`
	Text   string    `json:"text"` // the words that make the claim
}

// Comparison is what a member takes from the text that its story goes back to, what it adds, and why it is a member.
type Comparison struct {
	With      int64      `json:"with"`     // the article compared with; 0 where there is nothing to compare with
	StandIn   bool       `json:"stand_in"` // the origin is only named, and the story's lead stands in for it
	Note      string     `json:"note"`     // what a reader should know of the comparison, in words; may be ""
	Words     int        `json:"words"`    // its own prose, in words: what neither text quotes
	Reused    int        `json:"reused"`   // of these, words in passages
	Share     float64    `json:"share"`    // Reused of Words, 0 to 1
	Longest   int        `json:"longest"`  // most own words of one run; quotations in the run do not end it
	Retelling bool       `json:"retelling"`
	Passages  []Passage  `json:"passages"` // in the order of the member's text, never overlapping in either text
	Added     int        `json:"added"`    // sentences that share no run of words
	Adds      []string   `json:"adds"`     // the first of them
	Credits   []Credit   `json:"credits"`  // to the origin's outlet, strongest first
	Like      int64      `json:"like"`     // the member whose likeness gave Reasons; 0 where none did
	Reasons   []Evidence `json:"reasons"`

	Text string `json:"-"` // that Passages are offsets into
}

// Tells says that Share means something: a text that is too short to share a passage neither takes nor retells.
func (c Comparison) Tells() bool { return len(c.Passages) > 0 || c.Retelling }
