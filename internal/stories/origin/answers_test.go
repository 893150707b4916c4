package origin

import (
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

func weaker(kind news.ClaimKind, domain string, strength float64) news.Claim {
	c := credit1(kind, domain)
	c.Strength = strength
	return c
}

// TestScoop asks who had the news first, where that is not the outlet that wrote the text.
func TestScoop(t *testing.T) {
	own := member{domain: wire, agency: true, text: "0123"}
	for name, tt := range map[string]struct {
		members []member
		want    string // domain, "" for nobody
		ours    bool
	}{
		"nobody is credited":                  {[]member{own, {domain: local, text: "012", hours: 1}}, "", false},
		"a copy says who was first":           {[]member{own, {domain: local, text: "012", hours: 1, claims: []news.Claim{credit1(news.ClaimScoop, scoop)}}}, scoop, false},
		"the origin tells another's report":   {[]member{{domain: wire, agency: true, text: "0123", claims: []news.Claim{credit1(news.ClaimReport, scoop)}}, {domain: local, text: "012", hours: 1, claims: []news.Claim{credit1(news.ClaimDateline, wire)}}}, scoop, false},
		"a report far down is a part only":    {[]member{{domain: wire, agency: true, text: "0123", claims: []news.Claim{weaker(news.ClaimReport, scoop, .24)}}}, "", false},
		"the origin was first itself":         {[]member{own, {domain: local, text: "012", hours: 1, claims: []news.Claim{credit1(news.ClaimScoop, wire)}}}, "", false},
		"a quotation's source was not first":  {[]member{own, {domain: local, text: "012", hours: 1, claims: []news.Claim{credit1(news.ClaimTold, scoop)}}}, "", false},
		"it is among the story's own members": {[]member{{domain: local, text: "0123", claims: []news.Claim{credit1(news.ClaimDateline, wire), credit1(news.ClaimScoop, scoop)}}, {domain: local2, text: "0123", claims: []news.Claim{credit1(news.ClaimDateline, wire)}}, {domain: scoop, text: "4", hours: 1}}, scoop, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := Weigher{}.Decide(candidates(tt.members)).Origin
			if o.Scoop.Key() != tt.want || (o.Scoop.Article != 0) != tt.ours {
				t.Errorf("%q (article %d) was first, want %q; the origin is %s", o.Scoop.Key(), o.Scoop.Article, tt.want, o.Name)
			}
		})
	}
}

// TestCarries has an agency retell what a paper had first; others carry the agency's words and not the paper's.
func TestCarries(t *testing.T) {
	d := Weigher{}.Decide(candidates([]member{
		{domain: scoop, text: "4", claims: nil},
		{domain: wire, agency: true, text: "012", hours: 1, claims: []news.Claim{credit1(news.ClaimScoop, scoop)}},
		{domain: local, text: "012", hours: 2, claims: []news.Claim{credit1(news.ClaimScoop, scoop)}},
		{domain: local2, text: "4", hours: 3, claims: []news.Claim{credit1(news.ClaimScoop, scoop), credit1(news.ClaimReport, scoop)}},
	}))
	if d.Origin.Domain != scoop {
		t.Fatalf("the origin is %s, want %s", d.Origin.Domain, scoop)
	}
	want := map[string]int64{scoop: 0, wire: 0, local: 2, local2: 0}
	for _, m := range d.Members {
		if m.Carries != want[m.Article.Outlet.Domain] {
			t.Errorf("%s carries article %d, want %d", m.Article.Outlet.Domain, m.Carries, want[m.Article.Outlet.Domain])
		}
		if m.Carries != 0 && (m.Role != news.RoleCopy || !strings.Contains(m.Evidence[0].Detail, wire)) {
			t.Errorf("%s is a %s for the reason %q, want a copy of %s", m.Article.Outlet.Domain, m.Role, m.Evidence[0].Detail, wire)
		}
	}
}

// TestAgainst wants the quoted words that speak for the second best answer among the reasons.
func TestAgainst(t *testing.T) {
	o := Weigher{}.Decide(candidates([]member{
		{domain: wire, agency: true, text: "0123"},
		{domain: local, text: "012", hours: 1, claims: []news.Claim{credit1(news.ClaimDateline, wire)}},
		{domain: local2, text: "012", hours: 2, claims: []news.Claim{credit1(news.ClaimSource, scoop)}},
	})).Origin
	i := slices.IndexFunc(o.Evidence, func(e news.Evidence) bool { return e.Kind == "instead" })
	if o.Domain != wire || i < 0 {
		t.Fatalf("the origin is %s, reasons %+v; want %s and a reason for another", o.Domain, o.Evidence, wire)
	}
	if e := o.Evidence[i]; e.Weight >= 0 || !strings.Contains(e.Detail, "source of "+scoop) {
		t.Errorf("the reason against is %+v, want the credit to %s", e, scoop)
	}
}

// The line with which Reuters closes is no credit where another agency is named as the writer, or wrote the article itself.
func TestClosingLineOfAnotherAgency(t *testing.T) {
	closing := strings.Repeat("The berths stay closed until the piles are mended. ", 20) + "(Reporting by Jane Doe; Editing by John Roe)"
	for name, c := range map[string]struct {
		a    news.Article
		want bool // a claim for Reuters
	}{
		"nobody named":     {news.Article{Text: closing}, true},
		"another's byline": {news.Article{Text: closing, Authors: []string{"AFP"}}, false},
		"its own byline":   {news.Article{Text: closing, Authors: []string{"Reuters"}}, true},
		"an agency's own":  {news.Article{Text: closing, Outlet: news.Outlet{Name: "Meridian", Domain: "meridian.example", Agency: true}}, false},
	} {
		if got := strings.Contains(strings.Join(briefs(c.a), ", "), "reuters.com"); got != c.want {
			t.Errorf("%s: %v, want %v", name, briefs(c.a), c.want)
		}
	}
}

// TestCarrier reads how texts end: the agency wrote what the site that is its author passed on.
func TestCarrier(t *testing.T) {
	long := strings.Repeat("The berths stay closed until the piles are mended. ", 20)
	for text, want := range map[string]string{
		long + "(Reporting by Jane Doe in Oslo; Editing by John Roe)": "byline reuters.com, byline variety.com weak",
		long + "With inputs from PTI":                                 "byline variety.com, part ptinews.com",
		long + "She closed the book.":                                 "byline variety.com",
	} {
		if got := strings.Join(briefs(news.Article{Text: text, Authors: []string{"Variety"}}), ", "); got != want {
			t.Errorf("…%q: %s, want %s", text[len(text)-40:], got, want)
		}
	}
}
