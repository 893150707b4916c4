package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

// memberView is a member, for its outlet's report the newest version, in the order in which the story spread.
type memberView struct {
	ID          int64
	Role, Label string
	Class       string // for the label: the role, or "original", "likely" or "earliest"
	Outlet      string
	Title, Lang string
	Page        string
	Out         outLink
	Time        timestamp
	Share       int        // percent of its own prose that ShareIn contains too
	ShareIn     string     // "the original"; empty where nothing was compared
	Files       []fileView // none for the lead, whose files are part of the story
	Claims      []claimView
	Reasons     []reason
	Compared    *comparisonView     // nil for an original
	Again       []listingView       // other listings of it
	Earlier     string              // "2 earlier versions"; empty where there is none
	Figures     []news.FigureChange // the first that changed since the version before
	Versions    []versionView       // where there are earlier ones: all, newest first
}

// comparisonView is what a member takes from the origin and what it adds.
type comparisonView struct {
	Note   string
	Shared string         // "3 shared passages, the longest of 41 words"; empty where nothing is shared
	Marked [][]view.Piece // its paragraphs with the passages marked; nil where nothing is shared or the page is full
	Added  string         // "3 sentences"
	Adds   []string       // the first of them
	Beside string         // the outlet whose version gave the reasons, where that is not the one compared with
}

// versionView is one version of a running report.
type versionView struct {
	Title, Lang string
	Page        string
	Out         outLink
	Time        timestamp
	Again       []listingView
	Changed     *changesView // nil for the first
}

// listingView is the same version, listed again.
type listingView struct {
	Title, Page string
	Time        timestamp
}

// changesView is how a version differs from the one before it.
type changesView struct {
	Before, After  []view.Piece // the headlines, words that only one of them has marked; nil where they are the same
	Figures        []news.FigureChange
	Adds, Drops    string // "3 sentences"; empty where there are none
	Added, Dropped []string
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
	barWidth   = 48
	fullBar    = 4         // log-odds that fill a side of the bar
	maxMarked  = 256 << 10 // bytes of members' texts with marked passages on one page
	maxFigures = 3         // changed figures that a report's line names
)

// reportOf shows an outlet's newest version, with those that it replaced.
func reportOf(st news.Story, r news.Report, now time.Time) memberView {
	m := r.Newest()
	if m.Role = r.Role(); m.Role == news.RoleOriginal {
		m.Carries = 0
	}
	v := memberOf(st, m, now)
	listings := func(members []news.Member) (all []listingView) {
		for _, m := range members {
			all = append(all, listingOf(m.Article, now))
		}
		return all
	}
	v.Again = listings(r.Versions[0].Again)
	if len(r.Versions) == 1 {
		return v
	}
	v.Earlier = plural(len(r.Versions)-1, "earlier version")
	if c := r.Versions[0].Changed; c != nil {
		v.Figures = c.Figures[:min(len(c.Figures), maxFigures)]
	}
	for _, x := range r.Versions {
		a := x.Member.Article
		v.Versions = append(v.Versions, versionView{
			Title: articleTitle(a), Lang: a.Lang, Page: articlePath(a.ID), Out: outTo(a.URL), Time: articleTime(a, now),
			Again: listings(x.Again), Changed: changesOf(x.Changed),
		})
	}
	v.Versions[0].Again = nil // v.Again has them
	return v
}

func listingOf(a news.Article, now time.Time) listingView {
	return listingView{Title: articleTitle(a), Page: articlePath(a.ID), Time: articleTime(a, now)}
}

func memberOf(st news.Story, m news.Member, now time.Time) memberView {
	a := m.Article
	v := memberView{
		ID: a.ID, Role: string(m.Role), Class: string(m.Role),
		Outlet: publish.Name(a.Outlet), Title: articleTitle(a), Lang: a.Lang,
		Page: articlePath(a.ID), Out: outTo(a.URL), Time: articleTime(a, now),
		Share: percent(m.Share), Claims: claimsOf(m.Claims), Reasons: reasonsOf(m.Evidence),
	}
	switch m.Role {
	case news.RoleCopy:
		v.Label = "Copy"
	case news.RoleRewrite:
		v.Label = "Rewrite"
	case news.RoleExcerpt:
		v.Label = "Excerpt"
	default:
		v.Label = originOf(st).Level
	}
	if m.Role == news.RoleOriginal {
		v.Class = originOf(st).Class
	}
	if a.ID != st.Current().Article.ID {
		v.Files = filesOf(a, false)
	}
	switch {
	case m.Role == news.RoleOriginal, st.Origin.Named() && m.Share == 0 && m.Carries == 0, m.Carries == a.ID: // nothing was compared
	case m.Carries != 0:
		v.ShareIn = "the version of " + outletOf(st, m.Carries)
	case st.Origin.Named():
		v.ShareIn = "the longest version" // compared in place of the origin
	default:
		v.ShareIn = "the original"
	}
	return v
}

// changesOf gives nil where there is nothing to show.
func changesOf(c *news.Changes) *changesView {
	if c == nil || c.Headline == nil && len(c.Figures)+c.Adds+c.Drops == 0 {
		return nil
	}
	v := &changesView{Figures: c.Figures, Added: c.Added, Dropped: c.Dropped}
	if h := c.Headline; h != nil {
		v.Before, v.After = view.Pieces(h.Before, h.Dropped), view.Pieces(h.After, h.Added)
	}
	if c.Adds > 0 {
		v.Adds = plural(c.Adds, "sentence")
	}
	if c.Drops > 0 {
		v.Drops = plural(c.Drops, "sentence")
	}
	return v
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

// reasonsOf sorts by weight, regardless of sign.
func reasonsOf(evidence []news.Evidence) []reason {
	sorted := slices.Clone(evidence)
	slices.SortStableFunc(sorted, func(a, b news.Evidence) int {
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	})
	var all []reason
	for _, e := range sorted {
		weight := math.Abs(e.Weight)
		r := reason{Text: cmp.Or(publish.Line(e.Detail), e.Kind), For: e.Weight >= 0, X: barWidth / 2}
		r.Width = max(int(math.Round(min(weight/fullBar, 1)*barWidth/2)), 2)
		switch {
		case weight >= 2:
			r.Words = "speaks strongly"
		case weight >= 0.7:
			r.Words = "speaks"
		default:
			r.Words = "speaks a little"
		}
		if r.For {
			r.Words += " for it"
		} else {
			r.X -= r.Width
			r.Words += " against it"
		}
		all = append(all, r)
	}
	return all
}

// compareMembers fills in what the members take from the origin, in place of what was estimated when the story was settled.
func compareMembers(members []memberView, st news.Story, all map[int64]news.Comparison) {
	left := maxMarked
	for i := range members {
		m := &members[i]
		k, ok := all[m.ID]
		if !ok || m.Role == string(news.RoleOriginal) { // newer versions of the original are compared as versions
			continue
		}
		m.Reasons = reasonsOf(k.Reasons)
		m.Share, m.ShareIn = percent(k.Share), ""
		if k.Tells() {
			m.ShareIn = "the original"
			if k.StandIn {
				m.ShareIn = "the version of " + outletOf(st, k.With)
			}
		}
		c := &comparisonView{Note: k.Note, Adds: k.Adds}
		if n := len(k.Passages); n > 0 {
			c.Shared = plural(n, "shared passage")
			if k.Longest > 0 {
				c.Shared += fmt.Sprintf(", up to %s in a row", plural(k.Longest, "word"))
			}
			if len(k.Text) <= left {
				c.Marked = markPassages(k.Text, k.Passages)
				left -= len(k.Text)
			}
		}
		if k.Added > 0 {
			c.Added = plural(k.Added, "sentence")
		}
		if k.Like != 0 && k.Like != k.With {
			c.Beside = outletOf(st, k.Like)
		}
		m.Compared = c
	}
}

// outletOf names who published a member.
func outletOf(st news.Story, article int64) string {
	for _, m := range st.Members {
		if m.Article.ID == article {
			return publish.Name(m.Article.Outlet)
		}
	}
	return ""
}

// markPassages gives the paragraphs of a text with its passages marked. A passage across the end of a paragraph is marked in
// both.
func markPassages(text string, passages []news.Passage) [][]view.Piece {
	var all [][]view.Piece
	for from := 0; from <= len(text); {
		to := len(text)
		if i := strings.Index(text[from:], "\n\n"); i >= 0 {
			to = from + i
		}
		for len(passages) > 0 && passages[0].End <= from {
			passages = passages[1:]
		}
		if strings.TrimSpace(text[from:to]) != "" {
			var paragraph []view.Piece
			at := from
			for _, p := range passages {
				if p.Start >= to {
					break
				}
				start, end := max(p.Start, at), min(p.End, to)
				if start > at {
					paragraph = append(paragraph, view.Piece{Text: text[at:start]})
				}
				paragraph = append(paragraph, view.Piece{Text: text[start:end], Mark: true, Quoted: p.Quoted})
				at = end
			}
			if at < to {
				paragraph = append(paragraph, view.Piece{Text: text[at:to]})
			}
			all = append(all, paragraph)
		}
		from = to + len("\n\n")
	}
	return all
}
