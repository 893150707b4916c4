package news

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"headwater/internal/weburl"
)

// Report is what one outlet published of a story: a running report, whose newest version replaces those before it. An outlet that
// publishes a story in two languages has two reports.
//
// A report counts once among the copies and rewrites of a story, in what cards, links of entries and counts show. With the
// origin's outlet it is the original, whichever of its versions is. Story.Current is the newest version of the lead, and
// gives a story its title, summary, text and link on pages, in feeds and in alerts. Story.First, the id of the entry,
// Origin, and Story.Lead, which members are compared with, stay those of the first version.
type Report struct {
	Versions []Version // newest first; never empty
}

// Version is one version of a report.
type Version struct {
	Member  Member
	Again   []Member // the same version listed again, by time
	Changed *Changes // from the version before it; nil for the first, and where nobody compared them
}

// Changes is what a version tells otherwise than the one before it.
type Changes struct {
	Headline *HeadlineChange // nil where it is the same
	Figures  []FigureChange  // in the order of the text, headlines first
	Added    []string        // sentences that stand in the new version only, the first of them
	Dropped  []string        // sentences that stand in the old version only, the first of them
	Adds     int             // how many there are of these
	Drops    int
}

// HeadlineChange is two headlines and the words of either that the other has not, as byte offsets.
type HeadlineChange struct {
	Before, After  string
	Dropped, Added []Span
}

// FigureChange is a figure that changed, each with words beside it: "3 dead", "12 dead".
type FigureChange struct{ Before, After string }

// Newest is the version that replaces the others.
func (r Report) Newest() Member { return r.Versions[0].Member }

// Role is what a report is to its story: the original where one of its versions is that, else what its newest version is.
func (r Report) Role() Role {
	if slices.ContainsFunc(r.Versions, func(v Version) bool { return v.Member.Role == RoleOriginal }) {
		return RoleOriginal
	}
	return r.Newest().Role
}

// Has says whether an article is one of the report's.
func (r Report) Has(article int64) bool {
	return slices.ContainsFunc(r.Versions, func(v Version) bool { return v.Has(article) })
}

// Has says whether an article is a listing of the version.
func (v Version) Has(article int64) bool {
	return v.Member.Article.ID == article || slices.ContainsFunc(v.Again, func(m Member) bool { return m.Article.ID == article })
}

// Reports groups a story's members by outlet, each report where its first member stands. Items of one outlet with the same
// headline or the same text are one version, for which the one with the most text stands. So are an excerpt and the fuller version before it.
// Texts are compared where the members have them, and summaries otherwise.
func (s Story) Reports() []Report {
	var out []Report
	for _, all := range byOutlet(s.Members) {
		out = append(out, reportOf(all))
	}
	return out
}

// byOutlet gives the members of each outlet and language. A member whose language is unknown goes with its outlet's first.
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
			r.Versions[i].again(m)
		}
		headlines[headline], texts[text] = i, i
	}
	slices.Reverse(r.Versions)
	return r
}

// leastSameText is how many spaces a text must have to say that two items are one.
const leastSameText = 7

// again adds another listing. The one with more text, and of two with as much the later one, stands for the version.
func (v *Version) again(m Member) {
	if v.Member.Role != RoleOriginal && (m.Role == RoleOriginal || len(m.Article.Body()) >= len(v.Member.Article.Body())) {
		v.Member, m = m, v.Member
	}
	v.Again = append(v.Again, m)
}

// versionTime orders versions. What has no date is older than what has one.
func versionTime(a Article) time.Time {
	if a.Undated {
		return time.Time{}
	}
	return a.Time()
}

// folded gives the letters and digits of a text in lower case, words apart by one space.
func folded(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}), " ")
}

// Current is the member to read and link to: the newest version of the lead by its outlet that stands at the same site. A listing without
// a text, or a redirector's item, replaces nothing. It panics on a story without members.
func (s Story) Current() Member {
	lead := s.Lead()
	if len(s.Members) == 1 {
		return lead
	}
	for _, all := range byOutlet(s.Members) {
		if slices.ContainsFunc(all, func(m Member) bool { return m.Article.ID == lead.Article.ID }) {
			for _, v := range reportOf(all).Versions {
				if v.Has(lead.Article.ID) || replaces(v.Member, lead.Article) {
					return v.Member
				}
			}
		}
	}
	return lead
}

// keptShare is the share of a version's prose that stands in the one before it, from which it is that report written through. Of an
// agency's successive versions the median shares .3, of its follow-ups .09; a film's note beside an article shares less still.
const keptShare = .3

// replaces says whether a version stands at the same site as the one before it, and is that written through. Lists have no texts to
// compare, so role and share tell.
func replaces(version Member, before Article) bool {
	return version.Role != RoleExcerpt && version.Share >= keptShare && weburl.Host(version.Article.URL) == weburl.Host(before.URL)
}

// Link is the address that the story's headline leads to: of the origin's newest version, or where the origin is only named the link
// that its members give; else of the current version.
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
