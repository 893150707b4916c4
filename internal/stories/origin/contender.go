package origin

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// Candidate is a member of a story with all data that the decision about the origin needs.
type Candidate struct {
	Article news.Article // needs no HTML, Text or Marks
	Print   prints.Print
	Claims  []news.Claim
	Known   time.Time // start of polling of its feed: an earlier date cannot be verified. Zero if unknown
}

// Limits for comparing members.
const (
	copyShare  = .6                 // share of a member's own prose from which another is the same text
	shortProse = 25                 // words below which there is too little prose to compare
	background = 7 * 24 * time.Hour // a page that is older than the story by more describes the background
)

// The weights of other evidence, in log-odds.
const (
	weightAgency   = 1.2 // an agency whose text others carry
	weightContain  = 1.5 // contains the others' prose, but not the other way round
	weightEarliest = .8
	claimedTime    = .5  // factor of the weight of time if the time is only claimed
	weightOwnPlace = 1.5 // is at its outlet's own address
	weightLength   = .4  // for each doubling of the text over 25 words
	weightHeadline = 3   // has the headline of an agency's own item; counts like a byline
	weightMedia    = 2   // a film, recording or letter about a report that its outlet also has as an article
	weightListing  = 4   // of an outlet that lists what others publish
	weightLanguage = 2   // a translation, published after its outlet's item in another language
	weightPasses   = 1.5 // of an outlet all of whose other items are others' texts
	namedPrior     = -.4
	namedThreshold = 1.4 // a total weight of credits below this makes no outlet the origin
	minOwnProse    = 100 // minimum words of a lone article without credits that is likely its outlet's own
)

// contender is a possible origin: a member, or an outlet that is only named.
type contender struct {
	member     int // -1 for an outlet that is only named
	outlet     news.Outlet
	url        string
	title      string // of the page at url, if url is not a member's
	credited   bool
	ineligible bool // cannot be the origin: an advertisement, or an item of an outlet that lists what others publish
	score      float64
	explain    bool // collect evidence
	evidence   []news.Evidence
}

func (c *contender) weigh(kind string, weight float64, format string, args ...any) {
	c.score += weight
	if !c.explain || math.Abs(weight) < .05 {
		return
	}
	c.evidence = append(c.evidence, news.Evidence{
		Kind: kind, Detail: fmt.Sprintf(format, args...), Weight: math.Round(weight*100) / 100,
	})
}

// beats reports whether a contender is more likely than another. An ineligible contender never beats an eligible one.
func (c contender) beats(other contender) bool {
	if c.ineligible != other.ineligible {
		return other.ineligible
	}
	return c.score > other.score
}

// weighing holds the data by which the contenders for one story are weighed.
type weighing struct {
	tie            time.Duration
	habits         map[string]Habit
	members        []Candidate
	credits        map[string][]outletCredit // by the credited outlet, strongest first
	prose          prose
	times          memberTimes
	reruns         map[int]int          // members with the headline of an agency's own item: the member's index and that item's index
	writtenOutlets map[string]bool      // outlets with a written article, by key
	languages      map[string]int       // the index of the first member of each outlet that has items in several languages, by key
	pages          map[string]readPage  // pages about the story, by outlet
	signed         map[string]readPage  // pages about the story, by the outlet that they name as the writer
	pageCredits    []news.Outlet        // outlets that pages credit
	leadLinks      map[int][]link       // links that lead to a member, by the member's index
	weakened       map[weakLink]float64 // factors, 0 to 1, of credits whose links lead elsewhere
}

// inTime orders articles by time. Articles of the same time are ordered by their content, and never by order of arrival.
func inTime(a, b Candidate) int {
	x, y := a.Article, b.Article
	return cmp.Or(x.Time().Compare(y.Time()), cmp.Compare(x.Outlet.Key(), y.Outlet.Key()),
		cmp.Compare(x.Canonical, y.Canonical), cmp.Compare(x.GUID, y.GUID), cmp.Compare(x.Hash, y.Hash),
		cmp.Compare(x.FeedID, y.FeedID), cmp.Compare(x.ID, y.ID))
}

// resolve completes credits that have a name and no domain. Such a credit gets the domain of the member's outlet of that name.
// If two outlets of that name are members, both are credited, and their texts decide.
func resolve(members []Candidate) {
	domains := map[string][]string{} // by name
	for _, m := range members {
		if o := m.Article.Outlet; o.Domain != "" && !slices.Contains(domains[strings.ToLower(o.Name)], o.Domain) {
			domains[strings.ToLower(o.Name)] = append(domains[strings.ToLower(o.Name)], o.Domain)
		}
	}
	for i, m := range members {
		if !slices.ContainsFunc(m.Claims, func(c news.Claim) bool { return c.Domain == "" && len(domains[strings.ToLower(c.Outlet)]) > 0 }) {
			continue
		}
		var claims []news.Claim
		for _, c := range m.Claims {
			of := domains[strings.ToLower(c.Outlet)]
			if c.Domain != "" || len(of) == 0 {
				claims = append(claims, c)
				continue
			}
			for _, c.Domain = range of {
				claims = append(claims, c)
			}
		}
		members[i].Claims = claims
	}
}

// memberTimes holds the publication times of the members. Dates of a clock that is known to be wrong are corrected.
type memberTimes struct {
	of            []time.Time
	offsets       []time.Duration // correction of each, 0 for most
	first, second int             // indices of the earliest and the next member; equal if there is one member
}

// outletCredit is the strongest credit from one outlet to a contender.
type outletCredit struct {
	weight float64
	claim  news.Claim
	by     string // name of the crediting outlet
	byKey  string // key of the crediting outlet
	note   string // what the page behind the link adds; may be ""

	byHeadline bool // given by an equal headline, not in words
}

// Page is a page that members credit by a link and that is no member: an outlet's own article on the web.
type Page struct {
	Links   []string     // its addresses, as claims write them
	Article news.Article // needs no HTML, Text or Marks; the outlet may be unknown
	Print   prints.Print
	Claims  []news.Claim
	Member  int64 // the member to whose own address the links lead; 0 for none
}

// link is a member's credit with a link to a page.
type link struct {
	member int
	claim  news.Claim
}

// readPage is a page with the results of its comparison with the members.
type readPage struct {
	Page
	links     []link
	share     float64 // share of the prose that the page contains, for the member of which it contains most
	byOutlet  string  // the outlet of that member
	lean      float64 // how much more the page contains the members' prose than the other way round, -1 to 1
	hasProse  bool    // there is prose to compare
	ownWeight float64 // weight of the page's strongest credit to another outlet
	ownCredit news.Claim
}

// weakLink is a member, by index, and an address that the member links to.
type weakLink struct {
	member int
	url    string
}

// prose holds the different texts of a story's members.
type prose struct {
	texts []distinctText
	of    []int // text of each member, -1 if it has no prose of its own
	all   int   // number of members with prose
}

type distinctText struct {
	print  prints.Print
	copies int
	lean   float64
}
