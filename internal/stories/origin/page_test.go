package origin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

// pageOf makes a page that stands where credit1 links to.
func pageOf(domain string, agency bool, text string, claims ...news.Claim) Page {
	m := candidate(90, member{domain: domain, agency: agency, text: text, hours: -3, claims: claims})
	p := Page{Article: m.Article, Print: m.Print, Claims: claims}
	for _, k := range []news.ClaimKind{news.ClaimSource, news.ClaimReport, news.ClaimCanonical, news.ClaimScoop} {
		p.Links = append(p.Links, credit1(k, domain).URL)
	}
	return p
}

func TestDecideWithPages(t *testing.T) {
	blog := func(text string, claims ...news.Claim) member {
		return member{domain: "blog.example", text: text, claims: claims}
	}
	paper, wire := "paper.example", "wire.example"
	otherMatter := pageOf(paper, false, "")
	m := candidate(0, member{domain: paper})
	m.Article.Text = strings.Repeat("The parliament in Vallun voted for a budget that raises taxes on diesel and cuts school meals after long debate. ", 8)
	otherMatter.Print = candidateOf(m.Article).Print
	short := pageOf(paper, false, "")
	toItself := pageOf(paper, false, "0123", credit1(news.ClaimCanonical, "blog.example"))
	toItself.Member = 1
	tests := []struct {
		name    string
		members []member
		pages   []Page
		origin  string // outlet
		named   bool
		says    string
		silent  string
	}{
		{
			name: "the page is the paper's own", members: []member{blog("01", credit1(news.ClaimReport, paper))},
			pages: []Page{pageOf(paper, false, "0123")}, origin: paper, named: true, says: "100% of blog.example's text stands on the page",
		},
		{
			name: "the page is signed by an agency", members: []member{blog("01", credit1(news.ClaimReport, paper))},
			pages:  []Page{pageOf(paper, false, "0123", credit1(news.ClaimDateline, wire))},
			origin: wire, named: true, says: "on the page that blog.example links to",
		},
		{
			name: "the page claims every agency", members: []member{blog("01", credit1(news.ClaimReport, paper))},
			pages: []Page{pageOf(paper, false, "0123", credit1(news.ClaimByline, wire), credit1(news.ClaimByline, "two.example"),
				credit1(news.ClaimByline, "three.example"))},
			origin: paper, named: true, silent: wire,
		},
		{
			name: "the page credits who credits it", members: []member{blog("01", credit1(news.ClaimReport, paper))},
			pages:  []Page{pageOf(paper, false, "0123", credit1(news.ClaimSource, "blog.example"))},
			origin: paper, named: true, silent: "names blog.example as its source",
		},
		{
			name: "the page says that it is the member that links to it", members: []member{blog("0123", credit1(news.ClaimSource, paper))},
			pages: []Page{toItself}, origin: "blog.example",
		},
		{
			name: "the page is another member", members: []member{
				blog("01", credit1(news.ClaimSource, "short.example")), {domain: paper, text: "0123", hours: 1},
			},
			pages:  []Page{{Links: []string{credit1(news.ClaimSource, "short.example").URL}, Member: 2}},
			origin: paper, says: "the link that blog.example gives leads to it",
		},
		{
			name: "the page is about something else", members: []member{blog("0123", credit1(news.ClaimReport, paper))},
			pages: []Page{otherMatter}, origin: "blog.example", says: "leads to nothing of this story",
		},
		{
			name: "the page has no text to speak of", members: []member{blog("01", credit1(news.ClaimReport, paper))},
			pages: []Page{short}, origin: paper, named: true,
		},
		{
			name: "a page that nobody links to", members: []member{blog("01", credit1(news.ClaimReport, paper))},
			pages:  []Page{pageOf("other.example", false, "0123", credit1(news.ClaimDateline, wire))},
			origin: "blog.example", silent: wire,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var members []Candidate
			for i, m := range tt.members {
				members = append(members, candidate(i, m))
			}
			o := Weigher{}.Decide(members, tt.pages...).Origin
			var told []string
			for _, e := range o.Evidence {
				told = append(told, e.Detail)
			}
			all := strings.Join(told, "\n")
			if o.Domain != tt.origin || o.Named() != tt.named {
				t.Errorf("origin %s, named %v; want %s, %v\n%s", o.Domain, o.Named(), tt.origin, tt.named, all)
			}
			if !strings.Contains(all, tt.says) {
				t.Errorf("nothing says %q:\n%s", tt.says, all)
			}
			if tt.silent != "" && strings.Contains(all, tt.silent) {
				t.Errorf("something says %q:\n%s", tt.silent, all)
			}
		})
	}
}

func candidateOf(a news.Article) Candidate {
	c := candidate(0, member{domain: a.Outlet.Domain})
	a.Published, a.Seen = noon, noon
	c.Article, c.Print = a, prints.Make(a, a.Title)
	return c
}

// TestPagesInAnyOrder: the order of the pages, and addresses that many pages share, decide nothing.
func TestPagesInAnyOrder(t *testing.T) {
	var pages []Page
	var claims []news.Claim
	for _, d := range []string{"a.example", "b.example", "c.example"} {
		pages = append(pages, pageOf(d, false, "0123", credit1(news.ClaimDateline, "wire.example")))
		claims = append(claims, credit1(news.ClaimReport, d))
	}
	decide := func() news.Origin {
		members := []Candidate{candidate(0, member{domain: "blog.example", text: "01", claims: claims}), candidate(1, member{domain: "x.example", text: "12"})}
		return Weigher{}.Decide(members, pages...).Origin
	}
	want := decide()
	for range 5 {
		slices.Reverse(pages)
		pages[0], pages[1] = pages[1], pages[0]
		if got := decide(); got.Key() != want.Key() || got.Confidence != want.Confidence || got.URL != want.URL {
			t.Errorf("%s %v %s, before %s %v %s", got.Name, got.Confidence, got.URL, want.Name, want.Confidence, want.URL)
		}
	}
}

func TestPageTimeOfAnotherSeason(t *testing.T) {
	old := pageOf("paper.example", false, "0123")
	old.Article.Published = noon.Add(-30 * 24 * time.Hour)
	members := []Candidate{candidate(0, member{domain: "blog.example", text: "01", claims: []news.Claim{credit1(news.ClaimReport, "paper.example")}})}
	for _, e := range (Weigher{}).Decide(members, old).Origin.Evidence {
		if e.Kind == "time" {
			t.Errorf("a page a month older counts for its time: %s", e.Detail)
		}
	}
}
