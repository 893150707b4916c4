package web

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

type storyView struct {
	Title, Lang string
	By          credit
	Out         outLink // the origin's own article, in its newest version
	Headline    string  // of that, where it is a page that is no article of ours
	Page        string  // that article here; empty where the origin is only named
	Confidence  int     // percent
	Dek         string
	Files       []fileView // of the article that the story leads with
	Reasons     []reason
	Scoop       *scoopView // nil where the origin had the news first itself
	Members     []memberView
	Versions    []versions
	Outlets     int
	First       when
	Latest      when
	Coverage    []card
	Aged        string // how many of its articles were aged out; empty where none was
}

// memberView is a member, for its outlet's report the newest version, in the order in which the story spread.
type memberView struct {
	ID          int64
	Role, Label string
	Class       string // for the label: the role, or "original", "likely" or "earliest"
	Outlet      string
	Title, Lang string
	Page        string
	Out         outLink
	Time        when
	Share       int        // percent of its own prose that stands in ShareIn
	ShareIn     string     // "the original"; empty where nothing was compared
	Files       []fileView // none of the story's lead, whose stand above
	Claims      []claimView
	Reasons     []reason
	Compared    *comparisonView     // nil for an original
	Again       []listingView       // other listings of it
	Earlier     string              // "2 earlier versions"; empty where there is none
	Figures     []news.FigureChange // the first that changed since the version before
	Versions    []versionView       // where there are earlier ones: all, newest first
}

// scoopView is who had the news first, in whose words.
type scoopView struct {
	Outlet, By, Text string
	Out              outLink
}

// claimView is a credit in words.
type claimView struct {
	What   string // "Dateline", "Credits a report by"
	Outlet string
	Text   string // the words that make the claim
	Out    outLink
}

// reason is a piece of evidence with its weight as a bar that leaves a middle line to the right (for) or left (against).
type reason struct {
	Text  string
	Words string // "speaks strongly for it"
	X     int    // where the bar begins, of barWidth
	Width int
	For   bool
}

const (
	barWidth = 48
	fullBar  = 4 // log-odds that fill a side of the bar
)

func (s *server) story(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	st, err := s.backend.Story(r.Context(), id)
	if err != nil {
		return fmt.Errorf("story %d: %w", id, err)
	}
	if st.ID != id {
		http.Redirect(w, r, storyPath(st.ID), http.StatusMovedPermanently)
		return nil
	}
	if len(st.Members) == 0 {
		return s.agedStory(w, r, st)
	}
	compared, err := s.backend.Comparisons(r.Context(), st)
	if err != nil {
		return err
	}
	reports, err := s.backend.Reports(r.Context(), st)
	if err != nil {
		return err
	}
	view := storyOf(st, reports, s.now())
	view.compare(st, compared)
	others, err := s.others(r.Context(), st)
	if err != nil {
		return err
	}
	for _, o := range others {
		view.Coverage = append(view.Coverage, cardOf(o, s.now()))
	}
	p, err := s.page(r.Context(), view.Title, "")
	if err != nil {
		return err
	}
	p.Body = view
	return s.pages.write(w, http.StatusOK, "story", p)
}

// agedView is a story of which only what lists and links need is left.
type agedView struct {
	Title, Origin     string
	Out               outLink
	Articles, Outlets string // "3 articles"
	First, Latest     when
}

func (s *server) agedStory(w http.ResponseWriter, r *http.Request, st news.Story) error {
	v := agedView{
		Title: titleOf(st), Origin: publish.Name(st.Origin.Outlet), Out: outTo(st.Origin.URL),
		Articles: counted(st.Aged, "article"), Outlets: counted(st.Outlets, "outlet"),
		First: storyTime(st, st.First, s.now()), Latest: storyTime(st, st.Latest, s.now()),
	}
	p, err := s.page(r.Context(), v.Title, "")
	if err != nil {
		return err
	}
	p.Body = v
	return s.pages.write(w, http.StatusOK, "aged", p)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func storyOf(st news.Story, reports []news.Report, now time.Time) storyView {
	lead := st.Current().Article
	v := storyView{
		Title: titleOf(st), Lang: lead.Lang, By: creditOf(st), Headline: publish.Line(st.Origin.Title),
		Confidence: percent(st.Origin.Confidence),
		Reasons:    reasonsOf(st.Origin.Evidence),
		Versions:   versionsOf(st),
		Files:      filesOf(lead, false),
		Outlets:    st.Outlets,
		First:      storyTime(st, st.First, now), Latest: storyTime(st, st.Latest, now),
	}
	if dek := publish.Line(lead.Summary); dek != v.Title {
		v.Dek = publish.Cut(dek, 2*maxDek)
	}
	if st.Aged > 0 {
		v.Aged = fmt.Sprintf("%d of its %d articles were aged out.", st.Aged, st.Aged+len(st.Members))
	}
	if f := st.Origin.Scoop; f.Key() != "" {
		v.Scoop = &scoopView{Outlet: publish.Name(f.Outlet), Out: outTo(f.URL), By: f.By, Text: publish.Line(f.Text)}
	}
	if st.Origin.Named() {
		v.Out = outTo(st.Origin.URL)
	} else {
		v.Page, v.Out = articlePath(lead.ID), outTo(st.Link())
	}
	for _, r := range reports {
		v.Members = append(v.Members, reportOf(st, r, now))
	}
	return v
}

func memberOf(st news.Story, m news.Member, now time.Time) memberView {
	a := m.Article
	v := memberView{
		ID: a.ID, Role: string(m.Role), Label: roleOf(st, m), Class: string(m.Role),
		Outlet: publish.Name(a.Outlet), Title: articleTitle(a), Lang: a.Lang,
		Page: articlePath(a.ID), Out: outTo(a.URL), Time: timeOf(a, now),
		Share: percent(m.Share), ShareIn: shareIn(st, m),
		Claims: claimsOf(m.Claims), Reasons: reasonsOf(m.Evidence),
	}
	if a.ID != st.Current().Article.ID {
		v.Files = filesOf(a, false)
	}
	if m.Role == news.RoleOriginal {
		v.Class = creditOf(st).Class
	}
	return v
}

// shareIn says what a member's text was compared with: where the origin is only named, the longest member stands for it.
func shareIn(st news.Story, m news.Member) string {
	switch {
	case m.Role == news.RoleOriginal, st.Origin.Named() && m.Share == 0 && m.Carries == 0:
		return ""
	case m.Carries == m.Article.ID:
		return ""
	case m.Carries != 0:
		return "the version of " + outletOf(st, m.Carries)
	case st.Origin.Named():
		return "the longest version"
	default:
		return "the original"
	}
}

// roleOf is a member's role as readers see it. The original's says how sure that is.
func roleOf(st news.Story, m news.Member) string {
	switch m.Role {
	case news.RoleCopy:
		return "Copy"
	case news.RoleRewrite:
		return "Rewrite"
	case news.RoleExcerpt:
		return "Excerpt"
	default:
		return creditOf(st).Level
	}
}

func percent(share float64) int {
	return int(math.Round(100 * min(max(share, 0), 1)))
}

// reasonsOf puts the weightiest first, whichever way they speak.
func reasonsOf(evidence []news.Evidence) []reason {
	sorted := slices.Clone(evidence)
	slices.SortStableFunc(sorted, func(a, b news.Evidence) int {
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	var all []reason
	for _, e := range sorted {
		all = append(all, reasonOf(e))
	}
	return all
}

func reasonOf(e news.Evidence) reason {
	r := reason{Text: cmp.Or(publish.Line(e.Detail), e.Kind), For: e.Weight >= 0}
	size := min(math.Abs(e.Weight)/fullBar, 1)
	r.Width = max(int(math.Round(size*barWidth/2)), 2)
	r.X = barWidth / 2
	if !r.For {
		r.X -= r.Width
	}
	r.Words = strength(math.Abs(e.Weight)) + " for it"
	if !r.For {
		r.Words = strength(math.Abs(e.Weight)) + " against it"
	}
	return r
}

func strength(weight float64) string {
	switch {
	case weight >= 2:
		return "speaks strongly"
	case weight >= 0.7:
		return "speaks"
	default:
		return "speaks a little"
	}
}

// claimWords say what a claim of each kind does.
var claimWords = map[news.ClaimKind]string{
	news.ClaimDateline:  "Dateline of",
	news.ClaimByline:    "Byline of",
	news.ClaimPublisher: "Published by",
	news.ClaimCanonical: "Gives its canonical address at",
	news.ClaimSource:    "Names as its source",
	news.ClaimScoop:     "Credits the news to",
	news.ClaimReport:    "Credits a report by",
	news.ClaimTold:      "Quotes what was told to",
	news.ClaimLink:      "Links at the start to",
	news.ClaimRights:    "Copyright line of",
	news.ClaimPart:      "Had help from",
}

func claimsOf(claims []news.Claim) []claimView {
	sorted := slices.Clone(claims)
	slices.SortStableFunc(sorted, func(a, b news.Claim) int { return cmp.Compare(b.Strength, a.Strength) })
	var all []claimView
	for _, c := range sorted {
		v := claimView{
			What:   cmp.Or(claimWords[c.Kind], "Mentions"),
			Outlet: publish.Name(c.Credited()),
			Text:   publish.Cut(publish.Line(c.Text), 200),
			Out:    outTo(c.URL),
		}
		if v.Text == v.Outlet {
			v.Text = ""
		}
		all = append(all, v)
	}
	return all
}
