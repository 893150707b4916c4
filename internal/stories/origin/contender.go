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

// Candidate is a member of a story, as its origin is weighed.
type Candidate struct {
	Article news.Article // needs no HTML, Text or Marks
	Print   prints.Print
	Claims  []news.Claim
	Known   time.Time // since when its feed is polled: a date before it is only claimed. Zero where that is not known
}

// The other weights, in log-odds.
const (
	weightAgency   = 1.2 // an agency whose text others carry
	weightContain  = 1.5 // others' prose stands in it, theirs not in theirs
	weightEarliest = .8
	claimedTime    = .5  // of what time says where it is only claimed
	weightOwnPlace = 1.5 // stands at its outlet's own address
	weightLength   = .4  // for each doubling of the text over 25 words
	weightHeadline = 3   // bears the headline of an agency's own item, which is as good as a byline
	weightMedia    = 2   // a film, recording or letter made of what its outlet has as an article, too
	weightListing  = 4   // of an outlet that lists what others publish
	weightLanguage = 2   // came out after its outlet's item in another language, of which it is a translation
	weightPasses   = 1.5 // of an outlet all of whose other items are others' texts
	namedPrior     = -.4
	namedThreshold = 1.4 // credits below this name no origin
	minOwnProse    = 100 // words from which a lone article that credits nobody is likely its outlet's own
)

// contender is who may have written the story: a member, or an outlet that is only named.
type contender struct {
	member     int // -1 for an outlet that is only named
	outlet     news.Outlet
	url        string
	title      string // of the page at url, where it is no member's
	credited   bool
	ineligible bool // to be an original: an advertisement, or of an outlet that lists what others publish
	score      float64
	explain    bool // its evidence is wanted
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

// beats says whether a contender is likelier than another. One that is ineligible beats none that is eligible.
func (c contender) beats(other contender) bool {
	if c.ineligible != other.ineligible {
		return other.ineligible
	}
	return c.score > other.score
}

// weighing is what the contenders for one story are weighed by.
type weighing struct {
	tie            time.Duration
	habits         map[string]Habit
	members        []Candidate
	credits        map[string][]outletCredit // by the outlet that is credited, strongest first
	prose          prose
	times          memberTimes
	reruns         map[int]int          // members that bear the headline of an agency's own item, and that item, by their numbers
	writtenOutlets map[string]bool      // outlets with a written article, by key
	languages      map[string]int       // the first member of each outlet whose items are in several languages, by key
	pages          map[string]readPage  // of the story, by outlet
	signed         map[string]readPage  // likewise, by the outlet that they name as the writer
	pageCredits    []news.Outlet        // that pages credit
	leadLinks      map[int][]link       // that lead to a member, by its number
	weakened       map[weakLink]float64 // what is left of credits whose links lead elsewhere, 0 to 1
}

// inTime orders articles by time, and those of one time by what they are, never by how they arrived.
func inTime(a, b Candidate) int {
	x, y := a.Article, b.Article
	return cmp.Or(x.Time().Compare(y.Time()), cmp.Compare(x.Outlet.Key(), y.Outlet.Key()),
		cmp.Compare(x.Canonical, y.Canonical), cmp.Compare(x.GUID, y.GUID), cmp.Compare(x.Hash, y.Hash),
		cmp.Compare(x.FeedID, y.FeedID), cmp.Compare(x.ID, y.ID))
}

// resolve gives a credit that has a name and no domain the domain of the member's outlet of that name. Where two outlets of the
// name are members it credits both: their texts decide.
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

// memberTimes is when the members came out. Dates of a clock that is known to be wrong are corrected.
type memberTimes struct {
	of            []time.Time
	offsets       []time.Duration // by which each was corrected, 0 for most
	first, second int             // numbers of the earliest and the next; the same where there is one member
}

// outletCredit is the strongest credit that one outlet gives to a contender.
type outletCredit struct {
	weight float64
	claim  news.Claim
	by     string // name of the outlet that gives it
	byKey  string // and its key
	note   string // what the page behind its link adds; "" is nothing

	byHeadline bool // it is given by the headline, not in words
}

// Page is a page that members credit by a link and that is no member: an outlet's own article as it stands on the web.
type Page struct {
	Links   []string     // its addresses, as claims write them
	Article news.Article // needs no HTML, Text or Marks; the outlet may be unknown
	Print   prints.Print
	Claims  []news.Claim
	Member  int64 // the member whose own address the links lead to; 0 for none
}

// link is a member's credit that leads to a page.
type link struct {
	member int
	claim  news.Claim
}

// readPage is a page with what it shares with the members.
type readPage struct {
	Page
	links     []link
	share     float64 // of the prose of the member that has most of its prose there
	byOutlet  string  // that member's outlet
	lean      float64 // how far it leans to containing the members' prose and not the other way round, -1 to 1
	hasProse  bool    // there is prose to compare
	ownWeight float64 // weight of the strongest credit that it gives to another outlet
	ownCredit news.Claim
}

// weakLink is a member, by its number, and an address that it links to.
type weakLink struct {
	member int
	url    string
}

// prose is the different texts of a story's members.
type prose struct {
	texts []distinctText
	of    []int // text of each member, -1 for one that has no prose of its own
	all   int   // members with prose
}

type distinctText struct {
	print  prints.Print
	copies int
	lean   float64
}
