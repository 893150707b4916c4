package news

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"headwater/internal/weburl"
)

// Report is what one outlet published of a story: a running report whose newest version replaces the earlier ones. An
// outlet that publishes a story in two languages has two reports.
//
// Cards, links of entries and counts show a report once among the copies and rewrites of a story. A report with the
// story's original in any of its versions is the original. Story.Current is the newest version of the lead. It gives a
// story its title, summary, text and link on pages, in feeds and in alerts. Story.First, the id of the entry, Origin, and
// Story.Lead, which members are compared with, stay those of the first version.
type Report struct {
	Versions []Version // newest first; never empty
}

// Version is one version of a report.
type Version struct {
	Member  Member
	Again   []Member // other listings of the same version, by time
	Changed *Changes // from the previous version; nil for the first version, and if nobody compared them
}

// Changes are the differences of a version from the previous one.
type Changes struct {
	Headline *HeadlineChange // nil if it is the same
	Figures  []FigureChange  // in the order of the text, headlines first
	Added    []string        // the first of the sentences that are only in the new version
	Dropped  []string        // the first of the sentences that are only in the old version
	Adds     int             // how many there are of these
	Drops    int
}

// HeadlineChange is two headlines, and the words that only one of them has, as byte offsets.
type HeadlineChange struct {
	Before, After  string
	Dropped, Added []Span
}

// FigureChange is a figure that changed, with the words next to it: "3 dead", "12 dead".
type FigureChange struct{ Before, After string }

// Newest returns the version that replaces the others.
func (r Report) Newest() Member { return r.Versions[0].Member }

// Role returns the role of a report in its story: original if one of its versions is the original, else that of its
// newest version.
func (r Report) Role() Role {
	if slices.ContainsFunc(r.Versions, func(v Version) bool { return v.Member.Role == RoleOriginal }) {
		return RoleOriginal
	}
	return r.Newest().Role
}

// Has reports whether an article belongs to the report.
func (r Report) Has(article int64) bool {
	return slices.ContainsFunc(r.Versions, func(v Version) bool { return v.Has(article) })
}

// Has reports whether an article is a listing of the version.
func (v Version) Has(article int64) bool {
	return v.Member.Article.ID == article || slices.ContainsFunc(v.Again, func(m Member) bool { return m.Article.ID == article })
}

// Reports groups a story's members into reports, by outlet and language, in the order of their first members. Items of
// one outlet with the same headline or text are one version, and the one with the longest text represents it. An excerpt
// and the fuller version before it are one version too. It compares texts if the members have them, and summaries
// otherwise.
func (s Story) Reports() []Report {
	var out []Report
	for _, all := range byOutlet(s.Members) {
		out = append(out, reportOf(all))
	}
	return out
}

// byOutlet returns the members of each outlet and language. A member with an unknown language goes to its outlet's first
// group.
func byOutlet(members []Member) [][]Member {
	type key struct{ outlet, lang string }
	place, first := map[key]int{}, map[string]int{}
	var out [][]Member
	for _, m := range members {
		outlet := m.Article.Outlet.Key()
		k := key{outlet, m.Article.Lang}
		i, known := place[k]
		if j, ok := first[outlet]; !known && ok && (k.lang == "" || out[j][0].Article.Lang == "") {
			i, known = j, true
		}
		if !known || outlet == "" {
			i = len(out)
			out = append(out, nil)
		}
		if _, ok := first[outlet]; !ok {
			first[outlet] = i
		}
		place[k] = i
		out[i] = append(out[i], m)
	}
	return out
}

func reportOf(members []Member) Report {
	if len(members) == 1 {
		return Report{[]Version{{Member: members[0]}}}
	}
	members = slices.Clone(members)
	slices.SortStableFunc(members, func(a, b Member) int {
		return cmp.Or(versionTime(a.Article).Compare(versionTime(b.Article)), cmp.Compare(a.Article.ID, b.Article.ID))
	})
	var r Report
	headlines, texts := map[string]int{}, map[string]int{} // versions, oldest first
	for _, m := range members {
		headline, text := folded(m.Article.Title), folded(m.Article.Body())
		if strings.Count(text, " ") < leastSameText {
			text = ""
		}
		i, same := headlines[headline]
		if !same || headline == "" {
			i, same = texts[text]
			same = same && text != ""
		}
		if last := len(r.Versions) - 1; !same && last >= 0 && m.Role == RoleExcerpt && r.Versions[last].Member.Role != RoleExcerpt {
			i, same = last, true
		}
		if !same {
			i = len(r.Versions)
			r.Versions = append(r.Versions, Version{Member: m})
		} else {
			v := &r.Versions[i] // the listing with the longest text represents it; of two equally long ones, the later
			if v.Member.Role != RoleOriginal && (m.Role == RoleOriginal || len(m.Article.Body()) >= len(v.Member.Article.Body())) {
				v.Member, m = m, v.Member
			}
			v.Again = append(v.Again, m)
		}
		headlines[headline], texts[text] = i, i
	}
	slices.Reverse(r.Versions)
	return r
}

// leastSameText is the least number of spaces in a text that identifies two items as one.
const leastSameText = 7

// versionTime returns the time that orders versions. A version without a date is older than all with one.
func versionTime(a Article) time.Time {
	if a.Undated {
		return time.Time{}
	}
	return a.Time()
}

// folded returns the letters and digits of a text in lower case, with one space between words.
func folded(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}), " ")
}

// Current is the member to read and link to: the newest version of the lead from its outlet, on the same site. A listing
// without text and an item of a redirector replace nothing. It panics on a story without members.
func (s Story) Current() Member { return s.currentVersion().Member }

func (s Story) currentVersion() Version {
	lead := s.Lead()
	if len(s.Members) == 1 {
		return Version{Member: lead}
	}
	for _, all := range byOutlet(s.membersOf(lead.Article.Outlet.Key())) {
		if slices.ContainsFunc(all, func(m Member) bool { return m.Article.ID == lead.Article.ID }) {
			for _, v := range reportOf(all).Versions {
				if v.Has(lead.Article.ID) || replaces(v.Member, lead.Article) {
					return v
				}
			}
		}
	}
	return Version{Member: lead}
}

// membersOf returns the members of an outlet.
func (s Story) membersOf(outlet string) (all []Member) {
	for _, m := range s.Members {
		if m.Article.Outlet.Key() == outlet {
			all = append(all, m)
		}
	}
	return all
}

// Told returns when the story last said something new: the time at which its current version was first listed, or of the
// earliest member if that has no date. Copies and other listings say nothing new. It is zero where no member has a date.
func (s Story) Told() time.Time {
	if len(s.Members) == 0 {
		return time.Time{}
	}
	v := s.currentVersion()
	if m, ok := earliest(append([]Member{v.Member}, v.Again...)); ok {
		return m.Article.Time()
	}
	m, _ := earliest(s.Members)
	return m.Article.Time()
}

// earliest returns the earliest member with a date, or the zero Member and false if there is none.
func earliest(members []Member) (first Member, found bool) {
	for _, m := range members {
		if !m.Article.Undated && (!found || m.Article.Time().Before(first.Article.Time())) {
			first, found = m, true
		}
	}
	return first, found
}

// keptShare is the least share of a version's prose that has to be in the version before it, so that it counts as an
// update of that one. Successive versions from agencies share a median of .3, their follow-ups .09. A note about a film
// next to an article shares even less.
const keptShare = .3

// replaces reports whether a version is on the same site as the one before it, and is an update of its text. Lists have
// no texts to compare, so it uses role and share.
func replaces(version Member, before Article) bool {
	return version.Role != RoleExcerpt && version.Share >= keptShare && weburl.Host(version.Article.URL) == weburl.Host(before.URL)
}

// Link is the address that the story's headline leads to: of the origin's newest version; if the origin is only named,
// the link in its members; or else of the current version.
func (s Story) Link() string {
	if len(s.Members) == 0 {
		return s.Origin.URL
	}
	a := s.Current().Article
	if s.Origin.Named() || a.ID == s.Origin.Article {
		return cmp.Or(s.Origin.URL, a.URL)
	}
	return cmp.Or(a.URL, s.Origin.URL)
}

// Passage is a run of words that a member shares with the text that it is compared with. Offsets are bytes into
// Article.Body: the stored text, or the summary if there is no text.
type Passage struct {
	Start       int  `json:"start"` // in the member's text
	End         int  `json:"end"`
	OriginStart int  `json:"origin_start"` // in the text compared with
	OriginEnd   int  `json:"origin_end"`
	Words       int  `json:"words"`            // words; characters in scripts written without spaces
	Quoted      bool `json:"quoted,omitempty"` // one of the two texts quotes it, so it is not reused prose
}

// Credit is a phrase with which an article credits an outlet.
type Credit struct {
	Kind   ClaimKind `json:"kind"`
	Outlet string    `json:"outlet"` // name
	URL    string    `json:"url"`
	Text   string    `json:"text"` // the words of the claim
}

// Comparison is what a member takes from the text that its story goes back to, what it adds, and why it is a member.
type Comparison struct {
	With      int64      `json:"with"`     // the article compared with; 0 for none
	StandIn   bool       `json:"stand_in"` // the origin is only named, so the member is compared with the story's lead
	Note      string     `json:"note"`     // a note on the comparison for readers; may be ""
	Words     int        `json:"words"`    // words of its own prose: those that neither text quotes
	Reused    int        `json:"reused"`   // how many of these are in passages
	Share     float64    `json:"share"`    // Reused of Words, 0 to 1
	Longest   int        `json:"longest"`  // most own words in one run; quotations do not end the run
	Retelling bool       `json:"retelling"`
	Passages  []Passage  `json:"passages"` // in the order of the member's text; they overlap in neither text
	Added     int        `json:"added"`    // number of sentences that share no run of words
	Adds      []string   `json:"adds"`     // the first of these
	Credits   []Credit   `json:"credits"`  // to the origin's outlet, strongest first
	Like      int64      `json:"like"`     // the member whose similarity gave Reasons; 0 for none
	Reasons   []Evidence `json:"reasons"`

	Text string `json:"-"` // the text that the offsets of Passages refer to
}

// Tells reports whether Share is meaningful. A text that is too short to share a passage neither takes nor retells
// anything.
func (c Comparison) Tells() bool { return len(c.Passages) > 0 || c.Retelling }
